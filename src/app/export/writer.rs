//! The thread of one file: it enlarges pictures, encodes them, and gives the file its name.

use crate::document::animation::{
    AnimationFormat, AnimationSpec, AnimationWriter, Repeat, even_durations,
};
use crate::document::codes::{CodeArray, save_npz};
use crate::document::raster::{Layout, Pixels, Resampling, Sheet};
use crate::document::recipe::Animation;
use crate::document::save::PendingFile;
use crate::document::{Raster, Recipe, png};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// How large pictures are written, and how.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub scale: usize,
    pub resampling: Resampling,
}

/// A file to be written.
pub enum File {
    Sheet {
        path: PathBuf,
        /// Channels, height and width of a picture.
        sides: [usize; 3],
        count: usize,
        layout: Layout,
        look: Look,
        recipe: Recipe,
    },
    Animation {
        path: PathBuf,
        format: AnimationFormat,
        sides: [usize; 3],
        look: Look,
        animation: Animation,
        recipe: Recipe,
    },
    Codes {
        path: PathBuf,
        arrays: Vec<CodeArray>,
    },
}

/// What goes into a file.
pub enum Piece {
    /// f32 `[n, C, H, W]` in 0..1.
    Pictures(Vec<f32>),
    /// All of it is there.
    End,
}

/// Writes a file from its pieces; `written` gets how many pictures more are in it. Returns
/// whether the file is there: when the pieces stop without an end, or it is cancelled before
/// its last step, nothing is.
///
/// # Errors
///
/// A sentence that names the file and the fault.
pub fn write(
    file: File,
    pieces: &Receiver<Piece>,
    is_cancelled: &AtomicBool,
    mut written: impl FnMut(usize),
) -> Result<bool, String> {
    let goes_on = |whole: bool| whole && !is_cancelled.load(Ordering::Relaxed);
    match file {
        File::Codes { path, arrays } => {
            let whole = matches!(pieces.recv(), Ok(Piece::End));
            if !goes_on(whole) {
                return Ok(false);
            }
            save_npz(&path, &arrays).map_err(|error| not_saved(&error))?;
            Ok(true)
        }
        File::Sheet {
            path,
            sides,
            count,
            layout,
            look,
            mut recipe,
        } => {
            let fault = |error: &dyn Display| fault_of(&path, error);
            let file = PendingFile::create(&path).map_err(|error| not_saved(&error))?;
            let [_, height, width] = sides;
            let tile = [width, height].map(|side| side * look.scale);
            let mut sheet =
                Sheet::new(pixels(sides), tile, count, layout).map_err(|error| fault(&error))?;
            recipe.size = sheet.size();
            let whole = each(pieces, is_cancelled, sides, &mut written, |picture| {
                let picture = picture.enlarged(look.scale, look.resampling);
                let added = picture.and_then(|picture| sheet.add(&picture));
                added.map_err(|error| fault(&error))
            })?;
            let whole = goes_on(whole);
            if whole {
                let bytes = png::encode(&sheet.finish(), &recipe).map_err(|error| fault(&error))?;
                file.finish(&bytes).map_err(|error| not_saved(&error))?;
            }
            Ok(whole)
        }
        File::Animation {
            path,
            format,
            sides,
            look,
            animation,
            mut recipe,
        } => {
            let [_, height, width] = sides;
            let size = [width * look.scale, height * look.scale];
            recipe.size = size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
            let duration = Duration::from_micros(animation.duration_us);
            let spec = AnimationSpec {
                pixels: pixels(sides),
                size: recipe.size,
                durations: even_durations(animation.frames, duration),
                repeat: if animation.once {
                    Repeat::Once
                } else {
                    Repeat::Forever
                },
                recipe,
            };
            let mut writer =
                AnimationWriter::create(&path, format, &spec).map_err(|error| not_saved(&error))?;
            let whole = each(pieces, is_cancelled, sides, &mut written, |picture| {
                let frame = picture
                    .resized(size[0], size[1], look.resampling)
                    .map_err(|error| fault_of(&path, &error))?;
                writer.push(&frame).map_err(|error| not_saved(&error))
            })?;
            let whole = goes_on(whole);
            if whole {
                writer.finish().map_err(|error| not_saved(&error))?;
            }
            Ok(whole)
        }
    }
}

/// Hands out picture by picture. Returns whether the end came.
fn each(
    pieces: &Receiver<Piece>,
    is_cancelled: &AtomicBool,
    sides: [usize; 3],
    written: &mut impl FnMut(usize),
    mut take: impl FnMut(Raster) -> Result<(), String>,
) -> Result<bool, String> {
    let len = sides.iter().product::<usize>().max(1);
    while let Ok(piece) = pieces.recv() {
        let Piece::Pictures(values) = piece else {
            return Ok(true);
        };
        for picture in values.chunks_exact(len) {
            if is_cancelled.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let picture = Raster::from_planes(sides, picture);
            take(picture.map_err(|error| error.to_string())?)?;
        }
        written(values.len() / len);
    }
    Ok(false)
}

fn pixels([channels, ..]: [usize; 3]) -> Pixels {
    match channels {
        1 => Pixels::Grey,
        _ => Pixels::Rgb,
    }
}

/// Errors of writing name their file already.
fn not_saved(error: &dyn Display) -> String {
    format!("The file was not saved: {error}")
}

fn fault_of(path: &Path, error: &dyn Display) -> String {
    format!("The file was not saved: {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Subject;
    use crate::latent::ModelId;
    use std::sync::mpsc::sync_channel;

    fn file(path: PathBuf, count: usize) -> File {
        let model = ModelId {
            name: "digits-vae2".to_owned(),
            hash: "ab".to_owned(),
        };
        File::Sheet {
            path,
            sides: [1, 2, 3],
            count,
            layout: Layout::columns(count),
            look: Look {
                scale: 2,
                resampling: Resampling::Nearest,
            },
            recipe: Recipe::new(model, Subject::Expression("seed(42)".to_owned()), [0, 0]),
        }
    }

    #[test]
    fn what_was_saved_tells_how_it_was_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("strip.png");
        let (sender, pieces) = sync_channel(4);
        sender.send(Piece::Pictures(vec![0.5; 12])).unwrap();
        sender.send(Piece::End).unwrap();
        let mut told = 0;
        let whole = write(
            file(path.clone(), 2),
            &pieces,
            &AtomicBool::new(false),
            |count| told += count,
        );
        assert_eq!(whole, Ok(true));
        assert_eq!(told, 2);
        let bytes = std::fs::read(&path).expect("it is there");
        let recipe = png::read_recipe(&bytes).expect("it carries a recipe");
        assert_eq!(recipe.subject, Subject::Expression("seed(42)".to_owned()));
        assert_eq!(recipe.size, [12, 4]);
    }

    #[test]
    fn without_an_end_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (sender, pieces) = sync_channel(4);
        sender.send(Piece::Pictures(vec![0.5; 6])).unwrap();
        drop(sender);
        let path = folder.path().join("half.png");
        let whole = write(file(path, 2), &pieces, &AtomicBool::new(false), |_| {});
        assert_eq!(whole, Ok(false));
        let left = std::fs::read_dir(folder.path()).expect("it can be listed");
        assert_eq!(left.count(), 0, "no half file");
    }

    #[test]
    fn a_cancelled_file_is_not_there_although_all_of_it_came() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (sender, pieces) = sync_channel(4);
        sender.send(Piece::Pictures(vec![0.5; 12])).unwrap();
        sender.send(Piece::End).unwrap();
        let is_cancelled = AtomicBool::new(false);
        let path = folder.path().join("whole.png");
        let whole = write(file(path, 2), &pieces, &is_cancelled, |_| {
            is_cancelled.store(true, Ordering::Relaxed);
        });
        assert_eq!(whole, Ok(false));
        let left = std::fs::read_dir(folder.path()).expect("it can be listed");
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn a_bad_path_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("no/such/folder.png");
        let (_sender, pieces) = sync_channel(4);
        let message =
            write(file(path, 1), &pieces, &AtomicBool::new(false), |_| {}).expect_err("no folder");
        assert!(message.contains("folder.png"), "{message}");
    }
}
