//! What a brush makes of an expression, and what is counted of a codebook.

use proptest::collection::vec;
use proptest::prelude::*;
use zscape::latent::expr::{Expr, parse};
use zscape::latent::painting::{MOST_FILLS, Painting, Usage, written_out};
use zscape::latent::{Mask, Space};

const SIZE: [usize; 2] = [4, 4];

fn is_grid(code: &Expr) -> bool {
    matches!(
        code,
        Expr::Fill(Space::CODES, _) | Expr::At(Space::CODES, _) | Expr::Map(_, Space::CODES)
    ) || matches!(code, Expr::MixCells(_, source, _) if is_grid(source))
}

fn painting(text: &str) -> Painting {
    let expr = parse(text).expect(text);
    Painting::of(&expr, Space::CODES, SIZE, is_grid)
}

fn cells(ranges: &[std::ops::Range<usize>]) -> Mask {
    Mask::of_ranges(SIZE, ranges)
}

#[test]
fn strokes_with_one_entry_are_one_mix() {
    let mut painting = painting("seed(7)");
    painting.fill(17, &cells(&[3..4]));
    painting.fill(17, &cells(&[9..12]));
    let text = "mix(seed(7), fill(\"codes\", 17), cells [3, 9..12])";
    assert_eq!(painting.to_expr().to_string(), text);
    // A cell that is painted with another entry leaves the first.
    painting.fill(2, &cells(&[10..13]));
    assert_eq!(
        painting.to_expr().to_string(),
        "mix(mix(seed(7), fill(\"codes\", 17), cells [3, 9]), fill(\"codes\", 2), cells [10..13])"
    );
    painting.fill(17, &cells(&[10..13]));
    assert_eq!(painting.to_expr().to_string(), text.replace("12]", "13]"));
    painting.erase(&cells(&[0..9]));
    assert_eq!(painting.painted().ranges(), [9..13]);
    painting.erase(&cells(&[0..16]));
    assert_eq!(painting.to_expr(), Expr::Seed(7));
    painting.fill(1, &cells(&[]));
    assert_eq!(painting.to_expr(), Expr::Seed(7), "nothing was painted");
}

#[test]
fn cells_of_another_picture_are_mixed_in_where_grids_are() {
    let mut painting = painting("seed(7)");
    let other = parse("map(seed(8), \"codes\")").expect("it is one");
    painting.take(&other, &cells(&[0..2]));
    painting.fill(3, &cells(&[1..2]));
    assert_eq!(
        painting.to_expr().to_string(),
        "mix(mix(seed(7), map(seed(8), \"codes\"), cells [0]), fill(\"codes\", 3), cells [1])"
    );
    // A mix of the noise is what was there before.
    let text = "mix(seed(1), seed(2), cells [0..8])";
    let mut noise = self::painting(text);
    assert!(noise.painted().is_empty());
    noise.fill(3, &cells(&[1..2]));
    assert_eq!(
        noise.to_expr().to_string(),
        format!("mix({text}, fill(\"codes\", 3), cells [1])")
    );
}

#[test]
fn what_is_said_of_the_picture_stays_around_the_paint() {
    let mut painting = painting("given(seed(7), \"smile\")");
    painting.fill(3, &cells(&[0..1]));
    let text = "given(mix(seed(7), fill(\"codes\", 3), cells [0]), \"smile\")";
    assert_eq!(painting.to_expr().to_string(), text);
    let mut again = self::painting(text);
    assert_eq!(again.painted().ranges(), [0..1]);
    again.erase(&cells(&[0..1]));
    assert_eq!(again.to_expr().to_string(), "given(seed(7), \"smile\")");
    // A sampler redraws noise, not a grid: that is written out.
    let mut redrawn = self::painting("edit(seed(7), @me, 0.5)");
    assert!(redrawn.is_redrawn());
    redrawn.begin_with(&[5; 16]);
    redrawn.fill(3, &cells(&[0..1]));
    let expr = redrawn.to_expr();
    assert!(
        matches!(&expr, Expr::MixCells(base, ..) if **base == written_out(Space::CODES, &[5; 16]))
    );
}

#[test]
fn overlapping_mixes_are_taken_apart_as_they_are_evaluated() {
    let text =
        "mix(mix(seed(7), fill(\"codes\", 1), cells [0..8]), fill(\"codes\", 2), cells [4..12])";
    let taken = painting(text);
    assert_eq!(
        taken.to_expr().to_string(),
        "mix(mix(seed(7), fill(\"codes\", 1), cells [0..4]), fill(\"codes\", 2), cells [4..12])"
    );
    // One that is covered altogether is gone.
    let text = text.replace("4..12", "0..8");
    assert_eq!(
        painting(&text).to_expr().to_string(),
        "mix(seed(7), fill(\"codes\", 2), cells [0..8])"
    );
}

#[test]
fn many_entries_are_written_out_as_one_grid() {
    let mut painting = painting("seed(7)");
    painting.take(
        &parse("map(seed(8), \"codes\")").expect("it is one"),
        &cells(&[15..16]),
    );
    for index in 0..=MOST_FILLS {
        painting.fill(index as u32 + 1, &cells(&[index..index + 1]));
    }
    let text = "mix(mix(seed(7), map(seed(8), \"codes\"), cells [15]), at(\"codes\", \
                [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 0, 0]), cells [0..13])";
    assert_eq!(painting.to_expr().to_string(), text);
    // It is painted on and erased as before.
    let mut again = self::painting(text);
    again.fill(40, &cells(&[0..1]));
    again.erase(&cells(&[2..13, 15..16]));
    assert_eq!(
        again.to_expr().to_string(),
        "mix(mix(seed(7), at(\"codes\", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 0, 0]), \
         cells [1]), fill(\"codes\", 40), cells [0])"
    );
}

#[test]
fn use_is_counted() {
    let usage = Usage::of(4, [&[0_u32, 0, 1][..], &[3, 9, 3]]);
    assert_eq!(usage.counts, [2, 1, 0, 2]);
    assert_eq!((usage.used(), usage.count(3), usage.count(77)), (3, 2, 0));
    let even = Usage::of(8, [&[0_u32, 1, 2, 3][..]]);
    assert!((even.perplexity() - 4.0).abs() < 1e-9);
    assert_eq!(Usage::of(3, []).perplexity(), 0.0);
    assert!((Usage::of(3, [&[1_u32, 1][..]]).perplexity() - 1.0).abs() < 1e-9);
}

/// What a stroke does, to a plain grid.
#[derive(Clone, Debug)]
enum Stroke {
    Fill(u32),
    Take(u32),
    Erase,
}

fn any_stroke() -> impl Strategy<Value = (Stroke, Vec<bool>)> {
    let stroke = prop_oneof![
        4 => (0..40_u32).prop_map(Stroke::Fill),
        1 => (0..3_u32).prop_map(Stroke::Take),
        1 => Just(Stroke::Erase),
    ];
    (stroke, vec(any::<bool>(), 16))
}

/// What stands in the cells of an expression of a painting: an entry, 100 and more for another picture, nothing
/// where there is no paint.
fn value(expr: &Expr, cell: usize) -> Option<u32> {
    match expr {
        Expr::MixCells(below, source, ranges) => {
            let is_here = ranges.iter().any(|range| range.contains(&cell));
            value(if is_here { source } else { below }, cell)
        }
        Expr::Fill(_, index) => Some(*index),
        Expr::At(_, values) => Some(values[cell] as u32),
        Expr::Map(inner, _) => match **inner {
            Expr::Seed(seed) => Some(100 + seed),
            _ => None,
        },
        _ => None,
    }
}

proptest! {
    #[test]
    fn an_expression_is_what_was_painted(strokes in vec(any_stroke(), 0..40)) {
        let mut expr = Expr::Seed(7);
        let mut expected = [None; 16];
        for (stroke, chosen) in strokes {
            // As the window does: every stroke begins with the expression alone.
            let mut painting = Painting::of(&expr, Space::CODES, SIZE, is_grid);
            let ranges = zscape::latent::variations::ranges(&chosen);
            let mask = cells(&ranges);
            let painted = match stroke {
                Stroke::Fill(index) => {
                    painting.fill(index, &mask);
                    Some(index)
                }
                Stroke::Take(seed) => {
                    let other = Expr::Map(Box::new(Expr::Seed(seed)), Space::CODES);
                    painting.take(&other, &mask);
                    Some(100 + seed)
                }
                Stroke::Erase => {
                    painting.erase(&mask);
                    None
                }
            };
            for (cell, _) in chosen.iter().enumerate().filter(|(_, chosen)| **chosen) {
                expected[cell] = painted;
            }
            expr = painting.to_expr();
        }
        let found: Vec<Option<u32>> = (0..16).map(|cell| value(&expr, cell)).collect();
        prop_assert_eq!(&found[..], &expected[..]);
        prop_assert_eq!(parse(&expr.to_string()).expect("it was printed"), expr.clone());
        let depth = expr.to_string().matches("mix(").count();
        prop_assert!(depth <= MOST_FILLS + 4, "{}", expr);
    }
}
