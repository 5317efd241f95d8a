//! Files of weights as other programs write them, made here: safetensors, PyTorch's two forms, NumPy
//! archives. A pickle is written with the instructions that PyTorch uses.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::HashMap;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A tensor with its name, shape and numbers.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Tensor {
    pub fn new(name: &str, shape: &[usize], values: Vec<f32>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        Self {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }
}

/// Every form of file.
pub const FORMS: [Form; 6] = [
    Form::Safetensors,
    Form::TorchZip,
    Form::TorchLegacy,
    Form::Nested,
    Form::Npz,
    Form::NpzCompressed,
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Safetensors,
    TorchZip,
    TorchLegacy,
    /// A zip of PyTorch in which the weights lie under `g_ema` and `module.`, beside others.
    Nested,
    Npz,
    NpzCompressed,
}

impl Form {
    /// The ending that people give such files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::TorchZip => "pt",
            Self::TorchLegacy => "pth",
            Self::Nested => "ckpt",
            Self::Npz | Self::NpzCompressed => "npz",
        }
    }

    pub fn bytes(self, tensors: &[Tensor]) -> Vec<u8> {
        match self {
            Self::Safetensors => safetensors(tensors),
            Self::TorchZip => torch_zip(tensors, &plain(tensors)),
            Self::TorchLegacy => torch_legacy(tensors, &plain(tensors)),
            Self::Nested => torch_zip(tensors, &nested(tensors)),
            Self::Npz => npz(tensors, CompressionMethod::Stored),
            Self::NpzCompressed => npz(tensors, CompressionMethod::Deflated),
        }
    }
}

struct View<'a>(&'a Tensor);

impl safetensors::View for View<'_> {
    fn dtype(&self) -> safetensors::Dtype {
        safetensors::Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.0.bytes().into()
    }
    fn data_len(&self) -> usize {
        4 * self.0.values.len()
    }
}

pub fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|tensor| (tensor.name.as_str(), View(tensor)));
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).expect("they are sound")
}

pub fn npz(tensors: &[Tensor], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for tensor in tensors {
        zip.start_file(format!("{}.npy", tensor.name), options)
            .expect("memory has room");
        let sides: String = tensor
            .shape
            .iter()
            .map(|side| format!("{side}, "))
            .collect();
        let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
        while (10 + text.len() + 1) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        zip.write_all(b"\x93NUMPY\x01\0").expect("memory has room");
        zip.write_all(&(text.len() as u16).to_le_bytes())
            .expect("memory has room");
        zip.write_all(text.as_bytes()).expect("memory has room");
        zip.write_all(&tensor.bytes()).expect("memory has room");
    }
    zip.finish().expect("memory has room").into_inner()
}

/// A pickle being written.
#[derive(Clone, Default)]
pub struct Pickle(pub Vec<u8>);

impl Pickle {
    pub fn new() -> Self {
        Self(vec![0x80, 2])
    }

    pub fn op(mut self, code: u8) -> Self {
        self.0.push(code);
        self
    }

    pub fn text(mut self, text: &str) -> Self {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    pub fn int(mut self, number: i32) -> Self {
        self.0.push(b'J');
        self.0.extend(number.to_le_bytes());
        self
    }

    pub fn global(mut self, module: &str, name: &str) -> Self {
        self.0.extend(format!("c{module}\n{name}\n").as_bytes());
        self
    }

    pub fn tuple(mut self, sides: &[usize]) -> Self {
        self = self.op(b'(');
        for &side in sides {
            self = self.int(side as i32);
        }
        self.op(b't')
    }

    /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`
    pub fn tensor(self, key: usize, shape: &[usize]) -> Self {
        let count: usize = shape.iter().product();
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        self.global("torch._utils", "_rebuild_tensor_v2")
            .op(b'(')
            .op(b'(')
            .text("storage")
            .global("torch", "FloatStorage")
            .text(&key.to_string())
            .text("cpu")
            .int(count as i32)
            .op(b't')
            .op(b'Q')
            .int(0)
            .tuple(shape)
            .tuple(&strides)
            .op(0x89)
            .empty_mapping()
            .op(b't')
            .op(b'R')
    }

    pub fn empty_mapping(self) -> Self {
        self.global("collections", "OrderedDict").op(b')').op(b'R')
    }

    pub fn stop(self) -> Vec<u8> {
        self.op(b'.').0
    }
}

fn mapping(mut pickle: Pickle, tensors: &[Tensor], prefix: &str) -> Pickle {
    pickle = pickle.empty_mapping().op(b'(');
    for (key, tensor) in tensors.iter().enumerate() {
        pickle = pickle
            .text(&format!("{prefix}{}", tensor.name))
            .tensor(key, &tensor.shape);
    }
    pickle.op(b'u')
}

/// What `torch.save(model.state_dict(), ...)` writes.
fn plain(tensors: &[Tensor]) -> Vec<u8> {
    mapping(Pickle::new(), tensors, "").stop()
}

/// What trainers write: other things and averaged weights in one dictionary.
fn nested(tensors: &[Tensor]) -> Vec<u8> {
    let pickle = Pickle::new().op(b'}').op(b'(').text("step").int(1000);
    let pickle = pickle
        .text("optim")
        .op(b'}')
        .op(b'(')
        .text("exp_avg")
        .tensor(0, &tensors[0].shape)
        .op(b'u');
    let pickle = mapping(pickle.text("g_ema"), tensors, "module.");
    pickle.op(b'u').stop()
}

pub fn torch_zip(tensors: &[Tensor], pickle: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(format!("archive/{name}"), options)
            .expect("memory has room");
        zip.write_all(bytes).expect("memory has room");
    };
    add("data.pkl", pickle);
    add("byteorder", b"little");
    for (key, tensor) in tensors.iter().enumerate() {
        add(&format!("data/{key}"), &tensor.bytes());
    }
    add("version", b"3\n");
    zip.finish().expect("memory has room").into_inner()
}

pub fn torch_legacy(tensors: &[Tensor], pickle: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    bytes.extend(Pickle::new().int(1001).stop());
    bytes.extend(
        Pickle::new()
            .op(b'}')
            .op(b'(')
            .text("little_endian")
            .op(0x88)
            .op(b'u')
            .stop(),
    );
    bytes.extend(pickle);
    let mut keys = Pickle::new().op(b']').op(b'(');
    for key in 0..tensors.len() {
        keys = keys.text(&key.to_string());
    }
    bytes.extend(keys.op(b'e').stop());
    for tensor in tensors {
        bytes.extend((tensor.values.len() as u64).to_le_bytes());
        bytes.extend(tensor.bytes());
    }
    bytes
}

/// A VAE of full matrices as PyTorch's examples have it, with a picture of 16x16.
pub fn small_vae() -> Vec<Tensor> {
    let sizes: [(&str, &[usize]); 10] = [
        ("fc1.weight", &[12, 256]),
        ("fc1.bias", &[12]),
        ("fc21.weight", &[3, 12]),
        ("fc21.bias", &[3]),
        ("fc22.weight", &[3, 12]),
        ("fc22.bias", &[3]),
        ("fc3.weight", &[12, 3]),
        ("fc3.bias", &[12]),
        ("fc4.weight", &[256, 12]),
        ("fc4.bias", &[256]),
    ];
    let tensor = |&(name, shape): &(&str, &[usize])| {
        let count: usize = shape.iter().product();
        let value = |index: usize| ((index * 37 + name.len() * 11) % 101) as f32 / 101.0 - 0.5;
        Tensor::new(name, shape, (0..count).map(value).collect())
    };
    sizes.iter().map(tensor).collect()
}
