//! Quality: what is measured at the left, the curves in the middle.

use crate::app::tools::sample::{Along, COUNT, Curve, MEASURE, Measure, Sample};
use crate::app::{Actions, AppState, Command, CurveFile, ParamId, Tool};
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::Stage;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{caption, command_button, empty_state, icon, section};
use eframe::egui::{
    Align, Button, CentralPanel, Color32, Frame, Label, Layout, Margin, ProgressBar, RichText,
    Role, Ui, WidgetInfo, vec2,
};
use egui_plot::{GridMark, Legend, Line, LineStyle, Plot, PlotPoints, Points};
use lucide_icons::Icon;

/// How the curves are looked at.
#[derive(Default)]
pub struct Looks {
    measure: Measure,
}

/// Paints what is measured, and the curves that there are. Returns nothing that was moved.
pub fn controls_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, looks: &mut Looks) -> bool {
    let settings = &app.tools().settings().sample.quality;
    let tool = app.tools().sample();
    section(ui, "Measure", |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
            let known = |along: &Along| app.workspace().knows_number(along.number());
            for along in Along::ALL.into_iter().filter(known) {
                let (words, _, tip) = along.words();
                let button = Button::new(words)
                    .selected(settings.along == along)
                    .min_size(vec2(0.0, size::CONTROL));
                if ui.add(button).on_hover_text(tip).clicked() {
                    actions.edit_tool::<Sample>(move |settings| settings.quality.along = along);
                }
            }
        });
        parameter_row::ui(ui, app, actions, &ParamId::Tool(COUNT));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            command_button(ui, app, actions, Command::OfTool(Tool::Sample, MEASURE));
            let cancel = ui
                .add_enabled(
                    tool.quality().is_measuring(),
                    Button::new("Cancel").min_size(vec2(0.0, size::CONTROL)),
                )
                .on_hover_text("Stop measuring; the points that were measured stay")
                .on_disabled_hover_text("Nothing is being measured")
                .accessible_name("Cancel measuring");
            if cancel.clicked() {
                actions.ask_tool(|tool: &mut Sample, cx| tool.cancel_measuring(cx));
            }
        });
    });
    section(ui, "Curves", |ui| {
        for (index, curve) in tool.quality().curves().iter().enumerate() {
            curve_ui(ui, actions, curve, index);
        }
        if tool.quality().curves().is_empty() {
            caption(
                ui,
                "None yet. Each measurement adds one, with the settings of now",
            );
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for measure in Measure::ALL {
                let (words, tip) = measure.words();
                let button = Button::new(measure.word())
                    .selected(looks.measure == measure)
                    .min_size(vec2(0.0, size::CONTROL));
                let shown = ui
                    .add(button)
                    .on_hover_text(tip)
                    .accessible_name(format!("Show {words}"));
                if shown.clicked() {
                    looks.measure = measure;
                }
            }
        });
        let has_points = tool
            .quality()
            .curves()
            .iter()
            .any(|it| !it.points.is_empty());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for file in CurveFile::ALL {
                let export = ui
                    .add_enabled(
                        has_points,
                        Button::new((icon(Icon::Download), file.words()))
                            .min_size(vec2(0.0, size::CONTROL)),
                    )
                    .on_hover_text(match file {
                        CurveFile::Csv => "Write all points to a table",
                        CurveFile::Svg => "Write the distances to a picture",
                    })
                    .on_disabled_hover_text("No point is measured yet")
                    .accessible_name(format!("Export curves as {}", file.words()));
                if export.clicked() {
                    actions
                        .ask_tool(move |_: &mut Sample, cx| Sample::ask_where_to_write(cx, file));
                }
            }
        });
    });
    false
}

/// One curve with its colour, its settings and the button that forgets it.
fn curve_ui(ui: &mut Ui, actions: &mut Actions, curve: &Curve, index: usize) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let mark = RichText::new("■").color(colour(ui, index));
        ui.label(mark);
        let words = curve.name();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let remove = Button::new(icon(Icon::X))
                .frame_when_inactive(false)
                .min_size(vec2(size::CONTROL, size::CONTROL));
            let remove = ui
                .add(remove)
                .on_hover_text("Forget this curve")
                .accessible_name(format!("Forget the curve of {words}"));
            if remove.clicked() {
                actions.ask_tool(move |tool: &mut Sample, cx| tool.remove_curve(cx, index));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let small = RichText::new(&words).font(TextRole::Small.font());
                ui.add(Label::new(small).truncate()).on_hover_text(&words);
            });
        });
    });
}

/// Four colours that are told apart on both grounds.
fn colour(ui: &Ui, index: usize) -> Color32 {
    let tokens = tokens(ui);
    [
        tokens.accent,
        tokens.warning,
        tokens.error,
        tokens.text_strong,
    ][index % 4]
}

/// Paints the curves and how far the measuring is.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, looks: &Looks) {
    let frame = Frame::new().inner_margin(Margin::same(space::M as i8));
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let quality = stage.app.tools().sample().quality();
        if let Some(why) = quality.failure() {
            ui.label(RichText::new(why).color(tokens(ui).error));
        }
        if quality.curves().is_empty() {
            empty_ui(ui, stage);
            return;
        }
        let (words, tip) = looks.measure.words();
        ui.label(RichText::new(words).font(TextRole::Heading.font()))
            .on_hover_text(tip);
        let along = stage.app.tools().settings().sample.quality.along;
        plot_ui(ui, quality.curves(), along, looks.measure);
        progress_ui(ui, stage);
    });
}

fn empty_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    ui.add_space((ui.available_height() / 2.0 - 120.0).max(0.0));
    let command = Command::OfTool(Tool::Sample, MEASURE);
    let advice = match stage.app.availability(command) {
        Ok(()) => {
            "How alike are the pictures to real ones? Each point is measured on many pictures; the curve fills \
             in while you look"
        }
        Err(why) => why,
    };
    empty_state(ui, Icon::ChartLine, "No curve yet", advice);
    ui.add_space(space::M);
    ui.vertical_centered(|ui| command_button(ui, stage.app, stage.actions, command));
}

fn progress_ui(ui: &mut Ui, stage: &Stage<'_>) {
    let quality = stage.app.tools().sample().quality();
    let along = stage.app.tools().settings().sample.quality.along;
    let (_, name, _) = along.words();
    if let Some((at, [done, total], waiting)) = quality.progress() {
        let part = done as f32 / total.max(1) as f32;
        let next = match waiting {
            0 => "the last point".to_owned(),
            1 => "then 1 more point".to_owned(),
            more => format!("then {more} more points"),
        };
        let words = format!("{name} {at}: picture {done} of {total}, {next}");
        ui.add(ProgressBar::new(part).text(words));
    }
}

fn plot_ui(ui: &mut Ui, curves: &[Curve], along: Along, measure: Measure) {
    let (_, axis, _) = along.words();
    let is_logarithmic = along == Along::Steps;
    let place = move |[x, y]: [f64; 2]| [if is_logarithmic { x.log10() } else { x }, y];
    let [least, most] = along.ends();
    let shown: Vec<(usize, &Curve)> = curves
        .iter()
        .enumerate()
        .filter(|(_, curve)| curve.along == along)
        .collect();
    let styles = [
        LineStyle::Solid,
        LineStyle::dashed_loose(),
        LineStyle::dotted_dense(),
    ];
    let height = (ui.available_height() - 2.0 * size::CONTROL).max(160.0);
    let plot = Plot::new("quality")
        .height(height)
        .width(ui.available_width())
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .include_y(0.0)
        .set_margin_fraction(vec2(0.05, 0.1))
        .legend(Legend::default())
        .x_axis_label(axis)
        .include_x(place([least, 0.0])[0])
        .include_x(place([most, 0.0])[0])
        // A mark wherever a point can be.
        .x_grid_spacer(move |_| {
            let marks = along.points().iter().map(|&at| GridMark {
                value: place([f64::from(at), 0.0])[0],
                step_size: 0.1,
            });
            marks.collect()
        })
        .x_axis_formatter(move |mark, _| {
            let value = match is_logarithmic {
                true => 10_f64.powf(mark.value),
                false => mark.value,
            };
            format!("{}", (value * 10.0).round() / 10.0)
        });
    let colours: Vec<Color32> = shown.iter().map(|(index, _)| colour(ui, *index)).collect();
    let drawn = plot.show(ui, |plot| {
        for ((_, curve), colour) in shown.iter().zip(colours) {
            for (reading, style) in measure.readings().iter().zip(styles) {
                let name = match measure.readings().len() {
                    1 => curve.name(),
                    _ => format!("{}, {}", reading.0, curve.name()),
                };
                let found: Vec<[f64; 2]> = curve.line(reading).into_iter().map(place).collect();
                let line = Line::new(name.clone(), PlotPoints::from(found.clone()));
                plot.line(line.color(colour).style(style).width(2.0));
                let dots = Points::new(name, PlotPoints::from(found));
                plot.points(dots.color(colour).radius(3.0));
            }
        }
    });
    let count: usize = shown.iter().map(|(_, curve)| curve.points.len()).sum();
    let (words, _) = measure.words();
    let name = format!("{words} against {axis}, {count} points");
    drawn
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
}
