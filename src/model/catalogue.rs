//! The models that are built into the program.

/// A model of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    /// The whole `.safetensors` file.
    pub bytes: &'static [u8],
}

/// The model that a first start shows.
pub const DEFAULT: &str = "faces-stylegan";

macro_rules! entries {
    ($($name:literal),* $(,)?) => {
        &[$(Entry {
            name: $name,
            bytes: include_bytes!(concat!("../../assets/models/", $name, ".safetensors")),
        }),*]
    };
}

static ENTRIES: &[Entry] = entries![
    "faces-stylegan",
    "faces-vae",
    "faces-ldm",
    "faces-vq",
    "faces-sketch",
    "digits-vae2",
    "digits-ae2",
    "digits-gan",
    "digits-cvae",
    "digits-cgan",
    "digits-ddpm",
    "digits-flow",
    "digits-pixel",
    "fashion-vae",
    "digits-judge",
    "faces-judge",
];

/// Models that earlier versions had built in. Documents of that time name them without a file.
const FORMER: &[&str] = &["heroes-vae", "heroes-stylegan", "heroes-judge"];

/// All models, in the order in which a picker shows them.
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

/// The model of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// Why there is no built-in model of this name, as what follows a colon in a sentence.
pub fn absence(name: &str) -> String {
    if FORMER.contains(&name) {
        return format!(
            "it was built into earlier versions of the program; a file {name}.safetensors can be \
             opened"
        );
    }
    let known: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    format!("built in are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_is_not_there_and_says_so() {
        for name in FORMER {
            assert!(find(name).is_none(), "{name}");
            assert!(absence(name).contains("earlier versions"), "{name}");
        }
        assert!(absence("goose").contains("digits-vae2"));
    }
}
