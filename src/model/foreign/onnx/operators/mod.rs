//! The operators that are read, each as operations of ours (`docs/onnx.md` lists them).

mod arithmetic;
mod layers;
mod shapes;

use super::lower::Lowering;
use super::program::{Node, Program};
use crate::model::graph::Function;

/// Operators of values that depend on the code.
const LIVE: &[&str] = &[
    "Abs",
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "DepthToSpace",
    "Div",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "InstanceNormalization",
    "LayerNormalization",
    "LeakyRelu",
    "Log",
    "MatMul",
    "MaxPool",
    "Mish",
    "Mul",
    "Neg",
    "Pad",
    "Pow",
    "Reciprocal",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Resize",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Swish",
    "Tanh",
    "Transpose",
    "Unsqueeze",
    "Upsample",
];
/// Operators of what is known when the file is opened.
const KNOWN: &[&str] = &[
    "Ceil",
    "Constant",
    "ConstantOfShape",
    "Equal",
    "Floor",
    "Mod",
    "ReduceProd",
    "Shape",
    "Where",
];
/// So many operators are named in a message.
const SHOWN: usize = 8;

/// Checks that all operators are known.
///
/// # Errors
/// A sentence that lists those that are not, with the names of their nodes.
pub fn check_known(program: &Program) -> Result<(), String> {
    let is_known = |node: &&Node| {
        let name = &*node.operator;
        let is_standard = matches!(&*node.domain, "" | "ai.onnx");
        is_standard && (LIVE.contains(&name) || KNOWN.contains(&name))
    };
    let unknown: Vec<String> = program
        .nodes
        .iter()
        .filter(|node| !is_known(node))
        .map(Node::shown)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let shown = unknown[..unknown.len().min(SHOWN)].join(", ");
    let more = match unknown.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(format!(
        "it has operators that are not known: {shown}{more}"
    ))
}

/// Turns a node that depends on the code into nodes of ours.
///
/// # Errors
/// A sentence without the node's name.
pub fn lower(cx: &mut Lowering<'_>, node: &Node) -> Result<(), String> {
    if let Some(function) = function(node) {
        let live = cx.live(node, 0)?;
        return arithmetic::pointwise(cx, node, live, function);
    }
    match &*node.operator {
        "Add" | "Sub" | "Mul" | "Div" => arithmetic::binary(cx, node),
        "Clip" => arithmetic::clip(cx, node),
        "Erf" => arithmetic::erf(cx, node),
        "Neg" => {
            let live = cx.live(node, 0)?;
            arithmetic::scaled(cx, node, &live, -1.0, 0.0)
        }
        "Pow" => arithmetic::power(cx, node),
        "Reciprocal" => arithmetic::reciprocal(cx, node),
        "Conv" | "ConvTranspose" => layers::convolution(cx, node),
        "Gemm" => layers::gemm(cx, node),
        "MatMul" => layers::mat_mul(cx, node),
        "BatchNormalization" => layers::batch_norm(cx, node),
        "InstanceNormalization" | "GroupNormalization" => layers::group_norm(cx, node),
        "LayerNormalization" => layers::layer_norm(cx, node),
        "AveragePool" | "MaxPool" => layers::pool(cx, node),
        "GlobalAveragePool" => layers::global_mean(cx, node),
        "Softmax" => layers::softmax(cx, node),
        "ReduceMean" | "ReduceSum" => layers::reduce(cx, node),
        "Gather" => shapes::gather(cx, node),
        "Identity" | "Cast" | "Dropout" => shapes::same(cx, node),
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => shapes::reshape(cx, node),
        "Transpose" => shapes::transpose(cx, node),
        "Concat" => shapes::concat(cx, node),
        "Slice" => shapes::slice(cx, node),
        "Split" => shapes::split(cx, node),
        "Expand" => shapes::expand(cx, node),
        "Pad" => shapes::pad(cx, node),
        "Resize" | "Upsample" => shapes::resize(cx, node),
        "DepthToSpace" | "SpaceToDepth" => shapes::depth_and_space(cx, node),
        _ => Err("computes with the code what is only done for shapes".to_owned()),
    }
}

/// The function of a node that is one.
fn function(node: &Node) -> Option<Function> {
    Some(match &*node.operator {
        "Relu" => Function::Relu,
        "LeakyRelu" => Function::LeakyRelu {
            slope: node.float("alpha").unwrap_or(0.01),
        },
        "Elu" => Function::Elu {
            alpha: node.float("alpha").unwrap_or(1.0),
        },
        "Sigmoid" => Function::Sigmoid,
        "Tanh" => Function::Tanh,
        "Softplus" => Function::Softplus,
        "Mish" => Function::Mish,
        "HardSwish" => Function::HardSwish,
        "Swish" => Function::Silu,
        "Exp" => Function::Exp,
        "Log" => Function::Log,
        "Sqrt" => Function::Sqrt,
        "Abs" => Function::Abs,
        "Gelu" if node.text("approximate") == Some("tanh") => Function::GeluTanh,
        "Gelu" => Function::Gelu,
        "HardSigmoid" => {
            // PyTorch's slope of a sixth; ONNX's own default is a fifth.
            let slope = node.float("alpha").unwrap_or(0.2);
            if (slope - 1.0 / 6.0).abs() > 1e-4 {
                return None;
            }
            Function::HardSigmoid
        }
        _ => return None,
    })
}
