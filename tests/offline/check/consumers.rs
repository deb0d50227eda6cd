//! Removed configs: the report names the configs that need what the deletion takes away.

use serde_json::{Value, json};

use crate::support::check::Scene;
use crate::support::job::JobOutput;

/// A product that exports a name and has two parameters, of which a deletion retains one. `needs` imports, `reads` reads a parameter.
fn product() -> [(String, String); 4] {
    let manifest = "name: note\ntitle: Note\nsummary: A note.\nsection: note\nfiles: '*-note.yaml'\n\
         target: {account: note.account, region: note.region, environment: \"'prod'\"}\n\
         names: {config: \"note.name ~ '-note'\", stack: names.config ~ '-stack' ~ given.suffix}\n\
         outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
         actions: {deploy-product: provision, delete-product: delete}\n";
    let text = json!({"type": "string"});
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["note"],
        "properties": {"note": {"type": "object", "additionalProperties": false,
            "required": ["name", "account", "region"],
            "properties": {"name": text, "account": text, "region": text, "needs": text, "reads": text}}},
    });
    let template = "Resources:\n  \
         Note:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: {{ '/notes/' ~ note.name }}, Type: String, Value: x }\n  \
         Kept:\n    Type: AWS::SSM::Parameter\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    \
         Properties: { Name: {{ '/kept/' ~ note.name }}, Type: String, Value: {{ '{{resolve:ssm:' ~ note.reads|default('/other') ~ '}}' }} }\n\
         Outputs:\n  Note:\n    Value: x\n    Export: { Name: {{ names.stack }} }\n\
         {% if note.needs is defined %}  Needed:\n    Value: !ImportValue {{ note.needs }}\n{% endif %}";
    [
        ("product.yaml", manifest.to_owned()),
        ("config.schema.json", schema.to_string()),
        ("stack.yaml.j2", template.to_owned()),
        ("iam-policy.json.j2", "{}\n".to_owned()),
    ]
    .map(|(name, text)| (format!(".provisioner/products/note/{name}"), text))
}

fn note(name: &str, more: &str) -> (String, String) {
    note_in("us-west-2", name, more)
}

fn note_in(region: &str, name: &str, more: &str) -> (String, String) {
    let text =
        format!("note:\n  name: {name}\n  account: \"123456789012\"\n  region: {region}\n{more}");
    (format!("notes/{name}-note.yaml"), text)
}

/// The check of a pull request that removes the config `a` and those of `removed`.
fn removal(others: &[(String, String)], removed: &[&str]) -> JobOutput {
    let scene = Scene::new();
    let policy = "version: 1\nconfigs: ['notes/*.yaml']\n".to_owned();
    let mut commit = scene.repo.commit("main").write(".provisioner.yaml", policy);
    for (path, text) in product().iter().chain([&note("a", "")]).chain(others) {
        commit = commit.write(path, text.clone());
    }
    scene.repo.branch("change", &commit.push());
    let mut commit = scene.repo.commit("change").remove("notes/a-note.yaml");
    for name in removed {
        commit = commit.remove(&format!("notes/{name}-note.yaml"));
    }
    commit.push();
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let run = scene.job(&pull.open()).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.take_writes();
    run
}

fn consumers(run: &JobOutput) -> &Value {
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    let of_a = changes
        .iter()
        .find(|change| change["path"] == "notes/a-note.yaml");
    &of_a.unwrap()["consumers"]
}

#[test]
fn a_removal_names_the_configs_that_need_the_stack() {
    let others = [
        note("imports", "  needs: a-note-stack\n"),
        note("reads", "  reads: /notes/a\n"),
        note("needs-the-kept", "  reads: /kept/a\n"),
        note("needs-another", "  needs: reads-note-stack\n"),
        note_in("eu-west-1", "elsewhere", "  needs: a-note-stack\n"),
        note("goes-too", "  needs: a-note-stack\n"),
    ];
    let run = removal(&others, &["goes-too"]);
    assert_eq!(
        *consumers(&run),
        json!({
            "known": [
                {"config": "notes/imports-note.yaml", "kind": "export", "name": "a-note-stack"},
                {"config": "notes/reads-note.yaml", "kind": "parameter", "name": "/notes/a"},
            ],
            "unread": [],
        })
    );
    for line in [
        "- needed by `notes/imports-note.yaml`, which imports `a-note-stack`",
        "- needed by `notes/reads-note.yaml`, which reads the parameter `/notes/a`",
    ] {
        assert!(run.summary.contains(line), "{}", run.summary);
    }
    assert_eq!(run.summary.matches("needed by").count(), 2);
}

#[test]
fn a_removal_names_configs_with_errors() {
    let broken = (
        "notes/broken-note.yaml".to_owned(),
        "note: {name: broken}\n".to_owned(),
    );
    let run = removal(&[broken], &[]);
    assert_eq!(
        *consumers(&run),
        json!({"known": [], "unread": ["notes/broken-note.yaml"]})
    );
    let line =
        "- note: configs with errors may need its exports and parameters: `notes/broken-note.yaml`";
    assert!(run.summary.contains(line), "{}", run.summary);
}

#[test]
fn many_consumers_are_counted() {
    let others: Vec<_> = (0..25)
        .map(|at| note(&format!("n{at:02}"), "  needs: a-note-stack\n"))
        .collect();
    let run = removal(&others, &[]);
    assert_eq!(run.summary.matches("needed by").count(), 20);
    assert!(run.summary.contains("- and needed for 5 more names"));
}
