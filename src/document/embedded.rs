//! The recipe in a picture or an animation, found without decoding a pixel.
//!
//! Such files come from anywhere, so the readers here walk from block to block, skip what they
//! do not need, and allocate only for texts below [`MAX_RECIPE_BYTES`]. What a file says about
//! its pixels, however absurd, is never looked at.

mod gif;
mod png;
mod webp;
mod xmp;

pub(super) use xmp::packet;

use super::recipe::{MAX_RECIPE_BYTES, Recipe, RecipeError};
use crate::files::kind::FileKind;
use crate::files::load::{self, LoadError};
use std::io::{self, BufRead, BufReader, Cursor, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The keyword of the text that holds the recipe.
pub const RECIPE_KEYWORD: &str = "zscape";

/// The largest file in which a recipe is looked for, in bytes (4 GiB, as much as WebP can be).
const MAX_FILE_BYTES: u64 = 1 << 32;

/// What kinds of file carry recipes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    /// PNG and APNG.
    Png,
    Gif,
    WebP,
}

impl Container {
    /// How many bytes of a file [`Self::of`] needs.
    pub const HEAD_BYTES: usize = 12;

    /// The kind of a file that begins with these bytes.
    pub fn of(head: &[u8]) -> Option<Self> {
        match FileKind::of(head) {
            FileKind::Png => Some(Self::Png),
            FileKind::Gif => Some(Self::Gif),
            FileKind::WebP => Some(Self::WebP),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
        }
    }
}

/// Why a picture gave no recipe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    #[error("it is neither a PNG, a GIF nor a WebP file")]
    Unknown,
    #[error("it is not a sound {} file: {fault}", container.name())]
    Broken {
        container: Container,
        fault: &'static str,
    },
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    #[error("it carries no recipe: another program made it, or took the recipe out")]
    NoRecipe,
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}

/// Why a file gave no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeFileError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{}: {error}", path.display())]
    Embedded { path: PathBuf, error: EmbeddedError },
}

/// The recipe in the bytes of a PNG, APNG, GIF or WebP file.
///
/// # Errors
/// When the bytes are no such file, or carry no recipe that this program reads.
pub fn recipe_in(bytes: &[u8]) -> Result<Recipe, EmbeddedError> {
    recipe_of(&mut Cursor::new(bytes))
}

/// The recipe in a PNG, APNG, GIF or WebP file, of which only the necessary parts are read.
///
/// # Errors
/// As for [`recipe_in`], with the file's name, and when the file cannot be read.
pub fn recipe_in_file(path: &Path) -> Result<Recipe, RecipeFileError> {
    let (file, _) = load::open(path, MAX_FILE_BYTES)?;
    recipe_of(&mut BufReader::new(file)).map_err(|error| RecipeFileError::Embedded {
        path: path.to_owned(),
        error,
    })
}

fn recipe_of(file: &mut (impl BufRead + Seek)) -> Result<Recipe, EmbeddedError> {
    let mut walk = Walk { file };
    let head = walk.head().map_err(EmbeddedError::Io)?;
    let container = Container::of(&head).ok_or(EmbeddedError::Unknown)?;
    let found = match container {
        Container::Png => png::find(&mut walk),
        Container::Gif => gif::find(&mut walk),
        Container::WebP => webp::find(&mut walk),
    };
    match found {
        Ok(Some(text)) => Ok(Recipe::from_json(&text)?),
        Ok(None) => Err(EmbeddedError::NoRecipe),
        Err(Fault::TooLong) => Err(RecipeError::TooLong.into()),
        Err(Fault::Broken(fault)) => Err(EmbeddedError::Broken { container, fault }),
        Err(Fault::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            let fault = "it ends too early";
            Err(EmbeddedError::Broken { container, fault })
        }
        Err(Fault::Io(error)) => Err(EmbeddedError::Io(error)),
    }
}

/// What stops a walk through a file.
#[derive(Debug)]
enum Fault {
    Io(io::Error),
    Broken(&'static str),
    TooLong,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A place in a file, which only moves forward.
struct Walk<'a, R> {
    file: &'a mut R,
}

impl<R: BufRead + Seek> Walk<'_, R> {
    /// The first bytes of the file, as many as there are up to [`Container::HEAD_BYTES`]; the
    /// place goes back to the beginning.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        let most = Container::HEAD_BYTES as u64;
        (&mut *self.file).take(most).read_to_end(&mut head)?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next bytes; too many are refused before room is made for them.
    fn bytes(&mut self, len: usize) -> Result<Vec<u8>, Fault> {
        if len > MAX_CHUNK_BYTES {
            return Err(Fault::TooLong);
        }
        let mut bytes = Vec::new();
        let read = (&mut *self.file).take(len as u64).read_to_end(&mut bytes)?;
        if read < len {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(bytes)
    }

    fn skip(&mut self, len: u64) -> Result<(), Fault> {
        // Relative to here, so that what is buffered stays.
        let len = i64::try_from(len).map_err(|_| Fault::Broken("a part of it is too long"))?;
        Ok(self.file.seek_relative(len)?)
    }
}

/// The longest block that may hold a recipe: its keyword and markup come on top of it.
const MAX_CHUNK_BYTES: usize = MAX_RECIPE_BYTES + (1 << 16);
