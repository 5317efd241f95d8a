//! The wall fills the stage; which seeds, how many and what the judge counts at the left.

use super::{ACROSS, BESIDE, Counted, NEXT_WALL, PREVIOUS_WALL, Place, Seeds, USUAL_PSI, WALLS};
use crate::app::export::{ContactSource, Kind};
use crate::app::tools::explore::panel::directions_ui;
use crate::app::{Action, Actions, AppState, Command, Edit, ParamId, Tool};
use crate::engine::ModelInfo;
use crate::latent::VocabularyKind;
use crate::learn::Control;
use crate::model::manifest::LabelKind;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel};
use crate::ui::panels::{conditions, parameter_row, unlocked_ui};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu};
use crate::ui::widgets::{caption, icon, icon_button, name_width, number_field, section};
use eframe::egui::{
    Align, Button, CentralPanel, Checkbox, DragValue, Frame, Label, Layout, Margin, ProgressBar,
    Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2, pos2, vec2,
};
use lucide_icons::Icon;

/// Width of the field for the first seed: the largest has ten digits.
const SEED_WIDTH: f32 = 84.0;
/// Tiles are no smaller; a wall that has no room scrolls.
const MIN_TILE: f32 = 24.0;
/// Between tiles.
const GAP: f32 = 2.0;
/// The size of the bars of a count, and the height of their rows.
const BAR: f32 = 96.0;
const BAR_HEIGHT: f32 = 10.0;
const ROW: f32 = 22.0;

/// Nothing is kept.
#[derive(Default)]
pub struct View;

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        let (app, actions, model) = (controls.app, &mut *controls.actions, controls.model);
        section(ui, "Wall", |ui| wall_controls_ui(ui, app, actions, model));
        unlocked_ui(ui, app, Control::Sliders, |ui| {
            if app.tool::<Seeds>().rows().is_none() {
                conditions::ui(ui, app, actions, model);
            }
            directions_ui(ui, app, actions, None);
        });
        section(ui, "Truncation", |ui| truncation_ui(ui, app, actions));
        section(ui, "What the judge sees", |ui| {
            count_ui(ui, app, actions, model)
        });
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        stage_ui(ui, stage);
    }
}

fn wall_controls_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let settings = &app.tools().settings().seeds;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        icon_button(
            ui,
            app,
            actions,
            Command::OfTool(Tool::Seeds, PREVIOUS_WALL),
        );
        let mut first = settings.first_seed;
        let field = DragValue::new(&mut first).speed(0.1).prefix("from ");
        let response = number_field(ui, SEED_WIDTH, field)
            .on_hover_text("The seed at the top left: drag, or click to type a number")
            .accessible_name("First seed of the wall");
        if response.changed() {
            actions.edit_tool::<Seeds>(move |settings| settings.first_seed = first);
        }
        icon_button(ui, app, actions, Command::OfTool(Tool::Seeds, NEXT_WALL));
    });
    parameter_row::ui(ui, app, actions, &ParamId::Tool(ACROSS));
    if let Some(vocabulary) = &model.manifest.conditions {
        let words = match vocabulary.kind {
            VocabularyKind::Classes => "A row for each class",
            VocabularyKind::Attributes => "A row for each word",
        };
        let mut on = settings.by_class;
        let toggle = ui
            .add(Checkbox::new(&mut on, words))
            .on_hover_text("Every row has the same seeds, and asks for something else");
        if toggle.changed() {
            actions.edit_tool::<Seeds>(move |settings| settings.by_class = on);
        }
    }
    let export = ui
        .add(Button::new((icon(Icon::Download), "Export…")))
        .on_hover_text("Write the wall as a picture")
        .accessible_name("Export the wall");
    if export.clicked() {
        let mut next = app.export().settings().clone();
        next.kind = Kind::Contact;
        next.contact.source = ContactSource::Wall;
        next.contact.columns = settings.side();
        actions.push(Action::SetExport(next));
        actions.push(Action::Run(Command::Export));
    }
}

fn truncation_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    unlocked_ui(ui, app, Control::Psi, |ui| {
        parameter_row::ui(ui, app, actions, &ParamId::Psi);
    });
    let beside = app.tools().settings().seeds.beside;
    let mut on = beside.is_some();
    let toggle = ui
        .add(Checkbox::new(&mut on, "Another wall beside"))
        .on_hover_text("The same seeds with another truncation");
    if toggle.changed() {
        actions.edit_tool::<Seeds>(move |settings| {
            settings.beside = on.then_some(USUAL_PSI);
        });
    }
    if beside.is_some() {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(BESIDE));
    }
}

fn count_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let view = app.tool::<Seeds>();
    if let Some([done, total]) = view.progress() {
        let part = done as f32 / total.max(1) as f32;
        ui.add(ProgressBar::new(part).text(format!("{done} of {total} pictures")));
        if ui
            .button("Cancel")
            .accessible_name("Cancel the count")
            .clicked()
        {
            actions.ask_tool(|tool: &mut Seeds, cx| tool.stop_counting(cx));
        }
        return;
    }
    let counted = view.counted();
    if let Some(failure) = view.failure() {
        ui.label(RichText::new(failure).color(tokens(ui).error));
    }
    let words = if counted.is_some() {
        "Count again"
    } else {
        "Count labels"
    };
    let count = ui
        .add(Button::new((icon(Icon::ChartBar), words)))
        .on_hover_text("Have the judge of the data look at every picture of the first wall")
        .accessible_name("Count labels");
    if count.clicked() {
        actions.ask_tool(|tool: &mut Seeds, cx| tool.count(cx));
    }
    match counted {
        Some(counted) => bars_ui(ui, counted),
        None => {
            let title = &model.manifest.title;
            caption(
                ui,
                format!("How often {title} shows each label on this wall"),
            );
        }
    }
}

/// A bar for each label. Classes that never come stand out.
fn bars_ui(ui: &mut Ui, counted: &Counted) {
    let most = counted.labels.iter().map(|(_, count)| *count).max();
    let most = most.unwrap_or(0).max(1) as f32;
    let tokens = tokens(ui);
    let width = name_width(ui, counted.labels.iter().map(|(label, _)| label.as_str()));
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = ROW;
        ui.spacing_mut().item_spacing = vec2(space::S, 0.0);
        for (label, count) in &counted.labels {
            let colour = match count {
                0 => tokens.text_muted,
                _ => tokens.text,
            };
            ui.horizontal(|ui| {
                let name = Label::new(RichText::new(label).color(colour)).truncate();
                let left = Layout::left_to_right(Align::Center);
                ui.allocate_ui_with_layout(vec2(width, ROW), left, |ui| {
                    ui.set_min_width(width);
                    ui.add(name);
                });
                let (rect, bar) = ui.allocate_exact_size(vec2(BAR, BAR_HEIGHT), Sense::hover());
                let painter = ui.painter();
                painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
                let filled = vec2(BAR * *count as f32 / most, BAR_HEIGHT);
                let filled = Rect::from_min_size(rect.min, filled);
                painter.rect_filled(filled, size::RADIUS_SMALL, tokens.accent);
                bar.on_hover_text(format!("{label}: {count} of {}", counted.pictures));
                ui.label(RichText::new(count.to_string()).color(colour));
            });
        }
    });
    if counted.kind == LabelKind::Classes {
        let missing = counted
            .labels
            .iter()
            .filter(|(_, count)| *count == 0)
            .count();
        let words = match missing {
            0 => "Every class comes up".to_owned(),
            1 => "One class does not come up".to_owned(),
            missing => format!("{missing} classes do not come up"),
        };
        caption(ui, words);
    }
}

/// The walls side by side, as large as they fit.
fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let frame = Frame::new().inner_margin(Margin::same(space::M as i8));
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let view = stage.app.tool::<Seeds>();
        let beside = view.settings.beside;
        let side = view.settings.side();
        let psi = stage.app.position().psi();
        let walls = [
            Some((psi, view.wall(None))),
            beside.map(|psi| (psi, view.wall(Some(psi)))),
        ];
        let walls: Vec<(usize, f32, Vec<Place>)> = walls
            .into_iter()
            .enumerate()
            .filter_map(|(which, wall)| wall.map(|(psi, wall)| (which, psi, wall)))
            .collect();
        let area = ui.available_rect_before_wrap();
        let count = walls.len() as f32;
        let width = (area.width() - space::L * (count - 1.0)) / count;
        for (at, (which, psi, wall)) in walls.iter().enumerate() {
            let left = area.left() + at as f32 * (width + space::L);
            let place = Rect::from_min_size(pos2(left, area.top()), vec2(width, area.height()));
            ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
                if walls.len() > 1 {
                    let words = RichText::new(format!("psi {psi:.2}"));
                    ui.label(words.font(TextRole::Heading.font()));
                }
                ui.push_id(which, |ui| wall_ui(ui, stage, *which, wall, side));
            });
        }
        ui.allocate_rect(area, Sense::hover());
    });
}

fn wall_ui(ui: &mut Ui, stage: &mut Stage<'_>, which: usize, wall: &[Place], across: usize) {
    let app = stage.app;
    let set = app.pictures().set(WALLS[which]);
    if let Some(failure) = set.failure() {
        caption(ui, failure);
        return;
    }
    let area = ui.available_size();
    let room = |length: f32, tiles: usize| {
        let gaps = GAP * tiles.saturating_sub(1) as f32;
        ((length - gaps) / tiles.max(1) as f32).floor()
    };
    let rows = wall.len().div_ceil(across);
    let side = room(area.x, across).min(room(area.y, rows)).max(MIN_TILE);
    let current = app.position().expression();
    ScrollArea::both().show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(GAP);
        // In the middle of what a narrow or a low stage leaves.
        let left = ((area.x - (side + GAP) * across as f32 + GAP) / 2.0).max(0.0);
        for (row, places) in wall.chunks(across).enumerate() {
            ui.horizontal(|ui| {
                ui.add_space(left);
                for (column, Place { name, expression }) in places.iter().enumerate() {
                    let tile = Tile {
                        picture: set.get(row * across + column),
                        expression,
                        name,
                        side,
                        selected: expression == current,
                    };
                    let response = tile.ui(ui, app, stage.textures);
                    code_menu(&response, stage.actions, expression);
                    if response.clicked() {
                        stage.actions.edit(Edit::Expression(expression.clone()));
                    }
                    if response.double_clicked() {
                        stage
                            .actions
                            .push(Action::Run(Command::Open(Tool::Explore)));
                    }
                }
            });
        }
    });
}
