//! A hidden line of the check's comment with the head and the digests of the AWS previews. A later run accepts it only if it
//! matches the digest in the commit status, which no user can edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::check::Report;
use super::check_comment::{MARKER, page};
use super::fit::Rest;
use crate::model::{CommitSha, Digest};
use crate::plan::{ChangeKey, Plan};

const BEGIN: &str = "<!-- provisioner:shown ";
const END: &str = " -->";
/// The check's comment with its plan marker as the second line. The marker holds no foreign text, which could end it.
pub fn comment(
    report: &Report,
    head: &CommitSha,
    limit: usize,
) -> Result<String, minijinja::Error> {
    // A third of a comment: 330 changed stacks. Past that, updates of so many stacks at once are not applied.
    let line = plan_marker(report, head, limit / 3);
    page(report, format!("{MARKER}\n{line}"), Rest::JobSummary, limit)
}

fn plan_marker(report: &Report, head: &CommitSha, most: usize) -> String {
    let digests = report.preview_digests();
    let mut line = format!("{BEGIN}head={head}");
    let bare = line.len();
    for (at, change) in report.plan.changes.iter().enumerate() {
        if let Some(digest) = digests.get(&change.key()) {
            // Writing into a text cannot fail.
            let _ = write!(line, " {at}={digest}");
        }
    }
    if line.len() > most {
        line.truncate(bare);
    }
    line + END
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMarker {
    pub head: CommitSha,
    digests: BTreeMap<usize, Digest>,
}

impl PlanMarker {
    pub fn by_change(&self, plan: &Plan) -> BTreeMap<ChangeKey, Digest> {
        let known = self.digests.iter();
        known
            .filter_map(|(at, digest)| Some((plan.changes.get(*at)?.key(), *digest)))
            .collect()
    }
}

/// Parses the second line of a comment; `None` if it is not exactly as it was written.
pub fn parse_plan_marker(comment: &str) -> Option<PlanMarker> {
    let line = comment.lines().nth(1)?.trim_end();
    let inside = line.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let mut parts = inside.split(' ');
    let head = CommitSha::parse(parts.next()?.strip_prefix("head=")?).ok()?;
    let digests = parts.map(|part| {
        let (at, digest) = part.split_once('=')?;
        Some((at.parse().ok()?, Digest::parse(digest)?))
    });
    Some(PlanMarker {
        head,
        digests: digests.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_written_marker_parses_to_the_same_digests() {
        let digest = Digest::sha256("a change set");
        let line = format!("{BEGIN}head={HEAD} 3={digest}{END}");
        let shown =
            parse_plan_marker(&format!("<!-- marker -->\n{line}\r\n## Provisioner\n")).unwrap();
        assert_eq!(shown.head.as_str(), HEAD);
        assert_eq!(shown.digests, BTreeMap::from([(3, digest)]));
    }

    #[test]
    fn attack_a_line_elsewhere_or_of_another_form_is_not_read() {
        let digest = Digest::sha256("a change set");
        let line = format!("{BEGIN}head={HEAD} 3={digest}{END}");
        for comment in [
            line.clone(),
            format!("<!-- marker -->\n## Provisioner\n{line}\n"),
            format!("<!-- marker -->\n {line}\n"),
            format!("<!-- marker -->\n{BEGIN}head={HEAD} x={digest}{END}\n"),
            format!("<!-- marker -->\n{BEGIN}head={HEAD} 3={digest} {END}\n"),
            format!(
                "<!-- marker -->\n{BEGIN}head={} 3={digest}{END}\n",
                &HEAD[1..]
            ),
            format!(
                "<!-- marker -->\n{BEGIN}head={HEAD} 3={}é{END}\n",
                &digest.to_string()[2..]
            ),
        ] {
            assert_eq!(parse_plan_marker(&comment), None, "{comment}");
        }
    }
}
