//! Examples in the help of each verb's actions.

use crate::product::Verb;

/// Commands, then what the summary leaves out.
pub fn examples(verb: Verb, name: &str) -> String {
    let (examples, notes): (&[[&str; 2]], &str) = match verb {
        Verb::ValidateConfig => (
            &[
                ["", "all configs in the usual folders"],
                ["CONFIG --format sarif", "for code scanning"],
            ],
            "",
        ),
        Verb::RenderTemplate | Verb::RenderPolicy => (
            &[
                ["CONFIG", "one config"],
                ["CONFIG --overwrite", "also if the file was edited"],
            ],
            match verb {
                Verb::RenderPolicy => {
                    "Writes the file to policies/. Without --overwrite, an edited file is kept."
                }
                _ => "Writes the file to templates/. Without --overwrite, an edited file is kept.",
            },
        ),
        Verb::ValidateTemplate => (
            &[
                ["", "the rendered files, offline"],
                ["--real", "also with CloudFormation"],
            ],
            "",
        ),
        Verb::ReviewReport => (
            &[["CONFIG", "one page"]],
            "Writes the page to reports/. It needs no network and runs no script. A config with\n\
             errors gets no page.",
        ),
        Verb::ShowChanges => (
            &[
                ["", "every config, as tables"],
                ["CONFIG --real", "also a stack that does not exist"],
                ["--format json", "for programs"],
            ],
            "provisioner creates a change set for each stack that exists, and deletes it after\n\
             reading. It reads the changes of a new stack from the template, unless --real is\n\
             given. To preview a deletion, run the deleting action without --force.",
        ),
        Verb::CheckDrift => (
            &[
                ["", "every config that has a stack"],
                [
                    "--fail-on-drift",
                    "exit code 12 if a stack has drifted, 30 if unknown",
                ],
            ],
            "",
        ),
        Verb::TestDeploy => (
            &[
                ["CONFIG", "create, verify and delete"],
                ["CONFIG --keep", "create and verify"],
            ],
            "provisioner also deletes the stack after a failure and after Ctrl-C. If a test is\n\
             killed, the next test of its config deletes the stack.",
        ),
        Verb::Provision => (
            &[
                ["CONFIG", "without --force: prompt, or exit code 20"],
                ["CONFIG --force", "create or update"],
                ["--all --force", "every config in the usual folders"],
            ],
            "provisioner updates a stack only if the policy file allows it, and verifies a stack\n\
             that needs no change. If the creation of a stack fails, it is deleted.",
        ),
        Verb::DeployFolders => (
            &[
                ["CONFIG", "folders of all solutions"],
                ["CONFIG --solution NAME", "folders of one solution"],
            ],
            "provisioner does not change existing folders.",
        ),
        Verb::UploadTemplate => (
            &[
                ["CONFIG", "for all solutions"],
                ["CONFIG --solution NAME", "for one solution"],
            ],
            "The template is written to config/cloudformation/ below the solution's prefix.",
        ),
        Verb::Adopt => (
            &[
                ["CONFIG --dry-run", "compare stack and config"],
                ["CONFIG --force", "add the tags"],
            ],
            "provisioner changes nothing but the stack's tags, and only if a change set confirms\n\
             that. Afterwards pull requests and other actions can change the stack.",
        ),
        Verb::Unadopt => (
            &[
                ["CONFIG --dry-run", "list the tags"],
                ["CONFIG --force", "remove them"],
            ],
            "The stack stays. Remove the config too, so that nothing creates it again.",
        ),
        Verb::Import => (
            &[
                [
                    "CONFIG --resource Bucket=BucketName=acme-data --dry-run",
                    "preview",
                ],
                [
                    "CONFIG --resource Bucket=BucketName=acme-data --force",
                    "import, then create",
                ],
            ],
            "Each resource exists and belongs to no stack. Its logical id is a key of the rendered\n\
             template. provisioner creates all other resources of the stack.",
        ),
        Verb::Restore => (
            &[
                ["CONFIG --dry-run", "live and deployed values"],
                ["CONFIG --force", "revert the drift"],
            ],
            "provisioner restores the deployed template and changes nothing else. It runs only\n\
             what the policy's `updates` allows, and detects drift again afterwards.",
        ),
        Verb::ContinueRollback => (
            &[
                ["CONFIG --dry-run", "the failed resources"],
                ["CONFIG --force", "try the rollback again"],
                ["CONFIG --skip Table --force", "leave a resource as it is"],
            ],
            "For a stack that is UPDATE_ROLLBACK_FAILED. A skipped resource stays as it is, and\n\
             CloudFormation records it as rolled back: run check-drift afterwards.",
        ),
        Verb::Replace => (
            &[
                ["CONFIG", "preview; exit code 20"],
                ["CONFIG --force", "delete and create"],
            ],
            "On a terminal, you type the stack's name before anything is deleted. The next run\n\
             continues a run that ended.",
        ),
        Verb::Delete => (
            &[
                ["CONFIG", "preview; exit code 20"],
                ["CONFIG --force", "delete"],
            ],
            "On a terminal, you type the stack's name before anything is deleted. provisioner\n\
             lists the resources that the template retains.",
        ),
        Verb::TearDown => (
            &[
                ["CONFIG", "preview; exit code 20"],
                ["CONFIG --force", "delete"],
            ],
            "On a terminal, you type the stack's name before anything is deleted. provisioner\n\
             deletes every version of every object. If a run is interrupted, the next run\n\
             continues it.",
        ),
    };
    let commands: Vec<String> = examples
        .iter()
        .map(|[rest, _]| format!("provisioner {name} {rest}").trim_end().to_owned())
        .collect();
    let width = commands.iter().map(String::len).max().unwrap_or_default();
    let mut text = "Examples:\n".to_owned();
    for (command, [_, meaning]) in commands.iter().zip(examples) {
        text.push_str(&format!("  {command:width$}  {meaning}\n"));
    }
    match notes.is_empty() {
        true => text.trim_end().to_owned(),
        false => format!("{text}\n{notes}"),
    }
}
