//! Pages that a job links: its comments, and stacks in the AWS console.

use std::collections::BTreeSet;

use crate::model::WebAddress;
use crate::stack::StackName;

/// Links of one job.
const MAX_LINKS: usize = 100;

/// A page with its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageLink {
    pub label: String,
    pub url: String,
}

impl PageLink {
    /// A comment; `None` if the text is no address.
    pub fn comment(url: &str) -> Option<Self> {
        let (page, place) = url.split_once('#').unwrap_or((url, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        WebAddress::parse(page).filter(|_| place.bytes().all(plain))?;
        Some(Self {
            label: "Comment of provisioner".to_owned(),
            url: url.to_owned(),
        })
    }

    /// A stack in the AWS console. `None` if a name has characters that no stack or region has.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-view-stack-data-resources.html>
    pub fn stack(stack: &StackName) -> Option<Self> {
        let (region, name) = (&stack.target.region, &stack.name);
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !text.is_empty() && text.bytes().all(plain)
        };
        if !is_plain(region) || !is_plain(name) {
            return None;
        }
        let console = match region.as_str() {
            china if china.starts_with("cn-") => "console.amazonaws.cn",
            gov if gov.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        Some(Self {
            label: format!("Stack {name} in {region}"),
            url: format!(
                "https://{region}.{console}/cloudformation/home?region={region}#/stacks?filteringText={name}&filteringStatus=active"
            ),
        })
    }
}

/// The comments in their order, then the stacks by name, each once.
pub fn page_links<'a>(
    comments: &[String],
    stacks: impl Iterator<Item = &'a StackName>,
) -> Vec<PageLink> {
    let stacks: BTreeSet<PageLink> = stacks.filter_map(PageLink::stack).collect();
    let comments = comments.iter().filter_map(|url| PageLink::comment(url));
    comments.chain(stacks).take(MAX_LINKS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;

    fn stack(region: &str, name: &str) -> StackName {
        StackName {
            target: Target {
                account: "123456789012".to_owned(),
                region: region.to_owned(),
                environment: "prod".to_owned(),
            },
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_stack_is_linked_in_the_console_of_its_partition() {
        for (region, host) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
            (
                "us-gov-west-1",
                "https://us-gov-west-1.console.amazonaws-us-gov.com/",
            ),
        ] {
            let link = PageLink::stack(&stack(region, "shop")).unwrap();
            assert!(link.url.starts_with(host), "{}", link.url);
            assert_eq!(link.label, format!("Stack shop in {region}"));
        }
    }

    #[test]
    fn attack_a_link_to_another_host() {
        for (region, name) in [
            ("evil.example/", "shop"),
            ("evil@x", "shop"),
            ("eu-west-1", "a&b"),
            ("", "shop"),
        ] {
            assert_eq!(PageLink::stack(&stack(region, name)), None);
        }
        assert_eq!(PageLink::comment("javascript:alert(1)"), None);
        assert!(PageLink::comment("https://git.example/a/-/merge_requests/7#note_1").is_some());
    }

    #[test]
    fn links_are_listed_once_and_limited() {
        let stacks = [stack("eu-west-1", "b"), stack("eu-west-1", "a")];
        let twice = stacks.iter().chain(&stacks);
        let comments = ["https://git.example/x".to_owned()];
        let labels: Vec<String> = page_links(&comments, twice)
            .into_iter()
            .map(|link| link.label)
            .collect();
        let expected = [
            "Comment of provisioner",
            "Stack a in eu-west-1",
            "Stack b in eu-west-1",
        ];
        assert_eq!(labels, expected);
        let many: Vec<StackName> = (0..200)
            .map(|at| stack("eu-west-1", &format!("s{at}")))
            .collect();
        assert_eq!(page_links(&[], many.iter()).len(), MAX_LINKS);
    }
}
