//! `new-product`: writes a small product that works, with a sample and a test.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::exit::Exit;
use crate::product::{ENGINE_WORDS, MANIFEST, PRODUCTS_FOLDER, Registry};
use crate::text::{escape_invisible, quote, quote_argument};
use crate::workspace::{add_repository_products, create_folder, repository_folder};

/// The files by name. `NAME` represents the product's name, `SECTION` for the config's section.
const FILES: [(&str, &str); 6] = [
    (
        MANIFEST,
        include_str!("../../templates/new-product/manifest.yaml"),
    ),
    (
        "config.schema.json",
        include_str!("../../templates/new-product/config.schema.json"),
    ),
    (
        "stack.yaml.j2",
        include_str!("../../templates/new-product/stack.yaml.j2"),
    ),
    (
        "iam-policy.json.j2",
        include_str!("../../templates/new-product/iam-policy.json.j2"),
    ),
    (
        "sample.yaml",
        include_str!("../../templates/new-product/sample.yaml"),
    ),
    (
        "test-short-retention.yaml",
        include_str!("../../templates/new-product/test-short-retention.yaml"),
    ),
];

/// Characters of a product's name, so that the names of the sample's resources are not cut.
const MAX_NAME: usize = 30;
/// Sections of the sample.
const OTHER_SECTIONS: [&str; 2] = ["client", "environment"];

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner new-product queue              in .provisioner/products/queue
  provisioner new-product queue --into DIR   in DIR/queue

The product is an SQS queue. Change its files, and run check-product after each
change. If the folder exists, nothing is written.")]
pub struct NewProductArgs {
    /// Name of the product: lower-case letters, digits and hyphens
    name: String,
    /// Folder for the product's folder [default: .provisioner/products]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    into: Option<PathBuf>,
}

/// Writes the product. Returns standard output and the exit code.
pub fn run(args: &NewProductArgs) -> (String, Exit) {
    if let Err(error) = usable(&args.name) {
        log::error!("{error}");
        return (String::new(), Exit::Usage);
    }
    let folder = match &args.into {
        Some(folder) => folder.clone(),
        None => repository_folder().join(PRODUCTS_FOLDER),
    };
    let folder = folder.join(&args.name);
    let section = section(&args.name);
    let files = FILES.map(|(file, text)| {
        let text = text
            .replace("NAME", &args.name)
            .replace("SECTION", &section);
        (file, text)
    });
    match create_folder(&folder, &files) {
        Ok(()) => (next_steps(&folder, &args.name), Exit::Ok),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            log::error!(
                "the folder exists: `{}`\n  help: choose another name, or delete the folder",
                folder.display()
            );
            (String::new(), Exit::Usage)
        }
        Err(error) => {
            log::error!("cannot write `{}`: {error}", folder.display());
            (String::new(), Exit::Usage)
        }
    }
}

/// Whether a new product can have this name.
fn usable(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(allowed);
    if !is_name {
        return Err(format!(
            "invalid name of a product: {}\n  help: use at most {MAX_NAME} lower-case letters, digits and single hyphens, with a letter first",
            quote(name)
        ));
    }
    let section = section(name);
    if ENGINE_WORDS.contains(&&*section) || OTHER_SECTIONS.contains(&&*section) {
        return Err(format!(
            "a section of configs cannot have this name: {}\n  help: choose another name",
            quote(&section)
        ));
    }
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let is_taken = registry.names().contains(&name) || registry.sections().contains(&&*section);
    match is_taken {
        true => Err(format!(
            "a product has this name or section: {}\n  help: choose another name",
            quote(name)
        )),
        false => Ok(()),
    }
}

/// The config's section: expressions cannot read a key with a hyphen.
fn section(name: &str) -> String {
    name.replace('-', "_")
}

fn next_steps(folder: &Path, name: &str) -> String {
    let shown = folder.display();
    let argument = quote_argument(&folder.to_string_lossy());
    let mut text = String::new();
    for (file, _) in FILES {
        text.push_str(&format!("created {shown}/{file}\n"));
    }
    text.push_str(&format!(
        "\nNext steps:\n  \
         1. provisioner check-product {argument}\n  \
         2. change the files in {shown}, and check again\n  \
         3. copy {shown}/sample.yaml to {name}/configs/acme-dev-eu-central-1-orders-{name}.yaml\n  \
         4. provisioner validate-config {name}/configs\n  \
         5. add `configs: [\"{name}/configs/*.yaml\"]` to .provisioner.yaml, beside the globs that you have; begin a new \
         file with `version: 1`, and merge it with {shown} before the first config\n"
    ));
    escape_invisible(&text, true).into_owned()
}
