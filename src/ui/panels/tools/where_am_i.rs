//! Where am I: the current code against the prior and against the data.

use super::map::neighbours_ui;
use super::{Stage, below_picture, picture_ui};
use crate::app::AppState;
use crate::engine::ModelInfo;
use crate::latent::neighbours;
use crate::latent::prior::{self, PriorReport, Standing};
use crate::model::Family;
use crate::ui::theme::{TextRole, space, text, tokens};
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
/// A code this many times as far from the data as they are from each other is far.
const FAR_FROM_DATA: f32 = 3.0;

/// What the current code is measured by.
struct Measured<'a> {
    values: &'a [f32],
    /// z-scores: against the prior, or against the codes of the data where there is no prior.
    scores: Vec<f32>,
    report: PriorReport,
    has_prior: bool,
    /// Distance to the nearest datum, and the usual distance of a datum to its nearest.
    nearest: Option<(f32, f32)>,
}

fn measured<'a>(app: &'a AppState, model: &ModelInfo) -> Option<Measured<'a>> {
    let values = app.preview().frame()?.code.values.as_slice();
    let has_prior = model.manifest.family != Family::Autoencoder;
    let scores = if has_prior {
        values.to_vec()
    } else {
        let mean = data_mean(model, values.len());
        prior::z_scores(values, &mean, &model.z_sigma)
    };
    let rows = || model.encoded.iter().map(|(row, _)| row.as_slice());
    let nearest = neighbours::nearest(values, rows(), 1).first().map(|near| {
        // A few data tell how far data lie from each other.
        let mut usual: Vec<f32> = rows()
            .step_by(model.encoded.len().div_ceil(32).max(1))
            .filter_map(|row| Some(neighbours::nearest(row, rows(), 2).get(1)?.distance))
            .collect();
        usual.sort_by(f32::total_cmp);
        let usual = usual.get(usual.len() / 2).copied().unwrap_or(0.0);
        (near.distance, usual)
    });
    Some(Measured {
        values,
        report: prior::report(&scores),
        scores,
        has_prior,
        nearest,
    })
}

fn data_mean(model: &ModelInfo, dim: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; dim];
    for (code, _) in &model.encoded {
        for (sum, value) in sums.iter_mut().zip(code) {
            *sum += f64::from(*value);
        }
    }
    let count = model.encoded.len().max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

impl Measured<'_> {
    /// The plain words: how it stands, and why.
    fn verdict(&self) -> (Standing, String) {
        let report = &self.report;
        let far_from_data = self
            .nearest
            .is_some_and(|(near, usual)| usual > 0.0 && near > FAR_FROM_DATA * usual);
        let of = if self.has_prior {
            "seeds"
        } else {
            "encoded test pictures"
        };
        match report.standing {
            Standing::FarOutside => {
                let why = if report.shell_offset > 0.0 {
                    "its norm is larger"
                } else {
                    "its norm is smaller"
                };
                let sentence = format!(
                    "Far outside: {why} than that of practically all {of}. What the model draws \
                     here is extrapolation."
                );
                (Standing::FarOutside, sentence)
            }
            Standing::Unusual => (
                Standing::Unusual,
                format!(
                    "Unusual: few {of} lie this far {}.",
                    if report.shell_offset > 0.0 {
                        "out"
                    } else {
                        "in"
                    }
                ),
            ),
            Standing::Typical if far_from_data => (
                Standing::Unusual,
                "The norm is usual, but no encoded test picture lies near.".to_owned(),
            ),
            Standing::Typical => (Standing::Typical, format!("Typical: among where {of} lie.")),
        }
    }
}

/// Paints the numbers.
pub fn controls_ui(ui: &mut Ui, app: &AppState, model: &ModelInfo) {
    let Some(measured) = measured(app, model) else {
        caption(ui, "The numbers come with the first picture");
        return;
    };
    let (standing, sentence) = measured.verdict();
    let tokens = tokens(ui);
    let (glyph, colour) = match standing {
        Standing::Typical => (Icon::CircleCheck, tokens.done),
        Standing::Unusual => (Icon::TriangleAlert, tokens.warning),
        Standing::FarOutside => (Icon::OctagonAlert, tokens.error),
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
                let norm = prior_norm(&measured);
                row("Norm", format!("{norm:.2}"), "Euclidean length of the code");
                if measured.has_prior {
                    row(
                        "Shell",
                        format!("{:.2} ± {:.2}", report.shell_mean, report.shell_sigma),
                        "Mean and standard deviation of the norms of seeds",
                    );
                    row(
                        "Smaller norms",
                        format!("{:.1} %", report.share_within * 100.0),
                        "The share of seeds with a smaller norm than this code",
                    );
                    row(
                        "Log density",
                        format!("{:.1}", report.log_density),
                        "Natural logarithm of the prior's density here",
                    );
                    row(
                        "of seeds",
                        format!("{:.1}", report.log_density_mean),
                        "Mean of the log density over seeds",
                    );
                }
                if let Some((dim, score)) = report.largest {
                    row(
                        "Largest z-score",
                        format!("{score:.2} (z{dim})"),
                        "The dimension that stands out most",
                    );
                }
                if let Some((near, usual)) = measured.nearest {
                    row(
                        "Nearest datum",
                        format!("{near:.2}"),
                        "Distance in z to the nearest encoded test picture",
                    );
                    row(
                        "between data",
                        format!("{usual:.2}"),
                        "Half of the test pictures have a neighbour nearer than this",
                    );
                }
            });
    });
    if !measured.has_prior {
        caption(
            ui,
            "A plain autoencoder has no prior: the code is measured against the mean and spread \
             of its encoded test pictures",
        );
    }
}

fn prior_norm(measured: &Measured<'_>) -> f64 {
    crate::latent::geometry::norm(measured.values)
}

/// Paints the picture with the two plots below.
pub fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let app = stage.app;
    if let Some(model) = app.model()
        && let Some(measured) = measured(app, model)
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
                neighbours_ui(ui, app, stage.actions, model, stage.views);
            }
        });
    }
    picture_ui(ui, stage);
}

/// The norms of codes from the prior, and where this one stands.
fn shell_ui(ui: &mut Ui, measured: &Measured<'_>, width: f32) {
    caption(
        ui,
        if measured.has_prior {
            "Norm among those of seeds"
        } else {
            "Norm of the z-scores among those of a normal cloud"
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
    // The chi density up to a factor: r^(d - 1) exp(-r^2 / 2), through logarithms.
    let dim = measured.scores.len() as f64;
    let log_density = |r: f64| (dim - 1.0) * r.max(1e-9).ln() - r * r / 2.0;
    let top = log_density((dim - 1.0).max(0.0).sqrt().max(1e-9));
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
    label(&painter, plot, x, &format!("{norm:.2}"), tokens.text_strong);
}

/// One bar for each dimension.
fn scores_ui(ui: &mut Ui, measured: &Measured<'_>, width: f32) {
    caption(ui, "Each number of the code in standard deviations");
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
            response.on_hover_text(format!("z{dim}: {score:.2}"));
        }
    }
}

fn label(painter: &Painter, plot: Rect, x: f32, words: &str, colour: eframe::egui::Color32) {
    let font = FontId::proportional(text::SMALL);
    let anchor = if x > plot.center().x {
        Align2::RIGHT_TOP
    } else {
        Align2::LEFT_TOP
    };
    let off = if x > plot.center().x { -6.0 } else { 6.0 };
    painter.text(pos2(x + off, plot.top()), anchor, words, font, colour);
}
