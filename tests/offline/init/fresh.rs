//! A repository without a setup.
#![expect(clippy::disallowed_methods, reason = "examples are files")]

use std::path::Path;

use super::repository::{ANSWERS, COMMIT, InitRepository};
use crate::support::job::git;

fn example(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// The output with the program's version, as a snapshot shows it.
fn shown(output: &str) -> String {
    output.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn github_gets_policy_workflows_owners_and_a_config() {
    let repository = InitRepository::github();
    let output = repository.init_well(&ANSWERS);
    insta::assert_snapshot!("github", shown(&output));
    insta::assert_snapshot!("github_policy", repository.read(".provisioner.yaml"));
    insta::assert_snapshot!("github_owners", repository.read(".github/CODEOWNERS"));
    let config = "s3/configs/acme-dev-0001-eu-central-1-s3.yaml";
    insta::assert_snapshot!("s3_config", repository.read(config));
    assert_eq!(
        repository.read(".gitignore"),
        "# Logs and reports of provisioner.\n/s3/reports/\n"
    );
    let checked = repository.run(&["validate-config"]);
    assert_eq!(checked.status, 0, "{}{}", checked.stdout, checked.stderr);
    // The folder of logs is ignored already.
    assert!(!checked.stderr.contains(".gitignore"), "{}", checked.stderr);
}

/// Nothing is set before what it needs: a new resource group takes the mode of the project, and GitLab blocks merge requests without a
/// pipeline once it requires one.
fn assert_gitlab_order(text: &str) {
    let steps = [
        "push_access_level=0",
        "PROVISIONER_APPLY_TOKEN",
        "resource_group_default_process_mode=oldest_first",
        "provisioner roles --forge gitlab",
        "only_allow_merge_if_pipeline_succeeds=true",
    ];
    let places: Vec<_> = steps.iter().map(|step| text.find(step).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn gitlab_gets_the_component_with_the_product_ml() {
    let repository = InitRepository::gitlab();
    let output = repository.init_well(&[
        "--product",
        "ml",
        "--environment",
        "dev=123456789012",
        "--environment",
        "prod=210987654321",
        "--region",
        "us-west-2",
        "--code-owner",
        "@ann",
        "--prefix",
        "globalbank",
    ]);
    insta::assert_snapshot!("gitlab", shown(&output));
    for text in [output, example("../docs/gitlab.md")] {
        assert_gitlab_order(&text);
    }
    insta::assert_snapshot!("gitlab_policy", repository.read(".provisioner.yaml"));
    assert!(
        repository
            .read(".gitlab/CODEOWNERS")
            .contains("/.gitlab-ci.yml @ann\n")
    );
    let checked = repository.run(&["validate-config", "--no-log"]);
    assert_eq!(checked.status, 0, "{}{}", checked.stdout, checked.stderr);
}

/// The roles of each account, as a step prints them.
#[test]
fn roles_are_printed_for_each_account() {
    for product in ["s3", "ml"] {
        let repository = InitRepository::github();
        let answers = [
            "--product",
            product,
            "--environment",
            "dev=123456789012",
            "--environment",
            "prod=210987654321",
            "--region",
            "us-west-2",
            "--code-owner",
            "@ann",
        ];
        repository.init_well(&answers);
        for (account, environment, other) in [
            ("123456789012", "dev", "210987654321"),
            ("210987654321", "prod", "123456789012"),
        ] {
            let roles = [
                "roles",
                "--repository",
                "acme@1/infra@2",
                "--account",
                account,
                "--environment",
                environment,
            ];
            let output = repository.run(&roles);
            assert_eq!(output.status, 0, "{}", output.stderr);
            assert!(
                output
                    .stdout
                    .contains(&format!("provisioner-apply-{environment}"))
            );
            assert!(!output.stdout.contains(other));
        }
    }
}

/// People copy the examples. They are what `init` writes for the example's answers.
#[test]
fn examples_equal_what_init_writes() {
    let environments = [
        "--environment",
        "dev=123456789012",
        "--environment",
        "prod=123456789012",
    ];
    let answers = [&ANSWERS[..2], &ANSWERS[4..], &environments].concat();
    let repository = InitRepository::github();
    repository.init_well(&answers);
    for name in ["check", "command", "drift", "provision"] {
        let written = repository.read(&format!(".github/workflows/provisioner-{name}.yml"));
        assert_eq!(written, example(&format!("workflows/{name}.yml")));
    }
    let repository = InitRepository::gitlab();
    repository.init_well(&answers);
    assert_eq!(
        repository.read(".gitlab-ci.yml"),
        example("gitlab/gitlab-ci.yml")
    );
}

/// The page on the roles shows a part of the policy and the commands that `init` writes and prints.
#[test]
fn page_on_roles_shows_what_init_writes() {
    let page = example("../docs/roles.md");
    let section = page.split("\n## ").nth(1).unwrap();
    let lines: Vec<&str> = section.lines().map(str::trim_start).collect();
    let begins = |words: &str| {
        let mut found = lines.iter().filter(|line| line.starts_with(words));
        let line = found.next();
        *line.unwrap_or_else(|| panic!("{words}"))
    };
    let repository = InitRepository::github();
    let command: Vec<&str> = begins("provisioner init").split(' ').skip(2).collect();
    let printed = repository.init_well(&command);
    let policy = repository.read(".provisioner.yaml");
    let policy: Vec<&str> = policy.lines().map(str::trim_start).collect();
    let blocks = section.split("```");
    let yaml = blocks
        .filter_map(|block| block.strip_prefix("yaml\n"))
        .next();
    for line in yaml.unwrap().trim_end().lines() {
        let line = line.split(" #").next().unwrap().trim_start();
        assert!(policy.contains(&line), "{line}\n{policy:#?}");
    }
    for words in ["repository=", "provisioner roles --repository"] {
        assert!(printed.contains(begins(words)), "{words}\n{printed}");
    }
    let deployment = [
        begins("aws cloudformation").trim_end_matches('\\'),
        begins("--capabilities"),
    ];
    assert!(printed.contains(&deployment.concat()), "{printed}");
}

#[test]
fn every_answer_reaches_its_place() {
    let release = format!("octo/provisioner@{COMMIT}");
    let repository = InitRepository::new("https://git.example/team/stacks.git");
    let digest = "b".repeat(64);
    let image = format!("registry.git.example/octo/ci@sha256:{digest}");
    let shared = [
        "--default-branch",
        "trunk",
        "--configs",
        "infra/configs",
        "--release",
        &release,
    ];
    let gitlab = ["--forge", "gitlab", "--image", &image, "--check-user", "77"];
    let output = repository.init_well(&[&ANSWERS[..], &shared, &gitlab].concat());
    let pipeline = repository.read(".gitlab-ci.yml");
    for line in [
        format!("  - component: $CI_SERVER_FQDN/octo/provisioner/provisioner@{COMMIT}"),
        format!("      image: {image}"),
        "      environments: [dev]".to_owned(),
        "      server: https://git.example".to_owned(),
        "      check-user: \"77\"".to_owned(),
    ] {
        assert!(
            pipeline.lines().any(|known| known == line),
            "{line}\n{pipeline}"
        );
    }
    assert!(
        output.contains("--issuer git.example --default-branch trunk"),
        "{output}"
    );
    assert!(!output.contains("Fill in"), "{output}");
    assert!(
        repository
            .files()
            .contains(&"infra/configs/acme-dev-0001-eu-central-1-s3.yaml".to_owned())
            || repository
                .files()
                .contains(&"infra/configs/team-dev-0001-eu-central-1-s3.yaml".to_owned())
    );
    assert!(repository.read(".gitignore").contains("/infra/reports/"));

    let repository = InitRepository::new("https://ghe.example/team/stacks.git");
    let output = repository.init_well(&[&ANSWERS[..], &shared, &["--forge", "github"]].concat());
    assert!(output.contains("export GH_HOST=ghe.example"), "{output}");
    assert!(
        output.contains("--issuer ghe.example/_services/token"),
        "{output}"
    );
    let provision = repository.read(".github/workflows/provisioner-provision.yml");
    assert!(provision.contains("    branches: [trunk]\n"));
    let version = env!("CARGO_PKG_VERSION");
    let pin = format!("uses: octo/provisioner@{COMMIT} # v{version}\n");
    assert_eq!(provision.matches(&pin).count(), 3);
    assert!(!provision.contains("000000"));
}

#[test]
fn a_product_of_your_own_gives_the_first_config() {
    let repository = InitRepository::github();
    let created = repository.run(&["new-product", "queue"]);
    assert_eq!(created.status, 0, "{}", created.stderr);
    let answers = ["--product", "queue"];
    let shown = repository.init_well(&[&answers, &ANSWERS[2..]].concat());
    // The product is merged before its first config.
    let added = shown.lines().find(|line| line.contains("git add -- "));
    let added = added.unwrap_or_default().split(' ');
    assert!(
        added
            .clone()
            .any(|path| path == ".provisioner/products/queue/"),
        "{shown}"
    );
    let policy = repository.read(".provisioner.yaml");
    assert!(
        policy.contains("configs: [\"queue/configs/*.yaml\"]"),
        "{policy}"
    );
    assert!(policy.contains("  products: [queue]\n"), "{policy}");
    let roles = repository.run(&["roles", "--repository", "acme@1/infra@2"]);
    assert!(roles.stdout.contains("sqs:CreateQueue"), "{}", roles.stderr);
    let checked = repository.run(&["validate-config", "--no-log"]);
    assert_eq!(checked.status, 0, "{}{}", checked.stdout, checked.stderr);
}

/// Names that follow no rule give no scope. The roles then list the configs, and the steps say so.
#[test]
fn a_product_with_free_names_gets_no_scope() {
    let repository = InitRepository::github();
    let created = repository.run(&["new-product", "queue"]);
    assert_eq!(created.status, 0, "{}", created.stderr);
    let path = ".provisioner/products/queue/product.yaml";
    let manifest = repository.read(path);
    let free = manifest.replace("config: client.company_prefix", "config: queue.purpose");
    assert_ne!(free, manifest, "{manifest}");
    repository.write(path, free);
    let shown = repository.init_well(&[&["--product", "queue"], &ANSWERS[2..]].concat());
    assert!(!repository.read(".provisioner.yaml").contains("scope:"));
    assert!(shown.contains("so the roles list the configs"), "{shown}");
}

#[test]
fn an_environment_that_is_given_twice_has_both_accounts() {
    let repository = InitRepository::github();
    let twice = [
        "--environment",
        "dev=123456789012",
        "--environment",
        "dev=210987654321,123456789012",
    ];
    repository.init_well(&[&ANSWERS[..2], &ANSWERS[4..], &twice].concat());
    let policy = repository.read(".provisioner.yaml");
    let line = "    accounts: [\"123456789012\", \"210987654321\"]\n";
    assert!(policy.contains(line), "{policy}");
}

#[test]
fn every_missing_answer_names_its_flag() {
    let repository = InitRepository::new("");
    let output = repository.init(&["--region", "nowhere"]);
    assert_eq!(output.status, 2);
    insta::assert_snapshot!("missing_answers", output.stderr);
    repository.assert_empty();
}

#[test]
fn an_unknown_forge_is_an_error() {
    let repository = InitRepository::github();
    let output = repository.init(&[&ANSWERS[..], &["--forge", "bitbucket"]].concat());
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("error: unknown forge: `bitbucket`"),
        "{}",
        output.stderr
    );
    repository.assert_empty();
    let repository = InitRepository::new("git@code.example:acme/infra.git");
    let output = repository.init(&ANSWERS);
    assert!(
        output.stderr.contains("pass `--forge github`"),
        "{}",
        output.stderr
    );
    repository.assert_empty();
}

#[test]
fn outside_of_a_repository_nothing_is_written() {
    let folder = tempfile::TempDir::new().unwrap();
    let output = crate::support::job::run_in(folder.path(), &[&["init"], &ANSWERS[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not in a git repository"));
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// In a folder of the repository, too, the files go to its root.
#[test]
fn files_go_to_the_root_of_the_repository() {
    let repository = InitRepository::github();
    repository.write("deep/er/README.md", "x\n");
    let folder = repository.path("deep/er");
    let output = crate::support::job::run_in(&folder, &[&["init"], &ANSWERS[..]].concat());
    assert!(output.status.success(), "{output:?}");
    assert!(repository.path(".provisioner.yaml").exists());
    git(repository.root(), &["add", "--all"]);
}

/// The printed commands for `git` work, from an empty repository to the branch with the first config. Only `gh` is a stand-in.
#[test]
fn printed_commands_lead_from_an_empty_repository_to_the_first_config() {
    let server = tempfile::TempDir::new().unwrap();
    git(
        server.path(),
        &["init", "--quiet", "--bare", "--initial-branch=main"],
    );
    let folder = tempfile::TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let address = server.path().to_str().unwrap();
    git(folder.path(), &["remote", "add", "origin", address]);
    let given = ["--forge", "github", "--repository", "acme/infra"];
    let arguments = [&["init"], &ANSWERS[..], &given].concat();
    let output = crate::support::job::run_in(folder.path(), &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let commands = text
        .lines()
        .filter_map(|line| line.strip_prefix("     git "));
    let commands: Vec<String> = commands.map(|line| format!("git {line}")).collect();
    // A merge takes the place of the pull request.
    let merge = "git push --quiet origin provisioner-setup:main";
    let script = commands
        .join("\n")
        .replace("git fetch origin", &format!("{merge}\ngit fetch origin"));
    let people = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b.example";
    let ran = std::process::Command::new("sh")
        .args(["-c", &format!("set -e\n{people}\n{script}")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{script}\n{ran:?}");
    let files = std::process::Command::new("git")
        .args(["ls-tree", "-r", "--name-only", "first-stack"])
        .current_dir(server.path())
        .output()
        .unwrap();
    let files = String::from_utf8(files.stdout).unwrap();
    assert!(
        files.contains("s3/configs/acme-dev-0001-eu-central-1-s3.yaml\n"),
        "{files}"
    );
    assert_eq!(files.lines().count(), 11, "{files}");
}

/// An Enterprise Server starts no workflow that has a key it does not know, and has no hosted runners.
#[test]
fn workflows_for_an_enterprise_server_have_nothing_that_it_lacks() {
    let init = |remote: &str| {
        let repository = InitRepository::new(remote);
        let output = repository.init_well(&[&ANSWERS[..], &["--forge", "github"]].concat());
        let files = repository.files().into_iter();
        let files = files.filter(|file| file.starts_with(".github/workflows/"));
        let texts: Vec<String> = files.map(|file| repository.read(&file)).collect();
        assert_eq!(texts.len(), 5);
        let has_pages = texts.concat().contains("actions/upload-pages-artifact@");
        assert_eq!(has_pages, remote.contains("ghe.com"));
        (output, texts)
    };
    let github_only = [
        "queue:",
        "deployment:",
        "attestations:",
        "actions/attest@",
        "sign the evidence",
        "overwrite:",
        "upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
        "ubuntu-latest",
    ];
    let (output, cloud) = init("https://acme.ghe.com/team/stacks.git");
    let all = cloud.concat();
    for words in github_only {
        assert!(all.contains(words), "{words}");
    }
    assert!(output.contains("\"integration_id\":15368"), "{output}");
    let (output, server) = init("https://ghe.example/team/stacks.git");
    for (text, of_cloud) in server.iter().zip(&cloud) {
        for words in github_only {
            let mut lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'));
            let found = lines.find(|line| line.contains(words));
            assert_eq!(found, None, "{words}");
        }
        let [own, cloud] =
            [text, of_cloud].map(|text| serde_yaml::from_str::<serde_json::Value>(text).unwrap());
        let names = |workflow: &serde_json::Value| -> Vec<String> {
            workflow["jobs"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        assert_eq!(names(&own), names(&cloud));
        assert_eq!(own["on"], cloud["on"]);
    }
    // Ids are no part of its tokens, and its app of Actions has an id of its own.
    assert!(!output.contains(".owner.id"), "{output}");
    assert!(output.contains("repository=team/stacks"), "{output}");
    assert!(
        output.contains("gh api apps/github-actions --jq .id"),
        "{output}"
    );
    assert!(output.contains("\"integration_id\":%s"), "{output}");
}
