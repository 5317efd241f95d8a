//! `models`: the built-in catalogue.

use super::args::ModelsArgs;
use super::error::CliError;
use super::{say, source};
use crate::engine::ModelSource;
use crate::model::catalogue;
use crate::model::manifest::Manifest;
use serde_json::json;

/// `zscape models`
pub fn models(args: &ModelsArgs) -> Result<(), CliError> {
    let mut lines = Vec::new();
    let mut records = Vec::new();
    for entry in catalogue::entries() {
        let file = source::read(&ModelSource::Catalogue(entry.name.to_owned()))?;
        let manifest = &file.manifest;
        records.push(json!({
            "name": entry.name,
            "title": manifest.title,
            "summary": manifest.summary,
            "family": manifest.family,
            "image": manifest.image,
            "spaces": manifest.spaces,
            "conditions": manifest.conditions,
            "networks": manifest.networks.keys().collect::<Vec<_>>(),
            "classes": manifest.classes,
            "data": manifest.data,
            "quality": manifest.quality,
            "hash": file.hash,
            "bytes": entry.bytes.len(),
        }));
        lines.push(line(entry.name, manifest));
    }
    if args.json {
        let text = serde_json::to_string_pretty(&records)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        say(&text)
    } else {
        say(&lines.join("\n"))
    }
}

fn line(name: &str, manifest: &Manifest) -> String {
    let spaces: Vec<String> = manifest
        .spaces
        .iter()
        .map(|(space, shape)| format!("{space} {shape}"))
        .collect();
    format!(
        "{name:<17}{:<17}{:<9}{:<23}{}",
        manifest.capabilities().title,
        image_name(manifest),
        spaces.join(", "),
        manifest.summary
    )
}

/// Width, height and, where there are several, channels.
pub fn image_name(manifest: &Manifest) -> String {
    let image = manifest.image;
    match image.channels {
        1 => format!("{}x{}", image.width, image.height),
        channels => format!("{}x{}x{channels}", image.width, image.height),
    }
}
