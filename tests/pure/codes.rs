//! Codes in NumPy's files: what is written is read back, in the shapes that the field uses.

use half::f16;
use std::fs;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};
use zscape::document::codes::{
    self, CodeArray, CodesError, CodesFault, Spaces, parse_npy, parse_npz, read_codes,
};
use zscape::latent::{Code, Space, SpaceShape, Values};

/// z of 4 numbers; w of 3; w+ of 2 layers.
fn spaces() -> Spaces {
    Spaces::from([
        (Space::Z, SpaceShape::Vector { dim: 4 }),
        (Space::W, SpaceShape::Vector { dim: 3 }),
        (Space::W_PLUS, SpaceShape::Layers { layers: 2, dim: 3 }),
    ])
}

fn z(first: f32) -> Code {
    Code::vector(Space::Z, (0..4).map(|i| first + i as f32).collect())
}

fn layers(first: f32) -> Code {
    Code {
        space: Space::W_PLUS,
        shape: SpaceShape::Layers { layers: 2, dim: 3 },
        values: Values::Reals((0..6).map(|i| first + i as f32).collect()),
        condition: Vec::new(),
        original: None,
    }
}

/// An `.npy` file as NumPy writes it.
pub fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

/// An archive of these members.
pub fn npz(members: &[(&str, Vec<u8>)], compression: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(compression);
    for (name, bytes) in members {
        zip.start_file(*name, options).expect("a member");
        zip.write_all(bytes).expect("memory can be written");
    }
    zip.finish().expect("memory can be written").into_inner()
}

fn floats(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers
        .into_iter()
        .flat_map(|n| f32::from(n).to_le_bytes())
        .collect()
}

#[test]
fn named_codes_of_every_space_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let named = [
        ("me", z(0.1)),
        ("Gr\u{f6}\u{df}e, 2 \u{d7} 3", z(-7.0)),
        ("styled", layers(1.5)),
        // As long as a layer, and no longer to be told from it by its shape.
        (
            "inverted",
            Code::vector(Space::W, vec![0.25, -1e-30, 3.0e38]),
        ),
    ];
    let arrays: Vec<CodeArray> = named
        .iter()
        .map(|(name, code)| CodeArray {
            name: (*name).to_owned(),
            codes: vec![code.clone()],
        })
        .collect();
    codes::save_npz(&path, &arrays).expect("the folder is there");
    let no_spaces = Spaces::new();
    for spaces in [&spaces(), &no_spaces] {
        let read = read_codes(&path, spaces)
            .expect("it was just written")
            .codes;
        let named = named
            .iter()
            .map(|(name, code)| ((*name).to_owned(), code.clone()));
        assert_eq!(read, named.collect::<Vec<_>>());
    }
    // NumPy reads the arrays by their names.
    let bytes = fs::read(&path).expect("it was written");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    assert_eq!(archive.len(), named.len() + 1, "and a note of their spaces");
    let member = archive.by_name("styled.npy").expect("the array");
    let array = npyz::NpyFile::new(member).expect("an array");
    assert_eq!(array.shape(), [1, 2, 3]);
}

#[test]
fn codes_come_back_in_every_layout_that_a_model_has() {
    let h = Space::named("h").expect("a name");
    let shapes = [
        (h, SpaceShape::Layers { layers: 2, dim: 3 }),
        (
            Space::Z,
            SpaceShape::Grid {
                height: 2,
                width: 3,
                levels: 8,
            },
        ),
        (
            Space::X,
            SpaceShape::Image {
                channels: 1,
                height: 2,
                width: 3,
            },
        ),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (space, shape) in shapes {
        let spaces = Spaces::from([(space, shape)]);
        let code = |first: u8| {
            let numbers = (first..first + 6).map(f32::from).collect();
            Code::new(space, shape, numbers).expect("it fits")
        };
        for count in 1..3 {
            let many: Vec<Code> = (0..count).map(code).collect();
            let path = folder.path().join("a.npz");
            let array = CodeArray {
                name: codes::array_name(space).to_owned(),
                codes: many.clone(),
            };
            codes::save_npz(&path, &[array]).expect("the folder is there");
            let read =
                read_codes(&path, &spaces).unwrap_or_else(|error| panic!("{space}: {error}"));
            assert!(read.codes.iter().map(|(_, code)| code).eq(&many), "{space}");
        }
    }
}

#[test]
fn numpy_reads_reals_as_floats_and_indices_as_whole_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let shape = SpaceShape::Grid {
        height: 2,
        width: 2,
        levels: 512,
    };
    let grid = Code::new(Space::Z, shape, vec![7.0, 0.0, 511.0, 3.0]).expect("it fits");
    let arrays = [("w_plus", layers(0.5)), ("z", grid)].map(|(name, code)| CodeArray {
        name: name.to_owned(),
        codes: vec![code],
    });
    codes::save_npz(&path, &arrays).expect("the folder is there");
    let bytes = fs::read(&path).expect("the file was written");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let member = archive.by_name("w_plus.npy").expect("the array");
    let array = npyz::NpyFile::new(member).expect("an array");
    assert_eq!(array.shape(), codes::array_shape(layers(0.5).shape, 1));
    let reals: Vec<f32> = array.into_vec().expect("floats");
    assert_eq!(reals, layers(0.5).values.reals());
    let member = archive.by_name("z.npy").expect("the array");
    let array = npyz::NpyFile::new(member).expect("an array");
    assert_eq!(array.shape(), [1, 2, 2]);
    let indices: Vec<u32> = array.into_vec().expect("whole numbers, not floats");
    assert_eq!(indices, [7, 0, 511, 3]);
}

#[test]
fn whole_numbers_of_any_width_are_indices_and_no_reals() {
    let shape = SpaceShape::Grid {
        height: 1,
        width: 2,
        levels: 512,
    };
    let grids = Spaces::from([(Space::Z, shape)]);
    for (kind, bytes) in [
        ("|u1", vec![5, 200]),
        ("<i2", vec![5, 0, 200, 0]),
        (">u4", vec![0, 0, 0, 5, 0, 0, 0, 200]),
        ("<i8", [5_i64, 200].map(i64::to_le_bytes).concat()),
    ] {
        let array = npy(kind, "(1, 1, 2)", &bytes);
        let read = parse_npy("z", &array, &grids).expect(kind);
        assert_eq!(read.codes[0].1.values.indices(), [5, 200], "{kind}");
        let reals = npy(kind, "(1, 2)", &bytes);
        let fault = parse_npy("z", &reals, &spaces()).expect_err(kind);
        assert!(fault.to_string().contains("integers"), "{kind}: {fault}");
    }
    let outside = npy(
        "<i8",
        "(1, 1, 2)",
        &[5_i64, -1].map(i64::to_le_bytes).concat(),
    );
    let fault = parse_npy("z", &outside, &grids).expect_err("-1 is no index");
    assert!(fault.to_string().contains("-1"), "{fault}");
}

#[test]
fn an_array_of_several_codes_numbers_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let many = [z(0.0), z(1.0), z(2.0)];
    let path = folder.path().join("walk.npy");
    codes::save_npy(&path, &many).expect("the folder is there");
    let read = read_codes(&path, &spaces())
        .expect("it was just written")
        .codes;
    let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["walk_0", "walk_1", "walk_2"]);
    assert!(read.iter().map(|(_, code)| code).eq(&many));

    let path = folder.path().join("w.npz");
    let arrays = [
        CodeArray {
            name: codes::array_name(Space::W_PLUS).to_owned(),
            codes: vec![layers(0.0), layers(9.0)],
        },
        CodeArray {
            name: "z".to_owned(),
            codes: vec![z(5.0)],
        },
    ];
    codes::save_npz(&path, &arrays).expect("the folder is there");
    let read = read_codes(&path, &Spaces::new())
        .expect("it was just written")
        .codes;
    let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["w_plus_0", "w_plus_1", "z"]);
    let bytes = fs::read(&path).expect("it was written");
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    assert_eq!(archive.len(), arrays.len(), "their names tell their spaces");
    assert_eq!(read[1].1, layers(9.0));

    let mixed = codes::save_npy(&folder.path().join("b.npy"), &[z(0.0), layers(0.0)]);
    assert!(mixed.is_err_and(|error| error.to_string().contains("several spaces")));
    assert!(!folder.path().join("b.npy").exists());
}

#[test]
fn the_shapes_of_the_field() {
    let data = floats(0..6);
    let vector = |dim| SpaceShape::Vector { dim };
    let rows = SpaceShape::Layers { layers: 2, dim: 3 };
    // What NVIDIA's projector writes: array w of [1, num_ws, w_dim].
    for (name, shape, space, wanted, count) in [
        ("w", "(1, 2, 3)", Space::W_PLUS, rows, 1),
        ("anything", "(1, 2, 3)", Space::W_PLUS, rows, 1),
        ("w_plus", "(2, 3)", Space::W_PLUS, rows, 1),
        ("w", "(2, 3)", Space::W, vector(3), 2),
        ("z", "(2, 3)", Space::Z, vector(3), 2),
        ("z", "(6,)", Space::Z, vector(6), 1),
        ("w", "(1, 6)", Space::W, vector(6), 1),
        // Only w has codes of 3 numbers.
        ("anything", "(2, 3)", Space::W, vector(3), 2),
        ("anything", "(6,)", Space::Z, vector(6), 1),
    ] {
        let read = parse_npy(name, &npy("<f4", shape, &data), &spaces());
        let read = read
            .unwrap_or_else(|fault| panic!("{name} {shape}: {fault}"))
            .codes;
        assert_eq!(read.len(), count, "{name} {shape}");
        for (_, code) in &read {
            assert_eq!((code.space, code.shape), (space, wanted), "{name} {shape}");
        }
        let values: Vec<f32> = read
            .into_iter()
            .flat_map(|(_, code)| code.values.numbers().into_owned())
            .collect();
        assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}

/// StyleGAN's projector writes one vector for all layers.
#[test]
fn a_style_that_is_repeated_is_one_code_in_w() {
    let repeated = floats([7, 8, 9, 7, 8, 9]);
    let differing = floats([7, 8, 9, 7, 8, 0]);
    let member = |data: &[u8]| [("w.npy", npy("<f4", "(1, 2, 3)", data))];
    let read = |data: &[u8], spaces: &Spaces| {
        let archive = npz(&member(data), CompressionMethod::Stored);
        let mut codes = parse_npz(&archive, spaces).expect("it is sound").codes;
        assert_eq!(codes.len(), 1);
        codes.remove(0)
    };
    let of_w = |values: &[f32]| Code::vector(Space::W, values.to_vec());
    assert_eq!(
        read(&repeated, &spaces()),
        ("w".to_owned(), of_w(&[7.0, 8.0, 9.0]))
    );
    assert_eq!(read(&differing, &spaces()).1.space, Space::W_PLUS);
    // Without a model nothing is known of w.
    assert_eq!(read(&repeated, &Spaces::new()).1.space, Space::W_PLUS);
    // What says w+ is meant so.
    let archive = npz(
        &[("w_plus.npy", npy("<f4", "(1, 2, 3)", &repeated))],
        CompressionMethod::Stored,
    );
    let codes = parse_npz(&archive, &spaces()).expect("it is sound").codes;
    assert_eq!(codes[0].1.space, Space::W_PLUS);
}

#[test]
fn doubles_and_halves_are_read_and_packed_archives_too() {
    let doubles: Vec<u8> = [0.1_f64, -2.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let halves: Vec<u8> = [0.5_f32, -2.0]
        .iter()
        .flat_map(|v| f16::from_f32(*v).to_le_bytes())
        .collect();
    let members = [
        ("a.npy", npy("<f8", "(2,)", &doubles)),
        ("b.npy", npy("<f2", "(1, 2)", &halves)),
        ("notes.txt", b"something else".to_vec()),
    ];
    for compression in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let read = parse_npz(&npz(&members, compression), &Spaces::new())
            .expect("sound")
            .codes;
        let values: Vec<&[f32]> = read.iter().map(|(_, code)| code.values.reals()).collect();
        assert_eq!(values, [[0.1_f32, -2.0], [0.5, -2.0]]);
    }
}

#[test]
fn what_holds_no_codes_is_a_sentence() {
    let one = npy("<f4", "(1, 2)", &floats([1, 2]));
    let nan = npy("<f4", "(1, 1)", &f32::NAN.to_le_bytes());
    let infinite = npy("<f8", "(1, 1)", &1e300_f64.to_le_bytes());
    let stored = CompressionMethod::Stored;
    let cases = [
        (npz(&[], stored), "no codes"),
        (
            npz(&[("readme.txt", b"hello".to_vec())], stored),
            "no codes",
        ),
        (npz(&[("a.npy", b"hello".to_vec())], stored), "\"a\""),
        (
            npz(&[("a.npy", npy("<f4", "()", &floats([1])))], stored),
            "[]",
        ),
        (
            npz(&[("a.npy", npy("<f4", "(0, 4)", &[]))], stored),
            "[0, 4]",
        ),
        (
            npz(
                &[("a.npy", npy("<f4", "(1, 1, 1, 1)", &floats([1])))],
                stored,
            ),
            "[1, 1, 1, 1]",
        ),
        (
            npz(&[("a.npy", npy("<i8", "(1,)", &[0; 8]))], stored),
            "64-bit integers",
        ),
        (npz(&[("a.npy", nan)], stored), "not finite"),
        (npz(&[("a.npy", infinite)], stored), "not finite"),
        (
            npz(
                &[
                    ("a.npy", npy("<f4", "(2, 1)", &floats([1, 2]))),
                    ("a_1.npy", one.clone()),
                ],
                stored,
            ),
            "two codes",
        ),
        (npz(&[(".npy", one.clone())], stored), "cannot name"),
        (npz(&[("a\nb.npy", one)], stored), "cannot name"),
        (b"PK\x03\x04 and nothing else".to_vec(), "archive"),
        (Vec::new(), "archive"),
    ];
    for (bytes, part) in cases {
        let fault = parse_npz(&bytes, &spaces()).expect_err(part).to_string();
        assert!(fault.contains(part), "{fault:?} has no {part:?}");
    }
}

#[test]
fn bombs_are_refused_by_what_they_claim_and_by_what_they_are() {
    // 300 MiB of zeros pack into 300 KiB.
    let zeros = npy("<f4", "(78643200,)", &vec![0; 300 << 20]);
    let zeros_len = zeros.len();
    let bomb = npz(&[("a.npy", zeros)], CompressionMethod::Deflated);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(
        parse_npz(&bomb, &Spaces::new()),
        Err(CodesFault::TooLarge)
    ));
    // The same, claiming to be small in both of its tables.
    let mut lying = bomb.clone();
    let len = u32::try_from(zeros_len).expect("300 MiB");
    let claimed = len.to_le_bytes();
    let mut lies = 0;
    for place in 0..lying.len() - 4 {
        if lying[place..place + 4] == claimed {
            lying[place..place + 4].copy_from_slice(&100_u32.to_le_bytes());
            lies += 1;
        }
    }
    assert!(lies >= 1, "the size stands in a table");
    assert!(parse_npz(&lying, &Spaces::new()).is_err());
    // Many small ones add up.
    let part = npy("<f4", "(16777216,)", &vec![0; 64 << 20]);
    let members: Vec<(String, Vec<u8>)> =
        (0..5).map(|i| (format!("{i}.npy"), part.clone())).collect();
    let members: Vec<(&str, Vec<u8>)> = members
        .iter()
        .map(|(n, b)| (n.as_str(), b.clone()))
        .collect();
    let bomb = npz(&members, CompressionMethod::Deflated);
    assert!(matches!(
        parse_npz(&bomb, &Spaces::new()),
        Err(CodesFault::TooLarge)
    ));
    // More codes than anybody has.
    let many = npy("<f4", "(100001, 1)", &vec![0; 400_004]);
    assert!(matches!(
        parse_npy("a", &many, &Spaces::new()),
        Err(CodesFault::TooMany)
    ));
}

#[test]
fn what_fits_the_model_is_taken_and_the_rest_is_noted() {
    let stored = CompressionMethod::Stored;
    let archive = npz(
        &[
            ("seeds.npy", npy("<i8", "(2,)", &[0; 16])),
            ("labels.npy", npy("<U2", "(1,)", &[0; 8])),
            ("losses.npy", npy("<f4", "(5,)", &floats([1, 2, 3, 4, 5]))),
            ("z.npy", npy("<f4", "(1, 4)", &floats([1, 2, 3, 4]))),
            ("psi.npy", npy("<f4", "()", &floats([1]))),
            (
                "w_plus",
                npy("<f4", "(2, 1, 3)", &floats([1, 2, 3, 4, 5, 6])),
            ),
            ("__MACOSX/._z.npy", b"nothing".to_vec()),
        ],
        stored,
    );
    let spaces = Spaces::from([
        (Space::Z, SpaceShape::Vector { dim: 4 }),
        (Space::W_PLUS, SpaceShape::Layers { layers: 2, dim: 3 }),
    ]);
    let read = parse_npz(&archive, &spaces).expect("there are codes");
    let names: Vec<&str> = read.codes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "w_plus_0", "w_plus_1"]);
    // One style is that of all layers.
    let second = read.codes[2].1.values.numbers();
    assert_eq!(second[..], [4.0, 5.0, 6.0, 4.0, 5.0, 6.0]);
    let notes = read.notes.join("\n");
    for part in [
        "seeds",
        "64-bit integers",
        "labels",
        "texts",
        "losses",
        "psi",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("MACOSX"), "{notes}");
}

#[test]
fn styles_that_look_like_many_codes_are_noted() {
    let spaces = Spaces::from([
        (Space::W, SpaceShape::Vector { dim: 3 }),
        (Space::W_PLUS, SpaceShape::Layers { layers: 2, dim: 3 }),
    ]);
    let array = npy("<f4", "(2, 3)", &floats([1, 2, 3, 4, 5, 6]));
    let read = parse_npy("w", &array, &spaces).expect("two codes in w");
    assert_eq!(read.codes.len(), 2);
    assert!(read.notes[0].contains("@w_0 to @w_1") && read.notes[0].contains("w_plus"));
    assert!(
        parse_npy("other", &array, &spaces)
            .expect("sound")
            .notes
            .len()
            <= 1
    );
}

#[test]
fn files_are_named_in_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, part) in [
        (
            "a.npz",
            "a.npz: it is a text; codes are in .npy and .npz files",
        ),
        ("a.txt", "a.txt: it is a text"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, b"nothing").expect("the folder is there");
        let error = read_codes(&path, &Spaces::new()).expect_err(part);
        assert!(error.to_string().contains(part), "{error}");
    }
    let absent = read_codes(&folder.path().join("absent.npz"), &Spaces::new());
    assert!(matches!(absent, Err(CodesError::Load(_))));
}
