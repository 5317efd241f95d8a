//! Characters put together from layers of pixel art ("paper dolls"): any number of them, each
//! with its parts known.
//!
//! The folder holds one folder of PNG pictures for each part. A character is drawn by choosing
//! one layer of some of the parts and laying them over one another on black.

use super::TrainError;
use super::random::{Purpose, Stream};
use crate::model::manifest::ImageSpec;
use std::path::{Path, PathBuf};

/// More pictures in a folder, or larger ones, than any such set has.
const MAX_LAYERS: usize = 10_000;
const MAX_SIDE: u32 = 512;
const MAX_FILE_BYTES: u64 = 16 << 20;

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
pub const LABELS: [&str; 39] = [
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
struct Layer {
    /// The pixels that can be seen: place, red, green, blue and opacity.
    pixels: Vec<(u32, [u8; 4])>,
    /// Labels that a character with this layer has, as indices of [`LABELS`].
    labels: Vec<usize>,
}

/// All layers, in memory.
pub struct Heroes {
    side: usize,
    /// By part, in the order of [`PARTS`].
    parts: Vec<Vec<Layer>>,
}

/// One character.
pub struct Hero {
    /// `[3, side, side]`, 0 to 255.
    pub pixels: Vec<u8>,
    /// 0 or 1 for each of [`LABELS`].
    pub labels: [u8; LABELS.len()],
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
        let mut side = None;
        let mut parts = Vec::with_capacity(PARTS.len());
        for (part, _) in PARTS {
            let mut layers = Vec::new();
            for path in pictures(&folder.join(part))? {
                let fault = |fault: String| TrainError::Data {
                    path: path.clone(),
                    fault,
                };
                let (size, rgba) = read_picture(&path).map_err(fault)?;
                if *side.get_or_insert(size) != size {
                    return Err(fault(format!(
                        "has {size}x{size} pixels, and others have another size"
                    )));
                }
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                layers.push(Layer::new(part, &name, &rgba));
            }
            parts.push(layers);
        }
        let side = side.unwrap_or(0) as usize;
        Ok(Self { side, parts })
    }

    pub fn image(&self) -> ImageSpec {
        ImageSpec {
            channels: 3,
            height: self.side,
            width: self.side,
        }
    }

    /// Character `index` of the series that `seed` begins.
    pub fn character(&self, seed: u64, index: u64) -> Hero {
        let mut stream = Stream::new(seed, Purpose::Compose, index);
        let plane = self.side * self.side;
        let mut pixels = vec![0u8; 3 * plane];
        let mut labels = [0; LABELS.len()];
        for ((_, probability), layers) in PARTS.iter().zip(&self.parts) {
            // Both numbers are drawn in any case, so that one part does not move the next.
            let (chance, choice) = (stream.uniform(), stream.below(layers.len()));
            if chance >= *probability {
                continue;
            }
            let layer = &layers[choice];
            for &(place, [red, green, blue, opacity]) in &layer.pixels {
                for (channel, value) in [red, green, blue].into_iter().enumerate() {
                    let under = &mut pixels[channel * plane + place as usize];
                    *under = over(value, *under, opacity);
                }
            }
            for &label in &layer.labels {
                labels[label] = 1;
            }
        }
        Hero { pixels, labels }
    }
}

/// `value` with `opacity` laid over `under`.
fn over(value: u8, under: u8, opacity: u8) -> u8 {
    let (value, under, opacity) = (u32::from(value), u32::from(under), u32::from(opacity));
    let sum = value * opacity + under * (255 - opacity);
    // A mean of two bytes is a byte.
    ((sum + 127) / 255) as u8
}

impl Layer {
    fn new(part: &str, name: &str, rgba: &[u8]) -> Self {
        let pixels = rgba
            .chunks_exact(4)
            .zip(0u32..)
            .filter(|(pixel, _)| pixel[3] > 0)
            .map(|(pixel, place)| (place, [pixel[0], pixel[1], pixel[2], pixel[3]]))
            .collect();
        let mut layer = Self {
            pixels,
            labels: Vec::new(),
        };
        let labels = label_names(part, name, &layer.pixels);
        layer.labels = LABELS
            .iter()
            .enumerate()
            .filter(|(_, label)| labels.contains(label))
            .map(|(index, _)| index)
            .collect();
        layer
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

/// The side and the RGBA bytes of a square picture.
fn read_picture(path: &Path) -> Result<(u32, Vec<u8>), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
    let len = std::fs::metadata(path)
        .map_err(|error| unreadable(&error))?
        .len();
    if len > MAX_FILE_BYTES {
        return Err(format!(
            "is {len} bytes long; at most {MAX_FILE_BYTES} are read"
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let mut reader =
        image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Png);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| unreadable(&error))?
        .to_rgba8();
    if picture.width() != picture.height() || picture.width() == 0 {
        return Err(format!(
            "has {}x{} pixels; layers are square",
            picture.width(),
            picture.height()
        ));
    }
    Ok((picture.width(), picture.into_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(part: &str, name: &str, pixels: &[[u8; 4]]) -> Layer {
        Layer::new(part, name, pixels.concat().as_slice())
    }

    fn labels(hero: &Hero) -> Vec<&'static str> {
        let flags = LABELS.iter().zip(hero.labels);
        flags
            .filter(|(_, flag)| *flag == 1)
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
            let hero = heroes.character(1, index);
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
        let labels_of = |series, index| heroes.character(series, index).labels;
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
