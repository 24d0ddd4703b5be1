//! One line for each thing that people did to a post: a sentence that reads alone, and the same fields everywhere.
//!
//! Written after it is durable. Whoever asks not to be indexed has no name here either.

use crate::engagement::{Engagement, Vouch};
use crate::id::{ActorId, DeliveryId};
use crate::person::{Account, shown_handle};
use crate::ports::StoreError;
use crate::profile::EngagementKind;
use crate::redact;
use crate::store::{Ended, Ledger, News};
use tracing::info;

pub async fn tell(ledger: &Ledger, account: &Account, delivery: DeliveryId, news: &[News]) -> Result<(), StoreError> {
    for one in news {
        match one {
            News::Engaged(deed) => engaged(ledger, account, delivery, deed, done(deed.kind)).await?,
            News::Returned(deed) => engaged(ledger, account, delivery, deed, done_again(deed.kind)).await?,
            News::Undone(deed) => engaged(ledger, account, delivery, deed, undone(deed.kind)).await?,
            News::Vouched(vouch) => vouched(ledger, account, delivery, vouch, pledge(vouch.level)).await?,
            News::Reworded(vouch) => {
                vouched(ledger, account, delivery, vouch, &format!("now {}", pledge(vouch.level))).await?;
            }
            News::Unsaid(vouch) => vouched(ledger, account, delivery, vouch, "no longer vouches for").await?,
        }
    }
    Ok(())
}

async fn engaged(
    ledger: &Ledger,
    account: &Account,
    delivery: DeliveryId,
    deed: &Engagement,
    did: &str,
) -> Result<(), StoreError> {
    let who = name(ledger, deed.actor).await?;
    info!(event = "engagement.seen",
        gig.id = %deed.gig,
        delivery.id = %delivery,
        account.id = %account.id,
        network.id = account.network.as_str(),
        engagement.id = %deed.id,
        actor = who.as_deref(),
        "{} {did} {} on {}",
        who.as_deref().unwrap_or(UNNAMED),
        deed.gig,
        account.handle
    );
    Ok(())
}

async fn vouched(
    ledger: &Ledger,
    account: &Account,
    delivery: DeliveryId,
    vouch: &Vouch,
    does: &str,
) -> Result<(), StoreError> {
    let (by, whom) = (name(ledger, vouch.by).await?, name(ledger, vouch.whom).await?);
    let work = vouch.category.as_deref().unwrap_or("work of no known kind");
    info!(event = "vouch.read",
        gig.id = %vouch.gig,
        delivery.id = %delivery,
        account.id = %account.id,
        network.id = account.network.as_str(),
        actor = by.as_deref(),
        whom = whom.as_deref(),
        evidence = vouch.evidence.as_str(),
        "{} {does} {}, in {work}: {}",
        by.as_deref().unwrap_or(UNNAMED),
        whom.as_deref().unwrap_or(UNNAMED),
        vouch.evidence
    );
    Ok(())
}

/// Says that a post is watched no more, and why.
pub fn ended(account: &Account, gig: crate::id::GigId, delivery: DeliveryId, ended: Ended) {
    let why = match ended {
        Ended::Gone => "the network says it is gone",
        Ended::TakenDown => "it was taken down",
        Ended::Aged => "it is old, and no vouch rests on it",
        Ended::Orphaned => "its gig or its account is no longer on record",
        Ended::Unheard => "its network tells nothing about it",
    };
    info!(event = "backfeed.ended",
        gig.id = %gig,
        delivery.id = %delivery,
        account.id = %account.id,
        network.id = account.network.as_str(),
        "The post of {gig} on {} is read back no more, since {why}; who was seen stays on record",
        account.handle
    );
}

fn pledge(level: u8) -> &'static str {
    match level {
        Vouch::WOULD_HIRE_AGAIN => "would hire again",
        Vouch::WORKED_WITH => "says to have worked with",
        _ => "vouches for",
    }
}

const UNNAMED: &str = "Someone who asks not to be named";

async fn name(ledger: &Ledger, actor: ActorId) -> Result<Option<String>, StoreError> {
    Ok(ledger.actor(actor).await?.map(|actor| shown_handle(&redact::name(&actor.handle))))
}

fn done(kind: EngagementKind) -> &'static str {
    match kind {
        EngagementKind::Reshare => "reshared",
        EngagementKind::Quote => "quoted",
        EngagementKind::Reply => "replied to",
        EngagementKind::Like => "liked",
    }
}

fn done_again(kind: EngagementKind) -> &'static str {
    match kind {
        EngagementKind::Reshare => "has reshared anew",
        EngagementKind::Quote => "has again a quote of",
        EngagementKind::Reply => "has again a reply to",
        EngagementKind::Like => "likes again",
    }
}

fn undone(kind: EngagementKind) -> &'static str {
    match kind {
        EngagementKind::Reshare => "has taken back the reshare of",
        EngagementKind::Quote => "has taken back a quote of",
        EngagementKind::Reply => "has taken back a reply to",
        EngagementKind::Like => "likes no more",
    }
}
