//! The heroes: characters of pixel art.
//!
//! The folder holds one folder of PNG pictures for each part. A character is drawn by choosing
//! one layer of some of the parts and laying them over one another on black. Labels follow from
//! the names of the layers and from the colour that most of a layer's pixels have, which no
//! `doll.toml` can say without a list of every file.

use super::layer::{Canvas, Layer, MAX_LAYERS, Reader};
use super::{Character, Doll};
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::train::TrainError;
use crate::train::dataset::{DataForm, Part};
use crate::train::random::{Purpose, Stream};
use std::path::{Path, PathBuf};

/// The seeds of the two series of characters; no character is drawn twice by chance, for there
/// are about 10^16.
const TRAIN_SERIES: u64 = 1;
const TEST_SERIES: u64 = 2;

/// The parts in the order in which they are laid over one another, each with how often a
/// character has it.
const PARTS: [(&str, f64); 10] = [
    ("cloak", 0.4),
    ("base", 1.0),
    ("boots", 0.6),
    ("legs", 0.7),
    ("body", 0.9),
    ("gloves", 0.4),
    ("hand1", 0.7),
    ("hand2", 0.5),
    ("hair", 0.6),
    ("head", 0.5),
];

/// Every label; a picture has any number of them.
const LABELS: [&str; 39] = [
    "cloak",
    "boots",
    "trousers",
    "robe",
    "armour",
    "gloves",
    "weapon",
    "shield",
    "hair",
    "hat",
    "human",
    "elf",
    "dwarf",
    "halfling",
    "gnome",
    "kobold",
    "orc",
    "centaur",
    "naga",
    "draconian",
    "demon",
    "demigod",
    "minotaur",
    "undead",
    "vampire",
    "octopode",
    "tengu",
    "spriggan",
    "gargoyle",
    "formicid",
    "black",
    "grey",
    "white",
    "red",
    "brown",
    "gold",
    "green",
    "blue",
    "purple",
];

/// Beginnings of the names of base layers, with the species that they show.
const SPECIES: [(&str, &str); 23] = [
    ("human", "human"),
    ("elf", "elf"),
    ("deep_elf", "elf"),
    ("dwarf", "dwarf"),
    ("deep_dwarf", "dwarf"),
    ("halfling", "halfling"),
    ("gnome", "gnome"),
    ("kobold", "kobold"),
    ("lorc", "orc"),
    ("centaur", "centaur"),
    ("naga", "naga"),
    ("draconian", "draconian"),
    ("demonspawn", "demon"),
    ("demigod", "demigod"),
    ("minotaur", "minotaur"),
    ("ghoul", "undead"),
    ("mummy", "undead"),
    ("vampire", "vampire"),
    ("octopode", "octopode"),
    ("tengu", "tengu"),
    ("spriggan", "spriggan"),
    ("gargoyle", "gargoyle"),
    ("formicid", "formicid"),
];

/// Beginnings of the names of body layers that are robes, and of those that are armour.
const ROBES: [&str; 6] = ["robe", "dress", "monk", "gandalf", "saruman", "arwen"];
const ARMOUR: [&str; 14] = [
    "armour",
    "bplate",
    "breast",
    "dragonarm",
    "dragonsc",
    "half_plate",
    "plate",
    "metal",
    "mesh",
    "green_chain",
    "leather_metal",
    "faerie_dragon",
    "orange_crystal",
    "gil-galad",
];

/// One picture of a part.
struct Piece {
    layer: Layer,
    /// Labels that a character with this layer has, as indices of [`LABELS`].
    labels: Vec<usize>,
}

/// All layers, in memory.
pub struct Heroes {
    side: usize,
    /// By part, in the order of [`PARTS`].
    parts: Vec<Vec<Piece>>,
}

impl Heroes {
    /// Reads the layers from a folder with a folder for each part, or from a folder that holds
    /// such a folder as `heroes`.
    ///
    /// # Errors
    /// When a part has no pictures, or a picture cannot be read or has another size.
    pub fn read(folder: &Path) -> Result<Self, TrainError> {
        let inner = folder.join("heroes");
        let folder = if inner.is_dir() { &inner } else { folder };
        let mut reader = Reader::default();
        let mut parts = Vec::with_capacity(PARTS.len());
        for (part, _) in PARTS {
            let mut pieces = Vec::new();
            for path in pictures(&folder.join(part))? {
                let layer = reader.read(&path)?;
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                pieces.push(Piece::new(part, &name, layer));
            }
            parts.push(pieces);
        }
        Ok(Self {
            side: reader.side(),
            parts,
        })
    }

    /// Character `index` of the series that `seed` begins.
    fn of_series(&self, seed: u64, index: u64) -> Character {
        let mut stream = Stream::new(seed, Purpose::Compose, index);
        let mut canvas = Canvas::new(self.side, [0; 3]);
        let mut labels = vec![0; LABELS.len()];
        for ((_, probability), pieces) in PARTS.iter().zip(&self.parts) {
            // Both numbers are drawn in any case, so that one part does not move the next.
            let (chance, choice) = (stream.uniform(), stream.below(pieces.len()));
            if chance >= *probability {
                continue;
            }
            let piece = &pieces[choice];
            canvas.lay(&piece.layer);
            for &label in &piece.labels {
                labels[label] = 1;
            }
        }
        Character {
            pixels: canvas.finish(),
            labels,
            layout: Vec::new(),
        }
    }
}

impl Doll for Heroes {
    fn form(&self) -> DataForm {
        DataForm {
            image: ImageSpec {
                channels: 3,
                height: self.side,
                width: self.side,
            },
            kind: LabelKind::Flags,
            labels: LABELS.iter().map(|&label| label.to_owned()).collect(),
            groups: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn character(&self, part: Part, index: u64) -> Character {
        let series = match part {
            Part::Train => TRAIN_SERIES,
            Part::Test => TEST_SERIES,
        };
        self.of_series(series, index)
    }
}

impl Piece {
    fn new(part: &str, name: &str, layer: Layer) -> Self {
        let names = label_names(part, name, layer.pixels());
        let labels = LABELS.iter().enumerate();
        let labels = labels.filter(|(_, label)| names.contains(label));
        Self {
            labels: labels.map(|(index, _)| index).collect(),
            layer,
        }
    }
}

/// What a layer says of its character.
fn label_names(part: &str, name: &str, pixels: &[(u32, [u8; 4])]) -> Vec<&'static str> {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|b| name.starts_with(b));
    match part {
        "cloak" => vec!["cloak"],
        "boots" => vec!["boots"],
        "legs" => vec!["trousers"],
        "gloves" => vec!["gloves"],
        "hand1" => vec!["weapon"],
        "hand2" if name.contains("shield") || name.contains("buckler") => vec!["shield"],
        "hair" => vec!["hair"],
        "head" => vec!["hat"],
        "base" => SPECIES
            .iter()
            .filter(|(beginning, _)| name.starts_with(beginning))
            .map(|&(_, species)| species)
            .take(1)
            .collect(),
        "body" => {
            let mut labels = Vec::new();
            if begins(&ROBES) {
                labels.push("robe");
            } else if begins(&ARMOUR) {
                labels.push("armour");
            }
            labels.extend(dominant_colour(pixels));
            labels
        }
        _ => Vec::new(),
    }
}

/// The name of the colour that most of the opaque pixels have.
fn dominant_colour(pixels: &[(u32, [u8; 4])]) -> Option<&'static str> {
    const NAMES: [&str; 9] = [
        "black", "grey", "white", "red", "brown", "gold", "green", "blue", "purple",
    ];
    let mut counts = [0usize; NAMES.len()];
    for (_, [red, green, blue, opacity]) in pixels {
        if *opacity < 128 {
            continue;
        }
        let name = colour_name(*red, *green, *blue);
        if let Some(index) = NAMES.iter().position(|&known| known == name) {
            counts[index] += 1;
        }
    }
    let most = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    (*most.1 > 0).then(|| NAMES[most.0])
}

/// A name for a colour, by hue, saturation and value.
fn colour_name(red: u8, green: u8, blue: u8) -> &'static str {
    let [red, green, blue] = [red, green, blue].map(|v| f64::from(v) / 255.0);
    let value = red.max(green).max(blue);
    let range = value - red.min(green).min(blue);
    if value < 0.2 {
        return "black";
    }
    if range / value < 0.2 {
        return if value > 0.75 { "white" } else { "grey" };
    }
    // Degrees around the circle of hues, red at 0.
    let hue = if value == red {
        60.0 * ((green - blue) / range).rem_euclid(6.0)
    } else if value == green {
        60.0 * ((blue - red) / range + 2.0)
    } else {
        60.0 * ((red - green) / range + 4.0)
    };
    match hue {
        h if h < 15.0 => "red",
        h if h < 45.0 && value < 0.75 => "brown",
        h if h < 70.0 => "gold",
        h if h < 165.0 => "green",
        h if h < 255.0 => "blue",
        h if h < 335.0 => "purple",
        _ => "red",
    }
}

/// The PNG files of a folder, by name.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let fault = |fault: String| TrainError::Data {
        path: folder.to_owned(),
        fault,
    };
    let entries =
        std::fs::read_dir(folder).map_err(|error| fault(format!("cannot be opened: {error}")))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| fault(format!("cannot be read: {error}")))?
            .path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "png") {
            paths.push(path);
        }
        if paths.len() > MAX_LAYERS {
            return Err(fault(format!("holds more than {MAX_LAYERS} pictures")));
        }
    }
    if paths.is_empty() {
        return Err(fault("holds no PNG pictures".to_owned()));
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(part: &str, name: &str, pixels: &[[u8; 4]]) -> Piece {
        Piece::new(part, name, Layer::new(pixels.concat().as_slice()))
    }

    fn labels(hero: &Character) -> Vec<&'static str> {
        let flags = LABELS.iter().zip(&hero.labels);
        flags
            .filter(|(_, flag)| **flag == 1)
            .map(|(name, _)| *name)
            .collect()
    }

    /// Pictures of one pixel: a base and a body always, everything else never.
    fn tiny() -> Heroes {
        let parts = PARTS.map(|(part, _)| match part {
            "base" => vec![layer("base", "deep_elf_f", &[[10, 20, 30, 255]])],
            "body" => vec![layer("body", "robe_red", &[[210, 20, 30, 128]])],
            other => vec![layer(other, "nothing", &[[0, 0, 0, 0]])],
        });
        Heroes {
            side: 1,
            parts: parts.into(),
        }
    }

    #[test]
    fn layers_are_laid_over_one_another_with_their_labels() {
        let heroes = tiny();
        let (mut bare, mut dressed) = (0, 0);
        for index in 0..500 {
            let hero = heroes.of_series(1, index);
            let labels = labels(&hero);
            assert!(labels.contains(&"elf"), "{labels:?}");
            if labels.contains(&"robe") {
                // (210 * 128 + 10 * 127 + 127) / 255
                assert_eq!(hero.pixels, [110, 20, 30]);
                assert!(labels.contains(&"red") && !labels.contains(&"armour"));
                dressed += 1;
            } else {
                assert_eq!(hero.pixels, [10, 20, 30]);
                bare += 1;
            }
        }
        // Nine in ten wear something.
        assert!(
            (420..=480).contains(&dressed),
            "{dressed} dressed, {bare} bare"
        );
    }

    #[test]
    fn a_character_depends_on_series_and_index_alone() {
        let heroes = tiny();
        let labels_of = |series, index| heroes.of_series(series, index).labels;
        let first: Vec<_> = (0..40).map(|index| labels_of(1, index)).collect();
        let again: Vec<_> = (0..40).rev().map(|index| labels_of(1, index)).collect();
        assert!(first.iter().eq(again.iter().rev()));
        let other: Vec<_> = (0..40).map(|index| labels_of(2, index)).collect();
        assert_ne!(first, other);
    }

    #[test]
    fn names_and_pixels_give_labels() {
        let red = [(0, [200, 30, 30, 255])];
        let none = Vec::<&str>::new();
        for (part, name, expected) in [
            ("cloak", "black", vec!["cloak"]),
            ("hand1", "spear", vec!["weapon"]),
            ("hand2", "lshield_gold", vec!["shield"]),
            ("hand2", "buckler_round", vec!["shield"]),
            ("hand2", "torch", none.clone()),
            ("head", "hat_black", vec!["hat"]),
            ("legs", "skirt_red", vec!["trousers"]),
            ("base", "lorc_f0", vec!["orc"]),
            ("base", "shadow", none),
            ("body", "bplate_green", vec!["armour", "red"]),
            ("body", "shirt_blue", vec!["red"]),
        ] {
            assert_eq!(label_names(part, name, &red), expected, "{part}/{name}");
        }
    }

    #[test]
    fn colours_have_the_names_that_people_give_them() {
        for (rgb, name) in [
            ([0, 0, 0], "black"),
            ([120, 120, 125], "grey"),
            ([240, 240, 230], "white"),
            ([200, 30, 30], "red"),
            ([120, 70, 30], "brown"),
            ([240, 200, 40], "gold"),
            ([40, 160, 60], "green"),
            ([40, 70, 200], "blue"),
            ([150, 40, 170], "purple"),
        ] {
            assert_eq!(colour_name(rgb[0], rgb[1], rgb[2]), name, "{rgb:?}");
        }
    }

    #[test]
    fn every_label_that_a_layer_can_have_is_known() {
        let names = SPECIES.iter().map(|(_, species)| *species);
        for name in names.chain(["robe", "armour", "shield", "weapon", "cloak", "trousers"]) {
            assert!(LABELS.contains(&name), "{name}");
        }
    }
}
