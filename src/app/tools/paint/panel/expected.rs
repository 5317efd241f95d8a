//! What a model that writes place by place expects at the place that is looked at.

use crate::app::sentences::capitalised;
use crate::app::tools::paint::Paint;
use crate::app::{Actions, AppState};
use crate::ui::panels::tools::swatch::Swatches;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

const ROW: f32 = 24.0;
const SIDE: f32 = 20.0;
/// Width of a percentage.
const PERCENT: f32 = 52.0;
/// Where the bars begin.
const NAME: f32 = 112.0;

/// Paints the section.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, swatches: &mut Swatches<'_>) {
    let view = app.tool::<Paint>();
    let Some(place) = view.place() else {
        caption(
            ui,
            "Rest the pointer on the picture: here is how likely the model finds each entry there, after what \
             stands above and to the left",
        );
        return;
    };
    let width = swatches.grid.size[0].max(1);
    let (row, column) = (place / width + 1, place % width + 1);
    caption(
        ui,
        format!("Row {row}, column {column}, after what stands above and to the left"),
    );
    let Some(expected) = view.expected() else {
        ui.spinner();
        return;
    };
    let current = view.indices().and_then(|grid| grid.get(place)).copied();
    let is_named = current.is_some_and(|current| expected.likeliest.contains(&current));
    let rest = current.filter(|_| !is_named);
    let most = expected
        .likeliest
        .first()
        .map_or(1.0, |first| expected.of(*first));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for index in expected.likeliest.iter().copied().chain(rest) {
            let share = expected.of(index);
            let is_current = current == Some(index);
            let words = capitalised(&view.name_of(index));
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
            response.widget_info(|| {
                let percent = percentage(share);
                let words = format!("{words}, {percent}");
                WidgetInfo::selected(Role::Button, true, is_current, words)
            });
            row_ui(ui, rect, swatches, (index, &words), (share, most));
            let tokens = tokens(ui);
            if response.hovered() || response.has_focus() || is_current {
                let stroke = match is_current {
                    true => Stroke::new(2.0, tokens.accent),
                    false => Stroke::new(1.0, tokens.outline),
                };
                ui.painter()
                    .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
            }
            let tip = match is_current {
                true => "This stands there now",
                false => "Paint this there",
            };
            if response.on_hover_text(tip).clicked() && !is_current {
                actions.ask_tool(move |tool: &mut Paint, cx| tool.paint_place(cx, place, index));
            }
        }
    });
}

fn row_ui(
    ui: &Ui,
    rect: Rect,
    swatches: &mut Swatches<'_>,
    (index, words): (u32, &str),
    (share, most): (f32, f32),
) {
    let tokens = tokens(ui);
    let middle = pos2(rect.left() + space::XS + SIDE / 2.0, rect.center().y);
    swatches.paint(ui, Rect::from_center_size(middle, vec2(SIDE, SIDE)), index);
    let painter = ui.painter();
    let font = TextRole::Small.font();
    let at = pos2(rect.left() + SIDE + 2.0 * space::S, rect.center().y);
    let bars = rect.left() + NAME + space::S;
    let name = Rect::from_min_max(rect.min, pos2(bars - space::XS, rect.bottom()));
    painter.with_clip_rect(name.intersect(ui.clip_rect())).text(
        at,
        Align2::LEFT_CENTER,
        words,
        font.clone(),
        tokens.text,
    );
    let room = (rect.right() - PERCENT - bars).max(0.0);
    let bar = Rect::from_min_size(
        pos2(bars, rect.center().y - 4.0),
        vec2((room * share / most.max(f32::MIN_POSITIVE)).max(1.0), 8.0),
    );
    painter.rect_filled(bar, 2, tokens.accent);
    let at = pos2(rect.right() - space::XS, rect.center().y);
    painter.text(
        at,
        Align2::RIGHT_CENTER,
        percentage(share),
        font,
        tokens.text,
    );
}

fn percentage(share: f32) -> String {
    match share * 100.0 {
        share if share >= 9.95 => format!("{share:.0} %"),
        share if share >= 0.1 || share == 0.0 => format!("{share:.1} %"),
        _ => "< 0.1 %".to_owned(),
    }
}
