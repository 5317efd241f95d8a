//! From text to tokens, one at a time, each with its column.

use super::suggest::suggest;

/// Something that is wrong with a text, and where: a column counted in characters from 1.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
            message: message.into(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind {
    /// A number without a sign; its text can be read by `f32::from_str`.
    Number,
    /// `seed`, `layers`
    Word,
    /// `@name` or `@"any text"`
    Name(String),
    /// `"text"`
    Text(String),
    /// One of `+ - * ( ) [ ] ,`
    Symbol(char),
    /// `..`
    DotDot,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) column: usize,
    pub(super) text: &'a str,
}

impl Token<'_> {
    pub(super) fn is(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol(symbol)
    }

    /// How an error names this token.
    pub(super) fn found(&self) -> String {
        const LONGEST: usize = 20;
        if self.kind == Kind::End {
            return "found the end".to_owned();
        }
        let short: String = self.text.chars().take(LONGEST).collect();
        let ellipsis = if short.len() < self.text.len() {
            "…"
        } else {
            ""
        };
        format!("found `{short}{ellipsis}`")
    }
}

pub(super) struct Lexer<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            column: 1,
        }
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Fault> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.take(blank);
        let column = self.column;
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token {
                kind: Kind::End,
                column,
                text: "",
            });
        };
        let (kind, len) = match first {
            '+' | '-' | '*' | '(' | ')' | '[' | ']' | ',' => (Kind::Symbol(first), 1),
            '0'..='9' => (Kind::Number, number_len(self.rest)),
            '.' if self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                (Kind::Number, number_len(self.rest))
            }
            '.' if self.rest.starts_with("..") => (Kind::DotDot, 2),
            '"' => {
                let (text, len) = self.quoted(0)?;
                (Kind::Text(text), len)
            }
            '@' => self.name()?,
            _ if is_word_start(first) => {
                let len = self.rest.find(|c| !is_word_part(c));
                (Kind::Word, len.unwrap_or(self.rest.len()))
            }
            _ => return Err(Fault::new(column, unexpected(first))),
        };
        let text = self.take(len);
        Ok(Token { kind, column, text })
    }

    /// Moves on by `len` bytes, which end between two characters.
    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    /// The name that the `@` at the front begins, and the length of both in bytes.
    fn name(&self) -> Result<(Kind, usize), Fault> {
        if self.rest[1..].starts_with('"') {
            let (name, len) = self.quoted(1)?;
            return Ok((Kind::Name(name), len));
        }
        match plain_name_len(&self.rest[1..]) {
            0 => Err(Fault::new(
                self.column,
                "a name must follow the @, as in @smiling or @\"any text\"",
            )),
            len => Ok((Kind::Name(self.rest[1..=len].to_owned()), len + 1)),
        }
    }

    /// The text between the quote at byte `start` and the next one, and where that one ends.
    fn quoted(&self, start: usize) -> Result<(String, usize), Fault> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().enumerate().skip(start + 1);
        while let Some((_, (offset, c))) = chars.next() {
            match c {
                '"' => return Ok((text, offset + 1)),
                '\\' => match chars.next() {
                    Some((_, (_, c @ ('"' | '\\')))) => text.push(c),
                    Some((index, _)) => {
                        return Err(Fault::new(
                            self.column + index - 1,
                            "in a text in quotes, write \\\\ for a backslash and \\\" for a quote",
                        ));
                    }
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Fault::new(
            self.column + start,
            "this text has no closing quote",
        ))
    }
}

/// The length in bytes of the number that `text`, which begins with a digit or with a dot and
/// a digit, begins with.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let digits = |mut index: usize| {
        while at(index).is_ascii_digit() {
            index += 1;
        }
        index
    };
    let mut len = digits(0);
    // `4..9` is a range, not the number `4.`
    if at(len) == b'.' && at(len + 1) != b'.' {
        len = digits(len + 1);
    }
    if matches!(at(len), b'e' | b'E') {
        let sign = usize::from(matches!(at(len + 1), b'+' | b'-'));
        if at(len + 1 + sign).is_ascii_digit() {
            len = digits(len + 1 + sign);
        }
    }
    len
}

/// The length in bytes of the name that `text` begins with and that needs no quotes: a letter
/// or `_`, then letters, digits, `_`, and `-` or `.` between two of those.
pub(super) fn plain_name_len(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    match chars.next() {
        Some((_, c)) if is_word_start(c) => {}
        _ => return 0,
    }
    while let Some((offset, c)) = chars.next() {
        let goes_on = match c {
            '-' | '.' => chars.peek().is_some_and(|&(_, c)| is_word_part(c)),
            c => is_word_part(c),
        };
        if !goes_on {
            return offset;
        }
    }
    text.len()
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn unexpected(c: char) -> String {
    let hint = match c {
        // What word processors and web pages make of the plain signs.
        '−' | '–' | '—' => "; write `-`",
        '×' | '·' | '⋅' => "; write `*`",
        '“' | '”' | '„' | '‘' | '’' | '\'' | '`' => "; write `\"`",
        '{' | '}' => "; write `(` and `)`",
        ';' => "; write a comma",
        '/' => "; multiply with a number instead, as in 0.5*seed(1)",
        _ => "",
    };
    format!("`{}` has no meaning here{hint}", c.escape_debug())
}

/// The calls of the language, each with what it takes and an example.
const USAGES: [(&str, &str); 17] = [
    ("seed", "seed takes a whole number, as in seed(42)"),
    (
        "mean",
        "mean takes one or more codes, as in mean(seed(1), seed(2))",
    ),
    (
        "lerp",
        "lerp takes two codes and a number, as in lerp(seed(1), seed(2), 0.5)",
    ),
    (
        "slerp",
        "slerp takes two codes and a number, as in slerp(seed(1), seed(2), 0.5)",
    ),
    (
        "truncate",
        "truncate takes a code, psi and, if not all, layers, \
         as in truncate(seed(1), 0.7) or truncate(seed(1), 0.7, layers 0..4)",
    ),
    ("dir", "dir takes a name in quotes, as in dir(\"z0\")"),
    ("w", "w takes one code, as in w(seed(1))"),
    (
        "map",
        "map takes a code and a space in quotes, as in map(seed(1), \"w\")",
    ),
    (
        "at",
        "at takes a space in quotes and numbers, as in at(\"w\", [0.5, -1.2])",
    ),
    (
        "fill",
        "fill takes a space of indices in quotes and one of them, as in fill(\"codes\", 17)",
    ),
    (
        "mix",
        "mix takes two codes and layers or cells, as in mix(seed(1), seed(2), layers 4..9) or \
         mix(seed(1), seed(2), cells [0, 3..5])",
    ),
    (
        "project_out",
        "project_out takes two codes, as in project_out(seed(1), dir(\"z0\"))",
    ),
    (
        "vary",
        "vary takes a code, a seed, sigma and what to lock, \
         as in vary(seed(1), 7, 0.3) or vary(seed(1), 7, 0.3, lock [0, 3..5, \"smile\"])",
    ),
    (
        "cross",
        "cross takes two codes, a seed and what to lock, \
         as in cross(seed(1), seed(2), 7) or cross(seed(1), seed(2), 7, lock [0, 3..5])",
    ),
    (
        "given",
        "given takes a code and words with weights, \
         as in given(seed(1), \"3\") or given(seed(1), 0.4*\"3\", 0.6*\"8\")",
    ),
    (
        "edit",
        "edit takes the noise, a picture, a strength from 0 to 1 and, if not all, cells, \
         as in edit(seed(1), encode(\"photo.png\"), 0.6) or \
         edit(seed(1), encode(\"photo.png\"), 1, cells [0, 3..5])",
    ),
    (
        "encode",
        "encode takes a file in quotes, as in encode(\"photo.png\")",
    ),
];

/// What the call `word` takes, or `None` when there is no such call.
pub(super) fn usage(word: &str) -> Option<&'static str> {
    let (_, usage) = USAGES.iter().find(|(name, _)| *name == word)?;
    Some(usage)
}

/// What to say about a word that is not a call.
pub(super) fn unknown_call(word: &str) -> String {
    let names = || USAGES.iter().map(|(name, _)| *name);
    match suggest(word, names()) {
        Some(near) => format!("there is no function `{word}`; did you mean `{near}`?"),
        None => format!(
            "there is no function `{word}`; there are {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    }
}
