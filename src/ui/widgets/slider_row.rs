//! One line with a name, a slider, a number and a reset.

use super::fields::number_field_by;
use super::icon;
use crate::app::Scale;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use eframe::egui;
use eframe::egui::{
    Align, Button, DragValue, Layout, Rect, Response, RichText, Role, Slider, TextureId, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::ops::RangeInclusive;

/// Width of the name, of the number, and of the reset, in points.
const NAME_WIDTH: f32 = 56.0;
const MAX_NAME_WIDTH: f32 = 96.0;
const NUMBER_WIDTH: f32 = 52.0;
/// Side of the picture at an end, and of the same in its tooltip, in points.
const END_SIDE: f32 = 24.0;
const LARGE_END_SIDE: f32 = 128.0;
/// Where the slider would be shorter between them, there are no pictures at its ends.
const MIN_BESIDE_ENDS: f32 = 36.0;
/// The name and the number are rounded to this many decimals, so that expressions stay short.
const DECIMALS: i32 = 2;

/// What one slider shows.
pub struct SliderRow<'a> {
    /// The word at the left.
    pub name: &'a str,
    /// The whole name, for screen readers and tests.
    pub accessible_name: &'a str,
    pub tooltip: &'a str,
    pub value: f32,
    pub range: RangeInclusive<f32>,
    pub scale: Scale,
    pub default: f32,
    /// Thumbnails of its two ends, where they are ready; a click goes there. `None` leaves no room for them.
    pub ends: Option<[Option<EndPicture>; 2]>,
}

/// A small picture at the end of a slider.
#[derive(Clone, Copy)]
pub struct EndPicture {
    pub texture: TextureId,
    /// Its width and height.
    pub pixels: Vec2,
}

impl SliderRow<'_> {
    /// As the row writes numbers down.
    fn round(&self, value: f32) -> f32 {
        match self.scale {
            Scale::Open | Scale::Closed => round(value),
            Scale::Whole | Scale::Counts => value.round(),
        }
    }

    /// How far a number may be typed.
    fn limits(&self) -> RangeInclusive<f32> {
        match self.scale {
            Scale::Open => typed_limits(&self.range),
            Scale::Closed | Scale::Whole | Scale::Counts => self.range.clone(),
        }
    }

    /// Where a value is on the rail, from 0 to 1.
    fn share(&self, value: f32) -> f32 {
        let (start, end) = (*self.range.start(), *self.range.end());
        let share = match self.scale {
            Scale::Open | Scale::Closed | Scale::Whole => (value - start) / (end - start),
            Scale::Counts => (value / start).ln() / (end / start).ln(),
        };
        share.clamp(0.0, 1.0)
    }
}

/// The width at which names of one group stay whole, within reason: their sliders still begin
/// below one another.
pub fn name_width<'a>(ui: &Ui, names: impl Iterator<Item = &'a str>) -> f32 {
    let width = |name: &str| {
        let (font, colour) = (TextRole::Body.font(), tokens(ui).text);
        let galley = ui.painter().layout_no_wrap(name.to_owned(), font, colour);
        galley.size().x.ceil()
    };
    names
        .map(width)
        .fold(NAME_WIDTH, f32::max)
        .min(MAX_NAME_WIDTH)
}

/// Paints the line and returns the new value when the user changed it.
pub fn slider_row(ui: &mut Ui, row: &SliderRow<'_>) -> Option<f32> {
    named_slider_row(ui, row, NAME_WIDTH)
}

/// The same with another width of the name, as [`name_width`] gives it.
pub fn named_slider_row(ui: &mut Ui, row: &SliderRow<'_>, name_width: f32) -> Option<f32> {
    let mut changed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let is_moved = row.value != row.default;
        name_ui(ui, row, name_width, is_moved);

        let mut slider_width = ui.available_width() - NUMBER_WIDTH - size::CONTROL - 2.0 * space::S;
        let beside = slider_width - 2.0 * (END_SIDE + space::XS);
        let ends = row.ends.filter(|_| beside >= MIN_BESIDE_ENDS);
        let mut value = row.value;
        if let Some([first, _]) = ends {
            slider_width = beside;
            ui.spacing_mut().item_spacing.x = space::XS;
            if end_ui(ui, row, first, *row.range.start()) {
                changed = Some(*row.range.start());
            }
        }
        ui.spacing_mut().slider_width = slider_width.max(40.0);
        let slider = ui
            .add(
                Slider::new(&mut value, row.range.clone())
                    .show_value(false)
                    .clamping(egui::SliderClamping::Never)
                    .logarithmic(row.scale == Scale::Counts)
                    .smart_aim(false),
            )
            .on_hover_text(row.tooltip)
            .accessible_name(row.accessible_name);
        fill_ui(ui, &slider, row, value);
        if slider.changed() {
            changed = Some(row.round(value));
        }
        if let Some([_, last]) = ends {
            if end_ui(ui, row, last, *row.range.end()) {
                changed = Some(*row.range.end());
            }
            ui.spacing_mut().item_spacing.x = space::S;
            ui.add_space(space::S - space::XS);
        }

        let mut number = row.value;
        let limits = row.limits();
        let (speed, decimals, step) = match row.scale {
            Scale::Open | Scale::Closed => (0.02, DECIMALS as usize, None),
            Scale::Whole | Scale::Counts => (0.1, 0, Some(1.0)),
        };
        let field = DragValue::new(&mut number)
            .speed(speed)
            .range(limits.clone())
            .clamp_existing_to_range(false)
            .fixed_decimals(decimals)
            .custom_parser(parse_number);
        let number_response = number_field_by(ui, NUMBER_WIDTH, step, field)
            .on_hover_text(format!(
                "Drag, or click to type a number from {} to {}",
                limits.start(),
                limits.end()
            ))
            .accessible_name(format!("{} value", row.accessible_name));
        // Who passes with Tab leaves the number as it is shown, which is rounded.
        if number_response.changed() && row.round(number) != row.round(row.value) {
            // An arrow key goes one step beyond what may be typed.
            changed = Some(row.round(number).clamp(*limits.start(), *limits.end()));
        }

        let reset = reset_button(ui, is_moved)
            .on_hover_text(format!("Reset to {}", row.default))
            .on_disabled_hover_text("Already at its default")
            .accessible_name(format!("Reset {}", row.accessible_name));
        if reset.clicked() {
            changed = Some(row.default);
        }
    });
    changed.filter(|value| value.is_finite() && *value != row.value)
}

/// Paints what lies at an end of a slider. Returns whether to go there.
fn end_ui(ui: &mut Ui, row: &SliderRow<'_>, picture: Option<EndPicture>, value: f32) -> bool {
    let side = Vec2::splat(END_SIDE);
    // The slider beside it goes there by keyboard.
    let (rect, response) = ui.allocate_exact_size(side, egui::Sense::CLICK);
    let name = format!("{} at {}", row.accessible_name, round(value));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, picture.is_some(), name.as_str()));
    let Some(EndPicture { texture, pixels }) = picture else {
        return false;
    };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let size = pixels * (END_SIDE / pixels.max_elem().max(1.0));
    let inner = Rect::from_center_size(rect.center(), size);
    let strength = if ui.is_enabled() { 1.0 } else { 0.5 };
    let tint = PLAIN_TINT.gamma_multiply(strength);
    ui.painter().image(texture, inner, whole, tint);
    if response.hovered() && ui.is_enabled() {
        let stroke = egui::Stroke::new(2.0, tokens(ui).accent);
        ui.painter()
            .rect_stroke(inner, 0.0, stroke, egui::StrokeKind::Outside);
    }
    let response = response.on_hover_ui(|ui| {
        let large = pixels * (LARGE_END_SIDE / pixels.max_elem().max(1.0));
        let (rect, _) = ui.allocate_exact_size(large, egui::Sense::hover());
        ui.painter().image(texture, rect, whole, PLAIN_TINT);
        ui.label(name.as_str());
    });
    response.clicked()
}

/// How far a number may be typed: beyond the slider by its length to either side, for further out
/// no model has learned anything. What cannot be negative stays so.
fn typed_limits(range: &RangeInclusive<f32>) -> RangeInclusive<f32> {
    let length = range.end() - range.start();
    let least = if *range.start() >= 0.0 {
        *range.start()
    } else {
        round(range.start() - length)
    };
    least..=round(range.end() + length)
}

/// The button at the end of a line that takes it back; greyed where there is nothing to take back.
pub fn reset_button(ui: &mut Ui, is_moved: bool) -> Response {
    // Narrower than a button usually is, so that the line is exactly as wide as its place.
    ui.spacing_mut().button_padding.x = space::XS;
    let button = Button::new(icon(Icon::RotateCcw))
        .frame_when_inactive(false)
        .min_size(vec2(size::CONTROL, size::CONTROL));
    ui.add_enabled(is_moved, button)
}

fn name_ui(ui: &mut Ui, row: &SliderRow<'_>, width: f32, is_moved: bool) {
    let tokens = tokens(ui);
    let colour = if is_moved {
        tokens.text_strong
    } else {
        tokens.text
    };
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), egui::Sense::hover());
    let mut name_ui = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    let text = RichText::new(row.name)
        .font(TextRole::Body.font())
        .color(colour);
    name_ui
        .add(egui::Label::new(text).truncate())
        .on_hover_text(row.tooltip);
}

/// Fills the rail from the default to the handle: how far the value was moved, and where to.
fn fill_ui(ui: &Ui, slider: &Response, row: &SliderRow<'_>, value: f32) {
    let tokens = tokens(ui);
    // The same inset and radius as egui's slider with a round handle.
    let radius = slider.rect.height() / 2.5;
    let left = slider.rect.left() + radius;
    let right = slider.rect.right() - radius;
    let x_of = |value: f32| egui::lerp(left..=right, row.share(value));
    let (from, to) = (x_of(row.default), x_of(value));
    let y = slider.rect.center().y;
    let half = ui.spacing().slider_rail_height / 2.0;
    let painter = ui.painter();
    let tick = Rect::from_center_size(pos2(from, y), vec2(2.0, 4.0 * half));
    if (to - from).abs() > radius {
        painter.rect_filled(tick, 1.0, tokens.outline);
        let handle_side = if to > from { to - radius } else { to + radius };
        let fill = Rect::from_x_y_ranges(
            from.min(handle_side)..=from.max(handle_side),
            y - half..=y + half,
        );
        painter.rect_filled(fill, half, tokens.accent);
    }
    painter.circle_filled(
        pos2(to, y),
        radius * 0.45,
        if value == row.default {
            tokens.text_muted
        } else {
            tokens.accent
        },
    );
}

fn round(value: f32) -> f32 {
    let factor = 10_f32.powi(DECIMALS);
    (value * factor).round() / factor
}

/// Reads a number with a decimal point or comma and any kind of minus sign.
fn parse_number(text: &str) -> Option<f64> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            ',' => '.',
            '−' => '-',
            other => other,
        })
        .collect();
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && value.abs() <= 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(parse_number(" 1,5 "), Some(1.5));
        assert_eq!(parse_number("−2"), Some(-2.0));
        for nonsense in ["", "nan", "inf", "1e30", "two"] {
            assert_eq!(parse_number(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn numbers_go_beyond_the_slider_but_not_anywhere() {
        assert_eq!(typed_limits(&(-3.0..=3.0)), -9.0..=9.0);
        assert_eq!(typed_limits(&(0.0..=1.5)), 0.0..=3.0);
    }

    #[test]
    fn counts_are_whole_and_small_ones_have_room() {
        let row = SliderRow {
            name: "",
            accessible_name: "",
            tooltip: "",
            value: 20.0,
            range: 1.0..=1000.0,
            scale: Scale::Counts,
            default: 20.0,
            ends: None,
        };
        assert_eq!((row.round(19.6), row.limits()), (20.0, 1.0..=1000.0));
        assert_eq!((row.share(1.0), row.share(1000.0)), (0.0, 1.0));
        assert!((row.share(10.0) - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_long_number_makes_no_line_wider() {
        eframe::egui::__run_test_ui(|ui| {
            ui.set_max_width(320.0);
            let mut width = |value: f32| {
                let row = SliderRow {
                    name: "hat",
                    accessible_name: "hat",
                    tooltip: "",
                    value,
                    range: -3.0..=3.0,
                    scale: Scale::Open,
                    default: 0.0,
                    ends: None,
                };
                let line = ui.scope(|ui| slider_row(ui, &row));
                line.response.rect.width()
            };
            assert_eq!(width(-999_999.99), width(1.0));
        });
    }

    #[test]
    fn long_names_get_more_room_but_not_any_amount() {
        eframe::egui::__run_test_ui(|ui| {
            let width = |names: &[&str]| name_width(ui, names.iter().copied());
            assert_eq!(width(&[]), NAME_WIDTH);
            assert_eq!(width(&["hat", "z12"]), NAME_WIDTH);
            let wide = width(&["hat", "trousers in z"]);
            assert!(wide > NAME_WIDTH, "{wide}");
            assert_eq!(width(&["a name as long as a sentence"]), MAX_NAME_WIDTH);
        });
    }
}
