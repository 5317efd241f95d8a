//! Messages on the window: where they stand.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::{Action, Command, Tool};

const CONTROLS: [Role; 7] = [
    Role::Button,
    Role::CheckBox,
    Role::Slider,
    Role::SpinButton,
    Role::TextInput,
    Role::ComboBox,
    Role::RadioButton,
];

/// The messages, and every control outside them that they touch.
fn covered(window: &Window) -> (Rect, Vec<String>) {
    let messages = window.find(Role::Group, "Messages").rect();
    let mut covered = Vec::new();
    for role in CONTROLS {
        for control in window.harness.query_all_by_role(role) {
            let is_own = std::iter::successors(Some(control), |node| node.parent())
                .any(|node| node.accesskit_node().label().as_deref() == Some("Messages"));
            if !is_own && control.rect().intersects(messages.shrink(1.0)) {
                covered.extend(control.accesskit_node().label());
            }
        }
    }
    (messages, covered)
}

fn report(window: &mut Window, count: usize) {
    for number in 0..count {
        let words = "This is what went wrong, in a sentence that takes a line or two of a message";
        window.ask(Action::Report(format!("{words}: number {number}")));
    }
    window.harness.run_steps(4);
}

#[test]
fn messages_cover_no_control_in_any_tool() {
    for size in [vec2(1280.0, 800.0), vec2(1024.0, 640.0)] {
        for model in ["faces-stylegan", "digits-vae2"] {
            let mut window = Window::open_named(model);
            window.harness.set_size(size);
            for &tool in Tool::ALL {
                if window.app().availability(tool.command()).is_err() {
                    continue;
                }
                window.ask(Action::Run(tool.command()));
                window.settle();
                window.wait("the pictures of the tool", |app| {
                    app.pictures().is_settled()
                });
                report(&mut window, 2);
                let (messages, covered) = covered(&window);
                assert!(messages.area() > 0.0);
                let place = format!("{model}, {tool:?} at {size}");
                assert!(
                    covered.is_empty(),
                    "{place}: {covered:?} under {messages:?}"
                );
                let notices: Vec<u64> = window.app().notices().visible().map(|it| it.id).collect();
                for id in notices {
                    window.ask(Action::DismissNotice(id));
                }
                window.harness.run_steps(3);
            }
        }
    }
}

/// A picture gives way to messages, a wall of tiles does not: they stand below it.
#[test]
fn where_all_are_controls_messages_get_a_strip() {
    let mut window = Window::open_named("digits-vae2");
    let stage = |window: &Window| -> Vec2 { window.find(Role::Image, "Picture").rect().size() };
    let before = stage(&window);
    report(&mut window, 1);
    assert_eq!(stage(&window), before, "over a picture nothing moves");
    window.ask(Action::Run(Command::Open(Tool::Seeds)));
    window.settle();
    window.wait("the wall", |app| app.pictures().is_settled());
    window.harness.run_steps(4);
    let (_, covered) = covered(&window);
    assert!(covered.is_empty(), "{covered:?}");
    window.click("Dismiss message");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Group, "Messages")
            .is_none()
    );
}
