//! The tensors of an ONNX file, in it or beside it.

use super::program::{self, Attribute, Data, Node, Tensor};
use super::wire::Wire;
use crate::files::load;
use crate::model::foreign::container::{Container, Dtype, Form, MAX_FILE_BYTES, Place, TensorInfo};
use crate::model::foreign::pickle::Input;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// The most other files that hold its tensors.
const MAX_FILES: usize = 64;

/// Opens a file.
///
/// # Errors
/// When it is no sound model.
pub fn open(mut begun: Container, file: File) -> Result<Container, String> {
    begun.form = Form::Onnx;
    let end = begun.lens[0];
    let mut wire = Wire::new(Input::new(file, 0, end)?);
    let mut program = program::read(&mut wire, end)?;
    let facts = [
        ("producer", program.producer.clone()),
        ("opset", program.opset.to_string()),
    ];
    begun
        .facts
        .extend(facts.map(|(key, value)| (key.to_owned(), value)));
    let mut files = BTreeMap::new();
    for tensor in std::mem::take(&mut program.tensors) {
        let name = tensor.name.clone();
        match &tensor.data {
            // Few enough to be kept with the program.
            Data::Ints(_) | Data::None => program.tensors.push(tensor),
            _ => add(&mut begun, &mut files, name, &tensor)?,
        }
    }
    for node in &mut program.nodes {
        constant(&mut begun, &mut files, node)?;
    }
    begun.program = Some(Box::new(program));
    Ok(begun)
}

/// What the number is called that a node fills a shape with.
pub fn value_of(output: &str) -> String {
    format!("{output}#value")
}

/// Puts the tensor of a constant among those of the file, under the name of its result.
fn constant(
    into: &mut Container,
    files: &mut BTreeMap<String, usize>,
    node: &Node,
) -> Result<(), String> {
    let name = match (&*node.operator, node.outputs.first()) {
        ("Constant", Some(output)) => output.clone(),
        ("ConstantOfShape", Some(output)) => value_of(output),
        _ => return Ok(()),
    };
    if let Some(Attribute::Tensor(tensor)) = node.attributes.get("value")
        && !matches!(tensor.data, Data::Ints(_) | Data::None)
    {
        add(into, files, name, tensor)?;
    }
    Ok(())
}

fn add(
    into: &mut Container,
    files: &mut BTreeMap<String, usize>,
    name: String,
    tensor: &Tensor,
) -> Result<(), String> {
    let about = |fault: String| format!("the tensor {name:?} {fault}");
    let dtype = dtype(tensor.kind)
        .ok_or_else(|| about(format!("is of the kind {}, which is not read", tensor.kind)))?;
    let sides = tensor.sides.iter().map(|&side| usize::try_from(side));
    let shape: Result<Vec<usize>, _> = sides.collect();
    let shape = shape.map_err(|_| about("has a side below zero".to_owned()))?;
    let place = match &tensor.data {
        Data::InFile { offset, len } => Place {
            file: 0,
            member: None,
            offset: *offset,
            room: *len,
        },
        Data::External(entries) => external(into, files, entries).map_err(about)?,
        Data::Ints(_) | Data::None => return Ok(()),
    };
    into.add(
        name,
        TensorInfo {
            dtype,
            shape,
            strides: None,
            big_endian: false,
            place,
            order: 0,
        },
    );
    Ok(())
}

/// A place in another file, which has to lie beside this one.
fn external(
    into: &mut Container,
    files: &mut BTreeMap<String, usize>,
    entries: &BTreeMap<String, String>,
) -> Result<Place, String> {
    let location = entries.get("location").map_or("", String::as_str);
    if Path::new(location).file_name() != Some(location.as_ref()) {
        return Err(format!(
            "lies in {location:?}, which is no name of a file beside it"
        ));
    }
    let number = |key: &str| entries.get(key).map_or(Ok(0), |text| text.parse::<u64>());
    let (Ok(offset), Ok(length)) = (number("offset"), number("length")) else {
        return Err("lies at no sound place of another file".to_owned());
    };
    let file = match files.get(location) {
        Some(&file) => file,
        None => {
            if files.len() >= MAX_FILES {
                return Err(format!("lies in one of more than {MAX_FILES} files"));
            }
            let path = into.files[0].with_file_name(location);
            let (_, len) = load::open(&path, MAX_FILE_BYTES).map_err(|error| error.to_string())?;
            into.files.push(path);
            into.lens.push(len);
            files.insert(location.to_owned(), into.files.len() - 1);
            into.files.len() - 1
        }
    };
    let left = into.lens[file].saturating_sub(offset);
    Ok(Place {
        file,
        member: None,
        offset,
        room: if length == 0 { left } else { length.min(left) },
    })
}

/// `TensorProto.DataType`
fn dtype(kind: i64) -> Option<Dtype> {
    Some(match kind {
        1 => Dtype::F32,
        10 => Dtype::F16,
        16 => Dtype::Bf16,
        11 => Dtype::F64,
        2 | 3 | 9 => Dtype::Whole(1),
        4 | 5 => Dtype::Whole(2),
        6 | 12 => Dtype::Whole(4),
        7 | 13 => Dtype::Whole(8),
        _ => return None,
    })
}
