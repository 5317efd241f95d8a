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
        ("Unsqueeze" | "Squeeze", Some(data)) => Known {
            // A list stays one, and a number becomes a list of one.
            shape: match (&*node.operator, data.len()) {
                ("Squeeze", 1) => Vec::new(),
                (_, len) => vec![len],
            },
            values: data.values.clone(),
        },
        ("Reshape" | "Flatten", Some(data)) => Known {
            shape: vec![data.len()],
            values: data.values.clone(),
        },
        ("Cast", Some(data)) => cast(node, data),
        ("Add" | "Sub" | "Mul" | "Div" | "Equal" | "Pow" | "Mod", Some(a)) => {
            let b = given.get(1).copied().ok_or("takes two values")?;
            arithmetic(&node.operator, a, b)?
        }
        ("Slice", Some(data)) => slice(node, &given, data)?,
        ("ConstantOfShape", Some(shape)) => return filled(node, shape).map(Some),
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
    if data.shape.len() > 1 || node.int("axis").unwrap_or(0) != 0 {
        return Err("chooses rows of known numbers, which is not done".to_owned());
    }
    let place = |&index: &i64| axis_of(index, data.len());
    let places: Result<Vec<usize>, String> = indices.to_ints().iter().map(place).collect();
    let places = places?;
    Ok(Known {
        shape: indices.shape.clone(),
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
    if data.shape.len() > 1 {
        return Err("cuts known numbers of several axes, which is not done".to_owned());
    }
    let number = |index: usize, name: &str, usual: i64| {
        let given = given
            .get(index)
            .and_then(|known| known.to_ints().first().copied());
        let said = node.ints(name).and_then(|values| values.first().copied());
        given.or(said).unwrap_or(usual)
    };
    if number(4, "steps", 1) != 1 {
        return Err("cuts with steps, which is not done".to_owned());
    }
    let (start, end) = range(
        number(1, "starts", 0),
        number(2, "ends", i64::MAX),
        data.len(),
    );
    let places: Vec<usize> = (start..end).collect();
    Ok(Known {
        shape: vec![places.len()],
        values: pick(&data.values, &places),
    })
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

fn filled(node: &Node, shape: &Known) -> Result<Known, String> {
    use super::program::{Attribute, Data};
    let sides: Result<Vec<usize>, _> = shape.to_ints().into_iter().map(usize::try_from).collect();
    let sides = sides.map_err(|_| "fills a shape with sides below zero")?;
    let count = sides
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side));
    let count = count.filter(|&count| count <= MAX_KNOWN);
    let count = count.ok_or("fills a shape of too many numbers")?;
    // Other values than zero lie in the file and are rare; ones of shapes are whole numbers.
    let values = match node.attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => match (&tensor.data, tensor.kind) {
            (Data::Ints(values), _) => {
                Values::Ints(vec![values.first().copied().unwrap_or(0); count])
            }
            (_, 7) => Values::Ints(vec![1; count]),
            _ => Values::Floats(vec![0.0; count]),
        },
        _ => Values::Floats(vec![0.0; count]),
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
        assert_eq!(range(-2, i64::MAX, 5), (3, 5));
        assert_eq!(range(4, 2, 5), (4, 4));
    }
}
