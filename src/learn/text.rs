//! The running text of a question: Markdown with links that act on the window.

use super::figure::{self, Figure};
use super::question::{Formula, ToolName};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Markdown whose links any Markdown reader finds.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Text {
    /// CommonMark. Link targets that are expressions stand in `<...>`, as their blanks and
    /// parentheses need it.
    pub markdown: String,
    /// The links in order.
    pub links: Vec<Link>,
    /// The figures in order: those of the code blocks that [`is_figure`] says.
    pub figures: Vec<Figure>,
    /// The line of the file at which the text begins, from 1.
    pub line: usize,
}

/// A link.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    pub target: Target,
    /// The line in the file, from 1.
    pub line: usize,
}

/// What a link does.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// `question:id`: opens another question.
    Question(String),
    /// `do:tool.interpolate`: opens a tool.
    Tool(ToolName),
    /// `show:slerp(seed(1), seed(2), 0.5)`: shows an expression.
    Show(Formula),
    /// `https://...`: a page to read.
    Web(String),
}

impl Target {
    /// Reads the target of a link; `line` is where it stands.
    ///
    /// # Errors
    /// A sentence about what it is not.
    pub fn parse(destination: &str, line: usize) -> Result<Self, String> {
        let (scheme, rest) = destination.split_once(':').unwrap_or(("", destination));
        match scheme {
            "question" if is_id(rest) => Ok(Self::Question(rest.to_owned())),
            "question" => Err(format!("a link leads to {rest:?}, which is no id")),
            "do" => rest
                .strip_prefix("tool.")
                .and_then(ToolName::of_key)
                .map(Self::Tool)
                .ok_or_else(|| {
                    let known: Vec<&str> = ToolName::ALL.iter().map(|tool| tool.key()).collect();
                    format!(
                        "a link does {rest:?}; it can do tool. with one of {}",
                        known.join(", ")
                    )
                }),
            "show" => match Formula::read(rest, line) {
                Ok(formula) => Ok(Self::Show(formula)),
                Err(error) => Err(format!("a link shows {rest:?}, which {error}")),
            },
            "http" | "https" => Ok(Self::Web(destination.to_owned())),
            _ => Err(format!(
                "a link leads to {destination:?}; links begin with question:, do:, show: or https:"
            )),
        }
    }
}

/// Whether `text` may be an id or a topic: lower-case letters, digits, hyphens.
pub fn is_id(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=80).contains(&text.len()) && text.chars().all(is_word) && !text.starts_with('-')
}

impl Text {
    /// Reads Markdown that begins at `line` of its file. Gives the text and what is wrong with
    /// its links, each with a line.
    pub fn read(source: &str, line: usize) -> (Self, Vec<(usize, String)>) {
        let mut reader = Reader {
            source,
            at: 0,
            line,
            text: Self {
                markdown: String::with_capacity(source.len() + 16),
                links: Vec::new(),
                figures: Vec::new(),
                line,
            },
            faults: Vec::new(),
        };
        reader.read();
        reader.text.markdown = reader.text.markdown.trim().to_owned();
        let (mut text, mut faults) = (reader.text, reader.faults);
        for (line, block) in figure_blocks(source, line) {
            match Figure::read(&block, line) {
                Ok(figure) => text.figures.push(figure),
                Err(reason) => faults.push((line, format!("a figure cannot be drawn: {reason}"))),
            }
        }
        (text, faults)
    }

    /// The words without marks, paragraphs divided by line ends.
    pub fn plain(&self) -> String {
        let mut plain = String::with_capacity(self.markdown.len());
        let mut figures = self.figures.iter();
        let mut is_drawn = false;
        for event in Parser::new_ext(&self.markdown, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) if is_figure(&kind) => {
                    is_drawn = true;
                    let caption = figures.next().map(|figure| figure.caption.as_str());
                    plain.push_str(caption.unwrap_or_default());
                }
                Event::Text(_) if is_drawn => {}
                Event::End(TagEnd::CodeBlock) if is_drawn => {
                    is_drawn = false;
                    plain.push('\n');
                }
                Event::Text(words) | Event::Code(words) => plain.push_str(&words),
                Event::SoftBreak | Event::End(TagEnd::TableCell) => plain.push(' '),
                Event::HardBreak
                | Event::End(
                    TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock,
                )
                | Event::Start(Tag::List(_)) => plain.push('\n'),
                _ => {}
            }
        }
        plain.trim().to_owned()
    }

    /// How many words there are to read in a row: those of paragraphs and lists, without code,
    /// tables and figures.
    pub fn prose_words(&self) -> usize {
        let mut prose = String::with_capacity(self.markdown.len());
        let mut is_prose = true;
        for event in Parser::new_ext(&self.markdown, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(_) | Tag::Table(_)) => is_prose = false,
                Event::End(TagEnd::CodeBlock | TagEnd::Table) => is_prose = true,
                Event::Text(words) | Event::Code(words) if is_prose => prose.push_str(&words),
                Event::SoftBreak
                | Event::HardBreak
                | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                    prose.push(' ');
                }
                _ => {}
            }
        }
        prose.split_whitespace().count()
    }
}

/// Whether a code block is a figure: it is fenced, and `figure` is its first word.
pub fn is_figure(kind: &CodeBlockKind<'_>) -> bool {
    let CodeBlockKind::Fenced(info) = kind else {
        return false;
    };
    info.split_whitespace().next() == Some(figure::FENCE_WORD)
}

/// The figures of a text that begins at `line` of its file, each with the line of its fence.
fn figure_blocks(source: &str, line: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (event, range) in Parser::new_ext(source, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) if is_figure(&kind) => {
                let before = source.get(..range.start).unwrap_or_default();
                open = Some((line + before.matches('\n').count(), String::new()));
            }
            Event::Text(words) => {
                if let Some((_, text)) = &mut open {
                    text.push_str(&words);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    text: Text,
    faults: Vec<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, len: usize) -> &'a str {
        let rest = self.rest();
        let skipped = rest.get(..len).unwrap_or(rest);
        self.at += skipped.len();
        self.line += skipped.bytes().filter(|&byte| byte == b'\n').count();
        skipped
    }

    fn copy(&mut self, len: usize) {
        let copied = self.skip(len);
        self.text.markdown.push_str(copied);
    }

    fn read(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            if c == '`' {
                self.copy(code_len(rest));
            } else if c == '\\' {
                self.copy(rest.chars().take(2).map(char::len_utf8).sum());
            } else if rest.starts_with("](") {
                self.copy(2);
                self.link();
            } else {
                self.copy(c.len_utf8());
            }
        }
    }

    /// Reads the target of a link, behind its parenthesis.
    fn link(&mut self) {
        let (line, rest) = (self.line, self.rest());
        let (destination, len) = match rest.strip_prefix('<') {
            Some(inner) => match inner.find(['>', '\n']) {
                Some(end) if inner[end..].starts_with(">)") => (&inner[..end], end + 3),
                _ => ("", 0),
            },
            None => match destination_len(rest) {
                Some(len) => (&rest[..len], len + 1),
                None => ("", 0),
            },
        };
        if len == 0 {
            self.faults.push((line, "a link has no end".to_owned()));
            return;
        }
        let destination = destination.split_whitespace().collect::<Vec<_>>().join(" ");
        match Target::parse(&destination, line) {
            Ok(target) => {
                let is_bare = !destination.contains([' ', '(', ')', '<', '>']);
                let written = if is_bare {
                    destination
                } else {
                    format!("<{}>", destination.replace('<', "\\<").replace('>', "\\>"))
                };
                self.text.markdown.push_str(&written);
                self.text.markdown.push(')');
                self.text.links.push(Link { target, line });
                self.skip(len);
            }
            Err(reason) => {
                self.faults.push((line, reason));
                self.copy(len);
            }
        }
    }
}

/// Bytes of the code that `text` begins with: between runs of as many backticks, or those alone.
fn code_len(text: &str) -> usize {
    let run = text.len() - text.trim_start_matches('`').len();
    let mut at = run;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let len = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + len;
        if len == run {
            return at;
        }
    }
    run
}

/// Bytes before the parenthesis that ends a target, if one does within the paragraph.
fn destination_len(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (place, c) in text.char_indices() {
        match c {
            '\n' if text[place..].starts_with("\n\n") => return None,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return Some(place),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_made_plain() {
        let source = "See [this](show:slerp(seed(1), seed(2), 0.5)) and\n[that](question:kl-term),\n\
                      `[no](link)`, [open](do:tool.map), [shown](<show:[2, -1]>).";
        let (text, faults) = Text::read(source, 10);
        assert_eq!(faults, []);
        assert_eq!(
            text.markdown,
            "See [this](<show:slerp(seed(1), seed(2), 0.5)>) and\n[that](question:kl-term),\n\
             `[no](link)`, [open](do:tool.map), [shown](<show:[2, -1]>)."
        );
        let lines: Vec<usize> = text.links.iter().map(|link| link.line).collect();
        assert_eq!(lines, [10, 11, 12, 12]);
        assert_eq!(text.links[1].target, Target::Question("kl-term".to_owned()));
        assert_eq!(text.links[2].target, Target::Tool(ToolName::Map));
        // Any reader of Markdown finds the same.
        let found: Vec<String> = Parser::new(&text.markdown)
            .filter_map(|event| match event {
                Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
                _ => None,
            })
            .collect();
        assert_eq!(found.len(), 4);
        for (found, link) in found.iter().zip(&text.links) {
            assert_eq!(Target::parse(found, link.line).as_ref(), Ok(&link.target));
        }
    }

    #[test]
    fn wrong_links_are_named() {
        for (source, part) in [
            ("a\n[b](c.png)", "begin with"),
            ("a\n[b](question:Not an id)", "no id"),
            ("a\n[b](do:tool.fly)", "can do"),
            ("a\n[b](do:quit)", "can do"),
            ("a\n[b](show:seed())", "shows"),
            ("a\n[b](show:seed(1)", "no end"),
            ("a\n[b](<show:seed(1)", "no end"),
        ] {
            let (_, faults) = Text::read(source, 1);
            assert_eq!(faults.len(), 1, "{source}");
            assert_eq!(faults[0].0, 2, "{source}");
            assert!(faults[0].1.contains(part), "{faults:?}");
        }
    }

    #[test]
    fn plain_words_have_no_marks() {
        let (text, _) = Text::read(
            "A **b** [c](question:d) `e`.\n\n- f\n- g\n\n```\nh = i\n```",
            1,
        );
        assert_eq!(text.plain(), "A b c e.\n\nf\ng\nh = i");
    }

    #[test]
    fn only_fenced_blocks_named_figure_are_figures() {
        let figure = "caption = \"Seen.\"\ndiagram = \"a -> b\"";
        let source = format!(
            "One.\n\n```figure small\n{figure}\n```\n\n```\nfigure\n```\n\n```figures\nb\n```\n\n    figure\n\n~~~figure\n{figure}\n~~~\n\n```figure\ncaption = 1\n```"
        );
        let (text, faults) = Text::read(&source, 10);
        let lines: Vec<usize> = text.figures.iter().map(|figure| figure.line).collect();
        assert_eq!(lines, [12, 27]);
        assert!(
            text.plain().starts_with("One.\nSeen.\n"),
            "{}",
            text.plain()
        );
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].0, 32);
        assert!(faults[0].1.contains("cannot be drawn"), "{faults:?}");
    }
}
