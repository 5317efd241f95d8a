//! How large an expression may be.
//!
//! What evaluates has to be storable and parse back, so [`check`](super::check()) holds trees
//! made by a program to the same limits as the parser holds texts. The limits are far above
//! what people write (a sum over all 512 axes of a space fits) and low enough that the
//! recursion in comparing, cloning and dropping a tree fits in a thread's 2 MiB stack.

use std::fmt::{self, Write};

use super::ast::Expr;
use super::error::CheckError;

/// The longest text that is parsed, in bytes, and the longest that a tree may be printed to.
pub const MAX_TEXT_BYTES: usize = 1_000_000;

/// How deep the tree may be. A sum is as deep as it has terms. No more parentheses and calls
/// may stand inside one another in a text.
pub const MAX_DEPTH: usize = 1_000;

/// How many codes and operations one expression may have.
pub const MAX_NODES: usize = 10_000;

/// The most numbers that a code of an expression may have: 64 MiB of `f32`.
pub const MAX_CODE_LEN: usize = 1 << 24;

/// Whether the text of `expr` is within [`MAX_TEXT_BYTES`].
pub(super) fn text_fits(expr: &Expr) -> bool {
    struct Room(usize);

    impl fmt::Write for Room {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    write!(Room(MAX_TEXT_BYTES), "{expr}").is_ok()
}

/// An upper bound of the text of this node without its children, in bytes.
fn most_bytes(expr: &Expr) -> usize {
    // The longest number is `-1.17549435e-38`, the longest rest
    // `(truncate(, , layers 18446744073709551615..18446744073709551615))`. A range of a lock is a
    // comma, a space and as much as that of layers.
    let numbers = expr.numbers().len().saturating_mul(17);
    let locks = expr.locked().len().saturating_mul(44);
    let letters = match expr {
        // Every letter may need a backslash.
        Expr::Named(text) | Expr::Direction(text) | Expr::Encode(text) => {
            text.len().saturating_mul(2)
        }
        // Quotes, a comma and a space besides.
        Expr::Vary(_, vary) => vary
            .held
            .iter()
            .map(|name| name.len().saturating_mul(2).saturating_add(4))
            .fold(0, usize::saturating_add),
        // Quotes, a comma, a space and a star besides.
        Expr::Given(_, condition) => condition
            .iter()
            .map(|(word, _)| word.len().saturating_mul(2).saturating_add(5))
            .fold(0, usize::saturating_add),
        // A comma between the codes.
        Expr::Mean(all) => all.len().saturating_mul(2),
        _ => 0,
    };
    let parts = [numbers, locks, letters, 66];
    parts.into_iter().fold(0, usize::saturating_add)
}

/// Measures `expr` without recursion, and stops at the first limit that it breaks.
pub(super) fn check_size(expr: &Expr) -> Result<(), CheckError> {
    let mut waiting = vec![(expr, 1)];
    let mut nodes = 1;
    let mut bytes = 0_usize;
    while let Some((parent, depth)) = waiting.pop() {
        if depth > MAX_DEPTH {
            return Err(CheckError::TooDeep);
        }
        bytes = bytes.saturating_add(most_bytes(parent));
        for child in parent.children() {
            nodes += 1;
            if nodes > MAX_NODES {
                return Err(CheckError::TooManyNodes);
            }
            waiting.push((child, depth + 1));
        }
    }
    if bytes > MAX_TEXT_BYTES && !text_fits(expr) {
        return Err(CheckError::TooLong);
    }
    Ok(())
}
