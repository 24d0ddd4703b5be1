//! A person's own words in place of ours, for one delivery.
//!
//! They may say what they like, with one condition: our link stays, as it was shown to them. By its code the post is found again after a
//! lost answer, and it brings the reader to the gig. Where a network hides addresses behind words, the words shown for it are the link, and
//! these must stay: a card that carries it as well is not drawn by every client. The whole address is accepted in their place.
//!
//! Nothing is cut and nothing is defused: these are not a stranger's words. `#tags` become tags; mentions stay plain text. Only what cannot
//! be seen is taken out, so that what is sent is what was read.

use super::clean;
use super::length::{continues, fits, measure, opens_a_link, unit_word};
use crate::gig::Revision;
use crate::id::digest;
use crate::post::{Facet, Feature, Post};
use crate::profile::{LinkCost, Profile};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Why a text cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("The text is empty. Write something, and keep the link {0} in it.")]
    Empty(String),
    #[error(
        "The link {0} must stand in the text, whole and apart from other words: it brings readers to the gig, and by it the post is \
         found again."
    )]
    NoLink(String),
    #[error("The text is {over} {unit} too long: it counts {length}, and {network} takes {max}.")]
    TooLong { over: u32, length: u32, max: u32, unit: &'static str, network: String },
}

/// Graphemes of a tag: a longer one is text. The strictest network takes so many.
const TAG_LETTERS: usize = 64;

/// `own` as a post, in the place of the one that gigcast composed.
pub fn reword(own: &str, composed: &Post, profile: &Profile) -> Result<Post, Unfit> {
    let text = clean::written(own);
    let shown = shown(composed);
    if text.is_empty() {
        return Err(Unfit::Empty(shown.to_owned()));
    }
    let facets = facets(&text, &composed.link, shown, profile.text.link);
    if !facets.iter().any(|facet| matches!(facet.feature, Feature::Link(_))) {
        return Err(Unfit::NoLink(shown.to_owned()));
    }
    if !fits(&text, &profile.text) {
        return Err(too_long(&text, profile));
    }
    Ok(Post { text, facets, ..composed.clone() })
}

/// The links and the tags of a text that was not made of them, in their order.
pub(super) fn facets(text: &str, link: &str, shown: &str, cost: LinkCost) -> Vec<Facet> {
    let mut facets = links(text, link, shown, cost);
    let taken: Vec<Range<usize>> = facets.iter().map(|facet| facet.start as usize..facet.end as usize).collect();
    for (at, tag) in tags(text) {
        if !taken.iter().any(|link| link.start < at.end && at.start < link.end) {
            facets.push(facet(at, Feature::Tag(tag.to_owned())));
        }
    }
    facets.sort_by_key(|facet| facet.start);
    facets
}

/// Names one wording of one revision: whoever approves it says by this what they have read.
pub fn version(revision: Revision, composed: &Post) -> String {
    let card = composed.card.as_ref();
    let parts = [Some(&composed.text), card.map(|card| &card.title), card.map(|card| &card.description)];
    let parts: Vec<&[u8]> = parts.into_iter().flatten().map(String::as_bytes).collect();
    let [a, b, c, d, ..] = digest("wording", &parts);
    format!("{}-{a:02x}{b:02x}{c:02x}{d:02x}", revision.0)
}

/// What is read of the link in a composed post.
pub fn shown(composed: &Post) -> &str {
    let link = composed.facets.iter().find(|facet| matches!(facet.feature, Feature::Link(_)));
    let words = link.and_then(|link| composed.text.get(link.start as usize..link.end as usize));
    words.unwrap_or(&composed.link)
}

fn too_long(text: &str, profile: &Profile) -> Unfit {
    let (length, max) = (measure(text, &profile.text), profile.text.max);
    let network = profile.name.clone().into_owned();
    match profile.text.max_bytes {
        Some(most) if length <= max => {
            let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
            Unfit::TooLong { over: bytes - most, length: bytes, max: most, unit: "bytes", network }
        }
        _ => Unfit::TooLong { over: length - max, length, max, unit: unit_word(profile.text.unit), network },
    }
}

/// Wherever the link stands: its whole address, and the words shown for it where these are others.
fn links(text: &str, link: &str, shown: &str, cost: LinkCost) -> Vec<Facet> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = [link, shown].iter().filter_map(|words| next(text, from, words)).min_by_key(|at| at.start) {
        from = at.end;
        // Where the server looks for addresses by itself, it must see this one as one.
        let before = text[..at.start].chars().next_back();
        let parsed = cost == LinkCost::Hidden || !text[at.clone()].contains("://") || before.is_none_or(opens_a_link);
        if parsed {
            found.push(facet(at, Feature::Link(link.to_owned())));
        }
    }
    found
}

/// Where `words` stand next, with nothing before or behind that would make another word or address of them.
fn next(text: &str, from: usize, words: &str) -> Option<Range<usize>> {
    text[from..].match_indices(words).map(|(at, _)| from + at..from + at + words.len()).find(|at| {
        let apart = !text[..at.start].chars().next_back().is_some_and(char::is_alphanumeric);
        apart && !continues(&text[at.end..])
    })
}

/// Each tag with its place, the `#` included in the place and left out of the tag.
fn tags(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.match_indices('#').filter_map(|(at, _)| {
        let opens = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "([{\"'«“„‚‘".contains(c));
        let rest = &text[at + 1..];
        let in_a_tag = |letter: &&str| letter.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let tag = &rest[..rest.graphemes(true).take_while(in_a_tag).map(str::len).sum()];
        let says = tag.chars().any(char::is_alphabetic) && tag.graphemes(true).count() <= TAG_LETTERS;
        (opens && says).then(|| (at..at + 1 + tag.len(), tag))
    })
}

fn facet(at: Range<usize>, feature: Feature) -> Facet {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Facet { start: offset(at.start), end: offset(at.end), feature }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeliveryId;
    use crate::plan::{Link, compose, samples};
    use proptest::prelude::*;

    fn link() -> Link {
        let code = DeliveryId::of(&[b"d"]).code();
        Link { url: format!("https://gigs.example/g/gig_0123456789abcdef?v={code}"), code: Some(code) }
    }

    fn composed(profile: &Profile) -> Post {
        compose(&samples::gig(), &link(), profile, &samples::manner()).unwrap()
    }

    fn reworded(own: &str, profile: &Profile) -> Result<Post, Unfit> {
        reword(own, &composed(profile), profile)
    }

    fn facets(post: &Post) -> Vec<(&str, Feature)> {
        post.facets.iter().map(|f| (&post.text[f.start as usize..f.end as usize], f.feature.clone())).collect()
    }

    #[test]
    fn our_own_text_is_taken_as_it_is() {
        for profile in [samples::flat(), samples::hidden(), samples::written()] {
            let ours = composed(&profile);
            assert_eq!(reword(&ours.text, &ours, &profile), Ok(ours.clone()));
            // As a form sends it.
            assert_eq!(reword(&(ours.text.replace('\n', "\r\n") + "\r\n"), &ours, &profile), Ok(ours));
        }
    }

    #[test]
    fn links_and_tags_are_found_again_by_their_bytes() {
        let url = link().url;
        let own = format!("Wir suchen dich — für Bücher 📚 (#Kinderbuch, #2026, C#)\n{url}.\n#हिन्दी @bo@x.example #");
        let post = reworded(&own, &samples::flat()).unwrap();
        assert_eq!(
            facets(&post),
            [
                ("#Kinderbuch", Feature::Tag("Kinderbuch".into())),
                (url.as_str(), Feature::Link(url.clone())),
                ("#हिन्दी", Feature::Tag("हिन्दी".into())),
            ]
        );
        assert_eq!((post.text, post.link, post.code), (own, url, link().code));
    }

    #[test]
    fn the_link_must_stay_whole_and_apart() {
        let url = link().url;
        for own in [
            "No link at all".to_owned(),
            format!("cut {}", &url[..url.len() - 1]),
            format!("grown {url}x"),
            format!("grown {url}/more"),
            format!("grown {url}.more"),
            format!("grown {url}é"),
            format!("glued{url}"),
            format!("odd =>{url}"),
        ] {
            let refused = reworded(&own, &samples::flat()).unwrap_err();
            assert_eq!(refused, Unfit::NoLink(url.clone()), "{own}");
            assert!(refused.to_string().contains(&url), "the refusal names the link");
        }
        for own in [format!("({url})"), format!("{url}!"), format!("see {url}, please"), format!("«{url}»")] {
            assert!(reworded(&own, &samples::flat()).is_ok(), "{own}");
        }
    }

    #[test]
    fn where_the_link_is_hidden_its_words_stay_or_the_whole_address() {
        let (profile, url) = (samples::hidden(), link().url);
        let ours = composed(&profile);
        let words = shown(&ours).to_owned();
        assert!(words.starts_with("gigs.example/g/") && words.ends_with('…'), "{words}");
        for own in [format!("Draw for us: {words}"), format!("Draw for us: {url}")] {
            let post = reworded(&own, &profile).unwrap();
            let read = own.trim_start_matches("Draw for us: ");
            assert_eq!(facets(&post), [(read, Feature::Link(url.clone()))]);
            assert_eq!(post.card, ours.card, "the card stays");
        }
        assert_eq!(reworded("Draw for us", &profile), Err(Unfit::NoLink(words)));
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_by_how_much() {
        let url = link().url;
        let fill = |n: usize| format!("{} {url}", "a".repeat(n));
        assert!(reworded(&fill(500 - 24), &samples::flat()).is_ok(), "a link counts 23");
        let refused = reworded(&fill(500 - 24 + 7), &samples::flat()).unwrap_err();
        assert_eq!(refused.to_string(), "The text is 7 characters too long: it counts 507, and Sample takes 500.");
        let words = shown(&composed(&samples::hidden())).to_owned();
        let heavy = format!("{} {words}", "👩‍👩‍👧".repeat(200));
        let refused = reworded(&heavy, &samples::hidden()).unwrap_err();
        assert!(matches!(refused, Unfit::TooLong { max: 3000, unit: "bytes", .. }), "{refused}");
    }

    #[test]
    fn a_version_names_revision_text_and_card() {
        let ours = composed(&samples::hidden());
        let named = version(Revision(2), &ours);
        assert!(named.starts_with("2-") && named.len() == 10, "{named}");
        let (mut other_text, mut other_card) = (ours.clone(), ours.clone());
        other_text.text.push('.');
        other_card.card.as_mut().unwrap().description.push('.');
        for other in [version(Revision(3), &ours), version(Revision(2), &other_text), version(Revision(2), &other_card)]
        {
            assert_ne!(other, named);
        }
    }

    #[test]
    fn an_empty_text_is_refused() {
        assert_eq!(reworded(" \r\n\u{200b}", &samples::flat()), Err(Unfit::Empty(link().url)));
    }

    #[test]
    fn what_cannot_be_seen_is_taken_out_and_lines_stay() {
        let url = link().url;
        let post = reworded(&format!("  One\u{202e}\u{0}\n\n\n  two\tthree \n{url}"), &samples::flat()).unwrap();
        assert_eq!(post.text, format!("  One\n\n\n  two three\n{url}"));
    }

    proptest! {
        #[test]
        fn whatever_is_written_its_facets_lie_in_order_and_say_what_they_point_at(
            own in "(#|@bo|é|👍|\r\n|\n| |\\.|[a-z]|\u{301}|LINK|SHOWN){0,40}",
        ) {
            for profile in [samples::flat(), samples::hidden(), samples::written()] {
                let ours = composed(&profile);
                let own = own.replace("LINK", &ours.link).replace("SHOWN", shown(&ours));
                let Ok(post) = reword(&own, &ours, &profile) else { continue };
                prop_assert!(fits(&post.text, &profile.text));
                prop_assert!(post.facets.iter().any(|f| f.feature == Feature::Link(ours.link.clone())));
                let mut end = 0;
                for (words, feature) in facets(&post) {
                    match feature {
                        Feature::Tag(tag) => prop_assert_eq!(words, format!("#{tag}")),
                        Feature::Link(_) => prop_assert!(words == ours.link || words == shown(&ours)),
                    }
                }
                for facet in &post.facets {
                    prop_assert!(facet.start >= end && facet.start < facet.end);
                    end = facet.end;
                }
                prop_assert_eq!(reword(&post.text, &ours, &profile), Ok(post), "written again it is the same");
            }
        }
    }
}
