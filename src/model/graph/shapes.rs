//! What a [`GraphSpec`] means before any weight is touched: the shape of every value, the name
//! and shape of every tensor, the work, and the memory that activations take.
//!
//! A graph may come from a file, so nothing in it is believed: sizes are multiplied with checks,
//! names have to be unique and known, and the number of nodes is bounded. What passes here fits
//! into memory and can be run without further questions.

use super::inference;
use super::spec::{GraphSpec, NodeSpec};
use crate::model::shapes::ParameterSpec;
use std::collections::HashMap;

/// More nodes than any network that this program is made for.
pub const MAX_NODES: usize = 10_000;
/// Most inputs of a graph, and most values that one node takes.
const MAX_INPUTS: usize = 256;
/// Most axes of an item.
pub const MAX_RANK: usize = 4;
/// Most numbers of all tensors (8 GiB as f32).
const MAX_PARAMETERS: usize = 1 << 31;
/// Most numbers that one item may keep alive at once (4 GiB as f32).
const MAX_LIVE: usize = 1 << 30;
/// The longest name, in bytes.
const MAX_NAME: usize = 200;

/// One value of a graph: an input, or the result of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// Without the batch; 1 to 4 axes.
    pub shape: Vec<usize>,
    /// Numbers of one item.
    pub len: usize,
    /// The same for all items of a batch.
    pub shared: bool,
    /// The node after which the value is not needed any more; outputs are needed to the end.
    pub last_use: usize,
    /// Nodes and outputs that take the value, one that takes it twice counted twice.
    pub uses: usize,
}

/// A checked graph.
#[derive(Clone, PartialEq, Debug)]
pub struct GraphPlan {
    pub spec: GraphSpec,
    /// The inputs of the graph, then the result of each node.
    pub values: Vec<Value>,
    /// For each node the values that it takes.
    pub takes: Vec<Vec<usize>>,
    /// The value of each output.
    pub outputs: Vec<usize>,
    /// The tensors of each node.
    pub parameters: Vec<Vec<ParameterSpec>>,
    /// Multiplications for one item.
    pub multiply_adds: usize,
    /// Most numbers that are alive at once for one item, by the order of the nodes.
    pub peak_numbers: usize,
}

impl GraphPlan {
    /// The value that a node makes.
    pub fn result(&self, node: usize) -> usize {
        self.spec.inputs.len() + node
    }

    /// The node that makes a value, unless it is an input of the graph.
    pub fn maker(&self, value: usize) -> Option<usize> {
        value.checked_sub(self.spec.inputs.len())
    }

    /// The shape of one item of the output called `name`.
    pub fn output_shape(&self, name: &str) -> Option<&[usize]> {
        let index = self.spec.outputs.iter().position(|o| o.name == name)?;
        Some(&self.values[self.outputs[index]].shape)
    }

    /// All tensors in the order of the nodes.
    pub fn all_parameters(&self) -> impl Iterator<Item = &ParameterSpec> {
        self.parameters.iter().flatten()
    }
}

/// The product of `sides`, or a sentence when a side is zero or the product absurd.
pub(super) fn numbers(sides: &[usize]) -> Result<usize, String> {
    crate::model::shapes::checked_product(sides)
}

/// Checks `spec` and follows its shapes.
///
/// # Errors
/// One sentence that names the node, input or output at fault.
pub fn plan(spec: &GraphSpec) -> Result<GraphPlan, String> {
    if spec.nodes.len() > MAX_NODES {
        return Err(format!(
            "{} nodes are more than {MAX_NODES}",
            spec.nodes.len()
        ));
    }
    if spec.inputs.len() > MAX_INPUTS || spec.outputs.len() > MAX_INPUTS {
        return Err(format!(
            "{} inputs and {} outputs are more than {MAX_INPUTS}",
            spec.inputs.len(),
            spec.outputs.len()
        ));
    }
    if spec.outputs.is_empty() {
        return Err("the graph has no output".to_owned());
    }
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut values: Vec<Value> = Vec::with_capacity(spec.inputs.len() + spec.nodes.len());
    for input in &spec.inputs {
        let fault = |fault: String| format!("input {:?}: {fault}", shown(&input.name));
        check_name(&input.name).map_err(fault)?;
        let len = item_len(&input.shape).map_err(fault)?;
        if known.insert(&input.name, values.len()).is_some() {
            return Err(fault("the name is taken".to_owned()));
        }
        values.push(Value {
            shape: input.shape.clone(),
            len,
            shared: input.shared,
            last_use: 0,
            uses: 0,
        });
    }
    let mut takes = Vec::with_capacity(spec.nodes.len());
    let mut parameters = Vec::with_capacity(spec.nodes.len());
    let (mut multiply_adds, mut parameter_numbers) = (0usize, 0usize);
    for (index, node) in spec.nodes.iter().enumerate() {
        let fault = |fault: String| format!("node {:?}: {fault}", shown(&node.name));
        let taken = resolve(node, &known).map_err(fault)?;
        let shapes: Vec<&[usize]> = taken.iter().map(|&v| values[v].shape.as_slice()).collect();
        let found = inference::infer(node, &shapes).map_err(fault)?;
        let len = item_len(&found.shape).map_err(fault)?;
        for parameter in &found.parameters {
            let count = numbers(&parameter.shape)
                .map_err(|error| fault(format!("the tensor {:?}: {error}", parameter.name)))?;
            parameter_numbers = parameter_numbers.saturating_add(count);
        }
        if parameter_numbers > MAX_PARAMETERS {
            return Err(fault(format!(
                "up to here the tensors have more than {MAX_PARAMETERS} numbers"
            )));
        }
        multiply_adds = multiply_adds.saturating_add(found.multiply_adds);
        let shared = taken.iter().all(|&value| values[value].shared);
        for &value in &taken {
            values[value].last_use = index;
            values[value].uses += 1;
        }
        if known.insert(&node.name, values.len()).is_some() {
            return Err(fault("the name is taken".to_owned()));
        }
        values.push(Value {
            shape: found.shape,
            len,
            shared,
            last_use: index,
            uses: 0,
        });
        takes.push(taken);
        parameters.push(found.parameters);
    }
    let outputs = outputs(spec, &known, &mut values)?;
    check_parameter_names(&parameters)?;
    let peak_numbers = peak(spec, &values)?;
    Ok(GraphPlan {
        spec: spec.clone(),
        values,
        takes,
        outputs,
        parameters,
        multiply_adds,
        peak_numbers,
    })
}

fn outputs(
    spec: &GraphSpec,
    known: &HashMap<&str, usize>,
    values: &mut [Value],
) -> Result<Vec<usize>, String> {
    let mut names: Vec<&str> = Vec::with_capacity(spec.outputs.len());
    let mut found = Vec::with_capacity(spec.outputs.len());
    for output in &spec.outputs {
        let fault = |fault: String| format!("output {:?}: {fault}", shown(&output.name));
        check_name(&output.name).map_err(fault)?;
        if names.contains(&output.name.as_str()) {
            return Err(fault("the name is taken".to_owned()));
        }
        names.push(&output.name);
        let &value = known
            .get(output.value.as_str())
            .ok_or_else(|| fault(format!("there is no value {:?}", shown(&output.value))))?;
        values[value].last_use = spec.nodes.len();
        values[value].uses += 1;
        found.push(value);
    }
    Ok(found)
}

/// The values that a node takes.
fn resolve(node: &NodeSpec, known: &HashMap<&str, usize>) -> Result<Vec<usize>, String> {
    check_name(&node.name)?;
    if node.inputs.len() > MAX_INPUTS {
        return Err(format!("it takes more than {MAX_INPUTS} values"));
    }
    let find = |name: &String| {
        known.get(name.as_str()).copied().ok_or_else(|| {
            format!(
                "it takes {:?}, which no input and no earlier node gives",
                shown(name)
            )
        })
    };
    node.inputs.iter().map(find).collect()
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(format!("a name has 1 to {MAX_NAME} bytes"));
    }
    Ok(())
}

/// A name as a message shows it.
fn shown(name: &str) -> String {
    if name.chars().count() > 60 {
        name.chars().take(57).chain("...".chars()).collect()
    } else {
        name.to_owned()
    }
}

fn item_len(shape: &[usize]) -> Result<usize, String> {
    if !(1..=MAX_RANK).contains(&shape.len()) {
        return Err(format!(
            "the shape {shape:?} has {} axes; 1 to {MAX_RANK} are possible",
            shape.len()
        ));
    }
    numbers(shape)
}

/// Two nodes whose names differ may still need a tensor of the same name.
fn check_parameter_names(parameters: &[Vec<ParameterSpec>]) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    match parameters
        .iter()
        .flatten()
        .find(|one| !seen.insert(one.name.as_str()))
    {
        Some(twice) => Err(format!("two nodes have a tensor {:?}", shown(&twice.name))),
        None => Ok(()),
    }
}

/// Most numbers alive at once, if each value is dropped after its last use.
fn peak(spec: &GraphSpec, values: &[Value]) -> Result<usize, String> {
    let mut dropped_after = vec![0usize; spec.nodes.len() + 1];
    let inputs = spec.inputs.len();
    let mut live = 0usize;
    for (index, value) in values.iter().enumerate() {
        dropped_after[value.last_use] = dropped_after[value.last_use].saturating_add(value.len);
        if index < inputs {
            live = live.saturating_add(value.len);
        }
    }
    let mut peak = live;
    for (index, node) in spec.nodes.iter().enumerate() {
        live = live.saturating_add(values[inputs + index].len);
        peak = peak.max(live);
        if peak > MAX_LIVE {
            return Err(format!(
                "node {:?}: more than {MAX_LIVE} numbers have to be kept at once",
                shown(&node.name)
            ));
        }
        live = live.saturating_sub(dropped_after[index]);
    }
    Ok(peak)
}
