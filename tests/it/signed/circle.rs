//! Who would my circle pick, as a poster reads it: whom the circle speaks for apart from whom the community alone knows, and one's own word as one's own.

use super::{Browser, site};
use crate::support::crowd::{person, say};
use crate::support::site::NOON;
use gigcast::store::Word;
use gigcast::trust::{Deed, Dispute, Level, Over, Party};

const AGAIN: Deed = Deed::Vouch(Level::WouldHireAgain);

/// A section of the page, by its heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.split_once(&format!("<h2>{heading}")).unwrap_or_else(|| panic!("no {heading}: {page}")).1;
    from.split_once("</section>").unwrap().0
}

#[tokio::test]
async fn whom_the_circle_speaks_for_stands_apart_from_whom_the_community_alone_knows() {
    let site = site().await;
    let ledger = &site.ledger;
    let (mut acme, mut baker) = (Browser::at(&site), Browser::at(&site));
    acme.become_poster("Acme").await;
    baker.become_poster("Baker").await;
    baker.link("baker").await;
    let of = |name: &'static str| async move { person(ledger, name).await };
    let (bo, cy, dee, acme_is) = (of("Bo").await, of("Cy").await, of("Dee").await, site.poster);
    let baker_is = ledger.persons().await.unwrap().into_iter().find(|one| one.name == "Baker").unwrap().id;
    for name in ["Known 1", "Known 2", "Known 3", "Known 4", "Known 5"] {
        say(ledger, baker_is, of(name).await, AGAIN).await;
    }
    say(ledger, acme_is, bo, AGAIN).await;
    say(ledger, acme_is, dee, Deed::Referrer).await;
    for by in [bo, dee] {
        say(ledger, by, cy, Deed::Vouch(Level::KnowsTheWork)).await;
    }
    say(ledger, dee, bo, Deed::Vouch(Level::KnowsTheWork)).await;

    let page = acme.get("/circle?category=design/brand").await.body;
    let (picks, around) = (section(&page, "Your circle would pick"), section(&page, "Known to others here"));
    assert!(picks.contains(">Cy<") && !picks.contains("Known 1"), "{picks}");
    assert!(picks.contains("2 people in your circle speak for them."), "{picks}");
    assert!(around.contains("Known 1") && !around.contains(">Cy<"), "{around}");
    assert!(around.contains("known to others here, not in your circle"), "{around}");
    let places = |part: &str| part.matches("<li value=").count();
    assert_eq!((places(picks), places(around)), (1, 5));
    for place in 1..=6 {
        assert_eq!(page.matches(&format!("<li value=\"{place}\">")).count(), 1, "one order of all: {page}");
    }
    let known = section(&page, "You know them");
    assert!(known.contains("You and one person in your circle speak for them."), "Acme and Dee speak for Bo: {known}");
    assert!(known.contains("You speak for them."), "Acme alone trusts the word of Dee: {known}");

    let said = [(acme_is, cy, AGAIN), (bo, dee, Deed::Dispute(Dispute::Mild, Over::NoShow))];
    for (by, about, deed) in said {
        let (about, category) = (Party::Person(about), Some("design/brand".to_owned()));
        let source = "https://gigs.example/people".to_owned();
        site.weave.say(&Word { by, about, deed, category, at: NOON, source }).await.unwrap();
    }
    let known = acme.get("/circle").await.body;
    let known = section(&known, "You know them");
    assert!(known.contains("You and 2 people in your circle speak for them."), "{known}");
    assert!(known.contains("One person in your circle warns of them."), "{known}");

    let last = acme.get("/circle?page=400").await.body;
    assert!(last.contains("Known 5") && !last.contains("Page 400"), "beyond the last page stands the last: {last}");
}
