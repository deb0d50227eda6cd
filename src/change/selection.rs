//! The selection of configs at the commits of a change, and changed files that it leaves out.

use anyhow::bail;

use crate::config::{is_defaults, is_recognised};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::forge::{ChangeKind, ChangedFile, FileAt, ForgeError, PathSelection, Source};
use crate::job::JobError;
use crate::model::{CommitSha, RepoPath};
use crate::product::Registry;
use crate::text::{did_you_mean, pluralize};
use crate::workspace::ConfigSelector;

/// Changed files that are searched for configs, files that are read at a time, and bytes after which the search stops.
const MAX_SEARCHED: usize = 200;
const READ_TOGETHER: usize = 50;
const MAX_SEARCHED_BYTES: usize = 8 << 20;

const HELP: &str = "add a glob that matches the file to `configs` in `.provisioner.yaml`, or move it to a folder of configs";

/// The paths that a person names by path or file name, in their order. A name that fits no path or several ones is an error.
pub fn named_paths(paths: &[RepoPath], names: &[String]) -> anyhow::Result<Vec<RepoPath>> {
    let find = |name: &String| {
        let is_meant = |path: &&RepoPath| path.as_str() == name || path.file_name() == name;
        let found: Vec<&RepoPath> = paths.iter().filter(is_meant).collect();
        match found[..] {
            [path] => Ok(path.clone()),
            [] => {
                let known = paths.iter().map(RepoPath::as_str);
                let files = paths.iter().map(RepoPath::file_name);
                let hint = did_you_mean(name, known.chain(files));
                let hint = hint.map(|known| format!("; did you mean `{known}`?"));
                let hint = hint.unwrap_or_default();
                bail!("not a config of the default branch: {name:?}{hint}")
            }
            _ => bail!("several configs have this file name: {name:?}; add the folder"),
        }
    };
    names.iter().map(find).collect()
}

impl PathSelection for ConfigSelector {
    fn matches(&self, path: &str) -> bool {
        self.selects(path)
    }

    fn may_match_below(&self, folder: &str) -> bool {
        ConfigSelector::may_match_below(self, folder)
    }
}

/// Why a selection cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    #[error("no file matches the glob of configs {0:?}")]
    Unmatched(String),
    #[error(transparent)]
    Forge(#[from] ForgeError),
}

impl From<SelectionError> for JobError {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Unmatched(_) => Self::Usage(error.into()),
            SelectionError::Forge(error) => error.into(),
        }
    }
}

/// Fails if one of the run's own globs matches no file at any of the commits.
pub async fn require_matches(
    source: &dyn Source,
    commits: &[&CommitSha],
    globs: &[String],
    selection: &ConfigSelector,
) -> Result<(), SelectionError> {
    if globs.is_empty() {
        return Ok(());
    }
    let mut paths = Vec::new();
    for commit in commits {
        paths.extend(source.list(commit, selection).await?);
    }
    match selection.unmatched(&paths).pop() {
        Some(glob) => Err(SelectionError::Unmatched(glob)),
        None => Ok(()),
    }
}

/// Warns of changed files that a product recognizes and no glob selects. Folders whose name begins with a dot are not searched.
pub async fn unselected_configs(
    source: &dyn Source,
    (base, base_products): (&CommitSha, &Registry),
    (head, head_products): (&CommitSha, &Registry),
    files: &[ChangedFile],
    selection: &ConfigSelector,
) -> Result<Vec<Diagnostic>, ForgeError> {
    let candidates: Vec<&ChangedFile> = files
        .iter()
        .filter(|file| is_candidate(&file.path) && !selection.matches(&file.path))
        .collect();
    let mut warnings = Vec::new();
    let mut searched = 0;
    let mut bytes = 0;
    for files in candidates.chunks(READ_TOGETHER) {
        if searched >= MAX_SEARCHED || bytes > MAX_SEARCHED_BYTES {
            break;
        }
        let is_removed = |file: &ChangedFile| file.kind == ChangeKind::Removed;
        let at = files.iter().map(|file| FileAt {
            commit: if is_removed(file) { base } else { head },
            path: &file.path,
        });
        let at: Vec<FileAt<'_>> = at.collect();
        for (file, contents) in files.iter().zip(source.read(&at).await?) {
            searched += 1;
            let Some(contents) = contents else { continue };
            bytes += contents.bytes().map_or(0, <[u8]>::len);
            let products = match is_removed(file) {
                true => base_products,
                false => head_products,
            };
            if is_recognised(products, &file.path, &contents) {
                warnings.push(not_selected(&file.path, selection));
            }
        }
    }
    if let Some(first) = candidates.get(searched) {
        let message = format!(
            "provisioner searched {} for configs that no glob selects; {} were not searched",
            pluralize(searched, "changed YAML file"),
            candidates.len() - searched
        );
        let problem = Diagnostic::error(Code::ConfigNotSelected, &first.path, message);
        warnings.push(problem.with_severity(Severity::Warning).with_help(HELP));
    }
    Ok(warnings)
}

fn is_candidate(path: &RepoPath) -> bool {
    let is_defaults = is_defaults(path);
    let path = path.as_str();
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    is_yaml
        && !is_defaults
        && !path.contains('\u{fffd}')
        && !path.split('/').any(|part| part.starts_with('.'))
}

fn not_selected(path: &RepoPath, selection: &ConfigSelector) -> Diagnostic {
    let message = "the file looks like a config, and no glob of configs selects it";
    let yaml = path.as_str().strip_suffix(".yml");
    let yaml = yaml.map(|stem| format!("{stem}.yaml"));
    let help = match yaml.filter(|yaml| selection.selects(yaml)) {
        Some(yaml) => format!("rename it to `{yaml}`: a config's name ends with `.yaml`"),
        None => HELP.to_owned(),
    };
    Diagnostic::error(Code::ConfigNotSelected, path, message)
        .with_severity(Severity::Warning)
        .with_help(help)
}
