//! A PNG for each frame.
//!
//! The files are made in a hidden folder beside their place. A folder of frames then gets its
//! name by one rename; files with numbers in their names are moved one by one, and none of them
//! may be there before, so that frames of two animations never mix.

use super::{AnimationError, AnimationSpec, FrameWriter};
use crate::document::png;
use crate::document::raster::Raster;
use crate::document::recipe::Recipe;
use crate::files::save::SaveError;
use crate::files::{place, save};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The fewest digits of the numbers in a folder.
const DIGITS: usize = 4;

pub struct SequenceWriter {
    path: PathBuf,
    names: Names,
    parts: PartFolder,
    frames: usize,
    pushed: usize,
    recipe: Recipe,
}

impl SequenceWriter {
    pub fn create(path: &Path, spec: &AnimationSpec) -> Result<Self, AnimationError> {
        let frames = spec.durations.len();
        // A link to a folder stays, and the folder gets the frames.
        let target = place::target(path).map_err(|error| SaveError::create(path, error))?;
        let path = target.as_path();
        let names = Names::of(path, frames)?;
        names.check_free(path, frames)?;
        Ok(Self {
            parts: PartFolder::create(path)?,
            path: path.to_owned(),
            names,
            frames,
            pushed: 0,
            recipe: spec.recipe.clone(),
        })
    }
}

impl FrameWriter for SequenceWriter {
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        self.pushed += 1;
        let name = self.names.of_frame(self.pushed);
        let bytes = png::encode(frame, &self.recipe)
            .map_err(|fault| AnimationError::encoder(&self.path, fault))?;
        self.parts
            .write(&name, &bytes)
            .map_err(|error| AnimationError::write(&self.path.join(name), error))
    }

    fn finish(self: Box<Self>) -> Result<(), AnimationError> {
        let Self {
            path,
            names,
            parts,
            frames,
            ..
        } = *self;
        let target = |name: &str| match &names {
            Names::Folder { .. } => path.join(name),
            Names::Pattern { .. } => path.with_file_name(name),
        };
        if let Names::Folder { .. } = names {
            return parts
                .rename(&path)
                .map_err(|error| AnimationError::write(&path, error));
        }
        for frame in 1..=frames {
            let name = names.of_frame(frame);
            if let Err(error) = fs::rename(parts.path.join(&name), target(&name)) {
                for moved in 1..frame {
                    // As much as can be undone.
                    fs::remove_file(target(&names.of_frame(moved))).ok();
                }
                return Err(AnimationError::write(&target(&name), error));
            }
        }
        Ok(())
    }
}

/// Whether the name of a path has a place for a number.
pub fn has_number(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| split_pattern(&name.to_string_lossy()).is_some())
}

/// How the files are called; all numbers have the same number of digits.
enum Names {
    /// `0001.png` and so on, in a folder of their own.
    Folder { digits: usize },
    /// What stands before and behind the number.
    Pattern {
        before: String,
        digits: usize,
        behind: String,
    },
}

impl Names {
    fn of(path: &Path, frames: usize) -> Result<Self, AnimationError> {
        let needed = frames.to_string().len();
        let name = path.file_name().and_then(|name| name.to_str());
        let fault = "the name of a sequence must be plain text";
        let name = name.ok_or_else(|| AnimationError::unfit(path, fault))?;
        Ok(match split_pattern(name) {
            None => Self::Folder {
                digits: needed.max(DIGITS),
            },
            Some((before, digits, behind)) => Self::Pattern {
                before: before.to_owned(),
                digits: needed.max(digits),
                behind: behind.to_owned(),
            },
        })
    }

    /// The name of a frame; the first is 1.
    fn of_frame(&self, number: usize) -> String {
        match self {
            Self::Folder { digits } => format!("{number:0digits$}.png"),
            Self::Pattern {
                before,
                digits,
                behind,
            } => format!("{before}{number:0digits$}{behind}"),
        }
    }

    /// Checks that no other frames lie where these will.
    fn check_free(&self, path: &Path, frames: usize) -> Result<(), AnimationError> {
        match self {
            Self::Folder { .. } => match fs::read_dir(path) {
                Ok(mut entries) => match entries.next() {
                    Some(_) => {
                        let fault = "the folder is there and not empty; choose another name";
                        Err(AnimationError::unfit(path, fault))
                    }
                    None => Ok(()),
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(SaveError::create(path, error).into()),
            },
            Self::Pattern { .. } => {
                let taken = (1..=frames)
                    .map(|frame| path.with_file_name(self.of_frame(frame)))
                    .find(|file| file.symlink_metadata().is_ok());
                match taken {
                    Some(file) => Err(AnimationError::unfit(
                        &file,
                        "a frame of this name is there already; choose another name",
                    )),
                    None => Ok(()),
                }
            }
        }
    }
}

/// What stands before a run of `#` or a `%04d`, how many digits it asks for at least, and what
/// follows.
fn split_pattern(name: &str) -> Option<(&str, usize, &str)> {
    /// More digits than any number of frames has.
    const MOST: usize = 19;
    if let Some((before, rest)) = name.split_once('#') {
        let behind = rest.trim_start_matches('#');
        let digits = 1 + rest.len() - behind.len();
        return (digits <= MOST).then_some((before, digits, behind));
    }
    let (before, rest) = name.split_once('%')?;
    let (width, behind) = rest.split_once('d')?;
    let is_plain = width.bytes().all(|byte| byte.is_ascii_digit());
    let digits = match width {
        "" => 1,
        width => width.parse().ok()?,
    };
    (is_plain && (1..=MOST).contains(&digits)).then_some((before, digits, behind))
}

/// A hidden folder that vanishes with all that is in it, unless it is renamed.
struct PartFolder {
    path: PathBuf,
}

impl PartFolder {
    /// Creates it beside `path`.
    fn create(path: &Path) -> Result<Self, AnimationError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let fault = |error| AnimationError::Save(SaveError::create(path, error));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        save::remove_old_parts(path);
        for _ in 0..100 {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let part = format!(".{name}.{}-{count}.part", std::process::id());
            let part = path.with_file_name(part);
            match fs::create_dir(&part) {
                Ok(()) => return Ok(Self { path: part }),
                // Left by a process that had this number before.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fault(error)),
            }
        }
        Err(fault(io::ErrorKind::AlreadyExists.into()))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the whole folder is what is written or not"
    )]
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        File::create(self.path.join(name))?.write_all(bytes)
    }

    /// Gives the folder its name; an empty folder of that name makes room.
    fn rename(mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            fs::remove_dir(path)?;
        }
        fs::rename(&self.path, path)?;
        // Nothing to remove any more.
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for PartFolder {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.path) {
            log::warn!("{}: it cannot be removed: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found() {
        for (name, expected) in [
            ("walk_####.png", Some(("walk_", 4, ".png"))),
            ("#.png", Some(("", 1, ".png"))),
            ("a#b##.png", Some(("a", 1, "b##.png"))),
            ("walk%04d.png", Some(("walk", 4, ".png"))),
            ("walk%d.png", Some(("walk", 1, ".png"))),
            ("100%.png", None),
            ("%xd.png", None),
            ("%+4d.png", None),
            ("%0d.png", None),
            ("%99d.png", None),
            ("plain.png", None),
        ] {
            assert_eq!(split_pattern(name), expected, "{name}");
        }
    }
}
