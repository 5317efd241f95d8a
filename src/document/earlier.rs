//! What documents of earlier versions mean today.

use crate::latent::SessionNames;
use crate::latent::expr::{from_earlier, parse};

/// Models of the catalogue of that time that have no mapping network: what their documents say
/// means the same today.
const WITHOUT_W: [&str; 5] = [
    "digits-vae2",
    "digits-ae2",
    "digits-gan",
    "fashion-vae",
    "heroes-vae",
];

/// The text of an expression that was written for a model before truncation acted in w, in
/// today's language; `None` where it is the same. `names` are those that came with it. Texts that
/// cannot be read stay as they are.
pub fn upgraded(
    text: &str,
    model_name: &str,
    names: impl FnOnce() -> SessionNames,
) -> Option<String> {
    // Most have no truncation, and parsing 100,000 steps takes a while.
    if WITHOUT_W.contains(&model_name) || !text.contains("truncate") {
        return None;
    }
    let expr = parse(text).ok()?;
    let upgraded = from_earlier(&expr, &names());
    (upgraded != expr).then(|| upgraded.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_with_a_mapping_network_are_rewritten() {
        let names = SessionNames::default;
        let text = "truncate(seed(5), 0.5) + dir(\"z1\")";
        assert_eq!(upgraded(text, "digits-gan", names), None);
        assert_eq!(
            upgraded(text, "heroes-stylegan", names).as_deref(),
            Some("0.5*seed(5) + dir(\"z1\")")
        );
        for unchanged in [
            "seed(1)",
            "truncate(w(seed(1)), 0.5)",
            "truncate(",
            "@truncate",
        ] {
            assert_eq!(upgraded(unchanged, "mine", names), None, "{unchanged}");
        }
    }
}
