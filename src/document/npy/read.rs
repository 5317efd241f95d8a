//! Arrays out of `.npy` files from anywhere.
//!
//! A header is a Python literal that claims a shape. It is bounded in length and in nesting
//! before it is parsed, and the shape is compared with the bytes that are there before room is
//! made for it.

use half::f16;
use npyz::{DType, NpyHeader, Order};

/// The longest header, in bytes: NumPy itself reads no more than 10,000.
const MAX_HEADER: usize = 10_000;
/// The deepest nesting of a header: a dictionary with one tuple has 2.
const MAX_DEPTH: usize = 8;
/// The most axes of an array, as in NumPy.
const MAX_AXES: usize = 32;

/// Numbers with a shape.
#[derive(Clone, PartialEq, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    /// In row-major order (C order), whatever the file has.
    pub values: Vec<f32>,
}

/// Why bytes are no array of numbers.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    #[error("it is not a sound NumPy array: {0}")]
    Broken(String),
    #[error("it holds {0}; arrays of f2, f4 and f8 can be read")]
    Kind(String),
    #[error("it claims {claimed} numbers and has {} bytes for them", bytes)]
    Short { claimed: String, bytes: usize },
}

/// Reads an array of `f16`, `f32` or `f64` of either byte order, in C or Fortran order. Numbers
/// beyond `f32` become infinite.
///
/// # Errors
/// When the bytes are no such array, or end before the numbers do.
pub fn read_array(bytes: &[u8]) -> Result<Array, ArrayError> {
    let broken = |fault: &str| ArrayError::Broken(fault.to_owned());
    let len = header_len(bytes)?;
    let (head, data) = bytes
        .split_at_checked(len)
        .ok_or_else(|| broken("its header is cut short"))?;
    if depth(head) > MAX_DEPTH {
        return Err(broken("its header is nested too deeply"));
    }
    let header =
        NpyHeader::from_reader(head).map_err(|error| ArrayError::Broken(error.to_string()))?;
    let kind = match header.dtype() {
        DType::Plain(kind) => kind.to_string(),
        other => return Err(ArrayError::Kind(short(&other.descr()))),
    };
    let shape = header.shape();
    if shape.len() > MAX_AXES {
        return Err(broken("it has too many axes"));
    }
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &side| {
            product.checked_mul(usize::try_from(side).ok()?)
        })
        .ok_or_else(|| broken("its shape is absurdly large"))?;
    let stored = numbers(&kind, data, count)?;
    let shape: Vec<usize> = shape.iter().map(|&side| side as usize).collect();
    let values = match header.order() {
        Order::C => stored,
        Order::Fortran => row_major(&shape, &stored),
    };
    Ok(Array { shape, values })
}

/// How many bytes stand before the numbers.
fn header_len(bytes: &[u8]) -> Result<usize, ArrayError> {
    let broken = |fault: &str| Err(ArrayError::Broken(fault.to_owned()));
    let (start, len) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            (10, usize::from(u16::from_le_bytes([*a, *b])))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => return broken("its version is unknown"),
        _ => return broken("it does not begin like one"),
    };
    if len > MAX_HEADER {
        return broken("its header is too long");
    }
    Ok(start + len)
}

/// How deeply the brackets of a text are nested; those in strings count too.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// `count` numbers of a kind such as `<f4`.
fn numbers(kind: &str, data: &[u8], count: usize) -> Result<Vec<f32>, ArrayError> {
    fn read<const N: usize>(
        data: &[u8],
        count: usize,
        number: impl Fn([u8; N]) -> f32,
    ) -> Option<Vec<f32>> {
        let data = data.get(..count.checked_mul(N)?)?;
        let (numbers, _) = data.as_chunks::<N>();
        Some(numbers.iter().map(|&bytes| number(bytes)).collect())
    }
    let found = match kind {
        "<f2" => read(data, count, |bytes| f16::from_le_bytes(bytes).to_f32()),
        ">f2" => read(data, count, |bytes| f16::from_be_bytes(bytes).to_f32()),
        "<f4" => read(data, count, f32::from_le_bytes),
        ">f4" => read(data, count, f32::from_be_bytes),
        "<f8" => read(data, count, |bytes| f64::from_le_bytes(bytes) as f32),
        ">f8" => read(data, count, |bytes| f64::from_be_bytes(bytes) as f32),
        other => return Err(ArrayError::Kind(short(other))),
    };
    found.ok_or_else(|| ArrayError::Short {
        claimed: count.to_string(),
        bytes: data.len(),
    })
}

/// Numbers in Fortran order, of which the first index runs fastest, in C order.
fn row_major(shape: &[usize], stored: &[f32]) -> Vec<f32> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for &side in shape {
        strides.push(stride);
        stride *= side;
    }
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    let mut values = Vec::with_capacity(stored.len());
    for _ in 0..stored.len() {
        values.push(stored[from]);
        // Counts up like the digits of a number, the last one fastest.
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * index[axis];
            index[axis] = 0;
        }
    }
    values
}

/// A text from a file, short enough for a sentence.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1 with this header and these numbers.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn header(kind: &str, is_fortran: bool, shape: &str) -> String {
        let order = if is_fortran { "True" } else { "False" };
        format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n")
    }

    #[test]
    fn kinds_and_byte_orders() {
        let wanted = [1.5_f32, -2.0, 0.25];
        let halves = wanted.map(f16::from_f32);
        let cases: [(&str, Vec<u8>); 6] = [
            ("<f4", wanted.map(f32::to_le_bytes).concat()),
            (">f4", wanted.map(f32::to_be_bytes).concat()),
            ("<f8", wanted.map(|v| f64::from(v).to_le_bytes()).concat()),
            (">f8", wanted.map(|v| f64::from(v).to_be_bytes()).concat()),
            ("<f2", halves.map(f16::to_le_bytes).concat()),
            (">f2", halves.map(f16::to_be_bytes).concat()),
        ];
        for (kind, data) in cases {
            let array = read_array(&file(&header(kind, false, "(3,)"), &data));
            let array = array.unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!((array.shape, array.values), (vec![3], wanted.to_vec()));
        }
    }

    #[test]
    fn fortran_order_is_turned() {
        // NumPy's asfortranarray(arange(12).reshape(2, 3, 2)).
        let stored = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11].map(|v| v as f32);
        let data = stored.map(f32::to_le_bytes).concat();
        let array = read_array(&file(&header("<f4", true, "(2, 3, 2)"), &data)).unwrap();
        assert_eq!(array.shape, [2, 3, 2]);
        assert_eq!(array.values, (0..12).map(|v| v as f32).collect::<Vec<_>>());
    }

    #[test]
    fn hostile_headers_are_sentences() {
        let deep = format!("{{'descr': {}", "(".repeat(9000));
        let huge = header("<f4", false, "(4294967296, 4294967296, 4294967296)");
        let claim = header("<f4", false, "(1000000000000,)");
        for (bytes, part) in [
            (file(&deep, &[]), "nested too deeply"),
            (file(&huge, &[]), "absurdly large"),
            (file(&claim, &[0; 64]), "claims 1000000000000 numbers"),
            (file(&header("|O", false, "(1,)"), &[0; 8]), "O"),
            (file(&header("<i4", false, "(1,)"), &[0; 4]), "<i4"),
            (file(&header("<f4", false, "(-1,)"), &[]), "negative"),
            (file(&"x".repeat(20_000), &[]), "header is too long"),
            (b"\x93NUMPY\x09\x00\x00\x00".to_vec(), "version"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "too long"),
            (b"PK\x03\x04".to_vec(), "does not begin"),
            (Vec::new(), "does not begin"),
        ] {
            let error = read_array(&bytes).expect_err(part).to_string();
            assert!(error.contains(part), "{error:?} has no {part:?}");
            assert!(error.len() < 300, "{error}");
        }
    }

    #[test]
    fn an_array_without_axes_or_numbers() {
        let data = 7.0_f32.to_le_bytes();
        let scalar = read_array(&file(&header("<f4", false, "()"), &data)).unwrap();
        assert_eq!((scalar.shape, scalar.values), (Vec::new(), vec![7.0]));
        let empty = read_array(&file(&header("<f4", true, "(0, 3)"), &[])).unwrap();
        assert_eq!((empty.shape, empty.values), (vec![0, 3], Vec::new()));
    }
}
