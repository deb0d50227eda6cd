//! A hidden line of the check's comment with the head and the digests of the AWS previews. A later run accepts it only if it
//! matches the digest in the commit status, which no user can edit.

use std::collections::BTreeMap;

use super::check::Report;
use super::check_comment::{MARKER, page};
use super::fit::Rest;
use super::sample::ShownDigest;
use crate::model::{CommitSha, Digest};
use crate::plan::{ChangeKey, Plan};

const BEGIN: &str = "<!-- provisioner:shown ";
const END: &str = " -->";
/// Configs that a marker names.
const MAX_PLACES: usize = 100_000;

/// The check's comment with its plan marker as the second line. The marker holds no foreign text, which could end it. `summary`: the
/// limit of the job summary, which the comment names only if it has the whole report.
pub fn comment(
    report: &Report,
    head: &CommitSha,
    (limit, summary): (usize, usize),
) -> Result<String, minijinja::Error> {
    // A third of a comment: 330 changed stacks. Past that, updates of so many stacks at once are not applied.
    let line = plan_marker(report, head, limit / 3);
    let comment = |rest| page(report, format!("{MARKER}\n{line}"), rest, limit);
    let first = comment(Rest::JobSummary)?;
    let summary = || page(report, MARKER.to_owned(), Rest::JsonReport, summary);
    let is_true = first.is_complete || summary()?.is_complete;
    Ok(match is_true {
        true => first.text,
        false => comment(Rest::JsonReport)?.text,
    })
}

fn plan_marker(report: &Report, head: &CommitSha, most: usize) -> String {
    let mut line = format!("{BEGIN}head={head}");
    let bare = line.len();
    // Places of configs with the same digest, which only those beside a sample have.
    let mut sampled: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for (at, change) in report.plan.changes.iter().enumerate() {
        match report.shown_digest(&change.key()) {
            Some(shown) if shown.sampled => sampled.entry(shown.digest).or_default().push(at),
            Some(shown) => line.push_str(&format!(" {at}={}", shown.digest)),
            None => {}
        }
    }
    for (digest, places) in sampled {
        line.push_str(&format!(" {}~{digest}", ranges(&places)));
    }
    if line.len() > most {
        line.truncate(bare);
    }
    line + END
}

/// Ascending numbers, such as `1,4-7`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<[usize; 2]> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some([_, end]) if *end + 1 == *number => *end = *number,
            _ => ranges.push([*number, *number]),
        }
    }
    let texts = ranges.iter().map(|[begin, end]| match begin == end {
        true => begin.to_string(),
        false => format!("{begin}-{end}"),
    });
    texts.collect::<Vec<_>>().join(",")
}

/// `room`: how many numbers there may be.
fn parse_ranges(text: &str, mut room: usize) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for range in text.split(',') {
        let (begin, end) = range.split_once('-').unwrap_or((range, range));
        let [begin, end]: [usize; 2] = [begin.parse().ok()?, end.parse().ok()?];
        room = room.checked_sub(end.checked_sub(begin)?.checked_add(1)?)?;
        numbers.extend(begin..=end);
    }
    Some(numbers)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMarker {
    pub head: CommitSha,
    digests: BTreeMap<usize, ShownDigest>,
}

impl PlanMarker {
    pub fn by_change(&self, plan: &Plan) -> BTreeMap<ChangeKey, ShownDigest> {
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
    let mut digests = BTreeMap::new();
    let mut room = MAX_PLACES;
    for part in parts {
        let (places, digest, sampled) = match part.split_once('=') {
            Some((at, digest)) => (vec![at.parse().ok()?], digest, false),
            None => {
                let (places, digest) = part.split_once('~')?;
                (parse_ranges(places, room)?, digest, true)
            }
        };
        room = room.checked_sub(places.len())?;
        let digest = Digest::parse(digest)?;
        let shown = ShownDigest { digest, sampled };
        digests.extend(places.into_iter().map(|at| (at, shown)));
    }
    Some(PlanMarker { head, digests })
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
        let own = ShownDigest {
            digest,
            sampled: false,
        };
        assert_eq!(shown.digests, BTreeMap::from([(3, own)]));
    }

    #[test]
    fn a_sample_names_the_places_of_the_others() {
        assert_eq!(ranges(&[1, 4, 5, 6, 9]), "1,4-6,9");
        let digest = Digest::sha256("an effect");
        let line = format!("{BEGIN}head={HEAD} 1,4-6~{digest}{END}");
        let shown = parse_plan_marker(&format!("<!-- marker -->\n{line}\n")).unwrap();
        let places: Vec<usize> = shown.digests.keys().copied().collect();
        assert_eq!(places, [1, 4, 5, 6]);
        assert!(shown.digests.values().all(|shown| shown.sampled));
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
            format!("<!-- marker -->\n{BEGIN}head={HEAD} 3-1~{digest}{END}\n"),
            format!("<!-- marker -->\n{BEGIN}head={HEAD} 0-99999999999~{digest}{END}\n"),
            format!("<!-- marker -->\n{BEGIN}head={HEAD} 0-60000~{digest} 0-60000~{digest}{END}\n"),
            format!("<!-- marker -->\n{BEGIN}head={HEAD} 1,,2~{digest}{END}\n"),
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
