//! Invalid configs, one mistake each, and the diagnostic that their authors read.

use provisioner::report;

use super::{BASE, HEAD, loaded};

/// A config's name, its base, the replaced text, its replacement, and the expected code.
struct Case(&'static str, Base, &'static str, &'static str, &'static str);

#[derive(Clone, Copy)]
enum Base {
    Codecommit,
    S3,
    Professional,
    Direct,
    Sgprov,
    LongRole,
    LongBucket,
}

impl Base {
    /// Name and text of a valid config, except for those that are too long.
    fn config(self) -> (String, String) {
        const NETWORK: &str =
            "  vpc:\n    vpc_id: vpc-0a1b2c3d\n    subnet_ids: subnet-0a1b2c3d,subnet-1a2b3c4d\n";
        const GROUP: &str = "  vpc:\n    security_group_id_path: /sg/ml/private/SecurityGroupId\n";
        let of = |name: &str, use_case: &str, rest: &str| {
            let text = format!("{HEAD}ml_product:\n  use_case: {use_case}\n{rest}");
            (format!("{BASE}-{use_case}-ml-{name}"), text)
        };
        let codecommit = "  source_control: codecommit\n";
        match self {
            Self::Codecommit => of("codecommit", "churn", codecommit),
            Self::S3 => of(
                "s3",
                "churn",
                "  source_control: s3\n  s3_prefix: acme-source/churn\n",
            ),
            Self::Professional => {
                let rest =
                    format!("{codecommit}  tier: professional\n  alerts_email: ml@example.com\n");
                of("codecommit", "churn", &rest)
            }
            Self::Direct => {
                let rest =
                    format!("{codecommit}  vpc_mode: standalone\n  vpc_source: direct\n{NETWORK}");
                of("codecommit-standalone-direct", "churn", &rest)
            }
            Self::Sgprov => {
                let rest = format!("{codecommit}  vpc_mode: sgprov\n  vpc_source: ssm\n{GROUP}");
                of("codecommit-sgprov-ssm", "churn", &rest)
            }
            Self::LongRole => {
                let rest = format!(
                    "{codecommit}  tier: professional\n  artifacts_bucket_name: acme-artifacts\n"
                );
                of("codecommit", "the-demand-of-very-many-products", &rest)
            }
            Self::LongBucket => {
                let (name, text) = of("codecommit", "demand-for-every-product", codecommit);
                let swap = |text: String| text.replace("us-east-1", "ap-southeast-2");
                (swap(name), swap(text))
            }
        }
    }
}

const CASES: &[Case] = &[
    Case(
        "tags_clash",
        Base::Codecommit,
        "  source_control: codecommit\n",
        "  source_control: codecommit\ntags: {Team: a, TEAM: b}\n",
        "ml-tags-clash",
    ),
    Case(
        "prefix_upper",
        Base::Codecommit,
        "prefix: acme",
        "prefix: Acme",
        "value-pattern",
    ),
    Case(
        "prefix_ends_in_hyphen",
        Base::Codecommit,
        "prefix: acme",
        "prefix: acme-",
        "value-pattern",
    ),
    Case(
        "prefix_digit_first",
        Base::Codecommit,
        "prefix: acme",
        "prefix: 1acme",
        "value-pattern",
    ),
    Case(
        "prefix_holds_another_name",
        Base::Codecommit,
        "prefix: acme",
        "prefix: a-prod-c001-us-east-1",
        "schema-violation",
    ),
    Case(
        "prefix_reserved_by_s3",
        Base::Codecommit,
        "prefix: acme",
        "prefix: xn--acme",
        "schema-violation",
    ),
    Case(
        "prefix_missing",
        Base::Codecommit,
        "  company_prefix: acme\n",
        "",
        "missing-key",
    ),
    Case(
        "account_unquoted",
        Base::Codecommit,
        "\"123456789012\"",
        "123456789012",
        "wrong-type",
    ),
    Case(
        "account_short",
        Base::Codecommit,
        "\"123456789012\"",
        "\"12345678901\"",
        "value-pattern",
    ),
    Case(
        "tenant_unquoted",
        Base::Codecommit,
        "tenant_id: \"c001\"",
        "tenant_id: 1001",
        "wrong-type",
    ),
    Case(
        "tenant_long",
        Base::Codecommit,
        "tenant_id: \"c001\"",
        "tenant_id: \"c0012\"",
        "value-pattern",
    ),
    Case(
        "tenant_missing",
        Base::Codecommit,
        "  tenant_id: \"c001\"\n",
        "",
        "missing-key",
    ),
    Case(
        "env_unknown",
        Base::Codecommit,
        "env: prod",
        "env: production",
        "value-not-allowed",
    ),
    Case(
        "region_unknown",
        Base::Codecommit,
        "us-east-1",
        "us-east-9",
        "value-not-allowed",
    ),
    Case(
        "region_missing",
        Base::Codecommit,
        "  region: us-east-1\n",
        "",
        "missing-key",
    ),
    Case(
        "section_unknown",
        Base::Codecommit,
        "ml_product:",
        "extra: {}\nml_product:",
        "unknown-key",
    ),
    Case(
        "key_unknown",
        Base::Codecommit,
        "  use_case",
        "  colour: red\n  use_case",
        "unknown-key",
    ),
    Case(
        "key_misspelt",
        Base::Professional,
        "alerts_email",
        "alert_email",
        "unknown-key",
    ),
    Case(
        "key_of_another_section",
        Base::Codecommit,
        "  use_case",
        "  region: us-east-1\n  use_case",
        "unknown-key",
    ),
    Case(
        "key_twice",
        Base::Codecommit,
        "  use_case: churn",
        "  use_case: churn\n  use_case: fraud",
        "duplicate-key",
    ),
    Case(
        "use_case_missing",
        Base::Codecommit,
        "  use_case: churn\n",
        "",
        "missing-key",
    ),
    Case(
        "use_case_upper",
        Base::Codecommit,
        "use_case: churn",
        "use_case: Churn",
        "value-pattern",
    ),
    Case(
        "use_case_underscore",
        Base::Codecommit,
        "use_case: churn",
        "use_case: churn_rate",
        "value-pattern",
    ),
    Case(
        "use_case_ends_in_hyphen",
        Base::Codecommit,
        "use_case: churn",
        "use_case: churn-",
        "value-pattern",
    ),
    Case(
        "use_case_number",
        Base::Codecommit,
        "use_case: churn",
        "use_case: 7",
        "wrong-type",
    ),
    Case(
        "use_case_holds_another_name",
        Base::Codecommit,
        "use_case: churn",
        "use_case: prod-c001-us-east-1-x",
        "schema-violation",
    ),
    Case(
        "use_case_very_long",
        Base::Codecommit,
        "use_case: churn",
        "use_case: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "too-many",
    ),
    Case(
        "workload_upper",
        Base::Codecommit,
        "  use_case",
        "  workload: Batch\n  use_case",
        "value-pattern",
    ),
    Case(
        "workload_list",
        Base::Codecommit,
        "  use_case",
        "  workload: [batch]\n  use_case",
        "wrong-type",
    ),
    Case(
        "workload_not_in_file_name",
        Base::Codecommit,
        "  use_case",
        "  workload: batch\n  use_case",
        "wrong-file-name",
    ),
    Case(
        "source_missing",
        Base::Codecommit,
        "  source_control: codecommit\n",
        "",
        "missing-key",
    ),
    Case(
        "source_unknown",
        Base::Codecommit,
        "source_control: codecommit",
        "source_control: github",
        "value-not-allowed",
    ),
    Case(
        "source_not_in_file_name",
        Base::S3,
        "  source_control: s3\n  s3_prefix: acme-source/churn\n",
        "  source_control: codecommit\n",
        "wrong-file-name",
    ),
    Case(
        "s3_prefix_missing",
        Base::S3,
        "  s3_prefix: acme-source/churn\n",
        "",
        "ml-s3-prefix-missing",
    ),
    Case(
        "s3_prefix_with_scheme",
        Base::S3,
        "acme-source/churn",
        "s3://acme-source/churn",
        "value-pattern",
    ),
    Case(
        "s3_prefix_ends_in_slash",
        Base::S3,
        "acme-source/churn",
        "acme-source/churn/",
        "value-pattern",
    ),
    Case(
        "s3_prefix_unused",
        Base::Codecommit,
        "  use_case",
        "  s3_prefix: acme-source\n  use_case",
        "ml-s3-prefix-unused",
    ),
    Case(
        "source_key_is_an_alias",
        Base::S3,
        "  s3_prefix",
        "  source_kms_key_arn: arn:aws:kms:us-east-1:123456789012:alias/source\n  s3_prefix",
        "value-pattern",
    ),
    Case(
        "source_key_of_another_region",
        Base::S3,
        "  s3_prefix",
        "  source_kms_key_arn: arn:aws:kms:us-west-2:123456789012:key/0a1b\n  s3_prefix",
        "ml-source-key-elsewhere",
    ),
    Case(
        "source_key_of_another_partition",
        Base::S3,
        "  s3_prefix",
        "  source_kms_key_arn: arn:aws-cn:kms:us-east-1:123456789012:key/0a1b\n  s3_prefix",
        "ml-source-key-elsewhere",
    ),
    Case(
        "source_key_unused",
        Base::Codecommit,
        "  use_case",
        "  source_kms_key_arn: arn:aws:kms:us-east-1:123456789012:key/0a1b\n  use_case",
        "ml-source-key-unused",
    ),
    Case(
        "s3_prefix_is_artifacts_bucket",
        Base::S3,
        "acme-source/churn",
        "acme-prod-c001-us-east-1-churn-artifacts/x",
        "ml-source-is-artifacts-bucket",
    ),
    Case(
        "tier_unknown",
        Base::Codecommit,
        "  use_case",
        "  tier: gold\n  use_case",
        "value-not-allowed",
    ),
    Case(
        "tier_upper",
        Base::Codecommit,
        "  use_case",
        "  tier: Starter\n  use_case",
        "value-not-allowed",
    ),
    Case(
        "email_below_professional",
        Base::Codecommit,
        "  use_case",
        "  alerts_email: a@example.com\n  use_case",
        "tier-too-low",
    ),
    Case(
        "email_without_domain",
        Base::Professional,
        "ml@example.com",
        "ml",
        "value-pattern",
    ),
    Case(
        "email_two",
        Base::Professional,
        "ml@example.com",
        "ml@example.com;b@example.com",
        "value-pattern",
    ),
    Case(
        "bucket_below_professional",
        Base::Codecommit,
        "  use_case",
        "  artifacts_bucket_name: acme-artifacts\n  use_case",
        "tier-too-low",
    ),
    Case(
        "bucket_upper",
        Base::Professional,
        "  use_case",
        "  artifacts_bucket_name: Acme\n  use_case",
        "value-pattern",
    ),
    Case(
        "bucket_ip_address",
        Base::Professional,
        "  use_case",
        "  artifacts_bucket_name: 192.168.1.1\n  use_case",
        "schema-violation",
    ),
    Case(
        "kms_below_enterprise",
        Base::Professional,
        "  use_case",
        "  kms: { rotation: false }\n  use_case",
        "tier-too-low",
    ),
    Case(
        "kms_alias_with_prefix",
        Base::Direct,
        "  use_case",
        "  kms: { alias: alias/acme }\n  use_case",
        "schema-violation",
    ),
    Case(
        "kms_alias_of_aws",
        Base::Direct,
        "  use_case",
        "  kms: { alias: aws/s3 }\n  use_case",
        "schema-violation",
    ),
    Case(
        "kms_window_short",
        Base::Direct,
        "  use_case",
        "  kms: { deletion_window_days: 3 }\n  use_case",
        "schema-violation",
    ),
    Case(
        "kms_rotation_text",
        Base::Direct,
        "  use_case",
        "  kms: { rotation: \"yes\" }\n  use_case",
        "wrong-type",
    ),
    Case(
        "kms_key_unknown",
        Base::Direct,
        "  use_case",
        "  kms: { key_id: x }\n  use_case",
        "unknown-key",
    ),
    Case(
        "retention_below_enterprise",
        Base::Professional,
        "  use_case",
        "  log_retention_days: 30\n  use_case",
        "tier-too-low",
    ),
    Case(
        "retention_not_accepted",
        Base::Direct,
        "  use_case",
        "  log_retention_days: 100\n  use_case",
        "value-not-allowed",
    ),
    Case(
        "vpc_mode_unknown",
        Base::Direct,
        "vpc_mode: standalone",
        "vpc_mode: shared",
        "value-not-allowed",
    ),
    Case(
        "vpc_mode_missing",
        Base::Codecommit,
        "  use_case",
        "  tier: enterprise\n  use_case",
        "ml-vpc-mode-missing",
    ),
    Case(
        "vpc_source_unknown",
        Base::Direct,
        "vpc_source: direct",
        "vpc_source: dns",
        "value-not-allowed",
    ),
    Case(
        "vpc_id_missing",
        Base::Direct,
        "    vpc_id: vpc-0a1b2c3d\n",
        "",
        "ml-vpc-id-missing",
    ),
    Case(
        "vpc_id_short",
        Base::Direct,
        "vpc-0a1b2c3d",
        "vpc-123",
        "value-pattern",
    ),
    Case(
        "subnets_missing",
        Base::Direct,
        "    subnet_ids: subnet-0a1b2c3d,subnet-1a2b3c4d\n",
        "",
        "ml-subnet-ids-missing",
    ),
    Case(
        "subnet_of_list_short",
        Base::Direct,
        "subnet_ids: subnet-0a1b2c3d,subnet-1a2b3c4d",
        "subnet_ids: [subnet-0a1b2c3d, subnet-1]",
        "value-pattern",
    ),
    Case(
        "vpc_paths_unused",
        Base::Direct,
        "    vpc_id:",
        "    vpc_id_path: /vpc/id\n    vpc_id:",
        "ml-vpc-paths-unused",
    ),
    Case(
        "vpc_ids_unused",
        Base::Sgprov,
        "    security",
        "    vpc_id: vpc-0a1b2c3d\n    security",
        "ml-vpc-ids-unused",
    ),
    Case(
        "vpc_path_without_slash",
        Base::Sgprov,
        "    security",
        "    vpc_id_path: vpc/id\n    security",
        "value-pattern",
    ),
    Case(
        "security_group_missing",
        Base::Sgprov,
        "  vpc:\n    security_group_id_path: /sg/ml/private/SecurityGroupId\n",
        "",
        "ml-security-group-missing",
    ),
    Case(
        "security_group_unused",
        Base::Direct,
        "    vpc_id:",
        "    security_group_id_path: /sg/ml/id\n    vpc_id:",
        "ml-security-group-unused",
    ),
    Case(
        "route_tables_not_in_file_name",
        Base::Direct,
        "  use_case",
        "  route_table_ids: rtb-0a1b2c3d\n  use_case",
        "wrong-file-name",
    ),
    Case(
        "route_tables_number",
        Base::Direct,
        "  use_case",
        "  route_table_ids: 7\n  use_case",
        "wrong-type",
    ),
    Case(
        "private_dns_unused",
        Base::Direct,
        "  use_case",
        "  private_dns: false\n  existing_endpoints: [sagemaker.api, sagemaker.runtime, sts]\n  use_case",
        "ml-private-dns-unused",
    ),
    Case(
        "cidr_blocks_unused",
        Base::Direct,
        "  vpc:\n",
        "  private_dns: false\n  vpc:\n    cidr_blocks: [10.0.0.0/8]\n",
        "ml-cidr-blocks-unused",
    ),
    Case(
        "cidr_block_without_length",
        Base::Direct,
        "    vpc_id:",
        "    cidr_blocks: [10.0.0.0]\n    vpc_id:",
        "value-pattern",
    ),
    Case(
        "cidr_block_with_host_bits",
        Base::Direct,
        "    vpc_id:",
        "    cidr_blocks: [10.0.0.1/16]\n    vpc_id:",
        "ml-cidr-block-host-bits",
    ),
    Case(
        "data_of_another_region",
        Base::Codecommit,
        "  use_case",
        "  data: [{ name: a, config: acme-prod-c001-eu-west-1-s3 }]\n  use_case",
        "ml-data-config-elsewhere",
    ),
    Case(
        "source_above_its_prefix",
        Base::S3,
        "acme-source/churn",
        "acme-source/churn/../other",
        "value-pattern",
    ),
    Case(
        "data_above_its_prefix",
        Base::Codecommit,
        "  use_case",
        "  data: [{ name: a, bucket: acme-one, prefix: a/../b }]\n  use_case",
        "value-pattern",
    ),
    Case(
        "existing_endpoint_unknown",
        Base::Direct,
        "  use_case",
        "  existing_endpoints: [ecr]\n  use_case",
        "value-not-allowed",
    ),
    Case(
        "data_name_twice",
        Base::Codecommit,
        "  use_case",
        "  data: [{ name: a, bucket: acme-one }, { name: a, bucket: acme-two }]\n  use_case",
        "ml-data-name-twice",
    ),
    Case(
        "data_of_two_sources",
        Base::Codecommit,
        "  use_case",
        "  data: [{ name: a, bucket: acme-one, config: acme-prod-c001-us-east-1-s3 }]\n  use_case",
        "schema-violation",
    ),
    Case(
        "role_name_too_long",
        Base::LongRole,
        "",
        "",
        "ml-role-name-too-long",
    ),
    Case(
        "bucket_name_too_long",
        Base::LongBucket,
        "",
        "",
        "ml-bucket-name-too-long",
    ),
    Case(
        "tag_of_ours",
        Base::Codecommit,
        "ml_product:",
        "tags: { \"provisioner:config\": x }\nml_product:",
        "invalid-key",
    ),
    Case(
        "tag_number",
        Base::Codecommit,
        "ml_product:",
        "tags: { CostCenter: 4711 }\nml_product:",
        "wrong-type",
    ),
];

#[test]
fn each_mistake_has_one_correct_diagnostic() {
    let mut told = String::new();
    let mut wrong = Vec::new();
    for Case(name, base, find, replace, code) in CASES {
        let (stem, text) = base.config();
        assert!(text.contains(find), "{name}: nothing to replace");
        let mut loaded = loaded(&stem, &text.replacen(find, replace, 1), None);
        // `network` tests it. Configs of file names without `rtb` have this warning, too.
        loaded
            .diagnostics
            .retain(|diagnostic| diagnostic.code.as_str() != "ml-no-route-tables");
        let codes: Vec<&str> = loaded
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code.as_str())
            .collect();
        if codes != [*code] || loaded.config.is_some() {
            wrong.push(format!("{name}: {codes:?}, not {code}"));
        }
        told += &format!("# {name}\n{}\n", report::diagnostics(&loaded.diagnostics));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(CASES.len() >= 60);
    insta::assert_snapshot!(told);
}

#[test]
fn every_rule_of_the_product_has_a_case() {
    let product = provisioner::product::Registry::built_in()
        .product("ml")
        .unwrap()
        .unwrap();
    // Warnings do not reject a config; `tiers` tests them.
    let errors = product.manifest.rules.iter();
    let errors = errors.filter(|rule| rule.severity == provisioner::diagnostic::Severity::Error);
    let rules = errors.map(|rule| rule.code.as_str());
    let untested: Vec<&str> = rules
        .filter(|rule| {
            !CASES.iter().any(|Case(.., code)| code == rule)
                && !RULES_BROKEN_TOGETHER.contains(rule)
        })
        .collect();
    assert!(untested.is_empty(), "no case for {untested:?}");
}

/// Rules that are never broken alone: breaking them breaks another rule too.
const RULES_BROKEN_TOGETHER: &[&str] = &[
    "ml-vpc-source-missing",
    "ml-vpc-source-unused",
    "ml-vpc-unused",
    "ml-route-tables-unused",
    "ml-route-tables-of-existing-endpoint",
];

/// Several mistakes are reported at once.
#[test]
fn several_mistakes_are_reported_at_once() {
    let direct = Base::Direct.config();
    let codecommit = Base::Codecommit.config();
    let texts = [
        (&direct.0, direct.1.replace("  vpc_source: direct\n", "")),
        (
            &direct.0,
            direct
                .1
                .replace("  use_case", "  tier: professional\n  use_case"),
        ),
        (&direct.0, direct.1.replace("  vpc_mode: standalone\n", "")),
        (
            &codecommit.0,
            format!(
                "{}  tier: enterprise\n  route_table_ids: rtb-0a1b2c3d\n",
                codecommit.1
            ),
        ),
        (
            &direct.0,
            format!(
                "{}  route_table_ids: rtb-0a1b2c3d\n  existing_endpoints: s3\n",
                direct.1
            ),
        ),
        (
            &codecommit.0,
            codecommit
                .1
                .replace("region: us-east-1", "regoin: us-east-1"),
        ),
    ];
    let mut told = String::new();
    for (name, text) in texts {
        told += &format!(
            "{}\n\n",
            report::diagnostics(&loaded(name, &text, None).diagnostics)
        );
    }
    for rule in RULES_BROKEN_TOGETHER {
        assert!(told.contains(rule), "{rule}");
    }
    insta::assert_snapshot!(told);
}
