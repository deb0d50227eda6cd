//! `replay`: makes the decisions and the comments of a run again, from its evidence alone.

use std::path::Path;

use crate::exit::Exit;
use crate::report::{Evidence, log_safe};
use crate::wording::counted;

/// The largest evidence that is read: 200 stacks have a hundredth of it.
const MOST_BYTES: u64 = 256 << 20;

/// Prints the comments; says what is not as it was recorded.
pub fn replay(file: &Path) -> (String, Exit) {
    let evidence = match read(file) {
        Ok(evidence) => evidence,
        Err(error) => {
            eprintln!(
                "{}",
                log_safe(&format!("error: {}: {error:#}", file.display()))
            );
            return (String::new(), Exit::Usage);
        }
    };
    let replayed = match evidence.replay() {
        Ok(replayed) => replayed,
        Err(error) => {
            eprintln!("{}", log_safe(&format!("error: {error:#}")));
            return (String::new(), Exit::Internal);
        }
    };
    for difference in &replayed.differences {
        eprintln!("{}", log_safe(&format!("different: {difference}")));
    }
    eprintln!(
        "replay: {}, {}, {}",
        counted(replayed.decisions, "decision"),
        counted(replayed.comments.len(), "comment"),
        counted(replayed.differences.len(), "difference")
    );
    let exit = match replayed.differences.is_empty() {
        true => Exit::Ok,
        false => Exit::Denied,
    };
    (log_safe(&replayed.comments.join("\n")), exit)
}

fn read(file: &Path) -> anyhow::Result<Evidence> {
    let text = crate::workspace::read_file(file, MOST_BYTES)?;
    Ok(serde_json::from_slice(&text)?)
}
