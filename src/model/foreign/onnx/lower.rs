//! From the nodes of an ONNX graph to a graph of ours.

use super::container;
use super::fold;
use super::item::{Item, Known, Live, MAX_KNOWN, Values};
use super::operators;
use super::program::{Data, Node, Program, Tensor};
use crate::model::foreign::container::{Container, Dtype, OpenFiles};
use crate::model::foreign::net::Weight;
use crate::model::graph::{GraphSpec, InputSpec, NodeSpec, Operation, shape_of};
use std::collections::{BTreeMap, HashMap};

/// The most known numbers of a graph, all together.
const MAX_MADE: usize = 1 << 22;

/// A graph on its way.
pub struct Lowering<'a> {
    pub container: &'a Container,
    /// What stands before the names of its tensors in the container.
    prefix: &'a str,
    files: OpenFiles,
    pub opset: i64,
    items: HashMap<String, Item>,
    graph: GraphSpec,
    weights: BTreeMap<String, Weight>,
    /// What is a multiple of what: value, of which, by how much.
    pub multiples: HashMap<String, (String, f32)>,
    /// How many classes there are, once a table of them is found.
    pub classes: Option<usize>,
    /// Known numbers that were made.
    made: usize,
}

/// What came of it.
pub struct Lowered {
    pub graph: GraphSpec,
    pub weights: BTreeMap<String, Weight>,
    pub outputs: Vec<Live>,
    pub classes: Option<usize>,
}

impl<'a> Lowering<'a> {
    pub fn new(
        container: &'a Container,
        prefix: &'a str,
        program: &Program,
    ) -> Result<Self, String> {
        let mut lowering = Self {
            container,
            prefix,
            files: container.open_files()?,
            opset: program.opset,
            items: HashMap::new(),
            graph: GraphSpec::default(),
            weights: BTreeMap::new(),
            multiples: HashMap::new(),
            classes: None,
            made: 0,
        };
        for (name, info) in &container.tensors {
            let Some(name) = name.strip_prefix(prefix) else {
                continue;
            };
            let stored = Item::Stored {
                name: name.to_owned(),
                shape: info.shape.clone(),
                turned: false,
            };
            lowering.items.insert(name.to_owned(), stored);
        }
        for tensor in &program.tensors {
            if let Some(known) = listed(tensor) {
                lowering
                    .items
                    .insert(tensor.name.clone(), Item::Known(known));
            }
        }
        Ok(lowering)
    }

    /// Lets a name of the file be an input of ours.
    pub fn input(&mut self, name: &str, ours: &str, shape: &[usize]) {
        self.graph.inputs.push(InputSpec {
            name: ours.to_owned(),
            shape: shape.to_vec(),
            shared: false,
        });
        let live = Live {
            name: ours.to_owned(),
            shape: shape.to_vec(),
        };
        self.items.insert(name.to_owned(), Item::Live(live));
    }

    /// Gives an input the shape that the file has for it.
    ///
    /// # Errors
    /// When it has not as many numbers.
    pub fn reshape_input(&mut self, name: &str, shape: &[usize]) -> Result<(), String> {
        let Some(Item::Live(live)) = self.items.get(name).cloned() else {
            return Ok(());
        };
        let shape = shape.to_vec();
        let live = self.emit(Operation::Reshape { shape }, &[&live])?;
        self.set(name, Item::Live(live));
        Ok(())
    }

    /// Lets a name of the file be the number of a class.
    pub fn class(&mut self, name: &str) {
        self.items.insert(name.to_owned(), Item::Class);
    }

    /// Follows all nodes, and gives what `outputs` stand for.
    ///
    /// # Errors
    /// A sentence that names the node at fault.
    pub fn run(mut self, program: &Program, outputs: &[&str]) -> Result<Lowered, String> {
        operators::check_known(program)?;
        for node in &program.nodes {
            self.node(node)
                .map_err(|fault| format!("its node {} {fault}", node.shown()))?;
        }
        let mut found = Vec::new();
        for &output in outputs {
            match self.items.get(output) {
                Some(Item::Live(live)) => found.push(live.clone()),
                _ => {
                    return Err(format!(
                        "its output {output:?} does not depend on its input"
                    ));
                }
            }
        }
        // A class is a weight for each of the classes, as many as its table has rows.
        if let Some(classes) = self.classes {
            self.graph.inputs.push(InputSpec {
                name: "condition".to_owned(),
                shape: vec![classes],
                shared: false,
            });
        }
        Ok(Lowered {
            graph: self.graph,
            weights: self.weights,
            outputs: found,
            classes: self.classes,
        })
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        let Some(output) = node.outputs.first() else {
            return Ok(());
        };
        if self.fold(node, output)? {
            return Ok(());
        }
        operators::lower(self, node)
    }

    /// Computes a node now, where all that it takes is known.
    fn fold(&mut self, node: &Node, output: &str) -> Result<bool, String> {
        if node.operator == "Constant" {
            if let Some(known) = constant(node) {
                self.set(output, Item::Known(known));
            }
            // Others are among the tensors of the file.
            return match self.items.contains_key(output) {
                true => Ok(true),
                false => Err("holds no numbers that are read".to_owned()),
            };
        }
        if node.operator == "Shape" {
            let shape = match node.inputs.first().and_then(|name| self.items.get(name)) {
                Some(Item::Live(live)) => live.whole(),
                Some(Item::Stored { shape, .. }) => shape.iter().map(|&side| side as i64).collect(),
                Some(Item::Known(known)) => known.shape.iter().map(|&side| side as i64).collect(),
                _ => return Err("asks for the shape of what has none".to_owned()),
            };
            let (start, end) = (
                node.int("start").unwrap_or(0),
                node.int("end").unwrap_or(i64::MAX),
            );
            let (start, end) = fold::range(start, end, shape.len());
            self.set(output, Item::Known(Known::ints(shape[start..end].to_vec())));
            return Ok(true);
        }
        // Whether there is anything live is looked at first, so that no weights are read for it.
        let is_live = |name: &String| {
            matches!(
                self.items.get(name),
                Some(Item::Live(_) | Item::Class | Item::Erf { .. })
            )
        };
        if node.inputs.is_empty() || node.inputs.iter().any(is_live) {
            return Ok(false);
        }
        let mut known = Vec::with_capacity(node.inputs.len());
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            known.push(self.known(name)?);
        }
        let given: Vec<Option<&Known>> = known.iter().map(Option::as_ref).collect();
        let found = match (&*node.operator, given.first()) {
            ("ConstantOfShape", Some(Some(shape))) => {
                let value = self.known(&container::value_of(output))?;
                Some(fold::filled(shape, value.as_ref())?)
            }
            _ => fold::fold(node, &given)?,
        };
        match found {
            Some(found) => {
                self.count(found.len())?;
                self.set(output, Item::Known(found));
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The numbers of a value that is known, if they are few.
    pub fn known(&self, name: &str) -> Result<Option<Known>, String> {
        match self.items.get(name) {
            Some(Item::Known(known)) => Ok(Some(known.clone())),
            Some(Item::Stored {
                name,
                shape,
                turned: false,
            }) => {
                let count = shape
                    .iter()
                    .try_fold(1_usize, |count, &side| count.checked_mul(side));
                if count.is_none_or(|count| count > MAX_KNOWN) {
                    return Ok(None);
                }
                let whole = format!("{}{name}", self.prefix);
                let Some(info) = self.container.tensors.get(&whole) else {
                    return Ok(None);
                };
                let mut values = Vec::new();
                self.files.read(info, 0, usize::MAX, &mut values)?;
                let values = match info.dtype {
                    Dtype::Whole(_) => {
                        Values::Ints(values.into_iter().map(|value| value as i64).collect())
                    }
                    _ => Values::Floats(values),
                };
                Ok(Some(Known {
                    shape: shape.clone(),
                    values,
                }))
            }
            _ => Ok(None),
        }
    }

    /// The value of an input of a node; `None` where it is left out.
    pub fn item(&self, node: &Node, index: usize) -> Result<Option<&Item>, String> {
        let Some(name) = node.inputs.get(index).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let item = self.items.get(name);
        item.map(Some)
            .ok_or_else(|| format!("takes {name:?}, which nothing gives"))
    }

    /// An input that must be live.
    pub fn live(&self, node: &Node, index: usize) -> Result<Live, String> {
        match self.item(node, index)? {
            Some(Item::Live(live)) => Ok(live.clone()),
            _ => Err(format!(
                "takes as its input {index} what does not depend on the code"
            )),
        }
    }

    /// An input that must be a tensor of the file: its whole name, its shape, and whether it is turned.
    pub fn stored(&self, node: &Node, index: usize) -> Result<(String, Vec<usize>, bool), String> {
        match self.item(node, index)? {
            Some(Item::Stored {
                name,
                shape,
                turned,
            }) => Ok((format!("{}{name}", self.prefix), shape.clone(), *turned)),
            _ => Err(format!(
                "takes as its input {index} what is no tensor of the file"
            )),
        }
    }

    /// Whole numbers of an input or of an attribute of that name.
    pub fn ints(&self, node: &Node, index: usize, name: &str) -> Result<Option<Vec<i64>>, String> {
        if let Some(values) = node.ints(name) {
            return Ok(Some(values.to_vec()));
        }
        match node.inputs.get(index).filter(|name| !name.is_empty()) {
            None => Ok(None),
            Some(input) => match self.known(input)? {
                Some(known) => Ok(Some(known.to_ints())),
                None => Err(format!("takes {name} that are not known before it runs")),
            },
        }
    }

    /// Counts known numbers.
    fn count(&mut self, numbers: usize) -> Result<(), String> {
        self.made = self.made.saturating_add(numbers);
        if self.made > MAX_MADE {
            return Err("makes more known numbers than any model needs".to_owned());
        }
        Ok(())
    }

    pub fn set(&mut self, name: &str, item: Item) {
        self.items.insert(name.to_owned(), item);
    }

    /// Lets the result of a node be a value.
    pub fn give(&mut self, node: &Node, live: Live) {
        if let Some(output) = node.outputs.first() {
            self.set(output, Item::Live(live));
        }
    }

    /// Adds a node of ours.
    ///
    /// # Errors
    /// When its shapes do not fit.
    pub fn emit(&mut self, operation: Operation, inputs: &[&Live]) -> Result<Live, String> {
        let name = format!("n{}", self.graph.nodes.len());
        let shapes: Vec<&[usize]> = inputs.iter().map(|live| &live.shape[..]).collect();
        let shape = shape_of(&operation, &shapes)?;
        self.graph.nodes.push(NodeSpec {
            name: name.clone(),
            operation,
            inputs: inputs.iter().map(|live| live.name.clone()).collect(),
        });
        Ok(Live { name, shape })
    }

    /// Says where a tensor of a node comes from.
    pub fn weight(&mut self, live: &Live, part: &str, weight: Weight) {
        self.weights.insert(format!("{}.{part}", live.name), weight);
    }

    /// A value that is the same for all codes, to be computed with one of `rank` axes.
    ///
    /// # Errors
    /// When it is none, or differs along the batch.
    pub fn fixed(&mut self, name: &str, rank: usize) -> Result<Live, String> {
        let (shape, weight) = match self.items.get(name) {
            Some(Item::Stored {
                name,
                shape,
                turned: false,
            }) => (
                shape.clone(),
                Weight::Same(format!("{}{name}", self.prefix)),
            ),
            Some(Item::Known(known)) => (known.shape.clone(), Weight::Given(known.to_floats())),
            _ => return Err("takes what is neither live nor fixed".to_owned()),
        };
        if let Weight::Given(values) = &weight {
            self.count(values.len())?;
        }
        let mut inner = shape;
        if inner.len() == rank {
            if inner.first() != Some(&1) {
                return Err("takes a tensor that differs along the batch".to_owned());
            }
            inner.remove(0);
        }
        if inner.is_empty() {
            inner.push(1);
        }
        let live = self.emit(Operation::Constant { shape: inner }, &[])?;
        self.weight(&live, "value", weight);
        Ok(live)
    }

    /// The one number of a fixed value, if it is one number.
    pub fn scalar(&self, name: &str) -> Result<Option<f32>, String> {
        let known = self.known(name)?.filter(|known| known.len() == 1);
        Ok(known.and_then(|known| known.to_floats().first().copied()))
    }
}

/// Whole numbers that are written one by one.
fn listed(tensor: &Tensor) -> Option<Known> {
    let values = match &tensor.data {
        Data::Ints(values) => values.clone(),
        Data::None => Vec::new(),
        _ => return None,
    };
    let sides: Result<Vec<usize>, _> = tensor
        .sides
        .iter()
        .map(|&side| usize::try_from(side))
        .collect();
    let shape = sides.ok()?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side))?;
    (count == values.len()).then_some(Known {
        shape,
        values: Values::Ints(values),
    })
}

/// What a constant says in its attributes.
fn constant(node: &Node) -> Option<Known> {
    use super::program::Attribute;
    if let Some(Attribute::Tensor(tensor)) = node.attributes.get("value") {
        return listed(tensor);
    }
    let one = |values: Values| Known {
        shape: Vec::new(),
        values,
    };
    if let Some(value) = node.int("value_int") {
        return Some(one(Values::Ints(vec![value])));
    }
    if let Some(value) = node.float("value_float") {
        return Some(one(Values::Floats(vec![value])));
    }
    if let Some(values) = node.ints("value_ints") {
        return Some(Known::ints(values.to_vec()));
    }
    node.floats("value_floats").map(|values| Known {
        shape: vec![values.len()],
        values: Values::Floats(values.to_vec()),
    })
}
