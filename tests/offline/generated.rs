//! Generated pages are committed and compared with the code. `UPDATE=1 cargo test generated` writes them.
#![expect(clippy::disallowed_methods, reason = "the committed pages are files")]

use std::fmt::Write as _;
use std::path::Path;

use provisioner::ci::gitlab::PIPELINE_SOURCES;
use provisioner::cli::{self, DOCUMENT_SCHEMAS};
use provisioner::command::CommentActions;
use provisioner::diagnostic::CATALOGUE;
use provisioner::exit::Exit;
use provisioner::product::{Class, Registry, StackEffect, Verb};
use provisioner::report::{command_help, without_expressions};

fn same(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/{page} is not what the code says; UPDATE=1 cargo test generated"
    );
}

/// Compares one section of a page, between `<!-- generated: NAME -->` and `<!-- end -->`.
fn same_section(page: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    let committed = std::fs::read_to_string(path).unwrap();
    let begin = format!("<!-- generated: {name} -->\n");
    let (before, rest) = committed.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    same(page, &format!("{before}{begin}{text}<!-- end -->{after}"));
}

#[test]
fn verbs_in_the_page_on_products() {
    let mut table = "| verb | class | effect | at AWS | the config's stack | in comments |\n|---|---|---|---|---|---|\n".to_owned();
    for verb in Verb::ALL {
        let stack = match verb.stack_effect() {
            StackEffect::Keeps => "kept",
            StackEffect::Provisions => "provisioned",
            StackEffect::Deletes => "deleted",
        };
        let comments = match verb.in_comments() {
            true => "yes",
            false => "no",
        };
        writeln!(
            table,
            "| `{}` | {} | {} | {} | {stack} | {comments} |",
            verb.name(),
            verb.class().name(),
            match verb.class() {
                Class::Offline => "none",
                _ => verb.effect().word(),
            },
            verb.class().aws()
        )
        .unwrap();
    }
    same_section("products.md", "verbs", &table);
}

#[test]
fn tables_in_the_page_on_commands() {
    let help = command_help(&CommentActions::from_products(&Registry::built_in()));
    let tables: Vec<&str> = help
        .split("\n\n")
        .map(|block| block.trim_start_matches('\n'))
        .filter(|block| block.starts_with('|'))
        .collect();
    let [actions, flags, classes] = tables[..] else {
        panic!("{tables:?}");
    };
    same_section("commands.md", "actions", &format!("{actions}\n\n{flags}\n"));
    let classes = classes.trim_end();
    same_section("commands.md", "classes", &format!("{classes}\n"));
}

#[test]
fn exit_codes_in_the_page_on_aws() {
    let mut table = "| code | meaning |\n|---|---|\n".to_owned();
    for exit in Exit::all() {
        writeln!(table, "| {} | {} |", exit as u8, exit.meaning()).unwrap();
    }
    same_section("aws.md", "exit-codes", &table);
}

/// One line of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|")
}

#[test]
fn tables_in_the_page_on_the_action() {
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let action = std::fs::read_to_string(action).unwrap();
    let action: serde_yaml::Value = serde_yaml::from_str(&action).unwrap();
    let entries = |key: &str| -> Vec<(String, serde_yaml::Value)> {
        let entries = action[key].as_mapping().unwrap().iter();
        let entries =
            entries.map(|(name, entry)| (name.as_str().unwrap().to_owned(), entry.clone()));
        entries.collect()
    };
    let description = |entry: &serde_yaml::Value| cell(entry["description"].as_str().unwrap());
    let mut table = "| input | default | meaning |\n|---|---|---|\n".to_owned();
    for (name, entry) in entries("inputs") {
        let default = match entry["default"].as_str().unwrap() {
            "" => "empty".to_owned(),
            value if value.contains("github.token") => "the job's token".to_owned(),
            value => format!("`{value}`"),
        };
        writeln!(table, "| `{name}` | {default} | {} |", description(&entry)).unwrap();
    }
    same_section("action.md", "inputs", &table);
    let mut table = "| output | meaning |\n|---|---|\n".to_owned();
    for (name, entry) in entries("outputs") {
        writeln!(table, "| `{name}` | {} |", description(&entry)).unwrap();
    }
    same_section("action.md", "outputs", &table);
}

#[test]
fn inputs_of_the_component() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/provisioner/template.yml");
    let template = std::fs::read_to_string(template).unwrap();
    let (header, _) = template.split_once("\n---\n").unwrap();
    let header: serde_yaml::Value = serde_yaml::from_str(header).unwrap();
    let mut table = "| input | default | meaning |\n|---|---|---|\n".to_owned();
    for (name, input) in header["spec"]["inputs"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        let default = match &input["default"] {
            serde_yaml::Value::Null => "required".to_owned(),
            serde_yaml::Value::String(text) if !text.is_empty() => format!("`{text}`"),
            _ => "empty".to_owned(),
        };
        let meaning = cell(input["description"].as_str().unwrap());
        writeln!(table, "| `{name}` | {default} | {meaning} |").unwrap();
    }
    same_section("gitlab.md", "inputs", &table);
}

#[test]
fn sources_of_pipelines() {
    let mut table =
        "| `CI_PIPELINE_SOURCE` | `provisioner ci` | only if |\n|---|---|---|\n".to_owned();
    for source in PIPELINE_SOURCES {
        let names: Vec<String> = source
            .names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let only_if = source.only_if.unwrap_or("always");
        writeln!(
            table,
            "| {} | {} | {only_if} |",
            names.join(", "),
            source.does
        )
        .unwrap();
    }
    same_section("gitlab.md", "pipeline-sources", &table);
}

/// A schema that differs from the committed one changes what programs rely on: a removed or renamed key, or another meaning, needs a
/// new version of the document.
#[test]
fn json_schemas() {
    let mut table = "| document | `format` | JSON Schema |\n|---|---|---|\n".to_owned();
    for document in DOCUMENT_SCHEMAS {
        let file = format!("schemas/{}.schema.json", document.name);
        writeln!(
            table,
            "| {} | `{}` | [`{}`]({file}) |",
            document.title, document.format, document.name
        )
        .unwrap();
    }
    same_section("json.md", "documents", &table);
    for document in DOCUMENT_SCHEMAS {
        same(
            &format!("schemas/{}.schema.json", document.name),
            &document.text(),
        );
    }
}

#[test]
fn diagnostics_page() {
    let mut page = "# Diagnostics\n\n<!-- Made from the code: UPDATE=1 cargo test generated -->\n\n\
        Every diagnostic has a code that does not change. `provisioner explain CODE` prints its text.\n\n## Engine\n"
        .to_owned();
    for entry in CATALOGUE {
        write!(
            page,
            "\n### {}\n\n{}\n\n{}\n",
            entry.code, entry.meaning, entry.remedy
        )
        .unwrap();
    }
    let registry = Registry::built_in();
    for name in registry.names() {
        let product = registry.product(name).unwrap().unwrap();
        write!(page, "\n## Product {name}\n").unwrap();
        for rule in &product.manifest.rules {
            let severity = rule.severity.word();
            write!(
                page,
                "\n### {}\n\nAn {severity} at `{}`: {}.\n",
                rule.code,
                rule.at,
                without_expressions(&rule.message)
            )
            .unwrap();
            if let Some(help) = &rule.help {
                write!(page, "\nTo clear it: {}.\n", without_expressions(help)).unwrap();
            }
        }
    }
    same("diagnostics.md", &page.replace("An warning", "A warning"));
}

#[test]
fn command_line_page() {
    let mut page =
        "# Command line\n\n<!-- Made from the code: UPDATE=1 cargo test generated -->\n".to_owned();
    let mut command = cli::command(&Registry::built_in()).term_width(100);
    command.build();
    write!(
        page,
        "\n## provisioner\n\n```text\n{}```\n",
        command.render_long_help()
    )
    .unwrap();
    for sub in command
        .get_subcommands_mut()
        .filter(|sub| sub.get_name() != "help" && !sub.is_hide_set())
    {
        let name = sub.get_name().to_owned();
        write!(
            page,
            "\n## provisioner {name}\n\n```text\n{}```\n",
            sub.render_long_help()
        )
        .unwrap();
    }
    let page: String = page
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    same("cli.md", &page);
}
