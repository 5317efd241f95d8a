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
pub const FORMS: [Form; 7] = [
    Form::Safetensors,
    Form::TorchZip,
    Form::TorchLegacy,
    Form::Nested,
    Form::Npz,
    Form::NpzCompressed,
    Form::Persistent,
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
    /// The network pickles of NVIDIA's StyleGANs: modules as objects that carry the text of their source.
    Persistent,
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
            Self::Persistent => "pkl",
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
            Self::Persistent => NetworkPickle::bytes(tensors),
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

/// A network pickle of NVIDIA's StyleGANs being written, of the fourth protocol: a frame, every text remembered, each
/// module an object with its class, the text of the file that it is from, and its attributes.
struct NetworkPickle {
    pickle: Pickle,
    remembered: u32,
    /// What stands under these numbers: the function that makes objects, and the source text.
    maker: Option<u32>,
    source: Option<u32>,
}

/// What would happen if the source text were run.
const SOURCE: &str = "import os\nos.system('echo it was run')\nraise Exception('it was run')\n";

impl NetworkPickle {
    fn bytes(tensors: &[Tensor]) -> Vec<u8> {
        let mut this = Self {
            pickle: Pickle::default(),
            remembered: 0,
            maker: None,
            source: None,
        };
        let named: Vec<(&str, &Tensor)> = tensors.iter().map(|it| (it.name.as_str(), it)).collect();
        this.op(b'}').remember();
        this.op(b'(');
        for absent in ["G", "D"] {
            this.text(absent).op(b'N');
        }
        this.text("G_ema").module("Generator", &named);
        this.text("training_set_kwargs");
        this.mapping("dnnlib.util", "EasyDict").op(b'(');
        this.text("resolution").number(16);
        this.op(b'u').op(b'u').op(b'.');
        let body = this.pickle.0;
        let mut bytes = vec![0x80, 4, 0x95];
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn op(&mut self, code: u8) -> &mut Self {
        self.pickle.0.push(code);
        self
    }

    /// Notes the value at hand, and gives its number.
    fn remember(&mut self) -> u32 {
        self.op(0x94);
        self.remembered += 1;
        self.remembered - 1
    }

    fn recall(&mut self, number: u32) -> &mut Self {
        self.op(b'j');
        self.pickle.0.extend(number.to_le_bytes());
        self
    }

    /// A short text, remembered.
    fn text(&mut self, text: &str) -> &mut Self {
        self.op(0x8c).op(text.len() as u8);
        self.pickle.0.extend(text.as_bytes());
        self.remember();
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        self.op(b'J');
        self.pickle.0.extend((number as i32).to_le_bytes());
        self
    }

    fn global(&mut self, module: &str, name: &str) -> &mut Self {
        self.text(module).text(name).op(0x93)
    }

    /// An empty mapping of a class.
    fn mapping(&mut self, module: &str, name: &str) -> &mut Self {
        self.global(module, name).op(b')').op(b'R')
    }

    /// A module of which these are the tensors, by the rest of their names.
    fn module(&mut self, class: &str, tensors: &[(&str, &Tensor)]) -> &mut Self {
        match self.maker {
            Some(number) => drop(self.recall(number)),
            None => {
                self.global("torch_utils.persistence", "_reconstruct_persistent_obj");
                self.maker = Some(self.remember());
            }
        }
        self.op(b'}').op(b'(');
        self.text("type").text("class");
        self.text("version").number(6);
        self.text("module_src");
        match self.source {
            Some(number) => drop(self.recall(number)),
            None => {
                self.pickle = std::mem::take(&mut self.pickle).text(SOURCE);
                self.source = Some(self.remember());
            }
        }
        self.text("class_name").text(class).text("state");
        self.op(b'}').op(b'(');
        self.text("training").op(0x89);
        let own = tensors.iter().filter(|(name, _)| !name.contains('.'));
        for (kind, learns) in [("_parameters", true), ("_buffers", false)] {
            self.text(kind).op(b'}').op(b'(');
            for (name, tensor) in own.clone().filter(|(name, _)| learns != is_buffer(name)) {
                self.text(name).tensor(tensor, learns);
            }
            if !learns {
                self.text("absent").op(b'N');
            }
            self.op(b'u');
        }
        self.text("_non_persistent_buffers_set").op(0x8f);
        self.text("_backward_hooks");
        self.mapping("collections", "OrderedDict");
        self.text("_modules").op(b'}').op(b'(');
        let mut parts: Vec<&str> = Vec::new();
        for (name, _) in tensors {
            if let Some((part, _)) = name.split_once('.')
                && !parts.contains(&part)
            {
                parts.push(part);
            }
        }
        for part in parts {
            let inside = tensors.iter().filter_map(|(name, tensor)| {
                let (first, rest) = name.split_once('.')?;
                (first == part).then_some((rest, *tensor))
            });
            let inside: Vec<(&str, &Tensor)> = inside.collect();
            self.text(part).module("Part", &inside);
        }
        self.op(b'u');
        self.text("z_dim").number(512);
        // Its attributes, its arguments, and the object.
        self.op(b'u').op(b'u').op(0x85).op(b'R')
    }

    fn tensor(&mut self, tensor: &Tensor, learns: bool) -> &mut Self {
        if learns {
            self.global("torch._utils", "_rebuild_parameter");
        }
        self.global("torch._utils", "_rebuild_tensor_v2").op(b'(');
        self.global("torch.storage", "_load_from_bytes").op(b'B');
        let file = storage_file(tensor);
        self.pickle.0.extend((file.len() as u32).to_le_bytes());
        self.pickle.0.extend(file);
        self.op(0x85).op(b'R').number(0);
        let mut strides = vec![1; tensor.shape.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * tensor.shape[axis];
        }
        for sides in [&tensor.shape, &strides] {
            self.op(b'(');
            for &side in sides {
                self.number(side);
            }
            self.op(b't');
        }
        self.op(0x89);
        self.mapping("collections", "OrderedDict").op(b't').op(b'R');
        if learns {
            self.op(0x88);
            self.mapping("collections", "OrderedDict").op(0x87).op(b'R');
        }
        self
    }
}

/// Whether a tensor of NVIDIA's modules is no parameter.
fn is_buffer(name: &str) -> bool {
    let names = [
        "w_avg",
        "noise_const",
        "magnitude_ema",
        "freqs",
        "phases",
        "transform",
    ];
    names.contains(&name) || name.ends_with("_filter") || name.starts_with("running_")
}

/// A storage as a file of PyTorch of its own, of the form before version 1.6.
fn storage_file(tensor: &Tensor) -> Vec<u8> {
    let key = "94287108667616";
    let storage = Pickle::new()
        .op(b'(')
        .text("storage")
        .global("torch", "FloatStorage");
    let storage = storage
        .text(key)
        .text("cpu")
        .int(tensor.values.len() as i32);
    let storage = storage.op(b'N').op(b't').op(b'Q').stop();
    let mut bytes = torch_legacy(&[], &storage);
    // The list of keys at the end is an empty one.
    bytes.truncate(bytes.len() - Pickle::new().op(b']').op(b'(').op(b'e').stop().len());
    bytes.extend(Pickle::new().op(b']').text(key).op(b'a').stop());
    bytes.extend((tensor.values.len() as u64).to_le_bytes());
    bytes.extend(tensor.bytes());
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
