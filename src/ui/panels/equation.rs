//! The equation bar: the expression that makes the picture, to be read, edited and copied.

use crate::app::{Actions, AppState, Command, Edit, ReadError};
use crate::latent::expr::Expr;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{caption, icon, icon_button};
use eframe::egui;
use eframe::egui::text::CCursor;
use eframe::egui::{Align, Key, Layout, Stroke, TextEdit, Ui, pos2, vec2};
use lucide_icons::Icon;

/// The width of a long message, in points.
const MISTAKE_WIDTH: f32 = 400.0;

/// What is being typed, as long as it is not applied.
#[derive(Default, Debug)]
pub struct EquationBar {
    draft: Option<Draft>,
    wants_focus: bool,
}

#[derive(Debug)]
struct Draft {
    text: String,
    /// The expression when typing began; when it changes otherwise, the draft is out of date.
    over: Expr,
    error: Option<ReadError>,
}

impl EquationBar {
    /// Puts the cursor into the bar.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }
}

/// Paints the bar.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, bar: &mut EquationBar) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let accent = tokens(ui).accent;
        ui.label(icon(Icon::Equal).color(accent))
            .on_hover_text("The picture is the value of this");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            icon_button(ui, app, actions, Command::CopyExpression);
            field_ui(ui, app, actions, bar);
        });
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.add_space(size::ICON + space::M);
        message_ui(ui, app, bar);
    });
}

fn field_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, bar: &mut EquationBar) {
    let current = app.position().expression();
    let mut text = bar.draft.as_ref().map_or_else(
        || (*app.expression_text()).clone(),
        |draft| draft.text.clone(),
    );
    let id = ui.scope_id().with("expression");
    let has_error = bar
        .draft
        .as_ref()
        .is_some_and(|draft| draft.error.is_some());
    let tokens = tokens(ui);
    let stroke = if has_error {
        Stroke::new(1.0, tokens.error)
    } else if ui.memory(|memory| memory.has_focus(id)) {
        Stroke::new(1.0, tokens.accent)
    } else {
        Stroke::new(1.0, tokens.outline)
    };
    let frame = egui::Frame::new()
        .fill(tokens.field)
        .stroke(stroke)
        .corner_radius(size::RADIUS_SMALL)
        .inner_margin(egui::Margin::symmetric(space::S as i8, space::XS as i8));
    let output = TextEdit::singleline(&mut text)
        .id(id)
        .font(TextRole::Code.font())
        .frame(frame)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL))
        .align(egui::Align2::LEFT_CENTER)
        .hint_text("seed(42)")
        .show(ui);
    let response = output.response.response;
    if let Some(column) = bar
        .draft
        .as_ref()
        .and_then(|draft| draft.error.as_ref()?.column)
    {
        let at = output
            .galley
            .pos_from_cursor(CCursor::new(column.saturating_sub(1)));
        let mark = at.translate(output.galley_pos.to_vec2());
        let from = mark.left_bottom();
        let line = [from, from + vec2(TextRole::Code.font().size * 0.6, 0.0)];
        ui.painter()
            .with_clip_rect(output.text_clip_rect.expand(2.0))
            .line_segment(line, Stroke::new(2.0, tokens.error));
    }
    let response = response.accessible_name("Expression");

    if std::mem::take(&mut bar.wants_focus) {
        response.request_focus();
        select_all(ui, id, &text);
    }
    if response.changed() {
        let error = app.workspace().read(&text).err();
        bar.draft = Some(Draft {
            text,
            over: current.clone(),
            error,
        });
    }
    if response.lost_focus() {
        finish(ui, app, actions, bar, id);
    } else if !response.has_focus()
        && bar
            .draft
            .as_ref()
            .is_some_and(|draft| draft.over != *current)
    {
        bar.draft = None;
    }
}

/// Enter applies, Escape restores, clicking elsewhere leaves the draft as it is.
fn finish(ui: &Ui, app: &AppState, actions: &mut Actions, bar: &mut EquationBar, id: egui::Id) {
    let (enter, escape) = ui.input(|input| {
        (
            input.key_pressed(Key::Enter),
            input.key_pressed(Key::Escape),
        )
    });
    if escape {
        bar.draft = None;
    }
    let Some(draft) = &bar.draft else { return };
    match app.workspace().read(&draft.text) {
        Ok(expression) if enter => {
            actions.edit(Edit::Expression(expression));
            bar.draft = None;
        }
        // The cursor stays where the mistake is.
        Err(_) if enter => ui.memory_mut(|memory| memory.request_focus(id)),
        _ => {}
    }
}

fn select_all(ui: &Ui, id: egui::Id, text: &str) {
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let range = egui::text::CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(range));
    TextEdit::store_state(ui.ctx(), id, state);
}

/// What is wrong, or what can be done: one line that is always there, so that nothing jumps.
fn message_ui(ui: &mut Ui, app: &AppState, bar: &EquationBar) {
    let mistake = bar.draft.as_ref().and_then(|draft| draft.error.as_ref());
    let failure = app.preview().failure().filter(|_| bar.draft.is_none());
    let error = tokens(ui).error;
    let in_red = |text: String| {
        let text = egui::RichText::new(text).font(TextRole::Small.font());
        text.color(error)
    };
    ui.spacing_mut().item_spacing.x = space::XS;
    match (mistake, failure) {
        (Some(mistake), _) => {
            let problem = match mistake.column {
                Some(column) => format!("Column {column}: {}", mistake.message),
                None => mistake.message.clone(),
            };
            mistake_ui(ui, in_red(problem));
        }
        // Nobody types, so that the line may become several.
        (None, Some(failure)) => {
            ui.label(icon(Icon::CircleAlert).size(14.0).color(error));
            let text = in_red(format!("No picture: {failure}"));
            ui.add(egui::Label::new(text).wrap());
        }
        _ if bar.draft.is_some() => {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
            caption(ui, "Enter applies the change, Esc takes it back");
        }
        _ => {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
            caption(
                ui,
                "Type any expression, such as slerp(seed(3), seed(9), 0.4)",
            );
        }
    }
}

/// What is wrong with what is being typed. Where the line is too short for it, all of it stands above the bar: a
/// line that became two would move the picture with every key.
fn mistake_ui(ui: &mut Ui, text: egui::RichText) {
    let error = tokens(ui).error;
    ui.label(icon(Icon::CircleAlert).size(14.0).color(error));
    let line = egui::WidgetText::from(text.clone()).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        ui.available_width(),
        TextRole::Small.font(),
    );
    let is_cut = line.elided;
    let response = ui.label(line);
    if !is_cut {
        return;
    }
    // Over the left end of the field.
    let left = ui.min_rect().left() + size::ICON + space::S;
    let above = pos2(left, response.rect.top() - size::CONTROL - space::S);
    let place = egui::Area::new(response.id.with("whole"))
        .order(egui::Order::Foreground)
        .interactable(false)
        .pivot(egui::Align2::LEFT_BOTTOM)
        .fixed_pos(above)
        .constrain(true);
    place.show(ui.ctx(), |ui| {
        egui::Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_max_width(MISTAKE_WIDTH);
            ui.add(egui::Label::new(text).wrap());
        });
    });
}
