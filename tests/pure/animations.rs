//! Every format of animations, read back by decoders that know nothing of this program.

use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, ImageDecoder as _};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use zscape::document::animation::{
    AnimationError, AnimationFormat, AnimationSpec, AnimationWriter, Repeat, even_durations,
};
use zscape::document::raster::Pixels;
use zscape::document::recipe::Animation;
use zscape::document::{Raster, Recipe, Subject, embedded};
use zscape::latent::ModelId;
use zscape::latent::path::{Easing, Method};

const SIZE: [u32; 2] = [7, 5];

/// A recipe with text that is hard on every format.
pub fn recipe() -> Recipe {
    let model = ModelId {
        name: "digits-vae2".to_owned(),
        hash: "0123456789abcdef".repeat(4),
    };
    let animation = Animation {
        keyframes: vec![
            "encode(\"Gr\u{f6}\u{df}e <&> '\u{1f600}'.png\")".to_owned(),
            "seed(2)".to_owned(),
        ],
        method: Method::Lerp,
        easing: Easing::Smooth,
        even: true,
        closed: true,
        frames: 12,
        duration_us: 400_000,
        once: false,
    };
    Recipe::new(model, Subject::Animation(animation), SIZE)
}

fn spec(pixels: Pixels, durations: Vec<Duration>, repeat: Repeat) -> AnimationSpec {
    AnimationSpec {
        pixels,
        size: SIZE,
        durations,
        repeat,
        recipe: recipe(),
    }
}

/// A frame in which every pixel differs from its neighbours and from the frame before.
fn frame(pixels: Pixels, number: usize) -> Raster {
    let len = SIZE[0] as usize * SIZE[1] as usize * pixels.bytes();
    let bytes = (0..len).map(|index| (index * 7 + number * 31) as u8);
    Raster::new(pixels, SIZE[0] as usize, SIZE[1] as usize, bytes.collect()).expect("a frame")
}

fn written(
    folder: &TempDir,
    name: &str,
    spec: &AnimationSpec,
    frame: impl Fn(usize) -> Raster,
) -> PathBuf {
    let path = folder.path().join(name);
    let format = AnimationFormat::of_path(&path).expect("a known name");
    let mut writer = AnimationWriter::create(&path, format, spec).expect("the folder is there");
    for number in 0..spec.durations.len() {
        writer.push(&frame(number)).expect("there is room");
    }
    writer.finish().expect("all frames are there");
    path
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// 30 frames a second, which neither hundredths nor thousandths of a second divide.
fn thirtieths(frames: usize) -> Vec<Duration> {
    even_durations(frames, Duration::from_secs(frames as u64) / 30)
}

#[test]
fn gif_has_its_frames_times_and_colours() {
    let folder = folder();
    for (pixels, repeat) in [(Pixels::Grey, Repeat::Forever), (Pixels::Rgb, Repeat::Once)] {
        // 35 colours a frame, of which many return.
        let spec = spec(pixels, thirtieths(6), repeat);
        let path = written(&folder, "a.gif", &spec, |number| frame(pixels, number));
        let bytes = fs::read(&path).expect("it was written");
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes.as_slice()).expect("a GIF");
        let (mut count, mut hundredths) = (0, 0);
        while let Some(read) = decoder.read_next_frame().expect("a sound frame") {
            assert_eq!((read.width, read.height), (7, 5));
            let rgb = frame(pixels, count).to_rgb([0; 3]);
            let shown: Vec<u8> = read
                .buffer
                .chunks_exact(4)
                .flat_map(|pixel| pixel[..3].to_vec())
                .collect();
            assert_eq!(shown, rgb.bytes(), "{pixels:?} frame {count}");
            hundredths += read.delay;
            count += 1;
        }
        assert_eq!((count, hundredths), (6, 20), "six thirtieths of a second");
        let loops = match repeat {
            Repeat::Forever => gif::Repeat::Infinite,
            Repeat::Once => gif::Repeat::Finite(0),
        };
        assert_eq!(decoder.repeat(), loops);
        let found = embedded::recipe_in_file(&path).expect("it carries its recipe");
        assert_eq!(found, recipe());
    }
}

#[test]
fn gif_of_many_colours_comes_near() {
    let folder = folder();
    let size = [64, 48];
    let spec = AnimationSpec {
        size,
        ..spec(Pixels::Rgb, thirtieths(3), Repeat::Forever)
    };
    let picture = |number: usize| {
        let colour = |index: usize| {
            let (x, y) = (index % 64, index / 64);
            [(x * 4) as u8, (y * 5) as u8, (number * 80) as u8]
        };
        let bytes = (0..64 * 48).flat_map(colour).collect();
        Raster::new(Pixels::Rgb, 64, 48, bytes).expect("a frame")
    };
    let path = written(&folder, "a.gif", &spec, picture);
    let bytes = fs::read(path).expect("it was written");
    let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes)).expect("a GIF");
    let frames = decoder.into_frames().collect_frames().expect("frames");
    assert_eq!(frames.len(), 3);
    for (number, read) in frames.iter().enumerate() {
        let wanted = picture(number);
        let pixels = read.buffer().pixels().zip(wanted.bytes().chunks_exact(3));
        let error: u32 = pixels
            .flat_map(|(a, b)| (0..3).map(|c| u32::from(a.0[c].abs_diff(b[c]))))
            .sum();
        let mean = f64::from(error) / wanted.bytes().len() as f64;
        assert!(mean < 6.0, "frame {number} is off by {mean} of 255");
    }
}

#[test]
fn apng_is_exact() {
    let folder = folder();
    for (pixels, repeat, plays) in [
        (Pixels::Grey, Repeat::Forever, 0),
        (Pixels::Rgb, Repeat::Once, 1),
        (Pixels::Rgba, Repeat::Forever, 0),
    ] {
        let spec = spec(pixels, thirtieths(7), repeat);
        let path = written(&folder, "a.png", &spec, |number| frame(pixels, number));
        let bytes = fs::read(&path).expect("it was written");
        let mut reader = png::Decoder::new(Cursor::new(bytes.as_slice()))
            .read_info()
            .expect("a PNG");
        let control = *reader.info().animation_control().expect("an animation");
        assert_eq!((control.num_frames, control.num_plays), (7, plays));
        let mut buffer = vec![0; reader.output_buffer_size().expect("a size")];
        let mut milliseconds = 0;
        for number in 0..7 {
            reader.next_frame(&mut buffer).expect("a sound frame");
            assert_eq!(buffer, frame(pixels, number).bytes(), "frame {number}");
            let frame = reader.info().frame_control().expect("a frame");
            assert_eq!(frame.delay_den, 1000);
            milliseconds += frame.delay_num;
        }
        assert_eq!(milliseconds, 233, "seven thirtieths of a second");
        assert_eq!(embedded::recipe_in(&bytes).expect("a recipe"), recipe());
    }
}

#[test]
fn webp_is_exact() {
    let folder = folder();
    for (pixels, repeat) in [
        (Pixels::Grey, Repeat::Forever),
        (Pixels::Rgb, Repeat::Once),
        (Pixels::Rgba, Repeat::Forever),
    ] {
        let spec = spec(pixels, thirtieths(7), repeat);
        let path = written(&folder, "a.webp", &spec, |number| frame(pixels, number));
        let bytes = fs::read(&path).expect("it was written");
        let riff = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        assert_eq!(riff as usize + 8, bytes.len(), "the length of the file");
        let mut decoder = WebPDecoder::new(Cursor::new(bytes.as_slice())).expect("a WebP");
        assert!(decoder.has_animation());
        assert_eq!(decoder.dimensions(), (7, 5));
        let is_endless = matches!(decoder.loop_count(), image::metadata::LoopCount::Infinite);
        assert_eq!(is_endless, repeat == Repeat::Forever);
        assert!(decoder.xmp_metadata().expect("sound").is_some());
        let frames = decoder.into_frames().collect_frames().expect("frames");
        assert_eq!(frames.len(), 7);
        let mut milliseconds = 0;
        for (number, read) in frames.iter().enumerate() {
            let wanted = frame(pixels, number);
            let same = match pixels {
                Pixels::Rgba => read.buffer().as_raw() == wanted.bytes(),
                _ => {
                    let rgb = wanted.to_rgb([0; 3]);
                    let read = read
                        .buffer()
                        .pixels()
                        .flat_map(|p| [p.0[0], p.0[1], p.0[2]]);
                    read.eq(rgb.bytes().iter().copied())
                }
            };
            assert!(same, "{pixels:?} frame {number}");
            milliseconds += read.delay().numer_denom_ms().0 / read.delay().numer_denom_ms().1;
        }
        assert_eq!(milliseconds, 233);
        assert_eq!(embedded::recipe_in(&bytes).expect("a recipe"), recipe());
    }
}

#[test]
fn a_sequence_is_a_png_for_each_frame() {
    let folder = folder();
    let spec = spec(Pixels::Grey, thirtieths(11), Repeat::Forever);
    let grey = |number| frame(Pixels::Grey, number);
    for (name, first, last) in [
        ("walk", "walk/0001.png", "walk/0011.png"),
        ("step_#.png", "step_01.png", "step_11.png"),
        ("f%05d.png", "f00001.png", "f00011.png"),
    ] {
        written(&folder, name, &spec, grey);
        for (name, number) in [(first, 0), (last, 10)] {
            let bytes = fs::read(folder.path().join(name)).expect(name);
            let read = image::load_from_memory(&bytes).expect("a picture");
            assert_eq!(read.into_luma8().as_raw(), grey(number).bytes());
            assert_eq!(embedded::recipe_in(&bytes).expect("a recipe"), recipe());
        }
    }
    assert_eq!(names(folder.path()).len(), 1 + 11 + 11, "and nothing else");
    assert_eq!(names(&folder.path().join("walk")).len(), 11);
}

#[test]
fn frames_of_two_animations_never_mix() {
    let folder = folder();
    let spec = spec(Pixels::Grey, thirtieths(2), Repeat::Forever);
    let grey = |number| frame(Pixels::Grey, number);
    written(&folder, "walk", &spec, grey);
    written(&folder, "step_##.png", &spec, grey);
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (name, part) in [("walk", "not empty"), ("step_##.png", "there already")] {
        let path = folder.path().join(name);
        let refused = AnimationWriter::create(&path, AnimationFormat::PngSequence, &spec);
        let error = refused.expect_err("it is taken");
        assert!(error.is_bad_input());
        assert!(error.to_string().contains(part), "{error}");
    }
    written(&folder, "empty", &spec, grey);
    assert_eq!(names(&folder.path().join("empty")).len(), 2);
}

#[test]
fn a_dropped_animation_leaves_nothing() {
    let folder = folder();
    let spec = spec(Pixels::Grey, thirtieths(3), Repeat::Forever);
    for name in ["a.gif", "a.png", "a.webp", "walk", "step_##.png"] {
        let path = folder.path().join(name);
        let format = AnimationFormat::of_path(&path).expect("a known name");
        let mut writer =
            AnimationWriter::create(&path, format, &spec).expect("the folder is there");
        writer.push(&frame(Pixels::Grey, 0)).expect("there is room");
        drop(writer);
        assert_eq!(names(folder.path()), [""; 0], "{name}");
        let mut writer =
            AnimationWriter::create(&path, format, &spec).expect("the folder is there");
        writer.push(&frame(Pixels::Grey, 0)).expect("there is room");
        let error = writer.finish().expect_err("two frames are missing");
        assert!(error.to_string().contains("2 of 3 frames"), "{error}");
        assert_eq!(names(folder.path()), [""; 0], "{name}");
    }
}

#[test]
fn a_file_that_was_there_stays_until_the_new_one_is_whole() {
    let folder = folder();
    let spec = spec(Pixels::Grey, thirtieths(2), Repeat::Forever);
    for name in ["a.gif", "a.png", "a.webp"] {
        let path = folder.path().join(name);
        fs::write(&path, b"old").expect("the folder is there");
        let format = AnimationFormat::of_path(&path).expect("a known name");
        let mut writer =
            AnimationWriter::create(&path, format, &spec).expect("the folder is there");
        writer.push(&frame(Pixels::Grey, 0)).expect("there is room");
        assert_eq!(fs::read(&path).expect("it is there"), b"old");
        drop(writer);
        assert_eq!(fs::read(&path).expect("it is there"), b"old");
        written(&folder, name, &spec, |number| frame(Pixels::Grey, number));
        assert_ne!(fs::read(&path).expect("it is there"), b"old");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_made() {
    let folder = folder();
    let good = spec(Pixels::Grey, thirtieths(2), Repeat::Forever);
    let with = |durations: Vec<Duration>, size| AnimationSpec {
        durations,
        size,
        ..good.clone()
    };
    let ms = Duration::from_millis;
    for (name, spec, part) in [
        ("a.gif", with(vec![ms(10); 2], SIZE), "50 frames a second"),
        ("a.gif", with(vec![ms(40)], [70_000, 1]), "65535"),
        ("a.webp", with(vec![ms(40)], [1, 16_385]), "16384"),
        ("a.png", with(vec![ms(0)], SIZE), "1 ms"),
        ("a.png", with(vec![ms(100_000)], SIZE), "65 s"),
        ("a.png", with(Vec::new(), SIZE), "at least one frame"),
        ("a.png", with(vec![ms(40)], [0, 4]), "0x4"),
        ("absent/a.png", good.clone(), "absent"),
        ("absent/walk", good.clone(), "absent"),
    ] {
        let path = folder.path().join(name);
        let format = AnimationFormat::of_path(&path).expect("a known name");
        let error = AnimationWriter::create(&path, format, &spec).expect_err(part);
        assert!(error.is_bad_input(), "{error}");
        let text = error.to_string();
        assert!(text.contains(part) && text.contains(name), "{text}");
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn frames_that_were_not_announced_are_errors() {
    let folder = folder();
    let spec = spec(Pixels::Grey, thirtieths(1), Repeat::Forever);
    let path = folder.path().join("a.gif");
    let create = || AnimationWriter::create(&path, AnimationFormat::Gif, &spec).expect("a file");
    let mut writer = create();
    writer.push(&frame(Pixels::Grey, 0)).expect("the first");
    let more = writer.push(&frame(Pixels::Grey, 1));
    assert!(
        matches!(more, Err(AnimationError::Encoder { .. })),
        "{more:?}"
    );
    let other = create().push(&frame(Pixels::Rgb, 0));
    assert!(
        matches!(other, Err(AnimationError::Encoder { .. })),
        "{other:?}"
    );
}

#[test]
fn names_choose_formats() {
    for (name, format) in [
        ("a.gif", Some(AnimationFormat::Gif)),
        ("a.GIF", Some(AnimationFormat::Gif)),
        ("a.png", Some(AnimationFormat::Apng)),
        ("a.apng", Some(AnimationFormat::Apng)),
        ("a_###.png", Some(AnimationFormat::PngSequence)),
        ("a_%04d.png", Some(AnimationFormat::PngSequence)),
        ("folder", Some(AnimationFormat::PngSequence)),
        ("folder/", Some(AnimationFormat::PngSequence)),
        ("walk.v2/", Some(AnimationFormat::PngSequence)),
        ("a.webp", Some(AnimationFormat::WebP)),
        ("a.mp4", Some(AnimationFormat::Mp4)),
        ("a.avi", None),
        ("..", None),
    ] {
        assert_eq!(AnimationFormat::of_path(Path::new(name)), format, "{name}");
    }
}
