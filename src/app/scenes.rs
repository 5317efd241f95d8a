//! Scene files: what is on the window as a file for others, and theirs on the window.
//!
//! The hazard here is a stranger's file that mixes with one's own work. Its codes have names only while
//! the scene is open, and give way to names of the session; leaving it puts everything back.

use super::export::Export;
use super::models::link_of;
use super::navigation::SceneOrigin;
use super::notices::Level;
use super::sentences::NO_MODEL;
use super::tools::encode;
use super::{Composition, Desk, Effect, Navigation, OpenScene, ToolSettings};
use crate::document::scene_file::{SceneFile, SceneText};
use crate::document::session_file::ENDING;
use crate::document::{ModelLink, Recipe, Staging, Subject};
use crate::engine::ModelSource;
use crate::latent::SessionNames;
use crate::latent::expr::{Expr, parse};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The scene that is to be saved.
#[derive(Default, Debug)]
pub(super) struct SceneSaver {
    text: SceneText,
}

impl SceneSaver {
    pub fn set(&mut self, text: SceneText) {
        self.text = text.bounded();
    }

    /// Asks where the file is to be.
    pub fn ask_where(&self, desk: &mut Desk) {
        let name = encode::name_of(Path::new(&self.text.title));
        let suggested_name = format!("{name}.{ENDING}");
        let ask = Effect::AskWhereToSaveScene { suggested_name };
        desk.workspace.effects.push(ask);
    }

    /// Has what is on the window written.
    pub fn save(&self, desk: &mut Desk, export: &mut Export, path: PathBuf) {
        match scene_of(desk, &self.text) {
            Ok(text) => export.write_text(&mut desk.workspace, text, path),
            Err(sentence) => desk.workspace.notices.push(Level::Error, sentence),
        }
    }
}

/// What is on the window as the text of a scene file.
///
/// # Errors
/// A sentence on what is missing.
fn scene_of(desk: &Desk, text: &SceneText) -> Result<String, String> {
    let workspace = &desk.workspace;
    let model = workspace.model().ok_or(NO_MODEL)?;
    let frame = workspace.preview.frame().ok_or("No picture yet")?;
    let mut expression = workspace.position.expression().clone();
    let mut names = SessionNames::clone(&workspace.names);
    if encodes(&expression) {
        // Others do not have the photo: its code goes along.
        let name = desk.free_code_name("picture");
        names.codes.insert(name.clone(), frame.code.clone());
        expression = Expr::Named(name);
    }
    let mut settings = (**desk.tools.settings()).clone();
    settings.leave_out_local();
    let staging = desk.staging_with(settings);
    let in_tools = staging.as_ref().and_then(Staging::value);
    let in_tools = in_tools.map_or_else(Vec::new, |value| expressions_in(&value));
    let image = model.manifest.image;
    let size = [image.width, image.height].map(|side| side as u32);
    let subject = Subject::Expression(expression.to_string());
    let mut recipe = Recipe::new(model.id.clone(), subject, size);
    recipe.sampler = workspace.position.sampler();
    recipe.set_names(names.used_by(in_tools.iter().chain([&expression])));
    let scene = SceneFile::new(&text.title, &text.caption, staging, recipe);
    let written = scene.and_then(|scene| scene.to_json());
    written.map_err(|error| format!("The scene was not saved: {error}"))
}

/// Whether a photo is encoded in an expression.
fn encodes(expression: &Expr) -> bool {
    let mut waiting = vec![expression];
    while let Some(expression) = waiting.pop() {
        if matches!(expression, Expr::Encode(_)) {
            return true;
        }
        waiting.extend(expression.children());
    }
    false
}

/// The expressions among the texts of what tools are set to.
fn expressions_in(value: &Value) -> Vec<Expr> {
    let mut found = Vec::new();
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => found.extend(parse(text).ok()),
            Value::Array(values) => waiting.extend(values),
            Value::Object(map) => waiting.extend(map.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

/// Shows the scene of a file.
pub(super) fn open(desk: &mut Desk, navigation: &mut Navigation, path: &Path, scene: &SceneFile) {
    if let Err(why) = try_open(desk, navigation, path, scene) {
        let sentence = format!("{}: {why}", path.display());
        desk.workspace.notices.push(Level::Error, sentence);
    }
}

fn try_open(
    desk: &mut Desk,
    navigation: &mut Navigation,
    path: &Path,
    scene: &SceneFile,
) -> Result<(), String> {
    let mut expression = parse(scene.expression())
        .map_err(|error| format!("its expression cannot be read: {error}"))?;
    let (source, link) = model_of(desk, path, scene)?;
    let staged = scene.staging.as_ref().and_then(|it| desk.staged(it));
    let mut settings = staged
        .as_ref()
        .map_or_else(Arc::default, |staged| Arc::clone(&staged.settings));
    // Those of the same scene, where it is opened again.
    desk.set_scene_codes(BTreeMap::new());
    // Names of the session mean what they mean there.
    let mut codes = Vec::new();
    for (name, code) in &scene.recipe.codes {
        let free = desk.free_code_name(name);
        if free != *name {
            expression.rename(name, &free);
            if let Some(renamed) = super::desk::renamed(&settings, name, &free) {
                settings = renamed;
            }
        }
        codes.push((free, code.clone()));
    }
    for (file, photo) in &scene.recipe.photos {
        let free = desk.free_code_name(&encode::name_of(Path::new(file)));
        expression.name_photo(file, &free);
        codes.push((free, photo.code.clone()));
    }
    let open = OpenScene {
        origin: SceneOrigin::File(path.to_owned()),
        title: Some(scene.title.clone()).filter(|title| !title.is_empty()),
        caption: scene.caption.clone(),
        nearest: None,
        watch: Vec::new(),
        locked: Vec::new(),
        model: source,
        link: Some(Arc::new(link)),
        is_whole: true,
    };
    let composition = Composition {
        expression,
        sampler: scene.recipe.sampler,
    };
    let tool = staged
        .as_ref()
        .map(|staged| staged.open)
        .unwrap_or_default();
    let is_open = navigation.enter_scene(desk, open, tool, composition, |own| {
        let directions = own.directions.clone();
        *own = ToolSettings::clone(&settings);
        own.directions = directions;
    });
    if !is_open {
        return Ok(());
    }
    desk.set_scene_codes(codes.into_iter().collect());
    desk.adopt_directions(path, &scene.recipe.model.hash, &scene.recipe.directions);
    if let Some(staged) = staged {
        let frame = Effect::Frame(staged.framing);
        desk.workspace.effects.push(frame);
    }
    Ok(())
}

/// Where the model of a scene is.
///
/// # Errors
/// A sentence that names it, where it is nowhere.
fn model_of(
    desk: &Desk,
    path: &Path,
    scene: &SceneFile,
) -> Result<(ModelSource, ModelLink), String> {
    let wanted = &scene.recipe.model;
    let workspace = &desk.workspace;
    let link = workspace.models.link_to(path, wanted);
    let is_it = |source: &ModelSource| {
        let known = workspace.models.known(source);
        known.is_some_and(|model| link_of(model).is_same_model(&link))
    };
    let known = workspace.models.choices().find(is_it);
    let source = known.unwrap_or_else(|| super::models::source_of(&link));
    match &source {
        ModelSource::File(file) if !file.is_file() => Err(format!(
            "its model {} is not here; put {} beside the scene",
            wanted.name,
            file.file_name().unwrap_or_default().to_string_lossy()
        )),
        _ => Ok((source, link)),
    }
}
