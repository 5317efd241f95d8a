//! Markdown in a terminal: paragraphs at a width, headings underlined, code as it is.

use crate::learn::figure::Figure;
use crate::learn::text::is_figure;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr as _;

/// Lines of at most a width.
pub struct Page {
    width: usize,
    lines: Vec<String>,
}

impl Page {
    pub fn new(width: usize) -> Self {
        Self {
            width,
            lines: Vec::new(),
        }
    }

    /// The text, without blank lines at its end.
    pub fn finish(mut self) -> String {
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        self.lines.join("\n")
    }

    /// A heading with a line under it.
    pub fn heading(&mut self, text: &str, underline: char) {
        self.blank();
        let first = self.lines.len();
        self.wrap(text, "", "");
        let widest = self.lines[first..].iter().map(|line| line.width()).max();
        let line = underline.to_string().repeat(widest.unwrap_or(0));
        self.lines.push(line);
        self.blank();
    }

    /// A blank line, but never two.
    pub fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Words at the width: the first line behind `first`, others behind `rest`.
    pub fn wrap(&mut self, text: &str, first: &str, rest: &str) {
        let mut line = first.to_owned();
        let mut has_words = false;
        for word in text.split_whitespace() {
            if has_words && line.width() + 1 + word.width() > self.width {
                self.lines
                    .push(std::mem::replace(&mut line, rest.to_owned()));
                has_words = false;
            }
            if has_words {
                line.push(' ');
            }
            line.push_str(word);
            has_words = true;
        }
        self.lines.push(line);
    }

    /// A line that is too long to be broken is left as it is.
    pub fn verbatim(&mut self, text: &str, indent: &str) {
        for line in text.lines() {
            self.lines
                .push(format!("{indent}{line}").trim_end().to_owned());
        }
    }

    /// A figure in lines of text, and its caption.
    fn figure(&mut self, figure: &Figure) {
        let mut lines = figure.lines();
        let caption = lines.pop().unwrap_or_default();
        self.verbatim(&lines.join("\n"), "  ");
        self.wrap(&caption, "    ", "    ");
    }

    /// Markdown. A link is followed by what it leads to, in square brackets.
    pub fn markdown(&mut self, source: &str) {
        let mut state = State::default();
        for event in Parser::new_ext(source, Options::ENABLE_TABLES) {
            self.event(event, &mut state);
        }
        self.blank();
    }

    fn event(&mut self, event: Event<'_>, state: &mut State) {
        match event {
            Event::Text(text) => state.words.push_str(&text),
            Event::Code(code) => state.words.push_str(&code),
            Event::SoftBreak | Event::HardBreak => state.words.push(' '),
            Event::Start(tag) => self.start(tag, state),
            Event::End(tag) => self.end(tag, state),
            Event::Rule => {
                self.blank();
                self.lines.push("-".repeat(self.width.min(20)));
                self.blank();
            }
            Event::Html(text) | Event::InlineHtml(text) => state.words.push_str(&text),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, state: &mut State) {
        match tag {
            Tag::CodeBlock(kind) => {
                self.flush(state);
                self.blank();
                state.is_code = matches!(kind, CodeBlockKind::Fenced(_) | CodeBlockKind::Indented);
                state.is_figure = is_figure(&kind);
            }
            Tag::List(first) => {
                self.flush(state);
                state.lists.push(first);
            }
            Tag::Item => {
                let mark = match state.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                state.mark = Some(mark);
            }
            Tag::BlockQuote(_) => state.quotes += 1,
            Tag::Link { dest_url, .. } => state.links.push(dest_url.into_string()),
            Tag::TableCell if !state.words.is_empty() => state.words.push_str(" | "),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, state: &mut State) {
        match tag {
            TagEnd::Paragraph => {
                self.flush(state);
                if state.lists.is_empty() {
                    self.blank();
                }
            }
            TagEnd::Heading(level) => {
                let words = std::mem::take(&mut state.words);
                let underline = if level <= HeadingLevel::H2 { '-' } else { '.' };
                self.heading(&words, underline);
            }
            TagEnd::CodeBlock => {
                let words = std::mem::take(&mut state.words);
                match state.is_figure.then(|| Figure::read(&words, 0)) {
                    Some(Ok(figure)) => self.figure(&figure),
                    _ => self.verbatim(&words, "    "),
                }
                (state.is_code, state.is_figure) = (false, false);
                self.blank();
            }
            TagEnd::Item => {
                self.flush(state);
                state.mark = None;
            }
            TagEnd::List(_) => {
                self.flush(state);
                state.lists.pop();
                if state.lists.is_empty() {
                    self.blank();
                }
            }
            TagEnd::BlockQuote(_) => state.quotes = state.quotes.saturating_sub(1),
            TagEnd::TableHead | TagEnd::TableRow => self.flush(state),
            TagEnd::Table => self.blank(),
            TagEnd::Link => {
                if let Some(target) = state.links.pop() {
                    let shown = target
                        .strip_prefix("question:")
                        .or_else(|| target.strip_prefix("show:"))
                        .unwrap_or(&target);
                    let is_named = state.words.ends_with(shown);
                    if !is_named && !target.starts_with("do:") {
                        state.words.push_str(&format!(" [{shown}]"));
                    }
                }
            }
            _ => {}
        }
    }

    /// Writes the words of a block.
    fn flush(&mut self, state: &mut State) {
        let words = std::mem::take(&mut state.words);
        if words.trim().is_empty() || state.is_code {
            return;
        }
        let depth = state.lists.len().saturating_sub(1) + state.quotes;
        let indent = "  ".repeat(depth);
        let (first, rest) = match (state.mark.take(), state.lists.is_empty()) {
            (Some(mark), _) => {
                let rest = format!("{indent}{}", " ".repeat(mark.len()));
                (format!("{indent}{mark}"), rest)
            }
            (None, true) => (indent.clone(), indent),
            (None, false) => (format!("{indent}  "), format!("{indent}  ")),
        };
        self.wrap(&words, &first, &rest);
    }
}

/// Where in a text the page is.
#[derive(Default)]
struct State {
    words: String,
    is_code: bool,
    /// Whether the code block is a figure.
    is_figure: bool,
    /// The open lists, with the next number of those that have numbers.
    lists: Vec<Option<u64>>,
    /// The mark of an item that has no line yet.
    mark: Option<String>,
    quotes: usize,
    links: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(source: &str, width: usize) -> String {
        let mut page = Page::new(width);
        page.markdown(source);
        page.finish()
    }

    #[test]
    fn text_is_set_at_a_width() {
        let source = "One *two* three `four` [five](question:six) seven.\n\n\
                      - first item of a list\n- second\n  1. nested\n\n\
                      ```\nx = a very long line of code\n```\n\n## Head\n\nEnd.";
        let expected = "One two three\nfour five [six]\nseven.\n\n\
                        - first item of\n  a list\n- second\n  1. nested\n\n    \
                        x = a very long line of code\n\nHead\n----\n\nEnd.";
        assert_eq!(page(source, 15), expected);
    }

    #[test]
    fn wide_characters_count_as_two() {
        assert_eq!(page("潜在 空間 b", 9), "潜在 空間\nb");
    }

    #[test]
    fn tables_are_rows() {
        let table = "| a | b |\n| --- | --- |\n| c | d |";
        assert_eq!(page(table, 40), "a | b\nc | d");
    }
}
