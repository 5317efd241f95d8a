//! Commands: by palette, by key, by button.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeSet;
use zscape::app::{Command, Overlay, Theme};

#[test]
fn every_command_has_a_name_a_tooltip_and_keys_of_its_own() {
    let mut names = BTreeSet::new();
    let mut keys = Vec::new();
    for command in Command::all() {
        let info = command.info();
        assert!(!info.tooltip.is_empty(), "{command:?}");
        assert!(
            names.insert(info.name),
            "two commands are called {}",
            info.name
        );
        for shortcut in command.shortcuts() {
            assert!(!keys.contains(&shortcut), "{command:?} shares {shortcut:?}");
            keys.push(shortcut);
        }
    }
}

#[test]
fn the_palette_runs_a_command() {
    let mut window = Window::open();
    window.press(Modifiers::COMMAND, Key::K);
    assert_eq!(window.app().overlay(), Overlay::Palette);
    window.find(Role::TextInput, "Search").type_text("next");
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().overlay(), Overlay::None);
    assert_eq!(window.expression(), "seed(43)");
}

#[test]
fn what_is_typed_right_after_opening_the_palette_is_searched_for() {
    let mut window = Window::open();
    let before = window.expression();
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.harness.step();
    // On its own this key jumps to a random seed.
    window.harness.key_press(Key::R);
    window.harness.event(Event::Text("r".to_owned()));
    window.harness.run_steps(3);
    assert_eq!(window.expression(), before);
    let field = window.find(Role::TextInput, "Search");
    assert_eq!(field.value().as_deref(), Some("r"));
}

#[test]
fn the_palette_goes_to_a_seed_and_to_an_expression() {
    let mut window = Window::open();
    for (typed, expected) in [
        ("1234", "seed(1234)"),
        ("mean(seed(1), seed(2))", "mean(seed(1), seed(2))"),
    ] {
        window.press(Modifiers::COMMAND, Key::K);
        window.find(Role::TextInput, "Search").type_text(typed);
        window.harness.run_steps(2);
        window.press(Modifiers::NONE, Key::Enter);
        assert_eq!(window.expression(), expected);
    }
}

#[test]
fn a_room_sees_what_the_tool_shows() {
    let mut window = Window::open();
    for (tool, shows) in [
        ("Explore", "Picture"),
        ("Map", "Map of the latent plane"),
        ("Compare", "Pane 2"),
    ] {
        window.open_tool(tool);
        window.press(Modifiers::NONE, Key::F10);
        window.settle();
        let names = ["File", "Search commands"];
        for name in names {
            let button = window.harness.query_by_role_and_label(Role::Button, name);
            assert!(button.is_none(), "{tool}: {name} is still there");
        }
        let found = window.harness.query_by_label(shows);
        assert!(found.is_some(), "{tool}: no {shows:?} on the window");
        let messages = window.messages();
        assert!(
            messages.iter().any(|it| it.contains("Press Esc")),
            "{messages:?}"
        );
        window.press(Modifiers::NONE, Key::Escape);
        window.settle();
    }
}

#[test]
fn escape_leaves_and_never_quits() {
    let mut window = Window::open();
    for open in [
        (Modifiers::COMMAND, Key::K),
        (Modifiers::NONE, Key::F1),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::N),
    ] {
        window.press(open.0, open.1);
        assert_ne!(window.app().overlay(), Overlay::None, "{open:?}");
        window.press(Modifiers::NONE, Key::Escape);
        assert_eq!(window.app().overlay(), Overlay::None, "{open:?}");
    }
    window.press(Modifiers::NONE, Key::F10);
    assert!(window.app().modes().picture_only);
    window.press(Modifiers::NONE, Key::F11);
    assert!(window.app().modes().full_screen);
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.app().modes().picture_only && !window.app().modes().full_screen);
    for _ in 0..3 {
        window.harness.key_press(Key::Escape);
        window.harness.step();
        let closes = window
            .harness
            .output()
            .viewport_output
            .values()
            .any(|output| output.commands.contains(&ViewportCommand::Close));
        assert!(!closes, "Escape must not quit");
    }
}

#[test]
fn the_theme_changes_what_is_painted() {
    let mut window = Window::open();
    let corner = eframe::egui::Rect::from_min_size([20.0, 300.0].into(), [4.0, 4.0].into());
    let dark = window.pixels(corner);
    window.click("Toggle light and dark theme");
    assert_eq!(window.app().view().theme, Theme::Light);
    let light = window.pixels(corner);
    assert!(light.0[0][0] > dark.0[0][0], "{dark:?} {light:?}");
    window.click("Toggle light and dark theme");
    assert_eq!(window.pixels(corner), dark);
}

#[test]
fn panels_can_be_hidden_and_come_back() {
    let mut window = Window::open();
    let before = window.find(Role::Image, "Picture").rect();
    window.press(Modifiers::COMMAND, Key::B);
    window.press(Modifiers::COMMAND, Key::J);
    let after = window.find(Role::Image, "Picture").rect();
    assert!(after.width() > before.width() && after.height() > before.height());
    window.press(Modifiers::COMMAND, Key::B);
    window.press(Modifiers::COMMAND, Key::J);
    assert_eq!(window.find(Role::Image, "Picture").rect(), before);
}

#[test]
fn what_cannot_be_done_says_why() {
    let window = Window::open();
    for command in [Command::Undo, Command::Redo, Command::ResetAll] {
        let reason = window
            .app()
            .availability(command)
            .expect_err("nothing was done yet");
        assert!(!reason.is_empty());
    }
    assert!(window.app().availability(Command::RandomSeed).is_ok());
}

#[test]
fn the_controls_keep_their_width_in_every_tool() {
    let mut window = Window::open_named("digits-gan");
    window.type_expression("seed(1) - seed(2) + seed(3)");
    window.press(Modifiers::NONE, Key::Enter);
    let mut widths = Vec::new();
    for tool in zscape::app::Tool::ALL {
        let name = tool.command().info().name;
        window.open_tool(name);
        for _ in 0..20 {
            window.harness.run_steps(1);
        }
        let picture_starts = window.find(Role::TextInput, "Expression").rect().left();
        widths.push((name, picture_starts));
    }
    for (name, starts) in &widths {
        assert_eq!(
            *starts, widths[0].1,
            "{name} widens the controls: {widths:?}"
        );
    }
}
