//! When what two sources show is one gig, though neither its id nor its page says so (docs/decisions/0018).
//!
//! The same title in the same letters, and a text of which four fifths are the same. Anything in which the two contradict each other (pay, place,
//! closing day) makes two of them: a gig that is announced twice is a nuisance, one that is never announced is lost.
//! Nothing here asks whose gigs they are: the caller compares only those of one poster.

use super::{Place, Terms};
use std::collections::BTreeSet;
use std::time::Duration;
use unicode_segmentation::UnicodeSegmentation;

/// Words in a row that are compared as one.
const SHINGLE: usize = 3;

/// Words of the shortest text that can be told from others: many gigs have one line, and the same one.
const WORDS: usize = 20;

/// Days are written in many zones.
const SAME_DAY: Duration = Duration::from_hours(26);

/// Whether two gigs of one poster, from two sources, are one.
pub fn same(one: &Terms, other: &Terms) -> bool {
    let (title, other_title) = (title_key(&one.title), title_key(&other.title));
    let agree = |differ: Option<bool>| differ != Some(true);
    !title.is_empty()
        && title == other_title
        && agree(one.pay.as_ref().zip(other.pay.as_ref()).map(|(one, other)| one != other))
        && agree(one.closes.zip(other.closes).map(|(one, other)| one.since(other).max(other.since(one)) > SAME_DAY))
        && !elsewhere(&one.place, &other.place)
        && reads_alike(&one.description, &other.description)
}

/// A title without what sources write differently: case, blanks, punctuation.
pub fn title_key(title: &str) -> String {
    words(title).join(" ")
}

/// Both name places, and no town is in both.
fn elsewhere(one: &Place, other: &Place) -> bool {
    let towns = |place: &Place| -> BTreeSet<String> {
        let town = |at: &String| words(at.split([',', '(', ';', '/']).next().unwrap_or(at)).join(" ");
        let remote = |town: &String| town.is_empty() || town == "remote";
        place.locations.iter().map(town).filter(|town| !remote(town)).collect()
    };
    let (one, other) = (towns(one), towns(other));
    !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
}

/// Jaccard's measure over runs of words is at least 0.8.
fn reads_alike(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    if one.len().min(other.len()) < WORDS {
        return false;
    }
    let shingles =
        |words: &[String]| -> BTreeSet<Vec<String>> { words.windows(SHINGLE).map(<[String]>::to_vec).collect() };
    let (one, other) = (shingles(&one), shingles(&other));
    let shared = one.intersection(&other).count();
    let all = one.len() + other.len() - shared;
    shared * 10 >= all * 8
}

fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::Pay;
    use crate::plan::samples;

    const TEXT: &str = "We are a small press and look for someone who draws animals with character. You get the finished text, a page plan \
        and one round of sketches before colour. Please write a few lines about yourself and add three pictures you are proud of.";

    fn terms(change: impl FnOnce(&mut Terms)) -> Terms {
        let mut terms = Terms { description: TEXT.to_owned(), ..samples::gig().terms };
        change(&mut terms);
        terms
    }

    #[test]
    fn the_same_title_and_nearly_the_same_text_are_one_gig() {
        let one = terms(|_| {});
        assert!(same(&one, &one));
        assert!(same(&one, &terms(|t| t.title = "  ILLUSTRATOR for a children's book!".to_owned())));
        assert!(same(&one, &terms(|t| t.description = TEXT.replace("a few lines", "some lines"))));
        assert!(same(&one, &terms(|t| t.pay = None)), "one of them says nothing of pay");
        assert!(same(&one, &terms(|t| t.closes = t.closes.map(|at| at.plus(Duration::from_hours(12))))));
    }

    type Change = Box<dyn FnOnce(&mut Terms)>;

    #[test]
    fn what_contradicts_makes_two_of_them() {
        let one = terms(|t| t.place.locations = vec!["Berlin, Germany".to_owned()]);
        let others: [(&str, Change); 6] = [
            ("title", Box::new(|t| t.title = "Illustrator for children's books".to_owned())),
            (
                "text",
                Box::new(|t| {
                    t.description = TEXT
                        .replace("draws animals with character", "writes for us")
                        .replace("three pictures", "one text");
                }),
            ),
            ("place", Box::new(|t| t.place.locations = vec!["Hamburg, Germany".to_owned()])),
            ("pay", Box::new(|t| t.pay = Some(Pay::Unpaid))),
            ("closes", Box::new(|t| t.closes = t.closes.map(|at| at.plus(Duration::from_hours(48))))),
            ("short", Box::new(|t| t.description = "Please apply.".to_owned())),
        ];
        for (what, change) in others {
            assert!(!same(&one, &terms(change)), "{what}");
        }
        let short = terms(|t| t.description = "Please apply.".to_owned());
        assert!(!same(&short, &short), "one line is everybody's");
        let same_town = terms(|t| t.place.locations = vec!["berlin".to_owned()]);
        assert!(same(&one, &same_town));
    }

    #[test]
    fn a_text_of_which_less_than_four_fifths_agree_is_another() {
        let numbered = |from: usize| (from..from + 100).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
        assert!(reads_alike(&numbered(0), &numbered(10)));
        assert!(!reads_alike(&numbered(0), &numbered(12)));
    }
}
