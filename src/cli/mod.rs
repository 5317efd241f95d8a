//! The command line. Pictures come from the same engine as those in the window.
//!
//! What scripts rely on: exit code 0 for success, 2 for bad input or usage, 1 for anything else;
//! an error is one line on standard error that begins with `zscape:`; no output file is ever
//! half written.

mod args;
mod bench;
mod codes;
mod directions;
mod editing;
mod error;
mod export;
mod grid;
mod import;
mod inspect;
mod installing;
mod interrupt;
mod learning;
mod listing;
mod opening;
mod production;
mod progress;
mod replay;
mod sampler;
mod session;
mod source;
mod training;
mod walks;

use crate::latent::expr::{self, suggest};
use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use error::CliError;
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let started = Instant::now();
    report_panics_in_one_line();
    let cli = match Cli::try_parse_from(arguments()) {
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

/// The arguments of the process. An expression may begin with a minus, and where a command takes
/// several of them clap would read that as an option; a blank in front changes nothing else.
fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os().map(|argument| match argument.to_str() {
        Some(text) if text.starts_with('-') && expr::parse(text).is_ok() => {
            format!(" {text}").into()
        }
        _ => argument,
    })
}

fn run(cli: Cli, started: Instant) -> Result<(), CliError> {
    match cli.command {
        None => opening::window(cli, started),
        Some(Command::Models(args)) => listing::models(&args),
        Some(Command::Inspect(args)) => inspect::inspect(&args),
        Some(Command::Import(args)) => import::import(&args),
        Some(Command::Render(args)) => export::render(&args),
        Some(Command::Code(args)) => export::code(&args),
        Some(Command::Codes(args)) => codes::codes(&args),
        Some(Command::Invert(args)) => editing::invert(&args),
        Some(Command::Grid(args)) => grid::grid(&args),
        Some(Command::Strip(args)) => walks::strip(&args),
        Some(Command::Sheet(args)) => walks::sheet(&args),
        Some(Command::Animate(args)) => walks::animate(&args),
        Some(Command::Train(args)) => training::train(args),
        Some(Command::Eval(args)) => training::eval(&args),
        Some(Command::Decoder(args)) => training::decoder(&args),
        Some(Command::Directions(args)) => directions::directions(args),
        Some(Command::Bench(args)) => bench::bench(&args),
        Some(Command::Sampler(args)) => sampler::sampler(&args),
        Some(Command::Questions(args)) => learning::questions(&args),
        Some(Command::Question(args)) => learning::question(&args),
        Some(Command::Progress(args)) => learning::progress(&args),
        Some(Command::Completions(args)) => installing::completions(&args),
        Some(Command::Man(args)) => installing::man(&args),
    }
}

/// Prints `text` and a line's end on standard output.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", printable(text))
        .and_then(|()| out.flush())
        .map_err(CliError::from)
}

/// Prints one line on standard error; when even that fails nobody can be told.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "zscape: {}", shortened(&printable(line)));
}

/// The longest line of an error, in characters: files may say anything at any length.
const MAX_LINE: usize = 2000;

fn shortened(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

/// A text without anything that a terminal would obey, as texts of files may hold: control
/// characters and those that turn the direction of reading are written as escapes.
fn printable(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| {
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && !matches!(c, '\n' | '\t'))
    };
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_obeyed(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Shows help, or says on one line what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version; a closed pipe is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let line = unknown_command().unwrap_or_else(|| usage_line(error));
    complain(&format!("{line} (see zscape --help)"));
    ExitCode::from(error::BAD_INPUT)
}

/// What to say where a mistyped command was taken for a model: more arguments came after it.
fn unknown_command() -> Option<String> {
    let mut arguments = std::env::args_os().skip(1);
    let word = arguments.next()?.into_string().ok()?;
    let clap = Cli::command();
    let is_known = clap.find_subcommand(&word).is_some();
    if is_known || word.starts_with('-') || arguments.next()?.to_str()?.starts_with('-') {
        return None;
    }
    let names = clap.get_subcommands().map(clap::Command::get_name);
    Some(match suggest(&word, names) {
        Some(close) => format!("there is no command {word:?}; did you mean {close}?"),
        None => format!("there is no command {word:?}"),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_told_nothing_by_files() {
        assert_eq!(printable("a\tb\nGrüße 日本"), "a\tb\nGrüße 日本");
        let shown = printable("a\u{1b}]0;b\u{7}\u{9b}31m\u{202e}c\r");
        assert_eq!(shown, "a\\u{1b}]0;b\\u{7}\\u{9b}31m\\u{202e}c\\u{d}");
        let long = "ä".repeat(MAX_LINE + 1);
        assert_eq!(shortened(&long).chars().count(), MAX_LINE + 1);
        assert_eq!(shortened("short"), "short");
    }
}
