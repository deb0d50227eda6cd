//! Gives a stack that exists the tags of provisioner's own stacks, or removes them. Nothing else of the stack changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::cloud::{OperationResult, PendingChangeSet, TagChangeInput};
use crate::guard::{
    Adopt, AdoptionFacts, Authority, ChangesTags, EffectKind, Facts, Inspect, TagChangeSet, Unadopt,
};
use crate::plan::{Adoption, AdoptionInput, beyond_tags};
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

impl ComparedStack {
    /// The tags of provisioner's own stacks that the stack has.
    pub fn own_tags(&self, desired: &Desired<'_>) -> BTreeMap<String, String> {
        let mut tags = desired.owner();
        tags.retain(|key, _| self.live.stack.tags.contains_key(key));
        tags
    }

    /// All tags that the stack would get.
    fn tags_after(&self, kind: EffectKind, desired: &Desired<'_>) -> BTreeMap<String, String> {
        let mut tags = self.live.stack.tags.clone();
        match kind {
            EffectKind::Unadopt => tags.retain(|key, _| !desired.owner().contains_key(key)),
            _ => tags.extend(desired.owner()),
        }
        tags
    }

    pub fn is_done(&self, kind: EffectKind, desired: &Desired<'_>) -> bool {
        self.tags_after(kind, desired) == self.live.stack.tags
    }

    /// The change of its tags.
    pub(super) fn input(&self, kind: EffectKind, desired: &Desired<'_>) -> TagChangeInput {
        TagChangeInput {
            stack_id: self.live.stack.id.clone(),
            parameters: self.live.parameters.keys().cloned().collect(),
            capabilities: self.live.capabilities.clone(),
            tags: self.tags_after(kind, desired),
            has_nested_stacks: self.has_nested_stacks,
            description: format!("provisioner {}", env!("CARGO_PKG_VERSION")),
        }
    }

    fn facts(&self, change_set: TagChangeSet) -> AdoptionFacts {
        AdoptionFacts {
            digest: self.adoption.digest.to_string(),
            obstacles: self.adoption.obstacles.clone(),
            change_set,
        }
    }
}

/// Reads the facts of a stack, and compares it with its config; `None` if there is no stack.
pub async fn compare(
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
    let (mut facts, compared) = compare(site, desired).await?;
    let is_done = compared.as_ref().filter(|compared| {
        compared.is_done(E::KIND, desired) && is_meant(&facts, &compared.live.stack.id)
    });
    if let Some(compared) = is_done {
        let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
        let unchanged = AdoptionResult {
            outcome: AdoptionOutcome::Unchanged,
            stack_id: compared.live.stack.id.clone(),
            tags: BTreeMap::new(),
        };
        return Ok((unchanged, None));
    }
    if let Some(compared) = &compared {
        let own = compared.own_tags(desired);
        let effect = match E::KIND {
            EffectKind::Unadopt => ShownEffect::Unadoption(&own),
            _ => ShownEffect::Adoption(&compared.adoption),
        };
        site.confirm(E::KIND, &mut facts, &desired.stack, effect);
    }
    // The guard decides before the change set is created, and once its changes are known.
    let permit = site.decide::<E>(&facts, &desired.stack)?;
    let Some(compared) = compared else {
        return Err(OperationError::VerificationFailed(Fault::StackGone));
    };
    site.progress.step(&desired.stack, Step::ChangeSet);
    let input = compared.input(E::KIND, desired);
    let pending = site.cloud.propose_tags(&permit, &input).await?;
    let pending = ensure_created(site, pending).await?;
    let authority = facts.authority.clone();
    let permit = match decide_again::<E>(site, desired, &compared, &pending, authority).await {
        Ok(permit) => permit,
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(denied);
        }
    };
    site.progress.step(&desired.stack, Step::Tags);
    let mut running = site.cloud.execute(permit, pending).await?;
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
        stack_id: compared.live.stack.id,
        tags,
    };
    Ok((result, Some(compared.adoption)))
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

/// Reads the stack again, so that no change between the first look and the change set is missed. A later change makes CloudFormation
/// refuse the change set.
async fn decide_again<E: ChangesTags>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    compared: &ComparedStack,
    pending: &PendingChangeSet,
    authority: Authority,
) -> Result<crate::guard::Permit<E>, OperationError> {
    let (mut facts, again) = compare(site, desired).await?;
    facts.authority = authority;
    if let Some(again) = &again {
        let beyond = beyond_tags(&pending.described().change_set);
        facts.adoption = Some(again.facts(match beyond {
            None => TagChangeSet::OnlyTags,
            Some(beyond) => TagChangeSet::Beyond(beyond),
        }));
    }
    let permit = site.decide::<E>(&facts, &desired.stack)?;
    match again.is_some_and(|again| again.adoption.digest == compared.adoption.digest) {
        true => Ok(permit),
        false => Err(OperationError::VerificationFailed(Fault::StackChanged)),
    }
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
