//! Figures as lines of text.

use super::chart::{Bars, Chart, Lines, Marks, shown};
use super::diagram::Diagram;
use super::{Content, Figure, Pictures};
use unicode_width::UnicodeWidthStr as _;

/// Width of the longest bar and of a curve, in letters.
const WIDTH: usize = 24;
/// The eighths of a block.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Figure {
    /// The figure in lines for a terminal, the caption last.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = match &self.content {
            Content::Pictures(pictures) => pictures.lines(),
            Content::Chart(chart) => chart.lines(),
            Content::Diagram(diagram) => diagram.lines(),
        };
        lines.push(self.caption.clone());
        lines
    }
}

impl Pictures {
    fn lines(&self) -> Vec<String> {
        let labels = self.labels.iter().map(|label| format!("  ({label})"));
        let labels = labels.chain(std::iter::repeat(String::new()));
        let pictures = self.expressions.iter().zip(labels);
        let mut lines = vec![format!("Pictures by {}:", self.model)];
        lines.extend(pictures.map(|(formula, label)| format!("  {}{label}", formula.text)));
        lines
    }
}

impl Chart {
    fn lines(&self) -> Vec<String> {
        match &self.marks {
            Marks::Bars(bars) => self.bars(bars),
            Marks::Lines(lines) => self.curves(lines),
        }
    }

    fn bars(&self, bars: &Bars) -> Vec<String> {
        let names = bars.bars.iter().map(|(name, _)| name.width()).max();
        let names = names.unwrap_or(0);
        let most = self
            .y
            .range
            .iter()
            .fold(0.0_f64, |most, end| most.max(end.abs()));
        let mut lines = Vec::new();
        if !self.y.label.is_empty() {
            lines.push(format!("{}:", self.y.label));
        }
        for (name, value) in &bars.bars {
            let length = (value.abs() / most.max(f64::MIN_POSITIVE) * WIDTH as f64).round();
            let bar = "█".repeat(length as usize);
            let room = " ".repeat(names - name.width());
            lines.push(format!("  {name}{room}  {bar} {}", shown(*value)));
        }
        lines
    }

    fn curves(&self, lines: &Lines) -> Vec<String> {
        let of = |label: &str| if label.is_empty() { "value" } else { label }.to_owned();
        let mut text = vec![format!("{} over {}:", of(&self.y.label), of(&self.x.label))];
        let names = lines.series.iter().map(|series| series.name.width()).max();
        let names = names.unwrap_or(0);
        for series in &lines.series {
            let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
                continue;
            };
            let curve: String = (0..WIDTH)
                .map(|column| {
                    let last = series.points.len() - 1;
                    let point = series.points[column * last / (WIDTH - 1)];
                    let height = self.y.place(point[1]).clamp(0.0, 1.0);
                    STEPS[(height * (STEPS.len() - 1) as f64).round() as usize]
                })
                .collect();
            let room = " ".repeat(names - series.name.width());
            text.push(format!(
                "  {}{room}  {curve}  {} to {}",
                series.name,
                shown(first[1]),
                shown(last[1])
            ));
        }
        text
    }
}

impl Diagram {
    fn lines(&self) -> Vec<String> {
        if self.arrows.is_empty() {
            return self
                .nodes
                .iter()
                .map(|node| format!("  [{}]", node.text))
                .collect();
        }
        let mut lines: Vec<String> = Vec::new();
        let mut end = None;
        for arrow in &self.arrows {
            let [from, to] = [arrow.from, arrow.to].map(|node| &self.nodes[node].text);
            let arrow_text = match arrow.label.as_str() {
                "" => " → ".to_owned(),
                label => format!(" ─{label}→ "),
            };
            match lines.last_mut() {
                // A row of arrows goes on.
                Some(line) if end == Some(arrow.from) => *line += &format!("{arrow_text}[{to}]"),
                _ => lines.push(format!("  [{from}]{arrow_text}[{to}]")),
            }
            end = Some(arrow.to);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_lines_in_a_terminal() {
        let lines = |text: &str| {
            let text = format!("caption = \"Said.\"\n{text}");
            Figure::read(&text, 1)
                .expect("it is one")
                .lines()
                .join("\n")
        };
        assert_eq!(
            lines("diagram = \"x -> encoder -> z\\nnoise -[adds]-> z\""),
            "  [x] → [encoder] → [z]\n  [noise] ─adds→ [z]\nSaid."
        );
        assert_eq!(
            lines("[bars]\ny = \"KL in nats\"\nvalues = [[\"z0\", 4.0], [\"z10\", 1.0]]"),
            format!(
                "KL in nats:\n  z0   {} 4\n  z10  {} 1\nSaid.",
                "█".repeat(24),
                "█".repeat(6)
            )
        );
        assert_eq!(
            lines(
                "[lines]\nx = \"t\"\nfrom = 0\nto = 1\n[[lines.series]]\nname = \"a\"\nformula = \"x\""
            ),
            "value over t:\n  a  ▁▁▂▂▂▃▃▃▃▄▄▄▅▅▅▆▆▆▆▇▇▇██  0 to 1\nSaid."
        );
        assert_eq!(
            lines("[pictures]\nmodel = \"m\"\nshow = [\"seed(1)\"]\nlabels = [\"one\"]"),
            "Pictures by m:\n  seed(1)  (one)\nSaid."
        );
    }
}
