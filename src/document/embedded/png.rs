//! Text chunks of PNG and APNG files.
//!
//! Format: <https://www.w3.org/TR/png-3/>, chunks in 5.3, text in 11.3.3.

use super::{Fault, MAX_CHUNK_BYTES, RECIPE_KEYWORD, Walk};
use crate::document::recipe::MAX_RECIPE_BYTES;
use flate2::Crc;
use flate2::bufread::ZlibDecoder;
use std::io::{BufRead, Read as _, Seek};

/// The longest chunk that the format allows.
const MAX_CHUNK: u32 = (1 << 31) - 1;

/// The recipe's text: that of the first text chunk with our keyword.
pub fn find(walk: &mut Walk<'_, impl BufRead + Seek>) -> Result<Option<String>, Fault> {
    walk.skip(8)?;
    loop {
        let len = u32::from_be_bytes(walk.array()?);
        let kind: [u8; 4] = walk.array()?;
        if len > MAX_CHUNK {
            return Err(Fault::Broken("a chunk is too long"));
        }
        match &kind {
            b"IEND" => return Ok(None),
            b"tEXt" | b"zTXt" | b"iTXt" if len as usize <= MAX_CHUNK_BYTES => {
                let data = walk.bytes(len as usize)?;
                let mut crc = Crc::new();
                crc.update(&kind);
                crc.update(&data);
                let is_sound = crc.sum() == u32::from_be_bytes(walk.array()?);
                let keyword = data.split(|&byte| byte == 0).next();
                // Texts of other programs are none of ours.
                if keyword == Some(RECIPE_KEYWORD.as_bytes()) {
                    if !is_sound {
                        return Err(Fault::Broken("the checksum of its recipe is wrong"));
                    }
                    let rest = data.get(RECIPE_KEYWORD.len() + 1..).unwrap_or_default();
                    return text(kind, rest).map(Some);
                }
            }
            _ => walk.skip(u64::from(len) + 4)?,
        }
    }
}

/// The text of a chunk, of which `rest` is what follows the keyword.
fn text(kind: [u8; 4], rest: &[u8]) -> Result<String, Fault> {
    const CUT: Fault = Fault::Broken("a text is cut short");
    let latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    let utf8 = |bytes| String::from_utf8(bytes).map_err(|_| Fault::Broken("a text is not UTF-8"));
    match &kind {
        b"tEXt" => Ok(latin1(rest)),
        b"zTXt" => match rest {
            [0, packed @ ..] => Ok(latin1(&unpacked(packed)?)),
            _ => Err(CUT),
        },
        _ => {
            let [is_packed, _method, rest @ ..] = rest else {
                return Err(CUT);
            };
            // The language and the translated keyword, each with a zero at its end.
            let text = rest.splitn(3, |&byte| byte == 0).nth(2).ok_or(CUT)?;
            if *is_packed == 0 {
                utf8(text.to_vec())
            } else {
                utf8(unpacked(text)?)
            }
        }
    }
}

/// Unpacks a text, which may turn out to be much longer than it was.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    ZlibDecoder::new(packed)
        .take(MAX_RECIPE_BYTES as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|_| Fault::Broken("a packed text cannot be unpacked"))?;
    if text.len() > MAX_RECIPE_BYTES {
        return Err(Fault::TooLong);
    }
    Ok(text)
}
