//! Productions without a window: plan, decode, write, with a bar on the terminal.

use super::args::{LookArgs, OutputArgs};
use super::complain;
use super::error::CliError;
use super::interrupt;
use super::progress;
use super::session::Session;
use crate::document::Subject;
use crate::render::{Look, Made, Output, Plan, Production, Progress, Stage};

impl From<LookArgs> for Look {
    fn from(args: LookArgs) -> Self {
        Self {
            scale: args.scale,
            longer_side: None,
            smooth: args.smooth,
            dpi: None,
        }
    }
}

impl OutputArgs {
    /// The files of stills.
    pub fn outputs(&self) -> Vec<Output> {
        let png = self.png.clone().map(Output::Still);
        let array = self.npy.clone().map(Output::Array);
        png.into_iter().chain(array).collect()
    }
}

/// Draws the pictures of a subject side by side, and writes them with their recipe.
///
/// # Errors
/// When an expression has no value, decoding fails, or a file cannot be written.
pub fn write_sheet(
    session: &mut Session,
    subject: Subject,
    look: Look,
    output: &OutputArgs,
) -> Result<(), CliError> {
    let plan = Plan::new(subject, look, session.setup(), session.model())?;
    if output.png.is_some()
        && let Err(fault) = plan.size()
    {
        let fault = format!("{fault}; --npy writes any number of pictures");
        return Err(CliError::BadInput(fault));
    }
    write(session, plan, &output.outputs()).map(drop)
}

/// Says so where a still gets a name that ends like something else. Endings of known formats were
/// refused before.
fn note_endings(outputs: &[Output]) {
    for output in outputs {
        if let Output::Still(path) = output
            && let Some(ending) = path.extension()
            && !ending.eq_ignore_ascii_case("png")
        {
            let (path, ending) = (path.display(), ending.to_string_lossy());
            complain(&format!("note: {path}: it will be a PNG, not a .{ending}"));
        }
    }
}

/// Draws a plan and writes its files.
///
/// # Errors
/// When an expression has no value, decoding fails, or a file cannot be written.
pub fn write(session: &mut Session, plan: Plan, outputs: &[Output]) -> Result<Made, CliError> {
    let is_animation = plan.is_animation();
    let mut production = Production::begin(plan, outputs)?;
    note_endings(outputs);
    while let Some(job) = production.next_job() {
        let before = production.progress();
        let unit = match before.stage {
            Stage::Measuring => "pictures measured",
            Stage::Drawing if is_animation => "frames",
            Stage::Drawing => "pictures",
        };
        let bar = progress::bar(before.total, unit);
        let mut goes_on = |progress: Progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
            !interrupt::asked()
        };
        let drawn = session.run(job, |event| Ok(production.take(event, &mut goes_on)?));
        bar.finish_and_clear();
        drawn?;
    }
    Ok(production.finish(&mut |_| !interrupt::asked())?)
}
