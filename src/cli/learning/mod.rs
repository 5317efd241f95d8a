//! `questions`, `question` and `progress`: the learning layer in a terminal.

mod check;
mod list;
mod measuring;
mod page;
mod progress;
mod show;

pub use list::questions;
pub use progress::progress;
pub use show::question;

use super::args::BankArgs;
use super::{complain, error::CliError};
use crate::latent::expr::suggest;
use crate::learn::Bank;

/// Why there is no question of an id.
fn unknown(bank: &Bank, id: &str) -> CliError {
    let near = suggest(id, bank.questions().iter().map(|q| q.id.as_str()));
    let hint = near.map_or_else(
        || "`zscape questions` lists all".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    CliError::bad_input(id, format!("there is no such question; {hint}"))
}

/// The questions, with those of a teacher's folder. What is broken in it is said and left out.
fn open(args: &BankArgs) -> Result<Bank, CliError> {
    let Some(folder) = &args.questions else {
        return Ok(Bank::built_in());
    };
    if !folder.is_dir() {
        return Err(CliError::bad_input(
            folder.display(),
            "there is no such folder of questions",
        ));
    }
    let (bank, report) = Bank::with_folder(folder);
    for fault in &report.faults {
        complain(&format!("note: {fault}"));
    }
    Ok(bank)
}
