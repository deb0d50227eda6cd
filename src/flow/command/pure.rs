//! Commands that ask nobody but the program.

use super::Answer;
use super::desk::{CommentSession, REPLY_LIMIT, failed_outcome};
use crate::action::{ProductFormat, explain, list_products, show_product};
use crate::command::{Command, CommentAction, help};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::flow::check::VERSION;
use crate::flow::job::JobError;
use crate::plan::{Change, Intent};
use crate::report::{Outcome, Problem, ReviewReport, State, code, fence, review};
use crate::template::Document;
use crate::text::did_you_mean;
use crate::workspace::write_file;

/// Does a command that changes and asks nothing.
pub async fn answer(desk: &mut CommentSession<'_>, command: &Command) -> Result<Answer, JobError> {
    let tier = command.tier.as_deref();
    Ok(match command.action {
        CommentAction::Help => Answer::new(help(), Exit::Ok),
        CommentAction::Explain => explain_code(command.code.as_deref()),
        CommentAction::ListProducts => product_answer(list_products(ProductFormat::Markdown)),
        CommentAction::ShowProduct => product_answer(show_product(
            command.product.as_deref(),
            tier,
            ProductFormat::Markdown,
        )),
        _ => return config_answers(desk, command).await,
    })
}

fn explain_code(wanted: Option<&str>) -> Answer {
    if let (text, Exit::Ok) = explain(wanted) {
        return Answer::new(fence(&text, "text"), Exit::Ok);
    }
    let wanted = wanted.unwrap_or_default();
    let (all, _) = explain(None);
    let known = all.lines().filter_map(|line| line.split(' ').next());
    let hint = match did_you_mean(wanted, known) {
        Some(meant) => format!("Did you mean {}?", code(meant)),
        None => "Codes stand in brackets behind `error` and `warning`.".to_owned(),
    };
    let text = format!("😕 There is no code {}. {hint}", code(wanted));
    Answer::new(text, Exit::Usage)
}

fn product_answer((text, exit): (String, Exit)) -> Answer {
    match exit {
        Exit::Ok => Answer::new(text, exit),
        _ => Answer::new(
            "😕 There is no product, or no tier, of this name. `/provisioner list-products` lists them.",
            exit,
        ),
    }
}

async fn config_answers(
    desk: &mut CommentSession<'_>,
    command: &Command,
) -> Result<Answer, JobError> {
    let papers = desk.contexts(command).await?;
    let changes = match papers.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let mut outcomes = Vec::new();
    let mut exit = Exit::Ok;
    for change in &changes {
        if change.intent == Intent::Delete {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            "the config is removed".clone_into(&mut outcome.summary);
            outcomes.push(outcome);
            continue;
        }
        let made = match papers.gathered.config(change, false) {
            Some(config) if change.intent != Intent::Invalid => {
                config_output(desk, command.action, change, &config)
            }
            _ => Err(change.diagnostics.clone()),
        };
        outcomes.push(made.unwrap_or_else(|problems| {
            exit = Exit::Config;
            failed_outcome(change, &problems)
        }));
    }
    desk.report(&papers, outcomes, exit)
}

fn config_output(
    desk: &CommentSession<'_>,
    action: CommentAction,
    change: &Change,
    config: &Config,
) -> Result<Outcome, Vec<Diagnostic>> {
    let failed = |error: String| vec![Diagnostic::error("render-failed", &change.path, error)];
    let product = &config.product;
    let scope = &config.derived.scope;
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Done);
    let warnings = change.diagnostics.iter();
    let warnings = warnings.filter(|it| it.severity == Severity::Warning);
    outcome.problems = warnings.map(Problem::from_diagnostic).collect();
    let template = || {
        product
            .render_template(scope)
            .map_err(|e| failed(e.to_string()))
    };
    let policy = || {
        product
            .render_policy(scope)
            .map_err(|e| failed(e.to_string()))
    };
    match action {
        CommentAction::CreateProvTemplate => {
            outcome.summary.clone_from(&config.outputs.template);
            outcome.tables = details_block(&template()?, "yaml");
        }
        CommentAction::CreatePolicy => {
            outcome.summary.clone_from(&config.outputs.policy);
            outcome.tables = details_block(&policy()?, "json");
        }
        CommentAction::CreateReviewReport => {
            let template = template()?;
            let document = Document::parse(&change.path, &template)?;
            let time = crate::ci::timestamp();
            let page = review(&ReviewReport {
                time: &time,
                version: VERSION,
                config,
                diagnostics: &change.diagnostics,
                template: &template,
                document: &document,
                policy: &policy()?,
                last: None,
            });
            let page = page.map_err(|error| failed(error.to_string()))?;
            let name = format!("{}-create-review-report-{time}.html", change.path.stem());
            let path = desk.job.environment.reports.join(&name);
            write_file(&path, &page).map_err(|error| failed(error.to_string()))?;
            outcome.summary = format!("{name}, in the folder `provisioner-reports` of the job");
        }
        _ => "the config is valid".clone_into(&mut outcome.summary),
    }
    Ok(outcome)
}

/// A text of any length, as much of it as fits.
fn details_block(text: &str, language: &str) -> String {
    let most = REPLY_LIMIT / 2;
    let length = text.chars().count();
    let cut: String = text.chars().take(most).collect();
    let rest = match length > most {
        true => format!("\n\n{most} of {length} characters shown."),
        false => String::new(),
    };
    format!(
        "<details><summary>Show</summary>\n\n{}{rest}\n\n</details>",
        fence(&cut, language)
    )
}
