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
    let mut rows = Vec::new();
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
        rows.push(columns(entry.name, manifest));
    }
    if args.json {
        let text = serde_json::to_string_pretty(&records)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        say(&text)
    } else {
        say(&table(&rows))
    }
}

/// What stands in a line of a model, and the summary behind it.
fn columns(name: &str, manifest: &Manifest) -> [String; 5] {
    let spaces: Vec<String> = manifest
        .spaces
        .iter()
        .map(|(space, shape)| format!("{space} {shape}"))
        .collect();
    [
        name.to_owned(),
        manifest.capabilities().title.to_owned(),
        image_name(manifest),
        spaces.join(", "),
        manifest.summary.clone(),
    ]
}

/// Lines whose columns are as wide as what stands in them.
fn table(rows: &[[String; 5]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0) + 2
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<String>() + &row[4]
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Width, height and, where there are several, channels.
pub fn image_name(manifest: &Manifest) -> String {
    let image = manifest.image;
    match image.channels {
        1 => format!("{}x{}", image.width, image.height),
        channels => format!("{}x{}x{channels}", image.width, image.height),
    }
}
