//! What is measured, by the words of question files.

/// A number that the program can measure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Euclidean norm of the code.
    Norm,
    /// Euclidean distance of two codes.
    Distance,
    /// Angle of two codes, in degrees.
    Angle,
    /// Natural logarithm of the standard normal density of the code.
    LogDensity,
    /// One number of the code.
    Coordinate,
    /// Root mean square difference of two pictures, in percent of the full range.
    Change,
    /// Mean of the picture's numbers, 0..1.
    Brightness,
    /// Mean absolute difference of neighbouring pixels, 0..1.
    Sharpness,
    /// Share of the picture's numbers over 0.5, in percent.
    Ink,
    /// The class that the judge sees.
    Digit,
    /// The judge's probability of that class, in percent.
    Confidence,
    /// The judge's probability of a label, in percent.
    Probability,
    /// Mean squared error of encoding the picture and decoding it again.
    ReconstructionError,
    /// Bits that a number of the picture takes by the model's own density.
    BitsPerDim,
    /// Distance of the code to the nearest encoded test datum.
    Nearest,
    /// The probability of the likeliest next word, in percent.
    Likeliest,
    /// The probability of a word as the next, in percent.
    Chance,
    /// How many words can be drawn.
    Choices,
    /// The uncertainty of the next word, in bits.
    Entropy,
    /// The perplexity of a text by the model itself.
    Perplexity,
    /// How many of twenty written words are different ones, in percent.
    Variety,
    /// How improbable twenty written words are on average by the model itself, in bits.
    Surprise,
    /// The weight of a word in attention, in percent.
    Weight,
    /// How many pieces a text is cut into.
    Tokens,
    /// The logarithm of how many times larger a flow makes a small area around its code, in nats.
    LogDet,
    /// The logarithm of a flow's density at what it makes of its code, in nats.
    LogDensityOfPoint,
    /// The mean of a flow's `-log p(x)` over held-out points, in nats.
    HeldOutLoss,
    /// How well a nonlinearity on a grid commutes with shifts, in dB.
    Equivariance,
    /// How far it is from that at one shift, in percent.
    ShiftError,
    /// How strong a wave is in what it gives.
    Amplitude,
}

impl Measure {
    pub const ALL: [Self; 30] = [
        Self::Norm,
        Self::Distance,
        Self::Angle,
        Self::LogDensity,
        Self::Coordinate,
        Self::Change,
        Self::Brightness,
        Self::Sharpness,
        Self::Ink,
        Self::Digit,
        Self::Confidence,
        Self::Probability,
        Self::ReconstructionError,
        Self::BitsPerDim,
        Self::Nearest,
        Self::Likeliest,
        Self::Chance,
        Self::Choices,
        Self::Entropy,
        Self::Perplexity,
        Self::Variety,
        Self::Surprise,
        Self::Weight,
        Self::Tokens,
        Self::LogDet,
        Self::LogDensityOfPoint,
        Self::HeldOutLoss,
        Self::Equivariance,
        Self::ShiftError,
        Self::Amplitude,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Norm => "norm",
            Self::Distance => "distance",
            Self::Angle => "angle",
            Self::LogDensity => "log_density",
            Self::Coordinate => "coordinate",
            Self::Change => "change",
            Self::Brightness => "brightness",
            Self::Sharpness => "sharpness",
            Self::Ink => "ink",
            Self::Digit => "digit",
            Self::Confidence => "confidence",
            Self::Probability => "probability",
            Self::ReconstructionError => "reconstruction_error",
            Self::BitsPerDim => "bits_per_dim",
            Self::Nearest => "nearest",
            Self::Likeliest => "likeliest",
            Self::Chance => "chance",
            Self::Choices => "choices",
            Self::Entropy => "entropy",
            Self::Perplexity => "perplexity",
            Self::Variety => "variety",
            Self::Surprise => "surprise",
            Self::Weight => "weight",
            Self::Tokens => "tokens",
            Self::LogDet => "log_det",
            Self::LogDensityOfPoint => "flow_log_density",
            Self::HeldOutLoss => "flow_loss",
            Self::Equivariance => "equivariance",
            Self::ShiftError => "shift_error",
            Self::Amplitude => "amplitude",
        }
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Norm => "Norm",
            Self::Distance => "Distance",
            Self::Angle => "Angle",
            Self::LogDensity => "Log density",
            Self::Coordinate => "Coordinate",
            Self::Change => "Change",
            Self::Brightness => "Brightness",
            Self::Sharpness => "Sharpness",
            Self::Ink => "Ink",
            Self::Digit => "Judge sees",
            Self::Confidence => "Confidence",
            Self::Probability => "Probability",
            Self::ReconstructionError => "Reconstruction error",
            Self::BitsPerDim => "Bits per dimension",
            Self::Nearest => "Nearest datum",
            Self::Likeliest => "Likeliest word",
            Self::Chance => "Chance",
            Self::Choices => "Words to choose from",
            Self::Entropy => "Entropy",
            Self::Perplexity => "Perplexity",
            Self::Variety => "Different words",
            Self::Surprise => "Bits per word",
            Self::Weight => "Weight",
            Self::Tokens => "Pieces",
            Self::LogDet => "log |det|",
            Self::LogDensityOfPoint => "log p(x)",
            Self::HeldOutLoss => "Held-out loss",
            Self::Equivariance => "EQ-T",
            Self::ShiftError => "Shift error",
            Self::Amplitude => "Amplitude",
        }
    }

    /// The measure of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.key() == key)
    }

    /// The unit that people read after the number; may be empty.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Angle => "°",
            Self::Change | Self::Ink | Self::Confidence | Self::Probability => "%",
            Self::Likeliest | Self::Chance | Self::Variety | Self::Weight => "%",
            Self::Entropy | Self::Surprise => "bits",
            Self::LogDet | Self::LogDensityOfPoint | Self::HeldOutLoss => "nats",
            Self::Equivariance => "dB",
            Self::ShiftError => "%",
            _ => "",
        }
    }

    /// How many expressions it is of.
    pub fn argument_count(self) -> usize {
        match self {
            _ if self.toy().is_some() => 0,
            Self::Distance | Self::Angle | Self::Change => 2,
            _ => 1,
        }
    }

    /// Whether it asks a classifier of the model's data.
    pub fn needs_judge(self) -> bool {
        matches!(self, Self::Digit | Self::Confidence | Self::Probability)
    }

    /// Whether the judge has to see one class in each picture.
    pub fn needs_classes(self) -> bool {
        matches!(self, Self::Digit | Self::Confidence)
    }

    /// Whether it asks for an encoder, or for data that one has encoded.
    pub fn needs_encoder(self) -> bool {
        matches!(self, Self::ReconstructionError | Self::Nearest)
    }

    /// Whether it is about pictures, not about their codes alone.
    pub fn is_of_pictures(self) -> bool {
        match self {
            Self::Norm
            | Self::Distance
            | Self::Angle
            | Self::LogDensity
            | Self::Coordinate
            | Self::Nearest
            | Self::Likeliest
            | Self::Chance
            | Self::Choices
            | Self::Entropy
            | Self::Perplexity
            | Self::Variety
            | Self::Surprise
            | Self::Weight
            | Self::Tokens
            | Self::LogDet
            | Self::LogDensityOfPoint
            | Self::HeldOutLoss
            | Self::Equivariance
            | Self::ShiftError
            | Self::Amplitude => false,
            Self::Change
            | Self::Brightness
            | Self::Sharpness
            | Self::Ink
            | Self::Digit
            | Self::Confidence
            | Self::Probability
            | Self::ReconstructionError
            | Self::BitsPerDim => true,
        }
    }

    /// Whether its values are whole, so that one can equal a number.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Digit | Self::Choices | Self::Tokens)
    }
}
