//! Pictures beside each other, as large as they can be: each with its title above and numbers below.

use super::Stage;
use crate::app::{Actions, AppState, DecodedPicture, Edit};
use crate::latent::expr::Expr;
use crate::ui::drag::DraggedCode;
use crate::ui::panels::canvas;
use crate::ui::theme::{PLAIN_TINT, size, space, tokens};
use crate::ui::widgets::{caption, icon};
use eframe::egui::{
    Align, Button, Label, Layout, Rect, RichText, Role, Sense, Spinner, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// Height of the title above a picture and of the numbers below it.
const TITLE_HEIGHT: f32 = 40.0;
const NUMBERS_HEIGHT: f32 = 20.0;

/// What one pane shows.
pub struct PaneView {
    /// Fits it into a line of some width.
    pub title: String,
    /// What it is a picture of.
    pub text: String,
    pub content: PaneContent,
    /// What is measured of it.
    pub numbers: Option<String>,
    /// What makes it the current picture; `None` where it is that, or cannot be.
    pub take: Option<Edit>,
}

/// What stands in the middle of a pane.
pub enum PaneContent {
    Picture(Arc<DecodedPicture>),
    /// What is waited for.
    Waiting(String),
    /// One sentence on why there is no picture.
    Cannot(String),
}

/// What a hand does on panes, counted from 0.
#[derive(Clone, Copy)]
pub struct Hand {
    /// Whether it walks from the current picture on this one.
    pub walks: fn(&AppState, usize) -> bool,
    /// What a code does that is dropped here.
    pub drop: fn(&mut Actions, usize, Expr),
}

impl Default for Hand {
    fn default() -> Self {
        Self {
            walks: |_, _| true,
            drop: |actions, _, code| actions.edit(Edit::Expression(code)),
        }
    }
}

/// Paints as many panes as there are; `pane` makes that of a number, from 0, for a width of its title.
pub fn ui(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    count: usize,
    pane: impl Fn(&Ui, &Stage<'_>, usize, f32) -> Option<PaneView>,
) {
    ui_with(ui, stage, count, Hand::default(), pane);
}

/// As [`ui`], where a hand does something else.
pub fn ui_with(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    count: usize,
    hand: Hand,
    pane: impl Fn(&Ui, &Stage<'_>, usize, f32) -> Option<PaneView>,
) {
    let area = ui.max_rect();
    for (index, rect) in places(area, count).into_iter().enumerate() {
        let builder = UiBuilder::new()
            .id_salt(("pane", index))
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min));
        ui.scope_builder(builder, |ui| {
            // The number before the title takes about as much as this.
            let width = rect.width() - size::CONTROL;
            if let Some(view) = pane(ui, stage, index, width) {
                pane_ui(ui, stage, &view, index, hand);
            }
        });
    }
    if count == 0 {
        ui.centered_and_justified(|ui| ui.spinner());
    }
}

/// Where the panes lie: in as many columns as let the pictures be largest.
fn places(area: Rect, count: usize) -> Vec<Rect> {
    let cell = |columns: usize| {
        let rows = count.div_ceil(columns);
        let gaps = vec2((columns - 1) as f32, (rows - 1) as f32) * space::M;
        (area.size() - gaps).max(Vec2::ZERO) / vec2(columns as f32, rows as f32)
    };
    let side = |columns: &usize| {
        let cell = cell(*columns);
        cell.x.min(cell.y - TITLE_HEIGHT - NUMBERS_HEIGHT)
    };
    // Of several that are as good, the fewest.
    let columns = (1..=count.max(1))
        .rev()
        .max_by(|a, b| side(a).total_cmp(&side(b)))
        .unwrap_or(1);
    let cell = cell(columns);
    (0..count)
        .map(|index| {
            let place = vec2((index % columns) as f32, (index / columns) as f32);
            Rect::from_min_size(area.min + place * (cell + Vec2::splat(space::M)), cell)
        })
        .collect()
}

fn pane_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &PaneView, index: usize, hand: Hand) {
    let number = index + 1;
    let tokens = tokens(ui);
    let rect = ui.max_rect();
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        ui.label(
            RichText::new(number.to_string())
                .color(tokens.accent)
                .strong(),
        );
        let title = RichText::new(&view.title).color(tokens.text_strong);
        ui.add(Label::new(title).truncate());
        let Some(take) = &view.take else { return };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = Button::new("Take").small();
            let response = ui
                .add(button)
                .on_hover_text("Make this the current picture")
                .accessible_name(format!("Take pane {number}"));
            if response.clicked() {
                stage.actions.edit(take.clone());
            }
        });
    });
    let small = RichText::new(&view.text).small().color(tokens.text_muted);
    ui.add(Label::new(small).truncate())
        .on_hover_text(&view.text);

    let area = Rect::from_min_max(
        pos2(rect.left(), rect.top() + TITLE_HEIGHT),
        pos2(rect.right(), rect.bottom() - NUMBERS_HEIGHT),
    );
    match &view.content {
        PaneContent::Picture(picture) => picture_ui(ui, stage, picture, (index, hand), area),
        PaneContent::Waiting(words) => waiting_ui(ui, area, words),
        PaneContent::Cannot(why) => cannot_ui(ui, area, why),
    }
    if let Some(numbers) = &view.numbers {
        let below = Rect::from_min_max(pos2(rect.left(), area.bottom()), rect.max);
        ui.scope_builder(UiBuilder::new().max_rect(below), |ui| caption(ui, numbers));
    }
}

/// The picture of a pane, which walks where it is dragged and takes codes that are dropped.
fn picture_ui(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    picture: &Arc<DecodedPicture>,
    (index, hand): (usize, Hand),
    area: Rect,
) {
    let number = index + 1;
    let walks = (hand.walks)(stage.app, index);
    let response = ui.interact(
        area,
        ui.scope_id().with("compared picture"),
        Sense::click_and_drag(),
    );
    canvas::zoom_and_pan(ui, stage.canvas, &response, area);
    let rect = stage.canvas.place(ui, area, picture.image);
    if let Some(texture) = stage.textures.whole(ui.ctx(), picture) {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let painter = ui.painter().with_clip_rect(area);
        painter.image(texture, rect, uv, PLAIN_TINT);
    }
    if walks {
        canvas::walk(stage.app, stage.actions, stage.canvas, &response, rect);
        canvas::walk_by_keys(ui, stage.app, stage.actions, &response);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Pane {number}")));
    if response.dnd_hover_payload::<DraggedCode>().is_some() || response.has_focus() {
        let stroke = Stroke::new(2.0, tokens(ui).accent);
        let frame = rect.intersect(area);
        ui.painter()
            .rect_stroke(frame, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
    }
    if let Some(dragged) = response.dnd_release_payload::<DraggedCode>() {
        (hand.drop)(stage.actions, index, dragged.expression.clone());
    }
    if walks {
        response.on_hover_and_drag_cursor(stage.canvas.cursor());
    }
}

fn waiting_ui(ui: &mut Ui, area: Rect, words: &str) {
    ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
        ui.add_space((area.height() / 2.0 - size::CONTROL).max(0.0));
        ui.vertical_centered(|ui| {
            ui.add(Spinner::new());
            caption(ui, words);
        });
    });
}

/// One sentence in the place of a picture.
fn cannot_ui(ui: &mut Ui, area: Rect, why: &str) {
    let tokens = tokens(ui);
    let painter = ui.painter();
    painter.rect_filled(area, size::RADIUS, tokens.panel);
    ui.scope_builder(UiBuilder::new().max_rect(area.shrink(space::M)), |ui| {
        ui.add_space((area.height() / 2.0 - 48.0).max(0.0));
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            ui.label(icon(Icon::CircleAlert).color(tokens.text_muted));
            ui.add(Label::new(why).wrap());
        });
    });
}

/// Paints the choice of how many panes there are, two at least, and returns what was chosen now.
pub fn count_ui(ui: &mut Ui, count: usize, most: usize) -> Option<usize> {
    ui.spacing_mut().item_spacing.x = space::XS;
    let mut chosen = None;
    // From right to left, as the end of the line is laid out.
    for panes in (2..=most).rev() {
        let button = Button::new(panes.to_string())
            .selected(panes == count)
            .min_size(vec2(size::CONTROL, size::CONTROL));
        let response = ui
            .add(button)
            .on_hover_text(format!("Show {panes} panes"))
            .accessible_name(format!("{panes} panes"));
        if response.clicked() && panes != count {
            chosen = Some(panes);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_lie_where_the_pictures_are_largest() {
        let wide = Rect::from_min_size(pos2(10.0, 20.0), vec2(900.0, 500.0));
        let two = places(wide, 2);
        assert_eq!(two[0].top(), two[1].top(), "beside each other");
        assert!(two[0].right() < two[1].left());
        let square = Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 700.0));
        let four = places(square, 4);
        assert_eq!(four[0].left(), four[2].left(), "two above two");
        let tall = Rect::from_min_size(pos2(0.0, 0.0), vec2(300.0, 900.0));
        let two = places(tall, 2);
        assert_eq!(two[0].left(), two[1].left(), "one above the other");
        for area in [wide, square, tall] {
            for count in 1..=4 {
                for place in places(area, count) {
                    assert!(area.expand(0.1).contains_rect(place), "{place:?}");
                }
            }
        }
    }
}
