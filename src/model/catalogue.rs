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
    "digits-vae2",
    "digits-ae2",
    "digits-gan",
    "digits-cvae",
    "digits-cgan",
    "digits-ddpm",
    "fashion-vae",
    "heroes-vae",
    "heroes-stylegan",
    "digits-judge",
    "heroes-judge",
    "faces-judge",
];

/// All models, in the order in which a picker shows them.
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

/// The model of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}
