//! Answers as running text: headings, paragraphs, lists, tables, code, and links that act.

use crate::app::{ByAddress, Derived};
use crate::learn::glossary::Term;
use crate::learn::text::{Target, is_figure};
use crate::learn::{Glossary, Question};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::code;
use eframe::egui::{
    Align, Frame, Grid, Label, Layout, Link, OpenUrl, RichText, Role, ScrollArea, Sense, Ui,
    WidgetInfo, vec2,
};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

/// Words of one look.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Span {
    text: String,
    is_strong: bool,
    is_emphasised: bool,
    is_code: bool,
    /// The target of a link, as it stands in the text.
    link: Option<String>,
    /// The place of a word of the field in the word list.
    term: Option<usize>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    Paragraph(Vec<Span>),
    Heading(Vec<Span>),
    /// How deep it lies, from 0, and what stands before it.
    Item(usize, String, Vec<Span>),
    Code(String),
    /// One of the figures of the text, by its place among them.
    Figure(usize),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<Vec<Span>>>),
}

/// The blocks of a text, parsed once for the question that it belongs to.
pub type Parsed = Derived<ByAddress<Question>, Vec<Block>>;

/// Paints a text, its figures by a function of their places. Returns the link that was followed now;
/// pages are opened at once.
pub fn ui(
    ui: &mut Ui,
    id: &str,
    blocks: &[Block],
    mut figure_ui: impl FnMut(&mut Ui, usize),
) -> Option<Target> {
    let mut followed = None;
    for (index, block) in blocks.iter().enumerate() {
        match block {
            Block::Paragraph(spans) => line_ui(ui, spans, TextRole::Body, &mut followed),
            Block::Heading(spans) => {
                ui.add_space(space::XS);
                line_ui(ui, spans, TextRole::Heading, &mut followed);
            }
            Block::Item(depth, marker, spans) => {
                ui.horizontal_top(|ui| {
                    ui.add_space(space::M * *depth as f32);
                    ui.label(marker.as_str());
                    ui.vertical(|ui| line_ui(ui, spans, TextRole::Body, &mut followed));
                });
            }
            Block::Code(text) => code_ui(ui, (id, index), text),
            Block::Figure(number) => figure_ui(ui, *number),
            Block::Table(rows) => table_ui(ui, (id, index), rows, &mut followed),
        }
        ui.add_space(space::XS);
    }
    let target = Target::parse(&followed?, 0).ok()?;
    if let Target::Web(address) = &target {
        ui.ctx().open_url(OpenUrl::new_tab(address));
    }
    Some(target)
}

fn line_ui(ui: &mut Ui, spans: &[Span], role: TextRole, followed: &mut Option<String>) {
    ui.scope(|ui| {
        // The first line of a paragraph is no control, and as high as the others.
        ui.spacing_mut().interact_size.y = 0.0;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for span in spans {
                span_ui(ui, span, role, followed);
            }
        });
    });
}

fn span_ui(ui: &mut Ui, span: &Span, role: TextRole, followed: &mut Option<String>) {
    let tokens = tokens(ui);
    let is_heading = role == TextRole::Heading;
    let mut text = if span.is_code {
        code(&span.text).background_color(tokens.field)
    } else {
        RichText::new(&span.text).font(role.font())
    };
    if span.is_strong || is_heading {
        text = text.color(tokens.text_strong);
    }
    if span.is_emphasised {
        text = text.italics();
    }
    if let Some(term) = span
        .term
        .and_then(|place| Glossary::built_in().terms().get(place))
    {
        term_ui(ui, text, &span.text, term, followed);
        return;
    }
    let Some(link) = &span.link else {
        ui.add(Label::new(text).wrap());
        return;
    };
    let response = ui.add(Link::new(text)).on_hover_text(explained(link));
    if response.clicked() {
        *followed = Some(link.clone());
    }
}

/// A word that explains itself under the pointer and when it has the keyboard, and leads to its question.
fn term_ui(ui: &mut Ui, text: RichText, word: &str, term: &Term, followed: &mut Option<String>) {
    let label = Label::new(text.underline()).sense(Sense::click());
    let response = ui.add(label);
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, word));
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_description(term.meaning.as_str());
    });
    let meaning_ui = |ui: &mut Ui| {
        ui.set_max_width(ui.spacing().tooltip_width);
        let strong = tokens(ui).text_strong;
        ui.label(RichText::new(&term.word).color(strong));
        ui.label(&term.meaning);
    };
    if response.has_focus() {
        response.show_tooltip_ui(meaning_ui);
    } else {
        response.clone().on_hover_ui(meaning_ui);
    }
    if response.clicked()
        && let Some(question) = &term.question
    {
        *followed = Some(format!("question:{question}"));
    }
}

/// Marks the words of the field in a text of a topic, each where it stands first.
pub fn with_terms(mut blocks: Vec<Block>, topic: &str) -> Vec<Block> {
    let mut seen = BTreeSet::new();
    for block in &mut blocks {
        match block {
            Block::Paragraph(spans) | Block::Item(_, _, spans) => mark(spans, topic, &mut seen),
            Block::Table(rows) => {
                let cells = rows.iter_mut().skip(1).flatten();
                cells.for_each(|spans| mark(spans, topic, &mut seen));
            }
            Block::Heading(_) | Block::Code(_) | Block::Figure(_) => {}
        }
    }
    blocks
}

/// The words of a line of a topic, with those of the field marked.
pub fn line(text: &str, topic: &str) -> Vec<Block> {
    let span = Span {
        text: text.to_owned(),
        is_strong: true,
        ..Span::default()
    };
    with_terms(vec![Block::Paragraph(vec![span])], topic)
}

fn mark(spans: &mut Vec<Span>, topic: &str, seen: &mut BTreeSet<usize>) {
    let mut marked = Vec::with_capacity(spans.len());
    for span in spans.drain(..) {
        if span.is_code || span.link.is_some() {
            marked.push(span);
            continue;
        }
        let part = |text: &str, term: Option<usize>| Span {
            text: text.to_owned(),
            term,
            ..span.clone()
        };
        let mut done = 0;
        for (range, term) in Glossary::built_in().find(&span.text, topic) {
            if !seen.insert(term) {
                continue;
            }
            if range.start > done {
                marked.push(part(&span.text[done..range.start], None));
            }
            done = range.end;
            marked.push(part(&span.text[range], Some(term)));
        }
        if done < span.text.len() {
            marked.push(part(&span.text[done..], None));
        }
    }
    *spans = marked;
}

/// What a link does, for its tooltip.
fn explained(link: &str) -> String {
    match link.split_once(':') {
        Some(("question", _)) => "Go to this question".to_owned(),
        Some(("do", _)) => "Open this tool".to_owned(),
        Some(("show", expression)) => format!("Show {expression}"),
        _ => link.to_owned(),
    }
}

/// The smallest text of a formula that still reads well, in points.
const SMALLEST_CODE: f32 = 10.0;

/// Lines that stand as they are, in smaller letters where they are long.
fn code_ui(ui: &mut Ui, id: (&str, usize), text: &str) {
    let font = TextRole::Code.font();
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let longest = text.lines().map(|line| line.chars().count()).max();
    let width = letter * longest.unwrap_or(0) as f32;
    let place = ui.available_width() - 2.0 * space::S;
    let scale = (place / width.max(1.0)).min(1.0);
    let font_size = (font.size * scale).floor().max(SMALLEST_CODE);
    Frame::new()
        .fill(tokens(ui).field)
        .corner_radius(size::RADIUS)
        .inner_margin(space::S)
        .show(ui, |ui| {
            ScrollArea::horizontal().id_salt(id).show(ui, |ui| {
                ui.add(Label::new(code(text).size(font_size)).extend())
            });
        });
}

fn table_ui(
    ui: &mut Ui,
    id: (&str, usize),
    rows: &[Vec<Vec<Span>>],
    followed: &mut Option<String>,
) {
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&TextRole::Body.font(), 'n'));
    let widths = column_widths(rows, letter, ui.available_width());
    ScrollArea::horizontal().id_salt(id).show(ui, |ui| {
        Grid::new(id)
            .striped(true)
            .spacing([space::M, space::XS])
            .min_row_height(0.0)
            .show(ui, |ui| {
                for (index, row) in rows.iter().enumerate() {
                    for (cell, &width) in row.iter().zip(&widths) {
                        let layout = Layout::top_down(Align::Min);
                        ui.allocate_ui_with_layout(vec2(width, 0.0), layout, |ui| {
                            ui.set_width(width);
                            let mut cell = cell.clone();
                            for span in &mut cell {
                                span.is_strong |= index == 0;
                            }
                            line_ui(ui, &cell, TextRole::Body, followed);
                        });
                    }
                    ui.end_row();
                }
            });
    });
}

/// The narrowest column, in letters.
const NARROWEST: f32 = 8.0;

/// How wide the columns of a table are, in points: as wide as their longest cell if all have
/// room; otherwise short ones stay so, and the long ones share what is left by their lengths.
fn column_widths(rows: &[Vec<Vec<Span>>], letter: f32, place: f32) -> Vec<f32> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let letters =
        |cell: &Vec<Span>| -> usize { cell.iter().map(|span| span.text.chars().count()).sum() };
    let natural: Vec<f32> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            // Half a letter more, because wide letters may come together.
            (cells.map(letters).max().unwrap_or(0) as f32 + 0.5) * letter
        })
        .collect();
    let place = place - space::M * columns.saturating_sub(1) as f32;
    let share = place / columns.max(1) as f32;
    if natural.iter().sum::<f32>() <= place {
        return natural;
    }
    let is_short = |width: f32| width <= share;
    let short: f32 = natural.iter().copied().filter(|&it| is_short(it)).sum();
    let long: f32 = natural.iter().copied().filter(|&it| !is_short(it)).sum();
    let of_long = (place - short) / long.max(1.0);
    natural
        .into_iter()
        .map(|width| match is_short(width) {
            true => width,
            false => (width * of_long).max(NARROWEST * letter),
        })
        .collect()
}

/// Takes a text apart.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut look = Span::default();
    // Numbers of the lists that are open; `None` for bullets.
    let mut lists: Vec<Option<u64>> = Vec::new();
    let mut marker: Option<String> = None;
    let mut is_code_block = false;
    let mut is_drawn = false;
    let mut figures = 0;
    let mut table: Vec<Vec<Vec<Span>>> = Vec::new();
    let push = |spans: &mut Vec<Span>, look: &Span, text: &str| {
        let text = text.to_owned();
        spans.push(Span {
            text,
            ..look.clone()
        });
    };
    let flush = |blocks: &mut Vec<Block>,
                 spans: &mut Vec<Span>,
                 marker: &mut Option<String>,
                 depth: usize| {
        let spans = std::mem::take(spans);
        if spans.is_empty() {
            return;
        }
        blocks.push(if depth == 0 {
            Block::Paragraph(spans)
        } else {
            // A second paragraph of an item has no marker of its own.
            let marker = marker.take().unwrap_or_else(|| "  ".to_owned());
            Block::Item(depth - 1, marker, spans)
        });
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(_) if is_drawn => {}
            Event::Text(text) if is_code_block => {
                blocks.push(Block::Code(text.trim_end().to_owned()));
            }
            Event::Text(text) => push(&mut spans, &look, &text),
            Event::Code(text) => {
                look.is_code = true;
                push(&mut spans, &look, &text);
                look.is_code = false;
            }
            Event::SoftBreak => push(&mut spans, &look, " "),
            Event::HardBreak => push(&mut spans, &look, "\n"),
            Event::Start(Tag::Strong) => look.is_strong = true,
            Event::End(TagEnd::Strong) => look.is_strong = false,
            Event::Start(Tag::Emphasis) => look.is_emphasised = true,
            Event::End(TagEnd::Emphasis) => look.is_emphasised = false,
            Event::Start(Tag::Link { dest_url, .. }) => look.link = Some(dest_url.into_string()),
            Event::End(TagEnd::Link) => look.link = None,
            Event::Start(Tag::CodeBlock(kind)) => {
                flush(&mut blocks, &mut spans, &mut marker, lists.len());
                is_code_block = true;
                is_drawn = is_figure(&kind);
                if is_drawn {
                    blocks.push(Block::Figure(figures));
                    figures += 1;
                }
            }
            Event::End(TagEnd::CodeBlock) => (is_code_block, is_drawn) = (false, false),
            Event::Start(Tag::List(first)) => {
                flush(&mut blocks, &mut spans, &mut marker, lists.len());
                lists.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                lists.pop();
            }
            Event::Start(Tag::Item) => {
                marker = Some(match lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "•".to_owned(),
                });
            }
            Event::End(TagEnd::Item | TagEnd::Paragraph) => {
                flush(&mut blocks, &mut spans, &mut marker, lists.len());
            }
            Event::End(TagEnd::Heading(_)) => {
                blocks.push(Block::Heading(std::mem::take(&mut spans)));
            }
            Event::Start(Tag::Table(_)) => table.clear(),
            Event::Start(Tag::TableHead | Tag::TableRow) => table.push(Vec::new()),
            Event::End(TagEnd::TableCell) => {
                if let Some(row) = table.last_mut() {
                    row.push(std::mem::take(&mut spans));
                }
            }
            Event::End(TagEnd::Table) => blocks.push(Block::Table(std::mem::take(&mut table))),
            _ => {}
        }
    }
    flush(&mut blocks, &mut spans, &mut marker, 0);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn tables_keep_to_the_room_that_they_have() {
        let cell = |letters: usize| {
            let text = "n".repeat(letters);
            vec![Span {
                text,
                ..Span::default()
            }]
        };
        let rows = vec![
            vec![cell(4), cell(60), cell(5)],
            vec![cell(20), cell(3), cell(2)],
        ];
        let roomy = column_widths(&rows, 8.0, 2000.0);
        assert_eq!(roomy, [20.5 * 8.0, 60.5 * 8.0, 5.5 * 8.0]);
        let tight = column_widths(&rows, 8.0, 360.0);
        let total: f32 = tight.iter().sum();
        assert!(total <= 360.0 && total > 300.0, "{tight:?}");
        assert_eq!(tight[2], 5.5 * 8.0, "a short column stays as it is");
        assert!(tight[1] > tight[0], "{tight:?}");
        assert!(column_widths(&[], 8.0, 100.0).is_empty());
    }

    #[test]
    fn a_word_of_the_field_is_marked_where_it_stands_first() {
        let text =
            "The **prior** is no `prior` and [prior](question:kl-term).\n\n- Priors, slerp.\n";
        let blocks = with_terms(blocks(text), "vae");
        let spans = blocks.iter().flat_map(|block| match block {
            Block::Paragraph(spans) | Block::Item(_, _, spans) => spans.as_slice(),
            _ => &[],
        });
        let spans: Vec<&Span> = spans.collect();
        let marked = spans.iter().filter(|span| span.term.is_some());
        let marked: Vec<&str> = marked.map(|span| span.text.as_str()).collect();
        assert_eq!(marked, ["prior", "slerp"]);
        let all: String = spans.iter().map(|span| span.text.as_str()).collect();
        assert_eq!(all, "The prior is no prior and prior.Priors, slerp.");
    }

    #[test]
    fn every_part_of_a_text_becomes_a_block() {
        let text = "One **two** `x`\nand [three](question:three).\n\n## Head\n\n- a\n- b\n  1. c\n\n\
                    ```\nz = 1\n\ny = 2\n```\n\n```figure\na\n```\n\n| A | B |\n| --- | --- |\n| 1 | *2* |\n";
        let blocks = blocks(text);
        let Block::Paragraph(first) = &blocks[0] else {
            panic!("{blocks:?}");
        };
        assert_eq!(words(first), "One two x and three.");
        assert!(
            first
                .iter()
                .any(|span| span.is_strong && span.text == "two")
        );
        assert!(first.iter().any(|span| span.is_code && span.text == "x"));
        let link = first
            .iter()
            .find(|span| span.link.is_some())
            .expect("a link");
        assert_eq!(link.link.as_deref(), Some("question:three"));
        assert!(matches!(&blocks[1], Block::Heading(spans) if words(spans) == "Head"));
        let items: Vec<(usize, &str)> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Item(depth, marker, _) => Some((*depth, marker.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(items, [(0, "•"), (0, "•"), (1, "1.")]);
        assert!(blocks.contains(&Block::Code("z = 1\n\ny = 2".to_owned())));
        assert!(blocks.contains(&Block::Figure(0)));
        let Some(Block::Table(rows)) = blocks.last() else {
            panic!("{blocks:?}");
        };
        assert_eq!(rows.len(), 2);
        assert_eq!(words(&rows[1][1]), "2");
        assert!(rows[1][1][0].is_emphasised);
    }
}
