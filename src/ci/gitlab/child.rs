//! The child pipeline of a job that finds environments: only the jobs of those that it found.
//! <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#dynamic-child-pipelines>
//!
//! The component passes the text of the jobs on standard input. The program puts three facts and the globs of the configs into it, and no
//! word of a config, of a merge request or of the policy: GitLab runs the file with the rights of the default branch.

use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::folder::replace;
use super::output::OUT;
use crate::ci::environment::variable;
use crate::ci::event::CiEvent;

/// Its name in the job's folder, which the component's trigger has.
pub const FILE: &str = "pipeline.yml";

/// A pipeline needs a job. This one waits for a person, who has no reason to start it, so GitLab skips the pipeline.
pub const IDLE: &str = "nothing-to-apply:\n  script: [\"true\"]\n  rules:\n    - when: manual\n      allow_failure: true\n";

const ENVIRONMENTS: &str = "@environments@";
const SOURCE: &str = "@source@";
const BEFORE: &str = "@before@";
const CONFIGS: &str = "@configs@";

const MAX_TEMPLATE_BYTES: u64 = 1 << 20;

/// What starts jobs: the component's words, and the event that the job read.
pub struct ChildInput<'a> {
    /// The jobs, with a placeholder for each fact.
    pub template: &'a str,
    /// The component's input `environments`, as JSON.
    pub listed: &'a str,
    /// The component's input `configs`, which may have several lines.
    pub configs: &'a str,
    pub event: &'a CiEvent,
    pub found: &'a [String],
}

/// Writes the pipeline of these environments.
pub(super) fn write(event: &CiEvent, found: &[String]) -> anyhow::Result<()> {
    let Some(out) = OUT.get() else {
        return Ok(());
    };
    if found.is_empty() {
        return put(out, IDLE);
    }
    let mut template = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_TEMPLATE_BYTES)
        .read_to_string(&mut template)
        .context("standard input")?;
    let listed = variable("PROVISIONER_ENVIRONMENTS").unwrap_or_default();
    let configs = variable("PROVISIONER_CONFIGS").unwrap_or_default();
    let input = ChildInput {
        template: &template,
        listed: &listed,
        configs: &configs,
        event,
        found,
    };
    put(out, &child_pipeline(&input)?)
}

fn put(out: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = replace(out, FILE).with_context(|| FILE.to_owned())?;
    file.write_all(text.as_bytes())
        .with_context(|| FILE.to_owned())
}

/// The text of the pipeline. Only environments that the component lists get a job.
pub fn child_pipeline(input: &ChildInput<'_>) -> anyhow::Result<String> {
    let listed: Vec<String> = serde_json::from_str(input.listed).with_context(|| {
        format!(
            "PROVISIONER_ENVIRONMENTS is no list of names: {:?}",
            input.listed
        )
    })?;
    let (started, left): (Vec<_>, Vec<_>) = input
        .found
        .iter()
        .partition(|name| listed.contains(name) && is_plain(name));
    for name in left {
        log::warn!(
            "environment `{name}` has work, and the component's input `environments` does not list it"
        );
    }
    if started.is_empty() {
        return Ok(IDLE.to_owned());
    }
    let (source, before) = match input.event {
        CiEvent::Push {
            before: Some(before),
            ..
        } => ("push", before.to_string()),
        CiEvent::Dispatch { configs, .. } if configs.is_empty() => ("schedule", "0".repeat(40)),
        _ => bail!("only a push or a schedule starts jobs of environments"),
    };
    let names = serde_json::to_string(&started).context("environments")?;
    let configs = folded_word(input.configs, input.template)?;
    let mut text = input.template.to_owned();
    for (placeholder, value) in [
        (ENVIRONMENTS, &*names),
        (SOURCE, source),
        (BEFORE, &before),
        (CONFIGS, &configs),
    ] {
        let count = text.matches(placeholder).count();
        ensure!(
            count == 1,
            "the component's jobs have {count} times {placeholder}: use the component and the image of one release"
        );
        text = text.replace(placeholder, value);
    }
    Ok(text)
}

/// The globs as one word of the shell, in the folded text of a script: there, an empty line is a line break.
fn folded_word(configs: &str, template: &str) -> anyhow::Result<String> {
    ensure!(
        !configs.contains('\''),
        "the component's input `configs` has a quote: {configs:?}"
    );
    let line = template.lines().find(|line| line.contains(CONFIGS));
    let line = line.unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start().len()];
    let globs = configs.lines().map(str::trim);
    let globs: Vec<&str> = globs.filter(|glob| !glob.is_empty()).collect();
    Ok(format!("'{}'", globs.join(&format!("\n\n{indent}"))))
}

/// Whether a name means itself in YAML, in a variable and in a placeholder's text.
fn is_plain(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !name.is_empty() && name.bytes().all(letters)
}
