//! From what a pickle made to tensors by name: nested dictionaries become names with dots.

use super::Container;
use super::tensor::{Dtype, Place, TensorInfo};
use crate::model::foreign::pickle::{
    ArrayData, Heap, Node, PERSISTENT, Storage, TensorView, Value,
};
use std::collections::HashSet;

/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 40;
/// Things that are looked at: a dictionary may be in many others.
const MAX_VISITS: usize = 1_000_000;
/// Numbers and texts that are kept.
const MAX_FACTS: usize = 300;

/// Where the numbers of a storage lie, and what they are where only the storage says it.
pub type Located = (Place, Option<Dtype>);

/// Puts all tensors of a value into a container. `locate` finds the numbers of a storage.
///
/// # Errors
/// A sentence when the value is nested without end, or a storage is not there.
pub fn collect(
    into: &mut Container,
    heap: &Heap,
    root: &Value,
    locate: &mut dyn FnMut(&Storage) -> Result<Located, String>,
) -> Result<(), String> {
    let mut walk = Walk {
        into,
        heap,
        locate,
        above: HashSet::new(),
        visits: 0,
    };
    walk.visit("", root, 0)?;
    for name in heap.unknown.iter().take(20) {
        let shown: String = name.chars().take(120).collect();
        into.notes
            .push(format!("it names {shown}, which is not called"));
    }
    Ok(())
}

struct Walk<'a> {
    into: &'a mut Container,
    heap: &'a Heap,
    locate: &'a mut dyn FnMut(&Storage) -> Result<Located, String>,
    /// The things that the one at hand lies in.
    above: HashSet<usize>,
    visits: usize,
}

impl Walk<'_> {
    fn visit(&mut self, path: &str, value: &Value, depth: usize) -> Result<(), String> {
        self.visits += 1;
        if depth > MAX_DEPTH || self.visits > MAX_VISITS {
            return Err("what it holds is nested without end".to_owned());
        }
        match value {
            Value::Node(number) => {
                if !self.above.insert(*number) {
                    // A circle leads to nothing new.
                    return Ok(());
                }
                let found = self.node(path, *number, depth);
                self.above.remove(number);
                found
            }
            Value::Int(number) => self.fact(path, &number.to_string()),
            Value::Float(number) => self.fact(path, &number.to_string()),
            Value::Bool(is_true) => self.fact(path, &is_true.to_string()),
            Value::Text(text) => self.fact(path, text),
            Value::None | Value::Bytes(_) | Value::Global(_) => Ok(()),
        }
    }

    fn node(&mut self, path: &str, number: usize, depth: usize) -> Result<(), String> {
        let heap = self.heap;
        match heap.node(number) {
            Some(Node::Dict(pairs)) => {
                for (key, value) in pairs {
                    self.visit(&join(path, key), value, depth + 1)?;
                }
            }
            Some(Node::List(items) | Node::Tuple(items)) => {
                // Lists of numbers are settings of no use here.
                for (index, item) in items.iter().enumerate() {
                    if matches!(item, Value::Node(_)) {
                        self.visit(&join(path, &Value::Int(index as i64)), item, depth + 1)?;
                    }
                }
            }
            Some(Node::Object { class, state }) if **class == *PERSISTENT => {
                if let Some(Value::Text(class)) = heap.get(state, "class_name") {
                    self.fact(&join(path, &Value::Text("class".into())), class)?;
                }
                if let Some(state) = heap.get(state, "state") {
                    self.attributes(path, state, depth)?;
                }
            }
            Some(Node::Object { state, .. }) => self.attributes(path, state, depth)?,
            Some(Node::Tensor(view)) => self.tensor(path, view)?,
            Some(Node::Array(Some(array))) => self.array(path, array),
            _ => {}
        }
        Ok(())
    }

    /// The attributes of an object: those of a module of PyTorch are its parameters and parts.
    fn attributes(&mut self, path: &str, state: &Value, depth: usize) -> Result<(), String> {
        let Value::Node(number) = state else {
            return Ok(());
        };
        let Some(Node::Dict(pairs)) = self.heap.node(*number) else {
            return Ok(());
        };
        for (key, value) in pairs {
            let parts = match key {
                Value::Text(key) => matches!(&**key, "_parameters" | "_buffers" | "_modules"),
                _ => false,
            };
            let path = if parts {
                path.to_owned()
            } else {
                join(path, key)
            };
            self.visit(&path, value, depth + 1)?;
        }
        Ok(())
    }

    fn fact(&mut self, path: &str, value: &str) -> Result<(), String> {
        if self.into.facts.len() < MAX_FACTS && path.len() < 200 {
            let value = value.chars().take(200).collect();
            self.into.facts.insert(path.to_owned(), value);
        }
        Ok(())
    }

    fn tensor(&mut self, path: &str, view: &TensorView) -> Result<(), String> {
        let about = |fault: String| format!("the tensor {path:?}: {fault}");
        let (mut place, stored) = (self.locate)(&view.storage).map_err(about)?;
        let dtype = view.dtype.or(stored);
        let dtype = dtype.ok_or_else(|| about("what its numbers are is not said".to_owned()))?;
        let skip = view.offset.saturating_mul(dtype.size() as u64);
        place.offset = place.offset.saturating_add(skip);
        place.room = place.room.saturating_sub(skip);
        self.into.add(
            path.to_owned(),
            TensorInfo {
                dtype,
                shape: view.shape.clone(),
                strides: Some(view.strides.clone()),
                big_endian: false,
                place,
                order: 0,
            },
        );
        Ok(())
    }

    fn array(&mut self, path: &str, array: &ArrayData) {
        let strides = array.fortran.then(|| {
            let mut step = 1_usize;
            let steps = array.shape.iter().map(|&side| {
                let this = step;
                step = step.saturating_mul(side);
                this
            });
            steps.collect()
        });
        let place = Place {
            file: 0,
            member: None,
            offset: array.offset,
            room: array.len,
        };
        self.into.add(
            path.to_owned(),
            TensorInfo {
                dtype: array.dtype,
                shape: array.shape.clone(),
                strides,
                big_endian: array.big_endian,
                place,
                order: 0,
            },
        );
    }
}

fn join(path: &str, key: &Value) -> String {
    let key = match key {
        Value::Text(key) => key.to_string(),
        Value::Int(key) => key.to_string(),
        Value::Global(global) => global.to_string(),
        _ => "?".to_owned(),
    };
    // A longer name is refused in the end; until then it must not grow with every step.
    let path: String = path.chars().take(400).collect();
    let key: String = key.chars().take(400).collect();
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}
