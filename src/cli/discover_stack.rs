//! What `discover` reports about one stack.

use std::sync::Arc;

use super::former_entries::FormerEntries;
use crate::config::Config;
use crate::discover::{Draft, KnownConfig, NamedStack, Sorted, draft};
use crate::model::RepoPath;
use crate::operation::Desired;
use crate::plan::{Adoption, AdoptionInput, owner_mark};
use crate::product::{Product, Registry};
use crate::report::{DiscoveredStack, DiscoveredState};
use crate::stack::LiveStack;
use crate::template::Document;

/// The configs and products of the repository.
pub(super) struct LoadedRepository {
    pub registry: Registry,
    pub products: Vec<Arc<Product>>,
    pub configs: Vec<Config>,
    pub known: Vec<KnownConfig>,
}

/// A stack, and the config that was drafted for it.
pub(super) struct Described {
    pub stack: DiscoveredStack,
    /// `None` if a config exists, or no config was drafted.
    pub draft: Option<Draft>,
}

impl Described {
    /// Adds what the entries for earlier stacks of this name mean for the stack.
    pub(super) fn warn_of_entries(&mut self, former: &FormerEntries) {
        let stack = &mut self.stack;
        if let (DiscoveredState::NotAdopted, Some(config)) = (stack.state, &stack.config) {
            let warnings = former.warnings(config, &stack.id);
            stack.diagnostics.extend(warnings);
        }
    }
}

/// `template`: the live template, or why it cannot be read.
pub(super) fn describe(
    repository: &LoadedRepository,
    live: &LiveStack,
    sorted: Sorted,
    template: Option<Result<String, String>>,
) -> Described {
    let mut stack = DiscoveredStack {
        name: live.stack.name.clone(),
        id: live.stack.id.clone(),
        status: live.stack.status.to_string(),
        state: DiscoveredState::Other,
        product: None,
        config: None,
        owner: None,
        adoption: None,
        unknown: Vec::new(),
        diagnostics: Vec::new(),
        problem: None,
    };
    let document = template.as_ref().and_then(|template| {
        let text = template.as_ref().ok()?;
        Document::parse(&RepoPath::typed("template"), text).ok()
    });
    let text = template.as_ref().and_then(|text| text.as_deref().ok());
    let mark = document
        .as_ref()
        .and_then(|document| owner_mark(live, Some(document)));
    let (state, sorted) = match (mark, sorted) {
        (Some(mark), Sorted::Claimed { .. } | Sorted::Named(_) | Sorted::Other) => {
            (DiscoveredState::OtherTool, Sorted::OtherTool(mark))
        }
        (_, sorted) => (state_of(&sorted), sorted),
    };
    stack.state = state;
    let mut drafted = None;
    match sorted {
        Sorted::Owned { config } => stack.config = Some(config),
        Sorted::OtherTool(mark) => stack.owner = Some(mark),
        Sorted::WithoutConfig | Sorted::Test { .. } | Sorted::Other => {}
        Sorted::Claimed { config } => {
            let own = repository.configs.iter().find(|own| own.path == config);
            stack.product = own.map(|own| own.product.name().to_owned());
            stack.adoption = own
                .zip(text)
                .and_then(|(own, text)| compared(live, text, own));
            stack.config = Some(config);
        }
        Sorted::Named(named) => {
            stack.product = Some(named.product.name().to_owned());
            drafted = document
                .as_ref()
                .and_then(|document| drafted_config(repository, &named, live, document));
            if let Some(draft) = &drafted {
                stack.config = Some(draft.path.clone());
                stack.unknown.clone_from(&draft.unknown);
                stack.diagnostics.clone_from(&draft.diagnostics);
                let own = draft.config.as_ref();
                stack.adoption = own
                    .zip(text)
                    .and_then(|(own, text)| compared(live, text, own));
            }
        }
    }
    if stack.state == DiscoveredState::NotAdopted && stack.adoption.is_none() {
        stack.problem = match (&template, &document) {
            (Some(Err(why)), _) => Some(why.clone()),
            (_, None) => Some("the live template cannot be read".to_owned()),
            (_, Some(_)) => None,
        };
    }
    Described {
        stack,
        draft: drafted,
    }
}

fn state_of(sorted: &Sorted) -> DiscoveredState {
    match sorted {
        Sorted::Owned { .. } => DiscoveredState::Owned,
        Sorted::WithoutConfig => DiscoveredState::WithoutConfig,
        Sorted::Test { .. } => DiscoveredState::Test,
        Sorted::OtherTool(_) => DiscoveredState::OtherTool,
        Sorted::Claimed { .. } | Sorted::Named(_) => DiscoveredState::NotAdopted,
        Sorted::Other => DiscoveredState::Other,
    }
}

fn drafted_config(
    repository: &LoadedRepository,
    named: &NamedStack,
    live: &LiveStack,
    document: &Document,
) -> Option<Draft> {
    draft(&repository.registry, &named.product, named, live, document)
}

/// `None` if the config's template has errors.
fn compared(live: &LiveStack, text: &str, config: &Config) -> Option<Adoption> {
    let desired = Desired::new(config).ok()?;
    Some(Adoption::new(&AdoptionInput {
        live,
        template: text,
        stack: &desired.stack,
        owner: &desired.owner(),
        rendered: &desired.sent,
        document: &desired.document,
    }))
}
