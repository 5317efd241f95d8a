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

/// A generator of upsampling and convolutions, as the collection PyTorch-GAN trains it for its DCGAN: no
/// architecture that is known by itself, since nothing in the file says where it doubles the picture. From 6 numbers
/// to 16x16 pixels.
pub fn upsampling_generator() -> Vec<Tensor> {
    let mut tensors = Vec::new();
    let mut add = |name: &str, shape: &[usize]| {
        let count: usize = shape.iter().product();
        let scale = (shape.iter().skip(1).product::<usize>() as f32)
            .sqrt()
            .recip();
        let value = |index: usize| {
            let drawn = ((index * 61 + name.len() * 17) % 127) as f32 / 127.0 - 0.5;
            match name.ends_with("running_var") {
                true => drawn.abs() + 0.5,
                false => 3.0 * scale * drawn,
            }
        };
        tensors.push(Tensor::new(name, shape, (0..count).map(value).collect()));
    };
    let norm = ["weight", "bias", "running_mean", "running_var"];
    add("l1.0.weight", &[128, 6]);
    add("l1.0.bias", &[128]);
    for part in norm {
        add(&format!("conv_blocks.0.{part}"), &[8]);
    }
    for (conv, shape, norm_of) in [
        (2, [8, 8, 3, 3], Some(3)),
        (6, [4, 8, 3, 3], Some(7)),
        (9, [1, 4, 3, 3], None),
    ] {
        add(&format!("conv_blocks.{conv}.weight"), &shape);
        add(&format!("conv_blocks.{conv}.bias"), &shape[..1]);
        for part in norm_of
            .iter()
            .flat_map(|index| norm.map(|part| (index, part)))
        {
            let (index, part) = part;
            add(&format!("conv_blocks.{index}.{part}"), &shape[..1]);
        }
    }
    tensors
}

/// A StyleGAN2-ADA generator of 8x8 pixels in NVIDIA's layout, from z of 4 and one of 3 classes through w of 6.
pub fn conditional_stylegan() -> Vec<Tensor> {
    let mut tensors = Vec::new();
    let mut add = |name: &str, shape: &[usize]| {
        let count: usize = shape.iter().product();
        // Weights of the mapping network are a hundred times as large as they work.
        let scale = if name.starts_with("mapping.fc") {
            100.0
        } else {
            1.0
        };
        let value = |index: usize| {
            let drawn = ((index * 53 + name.len() * 29) % 97) as f32 / 48.5 - 1.0;
            scale * drawn + f32::from(u8::from(name.ends_with("affine.bias")))
        };
        tensors.push(Tensor::new(name, shape, (0..count).map(value).collect()));
    };
    add("mapping.embed.weight", &[6, 3]);
    add("mapping.embed.bias", &[6]);
    add("mapping.fc0.weight", &[6, 10]);
    add("mapping.fc0.bias", &[6]);
    add("mapping.w_avg", &[6]);
    add("synthesis.b4.const", &[4, 4, 4]);
    for (layer, inputs, outputs, kernel, side) in [
        ("b4.conv1", 4, 4, 3, Some(4)),
        ("b4.torgb", 4, 3, 1, None),
        ("b8.conv0", 4, 3, 3, Some(8)),
        ("b8.conv1", 3, 3, 3, Some(8)),
        ("b8.torgb", 3, 3, 1, None),
    ] {
        let layer = format!("synthesis.{layer}");
        add(
            &format!("{layer}.weight"),
            &[outputs, inputs, kernel, kernel],
        );
        add(&format!("{layer}.bias"), &[outputs]);
        add(&format!("{layer}.affine.weight"), &[inputs, 6]);
        add(&format!("{layer}.affine.bias"), &[inputs]);
        if let Some(side) = side {
            add(&format!("{layer}.noise_strength"), &[]);
            add(&format!("{layer}.noise_const"), &[side, side]);
        }
    }
    tensors
}
