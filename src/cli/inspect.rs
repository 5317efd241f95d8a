//! `inspect`: what a model file holds, or the recipe in a picture or an animation.

use super::args::InspectArgs;
use super::error::CliError;
use super::listing::image_name;
use super::{replay, say, source};
use crate::document::{Recipe, scene_file};
use crate::engine::ModelSource;
use crate::files::{FileKind, load};
use crate::latent::VocabularyKind;
use crate::model::file::ModelFile;
use crate::model::foreign::Foreign;
use crate::model::manifest::MapSpec;
use crate::model::quality;
use std::fmt::{self, Write as _};
use std::path::Path;

/// `zscape inspect`
pub fn inspect(args: &InspectArgs) -> Result<(), CliError> {
    let path = args.file.as_path();
    if !path.exists()
        && let Some(entry) = source::in_catalogue(path)
    {
        let source = ModelSource::Catalogue(entry.name.to_owned());
        return say(describe(&source::read(&source)?).trim_end());
    }
    match source::kind_of(path)? {
        kind if kind.can_carry_recipe() => say(&pretty(&replay::recipe_in(path)?)?),
        kind if kind.holds_weights() || kind == FileKind::Unknown => {
            if is_foreign(path, kind)? {
                return say(passport(args)?.trim_end());
            }
            let source = ModelSource::File(path.to_owned());
            say(describe(&source::read(&source)?).trim_end())
        }
        FileKind::Scene => {
            let scene =
                scene_file::read(path).map_err(|error| CliError::BadInput(error.to_string()))?;
            let shown = serde_json::to_string_pretty(&scene);
            say(&shown.map_err(|fault| CliError::Failed(fault.to_string()))?)
        }
        kind if kind.is_picture() || kind.is_video() => {
            Err(source::foreign(path, kind, "in which no recipe is kept"))
        }
        kind => {
            let unlike = "neither a model file nor a picture with a recipe";
            Err(source::foreign(path, kind, unlike))
        }
    }
}

/// Whether another program wrote a file: it has no manifest.
fn is_foreign(path: &Path, kind: FileKind) -> Result<bool, CliError> {
    if kind != FileKind::Safetensors {
        return Ok(kind != FileKind::Unknown);
    }
    ModelFile::is_ours(path)
        .map(|is_ours| !is_ours)
        .map_err(|fault| CliError::bad_input(path.display(), fault))
}

/// What is known of a foreign file without its weights.
fn passport(args: &InspectArgs) -> Result<String, CliError> {
    let path = args.file.as_path();
    let bad_input = |fault: &dyn fmt::Display| CliError::bad_input(path.display(), fault);
    let foreign =
        Foreign::open(path, args.encoder.as_deref()).map_err(|fault| bad_input(&fault))?;
    let mut text = String::new();
    for (name, value) in foreign.passport().rows() {
        let value = value.split(char::is_control).collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "{name:<11}{value}");
    }
    let hash = load::sha256(path, u64::MAX).map_err(|fault| bad_input(&fault))?;
    let _ = writeln!(text, "{:<11}{hash}", "sha256");
    Ok(text)
}

fn pretty(recipe: &Recipe) -> Result<String, CliError> {
    serde_json::to_string_pretty(recipe).map_err(|fault| CliError::Failed(fault.to_string()))
}

fn describe(file: &ModelFile) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write_description(&mut text, file);
    text
}

fn write_description(out: &mut String, file: &ModelFile) -> fmt::Result {
    let manifest = &file.manifest;
    // A line's end in a value would forge another row.
    let mut row = |name: &str, value: &str| {
        let value = value.split(char::is_control).collect::<Vec<_>>().join(" ");
        writeln!(out, "{name:<10}{value}")
    };
    row("name", &manifest.name)?;
    row("title", &manifest.title)?;
    row("summary", &manifest.summary)?;
    row("hash", &file.hash)?;
    row("family", manifest.capabilities().title)?;
    row("pictures", &image_name(manifest))?;
    for (space, shape) in &manifest.spaces {
        row("space", &format!("{space} of {shape}"))?;
    }
    if let Some(vocabulary) = &manifest.conditions {
        let kind = match vocabulary.kind {
            VocabularyKind::Classes => "one of",
            VocabularyKind::Attributes => "any of",
        };
        let words = vocabulary.words.join(", ");
        row("condition", &format!("{kind} {words}"))?;
    }
    if let Some(style) = &manifest.style {
        let (layers, start) = (style.num_ws, style.start);
        let noise = if style.noise { "with" } else { "without" };
        row(
            "styles",
            &format!("{layers} layers from {start}x{start} pixels up, {noise} noise"),
        )?;
    }
    if !manifest.entries.is_empty() {
        let entries = manifest.entries.iter().enumerate();
        let entries = entries.map(|(index, entry)| format!("{index} {}", entry.name));
        row("labels", &entries.collect::<Vec<_>>().join(", "))?;
    }
    if !manifest.classes.is_empty() {
        row("classes", &manifest.classes.join(", "))?;
    }
    row(
        "data",
        &format!("{} ({})", manifest.data.name, manifest.data.licence),
    )?;
    let training = &manifest.training;
    row(
        "training",
        &format!(
            "{} images seen, seed {}, on {}, by {}",
            training.images_seen, training.seed, training.device, training.program
        ),
    )?;
    for line in quality::lines(&manifest.quality) {
        row("quality", &line)?;
    }
    for (role, network) in &manifest.networks {
        row("network", &format!("{} of {network}", role.name()))?;
    }
    for map in &manifest.maps {
        let MapSpec { from, to, network } = map;
        row("network", &format!("map from {from} to {to} of {network}"))?;
    }
    let numbers: usize = file
        .tensors
        .values()
        .map(|tensor| tensor.values.len())
        .sum();
    row(
        "tensors",
        &format!("{} with {numbers} numbers", file.tensors.len()),
    )?;
    for (name, tensor) in &file.tensors {
        writeln!(out, "  {:<28}{:?}", name.escape_debug(), tensor.shape)?;
    }
    Ok(())
}
