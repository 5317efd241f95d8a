//! How a picture is to be turned, as cameras note it.
//!
//! Format: TIFF 6.0, whose first directory has the tag 0x0112. Written as SHORT by the standard,
//! and as LONG by some programs.

use image::metadata::Orientation;

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// The orientation in the notes of a picture, if they say one.
pub fn orientation(notes: &[u8]) -> Option<Orientation> {
    let is_little = match notes.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *notes.get(at..)?.first_chunk()?;
        Some(match is_little {
            true => u16::from_le_bytes(bytes),
            false => u16::from_be_bytes(bytes),
        })
    };
    let long = |at: usize| {
        let bytes = *notes.get(at..)?.first_chunk()?;
        Some(match is_little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        })
    };
    let directory = long(4)? as usize;
    let count = usize::from(short(directory)?);
    for index in 0..count {
        let entry = directory.checked_add(2 + 12 * index)?;
        if short(entry)? == ORIENTATION {
            let value = match short(entry + 2)? {
                SHORT => u32::from(short(entry + 8)?),
                LONG => long(entry + 8)?,
                _ => return None,
            };
            return Orientation::from_exif(u8::try_from(value).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_numbers_in_both_orders() {
        let little = |kind: u16, value: &[u8]| {
            let mut notes = b"II*\0\x08\0\0\0\x01\0\x12\x01".to_vec();
            notes.extend(kind.to_le_bytes());
            notes.extend([1, 0, 0, 0]);
            notes.extend(value);
            notes
        };
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".to_vec();
        assert_eq!(
            orientation(&little(3, &[6, 0, 0, 0])),
            Some(Orientation::Rotate90)
        );
        assert_eq!(
            orientation(&little(4, &[6, 0, 0, 0])),
            Some(Orientation::Rotate90)
        );
        assert_eq!(orientation(&big), Some(Orientation::Rotate90));
        assert_eq!(orientation(&little(4, &[6, 1, 0, 0])), None);
        assert_eq!(orientation(&little(2, &[6, 0, 0, 0])), None);
        for len in 0..big.len() {
            orientation(&big[..len]);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), None);
    }
}
