//! Arrays out of `.npy` files from anywhere.
//!
//! A header is a Python literal that claims a shape. It is bounded in length and in nesting
//! before it is parsed, and the shape is compared with the bytes that are there before room is
//! made for it.

use half::f16;
use npyz::{DType, NpyHeader, Order};

/// The longest header, in bytes: NumPy itself reads no more than 10,000.
const MAX_HEADER: usize = 10_000;
/// Bytes that are enough for any header.
pub const MAX_HEAD: usize = MAX_HEADER + 16;
/// What a file begins with.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// The kinds of reals that are read.
const REALS: [&str; 6] = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"];
/// The kinds of whole numbers that are read, as far as they are no longer than eight bytes.
const WHOLE: [&str; 14] = [
    "|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8",
    ">i8",
];
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
    #[error("it holds {0}; arrays of f16, f32 and f64 are read")]
    Kind(String),
    #[error("it claims {claimed} numbers and has {} bytes for them", bytes)]
    Short { claimed: String, bytes: usize },
}

/// What stands before the numbers of an array.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub shape: Vec<usize>,
    /// How many numbers there are.
    pub count: usize,
    /// How they are stored, such as `<f4`.
    kind: String,
    is_fortran: bool,
    /// Where they begin in the file.
    len: usize,
}

impl Header {
    /// What the array holds, such as `64-bit integers`, where that is whole numbers, which are
    /// indices into a codebook and no code of reals.
    pub fn whole_numbers(&self) -> Option<String> {
        WHOLE
            .contains(&self.kind.as_str())
            .then(|| in_words(&self.kind))
    }

    /// How each number is stored, such as `<f4`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the first index runs fastest.
    pub fn is_fortran(&self) -> bool {
        self.is_fortran
    }

    /// Where the numbers begin, in bytes from the start of the file.
    pub fn data_start(&self) -> usize {
        self.len
    }
}

/// Reads the header of an array of reals (`f16`, `f32`, `f64`) or of whole numbers, of either byte
/// order.
///
/// # Errors
/// When the bytes begin with no such header.
pub fn read_header(bytes: &[u8]) -> Result<Header, ArrayError> {
    let broken = |fault: &str| ArrayError::Broken(fault.to_owned());
    let (start, len) = header_len(bytes)?;
    let text = bytes.get(start..start + len);
    let text = text.ok_or_else(|| broken("its header is cut short"))?;
    if depth(text) > MAX_DEPTH {
        return Err(broken("its header is nested too deeply"));
    }
    let head = modern(text);
    let header =
        NpyHeader::from_reader(&head[..]).map_err(|error| ArrayError::Broken(error.to_string()))?;
    let kind = match header.dtype() {
        DType::Plain(kind) => kind.to_string(),
        other => return Err(ArrayError::Kind(short(&other.descr()))),
    };
    if ![&REALS[..], &WHOLE].concat().contains(&kind.as_str()) {
        return Err(ArrayError::Kind(in_words(&kind)));
    }
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
    Ok(Header {
        shape: shape.iter().map(|&side| side as usize).collect(),
        count,
        kind,
        is_fortran: matches!(header.order(), Order::Fortran),
        len: start + len,
    })
}

/// Reads an array of reals (`f16`, `f32`, `f64`), as [`read_any`].
///
/// # Errors
/// As [`read_any`], and when it holds whole numbers.
pub fn read_array(bytes: &[u8], most: usize) -> Result<Array, ArrayError> {
    match read_header(bytes)?.whole_numbers() {
        Some(kind) => Err(ArrayError::Kind(kind)),
        None => read_any(bytes, most),
    }
}

/// Reads an array of the kinds that [`read_header`] takes, in C or Fortran order. Reals beyond `f32`
/// become infinite, and whole numbers beyond 2^24 the nearest that `f32` has.
///
/// # Errors
/// When the bytes are no such array, end before the numbers do, or hold more than `most` numbers.
pub fn read_any(bytes: &[u8], most: usize) -> Result<Array, ArrayError> {
    let header = read_header(bytes)?;
    let data = bytes.get(header.len..).unwrap_or_default();
    let stored = numbers(&header.kind, data, header.count, most)?;
    let values = match header.is_fortran {
        false => stored,
        true => row_major(&header.shape, &stored),
    };
    Ok(Array {
        shape: header.shape,
        values,
    })
}

/// A header as today's NumPy writes it, from one of Python 2 (`4L`) or with a kind that says no
/// byte order (`f4`) or that of the machine (`=f4`), which was little-endian on all that are left.
fn modern(text: &[u8]) -> Vec<u8> {
    let mut today = Vec::with_capacity(text.len() + 8);
    for (index, &byte) in text.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| text[before]);
        let after = text.get(index + 1);
        let is_long = byte == b'L'
            && before.is_some_and(|byte| byte.is_ascii_digit())
            && matches!(after, Some(b',' | b')' | b' '));
        let begins_kind = before == Some(b'\'') && matches!(after, Some(b'2' | b'4' | b'8'));
        match byte {
            _ if is_long => {}
            b'=' if before == Some(b'\'') => today.push(b'<'),
            b'f' | b'i' | b'u' if begins_kind => today.extend([b'<', byte]),
            _ => today.push(byte),
        }
    }
    // With a length that is right again.
    let mut header = [MAGIC, &[2, 0]].concat();
    header.extend((today.len() as u32).to_le_bytes());
    header.extend(today);
    header
}

/// Where the text of a header begins, and how long it is.
fn header_len(bytes: &[u8]) -> Result<(usize, usize), ArrayError> {
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
    Ok((start, len))
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
fn numbers(kind: &str, data: &[u8], count: usize, most: usize) -> Result<Vec<f32>, ArrayError> {
    fn read<const N: usize>(
        data: &[u8],
        count: usize,
        number: impl Fn([u8; N]) -> f32,
    ) -> Option<Vec<f32>> {
        let data = data.get(..count.checked_mul(N)?)?;
        let (numbers, _) = data.as_chunks::<N>();
        Some(numbers.iter().map(|&bytes| number(bytes)).collect())
    }
    let short = || ArrayError::Short {
        claimed: count.to_string(),
        bytes: data.len(),
    };
    let bytes_each = kind
        .get(2..)
        .and_then(|bytes| bytes.parse().ok())
        .unwrap_or(1);
    if count
        .checked_mul(bytes_each)
        .is_none_or(|all| all > data.len())
    {
        return Err(short());
    }
    if count > most {
        return Err(ArrayError::Broken(format!(
            "it has more than {most} numbers"
        )));
    }
    let found = match kind {
        "<f2" => read(data, count, |bytes| f16::from_le_bytes(bytes).to_f32()),
        ">f2" => read(data, count, |bytes| f16::from_be_bytes(bytes).to_f32()),
        "<f4" => read(data, count, f32::from_le_bytes),
        ">f4" => read(data, count, f32::from_be_bytes),
        "<f8" => read(data, count, |bytes| f64::from_le_bytes(bytes) as f32),
        ">f8" => read(data, count, |bytes| f64::from_be_bytes(bytes) as f32),
        "|u1" => read(data, count, |bytes| f32::from(u8::from_le_bytes(bytes))),
        "|i1" => read(data, count, |bytes| f32::from(i8::from_le_bytes(bytes))),
        "<u2" => read(data, count, |bytes| f32::from(u16::from_le_bytes(bytes))),
        ">u2" => read(data, count, |bytes| f32::from(u16::from_be_bytes(bytes))),
        "<i2" => read(data, count, |bytes| f32::from(i16::from_le_bytes(bytes))),
        ">i2" => read(data, count, |bytes| f32::from(i16::from_be_bytes(bytes))),
        "<u4" => read(data, count, |bytes| u32::from_le_bytes(bytes) as f32),
        ">u4" => read(data, count, |bytes| u32::from_be_bytes(bytes) as f32),
        "<i4" => read(data, count, |bytes| i32::from_le_bytes(bytes) as f32),
        ">i4" => read(data, count, |bytes| i32::from_be_bytes(bytes) as f32),
        "<u8" => read(data, count, |bytes| u64::from_le_bytes(bytes) as f32),
        ">u8" => read(data, count, |bytes| u64::from_be_bytes(bytes) as f32),
        "<i8" => read(data, count, |bytes| i64::from_le_bytes(bytes) as f32),
        ">i8" => read(data, count, |bytes| i64::from_be_bytes(bytes) as f32),
        other => return Err(ArrayError::Kind(in_words(other))),
    };
    found.ok_or_else(short)
}

/// What an array of another kind holds.
fn in_words(kind: &str) -> String {
    let letters = kind.trim_start_matches(['<', '>', '|', '=']);
    let (letter, size) = letters.split_at_checked(1).unwrap_or((letters, ""));
    let bits = size
        .parse::<u32>()
        .ok()
        .and_then(|bytes| bytes.checked_mul(8));
    match (letter, bits) {
        ("i", Some(bits)) => format!("{bits}-bit integers"),
        ("u", Some(bits)) => format!("{bits}-bit unsigned integers"),
        ("b", _) => "truth values".to_owned(),
        ("f", Some(bits)) => format!("{bits}-bit floats (longdouble)"),
        ("c", Some(_)) => "complex numbers".to_owned(),
        ("U" | "S" | "a", _) => "texts".to_owned(),
        ("O", _) => "Python objects".to_owned(),
        ("M" | "m", _) => "times".to_owned(),
        _ => short(kind),
    }
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
            let array = read_array(&file(&header(kind, false, "(3,)"), &data), 3);
            let array = array.unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!((array.shape, array.values), (vec![3], wanted.to_vec()));
        }
    }

    #[test]
    fn fortran_order_is_turned() {
        // NumPy's asfortranarray(arange(12).reshape(2, 3, 2)).
        let stored = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11].map(|v| v as f32);
        let data = stored.map(f32::to_le_bytes).concat();
        let array = read_array(&file(&header("<f4", true, "(2, 3, 2)"), &data), 12).unwrap();
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
            (
                file(&header("|O", false, "(1,)"), &[0; 8]),
                "Python objects",
            ),
            (
                file(&header("<i4", false, "(1,)"), &[0; 4]),
                "32-bit integers",
            ),
            (file(&header("<f16", false, "(1,)"), &[0; 16]), "longdouble"),
            (
                file(&header("<f4", false, "(101,)"), &[0; 404]),
                "more than 100",
            ),
            (file(&header("<f4", false, "(-1,)"), &[]), "negative"),
            (file(&"x".repeat(20_000), &[]), "header is too long"),
            (b"\x93NUMPY\x09\x00\x00\x00".to_vec(), "version"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "too long"),
            (b"PK\x03\x04".to_vec(), "does not begin"),
            (Vec::new(), "does not begin"),
        ] {
            let error = read_array(&bytes, 100).expect_err(part).to_string();
            assert!(error.contains(part), "{error:?} has no {part:?}");
            assert!(error.len() < 300, "{error}");
        }
    }

    #[test]
    fn headers_of_other_times_are_read() {
        let data = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
        for text in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }          \n",
            "{'descr': 'f4', 'fortran_order': False, 'shape': (2, 1), }   \n",
            "{'descr': '=f4', 'fortran_order': False, 'shape': (2L, 1), }   \n",
        ] {
            let array = read_array(&file(text, &data), 2);
            let array = array.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((array.shape, array.values), (vec![2, 1], vec![1.0, 2.0]));
        }
    }

    #[test]
    fn an_array_without_axes_or_numbers() {
        let data = 7.0_f32.to_le_bytes();
        let scalar = read_array(&file(&header("<f4", false, "()"), &data), 1).unwrap();
        assert_eq!((scalar.shape, scalar.values), (Vec::new(), vec![7.0]));
        let empty = read_array(&file(&header("<f4", true, "(0, 3)"), &[]), 0).unwrap();
        assert_eq!((empty.shape, empty.values), (vec![0, 3], Vec::new()));
    }
}
