//! Dolls that a `doll.toml` describes.
//!
//! Each picture draws its parts; one combination of parts in ten is held out, by the hash of its
//! layers' names, whatever the rest of the file says. So no face of the test pictures is among
//! those that a model learns from, not even with another background, and the split stays when
//! odds or labels are changed.

use super::layer::{Canvas, Layer, Reader};
use super::layout::Layout;
use super::rules::{
    Aspect, Background, Colours, Condition, LabelRule, MAX_BYTES, PartRule, Rules, Weighted,
};
use super::table::fault;
use super::{Character, Doll};
use crate::files::load;
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::train::TrainError;
use crate::train::dataset::{DataForm, LabelGroup, Part};
use crate::train::layout::LayoutSettings;
use crate::train::random::{Purpose, Stream};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

const RULES: &str = "doll.toml";
/// One combination of so many is held out.
const HELD_OUT: u64 = 10;
/// Combinations that are drawn to see that both parts of the data have some, and the least part of
/// them that each must have.
const PROBES: u64 = 2000;
const MIN_PART: u64 = PROBES / 100;
/// The seeds of the two series of pictures, and of the probes.
const TRAIN_SERIES: u64 = 1;
const TEST_SERIES: u64 = 2;
const PROBE_SERIES: u64 = 0;

/// A doll with all its layers in memory.
pub struct Described {
    side: usize,
    background: Background,
    parts: Vec<PartLayers>,
    labels: Vec<LabelRule>,
    layout: Option<Layout>,
}

struct PartLayers {
    folder: String,
    odds: f64,
    variants: Choice,
    /// The names of the colours, where the part draws one.
    colours: Option<Choice>,
    /// The part whose colour it has: itself, another, or none.
    colour_of: Option<usize>,
    /// By variant, and then by colour; one alone where a variant has no colour.
    pieces: Vec<Vec<Piece>>,
}

struct Piece {
    /// `folder/file`, without the ending.
    name: String,
    layer: Layer,
}

/// A draw in proportion to weights.
struct Choice {
    /// The sum of the weights up to each.
    sums: Vec<f64>,
}

/// What was drawn: for each part its variant, if it has the part, and its colour, if it has one.
type Combination = Vec<(Option<usize>, Option<usize>)>;

impl Choice {
    fn new(weights: &[Weighted]) -> Self {
        let sums = weights.iter().scan(0.0, |sum, weighted| {
            *sum += weighted.weight;
            Some(*sum)
        });
        Self {
            sums: sums.collect(),
        }
    }

    fn draw(&self, stream: &mut Stream) -> usize {
        let last = self.sums.len() - 1;
        let at = stream.uniform() * self.sums[last];
        self.sums.partition_point(|&sum| sum <= at).min(last)
    }
}

impl Described {
    /// Reads a folder with a `doll.toml` and the layers that it names, or a folder that holds
    /// such a folder as `name`.
    ///
    /// # Errors
    /// When the text is wrong, a layer is missing or of another size, or the combinations are so
    /// few that hardly any is held out.
    pub fn read(folder: &Path, name: &str) -> Result<Self, TrainError> {
        let inner = folder.join(name);
        let has_rules = |folder: &Path| folder.join(RULES).is_file();
        let folder = if !has_rules(folder) && has_rules(&inner) {
            &inner
        } else {
            folder
        };
        let path = folder.join(RULES);
        let wrong = |fault: String| TrainError::Data {
            path: path.clone(),
            fault,
        };
        let text = read_text(&path).map_err(wrong)?;
        let rules = Rules::parse(&text).map_err(wrong)?;
        let mut reader = Reader::of_side(rules.side);
        let mut parts = Vec::with_capacity(rules.parts.len());
        for (index, part) in rules.parts.iter().enumerate() {
            let (colours, colour_of) = match &part.colours {
                Colours::None => (None, None),
                Colours::Own(colours) => (Some(Choice::new(colours)), Some(index)),
                Colours::Of(other) => (None, Some(*other)),
            };
            let names = match colour_of.map(|part| &rules.parts[part].colours) {
                Some(Colours::Own(names)) => names.as_slice(),
                _ => &[],
            };
            let mut pieces = Vec::with_capacity(part.variants.len());
            for variant in &part.variants {
                let files = files_of(folder, part, variant, names)
                    .map_err(|missing| wrong(fault(&text, variant.at, missing)))?;
                let read = files.into_iter().map(|file| {
                    let name = format!("{}/{file}", part.folder);
                    let layer = reader.read(&folder.join(format!("{name}.png")))?;
                    Ok(Piece { name, layer })
                });
                pieces.push(read.collect::<Result<Vec<Piece>, TrainError>>()?);
            }
            parts.push(PartLayers {
                folder: part.folder.clone(),
                odds: part.odds,
                variants: Choice::new(&part.variants),
                colours,
                colour_of,
                pieces,
            });
        }
        let doll = Self {
            side: rules.side,
            background: rules.background,
            parts,
            labels: rules.labels,
            layout: None,
        };
        let held_out = (0..PROBES).filter(|&index| {
            let mut stream = Stream::new(PROBE_SERIES, Purpose::Compose, index);
            doll.is_held_out(&doll.combination(&mut stream))
        });
        let held_out = held_out.count() as u64;
        if !(MIN_PART..=PROBES - MIN_PART).contains(&held_out) {
            return Err(wrong(format!(
                "draws too few combinations for one in {HELD_OUT} to be held out; more variants \
                 are needed"
            )));
        }
        Ok(doll)
    }

    /// Draws the parts of a picture. Every number is drawn in any case, so that one part does
    /// not move the next.
    fn combination(&self, stream: &mut Stream) -> Combination {
        let drawn: Vec<_> = self
            .parts
            .iter()
            .map(|part| {
                let chance = stream.uniform();
                let variant = part.variants.draw(stream);
                let colour = part.colours.as_ref().map(|colours| colours.draw(stream));
                ((chance < part.odds).then_some(variant), colour)
            })
            .collect();
        let parts = self.parts.iter().zip(&drawn);
        parts
            .map(|(part, &(variant, _))| {
                let colour = part.colour_of.and_then(|other| drawn[other].1);
                (variant, colour)
            })
            .collect()
    }

    /// The parts of picture `index`, and what is left to draw the rest from.
    fn draw(&self, part: Part, index: u64) -> (Combination, Stream) {
        let (series, held_out) = match part {
            Part::Train => (TRAIN_SERIES, false),
            Part::Test => (TEST_SERIES, true),
        };
        let mut stream = Stream::new(series, Purpose::Compose, index);
        // `read` has seen that both parts of the data come up.
        loop {
            let combination = self.combination(&mut stream);
            if self.is_held_out(&combination) == held_out {
                return (combination, stream);
            }
        }
    }

    /// The layers of a combination, bottom first.
    fn pieces<'a>(&'a self, combination: &'a Combination) -> impl Iterator<Item = &'a Piece> {
        let parts = self.parts.iter().zip(combination);
        parts.filter_map(|(part, &(variant, colour))| {
            let pieces = &part.pieces[variant?];
            pieces.get(colour.unwrap_or(0)).or(pieces.first())
        })
    }

    /// Whether a combination belongs to the test pictures: SHA-256 of the names of its layers,
    /// bottom first, one a line; its first eight bytes as a number, most significant first, are a
    /// multiple of [`HELD_OUT`].
    fn is_held_out(&self, combination: &Combination) -> bool {
        let names: Vec<&str> = self.pieces(combination).map(|p| p.name.as_str()).collect();
        let hash = Sha256::digest(names.join("\n"));
        let number = hash
            .iter()
            .take(8)
            .fold(0u64, |n, &b| n << 8 | u64::from(b));
        number.is_multiple_of(HELD_OUT)
    }

    /// The labels that ask for nothing but the variant of one part, or nothing but a colour and
    /// what it needs, with the combinations that the part's variants or colours have.
    fn groups(&self) -> Vec<LabelGroup> {
        let mut groups = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            for of in [Aspect::Variant, Aspect::Colour] {
                let asks = |label: &LabelRule| {
                    let first = label.conditions.first();
                    first.is_some_and(|first| first.part == index && first.of == of)
                        && label.conditions.len() == 1 + label.needed
                };
                let labels = self.labels.iter().enumerate();
                let labels: Vec<usize> = labels
                    .filter(|(_, label)| asks(label))
                    .map(|(at, _)| at)
                    .collect();
                if labels.is_empty() {
                    continue;
                }
                let drawn = match (of, part.colour_of) {
                    (Aspect::Colour, Some(other)) => self.parts[other].colours.as_ref(),
                    _ => Some(&part.variants),
                };
                let choices = drawn.map_or(0, |choice| choice.sums.len());
                let named = |choice: usize, label: &usize| {
                    let conditions = &self.labels[*label].conditions;
                    conditions
                        .iter()
                        .any(|c| c.any_of.contains(&choice) && c.of == of)
                };
                let mut combinations: BTreeSet<Vec<bool>> = (0..choices)
                    .map(|choice| labels.iter().map(|label| named(choice, label)).collect())
                    .collect();
                let needs = labels.iter().any(|&at| self.labels[at].needed > 0);
                if part.odds < 1.0 || needs {
                    combinations.insert(vec![false; labels.len()]);
                }
                let suffix = if of == Aspect::Colour { "_colour" } else { "" };
                groups.push(LabelGroup {
                    name: format!("{}{suffix}", part.folder),
                    labels,
                    combinations,
                });
            }
        }
        groups
    }

    fn holds(label: &LabelRule, combination: &Combination) -> bool {
        let condition_holds = |condition: &Condition| {
            let (variant, colour) = combination[condition.part];
            let found = match condition.of {
                Aspect::Variant => variant,
                Aspect::Colour => variant.and(colour),
            };
            found.is_some_and(|found| condition.any_of.contains(&found)) != condition.excludes
        };
        label.conditions.iter().all(condition_holds)
    }
}

impl Doll for Described {
    fn form(&self) -> DataForm {
        DataForm {
            image: ImageSpec {
                channels: 3,
                height: self.side,
                width: self.side,
            },
            kind: LabelKind::Flags,
            labels: self.labels.iter().map(|label| label.name.clone()).collect(),
            groups: self.groups(),
            entries: self
                .layout
                .as_ref()
                .map_or_else(Vec::new, |layout| layout.entries.clone()),
        }
    }

    fn lay_out(&mut self, layout: &LayoutSettings) -> Result<(), String> {
        let pieces = self
            .parts
            .iter()
            .flat_map(|part| part.pieces.iter().flatten());
        let layers = pieces.map(|piece| (piece.name.as_str(), &piece.layer));
        let Background {
            hue,
            saturation,
            value,
        } = self.background;
        let colour = |hue| colour_of_hsv(hue, saturation, value);
        self.layout = Some(Layout::new(layout, self.side, layers, hue, colour)?);
        Ok(())
    }

    fn character(&self, part: Part, index: u64) -> Character {
        let (combination, mut stream) = self.draw(part, index);
        let [from, to] = self.background.hue;
        let hue = from + (to - from) * stream.uniform();
        let colour = colour_of_hsv(hue, self.background.saturation, self.background.value);
        let mut canvas = Canvas::new(self.side, colour);
        for piece in self.pieces(&combination) {
            canvas.lay(&piece.layer);
        }
        let holds = |label: &LabelRule| u8::from(Self::holds(label, &combination));
        let layout = self.layout.as_ref().map_or_else(Vec::new, |layout| {
            let mut canvas = layout.canvas(self.side, hue);
            for piece in self.pieces(&combination) {
                layout.lay(&mut canvas, &piece.name, &piece.layer);
            }
            layout.finish(&canvas)
        });
        Character {
            pixels: canvas.finish(),
            labels: self.labels.iter().map(holds).collect(),
            layout,
        }
    }
}

/// The names of a variant's files: one that serves every colour, or one for each.
fn files_of(
    folder: &Path,
    part: &PartRule,
    variant: &Weighted,
    colours: &[Weighted],
) -> Result<Vec<String>, String> {
    let within = folder.join(&part.folder);
    let is_there = |name: &str| within.join(format!("{name}.png")).is_file();
    if is_there(&variant.name) {
        return Ok(vec![variant.name.clone()]);
    }
    let names = colours.iter();
    let names: Vec<String> = names
        .map(|colour| format!("{}-{}", variant.name, colour.name))
        .collect();
    match names.iter().find(|name| !is_there(name)) {
        None if !names.is_empty() => Ok(names),
        missing => {
            let missing = missing.unwrap_or(&variant.name);
            Err(format!("{}/{missing}.png is not a file", part.folder))
        }
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes =
        load::read(path, MAX_BYTES).map_err(|error| format!("cannot be read: {}", error.fault))?;
    String::from_utf8(bytes).map_err(|_| "is not text in UTF-8".to_owned())
}

/// Red, green and blue of a hue in turns, a saturation and a value.
fn colour_of_hsv(hue: f64, saturation: f64, value: f64) -> [u8; 3] {
    let channel = |n: f64| {
        let k = (n + 6.0 * hue).rem_euclid(6.0);
        let part = k.min(4.0 - k).clamp(0.0, 1.0);
        (255.0 * value * (1.0 - saturation * part)).round() as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::example;
    use super::*;

    fn snails() -> Described {
        pixels(example())
    }

    /// The doll of some rules in pictures of one pixel, every piece in a colour of its own: red
    /// and green name the part and the variant, blue the colour.
    fn pixels(rules: &str) -> Described {
        let rules = Rules::parse(rules).expect("sound");
        let parts = rules.parts.iter().enumerate().map(|(index, part)| {
            let own = matches!(part.colours, Colours::Own(_));
            let colour_of = match &part.colours {
                Colours::None => None,
                Colours::Own(_) => Some(index),
                Colours::Of(other) => Some(*other),
            };
            let pieces = part.variants.iter().enumerate().map(|(variant, named)| {
                let plain = colour_of.is_none() || named.name == "striped";
                let colours = if plain { 1 } else { 3 };
                let piece = |colour: usize| Piece {
                    name: format!("{}/{}-{colour}", part.folder, named.name),
                    layer: Layer::new(&[index as u8 + 1, variant as u8 + 1, colour as u8, 255]),
                };
                (0..colours).map(piece).collect()
            });
            PartLayers {
                folder: part.folder.clone(),
                odds: part.odds,
                variants: Choice::new(&part.variants),
                colours: match &part.colours {
                    Colours::Own(colours) if own => Some(Choice::new(colours)),
                    _ => None,
                },
                colour_of,
                pieces: pieces.collect(),
            }
        });
        Described {
            side: 1,
            background: rules.background,
            parts: parts.collect(),
            labels: rules.labels,
            layout: None,
        }
    }

    fn names(doll: &Described, combination: &Combination) -> Vec<String> {
        doll.pieces(combination).map(|p| p.name.clone()).collect()
    }

    fn combinations(doll: &Described, count: u64) -> impl Iterator<Item = Combination> {
        (0..count).map(|index| doll.combination(&mut Stream::new(9, Purpose::Compose, index)))
    }

    #[test]
    fn parts_come_up_by_their_odds_and_weights() {
        let doll = snails();
        let (mut round, mut shells, mut shut) = (0, 0, 0);
        for combination in combinations(&doll, 4000) {
            let names = names(&doll, &combination);
            let has = |part: &str| names.iter().any(|name| name.starts_with(part));
            round += u32::from(has("body/round"));
            shells += u32::from(has("shell"));
            shut += u32::from(has("eyes/shut"));
        }
        for (found, wanted) in [(round, 3000), (shells, 3200), (shut, 1200)] {
            assert!(u32::abs_diff(found, wanted) < 120, "{found}, not {wanted}");
        }
    }

    #[test]
    fn a_part_can_have_the_colour_of_another() {
        let doll = snails();
        let mut seen = BTreeSet::new();
        for combination in combinations(&doll, 300) {
            let names = names(&doll, &combination);
            let colour = names[0].chars().last();
            if let Some(plain) = names.iter().find(|name| name.starts_with("shell/plain")) {
                assert_eq!(plain.chars().last(), colour, "{names:?}");
                seen.insert(colour);
            }
        }
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn labels_hold_where_all_their_conditions_do() {
        let doll = snails();
        let labels = doll.form().labels;
        let mut counts = vec![0; labels.len()];
        for combination in combinations(&doll, 2000) {
            let names = names(&doll, &combination);
            let has = |part: &str| names.iter().any(|name| name.starts_with(part));
            let wanted = [
                has("body/round"),
                has("shell/striped"),
                has("eyes/open") || has("eyes/one"),
                has("body/long") && has("eyes/open"),
                // Colours are drawn in the order of their names: blue, green, red.
                names[0].ends_with("-2") && !has("shell/striped"),
            ];
            for ((label, wanted), count) in doll.labels.iter().zip(wanted).zip(&mut counts) {
                let found = Described::holds(label, &combination);
                assert_eq!(found, wanted, "{} of {names:?}", label.name);
                *count += usize::from(found);
            }
        }
        assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
    }

    #[test]
    fn labels_of_one_part_are_a_group_with_what_can_be() {
        let doll = snails();
        let group = |name: &str, labels: &[&str], combinations: &[&[bool]]| {
            let all = doll.form();
            let found = all.groups.iter().find(|group| group.name == name);
            let found = found.unwrap_or_else(|| panic!("{name} is no group"));
            let names = found.labels.iter().map(|&label| all.labels[label].as_str());
            assert_eq!(names.collect::<Vec<_>>(), labels);
            let combinations = combinations.iter().map(|c| c.to_vec());
            assert_eq!(found.combinations, combinations.collect());
        };
        group("body", &["round"], &[&[false], &[true]]);
        group("eyes", &["awake"], &[&[false], &[true]]);
        group("body_colour", &["red"], &[&[false], &[true]]);
        assert_eq!(doll.form().groups.len(), 4);
        // What is seen on pictures is among what can be.
        let form = doll.form();
        for index in 0..300 {
            let labels = doll.character(Part::Test, index).labels;
            for group in &form.groups {
                let row: Vec<bool> = group
                    .labels
                    .iter()
                    .map(|&label| labels[label] == 1)
                    .collect();
                assert!(group.combinations.contains(&row), "{group:?}, {row:?}");
            }
        }
    }

    /// A label that asks for a colour and for something else besides does not say which colour a
    /// part has.
    #[test]
    fn labels_with_conditions_of_their_own_are_in_no_group() {
        let one = "red = { body_colour = [\"red\"] }";
        assert!(example().contains(one));
        let more = "red_awake = { body_colour = [\"red\"], eyes = [\"open\"] }";
        let form = pixels(&example().replace(one, &format!("{one}\n{more}"))).form();
        let grouped = form.groups.iter().flat_map(|group| {
            let names = group
                .labels
                .iter()
                .map(|&label| form.labels[label].as_str());
            names.map(|name| (group.name.as_str(), name))
        });
        let grouped: Vec<_> = grouped.collect();
        assert!(grouped.contains(&("body_colour", "red")), "{grouped:?}");
        assert!(grouped.iter().all(|(_, name)| *name != "red_awake"));
    }

    #[test]
    fn no_combination_is_in_both_parts_of_the_data() {
        let doll = snails();
        let drawn = |part: Part| -> BTreeSet<String> {
            let all = (0..500).map(|index| doll.draw(part, index).0);
            all.map(|combination| names(&doll, &combination).join("\n"))
                .collect()
        };
        let (train, test) = (drawn(Part::Train), drawn(Part::Test));
        assert!(train.len() > test.len() && !test.is_empty());
        for (held_out, name) in train
            .iter()
            .map(|name| (false, name))
            .chain(test.iter().map(|name| (true, name)))
        {
            let digest = Sha256::digest(name);
            let first = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
            assert_eq!(first % 10 == 0, held_out, "{name:?}");
        }
    }

    #[test]
    fn a_picture_is_its_top_layer_and_depends_on_its_place_alone() {
        let doll = snails();
        for index in 0..50 {
            let first = doll.character(Part::Train, index);
            // The eyes lie on top and cover all.
            assert_eq!(first.pixels[0], 3);
            let again = doll.character(Part::Train, index);
            assert_eq!((first.pixels, first.labels), (again.pixels, again.labels));
        }
    }

    #[test]
    fn hues_are_the_colours_that_they_are_everywhere() {
        for (hsv, rgb) in [
            ((0.0, 1.0, 1.0), [255, 0, 0]),
            ((1.0 / 6.0, 1.0, 1.0), [255, 255, 0]),
            ((1.0 / 3.0, 1.0, 0.5), [0, 128, 0]),
            ((2.0 / 3.0, 0.5, 1.0), [128, 128, 255]),
            ((0.4, 0.0, 0.2), [51, 51, 51]),
            // colorsys.hsv_to_rgb(0.9, 0.28, 0.95)
            ((0.9, 0.28, 0.95), [242, 174, 215]),
        ] {
            assert_eq!(colour_of_hsv(hsv.0, hsv.1, hsv.2), rgb, "{hsv:?}");
        }
    }
}
