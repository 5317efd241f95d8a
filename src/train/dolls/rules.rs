//! The text of a `doll.toml`, checked: `docs/paper-dolls.md` describes it.
//!
//! It is read value by value and not into derived types, because some of its keys are names that
//! the text itself makes up, and because every fault is to name its line.

use super::layer::{MAX_LAYERS, MAX_SIDE};
use super::table::{MAX_NAME, Table, fault};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// More parts, labels or bytes than any such file has.
const MAX_PARTS: usize = 64;
const MAX_LABELS: usize = 256;
/// Variants or colours of one part.
const MAX_CHOICES: usize = 1000;
/// Names in all conditions together, those that colours need counted with every label.
const MAX_CONDITIONS: usize = 100_000;
pub const MAX_BYTES: u64 = 256 << 10;
const MAX_WEIGHT: f64 = 1e6;

/// What a doll is made of.
#[derive(Debug)]
pub struct Rules {
    pub side: usize,
    pub background: Background,
    /// Bottom first.
    pub parts: Vec<PartRule>,
    pub labels: Vec<LabelRule>,
}

/// One even colour, its hue drawn for each picture.
#[derive(Clone, Copy, Debug)]
pub struct Background {
    /// From and to, in turns.
    pub hue: [f64; 2],
    pub saturation: f64,
    pub value: f64,
}

#[derive(Debug)]
pub struct PartRule {
    pub folder: String,
    /// How often a picture has the part.
    pub odds: f64,
    pub variants: Vec<Weighted>,
    pub colours: Colours,
}

/// Where the colour of a part comes from.
#[derive(Debug)]
pub enum Colours {
    /// It has none.
    None,
    Own(Vec<Weighted>),
    /// It has the colour that was drawn for another part, by its index.
    Of(usize),
}

/// A name that is drawn in proportion to its weight.
#[derive(Debug)]
pub struct Weighted {
    pub name: String,
    pub weight: f64,
    /// Where it stands in the text, in bytes.
    pub at: usize,
}

/// A label holds where all its conditions do.
#[derive(Debug)]
pub struct LabelRule {
    pub name: String,
    pub conditions: Vec<Condition>,
    /// How many of the conditions are those that its colours need, not its own.
    pub needed: usize,
}

/// Something about one part.
#[derive(Clone, Debug)]
pub struct Condition {
    pub part: usize,
    pub of: Aspect,
    /// Indices of variants or colours.
    pub any_of: Vec<usize>,
    /// Whether the part must be none of them instead.
    pub excludes: bool,
}

/// What a condition looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aspect {
    Variant,
    Colour,
}

impl Rules {
    /// Reads the text of a `doll.toml`.
    ///
    /// # Errors
    /// A predicate, such as "is wrong in line 7: …", for the first fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root = DeTable::parse(text).map_err(|error| {
            // The message of the parser may have several lines.
            let message = error.message().replace('\n', ", ");
            match error.span() {
                Some(span) => fault(text, span.start, message),
                None => format!("is not TOML: {message}"),
            }
        })?;
        let root = Table {
            text,
            name: "a doll.toml".to_owned(),
            at: 0,
            entries: root.get_ref(),
        };
        let side = root.number("size", 1.0..=MAX_SIDE as f64)?;
        if side.fract() != 0.0 {
            return Err(root.fault_at("size", "is not a whole number of pixels"));
        }
        let background = background(&root.table("background")?)?;
        let parts = parts(&root)?;
        let needs = needs(&root, &parts)?;
        let labels = labels(&root.table("labels")?, &parts, &needs)?;
        let of_needs: Vec<String> = parts.iter().map(needs_key).collect();
        let mut known = vec!["size", "background", "part", "labels"];
        known.extend(of_needs.iter().map(String::as_str));
        root.only(&known)?;
        Ok(Self {
            side: side as usize,
            background,
            parts,
            labels,
        })
    }
}

/// The key of what the colour of a part needs to be seen.
fn needs_key(part: &PartRule) -> String {
    format!("{}_colour_needs", part.folder)
}

fn background(table: &Table<'_>) -> Result<Background, String> {
    table.only(&["hue", "saturation", "value"])?;
    let hue = match table.entries.get("hue") {
        None => [0.0, 1.0],
        Some(value) => match value.get_ref() {
            DeValue::Array(ends) if ends.len() == 2 => {
                let end = |index: usize| table.value_number("hue", &ends[index], 0.0..=1.0);
                [end(0)?, end(1)?]
            }
            _ => return Err(table.fault_at("hue", "must be [from, to], both 0 to 1")),
        },
    };
    Ok(Background {
        hue,
        saturation: table.number("saturation", 0.0..=1.0)?,
        value: table.number("value", 0.0..=1.0)?,
    })
}

fn parts(root: &Table<'_>) -> Result<Vec<PartRule>, String> {
    let (at, value) = root.value("part")?;
    let DeValue::Array(tables) = value else {
        return Err(fault(root.text, at, "parts are written as [[part]]"));
    };
    if !(1..=MAX_PARTS).contains(&tables.len()) {
        let count = tables.len();
        let message = format!("a doll has 1 to {MAX_PARTS} parts, not {count}");
        return Err(fault(root.text, at, message));
    }
    let mut parts: Vec<PartRule> = Vec::with_capacity(tables.len());
    // Which part takes its colour from which, and where it says so.
    let mut taken: Vec<(usize, String, usize)> = Vec::new();
    for value in tables {
        let table = root.inner("part", value)?;
        table.only(&["folder", "odds", "variants", "colours", "colours_of"])?;
        let folder = table.string("folder")?;
        check_name(&folder).map_err(|message| table.fault_at("folder", message))?;
        if parts.iter().any(|part| part.folder == folder) {
            return Err(table.fault_at("folder", "is named by two parts"));
        }
        let has = |key: &str| table.entries.contains_key(key);
        let colours = match (has("colours"), has("colours_of")) {
            (true, true) => {
                let message = "stands beside `colours`; a part has one or the other";
                return Err(table.fault_at("colours_of", message));
            }
            (true, false) => Colours::Own(weights(&table.table("colours")?)?),
            (false, true) => {
                let (at, _) = table.value("colours_of")?;
                taken.push((parts.len(), table.string("colours_of")?, at));
                Colours::None
            }
            (false, false) => Colours::None,
        };
        parts.push(PartRule {
            odds: table.number("odds", 0.0..=1.0)?,
            folder,
            variants: weights(&table.table("variants")?)?,
            colours,
        });
    }
    for (part, of, at) in taken {
        let found = parts.iter().position(|other| other.folder == of);
        match found.filter(|&other| matches!(parts[other].colours, Colours::Own(_))) {
            Some(other) => parts[part].colours = Colours::Of(other),
            None => {
                let of: String = of.chars().take(MAX_NAME).collect();
                let message = format!("no part {of:?} has `colours` that could be taken");
                return Err(fault(root.text, at, message));
            }
        }
    }
    // Before anything looks for that many files.
    let layers = parts.iter().map(|part| {
        let colours = own_colours(&parts, &part.colours).map_or(1, <[Weighted]>::len);
        part.variants.len() * colours
    });
    if layers.sum::<usize>() > MAX_LAYERS {
        let message = format!("variants and colours make more than {MAX_LAYERS} layers");
        return Err(fault(root.text, at, message));
    }
    Ok(parts)
}

/// Names with their weights.
fn weights(table: &Table<'_>) -> Result<Vec<Weighted>, String> {
    if table.entries.is_empty() {
        return Err(fault(
            table.text,
            table.at,
            format!("`{}` must name at least one", table.name),
        ));
    }
    if table.entries.len() > MAX_CHOICES {
        let message = format!("`{}` names more than {MAX_CHOICES}", table.name);
        return Err(fault(table.text, table.at, message));
    }
    let mut weights = Vec::with_capacity(table.entries.len());
    for (name, value) in table.entries {
        let at = name.span().start;
        check_name(name.get_ref()).map_err(|message| {
            let name: String = name.get_ref().chars().take(MAX_NAME).collect();
            fault(table.text, at, format!("{name:?} {message}"))
        })?;
        let weight = table.value_number(name.get_ref(), value, 0.0..=MAX_WEIGHT)?;
        if weight == 0.0 {
            return Err(table.fault_at(name.get_ref(), "must be above 0, or left out"));
        }
        weights.push(Weighted {
            name: name.get_ref().to_string(),
            weight,
            at,
        });
    }
    Ok(weights)
}

/// What the colour of each part needs to be seen.
fn needs(root: &Table<'_>, parts: &[PartRule]) -> Result<Vec<Vec<Condition>>, String> {
    let mut needs = Vec::with_capacity(parts.len());
    for part in parts {
        let key = needs_key(part);
        if !root.entries.contains_key(key.as_str()) {
            needs.push(Vec::new());
            continue;
        }
        let table = root.table(&key)?;
        let mut conditions = Vec::new();
        for (key, value) in table.entries {
            let (folder, excludes) = match key.get_ref().strip_prefix("not_") {
                Some(folder) => (folder, true),
                None => (key.get_ref().as_ref(), false),
            };
            let Some(part) = parts.iter().position(|part| part.folder == folder) else {
                return Err(table.fault_at(key.get_ref(), "is not a part"));
            };
            conditions.push(Condition {
                part,
                of: Aspect::Variant,
                any_of: indices(&table, key.get_ref(), value, &parts[part].variants)?,
                excludes,
            });
        }
        needs.push(conditions);
    }
    Ok(needs)
}

fn labels(
    table: &Table<'_>,
    parts: &[PartRule],
    needs: &[Vec<Condition>],
) -> Result<Vec<LabelRule>, String> {
    if !(1..=MAX_LABELS).contains(&table.entries.len()) {
        let message = format!("a doll has 1 to {MAX_LABELS} labels");
        return Err(fault(table.text, table.at, message));
    }
    let mut labels: Vec<(usize, LabelRule)> = Vec::with_capacity(table.entries.len());
    let mut asked = 0;
    for (name, value) in table.entries {
        check_name(name.get_ref()).map_err(|message| table.fault_at(name.get_ref(), message))?;
        let rule = table.inner(name.get_ref(), value)?;
        let mut conditions = Vec::new();
        let mut all_needed = 0;
        for (key, value) in rule.entries {
            let named = |name: &str| parts.iter().position(|part| part.folder == name);
            let of_colour = key.get_ref().strip_suffix("_colour");
            let (part, of) = match (named(key.get_ref()), of_colour.and_then(named)) {
                (Some(part), _) => (part, Aspect::Variant),
                (None, Some(part)) => (part, Aspect::Colour),
                (None, None) => {
                    let message = "is neither a part nor PART_colour";
                    return Err(rule.fault_at(key.get_ref(), message));
                }
            };
            let names = match (of, &parts[part].colours) {
                (Aspect::Variant, _) => &parts[part].variants,
                (Aspect::Colour, colours) => match own_colours(parts, colours) {
                    Some(colours) => colours,
                    None => {
                        let message = "asks for the colour of a part without colours";
                        return Err(rule.fault_at(key.get_ref(), message));
                    }
                },
            };
            conditions.push(Condition {
                part,
                of,
                any_of: indices(&rule, key.get_ref(), value, names)?,
                excludes: false,
            });
            let needed = match of {
                Aspect::Variant => &[],
                Aspect::Colour => needs[part].as_slice(),
            };
            let new = conditions.last().into_iter().chain(needed);
            asked += new.map(|condition| condition.any_of.len()).sum::<usize>();
            if asked > MAX_CONDITIONS {
                let message = format!("asks for more than {MAX_CONDITIONS} names in all");
                return Err(rule.fault_at(key.get_ref(), message));
            }
            conditions.extend(needed.iter().cloned());
            all_needed += needed.len();
        }
        if conditions.is_empty() {
            let message = "has no condition";
            return Err(table.fault_at(name.get_ref(), message));
        }
        let name_at = name.span().start;
        let name = name.get_ref().to_string();
        let label = LabelRule {
            name,
            conditions,
            needed: all_needed,
        };
        labels.push((name_at, label));
    }
    // In the order of the text, which is the one that people see.
    labels.sort_by_key(|(at, _)| *at);
    Ok(labels.into_iter().map(|(_, label)| label).collect())
}

/// The names of a part's colours, its own or those of another part.
fn own_colours<'a>(parts: &'a [PartRule], colours: &'a Colours) -> Option<&'a [Weighted]> {
    match colours {
        Colours::None => None,
        Colours::Own(colours) => Some(colours),
        Colours::Of(other) => own_colours(parts, &parts[*other].colours),
    }
}

/// The places of a list of names among those that are drawn.
fn indices(
    table: &Table<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    names: &[Weighted],
) -> Result<Vec<usize>, String> {
    let DeValue::Array(wanted) = value.get_ref() else {
        return Err(table.fault_at(key, "must be a list of names"));
    };
    if wanted.len() > names.len() {
        return Err(table.fault_at(key, "names more than there is"));
    }
    let mut indices = Vec::with_capacity(wanted.len());
    for name in wanted {
        let at = name.span().start;
        let DeValue::String(name) = name.get_ref() else {
            return Err(table.fault_at(key, "must be a list of names"));
        };
        let found = names.iter().position(|known| known.name == name.as_ref());
        indices.push(found.ok_or_else(|| {
            let name: String = name.chars().take(MAX_NAME).collect();
            fault(table.text, at, format!("{name:?} is not drawn for `{key}`"))
        })?);
    }
    if indices.is_empty() {
        return Err(table.fault_at(key, "must name at least one"));
    }
    Ok(indices)
}

/// Names become parts of paths, so they lead nowhere.
fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=MAX_NAME).contains(&name.len()) && name.chars().all(plain) {
        Ok(())
    } else {
        Err(format!(
            "is not a name: 1 to {MAX_NAME} of the letters a to z, digits, `_` and `-`"
        ))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The worked example of the documentation.
    pub fn example() -> &'static str {
        let text = include_str!("../../../docs/paper-dolls.md");
        let (_, from) = text.split_once("```toml\n").expect("an example");
        from.split_once("```").expect("it ends").0
    }

    #[test]
    fn the_documented_example_is_what_it_says() {
        let rules = Rules::parse(example()).expect("it is sound");
        assert_eq!(rules.side, 32);
        assert_eq!(rules.background.hue, [0.1, 0.6]);
        let folders: Vec<_> = rules.parts.iter().map(|p| p.folder.as_str()).collect();
        assert_eq!(folders, ["body", "shell", "eyes"]);
        assert_eq!(rules.parts[1].odds, 0.8);
        assert!(matches!(rules.parts[1].colours, Colours::Of(0)));
        let labels: Vec<_> = rules.labels.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(
            labels,
            ["round", "striped", "awake", "looking_around", "red"]
        );
        let [colour, hidden] = &rules.labels[4].conditions[..] else {
            panic!("red has a condition and a need: {:?}", rules.labels[4]);
        };
        let names = |weights: &[Weighted], indices: &[usize]| -> Vec<String> {
            indices.iter().map(|&i| weights[i].name.clone()).collect()
        };
        let Colours::Own(colours) = &rules.parts[0].colours else {
            panic!("the body has colours of its own");
        };
        assert_eq!(names(colours, &colour.any_of), ["red"]);
        assert_eq!((colour.of, colour.excludes), (Aspect::Colour, false));
        assert_eq!(names(&rules.parts[1].variants, &hidden.any_of), ["striped"]);
        assert_eq!((hidden.part, hidden.excludes), (1, true));
    }

    #[test]
    fn faults_are_one_sentence_with_their_line() {
        for (from, to, line, part) in [
            ("size = 32 ", "size = 0 ", 1, "from 1 to 512"),
            ("size = 32 ", "size = 3.5 ", 1, "whole number"),
            ("size = 32 ", "size = 99999999999999999999 ", 1, "1 to 512"),
            ("size = 32 ", "", 1, "must have `size`"),
            ("size = 32 ", "size = ", 1, ""),
            ("size = 32 ", "size = 32\nsides = 2", 2, "has no `sides`"),
            ("[0.1, 0.6]", "[0.1, 7]", 4, "from 0 to 1"),
            ("[0.1, 0.6]", "[0.1]", 4, "[from, to]"),
            ("saturation = 0.3", "saturation = nan", 5, "from 0 to 1"),
            ("value = 0.9", "value = \"1\"", 6, "from 0 to 1"),
            ("\"body\"\n", "\"../body\"\n", 9, "is not a name"),
            ("folder = \"eyes\"", "folder = \"body\"", 21, "two parts"),
            ("odds = 0.8", "odds = -1", 16, "from 0 to 1"),
            ("odds = 0.8", "odd = 0.8", 16, "has no `odd`"),
            ("colours_of = \"body\"", "colours_of = \"eyes\"", 18, "eyes"),
            ("{ round = 3,", "{ round = 0,", 11, "above 0"),
            ("{ round = 3,", "{ round = inf,", 11, "0 to 1000000"),
            ("{ round = 3,", "{ \"a/b\" = 3,", 11, "is not a name"),
            ("{ plain = 1, striped = 1 }", "{}", 17, "at least one"),
            ("{ plain = 1, striped = 1 }", "[\"plain\"]", 17, "a table"),
            ("[\"striped\"] }", "[\"stripes\"] }", 27, "\"stripes\""),
            ("[\"striped\"] }", "\"striped\" }", 27, "a list of names"),
            ("[\"striped\"] }", "[] }", 27, "at least one"),
            ("{ shell = [\"striped\"] }", "{}", 27, "no condition"),
            (
                "{ eyes = [\"open\", \"one\"] }",
                "{ nose = [\"x\"] }",
                28,
                "neither a part",
            ),
            (
                "{ body_colour = ",
                "{ eyes_colour = ",
                30,
                "without colours",
            ),
            ("not_shell", "not_horn", 33, "is not a part"),
            (
                "[body_colour_needs]",
                "[horn_colour_needs]",
                32,
                "has no `horn",
            ),
            ("[labels]", "[labels", 25, ""),
        ] {
            assert!(example().contains(from), "the example has no {from:?}");
            let text = example().replacen(from, to, 1);
            let fault = Rules::parse(&text).expect_err(to);
            let place = format!("is wrong in line {line}: ");
            assert!(fault.starts_with(&place), "{to:?}: {fault}");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
            assert!(!fault.contains('\n'), "{fault:?} has several lines");
        }
    }

    #[test]
    fn both_kinds_of_colours_in_one_part_are_refused() {
        let text = example().replacen("colours_of = ", "colours = { a = 1 }\ncolours_of = ", 1);
        let fault = Rules::parse(&text).expect_err("one part has both");
        assert!(fault.contains("line 19") && fault.contains("one or the other"));
    }

    #[test]
    fn no_text_however_broken_is_more_than_a_fault() {
        let example = example();
        for at in 0..example.len() {
            for with in ["", "\"", "[", "{", "=", "9", "\u{0}", "-inf"] {
                let text = format!("{}{with}{}", &example[..at], &example[at + 1..]);
                if let Err(fault) = Rules::parse(&text) {
                    assert!(!fault.contains('\n') && fault.len() < 400, "{fault:?}");
                }
            }
            let _ = Rules::parse(&example[..at]);
        }
        for deep in ["[", "{a=", "a."] {
            Rules::parse(&format!("size = {}", deep.repeat(100_000))).expect_err("too deep");
        }
        let many = "[[part]]\n".repeat(MAX_PARTS + 1);
        let text = format!("size = 1\n[background]\nsaturation = 0\nvalue = 0\n{many}");
        let fault = Rules::parse(&text).expect_err("too many parts");
        assert!(fault.contains("1 to 64 parts"), "{fault}");
    }

    /// What grows with a product of two sizes is bounded before it is made.
    #[test]
    fn absurd_amounts_are_refused() {
        let names = |letter: char, count: usize, form: fn(String) -> String| -> String {
            let all = (0..count).map(|index| form(format!("{letter}{index}")));
            all.collect::<Vec<_>>().join(", ")
        };
        let weighted = |name: String| format!("{name} = 1");
        let quoted = |name: String| format!("\"{name}\"");
        let doll = |variants: usize, colours: usize, labels: usize, listed: usize| {
            let label = |index: usize| format!("l{index} = {{ p_colour = [\"c0\"] }}\n");
            format!(
                "size = 1\n[background]\nsaturation = 0\nvalue = 0\n[[part]]\nfolder = \"p\"\n\
                 odds = 1\nvariants = {{ {} }}\ncolours = {{ {} }}\n[labels]\n{}\
                 [p_colour_needs]\np = [{}]\n",
                names('v', variants, weighted),
                names('c', colours, weighted),
                (0..labels).map(label).collect::<String>(),
                names('v', listed, quoted),
            )
        };
        Rules::parse(&doll(900, 10, 100, 900)).expect("within bounds");
        for (text, part) in [
            (doll(1001, 1, 1, 1), "more than 1000"),
            (doll(101, 101, 1, 1), "more than 10000 layers"),
            (doll(900, 1, 200, 900), "100000 names in all"),
            (doll(900, 1, 257, 1), "1 to 256 labels"),
            (doll(10, 1, 1, 11), "more than there is"),
        ] {
            let fault = Rules::parse(&text).expect_err(part);
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
    }
}
