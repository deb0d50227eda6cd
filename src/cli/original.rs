//! The syntax of the original tools, `--config CONFIG --action ACTION`, also written `-con CONFIG -act ACTION`.

use std::ffi::{OsStr, OsString};

/// Actions for which the original tools required a config and ignored it.
pub const IGNORE_CONFIG: &[&str] = &["list-products", "show-product"];

/// The spellings of the two flags.
pub const CONFIG: &[&str] = &["--config", "-con", "-config"];
pub const ACTION: &[&str] = &["--action", "-act", "-action"];

/// How a command line names its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandForm {
    /// `ACTION CONFIG`
    Command,
    /// `--config CONFIG --action ACTION`
    Original,
}

/// Drops `--help` from a `help` command, which clap would read as the name of a command.
pub fn help_of_help(arguments: &[OsString]) -> Vec<OsString> {
    let is_help = |word: &OsString| word == "--help" || word == "-h";
    let mut words = arguments.to_vec();
    if words.get(1).is_some_and(|word| word == "help") && words.iter().any(is_help) {
        words.retain(|word| !is_help(word));
        if words.len() == 2 {
            words.push("help".into());
        }
    }
    words
}

/// Rewrites the original syntax as `ACTION … -- CONFIG`. Returns the command line unchanged if it lacks the config or the action,
/// or begins with a command.
pub fn rewrite(arguments: &[OsString]) -> (Vec<OsString>, CommandForm) {
    let unchanged = || (long_flags(arguments), CommandForm::Command);
    let Some((program, words)) = arguments.split_first() else {
        return unchanged();
    };
    if words.first().is_none_or(|word| !is_flag(word)) {
        return unchanged();
    }
    let (mut config, mut action, mut rest) = (None, None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let (flag, inline) = split(word);
        let slot = match flag {
            flag if CONFIG.contains(&flag) => &mut config,
            flag if ACTION.contains(&flag) => &mut action,
            _ => {
                rest.push(word.clone());
                continue;
            }
        };
        match inline.map(OsString::from).or_else(|| words.next().cloned()) {
            Some(value) if slot.is_none() => *slot = Some(value),
            _ => return unchanged(),
        }
    }
    let (config, action) = match (config, action) {
        (Some(config), Some(action)) => (config, action),
        // clap would read the first of the other words as a command or an option, and not report that `--config` is missing.
        (None, Some(action)) if !rest.is_empty() => {
            let short = vec![program.clone(), "--action".into(), action];
            return (short, CommandForm::Command);
        }
        _ => return unchanged(),
    };
    let takes_config = !IGNORE_CONFIG.iter().any(|name| action == *name);
    let mut rewritten = vec![program.clone(), action];
    rewritten.append(&mut rest);
    rewritten.push("--".into());
    if takes_config {
        rewritten.push(config);
    }
    rewritten.extend(words.cloned());
    (rewritten, CommandForm::Original)
}

/// clap would read `-con` and `-act` as bundles of short flags, and its messages would name those.
fn long_flags(arguments: &[OsString]) -> Vec<OsString> {
    let is_end = |word: &OsString| word == "--";
    let end = arguments.iter().position(is_end);
    let (flags, rest) = arguments.split_at(end.unwrap_or(arguments.len()));
    let long = |word: &OsString| match word.to_str() {
        Some(flag) if CONFIG.contains(&flag) => "--config".into(),
        Some(flag) if ACTION.contains(&flag) => "--action".into(),
        _ => word.clone(),
    };
    flags.iter().map(long).chain(rest.iter().cloned()).collect()
}

pub fn is_flag(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Splits `--flag=value`.
pub fn split(word: &OsStr) -> (&str, Option<&str>) {
    let text = word.to_str().unwrap_or_default();
    match text.split_once('=') {
        Some((flag, value)) => (flag, Some(value)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> (String, CommandForm) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let (words, form) = rewrite(&words);
        (words.join(OsStr::new(" ")).into_string().unwrap(), form)
    }

    #[test]
    fn both_flags_are_the_original_form() {
        for line in [
            "p --config a.yaml --action x --force",
            "p -con a.yaml -act x --force",
            "p --force --action=x --config=a.yaml",
        ] {
            let expected = ("p x --force -- a.yaml".to_owned(), CommandForm::Original);
            assert_eq!(rewritten(line), expected, "{line}");
        }
        let listed = ("p list-products --".to_owned(), CommandForm::Original);
        assert_eq!(rewritten("p -con a.yaml -act list-products"), listed);
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for line in [
            "p x a.yaml --config b.yaml --action y",
            "p --config a.yaml",
            "p --action x",
            "p --config a.yaml --action x --config b.yaml",
            "p -- --config a.yaml --action x",
            "p",
        ] {
            assert_eq!(rewritten(line), (line.to_owned(), CommandForm::Command));
        }
        let long = ("p --config a.yaml".to_owned(), CommandForm::Command);
        assert_eq!(rewritten("p -con a.yaml"), long);
        let long = (
            "p x --config a.yaml -- -con".to_owned(),
            CommandForm::Command,
        );
        assert_eq!(rewritten("p x -con a.yaml -- -con"), long);
    }

    #[test]
    fn a_missing_config_is_left_to_clap() {
        let short = ("p --action x".to_owned(), CommandForm::Command);
        assert_eq!(rewritten("p --action x a.yaml --force"), short);
    }
}
