//! Gives a stack that exists the tags of provisioner's own stacks, or removes them. Nothing else of the stack changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::tag_drift::{detect_tag_drift, known_tag_drift};
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::cloud::{
    AwsError, AwsErrorKind, CloudError, OperationResult, PendingChangeSet, TagChangeInput,
};
use crate::guard::{
    Adopt, AdoptionFacts, Authority, ChangesTags, EffectKind, Facts, Inspect, Permit, TagChangeSet,
    TagDrift, Unadopt,
};
use crate::plan::{Adoption, AdoptionInput, AdoptionStep, beyond_tags};
use crate::report::{Fault, Step, Success};
use crate::stack::LiveStack;

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdoptionOutcome {
    /// The stack got the tags.
    Adopted,
    /// The stack lost the tags.
    Unadopted,
    /// An earlier run changed the tags.
    Unchanged,
}

impl AdoptionOutcome {
    pub fn success(self) -> Success {
        match self {
            Self::Adopted => Success::Adopted,
            Self::Unadopted => Success::Unadopted,
            Self::Unchanged => Success::Unchanged,
        }
    }
}

/// A stack whose tags were changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AdoptionResult {
    /// What happened to the stack.
    pub outcome: AdoptionOutcome,
    /// ARN.
    pub stack_id: String,
    /// The tags that were added or removed.
    pub tags: BTreeMap<String, String>,
}

/// A live stack with its comparison.
pub struct ComparedStack {
    live: LiveStack,
    /// Whether the live template contains stacks.
    has_nested_stacks: bool,
    pub adoption: Adoption,
}

/// What a change of tags does.
pub(super) enum TagStep {
    /// The guard denies it, for each reason of the comparison.
    Cannot,
    /// Nothing: the stack has the tags, or lacks them.
    Done,
    Change(TagChangeInput),
}

impl ComparedStack {
    /// The tags of provisioner's own stacks that the stack has.
    pub fn own_tags(&self, desired: &Desired<'_>) -> BTreeMap<String, String> {
        let mut tags = desired.owner();
        tags.retain(|key, _| self.live.stack.tags.contains_key(key));
        tags
    }

    /// The only place that says whether there is something to do. What cannot be adopted is never done.
    pub(super) fn step(&self, kind: EffectKind, desired: &Desired<'_>) -> TagStep {
        let is_done = match (kind, self.adoption.step()) {
            (EffectKind::Unadopt, _) => self.own_tags(desired).is_empty(),
            (_, AdoptionStep::Cannot(_)) => return TagStep::Cannot,
            (_, step) => step == AdoptionStep::Adopted,
        };
        match is_done {
            true => TagStep::Done,
            false => TagStep::Change(self.input(kind, desired)),
        }
    }

    /// The change of its tags.
    pub(super) fn input(&self, kind: EffectKind, desired: &Desired<'_>) -> TagChangeInput {
        let mut tags = self.live.stack.tags.clone();
        match kind {
            EffectKind::Unadopt => tags.retain(|key, _| !desired.owner().contains_key(key)),
            _ => tags.extend(desired.owner()),
        }
        TagChangeInput {
            stack_id: self.live.stack.id.clone(),
            parameters: self.live.parameters.keys().cloned().collect(),
            capabilities: self.live.capabilities.clone(),
            tags,
            has_nested_stacks: self.has_nested_stacks,
            description: format!("provisioner {}", env!("CARGO_PKG_VERSION")),
        }
    }

    fn facts(&self, change_set: TagChangeSet) -> AdoptionFacts {
        AdoptionFacts {
            digest: self.adoption.digest.to_string(),
            first_digest: None,
            obstacles: self.adoption.obstacles.clone(),
            change_set,
            drift: None,
        }
    }
}

/// Reads the facts of a stack, and compares it with its config; `None` if there is no stack. Names the drift that is known already.
pub async fn compare(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    kind: EffectKind,
) -> Result<(Facts, Option<ComparedStack>), OperationError> {
    let (mut facts, mut compared) = look(site, desired).await?;
    if let Some(compared) = &mut compared {
        let live = &compared.live.stack;
        let (drifted, _) = site.cloud.last_drift(live).await?;
        if let Some(adoption) = &mut facts.adoption {
            adoption.drift = known_tag_drift(&live.drift, &drifted);
        }
        let adoption = &mut compared.adoption;
        adoption.drifted = drifted.into_iter().map(|it| it.logical_id).collect();
        if kind == EffectKind::Unadopt {
            *adoption = adoption.clone().into_unadoption(&desired.owner());
        }
    }
    Ok((facts, compared))
}

/// The same without drift, and with the tags of an adoption.
async fn look(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(Facts, Option<ComparedStack>), OperationError> {
    let live = site.cloud.live_stack(&desired.stack.name).await?;
    let stack = live.as_ref().map(|live| live.stack.clone());
    let mut facts = site.facts_of(desired, stack);
    let Some(live) = live else {
        return Ok((facts, None));
    };
    let template = site.cloud.template(&live.stack.id).await?;
    let owner = desired.owner();
    let adoption = Adoption::new(&AdoptionInput {
        live: &live,
        template: &template,
        stack: &desired.stack,
        owner: &owner,
        rendered: &desired.sent,
        document: &desired.document,
    });
    let compared = ComparedStack {
        has_nested_stacks: template.contains(NESTED_STACK),
        live,
        adoption,
    };
    facts.adoption = Some(compared.facts(TagChangeSet::NotCreated));
    Ok((facts, Some(compared)))
}

/// Gives the stack of a config the tags of provisioner's own stacks.
pub async fn adopt(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(AdoptionResult, Option<Adoption>), OperationError> {
    change_tags::<Adopt>(site, desired).await
}

/// Removes these tags. The stack stays.
pub async fn unadopt(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(AdoptionResult, Option<Adoption>), OperationError> {
    change_tags::<Unadopt>(site, desired).await
}

async fn change_tags<E: ChangesTags>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(AdoptionResult, Option<Adoption>), OperationError> {
    let (mut facts, compared) = compare(site, desired, E::KIND).await?;
    // The run detects drift itself.
    if let Some(adoption) = &mut facts.adoption {
        adoption.drift = None;
    }
    let step = compared.as_ref().map(|it| (it, it.step(E::KIND, desired)));
    if let Some((compared, TagStep::Done)) = &step
        && is_meant(&facts, &compared.live.stack.id)
    {
        return Ok((unchanged(site, desired, &facts, compared)?, None));
    }
    if let Some((compared, _)) = &step {
        let effect = match E::KIND {
            EffectKind::Unadopt => ShownEffect::Unadoption(&compared.adoption),
            _ => ShownEffect::Adoption(&compared.adoption),
        };
        site.confirm(E::KIND, &mut facts, &desired.stack, (effect, &[]));
    }
    // The guard decides before the change set is created, and once its changes are known.
    let permit = site.decide::<E>(&facts, &desired.stack)?;
    let Some((compared, TagStep::Change(input))) = step else {
        return Err(OperationError::VerificationFailed(Fault::StackGone));
    };
    let first = FirstLook {
        stack_id: compared.live.stack.id.clone(),
        digest: compared.adoption.digest.to_string(),
        authority: facts.authority.clone(),
    };
    site.progress.step(&desired.stack, Step::ChangeSet);
    let pending = match site.cloud.propose_tags(&permit, &input).await {
        Ok(pending) => pending,
        Err(refused) => return Err(first.or_changed::<E>(site, desired, refused).await),
    };
    let pending = match ensure_created(site, pending).await {
        Ok(pending) => pending,
        Err(failure) => {
            let done = first.or_done::<E>(site, desired, failure).await?;
            return Ok((done, None));
        }
    };
    let permit = match decide_again::<E>(site, desired, &first, &pending).await {
        Ok(permit) => permit,
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(denied);
        }
    };
    site.progress.step(&desired.stack, Step::Tags);
    let mut running = match site.cloud.execute(permit, pending).await {
        Ok(running) => running,
        Err(refused) => return Err(first.or_changed::<E>(site, desired, refused).await),
    };
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    let ended = match site.cloud.watch(&mut running, &notify).await {
        Ok(ended) => ended,
        // CloudFormation continues the update of a cancelled run.
        Err(failure) => {
            let id = &compared.live.stack.id;
            return Err(what_remains(site, &desired.stack, id, failure.into()).await);
        }
    };
    verify(&ended, &input.tags)?;
    let (outcome, tags) = match E::KIND {
        EffectKind::Unadopt => (AdoptionOutcome::Unadopted, compared.own_tags(desired)),
        _ => (
            AdoptionOutcome::Adopted,
            compared.adoption.tags.added.clone(),
        ),
    };
    let result = AdoptionResult {
        outcome,
        stack_id: compared.live.stack.id.clone(),
        tags,
    };
    Ok((result, Some(compared.adoption.clone())))
}

/// The result for a stack whose tags are those that the action gives.
fn unchanged(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    compared: &ComparedStack,
) -> Result<AdoptionResult, OperationError> {
    let _looking = site.decide::<Inspect>(facts, &desired.stack)?;
    Ok(AdoptionResult {
        outcome: AdoptionOutcome::Unchanged,
        stack_id: compared.live.stack.id.clone(),
        tags: BTreeMap::new(),
    })
}

/// Whether the stack is the one that the request is about. A person at a command line means the one that exists.
fn is_meant(facts: &Facts, id: &str) -> bool {
    match &facts.authority {
        Authority::Request(request) => {
            let entry = request.entry.as_ref();
            entry.is_some_and(|entry| entry.as_str() == id)
        }
        Authority::CommandLine { .. } => true,
        Authority::Unknown => false,
    }
}

/// What the run saw of the stack at its beginning.
struct FirstLook {
    stack_id: String,
    digest: String,
    authority: Authority,
}

impl FirstLook {
    /// Reads the stack again. The guard denies one that is not the same.
    async fn again(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<(Facts, Option<ComparedStack>), OperationError> {
        let (facts, compared) = look(site, desired).await?;
        let adoption = facts.adoption.map(|adoption| AdoptionFacts {
            first_digest: Some(self.digest.clone()),
            ..adoption
        });
        let facts = Facts {
            adoption,
            authority: self.authority.clone(),
            ..facts
        };
        Ok((facts, compared))
    }

    /// Why AWS refused: the stack may not be the same, such as one that was created again. Otherwise AWS's own reason.
    async fn or_changed<E: ChangesTags>(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        refused: CloudError,
    ) -> OperationError {
        if !refused.aws().is_some_and(AwsError::is_refusal) {
            return refused.into();
        }
        let is_gone = refused.aws().map(|error| &error.kind) == Some(&AwsErrorKind::NotFound);
        let Ok((mut facts, _)) = self.again(site, desired).await else {
            return refused.into();
        };
        if let Some(adoption) = facts.adoption.as_mut().filter(|_| is_gone)
            && adoption.digest == self.digest
        {
            adoption.change_set = TagChangeSet::Gone;
        }
        match site.decide::<E>(&facts, &desired.stack) {
            Ok(_) => refused.into(),
            Err(denied) => denied,
        }
    }

    /// What a failed change set means: another run may have changed the tags since.
    async fn or_done<E: ChangesTags>(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        failure: OperationError,
    ) -> Result<AdoptionResult, OperationError> {
        let Ok((facts, Some(compared))) = self.again(site, desired).await else {
            return Err(failure);
        };
        let is_same = compared.live.stack.id == self.stack_id;
        match compared.step(E::KIND, desired) {
            TagStep::Done if is_same => unchanged(site, desired, &facts, &compared),
            _ => Err(failure),
        }
    }
}

/// Detects drift, and reads the stack again, so that no change between the first look and the change set is missed. A later change makes
/// CloudFormation refuse the change set.
async fn decide_again<E: ChangesTags>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    first: &FirstLook,
    pending: &PendingChangeSet,
) -> Result<Permit<E>, OperationError> {
    let change_set = &pending.described().change_set;
    let (change_set, drift) = match beyond_tags(change_set) {
        Some(beyond) => (TagChangeSet::Beyond(beyond), TagDrift::default()),
        None => (
            TagChangeSet::OnlyTags,
            detect_tag_drift(site, desired, &first.stack_id, change_set).await?,
        ),
    };
    let (mut facts, _) = first.again(site, desired).await?;
    if let Some(adoption) = &mut facts.adoption {
        adoption.change_set = change_set;
        adoption.drift = Some(drift);
    }
    site.decide(&facts, &desired.stack)
}

/// Deletes a failed change set and returns its reason as an error. The template is the stack's own, so that no finding is about a line of
/// the config.
async fn ensure_created(
    site: &OperationContext<'_>,
    pending: PendingChangeSet,
) -> Result<PendingChangeSet, OperationError> {
    let change_set = &pending.described().change_set;
    if change_set.status == "CREATE_COMPLETE" {
        return Ok(pending);
    }
    let what = Fault::ChangeSet {
        status: change_set.status.clone(),
    };
    let reason = change_set.status_reason.clone().unwrap_or_default();
    site.cloud.without_cancellation().discard(pending).await?;
    Err(OperationError::ChangeSetFailed {
        what,
        reason,
        findings: Vec::new(),
    })
}

/// The stack is updated, and has these tags.
fn verify(ended: &OperationResult, tags: &BTreeMap<String, String>) -> Result<(), OperationError> {
    let Some(stack) = &ended.stack else {
        return Err(operation_failed(Fault::StackGone, ended));
    };
    let status = stack.status.to_string();
    match stack.status.0 == "UPDATE_COMPLETE" {
        false => Err(operation_failed(Fault::Stack { status }, ended)),
        true if stack.tags != *tags => Err(OperationError::VerificationFailed(Fault::OtherTags {
            status,
        })),
        true => Ok(()),
    }
}
