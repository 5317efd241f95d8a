//! Which picture, how the model is to see it, and what becomes of its code.

use super::retouch::{retouch_ui, take_back_ui};
use super::{View, error_words};
use crate::app::tools::encode::{
    BRUSH_RADIUS, DDIM_STEPS, Encode, Found, How, PRIOR, STEPS, Settings, Source, knows_faces,
};
use crate::app::{Action, Actions, AppState, Command, Edit, ParamId, SessionAction};
use crate::document::photo::{Background, Crop, Fit, Placing};
use crate::engine::ModelInfo;
use crate::latent::Sampler;
use crate::ui::panels::parameter_row;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::{caption, command_button, icon, section, text_field};
use eframe::egui::{
    Button, Checkbox, CursorIcon, DragValue, Grid, Label, ProgressBar, Rect, RichText,
    Role as WidgetRole, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::path::Path;
use std::sync::Arc;

/// The longest side of the original, in points.
const ORIGINAL_SIDE: f32 = 112.0;

/// Errors below this round to nothing in a picture of 256 values.
const HALF_A_VALUE: f32 = 0.5 / 255.0;

/// Paints the controls.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo, view: &mut View) {
    let settings = &app.tools().settings().encode;
    section(ui, "Picture", |ui| {
        source_ui(ui, app, actions, model, view);
    });
    if settings.has_picture() {
        // A picture of the model itself is in its size, and as it learned to see it.
        if !matches!(settings.source, Source::Shot(_)) {
            section(ui, "As the model sees it", |ui| {
                options_ui(ui, app, actions, model, settings);
            });
        }
        section(ui, "Code", |ui| {
            code_ui(ui, app, actions, model, settings, view);
        });
        if !matches!(settings.source, Source::Drawing(_)) {
            section(ui, "Retouch", |ui| {
                retouch_ui(ui, app, actions, model, settings);
            });
        }
    }
}

fn source_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    view: &mut View,
) {
    let settings = &app.tools().settings().encode;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        command_button(ui, app, actions, Command::OpenPicture);
        let draws = matches!(settings.source, Source::Drawing(_));
        let draw = Button::new((icon(Icon::Pencil), "Draw"))
            .selected(draws)
            .min_size(vec2(0.0, size::CONTROL));
        let draw = ui
            .add(draw)
            .on_hover_text("Draw with the mouse; begins an empty drawing")
            .accessible_name("Draw");
        if draw.clicked() {
            actions.edit_tool::<Encode>(Settings::begin_drawing);
        }
        let take = Button::new((icon(Icon::ImageDown), "Take current"))
            .selected(matches!(settings.source, Source::Shot(_)))
            .min_size(vec2(0.0, size::CONTROL));
        let take = ui
            .add_enabled(app.preview().frame().is_some(), take)
            .on_hover_text(
                "Take the picture on the window: find its code again, and paint on its pixels",
            )
            .on_disabled_hover_text("The first picture is on its way")
            .accessible_name("Take the current picture");
        if take.clicked() {
            actions.ask_tool(|_: &mut Encode, cx| Encode::take_current(cx));
        }
    });
    match &settings.source {
        Source::None => {
            caption(
                ui,
                "Open a PNG, JPEG, WebP, BMP or GIF, drop one on the window, or draw",
            );
            if knows_faces(model) {
                caption(
                    ui,
                    "This model only knows flat cartoon faces. A photo of a face in front of a plain wall \
                     becomes the cartoon with the nearest colors: skin, hair, a hat or glasses may \
                     match, but it will not look like the person",
                );
            }
        }
        Source::Drawing(_) => {
            parameter_row::ui(ui, app, actions, &ParamId::Tool(BRUSH_RADIUS));
            let strokes = app.tools().settings().encode.has_picture();
            let tip = "Take back the last stroke; undo takes back the whole drawing";
            take_back_ui(ui, actions, strokes, tip);
            caption(
                ui,
                "The drawing is the current picture; undo takes it back. Draw begins an empty one",
            );
        }
        Source::Shot(expression) => {
            ui.horizontal(|ui| {
                ui.label("Of");
                let text = expression.to_string();
                ui.add(Label::new(crate::ui::widgets::code(text.as_str())).truncate())
                    .on_hover_text(text);
            });
        }
        Source::File(path) => {
            ui.horizontal_top(|ui| {
                original_ui(ui, app, actions, settings, view);
                ui.vertical(|ui| file_ui(ui, app, actions, settings, path));
            });
        }
    }
    if let Some(fault) = app.tools().encode().fault() {
        let colour = tokens(ui).error;
        ui.horizontal_top(|ui| {
            ui.label(icon(Icon::CircleAlert).color(colour));
            ui.add(Label::new(RichText::new(fault).color(colour)).wrap());
        });
    }
}

/// The original with the part that is used; a drag chooses another part.
fn original_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    settings: &Settings,
    view: &mut View,
) {
    let Some(prepared) = app.tools().encode().prepared() else {
        return;
    };
    let original = &prepared.original;
    let pixels = vec2(original.width as f32, original.height as f32).max(Vec2::splat(1.0));
    let side = ORIGINAL_SIDE.min(ui.available_width());
    let shown = pixels * (side / pixels.max_elem());
    let (rect, response) = ui.allocate_exact_size(shown, Sense::drag());
    let [width, height] = prepared.original_size;
    response.widget_info(|| {
        let name = format!("The original, {width} by {height} pixels");
        WidgetInfo::labeled(WidgetRole::Image, true, name)
    });
    let texture = view.original.show(
        ui.ctx(),
        prepared.id,
        [original.width, original.height],
        || original.rgba.to_vec(),
    );
    let painter = ui.painter();
    if let Some(texture) = texture {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture, rect, uv, PLAIN_TINT);
    }
    // From points on the window to pixels of the original and back.
    let scale = width.max(1) as f32 / rect.width();
    let to_pixels = |at: eframe::egui::Pos2| ((at - rect.min) * scale).to_pos2();
    let tokens = tokens(ui);
    let frame = |crop: Crop| {
        let corner = vec2(crop.left as f32, crop.top as f32) / scale;
        let sides = vec2(crop.width as f32, crop.height as f32) / scale;
        Rect::from_min_size(rect.min + corner, sides)
    };
    if response.drag_started() {
        view.cropping_from = ui
            .input(|input| input.pointer.press_origin())
            .map(to_pixels);
    }
    let dragged = view
        .cropping_from
        .zip(response.interact_pointer_pos())
        .and_then(|(from, at)| crop_between(from, to_pixels(at), [width, height]));
    if let Some(crop) = dragged {
        let stroke = Stroke::new(2.0, tokens.accent);
        painter.rect_stroke(frame(crop), 0.0, stroke, StrokeKind::Inside);
        if response.drag_stopped() {
            actions.edit_tool::<Encode>(move |settings| settings.crop = Some(crop));
        }
    } else if let Some(crop) = settings.crop {
        let stroke = Stroke::new(2.0, tokens.accent);
        painter.rect_stroke(frame(crop), 0.0, stroke, StrokeKind::Inside);
    }
    if response.drag_stopped() {
        view.cropping_from = None;
    }
    response
        .on_hover_cursor(CursorIcon::Crosshair)
        .on_hover_text("Drag over the part to use");
}

/// Which file it is and how much of it is used.
fn file_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, settings: &Settings, path: &Path) {
    let name = path.file_name().map(|name| name.to_string_lossy());
    ui.add(Label::new(name.unwrap_or_default()).truncate())
        .on_hover_text(path.display().to_string());
    if let Some(prepared) = app.tools().encode().prepared() {
        let [width, height] = prepared.original_size;
        let words = match settings.crop {
            Some(crop) => format!("{}×{} of {width}×{height}", crop.width, crop.height),
            None => format!("{width}×{height} pixels"),
        };
        caption(ui, words);
    }
    if settings.crop.is_some() {
        let all = ui
            .button("Use all of it")
            .on_hover_text("Take back the crop");
        if all.clicked() {
            actions.edit_tool::<Encode>(|settings| settings.crop = None);
        }
    } else {
        let close = ui
            .button((icon(Icon::X), "Close"))
            .on_hover_text("Remove the picture")
            .accessible_name("Close the picture");
        if close.clicked() {
            actions.edit_tool::<Encode>(Settings::close);
        }
    }
}

/// The part between two corners, in whole pixels; `None` for less than two pixels a side.
fn crop_between(a: eframe::egui::Pos2, b: eframe::egui::Pos2, size: [u32; 2]) -> Option<Crop> {
    let area = Rect::from_two_pos(a, b).intersect(Rect::from_min_size(
        pos2(0.0, 0.0),
        vec2(size[0] as f32, size[1] as f32),
    ));
    if area.width() < 2.0 || area.height() < 2.0 {
        return None;
    }
    let (left, top) = (area.left().floor() as u32, area.top().floor() as u32);
    Some(Crop {
        left,
        top,
        width: (area.right().ceil() as u32).min(size[0]) - left,
        height: (area.bottom().ceil() as u32).min(size[1]) - top,
    })
}

fn options_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    settings: &Settings,
) {
    let is_drawn = matches!(settings.source, Source::Drawing(_));
    let prepared = app.tools().encode().prepared();
    let mut invert = prepared.map_or(settings.invert == Some(true), |it| it.inverted);
    let response = ui
        .add(Checkbox::new(&mut invert, "Invert"))
        .on_hover_text("Invert brightness: the digits were trained light on dark");
    if response.changed() {
        actions.edit_tool::<Encode>(move |settings| settings.invert = Some(invert));
    }
    let (placing, words, tip) = if model.manifest.image.channels == 1 {
        (
            Placing::Digit,
            "Centre of mass",
            "Scale what is drawn to 20 of 28 parts and put its centre of mass in the middle, as \
             MNIST does",
        )
    } else {
        (
            Placing::Portrait,
            "Cut out the head",
            "Find the head before an even background, give it the size and the place that it has in \
             the data, and the background one color",
        )
    };
    let now = prepared.map(|it| it.placing).or(settings.placing);
    let mut is_placed = now == Some(placing);
    let response = ui
        .add(Checkbox::new(&mut is_placed, words))
        .on_hover_text(tip);
    if response.changed() {
        let placing = if is_placed { placing } else { Placing::AsItIs };
        actions.edit_tool::<Encode>(move |settings| settings.placing = Some(placing));
    }
    if !is_drawn {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.add_enabled_ui(!is_placed, |ui| {
                let choices = [
                    (Fit::Cover, "Fill", "Cut off what does not fit"),
                    (
                        Fit::Contain,
                        "Whole",
                        "All of the picture, with ground beside it",
                    ),
                ];
                for (fit, words, tip) in choices {
                    let chosen = settings.fit == fit;
                    if choice(ui, words, tip, chosen) {
                        actions.edit_tool::<Encode>(move |settings| settings.fit = fit);
                    }
                }
            });
            ui.add_space(space::S);
            let choices = [
                (
                    Background::Black,
                    "On black",
                    "Black under transparent parts",
                ),
                (
                    Background::White,
                    "On white",
                    "White under transparent parts",
                ),
            ];
            for (ground, words, tip) in choices {
                if choice(ui, words, tip, settings.ground == ground) {
                    actions.edit_tool::<Encode>(move |settings| settings.ground = ground);
                }
            }
        });
    }
    let reset = Button::new((icon(Icon::RotateCcw), "Reset options"));
    let reset = ui
        .add_enabled(settings.is_changed(), reset)
        .on_hover_text("Put every option back; the picture stays")
        .on_disabled_hover_text("Every option is at its default")
        .accessible_name("Reset options");
    if reset.clicked() {
        actions.edit_tool::<Encode>(Settings::reset);
    }
}

fn choice(ui: &mut Ui, words: &str, tip: &str, is_chosen: bool) -> bool {
    let button = Button::new(words)
        .selected(is_chosen)
        .min_size(vec2(0.0, size::CONTROL));
    ui.add(button).on_hover_text(tip).clicked()
}

fn code_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    settings: &Settings,
    view: &mut View,
) {
    let live = app.tools().encode();
    let has_encoder = model.manifest.encodes();
    let is_in_steps = model.manifest.diffusion.is_some();
    if is_in_steps {
        caption(
            ui,
            "The noise is found by going the steps of DDIM backwards, drawn as what the judge sees",
        );
    } else if model.manifest.writes() {
        caption(
            ui,
            "The code is the grid of codebook indices nearest to the picture; Redraw in Sample resamples part of it",
        );
    } else if !has_encoder {
        caption(
            ui,
            "This model has no encoder: the code is found by gradient descent",
        );
    }
    if let Some(found) = live.found() {
        numbers_ui(ui, found, app.learning().is_predicting(app.view()));
        keep_ui(ui, app, actions, found, view);
    }
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        if live.is_descending() {
            let stop = Button::new((icon(Icon::Square), "Stop")).min_size(vec2(0.0, size::CONTROL));
            let stop = ui
                .add(stop)
                .on_hover_text("Stop the search; the best so far stays")
                .accessible_name("Stop the search");
            if stop.clicked() {
                actions.ask_tool(|tool: &mut Encode, cx| tool.stop(cx));
            }
            if let Some(Found {
                how: How::Descent { step, of, .. },
                ..
            }) = live.found()
            {
                let part = *step as f32 / (*of).max(1) as f32;
                ui.add(ProgressBar::new(part).text(format!("{step} of {of}")));
            } else if let Some(part) = live.progress() {
                ui.add(ProgressBar::new(part).show_percentage());
            }
        } else {
            let (words, tip) = match (is_in_steps, has_encoder) {
                (true, _) => ("Invert", "Find the noise with the steps below"),
                (false, true) => ("Refine", "Refine the encoder's code by gradient descent"),
                (false, false) => (
                    "Search again",
                    "Go on from the best code with the steps below",
                ),
            };
            let search = Button::new((icon(Icon::ArrowDownNarrowWide), words))
                .min_size(vec2(0.0, size::CONTROL));
            let search = ui
                .add_enabled(live.prepared().is_some(), search)
                .on_hover_text(tip)
                .accessible_name(words);
            if search.clicked() {
                actions.ask_tool(|tool: &mut Encode, cx| tool.refine(cx));
            }
        }
    });
    if let Some(rows) = model.manifest.searched_rows() {
        let mut for_each = !settings.one_for_all_layers;
        let response = ui
            .add(Checkbox::new(&mut for_each, format!("A code for each layer ({rows})")))
            .on_hover_text(
                "Search with a code for each layer: closer to the picture, further from what the model \
                 draws by itself. Without, one code serves all layers",
            );
        if response.changed() {
            actions.edit_tool::<Encode>(move |settings| settings.one_for_all_layers = !for_each);
        }
    }
    ui.horizontal(|ui| {
        ui.label("Steps");
        let (mut steps, range, tip) = match is_in_steps {
            true => (
                settings.ddim_steps,
                DDIM_STEPS,
                "Number of steps of DDIM, each way",
            ),
            false => (settings.steps, STEPS, "Number of gradient descent steps"),
        };
        let field = DragValue::new(&mut steps).range(range).speed(5.0);
        let field = ui
            .add(field)
            .on_hover_text(tip)
            .accessible_name("Steps of the search");
        if field.changed() {
            actions.edit_tool::<Encode>(move |settings| match is_in_steps {
                true => settings.set_ddim_steps(steps),
                false => settings.set_steps(steps),
            });
        }
    });
    if is_in_steps {
        redraw_ui(ui, app, actions);
    } else {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(PRIOR));
    }
}

/// The button that has the picture redrawn.
fn redraw_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let live = app.tools().encode();
    let redraw = Button::new((icon(Icon::ImageUp), "Redraw")).min_size(vec2(0.0, size::CONTROL));
    let redraw = ui
        .add_enabled(live.prepared().is_some(), redraw)
        .on_hover_text(
            "Go to Sample and begin with this picture: noise it a little and denoise it as something else, or \
             paint over what is to be drawn again",
        )
        .accessible_name("Redraw this picture");
    if redraw.clicked()
        && let Some(prepared) = live.prepared()
    {
        let stem = app.tools().settings().encode.suggested_name();
        let picture = Arc::clone(&prepared.picture);
        actions.push(Action::Session(SessionAction::Redraw { stem, picture }));
    }
}

fn numbers_ui(ui: &mut Ui, found: &Found, is_predicting: bool) {
    Grid::new("encode numbers")
        .num_columns(2)
        .spacing(vec2(space::M, space::XS))
        .show(ui, |ui| {
            let mut row = |name: &str, value: String, tip: &str| {
                ui.label(name).on_hover_text(tip);
                ui.label(RichText::new(value).font(TextRole::Code.font()));
                ui.end_row();
            };
            row(
                "Squared error",
                error_words(found.mse),
                "Mean of the squared differences of all pixels, 0 to 1",
            );
            row(
                "Largest error",
                error_words(found.largest_error),
                "How far what comes back is from the picture at the pixel where it is furthest, 0 to 1. One of 256 \
                 values is 0.0039 from the next",
            );
            if let Some(error) = found.code_error() {
                row(
                    "Code error",
                    error_words(error),
                    "How far the code that was found is from the one that the picture was made of, at the number \
                     where it is furthest",
                );
            }
            row(
                "Norm",
                format!("{:.2}", found.code.norm()),
                "Euclidean length of the code",
            );
            if let How::Encoder(encoding) = &found.how
                && let Some(kl) = &encoding.kl
            {
                row(
                    "KL",
                    format!("{:.1} nats", kl.iter().sum::<f32>()),
                    "Divergence of the posterior from the prior, summed over all dimensions",
                );
            }
            if let How::Encoder(encoding) = &found.how
                && let Some(bits) = encoding.bits_per_dimension
                && !is_predicting
            {
                row(
                    "Likelihood",
                    format!("{bits:.3} bits/dim"),
                    "Bits that each pixel takes under the model's own density: the fewer, the likelier",
                );
            }
        });
    if found.largest_error < HALF_A_VALUE {
        caption(
            ui,
            "The picture comes back: no pixel is off by half of one of its 256 values",
        );
    }
}

/// A field for the name and the button that gives it.
fn keep_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, found: &Found, view: &mut View) {
    let settings = &app.tools().settings().encode;
    let suggested = app.desk().free_code_name(&settings.suggested_name());
    let typed = view.name.trim().trim_start_matches('@');
    let name = if typed.is_empty() { &suggested } else { typed }.to_owned();
    let is_current = app.model().is_some_and(|model| model.id == found.model);
    let problem = if is_current {
        app.desk().check_bookmark_name(&name).err()
    } else {
        Some("The code is of another model".to_owned())
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let keep =
            Button::new((icon(Icon::BookmarkPlus), "Keep as")).min_size(vec2(0.0, size::CONTROL));
        let keep = ui
            .add_enabled(problem.is_none(), keep)
            .on_hover_text(format!(
                "Name the code @{name}, go to it, and use it in any expression"
            ))
            .on_disabled_hover_text(problem.as_deref().unwrap_or_default())
            .accessible_name("Save code");
        let field = TextEdit::singleline(&mut view.name)
            .hint_text(format!("@{suggested}"))
            .desired_width(f32::INFINITY)
            .min_size(vec2(0.0, size::CONTROL));
        text_field(ui, field).accessible_name("Name of the code");
        if keep.clicked() {
            let code = found.code.clone();
            actions.push(Action::Session(SessionAction::NameCode { name, code }));
            // So that the picture is the one that was shown.
            if let How::Ddim { steps } = found.how {
                let sampler = Sampler::ddim_without_guidance(steps);
                actions.edit(Edit::Sampler(sampler));
            }
            view.name.clear();
        }
    });
    if let Some(problem) = problem {
        caption(ui, problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_lies_inside_and_is_no_speck() {
        let crop = crop_between(pos2(30.0, 9.5), pos2(-5.0, 2.0), [20, 10]);
        let expected = Crop {
            left: 0,
            top: 2,
            width: 20,
            height: 8,
        };
        assert_eq!(crop, Some(expected));
        assert_eq!(crop_between(pos2(3.0, 3.0), pos2(4.0, 9.0), [20, 10]), None);
        assert_eq!(
            crop_between(pos2(30.0, 3.0), pos2(40.0, 9.0), [20, 10]),
            None
        );
    }
}
