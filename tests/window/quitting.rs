//! Quitting while files are being written: nothing is dropped without a word, and nothing is left.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use zscape::app::export::{Kind, Quit, Settings};
use zscape::app::{Action, Command, Overlay};

impl Window {
    /// Starts a file that takes far longer than the test.
    fn start_long_export(&mut self, path: &Path) {
        self.ask(Action::SetExport(Settings {
            kind: Kind::Grid,
            seeds: 10_000,
            scale: 4,
            ..Settings::default()
        }));
        self.ask(Action::Export(path.to_owned()));
        self.harness.run_steps(2);
        assert_eq!(self.app().export().runs().len(), 1);
    }

    pub fn commands(&self) -> &[ViewportCommand] {
        &self.harness.output().viewport_output[&ViewportId::ROOT].commands
    }

    /// Presses the close button of the window's frame.
    fn press_close(&mut self) {
        let viewports = &mut self.harness.input_mut().viewports;
        let root = viewports.entry(ViewportId::ROOT).or_default();
        root.events.push(ViewportEvent::Close);
        self.harness.step();
        let viewports = &mut self.harness.input_mut().viewports;
        viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .events
            .clear();
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be listed");
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn without_files_under_way_the_window_just_closes() {
    let mut window = Window::open();
    window.press_close();
    assert!(!window.commands().contains(&ViewportCommand::CancelClose));
    window.ask(Action::Run(Command::Quit));
    window.harness.step();
    assert!(window.commands().contains(&ViewportCommand::Close));
    assert_eq!(window.app().overlay(), Overlay::None);
}

#[test]
fn quitting_while_a_file_is_written_asks_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    window.start_long_export(&folder.path().join("many.png"));

    // By the keyboard; Esc leaves everything as it is.
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::Q);
    window.harness.step();
    assert_eq!(window.app().overlay(), Overlay::Quit { waits: false });
    window.harness.run_steps(2);
    window.harness.get_by_label("1 file is still being written");
    window.find(Role::Button, "Cancel");
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(window.app().overlay(), Overlay::None);
    assert_eq!(window.app().export().runs().len(), 1);

    // By the button of the window's frame; Enter chooses to wait.
    window.press_close();
    assert!(window.commands().contains(&ViewportCommand::CancelClose));
    window.harness.run_steps(2);
    assert!(window.find(Role::Button, "Wait, then quit").is_focused());
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(2);
    assert_eq!(window.app().overlay(), Overlay::Quit { waits: true });
    window.press_close();
    assert!(window.commands().contains(&ViewportCommand::CancelClose));

    // Enough of waiting.
    window.harness.run_steps(2);
    window.find(Role::Button, "Quit anyway").click();
    window.harness.step();
    let closes = |window: &Window| window.commands().contains(&ViewportCommand::Close);
    if !closes(&window) {
        window.harness.step();
    }
    assert!(closes(&window));
    assert!(window.app().export().runs().is_empty());
    window.press_close();
    assert!(!window.commands().contains(&ViewportCommand::CancelClose));
    // The end waits for the writers, so nothing is left from here on.
    eframe::App::on_exit(window.harness.state_mut());
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn the_end_of_the_program_stops_writers_that_nobody_was_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    window.start_long_export(&folder.path().join("many.png"));
    let started = |app: &zscape::app::AppState| {
        let progress = app.export().runs()[0].progress();
        progress.is_some_and(|(done, _)| done > 0)
    };
    window.wait("the first pictures in the file", started);
    eframe::App::on_exit(window.harness.state_mut());
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn the_window_closes_by_itself_when_the_file_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.png");
    let mut window = Window::open();
    // In one frame, so that the file cannot be there yet.
    window.ask(Action::SavePicture(path.clone()));
    window.ask(Action::Run(Command::Quit));
    window.ask(Action::Quit(Quit::WhenWritten));
    window.harness.step();
    assert_eq!(window.app().overlay(), Overlay::Quit { waits: true });
    let mut closed = false;
    window.wait_until("the window to close", |window| {
        closed |= window.commands().contains(&ViewportCommand::Close);
        closed
    });
    assert_eq!(files(folder.path()), ["one.png"]);
}

#[test]
fn a_file_that_was_not_written_keeps_the_window_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open();
    window.ask(Action::SavePicture(
        folder.path().join("no/such/folder.png"),
    ));
    window.ask(Action::Run(Command::Quit));
    window.ask(Action::Quit(Quit::WhenWritten));
    window.harness.step();
    let mut closed = false;
    window.wait_until("the message", |window| {
        closed |= window.commands().contains(&ViewportCommand::Close);
        window.messages().iter().any(|it| it.contains("not saved"))
    });
    window.harness.run_steps(2);
    assert!(!closed);
    assert_eq!(window.app().overlay(), Overlay::None);
}
