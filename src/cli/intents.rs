//! Words of other tools for what an action does.

use clap::Command;

use crate::product::{Registry, Verb};

/// Words, and the verbs that they mean.
const WORDS: &[(&[&str], &[Verb])] = &[
    (
        &[
            "apply",
            "apply-changes",
            "create",
            "create-stack",
            "deploy",
            "provision",
            "up",
            "update",
            "update-stack",
        ],
        &[Verb::Provision, Verb::DeployFolders],
    ),
    (
        &["delete", "delete-stack", "destroy", "down", "remove"],
        &[Verb::Delete, Verb::TearDown],
    ),
    (
        &["changes", "diff", "plan", "preview"],
        &[Verb::ShowChanges],
    ),
    (&["detect-drift", "drift"], &[Verb::CheckDrift]),
    (
        &["build", "create-template", "generate", "render", "template"],
        &[Verb::RenderTemplate],
    ),
    (
        &["lint", "validate", "validate-template"],
        &[Verb::ValidateConfig, Verb::ValidateTemplate],
    ),
    (&["policy"], &[Verb::RenderPolicy]),
    (&["report"], &[Verb::ReviewReport]),
    (&["test"], &[Verb::TestDeploy]),
    (&["upload"], &[Verb::UploadTemplate]),
];

/// The commands that a word of another tool means.
pub fn meant_commands(word: &str, root: &Command, registry: &Registry) -> Vec<String> {
    let word = word.to_lowercase().replace('_', "-");
    let Some((_, verbs)) = WORDS.iter().find(|(words, _)| words.contains(&&*word)) else {
        return Vec::new();
    };
    let actions = registry.actions().into_iter();
    let meant = actions.filter(|action| action.has_verb(|verb| verbs.contains(&verb)));
    let names = meant.map(|action| action.name);
    names
        .filter(|name| root.find_subcommand(name).is_some())
        .collect()
}
