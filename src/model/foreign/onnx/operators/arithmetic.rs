//! Operators on every number.

use crate::model::foreign::net::Weight;
use crate::model::foreign::onnx::item::{Item, Live};
use crate::model::foreign::onnx::lower::Lowering;
use crate::model::foreign::onnx::program::Node;
use crate::model::graph::{Function, Operation};

pub fn pointwise(
    cx: &mut Lowering<'_>,
    node: &Node,
    live: Live,
    function: Function,
) -> Result<(), String> {
    let found = cx.emit(Operation::Pointwise { function }, &[&live])?;
    cx.give(node, found);
    Ok(())
}

/// A multiple of a value and a number more.
pub fn scaled(
    cx: &mut Lowering<'_>,
    node: &Node,
    live: &Live,
    factor: f32,
    offset: f32,
) -> Result<(), String> {
    let found = cx.emit(Operation::Scale { factor, offset }, &[live])?;
    if offset == 0.0 {
        let of = (live.name.clone(), factor);
        cx.multiples.insert(found.name.clone(), of);
    }
    cx.give(node, found);
    Ok(())
}

pub fn binary(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if gelu(cx, node)? {
        return Ok(());
    }
    let is_live = |item: Option<&Item>| matches!(item, Some(Item::Live(_)));
    let lives = [is_live(cx.item(node, 0)?), is_live(cx.item(node, 1)?)];
    let operation = match &*node.operator {
        "Add" => Operation::Add,
        "Sub" => Operation::Subtract,
        "Mul" => Operation::Multiply,
        _ => Operation::Divide,
    };
    if lives == [true, true] {
        let (a, b) = (cx.live(node, 0)?, cx.live(node, 1)?);
        if a.shape.len() != b.shape.len() {
            return Err("computes with values of different numbers of axes".to_owned());
        }
        let found = cx.emit(operation, &[&a, &b])?;
        cx.give(node, found);
        return Ok(());
    }
    let at = usize::from(!lives[0]);
    let live = cx.live(node, at)?;
    let other = node.inputs.get(1 - at).cloned().unwrap_or_default();
    if let Some(number) = cx.scalar(&other)? {
        let simple = match (&*node.operator, at) {
            ("Add", _) => Some((1.0, number)),
            ("Mul", _) => Some((number, 0.0)),
            ("Sub", 0) => Some((1.0, -number)),
            ("Sub", _) => Some((-1.0, number)),
            ("Div", 0) => Some((1.0 / number, 0.0)),
            _ => None,
        };
        if let Some((factor, offset)) = simple {
            return scaled(cx, node, &live, factor, offset);
        }
    }
    let fixed = cx.fixed(&other, live.rank())?;
    let pair = if at == 0 {
        [&live, &fixed]
    } else {
        [&fixed, &live]
    };
    let found = cx.emit(operation, &pair)?;
    cx.give(node, found);
    Ok(())
}

/// The end of what exporters make of GELU: `x * (1 + erf(x / sqrt(2)))`, half of which is the function.
fn gelu(cx: &mut Lowering<'_>, node: &Node) -> Result<bool, String> {
    let (a, b) = (cx.item(node, 0)?.cloned(), cx.item(node, 1)?.cloned());
    let (erf, other, other_index) = match (a, b) {
        (Some(Item::Erf { of, plus_one }), other) => ((of, plus_one), other, 1),
        (other, Some(Item::Erf { of, plus_one })) => ((of, plus_one), other, 0),
        _ => return Ok(false),
    };
    let (of, plus_one) = erf;
    let alone = || Err("uses erf in another way than in GELU".to_owned());
    match (&*node.operator, plus_one, other) {
        ("Add", false, _) => {
            let name = node.inputs.get(other_index).cloned().unwrap_or_default();
            if cx.scalar(&name)? != Some(1.0) {
                return alone();
            }
            if let Some(output) = node.outputs.first() {
                cx.set(output, Item::Erf { of, plus_one: true });
            }
            Ok(true)
        }
        ("Mul", true, Some(Item::Live(live))) => {
            let factor = match cx.multiples.get(&live.name) {
                _ if live.name == of.name => 1.0,
                Some((base, factor)) if *base == of.name => *factor,
                _ => return alone(),
            };
            let function = Function::Gelu;
            let found = cx.emit(Operation::Pointwise { function }, &[&of])?;
            scaled(cx, node, &found, 2.0 * factor, 0.0)?;
            Ok(true)
        }
        // Half of it first.
        ("Mul", true, Some(_)) => alone(),
        _ => alone(),
    }
}

/// `erf` of a value by the root of two, as a part of GELU.
pub fn erf(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let fault = || "uses erf in another way than in GELU".to_owned();
    let (base, factor) = cx.multiples.get(&live.name).cloned().ok_or_else(fault)?;
    if (factor - std::f32::consts::FRAC_1_SQRT_2).abs() > 1e-4 {
        return Err(fault());
    }
    let of = Live {
        name: base,
        shape: live.shape,
    };
    if let Some(output) = node.outputs.first() {
        cx.set(
            output,
            Item::Erf {
                of,
                plus_one: false,
            },
        );
    }
    Ok(())
}

pub fn clip(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let mut bounds = [f32::MIN, f32::MAX];
    for (index, (bound, name)) in bounds.iter_mut().zip(["min", "max"]).enumerate() {
        if let Some(value) = node.float(name) {
            *bound = value;
        } else if let Some(input) = node.inputs.get(index + 1).filter(|name| !name.is_empty()) {
            let value = cx.scalar(input)?;
            *bound = value.ok_or("clips to what is not known before it runs")?;
        }
    }
    let [min, max] = bounds;
    pointwise(cx, node, live, Function::Clamp { min, max })
}

pub fn power(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let exponent = node.inputs.get(1).cloned().unwrap_or_default();
    match cx.scalar(&exponent)? {
        Some(2.0) => pointwise(cx, node, live, Function::Square),
        Some(0.5) => pointwise(cx, node, live, Function::Sqrt),
        Some(1.0) => {
            cx.give(node, live);
            Ok(())
        }
        _ => Err("has another exponent than 0.5, 1 or 2".to_owned()),
    }
}

pub fn reciprocal(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    let live = cx.live(node, 0)?;
    let one = cx.emit(Operation::Constant { shape: vec![1] }, &[])?;
    cx.weight(&one, "value", Weight::Filled(1.0));
    let found = cx.emit(Operation::Divide, &[&one, &live])?;
    cx.give(node, found);
    Ok(())
}
