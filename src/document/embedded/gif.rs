//! Comments of GIF files.
//!
//! Format: <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>.

use super::{Fault, MAX_CHUNK_BYTES, RECIPE_KEYWORD, Walk};
use std::io::{BufRead, Seek};

const EXTENSION: u8 = 0x21;
const COMMENT: u8 = 0xfe;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

/// The recipe's text: what follows our keyword in the first comment that begins with it.
pub fn find(walk: &mut Walk<'_, impl BufRead + Seek>) -> Result<Option<String>, Fault> {
    walk.skip(6 + 4)?;
    let [flags, _background, _aspect] = walk.array()?;
    walk.skip(table_bytes(flags))?;
    loop {
        match walk.array()? {
            [EXTENSION] => {
                let [label] = walk.array()?;
                if label == COMMENT {
                    let comment = blocks(walk)?;
                    let text = comment.strip_prefix(RECIPE_KEYWORD.as_bytes());
                    if let Some(text @ [b' ', ..]) = text {
                        let text = str::from_utf8(text);
                        let text = text.map_err(|_| Fault::Broken("a comment is not UTF-8"))?;
                        return Ok(Some(text.trim().to_owned()));
                    }
                } else {
                    skip_blocks(walk)?;
                }
            }
            [IMAGE] => {
                walk.skip(8)?;
                let [flags] = walk.array()?;
                // The table of colours and the size of the first LZW code.
                walk.skip(table_bytes(flags) + 1)?;
                skip_blocks(walk)?;
            }
            [TRAILER] => return Ok(None),
            _ => return Err(Fault::Broken("a block is of no known kind")),
        }
    }
}

/// The bytes of the colour table that the flags of a screen or an image announce.
fn table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}

/// The sub-blocks up to the empty one that ends them, together.
fn blocks(walk: &mut Walk<'_, impl BufRead + Seek>) -> Result<Vec<u8>, Fault> {
    let mut all = Vec::new();
    loop {
        match walk.array()? {
            [0] => return Ok(all),
            [len] => all.append(&mut walk.bytes(usize::from(len))?),
        }
        if all.len() > MAX_CHUNK_BYTES {
            return Err(Fault::TooLong);
        }
    }
}

fn skip_blocks(walk: &mut Walk<'_, impl BufRead + Seek>) -> Result<(), Fault> {
    loop {
        match walk.array()? {
            [0] => return Ok(()),
            [len] => walk.skip(u64::from(len))?,
        }
    }
}
