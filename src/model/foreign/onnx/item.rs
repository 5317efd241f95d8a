//! What a name in an ONNX graph stands for while it is turned into a graph of ours.

/// A value of the graph.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// What is computed for each code. Its shape is that of one, without the batch.
    Live(Live),
    /// Numbers that are known when the file is opened, with their shape in the file.
    Known(Known),
    /// A tensor of the file, by its name, or turned around.
    Stored {
        name: String,
        shape: Vec<usize>,
        turned: bool,
    },
    /// The number of a class, which rows of a table are chosen by.
    Class,
    /// `erf(x / sqrt(2))` of a live value, and that plus one: parts of what exporters make of GELU.
    Erf { of: Live, plus_one: bool },
}

/// A value that a node or an input of ours gives.
#[derive(Clone, PartialEq, Debug)]
pub struct Live {
    pub name: String,
    pub shape: Vec<usize>,
}

impl Live {
    /// Axes in the file, the batch among them.
    pub fn rank(&self) -> usize {
        self.shape.len() + 1
    }

    /// The shape in the file, with a batch of one.
    pub fn whole(&self) -> Vec<i64> {
        let sides = self.shape.iter().map(|&side| side as i64);
        [1].into_iter().chain(sides).collect()
    }
}

/// A few numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    pub shape: Vec<usize>,
    pub values: Values,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    Ints(Vec<i64>),
    Floats(Vec<f32>),
}

/// The most numbers that are computed with when a file is opened.
pub const MAX_KNOWN: usize = 1 << 16;

impl Known {
    pub fn ints(values: Vec<i64>) -> Self {
        Self {
            shape: vec![values.len()],
            values: Values::Ints(values),
        }
    }

    pub fn len(&self) -> usize {
        match &self.values {
            Values::Ints(values) => values.len(),
            Values::Floats(values) => values.len(),
        }
    }

    pub fn to_floats(&self) -> Vec<f32> {
        match &self.values {
            Values::Ints(values) => values.iter().map(|&value| value as f32).collect(),
            Values::Floats(values) => values.clone(),
        }
    }

    pub fn to_ints(&self) -> Vec<i64> {
        match &self.values {
            Values::Ints(values) => values.clone(),
            Values::Floats(values) => values.iter().map(|&value| value as i64).collect(),
        }
    }
}

/// An axis as the file counts it, from the end if it is below zero.
///
/// # Errors
/// When there is no such axis.
pub fn axis_of(axis: i64, rank: usize) -> Result<usize, String> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(axis) if axis < rank => Ok(axis),
        _ => Err(format!("has no axis {axis}")),
    }
}

/// The same as one of ours.
///
/// # Errors
/// When it is that of the batch.
pub fn inner_axis(axis: i64, rank: usize) -> Result<usize, String> {
    match axis_of(axis, rank)? {
        0 => Err("works along the batch".to_owned()),
        axis => Ok(axis - 1),
    }
}
