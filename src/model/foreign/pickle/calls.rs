//! What the calls of a pickle come to: data.

use super::globals::Global;
use super::machine::Heap;
use super::value::{ArrayData, Bytes, Node, Storage, StoragePlace, TensorView, Value};
use crate::model::foreign::container::Dtype;
use std::rc::Rc;

/// What objects of NVIDIA's StyleGANs are called until their own class is looked up.
pub const PERSISTENT: &str = "(persistent)";

/// As many arguments are looked at.
const MAX_ARGUMENTS: usize = 12;
/// The largest number of axes that a call may give a tensor.
const MAX_AXES: usize = 8;

/// Calls a global with a tuple of arguments.
///
/// # Errors
/// A sentence that names it, when it is none of those that hold data.
pub fn call(heap: &mut Heap, global: &Global, arguments: &Value) -> Result<Value, String> {
    // No constructor takes more; a long list of them must not be copied for every call.
    let given = heap.items(arguments).unwrap_or_default();
    let given: Vec<Value> = given.iter().take(MAX_ARGUMENTS).cloned().collect();
    let argument = |index: usize| given.get(index).cloned().unwrap_or(Value::None);
    Ok(match global {
        Global::Mapping => {
            let pairs = match argument(0) {
                Value::Node(number) => match heap.node(number) {
                    Some(Node::Dict(pairs)) => pairs.clone(),
                    Some(Node::List(items)) => pairs_of(heap, items),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            heap.count_items(pairs.len())?;
            heap.add(Node::Dict(pairs))
        }
        Global::Set => {
            let items = heap.items(&argument(0)).unwrap_or_default().to_vec();
            heap.count_items(items.len())?;
            heap.add(Node::Set(items))
        }
        Global::TupleOf => {
            let items = heap.items(&argument(0)).unwrap_or_default().to_vec();
            heap.count_items(items.len())?;
            heap.add(Node::Tuple(items))
        }
        Global::PassedThrough => argument(0),
        Global::Record(class) => heap.add(Node::Object {
            class: (*class).into(),
            state: Value::None,
        }),
        Global::Reconstructor => match argument(0) {
            Value::Global(class) if class != Global::Reconstructor => {
                let none = heap.add(Node::Tuple(Vec::new()));
                call(heap, &class, &none)?
            }
            _ => return Err("its pickle makes an object of no class".to_owned()),
        },
        // What it holds is looked up where it is needed.
        Global::Persistent => heap.add(Node::Object {
            class: PERSISTENT.into(),
            state: argument(0),
        }),
        Global::RebuildTensor => tensor(heap, &given)?,
        Global::RebuildParameter => match argument(0) {
            tensor @ Value::Node(_) => tensor,
            // `_rebuild_from_type_v2(function, type, arguments, state)`
            Value::Global(function @ (Global::RebuildTensor | Global::RebuildParameter)) => {
                let inner = argument(2);
                match heap.items(&inner).is_some() && function == Global::RebuildTensor {
                    true => call(heap, &function, &inner)?,
                    false => return Err("its pickle wraps a tensor in an unknown way".to_owned()),
                }
            }
            _ => return Err("its pickle has a parameter without a tensor".to_owned()),
        },
        Global::LoadFromBytes => match argument(0) {
            Value::Bytes(Bytes { offset, len }) => heap.add(Node::Storage(Storage {
                dtype: None,
                at: StoragePlace::Nested { offset, len },
            })),
            _ => return Err("its pickle has a storage without bytes".to_owned()),
        },
        Global::NumpyReconstruct => heap.add(Node::Array(None)),
        Global::NumpyDtype => match argument(0) {
            Value::Text(kind) => heap.add(Node::NumpyDtype(kind)),
            _ => return Err("its pickle has a kind of numbers without a name".to_owned()),
        },
        // What is measured beside the weights.
        Global::NumpyScalar => Value::None,
        Global::Encode => argument(0),
        Global::StorageOf(_) | Global::TorchDtype(_) | Global::Object | Global::NumpyArray => {
            return Err(format!(
                "its pickle calls {global}, which is only named in sound files"
            ));
        }
        Global::Unknown(name) => return Err(refusal(name)),
    })
}

/// The sentence about a call of what holds no data.
fn refusal(name: &Rc<str>) -> String {
    let shown: String = name.chars().take(120).collect();
    let advice = match name.split('.').next() {
        Some("__main__" | "models" | "model" | "networks" | "torch") => {
            "; save the weights alone, with torch.save(model.state_dict(), ...)"
        }
        _ => "",
    };
    format!("its pickle calls {shown}, and zscape runs no code of files{advice}")
}

fn pairs_of(heap: &Heap, items: &[Value]) -> Vec<(Value, Value)> {
    let pairs = items.iter().filter_map(|item| match heap.items(item)? {
        [key, value] => Some((key.clone(), value.clone())),
        _ => None,
    });
    pairs.collect()
}

/// Sets what an object holds.
///
/// # Errors
/// When an array is set to what is no numbers.
pub fn build(heap: &mut Heap, object: Value, state: Value) -> Result<Value, String> {
    let Value::Node(number) = object else {
        return Ok(object);
    };
    match heap.node(number) {
        Some(Node::Array(None)) => {
            let array = array(heap, &state)?;
            if let Some(node) = heap.node_mut(number) {
                *node = Node::Array(array);
            }
        }
        Some(Node::Object { .. }) => {
            if let Some(Node::Object { state: old, .. }) = heap.node_mut(number) {
                *old = state;
            }
        }
        Some(Node::NumpyDtype(kind)) => {
            // `(version, byte order, ...)`
            let order = heap.items(&state).and_then(|items| items.get(1));
            if let Some(Value::Text(order)) = order {
                let whole: Rc<str> =
                    format!("{order}{}", kind.trim_start_matches(['<', '>', '|', '='])).into();
                if let Some(node) = heap.node_mut(number) {
                    *node = Node::NumpyDtype(whole);
                }
            }
        }
        // A mapping with attributes, which say nothing about its pairs.
        _ => {}
    }
    Ok(Value::Node(number))
}

/// `(version, shape, dtype, is_fortran, bytes)`; `None` where it holds no floats.
fn array(heap: &Heap, state: &Value) -> Result<Option<Box<ArrayData>>, String> {
    let [_, shape, dtype, fortran, data] = heap.items(state).unwrap_or_default() else {
        return Err("its pickle has an array without numbers".to_owned());
    };
    let shape = sides(heap, shape)?;
    let Value::Node(dtype) = dtype else {
        return Ok(None);
    };
    let Some(Node::NumpyDtype(kind)) = heap.node(*dtype) else {
        return Ok(None);
    };
    let dtype = match kind.trim_start_matches(['<', '>', '|', '=']) {
        "f2" => Dtype::F16,
        "f4" => Dtype::F32,
        "f8" => Dtype::F64,
        _ => return Ok(None),
    };
    let &Value::Bytes(Bytes { offset, len }) = data else {
        return Ok(None);
    };
    Ok(Some(Box::new(ArrayData {
        dtype,
        big_endian: kind.starts_with('>'),
        shape,
        fortran: matches!(fortran, Value::Bool(true)),
        offset,
        len,
    })))
}

/// `("storage", kind, key, location, numbers[, view])`: what PyTorch keeps outside of a pickle.
///
/// # Errors
/// When it is none of that.
pub fn persistent(heap: &mut Heap, id: &Value) -> Result<Value, String> {
    let fault = || "its pickle refers to something outside that is no storage".to_owned();
    let items = heap.items(id).ok_or_else(fault)?;
    let (kind, key) = match items {
        [Value::Text(what), kind, Value::Text(key), ..] if **what == *"storage" => (kind, key),
        _ => return Err(fault()),
    };
    let &Value::Global(Global::StorageOf(dtype)) = kind else {
        return Err("its pickle has a storage of an unknown kind".to_owned());
    };
    let mut skip = 0;
    // A view of another storage: `(key, first, numbers)`.
    if let Some(view) = items.get(5)
        && let Some([_, Value::Int(first), _]) = heap.items(view)
    {
        skip = u64::try_from(*first).map_err(|_| fault())?;
    }
    let at = StoragePlace::Key(Rc::clone(key), skip);
    Ok(heap.add(Node::Storage(Storage { dtype, at })))
}

/// `_rebuild_tensor_v2(storage, offset, shape, strides, ...)`; the third version has the kind of
/// numbers at the end.
fn tensor(heap: &mut Heap, given: &[Value]) -> Result<Value, String> {
    let [storage, Value::Int(offset), shape, strides, rest @ ..] = given else {
        return Err("its pickle has a tensor without a shape".to_owned());
    };
    let fault = || "its pickle has a tensor without numbers".to_owned();
    let Value::Node(number) = storage else {
        return Err(fault());
    };
    let storage = match heap.node(*number) {
        Some(Node::Storage(storage)) => storage.clone(),
        _ => return Err(fault()),
    };
    let said = rest.iter().find_map(|value| match value {
        Value::Global(Global::TorchDtype(dtype)) => Some(*dtype),
        _ => None,
    });
    let storage_dtype = storage.dtype.or(said);
    let offset = u64::try_from(*offset).map_err(|_| fault())?;
    let (shape, strides) = (sides(heap, shape)?, sides(heap, strides)?);
    Ok(heap.add(Node::Tensor(Box::new(TensorView {
        storage,
        dtype: storage_dtype,
        offset,
        shape,
        strides,
    }))))
}

fn sides(heap: &Heap, value: &Value) -> Result<Vec<usize>, String> {
    let fault = || "its pickle has a tensor of no sound shape".to_owned();
    let items = heap.items(value).ok_or_else(fault)?;
    if items.len() > MAX_AXES {
        return Err(fault());
    }
    let side = |item: &Value| match item {
        Value::Int(side) => usize::try_from(*side).map_err(|_| fault()),
        _ => Err(fault()),
    };
    items.iter().map(side).collect()
}
