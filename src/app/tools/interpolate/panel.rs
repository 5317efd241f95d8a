//! Interpolate: keyframes, both methods' strips with their plots, the sheet, play and scrub.

use super::{
    Interpolate, KEYFRAMES, MAX_KEYFRAMES, SECONDS, SHEET, SHEET_SIDE, STRIP, Settings, strip_key,
};
use crate::app::tools::ToolPart as _;
use crate::app::{Actions, AppState, Command, ParamId};
use crate::latent::path::{Easing, Method};
use crate::ui::drag::DraggedCode;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, picture_ui, scrolling_below_picture};
use crate::ui::theme::{TextRole, size, space, text, tokens};
use crate::ui::widgets::tile::{Tile, code_menu, drop_well, remove_button};
use crate::ui::widgets::{caption, context_menu, icon, primary_button, section, section_with};
use eframe::egui::{
    Align, Align2, Button, Checkbox, ComboBox, DragAndDrop, FontId, Layout, Rect, RichText, Role,
    ScrollArea, Sense, Shape, Slider, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, remap, vec2,
};
use lucide_icons::Icon;

const PLOT_HEIGHT: f32 = 64.0;
const METHOD_WIDTH: f32 = 56.0;
/// What the picture needs with its margins, where there is room for it.
const PICTURE_HEIGHT: f32 = 368.0;
/// The path needs no more than this.
const MAX_HEIGHT: f32 = 360.0;

/// Nothing is kept.
#[derive(Default)]
pub struct View;

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        path_ui(ui, controls.app, controls.actions);
    }

    /// Paints the picture with the path below.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        below_ui(ui, stage);
        picture_ui(ui, stage);
    }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Slerp => "slerp",
        Method::Lerp => "lerp",
    }
}

fn easing_name(easing: Easing) -> &'static str {
    match easing {
        Easing::Linear => "Linear",
        Easing::Smooth => "Smooth",
        Easing::Smoother => "Smoother",
        Easing::In => "Ease in",
        Easing::Out => "Ease out",
    }
}

/// Paints method, easing and time.
fn path_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let settings = &app.tools().settings().interpolate;
    section(ui, "Path", |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for method in Method::ALL {
                let tip = match method {
                    Method::Slerp => "Along the sphere: keeps the norm that seeds have",
                    Method::Lerp => "In a straight line: passes through the inside of the sphere, where no seeds are; half-way between two \
                         seeds the norm is 0.71 of theirs, and pictures made of such noise go grey and empty",
                };
                let button = Button::new(method_name(method))
                    .selected(settings.method == method)
                    .min_size(vec2(64.0, size::CONTROL));
                if ui.add(button).on_hover_text(tip).clicked() {
                    actions.edit_tool::<Interpolate>(move |settings| settings.method = method);
                }
            }
            easing_ui(ui, actions, settings);
        });
        switch(ui, actions, settings.closed, "Closed loop", |settings| {
            &mut settings.closed
        })
        .on_hover_text("Return to the first keyframe, so that it can be looped");
        switch(ui, actions, settings.even, "Constant speed", |settings| {
            &mut settings.even
        })
        .on_hover_text("Equal times bring equal changes of the picture, measured along the path");
        let corners = settings.corners().is_some();
        ui.add_enabled_ui(corners || settings.sheet, |ui| {
            switch(
                ui,
                actions,
                settings.sheet,
                "Sheet between four corners",
                |settings| &mut settings.sheet,
            )
            .on_hover_text("The bilinear blend of the first four keyframes, as one sheet")
            .on_disabled_hover_text("A sheet needs four keyframes");
        });
    });
    section(ui, "Time", |ui| {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(SECONDS));
    });
    if let Some(lengths) = app.tools().interpolate().lengths() {
        caption(
            ui,
            format!(
                "Length of the path: {:.1}, as Euclidean distance between pictures",
                lengths.total()
            ),
        );
    }
    let is_default = *settings == Settings::default();
    let reset = ui
        .add_enabled(
            !is_default,
            Button::new((icon(Icon::RotateCcw), "Reset path")),
        )
        .on_hover_text("Empty places, slerp, no easing; undo restores the previous path")
        .on_disabled_hover_text("Everything is at its default")
        .accessible_name("Reset path");
    if reset.clicked() {
        actions.edit_tool::<Interpolate>(|settings| *settings = Settings::default());
    }
}

fn switch(
    ui: &mut Ui,
    actions: &mut Actions,
    on: bool,
    words: &str,
    field: fn(&mut Settings) -> &mut bool,
) -> eframe::egui::Response {
    let mut on = on;
    let response = ui.add(Checkbox::new(&mut on, words));
    if response.changed() {
        actions.edit_tool::<Interpolate>(move |settings| *field(settings) = on);
    }
    response
}

fn easing_ui(ui: &mut Ui, actions: &mut Actions, settings: &Settings) {
    let combo = ComboBox::from_id_salt("easing")
        .selected_text(easing_name(settings.easing))
        .width(88.0)
        .show_ui(ui, |ui| {
            for easing in Easing::ALL {
                let is_on = settings.easing == easing;
                if ui.selectable_label(is_on, easing_name(easing)).clicked() {
                    actions.edit_tool::<Interpolate>(move |settings| settings.easing = easing);
                }
            }
        });
    combo
        .response
        .on_hover_text("How the speed changes between two keyframes")
        .accessible_name("Easing");
}

fn below_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let room = ui.available_height();
    let height = (room - PICTURE_HEIGHT).max(room * 0.45).min(MAX_HEIGHT);
    scrolling_below_picture(ui, "interpolate way", height, |ui| {
        ScrollArea::vertical()
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                scrub_ui(ui, stage);
                keyframes_ui(ui, stage);
                let settings = &stage.app.tools().settings().interpolate;
                if settings.sheet {
                    sheet_ui(ui, stage);
                } else if let Err(reason) = settings.path(settings.method) {
                    caption(ui, reason);
                } else {
                    for method in Method::ALL {
                        strip_ui(ui, stage, method);
                    }
                    plots_ui(ui, stage.app);
                }
            });
    });
}

fn scrub_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let live = stage.app.tools().interpolate();
    ui.horizontal(|ui| {
        let words = if live.is_playing() { "Pause" } else { "Play" };
        primary_button(ui, stage.app, stage.actions, Command::Play, words);
        let settings = &stage.app.tools().settings().interpolate;
        if settings.path(settings.method).is_err() {
            ui.disable();
        }
        let mut time = live.time();
        ui.spacing_mut().slider_width = ui.available_width() - 64.0;
        let response = ui
            .add(Slider::new(&mut time, 0.0..=1.0).show_value(false))
            .on_hover_text("Position on the path; Space plays it")
            .accessible_name("Position on the path");
        if response.changed() {
            stage
                .actions
                .ask_tool(move |tool: &mut Interpolate, cx| tool.scrub(cx, time));
        }
        ui.label(
            RichText::new(format!("{:.0} %", live.time() * 100.0)).font(TextRole::Code.font()),
        );
    });
}

/// The places of the path, each with a word before it that marks it for the next picture.
fn keyframes_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    let settings = &app.tools().settings().interpolate;
    let marked = app.tools().interpolate().marked(settings);
    let count = settings.keyframes().count();
    let (added, ()) = section_with(
        ui,
        &format!("Keyframes {count} of {MAX_KEYFRAMES}"),
        |ui| {
            let free = count < MAX_KEYFRAMES;
            let add = ui
                .add_enabled(free, Button::new((icon(Icon::Plus), "Add current")))
                .on_hover_text("Put the current picture into the marked place, or after the last")
                .on_disabled_hover_text("The path has the maximum number of keyframes")
                .accessible_name("Add the current picture as a keyframe");
            add.clicked()
        },
        |ui| {
            let width = ui.available_width() - 2.0 * space::S;
            let (dropped, ()) = drop_well(ui, "Keyframes", vec2(width, size::THUMBNAIL), |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
                    for index in 0..settings.places.len() {
                        place_ui(ui, stage, index, marked == Some(index));
                    }
                    if let Some(place) = marked {
                        let name = place_name(settings, place);
                        let words = format!("Click a picture: it becomes “{name}”");
                        caption(ui, words);
                    }
                });
            });
            if let Some(expression) = dropped {
                stage
                    .actions
                    .edit_tool::<Interpolate>(move |settings| settings.add(expression));
            }
        },
    );
    if added {
        let current = app.position().expression().clone();
        stage
            .actions
            .ask_tool(move |tool: &mut Interpolate, cx| tool.add(cx, &current));
    }
}

fn place_name(settings: &Settings, index: usize) -> String {
    match index {
        0 => "From".to_owned(),
        _ if index + 1 == settings.places.len() => "To".to_owned(),
        _ => (index + 1).to_string(),
    }
}

fn place_ui(ui: &mut Ui, stage: &mut Stage<'_>, index: usize, is_marked: bool) {
    let app = stage.app;
    let settings = &app.tools().settings().interpolate;
    let place = settings.places.get(index).and_then(Option::as_ref);
    let name = place_name(settings, index);
    // All of one height, so that they stand in one line.
    let row = vec2(0.0, size::THUMBNAIL);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let word = Button::new(RichText::new(&name).font(TextRole::Small.font()))
            .selected(is_marked)
            .min_size(vec2(0.0, size::CONTROL));
        let word = ui
            .add(word)
            .on_hover_text("Mark this place: the next picture that you click goes there")
            .accessible_name(format!("Mark {name}"));
        let mark = match place {
            Some(expression) => {
                let tile = Tile {
                    picture: app.pictures().set(KEYFRAMES).get(index),
                    expression,
                    name: &format!("Keyframe {}: {expression}", index + 1),
                    side: size::THUMBNAIL,
                    selected: app.position().expression() == expression,
                };
                keyframe_ui(ui, stage, &tile, index);
                word.clicked()
            }
            None => empty_ui(ui, stage, index, &name, is_marked) || word.clicked(),
        };
        if mark {
            stage
                .actions
                .ask_tool(move |tool: &mut Interpolate, _| tool.mark(index));
        }
    });
}

/// A place that waits for a code. Returns whether it was clicked.
fn empty_ui(ui: &mut Ui, stage: &mut Stage<'_>, index: usize, name: &str, is_marked: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::THUMBNAIL), Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, is_marked, format!("{name}: empty"))
    });
    let tokens = tokens(ui);
    let is_over = response.dnd_hover_payload::<DraggedCode>().is_some();
    let (glyph, colour) = match is_marked || is_over || response.hovered() || response.has_focus() {
        true => (Icon::ImagePlus, tokens.accent),
        false => (Icon::Image, tokens.text_muted),
    };
    let painter = ui.painter();
    let at = rect.center();
    let font = TextRole::Icon.font();
    painter.text(at, Align2::CENTER_CENTER, char::from(glyph), font, colour);
    let stroke = Stroke::new(if is_marked { 2.0 } else { 1.0 }, colour);
    painter.rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
    if let Some(dragged) = response.dnd_release_payload::<DraggedCode>() {
        let code = dragged.expression.clone();
        stage
            .actions
            .edit_tool::<Interpolate>(move |settings| settings.fill(index, code));
    }
    response
        .on_hover_text("Click a picture to put it here, or drop one")
        .clicked()
}

fn keyframe_ui(ui: &mut Ui, stage: &mut Stage<'_>, tile: &Tile<'_>, index: usize) {
    let response = tile.ui(ui, stage.app, stage.textures);
    // Dropped on the left half of a keyframe a picture goes before it, else after it.
    if let Some(pointer) = response
        .hover_pos()
        .filter(|_| DragAndDrop::has_payload_of_type::<DraggedCode>(ui.ctx()))
    {
        let after = pointer.x > response.rect.center().x;
        let x = if after {
            response.rect.right() + 4.0
        } else {
            response.rect.left() - 4.0
        };
        ui.painter().vline(
            x,
            response.rect.y_range(),
            Stroke::new(3.0, tokens(ui).accent),
        );
        if let Some(dragged) = response.dnd_release_payload::<DraggedCode>() {
            let at = index + usize::from(after);
            let code = dragged.expression.clone();
            stage
                .actions
                .edit_tool::<Interpolate>(move |settings| settings.insert(at, code));
            return;
        }
    }
    context_menu(&response, |ui| {
        for (words, later) in [("Move earlier", false), ("Move later", true)] {
            if ui.button(words).clicked() {
                stage
                    .actions
                    .edit_tool::<Interpolate>(move |settings| settings.shift(index, later));
                ui.close();
            }
        }
    });
    if response.clicked() {
        let code = tile.expression.clone();
        stage.actions.ask_tool(move |tool: &mut Interpolate, cx| {
            tool.choose(cx, index, &code);
        });
    }
    let take = format!("Remove keyframe {}", index + 1);
    if remove_button(ui, response.rect, &take).clicked() {
        stage
            .actions
            .edit_tool::<Interpolate>(move |settings| settings.remove(index));
    }
}

/// The pictures of one method; that of the way itself is marked.
fn strip_ui(ui: &mut Ui, stage: &mut Stage<'_>, method: Method) {
    let app = stage.app;
    let settings = &app.tools().settings().interpolate;
    let set = app.pictures().set(strip_key(method));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let tokens = tokens(ui);
        let is_way = settings.method == method;
        let colour = if is_way {
            tokens.accent
        } else {
            tokens.text_muted
        };
        let label = RichText::new(method_name(method))
            .font(TextRole::Code.font())
            .color(colour);
        ui.add_sized(
            [METHOD_WIDTH, size::CONTROL],
            eframe::egui::Label::new(label),
        );
        if let Some(failure) = set.failure() {
            caption(ui, failure);
            return;
        }
        let side = ((ui.available_width() - 2.0 * STRIP as f32) / STRIP as f32).clamp(16.0, 64.0);
        for (index, picture) in set.iter().enumerate() {
            let Some(picture) = picture else { continue };
            let name = format!("{} {} of {STRIP}", method_name(method), index + 1);
            let tile = Tile {
                picture: Some(picture),
                expression: &picture.expression,
                name: &name,
                side,
                selected: app.position().expression() == &picture.expression,
            };
            let response = tile.ui(ui, app, stage.textures);
            code_menu(&response, stage.actions, &picture.expression);
            if response.clicked() {
                if is_way {
                    let last = STRIP - usize::from(!settings.closed);
                    let time = index as f64 / last.max(1) as f64;
                    stage
                        .actions
                        .ask_tool(move |tool: &mut Interpolate, cx| tool.scrub(cx, time));
                } else {
                    stage
                        .actions
                        .edit(crate::app::Edit::Expression(picture.expression.clone()));
                }
            }
        }
    });
}

/// Norm and picture change of both methods along the strips.
fn plots_ui(ui: &mut Ui, app: &AppState) {
    ui.add_space(space::XS);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let width = (ui.available_width() - space::M) / 2.0;
        let norms = |method| -> Vec<f32> {
            let set = app.pictures().set(strip_key(method));
            set.iter()
                .flatten()
                .map(|picture| picture.code.norm())
                .collect()
        };
        ui.vertical(|ui| {
            plot_ui(
                ui,
                app,
                "Norm of the code",
                width,
                &Method::ALL.map(norms),
                "",
            );
        });
        let change = |method| -> Vec<f32> {
            let all = app.tool::<Interpolate>().strip_changes(method);
            all.iter().map(|change| change * 100.0).collect()
        };
        ui.vertical(|ui| {
            let title = "Change from step to step";
            plot_ui(ui, app, title, width, &Method::ALL.map(change), " %");
        });
    });
}

/// Two lines from zero upwards; the method of the way is drawn strong, the other dashed.
fn plot_ui(
    ui: &mut Ui,
    app: &AppState,
    title: &str,
    width: f32,
    lines: &[Vec<f32>; 2],
    unit: &str,
) {
    let settings = &app.tools().settings().interpolate;
    caption(ui, title);
    let (rect, response) = ui.allocate_exact_size(vec2(width, PLOT_HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, title));
    let tokens = tokens(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4.0, tokens.field);
    let plot = Rect::from_min_max(
        rect.min + vec2(40.0, space::S),
        rect.max - vec2(space::S, space::S),
    );
    let top = lines.iter().flatten().copied().fold(0.0_f32, f32::max);
    if top <= 0.0 {
        return;
    }
    let font = FontId::proportional(text::SMALL);
    for value in [0.0, top] {
        let y = remap(value, 0.0..=top, plot.bottom()..=plot.top());
        painter.hline(plot.x_range(), y, Stroke::new(1.0, tokens.line));
        let words = format!("{value:.1}{unit}");
        let at = pos2(plot.left() - space::XS, y);
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            words,
            font.clone(),
            tokens.text_muted,
        );
    }
    for (method, values) in Method::ALL.into_iter().zip(lines) {
        let last = values.len().saturating_sub(1).max(1) as f32;
        let points: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, &value)| {
                pos2(
                    remap(index as f32, 0.0..=last, plot.x_range()),
                    remap(value, 0.0..=top, plot.bottom()..=plot.top()),
                )
            })
            .collect();
        if settings.method == method {
            painter.add(Shape::line(points, Stroke::new(2.0, tokens.accent)));
        } else {
            let stroke = Stroke::new(1.5, tokens.text_muted);
            painter.extend(Shape::dashed_line(&points, stroke, 5.0, 4.0));
        }
    }
    let key = match settings.method {
        Method::Slerp => "slerp —  lerp - -",
        Method::Lerp => "lerp —  slerp - -",
    };
    // Beside the title, where no line runs through it.
    ui.painter().text(
        pos2(rect.right(), rect.top() - space::XS),
        Align2::RIGHT_BOTTOM,
        key,
        font,
        tokens.text_muted,
    );
}

fn sheet_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    let settings = &app.tools().settings().interpolate;
    if settings.corners().is_none() {
        caption(ui, "A sheet needs four keyframes: its corners");
        return;
    }
    let set = app.pictures().set(SHEET);
    let side = ((ui.available_width()) / SHEET_SIDE as f32 - 2.0).clamp(24.0, 72.0);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        let pictures: Vec<_> = set.iter().collect();
        for (row, pictures) in pictures.chunks(SHEET_SIDE).enumerate() {
            ui.horizontal(|ui| {
                for (column, picture) in pictures.iter().enumerate() {
                    let Some(picture) = picture else { continue };
                    let name = format!("Sheet row {} column {}", row + 1, column + 1);
                    let tile = Tile {
                        picture: Some(picture),
                        expression: &picture.expression,
                        name: &name,
                        side,
                        selected: app.position().expression() == &picture.expression,
                    };
                    let response = tile.ui(ui, app, stage.textures);
                    code_menu(&response, stage.actions, &picture.expression);
                    if response.clicked() {
                        stage
                            .actions
                            .edit(crate::app::Edit::Expression(picture.expression.clone()));
                    }
                }
            });
        }
    });
}
