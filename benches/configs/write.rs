//! `write DIR N base|head` writes the first N configs into DIR. Uses the standard library only, so that the scripts can compile it
//! with `rustc` in a second.

#[path = "mod.rs"]
mod configs;

use std::path::Path;

use configs::{Revision, config};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, revision] = arguments.as_slice() else {
        return Err("usage: write DIR N base|head".into());
    };
    let revision = match revision.as_str() {
        "base" => Revision::Base,
        "head" => Revision::Head,
        other => return Err(format!("{other:?} is neither base nor head").into()),
    };
    std::fs::create_dir_all(folder)?;
    for index in 0..count.parse()? {
        let (name, text) = config(index, revision);
        std::fs::write(Path::new(folder).join(name), text)?;
    }
    Ok(())
}
