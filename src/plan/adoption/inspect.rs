//! Compares a live stack with a rendered template.

use super::compare::{Compared, compare};
use super::digest::digest;
use super::input::AdoptionInput;
use super::obstacle::obstacles;
use super::result::{Adoption, AdoptionVerdict};
use super::tags::AdoptionTags;
use crate::model::RepoPath;
use crate::template::Document;

impl Adoption {
    pub fn new(input: &AdoptionInput<'_>) -> Self {
        let live = &input.live.stack;
        let tags = AdoptionTags::new(&live.tags, input.owner);
        let path = RepoPath::typed("template");
        let template = Document::parse(&path, input.template);
        let obstacles = obstacles(input, template.as_ref().ok(), &tags);
        let compared = match &template {
            Ok(template) => compare(input, template),
            Err(_) => Compared::default(),
        };
        let is_same = compared.is_same();
        let verdict = match (obstacles.is_empty(), is_same) {
            (false, _) => AdoptionVerdict::Cannot,
            (true, false) => AdoptionVerdict::WouldChange,
            (true, true) if input.template == input.rendered => AdoptionVerdict::Identical,
            (true, true) => AdoptionVerdict::Equivalent,
        };
        Self {
            stack: live.id.clone(),
            verdict,
            obstacles,
            resources: compared.resources,
            outputs: compared.outputs,
            sections: compared.sections,
            digest: digest(input, &tags),
            tags,
            drift: live.drift.clone(),
            drifted: Vec::new(),
        }
    }
}
