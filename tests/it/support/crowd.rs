//! Many people at once: who carried a gig on, and whom a poster's circle is made of. For the tests of the pictures, and for the benchmark of
//! the pages that show them.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use super::site::{NOON, Site};
use gigcast::engagement::Engagement;
use gigcast::gig::Gig;
use gigcast::id::{AccountId, EngagementId, PersonId};
use gigcast::person::{Indexing, Person, Role};
use gigcast::profile::EngagementKind::{Reply, Reshare};
use gigcast::store::layout;
use gigcast::store::{Ledger, Word};
use gigcast::trust::{Deed, Level, Party};

pub async fn person(ledger: &Ledger, name: &str) -> PersonId {
    let id = PersonId::from_name(name);
    let role = Role::Poster;
    ledger.welcome(&Person { id, name: name.into(), since: NOON, role, email: None }).await.unwrap();
    id
}

pub async fn say(ledger: &Ledger, by: PersonId, about: PersonId, deed: Deed) {
    let source = format!("https://gigs.example/people/{about}");
    let category = Some("design/brand".into());
    ledger.say(&Word { by, about: Party::Person(about), deed, category, at: NOON, source }).await.unwrap();
}

/// A tenth of them are known to the poster, who vouch for a third; these vouch for the others.
pub async fn weave(ledger: &Ledger, poster: PersonId, people: usize) {
    let again = Deed::Vouch(Level::WouldHireAgain);
    let mut all = Vec::new();
    for n in 0..people {
        all.push(person(ledger, &format!("Person {n}")).await);
    }
    let (first, second) = (people.div_ceil(10), people.div_ceil(10) + people / 3);
    for n in 0..people {
        let by = match n {
            n if n < first => poster,
            n if n < second => all[n % first],
            n => all[first + n % (second - first)],
        };
        say(ledger, by, all[n], again).await;
    }
}

pub async fn carried_on(site: &Site, gig: &Gig, account: AccountId, people: usize) {
    for n in 0..people {
        let actor = site.meet(&format!("Reader {n}"), Indexing::Allowed).await;
        for kind in [Reshare, Reply].into_iter().take(1 + n % 2) {
            let id = EngagementId::from_deed("post", kind, actor, None);
            let (evidence, at, undone, words) = (None, Some(NOON), None, None);
            let deed =
                Engagement { id, gig: gig.id, account, kind, actor, first_seen: NOON, at, evidence, undone, words };
            site.put(layout::engagement(gig.id, id), &deed).await;
        }
        if n % 10 == 1 {
            let whom = site.meet(&format!("Painter {}", n / 30), Indexing::Allowed).await;
            site.vouched(gig, actor, whom, &format!("https://remote.example/{n}")).await;
        }
    }
}
