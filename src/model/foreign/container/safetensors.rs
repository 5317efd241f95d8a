//! Safetensors with any names, in one file or in several with an index.

use super::tensor::{Dtype, Place, TensorInfo};
use super::{Container, Form, MAX_FILE_BYTES};
use crate::files::load;
use safetensors::tensor::Metadata;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The longest header or index, in bytes.
const MAX_HEADER: u64 = 16 << 20;
/// The most files of one model.
const MAX_FILES: usize = 64;

/// One file.
pub fn open(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::Safetensors;
    let len = begun.lens[0];
    read(&mut begun, 0, file, len)?;
    Ok(begun)
}

/// The index of several files, which lie beside it.
pub fn open_index(mut begun: Container, mut file: File) -> Result<Container, String> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    begun.form = Form::Sharded;
    let mut text = String::new();
    file.by_ref()
        .take(MAX_HEADER)
        .read_to_string(&mut text)
        .map_err(|error| format!("the file cannot be read: {error}"))?;
    let index: Index = serde_json::from_str(&text)
        .map_err(|error| format!("it is no index of safetensors: {error}"))?;
    let folder = begun.files[0].parent().unwrap_or(Path::new("")).to_owned();
    let mut names: Vec<&String> = index.weight_map.values().collect();
    names.sort();
    names.dedup();
    if names.len() > MAX_FILES {
        return Err(format!("it lists more than {MAX_FILES} files"));
    }
    for name in names {
        // A name with a folder in it could lead anywhere.
        if Path::new(name).file_name() != Some(name.as_ref()) {
            return Err(format!(
                "it lists {name:?}, which is no name of a file beside it"
            ));
        }
        let path = folder.join(name);
        let (file, len) = load::open(&path, MAX_FILE_BYTES).map_err(|error| error.to_string())?;
        begun.files.push(path);
        begun.lens.push(len);
        let number = begun.files.len() - 1;
        read(&mut begun, number, file, len).map_err(|fault| format!("{name}: {fault}"))?;
    }
    Ok(begun)
}

/// Adds the tensors of one file.
fn read(into: &mut Container, number: usize, mut file: File, len: u64) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {error}");
    let mut prefix = [0; 8];
    file.read_exact(&mut prefix).map_err(unreadable)?;
    let header = u64::from_le_bytes(prefix);
    if header > MAX_HEADER || header.saturating_add(8) > len {
        return Err(format!("its header claims {header} bytes"));
    }
    let mut text = vec![0; header as usize];
    file.read_exact(&mut text).map_err(unreadable)?;
    let metadata: Metadata = serde_json::from_slice(&text)
        .map_err(|error| format!("its header cannot be read: {error}"))?;
    let start = 8 + header;
    let all = start.saturating_add(metadata.data_len() as u64);
    if all > len {
        return Err(format!(
            "it is cut short: its header speaks of {all} bytes, and it has {len}"
        ));
    }
    if all < len {
        into.notes
            .push(format!("{} bytes follow its tensors", len - all));
    }
    for (key, value) in metadata.metadata().iter().flatten().take(50) {
        into.facts.insert(
            key.chars().take(100).collect(),
            value.chars().take(200).collect(),
        );
    }
    let mut tensors: Vec<_> = metadata.tensors().into_iter().collect();
    tensors.sort_by_key(|(name, info)| (info.data_offsets, name.clone()));
    for (name, info) in tensors {
        let dtype = dtype(info.dtype).ok_or_else(|| {
            format!(
                "the tensor {name:?} is stored as {:?}, which is not read",
                info.dtype
            )
        })?;
        let (first, last) = info.data_offsets;
        let place = Place {
            file: number,
            member: None,
            offset: start + first as u64,
            room: (last - first) as u64,
        };
        let info = TensorInfo {
            dtype,
            shape: info.shape.clone(),
            strides: None,
            big_endian: false,
            place,
            order: 0,
        };
        into.add(name, info);
    }
    Ok(())
}

fn dtype(stored: safetensors::Dtype) -> Option<Dtype> {
    use safetensors::Dtype as Stored;
    Some(match stored {
        Stored::F16 => Dtype::F16,
        Stored::BF16 => Dtype::Bf16,
        Stored::F32 => Dtype::F32,
        Stored::F64 => Dtype::F64,
        Stored::BOOL | Stored::U8 | Stored::I8 => Dtype::Whole(1),
        Stored::I16 | Stored::U16 => Dtype::Whole(2),
        Stored::I32 | Stored::U32 => Dtype::Whole(4),
        Stored::I64 | Stored::U64 => Dtype::Whole(8),
        _ => return None,
    })
}
