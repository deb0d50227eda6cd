//! Pages that are made from the code: committed, and compared here. `UPDATE=1 cargo test generated` writes them.
#![expect(clippy::disallowed_methods, reason = "the committed pages are files")]

use std::fmt::Write as _;
use std::path::Path;

use provisioner::cli;
use provisioner::diagnostic::CATALOGUE;
use provisioner::product::Registry;

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

#[test]
fn diagnostics_page() {
    let mut page = "# Diagnostics\n\n<!-- Made from the code: UPDATE=1 cargo test generated -->\n\n\
        Every diagnostic has a code that does not change. `provisioner explain CODE` prints what stands here.\n\n## Engine\n"
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
                plain(&rule.message)
            )
            .unwrap();
            if let Some(help) = &rule.help {
                write!(page, "\nTo clear it: {}.\n", plain(help)).unwrap();
            }
        }
    }
    same("diagnostics.md", &page.replace("An warning", "A warning"));
}

/// `{{ names.bucket }}` in a message stands for that name.
fn plain(message: &str) -> String {
    message
        .replace("`{{ ", "‹")
        .replace(" }}`", "›")
        .replace("{{ ", "‹")
        .replace(" }}", "›")
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
