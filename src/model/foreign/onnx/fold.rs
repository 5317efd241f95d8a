//! Operators on numbers that are known when a file is opened: what exporters compute of shapes.

use super::item::{Known, MAX_KNOWN, Values, axis_of};
use super::program::Node;

/// What a node gives for known numbers; `None` where it is none of these operators.
///
/// # Errors
/// A sentence about the node, without its name.
pub fn fold(node: &Node, inputs: &[Option<&Known>]) -> Result<Option<Known>, String> {
    let given: Option<Vec<&Known>> = inputs.iter().copied().collect();
    let Some(given) = given else {
        return Ok(None);
    };
    let first = given.first().copied();
    let found = match (&*node.operator, first) {
        ("Gather", Some(data)) => gather(node, data, given.get(1).copied())?,
        ("Concat", Some(_)) => concat(&given)?,
        ("Unsqueeze" | "Squeeze" | "Reshape" | "Flatten", Some(data)) => {
            reshaped(node, data, given.get(1).copied())?
        }
        ("Transpose", Some(data)) => transposed(node, data)?,
        ("Cast", Some(data)) => cast(node, data),
        ("Add" | "Sub" | "Mul" | "Div" | "Equal" | "Pow" | "Mod", Some(a)) => {
            let b = given.get(1).copied().ok_or("takes two values")?;
            arithmetic(&node.operator, a, b)?
        }
        ("Slice", Some(data)) => slice(node, &given, data)?,
        ("Where", Some(condition)) => choose(condition, &given)?,
        ("Neg", Some(data)) => map(data, |value| value.wrapping_neg(), |value| -value),
        ("Floor", Some(data)) => map(data, |value| value, f32::floor),
        ("Ceil", Some(data)) => map(data, |value| value, f32::ceil),
        ("Sqrt", Some(data)) => map(data, |value| value.max(0).isqrt(), f32::sqrt),
        ("Reciprocal", Some(data)) => map(data, |value| value, f32::recip),
        ("ReduceProd", Some(data)) => Known {
            shape: Vec::new(),
            values: match &data.values {
                Values::Ints(values) => {
                    let product = values.iter().fold(1_i64, |a, &b| a.saturating_mul(b));
                    Values::Ints(vec![product])
                }
                Values::Floats(values) => Values::Floats(vec![values.iter().product()]),
            },
        },
        _ => return Ok(None),
    };
    Ok(Some(found))
}

fn gather(node: &Node, data: &Known, indices: Option<&Known>) -> Result<Known, String> {
    let indices = indices.ok_or("takes two values")?;
    let axis = axis_of(node.int("axis").unwrap_or(0), data.shape.len().max(1))?;
    let side = data.shape.get(axis).copied().unwrap_or(1);
    let place = |&index: &i64| axis_of(index, side);
    let places: Result<Vec<usize>, String> = indices.to_ints().iter().map(place).collect();
    let mut found = along(data, axis, &places?)?;
    if indices.shape.is_empty() && !found.shape.is_empty() {
        found.shape.remove(axis);
    }
    Ok(found)
}

/// Entries of an axis, in this order.
fn along(data: &Known, axis: usize, entries: &[usize]) -> Result<Known, String> {
    let side = data.shape.get(axis).copied().unwrap_or(1).max(1);
    let inner: usize = data.shape.iter().skip(axis + 1).product();
    let outer = data.len() / (side * inner).max(1);
    if outer.saturating_mul(entries.len()).saturating_mul(inner) > MAX_KNOWN {
        return Err("chooses too many known numbers".to_owned());
    }
    let mut places = Vec::with_capacity(outer * entries.len() * inner);
    for block in 0..outer {
        for &entry in entries {
            let first = (block * side + entry) * inner;
            places.extend(first..first + inner);
        }
    }
    let mut shape = data.shape.clone();
    if let Some(side) = shape.get_mut(axis) {
        *side = entries.len();
    }
    Ok(Known {
        shape,
        values: pick(&data.values, &places),
    })
}

/// The same numbers in another shape.
fn reshaped(node: &Node, data: &Known, given: Option<&Known>) -> Result<Known, String> {
    let said = given
        .map(Known::to_ints)
        .or_else(|| node.ints("axes").map(<[i64]>::to_vec));
    let shape = match &*node.operator {
        "Reshape" => {
            let mut sides = said.ok_or("has no shape")?;
            for (axis, side) in sides.iter_mut().enumerate() {
                if *side == 0 {
                    *side = data.shape.get(axis).copied().unwrap_or(1) as i64;
                }
            }
            let known: i64 = sides.iter().filter(|&&side| side > 0).product();
            let left = data.len() as i64 / known.max(1);
            let sides = sides
                .into_iter()
                .map(|side| if side < 0 { left } else { side });
            sides.map(|side| side.max(0) as usize).collect()
        }
        "Flatten" => vec![1, data.len()],
        "Unsqueeze" => {
            let axes = said.ok_or("has no axes")?;
            let rank = data.shape.len() + axes.len();
            let mut places = Vec::with_capacity(axes.len());
            for axis in axes {
                places.push(axis_of(axis, rank)?);
            }
            let mut left = data.shape.iter().copied();
            let side = |axis: usize| match places.contains(&axis) {
                true => Some(1),
                false => left.next(),
            };
            (0..rank).map_while(side).collect()
        }
        _ => {
            let mut places = Vec::new();
            for axis in said.iter().flatten() {
                places.push(axis_of(*axis, data.shape.len())?);
            }
            let sides = data
                .shape
                .iter()
                .enumerate()
                .filter(|(axis, side)| match &said {
                    Some(_) => !places.contains(axis),
                    None => **side != 1,
                });
            sides.map(|(_, side)| *side).collect()
        }
    };
    if shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side))
        != Some(data.len())
    {
        return Err("gives known numbers a shape that does not fit".to_owned());
    }
    Ok(Known {
        shape,
        values: data.values.clone(),
    })
}

fn transposed(node: &Node, data: &Known) -> Result<Known, String> {
    let usual = node.ints("perm").is_none_or(|perm| perm == [1, 0]);
    let &[rows, columns] = &data.shape[..] else {
        return Err("turns known numbers that are no matrix".to_owned());
    };
    if !usual {
        return Ok(data.clone());
    }
    let places: Vec<usize> = (0..rows * columns)
        .map(|place| place % rows * columns + place / rows)
        .collect();
    Ok(Known {
        shape: vec![columns, rows],
        values: pick(&data.values, &places),
    })
}

fn pick(values: &Values, places: &[usize]) -> Values {
    match values {
        Values::Ints(values) => Values::Ints(places.iter().map(|&place| values[place]).collect()),
        Values::Floats(values) => {
            Values::Floats(places.iter().map(|&place| values[place]).collect())
        }
    }
}

fn concat(given: &[&Known]) -> Result<Known, String> {
    let total: usize = given.iter().map(|known| known.len()).sum();
    if total > MAX_KNOWN || given.iter().any(|known| known.shape.len() > 1) {
        return Err("joins known numbers of several axes, which is not done".to_owned());
    }
    let is_whole = given
        .iter()
        .all(|known| matches!(known.values, Values::Ints(_)));
    let values = match is_whole {
        true => Values::Ints(given.iter().flat_map(|known| known.to_ints()).collect()),
        false => Values::Floats(given.iter().flat_map(|known| known.to_floats()).collect()),
    };
    Ok(Known {
        shape: vec![total],
        values,
    })
}

fn cast(node: &Node, data: &Known) -> Known {
    let is_float = matches!(node.int("to"), Some(1 | 10 | 11 | 16));
    Known {
        shape: data.shape.clone(),
        values: match is_float {
            true => Values::Floats(data.to_floats()),
            false => Values::Ints(data.to_ints()),
        },
    }
}

fn map(data: &Known, ints: impl Fn(i64) -> i64, floats: impl Fn(f32) -> f32) -> Known {
    Known {
        shape: data.shape.clone(),
        values: match &data.values {
            Values::Ints(values) => Values::Ints(values.iter().map(|&v| ints(v)).collect()),
            Values::Floats(values) => Values::Floats(values.iter().map(|&v| floats(v)).collect()),
        },
    }
}

fn arithmetic(operator: &str, a: &Known, b: &Known) -> Result<Known, String> {
    let len = a.len().max(b.len());
    let fits = |known: &Known| known.len() == len || known.len() == 1;
    if !fits(a) || !fits(b) {
        return Err("computes with known numbers of different shapes".to_owned());
    }
    let at = |known: &Known, index: usize| if known.len() == 1 { 0 } else { index };
    let values = match (&a.values, &b.values) {
        (Values::Ints(x), Values::Ints(y)) => {
            let compute = |index: usize| {
                let (x, y) = (x[at(a, index)], y[at(b, index)]);
                Some(match operator {
                    "Add" => x.checked_add(y)?,
                    "Sub" => x.checked_sub(y)?,
                    "Mul" => x.checked_mul(y)?,
                    "Div" => x.checked_div(y)?,
                    "Mod" => x.checked_rem_euclid(y)?,
                    "Pow" => x.checked_pow(u32::try_from(y).ok()?)?,
                    _ => i64::from(x == y),
                })
            };
            let computed: Option<Vec<i64>> = (0..len).map(compute).collect();
            Values::Ints(computed.ok_or("computes a number without bound")?)
        }
        _ => {
            let (x, y) = (a.to_floats(), b.to_floats());
            let compute = |index: usize| {
                let (x, y) = (x[at(a, index)], y[at(b, index)]);
                match operator {
                    "Add" => x + y,
                    "Sub" => x - y,
                    "Mul" => x * y,
                    "Div" => x / y,
                    "Mod" => x % y,
                    "Pow" => x.powf(y),
                    _ => f32::from(x == y),
                }
            };
            Values::Floats((0..len).map(compute).collect())
        }
    };
    Ok(Known {
        shape: if a.len() == len {
            a.shape.clone()
        } else {
            b.shape.clone()
        },
        values,
    })
}

fn slice(node: &Node, given: &[&Known], data: &Known) -> Result<Known, String> {
    let numbers = |index: usize, name: &str| {
        let given = given.get(index).map(|known| known.to_ints());
        given.or_else(|| node.ints(name).map(<[i64]>::to_vec))
    };
    let starts = numbers(1, "starts").ok_or("has no starts")?;
    let ends = numbers(2, "ends").ok_or("has no ends")?;
    let axes = numbers(3, "axes").unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = numbers(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
    let mut found = data.clone();
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = axis_of(axis, found.shape.len().max(1))?;
        let side = found.shape.get(axis).copied().unwrap_or(1);
        let entries: Vec<usize> = match step {
            1 => {
                let (start, end) = range(start, end, side);
                (start..end).collect()
            }
            // All of them from the end, as exporters turn lists around.
            -1 if start == -1 && end < -(side as i64) => (0..side).rev().collect(),
            _ => return Err("cuts with steps, which is not done".to_owned()),
        };
        found = along(&found, axis, &entries)?;
    }
    Ok(found)
}

/// A range of a list as Python counts it.
pub fn range(start: i64, end: i64, len: usize) -> (usize, usize) {
    let bound = |index: i64| {
        let index = if index < 0 {
            index.saturating_add(len as i64)
        } else {
            index
        };
        index.clamp(0, len as i64) as usize
    };
    let (start, end) = (bound(start), bound(end));
    (start, end.max(start))
}

/// A shape filled with one number.
///
/// # Errors
/// When it is none, or too large.
pub fn filled(shape: &Known, value: Option<&Known>) -> Result<Known, String> {
    let sides: Result<Vec<usize>, _> = shape.to_ints().into_iter().map(usize::try_from).collect();
    let sides = sides.map_err(|_| "fills a shape with sides below zero")?;
    let count = sides
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side));
    let count = count.filter(|&count| count <= MAX_KNOWN);
    let count = count.ok_or("fills a shape of too many numbers")?;
    let values = match value.map(|value| &value.values) {
        Some(Values::Ints(values)) => {
            Values::Ints(vec![values.first().copied().unwrap_or(0); count])
        }
        Some(Values::Floats(values)) => {
            Values::Floats(vec![values.first().copied().unwrap_or(0.0); count])
        }
        None => Values::Floats(vec![0.0; count]),
    };
    Ok(Known {
        shape: sides,
        values,
    })
}

fn choose(condition: &Known, given: &[&Known]) -> Result<Known, String> {
    let [_, yes, no] = given else {
        return Err("takes three values".to_owned());
    };
    let len = condition.len().max(yes.len()).max(no.len());
    let at = |known: &Known, index: usize| match known.len() {
        1 => known.to_ints().first().copied(),
        _ => known.to_ints().get(index).copied(),
    };
    if len > MAX_KNOWN / 16 {
        return Err("chooses among too many known numbers".to_owned());
    }
    let chosen = (0..len).map(|index| match at(condition, index)? {
        0 => at(no, index),
        _ => at(yes, index),
    });
    let chosen: Option<Vec<i64>> = chosen.collect();
    Ok(Known::ints(
        chosen.ok_or("chooses among lists of different lengths")?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(operator: &str) -> Node {
        Node {
            operator: operator.to_owned(),
            ..Node::default()
        }
    }

    #[test]
    fn shapes_are_computed() {
        let shape = Known::ints(vec![1, 512, 4, 4]);
        let two = Known::ints(vec![2]);
        let found = |operator: &str, given: &[&Known]| {
            let given: Vec<Option<&Known>> = given.iter().copied().map(Some).collect();
            fold(&node(operator), &given)
                .expect("it is sound")
                .expect("it folds")
                .to_ints()
        };
        assert_eq!(found("Gather", &[&shape, &two]), [4]);
        assert_eq!(found("Mul", &[&shape, &two]), [2, 1024, 8, 8]);
        assert_eq!(found("Concat", &[&two, &shape]), [2, 1, 512, 4, 4]);
        assert_eq!(found("Slice", &[&shape, &two, &Known::ints(vec![-1])]), [4]);
        let zero = Known::ints(vec![0]);
        let division = fold(&node("Div"), &[Some(&shape), Some(&zero)]);
        assert!(division.is_err());
        assert_eq!(fold(&node("Conv"), &[Some(&shape)]), Ok(None));
        // As PyTorch's exporter turns pads around.
        let pads = Known::ints(vec![1, 2, 3, 4]);
        let rows = fold(
            &node("Reshape"),
            &[Some(&pads), Some(&Known::ints(vec![-1, 2]))],
        );
        let rows = rows.expect("it is sound").expect("it folds");
        assert_eq!(rows.shape, [2, 2]);
        let turned = [-1, i64::MIN + 1, 0, -1].map(|number| Known::ints(vec![number]));
        let [start, end, axis, step] = &turned;
        let rows = [&rows, start, end, axis, step].map(Some);
        let rows = fold(&node("Slice"), &rows)
            .expect("it is sound")
            .expect("it folds");
        assert_eq!(rows.to_ints(), [3, 4, 1, 2]);
        let rows = fold(&node("Transpose"), &[Some(&rows)]).expect("it is sound");
        assert_eq!(rows.expect("it folds").to_ints(), [3, 1, 4, 2]);
        assert_eq!(range(-2, i64::MAX, 5), (3, 5));
        assert_eq!(range(4, 2, 5), (4, 4));
    }
}
