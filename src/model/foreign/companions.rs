//! What belongs to a file and lies in another: an encoder, and the settings that diffusers writes.

use super::container::Container;
use crate::files::load;
use std::path::Path;

/// The longest file of settings, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// What stands before the names of the tensors of an encoder that is an ONNX file.
pub const ENCODER: &str = "encoder:";

/// Puts the tensors of an encoder beside those of a decoder, each under its prefix.
pub fn join(decoder: &mut Container, encoder: Container) {
    let is_program = decoder.program.is_some() && encoder.program.is_some();
    decoder.encoder = encoder.program;
    let (of_decoder, of_encoder) = match is_program {
        true => ("", ENCODER),
        false => ("decoder.", "encoder."),
    };
    let under = |prefix: &str, name: String| match name.starts_with(prefix) {
        true => name,
        false => format!("{prefix}{name}"),
    };
    let first = decoder.files.len();
    let count = decoder.tensors.len();
    let tensors = std::mem::take(&mut decoder.tensors);
    let tensors = tensors.into_iter();
    decoder.tensors = tensors
        .map(|(name, info)| (under(of_decoder, name), info))
        .collect();
    for (name, mut info) in encoder.tensors {
        info.place.file += first;
        info.order += count;
        decoder.tensors.insert(under(of_encoder, name), info);
    }
    decoder.files.extend(encoder.files);
    decoder.lens.extend(encoder.lens);
    decoder.notes.extend(encoder.notes);
}

/// Where the settings of diffusers lie, seen from a file of weights, and what stands before their names:
/// those of the network, and those of the sampler of a whole pipeline.
const SETTINGS: [(&str, &str); 3] = [
    ("config.json", "config"),
    ("../scheduler/scheduler_config.json", "scheduler"),
    ("scheduler_config.json", "scheduler"),
];

/// Adds the plain settings that lie beside a file. Those that cannot be read say nothing.
pub fn read_config(container: &mut Container, path: &Path) {
    for (name, prefix) in SETTINGS {
        let settings = path.with_file_name(name);
        if settings != path && settings.is_file() {
            add_settings(container, &settings, prefix);
        }
    }
}

fn add_settings(container: &mut Container, path: &Path, prefix: &str) {
    let Ok(bytes) = load::read(path, MAX_CONFIG) else {
        return;
    };
    let Ok(serde_json::Value::Object(settings)) = serde_json::from_slice(&bytes) else {
        return;
    };
    for (key, value) in settings.into_iter().take(200) {
        let value = match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        let value = value.chars().take(200).collect();
        container.facts.insert(format!("{prefix}.{key}"), value);
    }
}
