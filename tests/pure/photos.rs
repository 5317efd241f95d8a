//! Pictures of every kind that people bring, and what encoders get of them.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use std::io::Cursor;
use zscape::document::photo::{
    self, Background, Crop, Fit, Photo, PhotoError, PhotoFault, Placing, PrepareError,
    PrepareOptions, prepare, suggests_invert,
};

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .into()
        .write_to(&mut bytes, format)
        .expect("the format holds it");
    bytes.into_inner()
}

/// Red, green over blue, white.
fn four_colours() -> RgbImage {
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]];
    RgbImage::from_fn(
        32,
        32,
        |x, y| Rgb(colours[(x / 16 + 2 * (y / 16)) as usize]),
    )
}

/// A grey photo from a function of the place.
fn grey(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Photo {
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let value = value(x, y);
            rgba.extend([value, value, value, 255]);
        }
    }
    Photo::from_rgba(width, height, rgba).expect("a picture")
}

fn as_numbers(photo: &Photo, target: [usize; 3], options: PrepareOptions) -> Vec<f32> {
    let numbers = prepare(photo, target, &options).expect("it can be prepared");
    assert_eq!(numbers.len(), target.iter().product::<usize>());
    assert!(numbers.iter().all(|value| (0.0..=1.0).contains(value)));
    numbers
}

#[test]
fn every_format_is_read() {
    let picture = four_colours();
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    let first = DynamicImage::from(picture.clone()).into_rgba8();
    let second = image::RgbaImage::new(32, 32);
    encoder
        .encode_frames([first, second].map(Frame::new))
        .expect("memory can be written");
    drop(encoder);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 100)
        .encode_image(&picture)
        .expect("memory can be written");
    for (name, bytes, tolerance) in [
        ("PNG", encoded(picture.clone(), ImageFormat::Png), 0.0),
        ("BMP", encoded(picture.clone(), ImageFormat::Bmp), 0.0),
        ("WebP", encoded(picture.clone(), ImageFormat::WebP), 0.0),
        ("GIF", gif, 0.0),
        ("JPEG", jpeg, 0.03),
    ] {
        let photo = Photo::decode(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(photo.size(), [32, 32], "{name}");
        for (place, colour) in [
            ((4, 4), [1.0, 0.0, 0.0, 1.0]),
            ((27, 4), [0.0, 1.0, 0.0, 1.0]),
            ((4, 27), [0.0, 0.0, 1.0, 1.0]),
            ((27, 27), [1.0; 4]),
        ] {
            let pixel = photo.pixel(place.0, place.1);
            let near = pixel
                .iter()
                .zip(colour)
                .all(|(a, b)| (a - b).abs() <= tolerance);
            assert!(near, "{name} at {place:?}: {pixel:?}");
        }
    }
}

#[test]
fn deep_grey_and_transparent_pixels_are_exact() {
    let deep = ImageBuffer::from_fn(3, 1, |x, _| Luma([[0_u16, 257, 65_535][x as usize]]));
    let photo = Photo::decode(&encoded(deep, ImageFormat::Png)).expect("16 bits");
    assert_eq!(
        photo.pixel(1, 0),
        [1.0 / 255.0, 1.0 / 255.0, 1.0 / 255.0, 1.0]
    );
    let finer = ImageBuffer::from_pixel(1, 1, Rgb([1_u16, 2, 3]));
    let photo = Photo::decode(&encoded(finer, ImageFormat::Png)).expect("16 bits");
    assert_eq!(photo.pixel(0, 0)[0], 1.0 / 65_535.0);
    assert_eq!(photo.to_rgba(), [0, 0, 0, 255]);
    let half = ImageBuffer::from_pixel(1, 1, LumaA([200_u8, 51]));
    let photo = Photo::decode(&encoded(half, ImageFormat::Png)).expect("grey with alpha");
    assert_eq!(
        photo.pixel(0, 0),
        [200.0 / 255.0, 200.0 / 255.0, 200.0 / 255.0, 0.2]
    );
}

/// A JPEG that asks to be turned, by an Exif segment right behind its beginning.
fn turned_jpeg(orientation: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let wide = RgbImage::from_fn(
        32,
        16,
        |x, _| if x < 16 { Rgb([255; 3]) } else { Rgb([0; 3]) },
    );
    JpegEncoder::new_with_quality(&mut jpeg, 100)
        .encode_image(&wide)
        .expect("memory can be written");
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend([0, orientation, 0, 0, 0, 0, 0, 0]);
    let mut segment = vec![0xff, 0xe1];
    segment.extend((exif.len() as u16 + 2).to_be_bytes());
    segment.extend(exif);
    jpeg.splice(2..2, segment);
    jpeg
}

#[test]
fn a_photo_stands_as_the_camera_was_held() {
    let flat = Photo::decode(&turned_jpeg(1)).expect("a JPEG");
    assert_eq!(flat.size(), [32, 16]);
    assert!(flat.pixel(2, 8)[0] > 0.9 && flat.pixel(29, 8)[0] < 0.1);
    // 6: to be turned clockwise by a quarter, so that the left side comes to the top.
    let upright = Photo::decode(&turned_jpeg(6)).expect("a JPEG");
    assert_eq!(upright.size(), [16, 32]);
    assert!(upright.pixel(8, 2)[0] > 0.9 && upright.pixel(8, 29)[0] < 0.1);
}

#[test]
fn a_picture_of_the_right_size_is_taken_as_it_is() {
    let photo = grey(28, 28, |x, y| (x * 9 + y) as u8);
    let numbers = as_numbers(&photo, [1, 28, 28], PrepareOptions::default());
    for (index, number) in numbers.iter().enumerate() {
        let value = ((index % 28) * 9 + index / 28) as u8;
        assert_eq!(*number, f32::from(value) / 255.0);
    }
    let colours = Photo::decode(&encoded(four_colours(), ImageFormat::Png)).expect("a PNG");
    let planes = as_numbers(&colours, [3, 2, 2], PrepareOptions::default());
    assert_eq!(
        planes,
        [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    );
    let luma = as_numbers(&colours, [1, 2, 2], PrepareOptions::default());
    for (value, wanted) in luma.iter().zip([0.2126, 0.7152, 0.0722, 1.0]) {
        assert!((value - wanted).abs() < 1e-6, "{luma:?}");
    }
}

#[test]
fn shrinking_averages_and_keeps_the_mean() {
    let photo = grey(300, 300, |x, y| if (x + y) % 2 == 0 { 255 } else { 0 });
    let numbers = as_numbers(&photo, [1, 28, 28], PrepareOptions::default());
    assert!(
        numbers.iter().all(|value| (value - 0.5).abs() < 0.02),
        "no moiré"
    );
}

#[test]
fn cover_cuts_and_contain_leaves_ground() {
    // White in the middle third, black beside it.
    let photo = grey(60, 20, |x, _| if (20..40).contains(&x) { 255 } else { 0 });
    let cover = as_numbers(&photo, [1, 4, 4], PrepareOptions::default());
    assert_eq!(cover, [1.0; 16]);
    let contain = PrepareOptions {
        fit: Fit::Contain,
        ground: Background::White,
        ..PrepareOptions::default()
    };
    let numbers = as_numbers(&photo, [1, 6, 6], contain);
    let rows: Vec<&[f32]> = numbers.chunks(6).collect();
    let strip = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
    assert_eq!(rows, [[1.0; 6], [1.0; 6], strip, strip, [1.0; 6], [1.0; 6]]);
    let inverted = PrepareOptions {
        invert: true,
        ..contain
    };
    let dark = as_numbers(&photo, [1, 6, 6], inverted);
    assert!(dark.iter().zip(&numbers).all(|(a, b)| *a == 1.0 - b));
}

#[test]
fn a_crop_is_all_that_counts() {
    let photo = grey(10, 10, |x, y| (x + 10 * y) as u8);
    let crop = |left, top, width, height| PrepareOptions {
        crop: Some(Crop {
            left,
            top,
            width,
            height,
        }),
        ..PrepareOptions::default()
    };
    let numbers = as_numbers(&photo, [1, 2, 2], crop(3, 4, 2, 2));
    assert_eq!(numbers, [43, 44, 53, 54].map(|v: u8| f32::from(v) / 255.0));
    for options in [
        crop(0, 0, 0, 5),
        crop(9, 0, 2, 1),
        crop(0, 10, 1, 1),
        crop(u32::MAX, 0, 2, 1),
    ] {
        let refused = prepare(&photo, [1, 2, 2], &options);
        assert_eq!(
            refused,
            Err(PrepareError::Crop {
                width: 10,
                height: 10
            })
        );
    }
    let plain = PrepareOptions::default();
    assert_eq!(
        prepare(&photo, [2, 4, 4], &plain),
        Err(PrepareError::Channels(2))
    );
    assert_eq!(
        prepare(&photo, [1, 0, 4], &plain),
        Err(PrepareError::NoPixels)
    );
}

#[test]
fn transparent_parts_show_the_ground() {
    let clear = ImageBuffer::from_pixel(2, 2, Rgba([255_u8, 0, 0, 0]));
    let photo = Photo::decode(&encoded(clear, ImageFormat::Png)).expect("a PNG");
    let on = |ground| PrepareOptions {
        ground,
        ..PrepareOptions::default()
    };
    assert_eq!(as_numbers(&photo, [1, 1, 1], on(Background::Black)), [0.0]);
    assert_eq!(as_numbers(&photo, [1, 1, 1], on(Background::White)), [1.0]);
}

/// The mean place of the light, from the middle of the first pixel.
fn centre(numbers: &[f32], width: usize) -> [f32; 2] {
    let sum: f32 = numbers.iter().sum();
    let mean = |place: &dyn Fn(usize) -> usize| {
        let parts = numbers.iter().enumerate();
        parts
            .map(|(index, value)| value * place(index) as f32)
            .sum::<f32>()
            / sum
    };
    [mean(&|index| index % width), mean(&|index| index / width)]
}

#[test]
fn a_drawing_is_placed_as_mnist_does() {
    // A one with a foot, small in a corner of a large sheet of grey paper.
    let is_ink = |x: u32, y: u32| {
        ((320..330).contains(&x) && (30..130).contains(&y))
            || ((300..350).contains(&x) && (120..130).contains(&y))
    };
    let photo = grey(400, 300, |x, y| if is_ink(x, y) { 20 } else { 235 });
    assert!(suggests_invert(&photo, &PrepareOptions::default()));
    let options = PrepareOptions {
        invert: true,
        placing: Placing::Digit,
        ..PrepareOptions::default()
    };
    let numbers = as_numbers(&photo, [1, 28, 28], options);
    let is_lit = |index: usize| numbers[index] > 0.3;
    let rows: Vec<usize> = (0..28)
        .filter(|y| (0..28).any(|x| is_lit(y * 28 + x)))
        .collect();
    let columns: Vec<usize> = (0..28)
        .filter(|x| (0..28).any(|y| is_lit(y * 28 + x)))
        .collect();
    assert_eq!(rows.len(), 20, "the longer side fills the box: {rows:?}");
    assert_eq!(columns.len(), 10, "in its proportions: {columns:?}");
    let [x, y] = centre(&numbers, 28);
    assert!(
        (x - 13.5).abs() <= 0.75 && (y - 13.5).abs() <= 0.75,
        "{x} {y}"
    );
    let box_middle = (rows[0] + rows[19]) as f32 / 2.0;
    assert!(
        box_middle < 12.5,
        "the heavy foot pulls the middle down: {box_middle}"
    );
    let corner = numbers[0];
    assert_eq!(corner, 0.0, "the ground is black");
}

#[test]
fn what_is_drawn_light_on_dark_is_not_to_be_inverted() {
    let photo = grey(40, 40, |x, y| {
        if (15..25).contains(&x) && y > 5 && y < 35 {
            255
        } else {
            0
        }
    });
    assert!(!suggests_invert(&photo, &PrepareOptions::default()));
    let clear = Photo::from_rgba(2, 2, vec![0; 16]).expect("four pixels");
    let on = |ground| PrepareOptions {
        ground,
        ..PrepareOptions::default()
    };
    assert!(
        suggests_invert(&clear, &on(Background::White)),
        "ink on clear"
    );
    assert!(!suggests_invert(&clear, &on(Background::Black)));
}

#[test]
fn an_empty_sheet_and_a_single_dot_can_be_prepared() {
    let options = PrepareOptions {
        placing: Placing::Digit,
        ..PrepareOptions::default()
    };
    let empty = grey(50, 50, |_, _| 10);
    assert_eq!(as_numbers(&empty, [1, 28, 28], options), [0.0; 784]);
    let dot = grey(50, 50, |x, y| if (x, y) == (49, 0) { 255 } else { 0 });
    let numbers = as_numbers(&dot, [1, 28, 28], options);
    let lit = numbers.iter().filter(|value| **value > 0.5).count();
    assert!((100..=400).contains(&lit), "{lit} pixels of the box");
    let line = grey(2000, 3, |_, y| if y == 1 { 255 } else { 0 });
    let numbers = as_numbers(&line, [1, 28, 28], options);
    assert!(numbers.iter().any(|value| *value > 0.2));
    let one = grey(1, 1, |_, _| 255);
    for target in [[1, 1, 1], [3, 64, 7], [1, 28, 28]] {
        assert!(
            as_numbers(&one, target, PrepareOptions::default())
                .iter()
                .all(|v| *v == 1.0)
        );
    }
}

/// A head with shoulders, of a width and at a place, in color on a wall that gets darker to the right.
fn portrait(width: u32, height: u32, place: [f32; 2], head: f32) -> Photo {
    portrait_with(width, height, place, head, [120, 60, 40])
}

fn portrait_with(
    width: u32,
    height: u32,
    [x, top]: [f32; 2],
    head: f32,
    [red, green, blue]: [u8; 3],
) -> Photo {
    let mut rgba = Vec::new();
    for py in 0..height {
        for px in 0..width {
            let (dx, dy) = (px as f32 - x, py as f32 - top);
            let in_head =
                (dx / (head / 2.0)).powi(2) + ((dy - 0.6 * head) / (0.6 * head)).powi(2) < 1.0;
            let in_body = dy > 1.3 * head && dx.abs() < 0.8 * head;
            let wall = 200 - (30 * px / width) as u8;
            rgba.extend(if in_head {
                [red, green, blue, 255]
            } else if in_body {
                [20, 30, 160, 255]
            } else {
                [wall, wall, 220, 255]
            });
        }
    }
    Photo::from_rgba(width, height, rgba).expect("as many bytes")
}

#[test]
fn a_head_before_a_wall_gets_the_place_and_size_of_the_data() {
    let options = PrepareOptions {
        placing: Placing::Portrait,
        ..PrepareOptions::default()
    };
    let of =
        |numbers: &[f32], channel: usize, x: usize, y: usize| numbers[channel * 4096 + y * 64 + x];
    // Far and near, high and low, at the left and at the right.
    for (photo, name) in [
        (
            portrait(900, 600, [200.0, 100.0], 90.0),
            "small, at the left",
        ),
        (
            portrait(400, 700, [260.0, 60.0], 220.0),
            "large, at the right",
        ),
        (
            portrait(64, 64, [30.0, 3.0], 24.0),
            "hardly larger than a thumb",
        ),
    ] {
        let numbers = as_numbers(&photo, [3, 64, 64], options);
        // Blue is strong in walls and bodies, weak in heads.
        let is_head = |x: usize, y: usize| of(&numbers, 2, x, y) < 0.4;
        let row = (0..64).filter(|&x| is_head(x, 29)).count();
        assert!(
            (30..=36).contains(&row),
            "{name}: the head is {row} pixels wide"
        );
        let first = (0..64).find(|&y| is_head(32, y));
        assert!(
            first.is_some_and(|y| (8..=11).contains(&y)),
            "{name}: it begins in row {first:?}"
        );
        let [left, right] = [of(&numbers, 0, 1, 1), of(&numbers, 0, 62, 1)];
        assert_eq!(left, right, "{name}: the wall has one color");
    }
    // Skin that is nearly as light as the wall stays skin.
    let light = portrait_with(600, 600, [300.0, 100.0], 200.0, [235, 185, 155]);
    let numbers = as_numbers(&light, [3, 64, 64], options);
    let wall = of(&numbers, 2, 1, 1);
    let row = (0..64)
        .filter(|&x| of(&numbers, 2, x, 29) < wall - 0.1)
        .count();
    assert!((30..=36).contains(&row), "light skin is {row} pixels wide");
    // Nothing stands out, or nothing is even: the picture stays what it is.
    let plain = grey(80, 80, |_, _| 90);
    let noise = grey(80, 80, |x, y| ((x * 7919 + y * 104_729) % 251) as u8);
    for photo in [plain, noise] {
        let as_it_is = as_numbers(&photo, [3, 64, 64], PrepareOptions::default());
        assert_eq!(as_numbers(&photo, [3, 64, 64], options), as_it_is);
    }
}

/// A PNG that claims a size, with a right checksum and nothing behind its header.
fn claiming_png(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(header);
    bytes.extend(crc.sum().to_be_bytes());
    bytes.extend(b"\0\0\0\x00IDAT\x35\xaf\x06\x1e");
    bytes
}

#[test]
fn a_photo_that_is_cut_short_is_refused() {
    let jpeg = encoded(four_colours(), ImageFormat::Jpeg);
    assert!(Photo::decode(&jpeg).is_ok());
    for part in [10, 50, 90] {
        let cut = &jpeg[..jpeg.len() * part / 100];
        let fault = Photo::decode(cut).expect_err("it is cut").to_string();
        assert!(fault.contains("cut short"), "{part} %: {fault}");
    }
}

#[test]
fn what_follows_a_webp_is_passed_over() {
    let webp = encoded(four_colours(), ImageFormat::WebP);
    let alone = Photo::decode(&webp).expect("a WebP");
    for more in [1, 8, 100] {
        let longer = [&webp[..], &vec![7; more]].concat();
        assert_eq!(Photo::decode(&longer).expect("a WebP"), alone, "{more}");
    }
    assert!(Photo::decode(&webp[..webp.len() - 8]).is_err());
}

#[test]
fn a_bitmap_without_any_opacity_is_shown() {
    let hidden = image::RgbaImage::from_pixel(2, 2, Rgba([10, 20, 30, 0]));
    let photo = Photo::decode(&encoded(hidden.clone(), ImageFormat::Bmp)).expect("a BMP");
    assert_eq!(photo.to_rgba(), [10, 20, 30, 255].repeat(4));
    // Of other formats it is meant.
    let photo = Photo::decode(&encoded(hidden, ImageFormat::Png)).expect("a PNG");
    assert_eq!(photo.to_rgba()[3], 0);
}

#[test]
fn profiles_are_brought_to_srgb() {
    use image::ImageEncoder as _;
    let pixels = RgbImage::from_pixel(4, 4, Rgb([200, 100, 50]));
    let decoded = |profile: Option<moxcms::ColorProfile>| {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        if let Some(profile) = profile {
            let profile = profile.encode().expect("it can be written");
            encoder.set_icc_profile(profile).expect("PNG has a place");
        }
        let written = encoder.write_image(&pixels, 4, 4, image::ExtendedColorType::Rgb8);
        written.expect("memory has room");
        Photo::decode(&bytes).expect("a PNG").to_rgba()[..4].to_vec()
    };
    let plain = [200, 100, 50, 255];
    assert_eq!(decoded(None), plain);
    assert_eq!(decoded(Some(moxcms::ColorProfile::new_srgb())), plain);
    let wide = decoded(Some(moxcms::ColorProfile::new_display_p3()));
    assert!(wide[0] > 208 && wide[2] < 42, "{wide:?}");
}

#[test]
fn photos_of_telephones_are_read_in_half_their_size() {
    // 108 million grey pixels.
    let large = image::GrayImage::from_pixel(12_000, 9_000, Luma([77]));
    let bytes = encoded(large, ImageFormat::Png);
    let photo = Photo::decode(&bytes).expect("a PNG");
    assert_eq!(photo.size(), [6000, 4500]);
    assert!((photo.pixel(3000, 2000)[0] - 77.0 / 255.0).abs() < 0.01);
}

#[test]
fn claims_of_huge_sizes_are_refused() {
    let mut gif = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    gif.extend(b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0\x3b");
    let mut bmp = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(100_000_i32.to_le_bytes());
    bmp.extend(100_000_i32.to_le_bytes());
    bmp.extend(b"\x01\0\x18\0");
    bmp.extend([0; 24]);
    let mut jpeg = turned_jpeg(1);
    let sof = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .expect("a frame header");
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0xff; 4]);
    // VP8L: one less than 16,384 in both directions.
    let webp = b"RIFF\x14\0\0\0WEBPVP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0\0\0".to_vec();
    for (name, bytes) in [
        ("PNG", claiming_png(100_000, 100_000)),
        ("PNG of one row", claiming_png(i32::MAX as u32, 1)),
        ("GIF", gif),
        ("BMP", bmp),
        ("JPEG", jpeg),
        ("WebP", webp),
    ] {
        match Photo::decode(&bytes) {
            Err(PhotoFault::TooLarge { .. } | PhotoFault::Broken(_)) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    let fault = Photo::decode(&claiming_png(100_000, 100_000)).expect_err("too large");
    assert!(fault.to_string().contains("100000x100000"), "{fault}");
}

#[test]
fn a_chunk_that_claims_more_than_the_file_is_a_broken_file() {
    // 2 GiB of Exif in a file of 60 bytes.
    let mut webp = b"RIFF\xff\xff\xff\x7fWEBPVP8X\x0a\0\0\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    webp.extend(b"VP8L\x05\0\0\0\x2f\0\0\0\0\0EXIF\xff\xff\xff\x7f");
    let fault = Photo::decode(&webp).expect_err("broken");
    assert!(fault.to_string().contains("ends too early"), "{fault}");
}

#[test]
fn files_are_named_in_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let png = encoded(four_colours(), ImageFormat::Png);
    for (name, bytes, part) in [
        (
            "a.txt",
            b"hello".to_vec(),
            "neither PNG, JPEG, WebP, BMP nor GIF",
        ),
        ("b.png", Vec::new(), "neither"),
        ("f.heic", b"\0\0\0\x18ftypheic".to_vec(), "an HEIF picture"),
        ("c.png", png[..png.len() / 2].to_vec(), "broken"),
        ("d.tiff", b"II*\0\x08\0\0\0".to_vec(), "neither"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder is there");
        let error = photo::read(&path).expect_err(part);
        assert!(matches!(error, PhotoError::Photo { .. }));
        let text = error.to_string();
        assert!(text.contains(name) && text.contains(part), "{text}");
    }
    // Names lie; the bytes do not.
    let path = folder.path().join("e.jpg");
    std::fs::write(&path, png).expect("the folder is there");
    assert_eq!(photo::read(&path).expect("a PNG").size(), [32, 32]);
    let error = photo::read(&folder.path().join("absent.png")).expect_err("absent");
    assert!(error.to_string().contains("absent.png"), "{error}");
}
