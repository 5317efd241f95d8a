//! The questions at the right: what fits, what was asked, what was learned.

mod figure;
mod interview;
mod list;
mod markdown;
mod progress;
mod question;
mod scene_bar;
mod tasks;
mod toy;
mod watch;

pub use scene_bar::ui as scene_bar_ui;
pub use watch::ui as watch_ui;

use crate::app::learning::Page;
use crate::app::{Action, Actions, AppState, ByAddress, Derived, LearningAction};
use crate::learn::Question;
use crate::learn::progress::Progress;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{accented_button, explained_heading, icon};
use eframe::egui::{Button, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};
use lucide_icons::Icon;
use std::collections::BTreeMap;

/// What the panel keeps between frames besides the state.
#[derive(Default)]
pub struct LearningView {
    list: list::ListView,
    /// What was written before the answer was shown, by the id of the question.
    predictions: BTreeMap<String, String>,
    drafts: tasks::Drafts,
    scores: progress::Scores,
    setup: interview::Setup,
    textures: PictureTextures,
    /// What the open task asks for.
    ask: Derived<(ByAddress<Question>, usize), Vec<markdown::Block>>,
    answer: markdown::Parsed,
    deeper: markdown::Parsed,
    report: Derived<ByAddress<str>, Vec<markdown::Block>>,
}

/// The pages in the order of their tabs: what stands on the tab, and what it is called in full.
const TABS: [(Page, &str, &str); 6] = [
    (Page::Fitting, "Here", "Fits here"),
    (Page::All, "All", "All questions"),
    (Page::Path, "Path", "Study path"),
    (Page::Due, "Due", "Due for review"),
    (Page::Progress, "Progress", "Progress"),
    (Page::Interview, "Interview", "Interview"),
];
/// The built-in question on the order in which to learn.
pub const EXPLAINED_BY: &str = "study-plan";
/// Height of the bar that shows a part of a whole.
const BAR: f32 = 6.0;

/// Paints the panel. What is too wide for it is cut off and does not widen it.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut LearningView) {
    let place = ui.available_rect_before_wrap();
    let mut inside = ui.new_child(UiBuilder::new().max_rect(place));
    inside.set_clip_rect(place.expand(space::XS).intersect(ui.clip_rect()));
    panel_ui(&mut inside, app, actions, view);
    ui.advance_cursor_after_rect(place);
}

fn panel_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut LearningView) {
    let learning = app.learning();
    explained_heading(ui, actions, "Questions", "Questions", EXPLAINED_BY);
    let Some(bank) = learning.bank() else {
        ui.add_space(space::XL);
        ui.vertical_centered(|ui| ui.spinner());
        ui.vertical_centered(|ui| ui.label("Reading the questions"));
        return;
    };
    tabs_ui(ui, app, actions);
    ui.separator();
    // A field of one page must not be taken for what stands at its place on another.
    ui.push_id(learning.page(), |ui| match learning.page() {
        Page::Fitting => list::fitting_ui(ui, app, actions, bank, &view.list),
        Page::All => list::all_ui(ui, app, actions, bank, &mut view.list),
        Page::Path => list::path_ui(ui, app, actions, bank),
        Page::Due => list::due_ui(ui, app, actions, bank),
        Page::Progress => progress::ui(ui, app, actions, bank, &mut view.scores),
        Page::Interview => interview::ui(ui, app, actions, bank, view),
        Page::Question => question::ui(ui, app, actions, bank, view),
    });
    view.textures.end_frame();
}

fn tabs_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let page = app.learning().page();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        for (tab, words, name) in TABS {
            let due = match tab {
                Page::Due => due_count(app.learning().progress()),
                _ => 0,
            };
            let (words, name) = match due {
                0 => (words.to_owned(), name.to_owned()),
                _ => (format!("{words} {due}"), format!("{name} ({due})")),
            };
            let button = Button::selectable(page == tab, words).min_size(vec2(0.0, size::CONTROL));
            let response = ui.add(button).accessible_name(&name).on_hover_text(name);
            if response.clicked() {
                ask(actions, LearningAction::Open(tab));
            }
        }
    });
}

fn due_count(progress: &Progress) -> usize {
    progress.due(now_unix()).len()
}

/// Seconds since 1970, UTC.
fn now_unix() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn ask(actions: &mut Actions, action: LearningAction) {
    actions.push(Action::Learn(action));
}

/// A button with an icon and words. Returns whether it was pressed.
fn button_ui(ui: &mut Ui, glyph: Icon, words: &str) -> bool {
    let button = Button::new((icon(glyph), words)).min_size(vec2(0.0, size::CONTROL));
    ui.add(button).accessible_name(words).clicked()
}

/// As [`button_ui`], greyed with a reason where there is one.
fn button_unless_ui(ui: &mut Ui, glyph: Icon, words: &str, why_not: Option<&str>) -> bool {
    let button = Button::new((icon(glyph), words)).min_size(vec2(0.0, size::CONTROL));
    ui.add_enabled(why_not.is_none(), button)
        .on_disabled_hover_text(why_not.unwrap_or_default())
        .accessible_name(words)
        .clicked()
}

/// A part of a whole, from 0 to 1, as a bar over the width.
fn bar_ui(ui: &mut Ui, part: f32, name: &str) {
    let part = part.clamp(0.0, 1.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = Some(f64::from(part));
        info
    });
    let colours = tokens(ui);
    let painter = ui.painter();
    painter.rect_filled(rect, BAR / 2.0, colours.control);
    if part > 0.0 {
        let width = (rect.width() * part).max(BAR);
        let done = Rect::from_min_size(rect.min, vec2(width, BAR));
        painter.rect_filled(done, BAR / 2.0, colours.accent);
    }
}

/// The one button of a place that is pressed most.
fn main_button_ui(ui: &mut Ui, glyph: Icon, words: &str, why_not: Option<&str>) -> bool {
    let button = match why_not {
        None => accented_button(ui, glyph, words),
        Some(_) => Button::new((icon(glyph), words)).min_size(vec2(0.0, size::CONTROL)),
    };
    ui.add_enabled(why_not.is_none(), button)
        .on_disabled_hover_text(why_not.unwrap_or_default())
        .accessible_name(words)
        .clicked()
}
