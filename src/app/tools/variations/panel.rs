//! Variations: step, locks and partner at the left, the children in the middle.

use super::{CHILDREN, FAVOURITES, PARTNER, SHOWN, STEP, Settings, Variations, lockable};
use crate::app::{Actions, AppState, DecodedPicture, ParamId};
use crate::latent::Space;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, picture_ui};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{caption, heading, icon, invitation_ui, section};
use eframe::egui::{
    Button, Checkbox, CollapsingHeader, FontId, Panel, Rect, Response, RichText, Role, ScrollArea,
    Sense, Ui, Vec2, WidgetInfo, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

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
    locks_ui(ui, app, actions, settings);
    if !settings.favourites.is_empty() {
        section(ui, "Favourites", |ui| {
            favourites_ui(ui, app, actions, settings, textures)
        });
    }
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

/// One small switch for each number or layer that children may inherit unchanged.
fn locks_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, settings: &Settings) {
    let Some(code) = app.preview().frame().map(|frame| &frame.code) else {
        return;
    };
    let count = lockable(code.space, code.shape);
    let of = if code.space == Space::W_PLUS {
        "layer "
    } else {
        ""
    };
    // Layers of w+ are rows of w.
    let axis = match code.space {
        Space::W_PLUS => Space::W,
        space => space,
    };
    let locked = settings
        .locked
        .iter()
        .filter(|index| **index < count)
        .count();
    let title = format!("Locks: {locked} of {count}");
    CollapsingHeader::new(title)
        .id_salt("variation locks")
        .show(ui, |ui| {
            caption(ui, "Children inherit locked dimensions unchanged");
            ui.horizontal(|ui| {
                if ui.button("All").on_hover_text("Lock everything").clicked() {
                    actions.edit_tool::<Variations>(move |settings| {
                        settings.locked = (0..count).collect();
                    });
                }
                if ui.button("None").on_hover_text("Lock nothing").clicked() {
                    actions.edit_tool::<Variations>(|settings| settings.locked.clear());
                }
            });
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
                for index in 0..count {
                    let on = settings.locked.contains(&index);
                    let name = if of.is_empty() {
                        format!("{axis}{index}")
                    } else {
                        index.to_string()
                    };
                    let button = Button::new(RichText::new(&name).font(TextRole::Small.font()))
                        .selected(on)
                        .min_size(vec2(36.0, 22.0));
                    let response = ui.add(button).accessible_name(format!("Lock {of}{name}"));
                    if response.clicked() {
                        actions.edit_tool::<Variations>(move |settings| settings.lock(index, !on));
                    }
                }
            });
        });
}

fn favourites_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    textures: &mut PictureTextures,
) {
    let set = app.pictures().set(FAVOURITES);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        for (index, expression) in settings.favourites.iter().enumerate() {
            let name = format!("Favourite {}", index + 1);
            let tile = Tile {
                picture: set.get(index),
                expression,
                name: &name,
                side: size::THUMBNAIL,
                selected: app.position().expression() == expression,
            };
            let response = tile.ui(ui, app, textures);
            code_menu(&response, actions, expression);
            if response.clicked() {
                actions.edit(crate::app::Edit::Expression(expression.clone()));
            }
            if remove_button(
                ui,
                response.rect,
                &format!("Remove favourite {}", index + 1),
            )
            .clicked()
            {
                let code = expression.clone();
                actions.edit_tool::<Variations>(|settings| settings.favour(code, false));
            }
        }
    });
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
