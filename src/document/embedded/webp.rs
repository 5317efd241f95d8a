//! The XMP chunk of WebP files.
//!
//! Format: <https://developers.google.com/speed/webp/docs/riff_container>.

use super::{Fault, Walk, xmp};
use std::io::{BufRead, Seek};

/// The recipe's text, out of the first XMP packet.
pub fn find(walk: &mut Walk<'_, impl BufRead + Seek>) -> Result<Option<String>, Fault> {
    walk.skip(4)?;
    // The length counts from after itself, and includes the four bytes of the file's kind.
    let mut left = u64::from(u32::from_le_bytes(walk.array()?));
    walk.skip(4)?;
    left = left.saturating_sub(4);
    while left >= 8 {
        let kind: [u8; 4] = walk.array()?;
        let len = u32::from_le_bytes(walk.array()?);
        // Chunks are padded to an even length.
        let padded = u64::from(len) + u64::from(len % 2);
        left = left.saturating_sub(8 + padded);
        if kind == *b"XMP " {
            let packet = String::from_utf8(walk.bytes(len as usize)?);
            let packet = packet.map_err(|_| Fault::Broken("its XMP packet is not UTF-8"))?;
            return Ok(xmp::recipe_text(&packet));
        }
        walk.skip(padded)?;
    }
    Ok(None)
}
