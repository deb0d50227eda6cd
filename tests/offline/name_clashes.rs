//! Names that AWS gives only once are compared over all configs of a tree.

use std::collections::BTreeMap;

use provisioner::config::{ConfigContents, load_contents};
use provisioner::model::{FileContents, RepoPath};
use provisioner::plan::{HeadClaims, StackClaims};
use provisioner::product::Registry;

/// Path and text of a config.
type File = (String, String);

fn ml(region: &str, use_case: &str, name: &str, section: &str) -> File {
    let stem = format!("acme-prod-c001-{region}-{use_case}-ml-{name}");
    let text = format!(
        "client: {{company_prefix: acme, account_id: \"123456789012\", tenant_id: c001}}\n\
         environment: {{env: prod, region: {region}}}\n\
         ml_product:\n  use_case: {use_case}\n{section}"
    );
    (format!("ml/configs/{stem}.yaml"), text)
}

fn s3(region: &str, tenant: &str, section: &str) -> File {
    let stem = format!("acme-prod-{tenant}-{region}-s3");
    let text = format!(
        "client: {{company_name: A, company_prefix: acme, account_id: \"123456789012\", tenant_id: {tenant}}}\n\
         environment: {{env: prod, region: {region}}}\n\
         s3:\n  versioning: true\n{section}"
    );
    (format!("s3/configs/{stem}.yaml"), text)
}

/// Code and text of the clashes of each file: message, place and help.
fn clashes(files: &[File]) -> Vec<String> {
    let registry = Registry::built_in();
    let configs: BTreeMap<RepoPath, ConfigContents> = files
        .iter()
        .map(|(path, text)| {
            let path = RepoPath::parse(path).unwrap();
            let file = FileContents::Regular(text.clone().into_bytes());
            (path, ConfigContents::alone(file))
        })
        .collect();
    let claims = StackClaims::new(&registry, HeadClaims::new(), &configs);
    assert!(claims.broken().is_empty(), "{:?}", claims.broken());
    let found = configs.iter().flat_map(|(path, contents)| {
        let config = load_contents(&registry, path, contents).config.unwrap();
        let clashes = claims.clashes(path, Some(&config));
        assert_eq!(claims.has_clash(path), !clashes.is_empty());
        clashes.into_iter().map(|clash| {
            let help = clash.help.unwrap();
            format!("{}: {}\n  {}", clash.code, clash.message, help)
        })
    });
    found.collect()
}

const CODECOMMIT: &str = "  source_control: codecommit\n";
const NETWORK: &str = "  source_control: codecommit\n  vpc_mode: standalone\n  vpc_source: direct\n  vpc: {vpc_id: vpc-0a1b2c3d, subnet_ids: subnet-0a1b2c3d}\n  route_table_ids: rtb-0a1b2c3d\n";

#[test]
fn one_use_case_in_two_regions_needs_regional_role_names() {
    let first = ml("eu-west-1", "churn", "codecommit", CODECOMMIT);
    let second = ml("us-east-1", "churn", "codecommit", CODECOMMIT);
    let found = clashes(&[first.clone(), second]);
    assert_eq!(found.len(), 2);
    insta::assert_snapshot!(found[0]);
    let regional = format!("{CODECOMMIT}  regional_role_names: true\n");
    let second = ml("us-east-1", "churn", "codecommit", &regional);
    assert_eq!(clashes(&[first, second]), [""; 0]);
}

#[test]
fn one_bucket_name_belongs_to_one_config_of_a_partition() {
    let named = "  bucket_name_override: acme-data\n";
    let found = clashes(&[
        s3("eu-west-1", "c001", named),
        s3("us-east-1", "c002", named),
    ]);
    assert_eq!(found.len(), 2);
    insta::assert_snapshot!(found[0]);
    let china = s3("cn-north-1", "c002", named);
    assert_eq!(clashes(&[s3("eu-west-1", "c001", named), china]), [""; 0]);
    // The artifacts bucket of the other product.
    let ml = ml(
        "us-east-1",
        "churn",
        "codecommit",
        &format!("{CODECOMMIT}  tier: professional\n  artifacts_bucket_name: acme-data\n"),
    );
    assert_eq!(clashes(&[s3("eu-west-1", "c001", named), ml]).len(), 2);
}

#[test]
fn endpoints_are_compared_by_vpc_service_and_route_table() {
    let name = "codecommit-standalone-direct-rtb";
    let first = ml("eu-west-1", "churn", name, NETWORK);
    let second = ml("eu-west-1", "fraud", name, NETWORK);
    let found = clashes(&[first.clone(), second]);
    assert_eq!(found.len(), 2);
    insta::assert_snapshot!(found[0]);
    let existing =
        format!("{NETWORK}  existing_endpoints: [sagemaker.api, sagemaker.runtime, sts, s3]\n")
            .replace("  route_table_ids: rtb-0a1b2c3d\n", "");
    let second = ml(
        "eu-west-1",
        "fraud",
        "codecommit-standalone-direct",
        &existing,
    );
    assert_eq!(clashes(&[first.clone(), second]), [""; 0]);
    // One route table with the S3 endpoints of two products.
    let table = "  vpc_id: vpc-0a1b2c3d\n  route_table_ids: rtb-0a1b2c3d\n";
    assert_eq!(clashes(&[first, s3("eu-west-1", "c001", table)]).len(), 2);
}

/// Both read the VPC from one SSM parameter.
#[test]
fn one_parameter_of_a_vpc_means_one_vpc() {
    let network = "  source_control: codecommit\n  vpc_mode: standalone\n  vpc_source: ssm\n";
    let name = "codecommit-standalone-ssm";
    let found = clashes(&[
        ml("eu-west-1", "churn", name, network),
        ml("eu-west-1", "fraud", name, network),
    ]);
    assert_eq!(found.len(), 2);
    assert!(
        found[0].contains("SSM parameter `/vpc/acme-prod-c001-eu-west-1-vpc/VPCId`"),
        "{found:?}"
    );
}

/// Two configs of one stack are `duplicate-stack`, and nothing else.
#[test]
fn alternatives_of_one_stack_have_no_clashing_names() {
    let source = "  source_control: s3\n  s3_prefix: acme-source/churn\n";
    let files = [
        ml("eu-west-1", "churn", "codecommit", CODECOMMIT),
        ml("eu-west-1", "churn", "s3", source),
    ];
    assert_eq!(clashes(&files), [""; 0]);
}
