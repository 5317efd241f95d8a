//! The mapping network of StyleGAN2 and StyleGAN3: from z, and from a class where there are any, to w.

use super::super::blueprint::Blueprint;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, part};
use crate::latent::{MAX_WORDS, Space, SpaceShape};
use crate::model::graph::{Function, Operation};
use std::f32::consts::SQRT_2;

/// What its learning rate is multiplied by, and so its stored weights.
const RATE: f32 = 0.01;
const SLOPE: f32 = 0.2;
/// Added to mean squares under a root.
const EPSILON: f32 = 1e-8;

/// The modules that it is made of.
pub struct StyleMapping {
    pub layers: Vec<String>,
    /// The matrix from a class to what is joined to z.
    pub embedding: Option<String>,
}

/// How long its vectors are.
pub struct Dims {
    pub z: usize,
    pub w: usize,
    label: Option<Label>,
}

/// The matrix from a class to what is joined to z.
struct Label {
    module: String,
    classes: usize,
    features: usize,
}

impl StyleMapping {
    /// By NVIDIA's names. Their average of w is left alone.
    pub fn of_nvidia(group: &Group<'_>) -> Self {
        if group.has("mapping.w_avg") {
            group.take("mapping.w_avg");
        }
        let layers = (0..64).map(|index| format!("mapping.fc{index}"));
        let layers = layers.take_while(|module| group.has(&part(module, "weight")));
        let embedding = "mapping.embed".to_owned();
        Self {
            layers: layers.collect(),
            embedding: group.has(&part(&embedding, "weight")).then_some(embedding),
        }
    }

    /// How long its vectors are, by its first and last matrix.
    ///
    /// # Errors
    /// A sentence when there is none, or no z goes in.
    pub fn dims(&self, group: &Group<'_>) -> Result<Dims, String> {
        let [first, last] = [self.layers.first(), self.layers.last()].map(|module| {
            let shape = group.shape(&part(module?, "weight"))?;
            <[usize; 2]>::try_from(shape).ok()
        });
        let (Some([_, mapped]), Some([w, _])) = (first, last) else {
            return Err("its mapping network is missing or broken".to_owned());
        };
        let label = self.embedding.as_ref();
        let label = label.map(|module| Label::of(group, module)).transpose()?;
        let joined = label.as_ref().map_or(0, |label| label.features);
        let z = mapped.checked_sub(joined).filter(|z| *z > 0);
        let z = z.ok_or("its mapping network takes no z")?;
        Ok(Dims { z, w, label })
    }

    /// Adds the spaces behind z, and the way there, to a model whose decoder takes `rows` vectors of w.
    ///
    /// # Errors
    /// When the file lacks a tensor of it.
    pub fn lead(
        &self,
        group: &Group<'_>,
        dims: Dims,
        rows: usize,
        hints: &Hints,
        blueprint: &mut Blueprint,
    ) -> Result<(), String> {
        let vector = SpaceShape::Vector { dim: dims.w };
        let rows = SpaceShape::Layers {
            layers: rows,
            dim: dims.w,
        };
        blueprint
            .spaces
            .extend([(Space::W, vector), (Space::W_PLUS, rows)]);
        let network = self.network(group, &dims)?;
        blueprint.maps = vec![(Space::Z, Space::W, network)];
        if let Some(label) = dims.label {
            blueprint.with_classes(label.classes, &hints.classes);
            blueprint.notes.push(
                "the class acts on the way from z to w; the mean of w is that of all classes"
                    .to_owned(),
            );
        }
        blueprint.notes.push(
            "the mean of w is measured over seeds when it is loaded; an average in the file is not used"
                .to_owned(),
        );
        Ok(())
    }

    fn network(&self, group: &Group<'_>, dims: &Dims) -> Result<BuiltNet, String> {
        let mut net = Net::new(group, "z", &[dims.z]);
        net.normalise(EPSILON);
        if let Some(label) = &dims.label {
            let z = net.at();
            net.input("condition", &[label.classes]);
            net.go_to("condition");
            let factor = 1.0 / (label.classes.max(1) as f32).sqrt();
            net.scaled_linear(&label.module, [factor, 1.0]);
            net.normalise(EPSILON);
            let label = net.at();
            net.node(Operation::Concatenate { axis: 0 }, &[&z, &label]);
        }
        for module in &self.layers {
            let inputs = group
                .shape(&part(module, "weight"))
                .and_then(|shape| shape.last());
            let inputs = inputs.copied().unwrap_or(1).max(1) as f32;
            net.scaled_linear(module, [RATE / inputs.sqrt(), RATE]);
            net.function(Function::LeakyRelu { slope: SLOPE });
            net.scale(SQRT_2, 0.0);
        }
        let at = net.at();
        net.output("w", &at);
        net.finish()
    }
}

impl Label {
    fn of(group: &Group<'_>, module: &str) -> Result<Self, String> {
        let shape = group.shape(&part(module, "weight")).unwrap_or_default();
        match shape {
            &[features, classes] if (1..=MAX_WORDS).contains(&classes) => Ok(Self {
                module: module.to_owned(),
                classes,
                features,
            }),
            _ => Err(format!(
                "the matrix of its classes has the shape {shape:?}; 1 to {MAX_WORDS} classes are possible"
            )),
        }
    }
}
