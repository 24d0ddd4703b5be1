//! A community that everybody has left: what its last member is told before, what newcomers are told after, and who begins it anew.

use super::{PAGE, Town};
use crate::support::site::ask;

#[tokio::test]
async fn the_last_one_is_asked_before_it_closes_and_a_founder_begins_it_anew() {
    let town = Town::founded().await;
    let save = [("act", "save"), ("name", "Bern draws"), ("about", "Of before."), ("vouches", "3")];
    assert_eq!(town.acts("Ana", &save).await, 303);
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Zoe")]).await, 303);
    let page = town.get("Ana", PAGE).await;
    assert!(page.contains("You are the last one in it") && page.contains("name=\"sure\" value=\"yes\""), "{page}");
    let asked = town.send("Ana", &format!("{PAGE}/act"), &[("act", "leave")]).await;
    assert!(asked.status == 422 && asked.body.contains("You are the last one in it"), "{}", asked.body);
    assert_eq!(town.acts("Ana", &[("act", "leave"), ("sure", "yes")]).await, 303);

    for page in [town.get("Ben", PAGE).await, ask(town.address, "GET", PAGE, &[], b"").await.body] {
        assert!(page.contains("Nobody is in it any more.") && page.contains("It is closed."), "{page}");
        assert!(
            !page.contains("vouch") && !page.contains("Sign in</a> to come in"),
            "there is nobody to do so: {page}"
        );
    }
    let list = ask(town.address, "GET", "/communities", &[], b"").await.body;
    assert!(list.contains("nobody is in it any more"), "{list}");

    let anew = [("name", "Illustrators of Bern"), ("category", "writing")];
    let answer = town.send("Ben", "/communities/found", &anew).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(PAGE)), "{}", answer.body);
    let page = town.get("Ben", PAGE).await;
    assert!(page.contains("You are a steward.") && page.contains("A community in Writing"), "{page}");
    assert!(page.contains("Illustrators of Bern</h1>") && !page.contains("Of before."), "{page}");
    assert!(!town.get("Zoe", PAGE).await.contains("invited you"), "an invitation of before is none");
    let taken = town.send("Ana", "/communities/found", &anew).await;
    assert_eq!(taken.status, 422, "somebody is in it: {}", taken.body);
}

#[tokio::test]
async fn whoever_is_still_invited_comes_into_an_empty_one_as_its_steward() {
    let town = Town::founded().await;
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Zoe")]).await, 303);
    assert_eq!(town.acts("Ana", &[("act", "leave"), ("sure", "yes")]).await, 303);
    assert!(town.get("Zoe", PAGE).await.contains("A steward has invited you."));
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 303);
    assert!(town.get("Zoe", PAGE).await.contains("You are a steward."));
}
