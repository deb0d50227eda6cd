//! Every code of the engine, with what it means and what clears it. Products add theirs in `product.yaml`.

use super::product_code::ProductCode;

/// What `provisioner explain` prints for a code.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub code: Code,
    /// What it means, and why it is refused.
    pub meaning: &'static str,
    /// What clears it.
    pub remedy: &'static str,
}

/// Looks a code of the engine up. `None` for a product's code.
pub fn explain(code: &Code) -> Option<&'static Explanation> {
    CATALOGUE.iter().find(|entry| entry.code == *code)
}

macro_rules! catalogue {
    ($($variant:ident $text:literal: $meaning:literal, $remedy:literal;)*) => {
        /// What a diagnostic or a denial is about. Decisions compare variants; the text is for people and files.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($variant,)*
            /// A rule of a product.
            Product(ProductCode),
        }

        impl Code {
            /// The text: kebab-case, never reused.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Product(code) => code.as_str(),
                }
            }

            /// The engine's code of this text. `None` if the engine has none.
            pub fn of_engine(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        /// The codes in alphabetical order.
        pub const CATALOGUE: &[Explanation] =
            &[$(Explanation { code: Code::$variant, meaning: $meaning, remedy: $remedy }),*];
    };
}

catalogue! {
    AccountMismatch "account-mismatch":
        "Credentials, config and policy do not name the same account.",
        "Use credentials of the account that the config names. If the policy does not list the account, first compare the account and the environment of the config with those that you mean. Only if both are right, add the account to `accounts`, and to `accounts` of the environment if it has that list.";
    ActionNotOffered "action-not-offered":
        "The product of this config has no action of this name.",
        "Use one of the actions that the message lists.";
    ActorNotAllowed "actor-not-allowed":
        "The commenter is unknown, is a bot, or lacks write permission.",
        "Ask a user with write permission to comment, or run the action on a command line.";
    AdoptChangesResources "adopt-changes-resources":
        "The change set of an adoption or un-adoption would change more than tags, although it has the stack's own template and parameters. A macro, or a parameter that CloudFormation looks up, may have another value now. Or the tags of a resource are fixed at its creation, so that CloudFormation would replace it.",
        "Find out why CloudFormation would change the resource that the message names, and clear that first. Update the stack with its former tool if needed, then try again. A stack whose resource would be replaced for its tags cannot be adopted.";
    AdoptNotReviewed "adopt-not-reviewed":
        "The check did not compare the stack with its config before the approval, so no reviewer saw the adoption or un-adoption.",
        "Set a plan role for the environment in the policy file. Then open a new pull request with the entry, and have its head approved after the check's report.";
    AdoptOnDrift "adopt-on-drift":
        "A value of a resource was changed outside of CloudFormation, and the change of the stack's tags may overwrite it. Or a resource is missing, the drift detection did not check every resource, or CloudFormation detects no drift in the stack's state.",
        "Run `check-drift` to see the values. Write each value into the template by an update of the stack, or set it back; create a missing resource again, or remove it from the template. In a state without drift detection, update the stack once with its present tool. Then try again.";
    AdoptOwnedElsewhere "adopt-owned-elsewhere":
        "Something else owns the stack: another config or environment by provisioner's tags, a test, AWS CDK, AWS SAM, StackSets, Service Catalog or a parent stack. Or its owner is not known.",
        "Have the owner release the stack. Else leave it to its owner, and remove the entry and the config.";
    AdoptTemplateChanged "adopt-template-changed":
        "The stack's template, parameters or tags are not those that reviewers saw, or that this run compared at its beginning. Or they are not known.",
        "In a pull request, open a new one with the entry: its check compares the stack as it is now. Then have it approved. At a command line, run it again, and read the new comparison.";
    AdoptTooManyTags "adopt-too-many-tags":
        "With provisioner's tags, the stack would have more tags than CloudFormation allows.",
        "Remove tags that nobody needs from the stack, then try again.";
    AlarmMismatch "alarm-mismatch":
        "An alarm of the policy's `rollback` is not in the account, region and partition of the stack. CloudFormation would not find it, and would fail the operation.",
        "Write `{partition}`, `{account_id}` and `{region}` in the alarm's ARN, or list alarms of the stack's account and region.";
    ApprovalBeforePlan "approval-before-plan":
        "An approval was given before the check reported the plan that would run. It covers only the plan of that time.",
        "Wait for the check's report, then have the head approved. If the pull request is merged, open a new one that changes the config.";
    ApprovalByAuthor "approval-by-author":
        "An approval is by the author of the pull request, or the author is not known. Authors cannot approve their own change.",
        "Ask another person to approve it.";
    ApprovalByPusher "approval-by-pusher":
        "An approval is by a person who pushed to the pull request. A merge of the base branch is not a push if it changes no config, product or policy.",
        "Ask a person who did not push to approve it.";
    ApprovalMissing "approval-missing":
        "The change has fewer valid approvals than the policy requires. Of each reviewer only the latest review counts. It must approve the head and not be dismissed. A bot without an owner that opened the pull request or pushed to it adds one required approval.",
        "Ask an approver to approve the head of the pull request. Another approval code in the same message says why an approval did not count.";
    ApprovalStale "approval-stale":
        "An approval is of another commit than the head, or is older than the push of the head. It does not cover the head.",
        "Ask for a new approval of the head. If the pull request is merged, open a new one that changes the config.";
    ApproverNotAllowed "approver-not-allowed":
        "An approval, or the confirmation of a deletion, does not count. Its user is a bot, or has no write permission. If the policy lists `approvers`, the user must be one of them.",
        "Ask an allowed approver, or add the person to `approvers` in the policy file.";
    AwsCredentials "aws-credentials":
        "There are no AWS credentials, they have expired, or AWS does not accept them.",
        "Set `AWS_PROFILE` or the `AWS_…` variables, or sign in again. An access key needs both `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.";
    AwsRefused "aws-refused":
        "AWS refused a request. The message holds its error code and text.",
        "If AWS denied access, add the permission. `provisioner roles` prints the roles of CI, and `create-policy` the policy that the actions need.";
    AwsUnreachable "aws-unreachable":
        "AWS returned no usable response, or limited the rate of requests, after several attempts.",
        "Run the command again. It continues where it stopped.";
    BidiOrControlCharacter "bidi-or-control-character":
        "A string holds a control, bidirectional or invisible character. Such a character can hide the real value of a line.",
        "Delete the character. A config cannot contain it.";
    BoundaryMissing "boundary-missing":
        "A role of the stack lacks the permissions boundary that the policy file requires.",
        "In the config, set the key for the permissions boundary to the name in the message.";
    BranchNotProtected "branch-not-protected":
        "The default branch is not protected, or its protection is not known. Without protection, unreviewed commits can change the configs and the policy file.",
        "Protect the default branch: allow changes by pull requests only. On GitLab, set `Allowed to push and merge` to `No one`.";
    BucketNotEmpty "bucket-not-empty":
        "A bucket that the deletion would delete holds objects. CloudFormation cannot delete it, and its objects would be lost.",
        "Empty the bucket, or use `tear-down` if the product has it.";
    BucketNotInStack "bucket-not-in-stack":
        "The config names a bucket that CloudFormation does not list as the stack's own. The bucket may belong to another account.",
        "Update or replace the stack first, or name the stack's bucket in the config.";
    ChangesRequested "changes-requested":
        "A reviewer requested changes. The request blocks the change, however many others approve, until the reviewer approves or the review is dismissed.",
        "Ask the reviewer to approve, or ask a maintainer to dismiss the review.";
    ConfigEmpty "config-empty":
        "The file holds no YAML document.",
        "Write the content of the file, or delete the file. `provisioner schema` prints the schema of each kind of file: a config has the sections of its product.";
    ConfigNotAMapping "config-not-a-mapping":
        "The file is not a mapping of sections.",
        "Begin the file with a section name and a colon, such as `client:`.";
    ConfigNotFound "config-not-found":
        "No config has this name in the folders that provisioner searches.",
        "Give the path, or run the command in a directory that contains `configs/` or `PRODUCT/configs/`.";
    ConfigNotSelected "config-not-selected":
        "A changed file looks like a config of a product, but no glob of `configs` selects it. provisioner neither checks nor applies it.",
        "Add a glob that matches the file to `configs` in `.provisioner.yaml`, or move the file to a folder of configs.";
    ConfigNotUtf8 "config-not-utf8":
        "The file is not UTF-8 text.",
        "Save it as UTF-8.";
    ConfigTooLarge "config-too-large":
        "The file is larger than 1 MiB.",
        "Remove the content that is not part of the config.";
    DeleteNeedsSecondPerson "delete-needs-second-person":
        "The person who confirms the deletion also proposed it, or the author or the pushers are not known. A deletion needs two people. If a bot proposed it, another person must also approve it.",
        "Ask a person to confirm the deletion who neither opened the pull request nor pushed to it.";
    DeleteNotAllowed "delete-not-allowed":
        "The policy does not allow deletions in the config's environment.",
        "Set `deletes: guarded` for the environment in the policy file.";
    DeleteNotConfirmed "delete-not-confirmed":
        "No comment confirms the deletion with its digest, or the digest no longer matches what the deletion would remove.",
        "Read what the deletion removes. Then ask a second person to comment with the digest that the message shows.";
    DeleteNotRequested "delete-not-requested":
        "The pull request does not remove the config of the stack.",
        "Open a pull request that removes the config, and have it approved and merged.";
    DuplicateKey "duplicate-key":
        "A mapping has the same key twice. YAML readers disagree on which one counts.",
        "Delete one of the keys.";
    DuplicateName "duplicate-name":
        "Two configs of different stacks use one name that AWS allows only once. Examples: a bucket in a partition, a role in an account, or an endpoint with private DNS in a VPC. Another example is a route table's route to a gateway endpoint. CloudFormation could not create the second stack.",
        "Change the key that the help names in one of the configs.";
    DuplicateStack "duplicate-stack":
        "Two configs have the same stack in the same account and region. Each would undo the changes of the other, and removing one would delete the other's stack. For a config with errors, provisioner uses the stack of its newest version without errors. If no such version is known, provisioner deletes no stack until the config is corrected.",
        "Keep one of the configs, or give them different names. Correct or remove configs with errors.";
    DynamicReference "dynamic-reference":
        "The value holds a CloudFormation dynamic reference (`{{resolve:…}}`). CloudFormation would replace it with a secret or parameter that reviewers cannot see.",
        "Write the value itself.";
    EntryInvalid "entry-invalid":
        "An entry of `.provisioner/adoptions.yaml` or `.provisioner/replacements.yaml` is wrong: it names no config of this change, another account, region or stack than the config, a resource that the config's template does not have, a wrong identifier, or two entries name one config or resource.",
        "Correct the entry: `config` is the path of the config, `stack` the full id of its stack, `resources` the logical ids of its template with their identifiers.";
    EnvironmentChanged "environment-changed":
        "The config changes its environment and keeps its stack. The new environment's rules, such as its approvals, would then apply to the former environment's stack.",
        "Keep the environment, or change a key that is part of the stack's name.";
    EnvironmentNotAllowed "environment-not-allowed":
        "The policy lists environments, but not the environment of this config.",
        "Use an environment that the policy lists, or add this one to `environments`.";
    EnvironmentNotProtected "environment-not-protected":
        "Other branches than the default branch can deploy to the environment, or its branches are not known. A workflow on such a branch gets the apply role without a review.",
        "Limit the environment's deployment branches to the default branch. On GitHub, also give the job `actions: read`. `provisioner doctor` checks both.";
    ExternalReference "external-reference":
        "The template refers to something outside of it. Before the merge, provisioner creates no change set from such a template. AWS would run or read the reference with the plan role. References are macros, included or nested templates, modules, loaded files, outputs of other stacks and dynamic references. SSM parameters count too, unless the product's `permissions.parameters` lists their prefix. After the merge, provisioner still denies macros, modules, other templates and loaded files, because no plan shows what they add. The transform `AWS::LanguageExtensions` is allowed.",
        "Write the content into the product's template. For a loaded file, name a fixed version or digest. For SSM parameters, add their prefix to `permissions.parameters` of the product's manifest. Otherwise deploy the config from the command line.";
    FirstConfigAbsent "first-config-absent":
        "`first` of the policy file names a config that does not exist, or that no glob of `configs` selects. The stack that should go first is then absent, so all stacks begin at once.",
        "Correct the path in `first`, or remove it.";
    ForceRequired "force-required":
        "The action creates, updates or deletes a stack and needs `--force`. For a pull request, only a deletion needs it: the merge confirms all other changes.",
        "Read `show-changes` first, then add `--force`.";
    ForgeUnreachable "forge-unreachable":
        "The forge did not return a fact that the decision needs. provisioner changed nothing for this config.",
        "Run the job again.";
    ForkNotAllowed "fork-not-allowed":
        "The pull request comes from another repository, or its repository is not known. provisioner uses no credentials for it.",
        "Push the branch to this repository, and open a pull request from there.";
    GlobInvalid "glob-invalid":
        "The text is not a valid glob.",
        "Close every `[` and `{`, or write `\\` before a literal character.";
    IdentityTokenMissing "identity-token-missing":
        "The job cannot request an identity token, so AWS gives it no credentials.",
        "Let the job request identity tokens. On GitHub, grant it `id-token: write`. On GitLab, add `id_tokens` with `PROVISIONER_ID_TOKEN`.";
    ImpactTooHigh "impact-too-high":
        "The update would replace or interrupt a resource, or the product declares a changed key as worse than `safe`. The policy allows only changes in place.",
        "If the impact is acceptable, set `updates: reviewed` for the environment. Do not delete and recreate the stack: retained resources keep their names.";
    ImpactUnknown "impact-unknown":
        "The worst effect of the update is not known. AWS leaves it open, no rule of the product covers a changed key, or no commit matches the deployed template.",
        "Read `show-changes`. If the worst case is acceptable, set `updates: reviewed` for the environment.";
    ImportNotReviewed "import-not-reviewed":
        "The change set of a new stack imports an existing resource that no former stack of this config retained and no entry names, or it lacks a resource of the entry. The resource may belong to somebody else. Or a former stack retained the resource, and the check of the pull request did not report its import.",
        "Name the resource in an entry below `import` of `.provisioner/adoptions.yaml`, delete it if nobody needs it, or give the stack's resource another name.";
    Interrupted "interrupted":
        "Ctrl-C or the CI system ended the run. The message names what remains.",
        "Run the command again. It continues where it stopped.";
    InvalidKey "invalid-key":
        "A mapping with free keys, such as tags, has a key that is not allowed.",
        "Change the key as the message says.";
    ItemNotUnique "item-not-unique":
        "A list holds the same item twice.",
        "Delete one of the items.";
    MissingKey "missing-key":
        "A required key is missing.",
        "Add the key. `provisioner schema` describes its values.";
    NameInvalid "name-invalid":
        "AWS does not accept the name of the stack, of one of its resources, or of a test deployment. Its length or form is wrong, or AWS reserves its prefix or suffix.",
        "Change the key that the help names. The linked page of the AWS documentation lists the rules.";
    NameNotTyped "name-not-typed":
        "The text typed at the prompt does not confirm the change. A change that deletes or replaces anything needs the stack's name; other changes need `yes`.",
        "Run the command again, read what it changes, and type the word that the prompt shows.";
    NotARegularFile "not-a-regular-file":
        "The policy file, a config or a file of a product is a symbolic link, a submodule or a folder. provisioner reads only regular files.",
        "Commit a regular file at this path, or delete the link.";
    NotDefaultBranch "not-default-branch":
        "The pull request targets another branch than the default branch, or its target branch is not known. provisioner provisions only the default branch.",
        "Open a pull request into the default branch.";
    NotMerged "not-merged":
        "The pull request is not merged, or its state is not known. provisioner changes stacks permanently only for merged pull requests.",
        "Merge the pull request.";
    NotRequested "not-requested":
        "The pull request neither adds nor changes this config, or it does not add this solution.",
        "Comment on the pull request that changed the config, or add the entry in a new pull request.";
    NotStarted "not-started":
        "The run did not begin with the stack: a stack that it needs or that goes first is not done, more stacks failed than `max-failures` allows, an earlier run left it, or the job ends soon. Nothing was changed.",
        "Correct the cause that the message names. A scheduled run applies the rest, unless the message names what a person must do; without a schedule, start a run by hand with `configs`.";
    OutputEdited "output-edited":
        "Someone edited an output file, or provisioner did not write it. Overwriting it would lose the edit.",
        "Move the change into the config, or pass `--overwrite` to overwrite the file.";
    OutputNotWritten "output-not-written":
        "An output file could not be written.",
        "Check the permissions and the free space of the folder.";
    OutsideWindow "outside-window":
        "The policy's `windows` and `freeze` say when an environment may change. The time is outside of them, or it is not known. A pull request is decided by the forge's clock, a command line by the clock of its machine.",
        "Wait until the time that the message names. A scheduled run then applies the merge; without a schedule, apply it again. Run a command again.";
    PlanChanged "plan-changed":
        "The change that would run differs from the change that was shown. A pull request shows it to reviewers in the plan of its head, the command line to its user.",
        "Read the change again, and confirm it. For a merged pull request, open a new one that changes the config.";
    PolicyElsewhere "policy-elsewhere":
        "The config is in another repository than the working directory, and one of the two has a policy file. provisioner reads the policy file of the working directory. It changes nothing in AWS by a policy file that is not the one of the config.",
        "Run provisioner in the repository of the config.";
    PolicyInvalid "policy-invalid":
        "The policy file has errors. provisioner uses no defaults in its place and denies every change.",
        "Correct the policy file.";
    PreflightFailed "preflight-failed":
        "A resource that the stack needs does not exist, or does not meet a requirement.",
        "Create or correct it in AWS, or correct the key that the message names.";
    ProductAmbiguous "product-ambiguous":
        "The file has the sections of more than one product.",
        "Keep only the sections of one product.";
    ProductInvalid "product-invalid":
        "A file of a product has an error. If the product does not load, provisioner cannot use its configs.",
        "Correct the file at the line in the message. `provisioner check-product` checks the whole product.";
    ProductNotLocked "product-not-locked":
        "The lock of the built-in products, `.provisioner/products.lock`, does not match the products that run. Or the pull request removes the lock and changes a config.",
        "Run `provisioner lock` in the pull request that changes the version in CI. Or run the version that the lock names.";
    ProductUnknown "product-unknown":
        "The file's sections and its name match no product.",
        "Use a section of a product. The message lists them.";
    ProgramTooOld "program-too-old":
        "A file of the repository has a newer format than this version of provisioner reads.",
        "Use the version of provisioner that the message names, or a later one.";
    PushersUnknown "pushers-unknown":
        "An approval does not count, because not all pushers of the pull request are known. Pushers cannot approve their own commits.",
        "Open a new pull request from a new branch, and ask a person who did not push to approve it.";
    RegionMismatch "region-mismatch":
        "provisioner's requests use another region than the config's.",
        "Use the region that the config names.";
    RegionUnknown "region-unknown":
        "The region belongs to no AWS partition that provisioner knows. So the names of its services and ARNs are not known.",
        "Set the region to a region of AWS. For a new partition, use a newer version of provisioner.";
    RenderFailed "render-failed":
        "The product's template source failed with an error for this config.",
        "If the product is your own, correct its template source at the line in the message. Otherwise report a bug.";
    RepairChangesMore "repair-changes-more":
        "The repair would change more than what drifted, or skip a resource whose rollback did not fail, or its effect is not known.",
        "Read the preview. Change the config in a pull request instead, or name only resources whose rollback failed.";
    RepairNeedsSecondPerson "repair-needs-second-person":
        "No other person with write permission requested the repair, or the reply to the request showed another digest, or the repair ran since. A repair in CI needs two people.",
        "Request the repair again in a comment on the issue. Then ask another person to confirm the digest of the reply.";
    RepairNotConfirmed "repair-not-confirmed":
        "Too few comments confirm the repair with its digest, or the digest no longer matches what the repair would change.",
        "Read the preview of the repair. Then ask a second person to comment with the digest that the message shows.";
    RepairNotNeeded "repair-not-needed":
        "The stack is not in the state that this repair ends.",
        "Run `check-drift`, which shows whether the stack is as its template says.";
    RepairNotRequested "repair-not-requested":
        "No person requested this repair of the stack in a comment on provisioner's open issue about it.",
        "Request the repair in a comment on the issue, or run it on the command line.";
    RoleNotConfigured "role-not-configured":
        "The policy file sets no role for this config's environment, so the job cannot get credentials.",
        "Set a role under `roles` of the environment in the policy file.";
    RolesIncomplete "roles-incomplete":
        "The apply role lacks a permission that the config's stack needs. The message names the config key that is outside the scope, or the first missing permission. Or `provisioner roles` refuses the operator policy of the config, so that there can be no role.",
        "Follow the message's help. Usually, extend `scope` in the policy file, run `provisioner roles`, and deploy the roles.";
    SchemaViolation "schema-violation":
        "The value breaks a rule of the schema.",
        "Change the value as the message says.";
    SolutionInvalid "solution-invalid":
        "The value of `--solution` cannot be the name of a solution.",
        "Use a name that the message allows.";
    SolutionNotListed "solution-not-listed":
        "The config does not list the solution that `--solution` names. In a CI job, this is an error. On a command line, it is a warning if three conditions hold. The action only creates folders, the config sets no list of solutions, and no solution has a similar name. Then provisioner creates the folders, but the stack has no SSM parameter for them.",
        "Correct the name, or add the solution to the key that the message names.";
    StackBusy "stack-busy":
        "An operation is running on the stack, or the stack's state is not known.",
        "Wait until the operation has ended, then try again.";
    StackExists "stack-exists":
        "The action creates a stack, but a stack of this name exists.",
        "Read `show-changes`, and use an action that updates the stack.";
    StackFailed "stack-failed":
        "The stack's last operation failed, so provisioner does not update it.",
        "Follow the message. For `UPDATE_ROLLBACK_FAILED`, repair the cause and run `provisioner continue-rollback CONFIG`. For `UPDATE_FAILED`, an administrator runs RollbackStack in the account. For `IMPORT_ROLLBACK_FAILED`, check that the stack's template retains each resource, then delete the stack in the account. For `DELETE_FAILED`, repair the cause, then delete or replace the stack. After another failed creation, run the action that creates the stack: it deletes the config's own stack first.";
    StackHasImporters "stack-has-importers":
        "Other stacks import outputs of the stack that would be deleted, or those stacks are not known.",
        "First delete those stacks or their imports.";
    StackLeftBehind "stack-left-behind":
        "A config with errors was removed, or a config names another account, region, environment or stack than before. The merge does not delete the former stack. Or the policy does not allow the account or the environment of the former stack, so provisioner cannot delete it.",
        "If the report lists the deletion of the former stack, copy its data. Then confirm the deletion after the merge. If the policy denies the deletion, delete the stack in CloudFormation, or allow its account for the environment in a pull request of its own. Otherwise restore the last version without errors, or the former target, and merge it. Then remove the config and confirm the deletion.";
    StackNotDrafted "stack-not-drafted":
        "`discover --draft` wrote no config or no entry for a stack: the stack cannot be adopted, no config renders, or a file of the config's name exists.",
        "Follow the message. `discover` without `--draft` shows the comparison. Leave a stack of another owner to its owner.";
    StackNotFound "stack-not-found":
        "The action needs an existing stack, and the stack does not exist.",
        "Create the stack first, with the action that the message names.";
    StackNotOwned "stack-not-owned":
        "A stack of this name exists, and does not have the tags of a stack that provisioner created. Another tool may have created it.",
        "If the stack is another config's, change the config's name. If it is the config's own stack, adopt it: run `provisioner adopt CONFIG --dry-run`, or add the entry that the message names to `.provisioner/adoptions.yaml` in a pull request. An adoption adds tags and changes nothing else.";
    StackOperationFailed "stack-operation-failed":
        "CloudFormation ran the operation, and it failed. The message names the first failure.",
        "Correct its cause, then run the action again. provisioner removed a stack whose creation failed.";
    StackProtected "stack-protected":
        "Termination protection of the stack is on.",
        "Turn termination protection off, if the stack should be deleted.";
    StackVerificationFailed "stack-verification-failed":
        "The operation succeeded, but the stack's outputs, parameters or imported resources differ from its template.",
        "Check what the message names. For a resource that differs, run `check-drift` and then `restore`.";
    StaleHead "stale-head":
        "The check has not reported on the head of the pull request, or no report is known.",
        "Wait for the check of the new head, read its report, and comment again.";
    Superseded "superseded":
        "A later commit on the default branch changed the config again, removed or replaced its entry, or later commits are not known.",
        "Wait: the run of the newer commit provisions the config. To request a removed entry again, add it by another pull request.";
    TemplateConditionUnknown "template-condition-unknown":
        "The template uses a condition that it does not declare.",
        "Declare the condition or correct the name.";
    TemplateLimit "template-limit":
        "The template exceeds a limit of CloudFormation.",
        "Use fewer or shorter entries in the config.";
    TemplateNotCurrent "template-not-current":
        "The rendered template beside the config differs from what the config renders now.",
        "Run `create-prov-template`.";
    TemplateNotFound "template-not-found":
        "The rendered template is missing beside the config.",
        "Run `create-prov-template` first.";
    TemplateReferenceUnknown "template-reference-unknown":
        "The template refers to a parameter or resource that it does not declare.",
        "Correct the name, or declare the parameter or resource.";
    TemplateStructure "template-structure":
        "The template does not have the structure that CloudFormation requires.",
        "Change the template as the message says.";
    TemplateTooLarge "template-too-large":
        "The template is larger than CloudFormation accepts. The limit is 51,200 bytes in a request and 1 MB in a bucket. provisioner sends a longer template as JSON on one line.",
        "Use fewer or shorter tags, which every resource repeats, or split the product.";
    TierTooLow "tier-too-low":
        "A key needs a higher tier of the product than the config has.",
        "Delete the key, or use the tier that the message names. Set it with the config's key for the tier, `--tier`, the action's input `tier`, or the product's default.";
    TierUnknown "tier-unknown":
        "The run or the config names a tier that the product does not have.",
        "Use a tier of the product. The help lists them.";
    TooFew "too-few":
        "A list, mapping or text is shorter than allowed.",
        "Add entries or characters up to the minimum in the message.";
    TooMany "too-many":
        "A list, mapping or text is longer than allowed.",
        "Shorten it to the maximum in the message.";
    UnknownKey "unknown-key":
        "The product has no such key, so the key would have no effect.",
        "Correct the spelling, or delete the key.";
    UnusableTime "unusable-time":
        "The policy file has a time that the jobs of `init` cannot use. A window of less than an hour may lie between two scheduled runs, so a merge that waits for it is never applied. A job of 180 minutes never begins a stack whose alarms are watched for 175 minutes or more. The check warns about a change of the policy file.",
        "Make the window at least an hour long, or shorten `monitoring-minutes`. If your jobs run more often or longer, ignore the warning.";
    UpdateNotAllowed "update-not-allowed":
        "The stack exists, and the policy does not allow updates. This is the default.",
        "Set `updates` in the policy file. Do not delete and recreate the stack: retained resources keep their names.";
    ValueNotAllowed "value-not-allowed":
        "The value is not one of the allowed values.",
        "Use one of the values that the message lists.";
    ValuePattern "value-pattern":
        "The value does not have the required form.",
        "Change the value to the form in the message.";
    WrongFileName "wrong-file-name":
        "The file's name does not match its fields. The stack's name derives from the same fields, so a changed field means another stack. The former stack remains, but no config manages it.",
        "Correct the field that the message names. If you want a new stack, first delete the old one. Then rename the file as the message says.";
    WrongType "wrong-type":
        "The value has the wrong type. Often a text that looks like a number lacks quotes.",
        "Quote the value, or write the type that the message names.";
    YamlAliasLimit "yaml-alias-limit":
        "Aliases expand to more than 100,000 values. Such a file can exhaust memory.",
        "Write the values out.";
    YamlDepth "yaml-depth":
        "The YAML nests deeper than 64 levels.",
        "Use fewer levels.";
    YamlKeyNotAString "yaml-key-not-a-string":
        "A key is a list, a mapping, or null.",
        "Use a string as the key.";
    YamlMultipleDocuments "yaml-multiple-documents":
        "The file holds more than one YAML document. A config is one document.",
        "Delete the `---` that begins the second document, or split the file.";
    YamlSyntax "yaml-syntax":
        "The file is not valid YAML 1.2.",
        "Correct the line in the message. The cause is often on the line above. Indent with blanks: YAML does not allow tabs.";
    YamlTag "yaml-tag":
        "The value has a YAML tag such as `!Sub` or `!!python/object`. Configs do not support tags.",
        "Remove the tag. Quote the value if it begins with `!`.";
}
