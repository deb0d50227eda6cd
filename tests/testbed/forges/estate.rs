//! The estate of a scheduled run: page, document and issues.

use super::*;

/// Another config in the work tree, made from the world's by its company.
fn config_of<W: ForgeWorld>(world: &W, company: &str) -> (String, String) {
    let path = world
        .workdir()
        .path()
        .replace("acme-", &format!("{company}-"));
    let text = world.text().replace("acme", company);
    world.workdir().write(&path, &text);
    (path, text)
}

fn deployed<W: ForgeWorld>(world: &W, company: &str) -> (String, String) {
    let (path, text) = config_of(world, company);
    let created = world.workdir().run(&["prep-master", &path, "--force"]);
    assert_eq!(created.status, 0, "{}{}", created.stdout, created.stderr);
    (path, text)
}

fn drift<W: ForgeWorld>(world: &W, company: &str) {
    let name = world
        .workdir()
        .name
        .replace("acme-", &format!("{company}-"));
    let put = world.workdir().aws.parameters().put_parameter();
    let put = put
        .overwrite(true)
        .name(format!("/s3/{name}/SolutionsPrefix"));
    world
        .workdir()
        .aws
        .wait(put.value("other/").send())
        .unwrap();
}

/// State by the company of the config or stack.
fn states(run: &Run) -> Vec<(String, String)> {
    let rows = run.estate["rows"].as_array().unwrap().iter();
    let mut states: Vec<(String, String)> = rows
        .map(|row| {
            let stack = row["stack"].as_str().unwrap();
            let company = stack.split('-').next().unwrap();
            (
                company.to_owned(),
                row["state"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    states.sort();
    states
}

fn titles<W: ForgeWorld>(world: &W) -> Vec<String> {
    let issues = world.repo().issues().into_iter();
    let open = issues.filter(|issue| issue.open);
    let mut titles: Vec<String> = open
        .map(|issue| issue.title.split('-').next().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

fn a_scheduled_run_writes_both_documents_and_an_issue_for_each_state<W: ForgeWorld>() {
    let world = W::with_stack("");
    // One that drifted, and one whose config is gone.
    let (path, text) = deployed(&world, "edge");
    let carol = world.user("carol");
    let commit = world.repo().commit("main").author(&carol);
    commit.write(&path, &text).push();
    drift(&world, "edge");
    deployed(&world, "gone");
    // One that was reviewed and merged, and whose run never came; and an open pull request about it.
    let (path, text) = config_of(&world, "late");
    let pull = world.another(7, |commit| commit.write(&path, &text));
    world.approved_and_merged(&pull);
    world.opened(8, |commit| commit.write(&path, format!("{text}# more\n")));
    world.wait_two_hours();
    world.fake().take_writes();

    let requests = world.fake().requests().len();
    let run = world.run_schedule();
    run.assert_exit(0);
    let state = |company: &str, state: &str| (company.to_owned(), state.to_owned());
    let expected = [
        state("acme", "applied"),
        state("edge", "drifted"),
        state("gone", "without-config"),
        state("late", "not-applied"),
    ];
    assert_eq!(states(&run), expected, "{:#}", run.estate);
    assert_eq!(
        titles(&world),
        [
            "Drift: edge",
            "Merged, not applied: late",
            "Stack without a config: gone"
        ]
    );
    let rows = run.estate["rows"].as_array().unwrap();
    let late = rows
        .iter()
        .find(|row| row["state"] == "not-applied")
        .unwrap();
    let change = &late["last_change"]["value"];
    assert_eq!(change["pull_request"]["value"], 7, "{late:#}");
    assert_eq!(change["approvers"]["value"], serde_json::json!(["bob"]));
    assert!(change["time"].is_string(), "{late:#}");
    assert_eq!(late["pull_requests"]["value"], serde_json::json!([8]));
    assert_eq!(
        late["status"],
        serde_json::json!({"value": null, "unknown": null})
    );
    let acme = rows.iter().find(|row| row["state"] == "applied").unwrap();
    assert_eq!(acme["template"]["value"], "current");
    // Carol pushed it herself.
    let change = &acme["last_change"]["value"];
    assert_eq!(
        change["pull_request"],
        serde_json::json!({"value": null, "unknown": null})
    );
    assert!(acme["drift"]["value"]["checked"].is_string(), "{acme:#}");
    assert!(run.estate_page.contains("merged, not applied"));
    assert!(
        run.summary.contains("Provisioner: estate"),
        "{}",
        run.summary
    );
    // Few requests, and none for each file.
    let made = world.fake().requests().len() - requests;
    assert!(made < 60, "{made} requests");

    // An equal result writes nothing.
    world.fake().take_writes();
    world.run_schedule().assert_exit(0);
    world.fake().expect_writes(&[]);
    // A config for the stack closes its issue.
    let (path, text) = config_of(&world, "gone");
    let commit = world.repo().commit("main").author(&carol);
    commit.write(&path, &text).push();
    world.run_schedule().assert_exit(0);
    world.fake().expect_writes(&[W::UPDATES_ISSUE]);
    assert_eq!(titles(&world), ["Drift: edge", "Merged, not applied: late"]);
}

fn attack_a_config_with_errors_does_not_make_its_stack_an_orphan<W: ForgeWorld>() {
    let world = W::with_stack("");
    let (path, text) = deployed(&world, "edge");
    let commit = world.repo().commit("main").author(&world.user("carol"));
    let commit = commit.write(&path, &text);
    commit.write(&world.workdir().path(), "s3: [\n").push();
    world.fake().take_writes();
    let run = world.run_schedule();
    run.assert_exit(0);
    let rows = run.estate["rows"].as_array().unwrap().iter();
    let states: Vec<&str> = rows.map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(
        states,
        ["invalid", "unknown", "applied"],
        "{:#}",
        run.estate
    );
    assert_eq!(
        run.estate["rows"][1]["template"]["unknown"],
        "config-errors"
    );
    world.fake().expect_writes(&[]);
}

/// Threat 75: the rows say why, and nothing is read there.
fn attack_no_account_of_another_environment_is_read<W: ForgeWorld>() {
    let world = W::with_stack("    accounts: ['999999999999']\n");
    let run = world.run_schedule();
    let rows = run.estate["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{:#}", run.estate);
    assert_eq!(rows[0]["state"], "unknown", "{:#}", run.estate);
    for fact in ["status", "template", "drift"] {
        assert_eq!(
            rows[0][fact]["unknown"], "account-not-allowed",
            "{:#}",
            run.estate
        );
    }
}

on_both_forges! {
    attack_no_account_of_another_environment_is_read
    a_scheduled_run_writes_both_documents_and_an_issue_for_each_state
    attack_a_config_with_errors_does_not_make_its_stack_an_orphan
}
