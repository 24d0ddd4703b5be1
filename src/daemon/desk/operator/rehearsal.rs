//! `gigcast plan`: what each account would say of a gig, as the operator reads it.

use super::{Desk, read, sighting};
use crate::config::Rights;
use crate::daemon::desk::rehearsal::{Voice, Would};
use crate::daemon::spoken::moment;
use crate::daemon::watch::Watched;
use crate::gig::Sighting;
use crate::id::{PersonId, SourceId};
use crate::intake::{Origin, first};
use crate::person::Account;
use crate::ports::{Cursor, Source};
use crate::sources::feed::Feed;
use crate::sources::licensed::Licensed;
use crate::sources::profile::of_address;
use crate::web::admin::answers::{Planned, WouldSay, WouldSkip};
use crate::web::admin::{PlanAsked, Planning, Refusal};
use std::sync::Arc;

impl Desk {
    pub(super) async fn rehearse(&self, asked: PlanAsked) -> Result<Vec<Planned>, Refusal> {
        let mut accounts = self.daemon.deliver.ledger.accounts().await?;
        if let Some(name) = &asked.poster {
            let person = self.poster(name).await?;
            accounts.retain(|account| account.owner == person.id);
        }
        let (sightings, source) = match &asked.gig {
            Planning::File(file) => (vec![sighting(read(file)?, &file.name)], None),
            Planning::Feed(url) => {
                let known = self.watched_at(url);
                let stranger: Box<dyn Source>;
                // Under the terms that hold for it: the source's own in the config, or those of its service.
                let source = if let Some(watched) = known {
                    &*watched.source
                } else {
                    let feed = Feed::at(url).map_err(|why| Refusal::Refused(why.to_string()))?;
                    stranger = Licensed::under(Box::new(feed), of_address(url), Rights::Source);
                    &*stranger
                };
                let look = source.look(&*self.daemon.watch.wire, &Cursor::default()).await;
                let look = look.map_err(|failure| Refusal::Refused(format!("{url}: {}", failure.why())))?;
                (look.sightings, known.map(|watched| watched.origin.source))
            }
        };
        let mut planned = Vec::new();
        for sighting in &sightings {
            planned.push(self.rehearse_one(sighting, source, &accounts).await?);
        }
        Ok(planned)
    }

    /// The source of the config that reads this address, so that its gigs are known again.
    fn watched_at(&self, url: &str) -> Option<&Watched> {
        let mut watched = self.daemon.watch.watched.iter().map(Arc::as_ref);
        watched.find(|watched| watched.address.as_deref() == Some(url))
    }

    async fn rehearse_one(
        &self,
        sighting: &Sighting,
        source: Option<SourceId>,
        accounts: &[Account],
    ) -> Result<Planned, Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let mut planned = Planned {
            title: sighting.title.clone().unwrap_or_else(|| sighting.native.clone()),
            gig: None,
            note: None,
            says: Vec::new(),
            skips: Vec::new(),
        };
        let mut owners: Vec<PersonId> = Vec::new();
        for account in accounts {
            if !owners.contains(&account.owner) {
                owners.push(account.owner);
            }
        }
        if owners.is_empty() {
            planned.note = Some("No account is linked, so nobody would say anything.".to_owned());
            owners.push(PersonId::from_name(""));
        }
        for owner in owners {
            let source = source.unwrap_or_else(|| Origin::by_hand(owner).source);
            let gig = match deliver.as_meant(sighting, owner, source, now) {
                Ok(gig) => gig,
                Err(why) => {
                    planned.note = Some(format!("It is no gig: {why}."));
                    return Ok(planned);
                }
            };
            planned.title.clone_from(&gig.terms.title);
            planned.gig = Some(gig.id.to_string());
            if let Some(known) = deliver.ledger.gig(gig.id).await? {
                let (id, seen) = (gig.id, moment(known.gig.first_seen, now));
                planned.note = Some(format!(
                    "It is on record since {seen} as {id}, and is not announced anew; see `gigcast why {id}`."
                ));
            } else if let Some(why) = first::refusal(&deliver.ledger, &deliver.taxonomy, &gig, None, now).await? {
                planned.note = Some(format!("It would be refused: {why}."));
                return Ok(planned);
            }
            let theirs = accounts.iter().filter(|account| account.owner == owner).cloned().collect();
            for voice in deliver.voices(&gig, theirs, now).await? {
                note(&mut planned, voice);
            }
        }
        Ok(planned)
    }
}

fn note(planned: &mut Planned, voice: Voice) {
    let Voice { account: Account { handle, .. }, network, would } = voice;
    match would {
        Would::Skip(why) => planned.skips.push(WouldSkip { handle, why: why.to_string() }),
        Would::Say(say) => planned.says.push(WouldSay {
            handle,
            network,
            length: say.length,
            limit: say.limit,
            unit: say.unit.to_owned(),
            text: say.text,
            when: say.when,
        }),
    }
}
