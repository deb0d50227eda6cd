//! SHA-1, because git object ids are SHA-1 and equal content must have the id that `git hash-object` gives.

/// The digest as 40 lower-case hex digits.
pub fn hex(message: &[u8]) -> String {
    digest(message)
        .iter()
        .map(|word| format!("{word:08x}"))
        .collect()
}

/// The raw 20 bytes of a hex id, as tree objects store them.
pub fn bytes(id: &str) -> Vec<u8> {
    id.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digits = std::str::from_utf8(pair).expect("object ids are ASCII");
            u8::from_str_radix(digits, 16).expect("object ids are hex")
        })
        .collect()
}

fn digest(message: &[u8]) -> [u32; 5] {
    let mut state = [
        0x6745_2301_u32,
        0xEFCD_AB89,
        0x98BA_DCFE,
        0x1032_5476,
        0xC3D2_E1F0,
    ];
    let whole = message.len() / 64 * 64;
    for block in message[..whole].chunks(64) {
        absorb(&mut state, block);
    }
    // The tail: what is left, one 1 bit, zeros, then the length in bits as the last eight bytes.
    let mut tail = message[whole..].to_vec();
    tail.push(0x80);
    while tail.len() % 64 != 56 {
        tail.push(0);
    }
    tail.extend((message.len() as u64 * 8).to_be_bytes());
    for block in tail.chunks(64) {
        absorb(&mut state, block);
    }
    state
}

fn absorb(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0_u32; 80];
    for (word, four) in words.iter_mut().zip(block.chunks(4)) {
        *word = u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (i, word) in words.iter().enumerate() {
        let (mix, constant) = match i / 20 {
            0 => ((b & c) | (!b & d), 0x5A82_7999),
            1 => (b ^ c ^ d, 0x6ED9_EBA1),
            2 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(mix)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(*word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
        *sum = sum.wrapping_add(part);
    }
}
