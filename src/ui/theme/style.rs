//! The tokens put into egui's style, once at the start.

use super::tokens::{DARK, LIGHT, Tokens, size, space, text};
use eframe::egui;
use eframe::egui::style::{HandleShape, WidgetVisuals};
use eframe::egui::{
    Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak, Margin,
    Shadow, Stroke, Style, TextStyle, vec2,
};
use std::sync::Arc;

/// The font behind the others.
const SIGNS: &str = "dejavu";
/// The family of the icon font.
const ICONS: &str = "icons";

/// What a text is for; each has its size in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextRole {
    Small,
    Body,
    Heading,
    Display,
    /// Expressions and numbers that change while they are read.
    Code,
    Icon,
    IconLarge,
}

impl TextRole {
    /// The font and size.
    pub fn font(self) -> FontId {
        match self {
            Self::Small => FontId::proportional(text::SMALL),
            Self::Body => FontId::proportional(text::BODY),
            Self::Heading => FontId::proportional(text::HEADING),
            Self::Display => FontId::proportional(text::DISPLAY),
            Self::Code => FontId::monospace(text::BODY),
            Self::Icon => FontId::new(size::ICON, FontFamily::Name(ICONS.into())),
            Self::IconLarge => FontId::new(size::ICON_LARGE, FontFamily::Name(ICONS.into())),
        }
    }
}

/// Installs fonts and both styles.
pub fn apply(ctx: &Context) {
    ctx.set_fonts(fonts());
    for (theme, tokens) in [(egui::Theme::Dark, &DARK), (egui::Theme::Light, &LIGHT)] {
        ctx.set_style_of(theme, style(tokens));
    }
    // Text sizes are commands of ours, so that the menu and the palette know them, too.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Makes everything larger or smaller.
pub fn set_text_scale(ctx: &Context, scale: f32) {
    ctx.set_zoom_factor(scale);
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert(
        ICONS.to_owned(),
        Arc::new(FontData::from_static(lucide_icons::LUCIDE_FONT_BYTES)),
    );
    fonts
        .families
        .insert(FontFamily::Name(ICONS.into()), vec![ICONS.to_owned()]);
    // Formulas have signs that the first fonts lack; in DejaVu they stand a little larger.
    let signs = FontTweak {
        scale: 0.92,
        ..FontTweak::default()
    };
    fonts.font_data.insert(
        SIGNS.to_owned(),
        Arc::new(FontData::from_static(dejavu::sans::regular()).tweak(signs)),
    );
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts
            .families
            .entry(family)
            .or_default()
            .push(SIGNS.to_owned());
    }
    fonts
}

fn style(tokens: &Tokens) -> Style {
    let mut style = Style {
        visuals: if tokens.is_dark {
            egui::Visuals::dark()
        } else {
            egui::Visuals::light()
        },
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Small, TextRole::Small),
        (TextStyle::Body, TextRole::Body),
        (TextStyle::Button, TextRole::Body),
        (TextStyle::Heading, TextRole::Heading),
        (TextStyle::Monospace, TextRole::Code),
    ]
    .map(|(name, role)| (name, role.font()))
    .into();
    style.drag_value_text_style = TextStyle::Body;

    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S, space::S);
    spacing.button_padding = vec2(space::S, space::XS);
    spacing.interact_size = vec2(size::CONTROL, size::CONTROL);
    spacing.menu_margin = Margin::same(space::S as i8);
    spacing.window_margin = Margin::same(space::M as i8);
    spacing.slider_rail_height = 4.0;
    spacing.slider_width = 120.0;
    spacing.icon_spacing = space::S;
    spacing.tooltip_width = 320.0;
    spacing.combo_height = 360.0;
    // Long lists grow beyond what egui gives a popup at first.
    spacing.default_area_size = vec2(600.0, 720.0);
    spacing.scroll = egui::style::ScrollStyle {
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        ..egui::style::ScrollStyle::thin()
    };

    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style.animation_time = 0.1;

    visuals(&mut style.visuals, tokens);
    style
}

fn visuals(visuals: &mut egui::Visuals, tokens: &Tokens) {
    let radius = CornerRadius::same(size::RADIUS_SMALL);
    let widget = |fill, outline, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: outline,
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let widgets = &mut visuals.widgets;
    widgets.noninteractive = widget(tokens.panel, Stroke::new(1.0, tokens.line), tokens.text);
    widgets.inactive = widget(tokens.control, Stroke::NONE, tokens.text);
    widgets.hovered = widget(tokens.control_hovered, Stroke::NONE, tokens.text_strong);
    widgets.active = widget(
        tokens.control_pressed,
        Stroke::new(1.0, tokens.accent),
        tokens.text_strong,
    );
    widgets.open = widget(tokens.control_hovered, Stroke::NONE, tokens.text_strong);

    visuals.weak_text_color = Some(tokens.text_muted);
    visuals.selection.bg_fill = tokens.accent_soft;
    visuals.selection.stroke = Stroke::new(1.0, tokens.text_strong);
    visuals.hyperlink_color = tokens.accent;
    visuals.faint_bg_color = tokens.control;
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.code_bg_color = tokens.field;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = Stroke::new(1.0, tokens.outline);
    visuals.window_corner_radius = CornerRadius::same(size::RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(size::RADIUS);
    let shadow = Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: tokens.shadow,
    };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.text_cursor.stroke = Stroke::new(2.0, tokens.accent);
    visuals.handle_shape = HandleShape::Circle;
    visuals.slider_trailing_fill = false;
    visuals.striped = false;
}
