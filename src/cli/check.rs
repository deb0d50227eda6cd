//! `check`: flow 1 on a local repository. Prints the comment.

use anyhow::Context as _;
use clap::Args;

use super::config_args::CommitArgs;
use super::result::ResultFormat;
use super::tier::check_tier;
use crate::VERSION;
use crate::change::{
    ProposedLock, ProposedPolicies, add_other_configs, read_inputs, require_matches,
    unselected_configs,
};
use crate::ci::now;
use crate::diagnostic::LOG_TARGET;
use crate::exit::Exit;
use crate::flow::check::on_merge::{add_closed_environments, add_first_stacks, add_on_merge};
use crate::flow::check::report::report;
use crate::flow::check::upgrade::{add_lock, mark_unread};
use crate::forge::Source;
use crate::forge::local::LocalRepository;
use crate::guard::POLICY_FILE;
use crate::product::Registry;
use crate::report::{self as print, Notice, OfflineReason, Report};
use crate::workspace::{ConfigSelector, add_repository_products, glob_invalid};

/// Maximum length of the printed page: that of a comment.
const MAX_PAGE_CHARS: usize = 65_000;
/// The revision that is checked by default.
const HEAD: &str = "HEAD";
/// Uncommitted configs that are listed.
const MAX_UNCOMMITTED: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner check --base main                          the comment, as Markdown
  provisioner check --base origin/main --format sarif    for code scanning

AWS is not queried. Exit code 10: a config has errors.")]
pub struct CheckArgs {
    /// Branch or commit to compare with (uses the merge base)
    #[arg(long, value_name = "REV")]
    base: String,
    /// Branch or commit to check
    #[arg(long, value_name = "REV", default_value = HEAD)]
    head: String,
    #[command(flatten)]
    of_commit: CommitArgs,
    /// Print the report in this format
    #[arg(long, value_enum, default_value = "markdown")]
    format: ResultFormat,
}

/// Checks what changed between the merge base with `--base` and `--head`. Returns standard output and the exit code.
pub fn check(args: &CheckArgs) -> (String, Exit) {
    match compare(args) {
        Ok(report) => {
            let exit = if report.has_errors() {
                Exit::Config
            } else {
                Exit::Ok
            };
            match show(&report, args.format) {
                Ok(text) => (text, exit),
                Err(error) => {
                    log::error!("{error:#}");
                    (String::new(), Exit::Internal)
                }
            }
        }
        Err(error) => {
            let glob = error.downcast_ref::<globset::Error>();
            match glob.and_then(|glob| Some((glob, glob.glob()?))) {
                Some((error, glob)) => {
                    let error = glob_invalid(glob, error);
                    log::error!(target: LOG_TARGET, "{}", print::diagnostic(&error));
                }
                None => log::error!("{error:#}"),
            }
            (String::new(), Exit::Usage)
        }
    }
}

fn compare(args: &CheckArgs) -> anyhow::Result<Report> {
    let repository = LocalRepository::open(args.of_commit.repository.clone())?;
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, &args.of_commit.repository);
    check_tier(args.of_commit.tier.as_deref(), &registry).map_err(anyhow::Error::msg)?;
    let head = repository.commit(&args.head)?;
    let tip = repository.commit(&args.base)?;
    let base = repository.merge_base(&tip, &head).with_context(|| {
        format!(
            "{} and {} have no common history here; fetch more of it",
            args.base, args.head
        )
    })?;
    let globs = args.of_commit.globs();
    let given = args.of_commit.given();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (mut report, selection) = runtime.block_on(async {
        let files = repository.changed_files(&base, &head).await?;
        let edits_policy = files.iter().any(|file| file.is_under(POLICY_FILE));
        let after = edits_policy.then_some(&head);
        let policies =
            ProposedPolicies::read((&repository, &base), (&repository, &tip), after).await?;
        let selection = policies.selection(&globs)?;
        require_matches(&repository, &[&base, &head], &globs, &selection).await?;
        let inputs = read_inputs(&repository, &base, &head, &files, &selection, &given).await?;
        let shown = policies.for_preview().shown_values();
        let mut report = report(&inputs, (&base, &head), &shown, None);
        let plan = &mut report.plan;
        let (_, rare) = add_other_configs(plan, &inputs, &repository, &head, &selection).await?;
        report.notices.extend(rare.into_iter().map(Notice::from));
        report.unselected = unselected_configs(
            &repository,
            (&base, &inputs.base),
            (&head, &inputs.head),
            &files,
            &selection,
        )
        .await?;
        report.set_policy(policies.change(&repository, &head, &inputs, &globs).await?);
        let change = (&repository as &dyn Source, &base, &head);
        if report.policy.is_some() || !report.plan.changes.is_empty() {
            let tip = (&repository as &dyn Source, &tip);
            report.policy_warnings = policies.warnings(change, tip, &globs).await?;
            let alarms = policies.foreign_alarms((change.0, &head), &inputs, &globs);
            report.policy_warnings.extend(alarms.await?);
        }
        let lock = ProposedLock::read((&repository, &tip), change, &files).await?;
        add_lock(&mut report, &inputs, &lock);
        let facts = std::collections::BTreeMap::new();
        mark_unread(&mut report, &inputs, &facts);
        let rules = (&policies, lock.state());
        add_on_merge(&mut report, &inputs, rules, None, facts);
        // No forge is asked for its time.
        add_closed_environments(&mut report, policies.for_merge(), Some(now()));
        add_first_stacks(&mut report, &inputs, policies.for_merge());
        anyhow::Ok((report, selection))
    })?;
    if args.head == HEAD {
        warn_of_uncommitted(&repository, &selection);
    }
    if !report.plan.changes.is_empty() {
        let reason = OfflineReason::Local;
        report.notices.push(Notice::Offline { reason });
    }
    Ok(report)
}

/// The check reads commits. A config that is only in the work tree looks as if it did not exist.
fn warn_of_uncommitted(repository: &LocalRepository, selection: &ConfigSelector) {
    let paths = repository.uncommitted();
    let unseen = paths.iter().filter(|path| selection.selects(path.as_str()));
    let unseen: Vec<String> = unseen.map(|path| format!("`{path}`")).collect();
    if unseen.is_empty() {
        return;
    }
    let shown: Vec<&str> = unseen
        .iter()
        .take(MAX_UNCOMMITTED)
        .map(String::as_str)
        .collect();
    let more = match unseen.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    log::warn!(
        "the check reads commits, and does not see uncommitted changes of {}{more}; commit them first",
        shown.join(", ")
    );
}

fn show(report: &Report, format: ResultFormat) -> anyhow::Result<String> {
    Ok(match format {
        ResultFormat::Markdown => print::markdown(report, print::Rest::JsonFormat, MAX_PAGE_CHARS)?,
        ResultFormat::Json => print::json_text(report)?,
        ResultFormat::Sarif => format!("{:#}\n", print::sarif(report.diagnostics(), VERSION)),
        ResultFormat::Text => print::escape_workflow_commands(&print::check_text(report)),
    })
}
