//! What of a page's markup matters here: its data scripts, its microdata, its links, its language.
//!
//! Read by the tokenizer that browsers share, in one pass and without a tree, as [`plain`](crate::gig::plain) does and for the same reasons.

use super::microdata::Microdata;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use serde_json::Value;
use std::cell::RefCell;

/// More links of one page are not looked at.
const LINKS: usize = 5_000;

/// What a page holds, in its order.
#[derive(Debug, Default)]
pub(super) struct Markup {
    /// The page's `lang`.
    pub language: Option<String>,
    /// Where relative addresses begin, as it is written.
    pub base: Option<String>,
    /// The text of each `application/ld+json` script. One without an end is left out: the page was cut short.
    pub scripts: Vec<String>,
    pub items: Vec<Value>,
    /// Of each `a`, as it is written.
    pub links: Vec<String>,
}

pub(super) fn read(html: &str) -> Markup {
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    // It stops early only for scripts to be run, which our sink never asks for.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let page = tokenizer.sink.page.into_inner();
    Markup { items: page.microdata.items(), ..page.markup }
}

/// Elements whose contents are no markup.
const RAW: &[&str] = &["script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp"];

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
}

#[derive(Default)]
struct Page {
    markup: Markup,
    microdata: Microdata,
    raw: Option<Raw>,
}

struct Raw {
    name: &'static str,
    /// Kept only of a data script.
    text: Option<String>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.page.borrow_mut();
        match token {
            Token::CharacterTokens(text) => page.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return page.begin(&tag),
            Token::TagToken(tag) => page.end(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    fn text(&mut self, text: &str) {
        match &mut self.raw {
            Some(Raw { text: Some(kept), .. }) => kept.push_str(text),
            Some(Raw { text: None, .. }) => {}
            None => self.microdata.text(text),
        }
    }

    fn begin(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if let Some(raw) = RAW.iter().find(|raw| **raw == name) {
            let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
            let is_data = name == "script" && kind.trim_start().starts_with("application/ld+json");
            self.raw = Some(Raw { name: raw, text: is_data.then(String::new) });
            return TokenSinkResult::RawData(RawKind::Rawtext);
        }
        let markup = &mut self.markup;
        match name {
            "html" => markup.language = attribute(tag, "lang").map(str::to_owned),
            "base" if markup.base.is_none() => markup.base = attribute(tag, "href").map(str::to_owned),
            "a" if markup.links.len() < LINKS => markup.links.extend(attribute(tag, "href").map(str::to_owned)),
            _ => {}
        }
        self.microdata.begin(tag);
        TokenSinkResult::Continue
    }

    fn end(&mut self, tag: &Tag) {
        match self.raw.take() {
            Some(raw) if raw.name == &*tag.name => self.markup.scripts.extend(raw.text),
            Some(raw) => self.raw = Some(raw),
            None => self.microdata.end(&tag.name),
        }
    }
}

/// Nothing when it is not there or blank.
pub(super) fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_scripts_links_and_the_language_are_found_and_nothing_in_comments_is() {
        let page = read(
            "<html lang=de><head><base href='/jobs/'><script>let a = '<a href=x>'</script>\
             <script type='Application/LD+JSON; charset=utf-8'>{\"a\": \"<b>\"}</script>\
             <!-- <script type='application/ld+json'>{}</script> --></head>\
             <body><a href=' 1 '>One</a><a name=x><textarea><a href=2></textarea><A HREF='3'>",
        );
        assert_eq!(page.scripts, ["{\"a\": \"<b>\"}"]);
        assert_eq!(page.links, ["1", "3"]);
        assert_eq!((page.language.as_deref(), page.base.as_deref()), (Some("de"), Some("/jobs/")));
    }

    #[test]
    fn a_script_that_the_page_was_cut_short_in_is_left_out() {
        assert_eq!(read("<script type='application/ld+json'>{\"title\": \"Lo").scripts, [""; 0]);
    }
}
