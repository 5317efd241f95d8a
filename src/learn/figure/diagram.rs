//! Block diagrams, written as arrows between words.
//!
//! ```text
//! x -> encoder -> "mu, sigma" -> z -> decoder -> x'
//! noise -> z
//! encoder -[skip]-> decoder
//! ```

use std::collections::BTreeSet;

/// Most boxes and arrows of a diagram, and most letters of a word in one.
const MAX_NODES: usize = 40;
const MAX_ARROWS: usize = 80;
const MAX_WORD: usize = 60;

/// Boxes and the arrows between them.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagram {
    /// In the order in which they are named.
    pub nodes: Vec<Node>,
    pub arrows: Vec<Arrow>,
}

/// A box with its place: its rank counts from where the arrows begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub text: String,
    pub rank: usize,
    /// Its place among those of its rank, from 0.
    pub place: usize,
}

/// An arrow between two boxes, by their numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub label: String,
}

impl Diagram {
    /// # Errors
    /// A sentence that names the line that is no row of arrows.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut nodes: Vec<String> = Vec::new();
        let mut arrows: Vec<Arrow> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut rest = line;
            let mut before: Option<(usize, String)> = None;
            loop {
                let (word, after) = word(rest).ok_or_else(|| {
                    format!("the line {line:?} of its diagram is no row of words and arrows")
                })?;
                let node = match nodes.iter().position(|known| *known == word) {
                    Some(node) => node,
                    None => {
                        nodes.push(word);
                        nodes.len() - 1
                    }
                };
                if let Some((from, label)) = before.take() {
                    arrows.push(Arrow {
                        from,
                        to: node,
                        label,
                    });
                }
                let Some((label, after)) = arrow(after) else {
                    if after.trim().is_empty() {
                        break;
                    }
                    return Err(format!(
                        "in the line {line:?} of its diagram, {:?} is no arrow; arrows are -> and -[words]->",
                        after.trim()
                    ));
                };
                before = Some((node, label));
                rest = after;
            }
        }
        if nodes.is_empty() || nodes.len() > MAX_NODES || arrows.len() > MAX_ARROWS {
            return Err(format!(
                "its diagram has {} boxes and {} arrows; 1 to {MAX_NODES} and up to {MAX_ARROWS} can be drawn",
                nodes.len(),
                arrows.len()
            ));
        }
        let ranks = ranks(nodes.len(), &arrows);
        let mut nodes: Vec<Node> = nodes
            .into_iter()
            .zip(ranks)
            .map(|(text, rank)| Node {
                text,
                rank,
                place: 0,
            })
            .collect();
        put_in_places(&mut nodes, &arrows);
        Ok(Self { nodes, arrows })
    }

    /// How many ranks there are.
    pub fn ranks(&self) -> usize {
        self.nodes
            .iter()
            .map(|node| node.rank + 1)
            .max()
            .unwrap_or(0)
    }

    /// The boxes of a rank in the order of their places.
    pub fn of_rank(&self, rank: usize) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.nodes.len())
            .filter(|&node| self.nodes[node].rank == rank)
            .collect();
        found.sort_by_key(|&node| self.nodes[node].place);
        found
    }

    /// What can be said of it without seeing it.
    pub(super) fn described(&self) -> String {
        let said = self.arrows.iter().map(|arrow| {
            let [from, to] = [arrow.from, arrow.to].map(|node| self.nodes[node].text.as_str());
            if arrow.label.is_empty() {
                format!("{from} leads to {to}")
            } else {
                format!("{from} leads to {to} ({})", arrow.label)
            }
        });
        said.collect::<Vec<_>>().join("; ")
    }
}

/// Reads a word: in quotes, or up to the next arrow.
fn word(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let (word, rest) = match text.strip_prefix('"') {
        Some(inner) => inner.split_once('"')?,
        None => {
            let end = [text.find("->"), text.find("-[")]
                .into_iter()
                .flatten()
                .min();
            text.split_at(end.unwrap_or(text.len()))
        }
    };
    let word = word.trim();
    let is_sound = !word.is_empty() && word.chars().count() <= MAX_WORD;
    is_sound.then(|| (word.to_owned(), rest))
}

/// Reads an arrow with its label.
fn arrow(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("->") {
        return Some((String::new(), rest));
    }
    let (label, rest) = text.strip_prefix("-[")?.split_once("]->")?;
    Some((label.trim().to_owned(), rest))
}

/// How many arrows lead to each box at most, from those that none leads to. Arrows that lead back, in the
/// order of the text, do not count.
fn ranks(count: usize, arrows: &[Arrow]) -> Vec<usize> {
    let mut ahead: BTreeSet<(usize, usize)> = BTreeSet::new();
    for arrow in arrows {
        if arrow.from != arrow.to && !is_reached(&ahead, arrow.to, arrow.from) {
            ahead.insert((arrow.from, arrow.to));
        }
    }
    let mut ranks = vec![0_usize; count];
    // The longest way has fewer arrows than there are boxes.
    for _ in 0..count {
        for &(from, to) in &ahead {
            ranks[to] = ranks[to].max(ranks[from] + 1);
        }
    }
    // What begins alone stands right before what it leads to.
    for node in 0..count {
        if !ahead.iter().any(|(_, to)| *to == node) {
            let next = ahead.iter().filter(|(from, _)| *from == node);
            if let Some(rank) = next.map(|(_, to)| ranks[*to]).min() {
                ranks[node] = rank.saturating_sub(1);
            }
        }
    }
    ranks
}

fn is_reached(arrows: &BTreeSet<(usize, usize)>, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        if node == to {
            return true;
        }
        for (_, next) in arrows.range((node, 0)..=(node, usize::MAX)) {
            if seen.insert(*next) {
                waiting.push(*next);
            }
        }
    }
    false
}

/// Gives the boxes of each rank their places: below the middle of those that lead to them.
fn put_in_places(nodes: &mut [Node], arrows: &[Arrow]) {
    let ranks = nodes.iter().map(|node| node.rank + 1).max().unwrap_or(0);
    for rank in 0..ranks {
        let mut row: Vec<usize> = (0..nodes.len())
            .filter(|&it| nodes[it].rank == rank)
            .collect();
        let wanted = |node: usize| -> f64 {
            let before = arrows.iter().filter(|arrow| arrow.to == node);
            let before = before.filter(|arrow| nodes[arrow.from].rank < rank);
            let places: Vec<f64> = before.map(|arrow| centred(nodes, arrow.from)).collect();
            // A sum of nothing is -0.0, which would stand before 0.0.
            places.iter().fold(0.0, |sum, place| sum + place) / places.len().max(1) as f64
        };
        let keys: Vec<f64> = row.iter().map(|&node| wanted(node)).collect();
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
        row = order.into_iter().map(|index| row[index]).collect();
        for (place, node) in row.into_iter().enumerate() {
            nodes[node].place = place;
        }
    }
}

/// Where a box stands in its row, from the middle.
fn centred(nodes: &[Node], node: usize) -> f64 {
    let count = nodes
        .iter()
        .filter(|it| it.rank == nodes[node].rank)
        .count();
    nodes[node].place as f64 - (count as f64 - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_give_ranks_and_places() {
        let diagram = Diagram::read(
            "x -> encoder -> \"mu, sigma\" -> z -> decoder -> x'\nnoise -> z\nencoder -[skip]-> decoder\n\
             x' -[loss]-> encoder\n",
        )
        .expect("it is one");
        let ranks: Vec<(&str, usize, usize)> = diagram
            .nodes
            .iter()
            .map(|node| (node.text.as_str(), node.rank, node.place))
            .collect();
        assert_eq!(
            ranks,
            [
                ("x", 0, 0),
                ("encoder", 1, 0),
                ("mu, sigma", 2, 0),
                ("z", 3, 0),
                ("decoder", 4, 0),
                ("x'", 5, 0),
                ("noise", 2, 1),
            ]
        );
        assert_eq!(diagram.ranks(), 6);
        assert_eq!(diagram.of_rank(2).len(), 2);
        assert_eq!(diagram.arrows[6].label, "skip");
        assert!(diagram.described().ends_with("x' leads to encoder (loss)"));
    }

    #[test]
    fn what_is_no_diagram_is_named() {
        let long = "a".repeat(61);
        for (text, part) in [
            ("", "0 boxes"),
            ("a -> ", "no row"),
            ("-> a", "no row"),
            ("\"a\" b", "no arrow"),
            ("\"a -> b", "no row"),
            (&long, "no row"),
        ] {
            let fault = Diagram::read(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        let many: Vec<String> = (0..41).map(|n| format!("n{n}")).collect();
        assert!(
            Diagram::read(&many.join(" -> "))
                .expect_err("too many")
                .contains("41 boxes")
        );
        // A box alone, and one that leads to itself.
        assert_eq!(Diagram::read("a").expect("one box").ranks(), 1);
        assert_eq!(Diagram::read("a -> a").expect("a loop").ranks(), 1);
    }
}
