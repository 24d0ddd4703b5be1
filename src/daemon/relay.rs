//! From a post that came out to the accounts that reshare it.
//!
//! What delivers a post notes in the same batch that it is to be looked at, where anybody relays its poster's gigs. Here each such post is looked at once: every
//! relay that was on when it came out, on the same network, opens a reshare in the lane of its own account, or leaves a reason in the gig's story. The note
//! goes when all of that is durable, so that a crash in between looks again, which opens nothing twice.

use super::announce::Announce;
use crate::gig::Gig;
use crate::person::Account;
use crate::plan::relay;
use crate::ports::StoreError;
use crate::post::Receipt;
use crate::store::{Original, Tale, ToRelay, nearest};
use tracing::info;

/// So many posts are looked at in one step.
const AT_ONCE: usize = 64;

impl Announce {
    /// Looks at the posts that came out; answers whether there may be more.
    pub(super) async fn relay(&self) -> Result<bool, StoreError> {
        let notes = self.deliver.ledger.to_relay(AT_ONCE).await?;
        for note in &notes {
            let tales = self.relay_one(note).await?;
            self.deliver.ledger.relayed(note, tales, self.deliver.clock.now()).await?;
        }
        if !notes.is_empty() {
            self.deliver.bell.notify_one();
        }
        Ok(notes.len() == AT_ONCE)
    }

    async fn relay_one(&self, note: &ToRelay) -> Result<Vec<Tale>, StoreError> {
        let ledger = &self.deliver.ledger;
        let (record, by) = (ledger.gig(note.gig).await?, ledger.account(note.account).await?);
        let said = ledger.announcement(note.gig, note.account).await?.and_then(|announcement| announcement.said);
        // What stands no more has nothing to be reshared.
        let (Some(record), Some(by), Some(said)) = (record, by, said) else { return Ok(Vec::new()) };
        // What the poster's other account on a network was refused for is told once.
        let told = ledger.story(note.gig).await?;
        let (stand, mut tales) = (ledger.originals(note.gig).await?, Vec::new());
        for relay in ledger.relays_of(record.gig.poster).await? {
            let account = ledger.account(relay.account).await?;
            let Some(account) = account.filter(|account| account.network == by.network) else { continue };
            if relay.since <= note.at {
                let of = nearest(&stand, &account, relay.since).map_or(&said.receipt, |one| &one.post);
                let tale = self.reshare(&record.gig, &relay, &account, of, &stand).await?;
                let Some(tale) = tale.filter(|tale| told.iter().all(|story| story.tale != *tale)) else { continue };
                if let Tale::NotRelayed { account, why } = &tale {
                    info!(event = "gig.not_relayed", gig.id = %note.gig, account.id = %account, "{} is not relayed there: {why}", note.gig);
                }
                tales.push(tale);
            }
        }
        Ok(tales)
    }

    async fn reshare(
        &self,
        gig: &Gig,
        relay: &relay::Relay,
        account: &Account,
        of: &Receipt,
        stand: &[Original],
    ) -> Result<Option<Tale>, StoreError> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let profile = deliver.sessions.known_profile(account).await?;
        let clock = deliver.fitness.clock(now);
        if let Some(why) = relay::refusal(relay, account, gig, &profile, &deliver.taxonomy, now, clock) {
            return Ok(Some(Tale::NotRelayed { account: account.id, why }));
        }
        let terms = deliver.terms(&profile);
        if let Some(opened) = deliver.ledger.open_reshare(gig, account, terms, of, stand, self.moment(now)).await? {
            deliver.note(account, &opened, None);
        }
        Ok(None)
    }
}
