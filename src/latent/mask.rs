//! Which cells of a picture are redrawn: what a brush paints, and what an expression says.

use super::variations;
use std::ops::Range;

/// The most cells a side that a picture can have here; a mask is one bool for each.
const MAX_SIDE: usize = 1 << 14;

/// A choice of cells, row after row.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Mask {
    width: usize,
    height: usize,
    cells: Vec<bool>,
}

impl Mask {
    /// No cells of a picture of so many. A picture with more than 16,384 a side has none.
    pub fn empty([width, height]: [usize; 2]) -> Self {
        let fits = width <= MAX_SIDE && height <= MAX_SIDE;
        let [width, height] = if fits { [width, height] } else { [0, 0] };
        Self {
            width,
            height,
            cells: vec![false; width * height],
        }
    }

    /// Cells by their ranges, as an expression has them. What lies beyond the picture is left out.
    pub fn of_ranges(size: [usize; 2], ranges: &[Range<usize>]) -> Self {
        let mut mask = Self::empty(size);
        let len = mask.cells.len();
        for range in ranges {
            let range = range.start.min(len)..range.end.clamp(range.start.min(len), len);
            mask.cells[range].fill(true);
        }
        mask
    }

    /// Cells that lie under any chosen pixel of a picture of another size, `pixels` row after row. `None` where
    /// these are not as many as the picture has.
    pub fn of_pixels(
        size: [usize; 2],
        pixels: &[bool],
        [width, height]: [usize; 2],
    ) -> Option<Self> {
        if width.checked_mul(height)? != pixels.len() {
            return None;
        }
        let mut mask = Self::empty(size);
        for (index, _) in pixels.iter().enumerate().filter(|(_, chosen)| **chosen) {
            let [x, y] = [index % width, index / width];
            let cell = [x * mask.width / width, y * mask.height / height];
            mask.set(cell, true);
        }
        Some(mask)
    }

    /// The ranges of chosen cells, in order, none next to another.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        variations::ranges(&self.cells)
    }

    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Whether each cell is chosen, row after row.
    pub fn cells(&self) -> &[bool] {
        &self.cells
    }

    pub fn count(&self) -> usize {
        self.cells.iter().filter(|chosen| **chosen).count()
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn set(&mut self, [x, y]: [usize; 2], chosen: bool) {
        if x < self.width
            && let Some(cell) = self.cells.get_mut(y * self.width + x)
        {
            *cell = chosen;
        }
    }

    /// Chooses the cells whose middle lies nearer than `radius` to the line between two points, or takes
    /// them out of the choice; and in any case those that the points lie in. All in parts of the sides from
    /// the top left corner, the radius in parts of the longer side.
    pub fn stroke(&mut self, [from, to]: [[f32; 2]; 2], radius: f32, chosen: bool) {
        let sides = [self.width as f32, self.height as f32];
        let place = |at: [f32; 2]| [0, 1].map(|axis| at[axis].clamp(-1.0, 2.0) * sides[axis]);
        let radius = radius.clamp(0.0, 1.0) * sides[0].max(sides[1]);
        let [from, to] = [place(from), place(to)];
        let along = [to[0] - from[0], to[1] - from[1]];
        let square = along[0] * along[0] + along[1] * along[1];
        for y in 0..self.height {
            for x in 0..self.width {
                let away = [x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]];
                let part = match square > 0.0 {
                    true => (away[0] * along[0] + away[1] * along[1]) / square,
                    false => 0.0,
                };
                let part = part.clamp(0.0, 1.0);
                let distance = (away[0] - part * along[0]).hypot(away[1] - part * along[1]);
                if distance < radius {
                    self.set([x, y], chosen);
                }
            }
        }
        for [x, y] in [from, to] {
            if x >= 0.0 && y >= 0.0 {
                self.set([x as usize, y as usize], chosen);
            }
        }
    }

    /// Chooses the cells under a square brush of `side` cells that goes from one point to another, given in parts of
    /// the sides from the top left corner.
    pub fn stamp(&mut self, [from, to]: [[f32; 2]; 2], side: usize) {
        let sides = [self.width as f32, self.height as f32];
        let place = |at: [f32; 2]| [0, 1].map(|axis| at[axis].clamp(-1.0, 2.0) * sides[axis]);
        let [from, to] = [place(from), place(to)];
        let way = [to[0] - from[0], to[1] - from[1]];
        // A step is at most half a cell.
        let steps = (2.0 * way[0].abs().max(way[1].abs())).ceil() as usize;
        for step in 0..=steps {
            let part = step as f32 / steps.max(1) as f32;
            let at = [0, 1].map(|axis| from[axis] + part * way[axis]);
            self.choose_square(at, side);
        }
    }

    /// Chooses a square around a point, in cells.
    fn choose_square(&mut self, at: [f32; 2], side: usize) {
        let back = side.saturating_sub(1) as f32 / 2.0;
        let [left, top] = at.map(|at| (at - back).floor());
        for row in 0..side {
            for column in 0..side {
                let [x, y] = [left + column as f32, top + row as f32];
                if x >= 0.0 && y >= 0.0 {
                    self.set([x as usize, y as usize], true);
                }
            }
        }
    }

    /// Chooses what another mask of the same size chooses.
    pub fn add(&mut self, other: &Self) {
        for (cell, chosen) in self.cells.iter_mut().zip(&other.cells) {
            *cell |= chosen;
        }
    }

    /// Takes what another mask of the same size chooses out of the choice.
    pub fn take_away(&mut self, other: &Self) {
        for (cell, chosen) in self.cells.iter_mut().zip(&other.cells) {
            *cell &= !chosen;
        }
    }

    /// The chosen cells as runs within their rows, each with its row.
    pub fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let rows = self.cells.chunks(self.width.max(1)).enumerate();
        rows.flat_map(|(y, row)| {
            let runs = variations::ranges(row);
            runs.into_iter().map(move |run| (y, run))
        })
    }

    /// Chooses what is not chosen.
    pub fn invert(&mut self) {
        self.cells.iter_mut().for_each(|chosen| *chosen = !*chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lead_there_and_back() {
        let ranges = vec![0..2, 5..6, 8..12];
        let mask = Mask::of_ranges([4, 3], &ranges);
        assert_eq!(mask.ranges(), ranges);
        assert_eq!((mask.count(), mask.is_empty()), (7, false));
        let mut other = mask;
        other.invert();
        assert_eq!(other.ranges(), [2..5, 6..8]);
        let beyond = Mask::of_ranges([2, 2], &[3..9, 7..8]);
        assert_eq!(beyond.ranges(), [3..4]);
        assert!(Mask::empty([usize::MAX, 2]).cells().is_empty());
    }

    #[test]
    fn a_brush_chooses_what_lies_under_it() {
        let mut mask = Mask::empty([8, 8]);
        // A point is at least its own cell.
        mask.stroke([[0.3, 0.3]; 2], 0.0, true);
        assert_eq!(mask.ranges(), [18..19]);
        mask.stroke([[0.0, 0.8], [1.0, 0.8]], 0.07, true);
        assert_eq!(mask.ranges(), [18..19, 48..56]);
        mask.stroke([[0.5, 0.8], [1.0, 0.8]], 0.07, false);
        assert_eq!(mask.ranges(), [18..19, 48..51]);
        // Whatever comes, nothing beyond the picture is touched.
        mask.stroke([[f32::NAN, 0.5], [f32::INFINITY, -9.0]], f32::NAN, true);
        assert!(mask.count() >= 4);
    }

    #[test]
    fn a_square_brush_leaves_no_gaps() {
        let mut mask = Mask::empty([8, 8]);
        mask.stamp([[0.3, 0.3]; 2], 1);
        assert_eq!(mask.ranges(), [18..19]);
        mask.stamp([[0.01, 0.7], [0.99, 0.7]], 1);
        assert_eq!(mask.ranges(), [18..19, 40..48]);
        // Two cells a side lie around the corner that is nearest.
        let mut mask = Mask::empty([4, 4]);
        mask.stamp([[0.5, 0.5]; 2], 2);
        assert_eq!(mask.ranges(), [5..7, 9..11]);
        let mut mask = Mask::empty([4, 4]);
        mask.stamp([[0.1, 0.1]; 2], 3);
        assert_eq!(mask.ranges(), [0..2, 4..6]);
        mask.stamp([[f32::NAN, -7.0], [9.0, f32::INFINITY]], 8);
        let mut other = Mask::of_ranges([4, 4], &[0..16]);
        other.take_away(&Mask::of_ranges([4, 4], &[4..16]));
        assert_eq!(other.runs().collect::<Vec<_>>(), [(0, 0..4)]);
        other.add(&Mask::of_ranges([4, 4], &[5..6]));
        assert_eq!(other.count(), 5);
    }

    #[test]
    fn a_cell_under_any_chosen_pixel_is_chosen() {
        let mut pixels = [false; 16];
        pixels[6] = true;
        let mask = Mask::of_pixels([2, 2], &pixels, [4, 4]).expect("as many as there are");
        assert_eq!(mask.ranges(), [1..2]);
        assert_eq!(Mask::of_pixels([2, 2], &pixels, [4, 5]), None);
        let same = Mask::of_pixels([4, 4], &pixels, [4, 4]).expect("as many as there are");
        assert_eq!(same.ranges(), [6..7]);
    }
}
