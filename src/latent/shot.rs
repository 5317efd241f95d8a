//! Everything that makes one picture, as one value.
//!
//! The hazard here is a picture that cannot be made again because one setting was left behind on
//! the way to a file, a thumbnail or another thread. So nothing passes a part of a [`Shot`]
//! around, and a stored shot with a setting that this version does not know is refused: drawn
//! without it, it would be another picture.

use super::Sampler;
use super::expr::{Expr, parse};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Identity of a model: the same name and hash decode the same picture from the same code.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ModelId {
    pub name: String,
    /// Content hash of the model file, lower-case hexadecimal SHA-256.
    pub hash: String,
}

/// What makes one picture: the same shot gives the same picture.
///
/// Stored as a map whose `expression` is its text and in which `sampler` is left
/// out where it is the default, so what a version of the program adds costs nothing
/// where it is not used. Unknown fields are an error that names the field.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shot {
    pub model: ModelId,
    #[serde(serialize_with = "write_text", deserialize_with = "read_text")]
    pub expression: Expr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub sampler: Sampler,
}

impl Shot {
    /// The picture of an expression, with the default settings.
    pub fn new(model: ModelId, expression: Expr) -> Self {
        Self {
            model,
            expression,
            sampler: Sampler::default(),
        }
    }

    /// The same with other settings of the sampler.
    #[must_use]
    pub fn with_sampler(self, sampler: Sampler) -> Self {
        Self { sampler, ..self }
    }

    /// Whether both are drawn alike, so that their codes can be decoded in one batch.
    pub fn is_drawn_like(&self, other: &Self) -> bool {
        self.model == other.model && self.sampler == other.sampler
    }
}

fn write_text<S: Serializer>(expression: &Expr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(expression)
}

fn read_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Expr, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(|error| de::Error::custom(format_args!("the expression: {error}")))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::NoiseMode;

    fn shot() -> Shot {
        let model = ModelId {
            name: "digits-gan".to_owned(),
            hash: "ab".to_owned(),
        };
        Shot::new(model, parse("slerp(seed(1), @me, 0.5)").unwrap())
    }

    #[test]
    fn the_stored_form_stays_as_it_is() {
        let plain = r#"{"model":{"name":"digits-gan","hash":"ab"},"expression":"slerp(seed(1), @me, 0.5)"}"#;
        assert_eq!(serde_json::to_string(&shot()).unwrap(), plain);
        assert_eq!(serde_json::from_str::<Shot>(plain).unwrap(), shot());
        let noisy = shot().with_sampler(Sampler::with_noise(NoiseMode::Random { seed: 3 }));
        let text = plain.replace(
            "0.5)\"}",
            "0.5)\",\"sampler\":{\"noise\":{\"random\":{\"seed\":3}}}}",
        );
        assert_eq!(serde_json::to_string(&noisy).unwrap(), text);
        assert_eq!(serde_json::from_str::<Shot>(&text).unwrap(), noisy);
        assert!(!noisy.is_drawn_like(&shot()));
    }

    #[test]
    fn settings_of_newer_versions_are_refused_by_name() {
        let plain = serde_json::to_string(&shot()).unwrap();
        for (field, named) in [
            (r#""mask":"a.png""#, "mask"),
            (r#""sampler":{"heat":50}"#, "heat"),
            (r#""conditions":{"class":3}"#, "conditions"),
        ] {
            let text = plain.replace("{\"model\"", &format!("{{{field},\"model\""));
            let error = serde_json::from_str::<Shot>(&text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        let text = plain.replace("slerp(", "sloop(");
        let error = serde_json::from_str::<Shot>(&text).unwrap_err().to_string();
        assert!(error.contains("the expression: column 1"), "{error}");
    }
}
