//! The thread that reads pictures and brings them into a model's size.
//!
//! The hazard here is a window that waits for a large photo. Requests replace each other: only
//! the newest is carried out, and the photo that was read last is kept for the next option.

use super::drawing;
use super::{Source, Wanted};
use crate::app::Wake;
use crate::app::pictures::DecodedPicture;
use crate::document::photo::{self, Photo, Placing, PrepareOptions, prepare, suggests_invert};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The longest side of the original as the window shows it, in pixels.
const SHOWN_SIDE: u32 = 384;

/// A picture as a model takes it.
#[derive(Clone, PartialEq, Debug)]
pub struct PreprocessedImage {
    /// No two of a run have the same.
    pub id: u64,
    pub wanted: Wanted,
    /// f32 `[C, H, W]` in 0..1.
    pub picture: Arc<[f32]>,
    /// Width and height of the original, in pixels.
    pub original_size: [u32; 2],
    /// The original, thinned for the window.
    pub original: Original,
    /// Whether light and dark were exchanged.
    pub inverted: bool,
    pub placing: Placing,
}

/// A picture of the model itself.
#[derive(Clone, Debug)]
pub struct Taken(pub Arc<DecodedPicture>);

impl PartialEq for Taken {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

/// RGBA bytes of a small copy of the original, row after row from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Original {
    pub width: usize,
    pub height: usize,
    pub rgba: Arc<[u8]>,
}

/// Pictures that may wait for the thread, and answers that may wait for the window.
const QUEUE: usize = 2;

/// The window's end of the thread, which starts with the first request.
#[derive(Default, Debug)]
pub struct Preprocessor {
    line: Option<(SyncSender<Wanted>, Receiver<Answer>)>,
    asked: Option<Wanted>,
}

/// A prepared picture, or a sentence on why there is none.
type Answer = (Wanted, Result<PreprocessedImage, String>);

impl Preprocessor {
    /// Asks for a picture, unless it was the last one that was asked for.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread; a sentence.
    pub fn ask(&mut self, wanted: &Wanted, wake: &Wake) -> Result<(), String> {
        if self.asked.as_ref() == Some(wanted) {
            return Ok(());
        }
        let (sender, _) = match &mut self.line {
            Some(line) => line,
            line => line.insert(start(wake)?),
        };
        self.asked = match sender.try_send(wanted.clone()) {
            Ok(()) => Some(wanted.clone()),
            // The answer to what waits there wakes the window, which then asks again.
            Err(TrySendError::Full(_)) => None,
            Err(TrySendError::Disconnected(_)) => {
                // The thread is gone; the next request starts another.
                self.line = None;
                None
            }
        };
        Ok(())
    }

    /// Forgets what was asked for, so that it is read again.
    pub fn forget(&mut self) {
        self.asked = None;
    }

    /// Whether the answer to the last request is still to come.
    pub fn is_waiting_for(&self, wanted: &Wanted) -> bool {
        self.asked.as_ref() == Some(wanted)
    }

    /// The newest answer that came.
    pub fn try_answer(&self) -> Option<Answer> {
        self.line.as_ref()?.1.try_iter().last()
    }
}

fn start(wake: &Wake) -> Result<(SyncSender<Wanted>, Receiver<Answer>), String> {
    let (sender, requests) = sync_channel::<Wanted>(QUEUE);
    let (answers, receiver) = sync_channel(QUEUE);
    let wake = Arc::clone(wake);
    let thread = std::thread::Builder::new().name("zscape-pictures".to_owned());
    // Not joined: it only reads, and it ends when the window's end of the line is gone.
    let started = thread.spawn(move || {
        let mut worker = Worker::default();
        while let Ok(first) = requests.recv() {
            let wanted = requests.try_iter().last().unwrap_or(first);
            let result = worker.prepare(&wanted);
            if answers.send((wanted, result)).is_err() {
                break;
            }
            wake();
        }
    });
    match started {
        Ok(_) => Ok((sender, receiver)),
        Err(error) => Err(format!("No thread to read pictures: {error}")),
    }
}

#[derive(Default)]
struct Worker {
    read: Option<(PathBuf, u64, Photo)>,
    next_id: u64,
}

impl Worker {
    fn prepare(&mut self, wanted: &Wanted) -> Result<PreprocessedImage, String> {
        self.next_id += 1;
        let id = self.next_id;
        let photo = match &wanted.source {
            Source::None => return Err("There is no picture".to_owned()),
            Source::Shot(_) => return taken(id, wanted),
            Source::Drawing(strokes) => &drawing::paint(strokes).ok_or("It cannot be drawn")?,
            Source::File(path) => {
                let known = self.read.as_ref();
                if known.is_none_or(|(known, round, _)| known != path || *round != wanted.round) {
                    let photo = photo::read(path).map_err(|error| error.to_string())?;
                    self.read = Some((path.clone(), wanted.round, photo));
                }
                match &self.read {
                    Some((_, _, photo)) => photo,
                    None => return Err("The picture is gone".to_owned()),
                }
            }
        };
        let mut options = PrepareOptions {
            crop: wanted.crop,
            fit: wanted.fit,
            ground: wanted.ground,
            invert: false,
            placing: wanted.placing_of(photo.size()),
        };
        options.invert = match wanted.invert {
            Some(invert) => invert,
            None => wanted.may_invert && suggests_invert(photo, &options),
        };
        let image = wanted.image;
        let sides = [image.channels, image.height, image.width];
        let mut picture = prepare(photo, sides, &options).map_err(|error| error.to_string())?;
        drawing::retouch(&mut picture, image, &wanted.retouches);
        Ok(PreprocessedImage {
            id,
            wanted: wanted.clone(),
            picture: picture.into(),
            original_size: photo.size(),
            original: thinned(photo),
            inverted: options.invert,
            placing: options.placing,
        })
    }
}

/// The picture that the model made, with what was painted over it.
fn taken(id: u64, wanted: &Wanted) -> Result<PreprocessedImage, String> {
    let image = wanted.image;
    let taken = wanted.taken.as_ref().map(|taken| &*taken.0);
    let taken = taken.filter(|taken| taken.image == image);
    let mut picture = taken.ok_or("The picture is on its way")?.values.to_vec();
    drawing::retouch(&mut picture, image, &wanted.retouches);
    Ok(PreprocessedImage {
        id,
        wanted: wanted.clone(),
        picture: picture.into(),
        original_size: [image.width as u32, image.height as u32],
        // It is shown as the model sees it, and nowhere else.
        original: Original {
            width: 0,
            height: 0,
            rgba: Arc::default(),
        },
        inverted: false,
        placing: Placing::AsItIs,
    })
}

/// A copy of a photo for the window: every so many pixels.
fn thinned(photo: &Photo) -> Original {
    let [width, height] = photo.size();
    let step = width.max(height).div_ceil(SHOWN_SIDE).max(1);
    let byte = |value: f32| (value * 255.0).round() as u8;
    let mut rgba = Vec::new();
    let rows = (0..height).step_by(step as usize);
    let columns = || (0..width).step_by(step as usize);
    for y in rows.clone() {
        for x in columns() {
            rgba.extend(photo.pixel(x, y).map(byte));
        }
    }
    Original {
        width: columns().count(),
        height: rows.count(),
        rgba: rgba.into(),
    }
}
