//! Steps that only move numbers.

/// The size of a picture on its way through a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Grid {
    pub fn positions(self) -> usize {
        self.height * self.width
    }

    pub fn numbers(self) -> usize {
        self.positions() * self.channels
    }

    /// Whether both orders of the channels are the same numbers.
    pub fn has_one_order(self) -> bool {
        self.channels == 1 || self.positions() == 1
    }

    /// Numbers in the order `[channels, height, width]` as `[height, width, channels]`.
    pub fn channels_last(self, input: &[f32]) -> Vec<f32> {
        let mut output = vec![0.0; input.len()];
        channels_last(self, input, &mut output);
        output
    }
}

/// `[channels, height, width]` to `[height, width, channels]`.
pub fn channels_last(grid: Grid, input: &[f32], output: &mut [f32]) {
    transpose(grid.positions(), input, output);
}

/// `[height, width, channels]` to `[channels, height, width]`.
pub fn channels_first(grid: Grid, input: &[f32], output: &mut [f32]) {
    transpose(grid.channels, input, output);
}

/// A matrix of rows of `length` numbers, turned over.
fn transpose(length: usize, input: &[f32], output: &mut [f32]) {
    let height = input.len() / length;
    for (column, output) in output.chunks_exact_mut(height).enumerate() {
        for (output, input) in output.iter_mut().zip(input.chunks_exact(length)) {
            *output = input[column];
        }
    }
}

/// Puts a border of zeros as wide as `padding` around a picture, channels last.
pub fn pad(grid: Grid, padding: usize, input: &[f32], output: &mut Vec<f32>) {
    let row = grid.width * grid.channels;
    let border = padding * grid.channels;
    let padded_row = row + 2 * border;
    output.clear();
    output.resize((grid.height + 2 * padding) * padded_row, 0.0);
    let inside = output[padding * padded_row..].chunks_exact_mut(padded_row);
    for (output, input) in inside.zip(input.chunks_exact(row)) {
        output[border..border + row].copy_from_slice(input);
    }
}

/// Depth to space (Shi et al. 2016) with PyTorch's order of channels, on a picture of `grid`,
/// channels last.
pub fn shuffle(grid: Grid, factor: usize, input: &[f32], output: &mut [f32]) {
    let channels = grid.channels / (factor * factor);
    let row = grid.width * factor * channels;
    for (y, rows) in output.chunks_exact_mut(factor * row).enumerate() {
        for x in 0..grid.width {
            let input = &input[(y * grid.width + x) * grid.channels..][..grid.channels];
            for (channel, block) in input.chunks_exact(factor * factor).enumerate() {
                for (dy, line) in block.chunks_exact(factor).enumerate() {
                    let start = dy * row + x * factor * channels + channel;
                    let places = rows[start..].iter_mut().step_by(channels);
                    for (place, &value) in places.zip(line) {
                        *place = value;
                    }
                }
            }
        }
    }
}

/// Nearest-neighbour up-sampling of a picture of `grid`, channels last.
pub fn upsample(grid: Grid, factor: usize, input: &[f32], output: &mut [f32]) {
    let row = grid.width * grid.channels;
    let wide = row * factor;
    let bands = output.chunks_exact_mut(wide * factor);
    for (band, input) in bands.zip(input.chunks_exact(row)) {
        let (first, others) = band.split_at_mut(wide);
        let blocks = first.chunks_exact_mut(grid.channels * factor);
        for (block, pixel) in blocks.zip(input.chunks_exact(grid.channels)) {
            for place in block.chunks_exact_mut(grid.channels) {
                place.copy_from_slice(pixel);
            }
        }
        for other in others.chunks_exact_mut(wide) {
            other.copy_from_slice(first);
        }
    }
}
