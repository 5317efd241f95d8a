//! The map's picture in chunks of cells: finer ones where one looks closer.
//!
//! Level `l` has cells of `2^-l` plane units; a chunk is a square of [`CELLS`] by [`CELLS`]
//! cells, which is one batch of the decoder. What is in view and missing is asked for from the
//! middle outwards; coarser chunks stand in until it comes.

use super::{Map, MapPlane, Viewport};
use crate::app::Thumbnail;
use crate::app::jobs::Jobs;
use crate::app::pictures::Tile;
use crate::app::tools::ToolContext;
use crate::engine::{Job, JobId, ModelInfo};
use crate::latent::{Sampler, Shot};
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cells along a side of a chunk.
pub const CELLS: usize = 8;
/// Chunks that are decoded at a time; more would only queue up when the view moves on.
const RUNNING: usize = 6;
/// Chunks that are kept: 50 MB at 28x28 pixels.
const KEPT: usize = 256;
/// The largest picture of a cell, in pixels; larger ones are thinned.
const MAX_CELL: usize = 64;

/// Which chunk: level, and its place in chunks from the origin, x to the right and y up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ChunkKey {
    pub level: i32,
    pub x: i64,
    pub y: i64,
}

impl ChunkKey {
    /// The side of a chunk of a level, in plane units.
    pub fn side(level: i32) -> f64 {
        CELLS as f64 * 2_f64.powi(-level)
    }

    /// Left, bottom, right, top in plane units.
    pub fn bounds(self) -> [f64; 4] {
        let side = Self::side(self.level);
        let (left, bottom) = (self.x as f64 * side, self.y as f64 * side);
        [left, bottom, left + side, bottom + side]
    }

    /// The codes of its cells' middles, row after row from the top.
    fn points(self) -> impl Iterator<Item = [f64; 2]> {
        let [left, _, _, top] = self.bounds();
        let cell = Self::side(self.level) / CELLS as f64;
        (0..CELLS * CELLS).map(move |index| {
            let (row, column) = (index / CELLS, index % CELLS);
            [
                left + (column as f64 + 0.5) * cell,
                top - (row as f64 + 0.5) * cell,
            ]
        })
    }
}

/// A decoded chunk.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// No two chunks of a run have the same.
    pub id: u64,
    pub picture: Thumbnail,
    last_used: u64,
}

/// A chunk whose cells are on their way. Cells of large pictures come in several tiles.
#[derive(Debug)]
struct Running {
    key: ChunkKey,
    sheet: Option<Sheet>,
}

/// The chunks of one plane.
#[derive(Default, Debug)]
pub struct MapTiles {
    chunks: BTreeMap<ChunkKey, Chunk>,
    running: BTreeMap<JobId, Running>,
    visible: Vec<ChunkKey>,
    /// What the chunks were decoded with.
    sampler: Sampler,
    next_id: u64,
    clock: u64,
    failure: Option<String>,
}

impl MapTiles {
    /// What there is to be painted for the view: coarse chunks first, the wanted level last.
    pub fn painted(&self) -> impl Iterator<Item = (ChunkKey, &Chunk)> {
        let wanted = self.visible.first().map(|key| key.level);
        let wanted_bounds = self.visible_bounds();
        let in_view = move |key: &ChunkKey| {
            let ([left, bottom, right, top], Some([l, b, r, t])) = (key.bounds(), wanted_bounds)
            else {
                return false;
            };
            left < r && right > l && bottom < t && top > b
        };
        // BTreeMap order is by level, so coarser ones come first.
        self.chunks
            .iter()
            .filter(move |(key, _)| Some(key.level) <= wanted && in_view(key))
            .map(|(key, chunk)| (*key, chunk))
    }

    fn visible_bounds(&self) -> Option<[f64; 4]> {
        let mut all = self.visible.iter().map(|key| key.bounds());
        let first = all.next()?;
        Some(all.fold(first, |a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        }))
    }

    /// How many of the chunks in view are there, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let there = |key: &&ChunkKey| self.chunks.contains_key(*key);
        (
            self.visible.iter().filter(there).count(),
            self.visible.len(),
        )
    }

    /// Whether everything in view is there or cannot be made.
    pub fn is_complete(&self) -> bool {
        let (there, all) = self.progress();
        self.failure.is_some() || (all > 0 && there == all)
    }

    /// Why a chunk could not be decoded.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Forgets all chunks, as when the plane is another.
    pub fn clear(&mut self, engine: &Jobs) {
        for job in std::mem::take(&mut self.running).into_keys() {
            engine.cancel(job);
        }
        self.chunks.clear();
        self.visible.clear();
        self.failure = None;
    }

    /// Asks for what is in view and missing, and gives up what has left the view.
    pub fn ask(
        &mut self,
        cx: &mut ToolContext<'_, Map>,
        model: &ModelInfo,
        plane: &MapPlane,
        look: Viewport,
    ) {
        let sampler = cx.workspace.sampler();
        if self.sampler != sampler {
            self.clear(&cx.workspace.engine);
            self.sampler = sampler;
        }
        self.clock += 1;
        self.visible = visible(model.manifest.image, look);
        for key in &self.visible {
            if let Some(chunk) = self.chunks.get_mut(key) {
                chunk.last_used = self.clock;
            }
        }
        let gone: Vec<JobId> = self
            .running
            .iter()
            .filter(|(_, running)| !self.visible.contains(&running.key))
            .map(|(job, _)| *job)
            .collect();
        for job in gone {
            cx.workspace.engine.cancel(job);
            self.running.remove(&job);
        }
        if self.failure.is_some() {
            return;
        }
        for key in &self.visible {
            if self.running.len() >= RUNNING {
                break;
            }
            let is_running = self.running.values().any(|running| running.key == *key);
            let is_known = self.chunks.contains_key(key) || is_running;
            if is_known {
                continue;
            }
            let shot =
                |at| Shot::new(model.id.clone(), plane.exact_expression(at)).with_sampler(sampler);
            let decode = Job::Decode {
                shots: key.points().map(shot).collect(),
                names: Arc::clone(&cx.workspace.names),
            };
            let job = cx.submit(decode);
            let running = Running {
                key: *key,
                sheet: None,
            };
            self.running.insert(job, running);
        }
    }

    /// Takes the cells of a chunk.
    pub fn accept(&mut self, tile: &Tile<'_>) {
        let Some(Running { key, sheet }) = self.running.get_mut(&tile.job) else {
            return;
        };
        let sheet = sheet.get_or_insert_with(|| Sheet::new(tile.image));
        sheet.paint(tile.first, tile.values);
        if !sheet.is_complete() {
            return;
        }
        let (key, picture) = (*key, sheet.picture());
        self.next_id += 1;
        let chunk = Chunk {
            id: self.next_id,
            picture,
            last_used: self.clock,
        };
        self.chunks.insert(key, chunk);
        while self.chunks.len() > KEPT {
            let oldest = self
                .chunks
                .iter()
                .min_by_key(|(_, chunk)| chunk.last_used)
                .map(|(key, _)| *key);
            match oldest {
                Some(key) => self.chunks.remove(&key),
                None => break,
            };
        }
    }

    /// Notes that a job came to its end, with the reason when it failed.
    pub fn end(&mut self, job: JobId, failure: Option<&str>) {
        if self.running.remove(&job).is_some()
            && let Some(failure) = failure
        {
            self.failure = Some(failure.to_owned());
        }
    }
}

/// The chunks in view, from the middle outwards.
fn visible(image: ImageSpec, look: Viewport) -> Vec<ChunkKey> {
    let smallest_cell_px = image.width.max(image.height).clamp(16, MAX_CELL) as f64;
    let per_unit = look.pixels_per_unit();
    let level = (per_unit / smallest_cell_px)
        .log2()
        .floor()
        .clamp(-20.0, 30.0) as i32;
    let side = ChunkKey::side(level);
    let half = look.size_px.map(|px| f64::from(px) / per_unit / 2.0);
    let range = |axis: usize| {
        let (from, to) = (
            look.centre[axis] - half[axis],
            look.centre[axis] + half[axis],
        );
        (from / side).floor() as i64..=(to / side).ceil() as i64 - 1
    };
    let middle = look.centre.map(|value| value / side - 0.5);
    let mut keys: Vec<ChunkKey> = range(1)
        .flat_map(|y| range(0).map(move |x| ChunkKey { level, x, y }))
        .take(KEPT)
        .collect();
    let far = |key: &ChunkKey| {
        let (x, y) = (key.x as f64 - middle[0], key.y as f64 - middle[1]);
        x * x + y * y
    };
    keys.sort_by(|a, b| far(a).total_cmp(&far(b)));
    keys
}

/// The cells of a chunk side by side, as far as they have come.
#[derive(Debug)]
struct Sheet {
    image: ImageSpec,
    /// Every so many pixels of a picture are taken.
    step: usize,
    /// Height and width of a cell, in pixels.
    cell: [usize; 2],
    rgba: Vec<u8>,
    painted: usize,
}

impl Sheet {
    fn new(image: ImageSpec) -> Self {
        let step = image.width.max(image.height).div_ceil(MAX_CELL).max(1);
        let cell = [image.height.div_ceil(step), image.width.div_ceil(step)];
        Self {
            image,
            step,
            cell,
            rgba: vec![u8::MAX; cell[0] * cell[1] * CELLS * CELLS * 4],
            painted: 0,
        }
    }

    /// Paints pictures, f32 `[count, C, H, W]`, into the cells from `first` on.
    fn paint(&mut self, first: usize, values: &[f32]) {
        let Self { image, step, .. } = *self;
        let plane = image.height * image.width;
        let [height, width] = self.cell;
        let row_bytes = width * CELLS * 4;
        let cells = first.min(CELLS * CELLS)..CELLS * CELLS;
        for (index, picture) in cells.zip(values.chunks_exact(image.len().max(1))) {
            let (top, left) = (index / CELLS * height, index % CELLS * width);
            for y in 0..height {
                for x in 0..width {
                    let from = y * step * image.width + x * step;
                    let to = (top + y) * row_bytes + (left + x) * 4;
                    for channel in 0..3 {
                        let value = picture[channel.min(image.channels - 1) * plane + from];
                        self.rgba[to + channel] = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                    }
                }
            }
            self.painted += 1;
        }
    }

    fn is_complete(&self) -> bool {
        self.painted >= CELLS * CELLS
    }

    fn picture(&self) -> Thumbnail {
        let [height, width] = self.cell;
        Thumbnail {
            width: width * CELLS,
            height: height * CELLS,
            rgba: self.rgba.as_slice().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: ImageSpec = ImageSpec {
        channels: 1,
        height: 28,
        width: 28,
    };

    fn look(centre: [f64; 2], half_span: f64) -> Viewport {
        Viewport {
            centre,
            half_span,
            size_px: [900.0, 600.0],
            hovered: None,
        }
    }

    #[test]
    fn chunks_cover_the_view_and_begin_in_its_middle() {
        for (centre, half_span) in [
            ([0.0, 0.0], 3.0),
            ([5.3, -2.7], 0.01),
            ([-100.0, 3.0], 50.0),
        ] {
            let look = look(centre, half_span);
            let keys = visible(GREY, look);
            let half = [1.5 * half_span, half_span];
            for (x, y) in [(-1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (-1.0, 1.0)] {
                let at = [
                    centre[0] + 0.999 * x * half[0],
                    centre[1] + 0.999 * y * half[1],
                ];
                let covered = keys.iter().any(|key| {
                    let [left, bottom, right, top] = key.bounds();
                    left <= at[0] && at[0] <= right && bottom <= at[1] && at[1] <= top
                });
                assert!(covered, "{at:?} is not covered at {half_span}");
            }
            let [left, bottom, right, top] = keys[0].bounds();
            let reach = ChunkKey::side(keys[0].level);
            let middle = [(left + right) / 2.0, (bottom + top) / 2.0];
            assert!(
                (middle[0] - centre[0]).abs() <= reach && (middle[1] - centre[1]).abs() <= reach
            );
            let cell_px = reach / CELLS as f64 * look.pixels_per_unit();
            assert!(
                (28.0..56.1).contains(&cell_px),
                "{cell_px} pixels for a cell"
            );
        }
    }

    #[test]
    fn cells_lie_where_their_codes_are() {
        let key = ChunkKey {
            level: 0,
            x: 0,
            y: -1,
        };
        let points: Vec<[f64; 2]> = key.points().collect();
        assert_eq!(points[0], [0.5, -0.5], "the first row is the upper one");
        assert_eq!(points[CELLS], [0.5, -1.5]);
        assert_eq!(points[CELLS * CELLS - 1], [7.5, -7.5]);
        let mut values = vec![0.0; GREY.len() * CELLS * CELLS];
        values[GREY.len()..2 * GREY.len()].fill(1.0);
        // The cells come in two tiles.
        let mut sheet = Sheet::new(GREY);
        sheet.paint(0, &values[..5 * GREY.len()]);
        assert!(!sheet.is_complete());
        sheet.paint(5, &values[5 * GREY.len()..]);
        assert!(sheet.is_complete());
        let picture = sheet.picture();
        assert_eq!((picture.width, picture.height), (224, 224));
        assert_eq!(picture.rgba[27 * 4], 0);
        assert_eq!(
            picture.rgba[28 * 4],
            255,
            "the second cell is right of the first"
        );
    }
}
