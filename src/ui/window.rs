//! The window: the panels in their places, and the order of things in a frame.

use super::dialogs::Dialogs;
use super::overlays::{self, BookmarkForm, Palette, SceneForm, ShortcutsPage, Toasts};
use super::panels::bookmarks::BookmarksView;
use super::panels::canvas::CanvasView;
use super::panels::equation::EquationBar;
use super::panels::filmstrip::FilmstripView;
use super::panels::learning::{self, LearningView};
use super::panels::tools::{self, Left, Stage, ToolPanels};
use super::panels::{bookmarks, equation, filmstrip, menu_bar, side_frame, status};
use super::parts::Parts;
use super::picture::{self, PictureTexture};
use super::smoke::Smoke;
use super::stop;
use super::storage;
use super::textures::PictureTextures;
use super::theme::{self, SystemFonts, size, space, tokens};
use super::{MIN_SIZE, WindowOptions, shortcuts};
use crate::app::export::Quit;
use crate::app::{
    Action, Actions, AppState, Effect, FrameInput, Memory, Overlay, Start, StartupRequest, models,
};
use crate::document::autosave::ended_unexpectedly;
use crate::engine::{Decoders, Engine, EngineOptions, ModelSource, SharedGpu};
use eframe::egui::{CentralPanel, Context, Event, Frame, Margin, Panel, Rect, Ui, ViewportCommand};
use std::sync::Arc;
use std::time::Duration;

/// The program as eframe runs it.
pub struct ZscapeWindow {
    app: AppState,
    actions: Actions,
    picture: PictureTexture,
    canvas: CanvasView,
    tools: ToolPanels,
    /// The small pictures that tools show.
    textures: PictureTextures,
    equation: EquationBar,
    filmstrip: FilmstripView,
    bookmarks: BookmarksView,
    bookmark_form: BookmarkForm,
    scene_form: SceneForm,
    learning: LearningView,
    palette: Palette,
    shortcuts: ShortcutsPage,
    parts: Parts,
    toasts: Toasts,
    /// The middle of the window, where messages stand.
    stage: Rect,
    dialogs: Dialogs,
    memory: Memory,
    fonts: SystemFonts,
    smoke: Option<Smoke>,
    was_typing: bool,
    title: String,
    /// When a key was last pressed, held or released.
    last_key_secs: f64,
    /// Until the first frame has come and gone.
    picture_was_painted: bool,
    /// Whether the size that the last run left was looked at.
    has_checked_size: bool,
}

impl ZscapeWindow {
    /// Starts the engine on the window's device and restores what the last run left.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread for the engine.
    pub fn new(cc: &eframe::CreationContext<'_>, options: WindowOptions) -> std::io::Result<Self> {
        Self::with_smoke(cc, options, None)
    }

    /// As [`Self::new`], closing by itself when the first picture is on the screen.
    pub(super) fn with_smoke(
        cc: &eframe::CreationContext<'_>,
        options: WindowOptions,
        smoke: Option<Smoke>,
    ) -> std::io::Result<Self> {
        let ctx = cc.egui_ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        let gpu = cc.wgpu_render_state.as_ref().map(|state| SharedGpu {
            instance: state.instance.clone(),
            adapter: state.adapter.clone(),
            device: state.device.clone(),
            queue: state.queue.clone(),
        });
        let engine = Engine::start(EngineOptions {
            device: options.device,
            gpu,
            wake: Arc::clone(&wake),
            decoders: Decoders::default(),
        })?;
        // A start that measures itself is the same on every machine: it is given no file.
        let memory = Memory::open(options.memory);
        let remembered = match cc.storage {
            // As earlier versions kept it.
            Some(storage) if memory.is_empty() && smoke.is_none() => storage::load(storage),
            _ => storage::load(&memory),
        };
        // Where nothing is kept it would come at every start; who opens something wants that.
        let is_plain =
            options.model.is_none() && options.session.is_none() && options.file.is_none();
        let is_kept = cc.storage.is_some() && smoke.is_none();
        let with_tour = is_plain && is_kept && !remembered.view.has_seen_tour;
        let startup = StartupRequest {
            model: options.model.is_some(),
            session: options.session,
            file: options.file,
        };
        // What ended the program before is not tried again by itself.
        let after_crash = options.autosave.as_deref().is_some_and(ended_unexpectedly);
        let is_trusted = |model: &ModelSource| match model {
            ModelSource::Catalogue(_) => true,
            ModelSource::File(_) => !after_crash,
        };
        let model = options
            .model
            .or(remembered.model.filter(is_trusted))
            .unwrap_or_else(models::default_source);
        let app = AppState::new(Start {
            engine,
            model,
            expression: remembered.expression,
            view: remembered.view,
            wake: Arc::clone(&wake),
            autosave: options.autosave,
            recent_sessions: remembered.recent_sessions,
            recent_models: remembered.recent_models,
            models: options.models,
            startup,
            questions: options.questions,
            added_questions: remembered.added_questions,
            progress: options.progress,
            with_tour,
        });
        // After the engine has begun to load: fonts take a while.
        theme::apply(&ctx);
        let fonts = SystemFonts::install(&ctx);
        restyle(&ctx, &app);
        Ok(Self {
            app,
            actions: Actions::default(),
            picture: PictureTexture::default(),
            canvas: CanvasView::default(),
            tools: ToolPanels::default(),
            textures: PictureTextures::default(),
            equation: EquationBar::default(),
            filmstrip: FilmstripView::default(),
            bookmarks: BookmarksView::default(),
            bookmark_form: BookmarkForm::default(),
            scene_form: SceneForm::default(),
            learning: LearningView::default(),
            palette: Palette::default(),
            shortcuts: ShortcutsPage::default(),
            parts: Parts::default(),
            toasts: Toasts::default(),
            stage: Rect::NOTHING,
            dialogs: Dialogs::new(wake),
            memory,
            fonts,
            smoke,
            was_typing: false,
            last_key_secs: f64::NEG_INFINITY,
            title: String::new(),
            picture_was_painted: false,
            has_checked_size: false,
        })
    }

    /// What the window shows.
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// Queues an action as panels do, for code that drives the window from outside.
    pub fn ask(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Lays out everything; nothing changes the state in here.
    fn panels(&mut self, ui: &mut Ui) {
        let (app, actions) = (&self.app, &mut self.actions);
        let modes = app.modes();
        let mut parts = std::mem::take(&mut self.parts);
        parts.clear();
        let layer = ui.layer_id();
        let mut add = |shown: eframe::egui::Response| parts.add(layer, shown.rect);
        let line = |ui: &Ui, horizontal: f32, vertical: f32| {
            Frame::new()
                .fill(tokens(ui).panel)
                .inner_margin(Margin::symmetric(horizontal as i8, vertical as i8))
        };
        if !modes.hides_small_print() {
            let menu = Panel::top("menu")
                .resizable(false)
                .frame(line(ui, space::S, space::S))
                .show(ui, |ui| menu_bar::ui(ui, app, actions));
            add(menu.response);
            Panel::bottom("status")
                .exact_size(28.0)
                .resizable(false)
                .frame(line(ui, space::M, 0.0))
                .show(ui, |ui| status::ui(ui, app, actions, &self.canvas));
        }
        if !modes.picture_only {
            let rail = Panel::left("tools")
                .exact_size(tools::rail::WIDTH)
                .resizable(false)
                .frame(line(ui, 0.0, space::S))
                .show(ui, |ui| tools::rail::ui(ui, app, actions));
            add(rail.response);
            let beside = ui.available_width() - size::LEARNING_PANEL_MIN;
            let has_room = if modes.presents {
                ui.available_width() - size::CONTROLS_PANEL_MIN >= size::ROOM_STAGE_MIN
            } else {
                !app.view().learning || beside - size::CONTROLS_PANEL_MIN >= size::STAGE_MIN
            };
            // Where not both have room beside the picture, the questions were opened last.
            if app.view().controls && has_room {
                let controls = Panel::left("controls")
                    .resizable(true)
                    .default_size(size::CONTROLS_PANEL)
                    .size_range(size::CONTROLS_PANEL_MIN..=size::CONTROLS_PANEL_MAX)
                    .frame(side_frame(ui))
                    .show(ui, |ui| {
                        let textures = &mut self.textures;
                        let left = Left {
                            app,
                            actions,
                            textures,
                        };
                        self.tools.left_ui(ui, left);
                    });
                add(controls.response);
            }
            // Before the panels below the picture, so that long texts have the whole height.
            if app.view().learning {
                let learning = Panel::right("learning")
                    .resizable(true)
                    .default_size(size::LEARNING_PANEL)
                    .size_range(size::LEARNING_PANEL_MIN..=size::LEARNING_PANEL_MAX)
                    .frame(side_frame(ui))
                    .show(ui, |ui| learning::ui(ui, app, actions, &mut self.learning));
                add(learning.response);
            }
            if app.view().filmstrip && !modes.presents {
                let filmstrip = Panel::bottom("filmstrip")
                    .exact_size(size::THUMBNAIL + 2.0 * space::S + space::XS)
                    .resizable(false)
                    .frame(line(ui, space::M, space::S))
                    .show(ui, |ui| {
                        filmstrip::ui(ui, app, actions, &mut self.filmstrip)
                    });
                add(filmstrip.response);
            }
            if !modes.presents {
                let equation = Panel::bottom("equation")
                    .resizable(false)
                    .frame(line(ui, space::M, space::S))
                    .show(ui, |ui| equation::ui(ui, app, actions, &mut self.equation));
                add(equation.response);
            }
        }
        if app.view().bookmarks && !modes.picture_only {
            let bookmarks = Panel::right("bookmarks")
                .resizable(true)
                .default_size(size::BOOKMARKS_PANEL)
                .size_range(size::BOOKMARKS_PANEL_MIN..=size::CONTROLS_PANEL_MAX)
                .frame(side_frame(ui))
                .show(ui, |ui| {
                    let textures = &mut self.filmstrip.textures;
                    bookmarks::ui(ui, app, actions, &mut self.bookmarks, textures);
                });
            add(bookmarks.response);
        }
        if let Some(scene) = app.navigation().scene() {
            let scene = Panel::top("scene")
                .resizable(false)
                .frame(line(ui, space::M, space::S))
                .show(ui, |ui| learning::scene_bar_ui(ui, app, actions, scene));
            add(scene.response);
        }
        let watching = app.navigation().scene().filter(|it| !it.watch.is_empty());
        if let Some(scene) = watching {
            Panel::bottom("watch")
                .resizable(false)
                .frame(line(ui, space::M, space::S))
                .show(ui, |ui| learning::watch_ui(ui, app, scene));
        }
        self.toasts.strip_ui(ui, app, actions);
        self.filmstrip.textures.end_frame();
        // The status bar has shown that of the last frame.
        self.canvas.forget_scale();
        let shown = self.picture.shown();
        let stage = CentralPanel::no_frame()
            .frame(Frame::new().fill(tokens(ui).canvas))
            .show(ui, |ui| {
                let mut stage = Stage {
                    app,
                    actions,
                    canvas: &mut self.canvas,
                    textures: &mut self.textures,
                    shown,
                };
                self.tools.stage_ui(ui, &mut stage);
            });
        self.stage = stage.response.rect;
        add(stage.response);
        self.parts = parts;
        self.textures.end_frame();
        self.picture_was_painted = shown.is_some();
    }

    fn overlays(&mut self, ctx: &Context) {
        let (app, actions) = (&self.app, &mut self.actions);
        if app.overlay() != Overlay::Palette {
            self.palette.close();
        }
        if app.overlay() != Overlay::Shortcuts {
            self.shortcuts.close();
        }
        if app.overlay() != Overlay::Scene {
            self.scene_form.close();
        }
        match app.overlay() {
            Overlay::None => {}
            Overlay::Palette => self.palette.ui(ctx, app, actions),
            Overlay::Notifications => overlays::notifications(ctx, app, actions),
            Overlay::Export => overlays::export_form(ctx, &self.app, actions),
            Overlay::Describe => overlays::describe_form(ctx, &self.app, actions),
            Overlay::Passport => overlays::passport_form(ctx, &self.app, actions),
            Overlay::Quit { waits } => overlays::quit_form(ctx, app, actions, waits),
            Overlay::Shortcuts => self.shortcuts.ui(ctx, actions),
            Overlay::About => overlays::about(ctx, app, actions),
            Overlay::Bookmark => self.bookmark_form.ui(ctx, app, actions),
            Overlay::Scene => self.scene_form.ui(ctx, app, actions),
        }
        if let Some((layer, rect)) = overlays::tour(ctx, app, actions) {
            self.parts.add_first(layer, rect);
        }
        self.toasts.ui(ctx, app, actions, self.stage);
        overlays::drop_zone(ctx);
    }

    /// The one point of the frame where the state changes.
    fn run_actions(&mut self, ctx: &Context) {
        for action in self.actions.drain() {
            self.app.run(action);
        }
        for effect in self.app.take_effects() {
            self.carry_out(ctx, effect);
        }
    }

    /// Enlarges a window that came back smaller than it may be: without a window manager nobody
    /// else does.
    fn keep_least_size(&mut self, ctx: &Context) {
        let size = ctx.input(|input| input.viewport().inner_rect.map(|rect| rect.size()));
        let Some(size) = size.filter(|_| !self.has_checked_size) else {
            return;
        };
        self.has_checked_size = true;
        let least = eframe::egui::Vec2::from(MIN_SIZE);
        if size.x < least.x || size.y < least.y {
            ctx.send_viewport_cmd(ViewportCommand::InnerSize(size.max(least)));
        }
    }

    /// Puts the session's name into the title, where it is another than before.
    fn name_window(&mut self, ctx: &Context) {
        let title = self.app.session().window_title();
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    fn carry_out(&mut self, ctx: &Context, effect: Effect) {
        match effect {
            Effect::AskForAnyFile => self.dialogs.open_any(&mut self.actions),
            Effect::AskForModelFile => self.dialogs.open_model(&mut self.actions),
            Effect::AskForPhoto => self.dialogs.open_picture(&mut self.actions),
            Effect::AskForDirections => self.dialogs.open_directions(&mut self.actions),
            Effect::AskForSessionFile => self.dialogs.open_session(&mut self.actions),
            Effect::AskWhereToSaveSession { suggested_name } => {
                self.dialogs
                    .save_session(&suggested_name, &mut self.actions);
            }
            Effect::AskWhereToSaveScene { suggested_name } => {
                self.dialogs.save_scene(&suggested_name, &mut self.actions);
            }
            Effect::AskForPictureFile { suggested_name } => {
                self.dialogs
                    .save_picture(&suggested_name, &mut self.actions);
            }
            Effect::AskWhereToExport {
                suggested_name,
                kind,
            } => {
                self.dialogs
                    .export(&suggested_name, kind, &mut self.actions);
            }
            Effect::AskForCurveFile(file) => {
                self.dialogs.save_curves(file, &mut self.actions);
            }
            Effect::AskForLearningFile(file) => {
                self.dialogs.save_learning(file, &mut self.actions);
            }
            Effect::Copy(text) => ctx.copy_text(text),
            Effect::FullScreen(on) => ctx.send_viewport_cmd(ViewportCommand::Fullscreen(on)),
            Effect::Close => ctx.send_viewport_cmd(ViewportCommand::Close),
            Effect::EditExpression => self.equation.focus(),
            Effect::FocusPart { forward } => self.parts.focus_next(ctx, forward),
            Effect::FitPicture => self.canvas.fit(),
            Effect::Frame(framing) => self.canvas.set_framing(framing),
            Effect::Restyle => restyle(ctx, &self.app),
        }
        ctx.request_repaint();
    }
}

impl eframe::App for ZscapeWindow {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.keep_least_size(ctx);
        let input = self.input(ctx);
        self.app.begin_frame(input);
        if stop::asked() {
            // A signal waits for no answer, so files that are not whole are removed.
            self.app.run(Action::Quit(Quit::Now));
        }
        // Also in a window that is hidden and therefore not painted.
        if self.app.take_close() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        let is_closing = ctx.input(|input| input.viewport().close_requested());
        if is_closing && !self.app.may_close() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            // The question is of no use in a window that nobody sees.
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
        if let Some(smoke) = &mut self.smoke {
            if smoke.on_frame(&self.app, self.picture_was_painted) {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            // The frame after the picture has to come by itself.
            ctx.request_repaint_after(Duration::from_millis(if self.picture_was_painted {
                0
            } else {
                100
            }));
        }
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        shortcuts::take(&ctx, &self.app, self.was_typing, &mut self.actions);
        self.dialogs.take_answers(&mut self.actions);
        overlays::take_dropped_files(&ctx, &mut self.actions);
        if let Some(newest) = self.app.preview().frame() {
            self.picture.update(&ctx, frame.wgpu_render_state(), newest);
        }
        self.panels(ui);
        self.overlays(&ctx);
        self.was_typing = ctx.text_edit_focused();
        self.fonts.end_frame(&ctx);
        self.run_actions(&ctx);
        let input = self.input(&ctx);
        if let Some(due_secs) = self.app.end_frame(input) {
            ctx.request_repaint_after(Duration::from_secs_f64(due_secs.max(0.0)));
        }
        self.name_window(&ctx);
    }

    fn on_exit(&mut self) {
        self.remember();
        self.memory.close();
        self.app.close();
    }

    /// Every half minute. eframe's own storage keeps only what is eframe's.
    fn save(&mut self, _: &mut dyn eframe::Storage) {
        self.remember();
    }

    fn persist_egui_memory(&self) -> bool {
        self.smoke.is_none()
    }
}

/// A key that is held sends an event at least this often. One that has been silent for longer was
/// let go of without a word: `+` goes down as Plus and comes up as Equals once Shift is released.
const HELD_KEY_SECS: f64 = 1.0;

impl ZscapeWindow {
    fn remember(&mut self) {
        storage::save(&mut self.memory, &self.app);
        self.memory.flush();
    }

    fn input(&mut self, ctx: &Context) -> FrameInput {
        let framing = self.canvas.framing();
        let is_typing = ctx.egui_wants_keyboard_input();
        ctx.input(|input| {
            let is_key = |event: &Event| matches!(event, Event::Key { .. });
            if input.events.iter().any(is_key) {
                self.last_key_secs = input.time;
            }
            let holds_a_key = !input.keys_down.is_empty()
                && !is_typing
                && input.time - self.last_key_secs < HELD_KEY_SECS;
            FrameInput {
                now_secs: input.time,
                dt_secs: input.stable_dt,
                framing,
                hand_is_busy: input.pointer.any_down() || holds_a_key || input.is_scrolling(),
            }
        })
    }
}

fn restyle(ctx: &Context, app: &AppState) {
    theme::set_theme(ctx, app.view().theme);
    theme::set_text_scale(ctx, app.text_scale());
    picture::set_enlarging(ctx, app.view().enlarging);
}
