//! Denoisers of diffusers against what it gives for them (`tests/data/make_unet_reference.py`).

use super::parity::{Kept, draw, drawn};
use crate::foreign_files::Form;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use zscape::latent::sampling::{Noising, Prediction};
use zscape::latent::{Sampler, Space};
use zscape::model::foreign::Foreign;
use zscape::model::{Generator, ModelFile, device};

#[derive(Deserialize)]
struct Case {
    name: String,
    config: BTreeMap<String, serde_json::Value>,
    tensors: Vec<(String, Vec<usize>)>,
    label: Option<usize>,
    predictions: Vec<Predicted>,
}

#[derive(Deserialize)]
struct Predicted {
    time: f32,
    prediction: Kept,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../data/unet_reference.json")).expect("it is JSON")
}

impl Case {
    /// The folders of a pipeline as diffusers saves it.
    fn pipeline(&self, folder: &Path, scheduler: Option<&str>) -> PathBuf {
        let unet = folder.join("unet");
        fs::create_dir_all(&unet).expect("a folder");
        let config = serde_json::to_string(&self.config).expect("it is JSON");
        fs::write(unet.join("config.json"), config).expect("a file");
        if let Some(text) = scheduler {
            let scheduler = folder.join("scheduler");
            fs::create_dir_all(&scheduler).expect("a folder");
            fs::write(scheduler.join("scheduler_config.json"), text).expect("a file");
        }
        let path = unet.join("diffusion_pytorch_model.safetensors");
        let bytes = Form::Safetensors.bytes(&drawn(&self.name, &self.tensors));
        fs::write(&path, bytes).expect("a file");
        path
    }

    fn size(&self, key: &str) -> usize {
        let number = self.config[key].as_u64().expect("a number");
        usize::try_from(number).expect("a small one")
    }
}

const SCHEDULER: &str = r#"{"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear",
    "num_train_timesteps": 1000, "prediction_type": "epsilon"}"#;

#[test]
fn denoisers_predict_what_diffusers_predicts() {
    for case in cases() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = case.pipeline(folder.path(), Some(SCHEDULER));
        let passport = Foreign::open(&path, None).expect("it is known").passport();
        assert!(
            passport.architecture.contains("UNet2DModel"),
            "{}",
            passport.architecture
        );
        let file = ModelFile::read(&path).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
        let diffusion = generator.diffusion().expect("it takes steps");
        let side = case.size("sample_size");
        let mut row = draw(&case.name, "x", case.size("in_channels") * side * side);
        if let Some(label) = case.label {
            let classes = case.size("num_class_embeds");
            row.extend((0..classes).map(|class| f32::from(u8::from(class == label))));
        }
        for Predicted { time, prediction } in &case.predictions {
            let found = diffusion.denoiser.values(&[&row, &[*time]]);
            let what = format!("{} at {time}", case.name);
            prediction.compare(&what, &found.expect("the CPU works"));
        }
        // It is a model like any other: a seed becomes a picture.
        let manifest = &file.manifest;
        assert_eq!(manifest.capabilities().start, Some(Space::X));
        assert_eq!(manifest.condition_len(), case.label.map_or(0, |_| 5));
        let sampler = Sampler {
            steps: 3,
            ..Sampler::default()
        };
        let picture = generator.make(&row, &sampler).expect("the CPU works");
        assert_eq!(picture.len(), manifest.image.len());
    }
}

#[test]
fn the_settings_of_the_sampler_are_read_or_assumed() {
    let case = cases().remove(0);
    let opened = |scheduler: Option<&str>| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = case.pipeline(folder.path(), scheduler);
        Foreign::open(&path, None)
    };
    let spec = |foreign: &Foreign| foreign.manifest().diffusion.expect("it takes steps");

    let assumed = opened(None).expect("it is known");
    assert_eq!(spec(&assumed).prediction, Prediction::Noise);
    let notes = assumed.passport().notes.join("\n");
    assert!(notes.contains("scheduler_config.json"), "{notes}");

    let cosine = r#"{"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}"#;
    let said = opened(Some(cosine)).expect("it is known");
    assert_eq!(spec(&said).noising, Noising::Cosine);
    assert_eq!(spec(&said).prediction, Prediction::V);

    for (scheduler, part) in [
        (
            r#"{"beta_schedule": "scaled_linear", "beta_start": 0.00085}"#,
            "scaled_linear",
        ),
        (r#"{"beta_start": 0.5}"#, "0.5"),
        (r#"{"num_train_timesteps": 50}"#, "in 50 steps"),
        (r#"{"prediction_type": "flow"}"#, "flow"),
    ] {
        let fault = opened(Some(scheduler))
            .expect_err("it is not known")
            .to_string();
        assert!(fault.contains(part), "{fault} should contain {part:?}");
    }
}

#[test]
fn settings_that_the_graph_does_not_follow_are_refused() {
    for (key, value, part) in [
        (
            "time_embedding_type",
            serde_json::json!("fourier"),
            "fourier",
        ),
        ("act_fn", serde_json::json!("gelu"), "gelu"),
        ("freq_shift", serde_json::json!(4), "freq_shift"),
        ("sample_size", serde_json::json!(1_000_000), "numbers"),
        ("norm_num_groups", serde_json::json!(0), "groups"),
    ] {
        let mut case = cases().remove(0);
        case.config.insert(key.to_owned(), value);
        let folder = tempfile::tempdir().expect("a folder");
        let path = case.pipeline(folder.path(), None);
        let fault = Foreign::open(&path, None)
            .expect_err("it is refused")
            .to_string();
        assert!(
            fault.contains(part),
            "{key}: {fault} should contain {part:?}"
        );
    }
}
