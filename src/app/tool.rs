//! Which tools there are.
//!
//! The only list of them. What follows from it, and what a tool is, stands in
//! [`tools`](super::tools), on which nothing here depends.

use serde::{Deserialize, Serialize};

/// The list of tools, in the order of the rail: the name of each in [`Tool`] and its folder.
///
/// A folder has a `mod.rs` with `Settings` and a type of the tool's name that is a [`ToolPart`],
/// and a `panel` with a `View` that is a `ToolPanel`. The list is handed to `$then`, here and where
/// panels are painted.
macro_rules! with_every_tool {
    ($then:ident) => {
        $then! {
            Explore: explore,
            Interpolate: interpolate,
            Arithmetic: arithmetic,
            Styles: styles,
            Map: map,
            Encode: encode,
            Variations: variations,
            Directions: directions,
            Compare: compare,
            Where: where_am_i,
            Sample: sample,
            Seeds: seeds,
            Paint: paint,
        }
    };
}
pub(crate) use with_every_tool;

macro_rules! identities {
    ($($variant:ident: $module:ident,)*) => {
        /// What can be done with a latent space.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Tool {
            $(#[doc = concat!("In `app/tools/", stringify!($module), "`.")] $variant,)*
        }

        impl Tool {
            /// Every tool, in the order of the rail.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name of its folder, and of it in the paths of parameters.
            pub fn folder(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($module),)*
                }
            }
        }
    };
}

with_every_tool!(identities);

impl Default for Tool {
    fn default() -> Self {
        Self::Explore
    }
}
