//! Times candidate decoders of the same cost class on the CPU device, so that an architecture is
//! chosen by measurement before its weights are trained. The results are kept in
//! `benches/decoder-layers.md`.

use burn::tensor::{Device, Tensor, TensorData};
use divan::Bencher;
use zscape::model::manifest::{LayerSpec as L, NetworkSpec};
use zscape::model::{download, network::Network, shapes};

fn main() {
    divan::main();
}

fn dense(outputs: usize) -> L {
    L::Dense { outputs }
}

fn conv(channels: usize, kernel: usize) -> L {
    L::Conv {
        channels,
        kernel,
        stride: 1,
    }
}

fn picture(channels: usize, side: usize) -> L {
    L::Reshape {
        channels,
        height: side,
        width: side,
    }
}

const SHUFFLE: L = L::PixelShuffle { factor: 2 };
const UPSAMPLE: L = L::Upsample { factor: 2 };

/// Every candidate decodes 64 numbers to 28x28 grey pixels.
fn candidate(name: &str) -> Vec<L> {
    match name {
        "mlp-256-512" => {
            vec![
                dense(256),
                L::Relu,
                dense(512),
                L::Relu,
                dense(784),
                L::Sigmoid,
            ]
        }
        "transposed-64-32" => vec![
            dense(64 * 49),
            L::Relu,
            picture(64, 7),
            L::ConvTranspose { channels: 32 },
            L::Relu,
            L::ConvTranspose { channels: 1 },
            L::Sigmoid,
        ],
        "nearest-64-32" => vec![
            dense(64 * 49),
            L::Relu,
            picture(64, 7),
            UPSAMPLE,
            conv(32, 3),
            L::Relu,
            UPSAMPLE,
            conv(1, 3),
            L::Sigmoid,
        ],
        "subpixel-64-32" => vec![
            dense(64 * 49),
            L::Relu,
            picture(64, 7),
            conv(128, 3),
            L::Relu,
            SHUFFLE,
            conv(4, 3),
            SHUFFLE,
            L::Sigmoid,
        ],
        "subpixel-32-32" => vec![
            dense(32 * 49),
            L::Relu,
            picture(32, 7),
            conv(128, 3),
            L::Relu,
            SHUFFLE,
            conv(4, 3),
            SHUFFLE,
            L::Sigmoid,
        ],
        "subpixel-coarse-64" => vec![
            dense(64 * 49),
            L::Relu,
            picture(64, 7),
            conv(64, 3),
            L::Relu,
            conv(16, 3),
            L::PixelShuffle { factor: 4 },
            L::Sigmoid,
        ],
        "pointwise-64" => vec![
            dense(64 * 49),
            L::Relu,
            picture(64, 7),
            conv(128, 1),
            L::Relu,
            conv(16, 1),
            L::PixelShuffle { factor: 4 },
            L::Sigmoid,
        ],
        _ => vec![dense(784), L::Sigmoid],
    }
}

#[divan::bench(
    args = ["mlp-256-512", "transposed-64-32", "nearest-64-32", "subpixel-64-32", "subpixel-32-32", "subpixel-coarse-64", "pointwise-64"],
    consts = [1, 8, 64],
    max_time = 1.0,
)]
fn decode<const BATCH: usize>(bencher: Bencher<'_, '_>, name: &str) {
    let device = Device::flex();
    let spec = NetworkSpec {
        input: vec![64],
        layers: candidate(name),
    };
    let plan = shapes::plan(&spec).expect("the candidate is sound");
    let network = Network::new(&spec, |name| {
        let parameter = plan.parameters.iter().find(|p| p.name == name)?;
        let len = parameter.shape.iter().product();
        let values: Vec<f32> = (0..len)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) / 1000.0)
            .collect();
        Some(Tensor::from_data(TensorData::new(values, [len]), &device))
    })
    .expect("the candidate is sound");
    let codes = vec![0.3; 64 * BATCH];
    bencher.bench(|| {
        let input = Tensor::from_data(TensorData::new(codes.clone(), [BATCH, 64]), &device);
        download(network.forward(input))
    });
}
