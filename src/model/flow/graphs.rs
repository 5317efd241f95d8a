//! The three graphs of a flow: from a picture to its code, to its density, and from a code back.

use super::spec::{FlowSpec, Level, usual_stretch};
use crate::model::bound_graph::{Binding, BoundGraph, Derived};
use crate::model::file::StoredTensor;
use crate::model::graph::{
    self, Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, ReduceMode, Window,
};
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;

/// What the tensors of a file begin with.
const PREFIX: &str = "flow.";
/// The output of [`density_graph`].
pub const DENSITY: &str = "log_density";
/// A node of a step's matrix, and of what is derived from it.
const MIX: &str = "mix";
const UNMIX: &str = "unmix";
const UNSHIFT: &str = "unshift";
const VOLUME: &str = "volume";

/// The matrix whose logarithm of the determinant a constant of [`density_graph`] is: the tensor's
/// name, its side, and at how many places it is applied.
pub fn mix_of(constant: &str, levels: &[Level]) -> Option<(String, usize, usize)> {
    let node = constant.strip_suffix(".value")?;
    let step = node.strip_suffix(VOLUME)?;
    let level: usize = step.split('_').next()?.strip_prefix('l')?.parse().ok()?;
    let level = levels.get(level)?;
    let places = level.height * level.width;
    Some((format!("{step}{MIX}.weight"), level.channels, places))
}

/// From a picture in 0..1 to `z`.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn encoder_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let levels = spec.levels(image)?;
    let mut net = Builder::new(spec);
    let finished = net.forward(&levels, image, None);
    let z = net.add("z", Operation::Concatenate { axis: 0 }, &refs(&finished));
    BoundGraph::with_prefix(&net.graph(picture(image), "z", z), PREFIX)
}

/// From a picture in 0..1 to the natural logarithm of its density, `[1]`: that of pixels that may have
/// any value in 0..1. With pictures of 256 values it is in bits per dimension
/// `8 - log_density / (dimensions * ln 2)`.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn density_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let levels = spec.levels(image)?;
    let mut net = Builder::new(spec);
    let mut terms = Vec::new();
    let finished = net.forward(&levels, image, Some(&mut terms));
    let z = net.add("z", Operation::Concatenate { axis: 0 }, &refs(&finished));
    let squares = net.pointwise("z_squares", Function::Square, &z);
    let squares = net.sum("z_square", &squares, image.len());
    let normaliser = -0.5 * image.len() as f64 * (2.0 * std::f64::consts::PI).ln();
    terms.push(net.scale("prior", &squares, -0.5, normaliser as f32));
    let mut total = terms[0].clone();
    for (index, term) in terms.iter().enumerate().skip(1) {
        total = net.add(&format!("sum{index}"), Operation::Add, &[&total, term]);
    }
    let graph = net.graph(picture(image), DENSITY, total);
    let bind = |name: &str| match mix_of(name, &levels) {
        Some((mix, side, places)) => Binding {
            tensor: format!("{PREFIX}{mix}"),
            factor: places as f32,
            derived: Derived::LogDeterminant { side },
        },
        None => Binding::stored(format!("{PREFIX}{name}")),
    };
    bound(&graph, bind)
}

/// From `z` to a picture in 0..1.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn decoder_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let levels = spec.levels(image)?;
    let mut net = Builder::new(spec);
    net.backward(&levels);
    let input = InputSpec {
        name: "z".to_owned(),
        shape: vec![image.len()],
        shared: false,
    };
    let graph = net.graph(input, "picture", "picture".to_owned());
    let bind = |name: &str| {
        let node = name.rsplit_once('.').map_or(name, |(node, _)| node);
        let level = node
            .split('_')
            .next()
            .and_then(|level| level.strip_prefix('l'));
        let level = level.and_then(|level| level.parse::<usize>().ok());
        let side = level
            .and_then(|level| levels.get(level))
            .map_or(0, |it| it.channels);
        match (node.strip_suffix(UNMIX), node.strip_suffix(UNSHIFT)) {
            (Some(step), _) => Binding {
                tensor: format!("{PREFIX}{step}{MIX}.weight"),
                factor: 1.0,
                derived: Derived::Inverse { side },
            },
            (_, Some(step)) => Binding {
                factor: -1.0,
                ..Binding::stored(format!("{PREFIX}{step}{MIX}.bias"))
            },
            _ => Binding::stored(format!("{PREFIX}{name}")),
        }
    };
    bound(&graph, bind)
}

/// Checks that every matrix has an inverse.
///
/// # Errors
/// A sentence that names the tensor of one that has none.
pub fn check_matrices(
    spec: &FlowSpec,
    image: ImageSpec,
    tensors: &BTreeMap<String, StoredTensor>,
) -> Result<(), String> {
    let graph = density_graph(spec, image)?;
    let levels = spec.levels(image)?;
    for parameter in graph.plan.all_parameters() {
        let Some((mix, ..)) = mix_of(&parameter.name, &levels) else {
            continue;
        };
        if graph.values_of(tensors, &parameter.name).is_none() {
            return Err(format!("the matrix {PREFIX}{mix} has no inverse"));
        }
    }
    Ok(())
}

fn bound(spec: &GraphSpec, bind: impl Fn(&str) -> Binding) -> Result<BoundGraph, String> {
    let plan = graph::plan(spec)?;
    let names = plan.all_parameters().map(|one| one.name.clone());
    let bindings: BTreeMap<String, Binding> =
        names.map(|name| (name.clone(), bind(&name))).collect();
    BoundGraph::with_bindings(spec, bindings)
}

fn picture(image: ImageSpec) -> InputSpec {
    InputSpec {
        name: "picture".to_owned(),
        shape: vec![image.channels, image.height, image.width],
        shared: false,
    }
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// A graph that grows; every method gives the name of its result.
struct Builder<'a> {
    spec: &'a FlowSpec,
    nodes: Vec<NodeSpec>,
}

impl<'a> Builder<'a> {
    fn new(spec: &'a FlowSpec) -> Self {
        Self {
            spec,
            nodes: Vec::new(),
        }
    }

    fn graph(self, input: InputSpec, output: &str, value: String) -> GraphSpec {
        GraphSpec {
            inputs: vec![input],
            nodes: self.nodes,
            outputs: vec![OutputSpec {
                name: output.to_owned(),
                value,
            }],
        }
    }

    fn add(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        name.to_owned()
    }

    fn pointwise(&mut self, name: &str, function: Function, x: &str) -> String {
        self.add(name, Operation::Pointwise { function }, &[x])
    }

    fn scale(&mut self, name: &str, x: &str, factor: f32, offset: f32) -> String {
        self.add(name, Operation::Scale { factor, offset }, &[x])
    }

    fn reshape(&mut self, name: &str, x: &str, shape: &[usize]) -> String {
        let shape = shape.to_vec();
        self.add(name, Operation::Reshape { shape }, &[x])
    }

    /// The sum of `len` numbers, `[1]`.
    fn sum(&mut self, name: &str, x: &str, len: usize) -> String {
        let row = self.reshape(&format!("{name}_row"), x, &[1, len]);
        let sum = Operation::Reduce {
            axis: 1,
            mode: ReduceMode::Sum,
        };
        self.add(name, sum, &[&row])
    }

    fn conv(&mut self, name: &str, x: &str, channels: usize, kernel: usize, bias: bool) -> String {
        let operation = Operation::Conv {
            channels,
            kernel: [kernel; 2],
            window: Window::square(1, kernel / 2),
            groups: 1,
            bias,
        };
        self.add(name, operation, &[x])
    }

    fn half(&mut self, name: &str, x: &str, [start, end]: [usize; 2]) -> String {
        let slice = Operation::Slice {
            axis: 0,
            start,
            end,
        };
        self.add(name, slice, &[x])
    }

    /// All levels from a picture on: the finished parts in order. Where `terms` are wanted, what the
    /// logarithm of the density is the sum of, but for that of the code.
    fn forward(
        &mut self,
        levels: &[Level],
        image: ImageSpec,
        mut terms: Option<&mut Vec<String>>,
    ) -> Vec<String> {
        let margin = self.spec.margin;
        let inner = self.scale("inner", "picture", 1.0 - 2.0 * margin, margin);
        let outer = self.scale("outer", &inner, -1.0, 1.0);
        let ln_inner = self.pointwise("ln_inner", Function::Log, &inner);
        let ln_outer = self.pointwise("ln_outer", Function::Log, &outer);
        let mut x = self.add("logit", Operation::Subtract, &[&ln_inner, &ln_outer]);
        if let Some(terms) = &mut terms {
            let slopes = self.add("logit_slopes", Operation::Add, &[&ln_inner, &ln_outer]);
            let len = image.len();
            let sum = self.sum("logit_slope", &slopes, len);
            let factor = len as f64 * f64::from(1.0 - 2.0 * margin).ln();
            terms.push(self.scale("logit_volume", &sum, -1.0, factor as f32));
        }
        let mut finished = Vec::new();
        for (index, level) in levels.iter().enumerate() {
            x = self.add(
                &format!("l{index}_fold"),
                Operation::PixelUnshuffle { factor: level.fold },
                &[&x],
            );
            for step in 0..level.steps {
                let name = format!("l{index}_s{step}_");
                x = self.conv(&format!("{name}{MIX}"), &x, level.channels, 1, true);
                let [kept, changed] = self.halves(&name, &x, level);
                let [log_scale, shift] = self.coupling(&name, &kept, level);
                let scale = self.pointwise(&format!("{name}scale"), Function::Exp, &log_scale);
                let scaled = format!("{name}scaled");
                let scaled = self.add(&scaled, Operation::Multiply, &[&changed, &scale]);
                let moved = format!("{name}moved");
                let moved = self.add(&moved, Operation::Add, &[&scaled, &shift]);
                let joined = format!("{name}joined");
                x = self.add(
                    &joined,
                    Operation::Concatenate { axis: 0 },
                    &[&kept, &moved],
                );
                if let Some(terms) = &mut terms {
                    let len = level.channels / 2 * level.height * level.width;
                    terms.push(self.sum(&format!("{name}stretch"), &log_scale, len));
                    let volume = Operation::Constant { shape: vec![1] };
                    terms.push(self.add(&format!("{name}{VOLUME}"), volume, &[]));
                }
            }
            let done = level.finished();
            let part = self.half(&format!("l{index}_done"), &x, [0, done]);
            finished.push(self.reshape(&format!("l{index}_code"), &part, &[level.finished_len()]));
            if !level.is_last {
                x = self.half(&format!("l{index}_rest"), &x, [done, level.channels]);
            }
        }
        finished
    }

    /// All levels back to the picture.
    fn backward(&mut self, levels: &[Level]) {
        let mut end: usize = levels.iter().map(Level::finished_len).sum();
        let mut x = String::new();
        for (index, level) in levels.iter().enumerate().rev() {
            let start = end - level.finished_len();
            let code = self.half(&format!("l{index}_code"), "z", [start, end]);
            end = start;
            let sides = [level.finished(), level.height, level.width];
            let done = self.reshape(&format!("l{index}_done"), &code, &sides);
            x = match level.is_last {
                true => done,
                false => self.add(
                    &format!("l{index}_whole"),
                    Operation::Concatenate { axis: 0 },
                    &[&done, &x],
                ),
            };
            for step in (0..level.steps).rev() {
                let name = format!("l{index}_s{step}_");
                let [kept, changed] = self.halves(&name, &x, level);
                let [log_scale, shift] = self.coupling(&name, &kept, level);
                let inverse = self.scale(&format!("{name}less"), &log_scale, -1.0, 0.0);
                let inverse = self.pointwise(&format!("{name}scale"), Function::Exp, &inverse);
                let back = format!("{name}back");
                let back = self.add(&back, Operation::Subtract, &[&changed, &shift]);
                let scaled = format!("{name}scaled");
                let scaled = self.add(&scaled, Operation::Multiply, &[&back, &inverse]);
                let joined = format!("{name}joined");
                x = self.add(
                    &joined,
                    Operation::Concatenate { axis: 0 },
                    &[&kept, &scaled],
                );
                let unshift = Operation::Affine {
                    weight: false,
                    bias: true,
                };
                x = self.add(&format!("{name}{UNSHIFT}"), unshift, &[&x]);
                x = self.conv(&format!("{name}{UNMIX}"), &x, level.channels, 1, false);
            }
            x = self.add(
                &format!("l{index}_fold"),
                Operation::PixelShuffle { factor: level.fold },
                &[&x],
            );
        }
        let margin = self.spec.margin;
        let inner = self.pointwise("inner", Function::Sigmoid, &x);
        let factor = 1.0 / (1.0 - 2.0 * margin);
        let pixels = self.scale("pixels", &inner, factor, -margin * factor);
        let clamp = Function::Clamp { min: 0.0, max: 1.0 };
        self.pointwise("picture", clamp, &pixels);
    }

    /// A number within the stretch of the flow, either way.
    fn bounded(&mut self, name: &str, x: &str) -> String {
        let stretch = self.spec.stretch;
        if stretch == usual_stretch() {
            return self.pointwise(name, Function::Tanh, x);
        }
        let x = self.scale(&format!("{name}_part"), x, 1.0 / stretch, 0.0);
        let x = self.pointwise(&format!("{name}_tanh"), Function::Tanh, &x);
        self.scale(name, &x, stretch, 0.0)
    }

    fn halves(&mut self, name: &str, x: &str, level: &Level) -> [String; 2] {
        let half = level.channels / 2;
        let kept = self.half(&format!("{name}kept"), x, [0, half]);
        let changed = self.half(&format!("{name}changed"), x, [half, level.channels]);
        [kept, changed]
    }

    /// The logarithm of the scale, within the stretch of the flow, and the shift that one half gives for the other.
    fn coupling(&mut self, name: &str, kept: &str, level: &Level) -> [String; 2] {
        let hidden = self.spec.hidden;
        let mut x = self.conv(&format!("{name}first"), kept, hidden, 3, true);
        x = self.pointwise(&format!("{name}first_relu"), Function::Relu, &x);
        x = self.conv(&format!("{name}middle"), &x, hidden, 1, true);
        x = self.pointwise(&format!("{name}middle_relu"), Function::Relu, &x);
        x = self.conv(&format!("{name}last"), &x, level.channels, 3, true);
        let half = level.channels / 2;
        let raw = self.half(&format!("{name}raw"), &x, [0, half]);
        let log_scale = self.bounded(&format!("{name}log_scale"), &raw);
        let shift = self.half(&format!("{name}shift"), &x, [half, level.channels]);
        [log_scale, shift]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;
    use crate::model::cpu::Plan;
    use nalgebra::DMatrix;

    const IMAGE: ImageSpec = ImageSpec {
        channels: 1,
        height: 4,
        width: 4,
    };

    /// Two levels that halve the sides, and one that takes them whole and stretches further.
    fn specs() -> [FlowSpec; 2] {
        let halving = FlowSpec {
            margin: 0.05,
            hidden: 3,
            steps: vec![2, 1],
            fold: 2,
            stretch: 1.0,
        };
        let whole = FlowSpec {
            steps: vec![3],
            fold: 4,
            stretch: 3.0,
            ..halving.clone()
        };
        [halving, whole]
    }

    /// A flow of 16 pixels with random tensors, and its three networks.
    fn flow(spec: &FlowSpec) -> [Plan; 3] {
        let encoder = encoder_graph(spec, IMAGE).expect("sound");
        let tensors = encoder.plan.all_parameters().enumerate();
        let tensors: BTreeMap<_, _> = tensors
            .map(|(index, parameter)| {
                let len = parameter.shape.iter().product();
                let values = seed_code(index as u32, len)
                    .iter()
                    .map(|it| 0.4 * it)
                    .collect();
                let shape = parameter.shape.clone();
                let tensor = StoredTensor { shape, values };
                (format!("{PREFIX}{}", parameter.name), tensor)
            })
            .collect();
        assert_eq!(check_matrices(spec, IMAGE, &tensors), Ok(()));
        let mut singular = tensors.clone();
        let mix = singular
            .get_mut("flow.l0_s1_mix.weight")
            .expect("it is there");
        mix.values.fill(1.0);
        let fault = check_matrices(spec, IMAGE, &singular).expect_err("no inverse");
        assert!(fault.contains("l0_s1_mix"), "{fault}");
        let others = [density_graph, decoder_graph].map(|graph| graph(spec, IMAGE));
        let [density, decoder] = others.map(|graph| graph.expect("sound"));
        [encoder, density, decoder].map(|graph| {
            let plan = Plan::compile(&graph.plan, |name| graph.values_of(&tensors, name));
            plan.expect("all tensors are there")
        })
    }

    fn run(plan: &Plan, input: &[f32]) -> Vec<f32> {
        plan.run(&[input]).expect("it fits").remove(0)
    }

    fn picture() -> Vec<f32> {
        let normals = seed_code(77, IMAGE.len());
        normals.iter().map(|it| 1.0 / (1.0 + (-it).exp())).collect()
    }

    #[test]
    fn a_code_leads_back_to_its_picture() {
        for spec in specs() {
            let [encoder, _, decoder] = flow(&spec);
            let picture = picture();
            let code = run(&encoder, &picture);
            let found = run(&decoder, &code);
            for (found, wanted) in found.iter().zip(&picture) {
                assert!((found - wanted).abs() < 1e-4, "{found}, not {wanted}");
            }
            let again = run(&encoder, &found);
            for (found, wanted) in again.iter().zip(&code) {
                assert!((found - wanted).abs() < 1e-3, "{found}, not {wanted}");
            }
        }
    }

    /// By the change of variables: the prior's density of the code times the absolute determinant of
    /// the Jacobian, which is measured here by differences.
    #[test]
    fn the_density_is_that_of_the_code_times_the_change_of_volume() {
        specs().iter().for_each(the_density_is_that_of_the_code);
    }

    fn the_density_is_that_of_the_code(spec: &FlowSpec) {
        let [encoder, density, _] = flow(spec);
        let picture = picture();
        let len = picture.len();
        let step = 1e-3_f32;
        let mut columns = Vec::with_capacity(len * len);
        for pixel in 0..len {
            let mut moved = [picture.clone(), picture.clone()];
            moved[0][pixel] -= step;
            moved[1][pixel] += step;
            let [low, high] = moved.map(|picture| run(&encoder, &picture));
            let slopes = high.iter().zip(&low);
            columns.extend(slopes.map(|(high, low)| f64::from(high - low) / f64::from(2.0 * step)));
        }
        let jacobian = DMatrix::from_vec(len, len, columns);
        let code = run(&encoder, &picture);
        let wanted = crate::latent::prior::log_density(&code) + jacobian.determinant().abs().ln();
        let found = f64::from(run(&density, &picture)[0]);
        assert!((found - wanted).abs() < 0.1, "{found}, not {wanted}");
    }
}
