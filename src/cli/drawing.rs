//! From the subject of a recipe to pixels.
//!
//! Commands make the subject first and draw it through here, and so does the replay of a file:
//! the same subject goes the same way, batch by batch, and gives the same bytes.

use super::args::LookArgs;
use super::error::CliError;
use super::seeds::SeedList;
use super::session::{Session, parse};
use super::{interrupt, progress};
use crate::document::animation::{
    AnimationFormat, AnimationSpec, AnimationWriter, Repeat, even_durations,
};
use crate::document::npy::NpyWriter;
use crate::document::raster::{Layout, Pixels, RasterError, Resampling, Sheet};
use crate::document::recipe::Animation;
use crate::document::{Raster, Recipe, Subject};
use crate::engine::ModelInfo;
use crate::latent::expr::{self, Expr};
use crate::latent::path::{ArcLength, Path as Way, step_length};
use std::path::Path;
use std::time::Duration;

/// The most pictures of one sheet.
const MAX_TILES: usize = 1_000_000;
/// The most frames of one animation.
const MAX_FRAMES: usize = 10_000;

/// How large pictures are drawn, and how.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// How many times as large as the model's.
    pub scale: u32,
    pub smooth: bool,
}

impl Look {
    pub fn resampling(self) -> Resampling {
        if self.smooth {
            Resampling::Smooth
        } else {
            Resampling::Nearest
        }
    }

    /// Says in a recipe how its pictures were enlarged.
    pub fn note(self, recipe: &mut Recipe) {
        recipe.scale = self.scale;
        recipe.smooth = self.smooth;
    }

    fn enlarged(self, native: &Raster) -> Result<Raster, CliError> {
        native
            .enlarged(self.scale as usize, self.resampling())
            .map_err(too_large)
    }
}

impl From<LookArgs> for Look {
    fn from(args: LookArgs) -> Self {
        Self {
            scale: args.scale,
            smooth: args.smooth,
        }
    }
}

/// What is to be drawn, read and ready.
#[derive(Clone, PartialEq, Debug)]
pub enum Drawing {
    Single(Expr),
    Tiles {
        expressions: Vec<Expr>,
        layout: Layout,
    },
    Walk {
        way: Way,
        animation: Animation,
    },
}

impl Drawing {
    /// Reads the expressions of a subject for a model.
    ///
    /// # Errors
    /// When one of them is none, or a number is out of bounds.
    pub fn of(subject: &Subject, model: &ModelInfo) -> Result<Self, CliError> {
        match subject {
            Subject::Expression(text) => Ok(Self::Single(parse(text)?)),
            Subject::Grid {
                seeds,
                truncation,
                columns,
            } => {
                let seeds: SeedList = seeds
                    .parse()
                    .map_err(|fault| CliError::bad_input("the seeds", fault))?;
                let seeds = seeds.iter().map(Expr::Seed);
                let expressions = seeds.map(|seed| model.truncated(seed, *truncation));
                Self::tiles(expressions.collect(), Layout::columns(*columns))
            }
            Subject::Sheet {
                expressions,
                columns,
                gap,
                background,
            } => {
                let expressions = parse_all(expressions)?;
                let layout = Layout {
                    columns: *columns,
                    gap: *gap as usize,
                    background: *background,
                };
                Self::tiles(expressions, layout)
            }
            Subject::Animation(animation) => {
                if !(1..=MAX_FRAMES).contains(&animation.frames) {
                    let fault = format!("an animation has 1 to {MAX_FRAMES} frames");
                    return Err(CliError::BadInput(fault));
                }
                let keyframes = parse_all(&animation.keyframes)?;
                let way = if animation.closed {
                    Way::closed(keyframes, animation.method)
                } else {
                    Way::open(keyframes, animation.method)
                };
                Ok(Self::Walk {
                    way: way.map_err(|fault| CliError::BadInput(fault.to_string()))?,
                    animation: animation.clone(),
                })
            }
        }
    }

    fn tiles(expressions: Vec<Expr>, layout: Layout) -> Result<Self, CliError> {
        if !(1..=MAX_TILES).contains(&expressions.len()) {
            let fault = format!("a sheet has 1 to {MAX_TILES} pictures");
            return Err(CliError::BadInput(fault));
        }
        Ok(Self::Tiles {
            expressions,
            layout,
        })
    }
}

/// Reads many expressions; the message says which one is none.
///
/// # Errors
/// When one of them is none.
pub fn parse_all(texts: &[String]) -> Result<Vec<Expr>, CliError> {
    let which = |index| match texts.len() {
        1 => "the expression".to_owned(),
        _ => format!("expression {}", index + 1),
    };
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            expr::parse(text).map_err(|fault| CliError::bad_input(which(index), fault))
        })
        .collect()
}

/// Channels, height and width of the model's pictures.
pub fn sides(session: &Session) -> [usize; 3] {
    let image = session.model().manifest.image;
    [image.channels, image.height, image.width]
}

fn pixels([channels, ..]: [usize; 3]) -> Pixels {
    match channels {
        1 => Pixels::Grey,
        _ => Pixels::Rgb,
    }
}

/// Draws one expression: its numbers, f32 `[C, H, W]` in 0..1.
///
/// # Errors
/// When it has no value, or decoding fails.
pub fn single(session: &mut Session, expression: &Expr) -> Result<Vec<f32>, CliError> {
    let mut values = Vec::with_capacity(sides(session).iter().product());
    session.decode(vec![expression.clone()], |tile, _| {
        values.extend_from_slice(tile);
        Ok(())
    })?;
    Ok(values)
}

/// An empty sheet for the model's pictures.
///
/// # Errors
/// When it would be absurdly large.
pub fn empty_sheet(
    session: &Session,
    count: usize,
    layout: Layout,
    look: Look,
) -> Result<Sheet, CliError> {
    let sides = sides(session);
    let tile = [sides[2], sides[1]].map(|side| side * look.scale as usize);
    Sheet::new(pixels(sides), tile, count, layout).map_err(|fault| {
        CliError::BadInput(format!("{fault}; --npy writes any number of pictures"))
    })
}

/// Draws many expressions onto a sheet, into an array, or both.
///
/// # Errors
/// When one has no value, decoding fails, or the disk is full.
pub fn tiles(
    session: &mut Session,
    expressions: Vec<Expr>,
    look: Look,
    mut sheet: Option<&mut Sheet>,
    mut npy: Option<&mut NpyWriter>,
) -> Result<(), CliError> {
    let sides = sides(session);
    let bar = progress::bar(expressions.len(), "pictures");
    let drawn = session.decode(expressions, |tile, done| {
        if let Some(file) = &mut npy {
            file.push(tile)?;
        }
        if let Some(sheet) = &mut sheet {
            for values in tile.chunks(sides.iter().product()) {
                stop_if_asked()?;
                let native = Raster::from_planes(sides, values).map_err(failed)?;
                sheet.add(&look.enlarged(&native)?).map_err(failed)?;
            }
        }
        bar.set_position(done as u64);
        Ok(())
    });
    bar.finish_and_clear();
    drawn
}

/// Draws a walk frame by frame and hands each to `frame`.
///
/// # Errors
/// When an expression has no value, decoding fails, or `frame` does.
pub fn walk(
    session: &mut Session,
    way: &Way,
    animation: &Animation,
    mut frame: impl FnMut(Raster) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let lengths = if animation.even {
        measured(session, way, animation.frames)?
    } else {
        None
    };
    let positions = way.frame_positions(animation.frames, animation.easing, lengths.as_ref());
    let sides = sides(session);
    let bar = progress::bar(positions.len(), "frames");
    let drawn = session.decode(way.expressions(&positions), |tile, _| {
        for values in tile.chunks(sides.iter().product()) {
            stop_if_asked()?;
            frame(Raster::from_planes(sides, values).map_err(failed)?)?;
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    drawn
}

/// How long the way is, in pictures; `None` where they do not change at all.
fn measured(
    session: &mut Session,
    way: &Way,
    frames: usize,
) -> Result<Option<ArcLength>, CliError> {
    let survey = way.expressions(&way.survey_positions(frames));
    let len = sides(session).iter().product();
    let bar = progress::bar(survey.len(), "pictures measured");
    let mut before: Option<Vec<f32>> = None;
    let mut steps = Vec::with_capacity(survey.len());
    let drawn = session.decode(survey, |tile, done| {
        for values in tile.chunks(len) {
            if let Some(before) = &before {
                steps.push(step_length(before, values));
            }
            before = Some(values.to_vec());
        }
        bar.set_position(done as u64);
        Ok(())
    });
    bar.finish_and_clear();
    drawn?;
    Ok(ArcLength::from_steps(&steps))
}

/// Begins the file of an animation whose frames have `size`.
///
/// # Errors
/// When the name tells no format, the format cannot hold it, or nothing can be created there.
pub fn create_animation(
    path: &Path,
    animation: &Animation,
    pixels: Pixels,
    recipe: Recipe,
) -> Result<AnimationWriter, CliError> {
    let Some(format) = AnimationFormat::of_path(path) else {
        return Err(CliError::bad_input(
            path.display(),
            "animations are .gif, .png, .apng, .webp and .mp4 files, folders, and names with a \
             number such as walk_####.png",
        ));
    };
    let spec = AnimationSpec {
        pixels,
        size: recipe.size,
        durations: even_durations(
            animation.frames,
            Duration::from_micros(animation.duration_us),
        ),
        repeat: if animation.once {
            Repeat::Once
        } else {
            Repeat::Forever
        },
        recipe,
    };
    Ok(AnimationWriter::create(path, format, &spec)?)
}

/// The kind of pixels of the model's pictures.
pub fn pixels_of(session: &Session) -> Pixels {
    pixels(sides(session))
}

/// The size that the model's pictures have when they are enlarged.
///
/// # Errors
/// When no picture can be so large.
pub fn enlarged_size(session: &Session, look: Look) -> Result<[u32; 2], CliError> {
    let [_, height, width] = sides(session);
    let side = |side: usize| {
        let side = side.saturating_mul(look.scale as usize);
        u32::try_from(side).map_err(|_| {
            too_large(RasterError::Size {
                width: side,
                height: side,
            })
        })
    };
    Ok([side(width)?, side(height)?])
}

fn stop_if_asked() -> Result<(), CliError> {
    if interrupt::asked() {
        Err(CliError::Interrupted)
    } else {
        Ok(())
    }
}

fn too_large(fault: RasterError) -> CliError {
    CliError::BadInput(fault.to_string())
}

/// An error that no other argument would have avoided.
pub fn failed(fault: RasterError) -> CliError {
    CliError::Failed(fault.to_string())
}
