//! The three graphs of a flow: from a picture to its code, to its density, and from a code back.

use super::couplings::Builder;
use super::spec::FlowSpec;
use crate::model::bound_graph::BoundGraph;
use crate::model::graph::{GraphSpec, InputSpec, OutputSpec};
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;

/// What the tensors of a file begin with.
const PREFIX: &str = "flow.";
/// The output of [`density_graph`].
pub const DENSITY: &str = "log_density";

/// From a picture in 0..1 to `z`.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn encoder_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let layout = spec.layout(image)?;
    let mut net = Builder::new(spec, &layout);
    let z = net.encode("picture");
    bound(net, picture(image), ("z", z))
}

/// From a picture in 0..1 to the natural logarithm of its density, `[1]`: that of pixels that may have
/// any value. With pictures of 256 values from 0 to 1 it is in bits per dimension
/// `log2(255) - log_density / (dimensions * ln 2)`.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn density_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let layout = spec.layout(image)?;
    let mut net = Builder::new(spec, &layout);
    let density = net.log_density("picture");
    bound(net, picture(image), (DENSITY, density))
}

/// From `z` to a picture in 0..1, or past it by half of the distance of two of its 256 values.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn decoder_graph(spec: &FlowSpec, image: ImageSpec) -> Result<BoundGraph, String> {
    let layout = spec.layout(image)?;
    let mut net = Builder::new(spec, &layout);
    let picture = net.decode("z");
    let input = InputSpec {
        name: "z".to_owned(),
        shape: vec![image.len()],
        shared: false,
    };
    bound(net, input, ("picture", picture))
}

/// The numbers of those parameters of [`density_graph`] that no file stores, by their names.
///
/// # Errors
/// When the sizes do not fit the picture.
pub fn given(spec: &FlowSpec, image: ImageSpec) -> Result<BTreeMap<String, Vec<f32>>, String> {
    let layout = spec.layout(image)?;
    let mut net = Builder::new(spec, &layout);
    net.log_density("picture");
    Ok(net.given)
}

fn bound(
    net: Builder<'_>,
    input: InputSpec,
    (output, value): (&str, String),
) -> Result<BoundGraph, String> {
    let graph = GraphSpec {
        inputs: vec![input],
        nodes: net.nodes,
        outputs: vec![OutputSpec {
            name: output.to_owned(),
            value,
        }],
    };
    Ok(BoundGraph::with_prefix(&graph, PREFIX)?.with_given(net.given))
}

fn picture(image: ImageSpec) -> InputSpec {
    InputSpec {
        name: "picture".to_owned(),
        shape: vec![image.channels, image.height, image.width],
        shared: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;
    use crate::model::cpu::Plan;
    use crate::model::file::StoredTensor;
    use crate::model::flow::dequantised;
    use nalgebra::DMatrix;

    const IMAGE: ImageSpec = ImageSpec {
        channels: 1,
        height: 4,
        width: 6,
    };

    fn spec() -> FlowSpec {
        FlowSpec {
            fold: 2,
            hidden: 5,
            gist: 4,
            bins: vec![0, 1, 64, 200, 255],
        }
    }

    /// A flow of 24 pixels with random tensors, and its three networks.
    fn flow(scale: f32) -> [Plan; 3] {
        let encoder = encoder_graph(&spec(), IMAGE).expect("sound");
        let tensors = encoder.prefixed_tensors().into_iter().enumerate();
        let tensors: BTreeMap<_, _> = tensors
            .map(|(index, (name, shape))| {
                let values = seed_code(index as u32, shape.iter().product());
                let values = values.iter().map(|it| scale * it).collect();
                (name, StoredTensor { shape, values })
            })
            .collect();
        let others = [density_graph, decoder_graph].map(|graph| graph(&spec(), IMAGE));
        let [density, decoder] = others.map(|graph| graph.expect("sound"));
        let all = [encoder, density, decoder];
        for graph in &all {
            let mut stored = graph.prefixed_tensors();
            stored.sort();
            assert!(stored.iter().map(|(name, _)| name).eq(tensors.keys()));
        }
        all.map(|graph| {
            let plan = Plan::compile(&graph.plan, |name| graph.values_of(&tensors, name));
            plan.expect("all tensors are there")
        })
    }

    fn run(plan: &Plan, input: &[f32]) -> Vec<f32> {
        plan.run(&[input]).expect("it fits").remove(0)
    }

    /// Pixels all over 0..1, some of them at both ends.
    fn picture() -> Vec<f32> {
        let normals = seed_code(77, IMAGE.len());
        let values = normals.iter().map(|it| (0.5 + 0.5 * it).clamp(0.0, 1.0));
        values.map(|value| dequantised(value, 0.3)).collect()
    }

    #[test]
    fn a_code_leads_back_to_its_picture() {
        // Sharp distributions too, where a pixel may be very unlikely.
        for scale in [0.4, 3.0] {
            let [encoder, _, decoder] = flow(scale);
            let picture = picture();
            let code = run(&encoder, &picture);
            let found = run(&decoder, &code);
            for (found, wanted) in found.iter().zip(&picture) {
                assert!((found - wanted).abs() < 1e-4, "{found}, not {wanted}");
            }
            let code = seed_code(5, IMAGE.len());
            let again = run(&encoder, &run(&decoder, &code));
            for (found, wanted) in again.iter().zip(&code) {
                assert!((found - wanted).abs() < 1e-2, "{found}, not {wanted}");
            }
        }
    }

    /// By the change of variables: the prior's density of the code times the absolute determinant of
    /// the Jacobian, which is measured here by differences.
    #[test]
    fn the_density_is_that_of_the_code_times_the_change_of_volume() {
        let [encoder, density, _] = flow(0.4);
        let picture = picture();
        let len = picture.len();
        let step = 2e-4_f32;
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
        assert!((found - wanted).abs() < 0.2, "{found}, not {wanted}");
    }

    #[test]
    fn a_flow_that_knows_nothing_spreads_its_pixels_evenly() {
        let [encoder, density, _] = flow(0.0);
        let pixels = IMAGE.len();
        let half = vec![0.5; pixels];
        let span = 256.0 / 255.0_f64;
        // The bins are equally likely but for their widths, of which 0.5 lies in the third of five.
        let width = 136.0 / 256.0;
        let likely = (1.0 - 6e-4) / 5.0 / width + 6e-4;
        let wanted = pixels as f64 * (likely / span).ln();
        let found = f64::from(run(&density, &half)[0]);
        assert!((found - wanted).abs() < 1e-2, "{found}, not {wanted}");
        let code = run(&encoder, &half);
        assert!(
            code.iter().all(|it| (it - code[0]).abs() < 1e-5),
            "{code:?}"
        );
    }
}
