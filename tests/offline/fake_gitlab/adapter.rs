//! The adapter against the fake: two readings of GitLab's documentation meet.

use provisioner::forge::gitlab::{GitLab, JobPipeline, ProjectAccess};
use provisioner::forge::{
    Comments as _, CommitStatus, Deployment, DeploymentState, Deployments as _, FileAt,
    Issues as _, PullRequests as _, Reaction, Reviews as _, Source as _, Statuses as _, Upsert,
    Users as _,
};
use provisioner::guard::{Permission, ReviewState};
use provisioner::model::{CommitSha, RepoPath, UserId};
use secrecy::SecretString;

use crate::support::gitlab::AccessLevel;
use crate::support::gitlab::{Sample, sample};

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

fn call_in<T>(
    sample: &Sample,
    pipeline: Option<JobPipeline>,
    work: impl AsyncFnOnce(&GitLab) -> T,
) -> T {
    let access = ProjectAccess {
        api_url: sample.fake.api_url(),
        project: sample.repo.id,
        path: "acme/infra".to_owned(),
        token: Some(SecretString::from(sample.fake.check_token())),
        git: None,
        run: None,
        pipeline,
        claims: None,
        check_user: None,
        since: None,
    };
    provisioner::pacing::shorten_to(1);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async { work(&GitLab::new(&access).unwrap()).await })
}

fn call<T>(sample: &Sample, work: impl AsyncFnOnce(&GitLab) -> T) -> T {
    call_in(sample, None, work)
}

#[test]
fn adapter_reads_the_merge_request_and_its_files() {
    let sample = sample();
    let expected = [
        "ml/configs/added.yaml",
        "ml/configs/changed.yaml",
        "ml/configs/moved.yaml",
        "ml/configs/removed.yaml",
        "s3/configs/moved.yaml",
    ];
    let (base, head) = (sha(&sample.base), sha(&sample.pull.head_sha()));
    call(&sample, async |gitlab| {
        let pull = gitlab.pull_request(7).await.unwrap();
        assert_eq!((&pull.head, &pull.base, pull.fork), (&head, &base, false));
        let files = gitlab.files_of(&pull).await.unwrap();
        let mut paths: Vec<&str> = files
            .iter()
            .flat_map(|file| file.paths())
            .map(RepoPath::as_str)
            .collect();
        paths.sort_unstable();
        assert_eq!(paths, expected);
        let changed = gitlab.changed_files(&base, &head).await.unwrap();
        let mut paths: Vec<&str> = changed
            .iter()
            .flat_map(|file| file.paths())
            .map(RepoPath::as_str)
            .collect();
        paths.sort_unstable();
        assert_eq!(paths, expected);
        assert_eq!(gitlab.merge_base(&base, &head).await.unwrap(), base);
        let path = RepoPath::parse("ml/configs/added.yaml").unwrap();
        let at = FileAt {
            commit: &head,
            path: &path,
        };
        let contents = gitlab.read(&[at]).await.unwrap();
        assert!(contents[0].is_some());
        let history = gitlab.history(&head, &path, 5).await.unwrap();
        assert_eq!(history.commits, std::slice::from_ref(&head));
    });
}

#[test]
fn adapter_reads_what_the_guard_decides_by() {
    let sample = sample();
    sample.repo.clone().protected("main");
    sample.pull.approve(&sample.reviewer);
    let head = sha(&sample.pull.head_sha());
    let merge = sha(&sample.pull.merge(&sample.reviewer));
    call(&sample, async |gitlab| {
        let default = gitlab.default_branch().await.unwrap();
        assert_eq!(
            (default.branch.protected, default.private, &default.tip),
            (Some(true), true, &merge)
        );
        assert_eq!(gitlab.merged_by(&merge).await.unwrap(), [7]);
        assert_eq!(gitlab.parents(&merge).await.unwrap().len(), 2);
        let found = gitlab.request(7, &[]).await.unwrap();
        assert_eq!(
            (found.request.merged, found.request.fork),
            (Some(true), Some(false))
        );
        assert_eq!(
            (&found.request.head, &found.merge),
            (&Some(head.clone()), &Some(merge.clone()))
        );
        let reviews = found.request.reviews.unwrap();
        assert_eq!(reviews.len(), 1);
        assert_eq!(
            (reviews[0].state, &reviews[0].commit),
            (ReviewState::Approved, &head)
        );
        assert_eq!(reviews[0].by.permission, Some(Permission::Maintain));
        let pushes = found.pushes.unwrap();
        let by: Vec<_> = pushes
            .iter()
            .filter_map(|push| push.by.as_ref())
            .map(|by| by.id)
            .collect();
        assert_eq!(by, [UserId(sample.author.id)]);
    });
}

#[test]
fn attack_adapter_counts_no_approval_of_an_older_head() {
    let sample = sample();
    sample.pull.approve(&sample.reviewer);
    sample.repo.commit("main").write("else.md", "x").push();
    sample.pull.rebase_source(&sample.author);
    let head = sha(&sample.pull.head_sha());
    let reviews = call(&sample, async |gitlab| {
        gitlab
            .request(7, &[])
            .await
            .unwrap()
            .request
            .reviews
            .unwrap()
    });
    assert!(reviews.iter().all(|review| review.commit != head));
}

#[test]
fn attack_adapter_counts_no_approval_at_the_time_of_the_push() {
    let sample = sample();
    sample.fake.freeze();
    sample
        .repo
        .commit("feature/new")
        .author(&sample.author)
        .write("x", "y")
        .push();
    sample.pull.approve(&sample.reviewer);
    sample.fake.thaw();
    let head = sha(&sample.pull.head_sha());
    let reviews = call(&sample, async |gitlab| {
        gitlab
            .request(7, &[])
            .await
            .unwrap()
            .request
            .reviews
            .unwrap()
    });
    assert!(reviews.iter().all(|review| review.commit != head));
}

#[test]
fn attack_adapter_does_not_know_pushers_of_blank_or_forgotten_events() {
    for lose in [
        (|sample: &Sample| sample.repo.blank_events()) as fn(&Sample),
        |sample| sample.repo.forget_activities(),
        |sample| sample.pull.forget_versions(),
    ] {
        let sample = sample();
        lose(&sample);
        let pushes = call(&sample, async |gitlab| {
            gitlab.request(7, &[]).await.unwrap().pushes
        });
        assert_eq!(pushes, None);
    }
}

#[test]
fn adapter_sees_requested_changes_and_unprotected_branches() {
    let sample = sample();
    sample.pull.request_changes(&sample.reviewer);
    call(&sample, async |gitlab| {
        let found = gitlab.request(7, &[]).await.unwrap();
        let reviews = found.request.reviews.unwrap();
        assert_eq!(reviews[0].state, ReviewState::ChangesRequested);
        // GitLab's default: maintainers may push.
        assert_eq!(found.request.target.unwrap().protected, Some(false));
    });
}

#[test]
fn adapter_writes_one_note_over_short_pages() {
    let sample = sample();
    for _ in 0..150 {
        sample.repo.hidden_comment(7, &sample.author);
    }
    let own = UserId(sample.fake.check_bot().id);
    let note = sample
        .repo
        .comment(7, &sample.author, "/provisioner approve");
    call(&sample, async |gitlab| {
        assert_eq!(gitlab.current_user().await.unwrap(), Some(own));
        let put = async |body: &str| {
            gitlab
                .upsert_comment(7, own, "<!-- m -->", body)
                .await
                .unwrap()
        };
        assert!(matches!(put("<!-- m -->\none").await, Upsert::Created(_)));
        assert!(matches!(put("<!-- m -->\none").await, Upsert::Unchanged(_)));
        assert!(matches!(put("<!-- m -->\ntwo").await, Upsert::Updated(_)));
        let known = gitlab.own_comment(7, own, "<!-- m -->").await.unwrap();
        assert_eq!(known.as_deref(), Some("<!-- m -->\ntwo"));
        let read = gitlab.comment(7, note.id).await.unwrap().unwrap();
        assert_eq!(
            (read.number, read.edited, read.body.as_str()),
            (7, false, "/provisioner approve")
        );
        gitlab.react(7, note.id, Reaction::Seen).await.unwrap();
        gitlab.react(7, note.id, Reaction::Seen).await.unwrap();
        assert!(gitlab.comment(7, 1).await.unwrap().is_none());
    });
    assert_eq!(sample.repo.comments(7).len(), 2);
    sample.fake.expect_writes(&[
        "POST /projects/*/merge_requests/7/notes",
        "PUT /projects/*/merge_requests/7/notes/*",
        "POST /projects/*/merge_requests/7/notes/*/award_emoji",
        "POST /projects/*/merge_requests/7/notes/*/award_emoji",
    ]);
}

#[test]
fn adapter_sets_statuses_in_the_pipeline_of_the_job() {
    let sample = sample();
    let job = sample.pull.pipeline(&sample.author);
    let get = |name: &str| {
        job.iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .clone()
    };
    let head = sha(&sample.pull.head_sha());
    let pipeline = JobPipeline {
        id: get("CI_PIPELINE_ID").parse().unwrap(),
        commit: head.clone(),
        reference: get("CI_MERGE_REQUEST_REF_PATH"),
    };
    let own = UserId(sample.fake.check_bot().id);
    sample.fake.collide_statuses(1);
    call_in(&sample, Some(pipeline), async |gitlab| {
        let status = |success| CommitStatus {
            success,
            context: "provisioner/plan",
            description: "x".to_owned(),
        };
        let set = async |success| {
            gitlab
                .set_status(&head, Some(own), &status(success))
                .await
                .unwrap()
        };
        assert!(matches!(set(true).await, Upsert::Created(_)));
        assert!(matches!(set(true).await, Upsert::Unchanged(_)));
        assert!(matches!(set(false).await, Upsert::Created(_)));
        let history = gitlab
            .status_history(&head, own, "provisioner/plan")
            .await
            .unwrap();
        let states: Vec<_> = history
            .iter()
            .map(|record| (record.is_own, record.success))
            .collect();
        assert_eq!(states, [(true, true), (true, false)]);
    });
    assert_eq!(sample.repo.pipelines().len(), 1);
    assert_eq!(sample.fake.take_writes().len(), 3);
}

#[test]
fn adapter_sets_statuses_beside_a_merged_results_pipeline() {
    let sample = sample();
    sample.pull.merged_result_pipeline(&sample.author);
    let head = sha(&sample.pull.head_sha());
    let own = UserId(sample.fake.check_bot().id);
    call(&sample, async |gitlab| {
        let description = "x".to_owned();
        let status = CommitStatus {
            success: true,
            context: "provisioner/plan",
            description,
        };
        gitlab.set_status(&head, Some(own), &status).await.unwrap();
        let history = gitlab
            .status_history(&head, own, "provisioner/plan")
            .await
            .unwrap();
        assert_eq!(history.len(), 1);
    });
    assert_eq!(sample.repo.pipelines()[0].source, "external");
    sample.fake.take_writes();
}

#[test]
fn adapter_keeps_deployments_and_issues() {
    let sample = sample();
    let own = UserId(sample.fake.check_bot().id);
    let deployment = |state| Deployment {
        commit: sha(&sample.base),
        environment: "prod".to_owned(),
        task: "provisioner:123456789012/us-east-1/b001".to_owned(),
        description: "x".to_owned(),
        state,
    };
    call(&sample, async |gitlab| {
        let put = async |state| {
            gitlab
                .put_deployment(own, &deployment(state))
                .await
                .unwrap()
        };
        assert!(matches!(
            put(DeploymentState::InProgress).await,
            Upsert::Created(_)
        ));
        assert!(matches!(
            put(DeploymentState::Success).await,
            Upsert::Updated(_)
        ));
        assert!(matches!(
            put(DeploymentState::Success).await,
            Upsert::Unchanged(_)
        ));
        assert!(matches!(
            put(DeploymentState::Inactive).await,
            Upsert::Updated(_)
        ));
        let issue = gitlab
            .open_issue("Drift", "<!-- d -->\nfound")
            .await
            .unwrap();
        assert_eq!(gitlab.own_issues(own, "<!-- d -->").await.unwrap().len(), 1);
        gitlab
            .update_issue(issue.number, "<!-- d -->\ngone", true)
            .await
            .unwrap();
        assert!(
            gitlab
                .own_issues(own, "<!-- d -->")
                .await
                .unwrap()
                .is_empty()
        );
    });
    assert_eq!(sample.repo.environments()[0].state, "stopped");
    sample.fake.take_writes();
}

#[test]
fn adapter_reads_roles_and_groups() {
    let sample = sample();
    let carol = sample.fake.user("carol");
    sample.repo.set_permission(&carol, AccessLevel::Reporter);
    sample.fake.team("acme", "operators", &[&sample.reviewer]);
    let teams = ["acme/operators".to_owned()];
    call(&sample, async |gitlab| {
        let actor = async |login: &str| {
            let user = gitlab.find_user(login).await.unwrap().unwrap();
            gitlab.actor(&user, &teams).await.unwrap()
        };
        let bob = actor("bob").await;
        assert_eq!(
            (bob.permission, bob.teams.as_slice(), bob.bot),
            (Some(Permission::Maintain), &teams[..], false)
        );
        let carol = actor("carol").await;
        assert_eq!(
            (carol.permission, carol.teams.len()),
            (Some(Permission::Triage), 0)
        );
        let bot = actor(&sample.fake.check_bot().login).await;
        assert!(bot.bot);
        assert_eq!(gitlab.find_user("nobody").await.unwrap(), None);
    });
}
