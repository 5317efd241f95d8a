//! What pictures are said to show: the conditions that a model learns and is measured with.

use super::dataset::{DataForm, Dataset};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use crate::latent::interpolate::truncate;
use crate::latent::{Sampler, Space, Vocabulary, VocabularyKind, stands_for};
use crate::model::manifest::LabelKind;
use crate::model::{Generator, ModelError, ModelFile};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a model learns conditions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionSettings {
    /// How often nothing is said of a picture in training, so that the model also draws without
    /// conditions (classifier-free guidance, Ho and Salimans 2022, needs both).
    pub drop: f64,
    /// Words that stand for labels of the data, as "red hair" for `hair_red`; the labels themselves
    /// where none are named.
    #[serde(default)]
    pub words: Vec<String>,
    /// How often a prompt of training is short: up to three of the attributes that the picture has, as
    /// people ask for, the rare ones more often. Otherwise it says of any number of them whether they are
    /// there or not.
    #[serde(default)]
    pub short: f64,
}

/// The most words of a short prompt.
const SHORT: usize = 3;

impl ConditionSettings {
    pub fn is_sound(&self) -> bool {
        (0.0..1.0).contains(&self.drop) && (0.0..=1.0).contains(&self.short)
    }
}

impl Recipe {
    /// The words that a model of this recipe takes, from the labels of its data.
    pub fn vocabulary(&self, form: &DataForm) -> Option<Vocabulary> {
        let settings = self.conditions.as_ref()?;
        let words = match &settings.words[..] {
            [] => &form.labels,
            words => words,
        };
        Some(Vocabulary {
            kind: match form.kind {
                LabelKind::Classes => VocabularyKind::Classes,
                LabelKind::Flags => VocabularyKind::Attributes,
            },
            words: words.to_vec(),
            // What was never left open in training means nothing to the model.
            default: (settings.drop == 0.0 && form.kind == LabelKind::Classes)
                .then(|| words.first().cloned())
                .flatten(),
            exclusive: Vec::new(),
        })
    }
}

/// Pictures that are looked at for words that never go together.
const PICTURES: usize = 20_000;
/// Words that chance would have brought together at least this often exclude each other where they never met: by
/// chance alone that happens once in 500 million times.
const LEAST_MEETINGS: f64 = 20.0;

/// The pairs of words that never hold together in the data. Words of classes all exclude each other, which needs
/// no saying.
///
/// # Errors
/// When a word is not a label of the data.
pub fn exclusive(vocabulary: &Vocabulary, data: &Dataset) -> Result<Vec<[String; 2]>, ModelError> {
    if vocabulary.kind == VocabularyKind::Classes || data.is_empty() {
        return Ok(Vec::new());
    }
    let conditioning = Conditioning::new(vocabulary, &data.form)?;
    let seen = conditioning.of_labels(&data.labels(0..PICTURES.min(data.len())));
    Ok(apart(&vocabulary.words, &seen))
}

/// The pairs of words that never meet in rows of weights, though they would have by chance.
fn apart(words: &[String], seen: &[f32]) -> Vec<[String; 2]> {
    let count = words.len();
    let mut alone = vec![0_u32; count];
    let mut together = vec![0_u32; count * count];
    let mut rows = 0;
    for row in seen.chunks_exact(count.max(1)) {
        rows += 1;
        for (first, _) in row.iter().enumerate().filter(|(_, it)| **it > 0.0) {
            alone[first] += 1;
            for (second, _) in row.iter().enumerate().filter(|(_, it)| **it > 0.0) {
                together[first * count + second] += 1;
            }
        }
    }
    let mut pairs = Vec::new();
    for first in 0..count {
        for second in first + 1..count {
            let by_chance =
                f64::from(alone[first]) * f64::from(alone[second]) / f64::from(rows.max(1));
            if together[first * count + second] == 0 && by_chance >= LEAST_MEETINGS {
                pairs.push([first, second].map(|at| words[at].clone()));
            }
        }
    }
    pairs
}

/// From the labels of pictures to weights of words.
#[derive(Clone, Debug)]
pub struct Conditioning {
    kind: VocabularyKind,
    /// The label of each word.
    labels: Vec<usize>,
    /// How many labels a row of the data has.
    row: usize,
    drop: f64,
    short: f64,
}

impl Conditioning {
    /// Conditions of data for the words of a vocabulary, where everything is said.
    ///
    /// # Errors
    /// When a word is not a label of the data.
    pub fn new(vocabulary: &Vocabulary, form: &DataForm) -> Result<Self, ModelError> {
        let label = |word: &String| {
            let label = form.labels.iter().position(|label| stands_for(word, label));
            label.ok_or_else(|| ModelError(format!("its data has no label {word:?}")))
        };
        Ok(Self {
            kind: vocabulary.kind,
            labels: vocabulary
                .words
                .iter()
                .map(label)
                .collect::<Result<_, _>>()?,
            row: form.labels.len(),
            drop: 0.0,
            short: 0.0,
        })
    }

    /// The same for training, where not everything is said.
    ///
    /// # Errors
    /// When prompts should be short and are single classes.
    pub fn in_training(self, settings: &ConditionSettings) -> Result<Self, ModelError> {
        if settings.short > 0.0 && self.kind == VocabularyKind::Classes {
            let fault =
                "has conditions.short, which is for attributes: a class is one word as it is";
            return Err(ModelError(fault.to_owned()));
        }
        Ok(Self {
            drop: settings.drop,
            short: settings.short,
            ..self
        })
    }

    /// How many weights a condition has.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// All that can be said of pictures, `[pictures, words]`, from their labels as
    /// [`Dataset::labels`] gives them.
    pub fn of_labels(&self, labels: &[u8]) -> Vec<f32> {
        let words = self.labels.iter();
        match self.kind {
            VocabularyKind::Classes => labels
                .iter()
                .flat_map(|&class| {
                    let is_class = move |&label: &usize| f32::from(label == usize::from(class));
                    words.clone().map(is_class)
                })
                .collect(),
            VocabularyKind::Attributes => labels
                .chunks_exact(self.row.max(1))
                .flat_map(|row| {
                    words
                        .clone()
                        .map(|&label| f32::from(row[label]) * 2.0 - 1.0)
                })
                .collect(),
        }
    }

    /// Conditions of one word each, all words in turn.
    pub fn of_every_word(&self, count: usize) -> Vec<f32> {
        let words = self.len().max(1);
        (0..count * words)
            .map(|index| f32::from(index % words == index / words % words))
            .collect()
    }

    /// What is said of the pictures of a training step: now and then nothing, and of attributes as
    /// many as it happens, so that prompts of any length are known, or only a few of those that are there.
    pub fn of_step(&self, labels: &[u8], seed: u64, step: u64) -> Vec<f32> {
        let mut conditions = self.of_labels(labels);
        let mut stream = Stream::new(seed, Purpose::Conditions, step);
        let counts = self.counts(&conditions);
        for condition in conditions.chunks_exact_mut(self.len().max(1)) {
            let is_dropped = stream.uniform() < self.drop;
            if self.short > 0.0 && stream.uniform() < self.short {
                let words = 1 + stream.below(SHORT);
                say_few(condition, words, &counts, &mut stream);
                if is_dropped {
                    condition.fill(0.0);
                }
                continue;
            }
            let share = stream.uniform();
            for weight in condition {
                let is_said = match self.kind {
                    VocabularyKind::Classes => true,
                    VocabularyKind::Attributes => stream.uniform() < share,
                };
                if is_dropped || !is_said {
                    *weight = 0.0;
                }
            }
        }
        conditions
    }

    /// How many of some pictures have each attribute, from conditions that say everything.
    fn counts(&self, conditions: &[f32]) -> Vec<u32> {
        let mut counts = vec![0; self.len()];
        for condition in conditions.chunks_exact(self.len().max(1)) {
            for (count, weight) in counts.iter_mut().zip(condition) {
                *count += u32::from(*weight > 0.0);
            }
        }
        counts
    }
}

/// Leaves of the attributes that are there only `words`, and says nothing of the rest. An attribute is chosen the
/// likelier, the fewer pictures have it: otherwise the words of rare attributes would hardly ever be heard alone.
fn say_few(condition: &mut [f32], words: usize, counts: &[u32], stream: &mut Stream) {
    // Weighted sampling without replacement: of keys ln(u) / weight the largest (Efraimidis and Spirakis 2006). The
    // weight of an attribute is one by how many pictures have it.
    let mut keys: Vec<(f64, usize)> = condition
        .iter()
        .zip(counts)
        .enumerate()
        .filter(|(_, (weight, _))| **weight > 0.0)
        .map(|(at, (_, count))| (stream.uniform().ln() * f64::from(*count), at))
        .collect();
    keys.sort_unstable_by(|(left, _), (right, _)| right.total_cmp(left));
    let said: Vec<(usize, f32)> = keys
        .iter()
        .take(words)
        .map(|(_, at)| (*at, condition[*at]))
        .collect();
    condition.fill(0.0);
    for (at, weight) in said {
        condition[at] = weight;
    }
}

/// What samples a model is measured by: those that are asked to show what the test pictures show, one
/// after the other, made with some settings.
pub struct Asked<'a> {
    conditioning: Option<Conditioning>,
    data: &'a Dataset,
    manner: Manner,
    /// The mean of w, for codes that a mapping network leads there.
    w_mean: Option<Vec<f32>>,
}

/// How the samples of a measurement are made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Manner {
    pub sampler: Sampler,
    /// What is left of the distance of each code from the mean, in w where there is a mapping network (the truncation trick,
    /// Karras et al. 2019). 1 leaves codes as they are.
    pub psi: f32,
}

impl Manner {
    /// Whether samples of a model can be made so.
    pub fn suits(&self, file: &ModelFile) -> bool {
        let traits = file.manifest.family.traits();
        self.psi == 1.0 || !traits.takes_steps() && !traits.writes()
    }
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            sampler: Sampler::default(),
            psi: 1.0,
        }
    }
}

impl<'a> Asked<'a> {
    /// # Errors
    /// When the model has words that the data has no labels for.
    pub fn new(file: &ModelFile, data: &'a Dataset, manner: Manner) -> Result<Self, ModelError> {
        let w_mean = file.tensors.get("w.mean");
        let vocabulary = file.manifest.conditions.as_ref();
        let conditioning = vocabulary.map(|words| Conditioning::new(words, &data.form));
        Ok(Self {
            conditioning: conditioning.transpose()?,
            data,
            manner,
            w_mean: w_mean.map(|mean| mean.values.clone()),
        })
    }

    /// The labels of the words, if the model takes any.
    pub fn labels(&self) -> Option<&[usize]> {
        Some(&self.conditioning.as_ref()?.labels)
    }

    /// What is asked of samples: `[samples, words]`, empty where the model takes no conditions.
    pub fn conditions(&self, samples: Range<usize>) -> Vec<f32> {
        let Some(conditioning) = &self.conditioning else {
            return Vec::new();
        };
        let len = self.data.len().max(1);
        conditioning.of_labels(&self.data.labels(samples.map(|sample| sample % len)))
    }

    /// The pictures of samples, from codes in the space of seeds.
    ///
    /// # Errors
    /// As for [`Generator::inputs_given`] and [`Generator::make`].
    pub fn pictures(
        &self,
        generator: &Generator,
        codes: &[f32],
        samples: Range<usize>,
    ) -> Result<Vec<f32>, ModelError> {
        self.pictures_given(generator, codes, &self.conditions(samples))
    }

    /// The same under other conditions.
    ///
    /// # Errors
    /// As for [`Generator::inputs_given`] and [`Generator::make`].
    pub fn pictures_given(
        &self,
        generator: &Generator,
        codes: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        let start = generator.start();
        let psi = self.manner.psi;
        let inputs = match (&self.w_mean, psi == 1.0) {
            (_, true) => generator.inputs_given(start, codes, conditions)?,
            (Some(mean), false) => {
                let codes = generator.w_from_z(codes)?;
                let rows = codes.chunks_exact(mean.len().max(1));
                let truncated: Vec<f32> = rows.flat_map(|row| truncate(row, mean, psi)).collect();
                generator.inputs_given(Space::W, &truncated, conditions)?
            }
            // The mean of the prior.
            (None, false) => {
                let truncated: Vec<f32> = codes.iter().map(|value| value * psi).collect();
                generator.inputs_given(start, &truncated, conditions)?
            }
        };
        generator.make(&inputs, &self.manner.sampler)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalogue;
    use crate::model::manifest::ImageSpec;
    use crate::train::dataset::{DatasetName, Part};
    use std::path::Path;

    fn form(kind: LabelKind, labels: &[&str]) -> DataForm {
        DataForm {
            image: ImageSpec {
                channels: 1,
                height: 1,
                width: 1,
            },
            kind,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            groups: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn conditioning(kind: LabelKind, words: &[&str], drop: f64) -> Conditioning {
        let data = form(kind, &["a", "b", "c"]);
        let vocabulary = Vocabulary {
            kind: match kind {
                LabelKind::Classes => VocabularyKind::Classes,
                LabelKind::Flags => VocabularyKind::Attributes,
            },
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            default: None,
            exclusive: Vec::new(),
        };
        let known = Conditioning::new(&vocabulary, &data).expect("all words are labels");
        let settings = ConditionSettings {
            drop,
            words: Vec::new(),
            short: 0.0,
        };
        known.in_training(&settings).expect("it is sound")
    }

    #[test]
    fn labels_become_weights_of_their_words() {
        let classes = conditioning(LabelKind::Classes, &["a", "b", "c"], 0.0);
        assert_eq!(classes.of_labels(&[2, 0]), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        // Words may be some of the labels, in another order.
        let flags = conditioning(LabelKind::Flags, &["c", "a"], 0.0);
        assert_eq!(flags.of_labels(&[1, 1, 0, 0, 0, 1]), [-1.0, 1.0, 1.0, -1.0]);
        let data = form(LabelKind::Flags, &["a"]);
        let unknown = Vocabulary {
            kind: VocabularyKind::Attributes,
            words: vec!["hat".to_owned()],
            default: None,
            exclusive: Vec::new(),
        };
        let fault = Conditioning::new(&unknown, &data).expect_err("it is no label");
        assert!(fault.to_string().contains("\"hat\""), "{fault}");
    }

    #[test]
    fn words_that_never_meet_exclude_each_other_where_chance_would_have_brought_them_together() {
        let words = ["smile", "frown", "hat", "crown"].map(str::to_owned);
        let rows = (0..200).flat_map(|at: u32| {
            let holds = [
                at.is_multiple_of(2),
                !at.is_multiple_of(2),
                at.is_multiple_of(3),
                at == 1,
            ];
            holds.map(|it| if it { 1.0 } else { -1.0 })
        });
        let found = apart(&words, &rows.collect::<Vec<f32>>());
        // A crown is too rare to say anything of it.
        assert_eq!(found, [["smile", "frown"].map(str::to_owned)]);
        assert!(apart(&[], &[]).is_empty());
    }

    /// Where the layers of the faces lie beside the repository.
    #[test]
    fn prompts_of_built_in_models_exclude_what_their_data_do() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        if !folder.join("faces").is_dir() {
            return;
        }
        let data = DatasetName::Doll("faces".to_owned());
        let data = data.read(&folder, Part::Train).expect("a doll");
        for name in ["faces-ldm", "faces-vq"] {
            let model = catalogue::find(name).expect("it is built in");
            let model = ModelFile::from_bytes(model.bytes).expect("it is sound");
            let words = model.manifest.conditions.expect("it takes a prompt");
            let found = exclusive(&words, &data).expect("its words are labels");
            assert_eq!(found, words.exclusive, "{name}");
        }
    }

    #[test]
    fn now_and_then_nothing_is_said() {
        let classes = conditioning(LabelKind::Classes, &["a", "b", "c"], 0.25);
        let labels = vec![1; 4000];
        let said = classes.of_step(&labels, 1, 7);
        let silent = said.chunks(3).filter(|row| **row == [0.0; 3]).count();
        assert!((900..1100).contains(&silent), "{silent} of 4000");
        let others = said
            .chunks(3)
            .filter(|row| **row == [0.0, 1.0, 0.0])
            .count();
        assert_eq!(silent + others, 4000);
        assert_eq!(
            said,
            classes.of_step(&labels, 1, 7),
            "a resumed run says the same"
        );
        assert_ne!(said, classes.of_step(&labels, 1, 8));
        // Of attributes any part is said.
        let flags = conditioning(LabelKind::Flags, &["a", "b", "c"], 0.0);
        let said = flags.of_step(&[1; 3000], 1, 7);
        let counts = said
            .chunks(3)
            .map(|row| row.iter().filter(|weight| **weight != 0.0).count());
        let mut found = [0; 4];
        counts.for_each(|count| found[count] += 1);
        assert!(found.iter().all(|count| *count > 150), "{found:?} of 1000");
    }

    #[test]
    fn short_prompts_name_a_few_attributes_that_are_there() {
        let settings = ConditionSettings {
            drop: 0.25,
            words: Vec::new(),
            short: 0.5,
        };
        let flags = conditioning(LabelKind::Flags, &["a", "b", "c"], 0.0);
        let flags = flags.in_training(&settings).expect("attributes can be few");
        // Pictures with an a and a c; that a b is missing is not said in short.
        let said = flags.of_step(&[1, 0, 1].repeat(4000), 1, 7);
        let rows = || said.chunks(3);
        let share = |holds: &dyn Fn(&[f32]) -> bool| {
            rows().filter(|row| holds(row)).count() as f64 / 4000.0
        };
        let near = |found: f64, wanted: f64| (found - wanted).abs() < 0.03;
        // Of the long ones a twelfth says each: the integrals of s (1 - s)^2 and s^2 (1 - s) over the share s of words said.
        let [only, both] = [
            share(&|row| row == [1.0, 0.0, 0.0]),
            share(&|row| row == [1.0, 0.0, 1.0]),
        ];
        let said_short = 0.75 * 0.5;
        let said_long = 0.75 * 0.5 / 12.0;
        assert!(near(only, said_short / 3.0 / 2.0 + said_long), "{only}");
        assert!(near(both, said_short * 2.0 / 3.0 + said_long), "{both}");
        assert!(rows().all(|row| row[0] >= 0.0 && row[1] <= 0.0 && row[2] >= 0.0));
        assert_eq!(said, flags.of_step(&[1, 0, 1].repeat(4000), 1, 7));
        let classes = conditioning(LabelKind::Classes, &["a", "b", "c"], 0.0);
        let fault = classes
            .in_training(&settings)
            .expect_err("a class is one word");
        assert!(fault.to_string().contains("conditions.short"), "{fault}");
    }

    #[test]
    fn rare_attributes_are_said_as_often_as_common_ones() {
        let settings = ConditionSettings {
            drop: 0.0,
            words: Vec::new(),
            short: 1.0,
        };
        let flags = conditioning(LabelKind::Flags, &["a", "b", "c"], 0.0);
        let flags = flags.in_training(&settings).expect("attributes can be few");
        // All have an a and a b, one in ten has a c.
        let labels = [[1, 1, 1].to_vec(), [1, 1, 0].repeat(9)].concat();
        let said = flags.of_step(&labels.repeat(1000), 1, 7);
        let rows = |at: usize| said.chunks(3).skip(at).step_by(10);
        let alone = |row: &&[f32]| row.iter().filter(|weight| **weight != 0.0).count() == 1;
        let single = rows(0).filter(alone).count();
        let rare = rows(0).filter(|row| *row == [0.0, 0.0, 1.0]).count();
        // Of weights 1, 1 and 10 the last comes first in ten of twelve cases; a third of the prompts have one word.
        let share = rare as f64 / single as f64;
        assert!((share - 10.0 / 12.0).abs() < 0.06, "{rare} of {single}");
        let both = rows(1).filter(|row| *row == [1.0, 1.0, 0.0]).count();
        let first = rows(1).filter(|row| *row == [1.0, 0.0, 0.0]).count();
        assert!((600..730).contains(&both), "{both} of 1000");
        assert!((110..220).contains(&first), "{first} of 1000");
    }
}
