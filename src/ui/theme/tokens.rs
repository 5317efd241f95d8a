//! The one file with colours, sizes and distances. Panels name a meaning, never a value.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place where colours are made"
)]

use eframe::egui::Color32;

/// Distances on the 8-point grid; the half step is for what belongs closely together.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 16.0;
    pub const L: f32 = 24.0;
    pub const XL: f32 = 32.0;
}

/// The four text sizes, in points.
pub mod text {
    pub const SMALL: f32 = 12.0;
    pub const BODY: f32 = 14.0;
    pub const HEADING: f32 = 17.0;
    pub const DISPLAY: f32 = 24.0;
}

/// Sizes of parts of the window, in points.
pub mod size {
    /// Height of anything that can be clicked.
    pub const CONTROL: f32 = 28.0;
    pub const ICON: f32 = 16.0;
    pub const ICON_LARGE: f32 = 32.0;
    pub const CONTROLS_PANEL: f32 = 352.0;
    pub const CONTROLS_PANEL_MIN: f32 = 280.0;
    pub const CONTROLS_PANEL_MAX: f32 = 480.0;
    pub const BOOKMARKS_PANEL: f32 = 264.0;
    pub const BOOKMARKS_PANEL_MIN: f32 = 216.0;
    pub const LEARNING_PANEL: f32 = 392.0;
    pub const LEARNING_PANEL_MIN: f32 = 320.0;
    pub const LEARNING_PANEL_MAX: f32 = 560.0;
    /// What the picture has between the panels at its sides.
    pub const STAGE_MIN: f32 = 120.0;
    /// Narrower than this before a room, the picture has the place of the controls too.
    pub const ROOM_STAGE_MIN: f32 = 320.0;
    pub const THUMBNAIL: f32 = 48.0;
    pub const PALETTE: f32 = 560.0;
    pub const TOAST: f32 = 360.0;
    pub const BUBBLE: f32 = 288.0;
    pub const RADIUS: u8 = 6;
    pub const RADIUS_SMALL: u8 = 4;
}

/// The colours of one theme by meaning.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub is_dark: bool,

    /// Behind the picture: as quiet as can be.
    pub canvas: Color32,
    /// Panels at the sides.
    pub panel: Color32,
    /// Menus, tooltips, windows: what lies on top.
    pub raised: Color32,
    /// Where text or numbers are typed, and slider rails.
    pub field: Color32,
    /// A control at rest, under the pointer, pressed.
    pub control: Color32,
    pub control_hovered: Color32,
    pub control_pressed: Color32,
    /// Between panels.
    pub line: Color32,
    /// Around controls that must be seen as such.
    pub outline: Color32,

    pub text: Color32,
    pub text_muted: Color32,
    /// Headings and values.
    pub text_strong: Color32,

    /// The one accent: what is selected, moved or in focus.
    pub accent: Color32,
    /// Behind selected things.
    pub accent_soft: Color32,
    /// On top of the accent.
    pub on_accent: Color32,

    pub done: Color32,
    pub warning: Color32,
    pub error: Color32,

    /// Dims the window under an overlay.
    pub veil: Color32,
    pub shadow: Color32,

    /// Classes of data by label; always beside the label itself.
    pub classes: [Color32; 10],
}

/// What light ink is drawn on in either theme: models of digits know light on dark.
pub const PAPER: Color32 = Color32::BLACK;

/// Pictures are shown as they are.
pub const PLAIN_TINT: Color32 = Color32::WHITE;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The neutral ramp, from nearly black to white; both themes take their greys from it.
mod grey {
    use super::{Color32, rgb};
    pub const G0: Color32 = rgb(0x0C_0D_0F);
    pub const G1: Color32 = rgb(0x14_15_18);
    pub const G2: Color32 = rgb(0x1B_1D_20);
    pub const G3: Color32 = rgb(0x24_26_2A);
    pub const G4: Color32 = rgb(0x2E_31_36);
    pub const G5: Color32 = rgb(0x3C_40_46);
    pub const G6: Color32 = rgb(0x55_5A_62);
    pub const G7: Color32 = rgb(0x9A_A0_A9);
    pub const G8: Color32 = rgb(0xC6_CA_D0);
    pub const G9: Color32 = rgb(0xDD_E0_E4);
    pub const G10: Color32 = rgb(0xE9_EB_EE);
    pub const G11: Color32 = rgb(0xF4_F5_F7);
    pub const G12: Color32 = rgb(0xFF_FF_FF);
}

/// Light on dark.
pub static DARK: Tokens = Tokens {
    is_dark: true,
    canvas: grey::G0,
    panel: grey::G1,
    raised: grey::G2,
    field: grey::G0,
    control: grey::G3,
    control_hovered: grey::G4,
    control_pressed: grey::G5,
    line: grey::G3,
    outline: grey::G5,
    text: grey::G8,
    text_muted: grey::G7,
    text_strong: grey::G11,
    accent: rgb(0x6E_A8_FE),
    accent_soft: rgb(0x1D_33_54),
    on_accent: grey::G0,
    done: rgb(0x5F_C9_8B),
    warning: rgb(0xE6_B4_50),
    error: rgb(0xFF_8A_80),
    veil: Color32::from_black_alpha(140),
    shadow: Color32::from_black_alpha(110),
    classes: [
        rgb(0x6E_A8_FE),
        rgb(0xF2_8E_4E),
        rgb(0x5F_C9_8B),
        rgb(0xF0_7A_7A),
        rgb(0xB7_94_F6),
        rgb(0xC9_9A_76),
        rgb(0xF2_9A_D0),
        rgb(0xA9_B0_BA),
        rgb(0xD6_D1_4F),
        rgb(0x4F_CF_D9),
    ],
};

/// Dark on light.
pub static LIGHT: Tokens = Tokens {
    is_dark: false,
    canvas: grey::G10,
    panel: grey::G11,
    raised: grey::G12,
    field: grey::G12,
    control: grey::G9,
    control_hovered: grey::G8,
    control_pressed: grey::G7,
    line: grey::G9,
    outline: grey::G7,
    text: grey::G4,
    text_muted: grey::G6,
    text_strong: grey::G1,
    accent: rgb(0x1F_5F_C4),
    accent_soft: rgb(0xD5_E4_FB),
    on_accent: grey::G12,
    done: rgb(0x1B_74_44),
    warning: rgb(0x8A_58_00),
    error: rgb(0xB3_26_1E),
    veil: Color32::from_black_alpha(90),
    shadow: Color32::from_black_alpha(50),
    classes: [
        rgb(0x1F_5F_C4),
        rgb(0xC8_5A_12),
        rgb(0x1B_84_4C),
        rgb(0xC0_30_30),
        rgb(0x7A_48_C8),
        rgb(0x8A_56_30),
        rgb(0xB8_3E_8E),
        rgb(0x5A_60_68),
        rgb(0x86_80_00),
        rgb(0x0A_84_90),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: Color32) -> f64 {
        let channel = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(colour.r()) + 0.7152 * channel(colour.g()) + 0.0722 * channel(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_in_both_themes() {
        for tokens in [&DARK, &LIGHT] {
            for ground in [tokens.canvas, tokens.panel, tokens.raised, tokens.field] {
                let texts = [
                    tokens.text,
                    tokens.text_muted,
                    tokens.text_strong,
                    tokens.accent,
                    tokens.done,
                    tokens.warning,
                    tokens.error,
                ];
                for text in texts {
                    // 4.5:1 is what WCAG 2.2 AA asks for text of this size.
                    assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}");
                }
            }
            assert!(contrast(tokens.text, tokens.control) >= 4.5);
            assert!(contrast(tokens.text_strong, tokens.accent_soft) >= 4.5);
            assert!(contrast(tokens.on_accent, tokens.accent) >= 4.5);
            for class in tokens.classes {
                assert!(
                    contrast(class, tokens.field) >= 3.0,
                    "graphics need 3:1: {class:?}"
                );
            }
        }
    }
}
