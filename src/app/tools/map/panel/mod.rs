//! The map: choose a plane at the left, look and walk in the middle.

mod layers;
mod stage;

use super::{MEMBERS, Map, PlaneKind, Settings, choices};
use crate::app::models::source_title;
use crate::app::{Actions, AppState, Axis};
use crate::engine::{ModelInfo, ModelSource};
use crate::latent::Space;
use crate::ui::panels::classes::{class_color, class_name};
use crate::ui::panels::seed;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, neighbours};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::{Tile, drop_well, remove_button};
use crate::ui::widgets::{caption, icon, section, section_with};
use eframe::egui::{Button, Checkbox, ComboBox, Ui, vec2};
use lucide_icons::Icon;

/// What the map keeps between frames.
#[derive(Default)]
pub struct View {
    chunks: PictureTextures,
    /// Of the second map: its chunks have numbers of their own.
    beside: PictureTextures,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls_ui(ui, controls);
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        stage::ui(ui, stage, [&mut self.chunks, &mut self.beside]);
    }
}

/// Paints the choice of the plane, its layers, the legend and the neighbours.
fn controls_ui(ui: &mut Ui, controls: &mut Controls<'_>) {
    let (app, model) = (controls.app, controls.model);
    let (actions, textures) = (&mut *controls.actions, &mut *controls.textures);
    let settings = &app.tools().settings().map;
    // Places and what is dragged into them have to be in sight together; there seeds are chosen below.
    if settings.kind != PlaneKind::Through {
        seed::ui(ui, app, actions);
    }
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
                PlaneKind::Axes => axes_ui(ui, actions, settings.axes_of(model), space, dim),
                PlaneKind::Pca => components_ui(ui, actions, settings, dim_of(model.start)),
                PlaneKind::Through => through_ui(ui, app, actions, settings, textures),
            }
        });
    }
    beside_ui(ui, app, actions, settings, model);
    section(ui, "Layers", |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        layer_ui(ui, actions, settings.pictures, "Pictures", |it| {
            &mut it.pictures
        });
        layer_ui(ui, actions, settings.data, "Encoded data", |it| {
            &mut it.data
        });
        // A plain autoencoder has no prior, and w has none either.
        let at_start = app
            .tools()
            .map()
            .plane()
            .is_none_or(|plane| plane.space() == model.start);
        if at_start && model.manifest.family.traits().has_prior {
            let words = "Density of the prior";
            layer_ui(ui, actions, settings.density, words, |it| &mut it.density);
        }
        layer_ui(ui, actions, settings.trail, "Trajectory", |it| {
            &mut it.trail
        });
    });
    if model.encoded.is_empty() {
        section(ui, "Classes", |ui| {
            caption(ui, "This model holds no codes of data to put on its map");
        });
        return;
    }
    legend_ui(ui, actions, settings, model);
    section(ui, "Nearest data", |ui| {
        neighbours::ui(ui, app, actions, model, textures);
    });
}

/// Which model has the second map.
fn beside_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    model: &ModelInfo,
) {
    let choices = choices(app.workspace(), model);
    if choices.is_empty() || settings.kind != PlaneKind::Axes {
        return;
    }
    section(ui, "Second map", |ui| {
        let none = "None";
        let chosen = settings.beside.as_ref();
        let chosen = chosen.filter(|source| choices.contains(source));
        let words = chosen.map_or(none.to_owned(), source_title);
        let combo = ComboBox::from_id_salt("map beside")
            .selected_text(words)
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, |ui| {
                let mut entry = |ui: &mut Ui, source: Option<ModelSource>, words: &str| {
                    let is_chosen = chosen == source.as_ref();
                    if ui.selectable_label(is_chosen, words).clicked() {
                        actions.edit_tool::<Map>(move |settings| settings.beside = source);
                    }
                };
                entry(ui, None, none);
                for source in &choices {
                    entry(ui, Some(source.clone()), &source_title(source));
                }
            });
        combo
            .response
            .on_hover_text(
                "Another model with codes of two numbers: the same region beside this map",
            )
            .accessible_name("Model of the second map");
        if let Some(why) = app.tools().map().beside().why_not() {
            caption(ui, why);
        }
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
                actions.edit_tool::<Map>(move |settings| settings.kind = kind);
            }
        }
    });
}

fn axes_ui(ui: &mut Ui, actions: &mut Actions, shown: [usize; 2], space: Space, dim: usize) {
    pair_ui(
        ui,
        shown,
        dim,
        |index| Axis { space, index }.name(),
        "dimension",
        |which, axis| {
            actions.edit_tool::<Map>(move |settings| settings.set_axis(shown, which, axis));
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
            actions.edit_tool::<Map>(move |settings| settings.set_component(which, number));
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
    textures: &mut PictureTextures,
) {
    let set = app.pictures().set(MEMBERS);
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
                    let response = tile.ui(ui, app, textures);
                    let take = format!("Remove corner {letter}");
                    if remove_button(ui, response.rect, &take).clicked() {
                        actions.edit_tool::<Map>(move |settings| settings.set_corner(which, None));
                    }
                }
            });
            if let Some(expression) = dropped {
                let corner =
                    move |settings: &mut Settings| settings.set_corner(which, Some(expression));
                actions.edit_tool::<Map>(corner);
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
            actions.edit_tool::<Map>(move |settings| settings.set_corner(which, Some(current)));
        }
    });
}

fn layer_ui(
    ui: &mut Ui,
    actions: &mut Actions,
    on: bool,
    words: &str,
    field: fn(&mut Settings) -> &mut bool,
) {
    let mut on = on;
    if ui.add(Checkbox::new(&mut on, words)).changed() {
        actions.edit_tool::<Map>(move |settings| *field(settings) = on);
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
                        actions
                            .edit_tool::<Map>(move |settings| settings.show_class(class, !shown));
                    }
                }
            });
        },
    );
    if toggle_all {
        actions.edit_tool::<Map>(move |settings| settings.show_all_classes(!all_shown));
    }
}
