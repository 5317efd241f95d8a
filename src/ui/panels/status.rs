//! The bottom line: device, speed, code, zoom, and what is under way.

use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState, Player};
use crate::engine::ModelInfo;
use crate::ui::panels::canvas::CanvasView;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{caption, icon};
use eframe::egui::{Align, Button, Layout, Spinner, Ui};
use lucide_icons::Icon;

/// Paints the line.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, canvas: &CanvasView) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        device_ui(ui, app);
        latency_ui(ui, app);
        work_ui(ui, app);
        export_ui(ui, app, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            zoom_ui(ui, canvas);
            code_ui(ui, app);
        });
    });
}

fn small_icon(ui: &mut Ui, glyph: Icon) {
    let muted = tokens(ui).text_muted;
    ui.label(icon(glyph).size(14.0).color(muted));
}

fn device_ui(ui: &mut Ui, app: &AppState) {
    let Some(device) = app.models().device() else {
        small_icon(ui, Icon::Cpu);
        caption(ui, "Choosing a device");
        return;
    };
    let is_gpu = device.backend == "wgpu";
    small_icon(ui, if is_gpu { Icon::Gpu } else { Icon::Cpu });
    let kind = if is_gpu { "GPU" } else { "CPU" };
    let mut tip = format!("Decodes run on {} ({})", device.adapter, device.backend);
    if let Some(reason) = &device.fallback {
        tip += &format!("\n{reason}");
    }
    let adapter = shortened(&device.adapter, 40);
    let words = if adapter.starts_with(kind) {
        adapter
    } else {
        format!("{kind} {adapter}")
    };
    // That there is no GPU is no fault: pictures come as they should.
    caption(ui, words).on_hover_text(tip);
}

fn latency_ui(ui: &mut Ui, app: &AppState) {
    let latency = app.preview().latency();
    let (Some(p50), Some(p99)) = (latency.percentile_ms(50.0), latency.percentile_ms(99.0)) else {
        return;
    };
    ui.add_space(space::M);
    small_icon(ui, Icon::Gauge);
    let whole = app.preview().whole().percentile_ms(50.0);
    let (words, tip) = match whole {
        Some(whole) if app.preview().is_sketched() => (
            format!("decode {}, sketch {}", time(whole), time(p50)),
            format!(
                "Half of the latest pictures took at most {whole:.0} ms; while the hand moves, the first layers alone \
                 draw, in {p50:.0} ms"
            ),
        ),
        Some(whole) if app.workspace().takes_steps() => (
            format!("decode {whole:.0} ms"),
            format!(
                "Half of the latest pictures took at most {whole:.1} ms with all their steps, and \
                 were seen after {p50:.1} ms"
            ),
        ),
        _ if app.preview().is_sketched() => (
            format!("sketch {}", time(p50)),
            format!("Half of the latest sketches took at most {p50:.0} ms"),
        ),
        _ => (
            format!("decode {p50:.1} ms"),
            format!(
                "Half of the latest decodes took at most {p50:.1} ms, 99 % at most {p99:.1} ms"
            ),
        ),
    };
    caption(ui, words).on_hover_text(tip);
}

/// Milliseconds, or seconds where there are many.
fn time(milliseconds: f64) -> String {
    match milliseconds {
        long if long >= 1000.0 => format!("{:.1} s", long / 1000.0),
        short => format!("{short:.0} ms"),
    }
}

/// Says what is being waited for, or what plays.
fn work_ui(ui: &mut Ui, app: &AppState) {
    let models = app.models();
    let text = if let Some(loading) = models.loading() {
        format!("Loading {}", source_title(loading))
    } else if let Some(warming) = models.warming() {
        format!("Preparing kernels, {} of {}", warming.done, warming.total)
    } else if let Some(seed) = app.player().map(Player::to_seed) {
        ui.add_space(space::M);
        small_icon(ui, Icon::Play);
        caption(ui, format!("Walking to seed {seed}"));
        return;
    } else if app.preview().shows_sketch() {
        ui.add_space(space::M);
        // Nothing turns here: painting takes time that the picture needs.
        small_icon(ui, Icon::Hourglass);
        caption(ui, "Sketch, sharpens when the hand rests")
            .on_hover_text("Pictures of this model take long, so its first layers draw first");
        return;
    } else {
        return;
    };
    ui.add_space(space::M);
    ui.add(Spinner::new().size(12.0));
    caption(ui, text);
}

/// The file that is being written, and a way to stop it.
fn export_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let runs = app.export().runs();
    let Some(run) = runs.first() else { return };
    ui.add_space(space::M);
    ui.add(Spinner::new().size(12.0));
    let mut words = match run.progress() {
        Some((done, total)) => format!("Writing {}, {done} of {total}", run.title()),
        None => format!("Measuring the path for {}", run.title()),
    };
    if runs.len() > 1 {
        words += &format!(" and {} more", runs.len() - 1);
    }
    caption(ui, words);
    let stop = Button::new(icon(Icon::X).size(14.0)).frame_when_inactive(false);
    let stop = ui
        .add(stop)
        .on_hover_text("Cancel; nothing is written")
        .accessible_name("Cancel the export");
    if stop.clicked() {
        actions.push(Action::CancelExports);
    }
}

fn zoom_ui(ui: &mut Ui, canvas: &CanvasView) {
    let Some((image, scale)) = canvas.scale() else {
        return;
    };
    let factor = if (scale - scale.round()).abs() < 0.01 {
        format!("{scale:.0}")
    } else {
        format!("{scale:.1}")
    };
    caption(
        ui,
        format!("{}×{} shown at {factor}×", image.width, image.height),
    )
    .on_hover_text("Pixels of the picture, and how many pixels of the screen each one takes");
    small_icon(ui, Icon::ZoomIn);
    ui.add_space(space::M);
}

fn code_ui(ui: &mut Ui, app: &AppState) {
    let (Some(frame), Some(model)) = (app.preview().frame(), app.model()) else {
        return;
    };
    let code = &frame.code;
    if app.learning().is_predicting(app.view()) {
        let words = format!("{} {}   |{}| hidden", code.space, code.shape, code.space);
        caption(ui, words).on_hover_text("Shown when the open task is answered");
        return;
    }
    let text = match (code.space, expected_norm(model)) {
        (space, Some(expected)) if space == model.start => {
            let (shape, norm) = (&code.shape, code.norm());
            format!("{space} {shape}   |{space}| {norm:.1} of {expected:.1}")
        }
        // Indices have no length.
        (space, _) if !code.shape.is_real() => format!("{space} {}", code.shape),
        (space, _) => format!("{space} {}   |{space}| {:.1}", code.shape, code.norm()),
    };
    caption(ui, text).on_hover_text(
        "Dimensions of the code and its length, and the length that codes of this model usually \
         have; far from it, pictures become implausible",
    );
}

/// The root mean square length of a code in the space of seeds: that of the prior from which seeds are drawn, or else
/// from mean and sigma of each dimension of encoded data.
fn expected_norm(model: &ModelInfo) -> Option<f64> {
    if model.start_sigma.is_empty() {
        return None;
    }
    // An encoder leaves dimensions near zero that it does not use, so its codes may be shorter.
    if model.manifest.family.traits().has_prior {
        return Some((model.start_sigma.len() as f64).sqrt());
    }
    let mean = model.means.get(&model.start);
    let squares = model.start_sigma.iter().enumerate().map(|(dim, sigma)| {
        let mean = mean.and_then(|mean| mean.get(dim)).copied().unwrap_or(0.0);
        f64::from(*sigma).powi(2) + f64::from(mean).powi(2)
    });
    Some(squares.sum::<f64>().sqrt())
}

fn shortened(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max_chars - 1).collect();
    short.push('…');
    short
}
