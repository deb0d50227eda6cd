//! `man`: manual pages, generated from the commands.

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;
use roff::{Roff, roman};

use crate::exit::Exit;
use crate::workspace::write_file;

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for one page for each command [default: print the first page]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Prints the first page, or writes all pages into a folder.
pub fn man(args: &ManArgs, command: Command) -> (String, Exit) {
    // `provisioner help` only prints the help of another command, so it has no page.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else {
        return match page(command) {
            Ok(text) => (text, Exit::Ok),
            Err(error) => {
                log::error!("manual page: {error}");
                (String::new(), Exit::Internal)
            }
        };
    };
    match write_pages(folder, &command) {
        Ok(()) => (String::new(), Exit::Ok),
        Err(error) => {
            let folder = folder.display();
            log::error!("cannot write manual pages into `{folder}`: {error}");
            (String::new(), Exit::Usage)
        }
    }
}

fn write_pages(folder: &Path, command: &Command) -> std::io::Result<()> {
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for command in [command].into_iter().chain(visible) {
        let name = Man::new(command.clone()).get_filename();
        write_file(&folder.join(name), &page(command.clone())?)?;
    }
    Ok(())
}

/// A page with the lines of examples and tables as they are. The usage line of clap names the values of options.
fn page(mut command: Command) -> std::io::Result<String> {
    let notes = command.get_after_help().map(ToString::to_string);
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let man = Man::new(command.clone().override_usage(usage));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    unfilled(&notes.unwrap_or_default()).to_writer(&mut page)?;
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Paragraphs whose lines are not joined. A first line such as `Examples:` becomes the heading.
fn unfilled(text: &str) -> Roff {
    let mut roff = Roff::new();
    for paragraph in text.split("\n\n") {
        let heading = paragraph
            .lines()
            .next()
            .and_then(|line| line.strip_suffix(':'));
        let heading = heading.filter(|line| !line.starts_with(' '));
        match heading {
            Some(heading) => roff.control("SH", [heading.to_uppercase().as_str()]),
            None => roff.control("PP", []),
        };
        roff.control("nf", []);
        for line in paragraph.lines().skip(usize::from(heading.is_some())) {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}
