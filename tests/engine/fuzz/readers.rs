//! What reads files from outside, each as far as the program goes with what it accepts.

use super::files::{self, Corpus, LAYER};
use super::{Form, Reader};
use crate::support::Driver;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use zscape::app::Memory;
use zscape::document::codes::{Spaces, parse_npy, parse_npz};
use zscape::document::photo::{Photo, PrepareOptions, prepare};
use zscape::document::scene_file::SceneFile;
use zscape::document::seeds::SeedList;
use zscape::document::{embedded, journal, session_file};
use zscape::engine::{DeviceChoice, Event, Fault, Job, ModelInfo};
use zscape::latent::expr::{Expr, parse};
use zscape::latent::{NoiseMode, SessionNames, Shot};
use zscape::learn::progress::ProgressFile;
use zscape::learn::read;
use zscape::model::foreign::Undescribed;
use zscape::model::{Generator, ModelFile, device};
use zscape::render::Plan;
use zscape::train::dataset::{DatasetName, Part};
use zscape::train::{self, TrainOptions};

/// The most work of one picture that is decoded here, in multiplications.
const DECODED_WORK: usize = 20_000_000;

/// All readers; what they need besides the file lies in `folder`.
pub fn all(folder: &Path) -> Vec<Reader> {
    let driver = Rc::new(Driver::new(DeviceChoice::Cpu, None));
    let model = driver.load("digits-vae2");
    let reader = |name, share, corpus, read| Reader {
        name,
        share,
        corpus,
        read,
    };
    vec![
        reader(
            "models",
            8,
            files::models(),
            boxed(|bytes, _, _| model_file(bytes)),
        ),
        reader("recipes", 10, files::recipes(&model.id), {
            let (driver, model) = (Rc::clone(&driver), Arc::clone(&model));
            boxed(move |bytes, _, _| recipe(bytes, &driver, &model))
        }),
        reader(
            "foreign models",
            8,
            files::foreign_models(),
            boxed(|_, path, _| foreign_model(path)),
        ),
        reader("npz", 8, files::archives(), {
            boxed(|bytes, _, _| sentence(parse_npz(bytes, &Spaces::new())))
        }),
        reader("npy", 8, files::arrays(), {
            boxed(|bytes, _, _| sentence(parse_npy("a", bytes, &Spaces::new())))
        }),
        reader(
            "photos",
            10,
            files::photos(),
            boxed(|bytes, _, _| photo(bytes)),
        ),
        questions(),
        digits(folder),
        doll(folder),
        training_recipes(folder),
        checkpoints(folder),
        reader("sessions", 6, sessions(), {
            boxed(|bytes, _, _| sentence(session_file::from_bytes(bytes)))
        }),
        reader("scenes", 6, files::scenes(), {
            boxed(|bytes, _, _| sentence(SceneFile::from_bytes(bytes)))
        }),
        reader("journals", 6, files::journals(), {
            boxed(|_, path, _| sentence(journal::read(path)))
        }),
        reader(
            "progress",
            6,
            files::progress(),
            boxed(|_, path, _| progress(path)),
        ),
        reader("expressions", 8, files::texts(EXPRESSIONS), {
            boxed(move |bytes, _, _| expression(bytes, &driver, &model))
        }),
        reader(
            "app state",
            4,
            app_state(),
            boxed(|_, path, _| window_memory(path)),
        ),
    ]
}

fn boxed(read: impl Fn(&[u8], &Path, usize) -> Result<(), String> + 'static) -> Box<super::Read> {
    Box::new(read)
}

/// A refusal in words; of several, all of them.
fn sentence<T, E: std::fmt::Debug>(read: Result<T, E>) -> Result<(), String> {
    read.map(drop).map_err(|error| format!("{error:?}"))
}

/// Reads a model and draws its first picture.
fn model_file(bytes: &[u8]) -> Result<(), String> {
    let file = ModelFile::from_bytes(bytes).map_err(|error| error.to_string())?;
    if file.manifest.start_space().is_none() {
        // A judge, which draws nothing.
        return Ok(());
    }
    first_picture(&file)
}

fn first_picture(file: &ModelFile) -> Result<(), String> {
    let generator = Generator::new(file, &device::cpu()).map_err(|error| error.0)?;
    if generator.decode_work() + generator.map_work() > DECODED_WORK {
        return Ok(());
    }
    let start = vec![0.0; generator.start_len()];
    let drawn = generator
        .inputs(generator.start(), &start)
        .and_then(|inputs| generator.decode_to_vec(&inputs, NoiseMode::Const));
    drawn.map(drop).map_err(|error| error.0)
}

/// Opens a model of another program, reads its weights and draws its first picture; one that is unknown is
/// looked at as the form that describes it does.
fn foreign_model(path: &Path) -> Result<(), String> {
    let file = ModelFile::read(path).map_err(|error| error.to_string());
    let file = file.inspect_err(|fault| {
        if let Some(unknown) = Undescribed::open(path, fault.clone()) {
            let outline = unknown.outline(&unknown.guess());
            assert!(outline.shapes.len() <= 200);
        }
    })?;
    if file.manifest.start_space().is_none() {
        return Ok(());
    }
    first_picture(&file)
}

/// Reads the recipe in a picture, plans its file and finds the codes of its expressions.
fn recipe(bytes: &[u8], driver: &Driver, model: &ModelInfo) -> Result<(), String> {
    let recipe = embedded::recipe_in(bytes).map_err(|error| error.to_string())?;
    Plan::again(&recipe, model).map_err(|error| error.to_string())?;
    let expressions = zscape::render::expressions(recipe.subject.expressions());
    let expressions = expressions.map_err(|error| error.to_string())?;
    for expression in expressions.into_iter().take(4) {
        evaluate(expression, driver, model)?;
    }
    Ok(())
}

fn photo(bytes: &[u8]) -> Result<(), String> {
    let photo = Photo::decode(bytes).map_err(|error| error.to_string())?;
    let prepared = prepare(&photo, [1, 28, 28], &PrepareOptions::default());
    prepared.map(drop).map_err(|error| error.to_string())
}

fn progress(path: &Path) -> Result<(), String> {
    let file = ProgressFile::open(path);
    file.progress().due(u64::MAX);
    file.fault().map_or(Ok(()), |fault| Err(fault.to_owned()))
}

fn window_memory(path: &Path) -> Result<(), String> {
    let memory = Memory::open(Some(path.to_owned()));
    let remembered = zscape::ui::remembered(&memory);
    // What cannot be read is as if it had never been written.
    match remembered.model {
        Some(_) => Ok(()),
        None => Err("nothing is remembered".to_owned()),
    }
}

const EXPRESSIONS: [&str; 10] = [
    "seed(42)",
    "slerp(seed(3), seed(9), 0.4)",
    "mean(seed(1), seed(2)) - 1.5*[0.5, -1.2] + @me",
    "truncate(lerp(seed(1), [1, 2], 0.25), 0.7)",
    "vary(seed(7), 7, 0.3, lock [0, 1..2])",
    "cross(seed(1), -seed(2), 7) + 2*dir(\"z1\")",
    "project_out(seed(1), dir(\"z0\"))",
    "mix(seed(1), fill(\"codes\", 17), cells [0, 3..5])",
    "map(seed(1), \"w\") + at(\"z\", [1, 2])",
    "mix(seed(1), seed(2), cells [0, 3..5]) + encode(\"absent.png\")",
];

fn expression(bytes: &[u8], driver: &Driver, model: &ModelInfo) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    drop(text.parse::<SeedList>());
    let expression = parse(text).map_err(|error| error.to_string())?;
    assert_eq!(
        parse(&expression.to_string()),
        Ok(expression.clone()),
        "{text:?}"
    );
    // A name or a photo that is not there is no fault of the text.
    evaluate(expression, driver, model).or(Ok(()))
}

/// The code of an expression, as the window and the command line find it.
fn evaluate(expression: Expr, driver: &Driver, model: &ModelInfo) -> Result<(), String> {
    let job = driver.engine.submit(Job::Evaluate {
        shot: Shot::new(model.id.clone(), expression),
        names: Arc::new(SessionNames::default()),
    });
    driver.wait("the code or a fault", |event| match event {
        Event::Evaluated { job: of, .. } if of == job => Some(Ok(())),
        Event::JobFailed { job: of, fault } if of == job => match fault {
            Fault::Request(sentence) => Some(Err(sentence)),
            Fault::Device(sentence) | Fault::Program(sentence) => panic!("{sentence}"),
        },
        _ => None,
    })
}

fn questions() -> Reader {
    let bank = zscape::learn::Bank::built_in();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let some: Vec<_> = bank.questions().iter().step_by(19).collect();
    // Files are named like what is in them.
    let names = some
        .iter()
        .map(|it| format!("{}/{}.md", it.topic, it.id))
        .collect::<Vec<String>>();
    let texts = some
        .iter()
        .map(|it| fs::read(folder.join(&it.file)).expect("a built-in file"));
    Reader {
        name: "questions",
        share: 10,
        corpus: texts.map(|bytes| (Form::Text, bytes)).collect(),
        read: boxed(move |bytes, _, number| {
            let name = &names[number];
            let question = read::question(name, name, bytes);
            sentence(question.map(|it| it.deeper.plain().len()))
        }),
    }
}

fn sessions() -> Corpus {
    let session = session_file::to_bytes(&files::session()).expect("it can be written");
    let earlier = include_bytes!("../../data/directions-v1.zscape").to_vec();
    vec![(Form::Text, session), (Form::Text, earlier)]
}

fn app_state() -> Corpus {
    let text = r#"{
  "zscape.recent-sessions.v1": "[\"/a.zscape\",\"/b.zscape\"]",
  "zscape.window.v1": "(model:Some(Catalogue(\"digits-gan\")),expression:\"seed(3)\",view:(theme:Dark,controls:true,filmstrip:false,text_scale:3))"
}
"#;
    files::texts([text])
}

/// Digits with their labels; of the four files one is broken.
fn digits(folder: &Path) -> Reader {
    let folder = folder.join("digits");
    fs::create_dir_all(&folder).expect("a folder");
    let [pictures, labels] = files::idx(20);
    let corpus = vec![
        (Form::Bytes, pictures.clone()),
        (Form::Gzip, files::gzip(&pictures)),
        (Form::Bytes, labels.clone()),
        (Form::Gzip, files::gzip(&labels)),
    ];
    let names = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    let sound = [pictures, labels];
    Reader {
        name: "digits",
        share: 4,
        corpus,
        read: boxed(move |bytes, _, number| {
            let broken = number / 2;
            for (index, name) in names.iter().enumerate() {
                let bytes = if index == broken {
                    bytes
                } else {
                    &sound[index]
                };
                fs::write(folder.join(name), bytes).expect("the folder can be written");
            }
            sentence_of(DatasetName::Mnist.read(&folder, Part::Test))
        }),
    }
}

fn doll(folder: &Path) -> Reader {
    let folder = folder.join("snails");
    let corpus = files::doll(&folder);
    let sound: Vec<(PathBuf, Vec<u8>)> = ["doll.toml", LAYER]
        .iter()
        .zip(&corpus)
        .map(|(name, (_, bytes))| (folder.join(name), bytes.clone()))
        .collect();
    Reader {
        name: "dolls",
        share: 1,
        corpus,
        read: boxed(move |bytes, _, number| {
            for (index, (path, sound)) in sound.iter().enumerate() {
                let bytes = if index == number { bytes } else { sound };
                fs::write(path, bytes).expect("the folder can be written");
            }
            let data = DatasetName::Doll("snails".to_owned()).read(&folder, Part::Train);
            if let Ok(data) = &data {
                data.pictures([0, 7]);
                data.labels([0, 7]);
            }
            sentence_of(data)
        }),
    }
}

fn sentence_of<T>(read: Result<T, train::TrainError>) -> Result<(), String> {
    read.map(drop).map_err(|error| error.to_string())
}

/// A run of a small model on a few digits that learns nothing: it makes the model of a checkpoint.
fn finishing(folder: &Path, name: &str) -> TrainOptions {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let [pictures, labels] = files::idx(20);
    for part in ["train", "t10k"] {
        let name = |kind: &str| folder.join(format!("{part}-{kind}-ubyte"));
        fs::write(name("images-idx3"), &pictures).expect("a file");
        fs::write(name("labels-idx1"), &labels).expect("a file");
    }
    let recipe = folder.join("a.toml");
    fs::write(&recipe, files::TRAINING).expect("a file");
    TrainOptions {
        recipe,
        data: folder.clone(),
        output: folder.join("a.safetensors"),
        resume: false,
        finish: true,
        skip_eval: false,
        device: DeviceChoice::Cpu,
    }
}

/// Recipes of training, as far as their networks are planned and their memory is known. The sound one
/// stops for want of a checkpoint, which is said of it alone.
fn training_recipes(folder: &Path) -> Reader {
    let options = finishing(folder, "recipes");
    let recipe = |name: &str| {
        let path = format!("{}/assets/recipes/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        fs::read(path).expect("it ships")
    };
    let corpus = vec![
        (Form::Text, files::TRAINING.as_bytes().to_vec()),
        (Form::Text, recipe("digits-gan")),
        (Form::Text, recipe("digits-vae2")),
    ];
    Reader {
        name: "training recipes",
        share: 1,
        corpus,
        read: boxed(move |_, path, _| {
            let options = TrainOptions {
                recipe: path.to_owned(),
                ..options.clone()
            };
            match train::run(&options, &mut || true) {
                Err(train::TrainError::Checkpoint { .. }) => Ok(()),
                read => sentence_of(read),
            }
        }),
    }
}

fn checkpoints(folder: &Path) -> Reader {
    let options = finishing(folder, "checkpoints");
    let learning = TrainOptions {
        finish: false,
        ..options.clone()
    };
    // Stopped after its first step, it leaves one.
    let stopped = train::run(&learning, &mut || true);
    assert!(matches!(stopped, Err(train::TrainError::Stopped { .. })));
    let place = train::checkpoint_beside(&options.output);
    let sound = fs::read(&place).expect("it was written");
    Reader {
        name: "checkpoints",
        share: 2,
        corpus: vec![(Form::Safetensors, sound)],
        read: boxed(move |bytes, _, _| {
            fs::write(&place, bytes).expect("the folder can be written");
            sentence_of(train::run(&options, &mut || true))
        }),
    }
}
