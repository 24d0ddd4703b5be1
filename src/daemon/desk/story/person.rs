//! Why somebody stands where they stand: what others said and did for them, and what they said and did themselves, each from a post that is
//! on record.

use crate::weave::{Named, OnRecord, Piece};
use crate::web::admin::answers::{Chapter, Explanation, Told, When};

pub fn of_person(record: &OnRecord) -> Explanation {
    let OnRecord { who, accounts, about, by } = record;
    let also: Vec<String> = accounts.iter().map(called).collect();
    let also = if also.is_empty() { String::new() } else { format!(", and also {}", also.join(", ")) };
    let mut chapters = Vec::new();
    for (heading, none, pieces) in [
        (
            "What others said and did",
            "Nobody said anything of them yet, so they stand in nobody's circle by it.",
            about,
        ),
        ("What they said and did", "They said nothing of anyone yet.", by),
    ] {
        let told = if pieces.is_empty() {
            vec![Told { at: None, said: none.to_owned() }]
        } else {
            pieces.iter().map(of_piece).collect()
        };
        chapters.push(Chapter { heading: heading.to_owned(), told });
    }
    let advice = vec![
        format!(
            "`gigcast person {} --credentials FILE` writes the vouches they gave and got into a file for them.",
            who.id
        ),
        "`gigcast who --for POSTER` tells where they stand for a poster, and by whose word.".to_owned(),
    ];
    Explanation { about: format!("{}{also} ({}).", called(who), who.id), chapters, advice, doable: Vec::new() }
}

/// With where it is to be read; a warning is marked as one.
fn of_piece(piece: &Piece) -> Told {
    let source = piece.source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
    let warns = if piece.warns { "A warning: " } else { "" };
    Told { at: Some(When(piece.at)), said: format!("{warns}{}{source}.", piece.said) }
}

fn called(named: &Named) -> String {
    match &named.handle {
        Some(handle) if *handle != named.name => format!("{} ({handle})", named.name),
        _ => named.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn named(name: &str, handle: &str) -> Named {
        Named { id: format!("act_{name}"), name: name.into(), handle: Some(handle.into()), url: None }
    }

    #[test]
    fn a_persons_story_cites_each_post_and_ends_with_what_can_be_asked_next() {
        let (ada, bo) = (named("Ada", "@ada@a.example"), named("Bo", "@bo@b.example"));
        let at = Timestamp::from_millis(1_795_262_400_000);
        let said = "Bo vouched for Ada in Illustration, 12 May 2026".to_owned();
        let source = Some("https://b.example/1".to_owned());
        let piece = Piece { at, by: bo, about: ada.clone(), said, source, warns: false };
        let warned = Piece { said: "Cy warns of Ada".into(), source: None, warns: true, ..piece.clone() };
        let story = of_person(&OnRecord { who: ada.clone(), accounts: vec![], about: vec![piece, warned], by: vec![] });
        assert_eq!(story.about, "Ada (@ada@a.example) (act_Ada).");
        let others: Vec<&str> = story.chapters[0].told.iter().map(|told| told.said.as_str()).collect();
        assert_eq!(
            others,
            ["Bo vouched for Ada in Illustration, 12 May 2026 (https://b.example/1).", "A warning: Cy warns of Ada."]
        );
        assert_eq!(story.chapters[0].told[0].at, Some(When(at)));
        assert_eq!(story.chapters[1].told[0].said, "They said nothing of anyone yet.");
        assert!(story.advice[0].contains("gigcast person act_Ada"), "{:?}", story.advice);
    }
}
