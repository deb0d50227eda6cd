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
use crate::report::{Outcome, Problem, Review, State, code, fence, review};
use crate::template::Document;
use crate::wording::nearest;
use crate::workspace::write_file;

/// Does a command that changes and asks nothing.
pub async fn answer(desk: &mut Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let tier = command.tier.as_deref();
    Ok(match command.action {
        Action::Help => Answer::new(help(), Exit::Ok),
        Action::Explain => of_code(command.code.as_deref()),
        Action::ListProducts => of_products(list_products(Listing::Markdown)),
        Action::ShowProduct => of_products(show_product(
            command.product.as_deref(),
            tier,
            Listing::Markdown,
        )),
        _ => return of_configs(desk, command).await,
    })
}

fn of_code(wanted: Option<&str>) -> Answer {
    if let (text, Exit::Ok) = explain(wanted) {
        return Answer::new(fence(&text, "text"), Exit::Ok);
    }
    let wanted = wanted.unwrap_or_default();
    let (all, _) = explain(None);
    let known = all.lines().filter_map(|line| line.split(' ').next());
    let hint = match nearest(wanted, known) {
        Some(meant) => format!("Did you mean {}?", code(meant)),
        None => "Codes stand in brackets behind `error` and `warning`.".to_owned(),
    };
    let text = format!("😕 There is no code {}. {hint}", code(wanted));
    Answer::new(text, Exit::Usage)
}

fn of_products((text, exit): (String, Exit)) -> Answer {
    match exit {
        Exit::Ok => Answer::new(text, exit),
        _ => Answer::new(
            "😕 There is no product, or no tier, of this name. `/provisioner list-products` lists them.",
            exit,
        ),
    }
}

async fn of_configs(desk: &mut Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let papers = desk.papers(command).await?;
    let changes = match papers.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let mut outcomes = Vec::new();
    let mut exit = Exit::Ok;
    for change in &changes {
        if change.intent == Intent::Delete {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            "the config is removed".clone_into(&mut outcome.line);
            outcomes.push(outcome);
            continue;
        }
        let made = match papers.gathered.config(change, false) {
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
    desk.report(&papers, outcomes, exit)
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
            outcome.line = format!("{name}, in the folder `provisioner-reports` of the job");
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
