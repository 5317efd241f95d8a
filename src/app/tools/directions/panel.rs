//! Directions: find, measure, name them; a slider for each, seven pictures of the one looked at.

use super::{Directions, Listed, Measured, STRIP, STRIP_SIGMAS, check_name};
use crate::app::{Action, Actions, AppState, ParamId};
use crate::engine::{DirectionSource, ModelInfo};
use crate::ui::panels::classes::class_name;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, below_picture, picture_ui};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu};
use crate::ui::widgets::{caption, icon, section, section_with, text_field};
use eframe::egui::{
    Align, Button, ComboBox, Frame, Key, Layout, Margin, ProgressBar, Response, RichText, TextEdit,
    Ui, vec2,
};
use lucide_icons::Icon;

/// How many directions a search brings.
const COUNT: usize = 8;

const EFFECT_TIP: &str = "Measured on random codes, moved two standard deviations: how many of \
                          those without the label have it then, and the mean change of the \
                          probabilities of others";

/// What the panel keeps between frames.
#[derive(Default)]
pub struct View {
    /// The classes that a difference goes between.
    from: u8,
    to: Option<u8>,
    show_hidden: bool,
    /// Whether the model's own directions beyond the best are shown.
    show_all: bool,
    /// The direction that is being renamed, and the text typed so far.
    renaming: Option<(String, String)>,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls_ui(ui, controls, self);
    }

    /// Paints the picture with seven steps below.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        strip_ui(ui, stage);
        picture_ui(ui, stage);
    }
}

/// Paints the searches and the list.
fn controls_ui(ui: &mut Ui, controls: &mut Controls<'_>, view: &mut View) {
    let (app, model) = (controls.app, controls.model);
    let actions = &mut *controls.actions;
    section(ui, "Find", |ui| find_ui(ui, app, actions, model, view));
    let directions = app.tool::<Directions>();
    let listed = directions.listed();
    let all = listed.as_slice();
    let hidden = directions.settings.of(model);
    let is_hidden = |name: &str| hidden.is_some_and(|of| of.hidden.contains(name));
    let hidden_count = all.iter().filter(|l| is_hidden(&l.direction.name)).count();
    let show_hidden = view.show_hidden;
    let (toggle, ()) = section_with(
        ui,
        "Directions",
        |ui| {
            if hidden_count == 0 {
                return false;
            }
            let words = if show_hidden {
                "Hide them".to_owned()
            } else {
                format!("{hidden_count} hidden")
            };
            ui.add(Button::new(words).frame_when_inactive(false))
                .on_hover_text("Show or hide the directions that were hidden")
                .accessible_name("Show hidden directions")
                .clicked()
        },
        |ui| {
            if all.is_empty() {
                caption(
                    ui,
                    "None yet. A direction changes one attribute of the picture more than others: \
                     find some above.",
                );
            }
            let is_other = |listed: &Listed| listed.measured == Some(Measured::Other);
            let others = all.iter().filter(|listed| is_other(listed)).count();
            for listed in all {
                let name = &listed.direction.name;
                // What the expression moves along is shown, wherever it ranks.
                let is_folded =
                    is_other(listed) && !view.show_all && app.position().step(name) == 0.0;
                if (!is_hidden(name) || show_hidden) && !is_folded {
                    row_ui(ui, app, actions, view, listed, is_hidden(name), all);
                }
            }
            if others > 0 {
                more_ui(ui, view, all.len(), others);
            }
        },
    );
    if toggle {
        view.show_hidden = !view.show_hidden;
    }
}

/// Shows or folds what ranks behind the best.
fn more_ui(ui: &mut Ui, view: &mut View, all: usize, others: usize) {
    let (glyph, words) = if view.show_all {
        let best = all - others;
        (Icon::ChevronDown, format!("Only the first {best}"))
    } else {
        (Icon::ChevronRight, format!("All {all}"))
    };
    let more = ui
        .add(Button::new((icon(glyph), words)).frame_when_inactive(false))
        .on_hover_text(
            "Show or hide the directions of the model that do less, or do what one above does \
             better",
        )
        .accessible_name("Show all directions");
    if more.clicked() {
        view.show_all = !view.show_all;
    }
}

fn find_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo, view: &mut View) {
    if let Some((done, total)) = app.tools().directions().progress() {
        let part = done as f32 / total.max(1) as f32;
        ui.add(ProgressBar::new(part).text("Measuring what the directions change"));
        if ui
            .button("Cancel")
            .accessible_name("Cancel the search")
            .clicked()
        {
            actions.ask_tool(|tool: &mut Directions, cx| tool.stop_finding(cx));
        }
        return;
    }
    if let Some(failure) = app.tools().directions().failure() {
        ui.label(RichText::new(failure).color(tokens(ui).error));
    }
    let find = |actions: &mut Actions, source| {
        actions.ask_tool(|tool: &mut Directions, cx| tool.find(cx, source));
    };
    let has_data = !model.encoded.is_empty();
    let no_data = "This model holds no encoded data with labels";
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let components = ui
            .add_enabled(has_data, Button::new("Components"))
            .on_hover_text("Principal components of the encoded data (PCA)")
            .on_disabled_hover_text(no_data);
        if components.clicked() {
            find(actions, DirectionSource::Components { count: COUNT });
        }
        let change = ui.button("Picture change").on_hover_text(
            "Directions along which the picture changes most, measured on the decoder",
        );
        if change.clicked() {
            find(actions, DirectionSource::PictureChange { count: COUNT });
        }
        let import = ui
            .add(Button::new((icon(Icon::FolderOpen), "Import…")))
            .on_hover_text(
                "Directions of a NumPy file (.npy, .npz): boundaries of InterFaceGAN, components of \
                 GANSpace, or your own",
            )
            .accessible_name("Import directions");
        if import.clicked() {
            actions.push(Action::AskForDirections);
        }
    });
    if !has_data {
        caption(ui, no_data);
        return;
    }
    let mut classes: Vec<u8> = model.encoded.iter().map(|(_, class)| *class).collect();
    classes.sort_unstable();
    classes.dedup();
    let name = |class: u8| class_name(model, class);
    let mut to = view.to;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        class_ui(ui, "From class", &classes, &name, &mut view.from);
        ui.label(icon(Icon::ArrowRight));
        let mut chosen = to.unwrap_or_else(|| classes.last().copied().unwrap_or(0));
        class_ui(ui, "To class", &classes, &name, &mut chosen);
        to = Some(chosen);
        let differs = chosen != view.from;
        let button = ui
            .add_enabled(differs, Button::new("Difference"))
            .on_hover_text("From the mean code of one class to that of the other")
            .on_disabled_hover_text("Choose two different classes");
        if button.clicked() {
            find(
                actions,
                DirectionSource::ClassDifference {
                    from: view.from,
                    to: chosen,
                },
            );
        }
    });
    view.to = to;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let class = to.unwrap_or(0);
        let probe = ui
            .button(format!("Probe for {}", name(class)))
            .on_hover_text(
                "What sets the class at the right apart from all others (logistic regression)",
            )
            .accessible_name("Probe for the class");
        if probe.clicked() {
            find(actions, DirectionSource::Probe { class });
        }
    });
}

fn class_ui(ui: &mut Ui, what: &str, classes: &[u8], name: &dyn Fn(u8) -> String, chosen: &mut u8) {
    let combo = ComboBox::from_id_salt(what)
        .selected_text(name(*chosen))
        .width(64.0)
        .show_ui(ui, |ui| {
            for class in classes {
                ui.selectable_value(chosen, *class, name(*class));
            }
        });
    combo.response.accessible_name(what);
}

fn row_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut View,
    listed: &Listed,
    is_hidden: bool,
    all: &[Listed],
) {
    let name = &listed.direction.name;
    if view.renaming.as_ref().is_some_and(|(of, _)| of == name) {
        rename_ui(ui, actions, view, all);
        return;
    }
    let looked_at = app.tools().directions().looked_at() == Some(name);
    let response = ui
        .horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let mut text = RichText::new(name);
            if is_hidden {
                text = text.color(tokens(ui).text_muted);
            }
            let button = Button::new(text)
                .selected(looked_at)
                .frame_when_inactive(false);
            let response = ui
                .add(button)
                .on_hover_text(format!(
                    "{}\nClick to see seven steps along it",
                    listed.evidence
                ))
                .accessible_name(format!("Look at {name}"));
            if listed.picture_change > 0.0 {
                caption(ui, format!("{:.1} % per σ", listed.picture_change * 100.0))
                    .on_hover_text("Mean change of a pixel for a step of one standard deviation");
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                menu_ui(ui, app, actions, view, listed, is_hidden)
            });
            response
        })
        .inner;
    if response.clicked() || (response.hovered() && !looked_at) {
        look_at(actions, name);
    }
    if listed.measured.is_some() {
        // Below the name, which stands inside a button.
        let inset = Margin {
            left: ui.spacing().button_padding.x as i8,
            ..Margin::ZERO
        };
        let frame = Frame::new().inner_margin(inset);
        frame.show(ui, |ui| {
            // A number and its unit stay on one line.
            let evidence = listed.evidence.replace(" %", "\u{a0}%");
            caption(ui, &evidence).on_hover_text(EFFECT_TIP)
        });
    }
    let id = ParamId::Step(name.clone());
    if parameter_row::named_ui(ui, app, actions, &id, None) {
        look_at(actions, name);
    }
}

fn look_at(actions: &mut Actions, name: &str) {
    let name = name.to_owned();
    actions.ask_tool(|tool: &mut Directions, _| tool.look_at(name));
}

fn menu_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut View,
    listed: &Listed,
    is_hidden: bool,
) {
    let name = &listed.direction.name;
    let is_own = app
        .model()
        .is_some_and(|model| model.directions.iter().any(|own| own.name == *name));
    let small = |glyph| Button::new(icon(glyph)).frame_when_inactive(false);
    let own_reason = "It is part of the model file";
    let say = |response: Response, what: &str| {
        response
            .on_hover_text(what)
            .on_disabled_hover_text(own_reason)
            .accessible_name(format!("{what} {name}"))
    };
    if say(ui.add_enabled(!is_own, small(Icon::Trash2)), "Delete").clicked() {
        let name = name.clone();
        actions.ask_tool(move |_: &mut Directions, cx| Directions::delete(cx, &name));
    }
    let (glyph, what) = if is_hidden {
        (Icon::Eye, "Show")
    } else {
        (Icon::EyeOff, "Hide")
    };
    if say(ui.add(small(glyph)), what).clicked() {
        let name = name.clone();
        actions.ask_tool(move |_: &mut Directions, cx| Directions::hide(cx, &name, !is_hidden));
    }
    if say(ui.add_enabled(!is_own, small(Icon::Pencil)), "Rename").clicked() {
        view.renaming = Some((name.clone(), name.clone()));
    }
}

fn rename_ui(ui: &mut Ui, actions: &mut Actions, view: &mut View, all: &[Listed]) {
    let Some((from, text)) = &mut view.renaming else {
        return;
    };
    let others = all.iter().map(|listed| listed.direction.name.as_str());
    let verdict = check_name(text.trim(), others.filter(|name| name != from));
    let field = TextEdit::singleline(text)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL));
    let field = text_field(ui, field).accessible_name("New name");
    field.request_focus();
    if let Err(reason) = &verdict {
        ui.label(RichText::new(reason).color(tokens(ui).error));
    }
    let (enter, escape) = ui.input(|input| {
        (
            input.key_pressed(Key::Enter),
            input.key_pressed(Key::Escape),
        )
    });
    if enter && verdict.is_ok() {
        let to = text.trim().to_owned();
        let from = from.clone();
        if to != from {
            actions.ask_tool(move |_: &mut Directions, cx| Directions::rename(cx, &from, &to));
        }
        view.renaming = None;
    } else if escape {
        view.renaming = None;
    }
}

fn strip_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    let directions = app.tool::<Directions>();
    let listed = directions.listed();
    let is_there = |name: &&str| listed.iter().any(|it| it.direction.name == **name);
    if let Some(name) = app.tools().directions().looked_at().filter(is_there) {
        below_picture(ui, "direction strip", 180.0, |ui| {
            caption(ui, format!("Along \"{name}\", in standard deviations"));
            let set = app.pictures().set(STRIP);
            if let Some(failure) = set.failure() {
                caption(ui, failure);
                return;
            }
            let count = STRIP_SIGMAS.len() as f32;
            let side = ((ui.available_width() - count * space::S) / count).clamp(40.0, 112.0);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                for (index, sigma) in STRIP_SIGMAS.into_iter().enumerate() {
                    let expression = app.tool::<Directions>().stepped(name, sigma);
                    let place = vec2(side, side + space::L);
                    let down = Layout::top_down(Align::Center);
                    ui.allocate_ui_with_layout(place, down, |ui| {
                        ui.spacing_mut().item_spacing.y = space::XS;
                        let label = format!("{sigma:+} along {name}");
                        let tile = Tile {
                            picture: set.get(index),
                            expression: &expression,
                            name: &label,
                            side,
                            selected: app.position().step(name) == sigma,
                        };
                        let response = tile.ui(ui, app, stage.textures);
                        code_menu(&response, stage.actions, &expression);
                        if response.clicked() {
                            stage
                                .actions
                                .edit(crate::app::Edit::Expression(expression.clone()));
                        }
                        caption(ui, format!("{sigma:+}"));
                    });
                }
            });
        });
    }
}
