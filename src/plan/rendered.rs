//! Problems of a config that its rendered template shows, without a plan.

use super::naming::naming_problems;
use super::render::rendered;
use crate::config::{Config, TEST_SUFFIX, fault_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::product::{FaultPlace, ProductFault, TEMPLATE};
use crate::template::{Document, INLINE_BYTES, NameClaim, Resource, name_claims};
use crate::text::quote;

#[derive(Debug, Default)]
pub struct RenderedProblems {
    /// The template does not render, or is no YAML: then nothing else is known.
    pub faults: Vec<Diagnostic>,
    /// Names that AWS refuses, and resources that only a test has.
    pub names: Vec<Diagnostic>,
    /// The template is too large for a request, so no stack can be deployed from it. A warning if only that of a test is.
    pub size: Option<Diagnostic>,
}

impl RenderedProblems {
    pub fn new(config: &Config) -> Self {
        Self::with_claims(config).0
    }

    /// With the names that no other stack can have. Both are read from one rendered template.
    pub fn with_claims(config: &Config) -> (Self, Vec<NameClaim>) {
        let (text, document) = match rendered(config) {
            Ok(rendered) => rendered,
            Err(faults) => {
                let problems = Self {
                    faults,
                    ..Self::default()
                };
                return (problems, Vec::new());
            }
        };
        let problems = Self::of_rendered(config, &text, &document);
        (problems, name_claims(&document, &config.target))
    }

    /// Problems of the config's stack, and of a test deployment.
    pub(super) fn of_rendered(config: &Config, text: &str, document: &Document) -> Self {
        let test = is_test_checked(config, text).then(|| test_deployment(config));
        let test = test.flatten();
        let named = test.as_ref().map(|((_, document), test)| (test, document));
        let size = size_problem(config, text, document).or_else(|| {
            let ((text, document), _) = test.as_ref()?;
            let problem = size_problem(config, text, document)?;
            let message = format!("in a test deployment, {}", problem.message);
            Some(Diagnostic { message, ..problem }.with_severity(Severity::Warning))
        });
        let mut names = naming_problems(config, document, named);
        if let Some((_, test)) = named {
            names.extend(resources_of_tests(config, document, test));
        }
        Self {
            faults: Vec::new(),
            names,
            size,
        }
    }
}

/// Whether a test deployment can have problems that the stack does not have. The tests of built-in products prove that it has the
/// same resources with valid names, and no template is rendered for what is proved. It can still be too large.
fn is_test_checked(config: &Config, text: &str) -> bool {
    !config.product.source.is_built_in() || text.len() > INLINE_BYTES
}

/// A test deployment of the config, and its template. `None` if the rules of the product report what is wrong with its names.
fn test_deployment(config: &Config) -> Option<((String, Document), Config)> {
    let test = config.with_name_suffix(TEST_SUFFIX).ok()?;
    Some((rendered(&test).ok()?, test))
}

/// Errors of resources that only a test deployment has: reviewers see the template of the stack alone.
fn resources_of_tests(config: &Config, document: &Document, test: &Document) -> Vec<Diagnostic> {
    let source = &config.product.source;
    let is_known = |resource: &Resource<'_>| {
        let mut known = document.resources();
        known.any(|known| known.logical_id == resource.logical_id && known.kind == resource.kind)
    };
    let only = test.resources().filter(|resource| !is_known(resource));
    let problems = only.map(|resource| {
        let id = resource.logical_id;
        let message = format!(
            "only a test deployment has the resource {} ({})",
            quote(id),
            quote(resource.kind)
        );
        let text = source.files.get(TEMPLATE).map_or("", String::as_str);
        let start = format!("{id}:");
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with(&start));
        let place = line.map_or(FaultPlace::Whole, |line| FaultPlace::Line(line + 1));
        let fault = ProductFault::new(TEMPLATE, place, message);
        let help = "give it to the stack, too, or to neither: reviewers see the stack's template";
        fault_problem(source, &fault.with_help(help))
    });
    problems.collect()
}

/// The error of a template that no request can hold.
pub fn size_problem(config: &Config, text: &str, document: &Document) -> Option<Diagnostic> {
    // The smallest form takes time, and most templates are short.
    if text.len() <= INLINE_BYTES {
        return None;
    }
    let bytes = document.smallest(text);
    if bytes <= INLINE_BYTES {
        return None;
    }
    let message = format!(
        "the template is too large to be deployed: {bytes} bytes in its smallest form; a request to CloudFormation takes {INLINE_BYTES}"
    );
    let manifest = &config.product.manifest;
    let tier = match manifest.tiers.is_empty() {
        true => "",
        false => ", or a lower tier",
    };
    let help =
        format!("use fewer or shorter tags, which every resource repeats, shorter lists{tier}");
    let problem = Diagnostic::error(Code::TemplateTooLarge, &config.path, message);
    let place = config.location_of(&manifest.section);
    Some(problem.with_help(help).located(place))
}
