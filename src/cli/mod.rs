//! The command line. Pictures come from the same engine as those in the window.
//!
//! What scripts rely on: exit code 0 for success, 2 for bad input or usage, 1 for anything else;
//! an error is one line on standard error that begins with `zscape:`; no output file is ever
//! half written.

mod args;
mod bench;
mod error;
mod export;
mod grid;
mod inspect;
mod interrupt;
mod listing;
mod seeds;
mod session;
mod source;
mod training;

use args::{Cli, Command};
use clap::Parser as _;
use error::CliError;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let started = Instant::now();
    report_panics_in_one_line();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    start_log();
    let outcome = std::panic::catch_unwind(|| run(cli, started));
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            if let Some(line) = error.line() {
                complain(&line);
            }
            ExitCode::from(error.exit_code())
        }
        // The hook has said what happened.
        Err(_) => ExitCode::from(error::FAILED),
    }
}

fn run(cli: Cli, started: Instant) -> Result<(), CliError> {
    match cli.command {
        None => open_window(cli, started),
        Some(Command::Models(args)) => listing::models(&args),
        Some(Command::Inspect(args)) => inspect::inspect(&args),
        Some(Command::Render(args)) => export::render(&args),
        Some(Command::Code(args)) => export::code(&args),
        Some(Command::Grid(args)) => grid::grid(&args),
        Some(Command::Train(args)) => training::train(args),
        Some(Command::Eval(args)) => training::eval(&args),
        Some(Command::Bench(args)) => bench::bench(&args),
    }
}

fn open_window(cli: Cli, started: Instant) -> Result<(), CliError> {
    let model = cli.model.as_deref().map(source::find).transpose()?;
    let options = crate::ui::WindowOptions {
        model,
        device: cli.device.into(),
        smoke: cli.smoke,
        started,
    };
    crate::ui::run(options).map_err(CliError::from)
}

/// Prints `text` and a line's end on standard output.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(CliError::from)
}

/// Prints one line on standard error; when even that fails nobody can be told.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "zscape: {line}");
}

/// Shows help, or says on one line what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version; a closed pipe is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    complain(&format!("{} (see zscape --help)", usage_line(error)));
    ExitCode::from(error::BAD_INPUT)
}

/// The first paragraph of clap's message on one line, without its `error:`.
fn usage_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let words = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    words.trim_start_matches("error: ").to_owned()
}

/// A panic is a fault of the program; it is reported like any other error.
fn report_panics_in_one_line() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic
            .payload_as_str()
            .unwrap_or("no message")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let place = panic.location().map(ToString::to_string);
        complain(&format!(
            "internal error at {}: {message}",
            place.as_deref().unwrap_or("an unknown place")
        ));
    }));
}

/// Sends log records to standard error: none unless `RUST_LOG` asks for them.
fn start_log() {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "off".to_owned());
    env_logger::Builder::new().parse_filters(&filter).init();
}
