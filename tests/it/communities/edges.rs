//! How far each word of a community's forms goes, and what is not there for everyone: one more, one too long, and whoever is inside already.

use super::{PAGE, Town, id, three};
use crate::support::site::ask;
use gigcast::community::{ABOUT_CHARS, FOUNDED_BY_ONE, WHY_CHARS};
use gigcast::id::{CommunityId, PersonId};

#[tokio::test]
async fn what_just_fits_is_taken_and_what_is_longer_by_one_is_refused() {
    let town = three().await;
    let saves = async |about: String| {
        town.acts("Ana", &[("act", "save"), ("name", "Bern"), ("about", &about), ("vouches", "2")]).await
    };
    assert_eq!((saves("x".repeat(ABOUT_CHARS)).await, saves("x".repeat(ABOUT_CHARS + 1)).await), (303, 422));
    let zoe = id("Zoe");
    let removes = async |why: String| town.acts("Ana", &[("act", "remove"), ("whom", &zoe), ("why", &why)]).await;
    assert_eq!((removes("x".repeat(WHY_CHARS + 1)).await, removes("x".repeat(WHY_CHARS)).await), (422, 303));
}

#[tokio::test]
async fn one_looks_after_so_many_and_may_be_in_more() {
    let town = Town::open().await;
    let found = async |who: &str, name: &str| {
        town.send(who, "/communities/found", &[("name", name), ("category", "design")]).await.status
    };
    assert_eq!(found("Ben", "Of Ben").await, 303);
    let invites = [("act", "invite"), ("whom", " Ana ")];
    assert_eq!(town.send("Ben", "/community/of-ben/act", &invites).await.status, 303);
    assert_eq!(town.send("Ana", "/community/of-ben/act", &[("act", "join")]).await.status, 303);
    for n in 0..FOUNDED_BY_ONE {
        assert_eq!(found("Ana", &format!("Of Ana {n}")).await, 303, "{n}");
    }
    assert_eq!(found("Ana", "One more").await, 422);
}

#[tokio::test]
async fn whoever_is_inside_is_not_invited_and_a_steward_leaves_by_leaving() {
    let town = three().await;
    let refused = town.send("Ana", &format!("{PAGE}/act"), &[("act", "invite"), ("whom", "Ben")]).await;
    assert!(refused.status == 422 && refused.body.contains("They are inside already."), "{}", refused.body);
    let ana = id("Ana");
    let out = [("act", "remove"), ("whom", ana.as_str()), ("why", "x")];
    let refused = town.send("Ana", &format!("{PAGE}/act"), &out).await;
    assert!(refused.status == 422 && refused.body.contains("To go yourself, leave it."), "{}", refused.body);
    assert!(refused.body.contains(&format!("href=\"{PAGE}?why=x#members\"")), "{}", refused.body);
    let refused = town.send("Ana", &format!("{PAGE}/act"), &[("act", "save"), ("name", "x")]).await;
    assert!(refused.body.contains(&format!("href=\"{PAGE}#says\"")), "{}", refused.body);

    assert_eq!(town.acts("Ben", &[("act", "leave")]).await, 303);
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Ben")]).await, 303, "whoever has left may come back");
    let invited = town.world.ledger.invitations_to(CommunityId::from_slug("illustrators-of-bern")).await.unwrap();
    assert_eq!(invited.iter().map(|one| one.by).collect::<Vec<_>>(), [Some(PersonId::from_name("Ana"))]);
}

#[tokio::test]
async fn each_is_offered_what_is_for_them_to_change() {
    let town = three().await;
    let offered = async |who: &str| {
        let page = town.get(who, PAGE).await;
        ["step-down", "count", "name"].map(|act| page.contains(&format!("name=\"act\" value=\"{act}\"")))
    };
    assert_eq!(offered("Ana").await, [true, false, false], "a steward is always named");
    assert_eq!(offered("Ben").await, [false, true, false]);
    assert_eq!(offered("Zoe").await, [false, false, true]);
    assert_eq!(town.acts("Ben", &[("act", "count")]).await, 303);
    assert_eq!(offered("Ben").await, [false, false, true]);
    let page = town.get("Stranger", PAGE).await;
    assert!(page.contains("<bdi>Ana</bdi>") && !page.contains("<bdi>Ben</bdi>"), "{page}");
    assert!(page.contains("And 2 more, who do not say so here."), "{page}");
}

#[tokio::test]
async fn of_whoever_was_taken_out_nothing_stands_there_any_more() {
    let town = three().await;
    town.posts("Ben", "by ben", "design/illustration").await;
    let anyone = async |path: &'static str| ask(town.address, "GET", path, &[], b"").await.body;
    assert!(anyone(PAGE).await.contains("Logo for bakery by ben"));
    assert!(anyone("/communities").await.contains("3 members"));
    assert_eq!(town.acts("Ana", &[("act", "remove"), ("whom", &id("Ben")), ("why", "adverts")]).await, 303);
    let page = anyone(PAGE).await;
    assert!(!page.contains("bakery by ben") && !page.contains("<bdi>Ben</bdi>"), "{page}");
    assert!(page.contains("No member has an open gig of this kind."), "{page}");
    assert!(anyone("/communities").await.contains("2 members"));
}

#[tokio::test]
async fn what_nobody_may_say_leads_back_to_where_it_was_said() {
    let town = three().await;
    town.posts("Ben", "by ben", "design/illustration").await;
    let gig = town.world.ledger.newest_gigs(0, 1).await.unwrap()[0].gig.id;
    let refused = async |about: &str, fields: &[(&str, &str)]| {
        let answer = town.send("Ana", &format!("/people/{}/say", id(about)), fields).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.body
    };
    let gig_id = gig.to_string();
    let unknown = refused("Zoe", &[("word", "know"), ("category", "alchemy"), ("gig", &gig_id)]).await;
    assert!(
        unknown.contains("no such kind of work") && unknown.contains(&format!("href=\"/g/{gig}#people\"")),
        "{unknown}"
    );
    let own = refused("Ana", &[("word", "know"), ("category", "design")]).await;
    assert!(own.contains("That is you.") && own.contains(&format!("href=\"/people/{}#say\"", id("Ana"))), "{own}");
}
