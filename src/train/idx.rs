//! The IDX format of MNIST and Fashion-MNIST, gzipped.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>: a magic number (two zeros, the type 8 for
//! unsigned bytes, the number of dimensions), each dimension as a big-endian u32, the bytes.

use super::TrainError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

/// More bytes than any file of this kind holds (MNIST's largest has 47 MB).
const MAX_BYTES: u64 = 1 << 31;

/// Bytes with their dimensions.
#[derive(Debug)]
pub struct IdxArray {
    pub dims: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// Reads a gzipped IDX file of unsigned bytes with `rank` dimensions.
///
/// # Errors
/// When the file cannot be read, is no IDX file, or ends too early.
pub fn read(path: &Path, rank: usize) -> Result<IdxArray, TrainError> {
    let fault = |fault: String| TrainError::Data {
        path: path.to_owned(),
        fault,
    };
    let file = File::open(path).map_err(|error| fault(format!("cannot be opened: {error}")))?;
    let mut bytes = Vec::new();
    GzDecoder::new(BufReader::new(file))
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            fault(format!(
                "cannot be unpacked, so it may be cut short: {error}"
            ))
        })?;
    parse(&bytes, rank).map_err(fault)
}

fn parse(bytes: &[u8], rank: usize) -> Result<IdxArray, String> {
    let (magic, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or("is shorter than its header")?;
    if magic[..3] != [0, 0, 8] || usize::from(magic[3]) != rank {
        return Err(format!(
            "starts with {magic:?}; an IDX file of bytes with {rank} dimensions starts with \
             [0, 0, 8, {rank}]"
        ));
    }
    let (header, body) = rest
        .split_at_checked(4 * rank)
        .ok_or("is shorter than its header")?;
    let dims: Vec<usize> = header
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let wanted = dims
        .iter()
        .try_fold(1usize, |count, &dim| count.checked_mul(dim));
    match wanted {
        Some(wanted) if wanted == body.len() => Ok(IdxArray {
            dims,
            bytes: body.to_vec(),
        }),
        _ => Err(format!(
            "has {} bytes of data, but its header says {dims:?}",
            body.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_header_says_and_refuses_the_rest() {
        let sound = [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9];
        let array = parse(&sound, 1).expect("the array is sound");
        assert_eq!((array.dims, array.bytes), (vec![3], vec![7, 8, 9]));
        for (bytes, part) in [
            (&sound[..10], "2 bytes of data"),
            (&sound[..6], "shorter"),
            (&sound[..2], "shorter"),
            (&[0, 0, 9, 1, 0, 0, 0, 0][..], "starts with"),
            (
                &[0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255][..],
                "starts with",
            ),
        ] {
            let fault = parse(bytes, 1).expect_err("the array is broken");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
    }
}
