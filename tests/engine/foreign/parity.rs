//! Known architectures against what PyTorch gives (`tests/data/make_foreign_reference.py`), through
//! files of every form.

use crate::foreign_files::{FORMS, Form, Tensor};
use serde::Deserialize;
use std::path::Path;
use zscape::latent::NoiseMode;
use zscape::model::file::Precision;
use zscape::model::foreign::Foreign;
use zscape::model::{Generator, ModelFile, device, download};

/// Largest difference of a number.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Case {
    name: String,
    /// What its architecture is called begins like this.
    kind: String,
    tensors: Vec<(String, Vec<usize>)>,
    z: Vec<usize>,
    image: [usize; 3],
    picture: Kept,
    #[serde(default)]
    encoded: Vec<Kept>,
    /// How many classes there are, and the one that is asked for.
    condition: Option<[usize; 2]>,
}

/// Every so many numbers of a result.
#[derive(Deserialize)]
pub struct Kept {
    count: usize,
    step: usize,
    values: Vec<f32>,
}

impl Kept {
    #[track_caller]
    pub fn compare(&self, what: &str, found: &[f32]) {
        assert_eq!(found.len(), self.count, "{what}");
        for (wanted, found) in self.values.iter().zip(found.iter().step_by(self.step)) {
            assert!(
                (wanted - found).abs() <= TOLERANCE * wanted.abs().max(1.0),
                "{what}: {found} and not {wanted}"
            );
        }
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../data/foreign_reference.json")).expect("it is JSON")
}

/// The tensors of the case of this name.
pub fn tensors_of(name: &str) -> Vec<Tensor> {
    let cases = cases();
    let case = cases.iter().find(|case| case.name == name);
    case.expect("there is such a case").tensors()
}

/// The numbers that the script draws: SplitMix64 seeded by FNV-1a of `case/name`.
pub fn draw(case: &str, name: &str, count: usize) -> Vec<f32> {
    let seed = format!("{case}/{name}");
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let numbers = (0..count).map(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1 << 23) as f32 - 1.0
    });
    numbers.collect()
}

/// The tensors of a case, by their names and shapes.
pub fn drawn(case: &str, tensors: &[(String, Vec<usize>)]) -> Vec<Tensor> {
    let tensor = |(name, shape): &(String, Vec<usize>)| {
        let values = draw(case, name, shape.iter().product());
        Tensor::new(name, shape, weight(name, shape, values))
    };
    tensors.iter().map(tensor).collect()
}

/// Numbers that were drawn for a tensor, as the script makes them into weights (`weight`).
fn weight(name: &str, shape: &[usize], mut values: Vec<f32>) -> Vec<f32> {
    let power = |exponent: f64| exponent.exp2() as f32;
    let log = |count: usize| (count as f64).log2();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let each = |values: Vec<f32>, function: &dyn Fn(f32) -> f32| {
        values.into_iter().map(function).collect::<Vec<f32>>()
    };
    // As large as weights of a mapping network, which learns slowly; that of stylegan2-pytorch has its
    // weights multiplied by 0.1.
    let slow = match name {
        _ if name.starts_with("style.") || name.starts_with("mapping.fc") => 128.0,
        _ if name.contains("SE.net.") => 16.0,
        _ => 1.0,
    };
    values = each(values, &|value| value * slow);
    if ends(&["running_var", "running_vars"]) {
        return each(values, &|value| value.abs() + 0.5);
    }
    if ends(&["magnitude_ema"]) {
        return each(values, &|value| (value.abs() + 0.5) / 16.0);
    }
    if ends(&["transform"]) {
        return vec![0.0, -1.0, 0.25, 1.0, 0.0, -0.125, 0.0, 0.0, 1.0];
    }
    if ends(&["_filter"]) {
        let scale = power(-log(values.len()).floor() - 1.0);
        let taps = each(values, &|value| (value + 1.0) * scale);
        let &[_, side] = shape else {
            return taps;
        };
        // The same along both sides.
        let mirrored = |at: usize| at % side * side + at / side;
        let mean = |at: usize| f32::midpoint(taps[at], taps[mirrored(at)]);
        return (0..taps.len()).map(mean).collect();
    }
    if ends(&["weight_u", "weight_v"]) {
        let scale = power(-(log(values.len()) / 2.0).floor());
        return each(values, &|value| (value.abs() + 0.5) * scale);
    }
    if ends(&["actnorm.scale"]) {
        let factor = match name.starts_with("blocks.0.flows.0.") {
            true => 8.0,
            false => 1.0,
        };
        return each(values, &|value| (value * 0.25 + 1.0) * factor);
    }
    if name == "data_constraint" {
        return vec![0.875; values.len()];
    }
    if ends(&["weight_g"]) {
        return each(values, &|value| value * 0.5);
    }
    if name == "generator.bn.weight" {
        return each(values, &|value| value / 64.0);
    }
    if ends(&["s_sign"]) {
        return each(values, &f32::signum);
    }
    let is_turned = |at: usize| at / shape[0] + at % shape[0] + 1 == shape[0];
    let turned = |at: usize| f32::from(u8::from(is_turned(at)));
    if ends(&["w_p"]) {
        return (0..values.len()).map(turned).collect();
    }
    if shape.is_empty() {
        return values;
    }
    if let [_] = shape {
        let middle = if ends(&["weight"]) { 1.0 } else { 0.0 };
        return each(values, &|value| value * 0.25 + middle);
    }
    if name.starts_with("blocks.") && ends(&[".conv.weight", "scale", "w_l", "w_u"]) {
        values = each(values, &|value| value * 0.125);
    }
    if ends(&["invconv.weight"]) {
        let entries = values.iter().enumerate();
        return entries
            .map(|(at, value)| value * 0.125 + turned(at))
            .collect();
    }
    if ends(&["weight_orig"]) {
        values = each(values, &|value| value + 0.5);
    }
    let taken: usize = shape[1..].iter().product();
    let scale = power(-(log(taken) / 2.0 - 0.5).floor());
    each(values, &|value| value * scale)
}

impl Case {
    fn tensors(&self) -> Vec<Tensor> {
        drawn(&self.name, &self.tensors)
    }

    fn file(&self, folder: &Path, form: Form) -> std::path::PathBuf {
        let name = self.name.replace(' ', "-");
        let path = folder.join(format!("{name}.{}", form.ending()));
        std::fs::write(&path, form.bytes(&self.tensors())).expect("the folder is there");
        path
    }

    fn compare(&self, file: &ModelFile, what: &str) {
        let image = file.manifest.image;
        assert_eq!(
            [image.channels, image.height, image.width],
            self.image,
            "{what}"
        );
        let generator = Generator::new(file, &device::cpu()).expect("it is sound");
        let count = self.z.iter().product();
        let code: Vec<f32> = draw(&self.name, "z", count)
            .iter()
            .map(|value| value * 2.0)
            .collect();
        let mut condition = Vec::new();
        if let Some([classes, chosen]) = self.condition {
            condition = vec![0.0; classes];
            condition[chosen] = 1.0;
        }
        let inputs = generator.inputs_given(generator.start(), &code, &condition);
        let picture = generator.decode_to_vec(&inputs.expect("a code"), NoiseMode::Const);
        self.picture.compare(what, &picture.expect("it decodes"));
        assert_eq!(generator.has_encoder(), !self.encoded.is_empty(), "{what}");
        if self.encoded.is_empty() {
            return;
        }
        let given = draw(&self.name, "picture", self.image.iter().product());
        let given: Vec<f32> = given.iter().map(|value| (value + 1.0) / 2.0).collect();
        let encoded = generator
            .encode(&given)
            .expect("it encodes")
            .expect("it has an encoder");
        let found = [Some(encoded.mu), encoded.logvar];
        for (kept, found) in self.encoded.iter().zip(found.into_iter().flatten()) {
            kept.compare(
                &format!("{what}, encoded"),
                &download(found).expect("it is there"),
            );
        }
    }
}

#[test]
fn tutorial_models_give_what_pytorch_gives() {
    compare_all(|kind| {
        ["VAE", "GAN"].iter().any(|name| kind.contains(name))
            && !kind.contains("StyleGAN")
            && kind != "BigGAN"
    });
}

#[test]
fn style_based_models_give_what_pytorch_gives() {
    compare_all(|kind| kind.contains("StyleGAN"));
}

#[test]
fn generators_of_classes_and_flows_give_what_pytorch_gives() {
    compare_all(|kind| matches!(kind, "BigGAN" | "Glow" | "Real NVP"));
}

#[test]
fn autoencoders_of_latent_diffusion_give_what_pytorch_gives() {
    compare_all(|kind| matches!(kind, "TAESD" | "AutoencoderKL" | "VQModel"));
}

/// A tensor of diffusers' autoencoders as taming-transformers call and keep it.
fn as_in_taming(tensor: Tensor) -> Tensor {
    let mut name = tensor.name.replace("mid_block.resnets.0", "mid.block_1");
    for (theirs, ours) in [
        ("mid_block.resnets.1", "mid.block_2"),
        ("mid_block.attentions.0", "mid.attn_1"),
        ("group_norm", "norm"),
        ("to_q", "q"),
        ("to_k", "k"),
        ("to_v", "v"),
        ("to_out.0", "proj_out"),
        ("down_blocks", "down"),
        // They are counted from the largest.
        ("up_blocks.0", "up.1"),
        ("up_blocks.1", "up.0"),
        ("resnets", "block"),
        ("downsamplers.0", "downsample"),
        ("upsamplers.0", "upsample"),
        ("conv_norm_out", "norm_out"),
        ("conv_shortcut", "nin_shortcut"),
    ] {
        name = name.replace(theirs, ours);
    }
    let mut shape = tensor.shape;
    if name.contains("attn_1") && shape.len() == 2 {
        shape.extend([1, 1]);
    }
    Tensor::new(&name, &shape, tensor.values)
}

#[test]
fn the_layout_of_taming_transformers_gives_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.json");
    std::fs::write(&config, r#"{"scaling_factor": 0.18215}"#).expect("the folder is there");
    for case in cases() {
        if !matches!(case.kind.as_str(), "AutoencoderKL" | "VQModel") {
            continue;
        }
        let mut tensors: Vec<Tensor> = case.tensors().into_iter().map(as_in_taming).collect();
        // What trained beside it is left alone.
        let beside = "loss.discriminator.main.0.weight";
        tensors.push(Tensor::new(beside, &[2, 3, 4, 4], vec![0.5; 96]));
        for form in [Form::Nested, Form::Safetensors] {
            let path = folder.path().join(format!("taming.{}", form.ending()));
            std::fs::write(&path, form.bytes(&tensors)).expect("the folder is there");
            let file = ModelFile::read(&path).unwrap_or_else(|fault| panic!("{form:?}: {fault}"));
            case.compare(&file, &case.name);
        }
    }
    // Without settings codes of the one with a codebook are taken as they are.
    std::fs::remove_file(&config).expect("it is there");
    let scaled = |kind: &str| {
        let cases = cases();
        let case = cases.iter().find(|case| case.kind == kind);
        let tensors = case.expect("it is there").tensors();
        let tensors: Vec<Tensor> = tensors.into_iter().map(as_in_taming).collect();
        let path = folder.path().join("taming.safetensors");
        std::fs::write(&path, Form::Safetensors.bytes(&tensors)).expect("the folder is there");
        let foreign = Foreign::open(&path, None).expect("it is known");
        let notes = foreign.passport().rows();
        notes
            .iter()
            .any(|(_, row)| row.contains("divided by 0.18215"))
    };
    assert!(scaled("AutoencoderKL") && !scaled("VQModel"));
}

/// Compares the cases of some architectures.
fn compare_all(is_wanted: impl Fn(&str) -> bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    let wanted = cases
        .iter()
        .enumerate()
        .filter(|(_, case)| is_wanted(&case.kind));
    assert!(wanted.clone().count() > 1);
    for (index, case) in wanted {
        // Each in one form, and small ones in all of them.
        let forms = match case.name.as_str() {
            "small conv vae" | "gan of the collection" => &FORMS[..],
            _ => &FORMS[index % FORMS.len()..][..1],
        };
        for &form in forms {
            let what = format!("{} as {form:?}", case.name);
            let path = case.file(folder.path(), form);
            let foreign =
                Foreign::open(&path, None).unwrap_or_else(|fault| panic!("{what}: {fault}"));
            let passport = foreign.passport();
            assert!(
                passport.architecture.contains(&case.kind),
                "{what}: {}",
                passport.architecture
            );
            assert_eq!(passport.suspicious, Vec::<String>::new(), "{what}");
            let file = ModelFile::read(&path).unwrap_or_else(|fault| panic!("{what}: {fault}"));
            case.compare(&file, &what);
        }
    }
}

#[test]
fn an_imported_file_is_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "burgess 64")
        .expect("it is there");
    let path = case.file(folder.path(), Form::TorchZip);
    let file = ModelFile::read(&path).expect("it is sound");
    let bytes = ModelFile::to_bytes_of(Precision::F32, &file.manifest, &file.tensors);
    let again = ModelFile::from_bytes(&bytes.expect("it can be written")).expect("it is sound");
    assert_eq!(again.manifest, file.manifest);
    assert!(again.tensors == file.tensors, "the tensors differ");
    case.compare(&again, "imported");
}

#[test]
fn an_encoder_may_be_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "tiny autoencoder")
        .expect("it is there");
    let part = |prefix: &str| {
        let tensors = case.tensors().into_iter().filter_map(|mut tensor| {
            tensor.name = tensor.name.strip_prefix(prefix)?.to_owned();
            Some(tensor)
        });
        let path = folder.path().join(format!("{prefix}pth"));
        let bytes = Form::TorchLegacy.bytes(&tensors.collect::<Vec<_>>());
        std::fs::write(&path, bytes).expect("the folder is there");
        path
    };
    let (decoder, encoder) = (part("decoder."), part("encoder."));
    assert!(
        !Foreign::open(&decoder, None)
            .expect("it is sound")
            .passport()
            .encodes
    );
    let foreign = Foreign::open(&decoder, Some(&encoder)).expect("it is sound");
    let import = zscape::model::foreign::Import::new(foreign).expect("it is there");
    case.compare(&import.finish().expect("it is sound"), "of two files");
}

#[test]
fn hints_say_what_the_file_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.pt");
    let tensors = [
        Tensor::new(
            "a.weight",
            &[8, 2],
            (0..16).map(|i| i as f32 / 16.0 - 0.4).collect(),
        ),
        Tensor::new("a.bias", &[8], vec![0.1; 8]),
        Tensor::new(
            "b.weight",
            &[2, 1, 4, 4],
            (0..32).map(|i| (i % 7) as f32 / 7.0 - 0.5).collect(),
        ),
        Tensor::new("unused", &[3], vec![0.0; 3]),
    ];
    std::fs::write(&path, Form::TorchZip.bytes(&tensors)).expect("the folder is there");
    let fault = ModelFile::read(&path)
        .expect_err("nobody knows it")
        .to_string();
    assert!(
        fault.contains("not known") && fault.contains("a.bias"),
        "{fault}"
    );
    let hints = "title = \"Mine\"\nimage = [1, 4, 4]\nrange = \"-1..1\"\n[decoder]\nlayers = [{linear = \"a\"}, \
                 \"relu\", {reshape = [2, 2, 2]}, {conv_transpose = \"b\", stride = 2, padding = 1}, \"tanh\"]\n";
    std::fs::write(folder.path().join("mine.toml"), hints).expect("the folder is there");
    let file = ModelFile::read(&path).expect("the hints say how");
    assert_eq!(file.manifest.title, "Mine");
    let without = file.hash.clone();
    let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
    let picture = generator
        .decode_to_vec(&[1.0, -1.0], NoiseMode::Const)
        .expect("it decodes");
    assert_eq!(picture.len(), 16);
    // Another word in the hints is another model.
    std::fs::write(
        folder.path().join("mine.toml"),
        hints.replace("relu", "elu"),
    )
    .expect("it is there");
    assert_ne!(ModelFile::read(&path).expect("it is sound").hash, without);
}
