//! Operators that move numbers.

use crate::model::foreign::net::Weight;
use crate::model::foreign::onnx::fold::range;
use crate::model::foreign::onnx::item::{Item, Live, axis_of, inner_axis};
use crate::model::foreign::onnx::lower::Lowering;
use crate::model::foreign::onnx::program::Node;
use crate::model::graph::{Operation, PadMode, ResizeMode};

/// Numbers that a value is filled up to by repeating, at most.
const MAX_EXPANDED: usize = 1 << 20;

/// What passes through.
pub fn same(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let item = cx.item(node, 0)?.cloned().ok_or("takes nothing")?;
    if let Some(output) = node.outputs.first() {
        cx.set(output, item);
    }
    Ok(())
}

/// A row of a table by the class, or one entry of an axis.
pub fn gather(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if matches!(cx.item(node, 1)?, Some(Item::Class)) {
        let (name, shape, turned) = cx.stored(node, 0)?;
        let &[classes, outputs] = &shape[..] else {
            return Err("chooses by class from what is no table".to_owned());
        };
        if turned || cx.classes.is_some_and(|known| known != classes) {
            return Err("has tables of different numbers of classes".to_owned());
        }
        cx.classes = Some(classes);
        // A weight for each class times the table: the row of the class that has weight one.
        let condition = Live {
            name: "condition".to_owned(),
            shape: vec![classes],
        };
        let bias = false;
        let found = cx.emit(Operation::Linear { outputs, bias }, &[&condition])?;
        cx.weight(&found, "weight", Weight::Same(name));
        cx.give(node, found);
        return Ok(());
    }
    let live = cx.live(node, 0)?;
    let axis = inner_axis(node.int("axis").unwrap_or(0), live.rank())?;
    let index = node.inputs.get(1).cloned().unwrap_or_default();
    let known = cx
        .known(&index)?
        .ok_or("chooses by what is not known before it runs")?;
    let &[index] = &known.to_ints()[..] else {
        return Err("chooses several entries, which is not done".to_owned());
    };
    let side = live.shape.get(axis).copied().unwrap_or(0);
    let start = axis_of(index, side)?;
    let end = start + 1;
    let mut found = cx.emit(Operation::Slice { axis, start, end }, &[&live])?;
    if known.shape.is_empty() {
        let mut shape = found.shape.clone();
        shape.remove(axis);
        if shape.is_empty() {
            shape.push(1);
        }
        found = cx.emit(Operation::Reshape { shape }, &[&found])?;
    }
    cx.give(node, found);
    Ok(())
}

/// The same numbers in another shape.
pub fn reshape(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let whole = live.whole();
    let target = match &*node.operator {
        "Flatten" => {
            if axis_of(node.int("axis").unwrap_or(1), live.rank() + 1)? != 1 {
                return Err("joins the batch with another axis".to_owned());
            }
            vec![1, live.shape.iter().product::<usize>() as i64]
        }
        "Reshape" => {
            let given = cx.ints(node, 1, "shape")?.ok_or("has no shape")?;
            filled_in(&given, &whole, node.int("allowzero").unwrap_or(0) != 0)?
        }
        "Unsqueeze" => {
            let axes = cx.ints(node, 1, "axes")?.ok_or("has no axes")?;
            let rank = live.rank() + axes.len();
            let axes: Result<Vec<usize>, String> =
                axes.iter().map(|&axis| axis_of(axis, rank)).collect();
            let axes = axes?;
            let mut left = whole.iter();
            let side = |axis: usize| match axes.contains(&axis) {
                true => Some(1),
                false => left.next().copied(),
            };
            (0..rank).map_while(side).collect()
        }
        _ => {
            let axes = cx.ints(node, 1, "axes")?;
            let axes: Option<Result<Vec<usize>, String>> = axes.map(|axes| {
                axes.iter()
                    .map(|&axis| axis_of(axis, live.rank()))
                    .collect()
            });
            let axes = axes.transpose()?;
            let kept = whole.iter().enumerate().filter(|(axis, side)| match &axes {
                Some(axes) => !axes.contains(axis),
                None => *axis == 0 || **side != 1,
            });
            kept.map(|(_, side)| *side).collect()
        }
    };
    let sides: Result<Vec<usize>, _> = target.iter().map(|&side| usize::try_from(side)).collect();
    let sides = sides.map_err(|_| "has a shape with sides below zero")?;
    let Some((1, inner)) = sides.split_first() else {
        return Err("moves the batch to another axis".to_owned());
    };
    let mut shape = inner.to_vec();
    if shape.is_empty() {
        shape.push(1);
    }
    if shape == live.shape {
        cx.give(node, live);
        return Ok(());
    }
    let found = cx.emit(Operation::Reshape { shape }, &[&live])?;
    cx.give(node, found);
    Ok(())
}

/// A shape in which 0 stands for what was there and -1 for what is left.
fn filled_in(given: &[i64], whole: &[i64], allows_zero: bool) -> Result<Vec<i64>, String> {
    let copied = given.iter().enumerate().map(|(axis, &side)| match side {
        0 if !allows_zero => whole.get(axis).copied().unwrap_or(0),
        side => side,
    });
    let mut sides: Vec<i64> = copied.collect();
    let product = |sides: &[i64]| {
        let mut known = sides.iter().filter(|&&side| side != -1);
        known.try_fold(1_i64, |product, &side| product.checked_mul(side))
    };
    let total = product(whole).unwrap_or(0);
    let known = product(&sides)
        .filter(|&known| known > 0)
        .ok_or("has an empty shape")?;
    if let Some(place) = sides.iter().position(|&side| side == -1) {
        sides[place] = total / known;
    }
    Ok(sides)
}

pub fn transpose(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if let Some(Item::Stored {
        name,
        shape,
        turned,
    }) = cx.item(node, 0)?.cloned()
    {
        if shape.len() != 2 || node.ints("perm").is_some_and(|perm| perm != [1, 0]) {
            return Err("turns a tensor of the file that is no matrix".to_owned());
        }
        let item = Item::Stored {
            name,
            shape,
            turned: !turned,
        };
        if let Some(output) = node.outputs.first() {
            cx.set(output, item);
        }
        return Ok(());
    }
    let live = cx.live(node, 0)?;
    let usual: Vec<i64> = (0..live.rank() as i64).rev().collect();
    let perm = node.ints("perm").unwrap_or(&usual);
    let axes: Result<Vec<usize>, String> = perm
        .iter()
        .map(|&axis| axis_of(axis, live.rank()))
        .collect();
    let axes = axes?;
    let Some((0, inner)) = axes.split_first() else {
        return Err("moves the batch to another axis".to_owned());
    };
    let order: Option<Vec<usize>> = inner.iter().map(|axis| axis.checked_sub(1)).collect();
    let order = order.ok_or("names an axis twice")?;
    let found = cx.emit(Operation::Permute { order }, &[&live])?;
    cx.give(node, found);
    Ok(())
}

pub fn concat(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let rank =
        (0..node.inputs.len()).find_map(|index| cx.live(node, index).ok().map(|live| live.rank()));
    let rank = rank.ok_or("joins nothing that depends on the code")?;
    let axis = inner_axis(node.int("axis").unwrap_or(1), rank)?;
    let mut parts = Vec::new();
    for (index, name) in node.inputs.iter().enumerate() {
        parts.push(match cx.item(node, index)? {
            Some(Item::Live(live)) => live.clone(),
            _ => cx.fixed(name, rank)?,
        });
    }
    let parts: Vec<&Live> = parts.iter().collect();
    let found = cx.emit(Operation::Concatenate { axis }, &parts)?;
    cx.give(node, found);
    Ok(())
}

pub fn slice(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let mut live = cx.live(node, 0)?;
    let starts = cx.ints(node, 1, "starts")?.ok_or("has no starts")?;
    let ends = cx.ints(node, 2, "ends")?.ok_or("has no ends")?;
    let axes = cx.ints(node, 3, "axes")?;
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = cx.ints(node, 4, "steps")?;
    if steps.is_some_and(|steps| steps.iter().any(|&step| step != 1)) {
        return Err("cuts with steps, which is not done".to_owned());
    }
    for ((&start, &end), &axis) in starts.iter().zip(&ends).zip(&axes) {
        let place = axis_of(axis, live.rank())?;
        let side = if place == 0 { 1 } else { live.shape[place - 1] };
        let (start, end) = range(start, end, side);
        if (start, end) == (0, side) {
            continue;
        }
        let axis = inner_axis(axis, live.rank())?;
        live = cx.emit(Operation::Slice { axis, start, end }, &[&live])?;
    }
    cx.give(node, live);
    Ok(())
}

pub fn split(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let axis = inner_axis(node.int("axis").unwrap_or(0), live.rank())?;
    let side = live.shape[axis];
    let parts = node.outputs.len();
    let sizes = match cx.ints(node, 1, "split")? {
        Some(sizes) => sizes
            .iter()
            .map(|&size| usize::try_from(size).unwrap_or(0))
            .collect(),
        None => {
            let size = side.div_ceil(parts.max(1));
            (0..parts)
                .map(|part| size.min(side.saturating_sub(part * size)))
                .collect::<Vec<_>>()
        }
    };
    let mut start = 0_usize;
    for (output, size) in node.outputs.iter().zip(sizes) {
        let end = start.saturating_add(size);
        let part = cx.emit(Operation::Slice { axis, start, end }, &[&live])?;
        cx.set(output, Item::Live(part));
        start = end;
    }
    Ok(())
}

pub fn expand(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let given = cx.ints(node, 1, "shape")?.ok_or("has no shape")?;
    let sides: Result<Vec<usize>, _> = given.iter().map(|&side| usize::try_from(side)).collect();
    let sides = sides.map_err(|_| "has a shape with sides below zero")?;
    let inner = match sides.split_first() {
        Some((1, inner)) if sides.len() == live.rank() => inner.to_vec(),
        _ => return Err("expands along the batch".to_owned()),
    };
    let count = inner
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side));
    if count.is_none_or(|count| count > MAX_EXPANDED) {
        return Err("expands to too many numbers".to_owned());
    }
    if inner
        .iter()
        .zip(&live.shape)
        .all(|(&wanted, &side)| wanted == side || wanted == 1)
    {
        cx.give(node, live);
        return Ok(());
    }
    let zeros = cx.emit(Operation::Constant { shape: inner }, &[])?;
    cx.weight(&zeros, "value", Weight::Filled(0.0));
    let found = cx.emit(Operation::Add, &[&live, &zeros])?;
    cx.give(node, found);
    Ok(())
}

pub fn pad(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let pads = cx.ints(node, 1, "pads")?.ok_or("has no pads")?;
    if cx.item(node, 3)?.is_some() {
        return Err("names the axes that it pads, which is not done".to_owned());
    }
    let sides: Result<Vec<usize>, _> = pads.iter().map(|&pad| usize::try_from(pad)).collect();
    let padding = match sides.as_deref() {
        Ok(&[0, 0, top, left, 0, 0, bottom, right]) => [top, left, bottom, right],
        Ok(sides) if sides.iter().all(|&side| side == 0) => {
            cx.give(node, live);
            return Ok(());
        }
        _ => return Err(format!("has the pads {pads:?}; only pictures get a border")),
    };
    let mode = match node.text("mode").unwrap_or("constant") {
        "constant" => {
            let value = match node.inputs.get(2).filter(|name| !name.is_empty()) {
                Some(name) => cx.scalar(name)?.unwrap_or(0.0),
                None => node.float("value").unwrap_or(0.0),
            };
            if value != 0.0 {
                return Err("has a border of another number than zero".to_owned());
            }
            PadMode::Zeros
        }
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Replicate,
        other => return Err(format!("pads by {other:?}, which is not done")),
    };
    let found = cx.emit(Operation::Pad { padding, mode }, &[&live])?;
    cx.give(node, found);
    Ok(())
}

pub fn resize(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let &[channels, height, width] = &live.shape[..] else {
        return Err("takes no picture".to_owned());
    };
    let is_old = node.operator == "Upsample" || node.inputs.len() == 2;
    let (scales, sizes) = if is_old { (1, None) } else { (2, Some(3)) };
    let sizes = match sizes {
        Some(index) if cx.item(node, index)?.is_some() => cx.ints(node, index, "sizes")?,
        _ => None,
    };
    let [out_height, out_width] = match sizes.as_deref() {
        Some(&[1, same, tall, wide]) if same == channels as i64 => {
            [tall, wide].map(|side| usize::try_from(side).unwrap_or(0))
        }
        Some(sizes) => return Err(format!("gives the sizes {sizes:?}")),
        None => {
            let name = node.inputs.get(scales).cloned().unwrap_or_default();
            let known = cx.known(&name)?.map(|known| known.to_floats());
            let factors = known.or_else(|| node.floats("scales").map(<[f32]>::to_vec));
            match factors.as_deref() {
                Some(&[1.0, 1.0, tall, wide]) => [(height, tall), (width, wide)]
                    .map(|(side, by)| (side as f32 * by).floor() as usize),
                _ => return Err("has no known factors for height and width".to_owned()),
            }
        }
    };
    let usual = if node.operator == "Upsample" || cx.opset < 11 {
        "asymmetric"
    } else {
        "half_pixel"
    };
    let places = node.text("coordinate_transformation_mode").unwrap_or(usual);
    let mode = match node.text("mode").unwrap_or("nearest") {
        "nearest" => {
            let factor = |from: usize, to: usize| to.is_multiple_of(from).then(|| to / from);
            let factors = factor(height, out_height).zip(factor(width, out_width));
            let (tall, wide) = factors.ok_or("repeats pixels by no whole factor")?;
            let rounds_down = node.text("nearest_mode") == Some("floor") || cx.opset < 11;
            // With whole factors these all repeat each pixel so many times.
            let repeats = match places {
                "half_pixel" | "pytorch_half_pixel" => node.text("nearest_mode") != Some("floor"),
                "asymmetric" => rounds_down || (tall <= 2 && wide <= 2),
                _ => false,
            };
            if !repeats {
                return Err(format!(
                    "chooses the nearest pixel by {places:?}, which is not done"
                ));
            }
            ResizeMode::Nearest
        }
        "linear" if matches!(places, "half_pixel" | "pytorch_half_pixel") => ResizeMode::Bilinear,
        "linear" => return Err(format!("places pixels by {places:?}; half_pixel is known")),
        other => {
            return Err(format!(
                "resizes by {other:?}; nearest and linear are known"
            ));
        }
    };
    let operation = Operation::Resize {
        height: out_height,
        width: out_width,
        mode,
    };
    let found = cx.emit(operation, &[&live])?;
    cx.give(node, found);
    Ok(())
}

pub fn depth_and_space(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let factor = node
        .int("blocksize")
        .and_then(|size| usize::try_from(size).ok());
    let factor = factor.ok_or("has no block size")?;
    let operation = match &*node.operator {
        "DepthToSpace" if node.text("mode") == Some("CRD") => Operation::PixelShuffle { factor },
        // With one channel both orders are the same.
        "DepthToSpace" if live.shape.first() == Some(&factor.saturating_mul(factor)) => {
            Operation::PixelShuffle { factor }
        }
        "SpaceToDepth" if live.shape.first() == Some(&1) => Operation::PixelUnshuffle { factor },
        _ => return Err("orders channels in a way that is not done; CRD is known".to_owned()),
    };
    let found = cx.emit(operation, &[&live])?;
    cx.give(node, found);
    Ok(())
}
