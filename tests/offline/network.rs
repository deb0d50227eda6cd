//! The network of both products: who reaches a bucket, and which endpoints a stack creates.

use provisioner::config::Config;
use provisioner::model::RepoPath;
use provisioner::template::Document;
use serde_json::{Value, json};

use crate::config::{PATH, VALID, loaded};
use crate::ml::{self, BASE, HEAD};

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

/// A config of the tier enterprise with the VPC in the config.
fn enterprise(mode: &str, vpc: &str, keys: &str) -> Config {
    let name = format!("{BASE}-churn-ml-codecommit-{mode}-direct");
    let text = format!(
        "{HEAD}ml_product:\n  use_case: churn\n  source_control: codecommit\n  vpc_mode: {mode}\n  vpc_source: direct\n  vpc:\n    \
         vpc_id: vpc-0a1b2c3d\n    subnet_ids: [subnet-0a1b2c3d, subnet-1a2b3c4d]\n{vpc}{keys}"
    );
    ml::loaded(&name, &text, None).config.unwrap()
}

fn policy(config: &Config) -> String {
    let policy = config.product.render_policy(&config.derived.scope);
    policy.unwrap()
}

fn variables(template: &Value) -> serde_json::Map<String, Value> {
    let environment = &template["BuildProject"]["Properties"]["Environment"];
    let variables = environment["EnvironmentVariables"].as_array().unwrap();
    let pair = |variable: &Value| {
        let name = variable["Name"].as_str().unwrap().to_owned();
        (name, variable["Value"].clone())
    };
    variables.iter().map(pair).collect()
}

const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";

#[test]
fn existing_endpoints_are_neither_created_nor_published() {
    let all = template(&enterprise("standalone", "", ""));
    assert_eq!(of_type(&all, ENDPOINT).len(), 4);
    let config = enterprise("standalone", "", "  existing_endpoints: [sts, s3]\n");
    let some = template(&config);
    assert_eq!(
        of_type(&some, ENDPOINT),
        ["SagemakerApiEndpoint", "SagemakerRuntimeEndpoint"]
    );
    for service in ["Sts", "S3"] {
        let parameter = format!("VpcEndpointId{service}Parameter");
        assert!(all.get(&parameter).is_some() && some.get(&parameter).is_none());
    }
    assert!(!policy(&config).contains(":route-table/*"));
    let every = "  existing_endpoints: \"sagemaker.api, sagemaker.runtime, sts, s3\"\n";
    let none = enterprise("standalone", "", every);
    assert!(of_type(&template(&none), ENDPOINT).is_empty());
    let policy = policy(&none);
    for action in [
        "ec2:CreateVpcEndpoint",
        "ec2:ModifyVpcEndpoint",
        "route53:AssociateVPCWithHostedZone",
    ] {
        assert!(!policy.contains(action), "{action}");
    }
}

#[test]
fn tests_of_enterprise_create_no_endpoint() {
    let config = enterprise("standalone", "", "").with_name_suffix("-tabc123");
    let template = template(&config.unwrap());
    assert!(of_type(&template, ENDPOINT).is_empty());
    let published = of_type(&template, "AWS::SSM::Parameter");
    assert!(
        !published.iter().any(|id| id.contains("Endpoint")),
        "{published:?}"
    );
}

#[test]
fn endpoints_with_private_dns_admit_the_addresses_of_the_vpc() {
    let ranges = |vpc: &str, keys: &str| -> Vec<Value> {
        let template = template(&enterprise("standalone", vpc, keys));
        let rules = of_type(&template, INGRESS).into_iter();
        rules
            .filter_map(|id| template[id]["Properties"].get("CidrIp").cloned())
            .collect()
    };
    let private = ranges("", "");
    for range in [
        "10.0.0.0/8",
        "100.64.0.0/10",
        "172.16.0.0/12",
        "192.168.0.0/16",
    ] {
        assert!(private.contains(&json!(range)), "{private:?}");
    }
    assert_eq!(
        ranges("    cidr_blocks: 10.20.0.0/16\n", ""),
        [json!("10.20.0.0/16")]
    );
    assert!(ranges("", "  private_dns: false\n").is_empty());
    let every = "  existing_endpoints: [sagemaker.api, sagemaker.runtime, sts]\n";
    assert!(ranges("", every).is_empty());
}

#[test]
fn without_private_dns_builds_get_the_addresses_of_the_endpoints() {
    let config = enterprise(
        "standalone",
        "",
        "  private_dns: false\n  existing_endpoints: [sts]\n",
    );
    let template = template(&config);
    assert_eq!(
        template["SagemakerApiEndpoint"]["Properties"]["PrivateDnsEnabled"],
        false
    );
    let variables = variables(&template);
    let address = &variables["AWS_ENDPOINT_URL_SAGEMAKER"]["Fn::Join"][1];
    assert_eq!(address[0], "https://");
    assert!(address.to_string().contains("DnsEntries"));
    assert!(variables.contains_key("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"));
    assert!(!variables.contains_key("AWS_ENDPOINT_URL_STS"));
}

#[test]
fn builds_get_subnets_group_and_key() {
    let variables = variables(&template(&enterprise("standalone", "", "")));
    assert_eq!(variables["SUBNET_IDS"], "subnet-0a1b2c3d,subnet-1a2b3c4d");
    assert_eq!(
        variables["SECURITY_GROUP_ID"],
        json!({"Ref": "SecurityGroup"})
    );
    assert_eq!(
        variables["KMS_KEY_ARN"],
        json!({"Fn::GetAtt": ["Key", "Arn"]})
    );
}

/// The statements of a role's inline policies, by their `Sid`.
fn statements(template: &Value, role: &str) -> serde_json::Map<String, Value> {
    let policies = template[role]["Properties"]["Policies"].as_array().unwrap();
    let statements = policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
    let sid = |statement: &Value| statement["Sid"].as_str().unwrap().to_owned();
    statements
        .map(|statement| (sid(statement), statement.clone()))
        .collect()
}

#[test]
fn jobs_may_enter_the_vpc_and_lend_the_key_to_aws_only() {
    let template = template(&enterprise("standalone", "", ""));
    let job = statements(&template, "SageMakerRole");
    let places = &job["NetworkInterfaces"];
    let actions = places["Action"].as_array().unwrap();
    assert!(actions.contains(&json!("ec2:CreateNetworkInterface")));
    let vpc = json!({"ArnLike": {"ec2:Vpc": "arn:aws:ec2:us-east-1:*:vpc/vpc-0a1b2c3d"}});
    assert_eq!(places["Condition"], vpc);
    for role in ["SageMakerRole", "CodeBuildRole", "CodeBuildDeployRole"] {
        let grants = &statements(&template, role)["Grants"];
        assert_eq!(grants["Action"], "kms:CreateGrant");
        let condition = json!({"Bool": {"kms:GrantIsForAWSResource": "true"}});
        assert_eq!(grants["Condition"], condition);
    }
}

#[test]
fn the_artifacts_bucket_refuses_other_keys() {
    let template = template(&enterprise("standalone", "", ""));
    let policy = &template["ArtifactsBucketPolicy"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap();
    let other = statements
        .iter()
        .find(|statement| statement["Sid"] == "DenyOtherKeys")
        .unwrap();
    assert_eq!(
        other["Condition"],
        json!({
            "Null": {"s3:x-amz-server-side-encryption": "false"},
            "StringNotEquals": {
                "s3:x-amz-server-side-encryption-aws-kms-key-id": {"Fn::GetAtt": ["Key", "Arn"]},
            },
        })
    );
}

const DATA: &str = "  data:\n    - name: sales-history\n      bucket: acme-sales\n      prefix: curated/daily\n    \
                    - { name: lake, config: acme-prod-c001-us-east-1-s3 }\n";

#[test]
fn builds_and_jobs_read_the_data_of_the_config_only() {
    let name = format!("{BASE}-churn-ml-codecommit");
    let text =
        format!("{HEAD}ml_product:\n  use_case: churn\n  source_control: codecommit\n{DATA}");
    let config = ml::loaded(&name, &text, None).config.unwrap();
    let template = template(&config);
    let variables = variables(&template);
    assert_eq!(
        variables["DATA_SALES_HISTORY_URI"],
        json!({"Fn::Join": ["/", ["s3:", "", "acme-sales", "curated/daily"]]})
    );
    assert_eq!(
        variables["DATA_LAKE_URI"],
        json!({"Fn::Join": ["/", ["s3:", "", {"Ref": "DataLakeBucket"}]]})
    );
    for role in ["CodeBuildRole", "SageMakerRole"] {
        let statements = statements(&template, role);
        let objects = &statements["Data"];
        assert_eq!(objects["Action"], "s3:GetObject");
        assert_eq!(
            objects["Resource"][0],
            json!({"Fn::Join": ["/", ["arn:aws:s3:::acme-sales", "curated/daily/*"]]})
        );
        assert_eq!(
            statements["DataSalesHistoryList"]["Condition"],
            json!({"StringLike": {"s3:prefix": ["curated/daily", "curated/daily/*"]}})
        );
    }
    let text = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    assert!(
        text.contains("Default: \"/s3/acme-prod-c001-us-east-1-s3/BucketName\""),
        "{text}"
    );
    let parameter = "parameter/s3/acme-prod-c001-us-east-1-s3/BucketName";
    assert!(policy(&config).contains(parameter));
}

#[test]
fn an_endpoint_without_routes_is_a_warning() {
    let warned = |stem: &str, keys: &str| {
        let text = format!(
            "{HEAD}ml_product:\n  use_case: churn\n  source_control: codecommit\n  vpc_mode: standalone\n  vpc_source: ssm\n{keys}"
        );
        let loaded = ml::loaded(
            &format!("{BASE}-churn-ml-codecommit-standalone-ssm{stem}"),
            &text,
            None,
        );
        assert!(loaded.config.is_some(), "{:?}", loaded.diagnostics);
        let mut codes = loaded.diagnostics.iter();
        codes.any(|diagnostic| diagnostic.code.as_str() == "ml-no-route-tables")
    };
    assert!(warned("", ""));
    assert!(!warned("", "  existing_endpoints: s3\n"));
    assert!(!warned("-rtb", "  route_table_ids: rtb-0a1b2c3d\n"));
}

/// Jobs of several instances need this.
#[test]
fn members_of_the_group_reach_each_other() {
    let template = template(&enterprise("standalone", "", ""));
    for (rule, end) in [
        ("SecurityGroupIngress", "SourceSecurityGroupId"),
        ("SecurityGroupEgress", "DestinationSecurityGroupId"),
    ] {
        let rule = &template[rule]["Properties"];
        assert_eq!(rule["IpProtocol"], "-1");
        assert_eq!(rule[end], rule["GroupId"]);
        assert!(rule.get("CidrIp").is_none());
    }
}

/// What stays must not be open to whom the policy refused. A test leaves nothing.
#[test]
fn a_bucket_policy_stays_with_its_bucket() {
    for (config, bucket, policy) in [
        (s3(VPC), "Bucket", "BucketPolicy"),
        (
            enterprise("standalone", "", ""),
            "ArtifactsBucket",
            "ArtifactsBucketPolicy",
        ),
    ] {
        let test = config.with_name_suffix("-tab12cd").unwrap();
        for (config, expected) in [(&config, "Retain"), (&test, "Delete")] {
            let template = template(config);
            for id in [bucket, policy] {
                for key in ["DeletionPolicy", "UpdateReplacePolicy"] {
                    assert_eq!(template[id][key], expected, "{id}: {key}");
                }
            }
        }
    }
}
