//! Whatever the answers are: an error, or files that parse and a policy that loads.

use proptest::prelude::*;
use provisioner::guard::read_policy;
use provisioner::init::{
    Answers, ExistingFiles, FileState, Given, Givens, Origin, PlanError, Question, RepositoryFacts,
    default_answer, earlier_answers, plan,
};
use provisioner::model::RepoPath;
use provisioner::product::Registry;
use serde_json::Value;

pub fn givens(texts: &[(Question, String)]) -> Givens {
    let origin = Origin::Person;
    let pairs = texts.iter().map(|(question, text)| {
        let (text, origin) = (text.clone(), origin.clone());
        (*question, Given { text, origin })
    });
    pairs.collect()
}

pub fn facts(has_configs: bool) -> RepositoryFacts {
    let configs = has_configs.then(|| "s3/configs/own.yaml".to_owned());
    RepositoryFacts {
        configs: configs.into_iter().collect(),
        ..RepositoryFacts::default()
    }
}

/// The plan's files, read as what they are.
fn check(givens: &Givens, has_configs: bool) -> Result<(), TestCaseError> {
    let Ok(answers) = Answers::parse(givens) else {
        return Ok(());
    };
    let registry = Registry::built_in();
    let none = ExistingFiles::default();
    let planned = match plan(&answers, &none, None, &registry, &facts(has_configs)) {
        Ok(planned) => planned,
        Err(PlanError::Answer(problem)) => {
            prop_assert!(!problem.help.is_empty());
            return Ok(());
        }
        Err(PlanError::Invalid(problems)) => {
            prop_assert!(!problems.is_empty());
            return Ok(());
        }
    };
    let names: Vec<&str> = answers.environments.iter().map(|one| &*one.name).collect();
    let mut existing = ExistingFiles::default();
    for file in &planned.files {
        prop_assert_eq!(file.state(), FileState::New);
        prop_assert!(RepoPath::parse(&file.path).is_ok());
        existing.0.insert(file.path.clone(), file.text.clone());
        if file.path.ends_with(".yml") || file.path.ends_with(".yaml") {
            let value = serde_yaml::from_str::<Value>(&file.text);
            prop_assert!(value.is_ok(), "{}: {:?}\n{}", file.path, value, file.text);
            let value = value.unwrap_or_default();
            let branches = &value["on"]["push"]["branches"];
            prop_assert!(branches.is_null() || *branches == serde_json::json!([answers.branch]));
            let inputs = &value["include"][0]["inputs"]["environments"];
            prop_assert!(inputs.is_null() || *inputs == serde_json::json!(names));
        }
    }
    let path = RepoPath::typed(".provisioner.yaml");
    let policy = read_policy(
        &path,
        Some(existing.policy().unwrap_or_default().as_bytes()),
    );
    prop_assert!(policy.is_ok(), "{policy:?}");
    let Ok(policy) = policy else { return Ok(()) };
    let known: Vec<&str> = policy.environments.keys().map(String::as_str).collect();
    prop_assert_eq!(&known, &names);
    // A second run reads the same answers, and plans the same files.
    let mut later = earlier_answers(&existing, Some(&policy));
    for question in [Question::Server, Question::Repository, Question::Branch] {
        later
            .entry(question)
            .or_insert_with(|| givens[&question].clone());
    }
    let later = Answers::parse(&later);
    prop_assert!(later.is_ok(), "{later:?}");
    let Ok(later) = later else { return Ok(()) };
    let again = plan(&later, &existing, Some(&policy), &registry, &facts(true));
    let Ok(again) = again else {
        return Err(TestCaseError::fail(format!("{again:?}")));
    };
    for file in &again.files {
        let state = file.state();
        prop_assert_eq!(state, FileState::Unchanged, "{}\n{}", file.path, file.text);
    }
    Ok(())
}

/// A word that fits, a word of YAML, or anything.
fn text(pattern: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        8 => pattern,
        1 => prop_oneof![Just("null"), Just("on"), Just("true"), Just("1e3"), Just("0x1")].prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

pub fn environments() -> impl Strategy<Value = String> {
    let name = prop_oneof![4 => "(dev|test|staging|prod)", 1 => "(null|on|y|[a-z][a-z0-9-]{0,8})"];
    let one = (name, prop::collection::vec("[0-9]{12}", 1..3));
    let one = one.prop_map(|(name, accounts)| format!("{name}={}", accounts.join(",")));
    prop::collection::vec(one, 1..4).prop_map(|all| all.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn answers_give_an_error_or_files_that_load(
        forge in "(github|gitlab)",
        repository in text("[A-Za-z][a-z0-9._-]{0,8}/[a-z_][a-z0-9._-]{0,8}"),
        branch in text("[a-z][a-z0-9._/-]{0,12}"),
        product in "(s3|ml|s4)",
        folder in text("[a-z][a-z0-9_-]{0,6}(/configs)?"),
        environments in environments(),
        region in "(eu-central-1|us-gov-west-1|cn-north-1|us-east-1)",
        prefix in text("[a-z][a-z0-9]{0,8}"),
        owners in text("@[a-z]{1,5}( @[a-z]{1,5}/[a-z]{1,5})?"),
        has_configs in any::<bool>(),
    ) {
        let mut givens = givens(&[
            (Question::Forge, forge),
            (Question::Repository, repository),
            (Question::Branch, branch),
            (Question::Product, product),
            (Question::Folder, folder),
            (Question::Environments, environments),
            (Question::Region, region),
            (Question::Prefix, prefix),
            (Question::Owners, owners),
        ]);
        if let Some(server) = default_answer(Question::Server, &givens) {
            givens.insert(Question::Server, server);
        }
        check(&givens, has_configs)?;
    }
}
