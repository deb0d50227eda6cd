//! What starts the pipelines, what runs in them, and what the roles of build, deployment and jobs may do.

use std::collections::{BTreeMap, BTreeSet};

use provisioner::config::Config;
use provisioner::template::Document;
use serde_json::{Value, json};

use super::{BASE, HEAD, loaded, valid};

const CODECOMMIT: &str = "  source_control: codecommit\n";
const S3: &str = "  source_control: s3\n  s3_prefix: acme-source/churn\n";

fn config(source: &str) -> Config {
    let kind = if source == S3 { "s3" } else { "codecommit" };
    let text = format!(
        "{HEAD}ml_product:\n  tier: professional\n  use_case: demand-forecasting\n{source}"
    );
    let name = format!("{BASE}-demand-forecasting-ml-{kind}");
    valid(&name, &text)
}

/// The properties of a template's resources, by logical id.
fn resources(config: &Config) -> BTreeMap<String, Value> {
    let text = config.product.render_template(&config.derived.scope);
    let document = Document::parse(&config.path, &text.unwrap()).unwrap();
    let bodies = document.resources().map(|resource| {
        let body = resource.body();
        (resource.logical_id.to_owned(), body["Properties"].clone())
    });
    bodies.collect()
}

fn list(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Statements of a role that allow an action.
fn allowing<'a>(role: &'a Value, action: &str) -> Vec<&'a Value> {
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap();
    let allows = |statement: &&Value| {
        statement["Effect"] == "Allow" && list(&statement["Action"]).contains(&action)
    };
    statements.iter().filter(allows).collect()
}

/// The actions that a role of the stack has.
pub fn actions_of(role: &str) -> BTreeSet<String> {
    let resources = resources(&config(CODECOMMIT));
    let statements = resources[role]["Policies"][0]["PolicyDocument"]["Statement"].as_array();
    let allowing = statements
        .into_iter()
        .flatten()
        .filter(|statement| statement["Effect"] == "Allow");
    let actions = allowing.flat_map(|statement| list(&statement["Action"]));
    actions.map(str::to_owned).collect()
}

/// The variables of a project with a VPC and a key.
pub fn variables_of_enterprise() -> BTreeSet<String> {
    let network = "  vpc_mode: standalone\n  vpc_source: ssm\n";
    let text = format!("{HEAD}ml_product:\n  use_case: churn\n{CODECOMMIT}{network}");
    let name = format!("{BASE}-churn-ml-codecommit-standalone-ssm");
    let config = loaded(&name, &text, None).config.unwrap();
    let project = &resources(&config)["BuildProject"];
    let variables = project["Environment"]["EnvironmentVariables"].as_array();
    let names = variables.into_iter().flatten();
    names
        .map(|variable| variable["Name"].as_str().unwrap().to_owned())
        .collect()
}

/// The value that a pipeline's second stage needs to run, and whether the stage is skipped without it.
fn gate(pipeline: &Value) -> (&Value, &Value) {
    let stage = &pipeline["Stages"][1]["BeforeEntry"]["Conditions"][0];
    (&stage["Result"], &stage["Rules"][0]["Configuration"])
}

#[test]
fn job_prefix_survives_the_names_that_sdks_cut() {
    let config = config(CODECOMMIT);
    let names = &config.derived.names;
    assert_eq!(names["made"], "acme-prod-05997844");
    let resources = resources(&config);
    for project in ["BuildProject", "DeployProject"] {
        let variables = &resources[project]["Environment"]["EnvironmentVariables"];
        let wanted = json!({"Name": "NAME_PREFIX", "Value": names["made"]});
        assert!(
            variables.as_array().unwrap().contains(&wanted),
            "{variables}"
        );
    }
    let training = allowing(&resources["CodeBuildRole"], "sagemaker:CreateTrainingJob");
    let wanted = format!(
        "arn:aws:sagemaker:us-east-1:123456789012:*/{}-*",
        names["made"]
    );
    assert!(list(&training[0]["Resource"]).contains(&&*wanted));
}

#[test]
fn use_cases_and_tests_have_prefixes_of_their_own() {
    let first = config(CODECOMMIT);
    let test = first.with_name_suffix("-t0a1b2c").unwrap();
    let other = HEAD.to_owned() + "ml_product:\n  use_case: demand-forecast\n" + CODECOMMIT;
    let other = valid(&format!("{BASE}-demand-forecast-ml-codecommit"), &other);
    let prefixes = [&first, &test, &other].map(|config| config.derived.names["made"].clone());
    let start = "acme-prod-";
    assert!(prefixes.iter().all(|prefix| prefix.starts_with(start)));
    assert!(prefixes[0] != prefixes[1] && prefixes[0] != prefixes[2] && prefixes[1] != prefixes[2]);
}

#[test]
fn nothing_runs_when_a_pipeline_is_created() {
    for (source, pipelines) in [
        // The new repository of the build is empty.
        (CODECOMMIT, vec!["DeployPipeline"]),
        (S3, vec!["BuildPipeline", "DeployPipeline"]),
    ] {
        let resources = resources(&config(source));
        for pipeline in pipelines {
            let pipeline = &resources[pipeline];
            let variable = &pipeline["Variables"][0];
            assert_eq!(variable["DefaultValue"], "none");
            let name = variable["Name"].as_str().unwrap();
            let (result, rule) = gate(pipeline);
            assert_eq!(result, "SKIP");
            let wanted = json!({"Variable": format!("#{{variables.{name}}}"), "Operator": "NE", "Value": "none"});
            assert_eq!(rule, &wanted);
        }
    }
}

#[test]
fn a_test_runs_nothing_in_its_pipelines() {
    for source in [CODECOMMIT, S3] {
        let config = config(source);
        let test = config.with_name_suffix("-t0a1b2c").unwrap();
        let (real, test) = (resources(&config), resources(&test));
        for (pipeline, stage) in [("BuildPipeline", "Build"), ("DeployPipeline", "Deploy")] {
            let disabled = &test[pipeline]["DisableInboundStageTransitions"];
            assert_eq!(disabled[0]["StageName"], stage);
            assert_eq!(test[pipeline]["Stages"][1]["Name"], stage);
            assert_eq!(
                real[pipeline]["DisableInboundStageTransitions"],
                Value::Null
            );
        }
    }
}

/// AWS sends the recipient of a new subscription a mail.
#[test]
fn a_test_sends_no_mail() {
    let source = format!("{CODECOMMIT}  alerts_email: ml@example.com\n");
    let config = config(&source);
    let test = config.with_name_suffix("-t0a1b2c").unwrap();
    assert!(resources(&config).contains_key("AlertsSubscription"));
    assert!(!resources(&test).contains_key("AlertsSubscription"));
}

#[test]
fn the_approved_model_reaches_its_deployment() {
    let resources = resources(&config(CODECOMMIT));
    let target = &resources["ApprovedRule"]["Targets"][0];
    let paths = &target["InputTransformer"]["InputPathsMap"];
    assert_eq!(paths, &json!({"model": "$.detail.ModelPackageArn"}));
    let template = target["InputTransformer"]["InputTemplate"]
        .as_str()
        .unwrap();
    let input: Value = serde_json::from_str(template).unwrap();
    let variable = json!({"name": "ModelPackageArn", "value": "<model>"});
    assert_eq!(input, json!({"variables": [variable]}));
    let pipeline = &resources["DeployPipeline"];
    assert_eq!(pipeline["Variables"][0]["Name"], "ModelPackageArn");
    // With `SUPERSEDED`, the default, a second approval would take the place of the first.
    assert_eq!(pipeline["ExecutionMode"], "QUEUED");
    let build = &pipeline["Stages"][1]["Actions"][0]["Configuration"];
    let variables = build["EnvironmentVariables"].as_str().unwrap();
    let variables: Value = serde_json::from_str(variables).unwrap();
    assert_eq!(variables[0]["name"], "MODEL_PACKAGE_ARN");
    assert_eq!(variables[0]["value"], "#{variables.ModelPackageArn}");
}

/// SageMaker sends an event with the status `Approved` for each change of an approved model package.
#[test]
fn only_an_approval_starts_a_deployment() {
    let detail = &resources(&config(CODECOMMIT))["ApprovedRule"]["EventPattern"]["detail"];
    assert_eq!(detail["ModelApprovalStatus"], json!(["Approved"]));
    let approval = json!({"UpdatedModelPackageFields": ["ModelApprovalStatus"]});
    let new_package = json!({"UpdatedModelPackageFields": [{"exists": false}]});
    assert_eq!(detail["$or"], json!([approval, new_package]));
}

#[test]
fn archives_start_the_build_by_event() {
    let resources = resources(&config(S3));
    for pipeline in ["BuildPipeline", "DeployPipeline"] {
        let source = &resources[pipeline]["Stages"][0]["Actions"][0]["Configuration"];
        assert_eq!(source["PollForSourceChanges"], "false");
    }
    let rule = &resources["SourceRule"];
    let detail =
        json!({"bucket": {"name": ["acme-source"]}, "object": {"key": ["churn/model-build.zip"]}});
    let pattern =
        json!({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail});
    assert_eq!(rule["EventPattern"], pattern);
    let target = &rule["Targets"][0];
    let template = target["InputTransformer"]["InputTemplate"]
        .as_str()
        .unwrap();
    let input: Value = serde_json::from_str(template).unwrap();
    assert_eq!(
        input["variables"][0]["name"],
        resources["BuildPipeline"]["Variables"][0]["Name"]
    );
    let starts = allowing(
        &resources["EventsRole"],
        "codepipeline:StartPipelineExecution",
    );
    assert_eq!(list(&starts[0]["Resource"]).len(), 2);
}

/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html#edit-role-s3source>
#[test]
fn archives_are_read_as_the_action_requires() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b";
    let encrypted = format!("{S3}  source_kms_key_arn: {key}\n");
    let text = format!("{HEAD}ml_product:\n  use_case: churn\n{encrypted}");
    let config = valid(&format!("{BASE}-churn-ml-s3"), &text);
    let role = &resources(&config)["CodePipelineRole"];
    for (actions, resource) in [
        (
            "GetObject GetObjectTagging GetObjectVersion GetObjectVersionTagging",
            "arn:aws:s3:::acme-source/churn/model-build.zip",
        ),
        (
            "GetBucketAcl GetBucketLocation GetBucketVersioning",
            "arn:aws:s3:::acme-source",
        ),
    ] {
        for action in actions.split(' ') {
            let allows = allowing(role, &format!("s3:{action}"));
            let reaches = |statement: &&Value| list(&statement["Resource"]).contains(&resource);
            assert!(allows.iter().any(reaches), "{action}");
        }
    }
    assert_eq!(allowing(role, "kms:Decrypt")[0]["Resource"], key);
}

#[test]
fn models_are_registered_as_pending_and_approved_by_no_role() {
    let resources = resources(&config(CODECOMMIT));
    let mut registering = Vec::new();
    for (id, role) in resources.iter().filter(|(id, _)| id.ends_with("Role")) {
        assert!(
            allowing(role, "sagemaker:UpdateModelPackage").is_empty(),
            "{id}"
        );
        for statement in allowing(role, "sagemaker:CreateModelPackage") {
            let pending =
                json!({"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}});
            assert_eq!(statement["Condition"], pending, "{id}");
            registering.push(id.as_str());
        }
    }
    assert_eq!(registering, ["CodeBuildRole", "SageMakerRole"]);
}

#[test]
fn build_and_deployment_have_roles_of_their_own() {
    let resources = resources(&config(CODECOMMIT));
    let (build, deploy) = (
        &resources["CodeBuildRole"],
        &resources["CodeBuildDeployRole"],
    );
    assert_eq!(
        build["RoleName"],
        "acme-prod-c001-demand-forecasting-codebuild-role"
    );
    assert_eq!(
        deploy["RoleName"],
        "acme-prod-c001-demand-forecasting-codebuild-deploy-role"
    );
    for (project, role) in [
        ("BuildProject", "CodeBuildRole"),
        ("DeployProject", "CodeBuildDeployRole"),
    ] {
        assert_eq!(
            resources[project]["ServiceRole"],
            json!({"Fn::GetAtt": [role, "Arn"]})
        );
    }
    // Action, and whether the build, the deployment and the jobs have it.
    for (action, wanted) in [
        ("CreateTrainingJob", [true, false, true]),
        ("CreateProcessingJob", [true, false, true]),
        ("CreateHyperParameterTuningJob", [true, false, true]),
        ("CreateTransformJob", [true, true, true]),
        ("CreatePipeline", [true, false, false]),
        ("StartPipelineExecution", [true, false, false]),
        ("CreateModel", [true, true, true]),
        ("CreateModelPackage", [true, false, true]),
        ("DescribeModelPackage", [true, true, true]),
        ("CreateEndpoint", [false, true, false]),
        ("CreateEndpointConfig", [false, true, false]),
        ("UpdateEndpoint", [false, true, false]),
        ("InvokeEndpoint", [true, true, false]),
        ("StopTrainingJob", [true, false, true]),
        ("StopTransformJob", [true, true, true]),
    ] {
        let roles = [build, deploy, &resources["SageMakerRole"]];
        let action = format!("sagemaker:{action}");
        let allowed = roles.map(|role| !allowing(role, &action).is_empty());
        assert_eq!(allowed, wanted, "{action}");
    }
    for role in [build, deploy] {
        let logs = allowing(role, "logs:GetLogEvents");
        let groups = list(&logs[0]["Resource"]);
        assert!(
            groups
                .iter()
                .all(|group| group.contains("acme-prod-05997844-*")),
            "{groups:?}"
        );
    }
}

/// The deployment's archive passes through the bucket that builds and jobs write to.
#[test]
fn attack_a_build_replaces_the_code_of_the_deployment() {
    let resources = resources(&config(CODECOMMIT));
    let output = &resources["DeployPipeline"]["Stages"][0]["Actions"][0]["OutputArtifacts"];
    assert_eq!(output, &json!([{"Name": "DeploySrc"}]));
    for role in ["CodeBuildRole", "SageMakerRole"] {
        let statements = &resources[role]["Policies"][0]["PolicyDocument"]["Statement"];
        let mut statements = statements.as_array().unwrap().iter();
        let denied = statements
            .find(|statement| statement["Effect"] == "Deny")
            .unwrap();
        assert_eq!(denied["Action"], "s3:PutObject");
        let bucket = json!({"Fn::GetAtt": ["ArtifactsBucket", "Arn"]});
        let place = json!({"Fn::Join": ["/", [bucket, "*", "DeploySrc", "*"]]});
        assert_eq!(denied["Resource"], place, "{role}");
    }
}

#[test]
fn steps_of_a_sagemaker_pipeline_run_in_the_role_of_the_jobs() {
    let resources = resources(&config(CODECOMMIT));
    let role = &resources["SageMakerRole"];
    let own =
        "arn:aws:iam::123456789012:role/acme-prod-c001-demand-forecasting-sagemaker-execution-role";
    let passes = allowing(role, "iam:PassRole");
    assert_eq!(passes[0]["Resource"], own);
    let to = json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}});
    assert_eq!(passes[0]["Condition"], to);
    let steps = list(&allowing(role, "sagemaker:CreateProcessingJob")[0]["Resource"]);
    for name in ["acme-prod-05997844-*", "pipelines-*"] {
        let job = format!("arn:aws:sagemaker:us-east-1:123456789012:*/{name}");
        assert!(steps.contains(&&*job), "{name}");
    }
}

/// CodePipeline starts a new pipeline, and that start fails at the source as long as nothing is pushed.
#[test]
fn the_failed_start_of_a_new_pipeline_sends_no_alert() {
    let alarm = &resources(&config(CODECOMMIT))["FailureAlarm"];
    let queries = alarm["Metrics"].as_array().unwrap();
    let expressions: Vec<_> = queries
        .iter()
        .filter_map(|query| Some((query["Id"].as_str()?, query["Expression"].as_str()?)))
        .collect();
    assert_eq!(
        expressions,
        [
            ("failed", "SUM([build, deploy, before])"),
            (
                "before",
                "IF(SUM([pushed, approved]) > 0, SUM([building, deploying]), 0)"
            ),
        ]
    );
    let counted: BTreeMap<_, _> = queries
        .iter()
        .filter(|query| query["MetricStat"].is_object())
        .map(|query| {
            let metric = &query["MetricStat"]["Metric"];
            (
                query["Id"].as_str().unwrap(),
                metric["MetricName"].as_str().unwrap(),
            )
        })
        .collect();
    for (ids, metric) in [
        (["build", "deploy"], "FailedBuilds"),
        (["pushed", "approved"], "TriggeredRules"),
        (["building", "deploying"], "FailedPipelineExecutions"),
    ] {
        assert!(ids.iter().all(|id| counted[id] == metric), "{counted:?}");
    }
}
