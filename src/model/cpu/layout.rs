//! Steps that only move numbers.

/// The size of a picture on its way through a network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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

/// Pixels added around a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Border {
    pub top: usize,
    pub left: usize,
    pub bottom: usize,
    pub right: usize,
}

impl Border {
    pub fn of([top, left, bottom, right]: [usize; 4]) -> Self {
        Self {
            top,
            left,
            bottom,
            right,
        }
    }

    pub fn is_empty(self) -> bool {
        self == Self::of([0; 4])
    }
}

/// Puts a border of zeros around a picture, channels last, each channel scaled if `scale` is
/// given.
pub fn pad(
    grid: Grid,
    border: Border,
    input: &[f32],
    scale: Option<&[f32]>,
    output: &mut Vec<f32>,
) {
    let row = grid.width * grid.channels;
    let left = border.left * grid.channels;
    let padded_row = row + left + border.right * grid.channels;
    output.clear();
    output.resize((grid.height + border.top + border.bottom) * padded_row, 0.0);
    let inside = output[border.top * padded_row..].chunks_exact_mut(padded_row);
    for (output, input) in inside.zip(input.chunks_exact(row)) {
        let output = &mut output[left..left + row];
        match scale {
            None => output.copy_from_slice(input),
            Some(scale) => {
                let pixels = output.chunks_exact_mut(grid.channels);
                for (output, input) in pixels.zip(input.chunks_exact(grid.channels)) {
                    let lines = input.iter().zip(scale);
                    for (output, (input, scale)) in output.iter_mut().zip(lines) {
                        *output = input * scale;
                    }
                }
            }
        }
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

/// Space to depth, the inverse of [`shuffle`], on a picture of `grid`, channels last.
pub fn unshuffle(grid: Grid, factor: usize, input: &[f32], output: &mut [f32]) {
    let square = factor * factor;
    let (width, channels) = (grid.width / factor, grid.channels * square);
    for (position, pixel) in output.chunks_exact_mut(channels).enumerate() {
        let (y, x) = (position / width, position % width);
        for (channel, block) in pixel.chunks_exact_mut(square).enumerate() {
            for (place, value) in block.iter_mut().enumerate() {
                let (down, right) = (place / factor, place % factor);
                let at = (y * factor + down) * grid.width + x * factor + right;
                *value = input[at * grid.channels + channel];
            }
        }
    }
}

/// The orthonormal Haar transform of a picture of `grid`, channels last: four bands of channels.
pub fn haar(grid: Grid, input: &[f32], output: &mut [f32]) {
    let channels = grid.channels;
    let width = grid.width / 2;
    for (position, pixel) in output.chunks_exact_mut(4 * channels).enumerate() {
        let (y, x) = (position / width, position % width);
        for channel in 0..channels {
            let corner = |down: usize, right: usize| {
                let at = (2 * y + down) * grid.width + 2 * x + right;
                input[at * channels + channel]
            };
            let bands = haar_sums([corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)]);
            for (band, value) in bands.into_iter().enumerate() {
                pixel[band * channels + channel] = value;
            }
        }
    }
}

/// The inverse of [`haar`], on four bands of channels of `grid`.
pub fn haar_inverse(grid: Grid, input: &[f32], output: &mut [f32]) {
    let channels = grid.channels / 4;
    let row = 2 * grid.width;
    for (position, pixel) in input.chunks_exact(grid.channels).enumerate() {
        let (y, x) = (position / grid.width, position % grid.width);
        for channel in 0..channels {
            let band = |band: usize| pixel[band * channels + channel];
            let corners = haar_sums([band(0), band(1), band(2), band(3)]);
            for (place, value) in corners.into_iter().enumerate() {
                let at = (2 * y + place / 2) * row + 2 * x + place % 2;
                output[at * channels + channel] = value;
            }
        }
    }
}

/// The transform is its own inverse.
fn haar_sums([a, b, c, d]: [f32; 4]) -> [f32; 4] {
    let (above, above_change) = (a + b, a - b);
    let (below, below_change) = (c + d, c - d);
    [
        (above + below) * 0.5,
        (above_change + below_change) * 0.5,
        (above - below) * 0.5,
        (above_change - below_change) * 0.5,
    ]
}

/// Nearest-neighbour up-sampling of a picture of `grid` by factors of height and width, channels
/// last.
pub fn upsample(grid: Grid, [down, right]: [usize; 2], input: &[f32], output: &mut [f32]) {
    let row = grid.width * grid.channels;
    let wide = row * right;
    let bands = output.chunks_exact_mut(wide * down);
    for (band, input) in bands.zip(input.chunks_exact(row)) {
        let (first, others) = band.split_at_mut(wide);
        let blocks = first.chunks_exact_mut(grid.channels * right);
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
