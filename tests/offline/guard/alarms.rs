//! Rollback triggers of the policy: alarms of other accounts and regions deny, and too many are an error of the file.

use provisioner::guard::*;

use super::scene::*;
use super::{codes, policy};

const ALARM: &str = "arn:aws:cloudwatch:{region}:{account_id}:alarm:errors";

fn found(kind: EffectKind, alarm: &str) -> Vec<&'static str> {
    let loaded = policy(&format!(
        "defaults: {{updates: reviewed}}\nenvironments: {{prod: {{rollback: {{alarms: ['{alarm}']}}}}}}"
    ));
    codes(kind, &loaded, &Scene::merged(kind).facts)
}

#[test]
fn attack_alarms_of_another_account_or_region_watch_a_stack() {
    for kind in [EffectKind::Create, EffectKind::Update] {
        let without: Vec<&str> = found(kind, ALARM);
        let partition = ALARM.replace("arn:aws:", "arn:{partition}:");
        assert_eq!(found(kind, &partition), without);
        for (from, to, code) in [
            ("{account_id}", "999999999999", "alarm-mismatch"),
            ("{region}", "eu-north-1", "alarm-mismatch"),
            ("arn:aws:", "arn:aws-cn:", "alarm-mismatch"),
        ] {
            let denied = found(kind, &ALARM.replace(from, to));
            let more: Vec<&&str> = denied.iter().filter(|it| !without.contains(it)).collect();
            assert_eq!(more, [&code], "{kind:?} {from}");
        }
    }
}

#[test]
fn attack_a_time_without_alarms_removes_those_of_a_stack() {
    for (settings, is_valid) in [
        ("{monitoring-minutes: 5}", false),
        ("{}", false),
        ("{alarms: [], monitoring-minutes: 5}", true),
        ("{composite-alarms: []}", true),
    ] {
        for text in [
            format!("defaults: {{rollback: {settings}}}"),
            format!("environments: {{prod: {{rollback: {settings}}}}}"),
        ] {
            let loaded = policy(&text);
            assert_eq!(loaded.is_ok(), is_valid, "{text}");
            for problem in loaded.err().into_iter().flatten() {
                assert!(problem.message.contains("lists no alarms"), "{problem:?}");
            }
        }
    }
}
