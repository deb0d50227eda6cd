//! External descriptions: GitHub's published OpenAPI description, its example payloads, and an independent emulator.

use provisioner::ci::CiEvent;
use provisioner::ci::github::parse_event;
use provisioner::forge::github::{Access, GitHub};
use provisioner::forge::{
    Comments as _, FileAt, PullRequests as _, Source as _, Upsert, Users as _,
};
use provisioner::model::{CommitSha, FileContents, RepoPath, UserId};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::check::Scene;
use crate::support::emulate::Emulate;
use crate::support::http::Client;
use crate::support::job::{config, path};
use crate::support::prism::Prism;
use crate::support::testbed;

/// A validating proxy checks every request of the flow and every answer of the fake.
#[test]
fn check_requests_match_the_github_openapi() {
    let scene = Scene::new();
    let pull = scene.changed();
    let prism = Prism::in_front_of(&scene.github.api_url());
    let job = scene.job(&pull).with("GITHUB_API_URL", &prism.url());
    // The description has `/contents/{path}` with one segment, which the proxy cannot match to a path with slashes: contents
    // come from the checkout here.
    scene.repo.clone_into(job.folder.path());
    let workspace = job.folder.path().display().to_string();
    let job = job.with("GITHUB_WORKSPACE", &workspace);
    let run = job.run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, prism.log());
    scene
        .repo
        .commit("feature")
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: development\n"),
        )
        .push();
    scene.repo.clone_into(job.folder.path());
    let run = job.run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, prism.log());
    assert_eq!(prism.violations(), Vec::<String>::new());
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.take_writes();
}

/// The flows can read every official example payload of their events.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the examples are a file of the test bed"
)]
fn official_example_payloads_are_understood() {
    let file =
        testbed::root().join("node_modules/@octokit/webhooks-examples/api.github.com/index.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut of_ours = 0;
    for webhook in all.as_array().unwrap() {
        let name = webhook["name"].as_str().unwrap();
        for example in webhook["examples"].as_array().unwrap() {
            let event = parse_event(name, &example.to_string(), None).unwrap();
            match name {
                "pull_request" => {
                    let number = example["pull_request"]["number"].as_u64().unwrap();
                    assert_eq!(event, CiEvent::PullRequest { number });
                    of_ours += 1;
                }
                "merge_group" => assert!(matches!(event, CiEvent::MergeGroup { .. })),
                "push" => {
                    let name = example["ref"].as_str().unwrap();
                    assert!(matches!(&event, CiEvent::Push { reference, .. } if reference == name));
                    of_ours += 1;
                }
                "issue_comment" => {
                    let comment = example["comment"]["id"].as_u64().unwrap();
                    assert!(matches!(event, CiEvent::Comment { id, .. } if id == comment));
                    of_ours += 1;
                }
                "workflow_dispatch" => assert!(matches!(event, CiEvent::Dispatch { .. })),
                other => assert_eq!(event, CiEvent::Other(other.to_owned())),
            }
        }
    }
    assert!(of_ours >= 10, "{of_ours} examples");
}

const SEED: &str = "tokens:\n  tok_octo: {login: octocat, scopes: [repo, user]}\ngithub:\n  users: [{login: octocat, name: Octo}]\n\
    \u{20} repos: [{owner: octocat, name: infra, auto_init: true}]\n";

/// The emulator has pull requests, merge base, contents, comments and own identity. It has no commit statuses and lists no files of
/// pull requests.
#[test]
fn the_adapter_works_with_an_independent_emulator() {
    let emulator = Emulate::start(SEED);
    let http = Client::new(&emulator.api_url(), Some("tok_octo"));
    let call = |method: &str, path: &str, body: Value| -> Value {
        let answer = http
            .send(method, &format!("/repos/octocat/infra{path}"), Some(&body))
            .unwrap();
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        answer.json()
    };
    let main = http
        .get("/repos/octocat/infra/git/ref/heads/main")
        .unwrap()
        .json()["object"]["sha"]
        .as_str()
        .unwrap()
        .to_owned();
    call(
        "POST",
        "/git/refs",
        json!({ "ref": "refs/heads/feature", "sha": main }),
    );
    // base64 of "a: 1\n"
    let file = json!({ "message": "m", "content": "YTogMQo=", "branch": "feature" });
    call("PUT", "/contents/s3/configs/a-s3.yaml", file);
    let pull = call(
        "POST",
        "/pulls",
        json!({ "title": "T", "head": "feature", "base": "main", "body": "b" }),
    );
    let number = pull["number"].as_u64().unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let github = GitHub::new(&Access {
            api_url: emulator.api_url(),
            graphql_url: format!("{}/graphql", emulator.api_url()),
            repository: "octocat/infra".to_owned(),
            token: Some(SecretString::from("tok_octo")),
            git: None,
            recent: None,
            run: None,
        })
        .unwrap();
        let pull_request = github.pull_request(number).await.unwrap();
        assert!(!pull_request.fork);
        let main = CommitSha::parse(&main).unwrap();
        assert_eq!(
            github
                .merge_base(&pull_request.base, &pull_request.head)
                .await
                .unwrap(),
            main
        );
        let path = RepoPath::parse("s3/configs/a-s3.yaml").unwrap();
        let files = [&pull_request.head, &main].map(|commit| FileAt {
            commit,
            path: &path,
        });
        let read = github.read(&files).await.unwrap();
        let file = FileContents::Regular(b"a: 1\n".to_vec());
        assert_eq!(read, [Some(file), None]);
        let files = github
            .changed_files(&main, &pull_request.head)
            .await
            .unwrap();
        assert_eq!(
            files.iter().map(|file| &file.path).collect::<Vec<_>>(),
            [&path]
        );

        // Without GraphQL, the identity comes from REST, and open pull requests are unknown.
        let refused = github.open_pull_requests().await.unwrap_err();
        assert!(refused.is_refusal(), "{refused}");
        let own = github.current_user().await.unwrap().unwrap();
        for number in 0..101 {
            call(
                "POST",
                "/issues/1/comments",
                json!({ "body": format!("comment {number}") }),
            );
        }
        let written = github
            .upsert_comment(number, own, "<!-- m -->", "<!-- m -->\none")
            .await
            .unwrap();
        assert!(matches!(written, Upsert::Created(_)));
        let written = github
            .upsert_comment(number, own, "<!-- m -->", "<!-- m -->\none")
            .await
            .unwrap();
        assert!(matches!(written, Upsert::Unchanged(_)));
        let written = github
            .upsert_comment(number, own, "<!-- m -->", "<!-- m -->\ntwo")
            .await
            .unwrap();
        assert!(matches!(written, Upsert::Updated(_)));
        let foreign = github
            .upsert_comment(number, UserId(own.0 + 1), "<!-- m -->", "<!-- m -->\nthree")
            .await
            .unwrap();
        assert!(
            matches!(foreign, Upsert::Created(_)),
            "a foreign comment is not ours"
        );
        assert!(matches!(
            github.pull_request(999).await,
            Err(error) if error.is_not_found()
        ));
    });
}
