//! The controls at the left: the model, where the walk starts, how far it goes.

use super::Explore;
use crate::app::sentences::NO_MODEL;
use crate::app::tools::ToolPart as _;
use crate::app::tools::directions::Directions;
use crate::app::{Action, Actions, AppState, Axis, Command, ParamId, TourStep};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::learn::Control;
use crate::ui::overlays::tour;
use crate::ui::panels::ends::EndPictures;
use crate::ui::panels::tools::{Left, ToolPanel};
use crate::ui::panels::{conditions, noise, parameter_row, plane, sampler, seed, unlocked_ui};
use crate::ui::parts;
use crate::ui::theme::{size, space};
use crate::ui::widgets::{
    caption, command_button, empty_state, explained_heading, icon, name_width, section,
};
use eframe::egui::{Button, ScrollArea, Ui, vec2};
use lucide_icons::Icon;

/// How many sliders of raw dimensions stand open: those that change the picture most.
const FIRST_SLIDERS: usize = 8;

/// Nothing is kept.
#[derive(Default)]
pub struct View;

impl ToolPanel for View {
    fn left_ui(&mut self, ui: &mut Ui, left: Left<'_>) {
        let Left {
            app,
            actions,
            textures,
        } = left;
        let mut ends = EndPictures::new(app, textures);
        left_ui(ui, app, actions, ends.as_mut());
        if let Some(ends) = ends {
            ends.finish(actions);
        }
    }
}

fn left_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    mut ends: Option<&mut EndPictures<'_>>,
) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let Some(model) = app.model() else {
            ui.add_space(space::XL);
            empty_state(ui, Icon::SlidersHorizontal, "Controls", NO_MODEL);
            return;
        };
        model_ui(ui, actions, model, app.modes().presents);
        seed::ui(ui, app, actions);
        unlocked_ui(ui, app, Control::Sliders, |ui| {
            conditions::ui(ui, app, actions, model);
        });
        let is_sampled = model.manifest.takes_steps();
        if is_sampled {
            sampler::ui(ui, app, actions, model);
            noise::ui(ui, app, actions, model);
        }
        unlocked_ui(ui, app, Control::Sliders, |ui| {
            directions_ui(ui, app, actions, ends.as_deref_mut());
            if plane::is_plane(model) {
                section(ui, "Latent plane", |ui| {
                    plane::ui(ui, app, actions, model, ends.as_deref_mut());
                });
            } else if !model.ranked_axes(shown_axes(app, model)).is_empty() {
                section(ui, "Dimensions", |ui| {
                    dims_ui(ui, app, actions, model, ends);
                });
            }
        });
        unlocked_ui(ui, app, Control::Psi, |ui| {
            section(ui, "Truncation", |ui| {
                parameter_row::ui(ui, app, actions, &ParamId::Psi);
            });
        });
        if !is_sampled {
            noise::ui(ui, app, actions, model);
        }
        ui.horizontal(|ui| {
            command_button(ui, app, actions, Command::ResetAll);
            command_button(ui, app, actions, Command::CopyExpression);
        });
        parts::follow_focus(ui);
    });
}

fn model_ui(ui: &mut Ui, actions: &mut Actions, model: &ModelInfo, is_short: bool) {
    let manifest = &model.manifest;
    ui.add_space(space::S);
    let info = Explore::INFO;
    explained_heading(ui, actions, &manifest.title, info.name, info.explained_by);
    if is_short {
        return;
    }
    caption(ui, &manifest.summary);
    let mut facts = manifest.capabilities().title.to_owned();
    if let Some(shape) = manifest.spaces.get(&model.start) {
        facts += &format!(", {} {shape}", model.start);
    }
    facts += &format!(
        ", {}×{} pixels",
        manifest.image.width, manifest.image.height
    );
    caption(ui, facts);
    let data = &manifest.data;
    if !data.name.is_empty() {
        caption(ui, format!("Data: {}, {}", data.name, data.licence));
    }
}

/// Sliders of the directions that do most.
pub(crate) fn directions_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    mut ends: Option<&mut EndPictures<'_>>,
) {
    let directions = app.tool::<Directions>();
    let shown = directions.first();
    if shown.is_empty() {
        return;
    }
    section(ui, "Directions", |ui| {
        let names = shown.iter().map(|listed| listed.direction.name.as_str());
        let width = name_width(ui, names);
        let to_try = directions.to_try();
        for listed in shown.iter() {
            let name = &listed.direction.name;
            let row = ui.scope(|ui| {
                let id = ParamId::Step(name.clone());
                let ends = ends.as_deref_mut();
                parameter_row::with_ends_ui(ui, app, actions, &id, Some(width), ends);
            });
            if to_try.as_ref() == Some(name) {
                tour::mark(ui, app, TourStep::Slider, row.response.rect, name);
            }
        }
    });
}

fn dims_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    ends: Option<&mut EndPictures<'_>>,
) {
    let space = shown_axes(app, model);
    if !app.modes().presents {
        let order = match model.has_measured_axes(space) {
            true => "those that change the picture most first",
            false => "in their own order, for measuring what each changes would take long",
        };
        let words = format!("Steps away from the seed, in standard deviations; {order}");
        caption(ui, words);
    }
    if model.axis_spaces().len() > 1 {
        axis_space_ui(ui, actions, space);
    }
    axes_ui(ui, app, actions, (model, space), ends);
}

/// The space whose raw dimensions are listed.
fn shown_axes(app: &AppState, model: &ModelInfo) -> Space {
    if app.view().dims_of_z {
        Space::Z
    } else {
        model.editing_space()
    }
}

/// Chooses between the dimensions of w and those of z.
fn axis_space_ui(ui: &mut Ui, actions: &mut Actions, shown: Space) {
    ui.horizontal(|ui| {
        for (space, tip) in [
            (
                Space::W,
                "Dimensions after the mapping network: each is one number that all layers see",
            ),
            (
                Space::Z,
                "Dimensions of the prior, before the mapping network and the truncation",
            ),
        ] {
            let name = format!("Dimensions of {space}");
            let chosen = ui
                .selectable_label(shown == space, space.to_string())
                .on_hover_text(tip)
                .accessible_name(name);
            if chosen.clicked() {
                actions.push(Action::ShowDimsOfZ(space == Space::Z));
            }
        }
    });
}

fn axes_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    (model, space): (&ModelInfo, Space),
    mut ends: Option<&mut EndPictures<'_>>,
) {
    let mut axis_ui = |ui: &mut Ui, actions: &mut Actions, index| {
        let id = ParamId::Axis(Axis { space, index });
        parameter_row::with_ends_ui(ui, app, actions, &id, None, ends.as_deref_mut());
    };
    let ranked = model.ranked_axes(space);
    for &(index, _) in ranked.iter().take(FIRST_SLIDERS) {
        let row = ui.scope(|ui| axis_ui(ui, actions, index));
        let name = Axis { space, index }.name();
        tour::mark(ui, app, TourStep::Slider, row.response.rect, &name);
    }
    if ranked.len() <= FIRST_SLIDERS {
        return;
    }
    let open = app.view().all_dims;
    let (glyph, words) = if open {
        (Icon::ChevronDown, format!("Only the first {FIRST_SLIDERS}"))
    } else {
        (Icon::ChevronRight, format!("All {}", ranked.len()))
    };
    let more = ui
        .add(Button::new((icon(glyph), words)).frame_when_inactive(false))
        .on_hover_text("Show or hide dimensions with little effect");
    if more.clicked() {
        actions.push(Action::ShowAllDims(!open));
    }
    let rest = ranked.get(FIRST_SLIDERS..).unwrap_or_default();
    if open {
        visible_rows(ui, size::CONTROL, rest.len(), |ui, row| {
            if let Some(&(index, _)) = rest.get(row) {
                axis_ui(ui, actions, index);
            }
        });
        return;
    }
    // What the expression moves is shown, wherever it ranks.
    for &(index, _) in rest {
        if app.position().names_axis(Axis { space, index }) {
            axis_ui(ui, actions, index);
        }
    }
}

/// Lays out `count` rows of one height within a scroll area that holds other things too, and
/// fills those that can be seen: models have hundreds of dimensions.
fn visible_rows(ui: &mut Ui, height: f32, count: usize, mut row_ui: impl FnMut(&mut Ui, usize)) {
    let step = height + ui.spacing().item_spacing.y;
    let (top, clip) = (ui.cursor().top(), ui.clip_rect());
    let row_at = |y: f32| ((y - top) / step).floor().clamp(0.0, count as f32) as usize;
    // One row more at each end, so that Tab leads on.
    let first = row_at(clip.top()).saturating_sub(1);
    let end = (row_at(clip.bottom()) + 2).min(count);
    let first = first.min(end);
    let gap = |ui: &mut Ui, rows: usize| {
        if rows > 0 {
            // The distance to the next row is added by the layout.
            let gap = vec2(0.0, rows as f32 * step - ui.spacing().item_spacing.y);
            ui.allocate_space(gap);
        }
    };
    gap(ui, first);
    for row in first..end {
        // By number, so that what is dragged or typed into stays itself while the area scrolls.
        ui.push_id(row, |ui| row_ui(ui, row));
    }
    gap(ui, count - end);
}
