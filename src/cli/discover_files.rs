//! Writes drafted configs, and their entries.

use std::path::Path;

use super::discover_stack::Described;
use crate::diagnostic::{Code, Diagnostic};
use crate::discover::{ADOPTIONS, with_entries};
use crate::entries::{ENTRY_FILES, all_entries};
use crate::model::{FileContents, RepoPath};
use crate::plan::Obstacle;
use crate::report::{DiscoveredStack, DiscoveredState, Discovery};
use crate::workspace::{SetupPlace, create_files, setup_place, write_output};

/// Writes the configs of stacks that can be adopted, and the entries of these stacks. Replaces no config.
pub(super) fn write_drafts(root: &Path, stacks: &[Described], found: &mut Discovery) {
    let mut files: Vec<(&RepoPath, &str)> = Vec::new();
    let mut entries: Vec<(RepoPath, String)> = Vec::new();
    for one in stacks {
        let stack = &one.stack;
        if stack.state != DiscoveredState::NotAdopted {
            continue;
        }
        let config = match (&stack.config, stack.why_not_adoptable()) {
            (Some(config), None) => config,
            (_, why) => {
                let why = why.unwrap_or_else(|| "it has no config".to_owned());
                found.problems.push(without_entry(stack, &why));
                continue;
            }
        };
        if let Some(draft) = &one.draft {
            let problem = match setup_place(root, draft.path.as_str()) {
                SetupPlace::Free => None,
                SetupPlace::Taken(_) => Some("the file exists".to_owned()),
                SetupPlace::Blocked(why) => Some(why),
            };
            if let Some(why) = problem {
                let message = format!("no draft was written for stack {}: {why}", stack.id);
                let help = "rename the file if another stack is meant; else correct its account, region, environment and names until they give the name of this stack";
                let problem = Diagnostic::error(Code::StackNotDrafted, &draft.path, message);
                found.problems.push(problem.with_help(help));
                continue;
            }
            files.push((&draft.path, &draft.text));
        }
        entries.push((config.clone(), stack.id.clone()));
    }
    let shown: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    if let Err(errors) = create_files(root, &shown) {
        let path = RepoPath::typed(&root.to_string_lossy());
        let problems = errors.into_iter().map(|error| unwritten(&path, error));
        found.problems.extend(problems);
        return;
    }
    let written = files.iter().map(|(path, _)| (*path).clone());
    found.written.extend(written);
    if let Err(mut problems) = write_entries(root, &entries, found) {
        // Those of the repository here are reported already.
        problems.retain(|problem| !found.problems.contains(problem));
        found.problems.extend(problems);
    }
}

fn write_entries(
    root: &Path,
    entries: &[(RepoPath, String)],
    found: &mut Discovery,
) -> Result<(), Vec<Diagnostic>> {
    let path = RepoPath::typed(ADOPTIONS);
    let text = match setup_place(root, ADOPTIONS) {
        SetupPlace::Free => None,
        SetupPlace::Taken(text) => Some(text),
        SetupPlace::Blocked(why) => return Err(vec![unwritten(&path, why)]),
    };
    if let Some(text) = &text {
        let contents = FileContents::Regular(text.as_bytes().into());
        all_entries(ENTRY_FILES[0], &contents)?;
    }
    let extended = with_entries(&path, text.as_deref(), entries)?;
    if extended.added > 0 {
        write_output(&root.join(ADOPTIONS), &extended.text)
            .map_err(|error| vec![unwritten(&path, error.to_string())])?;
        found.written.push(path);
    }
    Ok(())
}

/// For a stack that got neither a draft nor an entry.
fn without_entry(stack: &DiscoveredStack, why: &str) -> Diagnostic {
    let id = &stack.id;
    let message = format!("no draft and no entry were written for stack {id}: {why}");
    let obstacles = stack.adoption.iter().flat_map(|found| &found.obstacles);
    let is_unfinished = obstacles
        .into_iter()
        .any(|found| matches!(found, Obstacle::Unfinished { .. }));
    let help = match is_unfinished {
        true => "run the action that began the creation: it finishes it, and adds the tags",
        false => "correct that, or leave the stack to its present tool",
    };
    Diagnostic::error(Code::StackNotDrafted, &RepoPath::typed(ADOPTIONS), message).with_help(help)
}

fn unwritten(path: &RepoPath, why: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::OutputNotWritten, path, why)
}
