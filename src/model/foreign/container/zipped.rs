//! Archives whose members are tensors: found by name, bounded before they are unpacked.

use super::tensor::Place;
use std::fs::File;
use std::io::Read as _;
use zip::{CompressionMethod, ZipArchive};

/// The most bytes that a byte of an archive may unpack to. Weights hardly get smaller at all.
pub const MAX_INFLATION: u64 = 100;
/// The most members.
const MAX_MEMBERS: usize = 40_000;

/// The most members of an archive that compresses them.
const MAX_PACKED: usize = 2000;

/// An archive.
pub struct Zipped(ZipArchive<File>);

impl Zipped {
    pub fn open(file: File) -> Result<Self, String> {
        let archive = ZipArchive::new(file)
            .map_err(|error| format!("it is not a sound zip archive: {error}"))?;
        if archive.len() > MAX_MEMBERS {
            return Err(format!("it has more than {MAX_MEMBERS} members"));
        }
        Ok(Self(archive))
    }

    /// The names of its members, in order.
    pub fn names(&self) -> Vec<String> {
        let names = self.0.file_names().filter_map(Result::ok);
        names.map(|name| name.into_owned()).collect()
    }

    /// The first bytes of a member, all of them if it is no longer than `most`.
    pub fn head(&mut self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let broken =
            |error: &dyn std::fmt::Display| format!("{name:?} in it cannot be read: {error}");
        let member = self.0.by_name(name).map_err(|error| broken(&error))?;
        let mut bytes = Vec::new();
        let read = member.take(most).read_to_end(&mut bytes);
        read.map_err(|error| broken(&error))?;
        Ok(bytes)
    }

    /// The whole of a member.
    ///
    /// # Errors
    /// When it is longer than `most` bytes.
    pub fn whole(&mut self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let bytes = self.head(name, most + 1)?;
        if bytes.len() as u64 > most {
            return Err(format!("{name:?} in it is longer than {most} bytes"));
        }
        Ok(bytes)
    }

    /// Where the bytes of a member lie: in the file itself where they are not compressed.
    pub fn place(&mut self, name: &str) -> Result<Place, String> {
        let members = self.0.len();
        let member = self.0.by_name(name);
        let member = member.map_err(|_| format!("it has no {name:?}"))?;
        let room = member.size();
        if member.compression() == CompressionMethod::Stored
            && let Some(offset) = member.data_start()
        {
            return Ok(Place {
                file: 0,
                member: None,
                offset,
                room: room.min(member.compressed_size()),
            });
        }
        // Each is looked for from the start when it is read.
        if members > MAX_PACKED {
            return Err(format!("it has more than {MAX_PACKED} compressed members"));
        }
        if room > MAX_INFLATION * member.compressed_size().max(64) {
            return Err(format!("{name:?} in it claims {room} bytes of a few"));
        }
        Ok(Place {
            file: 0,
            member: Some(name.to_owned()),
            offset: 0,
            room,
        })
    }
}
