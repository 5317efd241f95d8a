//! Figures of a text: pictures, charts and block diagrams, drawn with the theme's tokens.

use crate::app::AppState;
use crate::app::learning::figure_key;
use crate::latent::Sampler;
use crate::learn::figure::{Bars, Chart, Content, Diagram, Figure, Lines, Marks, Pictures, Series};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::caption;
use crate::ui::widgets::tile::picture_ui;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align2, Color32, FontId, Frame, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, epaint::CubicBezierShape, pos2, vec2,
};

/// Height of a chart as a part of its width, and at most.
const CHART_SHAPE: f32 = 0.55;
const CHART_HEIGHT: f32 = 240.0;
/// The largest side of a picture.
const PICTURE: f32 = 96.0;
/// Between the ranks of a diagram, where arrows lie.
const ARROW: f32 = 24.0;

/// Paints a figure; `number` is its place among those of the page.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    figure: &Figure,
    number: usize,
) {
    let frame = Frame::new()
        .fill(tokens(ui).field)
        .corner_radius(size::RADIUS)
        .inner_margin(space::S);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let response = match &figure.content {
            Content::Pictures(pictures) => pictures_ui(ui, app, textures, pictures, number),
            Content::Chart(chart) => chart_ui(ui, chart),
            Content::Diagram(diagram) => diagram_ui(ui, diagram),
        };
        let alt = figure.alt.as_str();
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, alt));
        ui.add_space(space::XS);
        caption(ui, &figure.caption);
    });
}

fn pictures_ui(
    ui: &mut Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    pictures: &Pictures,
    number: usize,
) -> Response {
    let colours = tokens(ui);
    let font = TextRole::Small.font();
    let columns = pictures.columns.min(pictures.expressions.len()).max(1);
    let rows = pictures.expressions.len().div_ceil(columns);
    let room = ui.available_width() - space::XS * (columns - 1) as f32;
    let side = (room / columns as f32).min(PICTURE);
    // Labels that are wider than their picture take more lines.
    let labels: Vec<_> = pictures
        .labels
        .iter()
        .map(|label| {
            let mut job = eframe::egui::text::LayoutJob::simple(
                label.clone(),
                font.clone(),
                colours.text_muted,
                side,
            );
            job.halign = eframe::egui::Align::Center;
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        })
        .collect();
    let below = labels
        .iter()
        .map(|label| label.size().y)
        .fold(0.0, f32::max);
    let step = vec2(side + space::XS, side + below + space::XS);
    let wanted = vec2(step.x * columns as f32 - space::XS, step.y * rows as f32);
    let (place, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let set = app.pictures().set(figure_key(number));
    let question = app.learning().open_question().map(|(question, _)| question);
    let usual = question.map_or_else(Sampler::default, |question| question.sampler());
    for (index, formula) in pictures.expressions.iter().enumerate() {
        let corner = place.min + vec2((index % columns) as f32, (index / columns) as f32) * step;
        let rect = Rect::from_min_size(corner, vec2(side, side));
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, colours.control);
        let come = set
            .get(index)
            .filter(|it| it.expression == formula.expr && it.model.name == pictures.model)
            .filter(|it| it.sampler == formula.settings.on(usual));
        if let Some(picture) = come {
            picture_ui(ui, textures, picture, rect, 1.0);
        }
        if let Some(label) = labels.get(index) {
            let at = pos2(rect.center().x, rect.bottom());
            ui.painter().galley(at, label.clone(), colours.text_muted);
        }
    }
    response.on_hover_text(format!("Drawn by {}", pictures.model))
}

fn chart_ui(ui: &mut Ui, chart: &Chart) -> Response {
    match &chart.marks {
        Marks::Lines(lines) => lines_ui(ui, chart, lines),
        Marks::Bars(bars) => bars_ui(ui, chart, bars),
    }
}

/// The colour of a series, by its place.
fn colour(ui: &Ui, index: usize) -> Color32 {
    let colours = tokens(ui);
    match index {
        0 => colours.accent,
        // Far apart among those of classes.
        _ => colours.classes[(index * 3) % colours.classes.len()],
    }
}

fn lines_ui(ui: &mut Ui, chart: &Chart, lines: &Lines) -> Response {
    let colours = tokens(ui);
    let font = TextRole::Small.font();
    let width = ui.available_width();
    let height = (width * CHART_SHAPE).min(CHART_HEIGHT);
    let line = ui.fonts_mut(|fonts| fonts.row_height(&font));
    let ticks_y = chart
        .y
        .ticks((height / (3.0 * line)).clamp(2.0, 6.0) as usize);
    let label_width = ticks_y
        .iter()
        .map(|(_, text)| text_width(ui, text, &font))
        .fold(0.0, f32::max);
    let has_y_label = !chart.y.label.is_empty();
    if has_y_label {
        caption(ui, &chart.y.label);
    }
    let (whole, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let plot = Rect::from_min_max(
        pos2(
            whole.left() + label_width + space::XS,
            whole.top() + line / 2.0,
        ),
        pos2(whole.right() - space::S, whole.bottom() - line - space::XS),
    );
    let painter = ui.painter().with_clip_rect(whole);
    let at = |[x, y]: [f64; 2]| {
        let [x, y] = [chart.x.place(x), chart.y.place(y)];
        pos2(
            plot.left() + plot.width() * x as f32,
            plot.bottom() - plot.height() * y as f32,
        )
    };
    let thin = Stroke::new(1.0, colours.line);
    for (value, text) in &ticks_y {
        let y = at([chart.x.range[0], *value]).y;
        painter.hline(plot.x_range(), y, thin);
        let place = pos2(plot.left() - space::XS, y);
        painter.text(
            place,
            Align2::RIGHT_CENTER,
            text,
            font.clone(),
            colours.text_muted,
        );
    }
    let ticks_x = chart.x.ticks((width / 70.0).clamp(2.0, 6.0) as usize);
    let mut end = f32::NEG_INFINITY;
    for (value, text) in &ticks_x {
        let x = at([*value, chart.y.range[0]]).x;
        painter.vline(x, plot.bottom()..=plot.bottom() + 3.0, thin);
        let half = text_width(ui, text, &font) / 2.0;
        // Within the figure, and only where the one before leaves room.
        let x = x.clamp(whole.left() + half, whole.right() - half);
        if x - half > end {
            let place = pos2(x, plot.bottom() + space::XS);
            painter.text(
                place,
                Align2::CENTER_TOP,
                text,
                font.clone(),
                colours.text_muted,
            );
            end = x + half + space::S;
        }
    }
    painter.hline(
        plot.x_range(),
        plot.bottom(),
        Stroke::new(1.0, colours.outline),
    );
    let inside = ui.painter().with_clip_rect(plot.expand(3.0));
    for (index, series) in lines.series.iter().enumerate() {
        let stroke = Stroke::new(2.0, colour(ui, index));
        let points: Vec<Pos2> = series.points.iter().map(|&point| at(point)).collect();
        if lines.is_scattered || points.len() < 20 {
            for &point in &points {
                inside.circle_filled(point, 3.0, stroke.color);
            }
        }
        if !lines.is_scattered {
            // A second look beside the colour: every other series is dashed.
            if index % 2 == 1 {
                inside.extend(Shape::dashed_line(&points, stroke, 6.0, 4.0));
            } else {
                inside.add(Shape::line(points, stroke));
            }
        }
    }
    if !chart.x.label.is_empty() {
        ui.vertical_centered(|ui| caption(ui, &chart.x.label));
    }
    if lines.series.len() > 1 {
        legend_ui(ui, &lines.series);
    }
    response
}

/// The names of the series, each behind a piece of its line.
fn legend_ui(ui: &mut Ui, all: &[Series]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (index, series) in all.iter().enumerate() {
            let line = ui.text_style_height(&eframe::egui::TextStyle::Small);
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, line), Sense::hover());
            let stroke = Stroke::new(2.0, colour(ui, index));
            let ends = [rect.left_center(), rect.right_center()];
            if index % 2 == 1 {
                ui.painter()
                    .extend(Shape::dashed_line(&ends, stroke, 6.0, 4.0));
            } else {
                ui.painter().line_segment(ends, stroke);
            }
            caption(ui, &series.name);
            ui.add_space(space::S);
        }
    });
}

fn bars_ui(ui: &mut Ui, chart: &Chart, bars: &Bars) -> Response {
    let colours = tokens(ui);
    let font = TextRole::Small.font();
    if !chart.y.label.is_empty() {
        caption(ui, &chart.y.label);
    }
    let line = ui.fonts_mut(|fonts| fonts.row_height(&font));
    let step = line + space::XS;
    let width = ui.available_width();
    let texts: Vec<String> = bars
        .bars
        .iter()
        .map(|(_, value)| Bars::shown(*value))
        .collect();
    let widest = |texts: &mut dyn Iterator<Item = &str>| {
        texts
            .map(|text| text_width(ui, text, &font))
            .fold(0.0, f32::max)
    };
    let names = widest(&mut bars.bars.iter().map(|(name, _)| name.as_str())).min(width * 0.45);
    let values = widest(&mut texts.iter().map(String::as_str));
    let wanted = vec2(width, step * bars.bars.len() as f32);
    let (place, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let room = (width - names - values - 2.0 * space::S).max(1.0);
    let start = place.left() + names + space::S;
    for (index, ((name, value), text)) in bars.bars.iter().zip(&texts).enumerate() {
        let top = place.top() + step * index as f32;
        let middle = top + line / 2.0;
        let painter = ui.painter();
        // A name that is too long ends where the bars begin.
        let of_name = painter.with_clip_rect(Rect::from_min_max(
            pos2(place.left(), top),
            pos2(start - space::XS, top + step),
        ));
        of_name.text(
            pos2(place.left(), middle),
            Align2::LEFT_CENTER,
            name,
            font.clone(),
            colours.text,
        );
        let ends = [0.0, *value].map(|value| start + room * chart.y.place(value) as f32);
        let bar = Rect::from_min_max(
            pos2(ends[0].min(ends[1]), top + 2.0),
            pos2(ends[0].max(ends[1]).max(ends[0] + 1.0), top + line - 2.0),
        );
        painter.rect_filled(bar, 2.0, colours.accent);
        let at = pos2(ends[0].max(ends[1]) + space::XS, middle);
        painter.text(
            at,
            Align2::LEFT_CENTER,
            text,
            font.clone(),
            colours.text_muted,
        );
    }
    response
}

fn text_width(ui: &Ui, text: &str, font: &FontId) -> f32 {
    ui.fonts_mut(|fonts| {
        let layout = fonts.layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER);
        layout.size().x
    })
}

/// Boxes from left to right where all ranks have room, else from top to bottom.
fn diagram_ui(ui: &mut Ui, diagram: &Diagram) -> Response {
    let colours = tokens(ui);
    let font = TextRole::Small.font();
    let width = ui.available_width();
    let context = ui.ctx().clone();
    let layout = |text: &str, most: f32| {
        let text = text.to_owned();
        context.fonts_mut(|fonts| fonts.layout(text, font.clone(), colours.text, most))
    };
    let pad = vec2(space::S, space::XS);
    let ranks: Vec<Vec<usize>> = (0..diagram.ranks())
        .map(|rank| diagram.of_rank(rank))
        .collect();
    let most_in_a_row = ranks.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let alone = |node: usize| layout(&diagram.nodes[node].text, f32::INFINITY).size() + 2.0 * pad;
    let across: f32 = ranks
        .iter()
        .map(|rank| rank.iter().map(|&node| alone(node).x).fold(0.0, f32::max) + ARROW)
        .sum();
    let has_labels = diagram.arrows.iter().any(|arrow| !arrow.label.is_empty());
    let is_across = across - ARROW <= width && !has_labels;
    let most = if is_across {
        f32::INFINITY
    } else {
        (width - space::S * (most_in_a_row - 1) as f32) / most_in_a_row as f32 - 2.0 * pad.x
    };
    let texts: Vec<_> = diagram
        .nodes
        .iter()
        .map(|node| layout(&node.text, most))
        .collect();
    let boxes: Vec<_> = texts.iter().map(|text| text.size() + 2.0 * pad).collect();
    // The main direction is that of the arrows.
    let along = |node: usize| {
        if is_across {
            boxes[node].x
        } else {
            boxes[node].y
        }
    };
    let beside = |node: usize| {
        if is_across {
            boxes[node].y
        } else {
            boxes[node].x
        }
    };
    let thickness: Vec<f32> = ranks
        .iter()
        .map(|rank| rank.iter().map(|&node| along(node)).fold(0.0, f32::max))
        .collect();
    let breadth = |rank: &[usize]| {
        let sum: f32 = rank.iter().map(|&node| beside(node)).sum();
        sum + space::S * rank.len().saturating_sub(1) as f32
    };
    let broadest = ranks.iter().map(|rank| breadth(rank)).fold(0.0, f32::max);
    // Arrows that pass a rank or lead back go round at the side.
    let rounds = diagram
        .arrows
        .iter()
        .filter(|arrow| is_round(diagram, arrow))
        .count();
    let side = if rounds > 0 {
        ARROW + 8.0 * (rounds - 1) as f32
    } else {
        0.0
    };
    let length: f32 = thickness.iter().sum::<f32>() + ARROW * ranks.len().saturating_sub(1) as f32;
    let wanted = if is_across {
        vec2(width, broadest + side)
    } else {
        vec2(width, length)
    };
    let (place, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let mut rects = vec![Rect::NOTHING; diagram.nodes.len()];
    let mut at = if is_across {
        place.left() + (width - length) / 2.0
    } else {
        place.top()
    };
    for (rank, &thick) in ranks.iter().zip(&thickness) {
        let middle = if is_across {
            place.top() + broadest / 2.0
        } else {
            place.left() + (width - side).max(broadest) / 2.0
        };
        let mut begin = middle - breadth(rank) / 2.0;
        for &node in rank {
            let centre = begin + beside(node) / 2.0;
            begin += beside(node) + space::S;
            let centre = if is_across {
                pos2(at + thick / 2.0, centre)
            } else {
                pos2(centre, at + thick / 2.0)
            };
            rects[node] = Rect::from_center_size(centre, boxes[node]);
        }
        at += thick + ARROW;
    }
    let painter = ui.painter();
    let stroke = Stroke::new(1.5, colours.text_muted);
    let mut round = 0;
    for arrow in &diagram.arrows {
        let [from, to] = [rects[arrow.from], rects[arrow.to]];
        let points = if is_round(diagram, arrow) {
            round += 1;
            let out = ARROW + 8.0 * (round - 1) as f32;
            if is_across {
                let y = place.top() + broadest + out - 8.0;
                [
                    from.center_bottom(),
                    pos2(from.center().x, y),
                    pos2(to.center().x, y),
                    to.center_bottom(),
                ]
            } else {
                let x = from.right().max(to.right()).max(place.right() - side) + out - 8.0;
                [
                    from.right_center(),
                    pos2(x, from.center().y),
                    pos2(x, to.center().y),
                    to.right_center(),
                ]
            }
        } else if is_across {
            let [a, b] = [from.right_center(), to.left_center()];
            let half = (b.x - a.x) / 2.0;
            [a, a + vec2(half, 0.0), b - vec2(half, 0.0), b]
        } else {
            let [a, b] = [from.center_bottom(), to.center_top()];
            let half = (b.y - a.y) / 2.0;
            [a, a + vec2(0.0, half), b - vec2(0.0, half), b]
        };
        painter.add(CubicBezierShape::from_points_stroke(
            points,
            false,
            Color32::TRANSPARENT,
            stroke,
        ));
        head(painter, points[2], points[3], stroke);
        if !arrow.label.is_empty() {
            // On the curve, whose middle is three quarters of the way out to its handles.
            let middle = points[0].lerp(points[3], 0.5);
            let middle = middle.lerp(points[1].lerp(points[2], 0.5), 0.75);
            let label = layout(&arrow.label, f32::INFINITY);
            let back = Rect::from_center_size(middle, label.size() + vec2(4.0, 0.0));
            // Within the figure, also at its right edge.
            let back = back.translate(vec2((place.right() - back.right()).min(0.0), 0.0));
            painter.rect_filled(back, 2.0, colours.field);
            let corner = back.min + vec2(2.0, 0.0);
            painter.galley(corner, label, colours.text_muted);
        }
    }
    for (text, rect) in texts.into_iter().zip(rects) {
        painter.rect(
            rect,
            size::RADIUS_SMALL,
            colours.control,
            Stroke::new(1.0, colours.outline),
            StrokeKind::Inside,
        );
        painter.galley(rect.min + pad, text, colours.text);
    }
    response
}

/// Whether an arrow does not lead to the next rank.
fn is_round(diagram: &Diagram, arrow: &crate::learn::figure::Arrow) -> bool {
    diagram.nodes[arrow.to].rank != diagram.nodes[arrow.from].rank + 1
}

/// The head of an arrow that comes from a direction.
fn head(painter: &eframe::egui::Painter, from: Pos2, tip: Pos2, stroke: Stroke) {
    let direction = (tip - from).normalized();
    let back = tip - direction * 6.0;
    let aside = direction.rot90() * 3.5;
    let points = vec![tip, back + aside, back - aside];
    painter.add(Shape::convex_polygon(points, stroke.color, Stroke::NONE));
}
