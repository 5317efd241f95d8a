//! Files broken on purpose: changes to bytes, and to what formats hide behind lengths, sums and
//! compression, so that they reach beyond the first check.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rand_mt::Mt;
use std::io::{Cursor, Read as _, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// What stands around the bytes that are worth changing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Bytes,
    Text,
    /// A length, a text of that length, and data.
    Safetensors,
    /// Chunks with sums.
    Png,
    Gzip,
    Zip,
}

/// A broken copy of a file.
pub fn mutated(original: &[u8], form: Form, random: &mut Mt) -> Vec<u8> {
    // Some are broken where they stand, whatever the format.
    if below(random, 4) == 0 {
        return changed_bytes(original, random);
    }
    let changed = match form {
        Form::Bytes => None,
        Form::Text => Some(changed_text(original, random)),
        Form::Safetensors => changed_header(original, random),
        Form::Png => changed_chunks(original, random),
        Form::Gzip => changed_within(original, random),
        Form::Zip => changed_member(original, random),
    };
    changed.unwrap_or_else(|| changed_bytes(original, random))
}

fn below(random: &mut Mt, end: usize) -> usize {
    random.next_u32() as usize % end.max(1)
}

/// Bytes, lengths, order, ends.
pub fn changed_bytes(original: &[u8], random: &mut Mt) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let mut below = |end: usize| below(random, end);
    for _ in 0..1 + below(4) {
        let len = bytes.len();
        let place = below(len);
        let end = (place + 1 + below(32)).min(len);
        match below(8) {
            0 => bytes.truncate(place),
            1 if place + 4 <= len => {
                // Lengths and sizes at the edges of their kinds.
                let values = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, u32::MAX];
                let value = values[below(values.len())];
                let value = match below(2) {
                    0 => value.to_le_bytes(),
                    _ => value.to_be_bytes(),
                };
                bytes[place..place + 4].copy_from_slice(&value);
            }
            2 => {
                let part = bytes[place..end].to_vec();
                bytes.splice(place..place, part);
            }
            3 => drop(bytes.drain(place..end)),
            4 if len > 0 => bytes[place] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
            _ if len > 0 => bytes[place] ^= 1 << below(8),
            _ => {}
        }
    }
    bytes
}

/// Numbers at the edges of their kinds, words of the text elsewhere, lines away or twice.
fn changed_text(original: &[u8], random: &mut Mt) -> Vec<u8> {
    const NUMBERS: [&str; 16] = [
        "0",
        "-1",
        "1",
        "7",
        "65536",
        "2147483648",
        "4294967295",
        "18446744073709551615",
        "99999999999999999999",
        "1e9",
        "1e308",
        "-1e-400",
        "0.5",
        "nan",
        "null",
        "\"\"",
    ];
    let Ok(text) = std::str::from_utf8(original) else {
        return changed_bytes(original, random);
    };
    let mut tokens = tokens(text);
    for _ in 0..1 + below(random, 3) {
        if tokens.is_empty() {
            break;
        }
        let place = below(random, tokens.len());
        let is_number = |token: &&str| token.starts_with(|c: char| c.is_ascii_digit());
        let other = tokens[below(random, tokens.len())];
        match below(random, 7) {
            0 | 1 => {
                // The next number from there on.
                let number = tokens[place..].iter().position(is_number);
                tokens[place + number.unwrap_or(0)] = NUMBERS[below(random, NUMBERS.len())];
            }
            2 => tokens[place] = other,
            3 => tokens.insert(place, other),
            4 => drop(tokens.remove(place)),
            5 => {
                // What brackets hold, deeper and deeper.
                let (open, close) = [("[", "]"), ("{", "}"), ("(", ")")][below(random, 3)];
                let depth = 1 << below(random, 13);
                let nested = std::iter::repeat_n(open, depth);
                let nested: Vec<&str> = match below(random, 2) {
                    0 => nested.collect(),
                    _ => nested.chain(std::iter::repeat_n(close, depth)).collect(),
                };
                tokens.splice(place..place, nested);
            }
            _ => {
                let end = (place + 1 + below(random, 40)).min(tokens.len());
                let part = tokens[place..end].to_vec();
                match below(random, 2) {
                    0 => drop(tokens.drain(place..end)),
                    _ => drop(tokens.splice(place..place, part)),
                }
            }
        }
    }
    tokens.concat().into_bytes()
}

/// Words, numbers, and single characters between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let end = match is_part(first) {
            true => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(end);
        tokens.push(token);
        rest = behind;
    }
    tokens
}

fn changed_header(original: &[u8], random: &mut Mt) -> Option<Vec<u8>> {
    let (len, rest) = original.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(u64::from_le_bytes(*len) as usize)?;
    let header = changed_text(header, random);
    let data = match below(random, 3) {
        0 => changed_bytes(data, random),
        _ => data.to_vec(),
    };
    Some([&(header.len() as u64).to_le_bytes()[..], &header, &data].concat())
}

/// One chunk is changed, moved or doubled; the sums are right.
fn changed_chunks(original: &[u8], random: &mut Mt) -> Option<Vec<u8>> {
    let (signature, mut rest) = original.split_at_checked(8)?;
    let mut chunks = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk() {
        let len = u32::from_be_bytes(*len) as usize;
        let (chunk, behind) = behind.split_at_checked(len + 4)?;
        chunks.push(chunk.to_vec());
        rest = behind.get(4..)?;
    }
    let place = below(random, chunks.len());
    let other = below(random, chunks.len());
    match below(random, 6) {
        0 => chunks.swap(place, other),
        1 => chunks.insert(place, chunks.get(other)?.clone()),
        _ => {
            let (kind, data) = chunks.get(place)?.split_at_checked(4)?;
            let data = match below(random, 2) {
                0 => changed_text(data, random),
                _ => changed_bytes(data, random),
            };
            chunks[place] = [kind, &data].concat();
        }
    }
    let mut bytes = signature.to_vec();
    for chunk in chunks {
        let mut sum = flate2::Crc::new();
        sum.update(&chunk);
        bytes.extend((chunk.len() as u32 - 4).to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(sum.sum().to_be_bytes());
    }
    Some(bytes)
}

fn changed_within(original: &[u8], random: &mut Mt) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(original).read_to_end(&mut bytes).ok()?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&changed_bytes(&bytes, random)).ok()?;
    packed.finish().ok()
}

fn changed_member(original: &[u8], random: &mut Mt) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(original)).ok()?;
    let place = below(random, archive.len());
    let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).ok()?;
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).ok()?;
        if index == place {
            bytes = changed_bytes(&bytes, random);
        }
        let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
        let options = SimpleFileOptions::default();
        let options = options.compression_method(methods[below(random, 2)]);
        changed.start_file(member.name().ok()?, options).ok()?;
        changed.write_all(&bytes).ok()?;
    }
    Some(changed.finish().ok()?.into_inner())
}
