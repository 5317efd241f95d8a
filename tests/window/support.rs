//! A window without a screen, with the real engine on the CPU.

use crate::identity::Controls;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Rect, pos2};
use eframe::egui_wgpu::WgpuSetup;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::wgpu::default_wgpu_setup;
use egui_kittest::{Harness, Node};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zscape::app::tools::interpolate::Interpolate;
use zscape::app::{Action, AppState};
use zscape::engine::{DeviceChoice, ModelSource};
use zscape::latent::expr::Expr;
use zscape::ui::{WindowOptions, ZscapeWindow};

/// Long enough for a machine that compiles other tests meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window under test.
pub struct Window {
    pub harness: Harness<'static, ZscapeWindow>,
}

impl Window {
    /// A window as at the first start, with the first picture on it.
    pub fn first_start() -> Self {
        Self::open_model(None)
    }

    /// A window with the small model of a plane, on which most tests work.
    pub fn open() -> Self {
        Self::open_named("digits-vae2")
    }

    /// A window with a catalogue model.
    pub fn open_named(name: &str) -> Self {
        Self::open_model(Some(ModelSource::Catalogue(name.to_owned())))
    }

    /// A window that begins with `model`.
    pub fn open_model(model: Option<ModelSource>) -> Self {
        Self::open_options(WindowOptions { model, ..options() })
    }

    /// A window that keeps its session in `folder`.
    pub fn open_keeping_in(folder: &Path) -> Self {
        Self::open_options(WindowOptions {
            autosave: Some(folder.to_owned()),
            ..options()
        })
    }

    pub fn open_options(options: WindowOptions) -> Self {
        Self::open_on(options, default_wgpu_setup())
    }

    /// A window that paints, and may compute, on a wgpu device of this kind.
    pub fn open_on(options: WindowOptions, setup: WgpuSetup) -> Self {
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(16)
            .wgpu_setup(setup)
            .build_eframe(|cc| ZscapeWindow::new(cc, options).expect("the engine starts"));
        let mut window = Self { harness };
        window.wait("the first picture", |app| app.preview().frame().is_some());
        window.settle();
        window
    }

    pub fn app(&self) -> &AppState {
        self.harness.state().app()
    }

    /// Queues an action, as panels do.
    pub fn ask(&mut self, action: Action) {
        self.harness.state_mut().ask(action);
    }

    /// Steps until `done`, giving the engine time between the frames.
    #[track_caller]
    pub fn wait(&mut self, what: &str, done: impl Fn(&AppState) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        // What the hand did last is on the window after a frame; what changes then comes from elsewhere.
        let mut before = Controls::default();
        while !done(self.app()) {
            assert!(Instant::now() < deadline, "it did not come: {what}");
            self.harness.step();
            let controls = Controls::of(&self.harness.root());
            if let Some(control) = before.changed(&controls) {
                panic!("while waiting for {what}, {control} became another: a click would be lost");
            }
            before = controls;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.harness.step();
    }

    /// As [`Self::wait`], looking at the window after every single frame.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < deadline, "it did not come: {what}");
            self.harness.step();
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Steps until the picture is that of the expression and the hand rests.
    #[track_caller]
    pub fn settle(&mut self) {
        // A wish needs a frame to be queued and one to be asked for.
        self.harness.run_steps(3);
        self.wait("the picture of the expression", |app| {
            app.preview().is_settled()
        });
        self.harness.run_steps(3);
    }

    pub fn expression(&self) -> String {
        self.app().position().expression().to_string()
    }

    /// What the equation bar shows.
    pub fn equation(&self) -> String {
        self.find(Role::TextInput, "Expression")
            .value()
            .unwrap_or_default()
    }

    #[track_caller]
    pub fn find<'a>(&'a self, role: Role, name: &'a str) -> Node<'a> {
        self.harness.get_by_role_and_label(role, name)
    }

    #[track_caller]
    pub fn click(&mut self, name: &str) {
        self.find(Role::Button, name).click();
        self.settle();
    }

    /// Opens a tool by the rail and waits for its pictures.
    #[track_caller]
    pub fn open_tool(&mut self, name: &str) {
        self.find(Role::Tab, name).click();
        self.settle();
        self.wait("the pictures of the tool", |app| {
            app.pictures().is_settled()
        });
    }

    /// Puts the path of Interpolate through these seeds.
    pub fn set_path(&mut self, seeds: &'static [u32]) {
        self.ask(Action::edit_tool::<Interpolate>(|settings| {
            settings.set_keyframes(seeds.iter().copied().map(Expr::Seed));
        }));
        self.settle();
        self.wait("the pictures of the path", |app| {
            app.pictures().is_settled()
        });
    }

    /// Drags a picture into a place by their names.
    #[track_caller]
    pub fn drag(&mut self, from: &str, to: &str) {
        let start = self.find(Role::Button, from).rect().center();
        let well = self.harness.query_by_role_and_label(Role::Group, to);
        let end = well.unwrap_or_else(|| self.find(Role::Image, to));
        let end = end.rect().center();
        self.harness.hover_at(start);
        self.harness.drag_at(start);
        for step in 1..=4 {
            let part = step as f32 / 4.0;
            self.harness.hover_at(start + (end - start) * part);
            self.harness.run_steps(1);
        }
        self.harness.drop_at(end);
        self.settle();
        self.wait("the pictures of the tool", |app| {
            app.pictures().is_settled()
        });
    }

    /// Drops a file on the window.
    pub fn drop_file(&mut self, path: &Path) {
        let dropped = Arc::new(Dropped(path.to_owned()));
        self.harness.input_mut().dropped_files.push(dropped);
        self.harness.step();
    }

    /// Waits for the pictures of the filmstrip and the bookmarks.
    pub fn wait_for_stills(&mut self) {
        self.harness.run_steps(2);
        self.wait("the stills", |app| app.session().thumbnails().is_settled());
    }

    /// Types `text` into a field in place of what it holds.
    #[track_caller]
    pub fn type_into(&mut self, field: &str, text: &str) {
        self.find(Role::TextInput, field).focus();
        self.harness.run_steps(1);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.run_steps(1);
        if text.is_empty() {
            self.harness.key_press(Key::Delete);
        }
        self.find(Role::TextInput, field).type_text(text);
        self.harness.run_steps(2);
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Types `text` in place of what the equation bar holds.
    pub fn type_expression(&mut self, text: &str) {
        self.press(Modifiers::COMMAND, Key::L);
        self.find(Role::TextInput, "Expression").type_text(text);
        self.harness.run_steps(2);
    }

    /// The pixels of the picture on the window: row after row, RGBA.
    pub fn picture(&mut self) -> Pixels {
        let rect = self.find(Role::Image, "Picture").rect();
        self.pixels(rect.shrink(4.0))
    }

    pub fn pixels(&mut self, rect: Rect) -> Pixels {
        self.harness.remove_cursor();
        self.harness.run_steps(1);
        let image = self.harness.render().expect("the window can be painted");
        let inside = |x: u32, y: u32| rect.contains(pos2(x as f32 + 0.5, y as f32 + 0.5));
        let pixels = image.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y));
        Pixels(pixels.map(|(_, _, pixel)| pixel.0).collect())
    }

    /// The texts of all messages since the start.
    pub fn messages(&self) -> Vec<String> {
        self.app()
            .notices()
            .all()
            .iter()
            .map(|notice| notice.text.clone())
            .collect()
    }
}

/// A start as a newcomer makes it, with nothing kept.
pub fn options() -> WindowOptions {
    WindowOptions {
        model: None,
        session: None,
        file: None,
        autosave: None,
        models: None,
        questions: None,
        progress: None,
        memory: None,
        device: DeviceChoice::Cpu,
        smoke: false,
        started: Instant::now(),
    }
}

/// A file on its way into the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody asks for the bytes".to_owned())
    }
}

/// Painted pixels, row after row, RGBA.
#[derive(Clone, PartialEq)]
pub struct Pixels(pub Vec<[u8; 4]>);

/// Short, for a failed comparison must not print a whole picture.
impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum: u64 = self.0.iter().flatten().map(|&level| u64::from(level)).sum();
        write!(f, "{} pixels that sum up to {sum}", self.0.len())
    }
}
