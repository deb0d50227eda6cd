//! From arguments to an exit code.
#![expect(
    clippy::disallowed_methods,
    reason = "what belongs on standard output is written here and nowhere else"
)]

use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser as _;

use crate::cli::{self, ActionArgs, ActionRequest, Cli, CliCommand, Format, ListFormat};
use crate::exit::Exit;
use crate::product::RunInput;
use crate::roles::RolesRequest;

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
    let directives = crate::ci::variable("RUST_LOG");
    if let Err(error) = cli::start_logger(anstream::ColorChoice::Auto, None, directives.as_deref())
    {
        log::warn!("{error}");
    }
    let (output, exit) = dispatch(cli);
    match std::io::stdout().write_all(output.as_bytes()) {
        // A reader such as `head` that has seen enough is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            log::error!("standard output: {error}");
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

fn dispatch(arguments: Cli) -> (String, Exit) {
    match arguments.command {
        Some(CliCommand::ValidateConfig(args)) => act("validate-config", args, Flags::default()),
        Some(CliCommand::CreateProvTemplate(args)) => {
            act("create-prov-template", args, Flags::default())
        }
        Some(CliCommand::CreatePolicy(args)) => act("create-policy", args, Flags::default()),
        Some(CliCommand::CreateReviewReport(args)) => {
            act("create-review-report", args, Flags::default())
        }
        Some(CliCommand::ValidateProvTemplate { action, real }) => {
            act("validate-prov-template", action, Flags::real(real))
        }
        Some(CliCommand::ShowChanges { action, real }) => {
            act("show-changes", action, Flags::real(real))
        }
        Some(CliCommand::CheckDrift {
            action,
            fail_on_drift,
        }) => {
            let flags = Flags {
                fail_on_drift,
                ..Flags::default()
            };
            act("check-drift", action, flags)
        }
        Some(CliCommand::TestDeploy { action, keep }) => {
            let flags = Flags {
                keep,
                ..Flags::default()
            };
            act("test-deploy", action, flags)
        }
        Some(CliCommand::DeployProduct(args)) => act("deploy-product", args, Flags::default()),
        Some(CliCommand::CreateBucket(args)) => act("create-bucket", args, Flags::default()),
        Some(CliCommand::PrepMaster(args)) => act("prep-master", args, Flags::default()),
        Some(CliCommand::DeploySolution(args)) => act("deploy-solution", args, Flags::default()),
        Some(CliCommand::UploadTemplate(args)) => act("upload-template", args, Flags::default()),
        Some(CliCommand::DeleteProduct(args)) => {
            act("delete-product", args.into(), Flags::default())
        }
        Some(CliCommand::TearDown(args)) => act("tear-down", args.into(), Flags::default()),
        Some(CliCommand::ListProducts { format }) => cli::list_products(format),
        Some(CliCommand::ShowProduct {
            product,
            tier,
            format,
        }) => cli::show_product(product.as_deref(), tier.as_deref(), format),
        Some(CliCommand::Schema { product }) => cli::schema(product.as_deref()),
        Some(CliCommand::Explain { code }) => cli::explain(code.as_deref()),
        Some(CliCommand::Doctor { configs, format }) => cli::doctor(&configs, format),
        Some(CliCommand::Roles(args)) => {
            let request = RolesRequest {
                repository: args.repository,
                branch: args.default_branch,
                issuer: args.issuer,
                accounts: args.account,
                environments: args.environment,
            };
            cli::roles(&args.configs, &request, args.format)
        }
        Some(CliCommand::Check(args)) => cli::check(&args),
        Some(CliCommand::Replay { evidence }) => cli::replay(&evidence),
        Some(CliCommand::Ci) => crate::flow::run_in_ci(),
        None => match (arguments.original.config, arguments.original.action) {
            // The original tools took a config for these too, and did not read it.
            (Some(_), Some(action)) if action == "list-products" => {
                listed(arguments.original.options.format, cli::list_products)
            }
            (Some(_), Some(action)) if action == "show-product" => {
                let options = arguments.original.options;
                listed(options.format, |format| {
                    cli::show_product(None, options.tier.as_deref(), format)
                })
            }
            (Some(config), Some(name)) => {
                let action = ActionArgs {
                    configs: vec![config],
                    options: arguments.original.options,
                };
                act(&name, action, Flags::default())
            }
            _ => {
                log::error!("what should be done? `provisioner --help` lists the commands");
                (String::new(), Exit::Usage)
            }
        },
    }
}

/// Prints products, in a format that they have.
fn listed(format: Format, print: impl FnOnce(ListFormat) -> (String, Exit)) -> (String, Exit) {
    match ListFormat::from_format(format) {
        Some(format) => print(format),
        None => {
            log::error!("products are printed as `text`, `json` or `markdown`");
            (String::new(), Exit::Usage)
        }
    }
}

/// What only some actions have.
#[derive(Default)]
struct Flags {
    real: bool,
    keep: bool,
    fail_on_drift: bool,
}

impl Flags {
    fn real(real: bool) -> Self {
        Self {
            real,
            ..Self::default()
        }
    }
}

fn act(name: &str, action: ActionArgs, flags: Flags) -> (String, Exit) {
    let options = action.options;
    let request = ActionRequest {
        action: name.to_owned(),
        configs: action.configs,
        given: RunInput {
            tier: options.tier,
            ..RunInput::default()
        },
        solution: options.solution,
        force: options.force,
        real: flags.real,
        keep: flags.keep,
        fail_on_drift: flags.fail_on_drift,
        format: options.format,
        log: !options.no_log,
        time: crate::ci::timestamp(),
        token: crate::ci::random_suffix(),
    };
    cli::run(&request)
}
