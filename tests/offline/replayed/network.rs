//! What `preflight` reads of a VPC, and what it says about endpoints, subnets and neighbors that are there.
//!
//! Shapes: `API_DescribeVpcEndpoints`, `API_DescribeSubnets`, `API_DescribeVpcAttribute` and `API_DescribeNetworkInterfaces` below
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/>.

use serde_json::{Value, json};

use super::Workdir;
use super::answers::{no_stack, stack};
use super::ml::example;
use crate::support::replay::{ACCOUNT, refused};

const CONFIG: &str =
    "globalbank-prod-c001-us-west-2-churn-ml-codecommit-standalone-direct-workload-rtb";
/// Of the config.
const VPC: &str = "vpc-0a1b2c3d4e5f60718";
const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60718", "subnet-1a2b3c4d5e6f70819"];
const TABLE: &str = "rtb-0a1b2c3d4e5f60718";

/// A VPC with nothing but two subnets. No test has to ask.
pub fn empty_vpc(workdir: &Workdir) {
    let attribute = json!({
        "vpcId": VPC,
        "enableDnsSupport": {"value": true},
        "enableDnsHostnames": {"value": true},
    });
    workdir
        .aws
        .on_optional("DescribeVpcEndpoints", json!({"vpcEndpointSet": []}))
        .on_optional("DescribeVpcAttribute", attribute)
        .on_optional(
            "DescribeSubnets",
            subnets(["us-west-2a", "us-west-2b"], ACCOUNT),
        )
        .on_optional(
            "DescribeNetworkInterfaces",
            json!({"networkInterfaceSet": []}),
        )
        .on_optional("ListStackResources", json!({"StackResourceSummaries": []}));
}

fn subnets(zones: [&str; 2], owner: &str) -> Value {
    let subnet = |(id, zone): (&str, &str)| json!({"subnetId": id, "vpcId": VPC, "availabilityZone": zone, "ownerId": owner});
    let subnets: Vec<Value> = SUBNETS.into_iter().zip(zones).map(subnet).collect();
    json!({"subnetSet": subnets})
}

fn endpoint(id: &str, service: &str, kind: &str, tables: &[&str]) -> Value {
    json!({
        "vpcEndpointId": id,
        "vpcEndpointType": kind,
        "vpcId": VPC,
        "serviceName": format!("com.amazonaws.us-west-2.{service}"),
        "state": "available",
        "privateDnsEnabled": kind == "Interface",
        "routeTableIdSet": tables,
    })
}

/// All resources that the config names exist.
fn direct() -> Workdir {
    let workdir = example(CONFIG);
    let there = json!({"TypeName": "AWS::EC2::VPC", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
    workdir.aws.on("GetResource AWS::EC2", there);
    workdir
}

/// The output of a deployment that preflight stops.
fn refused_deployment(workdir: &Workdir) -> String {
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .on("ListStacks", json!({"StackSummaries": []}));
    let failed = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(failed.status, 10, "{}", failed.stdout);
    assert!(workdir.aws.requests_of("CreateChangeSet").is_empty());
    failed.stdout
}

#[test]
fn endpoints_of_others_stop_a_creation() {
    let workdir = direct();
    let pages = json!([
        {
            "vpcEndpointSet": [endpoint("vpce-0aaaaaaaaaaaaaaa1", "sts", "Interface", &[])],
            "nextToken": "more",
        },
        {"vpcEndpointSet": [endpoint("vpce-0aaaaaaaaaaaaaaa2", "s3", "Gateway", &["rtb-other", TABLE])]},
    ]);
    workdir.aws.on("DescribeVpcEndpoints", pages);
    let told = refused_deployment(&workdir);
    insta::assert_snapshot!("replayed_network_endpoints", workdir.redact_account(&told));
    let asked = workdir.aws.requests_of("DescribeVpcEndpoints");
    assert_eq!(asked.len(), 2, "each page once");
    assert_eq!(asked[0].get("Filter.1.Value.1"), VPC);
    assert_eq!(asked[1].get("NextToken"), "more");
}

#[test]
fn unusable_subnets_and_dns_stop_a_creation() {
    let workdir = direct();
    let off = json!({"enableDnsSupport": {"value": true}, "enableDnsHostnames": {"value": false}});
    workdir
        .aws
        .on(
            "DescribeSubnets",
            subnets(["us-west-2a", "us-west-2a"], "210987654321"),
        )
        .on("DescribeVpcAttribute", off);
    let told = refused_deployment(&workdir);
    for words in [
        "error[preflight-failed]: enableDnsHostnames is off in VPC vpc-0a1b2c3d4e5f60718",
        "error[preflight-failed]: subnets are in one availability zone, us-west-2a: subnet-0a1b2c3d4e5f60718, subnet-1a2b3c4d5e6f70819",
        "error[preflight-failed]: subnet subnet-0a1b2c3d4e5f60718 belongs to another account: 210987654321",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

/// The text of `validate-prov-template --real`.
fn validated(workdir: &Workdir, exists: bool) -> String {
    let found = match exists {
        true => stack(workdir, "CREATE_COMPLETE"),
        false => no_stack(),
    };
    workdir
        .aws
        .on("ValidateTemplate", json!({}))
        .on("DescribeStacks", found);
    workdir.run_action("create-prov-template", &["--overwrite"]);
    let output = workdir.try_action("validate-prov-template", &["--real"]);
    output.stdout
}

#[test]
fn an_update_does_not_stumble_over_the_stacks_own_endpoints() {
    let own = [
        endpoint("vpce-0aaaaaaaaaaaaaaa1", "sts", "Interface", &[]),
        endpoint("vpce-0aaaaaaaaaaaaaaa2", "s3", "Gateway", &[TABLE]),
    ];
    for exists in [true, false] {
        let workdir = direct();
        workdir
            .aws
            .on("DescribeVpcEndpoints", json!({"vpcEndpointSet": own}));
        if exists {
            let resource = |id: &str| {
                json!({
                    "LogicalResourceId": "Endpoint",
                    "PhysicalResourceId": id,
                    "ResourceType": "AWS::EC2::VPCEndpoint",
                    "ResourceStatus": "CREATE_COMPLETE",
                })
            };
            let resources = ["vpce-0aaaaaaaaaaaaaaa1", "vpce-0aaaaaaaaaaaaaaa2"].map(resource);
            workdir.aws.on(
                "ListStackResources",
                json!({"StackResourceSummaries": resources}),
            );
        }
        let told = validated(&workdir, exists);
        assert_ne!(told.contains("error[preflight-failed]"), exists, "{told}");
    }
}

/// Another VPC can hold the endpoints, and NAT can lead to the services.
#[test]
fn a_missing_existing_endpoint_is_a_warning() {
    let workdir = direct();
    let text = workdir.read(&workdir.path());
    let text = text.replace("  use_case:", "  existing_endpoints: [sts]\n  use_case:");
    workdir.write(&workdir.path(), &text);
    let told = validated(&workdir, false);
    let words = "warning[preflight-failed]: VPC vpc-0a1b2c3d4e5f60718 has no endpoint for `sts`";
    assert!(told.contains(words), "{told}");
    assert!(!told.contains("error["), "{told}");
}

#[test]
fn neighbors_are_a_warning() {
    let workdir = direct();
    let interfaces = json!([{"networkInterfaceId": "eni-1"}, {"networkInterfaceId": "eni-2"}]);
    workdir.aws.on(
        "DescribeNetworkInterfaces",
        json!({"networkInterfaceSet": interfaces}),
    );
    let told = validated(&workdir, false);
    let words = "warning[preflight-failed]: VPC vpc-0a1b2c3d4e5f60718 has 2 network interfaces that the stack did not create";
    assert!(told.contains(words), "{told}");
    assert!(!told.contains("error["), "{told}");
}

/// A config of an unmerged pull request can name any parameter below the product's prefixes.
#[test]
fn attack_the_value_of_a_parameter_is_not_shown() {
    let workdir =
        example("globalbank-prod-c001-us-west-2-churn-ml-codecommit-standalone-ssm-workload-rtb");
    let secret = "vpc-0decafbadc0ffee00";
    let vpc = "/vpc/globalbank-prod-c001-us-west-2-vpc/VPCId";
    let subnets = "/vpc/globalbank-prod-c001-us-west-2-vpc/PrivateSubnetIds";
    let parameters = json!({"Parameters": [
        {"Name": vpc, "Type": "String", "Value": secret},
        {"Name": subnets, "Type": "StringList", "Value": SUBNETS.join(",")},
    ], "InvalidParameters": []});
    let off = json!({"enableDnsSupport": {"value": false}, "enableDnsHostnames": {"value": true}});
    let there = json!({"TypeName": "AWS::EC2::RouteTable", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
    workdir
        .aws
        .on("GetParameters", parameters)
        .on("GetResource AWS::EC2", there)
        .on("DescribeVpcAttribute", off);
    let told = refused_deployment(&workdir);
    assert!(!told.contains(secret), "{told}");
    let words = format!("enableDnsSupport is off in the VPC of parameter {vpc}");
    assert!(told.contains(&words), "{told}");
}

#[test]
fn a_refused_description_is_reported_with_its_code() {
    let workdir = direct();
    workdir.aws.on(
        "DescribeVpcEndpoints",
        refused("UnauthorizedOperation", "You are not authorized"),
    );
    let told = refused_deployment(&workdir);
    assert!(
        told.contains("VPC vpc-0a1b2c3d4e5f60718 could not be read: UnauthorizedOperation"),
        "{told}"
    );
}
