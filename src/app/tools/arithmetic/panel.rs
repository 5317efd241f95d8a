//! Arithmetic: wells for A, B and C, and what comes out.

use super::{Arithmetic, FACTOR, MEMBERS, Settings, Slot, TERMS};
use crate::app::tools::directions::{Directions, check_name};
use crate::app::{Actions, AppState, ParamId};
use crate::latent::expr::Expr;
use crate::latent::geometry::angle;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, below_picture, picture_ui};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{caption, icon, invitation_ui, section, text_field};
use eframe::egui::{
    Align, Button, ComboBox, Grid, Label, Layout, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use lucide_icons::Icon;

const WELL_HEIGHT: f32 = 76.0;

/// What the panel keeps between frames besides the state.
#[derive(Default)]
pub struct View {
    /// What is typed as the name of a direction.
    name: String,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls_ui(ui, controls.app, controls.actions, self);
    }

    /// Paints the picture with the wells below.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        wells_ui(ui, stage);
        picture_ui(ui, stage);
    }
}

/// Paints strength, measures and the reset.
fn controls_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut View) {
    let settings = &app.tools().settings().arithmetic;
    section(ui, "Strength", |ui| {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(FACTOR));
    });
    section(ui, "Without", |ui| without_ui(ui, app, actions, settings));
    section(ui, "Result", |ui| measures_ui(ui, app, settings));
    if let Some(difference) = settings.difference() {
        direction_ui(ui, app, actions, &difference, view);
    }
    let is_empty = *settings == Settings::default();
    let reset = ui
        .add_enabled(
            !is_empty,
            Button::new((icon(Icon::RotateCcw), "Empty all wells")),
        )
        .on_hover_text("Remove everything from A, B and C; undo restores it")
        .on_disabled_hover_text("The wells are empty")
        .accessible_name("Empty all wells");
    if reset.clicked() {
        actions.edit_tool::<Arithmetic>(|settings| *settings = Settings::default());
    }
}

/// What the difference is freed of: a direction of the model, or a picture that is dropped.
fn without_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, settings: &Settings) {
    let words = match &settings.without {
        None => "Nothing".to_owned(),
        Some(Expr::Direction(name)) => name.clone(),
        Some(code) => code.to_string(),
    };
    let listed = app.tool::<Directions>().listed();
    // The frame has a margin and a line on each side.
    let width = ui.available_width() - 2.0 * space::S - 2.0;
    let (dropped, ()) = drop_well(ui, "Well Without", vec2(width, size::CONTROL), |ui| {
        let combo = ComboBox::from_id_salt("without")
            .selected_text(words)
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, |ui| {
                let mut entry = |ui: &mut Ui, without: Option<Expr>, words: &str| {
                    let is_chosen = settings.without == without;
                    if ui.selectable_label(is_chosen, words).clicked() {
                        actions.edit_tool::<Arithmetic>(|settings| settings.without = without);
                    }
                };
                entry(ui, None, "Nothing");
                for listed in listed.iter() {
                    let name = &listed.direction.name;
                    entry(ui, Some(Expr::Direction(name.clone())), name);
                }
            });
        combo
            .response
            .on_hover_text(
                "Project a direction out of A - B, so that this attribute stays unchanged; pictures can \
                 be dropped here, too",
            )
            .accessible_name("Without");
    });
    if let Some(code) = dropped {
        actions.edit_tool::<Arithmetic>(|settings| settings.without = Some(code));
    }
}

/// A name for the difference, as a direction of the model.
fn direction_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    difference: &Expr,
    view: &mut View,
) {
    let listed = app.tool::<Directions>().listed();
    let taken = listed.iter().map(|listed| listed.direction.name.as_str());
    let problem = check_name(view.name.trim(), taken).err();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let save =
            Button::new((icon(Icon::Signpost), "Save A - B as")).min_size(vec2(0.0, size::CONTROL));
        let save = ui
            .add_enabled(problem.is_none(), save)
            .on_hover_text("Make a direction of the difference and measure what it changes")
            .on_disabled_hover_text(problem.as_deref().unwrap_or_default())
            .accessible_name("Save as direction");
        let field = TextEdit::singleline(&mut view.name)
            .hint_text("a name")
            .desired_width(f32::INFINITY)
            .min_size(vec2(0.0, size::CONTROL));
        text_field(ui, field).accessible_name("Name of the direction");
        if save.clicked() {
            let name = view.name.trim().to_owned();
            let difference = difference.clone();
            actions.ask_tool(|tool: &mut Directions, cx| tool.save(cx, name, difference));
            view.name.clear();
        }
    });
}

/// The norm of the result and its angle to each operand.
fn measures_ui(ui: &mut Ui, app: &AppState, settings: &Settings) {
    let is_shown = settings.to_expr().as_ref() == Some(app.position().base());
    let Some(frame) = app.preview().frame().filter(|_| is_shown) else {
        caption(
            ui,
            "The picture in the middle is not a result of A, B and C: drop pictures into them",
        );
        return;
    };
    let result = &frame.code;
    let set = app.pictures().set(TERMS);
    Grid::new("arithmetic measures")
        .num_columns(3)
        .spacing(vec2(space::M, space::XS))
        .show(ui, |ui| {
            caption(ui, "");
            caption(ui, "norm");
            caption(ui, "angle to result");
            ui.end_row();
            ui.label("Result");
            ui.label(format!("{:.2}", result.norm()));
            ui.end_row();
            let filled = Slot::ALL
                .into_iter()
                .filter(|well| !settings.members(*well).is_empty())
                .map(Slot::letter);
            for (index, name) in filled.chain(["Difference"]).enumerate() {
                let Some(term) = set.get(index) else { break };
                ui.label(name);
                ui.label(format!("{:.2}", term.code.norm()));
                let degrees = angle(term.code.values.reals(), result.values.reals()).to_degrees();
                ui.label(format!("{degrees:.0}°"));
                ui.end_row();
            }
        });
}

fn wells_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    below_picture(ui, "arithmetic wells", 200.0, |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let signs = ["", "−", "+"];
        let signs_width = 3.0 * 20.0 + 5.0 * space::S;
        let width = ((ui.available_width() - signs_width) / 3.0).max(80.0);
        ui.horizontal_top(|ui| {
            let mut first = 0;
            for (well, sign) in Slot::ALL.into_iter().zip(signs) {
                if !sign.is_empty() {
                    let text = RichText::new(sign).font(TextRole::Display.font());
                    ui.allocate_ui_with_layout(
                        vec2(20.0, WELL_HEIGHT + 40.0),
                        Layout::centered_and_justified(eframe::egui::Direction::LeftToRight),
                        |ui| ui.label(text.color(tokens(ui).text_muted)),
                    );
                }
                ui.allocate_ui_with_layout(
                    vec2(width, WELL_HEIGHT + 40.0),
                    Layout::top_down(Align::Min),
                    |ui| well_ui(ui, stage, well, first),
                );
                first += stage.app.tools().settings().arithmetic.members(well).len();
            }
        });
    });
}

fn well_ui(ui: &mut Ui, stage: &mut Stage<'_>, well: Slot, first: usize) {
    let app = stage.app;
    let members = app.tools().settings().arithmetic.members(well);
    let explained = match well {
        Slot::Plus => "what is added",
        Slot::Minus => "what is subtracted",
        Slot::Base => "what it is added to",
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(well.letter()).color(tokens(ui).text_strong));
        let text = match members.len() {
            0 | 1 => explained.to_owned(),
            count => format!("mean of {count}"),
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons_ui(ui, stage.actions, app, well, members);
            // The buttons have their room first; of the words there is what fits.
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let muted = tokens(ui).text_muted;
                let words = RichText::new(text).small().color(muted);
                ui.add(Label::new(words).truncate());
            });
        });
    });
    let name = format!("Well {}", well.letter());
    let width = ui.available_width() - 2.0 * space::S;
    let (dropped, ()) = drop_well(ui, &name, vec2(width, WELL_HEIGHT - 2.0 * space::S), |ui| {
        if members.is_empty() {
            invitation_ui(ui, "Drop pictures here");
            return;
        }
        ScrollArea::horizontal()
            .id_salt(&name)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.horizontal(|ui| members_ui(ui, stage, well, members, first));
            });
    });
    if let Some(expression) = dropped {
        stage
            .actions
            .edit_tool::<Arithmetic>(move |settings| settings.put(well, expression));
    }
}

fn members_ui(ui: &mut Ui, stage: &mut Stage<'_>, well: Slot, members: &[Expr], first: usize) {
    let set = stage.app.pictures().set(MEMBERS);
    for (index, expression) in members.iter().enumerate() {
        let name = format!("{} {}: {expression}", well.letter(), index + 1);
        let tile = Tile {
            picture: set.get(first + index),
            expression,
            name: &name,
            side: size::THUMBNAIL,
            selected: false,
        };
        let response = tile.ui(ui, stage.app, stage.textures);
        code_menu(&response, stage.actions, expression);
        let take = format!("Remove {name}");
        if remove_button(ui, response.rect, &take).clicked() {
            stage
                .actions
                .edit_tool::<Arithmetic>(move |settings| settings.take(well, index));
        }
    }
}

fn buttons_ui(ui: &mut Ui, actions: &mut Actions, app: &AppState, well: Slot, members: &[Expr]) {
    let letter = well.letter();
    let small = |glyph| Button::new(icon(glyph)).frame_when_inactive(false);
    let empty = ui
        .add_enabled(!members.is_empty(), small(Icon::X))
        .on_hover_text(format!("Empty {letter}"))
        .on_disabled_hover_text(format!("{letter} is empty"))
        .accessible_name(format!("Empty {letter}"));
    if empty.clicked() {
        actions.edit_tool::<Arithmetic>(move |settings| settings.members_mut(well).clear());
    }
    let add = ui
        .add(small(Icon::Plus))
        .on_hover_text(format!("Put the current picture into {letter}"))
        .accessible_name(format!("Put the current picture into {letter}"));
    if add.clicked() {
        let current = app.position().expression().clone();
        actions.edit_tool::<Arithmetic>(move |settings| settings.put(well, current));
    }
}
