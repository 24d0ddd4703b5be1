//! How long a post is, counted the way the network that takes it counts.
//!
//! Three things differ between networks: the unit, what a link costs, and a second limit on bytes. Where we can't know for
//! sure what a server will take for a link or a mention, we count the larger of the two answers: a post that is a little
//! short reads well, one that is a little long is refused.
//!
//! Servers with a flat cost for links have one more rule: `@user@host` counts as `@user`, as if the host weren't there.

use crate::profile::{LinkCost, TextLimit, Unit};
use unicode_segmentation::UnicodeSegmentation;

/// The length of `text` in the limit's own unit, links at the limit's own cost.
///
/// With [`LinkCost::Hidden`] only what is written counts, and `text` holds nothing else: the address stands in a facet.
pub fn measure(text: &str, limit: &TextLimit) -> u32 {
    let length = match limit.link {
        LinkCost::AsWritten | LinkCost::Hidden => count(text, limit.unit),
        LinkCost::Flat(cost) => flat(text, limit.unit, cost as usize),
    };
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether the network takes it: by its own count, and by its bytes where it has a limit on these too.
pub fn fits(text: &str, limit: &TextLimit) -> bool {
    limit.max_bytes.is_none_or(|most| text.len() <= most as usize)
        && (at_most(text, limit) <= limit.max as usize || measure(text, limit) <= limit.max)
}

/// What a text can count at most, told without counting: nothing is more than its bytes, but a link where all links cost alike.
fn at_most(text: &str, limit: &TextLimit) -> usize {
    let links = match limit.link {
        LinkCost::Flat(cost) => text.matches("://").count() * cost as usize,
        LinkCost::AsWritten | LinkCost::Hidden => 0,
    };
    text.len() + links
}

/// The word for a unit, in the plural.
pub fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Graphemes => "characters",
        Unit::CodePoints => "code points",
        Unit::Utf16 => "UTF-16 units",
        Unit::Bytes => "bytes",
    }
}

fn count(text: &str, unit: Unit) -> usize {
    match unit {
        // In ASCII only a line's end can be two characters that are read as one.
        Unit::Graphemes if text.is_ascii() && !text.contains('\r') => text.len(),
        Unit::Graphemes => text.graphemes(true).count(),
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Bytes => text.len(),
    }
}

fn flat(text: &str, unit: Unit, cost: usize) -> usize {
    let mut total = 0;
    let mut rest = text;
    let mut before = None;
    while let Some(at) = next_scheme(rest) {
        let (plain, link) = rest.split_at(at);
        let link = &link[..address_length(link)];
        let stands_alone = plain.chars().next_back().or(before).is_none_or(opens_a_link);
        total += without_hosts(plain, unit);
        total += if stands_alone && has_public_host(link) { cost } else { cost.max(count(link, unit)) };
        before = link.chars().next_back();
        rest = &rest[at + link.len()..];
    }
    total + without_hosts(rest, unit)
}

/// Where the next `http://` or `https://` begins.
fn next_scheme(text: &str) -> Option<usize> {
    text.match_indices("://").find_map(|(colon, _)| {
        ["https", "http"].iter().find_map(|scheme| {
            let start = colon.checked_sub(scheme.len())?;
            text.get(start..colon).filter(|found| found.eq_ignore_ascii_case(scheme)).map(|_| start)
        })
    })
}

/// Bytes of the address that `text` begins with. Stops where the strictest parser would: brackets and trailing
/// punctuation are left outside, to be counted in full.
fn address_length(text: &str) -> usize {
    let run = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "!*';:=+,.$/%#[]-_~&|@?".contains(c)))
        .map_or(text, |end| &text[..end]);
    run.trim_end_matches(|c: char| "!*';:,.?[]".contains(c)).len()
}

/// Whether an address that ends where `rest` begins would go on in it.
pub(super) fn continues(rest: &str) -> bool {
    address_length(rest) > 0 || rest.starts_with(char::is_alphanumeric)
}

pub(super) fn opens_a_link(before: char) -> bool {
    before.is_whitespace() || "([{\"'«“„‚‘".contains(before)
}

/// Whether a server takes it for a link: loopback names and bare numbers it takes for text.
fn has_public_host(address: &str) -> bool {
    let Some((_, after)) = address.split_once("://") else { return false };
    let host = after.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let Some((name, top)) = host.rsplit_once('.') else { return false };
    !name.is_empty()
        && name.split('.').all(|label| !label.is_empty())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic())
}

/// The count of a text without links, where `@user@host` counts as `@user`.
fn without_hosts(text: &str, unit: Unit) -> usize {
    let mut hosts = 0;
    let mut before = None;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        let opens = c == '@' && at >= skip_to && before.is_none_or(|b: char| b.is_whitespace() || b == '(');
        if let Some((user, host)) = opens.then(|| mention(&text[at + 1..])).flatten() {
            hosts += 1 + host;
            skip_to = at + 1 + user + 1 + host;
        }
        before = Some(c);
    }
    // Host names are ASCII, so that one byte of them is one of every unit.
    count(text, unit) - hosts
}

/// Bytes of user and host where `user@host` begins the text; a lone user counts as it is.
fn mention(text: &str) -> Option<(usize, usize)> {
    let user = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|length| *length > 0)?;
    let host = text[user..].strip_prefix('@')?;
    let run =
        host.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).map_or(host, |end| &host[..end]);
    let run = run.trim_end_matches(['.', '-']);
    // A mark that hangs on the last letter would make one grapheme of both: then nothing is taken off.
    let hangs = host[run.len()..].chars().next().is_some_and(|c| !c.is_ascii() && !c.is_whitespace());
    (run.contains('.') && !run.starts_with('.') && !hangs).then_some((user, run.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(unit: Unit, link: LinkCost) -> TextLimit {
        TextLimit { max: 500, unit, link, max_bytes: None }
    }

    #[test]
    fn each_unit_counts_its_own_way() {
        let family = "👩‍👩‍👧 é";
        for (unit, expected) in [(Unit::Graphemes, 3), (Unit::CodePoints, 7), (Unit::Utf16, 10), (Unit::Bytes, 21)] {
            assert_eq!(measure(family, &limit(unit, LinkCost::AsWritten)), expected, "{unit:?}");
        }
    }

    #[test]
    fn a_flat_link_costs_the_same_however_long_it_is() {
        let flat = limit(Unit::Graphemes, LinkCost::Flat(23));
        for (text, expected) in [
            ("https://a.io", 23),
            ("see https://gigs.example/g/gig_0123456789abcdef?v=0123abcd now", 4 + 23 + 4),
            ("(https://gigs.example/x).", 1 + 23 + 2),
            ("HTTPS://GIGS.EXAMPLE/X", 23),
            ("https://a.example https://b.example", 23 + 1 + 23),
            ("ftp://files.example/a", 21),
            // Unsure whether the server sees a link: the larger count.
            ("xhttps://gigs.example/0123456789", 1 + 31),
            ("xhttps://a.io", 1 + 23),
            ("http://127.0.0.1:8080/g/gig_0123456789abcdef", 44),
            ("http://localhost", 23),
            ("https://bücher.example/", 23 + 14),
        ] {
            assert_eq!(measure(text, &flat), expected, "{text}");
        }
    }

    #[test]
    fn where_links_are_flat_a_mention_counts_without_its_host() {
        let flat = limit(Unit::Graphemes, LinkCost::Flat(23));
        for (text, expected) in [
            ("@acme@social.example", 5),
            ("hi @acme@social.example.", 3 + 5 + 1),
            ("@acme", 5),
            ("jobs@acme.example", 17),
            ("a @b@c", 6),
        ] {
            assert_eq!(measure(text, &flat), expected, "{text}");
        }
        assert_eq!(measure("@acme@social.example", &limit(Unit::Graphemes, LinkCost::AsWritten)), 20);
    }

    #[test]
    fn both_limits_must_hold() {
        let both = TextLimit { max: 300, unit: Unit::Graphemes, link: LinkCost::Hidden, max_bytes: Some(3000) };
        assert!(fits(&"a".repeat(300), &both));
        assert!(!fits(&"a".repeat(301), &both));
        assert!(!fits(&"👩‍👩‍👧".repeat(200), &both), "200 graphemes, 3,600 bytes");
    }

    proptest! {
        #[test]
        fn text_without_links_or_mentions_counts_the_same_everywhere(text in "[^@:]{0,80}") {
            for unit in [Unit::Graphemes, Unit::CodePoints, Unit::Utf16, Unit::Bytes] {
                let plain = measure(&text, &limit(unit, LinkCost::AsWritten));
                prop_assert_eq!(plain, measure(&text, &limit(unit, LinkCost::Flat(23))));
                prop_assert_eq!(plain as usize, count(&text, unit));
            }
        }

        #[test]
        fn graphemes_are_the_fewest_and_bytes_the_most(text in any::<String>()) {
            let of = |unit| measure(&text, &limit(unit, LinkCost::AsWritten));
            prop_assert!(of(Unit::Graphemes) <= of(Unit::CodePoints));
            prop_assert!(of(Unit::CodePoints) <= of(Unit::Utf16));
            prop_assert!(of(Unit::Utf16) <= of(Unit::Bytes));
        }

        #[test]
        fn each_link_adds_exactly_its_cost(
            words in proptest::collection::vec("[a-zé]{1,9}", 0..8),
            path in "[a-z0-9/_-]{0,60}[a-z0-9]",
            cost in 1u32..40,
        ) {
            let plain = words.join(" ");
            let linked = format!("{plain} https://gigs.example/{path}");
            let flat = limit(Unit::Graphemes, LinkCost::Flat(cost));
            prop_assert_eq!(measure(&linked, &flat), measure(&plain, &flat) + 1 + cost);
        }

        #[test]
        fn any_text_is_measured_without_a_panic_and_never_shorter_by_its_links(text in "(https?://|@|a|é|\\.|/|👍| |\u{301}){0,40}") {
            let flat = measure(&text, &limit(Unit::Graphemes, LinkCost::Flat(200)));
            let links = u32::try_from(text.matches("://").count()).unwrap();
            prop_assert!(links == 0 || flat >= 200);
        }

        #[test]
        fn no_text_counts_more_than_is_told_without_counting(text in "(https?://|@a@b|é|\\.|/|👍|\r\n| |\u{301}|x.example){0,40}") {
            for unit in [Unit::Graphemes, Unit::CodePoints, Unit::Utf16, Unit::Bytes] {
                for link in [LinkCost::AsWritten, LinkCost::Hidden, LinkCost::Flat(1), LinkCost::Flat(23)] {
                    let limit = limit(unit, link);
                    prop_assert!(measure(&text, &limit) as usize <= at_most(&text, &limit));
                }
            }
        }

        #[test]
        fn ascii_counts_as_any_other_text(text in "[ -~\r\n\t]{0,60}") {
            prop_assert_eq!(count(&text, Unit::Graphemes), text.graphemes(true).count());
        }
    }
}
