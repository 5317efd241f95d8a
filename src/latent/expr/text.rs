//! Expressions in files: as the text that people read and type.

use super::{Expr, parse};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_its_text() {
        let expr = parse("slerp(seed(3), @me, 0.25) - dir(\"z1\")").expect("it is one");
        let json = serde_json::to_string(&expr).expect("texts can be written");
        assert_eq!(json, r#""slerp(seed(3), @me, 0.25) - dir(\"z1\")""#);
        assert_eq!(serde_json::from_str::<Expr>(&json).ok(), Some(expr));
        assert!(serde_json::from_str::<Expr>(r#""seed(""#).is_err());
    }
}
