//! Variations: step, locks and partner at the left, the children in the middle.

use super::{CHILDREN, PARTNER, Parent, SHOWN, STEP, Settings, Variations};
use crate::app::tools::directions::Directions;
use crate::app::tools::styles::Scale;
use crate::app::{Actions, AppState, Axis, DecodedPicture, ParamId};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::latent::expr::LayerRange;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, picture_ui};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{caption, heading, icon, invitation_ui, section, section_with};
use eframe::egui::{
    Button, Checkbox, CollapsingHeader, FontId, Panel, Rect, Response, RichText, Role, ScrollArea,
    Sense, Ui, Vec2, WidgetInfo, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// Directions that are shown without asking.
const DIRECTIONS: usize = 10;
const COLUMNS: usize = 4;
/// In a narrow window.
const MIN_COLUMNS: usize = 2;
const MIN_TILE: f32 = 56.0;
const MAX_TILE: f32 = 320.0;

/// Which of the candidates are on the sheet: chosen once for each set of pictures.
#[derive(Default)]
pub struct View {
    /// The numbers of the pictures that the choice is for.
    of: Vec<u64>,
    diverse: bool,
    shown: Vec<usize>,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls_ui(ui, controls);
    }

    /// Paints the sheet beside the parent.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        stage_ui(ui, stage, self);
    }
}

/// Paints how children differ from their parent.
fn controls_ui(ui: &mut Ui, controls: &mut Controls<'_>) {
    let (app, actions) = (controls.app, &mut *controls.actions);
    let textures = &mut *controls.textures;
    let settings = &app.tools().settings().variations;
    section(ui, "Children", |ui| {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(STEP));
        // Where there is no w it is a choice of few: Explore has it.
        if controls.model.manifest.spaces.contains_key(&Space::W) {
            parameter_row::ui(ui, app, actions, &ParamId::Psi);
        }
    });
    ui.horizontal(|ui| {
        let mut diverse = settings.diverse;
        let response = ui
            .add(Checkbox::new(&mut diverse, "Most diverse 12"))
            .on_hover_text("Of 64 children, the 12 whose pictures differ most");
        if response.changed() {
            actions.edit_tool::<Variations>(move |settings| settings.diverse = diverse);
        }
        let reroll = Button::new((icon(Icon::Dices), "Reroll"));
        if ui
            .add(reroll)
            .on_hover_text("Draw other children of the same parent")
            .accessible_name("Reroll")
            .clicked()
        {
            actions.edit_tool::<Variations>(Settings::reroll);
        }
    });
    section(ui, "Second parent", |ui| {
        partner_ui(ui, app, actions, settings, textures)
    });
    locks_ui(ui, controls);
}

fn partner_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    textures: &mut PictureTextures,
) {
    ui.horizontal(|ui| {
        let side = Vec2::splat(size::THUMBNAIL);
        let (dropped, ()) = drop_well(ui, "Second parent", side, |ui| match &settings.partner {
            None => {
                invitation_ui(ui, "Drop");
            }
            Some(expression) => {
                let name = format!("Second parent: {expression}");
                let tile = Tile {
                    picture: app.pictures().set(PARTNER).get(0),
                    expression,
                    name: &name,
                    side: size::THUMBNAIL,
                    selected: false,
                };
                let response = tile.ui(ui, app, textures);
                if remove_button(ui, response.rect, "Remove the second parent").clicked() {
                    actions.edit_tool::<Variations>(|settings| settings.partner = None);
                }
            }
        });
        if let Some(expression) = dropped {
            actions.edit_tool::<Variations>(|settings| settings.partner = Some(expression));
        }
        let words = match settings.partner {
            Some(_) => {
                "Each dimension of a child comes from one of the two parents, chosen at random"
            }
            None => "Drop a picture here to cross it with the current one",
        };
        // Words in a row do not wrap.
        ui.vertical(|ui| caption(ui, words));
    });
}

/// What children inherit unchanged: named parts first, single numbers in a fold.
fn locks_ui(ui: &mut Ui, controls: &mut Controls<'_>) {
    let Controls { app, model, .. } = *controls;
    let actions = &mut *controls.actions;
    let settings = &app.tools().settings().variations;
    let parent = Parent::of(app.workspace(), model);
    let (unlock, ()) = section_with(
        ui,
        "Locks",
        |ui| {
            let none = Button::new("None").frame_when_inactive(false);
            ui.add_enabled(settings.is_locked(), none)
                .on_hover_text("Lock nothing")
                .on_disabled_hover_text("Nothing is locked")
                .accessible_name("Unlock everything")
                .clicked()
        },
        |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            caption(ui, "Children keep what is locked as their parent has it");
            if parent.layers() > 0
                && let Some(model) = app.model()
            {
                scales_ui(ui, actions, settings, model);
            }
            directions_ui(ui, app, actions, &parent);
            if parent.layers() > 0 {
                layers_ui(ui, actions, settings, parent.layers());
            }
            if parent.numbers() > 0 {
                numbers_ui(ui, actions, settings, &parent);
            }
        },
    );
    if unlock {
        actions.edit_tool::<Variations>(Settings::unlock);
    }
}

/// Coarse, middle and fine styles.
fn scales_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, model: &ModelInfo) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for scale in Scale::ALL {
            let (word, range) = (scale.name(), scale.layers(model));
            let on = settings.locks.has_layers(range);
            let button = Button::new(word)
                .selected(on)
                .min_size(vec2(0.0, size::CONTROL));
            let response = ui
                .add(button)
                .on_hover_text(format!("The styles of {range}: children keep them"))
                .accessible_name(format!("Lock {} styles", word.to_lowercase()));
            if response.clicked() {
                actions.edit_tool::<Variations>(move |settings| {
                    settings.locks.lock_layers(range, !on);
                });
            }
        }
    });
}

/// The named directions; the first of many, the rest in a fold.
fn directions_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, parent: &Parent) {
    let settings = &app.tools().settings().variations;
    let listed = app.tool::<Directions>().listed();
    let mut all: Vec<&str> = parent.directions().collect();
    // In the order of the other tools: what changes the picture most comes first.
    all.sort_by_key(|name| {
        let mut listed = listed.iter();
        let place = listed.position(|it| it.direction.name == *name);
        place.unwrap_or(usize::MAX)
    });
    let (first, more) = all.split_at(all.len().min(DIRECTIONS));
    // Those crossed take each number whole from one of the parents.
    ui.add_enabled_ui(settings.partner.is_none(), |ui| {
        named_ui(ui, actions, settings, first);
        if !more.is_empty() {
            let locked = |name: &&&str| settings.locks.directions.contains(**name);
            let locked = more.iter().filter(locked).count();
            let title = format!("More directions: {locked} of {}", more.len());
            CollapsingHeader::new(title)
                .id_salt("variation directions")
                .show(ui, |ui| named_ui(ui, actions, settings, more));
        }
    });
}

fn named_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, names: &[&str]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        for name in names {
            let on = settings.locks.directions.contains(*name);
            let response = ui
                .add(Button::new(*name).selected(on))
                .on_hover_text(format!(
                    "Steps to children go at a right angle to “{name}”: they have as much of it as \
                     their parent"
                ))
                .on_disabled_hover_text(
                    "With a second parent, each dimension is that of one of the two",
                )
                .accessible_name(format!("Lock {name}"));
            if response.clicked() {
                let name = (*name).to_owned();
                actions.edit_tool::<Variations>(move |settings| {
                    settings.locks.lock_direction(&name, !on);
                });
            }
        }
    });
}

fn layers_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, count: usize) {
    let locked = (0..count).filter(|layer| settings.locks.layers.contains(layer));
    let title = format!("Layers: {} of {count}", locked.count());
    CollapsingHeader::new(title)
        .id_salt("variation layers")
        .show(ui, |ui| {
            switches_ui(ui, count, |layer| {
                let name = layer.to_string();
                let on = settings.locks.layers.contains(&layer);
                (name.clone(), format!("Lock layer {name}"), on)
            })
            .into_iter()
            .for_each(|(layer, on)| {
                let range = LayerRange {
                    start: layer,
                    end: layer + 1,
                };
                actions.edit_tool::<Variations>(move |settings| {
                    settings.locks.lock_layers(range, on);
                });
            });
        });
}

fn numbers_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, parent: &Parent) {
    let (count, space) = (parent.numbers(), parent.space());
    let start = settings.start(parent);
    let is_own = Some(start.space) == space;
    let locked = (0..count).filter(|index| settings.locked.contains(index));
    let title = format!("Dimensions: {} of {count}", locked.count());
    CollapsingHeader::new(title)
        .id_salt("variation locks")
        .show(ui, |ui| {
            if !is_own {
                let words = format!(
                    "What is locked above is locked in {}, where these do not count",
                    start.space
                );
                caption(ui, words);
            }
            ui.add_enabled_ui(is_own, |ui| {
                let all = ui.button("All").on_hover_text("Lock every dimension");
                if all.clicked() {
                    actions.edit_tool::<Variations>(move |settings| {
                        settings.locked = (0..count).collect();
                    });
                }
                switches_ui(ui, count, |index| {
                    let name = match space {
                        Some(space) => Axis { space, index }.name(),
                        None => index.to_string(),
                    };
                    let on = settings.locked.contains(&index);
                    (name.clone(), format!("Lock {name}"), on)
                })
                .into_iter()
                .for_each(|(index, on)| {
                    actions.edit_tool::<Variations>(move |settings| settings.lock(index, on));
                });
            });
        });
}

/// Small switches beside each other; `switch` gives word, accessible name and state of each. Returns
/// those that were switched, and to what.
fn switches_ui(
    ui: &mut Ui,
    count: usize,
    switch: impl Fn(usize) -> (String, String, bool),
) -> Vec<(usize, bool)> {
    let mut switched = Vec::new();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        for index in 0..count {
            let (word, name, on) = switch(index);
            let button = Button::new(RichText::new(word).font(TextRole::Small.font()))
                .selected(on)
                .min_size(vec2(36.0, 22.0));
            if ui.add(button).accessible_name(name).clicked() {
                switched.push((index, !on));
            }
        }
    });
    switched
}

fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) {
    let area = ui.available_size();
    let by_width = |columns: usize| (area.x * 0.6 - 2.0 * space::M) / columns as f32 - space::S;
    let columns = (MIN_COLUMNS..=COLUMNS).rev();
    let columns = columns
        .into_iter()
        .find(|columns| by_width(*columns) >= MIN_TILE);
    let columns = columns.unwrap_or(MIN_COLUMNS);
    let rows = SHOWN.div_ceil(columns) as f32;
    let by_height = (area.y - 80.0) / rows - space::S;
    let tile = by_width(columns).min(by_height).clamp(MIN_TILE, MAX_TILE);
    let width = columns as f32 * (tile + space::S) + 2.0 * space::M;
    Panel::left("variation sheet")
        .resizable(false)
        .exact_size(width)
        .frame(eframe::egui::Frame::new().inner_margin(space::M))
        .show(ui, |ui| {
            heading(ui, "Children");
            caption(ui, "Click one to make it the parent");
            ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, |ui| sheet_ui(ui, stage, view, tile, columns));
        });
    picture_ui(ui, stage);
}

fn sheet_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View, side: f32, columns: usize) {
    let app = stage.app;
    let settings = &app.tools().settings().variations;
    let set = app.pictures().set(CHILDREN);
    if let Some(failure) = set.failure() {
        caption(ui, failure);
        return;
    }
    let pictures: Vec<&Arc<DecodedPicture>> = set.iter().flatten().collect();
    // Chosen again only when all have come: else the sheet would shuffle while it fills.
    let ids: Vec<u64> = pictures.iter().map(|picture| picture.id).collect();
    if (view.of != ids || view.diverse != settings.diverse)
        && (set.is_complete() || view.of.is_empty())
    {
        let candidates: Vec<&DecodedPicture> = pictures.iter().map(|picture| &***picture).collect();
        view.shown = settings.shown(&candidates);
        view.diverse = settings.diverse;
        view.of = ids;
    }
    ui.spacing_mut().item_spacing = vec2(space::S, space::S);
    for (row, places) in view.shown.chunks(columns).enumerate() {
        ui.horizontal(|ui| {
            for (column, place) in places.iter().enumerate() {
                if let Some(picture) = pictures.get(*place) {
                    child_ui(ui, stage, picture, row * columns + column + 1, side);
                }
            }
        });
    }
}

fn child_ui(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    picture: &Arc<DecodedPicture>,
    number: usize,
    side: f32,
) {
    let expression = &picture.expression;
    let name = format!("Child {number}");
    let tile = Tile {
        picture: Some(picture),
        expression,
        name: &name,
        side,
        selected: false,
    };
    let response = tile.ui(ui, stage.app, stage.textures);
    code_menu(&response, stage.actions, expression);
    let favourites = &stage.app.tools().settings().variations.favourites;
    let is_favourite = favourites.contains(expression);
    if favour_button(ui, response.rect, number, is_favourite).clicked() {
        let code = expression.clone();
        let favour = move |settings: &mut Settings| settings.favour(code, !is_favourite);
        stage.actions.edit_tool::<Variations>(favour);
    } else if response.clicked() {
        let child = expression.clone();
        stage
            .actions
            .ask_tool(|_: &mut Variations, cx| Variations::choose(cx, child));
    }
}

/// The heart at the corner of a child.
fn favour_button(ui: &mut Ui, tile: Rect, number: usize, on: bool) -> Response {
    let rect = Rect::from_min_size(tile.right_top() + vec2(-24.0, 4.0), Vec2::splat(20.0));
    let response = ui.interact(rect, ui.scope_id().with(("favour", number)), Sense::click());
    let name = format!("Add child {number} to favourites");
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &name));
    let tokens = tokens(ui);
    let shows = on || response.hovered() || response.has_focus() || ui.rect_contains_pointer(tile);
    if shows {
        let painter = ui.painter();
        painter.circle_filled(rect.center(), 10.0, tokens.panel.gamma_multiply(0.85));
        let colour = if on { tokens.accent } else { tokens.text };
        painter.text(
            rect.center(),
            eframe::egui::Align2::CENTER_CENTER,
            char::from(Icon::Heart),
            FontId::new(12.0, TextRole::Icon.font().family),
            colour,
        );
    }
    response.on_hover_text(if on {
        "Remove from favourites"
    } else {
        "Add to favourites"
    })
}
