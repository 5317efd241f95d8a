//! The page of all shortcuts, and of what the mouse does: grouped as the menus are, to be searched.

use super::palette::rank;
use super::{WIDE_CARD_WIDTH, card_with_head};
use crate::app::{Actions, Command, Tool};
use crate::ui::panels::menu_bar::MENUS;
use crate::ui::theme::{TextRole, space};
use crate::ui::widgets::{caption, section, text_field};
use eframe::egui::{Context, Grid, Key, RichText, TextEdit, Ui};
use std::collections::BTreeSet;

/// Of a card so wide, in points, the groups stand in two columns.
const TWO_COLUMNS: f32 = 640.0;
/// Width of the keys.
const KEYS: f32 = 132.0;

/// What the mouse and the plain keys do where they are: what is done, with what.
const BY_HAND: &[(&str, &str)] = &[
    ("Drag on the picture", "Walk along two dimensions"),
    ("Wheel, pinch", "Zoom the picture"),
    ("Right or middle drag", "Move a picture that is zoomed"),
    (
        "Drag a small picture",
        "Put its code into a place of a tool",
    ),
    (
        "Right click on one, Shift+F10",
        "See what can be done with its code",
    ),
    ("Drag a number", "Change it; a click types it"),
    ("Drop a file", "Open it, whatever it is"),
    ("Tab, Shift+Tab", "Go from control to control"),
    (
        "Arrow keys",
        "Move the slider, the picture or the map that has the keyboard",
    ),
    ("Space, Enter", "Press the button that has the keyboard"),
];

/// One line.
struct Line {
    keys: String,
    words: &'static str,
    tip: &'static str,
}

/// What is searched for.
#[derive(Default, Debug)]
pub struct ShortcutsPage {
    query: String,
    is_open: bool,
}

impl ShortcutsPage {
    /// Forgets the last search; called while the page is closed.
    pub fn close(&mut self) {
        if self.is_open {
            *self = Self::default();
        }
    }

    /// Paints the page.
    pub fn ui(&mut self, ctx: &Context, actions: &mut Actions) {
        let is_new = !std::mem::replace(&mut self.is_open, true);
        let query = &mut self.query;
        let head = |ui: &mut Ui, actions: &mut Actions| {
            let field = TextEdit::singleline(query)
                .hint_text("Search keys and what they do")
                .desired_width(f32::INFINITY);
            let field = text_field(ui, field).accessible_name("Search shortcuts");
            if is_new {
                field.request_focus();
            }
            // Esc takes the focus away before the page would see it.
            if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
                actions.run(Command::Leave);
            }
            matching(groups(ui.ctx()), query)
        };
        let title = "Keyboard shortcuts";
        card_with_head(
            ctx,
            title,
            WIDE_CARD_WIDTH,
            actions,
            head,
            |ui, _, found| {
                groups_ui(ui, &found);
            },
        );
    }
}

/// A title and its lines.
type Group = (&'static str, Vec<Line>);

/// Everything that there is, each command where it stands first.
fn groups(ctx: &Context) -> Vec<Group> {
    let mut seen = BTreeSet::new();
    let mut lines = |commands: &mut dyn Iterator<Item = Command>| {
        let mut lines = Vec::new();
        for command in commands {
            let keys: Vec<String> = command
                .shortcuts()
                .map(|keys| ctx.format_shortcut(&keys))
                .collect();
            let info = command.info();
            if !keys.is_empty() && seen.insert(info.name) {
                lines.push(Line {
                    keys: keys.join(", "),
                    words: info.name,
                    tip: info.tooltip,
                });
            }
        }
        lines
    };
    let mut groups: Vec<Group> = MENUS
        .iter()
        .map(|(title, parts)| (*title, lines(&mut parts.iter().copied().flatten().copied())))
        .collect();
    let tools = || Tool::ALL.iter().copied();
    let mut of_tools = tools()
        .map(Tool::command)
        .chain(tools().flat_map(Tool::commands));
    groups.push(("Tools", lines(&mut of_tools)));
    groups.push(("Elsewhere", lines(&mut Command::all())));
    let by_hand = BY_HAND.iter().map(|&(keys, words)| Line {
        keys: keys.to_owned(),
        words,
        tip: "",
    });
    groups.push(("Mouse and plain keys", by_hand.collect()));
    groups
}

/// What fits a query: the name of the command, what it does, its keys or its group.
fn matching(mut groups: Vec<Group>, query: &str) -> Vec<Group> {
    let query = query.trim();
    for (title, lines) in &mut groups {
        lines.retain(|line| {
            let more = format!("{} {} {title}", line.tip, line.keys);
            rank(query, line.words, &more).is_some()
        });
    }
    groups.retain(|(_, lines)| !lines.is_empty());
    groups
}

fn groups_ui(ui: &mut Ui, groups: &[Group]) {
    if groups.is_empty() {
        caption(ui, "No matches");
        return;
    }
    if ui.available_width() < TWO_COLUMNS {
        for group in groups {
            group_ui(ui, group);
        }
        return;
    }
    // A title takes as much room as two lines.
    let height = |(_, lines): &Group| lines.len() + 2;
    let half = groups.iter().map(height).sum::<usize>() / 2;
    ui.columns_const(|[left, right]| {
        let mut above = 0;
        for group in groups {
            let column = if above < half {
                &mut *left
            } else {
                &mut *right
            };
            above += height(group);
            group_ui(column, group);
        }
    });
}

fn group_ui(ui: &mut Ui, (title, lines): &Group) {
    section(ui, title, |ui| {
        Grid::new(("shortcuts", title))
            .num_columns(2)
            .min_col_width(KEYS)
            .spacing([space::S, space::XS])
            .min_row_height(0.0)
            .show(ui, |ui| {
                // Lines of text, closer together than controls.
                ui.spacing_mut().interact_size.y = 0.0;
                for line in lines {
                    ui.label(RichText::new(&line.keys).font(TextRole::Small.font()));
                    let words = ui.label(line.words);
                    if !line.tip.is_empty() {
                        words.on_hover_text(line.tip);
                    }
                    ui.end_row();
                }
            });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcut_is_listed_once_and_found_by_its_keys() {
        let ctx = Context::default();
        let count = |groups: &[Group], name: &str| {
            let lines = groups.iter().flat_map(|(_, lines)| lines);
            lines.filter(|line| line.words == name).count()
        };
        let all = groups(&ctx);
        for command in Command::all() {
            let info = command.info();
            let expected = usize::from(command.shortcuts().next().is_some());
            assert_eq!(count(&all, info.name), expected, "{command:?}");
            if let Some(keys) = &info.shortcut {
                let found = matching(groups(&ctx), &ctx.format_shortcut(keys));
                assert_eq!(count(&found, info.name), 1, "{command:?}");
            }
        }
    }

    #[test]
    fn a_search_leaves_only_what_fits() {
        let ctx = Context::default();
        let found = matching(groups(&ctx), "zoom");
        let words = found.iter().flat_map(|(_, lines)| lines);
        let words: Vec<&str> = words.map(|line| line.words).collect();
        assert!(words.contains(&"Zoom the picture"), "{words:?}");
        assert!(!words.contains(&"Undo"), "{words:?}");
        assert!(matching(groups(&ctx), "xyzzy").is_empty());
    }
}
