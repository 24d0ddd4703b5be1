//! A status's HTML as the plain text its author meant.
//!
//! The markup comes from strangers by way of servers that are supposed to have cleaned it; here it is only ever read, in one
//! pass, and nothing of it survives. Lines are kept, what is quoted is dropped (a vouch must be the replier's own words), and a
//! mention, which servers shorten to `@bo`, is written out with its host so that it names one person.

/// One piece of markup. Names are in lower case; attributes are as they came.
enum Piece<'a> {
    Text(&'a str),
    Open { name: String, attributes: &'a str },
    Close { name: String },
}

/// Cuts markup into pieces; whatever is no tag is text, and an unfinished tag ends it.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let begins_a_tag = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
        let Some(inside) = self.0.strip_prefix('<').filter(|rest| rest.starts_with(begins_a_tag)) else {
            let skip = usize::from(self.0.starts_with('<'));
            let end = self.0[skip..].find('<').map_or(self.0.len(), |at| at + skip);
            let (text, rest) = self.0.split_at(end);
            self.0 = rest;
            return (!text.is_empty()).then_some(Piece::Text(text));
        };
        let end = end_of_tag(inside);
        self.0 = inside.get(end + 1..).unwrap_or_default();
        let tag = &inside[..end];
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name_ends = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_ends);
        let name = name.to_ascii_lowercase();
        Some(if closes { Piece::Close { name } } else { Piece::Open { name, attributes } })
    }
}

/// Where the `>` stands that is in no quotes.
fn end_of_tag(inside: &str) -> usize {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    inside.len()
}

/// The value of one attribute, entities resolved.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let ends = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(ends);
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(entities(value));
        }
        rest = after;
    }
}

/// Resolves the character references that servers write; any other stays as it is.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let resolved = rest
            .bytes()
            .take(12)
            .position(|byte| byte == b';')
            .and_then(|end| Some((reference(&rest[1..end])?, end + 1)));
        let (c, length) = resolved.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
            char::from_u32(code).filter(|c| !c.is_control())
        }
    }
}

/// Where every link leads, in order.
pub fn links(html: &str) -> Vec<String> {
    Pieces(html)
        .filter_map(|piece| match piece {
            Piece::Open { name, attributes } if name == "a" => attribute(attributes, "href"),
            _ => None,
        })
        .collect()
}

/// Plain text. `name_of` is asked for every link, by address and words, whether it is a mention and how to write that.
pub fn plain(html: &str, mut name_of: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut link: Option<(usize, String)> = None;
    // The element that is being dropped, and how many of its kind are open.
    let mut dropping: Option<(String, u32)> = None;
    for piece in Pieces(html) {
        if let Some((dropped, open)) = &mut dropping {
            match piece {
                Piece::Open { name, .. } if name == *dropped => *open += 1,
                Piece::Close { name } if name == *dropped => *open -= 1,
                _ => {}
            }
            if *open == 0 {
                dropping = None;
            }
            continue;
        }
        match piece {
            // A line break in the source is a space; only tags make lines.
            Piece::Text(text) => out.push_str(&entities(text).replace(['\n', '\r', '\t'], " ")),
            Piece::Open { name, attributes } => match name.as_str() {
                "blockquote" | "script" | "style" => dropping = Some((name, 1)),
                "p" | "span" if is_quote_fallback(attributes) => dropping = Some((name, 1)),
                "br" => out.push('\n'),
                "p" => end_paragraph(&mut out),
                "a" => link = attribute(attributes, "href").map(|href| (out.len(), href)),
                _ => {}
            },
            Piece::Close { name } => match name.as_str() {
                "p" => end_paragraph(&mut out),
                "li" | "div" | "h1" | "h2" | "h3" | "pre" => out.push('\n'),
                "a" => {
                    if let Some((start, href)) = link.take()
                        && let Some(written) = name_of(&href, &out[start..])
                    {
                        out.truncate(start);
                        out.push_str(&written);
                    }
                }
                _ => {}
            },
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// `RE: <link>`, which servers put before a quote for those that cannot show it.
fn is_quote_fallback(attributes: &str) -> bool {
    attribute(attributes, "class").is_some_and(|class| class.split_whitespace().any(|name| name == "quote-inline"))
}

fn end_paragraph(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_is(html: &str) -> String {
        plain(html, |_, _| None)
    }

    #[test]
    fn paragraphs_and_breaks_become_lines() {
        for (html, text) in [
            ("<p>One</p><p>Two<br>three<br/>four</p>", "One\n\nTwo\nthree\nfour"),
            ("a &lt;b&gt; &amp;amp; &#39;c&#x27; &unknown; & d", "a <b> &amp; 'c' &unknown; & d"),
            ("1 < 2 and <3", "1 < 2 and <3"),
            ("cut <a href=\"x", "cut"),
            ("<p>line\nbreak</p>", "line break"),
            ("", ""),
        ] {
            assert_eq!(as_is(html), text);
        }
    }

    #[test]
    fn what_is_quoted_is_not_said() {
        for (html, text) in [
            ("<blockquote><p>I vouch for <blockquote>x</blockquote> her</p></blockquote><p>Really?</p>", "Really?"),
            (r#"<p class="quote-inline">RE: <a href="https://a.example/1">x</a></p><p>Agreed</p>"#, "Agreed"),
            ("<script>alert(1)</script>hm", "hm"),
            ("<blockquote>never closed", ""),
        ] {
            assert_eq!(as_is(html), text);
        }
    }

    #[test]
    fn a_shortened_link_is_whole_again() {
        let html = r#"<a href="https://gigs.example/g/81?v=ab&amp;x=1" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">gigs.example/g</span><span class="invisible">/81?v=ab&amp;x=1</span></a>"#;
        assert_eq!(as_is(html), "https://gigs.example/g/81?v=ab&x=1");
        assert_eq!(links(html), ["https://gigs.example/g/81?v=ab&x=1"]);
    }

    #[test]
    fn a_mention_is_written_out_and_other_links_are_left() {
        let html = concat!(
            r#"<p><span class="h-card" translate="no"><a href='https://b.example/@bo' class="u-url mention">@<span>bo</span></a></span>"#,
            r#" did <a href="https://a.example/tags/rust" class="mention hashtag">#<span>rust</span></a></p>"#
        );
        let text = plain(html, |href, shown| {
            (href == "https://b.example/@bo" && shown == "@bo").then(|| "@bo@b.example".to_owned())
        });
        assert_eq!(text, "@bo@b.example did #rust");
    }

    #[test]
    fn a_bracket_inside_quotes_does_not_end_the_tag() {
        assert_eq!(links(r#"<a title="a > b" href="https://x.example/">y</a>"#), ["https://x.example/"]);
    }

    proptest::proptest! {
        #[test]
        fn no_markup_breaks_the_reader(html in "[<>a-z/\"'=&#;! é]{0,80}") {
            let _ = (as_is(&html), links(&html));
        }
    }
}
