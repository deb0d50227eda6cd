//! The resources that an entry or a command line names for an import, checked against the template.

use std::collections::BTreeSet;

use super::document::Document;
use super::import::ImportedResource;
use super::import_types::{BUCKET_POLICY, import_key};
use crate::config::Node;
use crate::entries::NamedResource;
use crate::text::{and_list, did_you_mean, quote};

/// What is wrong with a resource that is named for an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedProblem {
    /// Number of the resource, from 0.
    pub number: usize,
    /// Whether the identifier is wrong, and not the logical id.
    pub is_identifier: bool,
    pub message: String,
    pub help: String,
}

/// The named resources with the types of the template, or all problems.
pub fn named_imports(
    document: &Document,
    named: &[NamedResource],
) -> Result<Vec<ImportedResource>, Vec<NamedProblem>> {
    let mut problems = Vec::new();
    if let Some((message, help)) = unfit(document).filter(|_| !named.is_empty()) {
        problems.push(NamedProblem {
            number: 0,
            is_identifier: false,
            message: message.to_owned(),
            help: help.to_owned(),
        });
    }
    let mut imports = Vec::new();
    let (mut ids, mut values) = (BTreeSet::new(), BTreeSet::new());
    for (number, one) in named.iter().enumerate() {
        let mut reject = |is_identifier: bool, (message, help): (String, String)| {
            problems.push(NamedProblem {
                number,
                is_identifier,
                message,
                help,
            });
        };
        if !ids.insert(&one.id) {
            let message = format!("the resource is named twice: {}", quote(&one.id));
            reject(false, (message, "keep one of them".to_owned()));
            continue;
        }
        let mut resources = document.resources();
        let Some(resource) = resources.find(|resource| resource.logical_id == one.id) else {
            reject(false, unknown(document, &one.id));
            continue;
        };
        let Some(key) = import_key(resource.kind) else {
            let message = format!("resources of type {} cannot be imported", resource.kind);
            let help =
                "remove it; if the resource exists, give it another name in the config".to_owned();
            reject(false, (message, help));
            continue;
        };
        if key != one.key {
            let message = format!(
                "{} does not identify a resource of type {}",
                quote(&one.key),
                resource.kind
            );
            reject(true, (message, format!("write `{key}` and its value")));
            continue;
        }
        if !one.value.bytes().all(is_plain) {
            let message = format!("not an identifier: {}", quote(&one.value));
            let help = "write the whole value, without wildcards".to_owned();
            reject(true, (message, help));
            continue;
        }
        if !values.insert((resource.kind, &one.value)) {
            let message = format!(
                "another resource has this identifier: {}",
                quote(&one.value)
            );
            reject(true, (message, "keep one of them".to_owned()));
            continue;
        }
        let import = ImportedResource {
            logical_id: one.id.clone(),
            kind: resource.kind.to_owned(),
            physical_id: one.value.clone(),
        };
        let wanted = match resource.kind {
            BUCKET_POLICY => match policy_bucket(document, resource.property(key), named) {
                Ok(bucket) => Some(bucket),
                Err(problem) => {
                    reject(false, problem);
                    continue;
                }
            },
            _ if import.has_name_of(document, &one.value) => None,
            _ => resource.physical_name().map(str::to_owned),
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != one.value) {
            let message = format!(
                "the entry names {}, and the config's resource is {}",
                quote(&one.value),
                quote(&wanted)
            );
            let help = "import the resource by the config of its name".to_owned();
            reject(true, (message, help));
            continue;
        }
        imports.push(import);
    }
    match problems.is_empty() {
        true => Ok(imports),
        false => Err(problems),
    }
}

/// Why nothing can be imported into a stack of this template.
fn unfit(document: &Document) -> Option<(&'static str, &'static str)> {
    if document.tree.get("Transform").is_some() {
        return Some((
            "the template has a transform, so that its resources are not known",
            "remove the entry",
        ));
    }
    (!document.is_plain()).then_some((
        "the template has short forms such as `!Ref`, so that its resources cannot be imported",
        "write the functions of the template in their long form, such as `Ref:`",
    ))
}

/// The bucket of a policy, by its name.
fn policy_bucket(
    document: &Document,
    bucket: Option<&Node>,
    named: &[NamedResource],
) -> Result<String, (String, String)> {
    if let Some(name) = bucket.and_then(Node::literal) {
        return Ok(name.to_owned());
    }
    let referred = bucket.and_then(|bucket| bucket.get("Ref"));
    let referred = referred.and_then(Node::text).unwrap_or_default();
    let mut named = named.iter();
    if let Some(bucket) = named.find(|other| other.id == referred) {
        return Ok(bucket.value.clone());
    }
    let is_resource = document.resources().any(|it| it.logical_id == referred);
    let help = match is_resource {
        true => format!("also name the resource `{referred}`"),
        false => "remove it: provisioner creates the policy".to_owned(),
    };
    Err((
        "a bucket policy is imported with its bucket only".to_owned(),
        help,
    ))
}

fn unknown(document: &Document, id: &str) -> (String, String) {
    let message = format!("the config's template has no resource {}", quote(id));
    let resources = document.resources();
    let importable: Vec<&str> = resources
        .filter(|resource| import_key(resource.kind).is_some())
        .map(|resource| resource.logical_id)
        .collect();
    let help = match did_you_mean(id, importable.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if importable.is_empty() => "none of its resources can be imported".to_owned(),
        None => format!("these can be imported: {}", and_list(&importable)),
    };
    (message, help)
}

/// Whether an identifier may have this byte. Source: the patterns of the identifiers' properties.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_.:+=@-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    const TEMPLATE: &str = "Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Guard: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: {Ref: Data}}}
  Log: {Type: AWS::Logs::LogGroup}
  Rule: {Type: AWS::Events::Rule}
  Code: {Type: AWS::CodeCommit::Repository, Properties: {RepositoryName: code}}
";

    fn found(template: &str, named: &[&str]) -> Result<usize, Vec<String>> {
        let document = Document::parse(&RepoPath::typed("t.yaml"), template).unwrap();
        let named: Vec<NamedResource> = named
            .iter()
            .map(|text| NamedResource::parse(text).unwrap())
            .collect();
        let found = named_imports(&document, &named);
        found.map(|imports| imports.len()).map_err(|problems| {
            let problems = problems.into_iter();
            problems
                .map(|it| {
                    format!(
                        "{} {}: {}; {}",
                        it.number, it.is_identifier, it.message, it.help
                    )
                })
                .collect()
        })
    }

    #[test]
    fn resources_of_the_template_are_named_by_their_identifiers() {
        let named = [
            "Data=BucketName=data",
            "Guard=Bucket=data",
            "Log=LogGroupName=/a/b",
        ];
        assert_eq!(found(TEMPLATE, &named), Ok(3));
        assert_eq!(found(TEMPLATE, &[]), Ok(0));
    }

    #[test]
    fn attack_every_wrong_resource_is_reported_at_once() {
        let named = [
            "Date=BucketName=data",
            "Rule=Arn=arn:aws:events:us-west-2:123456789012:rule/a",
            "Log=Name=/a/b",
            "Data=BucketName=more-data",
            "Guard=Bucket=other",
            "Data=BucketName=data",
            "Code=Id=6a2f6d30-0000-4000-8000-000000000002",
        ];
        let problems = found(TEMPLATE, &named).unwrap_err();
        insta::assert_snapshot!(problems.join("\n"), @r"
        0 false: the config's template has no resource `Date`; did you mean `Data`?
        1 false: resources of type AWS::Events::Rule cannot be imported; remove it; if the resource exists, give it another name in the config
        2 true: `Name` does not identify a resource of type AWS::Logs::LogGroup; write `LogGroupName` and its value
        3 true: the entry names `more-data`, and the config's resource is `data`; import the resource by the config of its name
        4 true: the entry names `other`, and the config's resource is `more-data`; import the resource by the config of its name
        5 false: the resource is named twice: `Data`; keep one of them
        6 false: resources of type AWS::CodeCommit::Repository cannot be imported; remove it; if the resource exists, give it another name in the config
        ");
        for value in ["x:data", "x/data", "../data", "/data", "arn:aws:s3:::data"] {
            let problems = found(TEMPLATE, &[&format!("Data=BucketName={value}")]).unwrap_err();
            assert!(
                problems[0].starts_with("0 true: the entry names"),
                "{problems:?}"
            );
        }
        for value in [
            "data*",
            "da?ta",
            "data ",
            "d\u{430}ta",
            "${Data}",
            "{{resolve:ssm:a}}",
        ] {
            let problems = found(TEMPLATE, &[&format!("Data=BucketName={value}")]).unwrap_err();
            assert!(
                problems[0].starts_with("0 true: not an identifier"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn attack_a_template_that_only_aws_reads_imports_nothing() {
        for more in [
            "Transform: AWS::Serverless-2016-10-31\n",
            "Outputs: {A: {Value: !Ref Data}}\n",
        ] {
            let problems = found(&format!("{TEMPLATE}{more}"), &["Data=BucketName=data"]);
            assert!(problems.is_err(), "{more}");
        }
    }
}
