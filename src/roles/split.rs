//! Statements of IAM policies, merged and split into few documents. Statements that differ only in resources are merged, and each
//! document is as long as AWS allows.

use serde_json::{Map, Value, json};

use super::statement::Statement;
use crate::template::MANAGED_POLICY_CHARS;

/// The document around the statements.
const FRAME: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
/// Room for a number behind a statement id that is not unique.
const NUMBER: usize = 4;

impl Statement {
    fn json(&self, sid: &str) -> Value {
        let mut json = Map::new();
        json.insert("Sid".into(), sid.into());
        json.insert("Effect".into(), "Allow".into());
        json.insert("Action".into(), json!(self.actions));
        json.insert("Resource".into(), json!(self.resources));
        if !self.conditions.is_null() {
            json.insert("Condition".into(), self.conditions.clone());
        }
        json.into()
    }

    fn length(&self) -> usize {
        let blanks = |text: &str| {
            text.chars()
                .filter(|character| character.is_whitespace())
                .count()
        };
        let text = self.json(&self.sid).to_string();
        text.chars().count() - blanks(&text) + NUMBER + 1
    }

    /// The statement in parts that each fit a document.
    fn parts(self) -> Vec<Self> {
        if self.length() + FRAME <= MANAGED_POLICY_CHARS || self.resources.len() < 2 {
            return vec![self];
        }
        let resources = Vec::from_iter(self.resources.clone());
        let (left, right) = resources.split_at(resources.len() / 2);
        let half = |resources: &[String]| Self {
            resources: resources.iter().cloned().collect(),
            ..self.clone()
        };
        [half(left), half(right)]
            .into_iter()
            .flat_map(Self::parts)
            .collect()
    }
}

/// Documents, as lists of statements, that together allow exactly what the statements allow.
pub fn split_to_policy_size(statements: Vec<Statement>) -> Vec<Vec<Value>> {
    let mut merged: Vec<Statement> = Vec::new();
    for statement in statements {
        // Statements that differ in only one of the two lists can be merged without allowing more.
        let same = merged.iter_mut().find(|known| {
            known.conditions == statement.conditions
                && (known.actions == statement.actions || known.resources == statement.resources)
        });
        match same {
            Some(known) => {
                known.actions.extend(statement.actions);
                known.resources.extend(statement.resources);
            }
            None => merged.push(statement),
        }
    }
    let mut documents: Vec<(usize, Vec<Statement>)> = Vec::new();
    for part in merged.into_iter().flat_map(Statement::parts) {
        let length = part.length();
        match documents
            .iter_mut()
            .find(|(used, _)| used + length <= MANAGED_POLICY_CHARS)
        {
            Some((used, parts)) => {
                *used += length;
                parts.push(part);
            }
            None => documents.push((FRAME + length, vec![part])),
        }
    }
    documents
        .into_iter()
        .map(|(_, parts)| numbered(&parts))
        .collect()
}

/// Numbers statement ids so that they are unique in a document.
fn numbered(parts: &[Statement]) -> Vec<Value> {
    let named = parts.iter().enumerate().map(|(at, part)| {
        let before = parts[..at]
            .iter()
            .filter(|other| other.sid == part.sid)
            .count();
        match before {
            0 => part.json(&part.sid),
            _ => part.json(&format!("{}{}", part.sid, before + 1)),
        }
    });
    named.collect()
}
