//! The named codes that an expression refers to, and how they get other names.

use super::ast::Expr;

impl Expr {
    /// Whether `@name` stands anywhere in the expression.
    pub fn refers_to(&self, name: &str) -> bool {
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            if matches!(expr, Self::Named(known) if known == name) {
                return true;
            }
            waiting.extend(expr.children());
        }
        false
    }

    /// Whether anything in the expression says what the picture is to show.
    pub fn is_given(&self) -> bool {
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            if matches!(expr, Self::Given(..)) {
                return true;
            }
            waiting.extend(expr.children());
        }
        false
    }

    /// The files of all `encode("file")` in the expression.
    pub fn photos(&self) -> impl Iterator<Item = &str> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            while let Some(expr) = waiting.pop() {
                match expr {
                    Self::Encode(file) => return Some(file.as_str()),
                    _ => waiting.extend(expr.children().rev()),
                }
            }
            None
        })
    }

    /// Writes `@name` wherever `encode("file")` stands. Returns whether it stood anywhere.
    pub fn name_photo(&mut self, file: &str, name: &str) -> bool {
        let mut found = false;
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            if matches!(expr, Self::Encode(known) if known == file) {
                *expr = Self::Named(name.to_owned());
                found = true;
            } else {
                waiting.extend(expr.children_mut());
            }
        }
        found
    }

    /// Writes `@to` wherever `@from` stands. Returns whether it stood anywhere.
    ///
    /// Works on a heap-allocated stack, so no tree is too deep for it.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let mut found = false;
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            match expr {
                Self::Named(name) => {
                    if name == from {
                        to.clone_into(name);
                        found = true;
                    }
                }
                Self::Seed(_)
                | Self::Vector(_)
                | Self::At(..)
                | Self::Fill(..)
                | Self::Direction(_)
                | Self::Encode(_) => {}
                Self::Neg(a)
                | Self::Scale(_, a)
                | Self::Truncate(a, _)
                | Self::TruncateLayers(a, _, _)
                | Self::Map(a, _)
                | Self::Vary(a, _)
                | Self::Given(a, _) => waiting.push(a),
                Self::Add(a, b)
                | Self::Sub(a, b)
                | Self::Lerp(a, b, _)
                | Self::Slerp(a, b, _)
                | Self::Mix(a, b, _)
                | Self::MixCells(a, b, _)
                | Self::ProjectOut(a, b)
                | Self::Cross(a, b, _)
                | Self::Edit(a, b, _) => waiting.extend([&mut **a, &mut **b]),
                Self::Mean(all) => waiting.extend(all),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn photos_are_found_and_named() {
        let text = "mean(encode(\"a.png\"), w(-encode(\"b.png\"))) + encode(\"a.png\")";
        let mut expr = parse(text).unwrap();
        assert!(expr.photos().eq(["a.png", "b.png", "a.png"]));
        assert!(expr.name_photo("a.png", "me") && !expr.name_photo("c.png", "you"));
        assert_eq!(expr.to_string(), "mean(@me, w(-encode(\"b.png\"))) + @me");
    }

    #[test]
    fn a_name_is_changed_wherever_it_stands() {
        let text = "mean(@a, w(-@b), [1, 2], encode(\"@a\")) + 2*slerp(@a, @ab, 0.5) - dir(\"a\")";
        let mut expr = parse(text).unwrap();
        assert!(expr.refers_to("a") && expr.refers_to("ab") && !expr.refers_to("c"));
        assert!(expr.rename("a", "new name"));
        assert!(!expr.rename("a", "b"));
        assert_eq!(
            expr.to_string(),
            "mean(@\"new name\", w(-@b), [1, 2], encode(\"@a\")) + 2*slerp(@\"new name\", @ab, 0.5) \
             - dir(\"a\")"
        );
    }
}
