//! Every shipped decoder must decode alike on wgpu and on the CPU: wrong kernels have happened.

use crate::support::{Driver, gpu};
use zscape::engine::DeviceChoice;
use zscape::latent::Sampler;
use zscape::model::{Family, ModelFile, catalogue};

#[test]
fn every_shipped_decoder_agrees() {
    let on_gpu = Driver::new(DeviceChoice::Gpu, Some(gpu()));
    let on_cpu = Driver::new(DeviceChoice::Cpu, None);
    let mut compared = 0;
    for entry in catalogue::entries() {
        let file = ModelFile::from_bytes(entry.bytes).expect("a shipped file is sound");
        if file.manifest.family == Family::Classifier {
            continue;
        }
        // All steps of a sampler are alike, and a software adapter takes long for each.
        let sampler = Sampler {
            steps: 2,
            ..Sampler::default()
        };
        let model = on_gpu.load(entry.name);
        on_cpu.load(entry.name);
        // One code, a padded batch, and a full tile with a rest.
        for seeds in [0..1, 0..5, 0..70] {
            let a = on_gpu.pictures(on_gpu.decode_with(&model.id, seeds.clone(), sampler));
            let b = on_cpu.pictures(on_cpu.decode_with(&model.id, seeds.clone(), sampler));
            assert_eq!(a.len(), b.len());
            let square = |values: &mut dyn Iterator<Item = f32>| -> f64 {
                values.map(|v| f64::from(v).powi(2)).sum()
            };
            let difference = square(&mut a.iter().zip(&b).map(|(a, b)| a - b));
            let relative = (difference / square(&mut b.iter().copied())).sqrt();
            assert!(
                relative < 1e-3,
                "{} differs by {relative:e} for {} codes",
                entry.name,
                seeds.len()
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 42, "fourteen generators in three batch sizes");
}
