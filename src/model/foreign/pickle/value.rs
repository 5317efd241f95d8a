//! What a pickle makes.

use super::globals::Global;
use crate::model::foreign::container::Dtype;
use std::rc::Rc;

/// One value. What has parts lies in the heap under a number.
#[derive(Clone, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    Bytes(Bytes),
    Global(Global),
    Node(usize),
}

/// Bytes of a pickle, which stay in the file.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// Where they lie in the file.
    pub offset: u64,
    pub len: u64,
}

/// Something with parts.
#[derive(Clone, Debug)]
pub enum Node {
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Set(Vec<Value>),
    /// An object of a class that holds data, with what it was set to.
    Object {
        class: Rc<str>,
        state: Value,
    },
    Storage(Storage),
    Tensor(Box<TensorView>),
    /// An array of NumPy before or after its numbers were given.
    Array(Option<Box<ArrayData>>),
    /// A kind of numbers of NumPy, such as `<f4`.
    NumpyDtype(Rc<str>),
}

/// The numbers that tensors look at.
#[derive(Clone, Debug)]
pub struct Storage {
    /// `None` for one that is bytes, of which a tensor says what they are.
    pub dtype: Option<Dtype>,
    pub at: StoragePlace,
}

/// Where the numbers of a storage are.
#[derive(Clone, Debug)]
pub enum StoragePlace {
    /// Under a name in the rest of the file; and how many numbers to skip.
    Key(Rc<str>, u64),
    /// In a file of PyTorch that lies within this one.
    Nested { offset: u64, len: u64 },
}

/// A tensor before its storage is found.
#[derive(Clone, Debug)]
pub struct TensorView {
    pub storage: Storage,
    /// `None` where only the storage knows.
    pub dtype: Option<Dtype>,
    /// Numbers from the start of the storage.
    pub offset: u64,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// The numbers of an array.
#[derive(Clone, Debug)]
pub struct ArrayData {
    pub dtype: Dtype,
    pub big_endian: bool,
    pub shape: Vec<usize>,
    pub fortran: bool,
    pub offset: u64,
    pub len: u64,
}
