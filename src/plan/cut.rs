//! Shorter texts: at a word with an ellipsis, or by whole sentences. Never inside a word, never inside a letter.
//!
//! Where words are separated by spaces, a cut is made only at a space. Chinese and Japanese have none; there a cut may
//! stand wherever the Unicode rules see a word's edge.

use super::clean;
use std::collections::BTreeSet;
use unicode_segmentation::UnicodeSegmentation;

/// The whole text if it fits, else its longest beginning that does, ending at a word with `…`. Nothing when not even
/// its first word fits.
pub fn shorten(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    if fits(text) {
        return Some(text.to_owned());
    }
    let places = places(text);
    let shortened = |place: &usize| format!("{}…", tidy_end(&text[..*place]));
    let fitting = places.partition_point(|place| fits(&shortened(place)));
    let last = places.get(fitting.checked_sub(1)?)?;
    Some(shortened(last)).filter(|words| words.chars().any(char::is_alphanumeric))
}

/// Where a text may be cut, in order.
fn places(text: &str) -> Vec<usize> {
    let letters: BTreeSet<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    text.split_word_bound_indices()
        .map(|(at, _)| at)
        .filter(|at| *at > 0 && letters.contains(at))
        .filter(|at| {
            let before = text[..*at].chars().next_back();
            let after = text[*at..].chars().next();
            after.is_some_and(char::is_whitespace) || (before.is_some_and(unspaced) && after.is_some_and(unspaced))
        })
        .collect()
}

/// Letters and punctuation of scripts that put no spaces between words.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

fn tidy_end(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_whitespace() || ",;:.-–—([{·/|&…、。".contains(c))
}

/// A sentence, and what parts it from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    pub gap: &'static str,
    pub text: String,
}

/// The sentences of a description. One that holds an address is left out: the post has one link, and half a sentence is none.
pub fn sentences(description: &str) -> Vec<Sentence> {
    let mut found: Vec<Sentence> = Vec::new();
    for (line_gap, line) in clean::lines(description) {
        let mut gap = line_gap;
        for text in sentences_of(&line) {
            if !text.split_whitespace().any(clean::is_address) {
                let next = if text.ends_with(unspaced) { "" } else { " " };
                found.push(Sentence { gap: if found.is_empty() { "" } else { gap }, text });
                gap = next;
            }
        }
    }
    found
}

fn sentences_of(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, part) in line.split_sentence_bound_indices() {
        let end = at + part.len();
        if end == line.len() || ends_a_sentence(part) {
            found.push(line[from..end].trim().to_owned());
            from = end;
        }
    }
    found.retain(|text| !text.is_empty());
    found
}

/// The Unicode rules also break after `?` inside a word and after "e.g."; these are not ends.
fn ends_a_sentence(part: &str) -> bool {
    let Some(spaced) = part.strip_suffix(char::is_whitespace) else { return part.ends_with(unspaced) };
    let last = spaced.split_whitespace().next_back().unwrap_or_default();
    let word = last.strip_suffix('.').map(|word| word.trim_start_matches(|c: char| !c.is_alphanumeric()));
    !word.is_some_and(|word| word.contains('.') || word.chars().count() == 1 || ABBREVIATED.contains(&word))
}

/// Words that end in a full stop and no sentence.
const ABBREVIATED: [&str; 10] = ["Dr", "Mr", "Mrs", "Ms", "St", "Nr", "ca", "approx", "min", "max"];

/// Sentences put together again.
pub fn joined(sentences: &[Sentence]) -> String {
    sentences.iter().flat_map(|sentence| [sentence.gap, &sentence.text]).collect()
}

/// As many of the first sentences as fit; when not even one does, its beginning, if that still says something.
pub fn first_sentences(sentences: &[Sentence], fits: impl Fn(&str) -> bool) -> Option<String> {
    let counts: Vec<usize> = (1..=sentences.len()).collect();
    let fitting = counts.partition_point(|count| fits(&joined(&sentences[..*count])));
    // A heading without what it announces is not worth its line.
    let kept =
        sentences[..fitting].iter().rposition(|sentence| !sentence.text.ends_with(':')).map_or(0, |last| last + 1);
    if kept > 0 {
        return Some(joined(&sentences[..kept]));
    }
    shorten(&sentences.first()?.text, fits).filter(|start| start.graphemes(true).count() >= WORTH_SAYING)
}

/// A shorter beginning of a sentence says too little to stand in a post.
const WORTH_SAYING: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn up_to(most: usize) -> impl Fn(&str) -> bool {
        move |text: &str| text.graphemes(true).count() <= most
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        for (text, most, expected) in [
            ("Illustrator for a book", 30, Some("Illustrator for a book")),
            ("Illustrator for a book", 18, Some("Illustrator for a…")),
            ("Illustrator, for a book", 13, Some("Illustrator…")),
            ("Illustrator for a book", 5, None),
            ("Donaudampfschifffahrt", 10, None),
            ("绘本插画师招聘启事", 5, Some("绘本插画…")),
            ("👩‍👩‍👧 👩‍👩‍👧 👩‍👩‍👧 ab", 4, None),
            ("a 👩‍👩‍👧 👩‍👩‍👧", 4, Some("a 👩‍👩‍👧…")),
        ] {
            assert_eq!(shorten(text, up_to(most)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sentences_end_where_a_reader_says_so() {
        let texts = |text| sentences(text).into_iter().map(|s| s.text).collect::<Vec<_>>();
        assert_eq!(
            texts("We use e.g. Figma. You use Next.js? Good!"),
            ["We use e.g. Figma.", "You use Next.js?", "Good!"]
        );
        assert_eq!(texts("我们需要插画。请联系。"), ["我们需要插画。", "请联系。"]);
        assert_eq!(texts("Join us. Apply at https://evil.example/a?b=c now. Bye."), ["Join us.", "Bye."]);
    }

    #[test]
    fn paragraphs_stay_apart_and_a_heading_does_not_stand_alone() {
        let found = sentences("One. Two.\n\nYou bring:\n- Figma");
        assert_eq!(joined(&found), "One. Two.\n\nYou bring:\n- Figma");
        assert_eq!(first_sentences(&found, up_to(22)).as_deref(), Some("One. Two."));
    }

    proptest! {
        #[test]
        fn what_is_cut_is_a_beginning_that_ends_at_a_word(text in "[a-zé👍漢字,\\. ]{0,60}", most in 0usize..60) {
            if let Some(short) = shorten(&text, up_to(most)) {
                prop_assert!(up_to(most)(&short));
                if short != text {
                    let kept = short.strip_suffix('…').unwrap();
                    let rest = text.strip_prefix(kept).unwrap();
                    let next = rest.chars().next();
                    let whole = next.is_none_or(|c| !c.is_alphanumeric()) || kept.ends_with(unspaced);
                    prop_assert!(whole, "{short:?} of {text:?}");
                }
            }
        }
    }
}
