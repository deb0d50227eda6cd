//! Git objects, forks, permissions, limits, events.

use serde_json::{Value, json};

use crate::support::forge::objects::object_id;
use crate::support::github::sample;
use crate::support::github::{FakeGitHub, Permission};
use crate::support::http::Client;

#[test]
fn object_ids_are_those_of_git() {
    assert_eq!(
        object_id("blob", b""),
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    );
    assert_eq!(
        object_id("tree", b""),
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    );
    assert_eq!(
        object_id("blob", b"hello\n"),
        "ce013625030ba8dba906f756967f9e9ca394464a"
    );
    // More than one SHA-1 block, and a length field in a block of its own.
    let long = object_id("blob", &[b'a'; 120]);
    assert_eq!(long.len(), 40);
}

#[test]
fn a_fork_is_another_repository_even_of_the_same_owner() {
    let sample = sample();
    let fork = sample.repo.fork("acme/infra-fork");
    fork.commit("patch")
        .parent(&sample.base)
        .write("x", "y")
        .push();
    let pull = sample.repo.pull("patch").of_fork(&fork).open();
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let path = format!("/repos/acme/infra/pulls/{}", pull.number);
    let json = client.get(&path).expect("an answer").json();
    assert_eq!(json["head"]["repo"]["id"], json!(fork.id));
    assert_eq!(json["base"]["repo"]["id"], json!(sample.repo.id));
    assert_eq!(json["head"]["label"], "acme:patch");
    assert_eq!(json["changed_files"], 1);
    fork.delete();
    let json = client.get(&path).expect("an answer").json();
    assert_eq!(json["head"]["repo"], Value::Null);
}

#[test]
fn a_merge_keeps_what_was_merged_and_moves_the_base() {
    let sample = sample();
    sample.repo.commit("main").write("later", "on main").push();
    let merged = sample.pull.merge(&sample.reviewer);
    assert_eq!(sample.repo.head("main"), merged);
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let json = client
        .get("/repos/acme/infra/pulls/7")
        .expect("an answer")
        .json();
    assert_eq!(json["changed_files"], 4);
    assert_eq!(json["merge_commit_sha"], json!(merged));
    let tree = client
        .get("/repos/acme/infra/git/trees/main?recursive=1")
        .expect("an answer");
    let tree = tree.json();
    let paths: Vec<&str> = tree["tree"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["path"].as_str())
        .collect();
    assert!(
        paths.contains(&"s3/configs/moved.yaml") && paths.contains(&"later"),
        "{paths:?}"
    );
    assert!(!paths.contains(&"ml/configs/removed.yaml"), "{paths:?}");
    let of = client
        .get(&format!("/repos/acme/infra/commits/{merged}/pulls"))
        .expect("an answer");
    assert_eq!(of.json()[0]["number"], 7);
}

#[test]
fn permissions_combine_token_and_user() {
    let sample = sample();
    let stranger = sample.fake.user("mallory");
    let path = "/repos/acme/infra/issues/7/comments";
    let body = json!({"body": "hi"});
    let status = |token: &str| {
        let client = Client::new(&sample.fake.api_url(), Some(token));
        client
            .send("POST", path, Some(&body))
            .expect("an answer")
            .status
    };
    assert_eq!(status("unknown"), 401);
    assert_eq!(
        status(&sample.fake.token(&stranger)),
        404,
        "the repository is private"
    );
    assert_eq!(status(&sample.fake.readonly_token()), 403);
    assert_eq!(
        status(&sample.fake.actions_token_writing(&["statuses"])),
        403
    );
    assert_eq!(
        status(&sample.fake.actions_token_writing(&["pull-requests"])),
        201
    );
    let theirs = sample.repo.comment(7, &sample.author, "mine");
    sample.repo.set_permission(&stranger, Permission::Triage);
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.token(&stranger)));
    let one = format!("/repos/acme/infra/issues/comments/{}", theirs.id);
    let refused = client.send("PATCH", &one, Some(&body)).expect("an answer");
    assert_eq!(refused.status, 403);
    let role = client
        .get("/repos/acme/infra/collaborators/mallory/permission")
        .expect("an answer");
    assert_eq!(role.json()["permission"], "read");
    assert_eq!(role.json()["role_name"], "triage");
    sample.fake.take_writes();
}

#[test]
fn contents_have_limits_and_links() {
    let sample = sample();
    let gh: &FakeGitHub = &sample.fake;
    gh.limits(|l| {
        l.contents_inline = 10;
        l.contents_max = 30;
        l.tree_entries = 2;
    });
    sample
        .repo
        .commit("main")
        .write("small", "12345")
        .write("medium", "x".repeat(20))
        .write("large", "x".repeat(31))
        .symlink("inside", "ml/../small")
        .symlink("outside", "../../etc/passwd")
        .push();
    let mut client = Client::new(&gh.api_url(), Some(&gh.actions_token()));
    let get = |client: &Client, path: &str| {
        client
            .get(&format!("/repos/acme/infra/contents/{path}"))
            .expect("an answer")
    };
    assert_eq!(get(&client, "small").json()["content"], "MTIzNDU=\n");
    let medium = get(&client, "medium").json();
    assert_eq!(
        (&medium["content"], &medium["encoding"]),
        (&json!(""), &json!("none"))
    );
    assert_eq!(medium["size"], 20);
    assert_eq!(get(&client, "large").status, 403);
    assert_eq!(get(&client, "inside").json()["content"], "MTIzNDU=\n");
    assert_eq!(get(&client, "outside").json()["target"], "../../etc/passwd");
    let tree = client
        .get("/repos/acme/infra/git/trees/main?recursive=1")
        .expect("an answer");
    assert_eq!(tree.json()["truncated"], true);
    client.accept = "application/vnd.github.raw+json".to_owned();
    assert_eq!(get(&client, "medium").text(), "x".repeat(20));
}

#[test]
fn events_match_the_state() {
    let sample = sample();
    let opened = sample.pull.event("opened", &sample.author);
    assert_eq!(
        opened["pull_request"]["head"]["sha"],
        json!(sample.pull.head_sha())
    );
    assert_eq!(
        opened["pull_request"]["head"]["repo"]["id"],
        json!(sample.repo.id)
    );
    assert_eq!(opened["repository"]["full_name"], "acme/infra");
    let before = sample.pull.head_sha();
    sample.repo.commit("feature/new").write("more", "x").push();
    let moved = sample.pull.synchronize_event(&before, &sample.author);
    assert_eq!(
        (&moved["before"], &moved["after"]),
        (&json!(before), &json!(sample.pull.head_sha()))
    );
    let comment = sample
        .repo
        .comment(7, &sample.reviewer, "/provisioner help");
    let said = sample.pull.comment_event("created", comment.id);
    assert_eq!(said["comment"]["user"]["id"], json!(sample.reviewer.id));
    assert_eq!(said["issue"]["number"], 7);
    assert!(said["issue"]["pull_request"]["url"].is_string());
    let merged = sample.pull.merge(&sample.reviewer);
    let pushed = sample
        .repo
        .push_event("main", &sample.base, &sample.reviewer);
    assert_eq!(pushed["after"], json!(merged));
    assert_eq!(pushed["ref"], "refs/heads/main");
    assert_eq!(pushed["commits"].as_array().map(Vec::len), Some(3));
    let queued = sample
        .pull
        .merge_group_event(&sample.base, &merged, &sample.author);
    assert_eq!(queued["merge_group"]["head_sha"], json!(merged));
    // No field of the example may name another repository.
    for event in [&opened, &moved, &said, &pushed, &queued] {
        let text = event.to_string();
        assert!(
            !text.contains("Codertocat") && !text.contains("octo-repo"),
            "{text}"
        );
    }
}

#[test]
fn branch_activity_names_its_actor() {
    let sample = sample();
    let head = sample.pull.update_branch(&sample.reviewer);
    sample.repo.delete_branch("feature/new");
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let path = "/repos/acme/infra/activity?ref=refs/heads/feature/new";
    let all = client.get(path).expect("an answer").json();
    let kinds: Vec<&str> = all
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|activity| activity["activity_type"].as_str())
        .collect();
    assert_eq!(
        kinds,
        ["branch_deletion", "push", "push", "branch_creation"]
    );
    assert_eq!(all[1]["after"], json!(head));
    assert_eq!(all[1]["actor"]["id"], json!(sample.reviewer.id));
    assert_eq!(all[2]["actor"]["id"], json!(sample.author.id));
    // Two pages of one item each, and the link between them.
    let first = client
        .get(&format!("{path}&per_page=3"))
        .expect("an answer");
    let link = first.header("link").expect("there is another page");
    let next = link
        .strip_prefix(&format!("<{}", sample.fake.api_url()))
        .and_then(|rest| rest.split_once('>'))
        .expect("an address");
    let second = client.get(next.0).expect("an answer").json();
    assert_eq!(second.as_array().map(Vec::len), Some(1));
    assert_eq!(second[0]["activity_type"], "branch_creation");
}

#[test]
fn a_merge_may_be_one_commit_or_many() {
    let sample = sample();
    sample
        .repo
        .commit("feature/new")
        .write("second", "x")
        .push();
    let last = sample.pull.rebase(&sample.reviewer);
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let get = |path: &str| {
        client
            .get(&format!("/repos/acme/infra/{path}"))
            .expect("an answer")
            .json()
    };
    let commit = get(&format!("git/commits/{last}"));
    let first = commit["parents"][0]["sha"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(
        get(&format!("git/commits/{first}"))["parents"][0]["sha"],
        json!(sample.base)
    );
    for sha in [&first, &last] {
        assert_eq!(
            get(&format!("commits/{sha}/pulls"))[0]["number"],
            7,
            "{sha}"
        );
    }
    assert_eq!(get(&format!("commits/{}/pulls", sample.base)), json!([]));
    let files = get("git/trees/main?recursive=1").to_string();
    assert!(
        files.contains("ml/configs/added.yaml") && files.contains("second"),
        "{files}"
    );

    sample.repo.branch("other", &last);
    sample.repo.commit("other").write("third", "x").push();
    let other = sample.repo.pull("other").open();
    let queued = other.queue();
    assert_eq!(sample.repo.head("main"), last);
    other.merge_queued(&sample.reviewer, &queued);
    assert_eq!(sample.repo.head("main"), queued.1);
    assert_eq!(
        get(&format!("commits/{}/pulls", queued.1))[0]["number"],
        json!(other.number)
    );
}

#[test]
fn accounts_are_renamed_and_deleted() {
    let sample = sample();
    let approval = sample.pull.approve(&sample.reviewer);
    sample.pull.lose_commit(&approval);
    let renamed = sample.fake.rename_user(&sample.author, "alice-2");
    let newcomer = sample.fake.user("alice");
    assert_ne!(newcomer.id, renamed.id);
    sample.fake.delete_user(&sample.reviewer);
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let get = |path: &str| {
        client
            .get(&format!("/repos/acme/infra/{path}"))
            .expect("an answer")
            .json()
    };
    assert_eq!(get("pulls/7")["user"]["login"], "alice-2");
    let review = &get("pulls/7/reviews")[0];
    assert_eq!(
        (&review["user"], &review["commit_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        get("collaborators/alice/permission")["user"]["id"],
        json!(newcomer.id)
    );
    assert_eq!(
        get("collaborators/bob/permission")["message"],
        "bob is not a user"
    );
}

#[test]
fn jobs_without_a_pull_request_have_events_too() {
    let sample = sample();
    let schedule = sample.repo.schedule_event("17 4 * * *");
    assert_eq!(schedule["repository"]["id"], json!(sample.repo.id));
    let inputs = json!({"action": "check-drift"});
    let manual = sample
        .repo
        .workflow_dispatch_event("main", &inputs, &sample.author);
    assert_eq!(
        (&manual["inputs"], &manual["ref"]),
        (&inputs, &json!("refs/heads/main"))
    );
    assert_eq!(manual["sender"]["login"], "alice");
}
