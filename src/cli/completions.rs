//! `completions` and `man`: completion scripts and manual pages, generated from the commands.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::exit::Exit;
use crate::workspace::write_file;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for one page for each command [default: print the first page]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs, mut command: Command) -> (String, Exit) {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    (String::from_utf8_lossy(&script).into_owned(), Exit::Ok)
}

pub fn man(args: &ManArgs, command: Command) -> (String, Exit) {
    let written = match &args.folder {
        Some(folder) => write_pages(folder, command).map(|()| String::new()),
        None => page(command),
    };
    match written {
        Ok(text) => (text, Exit::Ok),
        Err(error) => {
            log::error!("manual pages: {error}");
            (String::new(), Exit::Internal)
        }
    }
}

fn write_pages(folder: &Path, command: Command) -> std::io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for command in [&command].into_iter().chain(visible) {
        let name = Man::new(command.clone()).get_filename();
        write_file(&folder.join(name), &page(command.clone())?)?;
    }
    Ok(())
}

fn page(command: Command) -> std::io::Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
