//! Operators with weights, norms, pooling, reductions.

use crate::model::foreign::net::Weight;
use crate::model::foreign::onnx::item::{Live, inner_axis};
use crate::model::foreign::onnx::lower::Lowering;
use crate::model::foreign::onnx::program::Node;
use crate::model::graph::{Operation, ReduceMode, Window};

/// Two numbers of an attribute.
fn pair(node: &Node, name: &str, usual: [usize; 2]) -> Result<[usize; 2], String> {
    let Some(values) = node.ints(name) else {
        return Ok(usual);
    };
    let sides: Result<Vec<usize>, _> = values.iter().map(|&value| usize::try_from(value)).collect();
    match sides.as_deref() {
        Ok(&[height, width]) => Ok([height, width]),
        _ => Err(format!(
            "has the {name} {values:?}; only pictures have two sides"
        )),
    }
}

/// Stride, border and dilation of a kernel that moves over a picture.
fn window(node: &Node, kernel: [usize; 2], picture: &[usize]) -> Result<Window, String> {
    let stride = pair(node, "strides", [1; 2])?;
    let dilation = pair(node, "dilations", [1; 2])?;
    let padding = match (node.text("auto_pad"), node.ints("pads")) {
        (None | Some("NOTSET" | ""), None) | (Some("VALID"), _) => [0; 4],
        (None | Some("NOTSET" | ""), Some(pads)) => {
            let sides: Result<Vec<usize>, _> =
                pads.iter().map(|&pad| usize::try_from(pad)).collect();
            match sides.as_deref() {
                // ONNX: top, left, bottom, right.
                Ok(&[top, left, bottom, right]) => [top, left, bottom, right],
                _ => return Err(format!("has the pads {pads:?}")),
            }
        }
        (Some(same @ ("SAME_UPPER" | "SAME_LOWER")), _) if node.operator != "ConvTranspose" => {
            let &[_, height, width] = picture else {
                return Err("takes no picture".to_owned());
            };
            let total = |axis: usize, side: usize| {
                let step = stride[axis].max(1);
                let reach = (kernel[axis].saturating_sub(1)) * dilation[axis] + 1;
                ((side.div_ceil(step) - 1) * step + reach).saturating_sub(side)
            };
            let (tall, wide) = (total(0, height), total(1, width));
            let (top, left) = match same {
                "SAME_UPPER" => (tall / 2, wide / 2),
                _ => (tall - tall / 2, wide - wide / 2),
            };
            [top, left, tall - top, wide - left]
        }
        (Some(other), _) => return Err(format!("pads by {other:?}, which is not done")),
    };
    Ok(Window {
        stride,
        padding,
        dilation,
    })
}

pub fn convolution(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let (name, shape, turned) = cx.stored(node, 1)?;
    let &[first, second, height, width] = &shape[..] else {
        return Err(format!(
            "has a kernel of the shape {shape:?}; only pictures are known"
        ));
    };
    if turned {
        return Err("has a kernel that is turned around".to_owned());
    }
    let groups = node.int("group").map_or(Ok(1), usize::try_from);
    let groups = groups.map_err(|_| "has fewer than no groups")?;
    let kernel = [height, width];
    let window = window(node, kernel, &live.shape)?;
    let bias = cx.item(node, 2)?.is_some();
    let operation = if node.operator == "Conv" {
        Operation::Conv {
            channels: first,
            kernel,
            window,
            groups,
            bias,
        }
    } else {
        if node.ints("output_shape").is_some() {
            return Err("says the shape that it gives, which is not done".to_owned());
        }
        Operation::ConvTranspose {
            channels: second.saturating_mul(groups),
            kernel,
            window,
            output_padding: pair(node, "output_padding", [0; 2])?,
            groups,
            bias,
        }
    };
    let found = cx.emit(operation, &[&live])?;
    cx.weight(&found, "weight", Weight::Same(name));
    if bias {
        let (name, ..) = cx.stored(node, 2)?;
        cx.weight(&found, "bias", Weight::Same(name));
    }
    cx.give(node, found);
    Ok(())
}

pub fn gemm(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let is_one = |name: &str| node.float(name).is_none_or(|value| value == 1.0);
    if node.int("transA").unwrap_or(0) != 0 || !is_one("alpha") || !is_one("beta") {
        return Err("has factors or a turned input".to_owned());
    }
    let live = cx.live(node, 0)?;
    let (name, shape, turned) = cx.stored(node, 1)?;
    let &[rows, columns] = &shape[..] else {
        return Err(format!("has a matrix of the shape {shape:?}"));
    };
    // The file may have it either way round.
    let is_turned = (node.int("transB").unwrap_or(0) != 0) != turned;
    let (outputs, weight) = match is_turned {
        true => (rows, Weight::Transposed(name)),
        false => (columns, Weight::Same(name)),
    };
    let bias = cx.item(node, 2)?.is_some();
    let found = cx.emit(Operation::Linear { outputs, bias }, &[&live])?;
    cx.weight(&found, "weight", weight);
    if bias {
        let (name, ..) = cx.stored(node, 2)?;
        cx.weight(&found, "bias", Weight::Same(name));
    }
    cx.give(node, found);
    Ok(())
}

pub fn mat_mul(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if let Ok((name, shape, turned)) = cx.stored(node, 1) {
        let live = cx.live(node, 0)?;
        let &[rows, columns] = &shape[..] else {
            return Err(format!("has a matrix of the shape {shape:?}"));
        };
        let (outputs, weight) = match turned {
            true => (rows, Weight::Transposed(name)),
            false => (columns, Weight::Same(name)),
        };
        let bias = false;
        let found = cx.emit(Operation::Linear { outputs, bias }, &[&live])?;
        cx.weight(&found, "weight", weight);
        cx.give(node, found);
        return Ok(());
    }
    let (a, b) = (cx.live(node, 0)?, cx.live(node, 1)?);
    if a.shape.len() < 2 || a.shape.len() != b.shape.len() {
        return Err("multiplies values of different numbers of axes".to_owned());
    }
    let found = cx.emit(Operation::MatMul, &[&a, &b])?;
    cx.give(node, found);
    Ok(())
}

/// Lets a part of a node be a tensor of the file.
fn tensor(
    cx: &mut Lowering<'_>,
    node: &Node,
    index: usize,
    live: &Live,
    part: &str,
) -> Result<(), String> {
    let (name, ..) = cx.stored(node, index)?;
    cx.weight(live, part, Weight::Same(name));
    Ok(())
}

pub fn batch_norm(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if node.int("training_mode").unwrap_or(0) != 0 {
        return Err("is in training mode".to_owned());
    }
    let live = cx.live(node, 0)?;
    let epsilon = node.float("epsilon").unwrap_or(1e-5);
    let found = cx.emit(Operation::BatchNorm { epsilon }, &[&live])?;
    for (index, part) in [(1, "gamma"), (2, "beta"), (3, "mean"), (4, "variance")] {
        tensor(cx, node, index, &found, part)?;
    }
    cx.give(node, found);
    Ok(())
}

pub fn group_norm(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let channels = live.shape.first().copied().unwrap_or(0);
    let groups = match node.int("num_groups") {
        Some(groups) => usize::try_from(groups).map_err(|_| "has fewer than no groups")?,
        None => channels,
    };
    let (_, shape, _) = cx.stored(node, 1)?;
    if shape != [channels] {
        return Err("has a factor for each group and not for each channel".to_owned());
    }
    let operation = Operation::GroupNorm {
        groups,
        epsilon: node.float("epsilon").unwrap_or(1e-5),
        affine: true,
    };
    let found = cx.emit(operation, &[&live])?;
    tensor(cx, node, 1, &found, "weight")?;
    tensor(cx, node, 2, &found, "bias")?;
    cx.give(node, found);
    Ok(())
}

pub fn layer_norm(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let axis = inner_axis(node.int("axis").unwrap_or(-1), live.rank())?;
    let operation = Operation::LayerNorm {
        axes: live.shape.len() - axis,
        epsilon: node.float("epsilon").unwrap_or(1e-5),
        affine: true,
    };
    let found = cx.emit(operation, &[&live])?;
    tensor(cx, node, 1, &found, "weight")?;
    match cx.item(node, 2)? {
        Some(_) => tensor(cx, node, 2, &found, "bias")?,
        None => cx.weight(&found, "bias", Weight::Filled(0.0)),
    }
    cx.give(node, found);
    Ok(())
}

pub fn pool(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    if node.int("ceil_mode").unwrap_or(0) != 0 {
        return Err("rounds sizes up, which is not done".to_owned());
    }
    let kernel = pair(node, "kernel_shape", [0; 2])?;
    let window = window(node, kernel, &live.shape)?;
    let operation = match &*node.operator {
        "MaxPool" => Operation::MaxPool { kernel, window },
        _ => Operation::AveragePool {
            kernel,
            window,
            include_padding: node.int("count_include_pad").unwrap_or(0) != 0,
        },
    };
    let found = cx.emit(operation, &[&live])?;
    cx.give(node, found);
    Ok(())
}

pub fn global_mean(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let mean = cx.emit(Operation::GlobalMean, &[&live])?;
    let shape = vec![live.shape.first().copied().unwrap_or(0), 1, 1];
    let found = cx.emit(Operation::Reshape { shape }, &[&mean])?;
    cx.give(node, found);
    Ok(())
}

pub fn softmax(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let usual = if cx.opset < 13 { 1 } else { -1 };
    let axis = inner_axis(node.int("axis").unwrap_or(usual), live.rank())?;
    if cx.opset < 13 && axis + 1 != live.shape.len() {
        return Err("joins axes as operators before version 13 did, which is not done".to_owned());
    }
    let found = cx.emit(Operation::Softmax { axis }, &[&live])?;
    cx.give(node, found);
    Ok(())
}

pub fn reduce(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let axes = cx.ints(node, 1, "axes")?;
    let axes = axes.ok_or("takes the mean over the batch")?;
    let mut inner = Vec::new();
    for axis in axes {
        inner.push(inner_axis(axis, live.rank())?);
    }
    inner.sort_unstable();
    inner.dedup();
    let mode = match &*node.operator {
        "ReduceMean" => ReduceMode::Mean,
        _ => ReduceMode::Sum,
    };
    let mut found = live.clone();
    for &axis in inner.iter().rev() {
        found = cx.emit(Operation::Reduce { axis, mode }, &[&found])?;
    }
    if node.int("keepdims").unwrap_or(1) != 0 {
        let mut shape = live.shape.clone();
        inner.iter().for_each(|&axis| shape[axis] = 1);
        found = cx.emit(Operation::Reshape { shape }, &[&found])?;
    }
    cx.give(node, found);
    Ok(())
}
