//! Commands that query nothing.

use super::answer::Answer;
use super::select::{chosen, no_matching_config, verb_for};
use super::session::{CommentSession, REPLY_LIMIT, failed_outcome};
use crate::VERSION;
use crate::command::{Command, CommentAction, CommentActions};
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::Policy;
use crate::job::JobError;
use crate::plan::{Change, Intent};
use crate::product::{ProductError, Registry, Verb};
use crate::report::{
    CONFIG_REMOVED, CONFIG_VALID, Outcome, Problem, ProductFormat, ProductListError, Redactor,
    Reply, ReviewReport, State, Success, command_help, details_block, explain, list_products,
    review, review_written, show_product,
};
use crate::roles::operator_policy;
use crate::template::Document;
use crate::workspace::write_file;

/// Answers a command that queries neither AWS nor the stack.
pub async fn answer(
    session: &mut CommentSession<'_>,
    command: &Command,
) -> Result<Answer, JobError> {
    let tier = command.tier.as_deref();
    let registry = &session.products;
    let format = ProductFormat::Markdown;
    Ok(match command.action {
        CommentAction::Help => {
            let page = command_help(&CommentActions::from_products(registry));
            Answer::new(Reply::Page(page), Exit::Ok)
        }
        CommentAction::Explain => explain_code(registry, command.code.as_deref()),
        CommentAction::ListProducts => product_answer(list_products(registry, format)),
        CommentAction::ShowProduct => {
            let product = command.product.as_deref();
            product_answer(show_product(registry, product, tier, format))
        }
        CommentAction::Product(_) => return config_answers(session, command).await,
    })
}

fn explain_code(registry: &Registry, wanted: Option<&str>) -> Answer {
    match explain(registry, wanted) {
        Ok(codes) => Answer::new(Reply::Plain(codes.text(None)), Exit::Ok),
        Err(error) => {
            let reply = Reply::CodeUnknown {
                wanted: error.code,
                similar: error.similar,
            };
            Answer::new(reply, Exit::Usage)
        }
    }
}

fn product_answer(listing: Result<String, ProductListError>) -> Answer {
    match listing {
        Ok(text) => Answer::new(Reply::Page(text), Exit::Ok),
        Err(ProductListError::Unknown { .. }) => Answer::new(Reply::ProductUnknown, Exit::Usage),
        Err(error) => Answer::new(Reply::Plain(error.to_string()), Exit::Config),
    }
}

async fn config_answers(
    session: &mut CommentSession<'_>,
    command: &Command,
) -> Result<Answer, JobError> {
    let context = session.contexts(command).await?;
    let changes = match chosen(&context.plan, command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let mut outcomes = Vec::new();
    let mut exit = Exit::Ok;
    let policy = context.policy.as_ref();
    for change in &changes {
        if change.is_removed() {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            CONFIG_REMOVED.clone_into(&mut outcome.summary);
            outcomes.push(outcome);
            continue;
        }
        let output = match context.inputs.config(change, false) {
            Some(config) if change.intent != Intent::Invalid => match verb_for(&config, command) {
                Ok(None) => continue,
                Ok(Some(verb)) => config_output(session, verb, (change, &config), policy.ok()),
                Err(problem) => Err(vec![problem]),
            },
            _ => Err(change.diagnostics.clone()),
        };
        outcomes.push(output.unwrap_or_else(|problems| {
            exit = Exit::Config;
            failed_outcome(change, &problems)
        }));
    }
    if outcomes.is_empty() {
        return Ok(no_matching_config(command));
    }
    session.report(&context, outcomes, exit)
}

fn success_of(verb: Verb) -> Success {
    match verb {
        Verb::ValidateConfig => Success::Valid,
        _ => Success::Answered,
    }
}

fn config_output(
    session: &CommentSession<'_>,
    verb: Verb,
    (change, config): (&Change, &Config),
    allowed: Option<&Policy>,
) -> Result<Outcome, Vec<Diagnostic>> {
    let shown_keys = allowed.map_or(&[][..], |allowed| &allowed.values.show);
    let product = &config.product;
    let unwritten =
        |error: String| vec![Diagnostic::error(Code::RenderFailed, &change.path, error)];
    let failed = |error: ProductError| vec![product_problem(&change.path, product, &error)];
    let scope = &config.derived.scope;
    let mut outcome = Outcome::done(change.path.as_str(), None, success_of(verb));
    let warnings = change.diagnostics.iter();
    let warnings = warnings.filter(|diagnostic| diagnostic.severity == Severity::Warning);
    outcome.problems = warnings.map(Problem::from_diagnostic).collect();
    let template = || product.render_template(scope).map_err(failed);
    let policy = || operator_policy(config, allowed).map_err(failed);
    match verb {
        Verb::RenderTemplate => {
            outcome.summary.clone_from(&config.outputs.template);
            outcome.tables = details_block(&template()?, "yaml", REPLY_LIMIT / 2);
        }
        Verb::RenderPolicy => {
            outcome.summary.clone_from(&config.outputs.policy);
            outcome.tables = details_block(&policy()?, "json", REPLY_LIMIT / 2);
        }
        Verb::ReviewReport => {
            let template = template()?;
            let document = Document::parse(&change.path, &template)?;
            let time = crate::ci::timestamp();
            let page = review(&ReviewReport {
                time: &time,
                version: VERSION,
                config,
                values: &Redactor::for_config(config, shown_keys),
                diagnostics: &change.diagnostics,
                template: &template,
                document: &document,
                policy: &policy()?,
                last: None,
            });
            let page = page.map_err(|error| unwritten(error.to_string()))?;
            let name = format!("{}-create-review-report-{time}.html", change.path.stem());
            let path = session.job.environment.reports.join(&name);
            write_file(&path, &page).map_err(|error| unwritten(error.to_string()))?;
            outcome.summary = review_written(&name);
        }
        _ => CONFIG_VALID.clone_into(&mut outcome.summary),
    }
    Ok(outcome)
}
