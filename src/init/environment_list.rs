//! Words that a list of a pipeline lacks, such as environments or stages.

use super::scalar::{yaml, yaml_list};

/// The lines with the words that the first list of `key` lacks. Only lists on one line, and lists with one item a line, are changed.
/// `is_searched`: whether a line may have the key.
pub fn with_words<'a>(
    text: &str,
    key: &str,
    words: impl IntoIterator<Item = &'a str>,
    is_searched: impl Fn(usize) -> bool,
) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.iter().enumerate().find_map(|(index, line)| {
        let rest = line.trim_start().strip_prefix(key)?;
        let value = rest.trim();
        let is_list = value.is_empty() || value.starts_with(['[', '#']);
        (is_searched(index) && is_list).then_some((index, value))
    });
    let Some((at, value)) = found else {
        return text.to_owned();
    };
    let mut new: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let list = |known: &str| serde_yaml::from_str::<Vec<String>>(known).ok();
    if let Some(end) = value.find(']') {
        let (Some(known), tail) = (list(&value[..=end]), &value[end + 1..]) else {
            return text.to_owned();
        };
        let missing = words
            .into_iter()
            .filter(|word| !known.iter().any(|known| known == word));
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            return text.to_owned();
        }
        let head = &lines[at][..lines[at].len() - lines[at].trim_start().len()];
        let all = known.iter().map(String::as_str).chain(missing);
        new[at] = format!("{head}{key} {}{tail}", yaml_list(all));
    } else {
        let item = |line: &&str| {
            let body = line.trim_start();
            body.starts_with("- ") || body.starts_with('#')
        };
        let count = lines[at + 1..].iter().take_while(|line| item(line)).count();
        let items = &lines[at + 1..at + 1 + count];
        let Some(last) = items
            .iter()
            .rposition(|line| line.trim_start().starts_with("- "))
        else {
            return text.to_owned();
        };
        let Some(known) = list(&items.join("\n")) else {
            return text.to_owned();
        };
        let indent = items[last].len() - items[last].trim_start().len();
        let indent = &items[last][..indent];
        let missing = words
            .into_iter()
            .filter(|word| !known.iter().any(|known| known == word));
        let missing = missing.map(|word| format!("{indent}- {}", yaml(word)));
        let place = at + 2 + last;
        new.splice(place..place, missing);
    }
    let mut text: String = new.join("\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::with_words;

    #[test]
    fn words_are_added_to_lists_of_both_styles() {
        for (before, after) in [
            ("stages: [build] # x\n", "stages: [build, test] # x\n"),
            ("stages: [test]\n", "stages: [test]\n"),
            (
                "stages:\n  - build\n  # - no\nb: 1\n",
                "stages:\n  - build\n  - test\n  # - no\nb: 1\n",
            ),
            ("stages:\n- \"test\"\n", "stages:\n- \"test\"\n"),
            ("stages: *all\n", "stages: *all\n"),
            ("b: 1\n", "b: 1\n"),
        ] {
            assert_eq!(with_words(before, "stages:", ["test"], |_| true), after);
        }
    }
}
