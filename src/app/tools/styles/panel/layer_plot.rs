//! What each layer of styles changes, as measured on the model: bars by layer, coarse to fine.

use crate::app::AppState;
use crate::app::tools::styles::{Scale, change_pairs};
use crate::engine::ModelInfo;
use crate::model::layer_change::LayerChange;
use crate::ui::theme::tokens;
use crate::ui::widgets::{caption, quiet_plot};
use eframe::egui::{ProgressBar, RichText, Role, Ui, WidgetInfo, vec2};
use egui_plot::{Bar, BarChart, PlotPoint, Text};

const HEIGHT: f32 = 96.0;

/// Paints the plot, or how far the measuring is.
pub fn ui(ui: &mut Ui, app: &AppState, model: &ModelInfo) {
    let live = app.tools().styles();
    caption(
        ui,
        "What each layer changes: the picture when its style is exchanged for another code's",
    );
    // As high while nothing is measured, so that the matrix stays where it is.
    ui.set_min_height(HEIGHT + 48.0);
    if let Some(failure) = live.failure(model) {
        ui.label(RichText::new(failure).color(tokens(ui).error));
        return;
    }
    let change = live.change(model);
    if let Some(change) = change {
        plot_ui(ui, model, change);
        caption(ui, in_words(change)).on_hover_text(
            "When all styles of these layers are exchanged at once. Layers of one name may \
             change the same pixels, so the bars do not add up to it",
        );
    }
    if !live.is_measured(model) {
        let pairs = change.map_or(0, LayerChange::pairs);
        let all = change_pairs(model);
        let part = pairs as f32 / all as f32;
        ui.add(ProgressBar::new(part).text(format!("Measuring pair {pairs} of {all}")));
    }
}

fn plot_ui(ui: &mut Ui, model: &ModelInfo, change: &LayerChange) {
    let colours = tokens(ui);
    let layers = change.layers();
    let top = layers.iter().fold(0.0f32, |most, &one| most.max(one)) * 100.0;
    // Neighbouring scales differ in colour, and each bears its name.
    let fills = [colours.accent, colours.accent_soft, colours.accent];
    let shown = quiet_plot(ui, "layer changes", HEIGHT)
        .set_margin_fraction(vec2(0.02, 0.02))
        .include_y(0.0)
        .include_y(f64::from(top) * 1.25)
        .y_axis_formatter(|mark, _| format!("{:.0} %", mark.value))
        .show(ui, |plot| {
            for (scale, fill) in Scale::ALL.into_iter().zip(fills) {
                let range = scale.layers(model);
                let bars = (range.start..range.end).filter_map(|layer| {
                    let height = f64::from(*layers.get(layer)?) * 100.0;
                    let bar = Bar::new(layer as f64, height).width(0.7).fill(fill);
                    Some(bar.name(format!("layer {layer}")))
                });
                plot.bar_chart(BarChart::new(scale.name(), bars.collect()).color(fill));
                if range.start < range.end {
                    let middle = (range.start + range.end - 1) as f64 / 2.0;
                    let at = PlotPoint::new(middle, f64::from(top) * 1.15);
                    let name = RichText::new(scale.name()).color(colours.text_muted);
                    plot.text(Text::new(scale.name(), at, name).allow_hover(false));
                }
            }
        });
    shown.response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, "What each layer changes, by layer")
    });
}

/// What exchanging the layers of each scale changes: `Coarse 14.2 %, middle 9.8 %, fine 3.1 % of a pixel`.
fn in_words(change: &LayerChange) -> String {
    let scales = Scale::ALL.into_iter().zip(change.scales());
    let words: Vec<String> = scales
        .enumerate()
        .map(|(number, (scale, change))| {
            let name = match number {
                0 => scale.name().to_owned(),
                _ => scale.name().to_lowercase(),
            };
            format!("{name} {:.1} %", change * 100.0)
        })
        .collect();
    format!("{} of a pixel", words.join(", "))
}
