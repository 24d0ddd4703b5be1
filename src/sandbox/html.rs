//! A post's text as HTML, in the form Mastodon renders it; clients read links, mentions and tags back from it.

use super::world::{Person, Piece, World, pieces};
use std::fmt::Write;

/// How much of a link is shown; the rest is there and hidden.
const LINK_SHOWN: usize = 30;

/// Paragraphs at blank lines, `<br />` at others. Everything from outside is escaped.
pub(super) fn content(text: &str, world: &World, url: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
    paragraphs.fold(String::new(), |mut html, paragraph| {
        html.push_str("<p>");
        for piece in pieces(paragraph) {
            piece_html(&mut html, &piece, world, url);
        }
        html.push_str("</p>");
        html
    })
}

fn piece_html(html: &mut String, piece: &Piece<'_>, world: &World, url: &str) {
    // Writing into a String cannot fail.
    let _ = match piece {
        Piece::Plain(plain) => {
            html.push_str(&escape(plain).replace('\n', "<br />"));
            Ok(())
        }
        Piece::Link(link) => {
            let mut shown = link.split_once("://").map_or(0, |(scheme, _)| scheme.len() + 3);
            if link[shown..].starts_with("www.") {
                shown += 4;
            }
            let rest: Vec<(usize, char)> = link[shown..].char_indices().collect();
            let cut = rest.get(LINK_SHOWN).map_or(link.len(), |(at, _)| shown + at);
            let class = if cut < link.len() { "ellipsis" } else { "" };
            write!(
                html,
                r#"<a href="{}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{}</span><span class="{class}">{}</span><span class="invisible">{}</span></a>"#,
                escape(link),
                escape(&link[..shown]),
                escape(&link[shown..cut]),
                escape(&link[cut..]),
            )
        }
        Piece::Tag(tag) => write!(
            html,
            r#"<a href="{}" class="mention hashtag" rel="tag">#<span>{}</span></a>"#,
            tag_url(url, &tag.to_lowercase()),
            escape(tag),
        ),
        Piece::Mention(handle) => match world.person_named(handle) {
            Some(person) => write!(
                html,
                r#"<span class="h-card" translate="no"><a href="{}" class="u-url mention">@<span>{}</span></a></span>"#,
                profile_url(url, person),
                person.username,
            ),
            None => write!(html, "@{}", escape(handle)),
        },
    };
}

pub(super) fn profile_url(url: &str, person: &Person) -> String {
    format!("{url}/@{}", person.username)
}

pub(super) fn tag_url(url: &str, tag: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    format!("{url}/tags/{encoded}")
}

pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::world::Indexing;
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn text_becomes_the_html_that_mastodon_makes_of_it() {
        let mut world = World::new("h:1");
        world.join("lena", "Lena", "", Indexing::Allowed, Timestamp::EPOCH).unwrap();
        let html = content("Hi @lena@h:1 & @x\n<b>\n\nhttps://g.example/a?b=1&c=2 #Été", &world, "http://h:1");
        assert_eq!(
            html,
            concat!(
                r#"<p>Hi <span class="h-card" translate="no"><a href="http://h:1/@lena" class="u-url mention">@<span>lena</span></a></span>"#,
                r#" &amp; @x<br />&lt;b&gt;</p><p><a href="https://g.example/a?b=1&amp;c=2" target="_blank" rel="nofollow noopener" "#,
                r#"translate="no"><span class="invisible">https://</span><span class="">g.example/a?b=1&amp;c=2</span>"#,
                r#"<span class="invisible"></span></a> <a href="http://h:1/tags/%C3%A9t%C3%A9" class="mention hashtag" rel="tag">"#,
                r"#<span>Été</span></a></p>"
            )
        );
    }

    #[test]
    fn a_long_link_is_shown_in_part_and_kept_whole() {
        let html = content("https://www.g.example/éééééééééééééééééééééééééééééé", &World::new("h"), "http://h");
        assert!(
            html.contains(r#"<span class="invisible">https://www.</span><span class="ellipsis">g.example/"#),
            "{html}"
        );
    }
}
