//! What an ONNX file is as a model: which input is the code, which output the picture.

use super::lower::{Lowered, Lowering};
use super::program::{Port, Program};
use crate::latent::{Space, SpaceShape};
use crate::model::foreign::architecture::square;
use crate::model::foreign::blueprint::{Blueprint, Kind};
use crate::model::foreign::companions::ENCODER;
use crate::model::foreign::container::Container;
use crate::model::foreign::hints::{Hints, Range};
use crate::model::foreign::net::BuiltNet;
use crate::model::graph::{Function, NodeSpec, Operation, OutputSpec};
use std::collections::BTreeMap;

/// The side of codes that are pictures, where neither the file nor a person says it.
const SIDE: usize = 32;
/// Kinds of numbers with a point, as in `TensorProto.DataType`.
const FLOATS: [i64; 4] = [1, 10, 11, 16];

/// The model of a file.
///
/// # Errors
/// A sentence when it is none, or has operators that are not known.
pub fn blueprint(container: &Container, hints: &Hints) -> Result<Blueprint, String> {
    let program = container.program.as_deref().ok_or("it has no graph")?;
    let inputs = open_inputs(container, program);
    let [code, others @ ..] = &inputs[..] else {
        return Err("its graph takes no input".to_owned());
    };
    if others.len() > 1 {
        let names: Vec<&str> = inputs.iter().map(|port| port.name.as_str()).collect();
        return Err(format!(
            "its graph takes {} inputs ({}); a code and a class are known",
            inputs.len(),
            names.join(", ")
        ));
    }
    let mut lowering = Lowering::new(container, "", program)?;
    let shape = code_shape(code, hints)?;
    lowering.input(&code.name, "z", &shape.sides());
    if let (SpaceShape::Vector { dim }, 4) = (shape, code.sides.len()) {
        lowering.reshape_input(&code.name, &[dim, 1, 1])?;
    }
    let mut notes = Vec::new();
    // A class is a number, or a weight for each class.
    let mut weights_of_classes = None;
    if let Some(other) = others.first() {
        match other.sides.last() {
            Some(&Some(classes)) if FLOATS.contains(&other.kind) && other.sides.len() == 2 => {
                lowering.input(&other.name, "condition", &[classes]);
                weights_of_classes = Some(classes);
            }
            _ if !FLOATS.contains(&other.kind) => lowering.class(&other.name),
            _ => return Err(format!("its second input {:?} is no class", other.name)),
        }
    }
    let output = program.outputs.first().ok_or("its graph gives nothing")?;
    let lowered = lowering.run(program, &[&output.name])?;
    let classes = weights_of_classes.or(lowered.classes);
    if !others.is_empty() && classes.is_none() {
        return Err("its second input is not used to choose a class".to_owned());
    }
    let (decoder, image) = decoder(lowered, program, hints, &mut notes)?;
    let numbers = shape.checked_len().unwrap_or(0);
    let mut blueprint = Blueprint::of_vectors(Kind::General, numbers, image, decoder);
    blueprint.spaces = BTreeMap::from([(Space::Z, shape)]);
    blueprint.why = format!(
        "its graph of {} nodes leads from {:?} to the picture {:?}",
        program.nodes.len(),
        code.name,
        output.name
    );
    if let Some(classes) = classes {
        blueprint.with_classes(classes, &hints.classes);
    }
    if let Some(encoder) = &container.encoder {
        blueprint.encoder = Some(self::encoder(container, encoder, image, shape, hints)?);
    }
    blueprint.notes = notes;
    Ok(blueprint)
}

/// The inputs that are not given by tensors of the file, as older versions list those too.
fn open_inputs<'a>(container: &Container, program: &'a Program) -> Vec<&'a Port> {
    let is_given = |port: &&Port| {
        container.tensors.contains_key(&port.name)
            || program
                .tensors
                .iter()
                .any(|tensor| tensor.name == port.name)
    };
    program
        .inputs
        .iter()
        .filter(|port| !is_given(port))
        .collect()
}

/// A code: a vector, or a picture.
fn code_shape(port: &Port, hints: &Hints) -> Result<SpaceShape, String> {
    if !FLOATS.contains(&port.kind) {
        return Err(format!("its first input {:?} takes no floats", port.name));
    }
    let [height, width] = hints.latent.unwrap_or([SIDE; 2]);
    match port.sides[..] {
        [_, Some(dim)] => Ok(SpaceShape::Vector { dim }),
        // As DCGAN takes its codes.
        [_, Some(dim), Some(1), Some(1)] => Ok(SpaceShape::Vector { dim }),
        [_, Some(1 | 3), Some(tall), Some(wide)] if tall * wide > 256 => Err(format!(
            "its input {:?} is a picture; an encoder goes with --encoder beside its decoder",
            port.name
        )),
        [_, Some(channels), tall, wide] => Ok(SpaceShape::Image {
            channels,
            height: tall.unwrap_or(height),
            width: wide.unwrap_or(width),
        }),
        [_, Some(layers), Some(dim)] => Ok(SpaceShape::Image {
            channels: 1,
            height: layers,
            width: dim,
        }),
        _ => Err(format!("its input {:?} has no known shape", port.name)),
    }
}

/// Ends a decoder: the picture in its order, in 0..1.
fn decoder(
    lowered: Lowered,
    program: &Program,
    hints: &Hints,
    notes: &mut Vec<String>,
) -> Result<(BuiltNet, [usize; 3]), String> {
    let Lowered {
        mut graph,
        weights,
        outputs,
        ..
    } = lowered;
    let last = outputs.first().ok_or("its graph gives nothing")?;
    let mut add = |operation: Operation, from: &str| {
        let name = format!("picture{}", graph.nodes.len());
        graph.nodes.push(NodeSpec {
            name: name.clone(),
            operation,
            inputs: vec![from.to_owned()],
        });
        name
    };
    let mut at = last.name.clone();
    let image = match last.shape[..] {
        [channels @ (1 | 3), height, width] => [channels, height, width],
        [height, width, channels @ (1 | 3)] => {
            let order = vec![2, 0, 1];
            at = add(Operation::Permute { order }, &at);
            [channels, height, width]
        }
        [numbers] => square(numbers, hints).ok_or("its output is no square picture")?,
        _ => {
            return Err(format!(
                "its output has the shape {:?}, which is no picture of 1 or 3 channels",
                last.shape
            ));
        }
    };
    let ending = |operator: &str| last_operator(program) == Some(operator);
    let range = match hints.range {
        Some(range) => range,
        None if ending("Tanh") => Range::Signed,
        None if ending("Sigmoid") || ending("Clip") => Range::Unit,
        None => {
            let sentence = "what numbers it gives is not in the file; they are taken to be 0 to 1";
            notes.push(sentence.to_owned());
            Range::Unit
        }
    };
    if range == Range::Signed {
        let (factor, offset) = (0.5, 0.5);
        at = add(Operation::Scale { factor, offset }, &at);
    }
    let function = Function::Clamp { min: 0.0, max: 1.0 };
    at = add(Operation::Pointwise { function }, &at);
    let shape = image.to_vec();
    at = add(Operation::Reshape { shape }, &at);
    graph.outputs.push(OutputSpec {
        name: "picture".to_owned(),
        value: at,
    });
    Ok((BuiltNet { graph, weights }, image))
}

/// The operator that gives the picture its numbers: what moves them after that does not change them.
fn last_operator(program: &Program) -> Option<&str> {
    const MOVES: [&str; 7] = [
        "Reshape",
        "Flatten",
        "Transpose",
        "Identity",
        "Cast",
        "Squeeze",
        "Unsqueeze",
    ];
    let mut name = &program.outputs.first()?.name;
    // No more than a few follow one another; nodes may lie on a circle.
    for _ in 0..32 {
        let node = program
            .nodes
            .iter()
            .find(|node| node.outputs.contains(name))?;
        if !MOVES.contains(&&*node.operator) {
            return Some(&node.operator);
        }
        name = node.inputs.first()?;
    }
    None
}

/// A graph that finds codes of pictures.
fn encoder(
    container: &Container,
    program: &Program,
    image: [usize; 3],
    code: SpaceShape,
    hints: &Hints,
) -> Result<BuiltNet, String> {
    let about = |fault: String| format!("the encoder: {fault}");
    let mut lowering = Lowering::new(container, ENCODER, program).map_err(about)?;
    let given = |port: &&Port| {
        container
            .tensors
            .contains_key(&format!("{ENCODER}{}", port.name))
    };
    let input = program.inputs.iter().find(|port| !given(port));
    let input = input.ok_or_else(|| about("its graph takes no input".to_owned()))?;
    let takes = match input.sides.len() {
        2 => vec![image.iter().product()],
        _ => image.to_vec(),
    };
    lowering.input(&input.name, "picture", &takes);
    let names: Vec<&str> = program
        .outputs
        .iter()
        .take(2)
        .map(|port| &*port.name)
        .collect();
    let Lowered {
        mut graph,
        weights,
        outputs,
        ..
    } = lowering.run(program, &names).map_err(about)?;
    // Networks that give numbers around zero were trained on such.
    if hints.range == Some(Range::Signed) {
        let scaled = "signed".to_owned();
        for node in &mut graph.nodes {
            let inputs = node.inputs.iter_mut().filter(|input| **input == "picture");
            inputs.for_each(|input| input.clone_from(&scaled));
        }
        let signed = NodeSpec {
            name: scaled,
            operation: Operation::Scale {
                factor: 2.0,
                offset: -1.0,
            },
            inputs: vec!["picture".to_owned()],
        };
        graph.nodes.insert(0, signed);
    }
    let wanted = code.checked_len().unwrap_or(0);
    for (output, name) in outputs.iter().zip(["z", "logvar"]) {
        if output.shape.iter().product::<usize>() != wanted {
            return Err(about(format!(
                "it gives {:?}, and codes have {wanted} numbers",
                output.shape
            )));
        }
        graph.outputs.push(OutputSpec {
            name: name.to_owned(),
            value: output.name.clone(),
        });
    }
    Ok(BuiltNet { graph, weights })
}
