//! Flow 2: comments command. A job without an environment looks; one for the environment `prod` acts.

mod apply;
mod attacks_people;
mod attacks_syntax;
mod attacks_text;
mod attacks_time;
mod faults;
mod ignored;
mod offline;
mod read;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use crate::support::github::{Comment, Permission, Pull, User};
use crate::support::job::{Done, Job, settled};
use crate::world::*;

/// Which issuer a job without an environment has, and which the one for `prod`.
const LOOK: usize = 2;
const ACT: usize = 1;

const VERSIONED: &str = "  versioning: true\n  solutions:\n    - churn\n";
/// A reply on the second pull request of a test.
const THERE: &str = "POST /repos/acme/infra/issues/8/comments";
/// Writes of a look job that answers at once.
const ANSWERED: &[&str] = &[REACTION, COMMENT, REACTION];

impl World {
    /// A repository in which a config is proposed.
    fn with_proposal() -> (Self, Pull) {
        let world = Self::new(&policy(""));
        let pull = world.proposed(VERSIONED);
        (world, pull)
    }

    /// A repository in which a config was approved and merged, and nothing was done yet.
    fn with_merge() -> (Self, Pull) {
        let (world, pull) = Self::with_proposal();
        world.approved_and_merged(&pull);
        (world, pull)
    }

    fn says(&self, by: &User, text: &str) -> Comment {
        self.repo.comment(7, by, text)
    }

    fn look_at(&self, pull: &Pull, comment: &Comment) -> Job {
        self.commanded(pull, comment, LOOK)
    }

    fn act_on(&self, pull: &Pull, comment: &Comment) -> Job {
        self.commanded(pull, comment, ACT)
    }

    fn commanded(&self, pull: &Pull, comment: &Comment, issuer: usize) -> Job {
        let event = pull.comment_event("created", comment.id);
        self.job("issue_comment", &event, issuer)
    }

    /// Somebody comments, and the look job runs.
    fn look(&self, pull: &Pull, by: &User, text: &str) -> Looked {
        let comment = self.says(by, text);
        let done = self.look_at(pull, &comment).run();
        Looked { done, comment }
    }

    /// The same, and the job for `prod` after it, as the workflow says.
    fn act(&self, pull: &Pull, by: &User, text: &str) -> Looked {
        let looked = self.look(pull, by, text);
        assert_eq!(
            looked.environments(),
            r#"["prod"]"#,
            "{}",
            self.last_reply()
        );
        self.github.expect_writes(&[REACTION]);
        assert_eq!(self.tokens(LOOK), 0, "whoever hands over asks AWS nothing");
        let done = self.act_on(pull, &looked.comment).run();
        Looked { done, ..looked }
    }

    /// Tokens that were issued to jobs of a kind.
    fn tokens(&self, issuer: usize) -> usize {
        self.issuers
            .get(issuer)
            .unwrap_or(&self.looking)
            .issued()
            .len()
    }

    /// Nobody asked AWS anything on behalf of a comment, and nothing is there.
    #[track_caller]
    fn nothing_asked(&self) {
        assert_eq!((self.tokens(LOOK), self.tokens(ACT)), (0, 0), "tokens");
        self.untouched();
    }

    /// Replies, oldest first, as people see them.
    fn replies(&self) -> Vec<String> {
        let comments = self.repo.comments(7).into_iter().map(|it| it.body);
        comments
            .filter(|body| body.starts_with("<!-- provisioner:command "))
            .collect()
    }

    /// The one reply, well-formed, without what differs from run to run.
    #[track_caller]
    fn reply(&self) -> String {
        let replies = self.replies();
        assert_eq!(replies.len(), 1, "one reply: {replies:#?}");
        self.shown(&replies[0])
    }

    /// The last reply.
    #[track_caller]
    fn last_reply(&self) -> String {
        let replies = self.replies();
        self.shown(replies.last().expect("a reply"))
    }

    #[track_caller]
    fn shown(&self, reply: &str) -> String {
        assert_whole(reply);
        let marker = regex::Regex::new("^<!-- provisioner:command [0-9]+").unwrap();
        let time = regex::Regex::new("[0-9]{8}T[0-9]{6}Z").unwrap();
        let suffix = regex::Regex::new("-t[a-z0-9]{6}\\b").unwrap();
        let digest = regex::Regex::new("--confirm [0-9a-f]{16}").unwrap();
        let plan = regex::Regex::new("plan [0-9a-f]{12}").unwrap();
        let report = regex::Regex::new("report is of [0-9a-f]{7}, and the head is [0-9a-f]{7}");
        let text = settled(reply);
        let text = marker.replace(&text, "<!-- provisioner:command [id]");
        let text = time.replace_all(&text, "[time]");
        let text = suffix.replace_all(&text, "-t[token]");
        let text = digest.replace_all(&text, "--confirm [digest]");
        let text = plan.replace_all(&text, "plan [digest]");
        let text = report
            .unwrap()
            .replace_all(&text, "report is of [old], and the head is [new]");
        self.desk.neutral(&text)
    }

    /// What stands at a comment.
    fn reactions(&self, comment: &Comment) -> Vec<String> {
        let comments = self.repo.comments(7);
        let comment = comments.iter().find(|it| it.id == comment.id).unwrap();
        comment
            .reactions
            .iter()
            .map(|it| it.content.clone())
            .collect()
    }
}

/// What came of a comment.
struct Looked {
    done: Done,
    comment: Comment,
}

impl Looked {
    /// The job's output, by which the workflow starts other jobs.
    fn environments(&self) -> &str {
        self.done.outputs["environments"].as_str().unwrap_or("")
    }

    /// The exit code, with everything to see in case of another one.
    #[track_caller]
    fn ends(&self, status: i32) {
        let Done {
            stderr, summary, ..
        } = &self.done;
        assert_eq!(self.done.status, status, "{stderr}\n{summary}");
    }
}

/// A reader sees what was meant: fences and folds end, tables hold, nothing that others wrote is live.
#[track_caller]
fn assert_whole(reply: &str) {
    assert!(reply.chars().count() <= 65_536, "{}", reply.chars().count());
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    let arena = Arena::new();
    let root = parse_document(&arena, reply, &options);
    let live = regex::Regex::new(r"(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|https?://|\bwww\.").unwrap();
    let mut folds = 0_i32;
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Link(_) | NodeValue::Image(_) => panic!("a link or image: {reply}"),
            NodeValue::Text(text) => assert!(!live.is_match(text), "live {text:?}: {reply}"),
            NodeValue::HtmlBlock(html) => {
                let html = html.literal.trim();
                let known = html.starts_with("<!-- provisioner:command ")
                    || html.starts_with("<details><summary>")
                    || html == "</details>";
                assert!(known, "HTML {html:?}: {reply}");
                folds += i32::from(html.starts_with("<details>"));
                folds -= i32::from(html.ends_with("</details>"));
            }
            NodeValue::HtmlInline(html) => {
                assert!(
                    ["<sub>", "</sub>"].contains(&html.as_str()),
                    "{html}: {reply}"
                );
            }
            NodeValue::TableRow(_) => {
                let head = node.parent().and_then(|table| table.first_child());
                let head = head.map(|head| head.children().count());
                assert_eq!(Some(node.children().count()), head, "a broken row: {reply}");
            }
            NodeValue::Paragraph => {
                let text: String = node
                    .descendants()
                    .filter_map(|it| match &it.data.borrow().value {
                        NodeValue::Text(text) => Some(text.to_string()),
                        _ => None,
                    })
                    .collect();
                assert!(
                    !text.contains("```") && !text.contains("| |"),
                    "{text}: {reply}"
                );
            }
            _ => {}
        }
    }
    assert_eq!(folds, 0, "a fold that does not end: {reply}");
    // A closing fence stands on a line of its own, and what follows it is no code.
    let fences = root
        .descendants()
        .filter_map(|node| match &node.data.borrow().value {
            NodeValue::CodeBlock(block) => Some(block.closed),
            _ => None,
        });
    let mut fences = fences;
    assert!(fences.all(|closed| closed), "an open fence: {reply}");
}
