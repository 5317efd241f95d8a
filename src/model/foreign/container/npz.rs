//! NumPy archives of arrays.

use super::tensor::{Dtype, TensorInfo};
use super::zipped::Zipped;
use super::{Container, Form};
use crate::files::npy::{self, ArrayError};
use std::fs::File;

pub fn open(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::Npz;
    let mut archive = Zipped::open(file)?;
    for member in archive.names() {
        let Some(name) = member.strip_suffix(".npy") else {
            continue;
        };
        let head = archive.head(&member, npy::MAX_HEAD as u64)?;
        let header = match npy::read_header(&head) {
            Ok(header) if header.whole_numbers().is_none() => header,
            Ok(_) | Err(ArrayError::Kind(_)) => {
                begun
                    .notes
                    .push(format!("{name:?} is no array of floats and is left out"));
                continue;
            }
            Err(error) => return Err(format!("{name:?} in it: {error}")),
        };
        let dtype = match header.kind().get(1..) {
            Some("f2") => Dtype::F16,
            Some("f8") => Dtype::F64,
            _ => Dtype::F32,
        };
        let mut place = archive.place(&member)?;
        let start = header.data_start() as u64;
        place.offset += start;
        place.room = place.room.saturating_sub(start);
        let strides = header.is_fortran().then(|| {
            let mut step = 1_usize;
            let steps = header.shape.iter().map(|&side| {
                let this = step;
                step = step.saturating_mul(side);
                this
            });
            steps.collect()
        });
        let info = TensorInfo {
            dtype,
            big_endian: header.kind().starts_with('>'),
            shape: header.shape,
            strides,
            place,
            order: 0,
        };
        begun.add(name.to_owned(), info);
    }
    Ok(begun)
}
