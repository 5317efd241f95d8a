//! Pictures that are written place by place: what comes next is chosen by how likely it is after what
//! stands there (van den Oord et al. 2016).
//!
//! Each place takes a number of the noise, a normal one, and the index at which the likelihoods of all
//! indices before it add up to the share of smaller numbers. So a code gives one grid, and the noise of
//! two pictures has all pictures between them.

use super::ModelError;
use super::cpu::causal::{Causal, Writing};
use super::manifest::ImageSpec;
use super::process::Inputs;
use super::runner::Runner;
use crate::latent::{Original, Sampler, prior};
use rayon::prelude::*;

/// Places that are written at once where a step for each would be too many.
const MOST_STEPS: usize = 64;

/// The grey of what is still to come.
const TO_COME: f32 = 0.25;

/// The networks of such a model.
#[derive(Clone, Debug)]
pub struct Written {
    /// Writes grids.
    pub prior: Causal,
    /// Scores all places of a whole grid at once.
    pub whole: Runner,
    /// Makes pictures of grids.
    pub decoder: Runner,
    /// How many weights a condition has.
    pub words: usize,
    /// Whether weights below 0 were never seen in training, as those of classes: then they say what a
    /// picture is led away from.
    pub negates_by_guidance: bool,
}

/// How the index at a place came to be there.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    pub place: usize,
    /// What stands there.
    pub index: u32,
    /// Whether it was given, so that nothing was chosen.
    pub is_given: bool,
    /// How likely indices were, 0..1, with the temperature and the guidance that it was chosen with: all of them
    /// in their order where there are few, else the likeliest, the likeliest first, and the one that stands there.
    pub likely: Vec<(u32, f32)>,
}

/// Of more indices than this only the likeliest are kept.
const MOST_KEPT: usize = 32;
/// How many.
const LIKELIEST: usize = 8;

impl Choice {
    fn new(place: usize, index: usize, is_given: bool, likelihoods: &[f32]) -> Self {
        let all = likelihoods.iter().copied().enumerate();
        let mut likely: Vec<(u32, f32)> = all.map(|(at, share)| (at as u32, share)).collect();
        let index = index as u32;
        if likely.len() > MOST_KEPT {
            let own = likely.get(index as usize).copied();
            likely.select_nth_unstable_by(LIKELIEST - 1, |a, b| b.1.total_cmp(&a.1));
            likely.truncate(LIKELIEST);
            likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            likely.extend(own.filter(|own| !likely.contains(own)));
        }
        Self {
            place,
            index,
            is_given,
            likely,
        }
    }

    /// How likely what stands there was.
    pub fn share(&self) -> f32 {
        let mut found = self.likely.iter();
        found
            .find(|(index, _)| *index == self.index)
            .map_or(0.0, |(_, share)| *share)
    }
}

/// Grids in the making.
pub struct WritingRun {
    grids: Vec<Grid>,
    done: usize,
    /// Places of a step.
    stride: usize,
    temperature: f32,
    guidance: f32,
    /// How the places of the last step were chosen, of the first grid.
    choices: Vec<Choice>,
}

/// One of them.
struct Grid {
    writing: Writing,
    /// The same with nothing said, or what guidance leads away from.
    avoided: Option<Writing>,
    noise: Vec<f32>,
    /// What is to stand at a place whatever is likely.
    given: Vec<Option<usize>>,
    /// The places from here on are all given: nothing has to be computed for them.
    open_to: usize,
}

impl Written {
    /// How many steps a grid takes.
    pub fn steps(&self) -> usize {
        self.prior.places().div_ceil(self.stride())
    }

    fn stride(&self) -> usize {
        match self.prior.places() {
            places if places <= MOST_STEPS => 1,
            _ => self.prior.width(),
        }
    }

    /// Numbers of a row: the noise of each place, the index given for it or -1, and the weights of the
    /// condition.
    pub fn row_len(&self) -> usize {
        2 * self.prior.places() + self.words
    }

    /// Begins to write rows. Of a picture that is redrawn, the last places are written anew, as many as its
    /// strength says, as far as its mask lets them.
    pub fn begin(&self, inputs: &Inputs, sampler: &Sampler) -> WritingRun {
        let places = self.prior.places();
        let part = sampler.first_part();
        let rows = inputs.rows.chunks_exact(self.row_len());
        let originals = inputs.originals().chain(std::iter::repeat(None));
        let grids = rows.zip(originals).map(|(row, original)| {
            let (noise, rest) = row.split_at(places);
            let (given, condition) = rest.split_at(places);
            let mut given: Vec<Option<usize>> = given
                .iter()
                .map(|&index| (index >= 0.0).then_some(index as usize))
                .collect();
            if let Some(original) = original {
                hold(&mut given, original);
            }
            let [asked, avoided] = self.told(condition);
            let is_led = asked != avoided && part.guidance != 1.0;
            Grid {
                writing: self.prior.begin(&asked),
                avoided: is_led.then(|| self.prior.begin(&avoided)),
                noise: noise.to_vec(),
                open_to: given
                    .iter()
                    .rposition(Option::is_none)
                    .map_or(0, |last| last + 1),
                given,
            }
        });
        WritingRun {
            grids: grids.collect(),
            done: 0,
            stride: self.stride(),
            temperature: part.temperature,
            guidance: part.guidance,
            choices: Vec::new(),
        }
    }

    /// What is asked for, and what guidance leads away from.
    fn told(&self, condition: &[f32]) -> [Vec<f32>; 2] {
        let weights = condition.iter();
        match self.negates_by_guidance {
            true => [
                weights.clone().map(|weight| weight.max(0.0)).collect(),
                weights.map(|weight| (-weight).max(0.0)).collect(),
            ],
            false => [condition.to_vec(), vec![0.0; condition.len()]],
        }
    }

    /// Whole grids of rows, one after the other, as numbers.
    pub fn grids(&self, inputs: &Inputs, sampler: &Sampler) -> Vec<f32> {
        let mut run = self.begin(inputs, sampler);
        while run.progress()[0] < run.progress()[1] {
            run.step(self, false);
        }
        run.numbers(self.prior.places())
    }

    /// Pictures of rows.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn pictures(&self, inputs: &Inputs, sampler: &Sampler) -> Result<Vec<f32>, ModelError> {
        self.decoder.values(&[&self.grids(inputs, sampler)])
    }

    /// How likely each index is at a place of a grid, 0..1, after what stands at the places before it. The
    /// condition is the end of a row; see [`Self::row_len`]. At a temperature of 0 the likeliest index has it
    /// all.
    pub fn expected(
        &self,
        grid: &[u32],
        place: usize,
        condition: &[f32],
        sampler: &Sampler,
    ) -> Vec<f32> {
        let part = sampler.first_part();
        let [asked, avoided] = self.told(condition);
        let is_led = asked != avoided && part.guidance != 1.0;
        let before = grid.iter().take(place.min(self.prior.places()));
        let scores_after = |condition: &[f32]| {
            let mut writing = self.prior.begin(condition);
            for index in before.clone() {
                // What is kept of a place is computed with its scores.
                self.prior.scores(&mut writing);
                self.prior.write(&mut writing, *index as usize);
            }
            self.prior.scores(&mut writing).to_vec()
        };
        let mut scores = scores_after(&asked);
        if is_led {
            lead(&mut scores, &scores_after(&avoided), part.guidance);
        }
        likelihoods(&scores, part.temperature)
    }

    /// The natural logarithms of the likelihoods of whole grids, each with its condition.
    ///
    /// # Errors
    /// When the numbers are no whole number of grids.
    pub fn log_likelihoods(
        &self,
        grids: &[f32],
        conditions: &[f32],
    ) -> Result<Vec<f32>, ModelError> {
        let (places, levels) = (self.prior.places(), self.prior.levels());
        let inputs = [grids, conditions];
        let inputs = if self.words == 0 {
            &inputs[..1]
        } else {
            &inputs[..]
        };
        let scores = self.whole.values(inputs)?;
        let grids = grids.chunks_exact(places);
        let scores = scores.chunks_exact(places * levels);
        Ok(grids
            .zip(scores)
            .map(|(grid, scores)| {
                let of_place = |(place, &index): (usize, &f32)| {
                    let at = |level: usize| f64::from(scores[level * places + place]);
                    let largest = (0..levels).map(at).fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = (0..levels).map(|level| (at(level) - largest).exp()).sum();
                    at((index.max(0.0) as usize).min(levels - 1)) - largest - sum.ln()
                };
                grid.iter().enumerate().map(of_place).sum::<f64>() as f32
            })
            .collect())
    }
}

/// Keeps what is not redrawn of a picture.
fn hold(given: &mut [Option<usize>], original: &Original) {
    let places = given.len();
    let kept = ((1.0 - original.strength) * places as f32).round() as usize;
    for (place, given) in given.iter_mut().enumerate() {
        let share = original.redrawn.get(place).copied().unwrap_or(1.0);
        if place < kept || share < 0.5 {
            let index = original.data.get(place).copied().unwrap_or(0.0);
            *given = Some(index.round().max(0.0) as usize);
        }
    }
}

impl WritingRun {
    /// Steps done, and how many there are.
    pub fn progress(&self) -> [usize; 2] {
        let places = self.grids.first().map_or(0, |grid| grid.noise.len());
        [
            self.done.div_ceil(self.stride),
            places.div_ceil(self.stride).max(1),
        ]
    }

    /// How the places of the last step were chosen, of the first grid; nothing of a step that nobody watched.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Writes the next places of all grids; all at once where everything is given.
    pub fn step(&mut self, written: &Written, is_watched: bool) {
        let places = written.prior.places();
        let to = match self.grids.iter().all(|grid| grid.open_to == 0) {
            true => places,
            false => (self.done + self.stride).min(places),
        };
        let (temperature, guidance) = (self.temperature, self.guidance);
        let choices = self.grids.par_iter_mut().enumerate().map(|(at, grid)| {
            let mut choices = Vec::new();
            let mut watch = (is_watched && at == 0).then_some(&mut choices);
            for place in grid.writing.indices().len()..to {
                let watch = watch.as_deref_mut();
                grid.write(&written.prior, place, (temperature, guidance), watch);
            }
            choices
        });
        self.choices = choices.flatten_iter().collect();
        self.done = to;
    }

    /// Greys out what is still to come of pictures `[channels, height, width]`.
    pub fn veil(&self, pictures: &mut [f32], written: &Written, image: ImageSpec) {
        let (places, columns) = (written.prior.places(), written.prior.width().max(1));
        let rows = (places / columns).max(1);
        for (grid, picture) in self
            .grids
            .iter()
            .zip(pictures.chunks_exact_mut(image.len()))
        {
            let done = grid.writing.indices().len();
            let is_to_come = |x: usize, y: usize| {
                let place = y * rows / image.height * columns + x * columns / image.width;
                place >= done && grid.given.get(place).is_some_and(Option::is_none)
            };
            for (at, value) in picture.iter_mut().enumerate() {
                let pixel = at % (image.height * image.width);
                if is_to_come(pixel % image.width, pixel / image.width) {
                    *value = TO_COME;
                }
            }
        }
    }

    /// What was written so far, one grid after the other; places to come are as the first index.
    pub fn numbers(&self, places: usize) -> Vec<f32> {
        let grids = self.grids.iter().flat_map(|grid| {
            let written = grid.writing.indices().iter().map(|&index| index as f32);
            let given = grid.given.iter().skip(grid.writing.indices().len());
            let to_come = given.map(|given| given.unwrap_or(0) as f32);
            written.chain(to_come).take(places)
        });
        grids.collect()
    }
}

impl Grid {
    fn write(
        &mut self,
        prior: &Causal,
        place: usize,
        (temperature, guidance): (f32, f32),
        watch: Option<&mut Vec<Choice>>,
    ) {
        if place >= self.open_to
            && let Some(index) = self.given[place]
        {
            prior.put_down(&mut self.writing, index);
            return;
        }
        let mut scores = prior.scores(&mut self.writing).to_vec();
        if let Some(avoided) = &mut self.avoided {
            lead(&mut scores, prior.scores(avoided), guidance);
        }
        let index =
            self.given[place].unwrap_or_else(|| choose(&scores, self.noise[place], temperature));
        if let Some(choices) = watch {
            let is_given = self.given[place].is_some();
            let likelihoods = likelihoods(&scores, temperature);
            choices.push(Choice::new(place, index, is_given, &likelihoods));
        }
        prior.write(&mut self.writing, index);
        if let Some(avoided) = &mut self.avoided {
            prior.write(avoided, index);
        }
    }
}

/// Leads scores away from others.
fn lead(scores: &mut [f32], untold: &[f32], guidance: f32) {
    for (score, untold) in scores.iter_mut().zip(untold) {
        *score = untold + guidance * (*score - untold);
    }
}

/// The likelihoods that scores stand for.
fn likelihoods(scores: &[f32], temperature: f32) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |score: f32| match temperature > 0.0 {
        true => f64::from((score - largest) / temperature).exp(),
        false => f64::from(u8::from(score == largest)),
    };
    let whole: f64 = scores.iter().map(|&score| weight(score)).sum();
    let shares = scores.iter().map(|&score| (weight(score) / whole) as f32);
    shares.collect()
}

/// The index at which the likelihoods add up to the share of normal numbers below `noise`; the likeliest
/// one at a temperature of 0.
fn choose(scores: &[f32], noise: f32, temperature: f32) -> usize {
    let likeliest =
        scores
            .iter()
            .enumerate()
            .fold((0, f32::NEG_INFINITY), |best, (index, &score)| {
                if score > best.1 { (index, score) } else { best }
            });
    if temperature <= 0.0 {
        return likeliest.0;
    }
    let weight = |score: f32| f64::from((score - likeliest.1) / temperature).exp();
    let whole: f64 = scores.iter().map(|&score| weight(score)).sum();
    let mut left = prior::share_below(noise.into()) * whole;
    for (index, &score) in scores.iter().enumerate() {
        left -= weight(score);
        if left < 0.0 {
            return index;
        }
    }
    scores.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The normal number below which a share of all lie.
    fn normal_at(share: f64) -> f32 {
        let (mut low, mut high) = (-9.0_f64, 9.0_f64);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if prior::share_below(middle) < share {
                low = middle;
            } else {
                high = middle;
            }
        }
        high as f32
    }

    #[test]
    fn noise_chooses_by_likelihood() {
        let scores = [0.0, 3.0_f32.ln(), 0.0];
        let counts = (0..1000).fold([0; 3], |mut counts, step| {
            // Evenly spread shares, as normal numbers.
            let share = (f64::from(step) + 0.5) / 1000.0;
            let noise = normal_at(share);
            counts[choose(&scores, noise, 1.0)] += 1;
            counts
        });
        assert_eq!(counts, [200, 600, 200]);
        assert_eq!(choose(&scores, -9.0, 0.0), 1, "the likeliest");
        assert_eq!(choose(&scores, -9.0, 1.0), 0);
        assert_eq!(choose(&scores, 9.0, 1.0), 2);
    }

    #[test]
    fn likelihoods_add_up_to_one_and_follow_the_temperature() {
        let scores = [0.0, 3.0_f32.ln(), 0.0];
        assert_eq!(likelihoods(&scores, 1.0), [0.2, 0.6, 0.2]);
        assert_eq!(likelihoods(&scores, 0.0), [0.0, 1.0, 0.0]);
        let warm = likelihoods(&scores, 2.0);
        assert!(warm[0] > 0.2 && warm[1] < 0.6, "{warm:?}");
    }

    #[test]
    fn of_many_indices_the_likeliest_are_kept_and_the_chosen_one() {
        let few = Choice::new(3, 1, false, &[0.25, 0.75]);
        assert_eq!(few.likely, [(0, 0.25), (1, 0.75)]);
        assert_eq!(few.share(), 0.75);
        let mut many = vec![0.001; 100];
        for (index, share) in [(40, 0.5), (7, 0.2), (90, 0.1)] {
            many[index] = share;
        }
        let chosen = Choice::new(0, 99, false, &many);
        assert_eq!(chosen.likely[..3], [(40, 0.5), (7, 0.2), (90, 0.1)]);
        assert_eq!(chosen.likely.len(), LIKELIEST + 1);
        assert_eq!(chosen.share(), 0.001);
        assert_eq!(Choice::new(0, 40, true, &many).likely.len(), LIKELIEST);
        assert_eq!(Choice::new(0, 5, true, &[]).share(), 0.0);
    }

    #[test]
    fn strength_says_how_much_is_written_anew() {
        let original = Original {
            data: vec![1.0, 2.0, 3.0, 4.0],
            strength: 0.5,
            redrawn: vec![1.0, 1.0, 1.0, 0.0],
        };
        let mut given = vec![None; 4];
        hold(&mut given, &original);
        assert_eq!(given, [Some(1), Some(2), None, Some(4)]);
    }
}
