//! What each flow writes for a step that tells people.

use serde_json::json;

use super::*;

/// Words that are values in the configs of this file.
#[track_caller]
fn assert_no_values(run: &Run) {
    let text = Value::from(run.events.clone()).to_string();
    for value in ["forecasting", "versioning", "other/", "solutions/"] {
        assert!(!text.contains(value), "{value}: {text}");
    }
}

fn each_flow_says_what_happened<W: ForgeWorld>() {
    let world = W::new(&policy("    updates: never\n"));
    world.workdir().write_config(CONFIG);
    let (path, text) = (world.workdir().path(), world.text());
    let pull = world.opened(7, |commit| commit.write(&path, &text));
    let check = world.run_check(&pull);
    assert_eq!(check.events(), ["checked - "]);
    let before = world.merged(&pull);
    let denied = world.run_push(&before);
    assert_eq!(denied.events(), ["denied - approval-missing"]);

    world.workdir().write_config(TAGGED);
    let text = world.text();
    let pull = world.another(8, |commit| commit.write(&path, &text));
    let before = world.approved_and_merged(&pull);
    let created = world.run_push(&before);
    created.assert_exit(0);
    assert_eq!(created.events(), ["applied created "]);
    let event = &created.events[0];
    assert_eq!(event["format"], "provisioner-event/1");
    assert_eq!(event["config"], path);
    assert_eq!(event["stack"], world.workdir().stack());
    assert_eq!(event["environment"], "prod");
    assert_eq!(event["account"], world.workdir().aws.account);
    assert_eq!(event["region"], "us-west-2");
    assert_eq!(event["pull_request"], 8);
    assert!(event["comment_url"].is_string(), "{event:#}");
    assert!(event.get("run_url").is_some(), "{event:#}");
    assert_no_values(&created);

    // A removed config waits for its confirmation, and a command by a person who may not is denied.
    let removal = world.removal(9);
    let before = world.approved_and_merged(&removal);
    let waiting = world.run_push(&before);
    assert_eq!(waiting.events(), ["awaiting-confirmation - "]);
    let alice = world.user("alice");
    let line = format!("/provisioner tear-down {path} --force --confirm 0123456789abcdef");
    let comment = world.repo().comment(9, &alice, &line);
    let commanded = world.run_comment(&removal, &comment);
    assert!(!commanded.events.is_empty(), "{}", commanded.summary);
    assert!(commanded.events.iter().all(|it| it["kind"] == "denied"));
    assert!(commanded.events.iter().all(|it| it["pull_request"] == 9));
    world.fake().take_writes();
}

fn a_scan_says_what_drifted_and_what_the_estate_needs<W: ForgeWorld>() {
    let world = W::with_stack("");
    let set = |value: &str| {
        let put = world.workdir().aws.parameters().put_parameter();
        let name = format!("/s3/{}/SolutionsPrefix", world.workdir().name);
        let put = put.overwrite(true).name(name).value(value);
        world.workdir().aws.wait(put.send()).unwrap();
    };
    // Nothing happened.
    assert_eq!(world.run_schedule().events, [json!(null); 0]);
    set("other/");
    let path = world.workdir().path().replace("acme-", "late-");
    let text = world.text().replace("acme", "late");
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(&path, &text).push();
    let run = world.run_schedule();
    assert_eq!(run.events(), ["drift-found - ", "estate not-applied "]);
    assert_no_values(&run);
    set("solutions/");
    let run = world.run_schedule();
    assert_eq!(run.events(), ["drift-gone - ", "estate not-applied "]);
    world.fake().take_writes();
}

fn attack_names_in_events_stay_in_their_line<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    let path = "s3/configs/a\n{\"kind\":\"applied\"}\u{202e}-s3.yaml";
    let pull = world.opened(7, |commit| commit.write(path, "s3: [\n"));
    let run = world.run_check(&pull);
    assert!(!run.events.is_empty(), "{}", run.summary);
    assert!(run.events.iter().all(|it| it["kind"] == "check-failed"));
    world.fake().take_writes();
}

on_both_forges! {
    each_flow_says_what_happened
    a_scan_says_what_drifted_and_what_the_estate_needs
    attack_names_in_events_stay_in_their_line
}
