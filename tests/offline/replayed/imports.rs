//! A new stack that takes back what its former stack retained, with types that the emulator does not have.

use serde_json::{Value, json};

use super::Workdir;
use super::answers::{arn, change_set, no_stack, stack, stack_id, tagged, template};
use super::ml::example;
use crate::support::replay::{ACCOUNT, not_found, refused};

const CONFIG: &str = "globalbank-prod-c001-us-west-2-churn-ml-codecommit-sgprov-ssm-workload";
/// Parameters of other stacks that the config names.
const REQUIRED: [&str; 3] = [
    "/vpc/globalbank-prod-c001-us-west-2-vpc/VPCId",
    "/vpc/globalbank-prod-c001-us-west-2-vpc/PrivateSubnetIds",
    "/sg/ml-endpoints/private/SecurityGroupId",
];

/// The retained resources of the template that can be imported: logical id, type, and a physical id.
fn retained(workdir: &Workdir) -> Vec<(String, String, String)> {
    let template = template(workdir);
    let resources = template["Resources"].as_object().unwrap().iter();
    let retained = resources.filter(|(_, resource)| resource["DeletionPolicy"] == "Retain");
    let found = retained.filter_map(|(id, resource)| {
        let kind = resource["Type"].as_str().unwrap();
        let properties = &resource["Properties"];
        let name = |key: &str| properties[key].as_str().unwrap().to_owned();
        let physical = match kind {
            "AWS::S3::Bucket" => name("BucketName"),
            "AWS::S3::BucketPolicy" => "a name of CloudFormation".to_owned(),
            "AWS::Logs::LogGroup" => name("LogGroupName"),
            // CloudFormation imports no repository.
            "AWS::CodeCommit::Repository" => return None,
            "AWS::SageMaker::ModelPackageGroup" => {
                format!(
                    "arn:aws:sagemaker:us-west-2:{ACCOUNT}:model-package-group/{}",
                    name("ModelPackageGroupName")
                )
            }
            "AWS::KMS::Key" => "6a2f6d30-0000-4000-8000-000000000002".to_owned(),
            other => panic!("{other}"),
        };
        Some((id.clone(), kind.to_owned(), physical))
    });
    found.collect()
}

fn event(
    workdir: &Workdir,
    number: usize,
    (id, kind, physical): (&str, &str, &str),
    status: &str,
) -> Value {
    json!({
        "StackId": stack_id(workdir), "StackName": workdir.stack(), "EventId": format!("event-{number}"),
        "LogicalResourceId": id, "PhysicalResourceId": physical, "ResourceType": kind,
        "Timestamp": format!("2026-11-25T09:{:02}:{:02}.000Z", number / 60, number % 60), "ResourceStatus": status,
    })
}

/// A deleted stack with the tags of the config's own, whose events say what it retained.
pub(super) fn with_former_stack(workdir: &Workdir, retained: &[(String, String, String)]) {
    let own = stack_id(workdir);
    let of_stack = (&*workdir.stack(), "AWS::CloudFormation::Stack", &*own);
    let mut events = vec![event(workdir, 0, of_stack, "CREATE_COMPLETE")];
    for (id, kind, physical) in retained {
        for status in ["CREATE_COMPLETE", "DELETE_SKIPPED"] {
            events.push(event(workdir, events.len(), (id, kind, physical), status));
        }
    }
    events.reverse();
    let exists =
        json!({"TypeName": "it", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
    // Nothing has the names of the other resources.
    let missing = refused("ResourceNotFoundException", "it does not exist");
    let read = retained
        .iter()
        .filter(|(_, kind, _)| !["AWS::S3::Bucket", "AWS::S3::BucketPolicy"].contains(&&**kind))
        .count();
    if retained
        .iter()
        .any(|(_, kind, _)| kind == "AWS::S3::BucketPolicy")
    {
        workdir.aws.set("GetBucketPolicy", json!({}));
    }
    let deleted = json!({
        "StackName": workdir.stack(), "StackId": own, "StackStatus": "DELETE_COMPLETE",
        "CreationTime": "2026-11-25T09:00:00.000Z", "DeletionTime": "2026-11-26T09:00:00.000Z",
    });
    workdir
        .aws
        .on("ListStacks", json!({"StackSummaries": [deleted]}))
        .on("DescribeStackEvents", json!({"StackEvents": events}))
        .on("HeadBucket", json!({}))
        .on("GetBucketTagging", tagged(&own))
        .on(
            "GetResource",
            Value::Array([vec![exists; read], vec![missing]].concat()),
        );
}

/// The change set imports these resources.
fn imports(retained: &[(String, String, String)]) -> Value {
    let mut found = change_set("CREATE_COMPLETE", "");
    let changes = retained.iter().map(|(id, kind, physical)| {
        json!({"Type": "Resource", "ResourceChange": {
            "Action": "Import", "LogicalResourceId": id, "ResourceType": kind, "PhysicalResourceId": physical, "Scope": [], "Details": [],
        }})
    });
    found["Changes"] = changes.collect();
    found
}

fn ready(workdir: &Workdir, described: Value, former: Value) {
    let found = REQUIRED.map(str::to_owned);
    let made = json!({"Id": arn("changeSet", "provisioner"), "StackId": stack_id(workdir)});
    workdir
        .aws
        .on("DescribeStacks", json!([no_stack(), former, no_stack()]))
        .on("GetParameters", super::answers::parameters(workdir, &found))
        .on("CreateChangeSet", made)
        .on("DescribeChangeSet", described);
}

/// The import fails: nothing that was retained is deleted, and the rest of the stack is not created.
#[test]
fn the_import_names_every_retained_resource_by_its_id() {
    let workdir = example(CONFIG);
    let retained = retained(&workdir);
    with_former_stack(&workdir, &retained);
    ready(
        &workdir,
        imports(&retained),
        stack(&workdir, "DELETE_COMPLETE"),
    );
    let refusal = refused(
        "AccessDenied",
        "User is not authorized to perform cloudformation:ExecuteChangeSet",
    );
    workdir
        .aws
        .on("ExecuteChangeSet", refusal)
        .on("DeleteChangeSet", json!({}));
    workdir
        .aws
        .on_optional("ListStackResources", json!({"StackResourceSummaries": []}));
    workdir
        .aws
        .on_optional("ListChangeSets", json!({"Summaries": []}));
    let failed = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    let made = workdir.aws.requests_of("CreateChangeSet");
    let [made] = &made[..] else {
        panic!("one change set: {}", made.len());
    };
    assert_eq!(made.get("ChangeSetType"), "IMPORT");
    assert!(!made.has("Tags.member.1.Key") && !made.has("Tags"));
    assert!(!made.has("OnStackFailure"));
    let bucket = &retained
        .iter()
        .find(|(_, kind, _)| kind == "AWS::S3::Bucket")
        .unwrap()
        .2;
    let body: Value = serde_json::from_str(made.get("TemplateBody")).unwrap();
    for (number, (id, kind, physical)) in retained.iter().enumerate() {
        let member = format!("ResourcesToImport.member.{}", number + 1);
        let get = |key: &str| made.get(&format!("{member}.{key}")).to_owned();
        assert_eq!(
            [get("LogicalResourceId"), get("ResourceType")],
            [id.clone(), kind.clone()]
        );
        let value = match kind == "AWS::S3::BucketPolicy" {
            true => bucket,
            false => physical,
        };
        assert_eq!(get("ResourceIdentifier.entry.1.value"), *value);
        assert_eq!(body["Resources"][id]["DeletionPolicy"], "Retain");
    }
    assert_eq!(body["Resources"].as_object().unwrap().len(), retained.len());
    assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
    let executed = &workdir.aws.requests_of("ExecuteChangeSet")[0];
    assert_eq!(executed.get("RetainExceptOnCreate"), "false");
}

/// The former stack retained its repositories too. They exist, and the new stack needs their names.
#[test]
fn attack_a_creation_beside_repositories_that_its_former_stack_retained() {
    // An answer of Cloud Control without the name is an answer: it exists.
    for (action, option, existing, is_named) in [
        ("deploy-product", "--force", true, true),
        ("deploy-product", "--force", true, false),
        ("deploy-product", "--dry-run", true, true),
        ("show-changes", "--no-log", true, true),
        ("show-changes", "--no-log", true, false),
        ("deploy-product", "--dry-run", false, false),
    ] {
        let workdir = example(CONFIG);
        let template = template(&workdir);
        let resources = template["Resources"].as_object().unwrap().iter();
        let repositories = resources.filter(|(_, it)| it["Type"] == "AWS::CodeCommit::Repository");
        let repositories: Vec<(String, String)> = repositories
            .map(|(id, it)| {
                let name = it["Properties"]["RepositoryName"].as_str().unwrap();
                (id.clone(), name.to_owned())
            })
            .collect();
        assert!(!repositories.is_empty());
        let kept = repositories.iter().map(|(id, name)| {
            let kind = "AWS::CodeCommit::Repository".to_owned();
            (id.clone(), kind, format!("id-of-{name}"))
        });
        with_former_stack(&workdir, &kept.collect::<Vec<_>>());
        let found = REQUIRED.map(str::to_owned);
        let name = &repositories[0].1;
        let properties = match is_named {
            true => json!({"RepositoryName": name}).to_string(),
            false => "{}".to_owned(),
        };
        let exists = json!({"TypeName": "it", "ResourceDescription": {"Identifier": "it", "Properties": properties}});
        let missing = refused("ResourceNotFoundException", "it does not exist");
        let read = if existing {
            json!([exists, missing])
        } else {
            refused("UnsupportedActionException", "no")
        };
        workdir
            .aws
            .set("GetResource", read)
            .set("HeadBucket", not_found())
            .on(
                "DescribeStacks",
                json!([no_stack(), stack(&workdir, "DELETE_COMPLETE"), no_stack()]),
            )
            .on(
                "GetParameters",
                super::answers::parameters(&workdir, &found),
            )
            .on_optional("ListChangeSets", json!({"Summaries": []}));
        workdir.aws.allow_unused();
        let output = workdir.try_action(action, &[option]);
        let words = format!(
            "a former stack of this config retained {name} (AWS::CodeCommit::Repository), and"
        );
        assert!(
            output.stdout.contains(&words),
            "{action} {option}: {}",
            output.stdout
        );
        let [status, severity] = if existing { [10, 1] } else { [0, 0] };
        assert_eq!(
            output.status, status,
            "{action} {option}: {}",
            output.stdout
        );
        let errors = output
            .stdout
            .matches("error[preflight-failed]: a former stack")
            .count();
        assert_eq!(errors, severity as usize, "{}", output.stdout);
        assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
    }
}

/// A warning says why a run fails, so a run that fails has it too. A dry run has the same one.
#[test]
fn a_failed_run_has_the_warnings_of_its_dry_run() {
    let warned = |option: &str| {
        let workdir = example(CONFIG);
        let template = template(&workdir);
        let mut resources = template["Resources"].as_object().unwrap().iter();
        let (id, repository) = resources
            .find(|(_, it)| it["Type"] == "AWS::CodeCommit::Repository")
            .unwrap();
        let name = repository["Properties"]["RepositoryName"].as_str().unwrap();
        let kept = (
            id.clone(),
            "AWS::CodeCommit::Repository".to_owned(),
            "an-id".to_owned(),
        );
        with_former_stack(&workdir, &[kept]);
        let found = REQUIRED.map(str::to_owned);
        let parameters = super::answers::parameters(&workdir, &found);
        workdir
            .aws
            .set("GetResource", refused("UnsupportedActionException", "no"))
            .set("HeadBucket", not_found())
            .on(
                "DescribeStacks",
                json!([no_stack(), stack(&workdir, "DELETE_COMPLETE"), no_stack()]),
            )
            .on("GetParameters", parameters)
            .on_optional("ListChangeSets", json!({"Summaries": []}))
            .on_optional(
                "CreateChangeSet",
                refused("ValidationError", "names are taken"),
            );
        workdir.aws.allow_unused();
        let output = workdir.try_action("deploy-product", &[option]);
        assert_eq!(
            output.status,
            if option == "--force" { 30 } else { 0 },
            "{}",
            output.stdout
        );
        let words =
            format!("warning[preflight-failed]: a former stack of this config retained {name}");
        output.stdout.matches(&words).count()
    };
    assert_eq!(["--dry-run", "--force"].map(warned), [1, 1]);
}

/// CloudFormation would import something that the former stack did not retain, or do more than import.
#[test]
fn attack_a_change_set_that_imports_another_resource() {
    let foreign = (
        "ModelPackageGroup".to_owned(),
        "AWS::SageMaker::ModelPackageGroup".to_owned(),
        "somebody's".to_owned(),
    );
    for code in ["import-not-reviewed", "stack-verification-failed"] {
        let workdir = example(CONFIG);
        let retained = retained(&workdir);
        let described = if code == "import-not-reviewed" {
            let mut other = retained.clone();
            other.retain(|(id, ..)| *id != foreign.0);
            other.push(foreign.clone());
            imports(&other)
        } else {
            let mut more = imports(&retained);
            let added = json!({"Type": "Resource", "ResourceChange": {
                "Action": "Add", "LogicalResourceId": "More", "ResourceType": "AWS::SNS::Topic", "Scope": [], "Details": [],
            }});
            more["Changes"].as_array_mut().unwrap().push(added);
            more
        };
        with_former_stack(&workdir, &retained);
        ready(&workdir, described, stack(&workdir, "DELETE_COMPLETE"));
        workdir.aws.on("DeleteChangeSet", json!({}));
        for unused in ["ListStackResources", "ListChangeSets", "DeleteStack"] {
            workdir.aws.on_optional(unused, json!({}));
        }
        let denied = workdir.try_action("deploy-product", &["--force"]);
        assert_ne!(denied.status, 0);
        assert!(denied.stdout.contains(code), "{}", denied.stdout);
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
}

/// The former stack had other tags, or never was complete: nothing is taken back.
#[test]
fn attack_a_former_stack_of_somebody_else() {
    let workdir = example(CONFIG);
    let retained = retained(&workdir);
    with_former_stack(&workdir, &retained);
    let mut foreign = stack(&workdir, "DELETE_COMPLETE");
    foreign["Stacks"][0]["Tags"] = json!([{"Key": "provisioner:product", "Value": "other"}]);
    ready(&workdir, change_set("FAILED", "names are taken"), foreign);
    // Somebody deleted what that stack had.
    let missing = refused("ResourceNotFoundException", "it does not exist");
    workdir
        .aws
        .set("GetResource", missing)
        .set("HeadBucket", not_found());
    workdir.aws.allow_unused();
    workdir.aws.on("DeleteChangeSet", json!({}));
    workdir
        .aws
        .on_optional("DescribeEvents", json!({"OperationEvents": []}));
    workdir
        .aws
        .on_optional("DescribeChangeSetHooks", json!({"Hooks": []}));
    workdir
        .aws
        .on_optional("ListStackResources", json!({"StackResourceSummaries": []}));
    workdir
        .aws
        .on_optional("ListChangeSets", json!({"Summaries": []}));
    let failed = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    let made = workdir.aws.requests_of("CreateChangeSet");
    assert_eq!(made[0].get("ChangeSetType"), "CREATE");
    assert!(!made[0].has("ResourcesToImport.member.1.LogicalResourceId"));
}

/// The retained bucket was deleted, and another one has its name: of another stack, of none, or with tags that cannot be read.
#[test]
fn attack_a_later_bucket_of_the_same_name() {
    let foreign = arn("stack", "payroll");
    for tags in [
        tagged(&foreign),
        json!({"Tagging": {"TagSet": {"Tag": [{"Key": "Team", "Value": "payroll"}]}}}),
        refused("AccessDenied", "no s3:GetBucketTagging"),
    ] {
        let workdir = example(CONFIG);
        let retained = retained(&workdir);
        with_former_stack(&workdir, &retained);
        workdir.aws.set("GetBucketTagging", tags);
        let own = stack(&workdir, "DELETE_COMPLETE");
        ready(&workdir, change_set("FAILED", "names are taken"), own);
        for (unused, answer) in [
            ("DeleteChangeSet", json!({})),
            ("DeleteStack", json!({})),
            ("DescribeEvents", json!({"OperationEvents": []})),
            ("DescribeChangeSetHooks", json!({"Hooks": []})),
            ("ListStackResources", json!({"StackResourceSummaries": []})),
            ("ListChangeSets", json!({"Summaries": []})),
        ] {
            workdir.aws.on_optional(unused, answer);
        }
        workdir.aws.allow_unused();
        let failed = workdir.try_action("deploy-product", &["--force"]);
        assert_ne!(failed.status, 0, "{}", failed.stdout);
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
        for request in workdir.aws.requests_of("CreateChangeSet") {
            for number in 1..20 {
                let key = format!("ResourcesToImport.member.{number}.ResourceType");
                let is_bucket = request.has(&key) && request.get(&key) == "AWS::S3::Bucket";
                assert!(!is_bucket, "{}", failed.stdout);
            }
        }
    }
}

/// The repositories would outlive the stack, and their names would block the new one. Log groups and others cannot be read.
#[test]
fn attack_a_replacement_that_cannot_take_back_what_it_retains() {
    let denied = refused("AccessDeniedException", "no");
    let exists =
        json!({"TypeName": "it", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
    for (options, read, unreadable) in [
        (&["--force"][..], &exists, false),
        (&[], &exists, false),
        (&["--force"], &denied, true),
        (&["--dry-run"], &denied, true),
    ] {
        let workdir = example(CONFIG);
        let template = template(&workdir);
        let known = retained(&workdir);
        let resources = template["Resources"].as_object().unwrap().iter();
        let listed = resources.map(|(id, resource)| {
            let known = known.iter().find(|(known, ..)| known == id);
            let physical =
                known.map_or_else(|| format!("the-{id}"), |(_, _, physical)| physical.clone());
            json!({
                "LogicalResourceId": id, "PhysicalResourceId": physical,
                "ResourceType": resource["Type"], "ResourceStatus": "CREATE_COMPLETE",
            })
        });
        let listed: Vec<Value> = listed.collect();
        workdir
            .aws
            .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
            .on("GetTemplate", json!({"TemplateBody": template.to_string()}))
            .on(
                "ListStackResources",
                json!({"StackResourceSummaries": listed}),
            );
        let found = REQUIRED.map(str::to_owned);
        workdir
            .aws
            .on_optional(
                "GetParameters",
                super::answers::parameters(&workdir, &found),
            )
            .on_optional("ListObjectVersions", json!({"ListVersionsResult": {}}))
            .on_optional("GetBucketTagging", tagged(&stack_id(&workdir)))
            .on("GetResource", read.clone());
        workdir.aws.allow_unused();
        let denied = workdir.try_action("replace", options);
        assert_eq!(denied.status, 10, "{}{}", denied.stdout, denied.stderr);
        let words = "(AWS::CodeCommit::Repository), and a new stack cannot import it";
        assert!(denied.stdout.contains(words), "{}", denied.stdout);
        let blockers = denied
            .stdout
            .matches("error[preflight-failed]: the deletion retains");
        assert_eq!(blockers.count(), 2, "{}", denied.stdout);
        let words = "the resource that the deletion retains cannot be read, so a new stack might not take it back: ";
        assert_eq!(
            denied.stdout.contains(words),
            unreadable,
            "{}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}

/// Cloud Control does not read the types in this region: they are not taken for existing ones.
#[test]
fn attack_a_type_that_cannot_be_read_is_not_imported() {
    for code in ["UnsupportedActionException", "TypeNotFoundException"] {
        let workdir = example(CONFIG);
        let retained = retained(&workdir);
        with_former_stack(&workdir, &retained);
        workdir
            .aws
            .set("GetResource", refused(code, "not supported"));
        // S3 itself tells of buckets and their policies.
        let is_of_s3 = |(_, kind, _): &&(String, String, String)| kind.starts_with("AWS::S3::");
        let readable: Vec<_> = retained.iter().filter(is_of_s3).cloned().collect();
        ready(
            &workdir,
            imports(&readable),
            stack(&workdir, "DELETE_COMPLETE"),
        );
        workdir
            .aws
            .on("ExecuteChangeSet", refused("AccessDenied", "no"))
            .on("DeleteChangeSet", json!({}));
        for unused in ["ListStackResources", "ListChangeSets"] {
            workdir.aws.on_optional(unused, json!({}));
        }
        let failed = workdir.try_action("deploy-product", &["--force"]);
        assert_ne!(failed.status, 0);
        let made = &workdir.aws.requests_of("CreateChangeSet")[0];
        let body: Value = serde_json::from_str(made.get("TemplateBody")).unwrap();
        assert_eq!(body["Resources"].as_object().unwrap().len(), readable.len());
    }
}
