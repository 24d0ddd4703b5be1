//! What each account would say of a gig, when, and why not now. Nothing is kept and nothing is sent.

use super::{Desk, read, sighting};
use crate::clock::Timestamp;
use crate::daemon::spoken::moment;
use crate::daemon::story::leaves;
use crate::gig::Gig;
use crate::gig::Sighting;
use crate::gig::normalise::{Context, Outcome, normalise};
use crate::id::{DeliveryId, PersonId, SourceId};
use crate::intake::Origin;
use crate::person::{Account, Mode};
use crate::plan::compose::{Link, compose};
use crate::plan::length::{measure, unit_word};
use crate::plan::plan;
use crate::ports::{Cursor, Source};
use crate::sources::feed::Feed;
use crate::web::admin::answers::{Planned, WouldSay, WouldSkip};
use crate::web::admin::{PlanAsked, Planning, Refusal};

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
                let feed = Feed::at(url).map_err(|why| Refusal::Refused(why.to_string()))?;
                let look = feed.look(&*self.daemon.watch.wire, &Cursor::default()).await;
                let look = look.map_err(|failure| Refusal::Refused(format!("{url}: {}", failure.why())))?;
                (look.sightings, self.source_at(url))
            }
        };
        let mut planned = Vec::new();
        for sighting in &sightings {
            planned.push(self.rehearse_one(sighting, source, &accounts).await?);
        }
        Ok(planned)
    }

    /// The source of the config that reads this address, so that its gigs are known again.
    fn source_at(&self, url: &str) -> Option<SourceId> {
        let watched = &self.daemon.watch.watched;
        watched.iter().find(|watched| watched.address.as_deref() == Some(url)).map(|watched| watched.origin.source)
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
            let gig = match self.as_meant(sighting, owner, source, now) {
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
            }
            let theirs: Vec<Account> = accounts.iter().filter(|account| account.owner == owner).cloned().collect();
            self.voices(&gig, &theirs, &mut planned, now).await?;
        }
        Ok(planned)
    }

    fn as_meant(&self, sighting: &Sighting, poster: PersonId, source: SourceId, now: Timestamp) -> Result<Gig, String> {
        let taxonomy = &self.daemon.deliver.taxonomy;
        let classify = |category: Option<&str>, tags: &[String], title: &str, description: &str| {
            taxonomy.classify(category, tags, title, description)
        };
        let wall = self.daemon.fitness.clock(now);
        let context = Context { poster, source, now, wall, known: None, classify: &classify };
        match normalise(sighting, &context) {
            Ok(Outcome::New(gig) | Outcome::Revised(gig)) => Ok(gig),
            Ok(Outcome::Same) => Err("nothing is known that it could be the same as".to_owned()),
            Err(why) => Err(why.to_string()),
        }
    }

    async fn voices(
        &self,
        gig: &Gig,
        accounts: &[Account],
        planned: &mut Planned,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let deliver = &self.daemon.deliver;
        let decided = plan(gig, accounts, &deliver.taxonomy, now, deliver.fitness.clock(now));
        for account in accounts {
            let skip = decided.skips.iter().find(|skip| skip.account == account.id);
            let handle = account.handle.clone();
            if let Some(skip) = skip {
                planned.skips.push(WouldSkip { handle, why: skip.why.to_string() });
                continue;
            }
            let profile = deliver.sessions.known_profile(account).await?;
            let link = match &deliver.settings.public_url {
                Some(url) => {
                    let code = DeliveryId::from_step(gig.id, account.id, 1).code();
                    Link { url: format!("{url}/g/{}?v={code}", gig.id), code: Some(code) }
                }
                None => Link { url: gig.terms.apply_url.clone(), code: None },
            };
            match compose(gig, &link, &profile, &deliver.taxonomy) {
                Err(small) => planned.skips.push(WouldSkip { handle, why: small.to_string() }),
                Ok(post) => planned.says.push(WouldSay {
                    handle,
                    network: profile.name.clone().into_owned(),
                    length: measure(&post.text, &profile.text),
                    limit: profile.text.max,
                    unit: unit_word(profile.text.unit).to_owned(),
                    text: post.text,
                    when: self.leaves(account, now).await?,
                }),
            }
        }
        Ok(())
    }

    async fn leaves(&self, account: &Account, now: Timestamp) -> Result<String, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let lane = ledger.turn(account.id).await?.lane;
        let said = leaves(account, &lane, ledger.count_waiting(account.id, 1000).await?, now);
        Ok(match account.mode {
            Mode::Auto => said,
            Mode::Review => format!("It waits for its poster's approval. Once it is approved: {said}"),
        })
    }
}
