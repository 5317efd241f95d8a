//! Fonts that are installed on the system, for writings that the program's own fonts lack.
//!
//! Where they lie and what they are called differs between platforms; all of that is here. The
//! hazard is a system with thousands of fonts, some of them huge: names that are known to cover much
//! come first, and only so many files are looked into.

use super::load;
use skrifa::raw::FileRef;
use skrifa::{FontRef, MetadataProvider as _};
use std::collections::VecDeque;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the names of fonts begin that cover much: of the three large platforms and of common
/// packages. Which of them is best does not matter much; that one is found soon does.
const KNOWN: [&str; 35] = [
    // Chinese, Japanese, Korean.
    "notosanscjk",
    "sourcehansans",
    "notosanssc",
    "notosansjp",
    "notosanskr",
    "hiragino sans gb",
    "pingfang",
    "applesdgothicneo",
    "msyh",
    "yugoth",
    "malgun",
    "meiryo",
    "msgothic",
    "simsun",
    "wqy-microhei",
    "wqy-zenhei",
    "droidsansfallback",
    "ipag",
    "nanumgothic",
    // Other writings.
    "notosans-",
    "notosansarabic",
    "notosanshebrew",
    "notosansdevanagari",
    "notosansthai",
    "segoeui",
    "nirmala",
    "leelawui",
    "sfarabic",
    "arialhb",
    "arial unicode",
    "freesans",
    // Signs and pictures in outlines.
    "seguisym",
    "symbola",
    "notoemoji",
    "unifont",
];
/// Parts of the names of fonts that look unlike the window's.
const UNLIKE: [&str; 9] = [
    "bold",
    "italic",
    "oblique",
    "black",
    "light",
    "thin",
    "serif",
    "mono",
    "condensed",
];
const ENDINGS: [&str; 4] = ["ttf", "ttc", "otf", "otc"];
/// The most files that are listed, and the deepest folder.
const MAX_LISTED: usize = 20_000;
const MAX_DEPTH: usize = 6;
/// The most files that are looked into for one character, and the largest.
const MAX_TRIED: usize = 40;
const MAX_BYTES: u64 = 64 << 20;

/// A font with the file that it is in.
#[derive(Clone)]
pub struct Font {
    pub name: String,
    pub bytes: Arc<Vec<u8>>,
    /// Which of the fonts of the file.
    pub index: u32,
}

impl Font {
    /// Whether it draws a character, in outlines.
    pub fn covers(&self, character: char) -> bool {
        FontRef::from_index(&self.bytes, self.index).is_ok_and(|font| draws(&font, character))
    }
}

fn draws(font: &FontRef<'_>, character: char) -> bool {
    let glyph = font.charmap().map(character);
    glyph.is_some_and(|glyph| font.outline_glyphs().get(glyph).is_some())
}

/// A font of the system that draws a character, if one is found.
pub fn covering(character: char) -> Option<Font> {
    covering_in(&folders(), character)
}

/// The same among the files of some folders.
pub fn covering_in(folders: &[PathBuf], character: char) -> Option<Font> {
    let mut files = listed(folders);
    files.sort_by_cached_key(|file| (rank(file), file.clone()));
    let fonts = files.iter().take(MAX_TRIED);
    fonts
        .filter_map(|file| read(file, character))
        .find(|font| font.covers(character))
}

/// The first font of a file that draws a character.
fn read(file: &Path, character: char) -> Option<Font> {
    let bytes = load::read(file, MAX_BYTES).ok()?;
    let count = match FileRef::new(&bytes).ok()? {
        FileRef::Font(_) => 1,
        FileRef::Collection(collection) => collection.len(),
    };
    let draws =
        |index: &u32| FontRef::from_index(&bytes, *index).is_ok_and(|font| draws(&font, character));
    let index = (0..count).find(draws)?;
    Some(Font {
        name: file.file_name()?.to_string_lossy().into_owned(),
        bytes: Arc::new(bytes),
        index,
    })
}

/// The place in which a file is looked into: how well it is known, and how plain its letters are.
fn rank(file: &Path) -> (bool, usize) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    let is_unlike = UNLIKE.iter().any(|part| name.contains(part));
    let known = KNOWN.iter().position(|known| name.starts_with(known));
    (is_unlike, known.unwrap_or(KNOWN.len()))
}

/// The font files below some folders, the nearest first. Links to folders are not followed, so
/// that listing ends.
fn listed(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting: VecDeque<(PathBuf, usize)> =
        folders.iter().map(|folder| (folder.clone(), 0)).collect();
    while let Some((folder, depth)) = waiting.pop_front() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MAX_DEPTH {
                    waiting.push_back((path, depth + 1));
                }
            } else if ENDINGS.iter().any(|known| ending == *known) {
                files.push(path);
            }
            if files.len() >= MAX_LISTED {
                return files;
            }
        }
    }
    files
}

/// Where fonts lie on this system.
fn folders() -> Vec<PathBuf> {
    let home = env::home_dir();
    let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let below = |variable: &str, folder: &str| {
        env::var_os(variable).map(|root| PathBuf::from(root).join(folder))
    };
    let folders: Vec<Option<PathBuf>> = if cfg!(target_os = "macos") {
        vec![
            Some("/System/Library/Fonts".into()),
            Some("/Library/Fonts".into()),
            below_home("Library/Fonts"),
        ]
    } else if cfg!(windows) {
        vec![
            below("WINDIR", "Fonts"),
            below("LOCALAPPDATA", "Microsoft\\Windows\\Fonts"),
        ]
    } else {
        let own = below("XDG_DATA_HOME", "fonts");
        let shared = env::var("XDG_DATA_DIRS").unwrap_or_default();
        let shared = match shared.as_str() {
            "" => "/usr/local/share:/usr/share".to_owned(),
            shared => shared.to_owned(),
        };
        let shared = shared
            .split(':')
            .map(|root| Some(Path::new(root).join("fonts")));
        [
            own.or_else(|| below_home(".local/share/fonts")),
            below_home(".fonts"),
        ]
        .into_iter()
        .chain(shared)
        .collect()
    };
    folders.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::save::save;

    #[test]
    fn the_best_known_font_that_draws_a_character_is_found() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("truetype/some");
        std::fs::create_dir_all(&folder).expect("the folder is empty");
        let font = dejavu::sans::regular();
        for name in [
            "Zapf.ttf",
            "FreeSans.ttf",
            "NotoSansCJK-Bold.ttf",
            "notes.txt",
        ] {
            save(&folder.join(name), font).expect("the folder is there");
        }
        save(&folder.join("NotoSansCJK-Regular.ttc"), b"no font").expect("the folder is there");
        let folders = [root.path().to_owned(), root.path().join("absent")];
        let found = covering_in(&folders, 'ﷲ').or(covering_in(&folders, 'Ж'));
        let found = found.expect("DejaVu draws it");
        assert_eq!((found.name.as_str(), found.index), ("FreeSans.ttf", 0));
        assert!(found.covers('Ж') && !found.covers('写'));
        assert!(covering_in(&folders, '写').is_none());
        assert!(covering_in(&[], 'Ж').is_none());
    }

    #[test]
    fn broken_fonts_are_passed_over() {
        let font = dejavu::sans::regular();
        let folder = tempfile::tempdir().expect("a folder");
        for end in [0, 4, 12, 100, 1000, font.len() / 2] {
            save(&folder.path().join("a.ttf"), &font[..end]).expect("the folder is there");
            drop(covering_in(&[folder.path().to_owned()], 'Ж'));
        }
    }
}
