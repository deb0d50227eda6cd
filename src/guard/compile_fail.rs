//! Code that must not compile. Each proof has a text that compiles, and the same text with one part changed, which does not.
//!
//! Stable Rust does not compare the codes of errors. The text that compiles shows that the changed part causes the error.

macro_rules! assertions {
    ($($(#[$about:meta])* $name:ident: $before:literal, $good:literal, not $bad:literal ($code:literal), $after:literal;)*) => {$(
        $(#[$about])*
        #[doc = concat!("```no_run\n", prelude!(), $before, $good, $after, "\n```\n\n")]
        #[doc = concat!("```compile_fail,", $code, "\n", prelude!(), $before, $bad, $after, "\n```")]
        struct $name;
    )*};
}
macro_rules! prelude {
    () => {
        "use provisioner::{cloud::*, diagnostic::Diagnostic, guard::*, stack::{Stack, StackName}};
         type Loaded = std::result::Result<Policy, Vec<Diagnostic>>;
         type Decided = std::result::Result<Permit<Delete>, Vec<Denial>>;
         type Notify = dyn Fn(u64) + Send + Sync;
         type Tick = dyn Fn() + Send + Sync;
        "
    };
}

assertions! {
    /// Only a decision creates a permit.
    Forged:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided {",
        "decide(policy, facts, &stack)",
        not "Ok(Permit { stack, effect: std::marker::PhantomData })" ("E0451"),
        "}";
    /// A permit for one effect does not allow another.
    OfAnother:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided { decide::<",
        "Delete",
        not "Update" ("E0308"),
        ">(policy, facts, &stack) }";
    /// Listing denials creates no permit.
    OnlyAsked:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided {",
        "decide(policy, facts, &stack)",
        not "denials(EffectKind::Delete, policy, facts, &stack)" ("E0308"),
        "}";
    /// A permit cannot be copied.
    Copied:
        "fn one(permit: Permit<Delete>) -> Permit<Delete> { permit",
        "",
        not ".clone()" ("E0599"),
        "}";
    /// A permit cannot be moved out of a reference.
    Borrowed:
        "fn take(permit: &Permit<Delete>) -> ",
        "&",
        not "" ("E0308"),
        "Permit<Delete> { permit }";
    /// A permit is used up.
    UsedTwice:
        "fn twice(cloud: &Cloud, permit: Permit<Delete>, id: &str) {
            let _ = cloud.delete(permit, id);
            let _ = cloud.",
        "stack(id)",
        not "delete(permit, id)" ("E0382"),
        "; }";
    /// No other module can add an effect that no rule knows.
    OwnEffect:
        "",
        "type Mine = Inspect;",
        not "enum Mine {} impl Effect for Mine { const KIND: EffectKind = EffectKind::Inspect; }" ("E0277"),
        "fn ask(policy: &Loaded, facts: &Facts, stack: &StackName) -> bool {
            decide::<Mine>(policy, facts, stack).is_ok()
        }";
}

// Each method that changes something needs its own kind of permit.
assertions! {
    /// Creating a change set needs a permit to preview.
    Previewed:
        "fn act(cloud: &Cloud, stack: Option<&Stack>, input: &ChangeSetInput, permit: Permit<",
        "Preview", not "Inspect" ("E0308"),
        ">) { let _ = cloud.preview(permit, stack, input); }";
    /// Executing a change set needs a permit to create or update a stack.
    Executed:
        "fn act(cloud: &Cloud, pending: PendingChangeSet, permit: Permit<",
        "Create", not "Preview" ("E0277"),
        ">) { let _ = cloud.execute(permit, pending); }";
    /// Attaching to a running creation needs a permit to resume it.
    Attached:
        "fn act(cloud: &Cloud, id: &str, permit: Permit<",
        "Resume", not "Create" ("E0308"),
        ">) { let _ = cloud.attach(permit, id); }";
    /// Deleting a stack needs a permit to delete it.
    Deleted:
        "fn act(cloud: &Cloud, id: &str, permit: Permit<",
        "Delete", not "Update" ("E0277"),
        ">) { let _ = cloud.delete(permit, id); }";
    /// Emptying a bucket needs a permit for `tear-down` or a test.
    Emptied:
        "fn act(cloud: &Cloud, bucket: &StackBucket, notify: &Notify, permit: Permit<",
        "TearDown", not "Delete" ("E0277"),
        ">) { let _ = cloud.empty(permit, bucket, notify); }";
    /// Deleting a bucket that a stack left needs a permit for `tear-down`.
    BucketsDeleted:
        "fn act(cloud: &Cloud, buckets: &[StackBucket], permit: Permit<",
        "TearDown", not "Delete" ("E0308"),
        ">) { let _ = cloud.delete_buckets(permit, buckets); }";
    /// A permit for folders does not allow a template.
    FoldersWritten:
        "fn act(cloud: &Cloud, bucket: &StackBucket, keys: &[String], tick: &Tick, permit: Permit<",
        "Folders", not "Upload" ("E0308"),
        ">) { let _ = cloud.make_folders(permit, bucket, keys, tick); }";
    /// A permit for a template does not allow folders.
    Uploaded:
        "fn act(cloud: &Cloud, bucket: &StackBucket, key: &str, body: &str, permit: Permit<",
        "Upload", not "Folders" ("E0308"),
        ">) { let _ = cloud.upload(permit, bucket, key, body); }";
}

// Each method that changes something needs a permit.
assertions! {
    /// No change set without a permit.
    PreviewedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Preview>, stack: Option<&Stack>, input: &ChangeSetInput) {
            let _ = cloud.preview(",
        "permit, ", not "" ("E0061"), "stack, input); }";
    /// No execution without a permit.
    ExecutedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Create>, pending: PendingChangeSet) { let _ = cloud.execute(",
        "permit, ", not "" ("E0061"), "pending); }";
    /// No attaching without a permit.
    AttachedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Resume>, id: &str) { let _ = cloud.attach(",
        "permit, ", not "" ("E0061"), "id); }";
    /// No deletion without a permit.
    DeletedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Delete>, id: &str) { let _ = cloud.delete(",
        "permit, ", not "" ("E0061"), "id); }";
    /// No emptying without a permit.
    EmptiedFreely:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, bucket: &StackBucket, notify: &Notify) { let _ = cloud.empty(",
        "permit, ", not "" ("E0061"), "bucket, notify); }";
    /// No deletion of buckets without a permit.
    BucketsDeletedFreely:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, buckets: &[StackBucket]) { let _ = cloud.delete_buckets(",
        "permit, ", not "" ("E0061"), "buckets); }";
    /// No folders without a permit.
    FoldersWrittenFreely:
        "fn act(cloud: &Cloud, permit: Permit<Folders>, bucket: &StackBucket, keys: &[String], tick: &Tick) {
            let _ = cloud.make_folders(",
        "permit, ", not "" ("E0061"), "bucket, keys, tick); }";
    /// No upload without a permit.
    UploadedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Upload>, bucket: &StackBucket, key: &str, body: &str) {
            let _ = cloud.upload(",
        "permit, ", not "" ("E0061"), "bucket, key, body); }";
}

// Each method that changes a bucket needs one that CloudFormation lists for the stack.
assertions! {
    /// A name does not select a bucket to empty.
    EmptiedByName:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, notify: &Notify, bucket: &",
        "StackBucket", not "str" ("E0308"),
        ") { let _ = cloud.empty(permit, bucket, notify); }";
    /// Names do not select buckets to delete.
    DeletedByName:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, buckets: &[",
        "StackBucket", not "String" ("E0308"),
        "]) { let _ = cloud.delete_buckets(permit, buckets); }";
    /// A name does not select a bucket for folders.
    FoldersByName:
        "fn act(cloud: &Cloud, permit: Permit<Folders>, keys: &[String], tick: &Tick, bucket: &",
        "StackBucket", not "str" ("E0308"),
        ") { let _ = cloud.make_folders(permit, bucket, keys, tick); }";
    /// A name does not select a bucket for a template.
    UploadedByName:
        "fn act(cloud: &Cloud, permit: Permit<Upload>, key: &str, body: &str, bucket: &",
        "StackBucket", not "str" ("E0308"),
        ") { let _ = cloud.upload(permit, bucket, key, body); }";
    /// A name does not become a stack's bucket.
    NamedBucket:
        "fn bucket(resource: &StackResource, name: String, stack_id: String) -> Option<StackBucket> { ",
        "resource.bucket.clone()", not "Some(StackBucket { name, stack_id })" ("E0451"),
        " }";
}
