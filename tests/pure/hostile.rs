//! Thousands of broken files for every reader of files from outside: sentences, never a panic,
//! and never more memory than the bounds allow.

use crate::animations::recipe;
use crate::codes::{npy, npz};
use crate::mutation::changed_bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageFormat};
use rand_mt::Mt;
use std::io::{Cursor, Write as _};
use std::time::Duration;
use zip::CompressionMethod;
use zscape::document::animation::{AnimationFormat, AnimationSpec, AnimationWriter, Repeat};
use zscape::document::codes::{Spaces, parse_npy, parse_npz};
use zscape::document::embedded::{EmbeddedError, recipe_in};
use zscape::document::photo::Photo;
use zscape::document::raster::Pixels;
use zscape::document::recipe::RecipeError;
use zscape::document::{Raster, png};

/// The bytes of a small animation with its recipe.
fn animation(format: AnimationFormat) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    let spec = AnimationSpec {
        pixels: Pixels::Rgb,
        size: [6, 4],
        durations: vec![Duration::from_millis(40); 3],
        repeat: Repeat::Forever,
        recipe: recipe(),
    };
    let mut writer = AnimationWriter::create(&path, format, &spec).expect("the folder is there");
    for number in 0..3_u8 {
        let bytes = (0..72).map(|i| i * 3 + number).collect();
        let frame = Raster::new(Pixels::Rgb, 6, 4, bytes).expect("a frame");
        writer.push(&frame).expect("there is room");
    }
    writer.finish().expect("all frames are there");
    std::fs::read(path).expect("it was written")
}

/// Asserts that this process never needed much more than the bounds allow: 1 GiB for a decoder
/// and 256 MiB for an archive, and other tests beside this one.
fn assert_modest_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        // Only Linux tells.
        return;
    };
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok())
        .expect("a number");
    assert!(peak < 4 << 20, "{} MiB at the peak", peak >> 10);
}

/// Calls a reader with many broken copies of each file.
fn survive(name: &str, files: &[Vec<u8>], cases: u32, read: impl Fn(&[u8])) {
    let mut random = Mt::new(20_261_121);
    for case in 0..cases {
        for (number, file) in files.iter().enumerate() {
            let bytes = changed_bytes(file, &mut random);
            let survived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&bytes)));
            assert!(survived.is_ok(), "{name}: case {case} of file {number}");
        }
    }
    assert_modest_memory();
}

#[test]
fn recipes_in_broken_files() {
    let files = [
        animation(AnimationFormat::Apng),
        animation(AnimationFormat::Gif),
        animation(AnimationFormat::WebP),
    ];
    for file in &files {
        assert_eq!(recipe_in(file).expect("it is whole"), recipe());
        for end in 0..file.len() {
            // Where the recipe stands in front, most of the file is not needed.
            drop(recipe_in(&file[..end]));
        }
    }
    survive("recipe", &files, 3000, |bytes| {
        if let Err(error) = recipe_in(bytes) {
            let text = error.to_string();
            assert!(!text.is_empty() && text.len() < 1000, "{text}");
        }
    });
}

#[test]
fn photos_in_broken_files() {
    let colours = image::RgbaImage::from_fn(23, 17, |x, y| {
        image::Rgba([(x * 11) as u8, (y * 15) as u8, 90, (255 - x) as u8])
    });
    let encoded = |format: ImageFormat| {
        let picture = DynamicImage::from(colours.clone());
        let picture = match format {
            ImageFormat::Jpeg => DynamicImage::from(picture.into_rgb8()),
            _ => picture,
        };
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("it holds it");
        bytes.into_inner()
    };
    let mut files = vec![
        animation(AnimationFormat::WebP),
        animation(AnimationFormat::Gif),
    ];
    files.extend(
        [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::WebP,
            ImageFormat::Bmp,
            ImageFormat::Gif,
        ]
        .map(encoded),
    );
    assert!(files.iter().all(|file| Photo::decode(file).is_ok()));
    survive("photo", &files, 500, |bytes| {
        if let Err(fault) = Photo::decode(bytes) {
            let text = fault.to_string();
            assert!(!text.is_empty() && text.len() < 1000, "{text}");
        }
    });
}

#[test]
fn codes_in_broken_files() {
    let numbers: Vec<u8> = (0..24_u16)
        .flat_map(|n| f32::from(n).to_le_bytes())
        .collect();
    let array = npy("<f4", "(4, 6)", &numbers);
    let other = npy("<f8", "(1, 3)", &numbers[..24]);
    let members = [("z.npy", array.clone()), ("me.npy", other)];
    let note = ("zscape.json", b"{\"spaces\":{\"me\":\"w\"}}".to_vec());
    let archives = [
        npz(&members, CompressionMethod::Stored),
        npz(&members, CompressionMethod::Deflated),
        npz(&[members[0].clone(), note], CompressionMethod::Deflated),
    ];
    let spaces = Spaces::new();
    assert!(archives.iter().all(|file| parse_npz(file, &spaces).is_ok()));
    survive("npz", &archives, 2000, |bytes| {
        if let Err(fault) = parse_npz(bytes, &spaces) {
            let text = fault.to_string();
            assert!(!text.is_empty() && text.len() < 1000, "{text}");
        }
    });
    survive("npy", &[array], 4000, |bytes| {
        if let Err(fault) = parse_npy("a", bytes, &spaces) {
            let text = fault.to_string();
            assert!(!text.is_empty() && text.len() < 1000, "{text}");
        }
    });
}

/// A PNG of one chunk with these bytes behind its beginning.
fn png_with(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    let mut bytes = png::SIGNATURE.to_vec();
    bytes.extend((data.len() as u32).to_be_bytes());
    bytes.extend(kind);
    bytes.extend(data);
    bytes.extend(crc.sum().to_be_bytes());
    bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

#[test]
fn text_in_every_kind_of_chunk() {
    let json = recipe().to_ascii_json();
    let chunk = |start: &[u8], text: &[u8]| [b"zscape".as_slice(), start, text].concat();
    for (kind, data) in [
        (b"tEXt", chunk(b"\0", json.as_bytes())),
        (b"zTXt", chunk(b"\0\0", &packed(json.as_bytes()))),
        (b"iTXt", chunk(b"\0\0\0en\0recipe\0", json.as_bytes())),
        (b"iTXt", chunk(b"\0\x01\0\0\0", &packed(json.as_bytes()))),
    ] {
        let found = recipe_in(&png_with(kind, &data));
        assert_eq!(found.expect("a recipe"), recipe(), "{kind:?}");
    }
}

#[test]
fn text_bombs_are_refused() {
    // 600 MiB of blanks in 600 KiB.
    let bomb = packed(&vec![b' '; 600 << 20]);
    for (kind, start) in [
        (b"zTXt", b"zscape\0\0".as_slice()),
        (b"iTXt", b"zscape\0\x01\0\0\0"),
    ] {
        let file = png_with(kind, &[start, &bomb].concat());
        assert!(file.len() < 2 << 20);
        let refused = recipe_in(&file);
        let is_too_long = matches!(refused, Err(EmbeddedError::Recipe(RecipeError::TooLong)));
        assert!(is_too_long, "{refused:?}");
    }
    // A comment without end.
    let mut gif = b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe".to_vec();
    for _ in 0..150_000 {
        gif.push(0xff);
        gif.extend([b' '; 255]);
    }
    let refused = recipe_in(&gif);
    assert!(
        matches!(refused, Err(EmbeddedError::Recipe(RecipeError::TooLong))),
        "{refused:?}"
    );
    // A packet that claims 4 GiB.
    let webp = b"RIFF\xff\xff\xff\xffWEBPXMP \xfe\xff\xff\xff<x>".to_vec();
    let refused = recipe_in(&webp);
    assert!(
        matches!(refused, Err(EmbeddedError::Recipe(RecipeError::TooLong))),
        "{refused:?}"
    );
    assert_modest_memory();
}

#[test]
fn a_damaged_text_is_not_believed() {
    let raster = Raster::new(Pixels::Grey, 1, 1, vec![0]).expect("one pixel");
    let mut bytes = png::encode(&raster, &recipe()).expect("the picture is sound");
    let at = bytes
        .windows(7)
        .position(|window| window == b"seed(2)")
        .expect("the recipe stands there");
    bytes[at + 5] = b'3';
    let error = recipe_in(&bytes).expect_err("another seed").to_string();
    assert!(error.contains("checksum"), "{error}");
}

#[test]
fn other_files_have_no_recipe() {
    for (bytes, part) in [
        (b"".as_slice(), "neither"),
        (b"hello", "neither"),
        (b"RIFF\x04\0\0\0WAVE", "neither"),
        (b"GIF89a\x01\0\x01\0\0\0\0\x3b", "no recipe"),
        (
            b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe\x06zscape\0\x3b",
            "no recipe",
        ),
        (b"GIF89a\x01\0\x01\0\0\0\0\x07", "not a sound GIF"),
        (b"GIF89a\x01\0", "ends too early"),
        (b"RIFF\x04\0\0\0WEBP", "no recipe"),
        (b"RIFF\xff\0\0\0WEBPVP8 \x01\0\0\0", "ends too early"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT", "not a sound PNG"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\0\0\0\0", "no recipe"),
    ] {
        let error = recipe_in(bytes).expect_err(part).to_string();
        assert!(error.contains(part), "{error:?} has no {part:?}");
    }
}
