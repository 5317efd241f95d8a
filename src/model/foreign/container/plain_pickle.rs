//! Pickles that are the whole file: the networks of NVIDIA's StyleGANs, dictionaries of arrays.

use super::torch;
use super::tree;
use super::{Container, Form};
use crate::model::foreign::pickle::{Heap, Input, Storage, StoragePlace, run};
use std::fs::File;
use std::path::Path;

pub fn open(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::Pickle;
    let path = begun.files[0].clone();
    let mut heap = Heap::default();
    let mut input = Input::new(file, 0, begun.lens[0])?;
    let root = run(&mut input, &mut heap)?;
    if input.left() > 0 {
        begun
            .notes
            .push(format!("{} bytes follow its pickle", input.left()));
    }
    let mut locate = |storage: &Storage| nested(&path, storage);
    tree::collect(&mut begun, &heap, &root, &mut locate)?;
    Ok(begun)
}

/// The numbers of a storage that is a file of PyTorch within the pickle.
fn nested(path: &Path, storage: &Storage) -> Result<tree::Located, String> {
    match storage.at {
        StoragePlace::Nested { offset, len } => {
            let file = File::open(path).map_err(|error| format!("the file is gone: {error}"))?;
            torch::storage_within(file, offset, len)
        }
        StoragePlace::Key(..) => Err("its numbers lie in no part of the file".to_owned()),
    }
}
