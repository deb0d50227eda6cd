//! `completions`: completion scripts, generated from the commands.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command};
use clap_complete::Shell;

use super::json_schema::DOCUMENT_SCHEMAS;
use super::schema::{MANIFEST, POLICY};
use crate::diagnostic::CATALOGUE;
use crate::exit::Exit;
use crate::product::Registry;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

/// The script for these products.
pub fn completions(
    args: &CompletionsArgs,
    command: Command,
    registry: &Registry,
) -> (String, Exit) {
    let mut command = with_values(command, registry);
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    (String::from_utf8_lossy(&script).into_owned(), Exit::Ok)
}

/// Adds the values that only completion offers: help would be too long with them.
fn with_values(command: Command, registry: &Registry) -> Command {
    let actions = registry.actions().into_iter().map(|action| action.name);
    let products: Vec<String> = registry.names().into_iter().map(str::to_owned).collect();
    let engine = CATALOGUE.iter().map(|entry| entry.code.to_string());
    let codes = engine.chain(
        products
            .iter()
            .filter_map(|name| registry.product(name)?.ok())
            .flat_map(|product| -> Vec<String> {
                let rules = product.manifest.rules.iter();
                rules.map(|rule| rule.code.to_string()).collect()
            }),
    );
    let documents = DOCUMENT_SCHEMAS.iter().map(|document| document.name);
    let others = [POLICY, MANIFEST].into_iter().chain(documents);
    let schemas = products.iter().cloned().chain(others.map(str::to_owned));
    command
        .mut_arg("action", |arg| offering(arg, actions))
        .mut_subcommand("explain", |sub| {
            sub.mut_arg("code", |arg| offering(arg, codes))
        })
        .mut_subcommand("schema", |sub| {
            sub.mut_arg("product", |arg| offering(arg, schemas))
        })
        .mut_subcommand("show-product", |sub| {
            sub.mut_arg("product", |arg| offering(arg, products.iter().cloned()))
        })
}

fn offering(arg: Arg, values: impl Iterator<Item = String>) -> Arg {
    arg.value_parser(PossibleValuesParser::new(values.collect::<Vec<_>>()))
}
