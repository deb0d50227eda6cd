//! From arguments to an exit code.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser as _;

use crate::action::{self, Format, Listing, Request};
use crate::cli::{Cli, Command, Options};
use crate::exit::Exit;
use crate::product::Given;

/// Runs the program and prints what belongs on standard output.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments.into_iter().map(original_flag)) {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows which stream its text belongs on; a closed one leaves nothing to tell.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
        }
    };
    let (output, exit) = dispatch(cli);
    match std::io::stdout().write_all(output.as_bytes()) {
        // A reader such as `head` that has seen enough is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("error: standard output: {error}");
            Exit::Internal
        }
        _ => exit,
    }
}

/// The original tools took `-con` and `-act`, which clap would read as bundles of short flags.
fn original_flag(argument: OsString) -> OsString {
    match argument.to_str() {
        Some("-con") => "--config".into(),
        Some("-act") => "--action".into(),
        _ => argument,
    }
}

fn dispatch(cli: Cli) -> (String, Exit) {
    match cli.command {
        Some(Command::ValidateConfig(args)) => act("validate-config", args.configs, args.options),
        Some(Command::CreateProvTemplate(args)) => {
            act("create-prov-template", args.configs, args.options)
        }
        Some(Command::CreatePolicy(args)) => act("create-policy", args.configs, args.options),
        Some(Command::ValidateProvTemplate(args)) => {
            act("validate-prov-template", args.configs, args.options)
        }
        Some(Command::CreateReviewReport(args)) => {
            act("create-review-report", args.configs, args.options)
        }
        Some(Command::ListProducts { format }) => action::list_products(format),
        Some(Command::ShowProduct {
            product,
            tier,
            format,
        }) => action::show_product(product.as_deref(), tier.as_deref(), format),
        Some(Command::Schema { product }) => action::schema(product.as_deref()),
        Some(Command::Explain { code }) => action::explain(code.as_deref()),
        Some(Command::Check(args)) => crate::flow::check_locally(&args),
        Some(Command::Ci) => crate::flow::check_in_ci(),
        None => match (cli.original.config, cli.original.action) {
            // The original tools took a config for these too, and did not read it.
            (Some(_), Some(action)) if action == "list-products" => {
                listed(cli.original.options.format, action::list_products)
            }
            (Some(_), Some(action)) if action == "show-product" => {
                let options = cli.original.options;
                listed(options.format, |format| {
                    action::show_product(None, options.tier.as_deref(), format)
                })
            }
            (Some(config), Some(action)) => act(&action, vec![config], cli.original.options),
            _ => {
                eprintln!("error: what should be done? `provisioner --help` lists the commands");
                (String::new(), Exit::Usage)
            }
        },
    }
}

/// Prints products, in a format that they have.
fn listed(format: Format, print: impl FnOnce(Listing) -> (String, Exit)) -> (String, Exit) {
    match Listing::of(format) {
        Some(format) => print(format),
        None => {
            eprintln!("error: products are printed as `text`, `json` or `markdown`");
            (String::new(), Exit::Usage)
        }
    }
}

fn act(action: &str, configs: Vec<String>, options: Options) -> (String, Exit) {
    if let Some(solution) = &options.solution {
        eprintln!(
            "note: `{action}` does not depend on a solution; `--solution {solution}` changes nothing"
        );
    }
    let time = crate::ci::utc_time();
    let request = Request {
        action: action.to_owned(),
        configs,
        given: Given { tier: options.tier },
        force: options.force,
        format: options.format,
        log: !options.no_log,
        time,
    };
    action::run(&request)
}
