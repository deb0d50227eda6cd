//! Names contain the fields, stay within the limits of their services, and differ between configs.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{BASE, HEAD, loaded, valid};

/// The maximum length in each service. Sources: the `CreateX` page of each service's API reference.
const LIMITS: &[(&str, usize)] = &[
    ("stack", 128),
    ("model_package_group", 63),
    ("build_repository", 100),
    ("deploy_repository", 100),
    ("build_project", 150),
    ("deploy_project", 150),
    ("build_pipeline", 100),
    ("deploy_pipeline", 100),
    ("artifacts_bucket", 63),
    ("codebuild_role", 64),
    ("codebuild_deploy_role", 64),
    ("codepipeline_role", 64),
    ("sagemaker_role", 64),
    ("events_role", 64),
    ("approved_rule", 64),
    ("source_rule", 64),
    ("topic", 256),
    ("alarm", 255),
    ("dashboard", 255),
    ("log_group", 512),
    ("key_alias", 256),
    ("security_group", 255),
    // SageMaker's SDK keeps 20 characters of the name that a tuning job is given, and more of others.
    ("made", 19),
];

/// The rendered template and policy do not depend on the form of a list.
#[test]
fn lists_and_strings_with_commas_render_the_same() {
    let render = |subnets: &str, tables: &str| {
        let name = format!("{BASE}-churn-ml-codecommit-standalone-direct-rtb");
        let text = format!(
            "{HEAD}ml_product:\n  use_case: churn\n  source_control: codecommit\n  vpc_mode: standalone\n  vpc_source: direct\n  \
             vpc:\n    vpc_id: vpc-0a1b2c3d\n    subnet_ids: {subnets}\n  route_table_ids: {tables}\n"
        );
        let config = valid(&name, &text);
        let scope = &config.derived.scope;
        let template = config.product.render_template(scope).unwrap();
        let policy = config.product.render_policy(scope).unwrap();
        (config.values, template, policy)
    };
    let written = render(
        "subnet-0a1b2c3d, subnet-1a2b3c4d",
        "\"rtb-0a1b2c3d ,rtb-0a1b2c3e,rtb-0a1b2c3d\"",
    );
    let listed = render(
        "[subnet-0a1b2c3d, subnet-1a2b3c4d]",
        "[rtb-0a1b2c3d, rtb-0a1b2c3e]",
    );
    assert_eq!(written, listed);
}

#[derive(Clone, Debug, PartialEq)]
struct Fields {
    prefix: String,
    env: &'static str,
    tenant: String,
    region: &'static str,
    use_case: String,
    workload: Option<String>,
    s3: bool,
    network: Option<(&'static str, &'static str)>,
    rtb: bool,
}

impl Fields {
    /// The file name, built here and not by the product.
    fn stem(&self) -> String {
        let mut stem = format!(
            "{}-{}-{}-{}-{}-ml-{}",
            self.prefix,
            self.env,
            self.tenant,
            self.region,
            self.use_case,
            if self.s3 { "s3" } else { "codecommit" }
        );
        if let Some((mode, source)) = self.network {
            stem += &format!("-{mode}-{source}");
        }
        if let Some(workload) = &self.workload {
            stem += &format!("-{workload}");
        }
        if self.rtb && self.network.is_some() {
            stem += "-rtb";
        }
        stem
    }

    fn text(&self) -> String {
        let mut text = format!(
            "client: {{ company_prefix: {}, account_id: \"123456789012\", tenant_id: \"{}\" }}\n\
             environment: {{ env: {}, region: {} }}\nml_product:\n  use_case: {}\n",
            self.prefix, self.tenant, self.env, self.region, self.use_case
        );
        if let Some(workload) = &self.workload {
            text += &format!("  workload: {workload}\n");
        }
        text += match self.s3 {
            true => "  source_control: s3\n  s3_prefix: other-bucket/x\n",
            false => "  source_control: codecommit\n",
        };
        if let Some((mode, source)) = self.network {
            text += &format!("  vpc_mode: {mode}\n  vpc_source: {source}\n  vpc:\n    ");
            text += match source {
                "direct" => "vpc_id: vpc-0a1b2c3d\n    subnet_ids: subnet-0a1b2c3d\n",
                _ => "vpc_id_path: /vpc/id\n",
            };
            if mode == "sgprov" {
                text += "    security_group_id_path: /sg/id\n";
            }
            if self.rtb {
                text += "  route_table_ids: rtb-0a1b2c3d\n";
            }
        }
        text
    }
}

fn word() -> impl Strategy<Value = String> {
    // Words that look like other parts of a name, more often than by chance.
    prop_oneof![
        "[a-z][a-z0-9]{0,5}",
        "[a-z]-[a-z]{1,3}",
        Just("ml".to_owned()),
        Just("prod".to_owned()),
        Just("workload".to_owned()),
        Just("prod-c001-us-east-1".to_owned()),
        Just("a-prod-c001-us-east-1-b".to_owned()),
    ]
}

fn fields() -> impl Strategy<Value = Fields> {
    let networks = prop::option::of((
        prop::sample::select(vec!["standalone", "sgprov"]),
        prop::sample::select(vec!["ssm", "direct"]),
    ));
    (
        word(),
        prop::sample::select(vec!["prod", "staging", "dev", "test"]),
        prop_oneof![
            Just("c001".to_owned()),
            Just("prod".to_owned()),
            "[a-z0-9]{4}"
        ],
        prop::sample::select(vec!["us-east-1", "ap-southeast-2", "us-gov-west-1"]),
        word(),
        prop::option::of(word()),
        (any::<bool>(), networks, any::<bool>()),
    )
        .prop_map(
            |(prefix, env, tenant, region, use_case, workload, (s3, network, rtb))| Fields {
                prefix,
                env,
                tenant,
                region,
                use_case,
                workload,
                s3,
                network,
                rtb,
            },
        )
}

const SUFFIX: &str = "-tab12cd";

/// Names of a config that loads, in a test deployment.
fn test_names(fields: &Fields) -> Option<BTreeMap<String, String>> {
    let config = loaded(&fields.stem(), &fields.text(), None).config?;
    let test = config.with_name_suffix(SUFFIX);
    Some(test.unwrap().derived.names.into_iter().collect())
}

/// Names of a config that loads.
fn names(fields: &Fields) -> Option<BTreeMap<String, String>> {
    let config = loaded(&fields.stem(), &fields.text(), None).config?;
    Some(config.derived.names.into_iter().collect())
}

/// Longer than those of [`word`], up to what the limits allow.
fn long_fields() -> impl Strategy<Value = Fields> {
    (fields(), "[a-z][a-z0-9]{3,11}", "[a-z][a-z-]{0,28}[a-z]").prop_map(
        |(fields, prefix, use_case)| Fields {
            prefix,
            use_case,
            ..fields
        },
    )
}

proptest! {
    /// Rules of AWS for every name of the template, also as a test has it.
    #[test]
    fn rendered_names_keep_the_rules_of_aws(fields in long_fields()) {
        if let Some(config) = loaded(&fields.stem(), &fields.text(), None).config {
            let problems = provisioner::plan::RenderedProblems::new(&config).names;
            let only_prefix = problems.iter().all(|problem| {
                problem.help.as_deref().is_some_and(|help| help.contains("company_prefix"))
            });
            prop_assert!(only_prefix && (problems.is_empty() || fields.prefix.starts_with("sg")), "{problems:?}");
        }
    }

    #[test]
    fn every_valid_config_can_be_tested(fields in long_fields(), other in long_fields()) {
        if let Some(test) = test_names(&fields) {
            for (name, most) in LIMITS {
                prop_assert!(test[*name].len() <= *most, "{name}: {}", test[*name]);
                let ends = *name == "made" || test[*name].ends_with(SUFFIX);
                prop_assert!(ends, "{name}: {}", test[*name]);
            }
            for real in [names(&fields), names(&other)].into_iter().flatten() {
                for (name, _) in LIMITS {
                    prop_assert_ne!(&test[*name], &real[*name]);
                }
            }
            if let (Some(own), Some(real), Some(other)) = (names(&fields), names(&other), test_names(&other)) {
                let same = own["phys"] == real["phys"];
                prop_assert_eq!(same, test["model_package_group"] == other["model_package_group"]);
            }
        }
    }

    #[test]
    fn names_fit_their_services(fields in fields()) {
        if let Some(names) = names(&fields) {
            for (name, most) in LIMITS {
                prop_assert!(names[*name].len() <= *most, "{name}: {}", names[*name]);
            }
            prop_assert_eq!(&names["config"], &fields.stem());
            let prefix = regex::Regex::new("^[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}$").unwrap();
            prop_assert!(prefix.is_match(&names["made"]), "{}", names["made"]);
        }
    }

    /// The scenario distinguishes configs with the same common name: `a-b` without a workload, and `a` with workload `b`.
    #[test]
    fn templates_are_shared_by_no_two_configs(a in fields(), b in fields()) {
        if let (Some(one), Some(other)) = (names(&a), names(&b)) {
            let key = |names: &BTreeMap<String, String>| (names["ml_name"].clone(), names["scenario"].clone());
            let same = |f: &Fields| (
                f.prefix.clone(), f.env, f.tenant.clone(), f.region,
                f.use_case.clone() + &f.workload.clone().map_or(String::new(), |w| format!("-{w}")),
                f.workload.is_some(), f.s3, f.network, f.rtb && f.network.is_some(),
            );
            prop_assert_eq!(key(&one) == key(&other), same(&a) == same(&b));
        }
    }
}

/// A generator without valid configs would prove nothing.
#[test]
fn most_generated_configs_load() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let valid = (0..200)
        .filter(|_| names(&fields().new_tree(&mut runner).unwrap().current()).is_some())
        .count();
    assert!(valid > 60, "{valid} of 200");
    let mut long = Vec::new();
    for _ in 0..200 {
        let fields = long_fields().new_tree(&mut runner).unwrap().current();
        long.extend(names(&fields).map(|names| names["phys"].len()));
    }
    let cut = long.iter().filter(|length| **length > 45).count();
    assert!(cut > 20, "{cut} of {} valid of 200", long.len());
}
