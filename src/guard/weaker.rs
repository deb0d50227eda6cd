//! Whether a changed key of the policy allows more than before. A key that no rule knows does.

use super::Policy;

/// `key`: dotted.
pub(super) fn allows_more(key: &str, old: &Policy, new: &Policy) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    match parts[..] {
        // Neither says what may happen to a stack.
        ["version"] | ["defaults", "concurrency"] => false,
        // Without a list, the usual folders are selected.
        ["configs"] => adds(&old.configs, &new.configs) || new.configs.is_empty(),
        // Without a list, every account and environment is allowed.
        ["accounts"] => widens(&old.accounts, &new.accounts),
        ["environments", name, ..] => of_environment(name, &parts[2..], old, new),
        // A name that no environment has: the defaults count.
        ["defaults", "rollback", field] => of_rollback("", field, old, new),
        ["defaults", field] => of_settings("", field, old, new),
        // Owners answer for bots, which then count as these persons.
        ["bots", bot] => new.owner_of_bot(bot).is_some(),
        ["permissions_boundary"] => old.permissions_boundary.is_some(),
        ["scope", ..] => of_scope(&parts[1..], old, new),
        ["values", "show"] => adds(&old.values.show, &new.values.show),
        _ => true,
    }
}

fn of_environment(name: &str, keys: &[&str], old: &Policy, new: &Policy) -> bool {
    // Without any environment, each is allowed.
    if new.environments.is_empty() {
        return true;
    }
    let is_listed =
        |policy: &Policy| policy.environments.is_empty() || policy.environments.contains_key(name);
    match (is_listed(old), is_listed(new)) {
        (_, false) => false,
        (false, true) => true,
        (true, true) => match keys {
            // The first environment forbids the others.
            [] => false,
            ["roles", role] => {
                let role = |policy: &Policy| policy.role_of(name, role).map(str::to_owned);
                role(new).is_some()
            }
            ["rollback", field] => of_rollback(name, field, old, new),
            [field] => of_settings(name, field, old, new),
            _ => true,
        },
    }
}

fn of_settings(environment: &str, field: &str, old: &Policy, new: &Policy) -> bool {
    match field {
        "approvals" => new.approvals(environment) < old.approvals(environment),
        "updates" => new.updates(environment) > old.updates(environment),
        "deletes" => new.deletes(environment) && !old.deletes(environment),
        // A time is open that was not.
        "windows" => {
            let (old, new) = (old.windows(environment), new.windows(environment));
            let mut others = new.iter();
            !old.is_empty()
                && (new.is_empty()
                    || others.any(|new| !old.iter().any(|old| old.contains_window(new))))
        }
        // The rest does not wait for a stack for which it waited.
        "first" => {
            let (old, new) = (old.first(environment), new.first(environment));
            old.is_some_and(|old| !new.is_some_and(|new| new.contains_all(old)))
        }
        "max-failures" => {
            let most = |policy: &Policy| policy.max_failures(environment).unwrap_or(usize::MAX);
            most(new) > most(old)
        }
        // Reviewers see fewer change sets.
        "sample" => {
            let size = |policy: &Policy| policy.sample(environment).unwrap_or(usize::MAX);
            size(new) < size(old)
        }
        "freeze" => {
            let new = new.freezes(environment);
            let mut old = old.freezes(environment).iter();
            old.any(|old| !new.iter().any(|new| new.contains_freeze(old)))
        }
        "accounts" => widens(old.own_accounts(environment), new.own_accounts(environment)),
        "approvers" => widens(old.approvers(environment), new.approvers(environment)),
        _ => true,
    }
}

/// Fewer alarms, or a shorter time.
fn of_rollback(environment: &str, field: &str, old: &Policy, new: &Policy) -> bool {
    let Some(old) = old.rollback_of(environment) else {
        // Without the key, stacks keep their alarms. Without alarms, the next update removes them.
        return new
            .rollback_of(environment)
            .is_some_and(|new| new.all().next().is_none());
    };
    let Some(new) = new.rollback_of(environment) else {
        return true;
    };
    match field {
        "alarms" => adds(&new.alarms, &old.alarms),
        "composite-alarms" => adds(&new.composite_alarms, &old.composite_alarms),
        "monitoring-minutes" => new.monitoring_minutes < old.monitoring_minutes,
        _ => true,
    }
}

/// Without a scope, the roles of CI list the stacks of the configs.
fn of_scope(keys: &[&str], old: &Policy, new: &Policy) -> bool {
    let (old, new) = match (&old.scope, &new.scope) {
        (_, None) => return false,
        (None, Some(_)) => return true,
        (Some(old), Some(new)) => (old, new),
    };
    match keys {
        ["products"] => adds(&old.products, &new.products),
        ["regions"] => adds(&old.regions, &new.regions),
        // The name of a key has dots. A key without values may have any.
        ["names", ..] => {
            let name = keys[1..].join(".");
            match (old.names.get(&name), new.names.get(&name)) {
                (Some(old), Some(new)) => adds(old, new),
                (None, Some(_)) => false,
                (_, None) => true,
            }
        }
        ["boundary"] => old.boundary.is_some(),
        _ => true,
    }
}

fn adds(old: &[String], new: &[String]) -> bool {
    new.iter().any(|name| !old.contains(name))
}

/// Of lists that allow everything if they are empty.
fn widens(old: &[String], new: &[String]) -> bool {
    !old.is_empty() && (new.is_empty() || adds(old, new))
}

#[cfg(test)]
mod tests {
    use crate::guard::{POLICY_FILE, PolicyChange};
    use crate::model::{FileContents, RepoPath};

    /// The changed keys, marked `+` if they allow more.
    fn marked(old: &str, new: &str) -> Vec<String> {
        let path = RepoPath::typed(POLICY_FILE);
        let file = |text: &str| FileContents::Regular(format!("version: 1\n{text}\n").into());
        let change = PolicyChange::new(&path, Some(&file(old)), Some(&file(new)), &[]).unwrap();
        assert!(change.problems.is_empty(), "{:?}", change.problems);
        let mark = |allows_more| if allows_more { "+" } else { "-" };
        let keys = change.keys.iter();
        keys.map(|key| format!("{}{}", mark(key.allows_more), key.key))
            .collect()
    }

    /// Each case: the policy before and after, and the mark of the one key that differs.
    fn assert_marked(cases: &[(&str, &str, &str)]) {
        for (old, new, expected) in cases {
            assert_eq!(marked(old, new), [*expected], "{old} → {new}");
        }
    }

    const PLAN: &str = "arn:aws:iam::123456789012:role/plan";
    const APPLY: &str = "arn:aws:iam::123456789012:role/apply";

    fn watched(number: u8, minutes: u16) -> String {
        let alarm = format!("arn:aws:cloudwatch:us-west-2:123456789012:alarm:errors-{number}");
        format!("defaults: {{rollback: {{alarms: ['{alarm}'], monitoring-minutes: {minutes}}}}}")
    }

    #[test]
    fn attack_every_key_that_allows_more_is_marked() {
        let with_role = |roles: &str| format!("environments: {{dev: {{roles: {{{roles}}}}}}}");
        let plan = with_role(&format!("plan: '{PLAN}'"));
        let both = with_role(&format!("plan: '{PLAN}', apply: '{APPLY}'"));
        let other = with_role(&format!("plan: '{APPLY}'"));
        let scope = |more: &str| format!("scope: {{products: [s3], regions: [us-west-2], {more}}}");
        let open = |from: &str| format!("defaults: {{windows: [{{from: '{from}', to: '16:00'}}]}}");
        let frozen = |to: &str| {
            format!("defaults: {{freeze: [{{from: '2026-12-18', to: '{to}', reason: year}}]}}")
        };
        let cases = [
            (
                "environments: {dev: {}}",
                "environments: {dev: {}, prod: {}}",
                "+environments.prod",
            ),
            ("environments: {dev: {}}", "", "+environments.dev"),
            ("permissions_boundary: a", "", "+permissions_boundary"),
            (
                "permissions_boundary: a",
                "permissions_boundary: b",
                "+permissions_boundary",
            ),
            (&plan, &both, "+environments.dev.roles.apply"),
            (&plan, &other, "+environments.dev.roles.plan"),
            (
                "configs: [a/*.yaml]",
                "configs: [a/*.yaml, b/*.yaml]",
                "+configs",
            ),
            ("configs: [a/*.yaml]", "", "+configs"),
            ("", "values: {show: [s3.tags.Team]}", "+values.show"),
            ("", "bots: {'7': '@ann#1'}", "+bots.7"),
            ("accounts: ['123456789012']", "", "+accounts"),
            (
                "environments: {dev: {accounts: ['123456789012']}}",
                "environments: {dev: {accounts: ['123456789012', '210987654321']}}",
                "+environments.dev.accounts",
            ),
            (
                "environments: {dev: {accounts: ['123456789012']}}",
                "environments: {dev: {}}",
                "+environments.dev.accounts",
            ),
            (&open("09:00"), &open("08:00"), "+defaults.windows"),
            (&open("09:00"), "", "+defaults.windows"),
            (&frozen("2027-01-04"), "", "+defaults.freeze"),
            (
                "defaults: {windows: [{days: [mon], from: '09:00', to: '16:00'}]}",
                "defaults: {windows: [{days: [mon, tue], from: '09:00', to: '16:00'}]}",
                "+defaults.windows",
            ),
            (
                &open("09:00"),
                "defaults: {windows: [{from: '09:00', to: '16:00', zone: Europe/Berlin}]}",
                "+defaults.windows",
            ),
            // It ends on the next day.
            (
                &open("09:00"),
                "defaults: {windows: [{from: '10:00', to: '09:30'}]}",
                "+defaults.windows",
            ),
            (
                "defaults: {first: [a.yaml]}",
                "defaults: {first: 9}",
                "+defaults.first",
            ),
            (
                "defaults: {first: [a.yaml, b.yaml]}",
                "defaults: {first: [b.yaml, c.yaml]}",
                "+defaults.first",
            ),
            (
                "defaults: {first: 2}",
                "defaults: {first: 1}",
                "+defaults.first",
            ),
            ("defaults: {first: [a.yaml]}", "", "+defaults.first"),
            ("", "defaults: {sample: 3}", "+defaults.sample"),
            (
                "defaults: {sample: 3}",
                "defaults: {sample: 2}",
                "+defaults.sample",
            ),
            (
                "defaults: {sample: all}",
                "defaults: {sample: 900}",
                "+defaults.sample",
            ),
            (
                "environments: {dev: {sample: all}}\ndefaults: {sample: 3}",
                "environments: {dev: {}}\ndefaults: {sample: 3}",
                "+environments.dev.sample",
            ),
            ("defaults: {max-failures: 0}", "", "+defaults.max-failures"),
            (
                "defaults: {max-failures: 0}",
                "defaults: {max-failures: 1}",
                "+defaults.max-failures",
            ),
            (
                &frozen("2027-01-04"),
                &frozen("2027-01-03"),
                "+defaults.freeze",
            ),
            (&watched(1, 5), &watched(2, 5), "+defaults.rollback.alarms"),
            (
                &watched(1, 5),
                &watched(1, 4),
                "+defaults.rollback.monitoring-minutes",
            ),
            ("defaults: {approvals: 2}", "", "+defaults.approvals"),
            ("", "defaults: {updates: in-place}", "+defaults.updates"),
            (
                &scope("names: {client.tenant_id: [a]}"),
                &scope("names: {client.tenant_id: [a, b]}"),
                "+scope.names.client.tenant_id",
            ),
            (
                &scope("names: {client.tenant_id: [a]}"),
                &scope("names: {}"),
                "+scope.names.client.tenant_id",
            ),
            (
                &scope("names: {}, boundary: a"),
                &scope("names: {}, boundary: b"),
                "+scope.boundary",
            ),
        ];
        assert_marked(&cases);
    }

    #[test]
    fn stricter_keys_are_not_marked() {
        let cases = [
            (
                "environments: {dev: {}, prod: {}}",
                "environments: {dev: {}}",
                "-environments.prod",
            ),
            ("", "environments: {dev: {}}", "-environments.dev"),
            ("", "permissions_boundary: a", "-permissions_boundary"),
            (
                "configs: [a/*.yaml, b/*.yaml]",
                "configs: [a/*.yaml]",
                "-configs",
            ),
            ("values: {show: [s3.tags.Team]}", "", "-values.show"),
            ("bots: {'7': '@ann#1'}", "", "-bots.7"),
            ("", "accounts: ['123456789012']", "-accounts"),
            (
                "environments: {dev: {}}",
                "environments: {dev: {accounts: ['123456789012']}}",
                "-environments.dev.accounts",
            ),
            (
                "environments: {dev: {accounts: ['123456789012', '210987654321']}}",
                "environments: {dev: {accounts: ['123456789012']}}",
                "-environments.dev.accounts",
            ),
            ("", "defaults: {approvals: 2}", "-defaults.approvals"),
            (
                "",
                "defaults: {windows: [{from: '09:00', to: '16:00'}]}",
                "-defaults.windows",
            ),
            (
                "",
                "defaults: {freeze: [{from: '2026-12-18', to: '2027-01-04', reason: year}]}",
                "-defaults.freeze",
            ),
            ("", "defaults: {first: 1}", "-defaults.first"),
            (
                "defaults: {first: 1}",
                "defaults: {first: 2}",
                "-defaults.first",
            ),
            (
                "defaults: {first: [a.yaml]}",
                "defaults: {first: [b.yaml, a.yaml]}",
                "-defaults.first",
            ),
            (
                "defaults: {windows: [{from: '09:00', to: '16:00'}, {from: '20:00', to: '02:00'}]}",
                "defaults: {windows: [{days: [mon], from: '10:00', to: '16:00'}, {from: '21:00', to: '01:00'}]}",
                "-defaults.windows",
            ),
            (
                "defaults: {freeze: [{from: '2026-12-18', to: '2027-01-04', reason: year}]}",
                "defaults: {freeze: [{from: '2026-12-17', to: '2027-01-05', reason: end}]}",
                "-defaults.freeze",
            ),
            ("defaults: {sample: 3}", "", "-defaults.sample"),
            (
                "defaults: {sample: 3}",
                "defaults: {sample: 4}",
                "-defaults.sample",
            ),
            ("", "defaults: {sample: all}", "-defaults.sample"),
            ("", "defaults: {max-failures: 3}", "-defaults.max-failures"),
            (
                &watched(1, 5),
                &watched(1, 6),
                "-defaults.rollback.monitoring-minutes",
            ),
            ("", "defaults: {concurrency: 2}", "-defaults.concurrency"),
            (
                "environments: {dev: {approvals: 3}, prod: {}}",
                "environments: {prod: {}}",
                "-environments.dev.approvals",
            ),
        ];
        assert_marked(&cases);
    }
}
