//! What tasks and claims measure of a toy.

use super::aliasing::LIMIT;
use super::attention::Attention;
use super::corpus::words;
use super::decoding::{Candidate, entropy_bits};
use super::kind::Kind;
use super::pieces::Pieces;
use super::play::Play;
use super::trigrams::Trigrams;
use crate::learn::measure::{HERE, Measure};

/// How many words a measure of writing lets a toy write.
pub const WRITTEN: usize = 20;

/// Which toy a measure is of.
#[derive(Clone, PartialEq, Debug)]
pub enum Subject {
    /// That on the window.
    Here,
    /// One as the file sets it.
    Set(Play),
}

/// A measure of a toy, with all that it needs.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    pub subject: Subject,
    extra: Extra,
}

/// What is asked besides the toy.
#[derive(Clone, PartialEq, Debug)]
enum Extra {
    Nothing,
    Word(String),
    Seed(u32),
    /// Query and key, from 0.
    Places([usize; 2]),
    /// Cycles over the grid.
    Cycles(usize),
}

impl Measure {
    /// The toy that it is of; `None` for a measure of pictures and codes.
    pub fn toy(self) -> Option<Kind> {
        match self {
            Self::Likeliest
            | Self::Chance
            | Self::Choices
            | Self::Entropy
            | Self::Perplexity
            | Self::Variety
            | Self::Surprise => Some(Kind::NextWord),
            Self::Weight => Some(Kind::Attention),
            Self::Tokens => Some(Kind::Pieces),
            Self::LogDet | Self::LogDensityOfPoint | Self::HeldOutLoss => Some(Kind::Flow),
            Self::Equivariance | Self::ShiftError | Self::Amplitude => Some(Kind::Aliasing),
            _ => None,
        }
    }
}

impl Probe {
    /// Reads the arguments of a measure of a toy.
    ///
    /// # Errors
    /// What is wrong with them, as a part of a sentence.
    pub fn read(measure: Measure, kind: Kind, arguments: &[&str]) -> Result<Self, String> {
        let wanted = match measure {
            Measure::Chance | Measure::Variety | Measure::Surprise | Measure::Amplitude => 2,
            Measure::Weight => 3,
            _ => 1,
        };
        let &[subject, ref rest @ ..] = arguments else {
            return Err("it has no arguments".to_owned());
        };
        if arguments.len() != wanted {
            let (plural, found) = (if wanted == 1 { "" } else { "s" }, arguments.len());
            return Err(format!(
                "it takes {wanted} argument{plural} and has {found}"
            ));
        }
        let subject = match subject.trim() {
            HERE => Subject::Here,
            text => Subject::Set(Play::read(kind, text)?),
        };
        let number = |text: &str| {
            let read = text.trim().parse::<u32>();
            read.map_err(|_| format!("{:?} is no whole number", text.trim()))
        };
        let extra = match (measure, rest) {
            (Measure::Chance, [word]) => {
                let quoted = word
                    .trim()
                    .strip_prefix('"')
                    .and_then(|it| it.strip_suffix('"'));
                let word = quoted.map(words).unwrap_or_default();
                match <[String; 1]>::try_from(word) {
                    Ok([word]) => Extra::Word(word),
                    Err(_) => {
                        return Err("the second argument is one word in quotation marks".to_owned());
                    }
                }
            }
            (Measure::Variety | Measure::Surprise, [seed]) => Extra::Seed(number(seed)?),
            (Measure::Weight, [query, key]) => {
                let place = |text: &str| match number(text)?.checked_sub(1) {
                    Some(place) => Ok(place as usize),
                    None => Err("words are counted from 1".to_owned()),
                };
                Extra::Places([place(query)?, place(key)?])
            }
            (Measure::Amplitude, [cycles]) => match number(cycles)? as usize {
                cycles @ 0..=LIMIT => Extra::Cycles(cycles),
                more => {
                    return Err(format!("the grid holds up to {LIMIT} cycles, not {more}"));
                }
            },
            _ => Extra::Nothing,
        };
        Ok(Self { subject, extra })
    }

    /// The number, in the unit of its measure. `here` is the toy on the window.
    ///
    /// # Errors
    /// A sentence where there is none.
    pub fn value(&self, measure: Measure, here: Option<&Play>) -> Result<f64, String> {
        let play = match &self.subject {
            Subject::Set(play) => play,
            Subject::Here => here.ok_or("there is no toy on the window to measure")?,
        };
        if measure.toy() != Some(play.kind()) {
            return Err(format!(
                "{} is no measure of {}",
                measure.key(),
                play.kind().key()
            ));
        }
        match (measure, &self.extra) {
            (Measure::Likeliest, _) => {
                Ok(100.0 * candidates(play).first().map_or(0.0, |(_, p)| *p))
            }
            (Measure::Chance, Extra::Word(word)) => {
                let model = Trigrams::built_in();
                let id = model.corpus().lexicon.id(word);
                let id = id.ok_or_else(|| format!("the texts do not have the word “{word}”"))?;
                let found = candidates(play)
                    .into_iter()
                    .find(|(it, _)| *it == id as usize);
                Ok(100.0 * found.map_or(0.0, |(_, p)| p))
            }
            (Measure::Choices, _) => Ok(candidates(play).len() as f64),
            (Measure::Entropy, _) => Ok(entropy_bits(&candidates(play))),
            (Measure::Perplexity, _) => Trigrams::built_in().perplexity(play.text()),
            (Measure::Variety | Measure::Surprise, Extra::Seed(seed)) => {
                let model = Trigrams::built_in();
                let written = model.write(play.text(), &play.decoding(), *seed, WRITTEN);
                Ok(match measure {
                    Measure::Variety => written.variety_percent(),
                    _ => written.mean_bits(),
                })
            }
            (Measure::Weight, Extra::Places([query, key])) => {
                let found = Attention::of(play.text(), play.attention());
                let weight = found.weights.get(*query).and_then(|row| row.get(*key));
                let count = found.words.len();
                let weight = weight.ok_or_else(|| format!("the text has {count} words, from 1"))?;
                Ok(100.0 * weight)
            }
            (Measure::Tokens, _) => {
                let cut = Pieces::built_in().cut(play.text(), play.joins());
                Ok(cut.len() as f64)
            }
            (Measure::LogDet, _) => Ok(play.flow().log_parts()[1]),
            (Measure::LogDensityOfPoint, _) => {
                let [log_prior, log_det] = play.flow().log_parts();
                Ok(log_prior - log_det)
            }
            (Measure::HeldOutLoss, _) => Ok(play.flow().loss()),
            (Measure::Equivariance, _) => Ok(play.aliasing().equivariance()),
            (Measure::ShiftError, _) => Ok(play.aliasing().error_percent()),
            (Measure::Amplitude, Extra::Cycles(cycles)) => Ok(play.aliasing().amplitude(*cycles)),
            _ => Err(format!("{} lacks an argument", measure.key())),
        }
    }
}

/// The words that can be drawn after a toy's text, the likeliest first.
pub fn candidates(play: &Play) -> Vec<Candidate> {
    let model = Trigrams::built_in();
    let p = model.next(&model.read(play.text()));
    play.decoding().shape(&p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::measure::parse_quantity;

    fn value(text: &str) -> Result<f64, String> {
        let quantity = parse_quantity(text, 1).expect(text);
        quantity.of_toy(None)
    }

    #[test]
    fn measures_of_the_next_word_agree() {
        let p = |settings: &str| {
            value(&format!("likeliest(\"the latent\" with \"{settings}\")")).unwrap()
        };
        assert!(
            p("temperature 0.5") > p("temperature 1") && p("temperature 1") > p("temperature 2")
        );
        assert_eq!(p("temperature 0"), 100.0);
        let choices = |settings: &str| {
            value(&format!("choices(\"the latent\" with \"{settings}\")")).unwrap()
        };
        assert_eq!(choices("top_k 7"), 7.0);
        assert!(choices("top_p 0.5") < choices("top_p 0.9"));
        let all = value("choices(\"the latent\")").unwrap();
        assert_eq!(all, Trigrams::built_in().corpus().lexicon.len() as f64);
        // Of eight equal chances there are three bits, of one none.
        assert_eq!(value("entropy(\"the latent\" with \"top_k 1\")"), Ok(0.0));
        assert!(value("entropy(\"the latent\" with \"top_k 8\")").unwrap() < 3.0);
        let chance = value("chance(\"the latent\" with \"top_k 1\", \"space\")").unwrap();
        assert!(chance == 100.0 || chance == 0.0);
        assert!(
            value("chance(\"the latent\", \"xyzzy\")")
                .unwrap_err()
                .contains("xyzzy")
        );
        let variety = |temperature: f64| {
            value(&format!(
                "variety(\"the\" with \"temperature {temperature}\", 3)"
            ))
            .unwrap()
        };
        assert!(variety(0.0) <= variety(1.5));
    }

    #[test]
    fn measures_of_the_other_toys() {
        assert!(value("weight(\"a b c\" with \"head 2\", 3, 2)").unwrap() > 97.0);
        assert_eq!(value("weight(\"a b c\" with \"head 2\", 1, 2)"), Ok(0.0));
        assert!(
            value("weight(\"a b c\", 4, 1)")
                .unwrap_err()
                .contains("3 words")
        );
        assert_eq!(value("tokens(\"strawberry\" with \"joins 0\")"), Ok(10.0));
        assert_eq!(value("log_det(\"moons\" with \"layers 0\")"), Ok(0.0));
        let at = |settings: &str| {
            let text = |measure: &str| format!("{measure}(\"moons\" with \"{settings}\")");
            [value(&text("flow_log_density")), value(&text("log_det"))].map(Result::unwrap)
        };
        let [density, log_det] = at("z1 1, z2 -1");
        assert!((density + log_det + 1.0 + std::f64::consts::TAU.ln()).abs() < 1e-9);
        let loss =
            |settings: &str| value(&format!("flow_loss(\"moons\" with \"{settings}\")")).unwrap();
        assert!(loss("training 100") < loss("training 5"));
        let alias = value("amplitude(\"square\" with \"frequency 6, filter 0\", 4)").unwrap();
        assert!((alias - 0.5).abs() < 1e-9);
        let error =
            |settings: &str| value(&format!("shift_error(\"relu\" with \"{settings}\")")).unwrap();
        assert!(error("filter 0, shift 0.5") > error("filter 6, shift 0.5"));
        assert_eq!(value("equivariance(\"linear\")"), Ok(120.0));
    }

    #[test]
    fn arguments_that_are_wrong_say_why() {
        for (text, part) in [
            ("likeliest(the latent)", "quotation marks"),
            ("likeliest(\"a\", \"b\")", "takes 1 argument and has 2"),
            ("chance(\"a\", \"b c\")", "one word"),
            ("chance(\"a\", b)", "one word"),
            ("chance(\"a\")", "takes 2 arguments and has 1"),
            ("variety(\"a\", -1)", "no whole number"),
            ("weight(\"a\", 0, 1)", "counted from 1"),
            ("amplitude(\"relu\", 9)", "up to 8 cycles"),
            ("amplitude(\"relu\")", "takes 2 arguments and has 1"),
            ("equivariance(\"step\")", "one of linear"),
            (
                "likeliest(\"a\" with \"temperature NaN\")",
                "temperature is a number",
            ),
            (
                "tokens(\"a\" with \"temperature 1\")",
                "no setting of pieces",
            ),
        ] {
            let fault = parse_quantity(text, 1).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        let here = parse_quantity("likeliest(here)", 1).expect("a measure");
        assert!(here.of_toy(None).is_err());
        assert!(here.of_toy(Some(&Play::new(Kind::Pieces, "a"))).is_err());
        assert!(here.of_toy(Some(&Play::new(Kind::NextWord, "a"))).is_ok());
    }
}
