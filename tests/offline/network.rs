//! The network of both products: who reaches a bucket, and which endpoints a stack creates.

use provisioner::config::Config;
use provisioner::model::RepoPath;
use provisioner::template::Document;
use serde_json::{Value, json};

use crate::config::{PATH, VALID, loaded};

fn s3(keys: &str) -> Config {
    let text = format!("{VALID}{keys}");
    let loaded = loaded(PATH, text.as_bytes());
    loaded.config.unwrap()
}

/// The rendered template, with resources by logical id.
fn template(config: &Config) -> Value {
    let text = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    let document = Document::parse(&RepoPath::typed("stack.yaml"), &text).unwrap();
    let resources = document.resources();
    resources
        .map(|resource| (resource.logical_id.to_owned(), resource.body().clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The logical ids of a type.
fn of_type<'a>(template: &'a Value, kind: &str) -> Vec<&'a str> {
    let resources = template.as_object().unwrap().iter();
    let found = resources.filter(|(_, resource)| resource["Type"] == kind);
    found.map(|(id, _)| id.as_str()).collect()
}

const VPC: &str = "  vpc_id: vpc-0a1b2c3d4e5f60718\n  route_table_ids: [rtb-0a1b2c3d]\n";

/// The statements of the bucket policy that deny by network.
fn network_statements(template: &Value) -> Vec<Value> {
    let policy = &template["BucketPolicy"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap().iter();
    let found = statements.filter(|statement| statement.to_string().contains("aws:SourceVpc"));
    found.cloned().collect()
}

#[test]
fn data_is_tied_to_the_vpc_and_not_to_one_endpoint() {
    let statements = network_statements(&template(&s3(VPC)));
    assert_eq!(statements.len(), 2);
    for statement in &statements {
        assert_eq!(statement["Effect"], "Deny");
        let outside = &statement["Condition"]["StringNotEquals"];
        assert_eq!(outside, &json!({"aws:SourceVpc": "vpc-0a1b2c3d4e5f60718"}));
    }
    assert!(network_statements(&template(&s3(""))).is_empty());
}

/// A copy made inside the VPC, to a key that is exempt, must not be readable outside.
#[test]
fn attack_only_writing_folders_and_templates_is_exempt_from_the_vpc() {
    for statement in network_statements(&template(&s3(VPC))) {
        let exempt = statement.get("NotResource").is_some();
        match exempt {
            true => assert_eq!(statement["Action"], "s3:PutObject"),
            false => {
                let actions = statement["Action"].as_array().unwrap();
                assert!(actions.contains(&json!("s3:GetObject*")));
                let bucket = json!({"Fn::Join": ["/", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "*"]]});
                assert_eq!(statement["Resource"], bucket);
            }
        }
    }
}

#[test]
fn an_existing_s3_endpoint_is_used_and_none_is_created() {
    let endpoint = "AWS::EC2::VPCEndpoint";
    let own = template(&s3(VPC));
    assert_eq!(of_type(&own, endpoint), ["S3Endpoint"]);
    assert!(own.get("S3EndpointIdParameter").is_some());
    let config = s3("  vpc_id: vpc-0a1b2c3d4e5f60718\n  existing_endpoint: true\n");
    let existing = template(&config);
    assert!(of_type(&existing, endpoint).is_empty());
    assert!(existing.get("S3EndpointIdParameter").is_none());
    assert_eq!(network_statements(&existing), network_statements(&own));
    let policy = config.product.render_policy(&config.derived.scope).unwrap();
    assert!(!policy.contains("ec2:CreateVpcEndpoint"), "{policy}");
}

#[test]
fn tests_create_no_endpoint() {
    let config = s3(VPC).with_name_suffix("-tabc123").unwrap();
    let template = template(&config);
    assert!(of_type(&template, "AWS::EC2::VPCEndpoint").is_empty());
    assert!(template.get("S3EndpointIdParameter").is_none());
    assert_eq!(network_statements(&template).len(), 2);
}
