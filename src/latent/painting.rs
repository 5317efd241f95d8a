//! A grid of indices that a brush has painted on, as an expression and taken apart again.
//!
//! Painting is mixing: `mix(seed(7), fill("codes", 17), cells [3, 9..12])` is the grid of seed 7 with the entry
//! 17 in four cells. The hazard here is an expression that grows with every stroke. So what is painted from
//! one source stands in one `mix`, no cell is in two of them, and where many entries are in use they are
//! written out together as one grid.

use super::Space;
use super::expr::{Expr, Walk};
use super::mask::Mask;

/// More entries than this are written out as one grid.
pub const MOST_FILLS: usize = 12;

/// What was there before anything was painted, and what is painted over it.
#[derive(Clone, PartialEq, Debug)]
pub struct Painting {
    /// The space of the grid, and its width and height.
    space: Space,
    size: [usize; 2],
    /// The expression without paint, and without what is said around it.
    base: Expr,
    /// Disjoint, none empty.
    layers: Vec<Layer>,
    /// What stands around all of it.
    around: Walk,
}

/// The cells that are taken from one code.
#[derive(Clone, PartialEq, Debug)]
struct Layer {
    source: Expr,
    cells: Mask,
}

impl Painting {
    /// Takes an expression apart. `is_grid` says whether a code lies in `space`, whose grids have this width
    /// and height.
    pub fn of(
        expr: &Expr,
        space: Space,
        size: [usize; 2],
        is_grid: impl Fn(&Expr) -> bool,
    ) -> Self {
        let mut around = Walk::from_expr(expr);
        let inner = Walk {
            given: Default::default(),
            edited: None,
            ..around.clone()
        };
        let mut rest = inner.to_expr();
        // From the outermost inwards: what is further out covers what is below.
        let mut covered = Mask::empty(size);
        let mut layers: Vec<Layer> = Vec::new();
        loop {
            rest = match rest {
                Expr::MixCells(below, source, ranges) if is_grid(&source) => {
                    let mut cells = Mask::of_ranges(size, &ranges);
                    cells.take_away(&covered);
                    covered.add(&cells);
                    match layers.iter_mut().find(|layer| layer.source == *source) {
                        Some(layer) => layer.cells.add(&cells),
                        None => layers.push(Layer {
                            source: *source,
                            cells,
                        }),
                    }
                    *below
                }
                base => {
                    rest = base;
                    break;
                }
            };
        }
        layers.reverse();
        layers.retain(|layer| !layer.cells.is_empty());
        around.base = Expr::Seed(0);
        around.inner.clear();
        around.mapped = None;
        around.psi = 1.0;
        around.offsets.clear();
        Self {
            space,
            size,
            base: rest,
            layers,
            around,
        }
    }

    /// The expression: what was there before, and one `mix` for each source.
    pub fn to_expr(&self) -> Expr {
        let mut expr = self.base.clone();
        for layer in &self.layers {
            let (below, source) = (Box::new(expr), Box::new(layer.source.clone()));
            expr = Expr::MixCells(below, source, layer.cells.ranges());
        }
        let around = Walk {
            base: expr,
            ..self.around.clone()
        };
        around.to_expr()
    }

    /// What was there before anything was painted.
    pub fn base(&self) -> &Expr {
        &self.base
    }

    /// Whether the picture is redrawn by a sampler, which paints nothing but noise.
    pub fn is_redrawn(&self) -> bool {
        self.around.edited.is_some()
    }

    /// Puts a grid in the place of what was there before anything was painted.
    pub fn begin_with(&mut self, grid: &[u32]) {
        self.base = written_out(self.space, grid);
        self.around.edited = None;
    }

    /// The cells that are painted.
    pub fn painted(&self) -> Mask {
        let mut all = Mask::empty(self.size);
        for layer in &self.layers {
            all.add(&layer.cells);
        }
        all
    }

    /// Paints cells with an entry.
    pub fn fill(&mut self, index: u32, cells: &Mask) {
        self.paint(Expr::Fill(self.space, index), cells);
        self.write_out();
    }

    /// Paints cells with those of another grid at the same places.
    pub fn take(&mut self, source: &Expr, cells: &Mask) {
        self.paint(source.clone(), cells);
    }

    /// Takes the paint off cells.
    pub fn erase(&mut self, cells: &Mask) {
        for layer in &mut self.layers {
            layer.cells.take_away(cells);
        }
        self.layers.retain(|layer| !layer.cells.is_empty());
    }

    fn paint(&mut self, source: Expr, cells: &Mask) {
        if cells.is_empty() || cells.size() != self.size {
            return;
        }
        for layer in &mut self.layers {
            layer.cells.take_away(cells);
        }
        // A layer that is empty now keeps its place if it is painted with again.
        match self.layers.iter_mut().find(|layer| layer.source == source) {
            Some(layer) => layer.cells.add(cells),
            None => self.layers.push(Layer {
                source,
                cells: cells.clone(),
            }),
        }
        self.layers.retain(|layer| !layer.cells.is_empty());
    }

    /// Writes the entries out as one grid where there are many.
    fn write_out(&mut self) {
        let is_entry = |layer: &Layer| matches!(layer.source, Expr::Fill(..));
        if self.layers.iter().filter(|layer| is_entry(layer)).count() <= MOST_FILLS {
            return;
        }
        let mut values = vec![0.0; self.size[0] * self.size[1]];
        let mut cells = Mask::empty(self.size);
        self.layers.retain(|layer| {
            let value = |cell: usize| match &layer.source {
                Expr::Fill(_, index) => Some(*index as f32),
                Expr::At(_, written) => written.get(cell).copied(),
                _ => None,
            };
            if !matches!(layer.source, Expr::Fill(..) | Expr::At(..)) {
                return true;
            }
            let chosen = layer.cells.cells().iter().enumerate();
            for (cell, _) in chosen.filter(|(_, chosen)| **chosen) {
                values[cell] = value(cell).unwrap_or(0.0);
            }
            cells.add(&layer.cells);
            false
        });
        let source = Expr::At(self.space, values);
        self.layers.push(Layer { source, cells });
    }
}

/// A grid as an expression.
pub fn written_out(space: Space, grid: &[u32]) -> Expr {
    let values = grid.iter().map(|index| *index as f32);
    Expr::At(space, values.collect())
}

/// How much of a codebook some grids use.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Usage {
    /// How often each entry stands in them.
    pub counts: Vec<u32>,
}

impl Usage {
    /// Counts entries. Indices beyond the codebook are left out.
    pub fn of<'a>(levels: usize, grids: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut counts = vec![0_u32; levels];
        for index in grids.into_iter().flatten() {
            if let Some(count) = counts.get_mut(*index as usize) {
                *count = count.saturating_add(1);
            }
        }
        Self { counts }
    }

    /// How often an entry stands there.
    pub fn count(&self, index: u32) -> u32 {
        self.counts.get(index as usize).copied().unwrap_or(0)
    }

    /// How many entries stand there at all.
    pub fn used(&self) -> usize {
        self.counts.iter().filter(|count| **count > 0).count()
    }

    /// The perplexity of the shares, `exp(-sum p ln p)`: how many entries would be in use if all were used
    /// alike. 0 where there are none.
    pub fn perplexity(&self) -> f64 {
        let sum: f64 = self.counts.iter().map(|count| f64::from(*count)).sum();
        if sum == 0.0 {
            return 0.0;
        }
        let shares = self.counts.iter().map(|count| f64::from(*count) / sum);
        let entropy: f64 = shares
            .filter(|share| *share > 0.0)
            .map(|share| -share * share.ln())
            .sum();
        entropy.exp()
    }
}
