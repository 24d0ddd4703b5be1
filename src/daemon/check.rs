//! Reaches what the config names without changing anything there: sources are read and not taken in, accounts are asked and post nothing.

use super::push::Reachable;
use super::spoken::counted;
use super::watch::Watched;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::grants::{Sessions, Trouble};
use crate::id::{AccountId, DeliveryId, GigId};
use crate::person::{Account, GrantState};
use crate::ports::{Cursor, StoreError, Wire};
use crate::post::{Post, Stamp};
use crate::profile::ReadBack;
use crate::pushing::Pushing;
use crate::web::admin::answers::{Checked, Verdict};

/// What the config itself gives cause to say.
pub fn settings(public_url: Option<&str>, sources: usize) -> Vec<Checked> {
    let note =
        |what: &str, said: &str| Checked { what: what.to_owned(), verdict: Verdict::Note, said: said.to_owned() };
    let mut checked = Vec::new();
    if public_url.is_none() {
        checked.push(note(
            "server.public_url",
            "it is empty: links in posts lead to where one applies, and a post whose answer was lost is looked for by its text \
             instead of its link",
        ));
    }
    if sources == 0 {
        checked.push(note("source", "there is none: gigs come in only by `gigcast post` and the API"));
    }
    checked
}

/// One look, as if it were the first; nothing of it is kept.
pub async fn source(watched: &Watched, wire: &dyn Wire, reach: &Reachable) -> Checked {
    let what = format!("source {}", watched.origin.name);
    if let Some(inbox) = &watched.inbox {
        let said =
            format!("it is not looked at: messages signed {} are posted to {}", inbox.door.scheme(), inbox.address);
        return Checked { what, verdict: Verdict::Fine, said };
    }
    let (verdict, mut said) = match watched.source.look(wire, &Cursor::default()).await {
        Ok(look) if look.ended => (Verdict::Wrong, "it says it is gone for good".to_owned()),
        Ok(look) => {
            let found = look.found.map(|found| format!(" ({found})")).unwrap_or_default();
            let hub = match &look.pushing {
                Pushing::By(hub) => reach.offer(hub, watched.address.as_deref()),
                Pushing::Unsaid | Pushing::Never => String::new(),
            };
            let gigs = format!("{}{found}{hub}", counted(look.sightings.len(), "gig"));
            match look.refused.first() {
                None => (Verdict::Fine, format!("it can be read: {gigs}")),
                Some(first) => (
                    Verdict::Note,
                    format!(
                        "it can be read: {gigs}, and {} that cannot; the first is {}: {}",
                        counted(look.refused.len(), "item"),
                        first.what,
                        first.why
                    ),
                ),
            }
        }
        Err(failure) => (Verdict::Wrong, failure.why().to_string()),
    };
    for note in &watched.notes {
        said.push_str("; ");
        said.push_str(note);
    }
    let verdict = if verdict == Verdict::Fine && !watched.notes.is_empty() { Verdict::Note } else { verdict };
    Checked { what, verdict, said }
}

/// Opens a session and looks for a post that cannot be there: the access is used, and nothing is made.
pub async fn account(account: &Account, sessions: &Sessions, now: Timestamp) -> Result<Checked, StoreError> {
    let what = format!("account {}", account.handle);
    let wrong = |said: String| Ok(Checked { what: what.clone(), verdict: Verdict::Wrong, said });
    if let GrantState::NeedsRelink { said, .. } = &account.grant {
        return wrong(format!("it needs to be linked again: {said}"));
    }
    let speaking = match sessions.open(account).await {
        Ok(speaking) => speaking,
        Err(Trouble::Store(fault)) => return Err(fault),
        Err(Trouble::Refused(failure)) => return wrong(failure.why().to_string()),
    };
    if speaking.profile.read_back == ReadBack::None {
        let said = "its server answers; this network gives no way to try the access without posting".to_owned();
        return Ok(Checked { what, verdict: Verdict::Note, said });
    }
    let (post, stamp) = nowhere(account.id, now);
    match speaking.network.find(speaking.session(), &post, &stamp).await {
        Ok(_) => {
            Ok(Checked { what, verdict: Verdict::Fine, said: "its server answers and the access is good".to_owned() })
        }
        // Only the access token is old; the next delivery renews it.
        Err(Failure::RelinkNeeded(refused)) => match sessions.renew(account, &speaking, &refused).await {
            Ok(_) => Ok(Checked {
                what,
                verdict: Verdict::Fine,
                said: "its server answers and the access was renewed".to_owned(),
            }),
            Err(Trouble::Store(fault)) => Err(fault),
            Err(Trouble::Refused(failure)) => wrong(failure.why().to_string()),
        },
        Err(failure) => wrong(failure.why().to_string()),
    }
}

fn nowhere(account: AccountId, now: Timestamp) -> (Post, Stamp) {
    let id = DeliveryId::from_step(GigId::of(&[b"check"]), account, 0);
    let code = id.code();
    let link = format!("https://gigcast.invalid/?v={code}");
    let post = Post { text: link.clone(), facets: Vec::new(), card: None, language: None, link, code: Some(code) };
    (post, Stamp { key: id.idempotency_key(), opened: now, chosen_id: None, first_sent: Some(now) })
}
