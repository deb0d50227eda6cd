//! Structure, references and limits: reports what CloudFormation would reject, before any API call.
//! Limits: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.

use std::collections::BTreeSet;

use super::data_kind::has_snapshots;
use super::document::{Document, Resource, engine};
use super::intrinsic::{Reference, walk};
use super::limits::{INLINE_BYTES, SECTION_LIMITS};
use crate::config::{MapEntry, NodeKind};
use crate::diagnostic::{Code, Diagnostic, Severity, SourceText, Span};
use crate::model::RepoPath;
use crate::text::{did_you_mean, or_list, pluralize, quote};

/// Bytes of a template in S3.
const MAX_BYTES: usize = 1_000_000;
const MAX_DESCRIPTION: usize = 1_024;
const MAX_LOGICAL_ID: usize = 255;
/// Each problem's line and near misses are looked up, so their number is bounded.
const MAX_FINDINGS: usize = 100;

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];
const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];
const POLICIES: &[&str] = &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];
const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// All problems of a template that was parsed from `text`, by position.
pub fn check(path: &RepoPath, text: &str, document: &Document) -> Vec<Diagnostic> {
    let mut check = TemplateChecker {
        path,
        source: SourceText::new(text),
        document,
        diagnostics: Vec::new(),
        omitted: 0,
    };
    check.size(text);
    check.sections();
    check.resources();
    check.outputs();
    check.references();
    if check.omitted > 0 {
        let rest = pluralize(check.omitted, "more problem");
        let message = format!("{rest}; the first {MAX_FINDINGS} are listed");
        let problem = Diagnostic::error(Code::TemplateStructure, path, message);
        check
            .diagnostics
            .push(problem.at(&check.source, Span::point(1, 1)));
    }
    let mut diagnostics = check.diagnostics;
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    diagnostics
}

struct TemplateChecker<'a> {
    path: &'a RepoPath,
    source: SourceText<'a>,
    document: &'a Document,
    diagnostics: Vec<Diagnostic>,
    /// Problems beyond `MAX_FINDINGS`.
    omitted: usize,
}

impl TemplateChecker<'_> {
    fn size(&mut self, text: &str) {
        let bytes = text.len();
        let start = Span::point(1, 1);
        if bytes > MAX_BYTES {
            self.error(
                Code::TemplateTooLarge,
                start,
                format!("the template has {bytes} bytes; {MAX_BYTES} is the most"),
            );
        } else if bytes > INLINE_BYTES && self.document.inline(text).is_none() {
            let smallest = self.document.smallest(text);
            let message = format!(
                "the template is too large to be deployed: {smallest} bytes in its smallest form; a request to CloudFormation takes {INLINE_BYTES}"
            );
            let problem = Diagnostic::error(Code::TemplateTooLarge, self.path, message);
            self.diagnostics.push(
                problem
                    .with_severity(Severity::Warning)
                    .at(&self.source, start),
            );
        }
    }

    fn sections(&mut self) {
        let tree = &self.document.tree;
        if !matches!(tree.kind, NodeKind::Mapping(_)) {
            self.error(
                Code::TemplateStructure,
                Span::point(1, 1),
                "a template is a mapping of sections".into(),
            );
            return;
        }
        for entry in tree.entries() {
            self.known("section of a template", entry, SECTIONS);
        }
        if self.document.section("Resources").is_empty() {
            self.error(
                Code::TemplateStructure,
                tree.span_of(["Resources"]),
                "`Resources` must hold at least one resource".into(),
            );
        }
        if let Some(description) = tree.get("Description") {
            let length = description.text().map_or(0, |text| text.len());
            if length > MAX_DESCRIPTION {
                let message =
                    format!("`Description` has {length} bytes; {MAX_DESCRIPTION} is the most");
                self.error(Code::TemplateLimit, description.span, message);
            }
        }
        for &(section, most) in SECTION_LIMITS {
            let entries = self.document.section(section);
            if entries.len() > most {
                let message = format!(
                    "`{section}` has {} entries; {most} is the most",
                    entries.len()
                );
                self.error(Code::TemplateLimit, tree.span_of([section]), message);
            }
            for entry in entries {
                self.logical_id(section, entry);
            }
        }
    }

    fn resources(&mut self) {
        let ids: BTreeSet<&str> = self
            .document
            .section("Resources")
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        for resource in self.document.resources() {
            let entry = resource.entry;
            let name = &entry.key;
            if !matches!(entry.value.kind, NodeKind::Mapping(_)) {
                self.error(
                    Code::TemplateStructure,
                    entry.key_span,
                    format!("resource `{name}` must be a mapping"),
                );
                continue;
            }
            for attribute in entry.value.entries() {
                self.known("attribute of a resource", attribute, RESOURCE_ATTRIBUTES);
            }
            let parts = resource.kind.split("::").collect::<Vec<_>>();
            let custom = resource.kind.starts_with("Custom::") && parts.len() == 2;
            let named = parts.len() >= 3 && parts.iter().all(|part| !part.is_empty());
            if !named && !custom {
                let message = match resource.kind {
                    "" => format!("resource `{name}` has no `Type`"),
                    kind => format!(
                        "resource `{name}` has the type {}, which is not of the form `AWS::Service::Kind`",
                        quote(kind)
                    ),
                };
                self.error(
                    Code::TemplateStructure,
                    entry
                        .value
                        .get("Type")
                        .map_or(entry.key_span, |kind| kind.span),
                    message,
                );
            }
            for attribute in ["DeletionPolicy", "UpdateReplacePolicy"] {
                let Some(policy) = entry.value.get(attribute) else {
                    continue;
                };
                if !policy.text().is_some_and(|text| POLICIES.contains(&text)) {
                    let message =
                        format!("`{attribute}` of `{name}` must be {}", or_list(POLICIES));
                    self.error(Code::TemplateStructure, policy.span, message);
                }
                let engine = engine(entry.value.get("Properties"));
                if policy.text() == Some("Snapshot")
                    && has_snapshots(resource.kind, engine) == Some(false)
                {
                    self.snapshot_without_effect(attribute, &resource, policy.span);
                }
            }
            if let Some(depends) = entry.value.get("DependsOn") {
                let several = depends.items().iter();
                for target in several.chain(Some(depends).filter(|node| node.text().is_some())) {
                    let id = target.text().unwrap_or("");
                    if !ids.contains(id) || id == name {
                        self.unknown(
                            Code::TemplateReferenceUnknown,
                            target.span,
                            "resource",
                            id,
                            ids.iter().copied(),
                        );
                    }
                }
            }
        }
    }

    /// CloudFormation rejects such a `DeletionPolicy`, and treats such an `UpdateReplacePolicy` as `Delete`.
    fn snapshot_without_effect(&mut self, attribute: &str, resource: &Resource<'_>, at: Span) {
        let Resource {
            logical_id, kind, ..
        } = resource;
        let what = format!(
            "`{attribute}: Snapshot` of `{logical_id}`: CloudFormation takes no snapshots of {}",
            quote(kind)
        );
        if attribute == "DeletionPolicy" {
            return self.error(Code::TemplateStructure, at, what);
        }
        let message = format!("{what}, so it deletes the old resource");
        let problem = Diagnostic::error(Code::TemplateStructure, self.path, message);
        self.push(problem.with_severity(Severity::Warning), at);
    }

    fn outputs(&mut self) {
        for entry in self.document.section("Outputs") {
            if entry.value.get("Value").is_none() {
                self.error(
                    Code::TemplateStructure,
                    entry.key_span,
                    format!("output `{}` has no `Value`", entry.key),
                );
            }
        }
    }

    fn references(&mut self) {
        let document = self.document;
        let names = |section: &str| {
            document
                .section(section)
                .iter()
                .map(|entry| entry.key.as_str())
                .collect::<BTreeSet<&str>>()
        };
        let (resources, conditions, mappings) =
            (names("Resources"), names("Conditions"), names("Mappings"));
        let parameters = names("Parameters");
        let mut unknown = Vec::new();
        // Rules and macros have scopes of their own.
        for section in ["Conditions", "Resources", "Outputs"] {
            for entry in document.section(section) {
                walk(&entry.value, &mut |reference, span| {
                    unknown.push((reference, span))
                });
                // `Condition: Name` beside other keys is an attribute, not a function.
                if let (Some(condition), true) = (
                    entry.value.get("Condition"),
                    entry.value.entries().len() > 1,
                ) {
                    let name = condition.text().unwrap_or("").to_owned();
                    unknown.push((Reference::Condition(name), condition.span));
                }
            }
        }
        for (reference, span) in unknown {
            match reference {
                Reference::Ref(name) => {
                    let known = resources
                        .iter()
                        .chain(&parameters)
                        .copied()
                        .chain(PSEUDO_PARAMETERS.iter().copied());
                    self.unless_known(
                        Code::TemplateReferenceUnknown,
                        span,
                        "parameter or resource",
                        &name,
                        known,
                    );
                }
                Reference::Attribute(name) => {
                    self.unless_known(
                        Code::TemplateReferenceUnknown,
                        span,
                        "resource",
                        &name,
                        resources.iter().copied(),
                    );
                }
                Reference::Condition(name) => {
                    self.unless_known(
                        Code::TemplateConditionUnknown,
                        span,
                        "condition",
                        &name,
                        conditions.iter().copied(),
                    );
                }
                Reference::Mapping(name) => {
                    self.unless_known(
                        Code::TemplateReferenceUnknown,
                        span,
                        "mapping",
                        &name,
                        mappings.iter().copied(),
                    );
                }
            }
        }
    }

    fn logical_id(&mut self, section: &str, entry: &MapEntry) {
        let id = &entry.key;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!(
                "{} in `{section}` may hold letters and digits only",
                quote(id)
            );
            self.error(Code::TemplateStructure, entry.key_span, message);
        } else if id.len() > MAX_LOGICAL_ID {
            let message = format!(
                "{} has {} characters; {MAX_LOGICAL_ID} is the most",
                quote(id),
                id.len()
            );
            self.error(Code::TemplateLimit, entry.key_span, message);
        }
    }

    fn known(&mut self, what: &str, entry: &MapEntry, known: &[&'static str]) {
        if !known.contains(&entry.key.as_str()) {
            let problem = Diagnostic::error(
                Code::TemplateStructure,
                self.path,
                format!("{} is no {what}", quote(&entry.key)),
            );
            let problem = match did_you_mean(&entry.key, known.iter().copied()) {
                Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
                None => problem,
            };
            self.push(problem, entry.key_span);
        }
    }

    fn unless_known<'n>(
        &mut self,
        code: Code,
        span: Span,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        let known: Vec<&str> = known.collect();
        if !known.contains(&name) {
            self.unknown(code, span, what, name, known.into_iter());
        }
    }

    fn unknown<'n>(
        &mut self,
        code: Code,
        span: Span,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        let problem = Diagnostic::error(
            code,
            self.path,
            format!("no {what} is called {}", quote(name)),
        );
        let problem = match did_you_mean(name, known) {
            Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
            None => problem,
        };
        self.push(problem, span);
    }

    fn error(&mut self, code: Code, span: Span, message: String) {
        self.push(Diagnostic::error(code, self.path, message), span);
    }

    fn push(&mut self, problem: Diagnostic, span: Span) {
        if self.diagnostics.len() < MAX_FINDINGS {
            self.diagnostics.push(problem.at(&self.source, span));
        } else {
            self.omitted += 1;
        }
    }
}
