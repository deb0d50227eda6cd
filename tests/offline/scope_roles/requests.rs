//! The requests that provisioner sends, against the permissions and the denials of an apply role with a scope.

use serde_json::{Value, json};

use super::{ACCOUNT, PRINTED, denial, role, statements};

const STACK: &str = "acme-prod-c001-us-west-2-s3-stack";
const CREATE: &str = "cloudformation:CreateChangeSet";
const DELETE: &str = "cloudformation:DeleteStack";
const REQUEST: &str = "aws:RequestTag/provisioner:stack";
const RESOURCE: &str = "aws:ResourceTag/provisioner:stack";
const IMPORTS: &str = "cloudformation:ImportResourceTypes";

/// Whether a pattern of IAM matches a text. `?` stands for one character.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|at| is_like(rest, &text[at..])),
        (Some((one, rest)), Some((first, others))) => {
            (*one == b'?' || one == first) && is_like(rest, others)
        }
        _ => false,
    }
}

fn any_like(patterns: &Value, text: &str) -> bool {
    let one = std::slice::from_ref(patterns);
    let patterns = patterns.as_array().map_or(one, Vec::as_slice).iter();
    patterns
        .map(|pattern| pattern.as_str().unwrap().as_bytes())
        .any(|pattern| is_like(pattern, text.as_bytes()))
}

/// Whether a statement applies to a request. A request lacks the keys that `context` lacks.
fn applies(statement: &Value, action: &str, stack: &str, context: &Value) -> bool {
    let arn = format!("arn:aws:cloudformation:us-west-2:{ACCOUNT}:stack/{stack}/0a1b");
    let is_there = match statement.get("NotResource") {
        Some(others) => !any_like(others, &arn),
        None => any_like(&statement["Resource"], &arn),
    };
    let holds = |operator: &str, key: &str, wanted: &Value| {
        let actual = context[key].as_str();
        match operator {
            "Null" => (wanted == "true") == actual.is_none(),
            "StringLike" => actual.is_some_and(|actual| any_like(wanted, actual)),
            "StringNotLike" => actual.is_none_or(|actual| !any_like(wanted, actual)),
            "StringEquals" => actual.is_some_and(|actual| any_like(wanted, actual)),
            "StringNotEquals" => actual.is_none_or(|actual| !any_like(wanted, actual)),
            other => panic!("{other} is not known here"),
        }
    };
    let none = serde_json::Map::new();
    let conditions = statement["Condition"].as_object().unwrap_or(&none).iter();
    any_like(&statement["Action"], action)
        && is_there
        && conditions
            .flat_map(|(operator, keys)| {
                keys.as_object()
                    .unwrap()
                    .iter()
                    .map(move |it| (operator, it))
            })
            .all(|(operator, (key, wanted))| holds(operator, key, wanted))
}

fn is_allowed(action: &str, stack: &str, context: &Value) -> bool {
    let apply = role(&PRINTED, "apply");
    let mut never = apply["never"]["Statement"].as_array().unwrap().iter();
    let is_denied = never.any(|statement| applies(statement, action, stack, context));
    let mut allowed = statements(apply).into_iter();
    !is_denied && allowed.any(|statement| applies(statement, action, stack, context))
}

/// Each kind of change set and deletion, with the tags and types that the request and the stack have.
#[test]
fn every_request_about_a_stack_is_allowed() {
    let test = "acme-prod-c001-us-west-2-s3-stack-t0a1b2c";
    for (what, action, stack, context) in [
        ("creation", CREATE, STACK, json!({ REQUEST: STACK })),
        (
            "update",
            CREATE,
            STACK,
            json!({ REQUEST: STACK, RESOURCE: STACK }),
        ),
        ("test", CREATE, test, json!({ REQUEST: test })),
        (
            "import",
            CREATE,
            STACK,
            json!({ IMPORTS: "AWS::S3::Bucket" }),
        ),
        (
            "rest of an import",
            CREATE,
            STACK,
            json!({ REQUEST: STACK }),
        ),
        ("adoption", CREATE, STACK, json!({ REQUEST: STACK })),
        (
            "un-adoption and restoration",
            CREATE,
            STACK,
            json!({ RESOURCE: STACK }),
        ),
        (
            "execution",
            "cloudformation:ExecuteChangeSet",
            STACK,
            json!({}),
        ),
        ("deletion", DELETE, STACK, json!({ RESOURCE: STACK })),
        ("deletion of an empty stack", DELETE, STACK, json!({})),
    ] {
        assert!(is_allowed(action, stack, &context), "{what}");
    }
}

#[test]
fn attack_an_import_reaches_no_stack_outside_of_the_scope() {
    let foreign = "evil-prod-c001-us-west-2-s3-stack";
    for (what, action, stack, context) in [
        ("untagged update", CREATE, STACK, json!({})),
        (
            "empty list of imports",
            CREATE,
            STACK,
            json!({ IMPORTS: null }),
        ),
        ("foreign tag", CREATE, STACK, json!({ REQUEST: foreign })),
        ("foreign name", CREATE, foreign, json!({ REQUEST: STACK })),
        (
            "import into a foreign name",
            CREATE,
            foreign,
            json!({ IMPORTS: "AWS::S3::Bucket" }),
        ),
        (
            "import into a foreign stack",
            CREATE,
            STACK,
            json!({ IMPORTS: "AWS::S3::Bucket", RESOURCE: foreign }),
        ),
        (
            "foreign stack gets the tag",
            CREATE,
            STACK,
            json!({ REQUEST: STACK, RESOURCE: foreign }),
        ),
        (
            "deletion of a foreign stack",
            DELETE,
            STACK,
            json!({ RESOURCE: foreign }),
        ),
    ] {
        assert!(!is_allowed(action, stack, &context), "{what}");
    }
    // Also if another policy of the role allows it.
    let never = denial(role(&PRINTED, "apply"), "OnlyOwnImports");
    let import = json!({ IMPORTS: "AWS::S3::Bucket" });
    assert!(applies(never, CREATE, foreign, &import));
    assert!(!applies(never, CREATE, STACK, &import));
    assert!(!applies(never, CREATE, foreign, &json!({ REQUEST: STACK })));
}

#[test]
fn attack_foreign_resources_with_matching_names_are_denied() {
    let apply = role(&PRINTED, "apply");
    let own = denial(apply, "OnlyOwnResources");
    assert!(
        own["Action"]
            .as_array()
            .unwrap()
            .contains(&json!("iam:DeleteRole"))
    );
    assert_eq!(
        (&own["Effect"], &own["Resource"]),
        (&json!("Deny"), &json!("*"))
    );
    // A negated operator holds where the tag is absent.
    let names = &own["Condition"]["StringNotLike"][RESOURCE];
    assert!(
        names
            .as_array()
            .unwrap()
            .contains(&json!("acme-prod-*-us-west-2-s3-stack")),
        "{names}"
    );
    // An empty stack in review has no tags, and stays deletable.
    let deleted = denial(apply, "NoForeignStacks");
    assert_eq!(deleted["Action"], json!([CREATE, DELETE]));
    assert_eq!(deleted["Resource"], "*");
    assert_eq!(
        deleted["Condition"],
        json!({ "StringNotLike": { RESOURCE: names }, "Null": { RESOURCE: "false" } })
    );
    // A change set gives the tag, or it is for a stack that has it: an un-adoption takes it away.
    let created = denial(apply, "OnlyOwnStacks");
    assert_eq!(
        created["Condition"],
        json!({
            "StringNotLike": { REQUEST: names, RESOURCE: names },
            "Null": { IMPORTS: "true" },
        })
    );
}
