//! What `torch.save` writes: a zip archive with a pickle and a member for each storage, and before
//! version 1.6 several pickles with the storages behind them.

use super::tensor::{Dtype, Place};
use super::tree::{self, Located};
use super::zipped::Zipped;
use super::{Container, Form};
use crate::model::foreign::pickle::{Heap, Input, Node, Storage, StoragePlace, Value, run};
use std::collections::HashMap;
use std::fs::File;
use std::io::Cursor;

/// The longest pickle of an archive, in bytes: one that lists ten thousand tensors has two million.
const MAX_PICKLE: u64 = 64 << 20;
/// The number that older files begin with.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The most storages of an older file.
const MAX_STORAGES: usize = 40_000;

/// An archive.
pub fn open_zip(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::TorchZip;
    let mut archive = Zipped::open(file)?;
    let names = archive.names();
    let pickle = names.iter().find(|name| {
        **name == *"data.pkl" || (name.ends_with("/data.pkl") && name.matches('/').count() == 1)
    });
    let Some(pickle) = pickle.cloned() else {
        return Err("it is a zip archive without weights of PyTorch in it".to_owned());
    };
    let folder = pickle.trim_end_matches("data.pkl");
    if names
        .iter()
        .any(|name| name.contains("/code/") || name.starts_with("code/"))
    {
        begun
            .notes
            .push("it is a TorchScript program, whose code is not looked at".to_owned());
    }
    let order = archive
        .whole(&format!("{folder}byteorder"), 16)
        .unwrap_or_default();
    let is_big = order.starts_with(b"big");
    let bytes = archive.whole(&pickle, MAX_PICKLE)?;
    let len = bytes.len() as u64;
    let mut heap = Heap::default();
    let root = run(&mut Input::new(Cursor::new(bytes), 0, len)?, &mut heap)?;
    let mut found: HashMap<String, Place> = HashMap::new();
    let mut locate = |storage: &Storage| {
        let StoragePlace::Key(key, skip) = &storage.at else {
            return Err("its numbers lie in no part of the file".to_owned());
        };
        let name = format!("{folder}data/{key}");
        let mut place = match found.get(&name) {
            Some(place) => place.clone(),
            None => {
                let place = archive.place(&name)?;
                found.insert(name, place.clone());
                place
            }
        };
        let size = storage.dtype.map_or(1, Dtype::size) as u64;
        let skip = skip.saturating_mul(size);
        place.offset = place.offset.saturating_add(skip);
        place.room = place.room.saturating_sub(skip);
        Ok((place, None))
    };
    tree::collect(&mut begun, &heap, &root, &mut locate)?;
    if is_big {
        begun
            .tensors
            .values_mut()
            .for_each(|info| info.big_endian = true);
    }
    Ok(begun)
}

/// Several pickles one after the other.
pub fn open_legacy(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::TorchLegacy;
    let mut input = Input::new(file, 0, begun.lens[0])?;
    let mut heap = Heap::default();
    let (root, storages) = read_legacy(&mut input, &mut heap)?;
    let mut locate = |storage: &Storage| {
        let StoragePlace::Key(key, skip) = &storage.at else {
            return Err("its numbers lie in no part of the file".to_owned());
        };
        let place = storages.get(&**key);
        let mut place = place.cloned().ok_or("its numbers are not in the file")?;
        let size = storage.dtype.map_or(1, Dtype::size) as u64;
        place.offset = place.offset.saturating_add(skip.saturating_mul(size));
        place.room = place.room.saturating_sub(skip.saturating_mul(size));
        Ok((place, None))
    };
    tree::collect(&mut begun, &heap, &root, &mut locate)?;
    Ok(begun)
}

/// The one storage of an older file that lies within another.
///
/// # Errors
/// When there is none.
pub fn storage_within(file: File, offset: u64, len: u64) -> Result<Located, String> {
    let mut input = Input::new(file, offset, offset.saturating_add(len))?;
    let mut heap = Heap::default();
    let (root, storages) = read_legacy(&mut input, &mut heap)?;
    let storage = match root {
        Value::Node(number) => match heap.node(number) {
            Some(Node::Storage(storage)) => Some(storage),
            _ => None,
        },
        _ => None,
    };
    let storage = storage.ok_or("what is in it is no storage")?;
    match &storage.at {
        StoragePlace::Key(key, 0) => {
            let place = storages.get(&**key).cloned();
            Ok((
                place.ok_or("its numbers are not in the file")?,
                storage.dtype,
            ))
        }
        _ => Err("what is in it is no storage".to_owned()),
    }
}

/// The value of an older file, and where its storages lie by their keys.
fn read_legacy(
    input: &mut Input<'_>,
    heap: &mut Heap,
) -> Result<(Value, HashMap<String, Place>), String> {
    let magic = input.bytes(MAGIC.len() as u64)?;
    if magic != MAGIC {
        return Err("it does not begin like a file of PyTorch".to_owned());
    }
    let version = run(input, heap)?;
    if !matches!(version, Value::Int(1001)) {
        return Err("it is of an unknown version of PyTorch's format".to_owned());
    }
    let system = run(input, heap)?;
    if matches!(heap.get(&system, "little_endian"), Some(Value::Bool(false))) {
        return Err(
            "it was written on a big-endian machine, which older files do not survive".to_owned(),
        );
    }
    let root = run(input, heap)?;
    let kinds = storage_kinds(heap);
    let keys = run(input, heap)?;
    let keys: Vec<String> = heap
        .items(&keys)
        .unwrap_or_default()
        .iter()
        .take(MAX_STORAGES)
        .filter_map(|key| match key {
            Value::Text(key) => Some(key.to_string()),
            _ => None,
        })
        .collect();
    let mut storages = HashMap::new();
    for key in keys {
        let count = u64::from_le_bytes(input.array()?);
        let size = kinds.get(&key).copied().flatten().map_or(1, Dtype::size) as u64;
        let bytes = count
            .checked_mul(size)
            .ok_or("a storage has an absurd length")?;
        let offset = input.skip(bytes)?;
        let place = Place {
            file: 0,
            member: None,
            offset,
            room: bytes,
        };
        storages.insert(key, place);
    }
    Ok((root, storages))
}

/// What the numbers of each storage are.
fn storage_kinds(heap: &Heap) -> HashMap<String, Option<Dtype>> {
    let storages = heap.storages();
    let kinds = storages.filter_map(|storage| match &storage.at {
        StoragePlace::Key(key, _) => Some((key.to_string(), storage.dtype)),
        StoragePlace::Nested { .. } => None,
    });
    kinds.collect()
}
