//! Sound files of every kind, made by the program itself.

use super::Form;
use crate::foreign::parity;
use crate::foreign_files::{self, FORMS};
use crate::graph_files;
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::time::Duration;
use zscape::document::animation::{AnimationFormat, AnimationSpec, AnimationWriter, Repeat};
use zscape::document::codes::{self, CodeArray};
use zscape::document::journal::{Entry, Journal, SaveState};
use zscape::document::raster::Pixels;
use zscape::document::recipe::Animation;
use zscape::document::scene_file::SceneFile;
use zscape::document::{
    Bookmark, Change, ModelLink, ModelOrigin, Raster, Recipe, Session, Staging, StoredDirection,
    Subject, png,
};
use zscape::latent::path::{Easing, Method};
use zscape::latent::{Code, Direction, ModelId, Space};
use zscape::learn::progress::{Attempt, ProgressFile, Rating};
use zscape::learn::{Answer, Criterion, Level};
use zscape::model::style;

pub type Corpus = Vec<(Form, Vec<u8>)>;

fn of_form(form: Form, files: impl IntoIterator<Item = Vec<u8>>) -> Corpus {
    files.into_iter().map(|bytes| (form, bytes)).collect()
}

pub fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Corpus {
    let bytes = texts.into_iter().map(|text| text.as_bytes().to_vec());
    of_form(Form::Text, bytes)
}

/// What a function writes at a path.
fn written(write: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    write(&path);
    std::fs::read(path).expect("it was written")
}

pub fn models() -> Corpus {
    let graphs = graph_files::GENERATORS
        .into_iter()
        .chain([graph_files::JUDGE]);
    let style = style::random_model(3).expect("it can be made");
    of_form(
        Form::Safetensors,
        graphs.map(graph_files::bytes).chain([style]),
    )
}

/// One small model in every form in which other programs write weights, graphs, one with classes, and those whose
/// tensors are looked into or computed of one another.
pub fn foreign_models() -> Corpus {
    let tensors = foreign_files::small_vae();
    let form = |form: foreign_files::Form| match form {
        foreign_files::Form::Safetensors => Form::Safetensors,
        foreign_files::Form::TorchLegacy | foreign_files::Form::Persistent => Form::Bytes,
        _ => Form::Zip,
    };
    let files = FORMS.into_iter().map(|it| (form(it), it.bytes(&tensors)));
    let graphs = [
        &include_bytes!("../../data/onnx/dcgan.onnx")[..],
        include_bytes!("../../data/onnx/residual-20.onnx"),
        include_bytes!("../../data/onnx/tokens.onnx"),
    ];
    let graphs = graphs.map(|bytes| (Form::Bytes, bytes.to_vec()));
    let conditional = FORMS[1].bytes(&foreign_files::conditional_stylegan());
    let conditional = [(form(FORMS[1]), conditional)];
    let others = ["stylegan3 t", "stylegan3 r", "biggan", "glow", "real nvp"].map(|case| {
        let form_of_it = match case {
            "stylegan3 t" => foreign_files::Form::Persistent,
            _ => foreign_files::Form::Safetensors,
        };
        let tensors = parity::tensors_of(case);
        (form(form_of_it), form_of_it.bytes(&tensors))
    });
    files
        .chain(graphs)
        .chain(conditional)
        .chain(others)
        .collect()
}

fn recipe(model: &ModelId, subject: Subject, size: [u32; 2]) -> Recipe {
    Recipe::new(model.clone(), subject, size)
}

/// A still, and an animation in each format that carries a recipe, with recipes of `model`, whose
/// pictures are grey and 28 pixels wide and high.
pub fn recipes(model: &ModelId) -> Corpus {
    let grey = Raster::black(Pixels::Grey, 28, 28).expect("a picture");
    let still = Subject::Expression("slerp(seed(3), 0.5*seed(9) + [0.1, -2], 0.4)".to_owned());
    let still = png::encode(&grey, &recipe(model, still, [28, 28])).expect("it can be written");
    let mut corpus = vec![(Form::Png, still)];
    for (format, form) in [
        (AnimationFormat::Apng, Form::Png),
        (AnimationFormat::Gif, Form::Bytes),
        (AnimationFormat::WebP, Form::Bytes),
    ] {
        corpus.push((form, animation(model, format)));
    }
    corpus
}

fn animation(model: &ModelId, format: AnimationFormat) -> Vec<u8> {
    let subject = Subject::Animation(Animation {
        keyframes: vec!["seed(1)".to_owned(), "[1, 2]".to_owned()],
        method: Method::Slerp,
        easing: Easing::Smooth,
        even: false,
        closed: true,
        frames: 3,
        duration_us: 120_000,
        once: false,
    });
    let spec = AnimationSpec {
        pixels: Pixels::Rgb,
        size: [28, 28],
        durations: vec![Duration::from_millis(40); 3],
        repeat: Repeat::Forever,
        recipe: recipe(model, subject, [28, 28]),
    };
    written(|path| {
        let mut writer = AnimationWriter::create(path, format, &spec).expect("a file");
        for number in 0..3_usize {
            let bytes = (0..28 * 28 * 3).map(|index| (index * 3 + number * 40) as u8);
            let frame = Raster::new(Pixels::Rgb, 28, 28, bytes.collect()).expect("a frame");
            writer.push(&frame).expect("there is room");
        }
        writer.finish().expect("all frames are there");
    })
}

pub fn archives() -> Corpus {
    let z = |first: f32| Code::vector(Space::Z, (0..4).map(|i| first + i as f32).collect());
    let arrays = [
        CodeArray {
            name: "z".to_owned(),
            codes: vec![z(1.0), z(-2.0), z(0.5)],
        },
        CodeArray {
            name: "me".to_owned(),
            codes: vec![z(3.0)],
        },
    ];
    let archive = written(|path| codes::save_npz(path, &arrays).expect("it can be written"));
    vec![(Form::Zip, archive)]
}

pub fn arrays() -> Corpus {
    let z = |first: f32| Code::vector(Space::Z, vec![first; 6]);
    let array = written(|path| codes::save_npy(path, &[z(1.0), z(2.0)]).expect("a file"));
    vec![(Form::Bytes, array)]
}

/// A picture that is not all of one colour, in every format that can be encoded.
pub fn photos() -> Corpus {
    let colours = RgbaImage::from_fn(23, 17, |x, y| {
        Rgba([(x * 11) as u8, (y * 15) as u8, 90, (255 - x) as u8])
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
    let mut corpus = vec![(Form::Png, encoded(ImageFormat::Png))];
    let others = [
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
    ];
    corpus.extend(of_form(Form::Bytes, others.map(encoded)));
    corpus
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory can be written");
    packed.finish().expect("memory can be written")
}

/// Pictures and labels of `count` digits of 28 pixels.
pub fn idx(count: u32) -> [Vec<u8>; 2] {
    let mut pictures = vec![0, 0, 8, 3];
    let mut labels = vec![0, 0, 8, 1];
    pictures.extend([count, 28, 28].iter().flat_map(|n| n.to_be_bytes()));
    labels.extend(count.to_be_bytes());
    for index in 0..count {
        labels.push((index % 10) as u8);
        pictures.extend((0..784).map(|pixel| if pixel / 28 == index % 28 { 200 } else { 0 }));
    }
    [pictures, labels]
}

/// The recipe of a small autoencoder.
pub const TRAINING: &str = r#"
name = "tiny-ae"
title = "Tiny"
summary = "An autoencoder for a test."
family = "autoencoder"
dataset = "mnist"
z_dim = 2
encoder = [{ layer = "flatten" }, { layer = "dense", outputs = 2 }]
decoder = [{ layer = "dense", outputs = 784 }, { layer = "sigmoid" }]
[training]
seed = 1
images = 20
batch = 10
learning_rate = 1e-3
final_learning_rate = 1e-5
average_decay = 0.5
reconstruction = "squared"
"#;

fn link() -> ModelLink {
    ModelLink {
        name: "digits-vae2".to_owned(),
        hash: "0f".repeat(32),
        origin: ModelOrigin::Catalogue("digits-vae2".to_owned()),
    }
}

/// What happens to a session: steps, a branch, bookmarks, a direction.
fn changes() -> Vec<Change> {
    let step = |seed: u64| Change::Step {
        model: link(),
        expression: format!("lerp(seed({seed}), [0.5, -1], 0.25)"),
        sampler: Default::default(),
        at_secs: 1_700_000_000 + seed,
        amends: false,
    };
    let bookmark = Bookmark {
        name: "me".to_owned(),
        tags: vec!["good".to_owned()],
        note: "a note".to_owned(),
        expression: "seed(1)".to_owned(),
        sampler: Default::default(),
        model: link(),
        created_secs: 1_700_000_000,
        code: Code::vector(Space::Z, vec![0.5, -1.0]),
        staging: None,
        is_deleted: false,
    };
    let direction = StoredDirection {
        direction: Direction {
            name: "PC 1".to_owned(),
            space: Space::Z,
            values: vec![0.6, 0.8],
        },
        picture_change: 0.25,
        evidence: "found".to_owned(),
    };
    let (mut all, more): (Vec<_>, Vec<_>) =
        ((0..6).map(step).collect(), (6..9).map(step).collect());
    all.push(Change::AddBookmark(Box::new(bookmark)));
    all.push(Change::AddDirection(Box::new(direction)));
    all.push(Change::GoTo(zscape::document::NodeId::new(2)));
    all.extend(more);
    all.push(Change::RenameBookmark {
        from: "me".to_owned(),
        to: "you".to_owned(),
    });
    all
}

pub fn session() -> Session {
    let mut session = Session::default();
    for change in changes() {
        session.apply(&change).expect("it makes sense");
    }
    session
}

/// A scene with a code, and tools that are set to something.
pub fn scenes() -> Corpus {
    let model = ModelId {
        name: "digits-vae2".to_owned(),
        hash: "0f".repeat(32),
    };
    let subject = Subject::Expression("@me + 0.5*seed(1)".to_owned());
    let mut recipe = Recipe::new(model, subject, [28, 28]);
    let code = Code::vector(Space::Z, vec![0.5, -1.0]);
    recipe.codes.insert("me".to_owned(), code);
    let staging = Staging {
        tools: r#"{"open": "map", "settings": {"map": {"pictures": true}}}"#.to_owned(),
        ..Staging::default()
    };
    let scene = SceneFile::new("Threes", "Drag to the left", Some(staging), recipe);
    let text = scene.expect("it is sound").to_json().expect("it is short");
    of_form(Form::Text, [text.into_bytes()])
}

pub fn journals() -> Corpus {
    let journal = written(|path| {
        let begun = Journal::create(path, &Session::default(), &SaveState::default());
        let mut journal = begun.expect("a file");
        let changes = changes().into_iter();
        let mut entries: Vec<Entry> = changes.map(|it| Entry::Change(Box::new(it))).collect();
        entries.push(Entry::Saved("/a.zscape".to_owned()));
        entries.push(Entry::Closed);
        journal.append(&entries).expect("there is room");
    });
    let earlier = include_bytes!("../../data/directions-v1.journal");
    of_form(Form::Text, [journal, earlier.to_vec()])
}

/// What a learner has answered and reviewed.
pub fn progress() -> Corpus {
    let file = written(|path| {
        let mut file = ProgressFile::open(path);
        for number in 0..3 {
            file.progress_mut().record(Attempt {
                at: 1_700_000_000 + number,
                question: "why-slerp".to_owned(),
                topic: "vae".to_owned(),
                level: Level::Beginner,
                task: 0,
                kind: "predict".to_owned(),
                criteria: vec![Criterion::Understanding],
                answer: Answer::Predict { value: 1.5 },
                passed: number > 0,
                score: 0.5,
                seconds: 12.0,
                timed: false,
            });
        }
        let progress = file.progress_mut();
        progress.review("why-slerp", Rating::Good, 1_700_000_100);
        file.save().expect("a file");
    });
    vec![(Form::Text, file)]
}

/// Writes the doll of the documentation, and gives its description and one of its layers.
pub fn doll(folder: &Path) -> Corpus {
    crate::dolls::write_snails(folder);
    let read = |name: &str| std::fs::read(folder.join(name)).expect("it was written");
    vec![(Form::Text, read("doll.toml")), (Form::Png, read(LAYER))]
}

/// One of the layers of [`doll`].
pub const LAYER: &str = "eyes/one.png";
