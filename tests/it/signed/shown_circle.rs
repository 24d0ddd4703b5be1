//! A circle that is shown to everyone tells of no warning: neither in words, nor by who is missing from it.

use super::{Browser, site};
use crate::support::crowd::{person, say};
use gigcast::trust::{Deed, Dispute, Level, Over, Party};

const AGAIN: Deed = Deed::Vouch(Level::WouldHireAgain);
const GRAVE: Deed = Deed::Dispute(Dispute::Grave, Over::Unpaid);

/// The part of a page that draws the circle and says who stands in it.
fn circle(page: &str) -> &str {
    let (_, from) = page.split_once("<h2><bdi>The circle of").unwrap_or_else(|| panic!("no circle: {page}"));
    from.split_once("</section>").unwrap().0
}

#[tokio::test]
async fn nobody_learns_from_a_circle_that_is_shown_who_is_warned_of() {
    let site = site().await;
    let ledger = &site.ledger;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    let [bo, cy, dee, eve] = ["Bo", "Cy", "Dee", "Eve"].map(|name| person(ledger, name));
    let (bo, cy, dee, eve) = (bo.await, cy.await, dee.await, eve.await);
    for (by, about) in [(site.poster, bo), (site.poster, dee), (site.poster, eve), (bo, cy)] {
        say(ledger, by, about, AGAIN).await;
    }
    assert_eq!(acme.post("/circle/shown", &[("to", "everyone")]).await.status, 303);
    let path = format!("/people/{}", site.poster);
    let before = site.get(&path).await.body;
    for name in ["Bo", "Cy", "Dee", "Eve"] {
        assert!(circle(&before).contains(&format!("<bdi>{name}</bdi>")), "{name}: {before}");
    }

    let word = [("word", "warn"), ("over", "unpaid")];
    assert_eq!(acme.post(&format!("/people/{bo}/say"), &word).await.status, 303);
    assert_eq!(circle(&site.get(&path).await.body), circle(&before), "Acme had trouble with Bo");
    for by in [dee, eve] {
        for about in [bo, cy] {
            say(ledger, by, about, GRAVE).await;
            site.weave.heard(Party::Person(by), Party::Person(about)).await.unwrap();
        }
    }
    assert_eq!(circle(&site.get(&path).await.body), circle(&before), "nor of what their circle warns");
    let own = acme.get("/circle").await.body;
    let own = own.split_once("The picture in words").unwrap().1.split_once("</details>").unwrap().0;
    assert!(own.contains("<bdi>Dee</bdi>") && !own.contains("<bdi>Bo</bdi>"), "to Acme it is the ranking: {own}");
}
