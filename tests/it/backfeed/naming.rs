//! Who is who under a post, whatever they call themselves, and what their names and words do to the log.

use super::{MINUTE, NOON, Run, id, identity};
use crate::support::lines::Lines;
use gigcast::id::PersonId;
use gigcast::person::{Person, Role};
use gigcast::store::Word;
use gigcast::trust::{Deed, Level, Party};
use gigcast::weave::{Question, WhoseCircle};

impl Run {
    /// With bo, whom Acme would hire again.
    async fn trusting_bo() -> Self {
        let run = Self::new();
        run.town.reply("bo", 1, "I vouch for @ana@town");
        run.one_post().await;
        run.after(5 * MINUTE).await;
        let (deed, category) = (Deed::Vouch(Level::WouldHireAgain), Some("design/illustration".to_owned()));
        let (by, about) = (PersonId::from_name("Acme"), Party::Actor(id("bo")));
        run.backfeed.weave.say(&Word { by, about, deed, category, at: NOON, source: "page".into() }).await.unwrap();
        run
    }

    async fn whose(&self) -> WhoseCircle {
        let poster = PersonId::from_name("Acme");
        let question = Question { poster, category: Some("design/illustration".into()), top: 20, without: None };
        self.backfeed.weave.whom(&question).await.unwrap()
    }

    async fn names(&self) -> (Vec<String>, Vec<String>) {
        let name = |pick: gigcast::weave::Pick| pick.who.name;
        let WhoseCircle { known, picks, .. } = self.whose().await;
        (known.into_iter().map(name).collect(), picks.into_iter().map(name).collect())
    }
}

#[tokio::test]
async fn whoever_is_renamed_is_the_same_and_whoever_moves_is_another_until_an_account_joins_them() {
    let run = Run::trusting_bo().await;
    assert_eq!(run.names().await, (vec!["bo".into()], vec!["ana".into()]));
    run.town.life().called.insert("bo".into(), "Robert".into());
    run.town.reshared_by(&["cy"]);
    run.after(5 * MINUTE).await;
    assert_eq!(run.names().await, (vec!["Robert".into()], vec!["ana".into()]), "another name, the same word");

    // On another server Robert is somebody else, whatever they call themselves.
    run.town.life().called.insert("new".into(), "Robert".into());
    run.town.reply("new", 1, "I vouch for @di@town");
    run.after(5 * MINUTE).await;
    assert_eq!(run.names().await, (vec!["Robert".into()], vec!["ana".into()]));
    let robert = Person { role: Role::Freelancer, ..Person::poster("Robert", NOON) };
    for native in ["bo", "new"] {
        let url = run.ledger.actor(id(native)).await.unwrap().unwrap().uri;
        run.ledger.know(&robert, &identity(robert.id, native, url)).await.unwrap();
    }
    let (known, mut picks) = run.names().await;
    picks.sort();
    assert_eq!((known, picks), (vec!["Robert".into()], vec!["ana".into(), "di".into()]), "until both are one person's");
}

#[tokio::test]
async fn the_names_and_words_of_others_break_no_line_of_the_log() {
    let (lines, _logging) = Lines::caught();
    let run = Run::trusting_bo().await;
    let names = [
        "\u{202e}\u{2066}evol\u{200f}".to_owned(),
        "\n2026-11-22T00:00:00Z  WARN nothing happened\r\u{0}\u{1b}[31m".to_owned(),
        format!("<script>alert(1)</script>{}", "x".repeat(10_000)),
        "Z\u{300}\u{301}\u{302}".repeat(3_000),
    ];
    for (who, called) in ["cy", "di", "ed", "fo"].into_iter().zip(&names) {
        run.town.life().called.insert(who.into(), called.clone());
        run.town.reply(who, 1, &format!("I vouch for @ana@town\n{called}"));
        run.town.reply(who, 2, &format!("I vouch for @{who}@town and @bo@town\u{202e}"));
    }
    run.town.reshared_by(&["cy", "di", "ed", "fo"]);
    run.after(5 * MINUTE).await;
    // Whoever has a handle beyond measure is counted, and no name of theirs is kept.
    let said = lines.with("vouches for @ana@town");
    assert_eq!(said.len(), 3, "{}", lines.text());
    assert!(said.iter().any(|line| line.contains(" @evol@town vouches")), "{said:?}");
    for line in lines.text().lines() {
        assert!(line.starts_with("20"), "a line that nobody here wrote: {line}");
        assert!(!line.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{0}', '\u{1b}', '\r']), "{line:?}");
        assert!(line.chars().count() < 1_000, "{line}");
    }
}
