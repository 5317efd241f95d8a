//! `progress`: what was learned, printed or written for other programs.

use crate::cli::args::ProgressArgs;
use crate::cli::error::CliError;
use crate::cli::{say, source};
use crate::files::save::save;
use crate::learn::progress::ProgressFile;
use std::time::{SystemTime, UNIX_EPOCH};

/// `zscape progress`
pub fn progress(args: &ProgressArgs) -> Result<(), CliError> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => crate::ui::data_folder()
            .map(|folder| folder.join(crate::ui::PROGRESS_FILE))
            .ok_or_else(|| {
                CliError::BadInput("there is no home folder; name the file with --file".to_owned())
            })?,
    };
    let outputs = [args.csv.as_deref(), args.markdown.as_deref()];
    source::check_apart(&[Some(&path)], &outputs)?;
    if args.file.is_some() && !path.exists() {
        return Err(CliError::bad_input(path.display(), "there is no such file"));
    }
    let file = ProgressFile::open(&path);
    if let Some(fault) = file.fault() {
        return Err(CliError::bad_input(path.display(), fault));
    }
    let bank = super::open(&args.bank)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |elapsed| elapsed.as_secs());
    if let Some(out) = &args.csv {
        save(out, file.progress().csv().as_bytes())?;
    }
    let page = file.progress().markdown(&bank, now);
    match &args.markdown {
        Some(out) => Ok(save(out, page.as_bytes())?),
        None if args.csv.is_some() => Ok(()),
        None => say(page.trim_end()),
    }
}
