//! The codebook: all entries, how often each stands in the picture, and how much many seeds use of it.

use crate::app::sentences::capitalised;
use crate::app::tools::paint::{Mode, Order, PALETTE, Paint};
use crate::app::{Actions, AppState, ByAddress, Derived};
use crate::engine::ModelInfo;
use crate::latent::painting::Usage;
use crate::model::IndexGrid;
use crate::ui::panels::tools::swatch::Swatches;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{caption, icon, keep_arrow_keys, on_hover_text_from, section_with};
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Button, Key, ProgressBar, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// Side of an entry without a name, and the gap between two.
const SIDE: f32 = 32.0;
const GAP: f32 = 4.0;
/// Height of an entry with a name, the side of its colour, and the least width of a column.
const ROW: f32 = 24.0;
const COLOUR: f32 = 14.0;
const COLUMN: f32 = 132.0;
/// Height of what is seen of the codebook at once.
const HEIGHT: f32 = 5.0 * (SIDE + GAP) - GAP;

/// How the codebook is looked at.
#[derive(Default)]
pub struct Codebook {
    usage: Derived<ByAddress<[u32]>, Usage>,
    sorted: Derived<SortedBy, Vec<u32>>,
    /// The entry under the pointer.
    hovered: Option<u32>,
    /// The entry that was last brought into view.
    shown: Option<u32>,
}

/// What the order of entries depends on.
#[derive(PartialEq)]
struct SortedBy {
    order: Order,
    model: Option<ByAddress<ModelInfo>>,
    /// Where entries are sorted by their use.
    indices: Option<ByAddress<[u32]>>,
    /// Where they are sorted by likeness: to which, and how many have a picture.
    likeness: Option<(u32, usize)>,
}

impl Codebook {
    pub fn begin_frame(&mut self) {
        self.hovered = None;
    }

    /// The entry under the pointer, to be found in the picture.
    pub fn hovered(&self) -> Option<u32> {
        self.hovered
    }

    /// How often each entry stands in the picture.
    pub fn usage(&self, app: &AppState, grid: IndexGrid) -> Option<Arc<Usage>> {
        let view = app.tool::<Paint>();
        let indices = view.indices()?;
        let count = || Usage::of(grid.levels as usize, [&**indices]);
        Some(self.usage.get(ByAddress::new(indices), count))
    }

    /// Paints the section.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        app: &AppState,
        actions: &mut Actions,
        (model, grid): (&ModelInfo, IndexGrid),
        textures: &mut PictureTextures,
    ) {
        let usage = self.usage(app, grid);
        let mut swatches = Swatches::new(app, model, grid, textures);
        let sorted = self.sorted(app, &swatches, usage.as_deref());
        ui.add_space(space::S);
        let nouns = app.tool::<Paint>().nouns();
        let (order, ()) = section_with(
            ui,
            nouns.all,
            |ui| order_ui(ui, app),
            |ui| {
                if let Some((done, total)) = app.pictures().set(PALETTE).progress() {
                    let part = done as f32 / total.max(1) as f32;
                    let words = format!("{done} of {total} entries");
                    ui.add(ProgressBar::new(part).text(words));
                }
                self.entries_ui(ui, app, actions, &mut swatches, (&sorted, usage.as_deref()));
                if let Some(usage) = &usage {
                    let (used, all) = (usage.used(), grid.levels);
                    caption(
                        ui,
                        format!("{used} of {all} {} in this picture", nouns.many),
                    );
                }
                if model.manifest.entries.is_empty() {
                    caption(
                        ui,
                        "Each is the middle of a picture made of that entry alone; beside others it may look \
                         different",
                    );
                }
                count_ui(ui, app, actions, grid);
            },
        );
        if let Some(order) = order {
            actions.edit_tool::<Paint>(move |settings| settings.order = order);
        }
    }

    /// All entries in the order that is set.
    fn sorted(
        &self,
        app: &AppState,
        swatches: &Swatches<'_>,
        usage: Option<&Usage>,
    ) -> Arc<Vec<u32>> {
        let view = app.tool::<Paint>();
        let order = view.settings.order;
        let entry = view.entry();
        let come = || {
            let set = app.pictures().set(PALETTE);
            set.iter().flatten().count()
        };
        let key = SortedBy {
            order,
            model: app.models().current().map(ByAddress::new),
            indices: view
                .indices()
                .filter(|_| order == Order::Use)
                .map(ByAddress::new),
            likeness: (order == Order::Likeness).then(|| (entry, come())),
        };
        self.sorted.get(key, || {
            let mut all: Vec<u32> = (0..swatches.grid.levels).collect();
            match (order, usage) {
                (Order::Use, Some(usage)) => {
                    all.sort_by_key(|index| std::cmp::Reverse(usage.count(*index)));
                }
                (Order::Likeness, _) => {
                    let apart = |index: &u32| swatches.distance(entry, *index);
                    let apart: Vec<f32> = all.iter().map(apart).collect();
                    all.sort_by(|a, b| apart[*a as usize].total_cmp(&apart[*b as usize]));
                }
                _ => {}
            }
            all
        })
    }

    /// Paints the entries that are in view; the whole is one stop of the keyboard.
    fn entries_ui(
        &mut self,
        ui: &mut Ui,
        app: &AppState,
        actions: &mut Actions,
        swatches: &mut Swatches<'_>,
        (sorted, usage): (&[u32], Option<&Usage>),
    ) {
        let view = app.tool::<Paint>();
        let entry = view.entry();
        let has_names = !swatches.model.manifest.entries.is_empty();
        let mut chosen = None;
        let scroll = ScrollArea::vertical()
            .id_salt("codebook")
            .max_height(HEIGHT)
            .min_scrolled_height(HEIGHT)
            .auto_shrink([false, true]);
        scroll.show_viewport(ui, |ui, viewport| {
            let width = ui.available_width();
            let layout = Entries::new(width, has_names, sorted.len());
            let whole = vec2(width, layout.rows() as f32 * layout.step.y);
            let (rect, response) = ui.allocate_exact_size(whole, Sense::click());
            response.widget_info(|| {
                let words = format!("{}, {} chosen", view.nouns().all, view.name_of(entry));
                WidgetInfo::labeled(Role::ListBox, true, words)
            });
            chosen = by_keys(ui, &response, sorted, entry, layout.columns);
            // One that was picked elsewhere is brought into view, once.
            if self.shown != Some(entry) {
                self.shown = Some(entry);
                let at = sorted.iter().position(|index| *index == entry);
                if let Some(at) = at {
                    ui.scroll_to_rect(layout.rect(rect, at), None);
                }
            }
            let first = (viewport.top() / layout.step.y).floor().max(0.0) as usize;
            let last = (viewport.bottom() / layout.step.y).ceil().max(0.0) as usize;
            let seen = first * layout.columns..(last * layout.columns).min(sorted.len());
            for at in seen {
                let index = sorted[at];
                let count = usage.map_or(0, |usage| usage.count(index));
                let place = layout.rect(rect, at);
                // No stop of the keyboard of its own: there may be thousands.
                let id = response.id.with(index);
                let one = ui.interact(place, id, Sense::CLICK);
                let name = || capitalised(&view.name_of(index));
                one.widget_info(|| {
                    let words = format!("{}, {count} here", name());
                    WidgetInfo::selected(Role::Button, true, index == entry, words)
                });
                match swatches.model.manifest.entries.get(index as usize) {
                    Some(entry) => named_ui(ui, swatches, place, (index, &entry.name, count)),
                    None => {
                        swatches.paint(ui, place, index);
                        count_badge(ui, place, count);
                    }
                }
                outline(ui, place, index == entry, one.hovered());
                if one.hovered() {
                    self.hovered = Some(index);
                }
                if one.clicked() {
                    chosen = Some(index);
                    response.request_focus();
                }
                on_hover_text_from(one, || {
                    let times = match count {
                        0 => "not in this picture".to_owned(),
                        1 => "in 1 cell of this picture".to_owned(),
                        count => format!("in {count} cells of this picture"),
                    };
                    format!("{}: {times}", name())
                });
            }
            if response.has_focus() {
                let seen = ui.clip_rect().intersect(rect.expand(2.0));
                let stroke = Stroke::new(1.0, tokens(ui).accent);
                ui.painter()
                    .rect_stroke(seen, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
            }
        });
        if let Some(chosen) = chosen {
            self.shown = None;
            actions.edit_tool::<Paint>(move |settings| {
                settings.entry = chosen;
                settings.mode = Mode::Entry;
            });
        }
    }
}

/// How the entries lie.
struct Entries {
    columns: usize,
    count: usize,
    size: eframe::egui::Vec2,
    step: eframe::egui::Vec2,
}

impl Entries {
    fn new(width: f32, has_names: bool, count: usize) -> Self {
        let least = if has_names { COLUMN } else { SIDE };
        let columns = ((width + GAP) / (least + GAP)).floor().max(1.0);
        // Names take all the width; pictures stay squares.
        let size = match has_names {
            true => vec2((width + GAP) / columns - GAP, ROW),
            false => vec2(SIDE, SIDE),
        };
        Self {
            columns: columns as usize,
            count,
            size,
            step: size + vec2(GAP, if has_names { 0.0 } else { GAP }),
        }
    }

    fn rows(&self) -> usize {
        self.count.div_ceil(self.columns)
    }

    fn rect(&self, whole: Rect, at: usize) -> Rect {
        let [column, row] = [at % self.columns, at / self.columns];
        let corner = whole.min + vec2(column as f32, row as f32) * self.step;
        Rect::from_min_size(corner, self.size)
    }
}

/// Moves the choice by the arrow keys while the codebook has the keyboard.
fn by_keys(
    ui: &Ui,
    response: &Response,
    sorted: &[u32],
    entry: u32,
    columns: usize,
) -> Option<u32> {
    if !response.has_focus() {
        return None;
    }
    keep_arrow_keys(ui, response.id);
    let pressed = |key| ui.input(|input| input.num_presses(key));
    let at = sorted.iter().position(|index| *index == entry)?;
    let on = pressed(Key::ArrowRight) + columns * pressed(Key::ArrowDown);
    let back = pressed(Key::ArrowLeft) + columns * pressed(Key::ArrowUp);
    let to = (at + on)
        .saturating_sub(back)
        .min(sorted.len().saturating_sub(1));
    let found = *sorted.get(to)?;
    (found != entry).then_some(found)
}

fn named_ui(
    ui: &Ui,
    swatches: &mut Swatches<'_>,
    place: Rect,
    (index, name, count): (u32, &str, u32),
) {
    let tokens = tokens(ui);
    let side = vec2(COLOUR, COLOUR);
    let middle = pos2(place.left() + space::XS + COLOUR / 2.0, place.center().y);
    swatches.paint(ui, Rect::from_center_size(middle, side), index);
    let colour = match count {
        0 => tokens.text_muted,
        _ => tokens.text,
    };
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    let font = TextRole::Small.font();
    let at = pos2(
        place.left() + COLOUR + 2.0 * space::XS + 2.0,
        place.center().y,
    );
    let right = place.right() - space::XS;
    let mut room = right - at.x;
    if count > 0 {
        let words = count.to_string();
        let number = painter.layout_no_wrap(words, font.clone(), tokens.text_muted);
        let size = number.size();
        room -= size.x + space::XS;
        painter.galley(
            pos2(right - size.x, place.center().y - size.y / 2.0),
            number,
            tokens.text_muted,
        );
    }
    let mut job = LayoutJob::simple_singleline(name.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(room.max(0.0));
    let name = painter.layout_job(job);
    let top = place.center().y - name.size().y / 2.0;
    painter.galley(pos2(at.x, top), name, colour);
}

/// How often an entry stands in the picture, in a corner of it.
fn count_badge(ui: &Ui, place: Rect, count: u32) {
    if count == 0 {
        return;
    }
    let tokens = tokens(ui);
    let painter = ui.painter();
    let font = TextRole::Small.font();
    let words = painter.layout_no_wrap(count.to_string(), font, tokens.text_strong);
    let corner = place.max - words.size() - vec2(4.0, 1.0);
    let rect = Rect::from_min_max(corner, place.max);
    painter.rect_filled(rect, size::RADIUS_SMALL, tokens.panel.gamma_multiply(0.85));
    painter.galley(corner + vec2(2.0, 0.0), words, tokens.text_strong);
}

fn outline(ui: &Ui, place: Rect, is_chosen: bool, is_hovered: bool) {
    let tokens = tokens(ui);
    let stroke = match (is_chosen, is_hovered) {
        (true, _) => Stroke::new(2.0, tokens.accent),
        (false, true) => Stroke::new(2.0, tokens.outline),
        (false, false) => return,
    };
    ui.painter()
        .rect_stroke(place, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
}

fn order_ui(ui: &mut Ui, app: &AppState) -> Option<Order> {
    ui.spacing_mut().item_spacing.x = space::XS;
    let order = app.tools().settings().paint.order;
    let mut chosen = None;
    // From right to left, as the end of the line is laid out.
    for wanted in Order::ALL.into_iter().rev() {
        let (words, tip) = match wanted {
            Order::Number => ("Number", "Sort the codebook by number"),
            Order::Use => ("Use", "Those first that stand most often in the picture"),
            Order::Likeness => (
                "Likeness",
                "Those first that look most like the entry of the brush",
            ),
        };
        let button = Button::new(RichText::new(words).font(TextRole::Small.font()))
            .selected(order == wanted);
        if ui
            .add(button)
            .on_hover_text(tip)
            .accessible_name(format!("By {}", words.to_lowercase()))
            .clicked()
        {
            chosen = Some(wanted);
        }
    }
    chosen
}

/// What of the codebook many seeds use.
fn count_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, grid: IndexGrid) {
    let view = app.tool::<Paint>();
    if let Some([done, total]) = view.counting() {
        let part = done as f32 / total.max(1) as f32;
        ui.add(ProgressBar::new(part).text(format!("{done} of {total} seeds")));
        let cancel = ui
            .button("Cancel")
            .accessible_name("Cancel the count of entries");
        if cancel.clicked() {
            actions.ask_tool(|tool: &mut Paint, cx| tool.stop_counting(cx));
        }
        return;
    }
    if let Some(failure) = view.counting_failure() {
        ui.label(RichText::new(failure).color(tokens(ui).error));
    }
    if let Some(counted) = view.counted() {
        let (used, seeds) = (counted.usage.used(), counted.seeds);
        let perplexity = counted.usage.perplexity();
        let words = format!(
            "{used} of {} {} in {seeds} seeds, perplexity {perplexity:.0}",
            grid.levels,
            view.nouns().many
        );
        caption(ui, words).on_hover_text(format!(
            "Perplexity: how many {} would be in use if all in use were used equally often. A codebook whose \
             perplexity is far below its size has collapsed",
            view.nouns().many
        ));
    }
    let words = match view.counted() {
        Some(_) => "Count again",
        None => "Count over 100 seeds",
    };
    let count = ui
        .add(Button::new((icon(Icon::ChartBar), words)))
        .on_hover_text(format!(
            "How many {} 100 seeds use, with the conditions and settings of this picture",
            view.nouns().many
        ))
        .accessible_name("Count entries");
    if count.clicked() {
        actions.ask_tool(|tool: &mut Paint, cx| tool.count(cx));
    }
}
