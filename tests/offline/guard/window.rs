//! Windows and freezes: what changes a stack waits for them.

use std::sync::LazyLock;

use provisioner::guard::*;

use super::attack::by_change;
use super::scene::*;
use super::{Loaded, codes, denials, policy, stack};

/// Open on Thursdays, ten minutes after midnight, for ten minutes.
const OPEN: &str = "windows: [{days: [thu], from: '00:10', to: '00:20'}]";

static WINDOW: LazyLock<Loaded> =
    LazyLock::new(|| policy(&format!("defaults: {{updates: reviewed, {OPEN}}}")));

/// Neither reads only, nor ends what an earlier run began.
fn waiting_kinds() -> impl Iterator<Item = EffectKind> {
    let pass = [
        EffectKind::Inspect,
        EffectKind::Preview,
        EffectKind::Resume,
        EffectKind::ContinueRollback,
    ];
    let kinds = EffectKind::ALL.iter().copied();
    kinds.filter(move |kind| !pass.contains(kind))
}

fn at_second(kind: EffectKind, policy: &'static Loaded, now: Option<i64>) -> Scene {
    let mut scene = Scene::commanded(kind);
    scene.policy = policy;
    scene.request().now = now.map(at);
    scene
}

#[test]
fn attack_a_merge_outside_of_the_window() {
    for kind in waiting_kinds().filter(|kind| !kind.repairs()) {
        for (now, wanted) in [
            (Some(599), &["outside-window"][..]),
            (Some(600), &[]),
            (Some(1199), &[]),
            (Some(1200), &["outside-window"]),
            // An hour of another Thursday, and the right hour of a Friday.
            (Some(7 * 86_400 + 3600), &["outside-window"]),
            (Some(86_400 + 600), &["outside-window"]),
            (Some(7 * 86_400 + 600), &[]),
            (None, &["outside-window"]),
        ] {
            let scene = at_second(kind, &WINDOW, now);
            assert_eq!(scene.codes(kind), wanted, "{kind:?} at {now:?}");
        }
    }
}

/// The environment's own windows and freezes replace the defaults.
#[test]
fn attack_an_environment_without_the_defaults() {
    let own = |text: &str| {
        policy(&format!(
            "defaults: {{updates: reviewed, {OPEN}}}\nenvironments: {{prod: {{{text}}}, dev: {{}}}}"
        ))
    };
    for (text, now, is_open) in [
        ("", 0, false),
        ("windows: []", 0, true),
        ("windows: [{from: '23:00', to: '01:00'}]", 0, true),
        ("windows: [{from: '23:00', to: '01:00'}]", 3599, true),
        ("windows: [{from: '23:00', to: '01:00'}]", 3600, false),
        (
            "windows: [{from: '01:00', to: '02:00', zone: Europe/Berlin}]",
            600,
            true,
        ),
        (
            "windows: [{from: '00:00', to: '01:00', zone: Europe/Berlin}]",
            600,
            false,
        ),
        (
            "freeze: [{from: 1969-12-30, to: 1970-01-01, reason: year}]",
            600,
            false,
        ),
        (
            "windows: [], freeze: [{from: 1969-12-30, to: 1969-12-31, reason: year}]",
            0,
            true,
        ),
        (
            "windows: [], freeze: [{from: 1969-12-30, to: 1970-01-01T00:10, reason: year}]",
            599,
            false,
        ),
        (
            "windows: [], freeze: [{from: 1969-12-30, to: 1970-01-01T00:10, reason: year}]",
            600,
            true,
        ),
    ] {
        let loaded = own(text);
        let mut scene = Scene::merged(EffectKind::Create);
        scene.request().now = Some(at(now));
        let found = codes(EffectKind::Create, &loaded, &scene.facts);
        let wanted: &[&str] = if is_open { &[] } else { &["outside-window"] };
        assert_eq!(found, wanted, "{text} at {now}");
    }
}

/// Berlin's clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 to 02:00 on 2026-10-25.
#[test]
fn attack_an_hour_that_a_clock_repeats_or_skips() {
    let is_open = |text: &str, now: &str| {
        let loaded = policy(&format!("defaults: {{updates: reviewed, {text}}}"));
        let mut scene = Scene::merged(EffectKind::Create);
        scene.request().now = Some(now.parse().unwrap());
        codes(EffectKind::Create, &loaded, &scene.facts).is_empty()
    };
    let freeze =
        "freeze: [{from: 2026-10-25T01:00, to: 2026-10-25T02:30, zone: Europe/Berlin, reason: a}]";
    let repeated = "windows: [{from: '02:15', to: '02:30', zone: Europe/Berlin}]";
    let skipped = "windows: [{from: '02:30', to: '03:15', zone: Europe/Berlin}]";
    for (text, now, expected) in [
        (freeze, "2026-10-24T22:59:59Z", true),
        (freeze, "2026-10-24T23:00:00Z", false),
        (freeze, "2026-10-25T00:45:00Z", false),
        (freeze, "2026-10-25T01:29:59Z", false),
        (freeze, "2026-10-25T01:30:00Z", true),
        // The second reading of its begin is after the first one of its end.
        (repeated, "2026-10-25T00:20:00Z", false),
        (repeated, "2026-10-25T01:20:00Z", false),
        (repeated, "2026-10-26T01:20:00Z", true),
        (skipped, "2026-03-29T01:10:00Z", false),
        (skipped, "2026-03-30T00:45:00Z", true),
    ] {
        assert_eq!(is_open(text, now), expected, "{text} at {now}");
    }
}

#[test]
fn a_denial_names_the_reason_and_the_next_time() {
    let said = |text: &str, now: i64| {
        let loaded = policy(&format!("defaults: {{updates: reviewed, {text}}}"));
        let mut scene = Scene::merged(EffectKind::Create);
        scene.request().now = Some(at(now));
        let found = denials(EffectKind::Create, &loaded, &scene.facts);
        let found = found.iter();
        let lines = found.map(|denial| format!("{}\n{}", denial.fact, denial.remedy));
        lines.collect::<Vec<_>>().join("\n")
    };
    let berlin = "windows: [{days: [mon, tue], from: '09:00', to: '16:00', zone: Europe/Berlin}]";
    let freeze = "freeze: [{from: 1970-01-01, to: 1970-01-05, reason: end of year}]";
    insta::assert_snapshot!([
        said(berlin, NOW),
        said(freeze, NOW),
        said(&format!("{berlin}, {freeze}"), NOW),
        said("windows: [{from: '09:00', to: '10:00'}], freeze: [{from: 1969-01-01, to: 9990-01-01, reason: closed}]", NOW),
    ].join("\n\n"));
}

/// The window's day begins in the hour that the clock repeats: the fact and the remedy name the same local time.
#[test]
fn a_repeated_hour_is_named_with_its_offset() {
    let text = "windows: [{from: '02:30', to: '04:00', zone: Europe/Berlin}]";
    let loaded = policy(&format!("defaults: {{updates: reviewed, {text}}}"));
    let mut scene = Scene::merged(EffectKind::Create);
    scene.request().now = Some("2026-10-25T00:30:10Z".parse().unwrap());
    let found = denials(EffectKind::Create, &loaded, &scene.facts);
    let denial = &found[0];
    let now = "2026-10-25 02:30 +02:00 Europe/Berlin";
    assert!(denial.fact.contains(now), "{}", denial.fact);
    let opens = "2026-10-25 02:30 +01:00 Europe/Berlin";
    assert!(denial.remedy.contains(opens), "{}", denial.remedy);
}

/// By hand, the clock of the machine counts. Reads and repairs of a failed rollback do not wait.
#[test]
fn a_command_line_waits_too() {
    for kind in EffectKind::ALL.iter().copied() {
        let mut facts = stack::allowed_facts(kind);
        let mut found = |second| {
            facts.authority = Authority::CommandLine {
                force: true,
                typed: None,
                lock: LockState::Absent,
                now: at(second),
            };
            codes(kind, &WINDOW, &facts)
        };
        assert_eq!(found(600), [""; 0], "{kind:?}");
        let waits = waiting_kinds().any(|waiting| waiting == kind);
        let wanted: &[&str] = if waits { &["outside-window"] } else { &[] };
        assert_eq!(found(0), wanted, "{kind:?}");
    }
}

/// Both policies count: a merge cannot open its own window, and a new freeze stops older merges.
#[test]
fn attack_a_merge_that_opens_its_own_window() {
    let closed = policy("defaults: {updates: reviewed, windows: [{from: '01:00', to: '02:00'}]}");
    for kind in by_change() {
        let scene = Scene::commanded(kind);
        let is_closed = |before, now| {
            let policies = Policies::new(before, Some(now));
            let found = provisioner::guard::denials(kind, policies, &scene.facts, &super::STACK);
            !found.is_empty()
        };
        let waits = waiting_kinds().any(|waiting| waiting == kind);
        assert!(!is_closed(&WINDOW, &ONE_APPROVAL), "{kind:?}");
        assert_eq!(is_closed(&closed, &WINDOW), waits, "{kind:?}");
        assert_eq!(is_closed(&WINDOW, &closed), waits, "{kind:?}");
    }
}

#[test]
fn times_that_are_none_are_errors_at_their_lines() {
    let text = "environments:\n  prod:\n    windows:\n      - { from: '09:00', to: '16:00', zone: Berlin }\n      - { days: [monday], from: '9:00', to: '16:00' }\n    freeze:\n      - { from: 2027-02-30, to: 2027-03-01, reason: a }\n      - { from: 2027-03-02, to: 2027-03-01, reason: a }\n      - { from: 2027-03-02, to: 2027-03-03 }\ndefaults:\n  freeze:\n    - { from: 2027-03-02, to: 2027-03-03, reason: a, zone: '../../etc/passwd' }\n";
    let found = |text: &str| {
        let problems = policy(text).unwrap_err();
        provisioner::report::diagnostics(&problems)
    };
    let valid = text
        .replace("monday", "mon")
        .replace("'9:00'", "'09:00'")
        .replace("2027-03-03 }", "2027-03-03, reason: a }");
    insta::assert_snapshot!([found(text), found(&valid)].join("\n\n"));
}

/// `Etc/GMT-1` is UTC+1, and `EST` has no summer time.
#[test]
fn zones_are_places_or_utc() {
    for (zone, is_valid) in [
        ("Europe/Berlin", true),
        ("America/Argentina/Buenos_Aires", true),
        ("UTC", true),
        ("Etc/GMT-1", false),
        ("etc/gmt-1", false),
        ("EST", false),
        ("CET", false),
        ("Factory", false),
        ("GMT+1", false),
        ("Z", false),
        ("localtime", false),
        ("Europe/Nowhere", false),
    ] {
        let text = format!(
            "environments:\n  prod:\n    windows:\n      - {{ from: '09:00', to: '16:00', zone: {zone} }}\n"
        );
        let loaded = policy(&text);
        assert_eq!(loaded.is_ok(), is_valid, "{zone}");
        for problem in loaded.err().into_iter().flatten() {
            let helps = [
                "write UTC, or a name such as Europe/Berlin",
                "did you mean ",
            ];
            let has_help = helps.iter().any(|help| problem.message.contains(help));
            assert!(has_help, "{problem:?}");
        }
    }
}
