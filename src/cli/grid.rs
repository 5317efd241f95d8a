//! `grid`: the pictures of many seeds, as a sheet or as an array.

use super::args::GridArgs;
use super::error::CliError;
use super::export::{Outputs, finish_png};
use super::session::Session;
use super::source;
use crate::document::raster::{Pixels, RasterError};
use crate::document::{Raster, Subject};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::latent::expr::Expr;
use indicatif::{ProgressBar, ProgressStyle};

/// `zscape grid`
pub fn grid(args: &GridArgs) -> Result<(), CliError> {
    if let Some(psi) = args.truncation.filter(|psi| !psi.is_finite()) {
        return Err(CliError::BadInput(format!(
            "a truncation of {psi} is no number"
        )));
    }
    let source = source::find(&args.model)?;
    let mut session = Session::open(source, args.device.into())?;
    let image = session.model().manifest.image;
    let sides = [image.channels, image.height, image.width];
    let count = args.seeds.count();
    let shape = [count, sides[0], sides[1], sides[2]].map(|side| side as u64);
    let mut outputs = Outputs::create(&args.output, &shape)?;
    let mut sheet = match outputs.png {
        Some(_) => Some(Sheet::new(sides, count)?),
        None => None,
    };
    let expressions: Vec<Expr> = args
        .seeds
        .iter()
        .map(|seed| seed_expression(session.model(), seed, args.truncation))
        .collect();
    if let Some(first) = expressions.first() {
        // A fault of the expression shows here, as one of the input.
        session.evaluate(first)?;
    }
    let bar = progress_bar(count);
    session.decode(expressions, |tile, done| {
        if let Some(file) = &mut outputs.npy {
            file.push(tile)?;
        }
        if let Some(sheet) = &mut sheet {
            sheet.add(tile)?;
        }
        bar.set_position(done as u64);
        Ok(())
    })?;
    bar.finish_and_clear();
    if let (Some(file), Some(sheet)) = (outputs.png, sheet) {
        let subject = Subject::Grid {
            seeds: args.seeds.to_string(),
            truncation: args.truncation,
            columns: sheet.columns,
        };
        finish_png(file, &sheet.raster, session.model(), subject)?;
    }
    if let Some(file) = outputs.npy {
        file.finish()?;
    }
    Ok(())
}

/// The expression of one picture: truncated in w where the model has it, else in z.
fn seed_expression(model: &ModelInfo, seed: u32, truncation: Option<f32>) -> Expr {
    let code = Expr::Seed(seed);
    match truncation {
        None => code,
        Some(psi) if model.manifest.spaces.contains_key(&Space::W) => {
            Expr::Truncate(Box::new(Expr::W(Box::new(code))), psi)
        }
        Some(psi) => Expr::Truncate(Box::new(code), psi),
    }
}

/// Bar, count, rate and the time that is left; drawn only on a terminal.
fn progress_bar(count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    let form = "{wide_bar} {pos}/{len} pictures  {per_sec}  {eta} left";
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Pictures side by side in a square, or nearly.
struct Sheet {
    raster: Raster,
    columns: usize,
    sides: [usize; 3],
    filled: usize,
}

impl Sheet {
    fn new(sides: [usize; 3], count: usize) -> Result<Self, CliError> {
        let columns = count.isqrt() + usize::from(count.isqrt().pow(2) < count);
        let rows = count.div_ceil(columns);
        let pixels = match sides[0] {
            1 => Pixels::Grey,
            _ => Pixels::Rgb,
        };
        let raster =
            Raster::black(pixels, columns * sides[2], rows * sides[1]).map_err(|fault| {
                CliError::BadInput(format!("{fault}; --npy writes any number of pictures"))
            })?;
        Ok(Self {
            raster,
            columns,
            sides,
            filled: 0,
        })
    }

    fn add(&mut self, tile: &[f32]) -> Result<(), CliError> {
        let failed = |fault: RasterError| CliError::Failed(fault.to_string());
        for values in tile.chunks(self.sides.iter().product()) {
            let picture = Raster::from_planes(self.sides, values).map_err(failed)?;
            let (row, column) = (self.filled / self.columns, self.filled % self.columns);
            let (left, top) = (column * self.sides[2], row * self.sides[1]);
            self.raster.paste(&picture, left, top);
            self.filled += 1;
        }
        Ok(())
    }
}
