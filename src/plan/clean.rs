//! Strangers' text, made fit to stand in a post under a business's own name.
//!
//! A gig's words come from a feed or a file that anyone may have written. Three things in them could do harm: characters that
//! are not seen (controls, direction overrides, piles of combining marks), addresses beside the one link, and the signs `@` and
//! `#`, which on networks that parse text would ping people and join tags in the poster's name.
//!
//! Against the signs a WORD JOINER (U+2060) is put behind each. We don't drop the sign: "#1 of 3", "C# developer" and
//! "@ the studio" must still read as they were written; the joiner has no width, allows no line break, and no parser of mentions or
//! tags reads past it. E-mail addresses stay as they are: a sign after a letter pings nobody, and people copy them.

use unicode_segmentation::UnicodeSegmentation;

const WORD_JOINER: char = '\u{2060}';

/// Longer than any real letter or emoji (a family with skin tones is 41 bytes); beyond it lies only mischief.
const GRAPHEME_BYTES: usize = 64;

/// One line: white space becomes single spaces, unseen characters and addresses go.
pub fn line(text: &str) -> String {
    let words: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let kept: String = seen(&words);
    kept.split(' ').filter(|word| !word.is_empty() && !is_address(word)).collect::<Vec<_>>().join(" ")
}

/// Lines with what parts them from the line before: nothing, a line break, or an empty line.
pub fn lines(text: &str) -> Vec<(&'static str, String)> {
    let mut kept = Vec::new();
    let mut gap = "";
    for raw in text.split(['\n', '\u{2028}', '\u{2029}']) {
        let words = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = seen(&words);
        if words.trim().is_empty() {
            gap = if kept.is_empty() { "" } else { "\n\n" };
        } else {
            kept.push((gap, words.trim().to_owned()));
            gap = "\n";
        }
    }
    kept
}

/// A person's own words, line by line as they were written, without what is not seen and without what would be lost at an end.
pub fn written(text: &str) -> String {
    let lines = text.split(['\n', '\u{2028}', '\u{2029}']);
    let kept: Vec<String> = lines.map(|line| seen(&line.replace('\t', " ")).trim_end().to_owned()).collect();
    let text = kept.join("\n");
    let bare = text.trim_end();
    let says = bare.chars().any(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | WORD_JOINER));
    if says { bare.trim_start_matches('\n').to_owned() } else { String::new() }
}

/// The same words, in which no `@` pings and no `#` makes a tag.
pub fn defuse(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        safe.push(c);
        let ends =
            |next: &char| next.is_whitespace() || next.is_ascii_punctuation() && *next != '_' || *next == WORD_JOINER;
        if matches!(c, '@' | '#' | '＠' | '＃')
            && !before.is_some_and(char::is_alphanumeric)
            && rest.peek().is_some_and(|next| !ends(next))
        {
            safe.push(WORD_JOINER);
        }
        before = Some(c);
    }
    safe
}

/// Whether a word is an address that a network would turn into a second link.
pub fn is_address(word: &str) -> bool {
    let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    word.contains("://") || bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
}

/// What a reader sees of it: no controls, no direction overrides, no letter buried in marks.
fn seen(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                && !matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{feff}' | '\u{ad}')
        })
        .collect();
    kept.graphemes(true).map(|letter| if letter.len() > GRAPHEME_BYTES { first_char(letter) } else { letter }).collect()
}

fn first_char(letter: &str) -> &str {
    letter.chars().next().map_or("", |c| &letter[..c.len_utf8()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_only_what_is_seen() {
        assert_eq!(line("  Logo\r\n\tfor\u{0} a \u{202e}bakery\u{202c} \u{7}"), "Logo for a bakery");
        assert_eq!(line(&format!("a{}b", "\u{301}".repeat(500))), "ab");
        assert_eq!(line("👨‍👩‍👧‍👦 é शि"), "👨‍👩‍👧‍👦 é शि");
    }

    #[test]
    fn addresses_beside_the_one_link_go() {
        assert_eq!(line("Logo (https://evil.example/x) wanted www.evil.example"), "Logo wanted");
    }

    #[test]
    fn lines_keep_what_parted_them() {
        assert_eq!(
            lines("\n\nOne\ntwo  words\n \n\nthree\n"),
            [("", "One".to_owned()), ("\n", "two words".to_owned()), ("\n\n", "three".to_owned())]
        );
    }

    #[test]
    fn signs_lose_their_power_and_keep_their_look() {
        for (written, safe) in [
            ("@everyone come", "@\u{2060}everyone come"),
            ("(@bo@x.example)", "(@\u{2060}bo@x.example)"),
            ("#spam #1", "#\u{2060}spam #\u{2060}1"),
            ("＃日本", "＃\u{2060}日本"),
            ("C# and F#, jobs@acme.example, 5 @ 20", "C# and F#, jobs@acme.example, 5 @ 20"),
            ("##twice", "##\u{2060}twice"),
        ] {
            assert_eq!(defuse(written), safe);
            assert_eq!(defuse(&defuse(written)), safe, "once is enough");
        }
    }
}
