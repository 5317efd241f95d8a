//! Hints as the text of a file.

use super::{Activation, Hints, Layer, Layers, Posterior, Range};
use std::fmt::{self, Write as _};

impl Activation {
    /// All of them, as a list offers them.
    pub const ALL: [Self; 10] = [
        Self::Relu,
        Self::LeakyRelu,
        Self::LeakyReluOfPyTorch,
        Self::Elu,
        Self::Gelu,
        Self::Silu,
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
        Self::None,
    ];

    /// What it is called in a file of hints.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::LeakyReluOfPyTorch => "leaky_relu_0.01",
            Self::Elu => "elu",
            Self::Gelu => "gelu",
            Self::Silu => "silu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
        }
    }
}

impl Range {
    pub const ALL: [Self; 2] = [Self::Unit, Self::Signed];

    /// What it is called in a file of hints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "0..1",
            Self::Signed => "-1..1",
        }
    }
}

/// As the text of a file; what is not said stands nowhere.
impl fmt::Display for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            ("name", &self.name),
            ("title", &self.title),
            ("summary", &self.summary),
            ("data", &self.data),
            ("licence", &self.licence),
        ];
        for (key, value) in words {
            if let Some(value) = value {
                writeln!(f, "{key} = {}", quoted(value))?;
            }
        }
        if let Some(image) = self.image {
            writeln!(f, "image = {image:?}")?;
        }
        if let Some(latent) = self.latent {
            writeln!(f, "latent = {latent:?}")?;
        }
        if let Some(range) = self.range {
            writeln!(f, "range = \"{}\"", range.name())?;
        }
        for (key, function) in [("activation", self.activation), ("output", self.output)] {
            if let Some(function) = function {
                writeln!(f, "{key} = \"{}\"", function.name())?;
            }
        }
        if let Some(epsilon) = self.epsilon {
            writeln!(f, "epsilon = {epsilon:?}")?;
        }
        if let Some(posterior) = self.posterior {
            let name = match posterior {
                Posterior::Halves => "halves",
                Posterior::Pairs => "pairs",
            };
            writeln!(f, "posterior = \"{name}\"")?;
        }
        if !self.classes.is_empty() {
            let classes: Vec<String> = self.classes.iter().map(|word| quoted(word)).collect();
            writeln!(f, "classes = [{}]", classes.join(", "))?;
        }
        // Sections come last: what follows one belongs to it.
        for (section, layers) in [("decoder", &self.decoder), ("encoder", &self.encoder)] {
            if let Some(layers) = layers {
                write!(f, "\n[{section}]\n{layers}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.prefix.is_empty() {
            writeln!(f, "prefix = {}", quoted(&self.prefix))?;
        }
        f.write_str("layers = [\n")?;
        for layer in &self.layers {
            writeln!(f, "  {layer},")?;
        }
        f.write_str("]\n")
    }
}

/// As it is written in a list; settings that are usual are left out.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let mut setting = |name: &str, value: usize, usual: usize| {
            if value != usual {
                // Writing to a string cannot fail.
                let _ = write!(text, ", {name} = {value}");
            }
        };
        match self {
            Self::Function(activation) => return write!(f, "\"{}\"", activation.name()),
            Self::Linear { .. } | Self::Reshape { .. } | Self::Upsample { .. } => {}
            Self::Conv {
                stride,
                padding,
                groups,
                ..
            } => {
                setting("stride", *stride, 1);
                setting("padding", *padding, 0);
                setting("groups", *groups, 1);
            }
            Self::ConvTranspose {
                stride,
                padding,
                output_padding,
                ..
            } => {
                setting("stride", *stride, 1);
                setting("padding", *padding, 0);
                setting("output_padding", *output_padding, 0);
            }
            Self::GroupNorm { groups, .. } => setting("groups", *groups, 0),
            Self::BatchNorm { .. }
            | Self::MaxPool { .. }
            | Self::AveragePool { .. }
            | Self::Scale { .. }
            | Self::PixelShuffle { .. } => {}
        }
        match self {
            Self::BatchNorm { epsilon, .. } | Self::GroupNorm { epsilon, .. }
                if *epsilon != super::epsilon() =>
            {
                let _ = write!(text, ", epsilon = {epsilon:?}");
            }
            Self::Scale { offset, .. } if *offset != 0.0 => {
                let _ = write!(text, ", offset = {offset:?}");
            }
            _ => {}
        }
        let kind = self.kind();
        let value = match self {
            Self::Reshape { reshape } => format!("{reshape:?}"),
            Self::Upsample { upsample } => format!("{upsample:?}"),
            Self::MaxPool { max_pool: side } | Self::AveragePool { average_pool: side } => {
                side.to_string()
            }
            Self::PixelShuffle { pixel_shuffle } => pixel_shuffle.to_string(),
            Self::Scale { scale, .. } => format!("{scale:?}"),
            _ => quoted(self.module().unwrap_or_default()),
        };
        write!(f, "{{{kind} = {value}{text}}}")
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "name = \"mine\"\ntitle = \"A \\\"fine\\\" one\"\nsummary = \"s\"\ndata = \"d\"\nlicence = \"l\"\n\
            image = [1, 28, 28]\nlatent = [8, 8]\nrange = \"-1..1\"\nactivation = \"leaky_relu_0.01\"\noutput = \"tanh\"\n\
            epsilon = 1e-3\nposterior = \"pairs\"\nclasses = [\"a\", \"b\"]\n[decoder]\nprefix = \"dec.\"\nlayers = [\n\
            {linear = \"fc\"}, \"relu\", \"none\", {reshape = [8, 7, 7]}, {upsample = [14, 14]},\n\
            {conv_transpose = \"up\", stride = 2, padding = 1, output_padding = 1}, {batch_norm = \"n\", epsilon = 0.5},\n\
            {conv = \"c\", padding = 1, groups = 2}, {group_norm = \"g\", groups = 4}, {max_pool = 2}, {average_pool = 3},\n\
            {pixel_shuffle = 2}, {scale = 0.5, offset = 1}, {scale = 2}, \"sigmoid\"]\n[encoder]\nlayers = [{linear = \"e\"}]\n";
        let hints = Hints::read(text).expect("it is sound");
        let written = hints.to_string();
        assert_eq!(Hints::read(&written).expect(&written), hints, "\n{written}");
        assert!(
            written.contains("  {conv = \"c\", padding = 1, groups = 2},\n"),
            "{written}"
        );
        assert_eq!(Hints::default().to_string(), "");
        for activation in Activation::ALL {
            let text = format!("output = \"{}\"", activation.name());
            let read = Hints::read(&text).expect(&text).output;
            assert_eq!(read, Some(activation));
        }
    }
}
