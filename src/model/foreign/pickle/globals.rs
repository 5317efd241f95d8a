//! The only things that a pickle may call: what holds data, and nothing that does anything.

use crate::model::foreign::container::Dtype;
use std::fmt;
use std::rc::Rc;

/// A thing that a pickle names.
#[derive(Clone, PartialEq, Debug)]
pub enum Global {
    /// A mapping of any kind: its pairs are kept.
    Mapping,
    Set,
    /// A sequence of numbers, which is a tuple.
    TupleOf,
    /// A value that is wrapped in another, which is passed through.
    PassedThrough,
    /// An object of which only the attributes are kept.
    Record(&'static str),
    /// `object`, which old pickles name as the base of a class.
    Object,
    /// What old pickles make objects with.
    Reconstructor,
    /// An object of NVIDIA's StyleGANs, which carries its source text; that is not looked at.
    Persistent,
    /// A storage of tensors.
    StorageOf(Option<Dtype>),
    /// A kind of numbers of PyTorch.
    TorchDtype(Dtype),
    RebuildTensor,
    /// A tensor and what PyTorch needs beside it.
    RebuildParameter,
    /// A storage in the form in which PyTorch once wrote files.
    LoadFromBytes,
    NumpyReconstruct,
    NumpyArray,
    NumpyDtype,
    NumpyScalar,
    /// Bytes that old pickles write as text.
    Encode,
    /// Anything else, which may be named and not called.
    Unknown(Rc<str>),
}

impl Global {
    /// What `module.name` means here.
    pub fn named(module: &str, name: &str) -> Self {
        let storage = |dtype| Self::StorageOf(Some(dtype));
        match (module, name) {
            ("collections", "OrderedDict" | "defaultdict" | "Counter")
            | ("builtins" | "__builtin__", "dict")
            | ("dnnlib.util" | "dnnlib", "EasyDict")
            | ("easydict", "EasyDict")
            | ("addict.addict", "Dict") => Self::Mapping,
            ("builtins" | "__builtin__", "set" | "frozenset" | "list" | "tuple") => Self::Set,
            ("torch", "Size") => Self::TupleOf,
            ("builtins" | "__builtin__", "int" | "float" | "str" | "bool")
            | ("torch", "device")
            | ("pathlib", "PosixPath" | "WindowsPath" | "PurePosixPath") => Self::PassedThrough,
            ("argparse", "Namespace") | ("types", "SimpleNamespace") => Self::Record("Namespace"),
            ("builtins" | "__builtin__", "object") => Self::Object,
            ("copy_reg" | "copyreg", "_reconstructor") => Self::Reconstructor,
            ("torch_utils.persistence", "_reconstruct_persistent_obj") => Self::Persistent,
            ("torch", "FloatStorage") | ("torch.cuda", "FloatStorage") => storage(Dtype::F32),
            ("torch", "HalfStorage") | ("torch.cuda", "HalfStorage") => storage(Dtype::F16),
            ("torch", "BFloat16Storage") => storage(Dtype::Bf16),
            ("torch", "DoubleStorage") | ("torch.cuda", "DoubleStorage") => storage(Dtype::F64),
            ("torch", "LongStorage") | ("torch.cuda", "LongStorage") => storage(Dtype::Whole(8)),
            ("torch", "IntStorage") => storage(Dtype::Whole(4)),
            ("torch", "ShortStorage") => storage(Dtype::Whole(2)),
            ("torch", "ByteStorage" | "CharStorage" | "BoolStorage") => storage(Dtype::Whole(1)),
            ("torch.storage" | "torch", "UntypedStorage" | "_UntypedStorage") => {
                Self::StorageOf(None)
            }
            ("torch", "float32" | "float") => Self::TorchDtype(Dtype::F32),
            ("torch", "float16" | "half") => Self::TorchDtype(Dtype::F16),
            ("torch", "bfloat16") => Self::TorchDtype(Dtype::Bf16),
            ("torch", "float64" | "double") => Self::TorchDtype(Dtype::F64),
            ("torch", "int64" | "long") => Self::TorchDtype(Dtype::Whole(8)),
            ("torch", "int32") => Self::TorchDtype(Dtype::Whole(4)),
            ("torch", "uint8" | "int8" | "bool") => Self::TorchDtype(Dtype::Whole(1)),
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor" | "_rebuild_tensor_v3") => {
                Self::RebuildTensor
            }
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state")
            | ("torch._tensor", "_rebuild_from_type_v2") => Self::RebuildParameter,
            ("torch.storage", "_load_from_bytes") => Self::LoadFromBytes,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                Self::NumpyReconstruct
            }
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::NumpyScalar,
            ("numpy", "ndarray") => Self::NumpyArray,
            ("numpy", "dtype") => Self::NumpyDtype,
            ("_codecs", "encode") => Self::Encode,
            _ => Self::Unknown(format!("{module}.{name}").into()),
        }
    }
}

/// What it is called in messages.
impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                let shown: String = name.chars().take(120).collect();
                f.write_str(&shown)
            }
            known => write!(f, "{known:?}"),
        }
    }
}
