//! The rows of what is held about somebody, each with its name.

use crate::community::Rank;
use crate::person::{GrantState, shown_handle};
use crate::store::HireAnswer;
use crate::weave::{Held, Hired, Holdings, OwnLink, Waiting, Wanted};
use crate::web::paging::Paging;
use crate::web::words::{count, exact};

type Facts = Vec<(&'static str, String)>;

/// What has one name stands in one row.
pub fn by_name(facts: Facts) -> Vec<(&'static str, Vec<String>)> {
    let row = |same: &[(&'static str, String)]| (same[0].0, same.iter().map(|(_, value)| value.clone()).collect());
    facts.chunk_by(|(one, _), (next, _)| one == next).map(row).collect()
}

/// What of them stands on one page. A row that goes on there is named again.
pub fn rows(facts: &[(&'static str, Vec<String>)], paging: &Paging) -> Vec<(&'static str, Vec<String>)> {
    let here = facts.iter().map(|(name, values)| (*name, paging.rows(values).to_vec()));
    here.filter(|(_, values)| !values.is_empty()).collect()
}

/// What is held, each with its name; those of one name stand together.
pub fn of(held: &Held) -> Facts {
    let mut facts = vec![("Known here as", held.id.clone())];
    if let Some(person) = &held.person {
        facts.push(("Name", person.name.clone()));
        facts.push(("Here since", exact(person.since)));
        facts.push(("Email", person.email.clone().unwrap_or_else(|| "none".to_owned())));
        facts.push(("Signed in", count(held.holdings.sign_ins.len(), "browser", "browsers")));
        let key = if held.vouch_key { "made, and sealed in the vault" } else { "none yet" };
        facts.push(("Key that signs your vouches", key.to_owned()));
        let made = |since| format!("made {}; only its hash is kept", exact(since));
        let feed = held.feed_since.map_or_else(|| "none".to_owned(), made);
        facts.push(("Address of your feed", feed));
    }
    for identity in &held.identities {
        let handle = shown_handle(&identity.handle);
        facts.push(("Account that you sign in by", format!("{handle} ({})", identity.url)));
    }
    for actor in &held.actors {
        let handle = shown_handle(&actor.handle);
        facts.push(("Seen under posts", format!("{handle}, {} ({})", actor.name, actor.uri)));
    }
    ways(&mut facts, &held.holdings);
    if let Some(said) = &held.statements {
        let lists = [
            ("Kinds of work that you offer", &said.categories),
            ("Your skills", &said.skills),
            ("Your languages", &said.languages),
            ("Your places", &said.places),
        ];
        facts.extend(lists.into_iter().map(|(what, list)| (what, list.join(", "))));
        facts.push(("Availability", said.availability.words().to_owned()));
    }
    // In this order, so that those of one name stand together.
    for (name, is_it) in [
        ("Community that you look after", (|rank| *rank == Rank::Steward) as fn(&Rank) -> bool),
        ("Community that you are in", |rank| *rank == Rank::Member),
    ] {
        let here = held.communities.iter().filter(|belonging| is_it(&belonging.member.rank));
        facts.extend(here.map(|belonging| (name, belonging.to.clone())));
    }
    for belonging in &held.communities {
        if let Rank::Removed { why, .. } = &belonging.member.rank {
            facts.push(("Community that took you out", format!("{}: {why}", belonging.to)));
        }
    }
    asked(&mut facts, &held.holdings);
    for one in &held.relays {
        facts.push(("Whose gigs you relay", format!("{}, with {}", one.of, shown_handle(&one.with))));
    }
    worked(&mut facts, &held.holdings);
    facts.push(("What you did under posts", count(held.deeds.len(), "deed", "deeds")));
    for deed in &held.deeds {
        facts.push(("How a reply of yours begins", deed.words.clone().unwrap_or_default()));
    }
    let undone = held.holdings.vouches.iter().filter(|vouch| vouch.undone.is_some()).count();
    match (held.holdings.vouches.len(), undone) {
        (0, _) => {}
        (all, 0) => facts.push(("Vouches in posts, by you and for you", all.to_string())),
        (all, undone) => {
            facts.push(("Vouches in posts, by you and for you", format!("{all}, of which {undone} are undone")));
        }
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// The accounts that they post by, and what lets them or their programs in.
fn ways(facts: &mut Facts, held: &Holdings) {
    for account in &held.accounts {
        let stands = match &account.grant {
            GrantState::Linked => "linked; access to it is sealed in the vault".to_owned(),
            GrantState::NeedsRelink { since, .. } => format!("needs to be linked again since {}", exact(*since)),
            GrantState::Revoked { since } => format!("unlinked {}", exact(*since)),
        };
        let since = exact(account.linked);
        facts.push(("Account that you post by", format!("{}, since {since}, {stands}", shown_handle(&account.handle))));
    }
    for handle in &held.pictures {
        facts.push(("Account whose picture is kept", shown_handle(handle)));
    }
    for ends in &held.ends_told {
        facts.push(("End of a link that you were told of", exact(*ends)));
    }
    if held.announced > 0 {
        facts.push(("Gigs that your accounts announced or reshared, or were to", held.announced.to_string()));
    }
    if held.tokens > 0 {
        facts.push(("Tokens of programs of yours", format!("{}; only hashes are kept", held.tokens)));
    }
    for invite in &held.invites {
        facts.push(("Invitation to post here", format!("{}, until {}", invite.name, exact(invite.until))));
    }
    for issuer in &held.issuers {
        facts.push(("Key by which your word is known elsewhere", issuer.clone()));
    }
    for Waiting { to, about, news, .. } in &held.notices {
        let news = match *news {
            "interested" => "somebody is interested",
            "needs_relink" => "it needs to be linked again",
            _ => "its link ends soon",
        };
        facts.push(("Still to be sent", format!("to {to}, of {about}: {news}")));
    }
}

/// What they asked for, and what they were asked into.
fn asked(facts: &mut Facts, held: &Holdings) {
    for one in &held.invitations {
        let by = one.by.as_deref().map(|by| format!(", by {by}")).unwrap_or_default();
        facts.push(("Community that you are invited to", format!("{}{by}, {}", one.to, exact(one.at))));
    }
    for one in &held.invited {
        facts.push(("Whom you invited to a community", format!("{} to {}, {}", one.whom, one.to, exact(one.at))));
    }
    for Wanted { title, interest } in &held.interests {
        let said = if interest.message.is_empty() { String::new() } else { format!(": {}", interest.message) };
        let reach = format!("reach you at {}{said}", interest.reach);
        let sent = format!("{}, sent {} as {}, {reach}", titled(title.as_deref()), exact(interest.at), interest.name);
        facts.push(("Gig that you are interested in", sent));
    }
    for OwnLink { title, code, visits, interested, .. } in &held.links {
        let came = count(usize::try_from(*visits).unwrap_or(usize::MAX), "visit", "visits");
        let counts = format!("{came} and {interested} interested came by it");
        facts.push((
            "Link of your own to a gig",
            format!("{}, with the code {code}: {counts}", titled(title.as_deref())),
        ));
    }
}

/// Hires, and what a poster has on record beside.
fn worked(facts: &mut Facts, held: &Holdings) {
    let told = |one: &Hired| {
        let answer = match one.hire.answer {
            HireAnswer::Open => "not answered",
            HireAnswer::Confirmed(_) => "confirmed",
            HireAnswer::Denied(_) => "denied",
        };
        (titled(one.title.as_deref()), format!("{}, {answer}", exact(one.hire.at)))
    };
    for one in &held.hires {
        let (title, when) = told(one);
        facts.push(("What you were hired for", format!("{title}, as {} says, {when}", one.who)));
    }
    for one in &held.hired {
        let (title, when) = told(one);
        facts.push(("Whom you hired", format!("{} for {title}, {when}", one.who)));
    }
    if held.relayed_by > 0 {
        facts.push(("Accounts that relay your gigs", held.relayed_by.to_string()));
    }
    if held.shows_circle {
        facts.push(("Your circle", "shown to everyone".to_owned()));
    }
    if held.gone > 0 {
        facts.push(("Gigs of yours that are gone", format!("{}; that each was here is kept", held.gone)));
    }
}

fn titled(title: Option<&str>) -> String {
    title.map_or_else(|| "a gig that is no longer on record".to_owned(), |title| format!("“{title}”"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SignIn;
    use crate::weave::holdings::tests::of_whom_all_is_held;
    use std::collections::BTreeSet;

    fn text(facts: Facts) -> String {
        let lines: Vec<String> =
            by_name(facts).into_iter().map(|(name, values)| format!("{name}: {}", values.join(" | "))).collect();
        lines.join("\n") + "\n"
    }

    #[tokio::test]
    async fn all_that_is_held_of_somebody_is_said_in_words_under_a_name() {
        let (weave, poster) = of_whom_all_is_held().await;
        let mut held = weave.held(poster).await.unwrap();
        // Both are long on record.
        held.statements.as_mut().unwrap().skills = vec!["drawing".to_owned()];
        held.holdings.interests[0].interest.message = "I would do it.".to_owned();
        insta::assert_snapshot!(text(of(&held)));
    }

    #[tokio::test]
    async fn what_is_not_held_has_no_row_and_what_ended_says_so() {
        let (weave, poster) = of_whom_all_is_held().await;
        let mut held = weave.held(poster).await.unwrap();
        let full: BTreeSet<&str> = of(&held).into_iter().map(|(name, _)| name).collect();
        let since = held.holdings.accounts[0].linked;
        held.holdings.accounts[0].grant = GrantState::NeedsRelink { since, said: String::new() };
        held.holdings.sign_ins = vec![SignIn { person: held.holdings.sign_ins[0].person, since, seen: since }; 2];
        held.holdings.hires[0].hire.answer = HireAnswer::Confirmed(since);
        held.holdings.interests[0].interest.message = "I drew one before".to_owned();
        held.holdings.vouches[0].undone = Some(since);
        held.holdings.links[0].title = None;
        (held.holdings.announced, held.holdings.tokens, held.holdings.relayed_by, held.holdings.gone) = (0, 0, 0, 0);
        (held.holdings.shows_circle, held.vouch_key, held.feed_since) = (false, false, None);
        let less: BTreeSet<&str> = of(&held).into_iter().map(|(name, _)| name).collect();
        let gone: Vec<&str> = full.difference(&less).copied().collect();
        assert_eq!(
            gone,
            [
                "Accounts that relay your gigs",
                "Gigs of yours that are gone",
                "Gigs that your accounts announced or reshared, or were to",
                "Tokens of programs of yours",
                "Your circle"
            ]
        );
        let said = text(of(&held));
        for words in [
            "needs to be linked again since",
            "Signed in: 2 browsers",
            "confirmed",
            ": I drew one before",
            "of which 1 are undone",
            "a gig that is no longer on record, with the code",
            "Key that signs your vouches: none yet",
            "Address of your feed: none",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
