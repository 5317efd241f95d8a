//! The workspace with its tools and its session: what a step of the history holds, and what
//! navigation moves as one.

mod redraw;
mod staging;
mod steps;

use super::models::link_of;
use super::notices::Level;
use super::session::OpenSession;
use super::tools::directions::Directions;
use super::tools::{ToolContext, ToolPart, ToolView, Work};
use super::{Composition, Edit, ThumbnailKey, Tool, ToolSettings, Tools, Workspace};
use crate::document::bookmarks::renamed_in_json;
use crate::document::{Change, ModelLink, NodeId, SessionView};
use crate::engine::{JobId, ModelSource};
use crate::latent::expr::Expr;
use crate::latent::{Code, Direction, SessionNames};
use redraw::Redrawing;
use serde::Deserialize as _;
pub use staging::Staged;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use steps::KnownTools;

/// A model, what it draws and what is set in the tools: what undo and the filmstrip go back to.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    pub model: ModelSource,
    pub composition: Composition,
    pub tools: Arc<ToolSettings>,
}

/// The workspace, its tools and its session.
pub struct Desk {
    pub(super) workspace: Workspace,
    pub(super) tools: Tools,
    pub(super) session: OpenSession,
    /// The place that was settled or gone to last.
    settled: Option<Place>,
    /// What was being made when it was settled.
    settled_work: Option<Work>,
    /// What the session heard last of the tools.
    known_tools: Option<KnownTools>,
    redrawing: Option<Redrawing>,
    /// Codes that have names only while a scene is open.
    scene_codes: BTreeMap<String, Code>,
    /// The tool that was open before a bookmark opened another, until that is a step.
    opened_by_staging: Option<Tool>,
    /// The same for steps: undoing one opens that tool again.
    tools_before: BTreeMap<NodeId, Tool>,
}

impl Desk {
    pub(super) fn new(workspace: Workspace, session: OpenSession) -> Self {
        Self {
            workspace,
            tools: Tools::default(),
            session,
            settled: None,
            settled_work: None,
            known_tools: None,
            redrawing: None,
            scene_codes: BTreeMap::new(),
            opened_by_staging: None,
            tools_before: BTreeMap::new(),
        }
    }

    /// What is being made by hand.
    pub(super) fn work(&self) -> Option<Work> {
        self.tools.work(&self.workspace)
    }

    /// Where the user is; `None` before the first model is there.
    pub fn place(&self) -> Option<Place> {
        let model = self.workspace.model()?;
        Some(Place {
            model: model.source.clone(),
            composition: self.workspace.position.composition(),
            tools: Arc::clone(self.tools.settings()),
        })
    }

    /// Lets expressions know what the session names: bookmarks, and the directions that were
    /// found in the loaded model. This is the only place that does.
    pub(super) fn refresh_names(&mut self) {
        let [mut codes, retired] = self.session.document().bookmarks().codes();
        codes.extend(self.scene_codes.clone());
        let names = SessionNames {
            codes,
            retired,
            directions: self.tool::<Directions>().found(),
            ..SessionNames::default()
        };
        // Everything that is shown is asked for again when the names are others.
        if *self.workspace.names != names {
            self.workspace.names = Arc::new(names);
            self.session.thumbnails_mut().retry(None);
        }
    }

    /// Gives codes names for as long as a scene is open.
    pub(super) fn set_scene_codes(&mut self, codes: BTreeMap<String, Code>) {
        if self.scene_codes != codes {
            self.scene_codes = codes;
            self.refresh_names();
        }
    }

    /// What a tool and its panel read.
    pub fn tool<T: ToolPart>(&self) -> ToolView<'_, T> {
        self.tools.view(&self.workspace)
    }

    /// Lets a tool work.
    pub(super) fn with_tool<T: ToolPart, R>(
        &mut self,
        run: impl FnOnce(&mut T, &mut ToolContext<'_, T>) -> R,
    ) -> R {
        self.use_tools(|tools, workspace| tools.with(workspace, run))
    }

    /// Lets tools work, and takes up the names that they change.
    pub(super) fn use_tools<R>(&mut self, run: impl FnOnce(&mut Tools, &mut Workspace) -> R) -> R {
        let done = run(&mut self.tools, &mut self.workspace);
        if self.tools.take_names_changed() {
            self.refresh_names();
        }
        done
    }

    /// Sets all tools at once, as history and scenes do, and opens the one that differs.
    pub(super) fn restore_tools(&mut self, settings: Arc<ToolSettings>) {
        self.use_tools(|tools, _| tools.restore(settings));
    }

    /// Puts settings of all tools and the open one in the place of those of now. Directions that
    /// were found meanwhile stay: a search may end after a scene has opened.
    pub(super) fn set_tools(&mut self, mut settings: Arc<ToolSettings>, open: Tool) {
        Arc::make_mut(&mut settings).take_over_found(self.tools.settings());
        self.tools.settings = settings;
        self.tools.open = open;
        self.refresh_names();
    }

    pub(super) fn open_tool(&mut self, tool: Tool) {
        self.tools.stop_playing();
        self.tools.open = tool;
    }

    /// Changes the expression as the user asks; whatever plays does not take it back.
    pub(super) fn edit(&mut self, edit: Edit) {
        if edit.is_new_start() && self.workspace.admits(&edit) {
            self.stop_playing();
        }
        self.workspace.edit(edit);
    }

    /// Takes a code that was clicked: to a place of the open tool that waits for one, else on the
    /// window.
    pub(super) fn choose(&mut self, code: Expr) {
        let is_taken = self.use_tools(|tools, workspace| tools.take(workspace, &code));
        if !is_taken {
            self.edit(Edit::Expression(code));
        }
    }

    /// Whether the picture moves by itself.
    pub(super) fn is_playing(&self) -> bool {
        self.workspace.player.is_some() || self.tools.is_playing()
    }

    /// Stops whatever moves the picture by itself.
    pub(super) fn stop_playing(&mut self) {
        self.workspace.player = None;
        self.tools.stop_playing();
    }

    /// Gives a bookmark another name, also in all that uses it. Returns whether it has it now.
    pub(super) fn rename_bookmark(&mut self, from: &str, to: &str) -> bool {
        let (session, workspace) = (&mut self.session, &mut self.workspace);
        if !session.rename_bookmark(workspace, from, to) {
            return false;
        }
        // What is shown is the same in other words: no step.
        let was_moving = self.workspace.gesture.is_moving();
        let mut expression = self.workspace.position.expression().clone();
        if expression.rename(from, to) {
            self.workspace.edit_position(Edit::Expression(expression));
        }
        if let Some(settings) = renamed(self.tools.settings(), from, to) {
            self.set_tools(settings, self.tools.open());
        }
        if !was_moving {
            self.arrive();
        }
        self.session
            .thumbnails_mut()
            .remove(&ThumbnailKey::Bookmark(from.to_owned()));
        self.refresh_names();
        true
    }

    /// Gives a code that no expression makes a name. Returns whether it has it now.
    pub(super) fn name_code(
        &mut self,
        name: &str,
        tags: &[String],
        code: Code,
        model: ModelLink,
    ) -> bool {
        let workspace = &mut self.workspace;
        let is_named = self.session.name_code(workspace, name, tags, code, model);
        if is_named {
            self.refresh_names();
        }
        is_named
    }

    /// Gives a code that was found for a picture a name, and goes there.
    pub(super) fn name_found_code(&mut self, name: &str, code: Code) {
        let Some(model) = self.workspace.model().map(link_of) else {
            return;
        };
        if self.name_code(name, &[], code, model) {
            let named = Edit::Expression(Expr::Named(name.to_owned()));
            self.workspace.edit(named);
            let sentence = format!("The code of the picture is @{name} now");
            self.workspace.notices.push(Level::Done, sentence);
        }
    }

    /// Takes the code that a name was asked for.
    pub(super) fn on_named(&mut self, job: JobId, code: Code) {
        if self.session.on_evaluated(&mut self.workspace, job, code) {
            self.refresh_names();
        }
    }

    /// A name for a code that nobody has: `stem`, or `stem` with a number.
    pub fn free_code_name(&self, stem: &str) -> String {
        self.session.free_code_name(&self.workspace, stem)
    }

    /// Whether a bookmark may get this name, as far as is known at once.
    ///
    /// # Errors
    ///
    /// Why not, as a sentence.
    pub fn check_bookmark_name(&self, name: &str) -> Result<(), String> {
        self.session.check_bookmark_name(&self.workspace, name)
    }

    /// Takes over the directions that came with a file, for the model of a hash. A name that another
    /// direction has here keeps its own, which is said.
    pub(super) fn adopt_directions(&mut self, path: &Path, hash: &str, directions: &[Direction]) {
        if directions.is_empty() {
            return;
        }
        let name = path.file_name().unwrap_or(path.as_os_str());
        let evidence = format!("came with {}", name.to_string_lossy());
        let taken = self.with_tool(|_, cx| Directions::adopt(cx, hash, directions, &evidence));
        if !taken.is_empty() {
            let sentence = format!(
                "{} was made with other directions of the names {}, so the picture differs",
                path.display(),
                taken.join(", ")
            );
            self.workspace.notices.push(Level::Warning, sentence);
        }
    }

    /// Last thing in a frame. Returns whether something still waits to be handed over.
    pub(super) fn keep_session(&mut self) -> bool {
        let view = SessionView {
            controls: self.workspace.view.controls,
            filmstrip: self.workspace.view.filmstrip,
            all_dims: self.workspace.view.all_dims,
            bookmarks: self.workspace.view.bookmarks,
        };
        if view != self.session.document().view() {
            self.change(Change::View(view));
        }
        self.session.tick()
    }

    /// Makes a change of the session. Returns whether it made sense.
    pub(super) fn change(&mut self, change: Change) -> bool {
        self.session.change(&mut self.workspace.notices, change)
    }
}

/// Settings in which a name of a code is another; `None` where they do not use it.
pub(super) fn renamed(
    settings: &Arc<ToolSettings>,
    from: &str,
    to: &str,
) -> Option<Arc<ToolSettings>> {
    // Directions hold no expressions, and their values are many.
    let mut settings = (**settings).clone();
    let directions = std::mem::take(&mut settings.directions);
    let settings = serde_json::to_value(settings).ok()?;
    let renamed = renamed_in_json(&settings, from, to)?;
    let mut settings = ToolSettings::deserialize(renamed).ok()?;
    settings.directions = directions;
    Some(Arc::new(settings))
}
