//! Times of a policy file that the jobs of `init` cannot use. A repository may have other jobs, so these are warnings.

use crate::config::{Node, ParsedFile};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;

/// Minutes between two scheduled runs.
const SCHEDULE: i64 = 60;
/// Minutes of a job.
const JOB: i64 = 180;
/// Minutes that a job needs besides the alarms' time.
const RESERVE: i64 = 5;

/// A warning for each window that may lie between two scheduled runs, and for each monitoring time that no job can wait for.
pub fn unusable_times(path: &RepoPath, bytes: &[u8]) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let environments = file.root.get("environments").into_iter();
    let environments = environments.flat_map(|all| all.entries().iter().map(|one| &one.value));
    let settings = file.root.get("defaults").into_iter().chain(environments);
    let mut found: Vec<(&Node, String, &str)> = Vec::new();
    for settings in settings {
        let windows = settings.get("windows").map_or(&[][..], Node::items);
        for window in windows {
            if let Some(minutes) = minutes_of(window)
                && minutes < SCHEDULE
            {
                let message = format!(
                    "a window of {minutes} minutes may lie between two scheduled runs of the jobs that `init` writes"
                );
                found.push((window, message, "make the window at least an hour long"));
            }
        }
        let time = settings.get("rollback");
        let time = time.and_then(|rollback| rollback.get("monitoring-minutes"));
        let minutes = time.and_then(|time| Some((time, time.to_json().as_i64()?)));
        if let Some((node, minutes)) = minutes
            && minutes + RESERVE >= JOB
        {
            let message = format!(
                "jobs of {JOB} minutes, as `init` writes them, never begin a stack whose alarms are watched for {minutes} minutes"
            );
            found.push((node, message, "write 170 or less"));
        }
    }
    let warnings = found.into_iter().map(|(node, message, help)| {
        let problem = Diagnostic::error(Code::UnusableTime, path, message);
        let problem = problem.with_severity(Severity::Warning).with_help(help);
        problem.at(&file.source(), node.span)
    });
    warnings.collect()
}

/// The length of a window; `None` if it is not one.
fn minutes_of(window: &Node) -> Option<i64> {
    let minute = |key: &str| {
        let (hour, minute) = window.get(key)?.text()?.split_once(':')?;
        Some(hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?)
    };
    let (from, to) = (minute("from")?, minute("to")?);
    Some(if to <= from {
        to + 24 * 60 - from
    } else {
        to - from
    })
}
