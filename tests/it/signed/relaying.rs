//! Switching a relay on and off, on the page of a business and on one's own.

use super::{Browser, site};
use crate::support::site::{NOON, Site, account};
use gigcast::id::{AccountId, PersonId};
use gigcast::person::{Mode, Person, Role};
use gigcast::plan::relay::Relay;
use gigcast::secret::Secret;
use gigcast::store::{ToUnreshare, layout};

/// Somebody who is signed in, and has linked this account.
async fn somebody<'a>(site: &'a Site, name: &str, role: Role) -> (Browser<'a>, PersonId, AccountId) {
    let person = Person { role, ..Person::poster(name, NOON) };
    site.put(layout::person(person.id), &person).await;
    let account = account(&person, "mastodon", &format!("@{name}@social.example"));
    site.ledger.link(&account, b"sealed".to_vec()).await.unwrap();
    (signed_in(site, person.id).await, person.id, account.id)
}

async fn signed_in(site: &Site, person: PersonId) -> Browser<'_> {
    let token = Secret::new(format!("sign-in-of-{person}"));
    site.ledger.begin_sign_in(&token, person, NOON).await.unwrap();
    let mut browser = Browser::at(site);
    browser.cookies.insert("__Host-gigcast".into(), token.expose().into());
    browser
}

async fn relays(site: &Site) -> Vec<Relay> {
    site.ledger.relays_of(site.poster).await.unwrap()
}

#[tokio::test]
async fn who_is_signed_in_switches_a_relay_on_and_sees_it_and_switches_it_off() {
    let site = site().await;
    site.link("mastodon", "@acme@social.example").await;
    let (mut ann, person, account) = somebody(&site, "ann", Role::Freelancer).await;
    let (place, id) = (format!("/people/{}", site.poster), account.to_string());
    let offered = ann.get(&place).await.body;
    assert!(offered.contains("Relay their gigs") && offered.contains("@ann@social.example"), "{offered}");
    assert!(!offered.contains("no account on"), "{offered}");
    assert!(offered.contains("required checked>"), "the only account is chosen: {offered}");
    assert!(relays(&site).await.is_empty(), "never by default");

    let form = [("account", id.as_str()), ("categories", "design"), ("categories", "design/brand"), ("act", "on")];
    let on = ann.post(&format!("{place}/relay"), &form).await;
    assert_eq!((on.status, on.header("location")), (303, Some(format!("{place}#relay").as_str())), "{}", on.body);
    let kinds = vec!["design".to_owned()];
    let expected = Relay { poster: site.poster, person, account, categories: kinds, since: site.now() };
    assert_eq!(relays(&site).await, std::slice::from_ref(&expected));
    for page in [ann.get(&place).await.body, ann.get("/me").await.body] {
        assert!(page.contains("gigs in Design") && page.contains("Switch off"), "{page}");
    }
    let held = ann.get("/me/record").await.body;
    assert!(held.contains("Whose gigs you relay") && held.contains("Acme, with @ann@social.example"), "{held}");

    // Other kinds of work, and it is on since it was switched on.
    site.clock.advance(std::time::Duration::from_mins(5));
    ann.post(&format!("{place}/relay"), &[("account", id.as_str()), ("act", "on")]).await;
    assert_eq!(relays(&site).await, [Relay { categories: Vec::new(), ..expected }]);

    let off = ann.post(&format!("{place}/relay"), &[("account", &id), ("from", "me"), ("act", "off")]).await;
    assert_eq!((off.status, off.header("location")), (303, Some("/me#relays")));
    assert!(relays(&site).await.is_empty());
    let told = site.reception.told.lock().unwrap().clone();
    assert_eq!(told, ["relay ended @ann@social.example"], "what waits goes as well");
    assert!(!ann.get("/me").await.body.contains("Switch off"));
    assert_eq!(site.ledger.to_unreshare(9).await.unwrap(), [], "what is out stays");
}

#[tokio::test]
async fn who_ends_a_relay_chooses_whether_what_is_out_is_taken_back() {
    let site = site().await;
    site.link("mastodon", "@acme@social.example").await;
    let (mut ann, _, account) = somebody(&site, "ann", Role::Freelancer).await;
    let (place, id) = (format!("/people/{}", site.poster), account.to_string());
    ann.post(&format!("{place}/relay"), &[("account", &id), ("act", "on")]).await;
    let since = site.now();
    site.clock.advance(std::time::Duration::from_mins(5));
    for page in [ann.get(&place).await.body, ann.get("/me").await.body] {
        let (leave, back) =
            (page.find("Stop, and leave what is out"), page.find("Stop, and take back what was reshared"));
        assert!(leave.is_some() && leave < back, "the first is what a return key does: {page}");
        assert!(page.contains("What you reshared by hand stays."), "{page}");
    }
    let form = [("account", id.as_str()), ("from", "me"), ("act", "back")];
    let ended = ann.post(&format!("{place}/relay"), &form).await;
    assert_eq!((ended.status, ended.header("location")), (303, Some("/me#relays")));
    assert!(relays(&site).await.is_empty());
    let told = site.reception.told.lock().unwrap().clone();
    assert_eq!(told, ["relay ended @ann@social.example"]);
    let note = site.ledger.to_unreshare(9).await.unwrap();
    let expected = ToUnreshare { poster: site.poster, account, since, until: site.now() };
    assert_eq!(note, [expected]);
    // Once more, by the page that was open still.
    assert_eq!(ann.post(&format!("{place}/relay"), &form).await.status, 303);
    assert_eq!(site.ledger.to_unreshare(9).await.unwrap(), [expected]);
}

#[tokio::test]
async fn where_the_network_takes_nothing_back_the_page_says_so_before() {
    let site = site().await;
    let (mut ann, person, _) = somebody(&site, "ann", Role::Freelancer).await;
    // Of a network that this gigcast does not speak any more.
    let owner = Person { id: person, ..Person::poster("ann", NOON) };
    let silent = account(&owner, "silent", "@ann@silent.example");
    site.ledger.link(&silent, b"sealed".to_vec()).await.unwrap();
    let relay = Relay { poster: site.poster, person, account: silent.id, categories: Vec::new(), since: site.now() };
    site.ledger.switch_relay_on(&relay).await.unwrap();
    let page = ann.get("/me").await.body;
    assert!(page.contains("Stop, and leave what is out") && !page.contains("Stop, and take back"), "{page}");
    assert!(page.contains("gives gigcast no way to take back what was reshared"), "{page}");
}

#[tokio::test]
async fn a_relay_that_cannot_be_is_refused_with_the_reason() {
    let site = site().await;
    let (mut ann, _, account) = somebody(&site, "ann", Role::Freelancer).await;
    let (_, _, others) = somebody(&site, "bo", Role::Freelancer).await;
    let place = format!("/people/{}/relay", site.poster);
    let (mine, theirs) = (account.to_string(), others.to_string());
    for (form, status, said) in [
        (vec![("account", theirs.as_str()), ("act", "on")], 404, "None of your accounts"),
        (vec![("account", ""), ("act", "on")], 404, "None of your accounts"),
        (
            vec![("account", mine.as_str()), ("categories", "nonsense"), ("act", "on")],
            422,
            "called <code>nonsense</code>",
        ),
    ] {
        let answer = ann.post(&place, &form).await;
        assert!(answer.status == status && answer.body.contains(said), "{form:?}: {} {}", answer.status, answer.body);
    }
    let nobody = PersonId::of(&[b"nobody"]);
    let answer = ann.post(&format!("/people/{nobody}/relay"), &[("account", &mine), ("act", "on")]).await;
    assert_eq!(answer.status, 404);
    site.ledger.revise_account(account, |account| account.mode = Mode::Review).await.unwrap();
    let answer = ann.post(&place, &[("account", &mine), ("act", "on")]).await;
    assert!(answer.status == 422 && answer.body.contains("asks you before each post"), "{}", answer.body);
    assert!(ann.get(&format!("/people/{}", site.poster)).await.body.contains("so it cannot relay"));

    let mut acme = signed_in(&site, site.poster).await;
    let own = site.link("mastodon", "@acme@social.example").await.to_string();
    let answer = acme.post(&place, &[("account", &own), ("act", "on")]).await;
    assert!(answer.status == 422 && answer.body.contains("your own gigs"), "{}", answer.body);
    assert!(!acme.get(&format!("/people/{}", site.poster)).await.body.contains("Relay their gigs"));
    assert!(relays(&site).await.is_empty());
}

#[tokio::test]
async fn nobody_relays_by_another_sites_form_or_without_signing_in() {
    let site = site().await;
    let (mut ann, _, account) = somebody(&site, "ann", Role::Freelancer).await;
    let place = format!("/people/{}/relay", site.poster);
    let body = format!("account={account}&act=on");
    let forged = ann.ask("POST", &place, &[("sec-fetch-site", "cross-site")], &body).await;
    assert_eq!(forged.status, 403, "{}", forged.body);
    let mut stranger = Browser::at(&site);
    let answer = stranger.post(&place, &[("account", &account.to_string()), ("act", "on")]).await;
    assert!(answer.status == 403 && answer.body.contains("sign in in another tab"), "{answer:?}");
    assert!(relays(&site).await.is_empty());
}

#[tokio::test]
async fn whoever_has_linked_nothing_is_told_what_it_takes() {
    let site = site().await;
    let person = Person { role: Role::Freelancer, ..Person::poster("cy", NOON) };
    site.put(layout::person(person.id), &person).await;
    let mut cy = signed_in(&site, person.id).await;
    let page = cy.get(&format!("/people/{}", site.poster)).await.body;
    assert!(page.contains("It takes an account that you have linked") && page.contains("/accounts#link"), "{page}");
    let accounts = cy.get("/accounts").await.body;
    assert!(accounts.contains("Linking alone posts nothing") && accounts.contains("id=\"link\""), "{accounts}");
}
