//! Whatever an existing policy says and whatever the answers are: the patch only adds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioner::diagnostic::Diagnostic;
use provisioner::guard::{POLICY_FILE, Policy, PolicyChange, read_policy};
use provisioner::init::{
    Answers, ExistingFiles, Question, add_earlier, default_answer, earlier_answers, plan,
};
use provisioner::model::{FileContents, RepoPath};
use provisioner::product::Registry;

use super::property::{environments, facts, givens};

const ROLE: &str = "arn:aws:iam::{account_id}:role/ci-{environment}";

/// One of these texts.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// An entry of `environments`, in braces or on lines.
fn environment() -> impl Strategy<Value = (String, bool)> {
    let rules = one_of(&[
        "approvals: 2",
        "deletes: never",
        "updates: in-place",
        "approvers: [\"@alice\", '@acme/ops']",
        "accounts: ['000000000000']",
        "accounts: [\"123456789012\", '210987654321']",
        "roles: {plan: 'arn:aws:iam::{account_id}:role/p'}",
        "roles: {plan: '{ROLE}'}",
        "roles: {plan: '{ROLE}', apply: '{ROLE}'}",
    ]);
    (prop::collection::vec(rules, 0..4), any::<bool>()).prop_map(|(rules, is_flow)| {
        let mut seen = BTreeSet::new();
        let rules = rules.into_iter();
        let rules = rules.filter(|rule| seen.insert(rule.split(':').next().map(str::to_owned)));
        let rules: Vec<String> = rules.map(|rule| rule.replace("{ROLE}", ROLE)).collect();
        match is_flow || rules.is_empty() {
            true => (format!("{{{}}}", rules.join(", ")), true),
            false => (
                rules
                    .iter()
                    .map(|rule| format!("\n    {rule} # why"))
                    .collect(),
                false,
            ),
        }
    })
}

fn policy() -> impl Strategy<Value = String> {
    let configs = one_of(&[
        "",
        "configs: [a/*.yaml] # mine\n",
        "configs:\n- '**/*.yaml'\n# - more\n",
        "configs: [\n  s3/configs/*.yaml,\n]\n",
    ]);
    let accounts = one_of(&[
        "",
        "accounts: []\n",
        "accounts: [\"123456789012\"]\n",
        "accounts:\n  - \"123456789012\" # main\n  - '000000000000'\n",
    ]);
    let scope = one_of(&[
        "",
        "scope: {products: [s3], regions: [us-west-2], names: {}}\n",
        "scope:\n  products:\n    - ml\n  regions: [us-west-2, eu-central-1]\n  names:\n    client.company_prefix: [acme]\n  boundary: mine\n",
        "scope:\n  products: [s3] # only\n  regions: [us-west-2]\n  names: {client.company_prefix: [acme]}\n",
    ]);
    let others = one_of(&[
        "",
        "defaults: {approvals: 3, updates: never}\n",
        "permissions_boundary: mine\nbots: {'7': '@ann#1'}\n",
        "values: {show: [s3.tags.Team]}\n",
    ]);
    let names = prop::sample::subsequence(vec!["dev", "test", "prod"], 0..3);
    let all = prop::collection::vec(environment(), 3);
    let environments = (names, all).prop_map(|(names, all)| {
        let lines = names.iter().zip(&all);
        let lines: String = lines
            .map(|(name, (rules, is_flow))| {
                let space = if *is_flow { " " } else { "" };
                format!("  {name}:{space}{rules}\n  # after {name}\n")
            })
            .collect();
        match names.is_empty() {
            true => String::new(),
            false => format!("environments:\n{lines}"),
        }
    });
    let parts = [
        configs.boxed(),
        accounts.boxed(),
        environments.boxed(),
        scope.boxed(),
        others.boxed(),
    ];
    Vec::from(parts)
        .prop_shuffle()
        .prop_map(|parts| format!("# Ours.\nversion: 1\n{}", parts.concat()))
}

/// Lists that may be longer afterwards: they name what a new environment or product needs.
fn is_list(key: &str) -> bool {
    ["configs", "accounts", "scope.products", "scope.regions"].contains(&key)
        || key.starts_with("scope.names.")
}

/// The accounts that the ARNs of an environment's roles name.
fn accounts_of_roles(policy: &Policy, name: &str) -> Vec<String> {
    let roles = &policy.environments[name].roles;
    let roles = [&roles.plan, &roles.apply].into_iter().flatten();
    let accounts = roles.map(|role| role.split(':').nth(4).unwrap().to_owned());
    accounts
        .filter(|account| account.parse::<u64>().is_ok())
        .collect()
}

fn items(json: Option<&String>) -> BTreeSet<String> {
    json.map(|json| serde_json::from_str(json).unwrap())
        .unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn attack_a_patch_of_the_policy_only_adds(
        text in policy(),
        product in prop::option::of("(s3|ml)"),
        folder in prop::option::of("[a-z]{1,3}(/configs)?"),
        environments in prop::option::of(environments()),
        region in prop::option::of("(eu-central-1|us-west-2)"),
        prefix in prop::option::of("(acme|globex)"),
        is_selected in any::<bool>(),
    ) {
        let path = RepoPath::typed(POLICY_FILE);
        let policy = read_policy(&path, Some(text.as_bytes()));
        // An environment may list an account that `accounts` lacks.
        let is_void = |problem: &Diagnostic| problem.message.starts_with("`accounts` lacks account");
        prop_assume!(!policy.as_ref().is_err_and(|problems| problems.iter().all(is_void)));
        prop_assert!(policy.is_ok(), "{policy:?}\n{text}");
        let policy = policy.unwrap();
        let texts = [
            (Question::Forge, Some("github".to_owned())),
            (Question::Repository, Some("acme/infra".to_owned())),
            (Question::Owners, Some("@ann".to_owned())),
            (Question::Product, product),
            (Question::Folder, folder),
            (Question::Environments, environments),
            (Question::Region, region),
            (Question::Prefix, prefix),
        ];
        let texts: Vec<(Question, String)> = texts
            .into_iter()
            .filter_map(|(question, text)| Some((question, text?)))
            .collect();
        let mut givens = givens(&texts);
        let asks_nothing = !texts.iter().any(|(question, _)| *question > Question::Branch && *question < Question::Owners);
        let mut existing = ExistingFiles::default();
        existing.0.insert(POLICY_FILE.to_owned(), text.clone());
        if add_earlier(&mut givens, earlier_answers(&existing, Some(&policy)), Some(&policy)).is_err() {
            return Ok(());
        }
        for question in [Question::Server, Question::Branch, Question::Folder] {
            if let Some(given) = default_answer(question, &givens) {
                givens.entry(question).or_insert(given);
            }
        }
        let Ok(answers) = Answers::parse(&givens) else { return Ok(()) };
        let mut facts = facts(true);
        facts.is_selected = is_selected;
        let planned = plan(&answers, &existing, Some(&policy), &Registry::built_in(), &facts);
        prop_assert!(planned.is_ok(), "{planned:?}\n{text}");
        let planned = planned.unwrap();
        let after = &planned.files.iter().find(|file| file.path == POLICY_FILE).unwrap().text;
        prop_assert!(!asks_nothing || *after == text, "{after}");
        // Comments stay, too: each former line is there, or is continued.
        let is_inner = |line: &&str| line.contains("scope: {") || line.contains("{accounts: [") || line.contains(", accounts: [");
        for line in text.lines().filter(|line| !is_inner(line)) {
            let (head, comment) = line.split_at(line.find(" #").unwrap_or(line.len()));
            let head = head.trim_end_matches([']', '}']);
            let has = after.lines().any(|new| new.starts_with(head) && new.ends_with(comment));
            prop_assert!(has, "{line}\n{after}");
        }
        let contents = |text: &str| FileContents::Regular(text.as_bytes().to_vec());
        let change = PolicyChange::new(&path, Some(&contents(&text)), Some(&contents(after)), &[]);
        let Some(change) = change else { return Ok(()) };
        prop_assert!(change.was_valid && change.problems.is_empty(), "{:?}\n{after}", change.problems);
        let new = read_policy(&path, Some(after.as_bytes())).unwrap();
        let is_asked = |name: &str, account: &str| {
            answers.environments.iter().any(|one| one.name == name && one.accounts.iter().any(|own| own == account))
        };
        for name in policy.environments.keys() {
            for account in new.accounts.iter().chain(&policy.accounts) {
                let (was, is) = (policy.allows_account(name, account), new.allows_account(name, account));
                prop_assert!(was || !is || is_asked(name, account), "{name} {account}\n{after}");
                // An environment whose role names another account had no stack here.
                let is_elsewhere = || !accounts_of_roles(&policy, name).iter().all(|own| own == account);
                prop_assert!(is || !was || is_elsewhere(), "{name} {account}\n{after}");
            }
        }
        for changed in &change.keys {
            let key = changed.key.as_str();
            let is_own_list = |name: &String| key == format!("environments.{name}.accounts");
            if policy.environments.keys().any(is_own_list) {
                continue;
            }
            if is_list(key) {
                let (before, after) = (items(changed.before.as_ref()), items(changed.after.as_ref()));
                prop_assert!(!before.is_empty() && before.is_subset(&after), "{changed:?}");
                continue;
            }
            prop_assert!(changed.before.is_none(), "{changed:?}\n{after}");
            let is_of_old = policy.environments.keys().any(|name| format!("{key}.").starts_with(&format!("environments.{name}.")));
            prop_assert!(!is_of_old, "{changed:?}\n{after}");
            let is_new = key.starts_with("environments.");
            prop_assert!(is_new || key == "scope.boundary" && !changed.allows_more, "{changed:?}\n{after}");
        }
    }
}
