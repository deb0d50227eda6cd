//! The command that gives a stack of another tool the tags of provisioner's own stacks.

use std::collections::BTreeMap;

use crate::stack::StackName;

/// An AWS CLI command that adds tags to a stack and changes nothing else. `update-stack` replaces all tags, and gives parameters that
/// it does not get their defaults, so the command reads both first. `None` if a name is not plain enough for a shell.
pub fn adoption_command(owner: &BTreeMap<String, String>, stack: &StackName) -> Option<String> {
    let (name, region) = (&*stack.name, &*stack.target.region);
    let is_plain = |text: &&str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(allowed)
    };
    let pairs = owner.iter().flat_map(|(key, value)| [&**key, &**value]);
    if owner.is_empty()
        || ![name, region]
            .into_iter()
            .chain(pairs)
            .all(|it| is_plain(&it))
    {
        return None;
    }
    let others: Vec<String> = owner.keys().map(|key| format!("Key!='{key}'")).collect();
    let others = others.join("&&");
    let tags = owner.iter();
    let tags: Vec<String> = tags
        .map(|(key, value)| format!("{{Key:'{key}',Value:'{value}'}}"))
        .collect();
    let tags = tags.join(",");
    let read = |query: String| {
        format!(
            "\"$(aws cloudformation describe-stacks --region {region} --stack-name {name} --output json --query \"{query}\")\""
        )
    };
    let tags = read(format!("[Stacks[].Tags[]|[?{others}],[{tags}]][]"));
    // The comparison is `true`; a literal would need backticks, which a shell reads.
    let parameters = read(
        "Stacks[].Parameters[].{ParameterKey:ParameterKey,UsePreviousValue:ParameterKey==ParameterKey}".to_owned(),
    );
    Some(format!(
        "aws cloudformation update-stack --region {region} --stack-name {name} --use-previous-template --capabilities CAPABILITY_NAMED_IAM --tags {tags} --parameters {parameters}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, explain};
    use crate::guard::owner_tags;
    use crate::product::Target;

    fn stack(name: &str, region: &str) -> StackName {
        StackName {
            target: Target {
                account: "123456789012".to_owned(),
                region: region.to_owned(),
                environment: "ENVIRONMENT".to_owned(),
            },
            name: name.to_owned(),
        }
    }

    #[test]
    fn the_explanation_has_the_command() {
        let stack = stack("STACK", "REGION");
        let command = adoption_command(&owner_tags("PRODUCT", &stack), &stack).unwrap();
        let remedy = explain(&Code::StackNotOwned).unwrap().remedy;
        assert!(remedy.contains(&command), "{command}\n{remedy}");
    }

    #[test]
    fn attack_no_name_leaves_the_command() {
        for (name, region) in [
            ("a; id", "us-west-2"),
            ("a'b", "us-west-2"),
            ("$(id)", "us-west-2"),
            ("-a", "us-west-2"),
            ("a", "x`id`"),
            ("", "us-west-2"),
        ] {
            let stack = stack(name, region);
            assert_eq!(adoption_command(&owner_tags("s3", &stack), &stack), None);
        }
        let stack = stack("a", "us-west-2");
        assert_eq!(adoption_command(&owner_tags("s3'", &stack), &stack), None);
    }
}
