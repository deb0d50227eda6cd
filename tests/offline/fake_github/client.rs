//! octocrab against the fake.

use octocrab::Octocrab;
use octocrab::models::pulls::PullRequest;
use octocrab::models::repos::DiffEntry;
use octocrab::models::{issues, reactions::ReactionContent};

use serde_json::json;

use crate::support::github::{Sample, sample};

fn run<T>(work: impl Future<Output = octocrab::Result<T>>) -> octocrab::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(work)
}

fn client(base: &str, token: String) -> octocrab::Result<Octocrab> {
    Octocrab::builder()
        .base_uri(base)?
        .personal_token(token)
        .build()
}

#[test]
fn octocrab_reads_and_writes() -> octocrab::Result<()> {
    let sample = sample();
    run(conversation(&sample, sample.fake.api_url()))?;
    sample.fake.expect_writes(&[
        "POST /repos/acme/infra/issues/7/comments",
        "PATCH /repos/acme/infra/issues/comments/*",
        "POST /repos/acme/infra/issues/comments/*/reactions",
        "DELETE /repos/acme/infra/issues/comments/*",
    ]);
    Ok(())
}

#[test]
fn octocrab_reads_and_writes_at_an_enterprise_address() -> octocrab::Result<()> {
    let sample = sample();
    run(conversation(&sample, sample.fake.enterprise_api_url()))?;
    assert_eq!(sample.fake.take_writes().len(), 4);
    Ok(())
}

async fn conversation(sample: &Sample, base: String) -> octocrab::Result<()> {
    let api = client(&base, sample.fake.actions_token())?;
    let pull = api.pulls("acme", "infra").get(7).await?;
    assert_eq!(pull.head.sha, sample.pull.head_sha());
    let files = api.pulls("acme", "infra").list_files(7).await?;
    let names: Vec<&str> = files.items.iter().map(|f| f.filename.as_str()).collect();
    let expected = [
        "ml/configs/added.yaml",
        "ml/configs/changed.yaml",
        "ml/configs/removed.yaml",
        "s3/configs/moved.yaml",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        files.items[3].previous_filename.as_deref(),
        Some("ml/configs/moved.yaml")
    );
    let repo = api.repos("acme", "infra");
    let content = repo
        .get_content()
        .path("ml/configs/added.yaml")
        .r#ref(sample.pull.head_sha());
    let content = content.send().await?;
    let text = content
        .items
        .first()
        .and_then(|file| file.decoded_content());
    assert_eq!(text.as_deref(), Some("new: yes\n"));

    let made = api.issues("acme", "infra").create_comment(7, "one").await?;
    assert_eq!(
        made.user.id.into_inner(),
        crate::support::github::ACTIONS_BOT_ID
    );
    // Not `update_comment`: octocrab sends it as a POST, which GitHub does not document.
    let one = format!("/repos/acme/infra/issues/comments/{}", made.id);
    let edited: issues::Comment = api.patch(one, Some(&json!({"body": "two"}))).await?;
    assert_eq!(edited.body.as_deref(), Some("two"));
    api.issues("acme", "infra")
        .create_comment_reaction(made.id, ReactionContent::Eyes)
        .await?;
    let all = api.issues("acme", "infra").list_comments(7).send().await?;
    assert_eq!(all.items.len(), 1);
    api.issues("acme", "infra").delete_comment(made.id).await?;
    assert!(sample.repo.comments(7).is_empty());
    Ok(())
}

#[test]
fn pages_follow_each_other_by_link() -> octocrab::Result<()> {
    let sample = sample();
    for n in 0..45 {
        sample
            .repo
            .comment(7, &sample.author, &format!("comment {n}"));
    }
    run(async {
        let api = client(
            &sample.fake.enterprise_api_url(),
            sample.fake.actions_token(),
        )?;
        let first = api
            .issues("acme", "infra")
            .list_comments(7)
            .per_page(20)
            .send()
            .await?;
        let all: Vec<issues::Comment> = api.all_pages(first).await?;
        assert_eq!(all.len(), 45);
        let first = api.pulls("acme", "infra").list().send().await?;
        let all: Vec<PullRequest> = api.all_pages(first).await?;
        assert_eq!(all.len(), 1);
        Ok(())
    })?;
    assert_eq!(
        sample.fake.count("GET /repos/acme/infra/issues/7/comments"),
        3
    );
    Ok(())
}

#[test]
fn never_more_than_three_thousand_files() -> octocrab::Result<()> {
    let sample = sample();
    let mut commit = sample.repo.commit("feature/new");
    for n in 0..3_100 {
        commit = commit.write(&format!("bulk/{n:04}.yaml"), format!("n: {n}\n"));
    }
    commit.push();
    let all: Vec<DiffEntry> = run(async {
        let api = client(&sample.fake.api_url(), sample.fake.actions_token())?;
        assert_eq!(
            api.pulls("acme", "infra").get(7).await?.changed_files,
            Some(3_104)
        );
        let first = api
            .get("/repos/acme/infra/pulls/7/files?per_page=100", None::<&()>)
            .await?;
        api.all_pages(first).await
    })?;
    assert_eq!(all.len(), 3_000);
    Ok(())
}
