//! Which texts are the same stack.

use provisioner::plan::{AdoptionVerdict, DifferentSide, ResourceMatch};
use provisioner::report::{self, Format};
use provisioner::stack::DriftStatus;
use provisioner::template::{DeletionBehavior, PropertyEffect};

use super::Pair;

const BUCKET: &str = "Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: edge-prod-b001-us-west-1-s3
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: Team, Value: ml}, {Key: Cost, Value: '4711'}]
";

fn verdict(template: &str, rendered: &str) -> AdoptionVerdict {
    Pair::new(template, rendered).compare().verdict
}

#[test]
fn same_text_is_identical() {
    assert_eq!(verdict(BUCKET, BUCKET), AdoptionVerdict::Identical);
}

#[test]
fn other_text_of_the_same_resources_is_equivalent() {
    let json = r#"{"Description": "by hand", "Resources": {"Bucket": {
        "Properties": {"VersioningConfiguration": {"Status": "Enabled"}, "BucketName": "edge-prod-b001-us-west-1-s3",
          "Tags": [{"Value": 4711, "Key": "Cost"}, {"Key": "Team", "Value": "ml"}]},
        "DeletionPolicy": "Retain", "Type": "AWS::S3::Bucket"}}}"#;
    assert_eq!(verdict(json, BUCKET), AdoptionVerdict::Equivalent);
    let tabs = json.replace("        ", "\t\t");
    assert_eq!(verdict(&tabs, BUCKET), AdoptionVerdict::Equivalent);
    let comment = format!("# by hand\n{BUCKET}Conditions: {{Unused: !Equals [a, b]}}\n");
    assert_eq!(verdict(&comment, BUCKET), AdoptionVerdict::Equivalent);
}

#[test]
fn values_of_parameters_stand_for_their_references() {
    let template = "Parameters:
  Prefix: {Type: String, Default: other}
  Status: {Type: String}
  Names: {Type: CommaDelimitedList}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Sub '${Prefix}-prod-b001-us-west-1-s3'
      VersioningConfiguration: {Status: !Ref Status}
      Tags:
        - {Key: Cost, Value: !Select [1, !Ref Names]}
        - {Key: Team, Value: !Join ['', [m, l]]}
        - !Ref AWS::NoValue
";
    let pair = |prefix: &str| {
        Pair::new(template, BUCKET)
            .parameter("Prefix", prefix)
            .parameter("Status", "Enabled")
            .parameter("Names", "a, 4711")
    };
    assert_eq!(pair("edge").compare().verdict, AdoptionVerdict::Equivalent);
    assert_eq!(pair("other").paths(), ["Bucket/Properties/BucketName"]);
    // A parameter without a value is never its default.
    let unknown = Pair::new(template, BUCKET);
    let adoption = unknown.compare();
    let computed: Vec<_> = adoption.resources[0]
        .differences
        .iter()
        .map(|difference| difference.computed_by.as_deref())
        .collect();
    assert_eq!(
        computed,
        [
            Some("the parameter Prefix"),
            Some("the parameter Names"),
            Some("the parameter Status")
        ]
    );
}

#[test]
fn sub_and_join_with_the_same_parts_are_equal() {
    let template =
        |value: &str| format!("Resources:\n  A: {{Type: T, Properties: {{V: {value}}}}}\n");
    let equal = [
        (
            "!Sub '${B.Arn}/*'",
            "{'Fn::Join': ['/', [{'Fn::GetAtt': [B, Arn]}, '*']]}",
        ),
        ("!Sub '${B}'", "!Ref B"),
        ("!GetAtt B.Arn", "{'Fn::GetAtt': [B, Arn]}"),
        ("!Sub ['${X}-${!Y}', {X: a}]", "'a-${Y}'"),
        (
            "!Sub 'x-${AWS::Region}-${AWS::AccountId}'",
            "x-us-west-2-123456789012",
        ),
        ("!Ref AWS::StackName", "acme-stack"),
        ("arn:aws:s3:::a", "!Sub 'arn:${AWS::Partition}:s3:::a'"),
        ("30", "'30'"),
        ("true", "'true'"),
    ];
    for (live, config) in equal {
        let verdict = verdict(&template(live), &template(config));
        assert_eq!(verdict, AdoptionVerdict::Equivalent, "{live} {config}");
    }
    let other = [
        ("!Sub '${B.Arn}/*'", "!Sub '${C.Arn}/*'", Some("Fn::Join")),
        ("!GetAtt B.Arn", "!GetAtt B.Name", Some("Fn::GetAtt")),
        ("!If [C, a, b]", "a", Some("a condition")),
        ("!ImportValue a", "a", Some("Fn::ImportValue")),
        ("!FindInMap [M, a, b]", "a", Some("a mapping")),
        ("a", "b", None),
        ("[a, b]", "[b, a]", None),
    ];
    for (live, config, computed) in other {
        let adoption = Pair::new(&template(live), &template(config)).compare();
        assert_eq!(adoption.verdict, AdoptionVerdict::WouldChange, "{live}");
        let difference = &adoption.resources[0].differences[0];
        assert_eq!(difference.computed_by.as_deref(), computed, "{live}");
    }
}

#[test]
fn conditions_are_compared_by_their_definition() {
    let template = |definition: &str| {
        format!(
            "Conditions:\n  C: {definition}\n  D: !Not [!Condition C]\nResources:\n  A: {{Type: T, Condition: D, Properties: {{V: !If [D, a, b]}}}}\n"
        )
    };
    let same = verdict(
        &template("!Equals [a, b]"),
        &template("{'Fn::Equals': [a, b]}"),
    );
    assert_eq!(same, AdoptionVerdict::Equivalent);
    let other = Pair::new(
        &template("!Equals [!Ref X, b]"),
        &template("!Equals [!Ref X, a]"),
    );
    assert_eq!(other.paths(), ["A/Condition", "A/Properties/V"]);
}

/// A resource whose condition is false does not exist, so it is neither removed nor changed.
#[test]
fn resources_with_a_false_condition_do_not_exist() {
    let template = |definition: &str, more: &str| {
        format!(
            "Parameters: {{P: {{Type: String, Default: off}}}}\nConditions:\n  C: {definition}\nResources:\n  B: {{Type: T}}\n{more}"
        )
    };
    let resource = "  A: {Type: 'AWS::S3::Bucket', Condition: C}\n";
    let of = |definition: &str, more: &str| {
        let live = template(definition, resource);
        let pair = Pair::new(&live, &template("!Equals [a, b]", more)).parameter("P", "off");
        let all = pair.compare().resources;
        let of_a = all.iter().find(|resource| resource.logical_id == "A");
        of_a.map(|resource| resource.matches)
    };
    let not_there = [
        "!Equals [!Ref P, on]",
        "!Not [!Equals [!Ref P, 'off']]",
        "!And [!Equals [!Ref X, a], !Equals [a, b]]",
        "!Or [!Equals [a, b], !Equals [b, a]]",
    ];
    for definition in not_there {
        assert_eq!(of(definition, ""), None, "{definition}");
        // It exists in neither.
        assert_eq!(of(definition, resource), None, "{definition}");
        let always = "  A: {Type: 'AWS::S3::Bucket'}\n";
        assert_eq!(
            of(definition, always),
            Some(ResourceMatch::WouldBeAdded),
            "{definition}"
        );
    }
    let there = [
        "!Equals [!Ref P, 'off']",
        "!And [!Equals [a, a], !Equals [!Ref X, a]]",
        "!Or [!Equals [a, b], !Equals [!Ref X, a]]",
        "!Equals [!Ref X, a]",
        "!And []",
        "nonsense",
    ];
    for definition in there {
        for config in ["", resource] {
            assert_eq!(
                of(definition, config),
                Some(ResourceMatch::WouldBeRemoved),
                "{definition}"
            );
        }
    }
}

/// A replaced resource has what a removed one has: what it holds, and whether it stays.
#[test]
fn a_replacement_says_what_happens_to_the_old_resource() {
    let template = |name: &str, policy: &str| {
        format!(
            "Resources:\n  B: {{Type: 'AWS::S3::Bucket', {policy}Properties: {{BucketName: {name}}}}}\n"
        )
    };
    let retain = "UpdateReplacePolicy: Retain, ";
    for (policies, words) in [
        ([retain, retain], "the old one holds data and is retained"),
        (["", retain], "the old one holds data and is deleted"),
        ([retain, ""], "the old one holds data and is deleted"),
    ] {
        let [live, config] = policies;
        let pair = Pair::new(&template("a", live), &template("b", config));
        let text = report::adoption(&pair.compare(), Format::Markdown);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn attack_a_condition_that_names_itself_is_not_known() {
    let text = "Conditions: {C: !And [!Condition C, !Condition C]}\nResources: {A: {Type: T, Condition: C}}\n";
    assert_eq!(verdict(text, text), AdoptionVerdict::WouldChange);
}

#[test]
fn mappings_with_written_keys_are_read() {
    let live = "Mappings: {M: {prod: {Days: 30}}}\nResources:\n  A: {Type: T, Properties: {V: !FindInMap [M, prod, Days]}}\n";
    let config = "Resources:\n  A: {Type: T, Properties: {V: 30}}\n";
    assert_eq!(verdict(live, config), AdoptionVerdict::Equivalent);
}

#[test]
fn hidden_parameters_equal_nothing() {
    let text = "Parameters: {P: {Type: String, NoEcho: true, Default: a}}\nResources: {A: {Type: T, Properties: {V: !Ref P}}}\n";
    let pair = Pair::new(text, text).parameter("P", "****");
    let adoption = pair.compare();
    assert_eq!(adoption.verdict, AdoptionVerdict::WouldChange);
    let computed = &adoption.resources[0].differences[0].computed_by;
    assert_eq!(computed.as_deref(), Some("the parameter P"));
}

#[test]
fn ssm_parameters_are_equal_by_type_and_name() {
    let text = |name: &str| {
        format!(
            "Parameters: {{P: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: {name}}}}}\nResources: {{A: {{Type: T, Properties: {{V: !Ref P}}}}}}\n"
        )
    };
    let pair = |value: &str| Pair::new(&text("/a"), &text("/b")).parameter("P", value);
    assert_eq!(pair("/b").compare().verdict, AdoptionVerdict::Equivalent);
    let other = pair("/a").compare();
    let computed = &other.resources[0].differences[0].computed_by;
    assert_eq!(computed.as_deref(), Some("a parameter of SSM"));
}

#[test]
fn differences_have_paths_and_effects() {
    let live = "Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: old
      Tags: [{Key: Team, Value: ml}, {Key: a/b~c, Value: x}]
  Store: {Type: AWS::Future::Store, DeletionPolicy: Retain, Properties: {Size: 1}}
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue}
";
    let config = "Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: new
      Tags: [{Key: Team, Value: data}]
  Store: {Type: AWS::Future::Store, DeletionPolicy: Retain, Properties: {Size: 2}}
  Topic: {Type: AWS::SQS::Queue}
  Role: {Type: AWS::IAM::Role}
";
    let adoption = Pair::new(live, config).compare();
    assert_eq!(adoption.verdict, AdoptionVerdict::WouldChange);
    let resource = |id: &str| {
        let mut all = adoption.resources.iter();
        all.find(|resource| resource.logical_id == id).unwrap()
    };
    use PropertyEffect::{InPlace, MayReplace, Replaces};
    let bucket: Vec<_> = resource("Bucket")
        .differences
        .iter()
        .map(|it| (it.path.as_str(), it.side, it.effect))
        .collect();
    assert_eq!(
        bucket,
        [
            ("/DeletionPolicy", DifferentSide::OnlyConfig, InPlace),
            ("/Properties/BucketName", DifferentSide::Both, Replaces),
            ("/Properties/Tags/Team", DifferentSide::Both, InPlace),
            ("/Properties/Tags/a~1b~0c", DifferentSide::OnlyLive, InPlace),
        ]
    );
    assert_eq!(resource("Bucket").effect, Some(Replaces));
    assert_eq!(resource("Store").effect, Some(MayReplace));
    assert_eq!(resource("Topic").matches, ResourceMatch::OtherType);
    assert_eq!(resource("Role").matches, ResourceMatch::WouldBeAdded);
    let queue = resource("Queue");
    assert_eq!(queue.matches, ResourceMatch::WouldBeRemoved);
    assert_eq!(queue.deletion_behavior, Some(DeletionBehavior::Deleted));
}

#[test]
fn outputs_and_exports_are_compared() {
    let template = |export: &str| {
        format!(
            "Resources: {{A: {{Type: T}}}}\nOutputs:\n  Name: {{Description: x, Value: !Ref A{export}}}\n"
        )
    };
    let live = template(", Export: {Name: acme-name}");
    let adoption = Pair::new(&live, &template("")).compare();
    assert_eq!(adoption.verdict, AdoptionVerdict::WouldChange);
    assert_eq!(adoption.outputs[0].export.as_deref(), Some("acme-name"));
    let described = live.replace("Description: x, ", "");
    assert_eq!(verdict(&described, &live), AdoptionVerdict::Equivalent);
}

#[test]
fn a_macro_changes_everything() {
    let plain = "Resources: {A: {Type: T}}\n";
    let transformed = format!("Transform: AWS::LanguageExtensions\n{plain}");
    let adoption = Pair::new(&transformed, plain).compare();
    assert_eq!(adoption.sections, ["Transform"]);
    assert_eq!(adoption.verdict, AdoptionVerdict::WouldChange);
    assert_eq!(
        verdict(&transformed, &transformed),
        AdoptionVerdict::Identical
    );
}

#[test]
fn order_of_dependencies_does_not_count() {
    let plain = "Resources:\n  A: {Type: T, DependsOn: B}\n  B: {Type: T}\n";
    let none = "Resources:\n  B: {Type: T, Properties: {}}\n  A: {Type: T}\n";
    assert_eq!(verdict(plain, none), AdoptionVerdict::Equivalent);
}

#[test]
fn the_report_names_what_an_update_would_change() {
    let live = "Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name, Tags: [{Key: Team, Value: ml}]}}
  Table: {Type: AWS::DynamoDB::Table}
  Topic: {Type: AWS::SNS::Topic}
Outputs: {Name: {Value: !Ref Bucket, Export: {Name: acme-name}}}
";
    let config = "Transform: Own
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: new}}
  Topic: {Type: AWS::SQS::Queue}
  Role: {Type: AWS::IAM::Role}
";
    let mut pair = Pair::new(live, config).tag("Team", "ml");
    pair.live.stack.drift.status = DriftStatus::Modified;
    let adoption = pair.compare();
    let text = format!(
        "{}\n{}",
        report::adoption_summary(&adoption),
        report::adoption(&adoption, Format::Text(None))
    );
    insta::assert_snapshot!(text);
    insta::assert_snapshot!("markdown", report::adoption(&adoption, Format::Markdown));
}
