//! What provisioner's reply on an issue records about a comment: the repair that it showed, confirmed or ran. Lines below the reply's
//! marker, which no text of others can precede.

use jiff::SignedDuration;

use super::reply::reply_marker;
use crate::forge::Comment;
use crate::model::UserId;

/// From a comment to the reply that records it. Somebody may delete the reply and run the comment's job again: its person saw another
/// repair, or none.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairRecord {
    /// The reply has the preview of the repair with this digest.
    Shown,
    /// The comment confirms this digest.
    Confirmed,
    /// A job of an environment ran the repair with this digest.
    Ran,
}

impl RepairRecord {
    const fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Confirmed => "confirmed",
            Self::Ran => "ran",
        }
    }

    pub fn line(self, digest: &str) -> String {
        format!("<!-- provisioner:repair {} {digest} -->", self.word())
    }

    /// The digest of a line.
    fn digest(self, line: &str) -> Option<&str> {
        let rest = line.strip_prefix("<!-- provisioner:repair ")?;
        let rest = rest.strip_prefix(self.word())?.strip_prefix(' ')?;
        let digest = rest.strip_suffix(" -->")?;
        digest
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then_some(digest)
    }

    /// The digests that provisioner's reply to a comment records. A reply that was written twice proves nothing: a person may have
    /// edited it.
    pub fn of_comment<'a>(
        self,
        comments: &'a [Comment],
        own: UserId,
        comment: &'a Comment,
    ) -> impl Iterator<Item = &'a str> {
        let marker = reply_marker(comment.id, "");
        let replies = comments.iter().filter(move |reply| {
            let by = reply.by.as_ref();
            let times = comment.created.zip(reply.created);
            by.is_some_and(|by| by.id == own)
                && !reply.edited
                && reply.body.lines().next() == Some(&marker)
                && times.is_some_and(|(asked, replied)| {
                    asked <= replied && replied.duration_since(asked) <= MAX_DELAY
                })
        });
        replies.flat_map(move |reply| self.digests(reply))
    }

    /// The lines of provisioner's replies to a comment by the job of a scope.
    pub fn lines(
        self,
        comments: &[Comment],
        own: UserId,
        (comment, scope): (u64, &str),
    ) -> Vec<String> {
        let marker = reply_marker(comment, scope);
        let replies = comments.iter().filter(|reply| {
            let by = reply.by.as_ref();
            by.is_some_and(|by| by.id == own) && reply.body.lines().next() == Some(&marker)
        });
        let digests = replies.flat_map(|reply| self.digests(reply));
        digests.map(|digest| self.line(digest)).collect()
    }

    /// The digests that a reply of provisioner records.
    pub fn digests(self, reply: &Comment) -> impl Iterator<Item = &str> {
        let lines = reply.body.lines().skip(1);
        let lines = lines.take_while(|line| line.starts_with("<!-- provisioner:repair "));
        lines.filter_map(move |line| self.digest(line))
    }
}
