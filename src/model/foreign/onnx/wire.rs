//! Protocol Buffers as far as ONNX needs them: fields one after the other, read in order, with long
//! ones passed over. Format: <https://protobuf.dev/programming-guides/encoding/>

use crate::model::foreign::pickle::Input;

/// Bytes of all texts and lists that are kept.
const MAX_KEPT: u64 = 64 << 20;
/// Fields of a whole file.
const MAX_FIELDS: usize = 1_000_000;

/// The fields of a file.
pub struct Wire<'a> {
    input: Input<'a>,
    kept: u64,
    fields: usize,
}

/// What stands behind the number of a field.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Content {
    Number(u64),
    Fixed32(u32),
    Fixed64,
    /// So many bytes, which are yet to be read or skipped.
    Bytes(u64),
}

impl<'a> Wire<'a> {
    pub fn new(input: Input<'a>) -> Self {
        Self {
            input,
            kept: 0,
            fields: 0,
        }
    }

    /// Where the next byte lies in the file.
    pub fn at(&self) -> u64 {
        self.input.at()
    }

    /// The end of a message that has so many bytes.
    ///
    /// # Errors
    /// When it would lie behind that of the one around it.
    pub fn end(&self, len: u64, around: u64) -> Result<u64, String> {
        let end = self.at().checked_add(len).filter(|&end| end <= around);
        end.ok_or_else(|| "a part of it claims more bytes than there are".to_owned())
    }

    /// The next field before `end`: its number and what it holds.
    pub fn field(&mut self, end: u64) -> Result<Option<(u64, Content)>, String> {
        if self.at() >= end {
            return Ok(None);
        }
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(format!("it has more than {MAX_FIELDS} fields"));
        }
        let key = self.number()?;
        let content = match key & 7 {
            0 => Content::Number(self.number()?),
            1 => {
                self.input.skip(8)?;
                Content::Fixed64
            }
            2 => {
                let len = self.number()?;
                self.end(len, end)?;
                Content::Bytes(len)
            }
            5 => Content::Fixed32(u32::from_le_bytes(self.input.array()?)),
            _ => return Err("it is no sound ONNX model: a field of an unknown kind".to_owned()),
        };
        Ok(Some((key >> 3, content)))
    }

    /// A number of up to ten bytes.
    pub fn number(&mut self) -> Result<u64, String> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.input.byte()?;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("it is no sound ONNX model: a number without an end".to_owned())
    }

    /// Passes over what a field holds; gives where it began.
    pub fn skip(&mut self, content: Content) -> Result<u64, String> {
        match content {
            Content::Bytes(len) => self.input.skip(len),
            _ => Ok(self.at()),
        }
    }

    pub fn text(&mut self, content: Content) -> Result<String, String> {
        let Content::Bytes(len) = content else {
            return Err("it is no sound ONNX model: a text that is a number".to_owned());
        };
        self.keep(len)?;
        let bytes = self.input.bytes(len)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whole numbers: one, or many in one field.
    pub fn numbers(&mut self, content: Content, into: &mut Vec<i64>) -> Result<(), String> {
        match content {
            Content::Number(number) => {
                self.keep(8)?;
                into.push(number as i64);
            }
            Content::Bytes(len) => {
                let end = self.at() + len;
                while self.at() < end {
                    self.keep(8)?;
                    let number = self.number()?;
                    into.push(number as i64);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Numbers with a point: one, or many in one field.
    pub fn floats(&mut self, content: Content, into: &mut Vec<f32>) -> Result<(), String> {
        match content {
            Content::Fixed32(bits) => {
                self.keep(4)?;
                into.push(f32::from_bits(bits));
            }
            Content::Bytes(len) => {
                self.keep(len)?;
                let bytes = self.input.bytes(len)?;
                let words = bytes.as_chunks::<4>().0.iter();
                into.extend(words.map(|&word| f32::from_le_bytes(word)));
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, bytes: u64) -> Result<(), String> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > MAX_KEPT {
            return Err("its texts and lists are longer than any model's".to_owned());
        }
        Ok(())
    }
}
