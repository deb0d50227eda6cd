//! What does not compile: each proof is a text that compiles, and the same with one part changed, which does not.
//!
//! Stable Rust does not compare the codes of errors; that the part is to blame is known from the text that compiles.

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
         type Tell = dyn Fn(u64) + Send + Sync;
         type Tick = dyn Fn() + Send + Sync;
        "
    };
}

assertions! {
    /// A permit comes from a decision.
    Forged:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided {",
        "decide(policy, facts, &stack)",
        not "Ok(Permit { stack, effect: std::marker::PhantomData })" ("E0451"),
        "}";
    /// A decision on one effect is none on another.
    OfAnother:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided { decide::<",
        "Delete",
        not "Update" ("E0308"),
        ">(policy, facts, &stack) }";
    /// Who only asks what speaks against it gets none.
    OnlyAsked:
        "fn permit(policy: &Loaded, facts: &Facts, stack: StackName) -> Decided {",
        "decide(policy, facts, &stack)",
        not "denials(EffectKind::Delete, policy, facts, &stack)" ("E0308"),
        "}";
    /// It is not copied.
    Copied:
        "fn one(permit: Permit<Delete>) -> Permit<Delete> { permit",
        "",
        not ".clone()" ("E0599"),
        "}";
    /// It is not taken from whoever only lent it.
    Borrowed:
        "fn take(permit: &Permit<Delete>) -> ",
        "&",
        not "" ("E0308"),
        "Permit<Delete> { permit }";
    /// It is used up.
    UsedTwice:
        "fn twice(cloud: &Cloud, permit: Permit<Delete>, id: &str) {
            let _ = cloud.delete(permit, id);
            let _ = cloud.",
        "stack(id)",
        not "delete(permit, id)" ("E0382"),
        "; }";
    /// Nobody adds an effect that no rule knows.
    OwnEffect:
        "",
        "type Mine = Inspect;",
        not "enum Mine {} impl Effect for Mine { const KIND: EffectKind = EffectKind::Inspect; }" ("E0277"),
        "fn ask(policy: &Loaded, facts: &Facts, stack: &StackName) -> bool {
            decide::<Mine>(policy, facts, stack).is_ok()
        }";
}

// Each method that changes something, with a permit for something else.
assertions! {
    /// A change set is made with a permit to look closely.
    Previewed:
        "fn act(cloud: &Cloud, stack: Option<&Stack>, proposal: &Proposal, permit: Permit<",
        "Preview", not "Inspect" ("E0308"),
        ">) { let _ = cloud.preview(permit, stack, proposal); }";
    /// It is run by what makes or changes a stack.
    Executed:
        "fn act(cloud: &Cloud, pending: Pending, permit: Permit<",
        "Create", not "Preview" ("E0277"),
        ">) { let _ = cloud.execute(permit, pending); }";
    /// The making of a stack is taken over by what goes on with it.
    Joined:
        "fn act(cloud: &Cloud, id: &str, permit: Permit<",
        "Resume", not "Create" ("E0308"),
        ">) { let _ = cloud.join(permit, id); }";
    /// A stack is deleted by what deletes.
    Deleted:
        "fn act(cloud: &Cloud, id: &str, permit: Permit<",
        "Delete", not "Update" ("E0277"),
        ">) { let _ = cloud.delete(permit, id); }";
    /// A bucket is emptied by `tear-down` and by tests.
    Emptied:
        "fn act(cloud: &Cloud, bucket: &str, tell: &Tell, permit: Permit<",
        "TearDown", not "Delete" ("E0277"),
        ">) { let _ = cloud.empty(permit, bucket, tell); }";
    /// Buckets that a stack left are deleted by `tear-down`.
    BucketsDeleted:
        "fn act(cloud: &Cloud, buckets: &[String], permit: Permit<",
        "TearDown", not "Delete" ("E0308"),
        ">) { let _ = cloud.delete_buckets(permit, buckets); }";
    /// Folders are not a template.
    Foldered:
        "fn act(cloud: &Cloud, bucket: &str, keys: &[String], tick: &Tick, permit: Permit<",
        "Folders", not "Upload" ("E0308"),
        ">) { let _ = cloud.make_folders(permit, bucket, keys, tick); }";
    /// A template is not a folder.
    Uploaded:
        "fn act(cloud: &Cloud, bucket: &str, key: &str, body: &str, permit: Permit<",
        "Upload", not "Folders" ("E0308"),
        ">) { let _ = cloud.upload(permit, bucket, key, body); }";
}

// The same without any.
assertions! {
    /// Not made.
    PreviewedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Preview>, stack: Option<&Stack>, proposal: &Proposal) {
            let _ = cloud.preview(",
        "permit, ", not "" ("E0061"), "stack, proposal); }";
    /// Not run.
    ExecutedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Create>, pending: Pending) { let _ = cloud.execute(",
        "permit, ", not "" ("E0061"), "pending); }";
    /// Not taken over.
    JoinedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Resume>, id: &str) { let _ = cloud.join(",
        "permit, ", not "" ("E0061"), "id); }";
    /// Not deleted.
    DeletedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Delete>, id: &str) { let _ = cloud.delete(",
        "permit, ", not "" ("E0061"), "id); }";
    /// Not emptied.
    EmptiedFreely:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, bucket: &str, tell: &Tell) { let _ = cloud.empty(",
        "permit, ", not "" ("E0061"), "bucket, tell); }";
    /// Not deleted when emptied.
    BucketsDeletedFreely:
        "fn act(cloud: &Cloud, permit: Permit<TearDown>, buckets: &[String]) { let _ = cloud.delete_buckets(",
        "permit, ", not "" ("E0061"), "buckets); }";
    /// Not written.
    FolderedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Folders>, bucket: &str, keys: &[String], tick: &Tick) {
            let _ = cloud.make_folders(",
        "permit, ", not "" ("E0061"), "bucket, keys, tick); }";
    /// Not uploaded.
    UploadedFreely:
        "fn act(cloud: &Cloud, permit: Permit<Upload>, bucket: &str, key: &str, body: &str) {
            let _ = cloud.upload(",
        "permit, ", not "" ("E0061"), "bucket, key, body); }";
}
