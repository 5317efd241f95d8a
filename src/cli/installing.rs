//! What packages install beside the program: completions for shells and pages of the manual.
//!
//! Both are made from the arguments as clap knows them, so they cannot fall behind.

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::error::CliError;
use crate::latent::expr::suggest;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use std::io::Write as _;

/// What the program is called where it is installed.
const NAME: &str = "zscape";

/// `zscape completions`
pub fn completions(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    print(&script)
}

/// `zscape man`
pub fn man(args: &ManArgs) -> Result<(), CliError> {
    // Pages of its own for `zscape help COMMAND` would say nothing.
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives the commands their whole names and what they have from the program.
    program.build();
    let subject = match &args.command {
        None => program,
        Some(name) => find(&program, name)?,
    };
    let mut page = Vec::new();
    Man::new(subject).render(&mut page)?;
    print(&page)
}

fn find(program: &Command, name: &str) -> Result<Command, CliError> {
    if let Some(command) = program.find_subcommand(name) {
        return Ok(command.clone());
    }
    let names = program.get_subcommands().map(Command::get_name);
    let hint = suggest(name, names).map(|close| format!("; did you mean {close}?"));
    Err(CliError::BadInput(format!(
        "there is no command {name:?}{}",
        hint.unwrap_or_default()
    )))
}

/// Prints bytes as they are: nothing of them comes from a file.
fn print(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
