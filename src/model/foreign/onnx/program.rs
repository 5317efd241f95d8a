//! An ONNX file as data: nodes, tensors with their places, inputs and outputs. Numbers of the fields are
//! those of `onnx.proto`.

use super::wire::{Content, Wire};
use std::collections::BTreeMap;

/// The most nodes.
const MAX_NODES: usize = 20_000;

/// What a file holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    /// The version of the standard operators.
    pub opset: i64,
    /// The program that wrote it.
    pub producer: String,
    pub nodes: Vec<Node>,
    pub tensors: Vec<Tensor>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// One operation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Node {
    pub name: String,
    pub operator: String,
    /// Empty for standard operators.
    pub domain: String,
    /// An empty name is an input that is left out.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: BTreeMap<String, Attribute>,
}

/// A setting of a node.
#[derive(Clone, PartialEq, Debug)]
pub enum Attribute {
    Int(i64),
    Float(f32),
    Text(String),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Tensor(Box<Tensor>),
    /// A graph or something else that is not looked at.
    Other,
}

/// A tensor of the file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tensor {
    pub name: String,
    pub sides: Vec<i64>,
    /// As in `TensorProto.DataType`.
    pub kind: i64,
    pub data: Data,
}

/// Where its numbers are.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Data {
    #[default]
    None,
    InFile {
        offset: u64,
        len: u64,
    },
    /// Whole numbers that are written one by one.
    Ints(Vec<i64>),
    /// In another file.
    External(BTreeMap<String, String>),
}

/// An input or an output.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Port {
    pub name: String,
    pub kind: i64,
    /// `None` for sides that are not said.
    pub sides: Vec<Option<usize>>,
}

impl Node {
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    pub fn float(&self, name: &str) -> Option<f32> {
        match self.attributes.get(name) {
            Some(Attribute::Float(value)) => Some(*value),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Attribute::Text(value)) => Some(value),
            _ => None,
        }
    }

    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attributes.get(name) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    pub fn floats(&self, name: &str) -> Option<&[f32]> {
        match self.attributes.get(name) {
            Some(Attribute::Floats(values)) => Some(values),
            _ => None,
        }
    }

    /// What messages call it.
    pub fn shown(&self) -> String {
        let name = match self.name.is_empty() {
            true => self.outputs.first().map_or("?", String::as_str),
            false => &self.name,
        };
        let name: String = name.chars().take(80).collect();
        let operator: String = self.operator.chars().take(40).collect();
        format!("{operator} ({name})")
    }
}

/// Reads a file up to `end`.
///
/// # Errors
/// When it is no sound model.
pub fn read(wire: &mut Wire<'_>, end: u64) -> Result<Program, String> {
    let mut program = Program::default();
    let mut has_graph = false;
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (2, _) => program.producer = wire.text(content)?,
            (7, Content::Bytes(len)) => {
                has_graph = true;
                let end = wire.end(len, end)?;
                graph(wire, end, &mut program)?;
            }
            (8, Content::Bytes(len)) => {
                let end = wire.end(len, end)?;
                let (domain, version) = opset(wire, end)?;
                if matches!(&*domain, "" | "ai.onnx") {
                    program.opset = version;
                }
            }
            _ => drop(wire.skip(content)?),
        }
    }
    if !has_graph {
        return Err("it is no sound ONNX model: it has no graph".to_owned());
    }
    Ok(program)
}

fn opset(wire: &mut Wire<'_>, end: u64) -> Result<(String, i64), String> {
    let (mut domain, mut version) = (String::new(), 0);
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (1, _) => domain = wire.text(content)?,
            (2, Content::Number(number)) => version = number as i64,
            _ => drop(wire.skip(content)?),
        }
    }
    Ok((domain, version))
}

fn graph(wire: &mut Wire<'_>, end: u64, program: &mut Program) -> Result<(), String> {
    while let Some((number, content)) = wire.field(end)? {
        let Content::Bytes(len) = content else {
            continue;
        };
        let within = wire.end(len, end)?;
        match number {
            1 => {
                if program.nodes.len() >= MAX_NODES {
                    return Err(format!("it has more than {MAX_NODES} nodes"));
                }
                program.nodes.push(node(wire, within)?);
            }
            5 if program.tensors.len() >= MAX_NODES => {
                return Err(format!("it has more than {MAX_NODES} tensors"));
            }
            5 => program.tensors.push(tensor(wire, within)?),
            11 => program.inputs.push(port(wire, within)?),
            12 => program.outputs.push(port(wire, within)?),
            _ => drop(wire.skip(content)?),
        }
    }
    Ok(())
}

fn node(wire: &mut Wire<'_>, end: u64) -> Result<Node, String> {
    let mut node = Node::default();
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (1, _) => node.inputs.push(wire.text(content)?),
            (2, _) => node.outputs.push(wire.text(content)?),
            (3, _) => node.name = wire.text(content)?,
            (4, _) => node.operator = wire.text(content)?,
            (7, _) => node.domain = wire.text(content)?,
            (5, Content::Bytes(len)) => {
                let end = wire.end(len, end)?;
                let (name, value) = attribute(wire, end)?;
                node.attributes.insert(name, value);
            }
            _ => drop(wire.skip(content)?),
        }
    }
    Ok(node)
}

fn attribute(wire: &mut Wire<'_>, end: u64) -> Result<(String, Attribute), String> {
    let mut name = String::new();
    let mut value = Attribute::Other;
    let (mut ints, mut floats) = (Vec::new(), Vec::new());
    let mut kind = 0;
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (1, _) => name = wire.text(content)?,
            (2, Content::Fixed32(bits)) => value = Attribute::Float(f32::from_bits(bits)),
            (3, Content::Number(number)) => value = Attribute::Int(number as i64),
            (4, _) => value = Attribute::Text(wire.text(content)?),
            (5, Content::Bytes(len)) => {
                let end = wire.end(len, end)?;
                value = Attribute::Tensor(Box::new(tensor(wire, end)?));
            }
            (7, _) => wire.floats(content, &mut floats)?,
            (8, _) => wire.numbers(content, &mut ints)?,
            (20, Content::Number(number)) => kind = number,
            _ => drop(wire.skip(content)?),
        }
    }
    // Zero is written as nothing at all.
    value = match (kind, value) {
        (1, Attribute::Other) => Attribute::Float(0.0),
        (2, Attribute::Other) => Attribute::Int(0),
        (3, Attribute::Other) => Attribute::Text(String::new()),
        (6, _) => Attribute::Floats(floats),
        (7, _) => Attribute::Ints(ints),
        (_, Attribute::Other) if !ints.is_empty() => Attribute::Ints(ints),
        (_, Attribute::Other) if !floats.is_empty() => Attribute::Floats(floats),
        (_, value) => value,
    };
    Ok((name, value))
}

fn tensor(wire: &mut Wire<'_>, end: u64) -> Result<Tensor, String> {
    let mut tensor = Tensor::default();
    let mut ints = Vec::new();
    let mut external = BTreeMap::new();
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (1, _) => wire.numbers(content, &mut tensor.sides)?,
            (2, Content::Number(number)) => tensor.kind = number as i64,
            (8, _) => tensor.name = wire.text(content)?,
            // Numbers of fixed length lie in the file as they are in memory.
            (4 | 9 | 10, Content::Bytes(len)) => {
                let offset = wire.skip(content)?;
                tensor.data = Data::InFile { offset, len };
            }
            (5 | 7, _) => wire.numbers(content, &mut ints)?,
            (13, Content::Bytes(len)) => {
                let end = wire.end(len, end)?;
                let (key, value) = entry(wire, end)?;
                external.insert(key, value);
            }
            _ => drop(wire.skip(content)?),
        }
    }
    if !external.is_empty() {
        tensor.data = Data::External(external);
    } else if !ints.is_empty() {
        tensor.data = Data::Ints(ints);
    }
    Ok(tensor)
}

/// A pair of texts.
fn entry(wire: &mut Wire<'_>, end: u64) -> Result<(String, String), String> {
    let (mut key, mut value) = (String::new(), String::new());
    while let Some((number, content)) = wire.field(end)? {
        match number {
            1 => key = wire.text(content)?,
            2 => value = wire.text(content)?,
            _ => drop(wire.skip(content)?),
        }
    }
    Ok((key, value))
}

/// The field of that number within a message, of which the others are passed over.
fn inner(wire: &mut Wire<'_>, end: u64, wanted: u64) -> Result<Option<u64>, String> {
    while let Some((number, content)) = wire.field(end)? {
        match content {
            Content::Bytes(len) if number == wanted => return wire.end(len, end).map(Some),
            _ => drop(wire.skip(content)?),
        }
    }
    Ok(None)
}

/// `ValueInfoProto`, whose type is a message within two others.
fn port(wire: &mut Wire<'_>, end: u64) -> Result<Port, String> {
    let mut port = Port::default();
    while let Some((number, content)) = wire.field(end)? {
        match (number, content) {
            (1, _) => port.name = wire.text(content)?,
            (2, Content::Bytes(len)) => {
                let kind_end = wire.end(len, end)?;
                if let Some(tensor_end) = inner(wire, kind_end, 1)? {
                    while let Some((number, content)) = wire.field(tensor_end)? {
                        match (number, content) {
                            (1, Content::Number(number)) => port.kind = number as i64,
                            (2, Content::Bytes(len)) => {
                                let shape_end = wire.end(len, tensor_end)?;
                                sides(wire, shape_end, &mut port.sides)?;
                            }
                            _ => drop(wire.skip(content)?),
                        }
                    }
                }
                // What may follow in the message around.
                while let Some((_, content)) = wire.field(kind_end)? {
                    wire.skip(content)?;
                }
            }
            _ => drop(wire.skip(content)?),
        }
    }
    Ok(port)
}

fn sides(wire: &mut Wire<'_>, end: u64, into: &mut Vec<Option<usize>>) -> Result<(), String> {
    while let Some((_, content)) = wire.field(end)? {
        let Content::Bytes(len) = content else {
            continue;
        };
        let side_end = wire.end(len, end)?;
        let mut side = None;
        while let Some((number, content)) = wire.field(side_end)? {
            match (number, content) {
                (1, Content::Number(number)) => side = usize::try_from(number).ok(),
                _ => drop(wire.skip(content)?),
            }
        }
        into.push(side.filter(|&side| side > 0));
    }
    Ok(())
}
