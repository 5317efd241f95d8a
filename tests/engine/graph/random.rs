//! Graphs at random: none makes the checks panic, and both runners agree on those that pass.

use crate::support::Numbers;
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;
use zscape::model::cpu::Plan;
use zscape::model::graph::{
    Function, GraphNetwork, GraphPlan, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec,
    PadMode, ReduceMode, ResizeMode, Window, plan,
};
use zscape::model::{device, download};

/// How an operation draws its sizes.
trait Sizes {
    /// A count of channels, features or pixels.
    fn side(&mut self) -> usize;
    /// A kernel, stride, border or factor.
    fn small(&mut self) -> usize;
    fn axis(&mut self) -> usize;
    fn numbers(&mut self) -> &mut Numbers;
}

/// Sizes that often fit.
struct Fitting(Numbers);

impl Sizes for Fitting {
    fn side(&mut self) -> usize {
        [1, 2, 3, 4, 6, 8, 12, 17][self.0.below(8)]
    }

    fn small(&mut self) -> usize {
        [1, 1, 2, 2, 3][self.0.below(5)]
    }

    fn axis(&mut self) -> usize {
        self.0.below(3)
    }

    fn numbers(&mut self) -> &mut Numbers {
        &mut self.0
    }
}

/// Sizes of a file that lies.
struct Absurd(Numbers);

impl Absurd {
    fn any(&mut self) -> usize {
        const SIZES: [usize; 14] = [
            0,
            1,
            2,
            3,
            4,
            7,
            1024,
            1025,
            1 << 16,
            1 << 28,
            (1 << 28) + 1,
            1 << 40,
            usize::MAX - 1,
            usize::MAX,
        ];
        // Mostly sizes that get further.
        match self.0.below(3) {
            0 => SIZES[self.0.below(SIZES.len())],
            _ => SIZES[self.0.below(6)],
        }
    }
}

impl Sizes for Absurd {
    fn side(&mut self) -> usize {
        self.any()
    }

    fn small(&mut self) -> usize {
        self.any()
    }

    fn axis(&mut self) -> usize {
        self.any()
    }

    fn numbers(&mut self) -> &mut Numbers {
        &mut self.0
    }
}

fn window(sizes: &mut impl Sizes) -> Window {
    let border = |sizes: &mut dyn FnMut() -> usize| sizes().saturating_sub(1);
    let mut small = || sizes.small();
    let stride = [small(), small()];
    let padding = std::array::from_fn(|_| border(&mut small));
    let dilation = if sizes.numbers().below(2) == 0 {
        [1; 2]
    } else {
        [sizes.small(), sizes.small()]
    };
    Window {
        stride,
        padding,
        dilation,
    }
}

fn function(numbers: &mut Numbers) -> Function {
    match numbers.below(15) {
        0 => Function::Relu,
        1 => Function::LeakyRelu { slope: 0.2 },
        2 => Function::Silu,
        3 => Function::Gelu,
        4 => Function::GeluTanh,
        5 => Function::Mish,
        6 => Function::Tanh,
        7 => Function::Sigmoid,
        8 => Function::Softplus,
        9 => Function::Elu { alpha: 0.5 },
        10 => Function::HardSigmoid,
        11 => Function::HardSwish,
        12 => Function::Abs,
        13 => Function::Sin,
        _ => Function::Clamp {
            min: -0.5,
            max: 0.75,
        },
    }
}

/// An operation, and how many values it takes.
fn operation(sizes: &mut impl Sizes) -> (Operation, usize) {
    let kind = sizes.numbers().below(36);
    let flag = sizes.numbers().below(2) == 0;
    let operation = match kind {
        0 => Operation::Linear {
            outputs: sizes.side(),
            bias: flag,
        },
        1 | 2 => Operation::Conv {
            channels: sizes.side(),
            kernel: [sizes.small(), sizes.small()],
            window: window(sizes),
            groups: sizes.small(),
            bias: flag,
        },
        3 => Operation::ConvTranspose {
            channels: sizes.side(),
            kernel: [sizes.small() + 1, sizes.small() + 1].map(|k| k.max(1)),
            window: window(sizes),
            output_padding: [sizes.small() / 2, 0],
            groups: sizes.small(),
            bias: flag,
        },
        4 => Operation::ConvTranspose {
            channels: sizes.side(),
            kernel: [4; 2],
            window: Window::square(2, 1),
            output_padding: [0; 2],
            groups: 1,
            bias: flag,
        },
        5 | 6 => {
            let modulated = Operation::ModulatedConv {
                channels: sizes.side(),
                kernel: sizes.small(),
                up: 1 + usize::from(flag),
                demodulate: sizes.numbers().below(2) == 0,
                gain: 1.25,
            };
            return (modulated, 2);
        }
        7 => Operation::Affine {
            weight: flag,
            bias: true,
        },
        8 => Operation::Affine {
            weight: false,
            bias: true,
        },
        9 => Operation::Scale {
            factor: 0.5,
            offset: 0.25,
        },
        10 => Operation::BatchNorm { epsilon: 1e-3 },
        11 => Operation::GroupNorm {
            groups: sizes.small(),
            epsilon: 1e-2,
            affine: flag,
        },
        12 => Operation::LayerNorm {
            axes: sizes.small(),
            epsilon: 1e-2,
            affine: flag,
        },
        13 => Operation::Normalise {
            axis: sizes.axis(),
            epsilon: 1e-2,
        },
        14..=16 => Operation::Pointwise {
            function: function(sizes.numbers()),
        },
        17 | 18 => return (Operation::Add, 2),
        19 => return (Operation::Subtract, 2),
        20 => return (Operation::Multiply, 2),
        21 => {
            let axis = sizes.axis();
            let count = 1 + sizes.numbers().below(3);
            return (Operation::Concatenate { axis }, count);
        }
        22 => Operation::Slice {
            axis: sizes.axis(),
            start: sizes.small() - usize::from(flag).min(sizes.small()),
            end: sizes.side(),
        },
        23 => {
            let rank = 1 + sizes.numbers().below(4);
            Operation::Reshape {
                shape: (0..rank).map(|_| sizes.side()).collect(),
            }
        }
        24 => {
            let orders: [&[usize]; 6] = [
                &[0],
                &[1, 0],
                &[2, 0, 1],
                &[0, 2, 1],
                &[1, 1],
                &[3, 0, 2, 1],
            ];
            Operation::Permute {
                order: orders[sizes.numbers().below(6)].to_vec(),
            }
        }
        25 => Operation::Pad {
            padding: std::array::from_fn(|_| sizes.small() / 2),
            mode: [PadMode::Zeros, PadMode::Reflect, PadMode::Replicate][sizes.numbers().below(3)],
        },
        26 => Operation::Resize {
            height: sizes.side(),
            width: sizes.side(),
            mode: if flag {
                ResizeMode::Nearest
            } else {
                ResizeMode::Bilinear
            },
        },
        27 => Operation::AveragePool {
            kernel: [sizes.small(), sizes.small()],
            window: window(sizes),
            include_padding: flag,
        },
        28 => Operation::MaxPool {
            kernel: [sizes.small(), sizes.small()],
            window: window(sizes),
        },
        29 => Operation::Resample {
            taps: vec![0.25; sizes.small().min(8)],
            up: sizes.small(),
            down: sizes.small(),
            padding: std::array::from_fn(|_| sizes.small()),
            gain: 2.0,
        },
        30 => Operation::Reduce {
            axis: sizes.axis(),
            mode: if flag {
                ReduceMode::Mean
            } else {
                ReduceMode::Sum
            },
        },
        31 => match sizes.numbers().below(5) {
            0 => Operation::GlobalMean,
            1 => Operation::PixelShuffle {
                factor: sizes.small(),
            },
            2 => Operation::PixelUnshuffle {
                factor: sizes.small(),
            },
            3 => Operation::Haar,
            _ => Operation::HaarInverse,
        },
        32 => match sizes.numbers().below(3) {
            0 => Operation::Embedding {
                count: sizes.side(),
                features: sizes.side(),
            },
            1 => Operation::TimeEmbedding {
                features: sizes.side(),
                max_period: 100.0,
                cosine_first: flag,
                shift: 0.5,
                scale: 1.0,
            },
            _ => {
                let shape = vec![sizes.side(), sizes.side()];
                return (Operation::Constant { shape }, 0);
            }
        },
        33 => {
            let attention = Operation::Attention {
                heads: sizes.small(),
                causal: flag,
            };
            return (attention, 3);
        }
        34 => return (Operation::MatMul, 2),
        _ => Operation::Softmax { axis: sizes.axis() },
    };
    (operation, 1)
}

fn node(spec: &GraphSpec, sizes: &mut impl Sizes) -> NodeSpec {
    let (operation, count) = operation(sizes);
    let known = spec.inputs.len() + spec.nodes.len();
    let name = |at: usize| match at.checked_sub(spec.inputs.len()) {
        None => spec.inputs[at].name.clone(),
        Some(node) => spec.nodes[node].name.clone(),
    };
    // Mostly what was made last, as in a network; an operation on equal shapes takes one twice.
    let numbers = sizes.numbers();
    let mut inputs: Vec<String> = Vec::new();
    for _ in 0..count {
        inputs.push(match numbers.below(3) {
            0 => name(numbers.below(known)),
            1 if !inputs.is_empty() => inputs[0].clone(),
            _ => name(known - 1),
        });
    }
    NodeSpec {
        name: format!("n{}", spec.nodes.len()),
        operation,
        inputs,
    }
}

#[test]
fn absurd_graphs_never_panic() {
    let (mut sound, mut refused) = (0, 0);
    for seed in 0..40_000 {
        let mut sizes = Absurd(Numbers::new(seed));
        let mut spec = GraphSpec::default();
        for at in 0..1 + sizes.0.below(3) {
            spec.inputs.push(InputSpec {
                name: format!("x{at}"),
                shape: (0..sizes.0.below(6)).map(|_| sizes.any()).collect(),
                shared: sizes.0.below(4) == 0,
            });
        }
        for _ in 0..1 + sizes.0.below(4) {
            let node = node(&spec, &mut sizes);
            spec.nodes.push(node);
        }
        let last = spec.nodes[spec.nodes.len() - 1].name.clone();
        spec.outputs.push(OutputSpec {
            name: "y".to_owned(),
            value: last,
        });
        match plan(&spec) {
            Ok(plan) => {
                sound += 1;
                assert!(plan.peak_numbers <= 1 << 30);
                for value in &plan.values {
                    assert!((1..=4).contains(&value.shape.len()));
                    assert!((1..=1 << 28).contains(&value.len));
                }
            }
            Err(fault) => {
                refused += 1;
                assert!(fault.len() < 500 && !fault.contains('\n'), "{fault}");
            }
        }
    }
    // Neither is so rare that it was not tried.
    assert!(sound > 300 && refused > 10_000, "{sound} and {refused}");
}

/// A modulated convolution of a picture of the graph with a style made for it, and some of what
/// usually follows.
fn styled(spec: &GraphSpec, plan: &GraphPlan, sizes: &mut Fitting) -> GraphSpec {
    let pictures: Vec<usize> = (0..plan.values.len())
        .filter(|&value| plan.values[value].shape.len() == 3)
        .collect();
    let picture = pictures[sizes.0.below(pictures.len())];
    let name = match picture.checked_sub(spec.inputs.len()) {
        None => spec.inputs[picture].name.clone(),
        Some(node) => spec.nodes[node].name.clone(),
    };
    let mut spec = spec.clone();
    let mut add = |operation: Operation, inputs: &[&str]| {
        let name = format!("n{}", spec.nodes.len());
        spec.nodes.push(NodeSpec {
            name: name.clone(),
            operation,
            inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
        });
        name
    };
    let linear = Operation::Linear {
        outputs: plan.values[picture].shape[0],
        bias: true,
    };
    let style = add(linear, &["v"]);
    let (channels, up) = (sizes.side(), 1 + sizes.0.below(2));
    let kernel = [1, 3][sizes.0.below(2)];
    let convolution = Operation::ModulatedConv {
        channels,
        kernel,
        up,
        demodulate: sizes.0.below(3) > 0,
        gain: 1.25,
    };
    let mut x = add(convolution, &[&name, &style]);
    let side = |side: usize| if up == 1 { side } else { 2 * side - 2 + kernel };
    let shape = &plan.values[picture].shape;
    if sizes.0.below(2) == 0 {
        let shape = vec![1, side(shape[1]), side(shape[2])];
        let noise = add(Operation::Constant { shape }, &[]);
        x = add(Operation::Add, &[&x, &noise]);
    }
    if sizes.0.below(2) == 0 {
        let bias = Operation::Affine {
            weight: false,
            bias: true,
        };
        x = add(bias, &[&x]);
    }
    if sizes.0.below(2) == 0 {
        let function = Function::LeakyRelu { slope: 0.2 };
        x = add(Operation::Pointwise { function }, &[&x]);
    }
    spec.outputs = vec![OutputSpec {
        name: "y".to_owned(),
        value: x,
    }];
    spec
}

/// A graph that passes, with values that stay small.
fn random_graph(seed: u64) -> (GraphSpec, GraphPlan) {
    let mut sizes = Fitting(Numbers::new(seed));
    let mut spec = GraphSpec {
        inputs: vec![
            InputSpec {
                name: "x".to_owned(),
                shape: vec![[1, 4, 12][sizes.0.below(3)], 1 + sizes.0.below(6), 4],
                shared: false,
            },
            InputSpec {
                name: "v".to_owned(),
                shape: vec![sizes.side()],
                shared: sizes.0.below(2) == 0,
            },
            InputSpec {
                name: "rows".to_owned(),
                shape: vec![sizes.side(), 4],
                shared: sizes.0.below(3) == 0,
            },
        ],
        nodes: Vec::new(),
        outputs: Vec::new(),
    };
    let wanted = 2 + sizes.0.below(12);
    for _ in 0..400 {
        if spec.nodes.len() >= wanted {
            break;
        }
        let mut longer = if sizes.0.below(40) == 0 {
            let mut known = spec.clone();
            known.outputs.push(OutputSpec {
                name: "y".to_owned(),
                value: "x".to_owned(),
            });
            let plan = plan(&known).expect("every step of it was sound");
            styled(&spec, &plan, &mut sizes)
        } else {
            let mut longer = spec.clone();
            longer.nodes.push(node(&spec, &mut sizes));
            let value = longer.nodes[longer.nodes.len() - 1].name.clone();
            longer.outputs = vec![OutputSpec {
                name: "y".to_owned(),
                value,
            }];
            longer
        };
        if let Ok(plan) = plan(&longer)
            && plan.peak_numbers < 20_000
            && plan.multiply_adds < 3_000_000
        {
            longer.outputs.clear();
            spec = longer;
        }
    }
    // Any values, even an input and one value twice.
    let known = spec.inputs.len() + spec.nodes.len();
    for at in 0..1 + sizes.0.below(3) {
        let value = if at == 0 {
            known - 1
        } else {
            sizes.0.below(known)
        };
        let name = match value.checked_sub(spec.inputs.len()) {
            None => spec.inputs[value].name.clone(),
            Some(node) => spec.nodes[node].name.clone(),
        };
        spec.outputs.push(OutputSpec {
            name: format!("y{at}"),
            value: name,
        });
    }
    let plan = plan(&spec).expect("every step of it was sound");
    (spec, plan)
}

#[test]
fn both_runners_agree_on_random_graphs() {
    const BATCH: usize = 3;
    let device = device::cpu();
    let mut seen = BTreeMap::new();
    for seed in 0..1500 {
        let (spec, sizes) = random_graph(seed);
        let what = || {
            format!(
                "seed {seed}: {}",
                serde_json::to_string(&spec).expect("data")
            )
        };
        for node in &spec.nodes {
            let name = serde_json::to_value(&node.operation).expect("data")["op"].to_string();
            *seen.entry(name).or_insert(0) += 1;
        }
        let mut numbers = Numbers::new(seed + 1_000_000);
        let tensors: BTreeMap<String, Vec<f32>> = sizes
            .all_parameters()
            .map(|parameter| {
                let scale = 1.0 / (parameter.fan_in.max(1) as f32).sqrt();
                let is_variance = parameter.name.ends_with("variance");
                let count = parameter.shape.iter().product();
                let values = (0..count).map(|_| match numbers.number() * scale {
                    value if is_variance => value.abs() + 0.5,
                    value => value,
                });
                (parameter.name.clone(), values.collect())
            })
            .collect();
        let inputs: Vec<Vec<f32>> = spec
            .inputs
            .iter()
            .zip(&sizes.values)
            .map(|(input, value)| {
                let rows = if input.shared { 1 } else { BATCH };
                numbers.numbers(rows * value.len)
            })
            .collect();
        let tensor = |values: Vec<f32>| {
            let count = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [count]), &device)
        };
        let network = GraphNetwork::new(&spec, &device, |name| {
            tensors.get(name).cloned().map(tensor)
        })
        .unwrap_or_else(|fault| panic!("{}: {fault}", what()));
        let rows = inputs.iter().zip(&sizes.values);
        let rows = rows.map(|(values, value)| {
            tensor(values.clone()).reshape([values.len() / value.len, value.len])
        });
        let wanted = network
            .forward(rows.collect())
            .unwrap_or_else(|fault| panic!("{}: {fault}", what()));
        let plan = Plan::compile(&sizes, |name| tensors.get(name).map(|t| t[..].into()))
            .unwrap_or_else(|fault| panic!("{}: {fault}", what()));
        let given: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let found = plan
            .run(&given)
            .unwrap_or_else(|fault| panic!("{}: {fault}", what()));
        for ((wanted, found), &value) in wanted.into_iter().zip(&found).zip(&sizes.outputs) {
            assert_eq!(
                wanted.dims(),
                [BATCH, sizes.values[value].len],
                "{}",
                what()
            );
            let wanted = download(wanted).expect("the CPU works");
            assert_eq!(found.len(), wanted.len(), "{}", what());
            // A window of which nothing lies in the picture has no largest number.
            let finite = wanted.iter().filter(|x| x.is_finite());
            let largest = finite.fold(1.0f32, |most, x| most.max(x.abs()));
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!(
                    found == wanted || (found - wanted).abs() <= 2e-4 * largest,
                    "{found} is not {wanted} in {}",
                    what()
                );
            }
        }
        // One item has the same bits alone.
        let alone: Vec<&[f32]> = inputs
            .iter()
            .zip(&sizes.values)
            .map(|(values, value)| &values[values.len() - value.len..])
            .collect();
        let alone = plan.run(&alone).expect("it ran before");
        for (alone, together) in alone.iter().zip(&found) {
            let same = &together[together.len() - alone.len()..];
            let same_bits = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
            assert!(alone.iter().zip(same).all(same_bits), "{}", what());
        }
    }
    // All operations but the division, which random numbers make huge.
    assert_eq!(seen.len(), 35, "{seen:?}");
    assert!(seen.values().all(|&count| count >= 3), "{seen:?}");
}
