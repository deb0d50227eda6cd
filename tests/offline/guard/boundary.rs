//! The permissions boundary that the policy requires of every role of a stack.

use provisioner::guard::*;
use provisioner::template::RoleBoundary;

use super::{codes, policy, stack};

/// A platform team requires a boundary, also of a person at a command line.
#[test]
fn attack_a_role_without_the_required_boundary() {
    let none = policy("defaults: {updates: reviewed}");
    let required = policy("permissions_boundary: platform\ndefaults: {updates: reviewed}");
    let role = |boundary: Option<&str>| {
        Some(vec![RoleBoundary {
            logical_id: "BuildRole".to_owned(),
            boundary: boundary.map(str::to_owned),
        }])
    };
    for kind in [EffectKind::Create, EffectKind::Update, EffectKind::Test] {
        let mut facts = stack::allowed_facts(kind);
        let account = facts.caller.as_ref().unwrap().account.clone();
        let own = format!("arn:aws:iam::{account}:policy/platform");
        for (roles, expected) in [
            (role(Some(&own)), false),
            (Some(Vec::new()), false),
            (None, true),
            (role(None), true),
            (
                role(Some("arn:aws:iam::999999999999:policy/platform")),
                true,
            ),
            (role(Some(&format!("{own}-2"))), true),
            (
                role(Some(&format!(
                    "arn:aws:iam::{account}:policy/other/platform"
                ))),
                true,
            ),
        ] {
            facts.role_boundaries = roles;
            let told = codes(kind, &required, &facts);
            assert_eq!(
                told.contains(&"boundary-missing"),
                expected,
                "{kind:?} {:?}",
                facts.role_boundaries
            );
        }
        // Without the key in the policy, no boundary is required.
        facts.role_boundaries = role(None);
        assert_eq!(codes(kind, &none, &facts), [""; 0], "{kind:?}");
    }
}
