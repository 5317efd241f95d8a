//! Where am I: the current code against the prior and against the data.

use super::{Against, Measured, Where};
use crate::app::AppState;
use crate::latent::prior::Typicality;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, below_picture, neighbours, picture_ui};
use crate::ui::theme::{TextRole, Tokens, space, text, tokens};
use crate::ui::widgets::{caption, icon, section};
use eframe::egui::{
    Align2, FontId, Grid, Painter, Rect, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, remap, vec2,
};
use lucide_icons::Icon;

/// Height of a plot, in points.
const PLOT_HEIGHT: f32 = 112.0;
/// How far z-scores are drawn.
const MAX_SCORE: f32 = 4.0;

/// Nothing is kept.
#[derive(Default)]
pub struct View;

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        numbers_ui(ui, controls.app);
        likelihood_ui(ui, controls.app);
    }

    /// Paints the picture with the two plots below.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        plots_ui(ui, stage);
        picture_ui(ui, stage);
    }
}

fn numbers_ui(ui: &mut Ui, app: &AppState) {
    let Some(measured) = app.tool::<Where>().measured() else {
        let words = match app.preview().frame() {
            Some(frame) => format!(
                "This code is in {}, of which no statistics are known",
                frame.code.space
            ),
            None => "Measured when the first picture is decoded".to_owned(),
        };
        caption(ui, words);
        return;
    };
    let (typicality, sentence) = measured.verdict();
    let tokens = tokens(ui);
    let (glyph, colour) = match typicality {
        Typicality::Typical => (Icon::CircleCheck, tokens.done),
        Typicality::Unusual => (Icon::TriangleAlert, tokens.warning),
        Typicality::FarOutside => (Icon::OctagonAlert, tokens.error),
    };
    ui.add_space(space::S);
    ui.horizontal_top(|ui| {
        ui.label(icon(glyph).color(colour));
        ui.add(eframe::egui::Label::new(RichText::new(sentence).color(colour)).wrap())
    });
    section(ui, "Code", |ui| {
        Grid::new("where")
            .num_columns(2)
            .spacing(vec2(space::M, space::XS))
            .show(ui, |ui| {
                let mut row = |name: &str, value: String, tip: &str| {
                    ui.label(name).on_hover_text(tip);
                    ui.label(RichText::new(value).font(TextRole::Code.font()));
                    ui.end_row();
                };
                let report = &measured.report;
                let space = measured.space;
                if let Against::SeedsInW { layer: Some(layer) } = measured.against {
                    let tip = "The layer of w+ whose vector stands out most; all else is about it";
                    row("Layer", layer.to_string(), tip);
                }
                let norm = format!("{:.2}", measured.norm);
                row("Norm", norm, "Euclidean length of the code");
                if let Against::SeedsInW { .. } = measured.against {
                    row(
                        "Distance to mean",
                        format!("{:.2} σ", report.norm),
                        "Length of the code in standard deviations from the mean of w",
                    );
                }
                if measured.against != Against::Data {
                    row(
                        "Shell",
                        format!("{:.2} ± {:.2}", report.shell_mean, report.shell_sigma),
                        "Mean and standard deviation of the norms of seeds",
                    );
                    row(
                        "Smaller norms",
                        format!("{:.1} %", report.share_within * 100.0),
                        "Share of seeds with a smaller norm than this code",
                    );
                }
                if let (Against::Prior, Some([here, of_seeds])) =
                    (measured.against, report.log_density)
                {
                    row(
                        "Log density",
                        format!("{here:.1}"),
                        "Natural logarithm of the prior's density here",
                    );
                    row(
                        "Mean of seeds",
                        format!("{of_seeds:.1}"),
                        "Mean of the log density over seeds",
                    );
                }
                if let Some((dim, score)) = report.largest {
                    row(
                        "Largest z-score",
                        format!("{score:.2} ({space}{dim})"),
                        "The dimension that stands out most",
                    );
                }
                if let Some([near, usual]) = measured.nearest {
                    row(
                        "Nearest datum",
                        format!("{near:.2}"),
                        &format!("Distance in {space} to the nearest encoded test picture"),
                    );
                    row(
                        "Data spacing",
                        format!("{usual:.2}"),
                        "Half of the test pictures have a neighbour nearer than this",
                    );
                }
            });
    });
    let about = match measured.against {
        Against::Prior => return,
        Against::Data => {
            "A plain autoencoder has no prior: the code is measured against the mean and spread \
             of its encoded test pictures"
        }
        Against::SeedsInW { .. } => {
            "w has no prior: the code is measured against the codes in w of seeds, in standard \
             deviations from their mean"
        }
    };
    caption(ui, about);
}

/// The density of the picture, for models that know it.
fn likelihood_ui(ui: &mut Ui, app: &AppState) {
    let Some(model) = app.model() else { return };
    if !model.manifest.capabilities().has_likelihood {
        return;
    }
    section(ui, "Picture", |ui| {
        if app.learning().is_predicting(app.view()) {
            caption(ui, "Its likelihood is hidden until you have answered");
            return;
        }
        let Some(bits) = app.tool::<Where>().bits_per_dimension() else {
            caption(ui, "Its likelihood is measured");
            return;
        };
        let dimensions = model.manifest.image.len();
        let nats = -f64::from(bits) * dimensions as f64 * std::f64::consts::LN_2;
        let of_test = model.manifest.quality.get("bits_per_dimension");
        let of_test = of_test.map(|bits| ("Test pictures", format!("{bits:.3} bits/dim")));
        let rows = [
            ("Likelihood", format!("{bits:.3} bits/dim")),
            ("Log-likelihood", format!("{nats:.1} nats")),
        ];
        Grid::new("likelihood")
            .num_columns(2)
            .spacing(vec2(space::M, space::XS))
            .show(ui, |ui| {
                for (name, value) in rows.into_iter().chain(of_test) {
                    let tip = match name {
                        "Likelihood" => {
                            "Bits that each pixel takes under the model's own density: the fewer, the likelier"
                        }
                        "Log-likelihood" => {
                            "Natural logarithm of the probability of the whole picture, each pixel rounded to \
                             one of 256 values"
                        }
                        _ => "Mean over the test set",
                    };
                    ui.label(name).on_hover_text(tip);
                    ui.label(RichText::new(value).font(TextRole::Code.font()));
                    ui.end_row();
                }
            });
    });
}

fn plots_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    if let Some(model) = app.model()
        && let Some(measured) = app.tool::<Where>().measured()
    {
        below_picture(ui, "where plots", 260.0, |ui| {
            let narrow = ui.available_width() < 560.0;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = space::M;
                let width = (ui.available_width() - space::M) / 2.0;
                ui.vertical(|ui| shell_ui(ui, &measured, width));
                ui.vertical(|ui| scores_ui(ui, &measured, width));
            });
            if !model.encoded.is_empty() && !narrow {
                ui.add_space(space::S);
                neighbours::ui(ui, app, stage.actions, model, stage.textures);
            }
        });
    }
}

/// The norms of codes from the prior, and where this one stands.
fn shell_ui(ui: &mut Ui, measured: &Measured, width: f32) {
    caption(
        ui,
        match measured.against {
            Against::Prior => "Norm, against the norms of seeds",
            Against::Data => "Norm of the z-scores, against standard normal samples",
            Against::SeedsInW { .. } => "Distance to the mean of w, against seeds",
        },
    );
    let (rect, response) = ui.allocate_exact_size(vec2(width, PLOT_HEIGHT), Sense::hover());
    let norm = measured.report.norm;
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!("Norm {norm:.2} on the shell of seeds"),
        )
    });
    let tokens = tokens(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4.0, tokens.field);
    let plot = rect.shrink2(vec2(space::S, space::M));
    let report = &measured.report;
    let largest = (report.shell_mean + 5.0 * report.shell_sigma)
        .max(norm * 1.1)
        .max(1e-3);
    let x_of = |value: f64| remap(value as f32, 0.0..=largest as f32, plot.x_range());
    let dim = measured.scores.len() as f64;
    let log_density = |r: f64| match measured.against {
        // The chi density up to a factor: r^(d - 1) exp(-r^2 / 2), through logarithms.
        Against::Prior | Against::Data => (dim - 1.0) * r.max(1e-9).ln() - r * r / 2.0,
        // A normal density with the mean and the deviation of the sample.
        Against::SeedsInW { .. } => -0.5 * ((r - report.shell_mean) / report.shell_sigma).powi(2),
    };
    let top = match measured.against {
        Against::Prior | Against::Data => log_density((dim - 1.0).max(0.0).sqrt().max(1e-9)),
        Against::SeedsInW { .. } => 0.0,
    };
    let points = (0..=160).map(|index| {
        let r = largest * f64::from(index) / 160.0;
        let height = (log_density(r) - top).exp().min(1.0) as f32;
        pos2(x_of(r), plot.bottom() - height * plot.height())
    });
    painter.add(Shape::line(
        points.collect(),
        Stroke::new(2.0, tokens.text_muted),
    ));
    painter.hline(
        plot.x_range(),
        plot.bottom(),
        Stroke::new(1.0, tokens.outline),
    );
    let x = x_of(norm);
    painter.vline(x, plot.y_range(), Stroke::new(2.0, tokens.accent));
    painter.circle_filled(pos2(x, plot.bottom()), 4.0, tokens.accent);
    label(&painter, plot, x, &format!("{norm:.2}"), tokens);
}

/// One bar for each dimension.
fn scores_ui(ui: &mut Ui, measured: &Measured, width: f32) {
    caption(ui, "Code by dimension, in standard deviations");
    let (rect, response) = ui.allocate_exact_size(vec2(width, PLOT_HEIGHT), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, "z-scores of the code by dimension")
    });
    let tokens = tokens(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4.0, tokens.field);
    let plot = rect.shrink2(vec2(space::S, space::S));
    let y_of = |score: f32| {
        let score = score.clamp(-MAX_SCORE, MAX_SCORE);
        remap(score, -MAX_SCORE..=MAX_SCORE, plot.bottom()..=plot.top())
    };
    let band = Rect::from_x_y_ranges(plot.x_range(), y_of(2.0)..=y_of(-2.0));
    painter.rect_filled(band, 0.0, tokens.control.gamma_multiply(0.5));
    painter.hline(plot.x_range(), y_of(0.0), Stroke::new(1.0, tokens.outline));
    let count = measured.scores.len().max(1) as f32;
    let step = plot.width() / count;
    for (dim, &score) in measured.scores.iter().enumerate() {
        let left = plot.left() + dim as f32 * step;
        let bar = Rect::from_two_pos(
            pos2(left + step * 0.15, y_of(0.0)),
            pos2(left + step * 0.85, y_of(score)),
        );
        let colour = if score.abs() > 3.0 {
            tokens.warning
        } else {
            tokens.accent
        };
        painter.rect_filled(bar, 1.0, colour);
    }
    let font = FontId::proportional(text::SMALL);
    for (score, words) in [(2.0, "+2 σ"), (-2.0, "−2 σ")] {
        let at = pos2(plot.left() + 2.0, y_of(score));
        painter.text(
            at,
            Align2::LEFT_BOTTOM,
            words,
            font.clone(),
            tokens.text_muted,
        );
    }
    if let Some(pointer) = response.hover_pos() {
        let dim = ((pointer.x - plot.left()) / step).max(0.0) as usize;
        if let Some(score) = measured.scores.get(dim) {
            let space = measured.space;
            response.on_hover_text(format!("{space}{dim}: {score:.2}"));
        }
    }
}

/// A number beside a line, on a plate that keeps it readable over the curve.
fn label(painter: &Painter, plot: Rect, x: f32, words: &str, tokens: &Tokens) {
    let font = FontId::proportional(text::SMALL);
    let anchor = if x > plot.center().x {
        Align2::RIGHT_TOP
    } else {
        Align2::LEFT_TOP
    };
    let off = if x > plot.center().x { -6.0 } else { 6.0 };
    let galley = painter.layout_no_wrap(words.to_owned(), font, tokens.text_strong);
    let place = anchor.anchor_size(pos2(x + off, plot.top()), galley.size());
    painter.rect_filled(place.expand2(vec2(3.0, 1.0)), 3.0, tokens.field);
    painter.galley(place.min, galley, tokens.text_strong);
}
