//! Reading a post as Mastodon does: links, mentions and tags in plain text, and how long it counts.

use unicode_segmentation::UnicodeSegmentation;

/// What any link counts, however long it is.
const LINK_COSTS: usize = 23;

#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Piece<'a> {
    Plain(&'a str),
    Link(&'a str),
    /// `username` or `username@domain`, without the first `@`.
    Mention(&'a str),
    /// Without the `#`.
    Tag(&'a str),
}

/// All of the text, in order.
pub(in crate::sandbox) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(next) = text[at..].chars().next() {
        let free = text[..at].chars().next_back().is_none_or(|before| !is_word(before) && before != '/');
        match free.then(|| piece_at(&text[at..])).flatten() {
            Some((piece, bytes)) => {
                if plain_from < at {
                    found.push(Piece::Plain(&text[plain_from..at]));
                }
                found.push(piece);
                at += bytes;
                plain_from = at;
            }
            None => at += next.len_utf8(),
        }
    }
    if plain_from < text.len() {
        found.push(Piece::Plain(&text[plain_from..]));
    }
    found
}

/// The piece that starts right here, and its length in bytes.
fn piece_at(rest: &str) -> Option<(Piece<'_>, usize)> {
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let link = trimmed_link(rest.split(|c: char| c.is_whitespace() || "<>\"".contains(c)).next()?);
        let host = link.split_once("://")?.1;
        return (!host.is_empty()).then_some((Piece::Link(link), link.len()));
    }
    if let Some(after) = rest.strip_prefix('#') {
        let tag = while_matching(after, is_word);
        return (!tag.chars().all(|c| c.is_numeric() || c == '_')).then_some((Piece::Tag(tag), tag.len() + 1));
    }
    let after = rest.strip_prefix('@')?;
    let username = while_matching(after, |c| c.is_ascii_alphanumeric() || c == '_');
    if username.is_empty() {
        return None;
    }
    let domain = after[username.len()..].strip_prefix('@').map_or("", |d| {
        while_matching(d, |c| c.is_alphanumeric() || "-.:".contains(c)).trim_end_matches(['.', ':', '-'])
    });
    let bytes = username.len() + if domain.is_empty() { 0 } else { domain.len() + 1 };
    Some((Piece::Mention(&after[..bytes]), bytes + 1))
}

/// Punctuation after a link belongs to the sentence, and so does a bracket that the link did not open.
fn trimmed_link(link: &str) -> &str {
    let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '…']);
    let unopened = |open, close| link.ends_with(close) && link.matches(close).count() > link.matches(open).count();
    if unopened('(', ')') || unopened('[', ']') { trimmed_link(&link[..link.len() - 1]) } else { link }
}

fn while_matching(text: &str, matching: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !matching(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// In graphemes; a link counts 23, and a mention without its domain.
pub(in crate::sandbox) fn length(text: &str) -> usize {
    pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => plain.graphemes(true).count(),
            Piece::Link(_) => LINK_COSTS,
            Piece::Tag(tag) => 1 + tag.graphemes(true).count(),
            Piece::Mention(handle) => 1 + handle.split('@').next().unwrap_or_default().len(),
        })
        .sum()
}

/// In lower case, each once.
pub(super) fn tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for piece in pieces(text) {
        if let Piece::Tag(tag) = piece {
            let tag = tag.to_lowercase();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    tags
}

pub(super) fn mentions(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Mention(handle) => Some(handle),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_mentions_and_tags_are_found_and_nothing_is_lost() {
        let text = "Hi @lena@a.example:80, see (https://g.example/a_(b)?x=1#y). #Rust #1 mail@x.example @omar.";
        let found = pieces(text);
        assert!(found.contains(&Piece::Mention("lena@a.example:80")), "{found:?}");
        assert!(found.contains(&Piece::Link("https://g.example/a_(b)?x=1#y")), "{found:?}");
        assert!(found.contains(&Piece::Tag("Rust")), "{found:?}");
        assert!(found.contains(&Piece::Mention("omar")), "{found:?}");
        let others = found.iter().filter(|p| !matches!(p, Piece::Plain(_))).count();
        assert_eq!(others, 4, "`#1` is no tag and an e-mail address no mention: {found:?}");
    }

    #[test]
    fn a_link_counts_23_and_a_mention_without_its_domain() {
        assert_eq!(length(&format!("https://g.example/{}", "x".repeat(300))), 23);
        assert_eq!(length("@lena@a.example"), 5);
        assert_eq!(length("👩‍👩‍👧 #été"), 1 + 1 + 4);
    }
}
