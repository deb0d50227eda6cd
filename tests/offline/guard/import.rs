//! Attacks on an entry that imports resources. Each has a twin that is allowed.

use provisioner::guard::*;

use super::scene::*;

fn import(id: &str, name: &str, named: bool) -> ImportFact {
    ImportFact {
        logical_id: id.to_owned(),
        kind: "AWS::S3::Bucket".to_owned(),
        physical_id: Some(name.to_owned()),
        former: false,
        named,
    }
}

/// A former stack of the config retained it.
fn former() -> ImportFact {
    ImportFact {
        former: true,
        ..import("Log", "/acme", false)
    }
}

fn show(scene: &mut Scene, digest: Option<&str>) {
    let shown = scene.request().shown.as_mut().unwrap();
    shown.change_set = digest.map(str::to_owned);
}

trait Reviewed {
    fn reviewed_import(self) -> Self;
}

impl Reviewed for Scene {
    /// The check showed what is imported now.
    fn reviewed_import(mut self) -> Self {
        show(&mut self, Some(DIGEST));
        self.facts.digests = Some([DIGEST.to_owned(), DIGEST.to_owned()]);
        self
    }
}

/// A merged entry for a bucket, whose change set imports this.
fn scene(kind: EffectKind, imports: Option<Vec<ImportFact>>) -> Scene {
    let mut scene = Scene::merged(kind);
    scene.request().asks = Some(RequestedChange::Import);
    scene.request().imports = vec![bucket("acme-data")];
    scene.facts.imports = imports;
    scene
}

const NOT_REVIEWED: [&str; 1] = ["import-not-reviewed"];

#[test]
fn a_new_stack_imports_what_the_entry_names() {
    for kind in [EffectKind::Create, EffectKind::Resume] {
        assert_eq!(scene(kind, None).codes(kind), [""; 0], "{kind:?}");
        let named = Some(vec![import("Bucket", "acme-data", true)]);
        assert_eq!(scene(kind, named).codes(kind), [""; 0], "{kind:?}");
        let both = Some(vec![import("Bucket", "acme-data", true), former()]);
        let scene = scene(kind, both).reviewed_import();
        assert_eq!(scene.codes(kind), [""; 0], "{kind:?}");
    }
    // AWS need not name the resource again.
    let unnamed = ImportFact {
        physical_id: None,
        ..import("Bucket", "", true)
    };
    let scene = scene(EffectKind::Create, Some(vec![unnamed]));
    assert_eq!(scene.codes(EffectKind::Create), [""; 0]);
}

#[test]
fn attack_a_change_set_imports_other_resources_than_the_entry() {
    let named = import("Bucket", "acme-data", true);
    let others = [
        // Another resource for the same key, as the operation saw it or as it did not.
        vec![import("Bucket", "acme-payroll", false)],
        vec![import("Bucket", "acme-payroll", true)],
        // The resource under another key.
        vec![import("Archive", "acme-data", true)],
        // More than the entry names.
        vec![named.clone(), import("Archive", "acme-archive", false)],
        vec![named.clone(), import("Archive", "acme-archive", true)],
        // Nothing at all: the creation would take another bucket.
        Vec::new(),
    ];
    for kind in [EffectKind::Create, EffectKind::Resume] {
        for imports in &others {
            let scene = scene(kind, Some(imports.clone()));
            assert_eq!(scene.codes(kind), NOT_REVIEWED, "{kind:?} {imports:?}");
        }
    }
}

/// A run was killed after the import. Which resources the stack holds is not known.
#[test]
fn attack_an_unfinished_import_holds_unknown_resources() {
    let kind = EffectKind::Resume;
    let mut scene = scene(kind, None);
    scene.facts.unfinished_import = Some(true);
    scene.facts.changes_imported = Some(false);
    assert_eq!(scene.codes(kind), NOT_REVIEWED);
    scene.facts.imports = Some(vec![import("Bucket", "acme-data", true)]);
    assert_eq!(scene.codes(kind), [""; 0]);
}

#[test]
fn attack_a_pull_request_without_an_entry_imports_nothing() {
    for kind in [EffectKind::Create, EffectKind::Resume] {
        let mut scene = Scene::merged(kind);
        assert_eq!(scene.codes(kind), [""; 0], "{kind:?}");
        scene.facts.imports = Some(vec![import("Bucket", "acme-data", true)]);
        assert_eq!(scene.codes(kind), NOT_REVIEWED, "{kind:?}");
        // A list without the request for it.
        scene.request().imports = vec![bucket("acme-data")];
        assert_eq!(scene.codes(kind), NOT_REVIEWED, "{kind:?}");
    }
}

/// The stack exists: the entry neither updates nor deletes it, whatever is approved.
#[test]
fn attack_an_entry_for_an_import_changes_no_existing_stack() {
    for kind in [
        EffectKind::Update,
        EffectKind::Upload,
        EffectKind::RemoveFailed,
        EffectKind::Adopt,
        EffectKind::Unadopt,
        EffectKind::Delete,
        EffectKind::TearDown,
        EffectKind::Replace,
    ] {
        let codes = scene(kind, None).codes(kind);
        let requested = ["not-requested", "delete-not-requested"];
        assert!(
            codes.iter().any(|code| requested.contains(code)),
            "{kind:?}: {codes:?}"
        );
    }
    let exists = Scene::merged(EffectKind::Update).facts.stack;
    let mut scene = scene(EffectKind::Create, None);
    scene.facts.stack = exists;
    assert_eq!(scene.codes(EffectKind::Create), ["stack-exists"]);
}

#[test]
fn attack_an_import_is_merged_without_approval() {
    let kind = EffectKind::Create;
    let mut scene = scene(kind, None);
    scene.reviews([]);
    assert_eq!(scene.codes(kind), ["approval-missing"]);
    scene.reviews([of_another_commit(rex().approves())]);
    assert_eq!(scene.codes(kind), ["approval-missing", "approval-stale"]);
}

/// The template, and with it what is imported, changed after the review.
#[test]
fn attack_the_merged_commit_renders_another_template() {
    let kind = EffectKind::Create;
    let mut scene = scene(kind, None);
    scene.request().shown.as_mut().unwrap().same = false;
    assert_eq!(scene.codes(kind), ["plan-changed"]);
}

#[test]
fn attack_the_credentials_are_of_another_account() {
    let kind = EffectKind::Create;
    let mut scene = scene(kind, None);
    scene.facts.caller.as_mut().unwrap().account = "999999999999".to_owned();
    assert_eq!(scene.codes(kind), ["account-mismatch"]);
}

/// Reviewers approved a new resource. A former stack retained one of its name.
#[test]
fn attack_an_approval_of_a_new_resource_imports_none() {
    let kind = EffectKind::Create;
    let merged = |asks| {
        let mut scene = scene(kind, Some(vec![former()])).reviewed_import();
        scene.request().asks = Some(asks);
        scene.request().imports = Vec::new();
        scene
    };
    let provision = || merged(RequestedChange::Provision);
    assert_eq!(provision().codes(kind), [""; 0]);
    let other = "f".repeat(64);
    let mut of_now = provision();
    of_now.facts.digests = Some([DIGEST.to_owned(), other.clone()]);
    let mut of_check = provision();
    show(&mut of_check, Some(&other));
    let mut without_check = provision();
    show(&mut without_check, None);
    let mut unknown = provision();
    unknown.facts.digests = None;
    for scene in [of_now, of_check, without_check, unknown] {
        assert_eq!(scene.codes(kind), NOT_REVIEWED);
    }
    // The deletion of a replacement says what comes back.
    let mut replaced = merged(RequestedChange::Replace);
    show(&mut replaced, None);
    assert_ne!(replaced.codes(kind), NOT_REVIEWED);
}
