//! Names of settings, as options and stored shots write them.

use crate::latent::expr::suggest;

/// One of a few settings with names.
pub trait Name: Copy + 'static {
    /// Every setting, as menus list them.
    const ALL: &'static [Self];
    /// What the settings are, in the singular.
    const KIND: &'static str;

    fn name(self) -> &'static str;

    /// The setting of a name.
    ///
    /// # Errors
    /// When there is none; the sentence names a close one, or all.
    fn named(text: &str) -> Result<Self, NameError> {
        let mut all = Self::ALL.iter().copied();
        all.find(|setting| setting.name() == text)
            .ok_or_else(|| NameError::new::<Self>(text))
    }
}

/// A name that no setting has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no {kind} {name:?}; {advice}")]
pub struct NameError {
    kind: &'static str,
    name: String,
    advice: String,
}

impl NameError {
    fn new<N: Name>(name: &str) -> Self {
        // Names come from anywhere, at any length.
        const LONGEST: usize = 40;
        let names: Vec<&str> = N::ALL.iter().map(|setting| setting.name()).collect();
        let close = suggest(name, names.iter().copied());
        let advice = match close {
            Some(close) => format!("did you mean {close}?"),
            None => format!("there are {}", names.join(", ")),
        };
        Self {
            kind: N::KIND,
            name: name.chars().take(LONGEST).collect(),
            advice,
        }
    }
}
