//! From trained weights to a model file: statistics, named codes, measured quality.

use super::TrainError;
use super::conditions::exclusive;
use super::dataset::Dataset;
use super::eval::{self, Manner};
use super::losses;
use super::measure;
use super::named;
use super::progress::Progress;
use super::recipe::Recipe;
use super::task::{Task, Trained};
use crate::latent::{Space, SpaceShape};
use crate::model::code_map::CodeMap;
use crate::model::file::StoredTensor;
use crate::model::judge::Classifier;
use crate::model::manifest::{FORMAT_VERSION, Manifest, TrainingRecord};
use crate::model::{Generator, ModelError, ModelFile, device, statistics};
use std::collections::BTreeMap;

/// Test pictures whose codes go with the file, for maps of the plane.
const ENCODED_PICTURES: usize = 2000;
/// How many numbers these codes may have together: 400 KB as f16.
const ENCODED_NUMBERS: usize = 200_000;
/// Seeds over which the mean of w is taken.
const MEAN_OF_SEEDS: usize = 10_000;

/// What a model file says of its run besides the recipe's own words.
pub struct Record {
    /// The recipe's text.
    pub text: String,
    /// The device kind of the run.
    pub device: String,
    pub images_seen: u64,
    /// Whether the quality of the model stays unknown.
    pub skip_eval: bool,
}

/// The manifest and tensors of a trained model.
///
/// # Errors
/// When the weights make no sound file, or the device fails.
pub fn finish(
    recipe: &Recipe,
    task: &mut dyn Task,
    train: &Dataset,
    test: &Dataset,
    record: Record,
) -> Result<(Manifest, BTreeMap<String, StoredTensor>), TrainError> {
    let Trained {
        networks,
        style,
        flow,
        diffusion,
        levels,
        maps,
        mut tensors,
    } = task.finish()?;
    let mut spaces = BTreeMap::new();
    let traits = recipe.family.traits();
    if let Some(levels) = levels {
        let [_, height, width] = recipe.data_shape(train.form.image);
        let grid = SpaceShape::Grid {
            height,
            width,
            levels: u32::try_from(levels).unwrap_or(u32::MAX),
        };
        spaces.insert(Space::CODES, grid);
        if traits.writes() {
            let noise = SpaceShape::Image {
                channels: 1,
                height,
                width,
            };
            spaces.insert(Space::X, noise);
        }
        if maps.iter().any(|map| map.from == Space::Z) {
            spaces.insert(Space::Z, SpaceShape::Vector { dim: recipe.z_dim });
        }
    } else if recipe.diffusion.is_some() {
        let [channels, height, width] = recipe.data_shape(train.form.image);
        let data = SpaceShape::Image {
            channels,
            height,
            width,
        };
        spaces.insert(Space::X, data);
    } else if flow.is_some() {
        let dim = train.form.image.len();
        spaces.insert(Space::Z, SpaceShape::Vector { dim });
    } else if traits.generates {
        spaces.insert(Space::Z, SpaceShape::Vector { dim: recipe.z_dim });
    }
    if let Some(style) = &style {
        let (layers, dim) = (style.num_ws, style.w_dim);
        spaces.insert(Space::W, SpaceShape::Vector { dim });
        spaces.insert(Space::W_PLUS, SpaceShape::Layers { layers, dim });
    }
    let mut conditions = recipe.vocabulary(&train.form);
    if let Some(vocabulary) = &mut conditions {
        vocabulary.exclusive = exclusive(vocabulary, train)?;
    }
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        name: recipe.name.clone(),
        title: recipe.title.clone(),
        summary: recipe.summary.clone(),
        family: recipe.family,
        image: train.form.image,
        spaces,
        networks,
        maps,
        entries: train.form.entries.clone(),
        conditions,
        style,
        flow,
        diffusion,
        labels: train.form.kind,
        classes: train.form.labels.clone(),
        data: recipe.data_source(),
        training: TrainingRecord {
            recipe: record.text,
            images_seen: record.images_seen,
            seed: recipe.training.seed,
            device: record.device,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        },
        quality: BTreeMap::new(),
        directions: None,
    };
    // A finished run is not given up for the sake of its last minute.
    let mut watch = |_, _| true;
    let mut progress = Progress::new(&mut watch, 0);
    // Everything below is measured on the weights as they are stored.
    let device = device::cpu();
    let start = manifest.start_space();
    let has_vectors = start == Some(Space::Z);
    // Where a decoder was refined, the codes are to stay as they are.
    let without_prior = traits.generates && !traits.has_prior && has_vectors;
    if recipe.refine.is_none() && (without_prior || recipe.training.whiten) {
        let generator = Generator::new(&reread(&manifest, &tensors)?, &device)?;
        let (codes, log_variances) = eval::encode_all(&generator, train, &mut progress)?;
        fit_to_seeds(recipe, &manifest, &mut tensors, &codes, log_variances)?;
    }
    // What one number of the noise does to a picture of a sampler says nothing, and that of an index neither.
    if traits.generates && diffusion.is_none() && has_vectors {
        let generator = Generator::new(&reread(&manifest, &tensors)?, &device)?;
        if generator.encoded_space() == start {
            let judge = Classifier::of(&manifest, &device)?;
            add_codes(
                &generator,
                judge.as_ref(),
                test,
                &mut tensors,
                &mut progress,
            )?;
        }
        let sigma = match tensors.get("z.sigma") {
            Some(sigma) => sigma.values.clone(),
            None => vec![1.0; generator.start_len()],
        };
        let change = statistics::picture_change(&generator, Space::Z, &sigma)?;
        tensors.insert("z.picture_change".to_owned(), StoredTensor::vector(change));
        if manifest.style.is_some() {
            let (mean, sigma) = statistics::w_statistics(&generator, MEAN_OF_SEEDS)?;
            let change = statistics::picture_change(&generator, Space::W, &sigma)?;
            for (name, values) in [("mean", mean), ("sigma", sigma), ("picture_change", change)] {
                tensors.insert(format!("w.{name}"), StoredTensor::vector(values));
            }
        }
    }
    if record.skip_eval {
        return Ok((manifest, tensors));
    }
    let file = reread(&manifest, &tensors)?;
    manifest.quality = eval::measure(
        &file,
        None,
        [train, test],
        &device,
        Manner::default(),
        &mut progress,
    )?;
    Ok((manifest, tensors))
}

/// Maps the codes of an autoencoder to what seeds are drawn from. `codes` are those of many pictures.
fn fit_to_seeds(
    recipe: &Recipe,
    manifest: &Manifest,
    tensors: &mut BTreeMap<String, StoredTensor>,
    codes: &[f32],
    log_variances: Option<Vec<f32>>,
) -> Result<(), ModelError> {
    let dim = recipe.z_dim;
    let variances = log_variances.map(|logarithms| {
        let bound = losses::LOGVAR_BOUND as f32;
        let variances = logarithms.iter().map(|it| it.clamp(-bound, bound).exp());
        measure::column_statistics(&variances.collect::<Vec<f32>>(), dim).0
    });
    let map = if recipe.training.whiten {
        let gaussian = measure::Gaussian::fit(codes, dim);
        let mut covariance = gaussian.covariance().clone();
        // What is drawn around the codes of pictures counts, too.
        for (index, &variance) in variances.iter().flatten().enumerate() {
            covariance[(index, index)] += f64::from(variance);
        }
        CodeMap::of_covariance(gaussian.mean().clone(), covariance)?
    } else {
        let (mean, sigma) = measure::column_statistics(codes, dim);
        CodeMap::of_deviations(&mean, &sigma)
    };
    map.fold(&manifest.networks, tensors, variances.as_deref())
}

/// The file as a reader would see it, rounded to f16.
fn reread(
    manifest: &Manifest,
    tensors: &BTreeMap<String, StoredTensor>,
) -> Result<ModelFile, ModelError> {
    ModelFile::to_bytes(manifest, tensors)
        .and_then(|bytes| ModelFile::from_bytes(&bytes))
        .map_err(|error| ModelError(error.to_string()))
}

/// The statistics of encoded test pictures, some of their codes, and a code for each class, of which the
/// judge of the data, where there is one, says whether it is drawn as the class.
fn add_codes(
    generator: &Generator,
    judge: Option<&Classifier>,
    test: &Dataset,
    tensors: &mut BTreeMap<String, StoredTensor>,
    progress: &mut Progress<'_>,
) -> Result<(), TrainError> {
    let dim = generator.start_len();
    let (codes, _) = eval::encode_all(generator, test, progress)?;
    let (mean, sigma) = measure::column_statistics(&codes, dim);
    tensors.insert("z.mean".to_owned(), StoredTensor::vector(mean));
    tensors.insert("z.sigma".to_owned(), StoredTensor::vector(sigma));
    let Some(classes) = test.classes() else {
        // A map colours codes by class; pictures with any number of labels have none.
        return Ok(());
    };
    let kept = (ENCODED_NUMBERS / dim.max(1))
        .min(ENCODED_PICTURES)
        .min(test.len());
    tensors.insert(
        "encoded.codes".to_owned(),
        StoredTensor {
            shape: vec![kept, dim],
            values: codes[..kept * dim].to_vec(),
        },
    );
    let labels = classes[..kept]
        .iter()
        .map(|&label| f32::from(label))
        .collect();
    tensors.insert("encoded.labels".to_owned(), StoredTensor::vector(labels));
    if generator.condition_len() > 0 {
        // The class is said beside the code, which is about the same for all of them on average.
        return Ok(());
    }
    for (label, class) in test.form.labels.iter().enumerate() {
        let rows = codes.chunks_exact(dim).zip(classes);
        let of_class: Vec<f32> = rows
            .filter(|(_, other)| usize::from(**other) == label)
            .flat_map(|(row, _)| row.iter().copied())
            .collect();
        let code = named::code_of_class(&of_class, dim, |rows| match judge {
            Some(judge) => named::read_as(generator, judge, class, rows),
            None => Ok(vec![true; rows.len() / dim.max(1)]),
        })?;
        let name = class.to_lowercase().replace(' ', "-");
        // A name starts with a letter, so that it needs no quotes in an expression.
        let starts_well = name.starts_with(|first: char| first.is_alphabetic());
        let name = if starts_well {
            name
        } else {
            format!("digit-{name}")
        };
        tensors.insert(format!("code.{name}"), StoredTensor::vector(code));
    }
    Ok(())
}
