//! What holds of every page that any test is answered with: what its marks point at is there, each id once, and each field has a name.
//!
//! A page is read as our templates write it: attributes in double quotes, and no bare `<` or `>` in them or in a text.

use std::collections::BTreeSet;

struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.split_once(&format!(" {name}=\""))?.1.split('"').next()
    }
}

fn tags(page: &str) -> impl Iterator<Item = Tag<'_>> {
    page.split('<').skip(1).filter_map(|rest| {
        let inside = rest.split_once('>')?.0;
        let end = inside.find([' ', '\n', '/']).filter(|end| *end > 0).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(end);
        Some(Tag { name, attributes })
    })
}

/// What is wrong with a page, in words; nothing where it is whole.
fn faults(page: &str) -> Vec<String> {
    let (mut ids, mut faults) = (BTreeSet::new(), Vec::new());
    for id in tags(page).filter_map(|tag| tag.attribute("id")) {
        if !ids.insert(id) {
            faults.push(format!("two things go by #{id}"));
        }
    }
    let mut labelled = BTreeSet::new();
    for tag in tags(page) {
        for mark in ["for", "list", "aria-describedby", "aria-labelledby"] {
            let marked = tag.attribute(mark).unwrap_or_default().split(' ').filter(|id| !id.is_empty());
            faults.extend(
                marked.filter(|id| !ids.contains(id)).map(|id| format!("{mark} names #{id}, which is not there")),
            );
        }
        let within = tag.attribute("href").and_then(|href| href.strip_prefix('#')).filter(|id| !ids.contains(id));
        faults.extend(within.map(|id| format!("a link leads to #{id}, which is not there")));
        labelled.extend(tag.attribute("for"));
    }
    let mut is_in_label = false;
    for tag in tags(page) {
        match tag.name {
            "label" => is_in_label = true,
            "/label" => is_in_label = false,
            "input" | "select" | "textarea" if tag.attribute("type") != Some("hidden") => {
                let is_named = tag.attribute("id").is_some_and(|id| labelled.contains(id));
                if !(is_in_label || is_named || tag.attribute("aria-label").is_some()) {
                    faults.push(format!("a field has no label: <{}{}>", tag.name, tag.attributes));
                }
            }
            _ => {}
        }
    }
    faults
}

pub fn is_whole(page: &str) {
    let faults = faults(page);
    assert!(faults.is_empty(), "{faults:?}\n{page}");
}

#[test]
fn what_a_page_lacks_is_told() {
    let whole = "<a href=\"#a\">x</a><p id=\"a\"><label for=\"b\">B</label><input id=\"b\" aria-describedby=\"a\"><label>C <input/></label>";
    assert_eq!(faults(whole), Vec::<String>::new());
    let told = |page: &str| faults(page).join("; ");
    assert_eq!(told("<p id=\"a\"><b id=\"a\">"), "two things go by #a");
    assert_eq!(told("<a href=\"#a\">"), "a link leads to #a, which is not there");
    assert_eq!(told("<p id=\"a\" aria-describedby=\"a b\">"), "aria-describedby names #b, which is not there");
    assert_eq!(told("<label>C</label><select name=\"c\">"), "a field has no label: <select name=\"c\">");
    assert_eq!(told("<label for=\"d\">D</label>"), "for names #d, which is not there");
}
