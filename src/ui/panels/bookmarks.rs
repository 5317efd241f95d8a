//! The bookmarks at the right: codes with names, to go to, to drag into tools, to tidy up.

use super::filmstrip::{outline_ui, shortened, thumbnail_ui};
use crate::app::models::source_of;
use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState, Command, SessionAction, ThumbnailKey};
use crate::document::Bookmark;
use crate::document::bookmarks::{name_from_text, tags_from_text};
use crate::latent::expr::Expr;
use crate::ui::drag::DraggedCode;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::code_entries;
use crate::ui::widgets::{
    code, command_button, empty_state, explained_heading, icon, menu_button, on_hover_text_from,
    text_field,
};
use eframe::egui::{
    Align, Button, CursorIcon, Key, Label, Layout, Modifiers, Response, Role, ScrollArea, Sense,
    TextEdit, Ui, Vec2, WidgetInfo, vec2,
};
use lucide_icons::Icon;

/// The built-in question on what must be kept to get a picture again.
pub const EXPLAINED_BY: &str = "reproducibility";
/// Height of one bookmark: two lines of text or two fields.
const ROW: f32 = 2.0 * size::CONTROL + space::XS;

/// What the panel keeps between frames besides the state.
#[derive(Default)]
pub struct BookmarksView {
    query: String,
    editing: Option<Editing>,
}

/// A bookmark whose name and tags are typed.
struct Editing {
    /// The name that it has now.
    of: String,
    name: String,
    tags: String,
    is_new: bool,
}

/// Paints the panel.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut BookmarksView,
    textures: &mut PictureTextures,
) {
    explained_heading(ui, actions, "Bookmarks", "Bookmarks", EXPLAINED_BY);
    let bookmarks = app.session().document().bookmarks();
    if bookmarks.iter().next().is_none() {
        ui.add_space(space::XL);
        empty_state(
            ui,
            Icon::Bookmark,
            "No bookmarks yet",
            "Name a picture that you like, and use it as @name in any expression",
        );
        ui.add_space(space::M);
        ui.vertical_centered(|ui| command_button(ui, app, actions, Command::AddBookmark));
        return;
    }
    command_button(ui, app, actions, Command::AddBookmark);
    let search = TextEdit::singleline(&mut view.query)
        .hint_text("Search names and tags")
        .desired_width(f32::INFINITY);
    text_field(ui, search).accessible_name("Search bookmarks");
    // Newest first: what was named last is what one looks for.
    let all: Vec<&Bookmark> = bookmarks.iter().rev().collect();
    let found: Vec<usize> = (0..all.len())
        .filter(|&place| all[place].fits(&view.query))
        .collect();
    if found.is_empty() {
        ui.add_space(space::L);
        empty_state(
            ui,
            Icon::BookmarkX,
            "No matches",
            "Search by parts of a name, a tag or a note",
        );
        return;
    }
    let mut shown = Vec::new();
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, found.len(), |ui, rows| {
            for &place in &found[rows] {
                let bookmark = all[place];
                let is_edited = view
                    .editing
                    .as_ref()
                    .is_some_and(|it| it.of == bookmark.name);
                ui.horizontal(|ui| {
                    ui.set_height(ROW);
                    let picture = picture_ui(ui, app, actions, textures, bookmark);
                    keys_ui(ui, actions, &picture, &all, place);
                    shown.push(ThumbnailKey::Bookmark(bookmark.name.clone()));
                    if is_edited {
                        edit_ui(ui, app, actions, view);
                    } else {
                        texts_ui(ui, app, actions, view, &all, place);
                    }
                });
            }
        });
    actions.push(Action::Session(SessionAction::Shown(shown)));
}

fn picture_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    bookmark: &Bookmark,
) -> Response {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::THUMBNAIL), Sense::hover());
    let id = ui.scope_id().with(("bookmark", &bookmark.name));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let is_here = *app.expression_text() == bookmark.expression
        && app.model().is_some_and(|model| {
            model.id.hash == bookmark.model.hash && model.id.name == bookmark.model.name
        });
    response.widget_info(|| {
        let name = format!("Go to @{}", bookmark.name);
        WidgetInfo::selected(Role::Button, true, is_here, name)
    });
    let key = ThumbnailKey::Bookmark(bookmark.name.clone());
    let waits_for_model = !app.session().is_model_loaded(&bookmark.model);
    thumbnail_ui(ui, app, textures, &key, rect, waits_for_model);
    outline_ui(ui, &response, rect, is_here);
    if response.drag_started() {
        response.dnd_set_drag_payload(DraggedCode {
            expression: Expr::Named(bookmark.name.clone()),
            model: source_of(&bookmark.model),
        });
    }
    if response.clicked() {
        let go = SessionAction::GoToBookmark(bookmark.name.clone());
        actions.push(Action::Session(go));
    }
    let tip = || {
        let mut tip = format!(
            "{}\n{}",
            shortened(&bookmark.expression),
            source_title(&source_of(&bookmark.model))
        );
        if !bookmark.note.is_empty() {
            tip += &format!("\n{}", shortened(&bookmark.note));
        }
        tip
    };
    on_hover_text_from(response, tip).on_hover_cursor(CursorIcon::PointingHand)
}

/// Moves the bookmark whose picture has the keyboard.
fn keys_ui(ui: &Ui, actions: &mut Actions, picture: &Response, all: &[&Bookmark], place: usize) {
    if !picture.has_focus() {
        return;
    }
    for (key, is_up) in [(Key::ArrowUp, true), (Key::ArrowDown, false)] {
        if ui.input_mut(|input| input.consume_key(Modifiers::ALT, key)) {
            moved(all, place, is_up)
                .into_iter()
                .for_each(|it| actions.push(it));
        }
    }
}

/// Moves a bookmark of the list by one place; none where it is at the end already.
fn moved(all: &[&Bookmark], place: usize, is_up: bool) -> Option<Action> {
    // The list shows the last one first.
    let before = match is_up {
        true => place.checked_sub(2).map(|above| &all[above].name),
        false => Some(&all.get(place + 1)?.name),
    };
    if is_up && place == 0 {
        return None;
    }
    Some(Action::Session(SessionAction::MoveBookmark {
        name: all[place].name.clone(),
        before: before.cloned(),
    }))
}

fn texts_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut BookmarksView,
    all: &[&Bookmark],
    place: usize,
) {
    let bookmark = all[place];
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let more = ui.menu_button(icon(Icon::Ellipsis), |ui| {
            menu_ui(ui, app, actions, view, all, place);
        });
        more.response
            .on_hover_text("Rename, move, copy, delete")
            .accessible_name(format!("More for @{}", bookmark.name));
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(space::S);
            let strong = tokens(ui).text_strong;
            let name = code(format!("@{}", bookmark.name)).color(strong);
            ui.add(Label::new(name).truncate());
            let tags = if bookmark.tags.is_empty() {
                shortened(&bookmark.expression)
            } else {
                bookmark.tags.join(", ")
            };
            let muted = tokens(ui).text_muted;
            let tags = eframe::egui::RichText::new(tags)
                .font(crate::ui::theme::TextRole::Small.font())
                .color(muted);
            ui.add(Label::new(tags).truncate());
        });
    });
}

fn menu_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut BookmarksView,
    all: &[&Bookmark],
    place: usize,
) {
    let bookmark = all[place];
    ui.set_min_width(200.0);
    let name = || bookmark.name.clone();
    if menu_button(ui, Icon::LocateFixed, "Go there") {
        actions.push(Action::Session(SessionAction::GoToBookmark(name())));
    }
    if menu_button(ui, Icon::Copy, "Copy name") {
        ui.ctx().copy_text(Expr::Named(name()).to_string());
    }
    if menu_button(ui, Icon::Copy, "Copy expression") {
        ui.ctx().copy_text(bookmark.expression.clone());
    }
    if menu_button(ui, Icon::Pencil, "Rename and tag") {
        view.editing = Some(Editing {
            of: name(),
            name: name(),
            tags: bookmark.tags.join(", "),
            is_new: true,
        });
    }
    for (icon, words, is_up) in [
        (Icon::ArrowUp, "Move up", true),
        (Icon::ArrowDown, "Move down", false),
    ] {
        let action = moved(all, place, is_up);
        ui.add_enabled_ui(action.is_some(), |ui| {
            if menu_button(ui, icon, words) {
                action.into_iter().for_each(|it| actions.push(it));
            }
        });
    }
    if menu_button(ui, Icon::Trash2, "Delete") {
        actions.push(Action::Session(SessionAction::DeleteBookmark(name())));
    }
    if app.model().is_some() {
        ui.separator();
        code_entries(ui, actions, &Expr::Named(name()));
    }
}

/// Two fields in the place of two texts. Enter applies, Escape leaves everything as it was.
fn edit_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut BookmarksView) {
    let Some(editing) = &mut view.editing else {
        return;
    };
    let name = name_from_text(&editing.name);
    let problem = if name == editing.of {
        None
    } else {
        app.desk().check_bookmark_name(&name).err()
    };
    let mut applies = false;
    let mut leaves = false;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let apply = Button::new(icon(Icon::Check)).min_size(vec2(size::CONTROL, size::CONTROL));
        let apply = ui
            .add_enabled(problem.is_none(), apply)
            .on_hover_text("Apply (Enter)")
            .accessible_name("Apply name and tags");
        applies |= apply.clicked();
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let name = TextEdit::singleline(&mut editing.name).desired_width(f32::INFINITY);
            let name = text_field(ui, name).accessible_name("Bookmark's name");
            let tags = TextEdit::singleline(&mut editing.tags)
                .hint_text("tags, separated by commas")
                .desired_width(f32::INFINITY);
            let tags = text_field(ui, tags).accessible_name("Bookmark's tags");
            if std::mem::take(&mut editing.is_new) {
                name.request_focus();
            }
            let name = match &problem {
                Some(problem) => name.on_hover_text(problem),
                None => name,
            };
            if name.lost_focus() || tags.lost_focus() {
                let (enter, escape) =
                    ui.input(|it| (it.key_pressed(Key::Enter), it.key_pressed(Key::Escape)));
                applies |= enter;
                leaves |= escape;
            }
        });
    });
    if applies && problem.is_none() {
        apply(app, actions, editing);
        leaves = true;
    } else if applies && let Some(problem) = problem {
        actions.push(Action::Report(problem));
    }
    if leaves {
        view.editing = None;
    }
}

fn apply(app: &AppState, actions: &mut Actions, editing: &Editing) {
    let bookmarks = app.session().document().bookmarks();
    let Some(bookmark) = bookmarks.get(&editing.of) else {
        return;
    };
    let tags = tags_from_text(&editing.tags);
    if tags != bookmark.tags {
        actions.push(Action::Session(SessionAction::DescribeBookmark {
            name: editing.of.clone(),
            tags,
            note: bookmark.note.clone(),
        }));
    }
    let name = name_from_text(&editing.name);
    if name != editing.of {
        actions.push(Action::Session(SessionAction::RenameBookmark {
            from: editing.of.clone(),
            to: name,
        }));
    }
}
