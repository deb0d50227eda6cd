//! Finds configs by path, glob, directory or bare name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::globs::{SearchError, find_files, find_files_in};
use super::not_found::no_such_file;
use super::selection::{ConfigSelector, built_in_folders};
use super::{add_repository_products, policy_file, read_contents};
use crate::config::{ConfigContents, DEFAULTS_FILE, MAX_BYTES, is_defaults};
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::guard::{LoadedPolicy, read_policy_file};
use crate::model::{FileContents, RepoPath};
use crate::product::{Registry, built_in_products};
use crate::text::{and_list, or_list, quote};

/// Folders that are searched for a bare file name. The containers of the original tools mount the last one.
fn folders() -> Vec<String> {
    let products = built_in_products().map(|product| format!("{product}/configs"));
    let first = ["", "configs"].map(str::to_owned).into_iter();
    first
        .chain(products)
        .chain(["/app/configs".to_owned()])
        .collect()
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigFile {
    pub file: PathBuf,
    /// Path as messages show it.
    pub shown: RepoPath,
}

impl ConfigFile {
    fn new(file: PathBuf) -> Self {
        let text = file.to_string_lossy();
        let shown = RepoPath::typed(text.strip_prefix("./").unwrap_or(&text));
        Self { file, shown }
    }

    /// The config and the defaults beside it. At most one byte more than allowed of each: enough to reject a larger file without
    /// holding it in memory.
    pub fn read(&self) -> io::Result<ConfigContents> {
        let file = self.read_alone()?;
        let defaults = match read_contents(&self.file.with_file_name(DEFAULTS_FILE), MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            found => Some(Arc::new(found?)),
        };
        Ok(ConfigContents { file, defaults })
    }

    /// The config without its defaults.
    fn read_alone(&self) -> io::Result<FileContents> {
        read_contents(&self.file, MAX_BYTES)
    }

    /// The path by which two names of one file are equal.
    pub fn canonical(&self) -> PathBuf {
        let found = self.file.canonicalize();
        found.unwrap_or_else(|_| self.file.clone())
    }

    pub fn base(&self) -> PathBuf {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let base = if folder.file_name().is_some_and(|name| name == "configs") {
            folder.parent()
        } else {
            Some(folder)
        };
        base.unwrap_or(Path::new("")).to_path_buf()
    }
}

/// The configs that the arguments name, sorted and without duplicates. Without an argument, the selected ones.
pub fn locate(arguments: &[String]) -> Result<Vec<ConfigFile>, Vec<Diagnostic>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    if arguments.is_empty() {
        let files = selected_configs()?;
        return match files.is_empty() {
            true => Err(vec![nothing_selected()]),
            false => Ok(files),
        };
    }
    for argument in arguments {
        let found = match one(argument) {
            Ok(found) => found,
            Err(error) => {
                problems.push(search_failed(argument, &error));
                continue;
            }
        };
        if found.is_empty() {
            problems.push(match is_defaults(&RepoPath::typed(argument)) {
                true => no_config(argument),
                false => not_found(argument),
            });
        }
        files.extend(found);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The configs that the policy's globs select, in its repository, else those of the built-in globs below the working directory;
/// sorted, and possibly none.
pub fn selected_configs() -> Result<Vec<ConfigFile>, Vec<Diagnostic>> {
    selected_configs_but(|_| false)
}

/// The same without some files, which are not read.
pub fn selected_configs_but(
    is_left_out: impl Fn(&ConfigFile) -> bool,
) -> Result<Vec<ConfigFile>, Vec<Diagnostic>> {
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref())?;
    configs_in(&path, &Ok(policy), is_left_out)
}

/// The same, by a policy that was read. One that does not load selects by the built-in globs.
pub fn configs_by_policy(
    path: &RepoPath,
    policy: &LoadedPolicy,
) -> Result<Vec<ConfigFile>, Vec<Diagnostic>> {
    configs_in(path, policy, |_| false)
}

fn configs_in(
    path: &RepoPath,
    policy: &LoadedPolicy,
    is_left_out: impl Fn(&ConfigFile) -> bool,
) -> Result<Vec<ConfigFile>, Vec<Diagnostic>> {
    let top = match policy {
        Ok(policy) if !policy.configs.is_empty() => {
            Path::new(path.as_str()).parent().unwrap_or(Path::new(""))
        }
        _ => Path::new(""),
    };
    let selector = ConfigSelector::for_policy(&[], policy).map_err(|error| {
        let glob = error.downcast_ref::<globset::Error>();
        let problem = glob.and_then(|error| Some(glob_invalid(error.glob()?, error)));
        let other = || Diagnostic::error(Code::GlobInvalid, path, format!("{error:#}"));
        vec![problem.unwrap_or_else(other)]
    })?;
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let mut files = Vec::new();
    for glob in selector.globs() {
        let found = find_files_in(top, glob).map_err(|error| vec![search_failed(glob, &error)])?;
        files.extend(found.into_iter().map(ConfigFile::new));
    }
    files.sort();
    files.dedup();
    files.retain(|config| !is_left_out(config));
    files.retain(|config| {
        let below = config.file.strip_prefix(top).unwrap_or(&config.file);
        let below = RepoPath::typed(&below.to_string_lossy());
        // Loading a file that cannot be read reports it.
        let contents = config.read_alone();
        contents.map_or(true, |contents| {
            selector.is_config(&registry, &below, &contents)
        })
    });
    Ok(files)
}

fn nothing_selected() -> Diagnostic {
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref());
    let globs = policy.map(|policy| policy.configs).unwrap_or_default();
    let places: Vec<String> = match globs.is_empty() {
        true => built_in_folders().collect(),
        false => globs,
    };
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let message = format!("there is no config in {}", or_list(&places));
    let problem = Diagnostic::error(Code::ConfigNotFound, &RepoPath::typed("."), message);
    problem.with_help(format!(
        "name the files, or add a glob to `configs` in `{path}`"
    ))
}

fn not_found(argument: &str) -> Diagnostic {
    let path = RepoPath::typed(argument);
    let folder = Path::new(argument);
    if folder.is_dir() {
        let message = format!("folder {} holds no configs", quote(argument));
        let below = folder.join("configs");
        let below = below.to_string_lossy();
        let help = match one(&below) {
            Ok(files) if !files.is_empty() => format!("did you mean {}?", quote(&below)),
            _ => {
                let usual: Vec<String> = built_in_folders().collect();
                let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
                format!(
                    "name a folder with `.yaml` or `.yml` files; the usual folders are {}",
                    and_list(&usual)
                )
            }
        };
        return Diagnostic::error(Code::ConfigNotFound, &path, message).with_help(help);
    }
    no_such_file(argument, &folders())
}

fn search_failed(argument: &str, error: &SearchError) -> Diagnostic {
    match error {
        SearchError::Glob(error) => glob_invalid(argument, error),
        SearchError::TooManyEntries => {
            let path = RepoPath::typed(argument);
            Diagnostic::error(Code::ConfigNotFound, &path, error.to_string())
        }
    }
}

pub fn glob_invalid(glob: &str, error: &globset::Error) -> Diagnostic {
    let message = format!("invalid glob: {}", error.kind());
    Diagnostic::error(Code::GlobInvalid, &RepoPath::typed(glob), message)
}

/// The exit code of a failed search: an invalid glob is an error of the command line.
pub fn exit_of_search(problems: &[Diagnostic]) -> Exit {
    let is_invalid = |problem: &Diagnostic| problem.code == Code::GlobInvalid;
    match problems.iter().any(is_invalid) {
        true => Exit::Usage,
        false => Exit::Config,
    }
}

fn one(argument: &str) -> Result<Vec<ConfigFile>, SearchError> {
    let path = Path::new(argument);
    // A link is found, and reading it is an error.
    let is_file = path.is_file() || path.is_symlink() && !path.is_dir();
    let found = match path.is_dir() {
        _ if is_file => vec![path.to_path_buf()],
        true => find_files_in(path, "*.{yaml,yml}")?,
        false if argument.contains('/') => find_files(argument)?,
        false => {
            let folders = folders();
            let mut places = folders
                .iter()
                .map(|folder| Path::new(folder).join(argument));
            match places.find(|place| place.is_file()) {
                Some(place) => vec![place],
                None => find_files(argument)?,
            }
        }
    };
    let configs = found.into_iter().map(ConfigFile::new);
    Ok(configs
        .filter(|config| !is_defaults(&config.shown))
        .collect())
}

/// The problem of an argument that names defaults.
fn no_config(argument: &str) -> Diagnostic {
    let message = "the file holds defaults for the configs beside it, and is not a config";
    let help = "name configs, or their folder";
    Diagnostic::error(Code::ConfigNotFound, &RepoPath::typed(argument), message).with_help(help)
}
