//! Style mixing: the matrix in the middle, layers and their sources at the left.

mod layer_plot;

use super::{
    LayerChoice, MATRIX, MAX_CODES, SOURCES, Scale, Settings, Side, Styles, TARGETS, layer_count,
    layer_strength,
};
use crate::app::models::styled_choices;
use crate::app::{Action, Actions, AppState, Command, ParamId};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, below_picture, picture_ui};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{add_number, command_button, empty_state, icon, section, section_with};
use eframe::egui::{
    Align2, Button, ComboBox, DragValue, Panel, Rect, Role, ScrollArea, Sense, Slider, Stroke,
    StrokeKind, Ui, WidgetInfo, vec2,
};
use lucide_icons::Icon;

const MIN_CELL: f32 = 40.0;
const MAX_CELL: f32 = 112.0;

/// Nothing is kept.
#[derive(Default)]
pub struct View;

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls_ui(ui, controls);
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        stage_ui(ui, stage);
    }
}

/// Changes the settings, which make another picture.
fn put_together(actions: &mut Actions, edit: impl FnOnce(&mut Settings) + 'static) {
    actions.ask_tool(|_: &mut Styles, cx| Styles::put_together(cx, edit));
}

/// Paints the layer range and the layers' own sources.
fn controls_ui(ui: &mut Ui, controls: &mut Controls<'_>) {
    let (app, model) = (controls.app, controls.model);
    let actions = &mut *controls.actions;
    let settings = &app.tools().settings().styles;
    let Some(count) = layer_count(model) else {
        return;
    };
    section(ui, "Layers of the matrix", |ui| {
        range_ui(ui, actions, settings, model)
    });
    let is_plain = settings.layers.iter().all(|layer| layer.source.is_none());
    let (clear, ()) = section_with(
        ui,
        "Layer by layer",
        |ui| {
            let button = Button::new(icon(Icon::RotateCcw)).frame_when_inactive(false);
            ui.add_enabled(!is_plain, button)
                .on_hover_text("Reset every layer to the row's own style")
                .on_disabled_hover_text("Every layer has the row's own style")
                .accessible_name("Clear the layers")
                .clicked()
        },
        |ui| layers_ui(ui, app, actions, settings, count),
    );
    if clear {
        put_together(actions, Settings::clear_layers);
    }
}

fn range_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, model: &ModelInfo) {
    let count = layer_count(model).unwrap_or(0);
    let range = settings.layers_in_matrix(count);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for scale in Scale::ALL {
            let layers = scale.layers(model);
            let button = Button::new(scale.name())
                .selected(layers == range)
                .min_size(vec2(0.0, size::CONTROL));
            let response = ui
                .add(button)
                .on_hover_text(format!("Take the source's styles in {layers}"));
            if response.clicked() {
                set_range(actions, [layers.start, layers.end]);
            }
        }
    });
    strip_ui(ui, actions, settings, count);
    ui.horizontal(|ui| {
        let mut ends = [range.start, range.end];
        let names = ["From layer", "to before"];
        for (which, name) in names.into_iter().enumerate() {
            ui.label(name);
            let field = DragValue::new(&mut ends[which])
                .range(0..=count)
                .speed(0.05);
            add_number(ui, field)
                .on_hover_text("Drag, or click to type the number of a layer")
                .accessible_name(name);
        }
        // An arrow key goes one step beyond the last.
        let ends = ends.map(|end| end.min(count));
        if ends != [range.start, range.end] {
            set_range(actions, ends);
        }
    });
}

fn set_range(actions: &mut Actions, range: [usize; 2]) {
    actions.edit_tool::<Styles>(move |settings| settings.set_range(range));
}

/// One box for each layer; a drag over them chooses the range.
fn strip_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings, count: usize) {
    let tokens = tokens(ui);
    let range = settings.layers_in_matrix(count);
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Layer range"));
    let step = rect.width() / count.max(1) as f32;
    let font = TextRole::Small.font();
    for layer in 0..count {
        let cell = Rect::from_min_size(
            rect.min + vec2(layer as f32 * step, 0.0),
            vec2(step - 2.0, rect.height()),
        );
        let is_in = (range.start..range.end).contains(&layer);
        let (fill, colour) = if is_in {
            (tokens.accent, tokens.on_accent)
        } else {
            (tokens.control, tokens.text_muted)
        };
        ui.painter().rect_filled(cell, 3.0, fill);
        if step > 16.0 {
            let text = layer.to_string();
            ui.painter().text(
                cell.center(),
                Align2::CENTER_CENTER,
                text,
                font.clone(),
                colour,
            );
        }
    }
    let layer_at = |x: f32| (((x - rect.left()) / step).max(0.0) as usize).min(count - 1);
    if (response.dragged() || response.clicked())
        && let Some(at) = response.interact_pointer_pos()
    {
        let from = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
        let (a, b) = (layer_at(from.x), layer_at(at.x));
        set_range(actions, [a.min(b), a.max(b) + 1]);
    }
    response.on_hover_text("Drag across the layers to take from the source");
}

fn layers_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    count: usize,
) {
    ui.horizontal(|ui| {
        ui.label("Row");
        let combo = ComboBox::from_id_salt("style target")
            .selected_text(format!("{}", settings.target + 1))
            .width(56.0)
            .show_ui(ui, |ui| {
                for target in 0..settings.targets.len() {
                    let entry = format!("{}", target + 1);
                    if ui
                        .selectable_label(settings.target == target, entry)
                        .clicked()
                    {
                        put_together(actions, move |settings| settings.target = target);
                    }
                }
            });
        combo
            .response
            .on_hover_text("Row whose layers are edited")
            .accessible_name("Row of the picture");
    });
    for layer in 0..count {
        ui.horizontal(|ui| layer_ui(ui, app, actions, settings, (layer, count)));
    }
}

fn layer_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    (layer, count): (usize, usize),
) {
    let choice = settings.choice(layer);
    ui.spacing_mut().item_spacing.x = space::S;
    ui.add_sized(
        [56.0, size::CONTROL],
        eframe::egui::Label::new(format!("Layer {layer}")),
    );
    let name = |source: Option<usize>| {
        source.map_or_else(
            || "own".to_owned(),
            |source| format!("column {}", source + 1),
        )
    };
    let combo = ComboBox::from_id_salt(("style layer", layer))
        .selected_text(name(choice.source))
        .width(104.0)
        .truncate()
        .show_ui(ui, |ui| {
            let all = std::iter::once(None).chain((0..settings.sources.len()).map(Some));
            for source in all {
                if ui
                    .selectable_label(choice.source == source, name(source))
                    .clicked()
                {
                    let choice = LayerChoice { source, ..choice };
                    put_together(actions, move |settings| {
                        settings.set_layer(layer, choice, count);
                    });
                }
            }
        });
    combo
        .response
        .on_hover_text("Source of this layer's style")
        .accessible_name(format!("Source of layer {layer}"));
    let id = ParamId::Tool(layer_strength(layer));
    let Some(param) = app.desk().param(&id) else {
        return;
    };
    let mut strength = param.value;
    ui.spacing_mut().slider_width = (ui.available_width() - space::S).max(40.0);
    let slider = Slider::new(&mut strength, param.range.clone()).show_value(false);
    let response = ui
        .add_enabled(param.lock.is_none(), slider)
        .on_hover_text(&param.tooltip)
        .on_disabled_hover_text(param.lock.as_deref().unwrap_or_default())
        .accessible_name(&param.name);
    if response.changed() {
        actions.push(Action::Set(id, strength));
    }
}

/// Paints the matrix beside the picture, or why there is none.
fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    let Some(model) = app.model() else {
        picture_ui(ui, stage);
        return;
    };
    if layer_count(model).is_none() {
        no_styles_ui(ui, stage);
        return;
    }
    below_picture(ui, "layer changes", 220.0, |ui| {
        layer_plot::ui(ui, app, model)
    });
    let settings = &app.tools().settings().styles;
    let columns = settings.sources.len() as f32 + 2.0;
    let rows = settings.targets.len() as f32 + 2.0;
    let area = ui.available_size() - vec2(2.0 * space::M, 2.0 * space::M);
    let fit = (area.x * 0.62 / columns).min(area.y / rows) - space::XS;
    let cell = fit.clamp(MIN_CELL, MAX_CELL);
    let width = columns * (cell + space::XS) + 2.0 * space::M;
    Panel::left("style matrix")
        .resizable(false)
        .exact_size(width.min(ui.available_width() * 0.7))
        .frame(eframe::egui::Frame::new().inner_margin(space::M))
        .show(ui, |ui| {
            ScrollArea::both()
                .auto_shrink(false)
                .show(ui, |ui| matrix_ui(ui, stage, settings, cell));
        });
    picture_ui(ui, stage);
}

/// One sentence on why the tool does not apply, and a model for which it does.
fn no_styles_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    ui.add_space(ui.available_height() / 4.0);
    empty_state(
        ui,
        Icon::Layers,
        "No styles to mix",
        "This model feeds its code in once, at the start; style mixing needs one code for each layer.",
    );
    ui.add_space(space::M);
    ui.vertical_centered(|ui| {
        for (source, title) in styled_choices() {
            if ui.button(format!("Load {title}")).clicked() {
                stage.actions.push(Action::LoadModel(source));
            }
        }
        command_button(ui, stage.app, stage.actions, Command::OpenModel);
    });
}

fn matrix_ui(ui: &mut Ui, stage: &mut Stage<'_>, settings: &Settings, cell: f32) {
    ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
    let set = stage.app.pictures().set(MATRIX);
    let Some(count) = stage.app.model().and_then(layer_count) else {
        return;
    };
    ui.horizontal(|ui| {
        corner_ui(ui, cell);
        for index in 0..settings.sources.len() {
            head_ui(ui, stage, Side::Sources, index, cell);
        }
        add_ui(ui, stage, Side::Sources, cell);
    });
    for target in 0..settings.targets.len() {
        ui.horizontal(|ui| {
            head_ui(ui, stage, Side::Targets, target, cell);
            for source in 0..settings.sources.len() {
                let index = target * settings.sources.len() + source;
                let Some(expression) = settings.mixture(target, source, count) else {
                    continue;
                };
                let name = format!("Mixture of row {} and column {}", target + 1, source + 1);
                let tile = Tile {
                    picture: set.get(index),
                    expression: &expression,
                    name: &name,
                    side: cell,
                    selected: stage.app.position().base() == &expression,
                };
                let response = tile.ui(ui, stage.app, stage.textures);
                code_menu(&response, stage.actions, &expression);
                if response.clicked() {
                    put_together(stage.actions, move |settings| {
                        settings.pick(target, source, count);
                    });
                }
            }
        });
    }
    ui.horizontal(|ui| add_ui(ui, stage, Side::Targets, cell));
}

fn corner_ui(ui: &mut Ui, cell: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(cell, cell), Sense::hover());
    let tokens = tokens(ui);
    let font = TextRole::Small.font();
    let painter = ui.painter();
    painter.text(
        rect.right_top() + vec2(-4.0, 4.0),
        Align2::RIGHT_TOP,
        "styles",
        font.clone(),
        tokens.text_muted,
    );
    painter.text(
        rect.left_bottom() + vec2(4.0, -4.0),
        Align2::LEFT_BOTTOM,
        "kept",
        font,
        tokens.text_muted,
    );
    painter.line_segment(
        [rect.left_top(), rect.right_bottom()],
        Stroke::new(1.0, tokens.line),
    );
}

/// A code at the edge: to look at, to replace by dropping another on it, to take away.
fn head_ui(ui: &mut Ui, stage: &mut Stage<'_>, side: Side, index: usize, cell: f32) {
    let settings = &stage.app.tools().settings().styles;
    let (codes, key, word) = match side {
        Side::Targets => (&settings.targets, TARGETS, "Row"),
        Side::Sources => (&settings.sources, SOURCES, "Column"),
    };
    let Some(expression) = codes.get(index) else {
        return;
    };
    let name = format!("{word} {}: {expression}", index + 1);
    let tile = Tile {
        picture: stage.app.pictures().set(key).get(index),
        expression,
        name: &name,
        side: cell,
        selected: false,
    };
    let response = tile.ui(ui, stage.app, stage.textures);
    code_menu(&response, stage.actions, expression);
    if response
        .dnd_hover_payload::<crate::ui::drag::DraggedCode>()
        .is_some()
    {
        let stroke = Stroke::new(2.0, tokens(ui).accent);
        ui.painter().rect_stroke(
            response.rect,
            size::RADIUS_SMALL,
            stroke,
            StrokeKind::Outside,
        );
    }
    if let Some(dragged) = response.dnd_release_payload::<crate::ui::drag::DraggedCode>() {
        let code = dragged.expression.clone();
        stage
            .actions
            .edit_tool::<Styles>(move |settings| settings.replace(side, index, code));
    } else if response.clicked() {
        stage
            .actions
            .edit(crate::app::Edit::Expression(expression.clone()));
    }
    if codes.len() > 1 && remove_button(ui, response.rect, &format!("Remove {name}")).clicked() {
        stage
            .actions
            .edit_tool::<Styles>(move |settings| settings.remove(side, index));
    }
}

/// Where another row or column is dropped, or the current picture added.
fn add_ui(ui: &mut Ui, stage: &mut Stage<'_>, side: Side, cell: f32) {
    let settings = &stage.app.tools().settings().styles;
    let (count, word) = match side {
        Side::Targets => (settings.targets.len(), "row"),
        Side::Sources => (settings.sources.len(), "column"),
    };
    if count >= MAX_CODES {
        return;
    }
    let name = format!("New {word}");
    let inner = cell - 2.0 * space::S;
    let (dropped, added) = drop_well(ui, &name, vec2(inner, inner), |ui| {
        ui.centered_and_justified(|ui| {
            ui.add(Button::new(icon(Icon::Plus)).frame_when_inactive(false))
                .on_hover_text(format!(
                    "Add the current picture as a {word}, or drop one here"
                ))
                .accessible_name(format!("Add the current picture as a {word}"))
                .clicked()
        })
        .inner
    });
    let current = || -> Option<Expr> { added.then(|| stage.app.position().expression().clone()) };
    if let Some(expression) = dropped.or_else(current) {
        stage
            .actions
            .edit_tool::<Styles>(move |settings| settings.add(side, expression));
    }
}
