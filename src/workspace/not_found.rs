//! The error about a config that does not exist, with the file that was probably meant.

use std::fs;
use std::path::Path;

use crate::config::is_defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;
use crate::text::{and_list, did_you_mean, quote};

/// Files of a folder that are compared with the argument.
const MAX_FILES: usize = 2000;

/// `folders`: those that are searched for a name without a folder.
pub fn no_such_file(argument: &str, folders: &[String]) -> Diagnostic {
    if argument.is_empty() {
        let problem = Diagnostic::error(
            Code::ConfigNotFound,
            &RepoPath::typed("\"\""),
            "the name of the config is empty",
        );
        return problem.with_help("name a config; is a variable of the command line not set?");
    }
    let path = RepoPath::typed(argument);
    if argument.contains(['*', '?', '[', '{']) {
        return Diagnostic::error(Code::ConfigNotFound, &path, "no config matches");
    }
    let help = match (similar(argument, folders), argument.rsplit_once('/')) {
        (Some(meant), _) => format!("did you mean {}?", quote(&meant)),
        (None, Some((folder, _))) if !folder.is_empty() && !Path::new(folder).is_dir() => {
            format!("correct the path: there is no folder {}", quote(folder))
        }
        (None, Some(_)) => "correct the path".to_owned(),
        (None, None) => {
            let names = folders.iter().map(String::as_str);
            let names = names.map(|folder| if folder.is_empty() { "." } else { folder });
            let names: Vec<&str> = names.collect();
            format!(
                "correct the name, or give the path; provisioner searches {} for a file name without a folder",
                and_list(&names)
            )
        }
    };
    Diagnostic::error(Code::ConfigNotFound, &path, "this file does not exist").with_help(help)
}

/// The file that the argument probably means, as it would be written on the command line.
fn similar(argument: &str, folders: &[String]) -> Option<String> {
    let Some((folder, name)) = argument.rsplit_once('/') else {
        let names: Vec<String> = folders.iter().flat_map(|folder| configs(folder)).collect();
        return nearest(argument, &names).map(str::to_owned);
    };
    let root = if folder.is_empty() { "/" } else { folder };
    if let Some(meant) = nearest(name, &configs(root)) {
        return Some(format!("{folder}/{meant}"));
    }
    if Path::new(root).is_dir() {
        return None;
    }
    // The folder is misspelled, and the file may be in one of those that are searched.
    let mut usual = folders.iter().filter(|folder| !folder.is_empty());
    let usual = usual.find(|folder| Path::new(folder).join(name).is_file())?;
    Some(format!("{usual}/{name}"))
}

fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a str> {
    let stem = |name: &str| {
        let name = name.to_lowercase();
        let stem = name.strip_suffix(".yaml").or(name.strip_suffix(".yml"));
        stem.unwrap_or(&name).to_owned()
    };
    let wanted = stem(name);
    let same = names.iter().find(|known| stem(known) == wanted);
    let same = same.map(String::as_str);
    same.or_else(|| did_you_mean(name, names.iter().map(String::as_str)))
}

/// The names of the configs in a folder.
fn configs(folder: &str) -> Vec<String> {
    let folder = if folder.is_empty() { "." } else { folder };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.take(MAX_FILES);
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let is_config = |name: &String| {
        (name.ends_with(".yaml") || name.ends_with(".yml"))
            && !name.starts_with('.')
            && !is_defaults(&RepoPath::typed(name))
    };
    let mut names: Vec<String> = names.filter(is_config).collect();
    names.sort();
    names
}
