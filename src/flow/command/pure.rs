//! Commands that ask nobody but the program.

use super::Answer;
use super::desk::{Desk, LIMIT, stuck};
use crate::action::{Listing, explain, list_products, show_product};
use crate::command::{Action, Command, help};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::flow::check::VERSION;
use crate::flow::job::Failure;
use crate::plan::{Change, Intent};
use crate::report::{Outcome, Problem, Review, State, fence, review};
use crate::template::Document;
use crate::workspace::write_file;

/// Does a command that changes and asks nothing.
pub fn answer(desk: &Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let printed = |(text, exit): (String, Exit), language: Option<&str>| match (exit, language) {
        (Exit::Ok, None) => Answer::new(text, exit),
        (Exit::Ok, Some(language)) => Answer::new(fence(&text, language), exit),
        _ => Answer::new("😕 There is nothing of that name.".to_owned(), exit),
    };
    Ok(match command.action {
        Action::Help => Answer::new(help(), Exit::Ok),
        Action::Explain => printed(explain(command.code.as_deref()), Some("text")),
        Action::ListProducts => printed(list_products(Listing::Markdown), None),
        Action::ShowProduct => {
            let (product, tier) = (command.product.as_deref(), command.tier.as_deref());
            printed(show_product(product, tier, Listing::Markdown), None)
        }
        _ => return of_configs(desk, command),
    })
}

fn of_configs(desk: &Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let changes = match desk.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let mut outcomes = Vec::new();
    let mut exit = Exit::Ok;
    // A removed config has nothing that could be looked at.
    for change in changes.iter().filter(|it| it.intent != Intent::Delete) {
        let made = match desk.gathered.config(change, false) {
            Some(config) if change.intent != Intent::Invalid => {
                made(desk, command.action, change, &config)
            }
            _ => Err(change.diagnostics.clone()),
        };
        outcomes.push(made.unwrap_or_else(|problems| {
            exit = Exit::Config;
            stuck(change, &problems)
        }));
    }
    desk.told(outcomes, exit)
}

fn made(
    desk: &Desk<'_>,
    action: Action,
    change: &Change,
    config: &Config,
) -> Result<Outcome, Vec<Diagnostic>> {
    let failed = |error: String| vec![Diagnostic::error("render-failed", &change.path, error)];
    let product = &config.product;
    let scope = &config.derived.scope;
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Done);
    let warnings = change.diagnostics.iter();
    let warnings = warnings.filter(|it| it.severity == Severity::Warning);
    outcome.problems = warnings.map(Problem::of).collect();
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
        Action::CreateProvTemplate => {
            outcome.line.clone_from(&config.outputs.template);
            outcome.tables = folded(&template()?, "yaml");
        }
        Action::CreatePolicy => {
            outcome.line.clone_from(&config.outputs.policy);
            outcome.tables = folded(&policy()?, "json");
        }
        Action::CreateReviewReport => {
            let template = template()?;
            let document = Document::parse(&change.path, &template)?;
            let time = crate::ci::utc_time();
            let page = review(&Review {
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
            outcome.line = format!("{name} is in the folder of reports that the job keeps");
        }
        _ => "the config is valid".clone_into(&mut outcome.line),
    }
    Ok(outcome)
}

/// A text of any length, as much of it as fits.
fn folded(text: &str, language: &str) -> String {
    let most = LIMIT / 2;
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
