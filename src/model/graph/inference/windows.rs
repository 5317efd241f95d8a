//! Operations that move a window over a picture.

use super::{Inference, numbers, picture};
use crate::model::graph::spec::{Operation, Window};

/// The largest kernel, stride, padding and dilation.
const MAX_WINDOW: usize = 1024;
/// The largest side that is resampled: its weights may become a matrix.
const MAX_RESAMPLED: usize = 8192;

impl Inference<'_> {
    pub(super) fn windowed(
        &mut self,
        operation: &Operation,
        [inputs, height, width]: [usize; 3],
    ) -> Result<Vec<usize>, String> {
        match operation {
            Operation::Conv {
                channels,
                kernel,
                window,
                groups,
                bias,
            } => {
                let [out_height, out_width] =
                    window_sides([inputs, height, width], *kernel, window)?;
                check_groups(*groups, inputs, *channels)?;
                let places = kernel[0] * kernel[1];
                let per_group = inputs / groups;
                self.parameter(
                    "weight",
                    &[*channels, per_group, kernel[0], kernel[1]],
                    per_group.saturating_mul(places),
                );
                if *bias {
                    self.parameter("bias", &[*channels], 0);
                }
                self.work(&[*channels, per_group, places, out_height, out_width]);
                Ok(vec![*channels, out_height, out_width])
            }
            Operation::ConvTranspose {
                channels,
                kernel,
                window,
                output_padding,
                groups,
                bias,
            } => {
                check_window(*kernel, window)?;
                check_window_numbers(output_padding)?;
                check_groups(*groups, inputs, *channels)?;
                let [top, left, bottom, right] = window.padding;
                let side = |side: usize, axis: usize, cut: usize| {
                    let moved = (side - 1).checked_mul(window.stride[axis])?;
                    let reach = window.dilation[axis] * (kernel[axis] - 1) + 1;
                    moved
                        .checked_add(reach + output_padding[axis])?
                        .checked_sub(cut)
                        .filter(|&side| side > 0)
                };
                let (Some(out_height), Some(out_width)) =
                    (side(height, 0, top + bottom), side(width, 1, left + right))
                else {
                    return Err(format!(
                        "the padding {:?} cuts everything off {height}x{width}",
                        window.padding
                    ));
                };
                // Runners may copy the picture with a border, and make the result before the
                // padding is cut off.
                numbers(&[inputs, height + 2 * kernel[0], width + 2 * kernel[1]])?;
                numbers(&[
                    *channels,
                    out_height + top + bottom,
                    out_width + left + right,
                ])?;
                for axis in 0..2 {
                    if output_padding[axis] >= window.stride[axis].max(window.dilation[axis]) {
                        return Err(format!(
                            "the output padding {output_padding:?} must be less than stride or \
                             dilation"
                        ));
                    }
                }
                let places = kernel[0] * kernel[1];
                let per_group = *channels / groups;
                // Inputs that one output sees: a kernel moved by its stride covers it so often.
                let seen =
                    kernel[0].div_ceil(window.stride[0]) * kernel[1].div_ceil(window.stride[1]);
                self.parameter(
                    "weight",
                    &[inputs, per_group, kernel[0], kernel[1]],
                    (inputs / groups).saturating_mul(seen),
                );
                if *bias {
                    self.parameter("bias", &[*channels], 0);
                }
                self.work(&[inputs, per_group, places, height, width]);
                Ok(vec![*channels, out_height, out_width])
            }
            Operation::AveragePool { kernel, window, .. }
            | Operation::MaxPool { kernel, window } => {
                let [out_height, out_width] =
                    window_sides([inputs, height, width], *kernel, window)?;
                // Half a kernel, so that no window lies in the border alone (PyTorch's rule).
                let [top, left, bottom, right] = window.padding;
                if 2 * top.max(bottom) > kernel[0] || 2 * left.max(right) > kernel[1] {
                    return Err(format!(
                        "a border of {:?} is more than half the window {kernel:?}",
                        window.padding
                    ));
                }
                if matches!(operation, Operation::AveragePool { .. }) {
                    check_resampled([height, width, out_height, out_width])?;
                    if window.dilation != [1; 2] {
                        return Err("means have no dilation".to_owned());
                    }
                }
                self.work(&[inputs, kernel[0] * kernel[1], out_height, out_width]);
                Ok(vec![inputs, out_height, out_width])
            }
            _ => Err("it has no window".to_owned()),
        }
    }

    pub(super) fn modulated(
        &mut self,
        x: &[usize],
        style: &[usize],
        (channels, kernel, up): (usize, usize, usize),
    ) -> Result<Vec<usize>, String> {
        let [inputs, height, width] = picture(x)?;
        if style != [inputs] {
            return Err(format!(
                "{inputs} channels need a style of [{inputs}], not {style:?}"
            ));
        }
        if !(1..=63).contains(&kernel) || (up == 1 && kernel % 2 == 0) || !matches!(up, 1 | 2) {
            return Err(format!(
                "a kernel of {kernel} with up {up}: kernels are 1 to 63, odd with up 1, and up is \
                 1 or 2"
            ));
        }
        numbers(&[inputs, height + kernel, width + kernel])?;
        let places = kernel * kernel;
        self.parameter(
            "weight",
            &[channels, inputs, kernel, kernel],
            inputs.saturating_mul(places),
        );
        self.work(&[channels, inputs, places, height, width]);
        let side = |side: usize| match up {
            1 => side,
            _ => side.saturating_mul(2) - 2 + kernel,
        };
        Ok(vec![channels, side(height), side(width)])
    }
}

fn check_groups(groups: usize, inputs: usize, outputs: usize) -> Result<(), String> {
    if outputs == 0 {
        return Err("it has no channels".to_owned());
    }
    if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        return Err(format!(
            "{inputs} and {outputs} channels are not {groups} groups"
        ));
    }
    Ok(())
}

pub(super) fn check_window_numbers(numbers: &[usize]) -> Result<(), String> {
    match numbers.iter().find(|&&number| number > MAX_WINDOW) {
        Some(number) => Err(format!("{number} is more than {MAX_WINDOW}")),
        None => Ok(()),
    }
}

pub(super) fn check_resampled(sides: [usize; 4]) -> Result<(), String> {
    match sides
        .iter()
        .find(|side| !(1..=MAX_RESAMPLED).contains(*side))
    {
        Some(side) => Err(format!(
            "a side of {side} cannot be resampled; 1 to {MAX_RESAMPLED} pixels can"
        )),
        None => Ok(()),
    }
}

fn check_window(kernel: [usize; 2], window: &Window) -> Result<(), String> {
    let sizes = [kernel, window.stride, window.dilation].concat();
    check_window_numbers(&sizes)?;
    check_window_numbers(&window.padding)?;
    if sizes.contains(&0) {
        return Err("kernel, stride and dilation must be at least 1".to_owned());
    }
    Ok(())
}

/// Height and width after a window has moved over a picture.
fn window_sides(
    [channels, height, width]: [usize; 3],
    kernel: [usize; 2],
    window: &Window,
) -> Result<[usize; 2], String> {
    check_window(kernel, window)?;
    let [top, left, bottom, right] = window.padding;
    // Runners may copy the picture with its border.
    let sides = [height + top + bottom, width + left + right];
    numbers(&[channels, sides[0], sides[1]])?;
    let side = |axis: usize| {
        let reach = window.dilation[axis] * (kernel[axis] - 1) + 1;
        Some(sides[axis].checked_sub(reach)? / window.stride[axis] + 1)
    };
    match (side(0), side(1)) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => Err(format!(
            "a kernel of {kernel:?} is larger than {}x{}",
            sides[0], sides[1]
        )),
    }
}
