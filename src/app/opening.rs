//! Files that were dropped or opened, whatever they are: a model is loaded, a session opened, a
//! picture that zscape made leads back to where it was made, any other is encoded; a file of codes
//! gives names, question files join the questions.
//!
//! The hazards here are a disk that lets the window wait, so files are read on a thread of their
//! own, and a name that lies, so what counts is what is in them.

use super::models::link_of;
use super::notices::Level;
use super::sentences::NO_MODEL;
use super::tools::directions::Directions;
use super::tools::encode::{self, Encode};
use super::tools::interpolate::{self, Interpolate};
use super::{
    Action, Composition, DescribeAction, Describing, Desk, LearningAction, Navigation, Overlay,
    SessionAction, Wake, scenes,
};
use crate::document::codes::{self, ReadCodes};
use crate::document::direction_files::{DirectionSpaces, ReadDirections, read_directions};
use crate::document::embedded::{EmbeddedError, RecipeFileError, recipe_in_file};
use crate::document::scene_file::{self, SceneFile};
use crate::document::{Recipe, Subject, session_file};
use crate::engine::ModelSource;
use crate::files::{FileKind, save};
use crate::latent::Code;
use crate::latent::expr::{Expr, parse};
use crate::model::ModelFile;
use crate::model::foreign::{Foreign, Passport, Undescribed, hints_beside};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Codes of one file that get names; a list of more helps nobody.
const MAX_NAMED: usize = 64;

/// What a file turned out to be.
enum LoadedFile {
    Model,
    /// A model of another program, and what is known of it before it is loaded.
    Foreign(Box<Passport>),
    /// One whose architecture is not known.
    Undescribed(Box<Undescribed>),
    Session,
    Scene(Box<SceneFile>),
    /// A question file, or a folder of them.
    Questions,
    /// Arrays that hold codes of the model that is loaded then.
    Arrays,
    /// A picture of this program.
    Recipe(Box<Recipe>),
    /// Any other picture.
    Photo,
    Codes(ReadCodes),
    /// Directions of a model, by its hash.
    Directions(ReadDirections, String),
    /// A sentence that names the file.
    Fault(String),
}

/// Files on their way in.
pub struct FileLoader {
    wake: Wake,
    sender: SyncSender<(PathBuf, LoadedFile)>,
    opened: Receiver<(PathBuf, LoadedFile)>,
    /// Files being read.
    running: usize,
    waiting: VecDeque<(PathBuf, Read)>,
    /// Files that got no thread, and those that wait for a model.
    unread: VecDeque<(PathBuf, LoadedFile)>,
    /// A model of another program that waits for the user to say whether to load it.
    asked: Option<Asked>,
}

/// A model of another program.
enum Asked {
    Known(PathBuf, Box<Passport>),
    Unknown(Box<Describing>),
}

/// Reads a file; a fault is a sentence.
type Read = Box<dyn FnOnce(&Path) -> LoadedFile + Send>;

/// As many files are read at once, however many are dropped on the window.
const MAX_RUNNING: usize = 4;

impl FileLoader {
    pub fn new(wake: Wake) -> Self {
        let (sender, opened) = sync_channel(MAX_RUNNING);
        Self {
            wake,
            sender,
            opened,
            running: 0,
            waiting: VecDeque::new(),
            unread: VecDeque::new(),
            asked: None,
        }
    }

    /// The model of another program that is shown before it is loaded.
    pub fn passport(&self) -> Option<&Passport> {
        match &self.asked {
            Some(Asked::Known(_, passport)) => Some(passport),
            _ => None,
        }
    }

    /// The one that is shown without being known.
    pub fn describing(&self) -> Option<&Describing> {
        match &self.asked {
            Some(Asked::Unknown(describing)) => Some(describing),
            _ => None,
        }
    }

    /// Does what the form asks for; returns what the window is to show then, if that changes.
    pub(super) fn describe(&mut self, action: DescribeAction) -> Option<Overlay> {
        let Some(Asked::Unknown(describing)) = &mut self.asked else {
            return Some(Overlay::None);
        };
        match action {
            DescribeAction::Begin => return Some(Overlay::Describe),
            DescribeAction::Edit(draft) => describing.edit(*draft),
            DescribeAction::Undo => describing.undo(),
            DescribeAction::Save => {
                if describing.check().is_err() {
                    return None;
                }
                describing.is_saving = true;
                let text = describing.draft().to_string();
                let path = describing.file().path().to_owned();
                self.begin(path, move |path| write_hints(path, &text));
            }
        }
        None
    }

    /// What to do when the user has said to load it.
    pub(super) fn take_asked(&mut self) -> Option<Action> {
        match self.asked.take()? {
            Asked::Known(path, _) => Some(Action::LoadModel(ModelSource::File(path))),
            unknown @ Asked::Unknown(_) => {
                self.asked = Some(unknown);
                None
            }
        }
    }

    /// Has a file read by `read`, on a thread; the window is woken when it is done.
    fn begin(&mut self, path: PathBuf, read: impl FnOnce(&Path) -> LoadedFile + Send + 'static) {
        self.waiting.push_back((path, Box::new(read)));
        self.start_waiting();
    }

    fn start_waiting(&mut self) {
        while self.running < MAX_RUNNING
            && let Some((path, read)) = self.waiting.pop_front()
        {
            let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
            let thread = std::thread::Builder::new().name("zscape-open".to_owned());
            let of = path.clone();
            // Not joined: it only reads, and a disk that does not answer must not hold the end of
            // the program.
            let started = thread.spawn(move || {
                let opened = read_or_fault(&path, read);
                // The window is gone when nobody listens.
                sender.send((path, opened)).ok();
                wake();
            });
            match started {
                Ok(_) => self.running += 1,
                Err(error) => {
                    let sentence = format!("{} was not read: no thread: {error}", of.display());
                    self.unread.push_back((of, LoadedFile::Fault(sentence)));
                    (self.wake)();
                }
            }
        }
    }

    /// What was read since the last call, if anything.
    fn try_opened(&mut self) -> Option<(PathBuf, LoadedFile)> {
        if let Some(unread) = self.unread.pop_front() {
            return Some(unread);
        }
        let opened = self.opened.try_recv().ok()?;
        self.running -= 1;
        self.start_waiting();
        Some(opened)
    }
}

/// What a file is. A panic is a fault: without it the file would never stop being read.
fn read_or_fault(path: &Path, read: Read) -> LoadedFile {
    catch_unwind(AssertUnwindSafe(|| read(path))).unwrap_or_else(|_| {
        let path = path.display();
        LoadedFile::Fault(format!("{path} was not read: the program failed"))
    })
}

/// What a file or a folder is.
fn look_at(path: &Path) -> LoadedFile {
    if path.is_dir() {
        return LoadedFile::Questions;
    }
    let kind = match FileKind::of_file(path) {
        Ok(kind) => kind,
        Err(error) => return LoadedFile::Fault(error.to_string()),
    };
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match kind {
        FileKind::Npz => match Foreign::open(path, None) {
            Ok(foreign) => LoadedFile::Foreign(Box::new(foreign.passport())),
            Err(_) => LoadedFile::Arrays,
        },
        FileKind::Safetensors if ModelFile::is_ours(path).unwrap_or(true) => LoadedFile::Model,
        kind if kind.holds_weights() => match Foreign::open(path, None) {
            Ok(foreign) => LoadedFile::Foreign(Box::new(foreign.passport())),
            Err(fault) => match Undescribed::open(path, fault.to_string()) {
                Some(file) => LoadedFile::Undescribed(Box::new(file)),
                None => LoadedFile::Fault(format!("{}: {fault}", path.display())),
            },
        },
        FileKind::Session => LoadedFile::Session,
        FileKind::Scene => match scene_file::read(path) {
            Ok(scene) => LoadedFile::Scene(Box::new(scene)),
            Err(error) => LoadedFile::Fault(error.to_string()),
        },
        // It says what is wrong with it.
        _ if ending == session_file::ENDING => LoadedFile::Session,
        FileKind::Text if ending == "md" => LoadedFile::Questions,
        FileKind::Npy | FileKind::Zip => LoadedFile::Arrays,
        kind if kind.can_carry_recipe() => read_picture(path),
        kind if kind.is_readable_picture() => LoadedFile::Photo,
        other => {
            let advice = other.advice();
            let advice = advice.map_or_else(String::new, |advice| format!(" ({advice})"));
            LoadedFile::Fault(format!(
                "{} cannot be opened: it is {other}{advice}. {OPENS}",
                path.display()
            ))
        }
    }
}

/// Writes what was said of a model beside it.
fn write_hints(model: &Path, text: &str) -> LoadedFile {
    let Some(path) = hints_beside(model) else {
        return LoadedFile::Fault("the file itself has the name of its hints".to_owned());
    };
    match save::save(&path, text.as_bytes()) {
        Ok(()) => match Foreign::open(model, None) {
            Ok(_) => LoadedFile::Model,
            Err(fault) => LoadedFile::Fault(fault.to_string()),
        },
        Err(error) => LoadedFile::Fault(error.to_string()),
    }
}

/// What can be opened.
pub const OPENS: &str = "zscape opens models (.safetensors, PyTorch, ONNX), pictures, files of codes (.npz, .npy), \
    .zscape sessions and scenes, and question files (.md) or folders of them";

fn read_picture(path: &Path) -> LoadedFile {
    match recipe_in_file(path) {
        Ok(recipe) => LoadedFile::Recipe(Box::new(recipe)),
        Err(RecipeFileError::Embedded {
            error: EmbeddedError::Recipe(error),
            ..
        }) => LoadedFile::Fault(format!("{}: {error}", path.display())),
        // What decodes a broken file reports it better.
        Err(RecipeFileError::Embedded { .. }) => LoadedFile::Photo,
        Err(RecipeFileError::Load(error)) => LoadedFile::Fault(error.to_string()),
    }
}

impl FileLoader {
    /// Opens a file by what is in it.
    pub(super) fn open(&mut self, path: PathBuf) {
        self.begin(path, look_at);
    }

    /// Names the codes of a file.
    fn open_codes(&mut self, desk: &Desk, path: PathBuf) {
        let model = desk.workspace.model();
        let spaces = model.map(|model| model.manifest.spaces.clone());
        let spaces = spaces.unwrap_or_default();
        self.begin(path, move |path| match codes::read_codes(path, &spaces) {
            Ok(codes) => LoadedFile::Codes(codes),
            Err(error) => LoadedFile::Fault(error.to_string()),
        });
    }

    /// Reads the directions of a file, as those of the model that is loaded.
    pub(super) fn open_directions(&mut self, desk: &mut Desk, path: PathBuf) {
        let Some(model) = desk.workspace.models.current().cloned() else {
            desk.workspace
                .notices
                .push(Level::Error, NO_MODEL.to_owned());
            return;
        };
        let spaces = model.manifest.spaces.clone();
        let sigmas = spaces
            .keys()
            .map(|&space| (space, model.typical_sigma(space)));
        let known = DirectionSpaces {
            sigmas: sigmas.collect(),
            spaces,
            usual: model.editing_space(),
        };
        self.begin(path, move |path| match read_directions(path, &known) {
            Ok(read) => LoadedFile::Directions(read, model.id.hash.clone()),
            Err(error) => LoadedFile::Fault(error.to_string()),
        });
    }

    /// Takes what was read since the last frame. Returns what other parts of the window are to do
    /// about it.
    pub(super) fn take_opened(
        &mut self,
        desk: &mut Desk,
        navigation: &mut Navigation,
    ) -> Vec<Action> {
        let mut for_others = Vec::new();
        let mut waiting = VecDeque::new();
        while let Some((path, opened)) = self.try_opened() {
            let has_model = desk.workspace.model().is_some();
            let waits = match opened {
                LoadedFile::Photo | LoadedFile::Arrays => !has_model,
                // What is on the window is put aside for it.
                LoadedFile::Scene(_) => !has_model || desk.workspace.models.loading().is_some(),
                _ => false,
            };
            if waits {
                waiting.push_back((path, opened));
                continue;
            }
            match opened {
                LoadedFile::Model => {
                    if self.describing().is_some_and(|of| of.file().path() == path) {
                        self.asked = None;
                        desk.workspace.modes.overlay = Overlay::None;
                    }
                    for_others.push(Action::LoadModel(ModelSource::File(path)));
                }
                LoadedFile::Foreign(passport) => {
                    self.asked = Some(Asked::Known(path, passport));
                    desk.workspace.modes.overlay = Overlay::Passport;
                }
                LoadedFile::Undescribed(file) => {
                    // What was said of it before it was put aside is not lost.
                    let described = self.describing();
                    let goes_on = described.is_some_and(|it| it.is_begun_for(&file));
                    if !goes_on {
                        self.asked = Some(Asked::Unknown(Box::new(Describing::new(*file))));
                    }
                    desk.workspace.modes.overlay = match goes_on {
                        true => Overlay::Describe,
                        false => Overlay::Passport,
                    };
                }
                LoadedFile::Session => {
                    for_others.push(Action::Session(SessionAction::Open(path)));
                }
                LoadedFile::Scene(scene) => scenes::open(desk, navigation, &path, &scene),
                LoadedFile::Questions => {
                    for_others.push(Action::Learn(LearningAction::AddQuestions(path)));
                }
                LoadedFile::Arrays => self.open_codes(desk, path),
                LoadedFile::Recipe(recipe) => restore(desk, navigation, &path, *recipe),
                LoadedFile::Photo => {
                    desk.with_tool(|_: &mut Encode, cx| Encode::open_file(cx, path));
                }
                LoadedFile::Codes(codes) => name_codes(desk, &path, codes),
                LoadedFile::Directions(read, model) => {
                    desk.with_tool(|tool: &mut Directions, cx| {
                        tool.import(cx, &path, read, &model)
                    });
                }
                LoadedFile::Fault(sentence) => match &mut self.asked {
                    // It could not be written, or not be opened then.
                    Some(Asked::Unknown(described)) if described.is_of_saving(&path) => {
                        described.is_saving = false;
                        described.not_saved = Some(sentence);
                    }
                    _ => desk.workspace.notices.push(Level::Error, sentence),
                },
            }
        }
        self.unread = waiting;
        for_others
    }
}

/// Goes to where a picture was made.
fn restore(desk: &mut Desk, navigation: &mut Navigation, path: &Path, recipe: Recipe) {
    let link = desk.workspace.models.link_to(path, &recipe.model);
    let (keyframes, note) = match &recipe.subject {
        Subject::Expression(text) => (vec![text.clone()], None),
        Subject::Grid {
            seeds, truncation, ..
        } => {
            let first: String = seeds.chars().take_while(char::is_ascii_digit).collect();
            let note = format!("It is a grid of the seeds {seeds}; the first is shown");
            let first = match truncation {
                Some(psi) => format!("truncate(seed({first}), {psi})"),
                None => format!("seed({first})"),
            };
            (vec![first], Some(note))
        }
        Subject::Sheet { expressions, .. } => {
            let note = format!("It shows {} pictures; here is the first", expressions.len());
            (expressions.iter().take(1).cloned().collect(), Some(note))
        }
        Subject::Animation(animation) => (animation.keyframes.clone(), None),
    };
    let parsed: Result<Vec<Expr>, _> = keyframes.iter().map(|text| parse(text)).collect();
    let mut expressions = match parsed {
        Ok(expressions) => expressions,
        Err(error) => {
            let sentence = format!("{}: its expression: {error}", path.display());
            desk.workspace.notices.push(Level::Error, sentence);
            return;
        }
    };
    desk.settle();
    for (name, code) in &recipe.codes {
        if desk.workspace.names.code(name) == Some(code) {
            continue;
        }
        let free = desk.free_code_name(name);
        if !desk.name_code(&free, &[], code.clone(), link.clone()) {
            return;
        }
        for expression in &mut expressions {
            expression.rename(name, &free);
        }
    }
    // What was encoded becomes a code with a name: the photo may not be here, or be another.
    for (file, photo) in &recipe.photos {
        let free = desk.free_code_name(&encode::name_of(Path::new(file)));
        if !desk.name_code(&free, &[], photo.code.clone(), link.clone()) {
            return;
        }
        for expression in &mut expressions {
            expression.name_photo(file, &free);
        }
    }
    desk.adopt_directions(path, &link.hash, &recipe.directions);
    let Some(first) = expressions.first().cloned() else {
        return;
    };
    if let Subject::Animation(animation) = &recipe.subject {
        let way = interpolate::Settings {
            method: animation.method,
            easing: animation.easing,
            even: animation.even,
            closed: animation.closed,
            secs: (animation.duration_us as f64 / 1e6) as f32,
            ..interpolate::Settings::through(expressions)
        };
        desk.with_tool::<Interpolate, _>(|_, cx| {
            cx.open();
            cx.edit(|settings| *settings = way.bounded());
        });
    }
    let composition = Composition {
        expression: first,
        sampler: recipe.sampler,
    };
    navigation.go_to_place(desk, Arc::new(link), composition);
    if let Some(note) = note {
        desk.workspace.notices.push(Level::Done, note);
    }
}

/// Makes bookmarks of codes, and goes to the first.
fn name_codes(desk: &mut Desk, path: &Path, read: ReadCodes) {
    for note in &read.notes {
        let sentence = format!("{}: {note}", path.display());
        desk.workspace.notices.push(Level::Warning, sentence);
    }
    let codes = read.codes;
    let Some(model) = desk.workspace.models.current().cloned() else {
        return;
    };
    let spaces = &model.manifest.spaces;
    let fits = |code: &Code| spaces.get(&code.space) == Some(&code.shape);
    if let Some((name, code)) = codes.iter().find(|(_, code)| !fits(code)) {
        let sentence = format!(
            "{}: the code {name:?} has {} numbers in {}, which {} has no place for",
            path.display(),
            code.values.len(),
            code.space,
            model.manifest.title
        );
        desk.workspace.notices.push(Level::Error, sentence);
        return;
    }
    let total = codes.len();
    let tag = [file_name(path)];
    let mut first = None;
    let mut named = 0;
    for (name, code) in codes.into_iter().take(MAX_NAMED) {
        let stem = encode::name_of(Path::new(&name));
        let name = desk.free_code_name(&stem);
        if !desk.name_code(&name, &tag, code, link_of(&model)) {
            break;
        }
        named += 1;
        first.get_or_insert(name);
    }
    let Some(first) = first else { return };
    let sentence = if total == 1 {
        format!("The code of {} is @{first} now", tag[0])
    } else if named < total {
        format!(
            "The first {named} of {total} codes of {} are bookmarks now",
            tag[0]
        )
    } else {
        format!("{total} codes of {} are bookmarks now", tag[0])
    };
    desk.workspace.notices.push(Level::Done, sentence);
    desk.workspace.view.bookmarks |= total > 1;
    desk.workspace
        .edit(super::Edit::Expression(Expr::Named(first)));
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_panics_leaves_a_fault() {
        let path = Path::new("a.png");
        let LoadedFile::Fault(sentence) = read_or_fault(path, Box::new(|_| panic!("as a test")))
        else {
            panic!("it is no fault");
        };
        assert_eq!(sentence, "a.png was not read: the program failed");
        let read = read_or_fault(path, Box::new(|_| LoadedFile::Photo));
        assert!(matches!(read, LoadedFile::Photo));
    }
}
