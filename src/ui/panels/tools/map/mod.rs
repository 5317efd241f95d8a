//! The map: choose a plane at the left, look and walk in the middle.

mod layers;
mod stage;

pub use stage::{MapView, stage_ui};

use super::ToolViews;
use crate::app::tools::map::{Edit, NEIGHBOURS, PlaneKind, Settings};
use crate::app::{Action, Actions, AppState, Axis, ToolEdit};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::latent::expr::Expr;
use crate::latent::geometry::distance;
use crate::ui::panels::classes::{class_color, class_name};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{caption, icon, section, section_with};
use eframe::egui::{Button, Checkbox, ComboBox, Ui, vec2};
use lucide_icons::Icon;

fn push(actions: &mut Actions, edit: Edit) {
    actions.push(Action::Tool(ToolEdit::Map(edit)));
}

/// Paints the choice of the plane, its layers, the legend and the neighbours.
pub fn controls_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    views: &mut ToolViews,
) {
    let settings = &app.tools().settings().map;
    let space = model.editing_space();
    let dim_of = |space| {
        model
            .manifest
            .spaces
            .get(&space)
            .map_or(0, |shape| shape.dim())
    };
    let dim = dim_of(space);
    if dim > 2 || settings.kind != PlaneKind::Axes {
        section(ui, "Plane", |ui| {
            kind_ui(ui, actions, settings, model);
            match settings.kind {
                PlaneKind::Axes => axes_ui(ui, actions, settings, space, dim),
                PlaneKind::Pca => components_ui(ui, actions, settings, dim_of(Space::Z)),
                PlaneKind::Through => through_ui(ui, app, actions, settings, views),
            }
        });
    }
    section(ui, "Layers", |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        layer_ui(ui, actions, settings.pictures, "Pictures", Edit::Pictures);
        layer_ui(ui, actions, settings.data, "Encoded data", Edit::Data);
        // A plain autoencoder has no prior, and w has none either.
        let in_z = app
            .tools()
            .map()
            .plane()
            .is_none_or(|plane| plane.space() == Space::Z);
        if in_z && model.manifest.family.traits().has_prior {
            let words = "Density of the prior";
            layer_ui(ui, actions, settings.density, words, Edit::Density);
        }
        layer_ui(ui, actions, settings.trail, "Trajectory", Edit::Trail);
    });
    if model.encoded.is_empty() {
        section(ui, "Classes", |ui| {
            caption(
                ui,
                "This model has no encoder, so there are no encoded data on its map",
            );
        });
        return;
    }
    legend_ui(ui, actions, settings, model);
    section(ui, "Nearest data", |ui| {
        neighbours_ui(ui, app, actions, model, views);
    });
}

fn kind_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, model: &ModelInfo) {
    let has_data = !model.encoded.is_empty();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (kind, words, tip, available) in [
            (
                PlaneKind::Axes,
                "Dimensions",
                "Two raw dimensions, through the base code",
                true,
            ),
            (
                PlaneKind::Pca,
                "Components",
                "The two principal components along which the data spread most",
                has_data,
            ),
            (
                PlaneKind::Through,
                "Three codes",
                "The plane through three codes of your choice",
                true,
            ),
        ] {
            let button = Button::new(words)
                .selected(settings.kind == kind)
                .min_size(vec2(0.0, size::CONTROL));
            let response = ui
                .add_enabled(available, button)
                .on_hover_text(tip)
                .on_disabled_hover_text("This model holds no encoded data");
            if response.clicked() {
                push(actions, Edit::Kind(kind));
            }
        }
    });
}

fn axes_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, space: Space, dim: usize) {
    pair_ui(
        ui,
        settings.axes,
        dim,
        |index| Axis { space, index }.name(),
        "dimension",
        |which, axis| {
            push(actions, Edit::Axis(which, axis));
        },
    );
}

fn components_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, dim: usize) {
    let name = |number: usize| format!("PC {}", number + 1);
    pair_ui(
        ui,
        settings.components,
        dim,
        name,
        "component",
        |which, number| {
            push(actions, Edit::Component(which, number));
        },
    );
}

/// Two numbers below `count`, each in a list of its own.
fn pair_ui(
    ui: &mut Ui,
    pair: [usize; 2],
    count: usize,
    name: impl Fn(usize) -> String,
    what: &str,
    mut choose: impl FnMut(usize, usize),
) {
    ui.horizontal(|ui| {
        for (which, side) in ["Across", "Up"].into_iter().enumerate() {
            ui.label(side);
            let combo = ComboBox::from_id_salt(("map", what, which))
                .selected_text(name(pair[which]))
                .width(72.0)
                .show_ui(ui, |ui| {
                    for number in 0..count {
                        let entry = ui.selectable_label(pair[which] == number, name(number));
                        if entry.clicked() {
                            choose(which, number);
                        }
                    }
                });
            combo
                .response
                .on_hover_text(format!("Which {what} the map shows"))
                .accessible_name(format!("{side} {what}"));
        }
    });
}

fn through_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    views: &mut ToolViews,
) {
    let set = app.pictures().set(crate::app::tools::map::MEMBERS);
    let mut shown = 0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for (which, letter) in ["A", "B", "C"].into_iter().enumerate() {
            let name = format!("Map corner {letter}");
            let code = settings.through.get(which).and_then(Option::as_ref);
            let side = size::THUMBNAIL;
            let (dropped, ()) = drop_well(ui, &name, vec2(side, side), |ui| match code {
                None => {
                    ui.centered_and_justified(|ui| caption(ui, letter));
                }
                Some(expression) => {
                    let tile = Tile {
                        picture: set.get(shown),
                        expression,
                        name: &format!("{letter}: {expression}"),
                        side,
                        selected: false,
                    };
                    shown += 1;
                    let response = tile.ui(ui, app, &mut views.textures);
                    let take = format!("Remove corner {letter}");
                    if remove_button(ui, response.rect, &take).clicked() {
                        push(actions, Edit::Through(which, None));
                    }
                }
            });
            if let Some(expression) = dropped {
                push(actions, Edit::Through(which, Some(expression)));
            }
        }
        let free = settings.through.iter().position(Option::is_none);
        let add = ui
            .add_enabled(free.is_some(), Button::new("Add current"))
            .on_hover_text("Put the current picture into the next free corner")
            .on_disabled_hover_text("All three corners are taken")
            .accessible_name("Add the current picture as a corner");
        if let (true, Some(which)) = (add.clicked(), free) {
            let current = app.position().expression().clone();
            push(actions, Edit::Through(which, Some(current)));
        }
    });
}

fn layer_ui(ui: &mut Ui, actions: &mut Actions, on: bool, words: &str, edit: fn(bool) -> Edit) {
    let mut on = on;
    if ui.add(Checkbox::new(&mut on, words)).changed() {
        push(actions, edit(on));
    }
}

fn legend_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, model: &ModelInfo) {
    let mut counts = std::collections::BTreeMap::<u8, usize>::new();
    for (_, class) in &model.encoded {
        *counts.entry(*class).or_default() += 1;
    }
    let all_shown = counts
        .keys()
        .all(|class| !settings.hidden_classes.contains(class));
    let (toggle_all, ()) = section_with(
        ui,
        "Classes",
        |ui| {
            let words = if all_shown { "None" } else { "All" };
            ui.add(Button::new(words).frame_when_inactive(false))
                .on_hover_text("Show all classes of the data, or none")
                .accessible_name(if all_shown {
                    "Hide all classes"
                } else {
                    "Show all classes"
                })
                .clicked()
        },
        |ui| {
            let tokens = tokens(ui);
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
                for (&class, count) in &counts {
                    let shown = !settings.hidden_classes.contains(&class);
                    let colour = class_color(tokens, class);
                    let name = class_name(model, class);
                    // The form says as much as the colour.
                    let glyph = if shown { Icon::CircleDot } else { Icon::Circle };
                    let dot = icon(glyph).color(if shown { colour } else { tokens.outline });
                    let button = Button::new((dot, name.as_str())).selected(shown);
                    let response = ui
                        .add(button)
                        .on_hover_text(format!("{count} test pictures of {name}"))
                        .accessible_name(format!("Class {name}"));
                    if response.clicked() {
                        push(actions, Edit::Class(class, !shown));
                    }
                }
            });
        },
    );
    if toggle_all {
        push(actions, Edit::AllClasses(!all_shown));
    }
}

/// The encoded data nearest to the current code, as the model draws them.
pub fn neighbours_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    views: &mut ToolViews,
) {
    let code = app.preview().frame().map(|frame| &frame.code);
    let code = code.filter(|code| code.space == Space::Z);
    let set = app.pictures().set(NEIGHBOURS);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for picture in set.iter().flatten() {
            let Expr::Vector(values) = &picture.expression else {
                continue;
            };
            let class = model
                .encoded
                .iter()
                .find(|(row, _)| row == values)
                .map(|(_, class)| class_name(model, *class))
                .unwrap_or_default();
            let far = code.map_or(0.0, |code| distance(code.values.reals(), values));
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                let name = format!("Nearest datum: {class}, {far:.2} away");
                let tile = Tile {
                    picture: Some(picture),
                    expression: &picture.expression,
                    name: &name,
                    side: size::THUMBNAIL,
                    selected: false,
                };
                let response = tile.ui(ui, app, &mut views.textures);
                code_menu(&response, actions, &picture.expression);
                if response.clicked() {
                    actions.edit(crate::app::Edit::Expression(picture.expression.clone()));
                }
                caption(ui, format!("{class} {far:.2}"));
            });
        }
    });
    caption(
        ui,
        "Reconstructions of test pictures, with their distance in z",
    );
}
