//! A toy as text.

use super::aliasing::{Aliasing, LIMIT};
use super::attention::Attention;
use super::flow::Flow;
use super::play::Play;
use super::probe::WRITTEN;
use super::shown::{NextWord, Shown};

/// The longest bar, in columns.
const BAR: f64 = 30.0;

/// Lines that stay as they are, and paragraphs below them.
#[derive(PartialEq, Default, Debug)]
pub struct Page {
    pub lines: Vec<String>,
    pub paragraphs: Vec<String>,
}

/// What a toy shows as it is set; one of the next word after it has written twenty.
pub fn page(play: &Play) -> Page {
    match Shown::of(play, 0) {
        Shown::NextWord(next) => next_word(play, &next),
        Shown::Attention(found) => attention(&found),
        Shown::Pieces(cut) => Page {
            lines: Vec::new(),
            paragraphs: vec![cut.join(" "), format!("{} pieces", cut.len())],
        },
        Shown::Flow(flow) => density(&flow),
        Shown::Aliasing(found) => waves(&found),
    }
}

fn width<'w>(words: impl Iterator<Item = &'w String>) -> usize {
    words.map(|word| word.chars().count()).max().unwrap_or(0)
}

fn next_word(play: &Play, next: &NextWord) -> Page {
    let width = width(next.likeliest.iter().map(|(word, _)| word));
    let line = |(word, p): &(String, f64)| {
        let bar = "█".repeat((p * BAR).round() as usize);
        format!("{word:<width$} {:>5.1} % {bar}", 100.0 * p)
    };
    let mut paragraphs = vec![format!("{} words can be drawn.", next.choices)];
    if let Shown::NextWord(later) = Shown::of(play, WRITTEN) {
        let sampled = format!("Seed {}", play.seed());
        for (name, found) in [("Greedy", later.greedy), (&*sampled, later.sampled)] {
            paragraphs.push(format!("{name}: {} … {}", play.text(), found.text));
        }
    }
    Page {
        lines: next.likeliest.iter().map(line).collect(),
        paragraphs,
    }
}

/// A row for each query, in percent.
fn attention(found: &Attention) -> Page {
    let width = width(found.words.iter());
    let line = |(word, row): (&String, &Vec<f64>)| {
        let weights = row.iter().map(|weight| format!(" {:>3.0}", 100.0 * weight));
        format!("{word:<width$}{}", weights.collect::<String>())
    };
    Page {
        lines: found.words.iter().zip(&found.weights).map(line).collect(),
        paragraphs: Vec::new(),
    }
}

/// The density of a flow, and the numbers of its code.
fn density(flow: &Flow) -> Page {
    Page {
        lines: flow.settings.density_lines(),
        paragraphs: flow.lines().map(|line| format!("{line}.")).into(),
    }
}

/// How strong each wave is that a layer gives, plainly and as it is set, and what both are worth.
fn waves(found: &Aliasing) -> Page {
    let line = |cycles: usize| {
        let [plain, filtered] = [&found.plain, &found.filtered].map(|side| {
            let amplitude = side.amplitudes[cycles];
            let bar = "█".repeat((amplitude * BAR / 2.0).round() as usize);
            format!("{amplitude:.3} {bar:<half$}", half = BAR as usize / 2)
        });
        let is_seen = [&found.plain, &found.filtered].map(|it| it.amplitudes[cycles] >= 0.005);
        let note = match is_seen.contains(&true) && !found.is_content(cycles) {
            true => "alias: no multiple of the wave",
            false => "",
        };
        format!("{cycles:>6} {plain} {filtered} {note}")
            .trim_end()
            .to_owned()
    };
    let head = format!("cycles {:<21} filtered", "on the grid");
    let settings = &found.settings;
    let worth = |name: &str, side: &super::aliasing::shown::Side| {
        format!(
            "{name}: EQ-T {:.1} dB; off by {:.1} % at this shift of {} steps.",
            side.equivariance, side.error_percent, settings.shift
        )
    };
    Page {
        lines: std::iter::once(head).chain((0..=LIMIT).map(line)).collect(),
        paragraphs: vec![
            worth("On the grid", &found.plain),
            worth("Filtered", &found.filtered),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::toy::Kind;

    fn shown(kind: Kind, text: &str) -> Page {
        page(&Play::read(kind, text).expect("a play"))
    }

    #[test]
    fn every_toy_has_words_for_a_terminal() {
        let next = shown(Kind::NextWord, "\"the latent\" with \"top_k 3\"");
        assert_eq!(next.lines.len(), 3);
        assert!(next.lines[0].contains('█') && next.lines[0].contains('%'));
        assert_eq!(next.paragraphs[0], "3 words can be drawn.");
        assert!(next.paragraphs[1].starts_with("Greedy: the latent … "));
        assert!(next.paragraphs[2].starts_with("Seed 1: the latent … "));
        let weights = shown(Kind::Attention, "\"a bc\" with \"head 2\"");
        assert_eq!(weights.lines, ["a  100   0", "bc 100   0"]);
        let cut = shown(Kind::Pieces, "\"ab\" with \"joins 0\"");
        assert_eq!(cut.paragraphs, ["▁a b", "2 pieces"]);
        let flow = shown(Kind::Flow, "\"ring\" with \"layers 0, z1 1\"");
        assert!(flow.lines.iter().any(|line| line.contains('▓')));
        assert_eq!(
            flow.paragraphs[0],
            "The marked code z = [1.00, 0.00] becomes x = [1.00, 0.00]."
        );
        assert!(flow.paragraphs[1].ends_with("= −2.34 − 0.00 = −2.34 nats."));
        let waves = shown(Kind::Aliasing, "\"square\" with \"frequency 6, shift 0.5\"");
        assert_eq!(waves.lines.len(), 10);
        assert!(waves.lines[5].starts_with("     4 0.500 ███████"));
        assert!(waves.lines[5].contains("alias") && !waves.lines[6].contains("alias"));
        assert!(waves.paragraphs[0].starts_with("On the grid: EQ-T 12.0 dB; off by 35.4 %"));
    }
}
