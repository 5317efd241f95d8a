//! The nodes of a flow: the networks, the bins that they choose, and the way through these in both
//! directions.

use super::VALUES;
use super::spec::{FlowSpec, Group, Layout};
use crate::model::graph::{Function, NodeSpec, Operation, ReduceMode, Window};
use std::collections::BTreeMap;

/// The share of a pixel's probability that is spread evenly over all values. No bin becomes so narrow
/// in the code that single precision could not find its way back; in return a picture of 28x28 pixels has a
/// speck every other time.
const EVEN: f32 = 6e-4;
/// What a network is told of a pixel.
const FEATURES: usize = 3;
/// No pixel is further out than this share of its probability.
const LEAST: f32 = 1e-9;
/// Steeper than any two numbers are close, so that a clamp becomes a step.
const STEEP: f32 = 1e6;
/// The share of a standard normal below `z` is nearly that of a logistic below `A z + B z^3`: closer
/// than 0.00015 everywhere (Page 1977).
const A: f32 = 1.5976;
const B: f32 = 0.070_566;
/// Further than any pixel.
const OUTSIDE: f32 = 1e3;
/// How many of the brightest values a network is told apart.
const TOP: f32 = 5.0;
const UNIT: Function = Function::Clamp { min: 0.0, max: 1.0 };

/// A graph that grows; every method gives the name of its result.
pub(super) struct Builder<'a> {
    spec: &'a FlowSpec,
    layout: &'a Layout,
    pub nodes: Vec<NodeSpec>,
    /// The numbers of constants that no file stores.
    pub given: BTreeMap<String, Vec<f32>>,
}

/// What the networks know by now.
#[derive(Default)]
struct Seen {
    /// Pixels of the coarse picture, `[pixels]` each, and their features, `[features]`.
    coarse: Vec<[String; 2]>,
    /// Features of pictures of the sides of the coarse one, `[features, height, width]` each.
    fine: Vec<String>,
    /// What the coarse picture shows, `[gist]`; there once all of it was seen.
    gist: Option<String>,
}

impl Seen {
    fn coarse_features(&self) -> Vec<String> {
        self.coarse
            .iter()
            .map(|[_, features]| features.clone())
            .collect()
    }
}

impl<'a> Builder<'a> {
    pub fn new(spec: &'a FlowSpec, layout: &'a Layout) -> Self {
        Self {
            spec,
            layout,
            nodes: Vec::new(),
            given: BTreeMap::new(),
        }
    }

    /// From the node of a picture to that of its code, `[pixels]`, which lies as the picture does.
    pub fn encode(&mut self, picture: &str) -> String {
        let [pixels, probabilities] = self.all_pixels(picture);
        let share = self.share_of_bins(&pixels);
        let rest = self.scale("rest", &share, -1.0, 1.0);
        let [below, above] = [("below", &share), ("above", &rest)].map(|(name, share)| {
            let part = |part: &str| format!("{name}_{part}");
            let parts = self.both(&part("parts"), Operation::Multiply, &probabilities, share);
            let sum = self.sum(&part("sum"), &parts, 0);
            let clamp = Function::Clamp {
                min: LEAST,
                max: 1.0,
            };
            let sum = self.function(&part("least"), &sum, clamp);
            self.function(&part("log"), &sum, Function::Log)
        });
        let logit = self.both("logit", Operation::Subtract, &below, &above);
        let less = self.scale("less", &logit, -1.0, 0.0);
        // Each side by itself, so that nothing is lost to cancellation.
        let right = self.normal_of_positive("right", &logit);
        let left = self.normal_of_positive("left", &less);
        let near = self.both("near", Operation::Subtract, &right, &left);
        // A step of Newton's takes out what was rounded, on the very way that the decoder goes.
        let [found, slope] = self.logit_of("near", &near);
        let past = self.both("past_logit", Operation::Subtract, &found, &logit);
        let step = self.both("newton", Operation::Divide, &past, &slope);
        let ordered = self.both("ordered", Operation::Subtract, &near, &step);
        let z = self.in_place("z_picture", &ordered);
        self.reshape("z", &z, &[self.layout.pixels()])
    }

    /// From the node of a picture to that of the natural logarithm of its density, `[1]`.
    pub fn log_density(&mut self, picture: &str) -> String {
        let [pixels, probabilities] = self.all_pixels(picture);
        let is_in = self.is_in_bins(&pixels);
        let per_width = self.widths().iter().map(|width| 1.0 / width).collect();
        let per_width = self.column("per_width", per_width);
        let weights = self.both("weights", Operation::Multiply, &is_in, &per_width);
        let parts = self.both("parts", Operation::Multiply, &probabilities, &weights);
        let densities = self.sum("densities", &parts, 0);
        let logarithms = self.function("logarithms", &densities, Function::Log);
        let row = self.reshape("logarithm_row", &logarithms, &[1, self.layout.pixels()]);
        self.sum("log_density", &row, 1)
    }

    /// From the node of a code to that of its picture, `[1, height, width]`.
    pub fn decode(&mut self, z: &str) -> String {
        let ordered = self.in_order("code", z);
        let [logit, _] = self.logit_of("code", &ordered);
        // A sigmoid, written out: that of the CPU plan is only good to six digits.
        let one = self.constant("one", &[1], vec![1.0]);
        let [below, above] = [("below", -1.0), ("above", 1.0)].map(|(name, sign)| {
            let part = |part: &str| format!("{name}_{part}");
            let x = self.scale(&part("logit"), &logit, sign, 0.0);
            let x = self.function(&part("odds"), &x, Function::Exp);
            let x = self.scale(&part("sum"), &x, 1.0, 1.0);
            self.both(name, Operation::Divide, &one, &x)
        });
        let bounds = self.spec.bounds();
        let bins = self.spec.bins.len();
        let (first, last) = (bounds[0], bounds[bins]);
        // Row by row which bins are passed on the way to each.
        let passed = |is_passed: fn(usize, usize) -> bool| {
            let places = (0..bins * bins).map(|at| is_passed(at % bins, at / bins));
            places.map(|it| f32::from(u8::from(it))).collect()
        };
        let before = self.constant("before", &[bins, bins], passed(|one, bin| one < bin));
        let after = self.constant("after", &[bins, bins], passed(|one, bin| one > bin));
        let widths = self.column("widths", self.widths());

        let mut seen = Seen::default();
        let mut found = Vec::new();
        for (index, (group, [start, end])) in self.ranges().into_iter().enumerate() {
            let name = format!("g{index}_");
            let probabilities = self.probabilities(&name, &group, &mut seen);
            let share = self.slice(&format!("{name}below"), &below, [start, end]);
            let rest = self.slice(&format!("{name}above"), &above, [start, end]);
            let way = |net: &mut Self, side: &str, share: &str, sums: &str| {
                let part = |what: &str| format!("{name}{side}_{what}");
                let share = net.reshape(&part("row"), share, &[1, end - start]);
                let passed = net.both(&part("passed"), Operation::MatMul, sums, &probabilities);
                let left = net.both(&part("left"), Operation::Subtract, &share, &passed);
                let parts = net.both(&part("parts"), Operation::Divide, &left, &probabilities);
                let parts = net.function(&part("within"), &parts, UNIT);
                let parts = net.both(&part("widths"), Operation::Multiply, &parts, &widths);
                net.sum(&part("way"), &parts, 0)
            };
            // From both ends: the nearer one has the finer steps of single precision.
            let up = way(self, "up", &share, &before);
            let down = way(self, "down", &rest, &after);
            let low = self.scale(&format!("{name}low"), &up, 1.0, first);
            let high = self.scale(&format!("{name}high"), &down, -1.0, last);
            let past = self.scale(&format!("{name}past"), &share, STEEP, -0.5 * STEEP);
            let is_high = self.function(&format!("{name}is_high"), &past, UNIT);
            let gap = self.both(&format!("{name}gap"), Operation::Subtract, &high, &low);
            let gap = self.both(&format!("{name}taken"), Operation::Multiply, &gap, &is_high);
            let pixels = self.both(&format!("{name}pixels"), Operation::Add, &low, &gap);
            self.see(&name, &group, &pixels, &mut seen);
            found.push(pixels);
        }
        let ordered = self.joined("ordered", &found);
        self.in_place("picture", &ordered)
    }

    /// The pixels of a picture as `[1, pixels]`, and the probabilities of their bins, `[bins, pixels]`, both
    /// in the order of the groups. All networks see the picture itself, so none waits for another.
    fn all_pixels(&mut self, picture: &str) -> [String; 2] {
        let pixels = self.in_order("pixels", picture);
        let mut seen = Seen::default();
        let mut all = Vec::new();
        for (index, (group, range)) in self.ranges().into_iter().enumerate() {
            let name = format!("g{index}_");
            all.push(self.probabilities(&name, &group, &mut seen));
            let pixels = self.slice(&format!("{name}pixels"), &pixels, range);
            self.see(&name, &group, &pixels, &mut seen);
        }
        let axis = Operation::Concatenate { axis: 1 };
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let probabilities = self.add("probabilities", axis, &all);
        let len = self.layout.pixels();
        [self.reshape("pixel_row", &pixels, &[1, len]), probabilities]
    }

    /// How likely each bin is for each pixel of a group, by what was seen: `[bins, pixels]`.
    fn probabilities(&mut self, name: &str, group: &Group, seen: &mut Seen) -> String {
        let part = |part: &str| format!("{name}{part}");
        let bins = self.spec.bins.len();
        let hidden = self.spec.hidden;
        let [height, width] = self.layout.sides;
        let scores = match group {
            Group::Coarse(len) if seen.coarse.is_empty() => {
                let shape = vec![bins, *len];
                self.add(&part("last"), Operation::Constant { shape }, &[])
            }
            Group::Coarse(len) => {
                let known = self.joined(&part("known"), &seen.coarse_features());
                let x = self.layers(name, &known);
                let x = self.linear(&part("last"), &x, bins * len);
                self.reshape(&part("scores"), &x, &[bins, *len])
            }
            Group::Fine(_) => {
                let gist = match &seen.gist {
                    Some(gist) => gist.clone(),
                    None => self.all_coarse(seen),
                };
                let told = self.linear(&part("told"), &gist, hidden);
                let told = self.reshape(&part("told_all"), &told, &[hidden, 1, 1]);
                let shape = vec![hidden, height, width];
                let place = self.add(&part("place"), Operation::Constant { shape }, &[]);
                let known = self.joined(&part("known"), &seen.fine);
                let x = self.conv(&part("first"), &known, hidden, 3);
                let x = self.both(&part("placed"), Operation::Add, &x, &place);
                let x = self.both(&part("informed"), Operation::Add, &x, &told);
                let x = self.function(&part("first_relu"), &x, Function::Relu);
                let x = self.conv(&part("second"), &x, hidden, 1);
                let x = self.function(&part("second_relu"), &x, Function::Relu);
                let x = self.conv(&part("last"), &x, bins, 1);
                self.reshape(&part("scores"), &x, &[bins, height * width])
            }
        };
        let axis = 0;
        let x = self.add(&part("softmax"), Operation::Softmax { axis }, &[&scores]);
        let x = self.scale(&part("less_even"), &x, 1.0 - EVEN, 0.0);
        let widths = self.widths();
        let whole: f32 = widths.iter().sum();
        let even = widths.iter().map(|width| EVEN * width / whole).collect();
        let even = self.column("even", even);
        self.both(&part("probabilities"), Operation::Add, &x, &even)
    }

    /// What follows from the coarse picture once all of it was seen: its features as a picture, and its gist.
    fn all_coarse(&mut self, seen: &mut Seen) -> String {
        let pixels: Vec<String> = seen
            .coarse
            .iter()
            .map(|[pixels, _]| pixels.clone())
            .collect();
        let pixels = self.joined("coarse", &pixels);
        let rows = self.permuted("coarse", &pixels, true);
        let features = self.features("coarse_", &rows, &self.picture_of_features());
        seen.fine.push(features);
        let known = self.joined("coarse_known", &seen.coarse_features());
        let gist = self.layers("gist_", &known);
        seen.gist = Some(gist.clone());
        gist
    }

    /// Adds pixels `[pixels]` to what is known.
    fn see(&mut self, name: &str, group: &Group, pixels: &str, seen: &mut Seen) {
        match group {
            Group::Coarse(len) => {
                let features = self.features(name, pixels, &[FEATURES * len]);
                seen.coarse.push([pixels.to_owned(), features]);
            }
            Group::Fine(_) => {
                let shape = self.picture_of_features();
                seen.fine.push(self.features(name, pixels, &shape));
            }
        }
    }

    fn picture_of_features(&self) -> [usize; 3] {
        let [height, width] = self.layout.sides;
        [FEATURES, height, width]
    }

    /// What a network is told of pixels `[pixels]`: the value itself, whether it is background, and which of
    /// the brightest it is. Strokes are filled with few values, and the number alone hardly tells one from
    /// the next. Each feature of all pixels, one after the other, in any shape.
    ///
    /// All follow from which of its 256 values a pixel is nearest to, so that a pixel that came back with
    /// another last digit tells the next ones the same.
    fn features(&mut self, name: &str, pixels: &str, shape: &[usize]) -> String {
        let part = |part: &str| format!("{name}{part}");
        let last = VALUES - 1.0;
        let rows = (0..VALUES as usize).flat_map(|value| {
            let value = value as f32;
            let ink = (value - 0.5).clamp(0.0, 1.0);
            let top = ((value - last) / TOP + 1.0).clamp(0.0, 1.0);
            [value / last, ink, top]
        });
        self.given.insert(part("values.weight"), rows.collect());
        let values = self.scale(&part("nearest"), pixels, last, 0.0);
        let table = Operation::Embedding {
            count: VALUES as usize,
            features: FEATURES,
        };
        let rows = self.add(&part("values"), table, &[&values]);
        let order = vec![1, 0];
        let features = self.add(&part("by_feature"), Operation::Permute { order }, &[&rows]);
        self.reshape(&part("features"), &features, shape)
    }

    /// Two layers for numbers in no order.
    fn layers(&mut self, name: &str, x: &str) -> String {
        let gist = self.spec.gist;
        let x = self.linear(&format!("{name}first"), x, gist);
        let x = self.function(&format!("{name}first_silu"), &x, Function::Silu);
        let x = self.linear(&format!("{name}second"), &x, gist);
        self.function(&format!("{name}second_silu"), &x, Function::Silu)
    }

    /// `A z + B z^3` of numbers `z`, and its slope.
    fn logit_of(&mut self, name: &str, z: &str) -> [String; 2] {
        let part = |part: &str| format!("{name}_{part}");
        let squares = self.function(&part("squares"), z, Function::Square);
        let factors = self.scale(&part("factors"), &squares, B, A);
        let logit = self.both(&part("logit"), Operation::Multiply, z, &factors);
        [logit, self.scale(&part("slope"), &squares, 3.0 * B, A)]
    }

    /// The number of a standard normal, at least 0, below which the share of a logistic below `logit` lies;
    /// 0 for logits below 0. The root of `A z + B z^3 = logit` in closed form.
    fn normal_of_positive(&mut self, name: &str, logit: &str) -> String {
        let part = |part: &str| format!("{name}_{part}");
        let radius = (A / (3.0 * B)).sqrt();
        let x = self.function(&part("positive"), logit, Function::Relu);
        let x = self.scale(&part("sinh"), &x, 1.5 / (A * radius), 0.0);
        let square = self.function(&part("square"), &x, Function::Square);
        let more = self.scale(&part("more"), &square, 1.0, 1.0);
        let cosh = self.function(&part("cosh"), &more, Function::Sqrt);
        let sum = self.both(&part("sum"), Operation::Add, &x, &cosh);
        let angle = self.function(&part("angle"), &sum, Function::Log);
        let [up, down] = [1.0, -1.0].map(|sign: f32| {
            let way = part(if sign > 0.0 { "up" } else { "down" });
            let third = self.scale(&format!("{way}_third"), &angle, sign / 3.0, 0.0);
            self.function(&way, &third, Function::Exp)
        });
        let twice = self.both(&part("twice"), Operation::Subtract, &up, &down);
        self.scale(name, &twice, radius, 0.0)
    }

    /// How much of each bin lies below each pixel, `[bins, pixels]` in 0..1, for pixels `[1, pixels]`.
    fn share_of_bins(&mut self, pixels: &str) -> String {
        let bounds = self.spec.bounds();
        let firsts = self.column("firsts", bounds[..bounds.len() - 1].to_vec());
        let widths = self.column("widths", self.widths());
        let past = self.both("past", Operation::Subtract, pixels, &firsts);
        let parts = self.both("past_parts", Operation::Divide, &past, &widths);
        self.function("share", &parts, UNIT)
    }

    /// Whether each pixel is in each bin, as 1 and 0, `[bins, pixels]`.
    fn is_in_bins(&mut self, pixels: &str) -> String {
        let mut bounds = self.spec.bounds();
        let count = bounds.len();
        // What is outside of all bins belongs to the nearest.
        (bounds[0], bounds[count - 1]) = (-OUTSIDE, OUTSIDE);
        let sides = [("first", &bounds[..count - 1]), ("last", &bounds[1..])];
        let [first, last] = sides.map(|(side, bounds)| {
            let part = |part: &str| format!("is_{part}_{side}");
            let bounds = self.column(&part("bound"), bounds.to_vec());
            let past = self.both(&part("past"), Operation::Subtract, pixels, &bounds);
            let steep = self.scale(&part("far_past"), &past, STEEP, 0.0);
            self.function(&part("after"), &steep, UNIT)
        });
        self.both("is_in", Operation::Subtract, &first, &last)
    }

    /// The widths of the bins in 0..1.
    fn widths(&self) -> Vec<f32> {
        let bounds = self.spec.bounds();
        bounds.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// The groups, each with its range in the order of the groups.
    fn ranges(&self) -> Vec<(Group, [usize; 2])> {
        let mut end = 0;
        let groups = self.layout.groups.iter().map(|group| {
            let start = end;
            end += self.layout.len_of(group);
            (group.clone(), [start, end])
        });
        groups.collect()
    }

    /// The numbers of a picture, or of a code that lies as one, in the order of the groups.
    fn in_order(&mut self, name: &str, x: &str) -> String {
        let [height, width] = self.layout.sides;
        let (places, fold) = (height * width, self.spec.fold);
        let picture = format!("{name}_picture");
        let picture = self.reshape(&picture, x, &[1, height * fold, width * fold]);
        let folded = Operation::PixelUnshuffle { factor: fold };
        let folded = self.add(&format!("{name}_folded"), folded, &[&picture]);
        let rows = self.reshape(&format!("{name}_rows"), &folded, &[fold * fold * places]);
        let coarse = self.slice(&format!("{name}_coarse"), &rows, [0, places]);
        let coarse = self.permuted(&format!("{name}_coarse"), &coarse, false);
        let mut parts = vec![coarse];
        for channel in self.fine_channels() {
            let part = format!("{name}_{channel}");
            parts.push(self.slice(&part, &rows, [channel * places, (channel + 1) * places]));
        }
        self.joined(name, &parts)
    }

    /// The other way round: a picture `[1, height, width]`.
    fn in_place(&mut self, name: &str, ordered: &str) -> String {
        let [height, width] = self.layout.sides;
        let (places, fold) = (height * width, self.spec.fold);
        let coarse = self.slice(&format!("{name}_first"), ordered, [0, places]);
        let coarse = self.permuted(&format!("{name}_coarse"), &coarse, true);
        let mut parts = vec![coarse; fold * fold];
        for (index, channel) in self.fine_channels().into_iter().enumerate() {
            let range = [(index + 1) * places, (index + 2) * places];
            parts[channel] = self.slice(&format!("{name}_{channel}"), ordered, range);
        }
        let folded = self.joined(&format!("{name}_rows"), &parts);
        let shape = [fold * fold, height, width];
        let folded = self.reshape(&format!("{name}_folded"), &folded, &shape);
        self.add(name, Operation::PixelShuffle { factor: fold }, &[&folded])
    }

    /// The channels of a folded picture in the order of the groups, but for that of the coarse picture.
    fn fine_channels(&self) -> Vec<usize> {
        let fold = self.spec.fold;
        let fine = self.layout.groups.iter().filter_map(|group| match group {
            Group::Coarse(_) => None,
            Group::Fine([row, column]) => Some(row * fold + column),
        });
        fine.collect()
    }

    /// The pixels of the coarse picture, `[pixels]`, from their rows into their order or back.
    fn permuted(&mut self, name: &str, x: &str, is_back: bool) -> String {
        let places = self.layout.coarse.len();
        let mut matrix = vec![0.0; places * places];
        for (place, &pixel) in self.layout.coarse.iter().enumerate() {
            let [to, from] = if is_back {
                [pixel, place]
            } else {
                [place, pixel]
            };
            matrix[to * places + from] = 1.0;
        }
        let direction = if is_back {
            "coarse_back"
        } else {
            "coarse_order"
        };
        let matrix = self.constant(direction, &[places, places], matrix);
        let column = self.reshape(&format!("{name}_column"), x, &[places, 1]);
        let moved = self.both(
            &format!("{name}_moved"),
            Operation::MatMul,
            &matrix,
            &column,
        );
        self.reshape(&format!("{name}_sorted"), &moved, &[places])
    }

    /// A number for each bin, `[bins, 1]`.
    fn column(&mut self, name: &str, values: Vec<f32>) -> String {
        self.constant(name, &[values.len(), 1], values)
    }

    /// Numbers that no file stores; those of one name are the same wherever they are asked for.
    fn constant(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> String {
        if self.given.insert(format!("{name}.value"), values).is_none() {
            let shape = shape.to_vec();
            self.add(name, Operation::Constant { shape }, &[]);
        }
        name.to_owned()
    }

    fn add(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        name.to_owned()
    }

    fn both(&mut self, name: &str, operation: Operation, a: &str, b: &str) -> String {
        self.add(name, operation, &[a, b])
    }

    fn function(&mut self, name: &str, x: &str, function: Function) -> String {
        self.add(name, Operation::Pointwise { function }, &[x])
    }

    fn scale(&mut self, name: &str, x: &str, factor: f32, offset: f32) -> String {
        self.add(name, Operation::Scale { factor, offset }, &[x])
    }

    fn reshape(&mut self, name: &str, x: &str, shape: &[usize]) -> String {
        let shape = shape.to_vec();
        self.add(name, Operation::Reshape { shape }, &[x])
    }

    fn slice(&mut self, name: &str, x: &str, [start, end]: [usize; 2]) -> String {
        let axis = 0;
        self.add(name, Operation::Slice { axis, start, end }, &[x])
    }

    fn joined(&mut self, name: &str, parts: &[String]) -> String {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.add(name, Operation::Concatenate { axis: 0 }, &parts)
    }

    fn sum(&mut self, name: &str, x: &str, axis: usize) -> String {
        let mode = ReduceMode::Sum;
        self.add(name, Operation::Reduce { axis, mode }, &[x])
    }

    fn linear(&mut self, name: &str, x: &str, outputs: usize) -> String {
        let bias = true;
        self.add(name, Operation::Linear { outputs, bias }, &[x])
    }

    fn conv(&mut self, name: &str, x: &str, channels: usize, kernel: usize) -> String {
        let operation = Operation::Conv {
            channels,
            kernel: [kernel; 2],
            window: Window::square(1, kernel / 2),
            groups: 1,
            bias: true,
        };
        self.add(name, operation, &[x])
    }
}
