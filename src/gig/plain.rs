//! From what sources write (HTML, escaped HTML, escaped twice, or plain text) to the plain text that readers get.
//!
//! Tags are read by the HTML tokenizer that browsers' engines share, but no tree is built: text needs none, and a
//! tree of ten thousand open elements is how a stranger makes a parser slow. Nor is the text wrapped or framed, as
//! renderers for terminals do. Control characters and the marks that reverse the reading direction are left out.

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use unicode_segmentation::UnicodeSegmentation;

/// More than this of one text is not read: several times the longest text kept, markup included.
const READ_BYTES: usize = 128 * 1024;

/// What was escaped more often is left as it is.
const ESCAPED_TIMES: u8 = 2;

/// Plain text, its paragraphs separated by an empty line, list items led by a dash, links reduced to their words.
pub fn text(raw: &str) -> String {
    let mut text = head(raw, READ_BYTES).to_owned();
    // Escaped markup, or entities escaped once or twice too often: all are common, and none is ever meant.
    for _ in 0..=ESCAPED_TIMES {
        if has_tags(&text) {
            return extract(&text, Breaks::Tags);
        }
        if !has_entities(&text) {
            break;
        }
        text = extract(&text, Breaks::Lines);
    }
    fold(&text)
}

/// The same on one line.
pub fn line(raw: &str) -> String {
    text(raw).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `most` graphemes, cut between words where there are any, with an ellipsis to show it.
pub fn cut(text: String, most: usize) -> String {
    // A grapheme may be as long as its writer likes; eight bytes each is more than any language needs.
    let bytes = most.saturating_mul(8);
    if text.len() <= bytes && text.graphemes(true).nth(most).is_none() {
        return text;
    }
    let end = text
        .grapheme_indices(true)
        .take(most.saturating_sub(1))
        .map(|(at, grapheme)| at + grapheme.len())
        .take_while(|end| *end <= bytes)
        .last()
        .unwrap_or(0);
    let kept = &text[..end];
    let between_words = text[end..].starts_with(char::is_whitespace);
    let at_word = if between_words { None } else { kept.rfind(char::is_whitespace).filter(|at| *at > end / 2) };
    format!("{}…", kept[..at_word.unwrap_or(end)].trim_end())
}

fn head(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What starts a new line in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// HTML: tags do, line ends are spaces.
    Tags,
    /// Plain text: line ends do.
    Lines,
}

fn fold(raw: &str) -> String {
    let mut page = Page::default();
    page.write(raw, Breaks::Lines);
    page.text
}

fn extract(markup: &str, breaks: Breaks) -> String {
    let queue = BufferQueue::default();
    queue.push_back(markup.into());
    let tokenizer = Tokenizer::new(Reader { page: RefCell::default(), breaks }, TokenizerOpts::default());
    // It stops early only for scripts to be run, which our sink never asks for.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.page.into_inner().text
}

struct Reader {
    page: RefCell<Page>,
    breaks: Breaks,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => self.page.borrow_mut().write(&text, self.breaks),
            Token::TagToken(tag) => return self.page.borrow_mut().tag(&tag, self.breaks),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose contents are not for readers.
const UNREAD: &[&str] = &["script", "style", "title", "iframe", "noembed", "noframes", "noscript", "textarea", "xmp"];
const PARAGRAPHS: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr", "figure", "form"];
const LINES: &[&str] = &[
    "br",
    "div",
    "li",
    "tr",
    "dt",
    "dd",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "nav",
    "address",
    "caption",
    "figcaption",
    "fieldset",
    "details",
    "summary",
    "body",
    "html",
    "head",
    "center",
    "tbody",
    "thead",
];
const INLINE: &[&str] = &[
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "input", "ins", "kbd", "label", "link",
    "mark", "meta", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "svg", "td", "th", "time",
    "tt", "u", "var", "video", "audio", "picture", "source", "object", "embed", "button", "col", "colgroup", "tfoot",
    "wbr", "template", "path", "g",
];

fn is_known(name: &str) -> bool {
    [UNREAD, PARAGRAPHS, LINES, INLINE].iter().any(|names| names.contains(&name))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

/// The text so far, and what must come between it and the next word.
#[derive(Default)]
struct Page {
    text: String,
    gap: Gap,
    bullet: bool,
    preformatted: bool,
    unread: Option<&'static str>,
}

impl Page {
    fn tag(&mut self, tag: &Tag, breaks: Breaks) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if let Some(unread) = self.unread {
            if !starts && name == unread {
                self.unread = None;
            }
            return TokenSinkResult::Continue;
        }
        if let Some(unread) = UNREAD.iter().find(|n| **n == name).filter(|_| starts && !tag.self_closing) {
            self.unread = Some(unread);
            return TokenSinkResult::RawData(RawKind::Rawtext);
        }
        if !is_known(name) {
            let written = if starts { format!("<{name}>") } else { format!("</{name}>") };
            self.write(&written, breaks);
        } else if PARAGRAPHS.contains(&name) {
            self.preformatted = if name == "pre" { starts } else { self.preformatted };
            self.part(Gap::Paragraph);
        } else if name == "br" {
            // Two in a row are how many editors write a paragraph.
            self.part(if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line });
        } else if LINES.contains(&name) {
            self.part(Gap::Line);
            self.bullet = name == "li" && starts;
        } else if matches!(name, "td" | "th") {
            self.part(Gap::Space);
        }
        TokenSinkResult::Continue
    }

    fn part(&mut self, gap: Gap) {
        if !self.bullet {
            self.gap = self.gap.max(gap);
        }
    }

    fn write(&mut self, text: &str, breaks: Breaks) {
        if self.unread.is_some() {
            return;
        }
        for c in text.chars() {
            if c == '\n' && (breaks == Breaks::Lines || self.preformatted) {
                self.part(if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line });
            } else if c.is_whitespace() {
                self.part(Gap::Space);
            } else if !is_unwanted(c) {
                self.push(c);
            }
        }
    }

    fn push(&mut self, c: char) {
        if !self.text.is_empty() {
            self.text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        if std::mem::take(&mut self.bullet) {
            self.text.push_str("- ");
        }
        self.gap = Gap::None;
        self.text.push(c);
    }
}

/// Controls, direction overrides and isolates, and characters without width that join nothing.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{ad}')
}

/// A tag of HTML stands in it: `a < b` and `Vec<String>` are no tags.
fn has_tags(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.bytes().take(12).take_while(u8::is_ascii_alphanumeric).count();
        let closes = name.as_bytes().get(end).is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        rest.starts_with("!--") || (closes && is_known(&name[..end].to_ascii_lowercase()))
    })
}

/// A character reference stands in it: `&amp;`, `&#8211;`, `&#x2013;`.
fn has_entities(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let rest = &text.as_bytes()[at + 1..];
        let name = rest.strip_prefix(b"#").unwrap_or(rest);
        let end = name.iter().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
        end > 0 && name.get(end) == Some(&b';') && (rest[0] != b'#' || name[0].is_ascii_digit() || name[0] | 32 == b'x')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_paragraphs_lists_and_words() {
        let html = "<p>Draw a <b>logo</b>\nfor <a href='https://x.example'>our bakery</a>.</p>\
            <ul><li>SVG</li><li><p>PNG</p></li></ul><div>Soon<br>please<br><br>Thanks</div>";
        assert_eq!(text(html), "Draw a logo for our bakery.\n\n- SVG\n- PNG\n\nSoon\nplease\n\nThanks");
    }

    #[test]
    fn scripts_styles_and_comments_are_not_read() {
        let html = "<style>p{}</style>A<script>alert('<p>x</p>')</script> B<!-- C --><title>t</title> D";
        assert_eq!(text(html), "A B D");
    }

    #[test]
    fn plain_text_keeps_its_lines_and_its_angle_brackets() {
        assert_eq!(text("  one\r\n two\n\n\n three  four "), "one\ntwo\n\nthree four");
        assert_eq!(text("Vec<String> where a < b && c > d"), "Vec<String> where a < b && c > d");
    }

    #[test]
    fn what_was_escaped_once_too_often_is_unescaped_once_more() {
        assert_eq!(line("Caf&amp;eacute; &amp;#8211; menu"), "Café – menu");
        assert_eq!(text("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;"), "One\n\nTwo");
        assert_eq!(text("&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;Two"), "One\n\nTwo", "and twice");
        assert_eq!(line("Q&A; R&D"), "Q&A; R&D", "no such reference");
    }

    #[test]
    fn controls_and_direction_overrides_are_left_out_and_joined_emoji_stay() {
        assert_eq!(line("a\u{202e}b\u{0}c\u{2066}d\u{200b}e\u{1b}[31m"), "abcde[31m");
        assert_eq!(line("👩\u{200d}🎨 wanted"), "👩\u{200d}🎨 wanted");
    }

    #[test]
    fn preformatted_lines_stay_lines() {
        assert_eq!(text("<p>x</p><pre>one\ntwo</pre>"), "x\n\none\ntwo");
    }

    #[test]
    fn a_cut_falls_between_words_and_shows() {
        assert_eq!(cut("logo for a bakery".to_owned(), 17), "logo for a bakery");
        assert_eq!(cut("logo for a bakery".to_owned(), 16), "logo for a…");
        assert_eq!(cut("x".repeat(20), 5), "xxxx…");
        assert!(cut(format!("a{}", "\u{301}".repeat(10_000)), 10).len() < 100, "one grapheme without end");
    }

    #[test]
    fn ten_thousand_open_elements_are_read_in_one_pass() {
        let deep = format!("{}end", "<div><p><b>".repeat(10_000));
        assert_eq!(text(&deep), "end");
    }
}
