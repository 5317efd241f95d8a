//! What a file is, by its first bytes: an ending may say something else, or nothing.

use super::load::{self, LoadError};
use std::fmt;
use std::path::Path;

/// How many bytes of a file [`FileKind::of`] looks at.
pub const HEAD_BYTES: usize = 1024;

/// What some editors write before a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file begins like. That it goes on like that is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    Safetensors,
    /// The list of several safetensors files.
    SafetensorsIndex,
    /// A session of this program.
    Session,
    /// A scene of this program.
    Scene,
    Png,
    Gif,
    WebP,
    Jpeg,
    Bmp,
    Tiff,
    Heif,
    Avif,
    JpegXl,
    Psd,
    Pdf,
    Svg,
    Mp4,
    Matroska,
    Npy,
    Npz,
    PyTorch,
    Keras,
    Zip,
    Pickle,
    Onnx,
    Hdf5,
    Gguf,
    Flax,
    Gzip,
    OtherArchive,
    LfsPointer,
    WebPage,
    Json,
    Text,
    Empty,
    Unknown,
}

impl FileKind {
    /// The kind of a file that begins with `head`, of which [`HEAD_BYTES`] are enough.
    pub fn of(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        of_signature(head)
            .or_else(|| of_container(head))
            .or_else(|| of_text(head))
            .unwrap_or(Self::Unknown)
    }

    /// The kind of a file on the disk.
    ///
    /// # Errors
    /// When it cannot be read or is no ordinary file.
    pub fn of_file(path: &Path) -> Result<Self, LoadError> {
        load::head(path, HEAD_BYTES).map(|head| Self::of(&head))
    }

    /// Whether it is a picture, of whatever program.
    pub fn is_picture(self) -> bool {
        matches!(
            self,
            Self::Png
                | Self::Gif
                | Self::WebP
                | Self::Jpeg
                | Self::Bmp
                | Self::Tiff
                | Self::Heif
                | Self::Avif
                | Self::JpegXl
                | Self::Psd
        )
    }

    /// Whether it is a picture of a kind that can be encoded.
    pub fn is_readable_picture(self) -> bool {
        self.can_carry_recipe() || matches!(self, Self::Jpeg | Self::Bmp)
    }

    /// Whether it is a video, of whatever program.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Matroska)
    }

    /// Whether a recipe can be in it.
    pub fn can_carry_recipe(self) -> bool {
        matches!(self, Self::Png | Self::Gif | Self::WebP)
    }

    /// Whether it can hold the weights of a model.
    pub fn holds_weights(self) -> bool {
        matches!(
            self,
            Self::Safetensors
                | Self::SafetensorsIndex
                | Self::PyTorch
                | Self::Pickle
                | Self::Npz
                | Self::Onnx
        )
    }

    /// Whether it holds NumPy arrays.
    pub fn is_arrays(self) -> bool {
        matches!(self, Self::Npy | Self::Npz)
    }

    /// What could be done with a file of this kind, where something comes to mind.
    pub fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::LfsPointer => "`git lfs pull` fetches the file that it stands for",
            Self::WebPage => "the download gave a page in place of the file",
            Self::Keras | Self::Hdf5 | Self::Flax | Self::Gguf => {
                "save the weights as safetensors or the model as ONNX"
            }
            Self::Gzip | Self::Zip | Self::OtherArchive => "unpack it first",
            Self::Tiff | Self::Heif | Self::Avif | Self::JpegXl | Self::Psd | Self::Svg => {
                "save it as PNG or JPEG"
            }
            _ => return None,
        })
    }
}

/// The kind with its article, as in "it is a web page".
impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "a safetensors file",
            Self::SafetensorsIndex => "an index of safetensors files",
            Self::Session => "a zscape session",
            Self::Scene => "a zscape scene",
            Self::Png => "a PNG picture",
            Self::Gif => "a GIF picture",
            Self::WebP => "a WebP picture",
            Self::Jpeg => "a JPEG picture",
            Self::Bmp => "a BMP picture",
            Self::Tiff => "a TIFF picture",
            Self::Heif => "an HEIF picture",
            Self::Avif => "an AVIF picture",
            Self::JpegXl => "a JPEG XL picture",
            Self::Psd => "a Photoshop file",
            Self::Pdf => "a PDF document",
            Self::Svg => "an SVG drawing",
            Self::Mp4 => "an MP4 or QuickTime video",
            Self::Matroska => "a WebM or Matroska video",
            Self::Npy => "a NumPy array",
            Self::Npz => "a NumPy archive",
            Self::PyTorch => "a PyTorch file",
            Self::Keras => "a Keras file",
            Self::Zip => "a zip archive",
            Self::Pickle => "a Python pickle",
            Self::Onnx => "an ONNX model",
            Self::Hdf5 => "an HDF5 file",
            Self::Gguf => "a GGUF model",
            Self::Flax => "a Flax checkpoint",
            Self::Gzip => "a gzip file",
            Self::OtherArchive => "an archive",
            Self::LfsPointer => "a Git LFS pointer",
            Self::WebPage => "a web page",
            Self::Json => "a JSON text",
            Self::Text => "a text",
            Self::Empty => "empty",
            Self::Unknown => "a file of an unknown kind",
        })
    }
}

/// Kinds that a few fixed bytes give away.
fn of_signature(head: &[u8]) -> Option<FileKind> {
    use FileKind as K;
    const SIGNATURES: &[(&[u8], FileKind)] = &[
        (b"\x89PNG\r\n\x1a\n", K::Png),
        (b"GIF87a", K::Gif),
        (b"GIF89a", K::Gif),
        (b"\xff\xd8\xff", K::Jpeg),
        (b"II*\0", K::Tiff),
        (b"MM\0*", K::Tiff),
        (b"\xff\x0a", K::JpegXl),
        (b"\0\0\0\x0cJXL ", K::JpegXl),
        (b"8BPS", K::Psd),
        (b"%PDF-", K::Pdf),
        (b"\x1aE\xdf\xa3", K::Matroska),
        (b"\x93NUMPY", K::Npy),
        (b"\x89HDF\r\n\x1a\n", K::Hdf5),
        (b"GGUF", K::Gguf),
        (b"\x1f\x8b", K::Gzip),
        (b"7z\xbc\xaf\x27\x1c", K::OtherArchive),
        (b"Rar!\x1a\x07", K::OtherArchive),
        (b"\xfd7zXZ\0", K::OtherArchive),
        (b"\x28\xb5\x2f\xfd", K::OtherArchive),
        (b"BZh", K::OtherArchive),
        // Empty ones.
        (b"PK\x05\x06", K::Zip),
        // Written by torch.save before version 1.6: its first pickle is a number of its own.
        (
            b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
            K::PyTorch,
        ),
    ];
    let mut known = SIGNATURES.iter();
    let known = known.find(|(signature, _)| head.starts_with(signature));
    known.map(|(_, kind)| *kind)
}

/// Kinds that have to be looked into.
fn of_container(head: &[u8]) -> Option<FileKind> {
    match head {
        [b'P', b'K', 3, 4, ..] => Some(of_zip(head)),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(FileKind::WebP),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Some(match brand.get(..4) {
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1") => FileKind::Heif,
            Some(b"avif" | b"avis") => FileKind::Avif,
            _ => FileKind::Mp4,
        }),
        // Two reserved numbers are 0.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(FileKind::Bmp),
        // Protocols 2 to 5; what follows is an instruction, or the length of a frame.
        [
            0x80,
            2..=5,
            b'}' | b']' | b'(' | b'c' | b'X' | b'K' | b'J' | b'M' | 0x8a | 0x8c | 0x95,
            ..,
        ] => Some(FileKind::Pickle),
        _ if is_safetensors(head) => Some(FileKind::Safetensors),
        // Flax writes MessagePack maps whose first key is a short text.
        [0x81..=0x8f, 0xa1..=0xbf, first, ..] if first.is_ascii_alphanumeric() => {
            Some(FileKind::Flax)
        }
        // Field 1 is the version of the format; the graph or the versions of operators may follow.
        [8, 1..=20, 0x3a | 0x42, _, ..] => Some(FileKind::Onnx),
        // Or field 2, the name of the program.
        [8, 1..=20, 0x12, len, name @ ..]
            if name.len() >= usize::from(*len)
                && name[..usize::from(*len)].is_ascii()
                && *len > 0 =>
        {
            Some(FileKind::Onnx)
        }
        _ => None,
    }
}

/// A length below 100 MB, as the format allows at most, and an object.
fn is_safetensors(head: &[u8]) -> bool {
    let Some((len, rest)) = head.split_first_chunk() else {
        return false;
    };
    let len = u64::from_le_bytes(*len);
    (2..=100_000_000).contains(&len) && matches!(rest, [b'{', ..])
}

/// What an archive holds, by the name of the first file in it.
fn of_zip(head: &[u8]) -> FileKind {
    let name_len = head
        .get(26..28)
        .map_or(0, |len| usize::from(len[0]) | usize::from(len[1]) << 8);
    let name = head.get(30..30 + name_len).unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    if name.ends_with(".npy") {
        FileKind::Npz
    } else if name.ends_with("data.pkl") || name.ends_with("/.format_version") {
        FileKind::PyTorch
    } else if name == "metadata.json" || name == "config.json" {
        FileKind::Keras
    } else {
        FileKind::Zip
    }
}

fn of_text(head: &[u8]) -> Option<FileKind> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut off.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let text = text.trim_start();
    let begins = |with: &str| {
        let start = text.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    Some(if begins("version https://git-lfs") {
        FileKind::LfsPointer
    } else if begins("<!doctype html") || begins("<html") || begins("<head") {
        FileKind::WebPage
    } else if begins("<svg") || (begins("<?xml") && text.contains("<svg")) {
        FileKind::Svg
    } else if begins("{") && text.contains("\"zscape_session\"") {
        FileKind::Session
    } else if begins("{") && text.contains("\"zscape_scene\"") {
        FileKind::Scene
    } else if begins("{") && text.contains("\"weight_map\"") {
        FileKind::SafetensorsIndex
    } else if begins("{") || begins("[") {
        FileKind::Json
    } else {
        FileKind::Text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The local header of a file in an archive.
    fn zip_of(name: &str) -> Vec<u8> {
        let mut head = b"PK\x03\x04".to_vec();
        head.resize(26, 0);
        head.extend([name.len() as u8, 0, 0, 0]);
        head.extend(name.as_bytes());
        head
    }

    #[test]
    fn files_are_known_by_their_beginning() {
        use FileKind as K;
        let mut safetensors = 20_u64.to_le_bytes().to_vec();
        safetensors.extend(b"{\"__metadata__\":{}}  ");
        let cases: [(&[u8], K); 23] = [
            (b"", K::Empty),
            (&safetensors, K::Safetensors),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", K::Jpeg),
            (b"\0\0\0\x20ftypisom", K::Mp4),
            (b"\0\0\0\x18ftypheic", K::Heif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", K::WebP),
            (b"RIFF\x10\0\0\0WAVE", K::Unknown),
            (
                b"version https://git-lfs.github.com/spec/v1\noid",
                K::LfsPointer,
            ),
            (b"\n  <!DOCTYPE html><html>", K::WebPage),
            (b"\x80\x04\x95\x0a\0\0\0", K::Pickle),
            (
                b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
                K::PyTorch,
            ),
            (b"\x08\x08\x12\x07pytorch\x1a", K::Onnx),
            (b"\xef\xbb\xbf{\"zscape_session\": 3", K::Session),
            (b"{\n  \"zscape_scene\": 1", K::Scene),
            (b"{\"zscape_progress\": 1", K::Json),
            (b"# notes\r\n", K::Text),
            (
                "fin café".as_bytes().split_last().expect("it is long").1,
                K::Text,
            ),
            (b"\x93NUMPY\x01\0", K::Npy),
            (b"\x89HDF\r\n\x1a\n", K::Hdf5),
            (b"\x81\xa6params", K::Flax),
            (b"BM\x10\0\0\0\0\0\0\0", K::Bmp),
            (b"GGUF\x03", K::Gguf),
            (b"\x01\x02\x03", K::Unknown),
        ];
        for (head, kind) in cases {
            assert_eq!(
                FileKind::of(head),
                kind,
                "{:?}",
                head.escape_ascii().to_string()
            );
        }
        for (name, kind) in [
            ("z.npy", K::Npz),
            ("archive/data.pkl", K::PyTorch),
            ("metadata.json", K::Keras),
            ("readme.txt", K::Zip),
        ] {
            assert_eq!(FileKind::of(&zip_of(name)), kind, "{name}");
        }
    }

    #[test]
    fn any_beginning_is_looked_at_without_a_panic() {
        let whole = zip_of("a.npy");
        for len in 0..whole.len() {
            FileKind::of(&whole[..len]);
        }
        for first in 0..=255 {
            for second in 0..=255 {
                FileKind::of(&[first, second]);
                FileKind::of(&[8, 5, 0x12, first, second]);
            }
        }
    }
}
