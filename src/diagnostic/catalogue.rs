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
        "Use credentials of the account that the config names, and list it in the policy if that lists any.";
    ActionNotOffered "action-not-offered":
        "The product of this config has no action of this name.",
        "Use one of the actions that the message lists.";
    ActorNotAllowed "actor-not-allowed":
        "The commenter is unknown, is a bot, or lacks write permission.",
        "Ask a user with write permission to comment; or run the action on a command line.";
    ApprovalBeforePlan "approval-before-plan":
        "An approval was given before the check reported the plan that would run. It covers what the check showed at that time.",
        "Wait for the check's report, then have the head approved. If the pull request is merged, open a new one that changes the config.";
    ApprovalByAuthor "approval-by-author":
        "An approval is by the author of the pull request, or the author is not known. Authors cannot approve their own change.",
        "Ask another person to approve it.";
    ApprovalByPusher "approval-by-pusher":
        "An approval is by a person who pushed to the pull request. A merge of the base branch that changes no config, product or policy is not counted as a push.",
        "Ask a person who did not push to approve it.";
    ApprovalMissing "approval-missing":
        "Fewer approvals count than the policy requires. If a bot without an owner opened the pull request or pushed to it, one more approval is required. Each reviewer's latest review counts, if it approves the head and was not dismissed.",
        "Have the head of the pull request approved. If the message comes with another code of approvals, that one says why one did not count.";
    ApprovalStale "approval-stale":
        "An approval is of another commit than the head, or was given before the head was pushed. It does not cover the head.",
        "Have the head approved again; if it is merged already, by a new pull request.";
    ApproverNotAllowed "approver-not-allowed":
        "An approval, or the confirmation of a deletion, does not count. It is by a bot or by a user without write permission; if the policy lists `approvers`, it is by a user who is not known to be one of them.",
        "Ask an allowed approver, or add the person to `approvers` in the policy file.";
    AwsCredentials "aws-credentials":
        "There are no AWS credentials, they have expired, or AWS does not accept them.",
        "Set `AWS_PROFILE` or the `AWS_…` variables, or sign in again. A key needs `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.";
    AwsRefused "aws-refused":
        "AWS refuses a request. The message holds its code and explanation.",
        "If AWS denies access, add the permission: `provisioner roles` prints the roles of CI, and `create-policy` the policy that the actions need.";
    AwsUnreachable "aws-unreachable":
        "AWS gives no usable answer or limits the rate of requests, after several attempts.",
        "Run it again: it continues.";
    BidiOrControlCharacter "bidi-or-control-character":
        "A string holds a control, bidirectional or invisible character. Such characters make a reviewed line read differently from what it is.",
        "Delete the character; where it is meant, there is no way to write it in a config.";
    BoundaryMissing "boundary-missing":
        "A role of the stack lacks the permissions boundary that the policy file requires.",
        "Set the key for the permissions boundary in the config to the name that the message gives.";
    BranchNotProtected "branch-not-protected":
        "The default branch is not protected, or that is not known. Without protection, commits reach it unreviewed, changes of the policy file included.",
        "Protect the default branch: allow changes by pull requests only. On GitLab nobody may push to it.";
    BucketNotEmpty "bucket-not-empty":
        "A bucket that the deletion would delete holds objects. CloudFormation cannot delete it, and what it holds would be lost.",
        "Empty the bucket, or use `tear-down` where the product has it.";
    BucketNotInStack "bucket-not-in-stack":
        "The config names a bucket that CloudFormation does not list as the stack's own. The bucket may belong to another account.",
        "Update or replace the stack first, or name the stack's bucket in the config.";
    ChangesRequested "changes-requested":
        "A reviewer requested changes, and neither approved since nor had the review dismissed. This holds for every reviewer, and however many others approve.",
        "Ask the reviewer to approve, or ask a maintainer to dismiss the review.";
    ConfigEmpty "config-empty":
        "The file holds no YAML document.",
        "Write the sections of the product, or delete the file; `provisioner schema` lists them.";
    ConfigNotAMapping "config-not-a-mapping":
        "A config is a mapping of sections; this file holds something else.",
        "Begin the file with a section name and a colon, such as `client:`.";
    ConfigNotFound "config-not-found":
        "No config has this name in the folders that provisioner searches.",
        "Give the path, or run in a directory that contains `configs/` or `PRODUCT/configs/`.";
    ConfigNotSelected "config-not-selected":
        "A changed file looks like a config of a product, and no glob of configs selects it. provisioner does not check it and applies nothing of it.",
        "Add a glob that matches the file to `configs` in `.provisioner.yaml`, or move the file to a folder of configs.";
    ConfigNotUtf8 "config-not-utf8":
        "The file is not UTF-8 text.",
        "Save it as UTF-8.";
    ConfigTooLarge "config-too-large":
        "The file is larger than 1 MiB, far more than any config needs.",
        "Remove what is not configuration.";
    DeleteNeedsSecondPerson "delete-needs-second-person":
        "The person who confirms the deletion is its author or pushed it, or the author or the pushers are not known. A deletion takes two people.",
        "Ask another person to confirm it.";
    DeleteNotAllowed "delete-not-allowed":
        "The policy rules deletions out.",
        "Change `deletes` in the policy file.";
    DeleteNotConfirmed "delete-not-confirmed":
        "No second person confirmed the deletion with its digest, or the digest no longer matches what the deletion would remove.",
        "Read what the deletion removes, then comment with the digest that the message shows.";
    DeleteNotRequested "delete-not-requested":
        "The pull request does not remove the config of the stack that is to be deleted.",
        "Remove the config in a pull request, and have that approved and merged.";
    DuplicateKey "duplicate-key":
        "The same key stands twice in one mapping. YAML readers disagree on which one counts.",
        "Keep one of them.";
    DuplicateName "duplicate-name":
        "Two configs of different stacks claim one name that AWS gives only once: a bucket in a partition, a role in an account, an endpoint with private DNS in a VPC, a route of a route table to a gateway endpoint, and others. The second stack could not be created.",
        "Change the key that the help names in one of the configs.";
    DuplicateStack "duplicate-stack":
        "Two configs have the same stack in the same account and region. Each would undo the changes of the other, and the removal of one would delete the stack of the other. A config with errors may have the stack of its newest version without errors. If no such version is known, it may have any stack, and nothing is deleted until it is corrected.",
        "Keep one of the configs, or give them different names. Correct or remove configs with errors.";
    DynamicReference "dynamic-reference":
        "The value holds a CloudFormation dynamic reference (`{{resolve:…}}`). CloudFormation would replace it with a secret or parameter that the review never saw.",
        "Write the value itself.";
    EnvironmentChanged "environment-changed":
        "The config changes its environment and keeps its stack. The rules of the new environment, such as its approvals, would decide about a stack of the former one.",
        "Keep the environment, or give the config another stack: change a key of which the stack's name is made.";
    EnvironmentNotAllowed "environment-not-allowed":
        "The policy lists environments, and not the one of this config.",
        "Use an environment that it lists, or add this one.";
    EnvironmentNotProtected "environment-not-protected":
        "Other branches than the default branch can deploy to the environment, or the branches are not known. A workflow on such a branch gets the apply role without a review.",
        "Limit the environment's deployment branches to the default branch, and give the job `actions: read`; `provisioner doctor` checks both.";
    ExternalReference "external-reference":
        "The template refers to something outside of it. Before the merge, provisioner creates no change set from a template with a macro, an included or nested template, a module, a file that AWS loads from elsewhere, an output of another stack, a dynamic reference or an SSM parameter outside of the product's `permissions.parameters`: AWS would run or read it with the plan role. After the merge, macros, modules, other templates and loaded files are denied, because no plan shows what they add. The transform `AWS::LanguageExtensions` is allowed.",
        "Write the content into the product's template, name a fixed version or digest of a loaded file, name the prefix of the parameters in `permissions.parameters` of its manifest, or deploy the config from the command line.";
    ForceRequired "force-required":
        "The action makes or deletes a stack, which `--force` has to ask for. For a pull request only a deletion does: its merge asks for the rest.",
        "Look at what would happen first, with `show-changes`, then add `--force`.";
    ForgeUnreachable "forge-unreachable":
        "The forge did not answer a question that the decision needs. Nothing was changed for this config.",
        "Run the job again.";
    ForkNotAllowed "fork-not-allowed":
        "The pull request comes from another repository, or it is not known whether it does. Nothing that needs credentials is done for it.",
        "Push the branch to this repository, and open a pull request from there.";
    GlobInvalid "glob-invalid":
        "The text is not a glob.",
        "Close every `[` and `{`, or write `\\` before a character that is meant literally.";
    IdentityTokenMissing "identity-token-missing":
        "The job cannot request an identity token, so AWS gives it no credentials.",
        "Let the job request identity tokens: on GitHub, grant it `id-token: write`; on GitLab, add `id_tokens` with PROVISIONER_ID_TOKEN.";
    ImpactTooHigh "impact-too-high":
        "The update would replace or interrupt something, or the product declares a changed key as worse than `safe`. The policy allows changes in place only.",
        "Set `updates: reviewed` for the environment, if the impact is acceptable. Deleting and recreating the stack does not work: retained resources keep their names.";
    ImpactUnknown "impact-unknown":
        "The worst that the update can do is not known: AWS leaves it open, no rule of the product covers a changed key, or no version of the config in the history renders to the deployed template.",
        "Look at `show-changes`; allow more under `updates` only if its worst case is acceptable.";
    Interrupted "interrupted":
        "The run was asked to end, by Ctrl-C or by the CI system. The message names what is left.",
        "Run it again: it continues.";
    InvalidKey "invalid-key":
        "A key of a free mapping (such as tags) is not allowed.",
        "Follow the rule in the message.";
    ItemNotUnique "item-not-unique":
        "A list holds the same item twice.",
        "Keep one of them.";
    MissingKey "missing-key":
        "A required key is absent.",
        "Add the key; `provisioner schema` describes its values.";
    NameInvalid "name-invalid":
        "AWS refuses the name of the stack or of one of its resources, or the one that a test deployment gives it: its length, its form, or a beginning or ending that AWS reserves.",
        "Change the key that the help names. The page of AWS's documentation lists the rules.";
    NameNotTyped "name-not-typed":
        "On a terminal, a person confirms a change by typing `yes`, or the stack's name if the change deletes or replaces anything. Another text was typed.",
        "Read what the deletion removes, then type the name of the stack.";
    NotARegularFile "not-a-regular-file":
        "The policy file, a config or a file of a product is a symbolic link, a submodule or a folder. provisioner reads only regular files and follows no links.",
        "Commit a regular file at this path, or remove the link.";
    NotDefaultBranch "not-default-branch":
        "The pull request does not go into the default branch, or its target branch is not known. Only the default branch is provisioned.",
        "Open a pull request into the default branch.";
    NotMerged "not-merged":
        "The pull request is not merged, or it is not known whether it is. What lasts is done for merged changes only.",
        "Merge the pull request.";
    NotRequested "not-requested":
        "The pull request does not ask for this: it does not add or change this config, or this solution of it.",
        "Comment on the pull request that changed the config, or add the entry to the config in a new one.";
    OutputEdited "output-edited":
        "An output file was changed by hand, or was not written by provisioner. Writing it would lose the edit.",
        "Move the change into the config, or pass `--overwrite` to overwrite the file.";
    OutputNotWritten "output-not-written":
        "An output file could not be written.",
        "Look at the permissions and free space of the folder.";
    PlanChanged "plan-changed":
        "The change that would run is not the change that was shown: on a command line to its user, for a pull request to its reviewers, in the plan of its head.",
        "Look at the change again, and decide anew; for a pull request, in a new one.";
    PolicyInvalid "policy-invalid":
        "The policy file does not load. Nothing is assumed in its place, so everything is denied.",
        "Correct the policy file.";
    PreflightFailed "preflight-failed":
        "A resource that the stack needs does not exist, or does not meet a requirement.",
        "Create or correct it in AWS, or correct the key that the message names.";
    ProductAmbiguous "product-ambiguous":
        "The file has the sections of more than one product.",
        "Keep the sections of one product.";
    ProductInvalid "product-invalid":
        "A file of a product has a fault. If the product does not load, none of its configs can be used.",
        "Correct the file at the line of the message. `provisioner check-product` checks the whole product.";
    ProductNotLocked "product-not-locked":
        "The repository has a lock of the built-in products, `.provisioner/products.lock`, and a product that runs is not in it or differs. Or a pull request removes the lock.",
        "Write the lock with `provisioner lock` in the pull request that changes the version which CI runs, or run the version that the lock names.";
    ProductUnknown "product-unknown":
        "Neither the sections nor the name of this file belong to a known product.",
        "Use a section of a product; the message lists them.";
    ProgramTooOld "program-too-old":
        "A file of the repository has a newer format than this version of provisioner reads. Nothing is assumed about it.",
        "Use the version of provisioner that the message names, or a later one.";
    PushersUnknown "pushers-unknown":
        "An approval does not count, since the forge does not report who pushed the head. Pushers cannot approve what they pushed.",
        "Open a new pull request, and ask a person who did not push to approve it.";
    RegionMismatch "region-mismatch":
        "Requests go to another region than the config's.",
        "Use the region that the config names.";
    RegionUnknown "region-unknown":
        "The region belongs to no known partition of AWS, so the names of its services and ARNs are not known.",
        "Set the region to one of AWS. For a partition that AWS added since, use a newer version of provisioner.";
    RenderFailed "render-failed":
        "The template source of the product stopped with an error for this config.",
        "If the product is your own, correct its template source at the line given; otherwise report a bug.";
    RoleNotConfigured "role-not-configured":
        "The policy file names no role for this config's environment, so the job cannot get credentials.",
        "Name a role under `roles` of the environment in the policy file.";
    RolesIncomplete "roles-incomplete":
        "The apply role does not cover this config: it may not do all that the config's stack needs. The message names the config key that is outside the scope, or the first missing permission.",
        "Do what the message's help says: usually extend `scope` in the policy file, then print the roles with `provisioner roles` and deploy them.";
    SchemaViolation "schema-violation":
        "The value breaks a rule of the schema.",
        "Follow the rule in the message.";
    SolutionInvalid "solution-invalid":
        "No solution can have the name that `--solution` gives.",
        "Write a name that the message allows.";
    SolutionNotListed "solution-not-listed":
        "The config does not list the solution that `--solution` names. It is a warning if the action only writes folders, the config sets no list of solutions, and the name does not resemble a solution that it has: then the folders are created, and the stack publishes no SSM parameter for them. Otherwise it is an error, as it always is in a job of CI.",
        "Correct the name, or add the solution to the key that the message names.";
    StackBusy "stack-busy":
        "An operation on the stack is under way, or its state is not known.",
        "Wait until the operation has ended.";
    StackExists "stack-exists":
        "The action creates a stack, and a stack of this name already exists.",
        "Read `show-changes`. Change the stack with an update.";
    StackFailed "stack-failed":
        "The stack's last operation failed, so CloudFormation does not update it.",
        "Follow the message. `UPDATE_ROLLBACK_FAILED`: repair the cause and run ContinueUpdateRollback. `UPDATE_FAILED`: run RollbackStack. After a failed creation: delete the stack.";
    StackHasImporters "stack-has-importers":
        "Other stacks import outputs of the stack that is to be deleted.",
        "Delete those stacks, or their imports, first.";
    StackLeftBehind "stack-left-behind":
        "A config with errors was removed, or a config names another account, region, environment or stack than before. The merge does not delete the former stack.",
        "If the report lists the deletion of the former stack, copy its data, then confirm the deletion after the merge. Otherwise merge the last version without errors, or the former target, again. Then remove the config and confirm the deletion.";
    StackNotFound "stack-not-found":
        "The action works on a stack that exists, and there is none.",
        "Create the stack first, with the action that the message names.";
    StackNotOwned "stack-not-owned":
        "A stack of this name exists, and does not have the tags of a stack that provisioner created. Another tool may have created it.",
        "If the stack is another config's, change the config's name. If it is the config's own stack, tag it with this command, which the message has with the names filled in: `aws cloudformation update-stack --region REGION --stack-name STACK --use-previous-template --capabilities CAPABILITY_NAMED_IAM --tags \"$(aws cloudformation describe-stacks --region REGION --stack-name STACK --output json --query \"[Stacks[].Tags[]|[?Key!='provisioner:environment'&&Key!='provisioner:product'&&Key!='provisioner:stack'],[{Key:'provisioner:environment',Value:'ENVIRONMENT'},{Key:'provisioner:product',Value:'PRODUCT'},{Key:'provisioner:stack',Value:'STACK'}]][]\")\" --parameters \"$(aws cloudformation describe-stacks --region REGION --stack-name STACK --output json --query \"Stacks[].Parameters[].{ParameterKey:ParameterKey,UsePreviousValue:ParameterKey==ParameterKey}\")\"`. `update-stack` replaces all tags of the stack, so the command repeats those that it has. CloudFormation passes the tags on to the stack's resources, and changes nothing else. Then run `show-changes`, which previews what the config changes.";
    StackOperationFailed "stack-operation-failed":
        "CloudFormation tried and failed. The message names the failure that led to all others.",
        "Correct its cause. A stack whose creation failed was removed.";
    StackProtected "stack-protected":
        "Termination protection of the stack is on.",
        "Turn it off, if the stack really is to go.";
    StackVerificationFailed "stack-verification-failed":
        "The operation succeeded, but the stack does not publish what its template says.",
        "Look at the outputs and parameters that the message names.";
    StaleHead "stale-head":
        "The head of the pull request is not the commit of the last report, or no report of it is known.",
        "Wait for the check of the new head, read its report, and comment again.";
    Superseded "superseded":
        "A later change of the default branch changed the config again, or that is not known.",
        "Do nothing: the run of the newer change provisions the config.";
    TemplateConditionUnknown "template-condition-unknown":
        "The template uses a condition that it does not declare.",
        "Declare the condition or correct the name.";
    TemplateLimit "template-limit":
        "The template passes a limit of CloudFormation, which would refuse it.",
        "Make fewer or shorter entries.";
    TemplateNotCurrent "template-not-current":
        "The rendered template beside the config is not what the config renders to now.",
        "Run `create-prov-template`.";
    TemplateNotFound "template-not-found":
        "There is no rendered template beside the config.",
        "Run `create-prov-template` first.";
    TemplateReferenceUnknown "template-reference-unknown":
        "The template refers to a parameter or resource that it does not declare.",
        "Correct the name, or declare it.";
    TemplateStructure "template-structure":
        "The template does not have the structure that CloudFormation requires.",
        "Follow the rule in the message.";
    TemplateTooLarge "template-too-large":
        "The template is larger than CloudFormation accepts: 51,200 bytes in a request, in which a longer template goes as JSON on one line; 1 MB at all.",
        "Use fewer or shorter tags, which stand at every resource; or split the product.";
    TierTooLow "tier-too-low":
        "A key belongs to a higher tier of the product than the config is of.",
        "Delete the key, or move the config to the tier that the message names: its own key for the tier, otherwise `--tier`, the action's input `tier`, or the product's default decides.";
    TierUnknown "tier-unknown":
        "The run or the config names a tier that the product does not have.",
        "Use one of the tiers of the product, which the help lists.";
    TooFew "too-few":
        "A list, mapping or text is shorter than allowed.",
        "Add what the message asks for.";
    TooMany "too-many":
        "A list, mapping or text is longer than allowed.",
        "Shorten it to the limit in the message.";
    UnknownKey "unknown-key":
        "The key is not part of the product, so it would have no effect.",
        "Correct the spelling, or delete it.";
    UpdateNotAllowed "update-not-allowed":
        "The stack exists, and the policy does not let it be updated. This is the default.",
        "Allow updates under `updates` in the policy file. Deleting and recreating the stack does not work: retained resources keep their names.";
    ValueNotAllowed "value-not-allowed":
        "The value is not one of those allowed.",
        "Use one of the values that the message lists.";
    ValuePattern "value-pattern":
        "The value does not have the required form.",
        "Follow the form in the message.";
    WrongFileName "wrong-file-name":
        "The file is not named as its fields say. The stack's name derives from the same fields, so a changed field means another stack. The stack of the old name stays, and no config manages it.",
        "Correct the field that the message names. If a new stack is meant, delete the old one first, then name the file as the message says.";
    WrongType "wrong-type":
        "The value has another type than required. Often a text that looks like a number stands without quotes.",
        "Quote the value, or write the type that the message asks for.";
    YamlAliasLimit "yaml-alias-limit":
        "Aliases expand to more than 100,000 values. This is how small files exhaust memory.",
        "Write the values out.";
    YamlDepth "yaml-depth":
        "The YAML nests deeper than 64 levels.",
        "Flatten it.";
    YamlKeyNotAString "yaml-key-not-a-string":
        "A key is a list, a mapping, or null.",
        "Use a plain word as key.";
    YamlMultipleDocuments "yaml-multiple-documents":
        "The file holds more than one YAML document, and a config is one.",
        "Delete the `---` that begins the second document, or split the file.";
    YamlSyntax "yaml-syntax":
        "The file is not valid YAML 1.2.",
        "Correct the line given; the real mistake is often just above it. Indent with blanks: YAML does not allow tabs.";
    YamlTag "yaml-tag":
        "The value carries a YAML tag such as `!Sub` or `!!python/object`. Configs are plain data, and tags have no meaning here.",
        "Write the value without the tag; quote it if it begins with `!`.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_kebab_case() {
        let sorted = |pair: &[Explanation]| pair[0].code.as_str() < pair[1].code.as_str();
        assert!(CATALOGUE.windows(2).all(sorted));
        for entry in CATALOGUE {
            let code = entry.code.as_str();
            assert!(
                code.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
            assert!(
                entry.meaning.ends_with('.') && entry.remedy.ends_with('.'),
                "{code}"
            );
        }
    }
}
