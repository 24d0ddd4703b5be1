//! In which order a community's page names people, and how it counts those who are not named.

use super::{PAGE, Town, id};

/// Ben is inside without being named, by an invitation of Ana's.
async fn with_ben() -> Town {
    let town = Town::founded().await;
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Ben")]).await, 303);
    assert_eq!(town.acts("Ben", &[("act", "join")]).await, 303);
    town
}

#[tokio::test]
async fn whoever_vouched_and_is_not_named_is_a_number() {
    let town = with_ben().await;
    town.vouches("Ben", "design").await;
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("1 member vouched for your work; one more member has to"), "{page}");
    town.vouches("Ana", "design/illustration").await;
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("Ana and 1 other member vouched for your work."), "{page}");
    assert_eq!(town.send("Ana", "/me/unlist", &[]).await.status, 303);
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("2 members vouched for your work."), "{page}");
    assert!(!page.contains("Ana") && !page.contains("Ben"), "{page}");
    assert!(!page.contains(&id("Ana")) && !page.contains(&id("Ben")), "{page}");
}

#[tokio::test]
async fn stewards_stand_before_members_and_each_by_name() {
    let town = with_ben().await;
    for name in ["Acme", "Stranger", "Zoe"] {
        assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", name)]).await, 303);
        assert_eq!(town.acts(name, &[("act", "join"), ("named", "yes")]).await, 303);
    }
    assert_eq!(town.acts("Ben", &[("act", "name")]).await, 303);
    assert_eq!(town.acts("Ana", &[("act", "appoint"), ("whom", &id("Zoe"))]).await, 303);
    let page = town.get("Ana", PAGE).await;
    let between = |page: &str, from: &str, till: &str| -> Vec<String> {
        page.split(from).skip(1).map(|rest| rest.split_once(till).unwrap().0.to_owned()).collect()
    };
    let (_, inside) = page.split_once("Who is in it").unwrap();
    let named = between(inside, "\"><bdi>", "</bdi></a>");
    assert_eq!(named, ["Ana", "Zoe", "Acme", "Ben", "Stranger"]);
    let (_, form) = inside.split_once("<label for=\"member\">").unwrap();
    let members = between(form.split_once("</select>").unwrap().0, "\">", "</option>");
    assert_eq!(members, ["Choose", "Acme", "Ana (steward)", "Ben", "Stranger", "Zoe (steward)"]);
}
