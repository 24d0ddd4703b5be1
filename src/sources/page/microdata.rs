//! Microdata: items written into the markup itself, given as the same objects that JSON-LD writes, so that one reader serves both.
//!
//! Elements are followed only inside an item. Where an author left out an end tag, the one of the element around it ends both; `itemref` is
//! not followed. The text of a property keeps its tags, for what is HTML there is HTML in JSON-LD as well.

use super::markup::attribute;
use html5ever::tokenizer::Tag;
use serde_json::{Map, Value};

/// Deeper elements are read as if they were not there.
const DEPTH: usize = 256;
/// More items of one page are not read.
const ITEMS: usize = 500;
/// Texts inside of texts: those further in are left to the outer ones.
const CAPTURES: usize = 8;
/// In all of one page.
const CAPTURED_BYTES: usize = 4 * 1024 * 1024;

const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// An element of these that begins where one of its own is open ends that.
const SIBLINGS: &[&str] = &["p", "li", "dt", "dd", "tr", "td", "th", "option"];
/// What these stand in.
const AROUND: &[&str] = &["ul", "ol", "dl", "table", "tbody"];

#[derive(Debug, Default)]
pub(super) struct Microdata {
    items: Vec<Value>,
    open: Vec<Open>,
    captured_bytes: usize,
}

#[derive(Debug, Default)]
struct Open {
    name: String,
    properties: Vec<String>,
    item: Option<Map<String, Value>>,
    text: Option<Capture>,
}

/// The text of a property, with and without what its tags need.
#[derive(Debug, Default)]
struct Capture {
    html: String,
    plain: String,
    has_tags: bool,
}

impl Microdata {
    pub(super) fn items(mut self) -> Vec<Value> {
        while !self.open.is_empty() {
            self.close();
        }
        self.items
    }

    pub(super) fn begin(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let is_scope = tag.attrs.iter().any(|attribute| &*attribute.name.local == "itemscope");
        if self.open.is_empty() && !is_scope {
            return;
        }
        if SIBLINGS.contains(&name) && self.open.last().is_some_and(|open| open.name == name) {
            self.close();
        }
        self.each_text(|text| {
            text.has_tags = true;
            text.html.extend(["<", name, ">"]);
            // Words on both sides of a tag are two.
            text.plain.push(' ');
            2 + name.len()
        });
        if self.open.len() == DEPTH {
            return;
        }
        let mut open = Open { name: name.to_owned(), ..Open::default() };
        open.properties = words(attribute(tag, "itemprop"));
        if is_scope {
            let types = words(attribute(tag, "itemtype")).into_iter().map(Value::String);
            let id = attribute(tag, "itemid").map(|id| ("@id".to_owned(), Value::from(id)));
            let members = [("@type".to_owned(), Value::Array(types.collect()))];
            open.item = Some(members.into_iter().chain(id).collect());
        } else if !open.properties.is_empty() {
            if let Some(value) = written(tag) {
                let properties = std::mem::take(&mut open.properties);
                self.add(&properties, &Value::from(value));
            } else if self.open.iter().filter(|open| open.text.is_some()).count() < CAPTURES {
                open.text = Some(Capture::default());
            }
        }
        self.open.push(open);
        if VOID.contains(&name) || (tag.self_closing && is_scope) {
            self.close();
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.each_text(|capture| {
            capture.plain.push_str(text);
            let before = capture.html.len();
            for c in text.chars() {
                match c {
                    '&' => capture.html.push_str("&amp;"),
                    '<' => capture.html.push_str("&lt;"),
                    c => capture.html.push(c),
                }
            }
            text.len() + capture.html.len() - before
        });
    }

    pub(super) fn end(&mut self, name: &str) {
        let ended = self.open.iter().rposition(|open| open.name == name);
        // The list around an item that was never ended.
        let around = AROUND.contains(&name) && self.open.first().is_some_and(|open| SIBLINGS.contains(&&*open.name));
        let Some(at) = ended.or(around.then_some(0)) else { return };
        while self.open.len() > at {
            self.close();
        }
        self.each_text(|text| {
            text.html.extend(["</", name, ">"]);
            text.plain.push(' ');
            3 + name.len()
        });
    }

    fn each_text(&mut self, mut write: impl FnMut(&mut Capture) -> usize) {
        for text in self.open.iter_mut().filter_map(|open| open.text.as_mut()) {
            if self.captured_bytes < CAPTURED_BYTES {
                self.captured_bytes += write(text);
            }
        }
    }

    /// Ends the innermost element.
    fn close(&mut self) {
        let Some(Open { properties, item, text, .. }) = self.open.pop() else { return };
        if let Some(text) = text {
            let text = if text.has_tags { text.html } else { text.plain };
            self.add(&properties, &Value::from(text.trim()));
        }
        let Some(item) = item else { return };
        if properties.is_empty() || self.open.iter().all(|open| open.item.is_none()) {
            if self.items.len() < ITEMS {
                self.items.push(Value::Object(item));
            }
        } else {
            self.add(&properties, &Value::Object(item));
        }
    }

    /// Gives a property to the item around; one that is given twice is a list.
    fn add(&mut self, properties: &[String], value: &Value) {
        let Some(item) = self.open.iter_mut().rev().find_map(|open| open.item.as_mut()) else { return };
        for property in properties {
            let name = property.rsplit(['/', '#']).next().unwrap_or(property);
            match item.get_mut(name) {
                None => {
                    item.insert(name.to_owned(), value.clone());
                }
                Some(Value::Array(values)) => values.push(value.clone()),
                Some(first) => *first = Value::Array(vec![first.take(), value.clone()]),
            }
        }
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The value that an element has besides its text. `content` is read on every element: many write it where only `meta` should have it.
fn written(tag: &Tag) -> Option<&str> {
    let own = match &*tag.name {
        "a" | "area" | "link" => "href",
        "audio" | "embed" | "iframe" | "img" | "source" | "track" | "video" => "src",
        "object" => "data",
        "data" | "meter" => "value",
        "time" => "datetime",
        _ => "content",
    };
    attribute(tag, "content").or_else(|| attribute(tag, own)).or((&*tag.name == "meta").then_some(""))
}

#[cfg(test)]
mod tests {
    use super::super::markup::read;
    use serde_json::json;

    #[test]
    fn items_stand_within_items_and_values_in_attributes_or_text() {
        let page = read(
            "<p itemprop=title>Not in an item</p>\
             <div itemscope itemtype='https://schema.org/JobPosting' itemid='#1'><h1 itemprop='title name'>Lo&amp;go</h1>\
             <meta itemprop=datePosted content=2026-11-20><time itemprop=validThrough datetime=2026-12-31>soon</time>\
             <a itemprop=url href=/1>x</a><span itemprop=skills>SVG</span><span itemprop=skills>PNG</span>\
             <div itemprop=hiringOrganization itemscope><b itemprop=name>Acme</b></div>\
             <div itemprop=description><p>One &lt;<br>two<ul><li>a<li>b</ul></div></div>",
        );
        assert_eq!(
            page.items,
            [json!({
                "@type": ["https://schema.org/JobPosting"], "@id": "#1", "title": "Lo&go", "name": "Lo&go",
                "datePosted": "2026-11-20", "validThrough": "2026-12-31", "url": "/1", "skills": ["SVG", "PNG"],
                "hiringOrganization": {"@type": [], "name": "Acme"},
                "description": "<p>One &lt;<br>two<ul><li>a<li>b</ul>",
            })]
        );
    }

    #[test]
    fn an_item_ends_with_its_element_though_others_were_left_open() {
        let page = read(
            "<ul><li itemscope itemtype=x:JobPosting><b itemprop=title>One<i></b>\
             <li itemscope itemtype=x:JobPosting><p itemprop=title>Two</ul><p itemprop=title>Three",
        );
        assert_eq!(
            page.items,
            [json!({"@type": ["x:JobPosting"], "title": "One<i>"}), json!({"@type": ["x:JobPosting"], "title": "Two"})]
        );
    }

    #[test]
    fn a_page_of_open_elements_is_read_in_one_pass() {
        let page = read(&format!("{}x", "<div itemscope><p itemprop=a>".repeat(20_000)));
        assert!(page.items.len() <= super::DEPTH);
    }
}
