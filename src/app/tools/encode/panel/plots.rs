//! What the encoder says of each number, and how a descent went.

use crate::app::tools::encode::{Found, How};
use crate::engine::Encoding;
use crate::ui::panels::tools::Stage;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{caption, quiet_plot};
use eframe::egui::{Role, Ui, WidgetInfo};
use egui_plot::{Bar, BarChart, Line, PlotPoints};

const HEIGHT: f32 = 140.0;

/// Paints the plots.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    // As high without anything to show, so that the pictures stay where they are.
    ui.set_min_height(HEIGHT + 24.0);
    let Some(found) = stage.app.tools().encode().found() else {
        return;
    };
    match &found.how {
        How::Encoder(encoding) => posterior_ui(ui, found, encoding),
        How::Descent { losses, .. } => losses_ui(ui, losses),
        How::Ddim { steps } => {
            let words = format!(
                "The noise that {steps} steps of DDIM lead back to, found by going them backwards; the \
                 reconstruction is what they make of it again, without guidance"
            );
            caption(ui, words);
        }
    }
}

/// Mean and spread of every number, and its divergence from the prior.
fn posterior_ui(ui: &mut Ui, found: &Found, encoding: &Encoding) {
    let colours = tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let has_spread = encoding.kl.is_some();
        let count = if has_spread { 2.0 } else { 1.0 };
        let width = (ui.available_width() - space::M) / count;
        ui.vertical(|ui| {
            ui.set_width(width);
            caption(
                ui,
                if has_spread {
                    "Code by dimension: mean ± one standard deviation"
                } else {
                    "Code by dimension"
                },
            );
            let bars = found
                .code
                .values
                .reals()
                .iter()
                .enumerate()
                .map(|(dim, &mean)| {
                    Bar::new(dim as f64, f64::from(mean))
                        .width(0.6)
                        .fill(colours.accent)
                        .name(format!("z{dim}"))
                });
            let chart = BarChart::new("mean", bars.collect()).color(colours.accent);
            let spreads: Vec<Line<'_>> = encoding
                .sigma
                .iter()
                .flatten()
                .enumerate()
                .map(|(dim, &sigma)| {
                    let mean =
                        f64::from(found.code.values.reals().get(dim).copied().unwrap_or(0.0));
                    let (x, sigma) = (dim as f64, f64::from(sigma));
                    let ends = vec![[x, mean - sigma], [x, mean + sigma]];
                    Line::new(format!("spread {dim}"), PlotPoints::from(ends))
                        .color(colours.text_strong)
                        .width(2.0)
                        .allow_hover(false)
                })
                .collect();
            let shown = quiet_plot(ui, "posterior", HEIGHT).show(ui, |plot| {
                plot.bar_chart(chart);
                for spread in spreads {
                    plot.line(spread);
                }
            });
            say(&shown.response, "Mean and standard deviation by dimension");
        });
        if let Some(kl) = &encoding.kl {
            ui.vertical(|ui| {
                ui.set_width(width);
                caption(ui, "KL divergence per dimension (nats)");
                let bars = kl.iter().enumerate().map(|(dim, &nats)| {
                    Bar::new(dim as f64, f64::from(nats))
                        .width(0.6)
                        .fill(colours.accent)
                        .name(format!("z{dim}"))
                });
                let chart = BarChart::new("kl", bars.collect()).color(colours.accent);
                let shown = quiet_plot(ui, "kl", HEIGHT).show(ui, |plot| plot.bar_chart(chart));
                say(&shown.response, "KL divergence per dimension");
            });
        }
    });
}

/// The loss at every step, on a logarithmic scale.
fn losses_ui(ui: &mut Ui, losses: &[f32]) {
    let colours = tokens(ui);
    caption(ui, "Loss per step (log10): reconstruction error plus prior");
    let points: Vec<[f64; 2]> = losses
        .iter()
        .enumerate()
        .map(|(step, &loss)| [step as f64, f64::from(loss.max(1e-9)).log10()])
        .collect();
    let line = Line::new("loss", PlotPoints::from(points))
        .color(colours.accent)
        .width(2.0);
    let shown = quiet_plot(ui, "losses", HEIGHT)
        .y_axis_formatter(|mark, _| format!("{:.4}", 10_f64.powf(mark.value)))
        .show(ui, |plot| plot.line(line));
    say(&shown.response, "Loss per step");
}

fn say(response: &eframe::egui::Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
}
