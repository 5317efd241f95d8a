//! What a [`GraphSpec`] means before any weight is touched: the shape of every value, the name
//! and shape of every tensor, the work, and the memory that activations take.
//!
//! A graph may come from a file, so nothing in it is believed: sizes are multiplied with checks,
//! names have to be unique and known, and the number of nodes is bounded. What passes here fits
//! into memory and can be run without further questions.

use super::inference;
use super::spec::{GraphSpec, InputSpec, NodeSpec, Operation};
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

    /// The name of a value: that of the input, or of the node that makes it.
    pub fn name(&self, value: usize) -> &str {
        match self.maker(value) {
            Some(node) => &self.spec.nodes[node].name,
            None => &self.spec.inputs[value].name,
        }
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

/// Checks `spec` and follows its shapes. The spec of the plan has each split as its slices, so that
/// runners see only nodes with one result.
///
/// # Errors
/// One sentence that names the node, input or output at fault.
pub fn plan(spec: &GraphSpec) -> Result<GraphPlan, String> {
    if spec.nodes.len() > MAX_NODES {
        return Err(too_many_nodes(spec.nodes.len()));
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
    let mut planner = Planner::default();
    for input in &spec.inputs {
        let fault = |fault: String| format!("input {:?}: {fault}", shown(&input.name));
        planner.input(input).map_err(fault)?;
    }
    for node in &spec.nodes {
        let fault = |fault: String| format!("node {:?}: {fault}", shown(&node.name));
        if let Operation::Split { axis, sizes } = &node.operation {
            for part in planner.parts(node, *axis, sizes).map_err(fault)? {
                planner.node(part).map_err(fault)?;
            }
        } else {
            planner.node(node.clone()).map_err(fault)?;
        }
    }
    let spec = GraphSpec {
        inputs: spec.inputs.clone(),
        nodes: planner.nodes,
        outputs: spec.outputs.clone(),
    };
    let outputs = outputs(&spec, &planner.known, &mut planner.values)?;
    check_parameter_names(&planner.parameters)?;
    let peak_numbers = peak(&spec, &planner.values)?;
    Ok(GraphPlan {
        spec,
        values: planner.values,
        takes: planner.takes,
        outputs,
        parameters: planner.parameters,
        multiply_adds: planner.multiply_adds,
        peak_numbers,
    })
}

fn too_many_nodes(count: usize) -> String {
    format!("{count} nodes are more than {MAX_NODES}")
}

/// What is known of a graph up to a node.
#[derive(Default)]
struct Planner {
    nodes: Vec<NodeSpec>,
    /// The values by name.
    known: HashMap<String, usize>,
    values: Vec<Value>,
    takes: Vec<Vec<usize>>,
    parameters: Vec<Vec<ParameterSpec>>,
    parameter_numbers: usize,
    multiply_adds: usize,
}

impl Planner {
    fn input(&mut self, input: &InputSpec) -> Result<(), String> {
        check_name(&input.name)?;
        let len = item_len(&input.shape)?;
        let value = Value {
            shape: input.shape.clone(),
            len,
            shared: input.shared,
            last_use: 0,
            uses: 0,
        };
        self.value(&input.name, value)
    }

    fn value(&mut self, name: &str, value: Value) -> Result<(), String> {
        if self
            .known
            .insert(name.to_owned(), self.values.len())
            .is_some()
        {
            return Err("the name is taken".to_owned());
        }
        self.values.push(value);
        Ok(())
    }

    fn node(&mut self, node: NodeSpec) -> Result<(), String> {
        let index = self.nodes.len();
        if index >= MAX_NODES {
            return Err(too_many_nodes(index + 1));
        }
        let taken = resolve(&node, &self.known)?;
        let shapes: Vec<&[usize]> = taken
            .iter()
            .map(|&value| self.values[value].shape.as_slice())
            .collect();
        let found = inference::infer(&node, &shapes)?;
        let len = item_len(&found.shape)?;
        for parameter in &found.parameters {
            let count = numbers(&parameter.shape)
                .map_err(|error| format!("the tensor {:?}: {error}", parameter.name))?;
            self.parameter_numbers = self.parameter_numbers.saturating_add(count);
        }
        if self.parameter_numbers > MAX_PARAMETERS {
            return Err(format!(
                "up to here the tensors have more than {MAX_PARAMETERS} numbers"
            ));
        }
        self.multiply_adds = self.multiply_adds.saturating_add(found.multiply_adds);
        let shared = taken.iter().all(|&value| self.values[value].shared);
        for &value in &taken {
            self.values[value].last_use = index;
            self.values[value].uses += 1;
        }
        let value = Value {
            shape: found.shape,
            len,
            shared,
            last_use: index,
            uses: 0,
        };
        self.value(&node.name, value)?;
        self.nodes.push(node);
        self.takes.push(taken);
        self.parameters.push(found.parameters);
        Ok(())
    }

    /// The slices that a split is made of: `NAME.0`, `NAME.1` and so on.
    fn parts(
        &self,
        node: &NodeSpec,
        axis: usize,
        sizes: &[usize],
    ) -> Result<Vec<NodeSpec>, String> {
        let taken = resolve(node, &self.known)?;
        let [value] = taken[..] else {
            return Err(format!("it takes 1 values, and {} are given", taken.len()));
        };
        let shape = &self.values[value].shape;
        let total = sizes
            .iter()
            .try_fold(0usize, |sum, &size| sum.checked_add(size));
        if sizes.is_empty() || sizes.len() > MAX_INPUTS || total != shape.get(axis).copied() {
            return Err(format!(
                "{shape:?} cannot be split along axis {axis} into parts of {sizes:?}"
            ));
        }
        let mut start = 0;
        let part = |(index, size): (usize, &usize)| {
            let end = start + size;
            let operation = Operation::Slice { axis, start, end };
            start = end;
            NodeSpec {
                name: format!("{}.{index}", node.name),
                operation,
                inputs: node.inputs.clone(),
            }
        };
        Ok(sizes.iter().enumerate().map(part).collect())
    }
}

fn outputs(
    spec: &GraphSpec,
    known: &HashMap<String, usize>,
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
fn resolve(node: &NodeSpec, known: &HashMap<String, usize>) -> Result<Vec<usize>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(axis: usize, sizes: &[usize]) -> GraphSpec {
        let sizes = sizes.to_vec();
        let json = serde_json::json!({
            "inputs": [{"name": "x", "shape": [5, 2]}],
            "nodes": [
                {"name": "s", "operation": {"op": "split", "axis": axis, "sizes": sizes},
                 "inputs": ["x"]},
                {"name": "y", "operation": {"op": "concatenate", "axis": axis},
                 "inputs": ["s.1", "s.0"]},
            ],
            "outputs": [{"name": "y", "value": "y"}],
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_split_gives_its_parts_by_number() {
        let plan = plan(&spec(0, &[2, 3])).unwrap();
        let shapes: Vec<&[usize]> = plan.values.iter().map(|v| &v.shape[..]).collect();
        assert_eq!(shapes, [&[5, 2][..], &[2, 2], &[3, 2], &[5, 2]]);
        assert_eq!(plan.takes, [vec![0], vec![0], vec![2, 1]]);
    }

    #[test]
    fn parts_that_do_not_add_up_are_refused() {
        for (axis, sizes) in [
            (0, &[2, 2][..]),
            (0, &[]),
            (1, &[2, 3]),
            (2, &[1, 1]),
            (0, &[usize::MAX, 6]),
        ] {
            let fault = plan(&spec(axis, sizes)).unwrap_err();
            assert!(
                fault.contains("node \"s\": [5, 2] cannot be split"),
                "{fault}"
            );
        }
        let fault = plan(&spec(0, &[5, 0])).unwrap_err();
        assert!(fault.starts_with("node \"s\""), "{fault}");
    }
}
