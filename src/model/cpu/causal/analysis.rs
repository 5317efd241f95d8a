//! Which places a value depends on.

use crate::model::graph::{GraphPlan, Operation};

/// Which places the value at a place depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reach {
    /// None: it is the same for the whole grid.
    Fixed,
    /// Those of the rows above.
    Above,
    /// Besides these those to the left in the same row.
    Before,
    /// Besides these the place itself.
    After,
}

/// Most numbers of all values of a grid: what could be kept of one that is written (128 MiB).
const MAX_NUMBERS: usize = 1 << 25;

/// Checks that a graph from a grid, and perhaps a condition, to scores `[levels, height, width]` can be run
/// place by place, and that no score depends on its own place or a later one.
///
/// # Errors
/// A sentence that names the node at fault.
pub fn check(plan: &GraphPlan, sides: [usize; 3]) -> Result<(), String> {
    reaches(plan, sides).map(|_| ())
}

/// How far a tap of a kernel lies from the place that it is for.
pub(super) fn offset(tap: usize, dilation: usize, padding: usize) -> isize {
    let from_edge = tap.saturating_mul(dilation);
    signed(from_edge) - signed(padding)
}

fn signed(number: usize) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX / 4)
}

/// The reach of every value of a graph.
pub(super) fn reaches(
    plan: &GraphPlan,
    [height, width, levels]: [usize; 3],
) -> Result<Vec<Reach>, String> {
    let lens = plan.values.iter().map(|value| value.len);
    let numbers = lens.fold(0, usize::saturating_add);
    if numbers > MAX_NUMBERS {
        return Err(format!(
            "it has {numbers} numbers for one grid; {MAX_NUMBERS} are allowed"
        ));
    }
    let mut found = vec![Reach::After];
    if plan.spec.inputs.len() > 1 {
        found.push(Reach::Fixed);
    }
    found.resize(plan.spec.inputs.len(), Reach::Fixed);
    for node in 0..plan.spec.nodes.len() {
        let reach = reach(plan, node, &found, [height, width]);
        let name = &plan.spec.nodes[node].name;
        found.push(reach.map_err(|fault| format!("node {name:?}: {fault}"))?);
    }
    let [output] = plan.outputs[..] else {
        return Err("it must have one output, the scores".to_owned());
    };
    if plan.values[output].shape != [levels, height, width] {
        return Err(format!(
            "its scores have the shape {:?}, not [{levels}, {height}, {width}]",
            plan.values[output].shape
        ));
    }
    match found[output] {
        Reach::Above | Reach::Before => Ok(found),
        Reach::After => Err("a score depends on the place that it is for".to_owned()),
        Reach::Fixed => Err("no score depends on what was written".to_owned()),
    }
}

fn reach(
    plan: &GraphPlan,
    node: usize,
    found: &[Reach],
    sides: [usize; 2],
) -> Result<Reach, String> {
    let takes = &plan.takes[node];
    // The same for every grid, whatever is written; known before anything is.
    if matches!(plan.spec.nodes[node].operation, Operation::Constant { .. }) {
        let given = &plan.values[plan.result(node)].shape;
        return match given[..] {
            [_, height, width] if [height, width] == sides => Ok(Reach::Above),
            _ => Ok(Reach::Fixed),
        };
    }
    let shape = |place: usize| &plan.values[takes[place]].shape[..];
    let given = &plan.values[plan.result(node)].shape[..];
    let reach_of = |place: usize| found[takes[place]];
    let is_grid_of = |shape: &[usize]| shape.len() == 3 && shape[1..] == sides;
    let no_way = || Err("it cannot be run place by place".to_owned());
    // Rows of a table have their features last until they are turned.
    let is_table = |taken: &usize| {
        let node = plan.maker(*taken).map(|node| &plan.spec.nodes[node]);
        node.is_some_and(|node| matches!(node.operation, Operation::Embedding { .. }))
    };
    let operation = &plan.spec.nodes[node].operation;
    if !matches!(operation, Operation::Permute { .. }) && takes.iter().any(is_table) {
        return no_way();
    }
    match operation {
        Operation::Embedding { .. } if takes[0] == 0 => Ok(Reach::After),
        Operation::Permute { order } if order[..] == [2, 0, 1] && is_table(&takes[0]) => {
            Ok(reach_of(0))
        }
        Operation::Conv {
            kernel,
            window,
            groups: 1,
            ..
        } if window.stride == [1, 1] && is_grid_of(shape(0)) => {
            conv(reach_of(0), *kernel, |[row, column]| {
                [
                    offset(row, window.dilation[0], window.padding[0]),
                    offset(column, window.dilation[1], window.padding[1]),
                ]
            })
        }
        Operation::Linear { .. } if reach_of(0) == Reach::Fixed && shape(0).len() == 1 => {
            Ok(Reach::Fixed)
        }
        Operation::Reshape { .. } if reach_of(0) == Reach::Fixed => Ok(Reach::Fixed),
        Operation::Pointwise { .. } | Operation::Scale { .. } => match takes[0] {
            0 => no_way(),
            _ => Ok(reach_of(0)),
        },
        Operation::Slice { axis: 0, .. } if takes[0] != 0 => match (reach_of(0), given.len()) {
            (Reach::Fixed, 1) | (_, 3) => Ok(reach_of(0)),
            _ => no_way(),
        },
        // What lies behind the last row, or place, is never looked at.
        Operation::Slice { start: 0, .. } if is_grid_of(given) && reach_of(0) != Reach::Fixed => {
            Ok(reach_of(0))
        }
        Operation::Add | Operation::Subtract | Operation::Multiply => {
            let [a, b] = [shape(0), shape(1)];
            let is_spread = |fixed: &[usize], grid: &[usize]| matches!((fixed, grid), ([channels, 1, 1], [of, ..]) if channels == of);
            let fits = match [reach_of(0), reach_of(1)] {
                [Reach::Fixed, Reach::Fixed] => a == b,
                [Reach::Fixed, _] => is_spread(a, b),
                [_, Reach::Fixed] => is_spread(b, a),
                _ => a == b && a.len() == 3,
            };
            if fits && takes.iter().all(|&taken| taken != 0) {
                Ok(reach_of(0).max(reach_of(1)))
            } else {
                no_way()
            }
        }
        _ => no_way(),
    }
}

/// Of a convolution whose taps lie at these offsets.
fn conv(
    of: Reach,
    [rows, columns]: [usize; 2],
    offset: impl Fn([usize; 2]) -> [isize; 2],
) -> Result<Reach, String> {
    let mut reach = Reach::Above;
    for row in 0..rows {
        for column in 0..columns {
            let [down, right] = offset([row, column]);
            let more = match of {
                Reach::Fixed => return Err("it cannot be run place by place".to_owned()),
                _ if down > 0 => None,
                Reach::Above => Some(Reach::Above),
                _ if down < 0 => Some(Reach::Above),
                Reach::Before => (right <= 0).then_some(Reach::Before),
                Reach::After if right == 0 => Some(Reach::After),
                Reach::After => (right < 0).then_some(Reach::Before),
            };
            let more = more.ok_or_else(|| "it looks at places that come later".to_owned())?;
            reach = reach.max(more);
        }
    }
    Ok(reach)
}
