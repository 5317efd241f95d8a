//! How a shot stands on the window: the open tool, what the tools are set to, and which part of the
//! picture is seen. Bookmarks and scene files keep it beside the shot.

use super::bookmarks::renamed_in_json;
use super::json::is_default;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest text of [`Staging::tools`], in bytes.
pub const MAX_TOOLS_BYTES: usize = 64 << 10;
/// How many times larger than it fits a picture can be seen.
pub const MAX_ZOOM: f32 = 16.0;

/// Which part of the picture is seen.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Framing {
    /// 1 shows the whole picture, up to [`MAX_ZOOM`].
    pub zoom: f32,
    /// What lies in the middle of the canvas, in parts of the picture's width and height.
    pub middle: [f32; 2],
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            middle: [0.5; 2],
        }
    }
}

impl Framing {
    /// The nearest one that can be shown.
    #[must_use]
    pub fn bounded(self) -> Self {
        let whole = Self::default();
        if !self.zoom.is_finite() || self.middle.iter().any(|it| !it.is_finite()) {
            return whole;
        }
        Self {
            zoom: self.zoom.clamp(whole.zoom, MAX_ZOOM),
            middle: self.middle.map(|it| it.clamp(0.0, 1.0)),
        }
    }
}

/// How a shot stands on the window.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Staging {
    /// The open tool and what all tools are set to, as JSON. Only the tools know its form. It is kept
    /// as a text because that takes no more memory than the file that it came from; it is read when
    /// somebody goes there.
    pub tools: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub framing: Framing,
}

impl Staging {
    /// Whether it is short enough to be kept.
    pub fn is_sound(&self) -> bool {
        self.tools.len() <= MAX_TOOLS_BYTES
    }

    /// What the tools are set to; `None` where it is no JSON.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_str(&self.tools).ok()
    }

    /// Writes `@to` for every `@from` in what the tools are set to.
    pub fn rename(&mut self, from: &str, to: &str) {
        if !self.tools.contains('@') {
            return;
        }
        let renamed = self
            .value()
            .and_then(|value| renamed_in_json(&value, from, to));
        if let Some(renamed) = renamed {
            self.tools = renamed.to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_brought_within_bounds() {
        let far = Framing {
            zoom: 1e9,
            middle: [-3.0, 0.25],
        };
        let near = Framing {
            zoom: MAX_ZOOM,
            middle: [0.0, 0.25],
        };
        assert_eq!(far.bounded(), near);
        let broken = Framing {
            zoom: f32::NAN,
            ..far
        };
        assert_eq!(broken.bounded(), Framing::default());
        assert_eq!(near.bounded(), near);
    }

    #[test]
    fn codes_are_renamed_in_what_tools_are_set_to() {
        let mut staging = Staging {
            tools: r#"{"open":"map","settings":{"codes":["@a + seed(1)","@ab"]}}"#.to_owned(),
            framing: Framing::default(),
        };
        staging.rename("a", "b");
        assert_eq!(
            staging.value(),
            serde_json::from_str(r#"{"open":"map","settings":{"codes":["@b + seed(1)","@ab"]}}"#)
                .ok()
        );
        staging.tools = "@a {".to_owned();
        staging.rename("a", "b");
        assert_eq!(staging.tools, "@a {", "what is no JSON stays");
    }
}
