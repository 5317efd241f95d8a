//! What the next file is to be: its kind, its size, and what else the kind asks.

use super::card;
use crate::app::export::{ContactSource, Kind, SCALE, Settings};
use crate::app::{Action, Actions, AppState};
use crate::document::animation::AnimationFormat;
use crate::render::StepsShown;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{add_number, caption, icon};
use eframe::egui::{Align, Button, Checkbox, Context, DragValue, Layout, RichText, Ui, vec2};
use lucide_icons::Icon;

const LABEL_WIDTH: f32 = 88.0;

/// Paints the card.
pub fn export_form(ctx: &Context, app: &AppState, actions: &mut Actions) {
    card(ctx, "Export", actions, |ui, actions| {
        let before = app.export().settings();
        let mut settings = before.clone();
        kinds_ui(ui, &mut settings);
        caption(ui, settings.kind.explained());
        ui.add_space(space::S);
        match settings.kind {
            Kind::Picture => {}
            Kind::Strip => number(ui, "Pictures", &mut settings.count, 0.2),
            Kind::Sheet => number(ui, "Each side", &mut settings.side, 0.1),
            Kind::Grid => {
                number(ui, "First seed", &mut settings.first_seed, 0.5);
                number(ui, "Seeds", &mut settings.seeds, 0.5);
            }
            Kind::Contact => contact_ui(ui, app, &mut settings),
            Kind::Animation => animation_ui(ui, app, &mut settings),
            Kind::Film => film_ui(ui, app, &mut settings),
            Kind::Codes => {
                row(ui, "Codes", |ui| {
                    for (bookmarks, words) in [(false, "Current code"), (true, "All bookmarks")] {
                        if choice(ui, words, settings.bookmarks == bookmarks) {
                            settings.bookmarks = bookmarks;
                        }
                    }
                });
            }
        }
        if settings.kind != Kind::Codes {
            size_ui(ui, app, &mut settings);
        }
        ui.add_space(space::M);
        if settings != *before {
            actions.push(Action::SetExport(settings));
        }
        end_ui(ui, app, actions);
    });
}

fn row(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let room = vec2(LABEL_WIDTH, size::CONTROL);
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(room);
            ui.label(label);
        });
        add(ui);
    });
}

fn choice(ui: &mut Ui, words: &str, is_chosen: bool) -> bool {
    let button = Button::new(words)
        .selected(is_chosen)
        .min_size(vec2(0.0, size::CONTROL));
    ui.add(button).clicked()
}

fn number<N: eframe::egui::emath::Numeric>(ui: &mut Ui, label: &str, value: &mut N, speed: f64) {
    row(ui, label, |ui| {
        add_number(ui, DragValue::new(value).speed(speed)).accessible_name(label);
    });
}

fn kinds_ui(ui: &mut Ui, settings: &mut Settings) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for kind in Kind::ALL {
            if choice(ui, kind.name(), settings.kind == kind) {
                settings.kind = kind;
            }
        }
    });
}

fn animation_ui(ui: &mut Ui, app: &AppState, settings: &mut Settings) {
    row(ui, "Format", |ui| {
        for format in AnimationFormat::ALL {
            if choice(ui, format.name(), settings.format == format) {
                settings.format = format;
            }
        }
    });
    row(ui, "Speed", |ui| {
        add_number(
            ui,
            DragValue::new(&mut settings.fps).speed(0.1).max_decimals(2),
        )
        .accessible_name("Frames a second");
        let secs = app.tools().settings().interpolate.secs;
        let frames = settings.frames(secs);
        caption(ui, format!("frames a second: {frames} in {secs:.1} s"));
    });
    row(ui, "", |ui| {
        ui.add(Checkbox::new(&mut settings.once, "Play once"))
            .on_hover_text("Otherwise it loops");
    });
    if settings.format == AnimationFormat::Mp4 {
        caption(ui, "MP4 needs the program ffmpeg on this computer");
    }
}

fn film_ui(ui: &mut Ui, app: &AppState, settings: &mut Settings) {
    let film = &mut settings.film;
    row(ui, "Form", |ui| {
        if choice(ui, "Strip", film.format.is_none()) {
            film.format = None;
        }
        for format in AnimationFormat::ALL {
            if choice(ui, format.name(), film.format == Some(format)) {
                film.format = Some(format);
            }
        }
    });
    let Some(model) = app.model() else {
        return;
    };
    let writes = model.manifest.writes();
    let is_shown = film.of_model(&model.manifest).shown;
    let data = if writes {
        "Picture so far"
    } else {
        "x0 prediction"
    };
    row(ui, "Show", |ui| {
        for (shown, words) in [
            (StepsShown::Data, data),
            (StepsShown::Noisy, "x_t"),
            (StepsShown::Both, "Both"),
            (StepsShown::Likelihoods, "Picture and likelihoods"),
        ] {
            if shown.fits(writes) && choice(ui, words, is_shown == shown) {
                film.shown = shown;
            }
        }
    });
}

fn contact_ui(ui: &mut Ui, app: &AppState, settings: &mut Settings) {
    let contact = &mut settings.contact;
    row(ui, "Pictures", |ui| {
        for source in ContactSource::ALL {
            if choice(ui, source.name(), contact.source == source) {
                contact.source = source;
            }
        }
    });
    row(ui, "Layout", |ui| {
        add_number(
            ui,
            DragValue::new(&mut contact.columns)
                .speed(0.1)
                .suffix(" columns"),
        )
        .accessible_name("Columns");
        add_number(
            ui,
            DragValue::new(&mut contact.gap)
                .speed(0.2)
                .suffix(" px apart"),
        )
        .accessible_name("Gap");
        for (is_white, words) in [(true, "White"), (false, "Black")] {
            if choice(ui, words, contact.is_white == is_white) {
                contact.is_white = is_white;
            }
        }
    });
    let picture_px = app.model().map_or(1, |model| model.manifest.image.width);
    let fitting = contact.fitting_scale(picture_px);
    row(ui, "Print", |ui| {
        let width = DragValue::new(&mut contact.width_cm).speed(0.1);
        ui.add(width.max_decimals(1).suffix(" cm wide"))
            .accessible_name("Width of the print");
        add_number(
            ui,
            DragValue::new(&mut contact.dpi).speed(1.0).suffix(" dpi"),
        )
        .on_hover_text("Dots per inch, written into the file")
        .accessible_name("Dots per inch");
        let fit = Button::new("Fit").min_size(vec2(0.0, size::CONTROL));
        let fit = ui
            .add_enabled(settings.scale != fitting, fit)
            .on_hover_text("Choose the size of the pictures so that a row fills this width")
            .on_disabled_hover_text("A row of pictures is as large as this width allows")
            .accessible_name("Fit the width of the print");
        if fit.clicked() {
            settings.scale = fitting;
        }
    });
    if let Some([width, height]) = app.export_size() {
        let contact = &settings.contact;
        let (across, down) = (contact.cm(width), contact.cm(height));
        caption(
            ui,
            format!("{width}×{height} pixels, {across:.1}×{down:.1} cm on paper"),
        );
    }
}

fn size_ui(ui: &mut Ui, app: &AppState, settings: &mut Settings) {
    row(ui, "Size", |ui| {
        add_number(
            ui,
            DragValue::new(&mut settings.scale)
                .speed(0.1)
                .range(SCALE)
                .suffix("×"),
        )
        .on_hover_text(format!(
            "Scale relative to the model's own size, 1 to {}",
            SCALE.end()
        ))
        .accessible_name("Scale");
        for (smooth, words) in [(false, "Sharp"), (true, "Smooth")] {
            if choice(ui, words, settings.smooth == smooth) {
                settings.smooth = smooth;
            }
        }
        if let Some(model) = app.model() {
            let image = model.manifest.image;
            let scale = settings.scale as usize;
            let (width, height) = (image.width * scale, image.height * scale);
            caption(ui, format!("{width}×{height} pixels each"));
        }
    });
}

fn end_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let problem = app.check_export().err();
    if let Some(problem) = &problem {
        let error = tokens(ui).error;
        ui.horizontal(|ui| {
            ui.label(icon(Icon::CircleAlert).color(error));
            ui.label(RichText::new(problem).color(error));
        });
        ui.add_space(space::S);
    }
    let tokens = tokens(ui);
    let text = |text: RichText| text.color(tokens.on_accent);
    let words = (text(icon(Icon::Download)), text("Choose a file…".into()));
    let button = Button::new(words)
        .fill(tokens.accent)
        .min_size(vec2(0.0, size::CONTROL));
    let button = ui
        .add_enabled(problem.is_none(), button)
        .accessible_name("Choose a file…");
    if button.clicked() {
        actions.push(Action::AskWhereToExport);
    }
}
