//! Answers the operator: what `web::admin` asks, out of the ledger and the running steps.

mod backing_up;
mod cancelling;
mod communities;
mod deciding;
mod deeds;
mod doable;
mod figures;
mod limits;
mod linking;
mod metrics;
mod pausing;
mod rehearsal;
mod relays;
mod reloading;
mod replaying;
mod retrying;
mod trusting;
mod views;
mod vouches;

pub use metrics::LastScan;

use super::review::ReviewDesk;
use crate::clock::{Timestamp, WallClock};
use crate::config;
use crate::daemon::reload::Reload;
use crate::daemon::spoken::span;
use crate::daemon::{Daemon, check, collector};
use crate::gig::rings::{Ring, RingFault};
use crate::grants::{Linking, VouchKeys};
use crate::id::{AccountId, DeliveryId, GigId, PersonId};
use crate::intake::{Origin, REMOVED, Taken};
use crate::outbox::{Delivery, Event, Hold, State, Verdict as Told};
use crate::person::{Account, Person, Role};
use crate::post::Receipt;
use crate::secret::Secret;
use crate::sources::written::{self, WrittenGig};
use crate::store::Forgot;
use crate::store::Heard;
use crate::store::gate::Gate;
use crate::weave::{Brought, Cut, OnRecord, Portable, Weave, WhoseCircle};
use crate::web::Health;
use crate::web::admin::answers::{
    AccountLine, Checked, DeliveryLine, Done, Explanation, GigLine, GigView, Invitation, LinkBegun, LinkStands,
    NewToken, Planned, PutRight, Status, Which,
};
use crate::web::admin::{
    Answer, BackupAsked, BeginLinkAsked, BringAsked, CancelAsked, DecideAsked, FollowAsked, Format, IssuerAsked,
    LinkAsked, Operator, PasteAsked, PauseAsked, PlanAsked, PostAsked, Refusal, ReplayAsked, Seen, WhoAsked,
    WrittenFile, random_token,
};
use crate::web::admin::{CommunityAsked, CommunityLine, CommunityView};
use crate::web::approval::{Approval, Declined, Reviews, Waiting, Words};
use crate::web::words::count as count_of;
use bytes::Bytes;
use jiff::tz::TimeZone;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

pub struct Desk {
    pub daemon: Arc<Daemon>,
    pub health: Arc<dyn Health>,
    pub linking: Arc<Linking>,
    pub weave: Weave,
    pub vouch_keys: VouchKeys,
    pub free_floor_bytes: u64,
    /// What the ledger's store stands behind, and where that is.
    pub gate: Arc<Gate>,
    pub data_dir: PathBuf,
    pub since: Timestamp,
    pub reload: Arc<Reload>,
    pub scanned: LastScan,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

/// What posters' tokens begin with, so that one is known for what it is wherever it turns up.
const TOKEN_PREFIX: &str = "gct_";

impl Operator for Desk {
    fn status(&self) -> Answer<'_, Status> {
        Box::pin(self.read_status())
    }

    fn gigs(&self, limit: usize) -> Answer<'_, Vec<GigLine>> {
        Box::pin(self.read_gigs(limit))
    }

    fn gig(&self, id: GigId) -> Answer<'_, GigView> {
        Box::pin(self.read_gig(id))
    }

    fn accounts(&self) -> Answer<'_, Vec<AccountLine>> {
        Box::pin(self.read_accounts())
    }

    fn deliveries(&self, which: Which) -> Answer<'_, Vec<DeliveryLine>> {
        Box::pin(self.read_deliveries(which))
    }

    fn release(&self, id: DeliveryId, seen: Seen) -> Answer<'_, Done> {
        Box::pin(self.let_go(id, seen))
    }

    fn review(&self, id: DeliveryId) -> Answer<'_, Waiting> {
        Box::pin(async move { self.reviews().one(None, id).await })
    }

    fn approve(&self, id: DeliveryId, asked: Approval) -> Answer<'_, Done> {
        Box::pin(async move { self.reviews().approve(None, id, asked.version, Words::Shown).await })
    }

    fn decline(&self, id: DeliveryId, asked: Declined) -> Answer<'_, Done> {
        Box::pin(async move { self.reviews().decline(None, id, asked.why).await })
    }

    fn why<'a>(&'a self, what: &'a str, zone: TimeZone) -> Answer<'a, Explanation> {
        Box::pin(self.explain(what, zone))
    }

    fn link(&self, asked: LinkAsked) -> Answer<'_, Done> {
        Box::pin(self.link_account(asked))
    }

    fn begin_link(&self, asked: BeginLinkAsked) -> Answer<'_, LinkBegun> {
        Box::pin(self.begin_linking(asked))
    }

    fn link_stands(&self, attempt: Secret) -> Answer<'_, LinkStands> {
        Box::pin(async move { Ok(self.standing_of(&attempt)) })
    }

    fn paste_code(&self, asked: PasteAsked) -> Answer<'_, Done> {
        Box::pin(self.finish_by_code(asked))
    }

    fn invite<'a>(&'a self, poster: &'a str) -> Answer<'a, Invitation> {
        Box::pin(self.invite_poster(poster))
    }

    fn unlink<'a>(&'a self, what: &'a str) -> Answer<'a, Done> {
        Box::pin(self.unlink_account(what))
    }

    fn pause(&self, asked: PauseAsked) -> Answer<'_, Done> {
        Box::pin(self.switch_off(asked))
    }

    fn resume(&self, asked: PauseAsked) -> Answer<'_, Done> {
        Box::pin(self.switch_on(asked))
    }

    fn retry<'a>(&'a self, what: &'a str) -> Answer<'a, PutRight> {
        Box::pin(self.try_now(what))
    }

    fn cancel<'a>(&'a self, what: &'a str, asked: CancelAsked) -> Answer<'a, PutRight> {
        Box::pin(self.call_off(what, asked))
    }

    fn replay(&self, asked: ReplayAsked) -> Answer<'_, PutRight> {
        Box::pin(self.replay_dead(asked))
    }

    fn reload(&self) -> Answer<'_, PutRight> {
        Box::pin(self.read_config_again())
    }

    fn drain(&self) -> Answer<'_, Done> {
        Box::pin(async move {
            let out = self.daemon.deliver.in_flight();
            tracing::info!(
                event = "daemon.draining",
                deliveries = out,
                "Draining: nothing new is started, and what is out is waited for without a limit"
            );
            self.daemon.drain().await;
            let said =
                format!("{} on the way when it was asked, and all of it has ended. gigcast stops now.", were(out));
            Ok(Done { id: String::new(), said })
        })
    }

    fn follow<'a>(&'a self, what: &'a str, asked: FollowAsked) -> Answer<'a, Done> {
        Box::pin(self.follow_by(what, asked))
    }

    fn plan(&self, asked: PlanAsked) -> Answer<'_, Vec<Planned>> {
        Box::pin(self.rehearse(asked))
    }

    fn post(&self, asked: PostAsked) -> Answer<'_, Done> {
        Box::pin(self.take(asked))
    }

    fn decide(&self, id: GigId, asked: DecideAsked) -> Answer<'_, Done> {
        Box::pin(self.decide_on(id, asked))
    }

    fn who(&self, asked: WhoAsked) -> Answer<'_, WhoseCircle> {
        Box::pin(self.whose_circle(asked))
    }

    fn cut(&self, asked: WhoAsked) -> Answer<'_, Cut> {
        Box::pin(self.cut_from(asked))
    }

    fn person<'a>(&'a self, what: &'a str) -> Answer<'a, OnRecord> {
        Box::pin(self.on_record(what))
    }

    fn vouches<'a>(&'a self, what: &'a str) -> Answer<'a, Portable> {
        Box::pin(self.portable(what))
    }

    fn communities(&self) -> Answer<'_, Vec<CommunityLine>> {
        Box::pin(self.all_communities())
    }

    fn community<'a>(&'a self, slug: &'a str) -> Answer<'a, CommunityView> {
        Box::pin(self.one_community(slug))
    }

    fn change_communities(&self, asked: CommunityAsked) -> Answer<'_, Done> {
        Box::pin(self.change_community(asked))
    }

    fn bring(&self, asked: BringAsked) -> Answer<'_, Vec<Brought>> {
        Box::pin(self.bring_for(asked))
    }

    fn know_issuer(&self, asked: IssuerAsked) -> Answer<'_, Done> {
        Box::pin(self.issuer_is(asked))
    }

    fn forget<'a>(&'a self, what: &'a str) -> Answer<'a, Forgot> {
        Box::pin(self.forgotten(what))
    }

    fn token<'a>(&'a self, poster: &'a str) -> Answer<'a, NewToken> {
        Box::pin(async move {
            let person = self.poster(poster).await?;
            let token = random_token(TOKEN_PREFIX)
                .map_err(|error| Refusal::Refused(format!("the system gave no random bytes: {error}")))?;
            self.daemon.deliver.ledger.keep_token(&token, person.id).await?;
            tracing::info!(
                event = "token.made",
                poster = person.name.as_str(),
                "A new API token was made for {}",
                person.name
            );
            Ok(NewToken { poster: person.name, token: token.expose().to_owned() })
        })
    }

    fn backup(&self, asked: BackupAsked) -> Answer<'_, Receiver<Bytes>> {
        Box::pin(self.begin_backup(asked))
    }

    fn metrics(&self) -> Answer<'_, String> {
        Box::pin(self.read_metrics())
    }

    fn confirm_clock(&self) -> Answer<'_, Done> {
        Box::pin(async move {
            let now = self.now();
            let said = match self.daemon.fitness.clock(now) {
                WallClock::Sound => "The clock was not in doubt.".to_owned(),
                WallClock::Doubtful => {
                    self.daemon.fitness.confirm_clock();
                    self.daemon.deliver.bell.notify_one();
                    format!("The clock is taken to be right: {now}. Expiry and deletes go on.")
                }
            };
            Ok(Done { id: String::new(), said })
        })
    }

    fn check(&self) -> Answer<'_, Vec<Checked>> {
        Box::pin(async move {
            let (deliver, watch) = (&self.daemon.deliver, &self.daemon.watch);
            let mut checked = check::settings(deliver.settings.public_url.as_deref(), watch.watched.len());
            for watched in watch.watched.iter() {
                checked.push(check::source(watched, &*watch.wire, &self.daemon.subscribe.reach).await);
            }
            if let Some(collector) = deliver.traces.collector() {
                checked.push(collector::check(collector).await);
            }
            for account in deliver.ledger.accounts().await? {
                checked.push(check::account(&account, &deliver.sessions, self.now()).await?);
            }
            Ok(checked)
        })
    }
}

impl Desk {
    fn reviews(&self) -> ReviewDesk {
        ReviewDesk { deliver: Arc::clone(&self.daemon.deliver) }
    }

    fn now(&self) -> Timestamp {
        self.daemon.clock.now()
    }

    /// A poster who is known; a name that is not is more likely mistyped than new.
    async fn poster(&self, name: &str) -> Result<Person, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        if let Some(person) = ledger.person(PersonId::from_name(name)).await? {
            return Ok(person);
        }
        let persons = ledger.persons().await?.into_iter();
        let known: Vec<String> = persons.filter(|one| one.role == Role::Poster).map(|poster| poster.name).collect();
        let known = if known.is_empty() { "nobody yet".to_owned() } else { known.join(", ") };
        Err(Refusal::Unknown(format!(
            "there is no poster called {name}; known: {known}. Linking an account for {name}, or a source in the configuration, \
             makes one"
        )))
    }

    async fn take(&self, asked: PostAsked) -> Result<Done, Refusal> {
        let person = self.poster(&asked.poster).await?;
        let mut gig = read(&asked.gig)?;
        if !asked.first.is_empty() || asked.widen_after.is_some() {
            (gig.first, gig.widen_after) = ringed(&asked)?;
        }
        let sighting = sighting(gig, &asked.gig.name);
        let origin = Origin::by_hand(person.id);
        let intake = &self.daemon.watch.intake;
        if let Some(until) = intake.fitness.unfit_until(self.now()) {
            let wait = span(until.since(self.now()));
            return Err(Refusal::Refused(format!(
                "nothing is taken in while the disk is nearly full; try again in {wait}"
            )));
        }
        let (gig, said) = match intake.take(&sighting, &origin, Heard::News).await? {
            Taken::New(gig) => (gig, "came in"),
            Taken::Revised(gig) => (gig, "was changed"),
            Taken::Same(gig) => {
                // This was read, not written: whoever wrote it may still be waiting for the disk.
                intake.ledger.barrier().await?;
                (gig, "is on record already, and nothing in it has changed")
            }
            Taken::Refused(why) => return Err(Refusal::Refused(format!("{}: {why}", asked.gig.name))),
            Taken::Removed(id) => {
                return Err(Refusal::Refused(format!("{}: {REMOVED} (it was {id})", asked.gig.name)));
            }
        };
        let said = format!("{} {said}. `gigcast why {}` tells where it goes.", gig.terms.title, gig.id);
        Ok(Done { id: gig.id.to_string(), said })
    }

    async fn let_go(&self, id: DeliveryId, seen: Seen) -> Result<Done, Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let unknown = || Refusal::Unknown(format!("there is no delivery {id}"));
        let delivery = deliver.ledger.delivery(id).await?.ok_or_else(unknown)?;
        let account = deliver.ledger.account(delivery.account).await?.ok_or_else(unknown)?;
        if delivery.state != State::Held(Hold::Unconfirmed) {
            let lane = deliver.ledger.lane_of(&account).await?;
            let standing = super::story::standing(&delivery, &account, &lane, now);
            return Err(Refusal::Refused(format!("{id} does not wait for anyone to look. {}", standing.said)));
        }
        let (verdict, said) = match seen {
            Seen::NotThere => (Told::NotThere, "It is sent again.".to_owned()),
            Seen::There { address } => {
                let receipt = self.receipt(&delivery, &account, &address, now).await?;
                let said = format!("It is taken to stand at {}.", receipt.url.as_deref().unwrap_or(&receipt.uri));
                (Told::There(receipt), said)
            }
        };
        let profile = deliver.sessions.known_profile(&account).await?;
        deliver.settle(&account, &profile, id, Event::Told(verdict), None, None).await?;
        deliver.bell.notify_one();
        Ok(Done { id: id.to_string(), said })
    }

    /// What the network itself says of the post at this address, where it can be asked; else what the address tells.
    async fn receipt(
        &self,
        delivery: &Delivery,
        account: &Account,
        address: &str,
        now: Timestamp,
    ) -> Result<Receipt, Refusal> {
        let address = address.trim();
        let id = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if !(address.starts_with("https://") || address.starts_with("http://")) || id.is_empty() {
            return Err(Refusal::Refused(format!("`{address}` is no address of a post: it begins with https://")));
        }
        let deliver = &self.daemon.deliver;
        if let Some(post) = deliver.ledger.post(delivery.id).await?
            && let Ok(speaking) = deliver.sessions.open(account).await
            && let Ok(Some(found)) = speaking.network.find(speaking.session(), &post, &delivery.stamp).await
        {
            return Ok(found);
        }
        let (uri, url) = (address.to_owned(), Some(address.to_owned()));
        Ok(Receipt { id: id.to_owned(), uri, url, version: None, at: now })
    }

    /// The account with this id or handle; the handle's host may be left out.
    async fn account_named(&self, what: &str) -> Result<Option<Account>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        if let Ok(id) = what.parse::<AccountId>() {
            return Ok(ledger.account(id).await?);
        }
        let bare = |handle: &str| handle.trim_start_matches('@').to_lowercase();
        let accounts = ledger.accounts().await?;
        if let Some(account) = accounts.iter().find(|account| bare(&account.handle) == bare(what)) {
            return Ok(Some(account.clone()));
        }
        // The name alone will do where only one account has it.
        let mut named =
            accounts.into_iter().filter(|account| bare(&account.handle).split('@').next() == Some(&bare(what)));
        let first = named.next();
        Ok(first.filter(|_| named.next().is_none()))
    }
}

/// As in `2 deliveries were`.
fn were(count: usize) -> String {
    match count {
        0 => "No delivery was".to_owned(),
        n => count_of(n, "delivery was", "deliveries were"),
    }
}

fn read(file: &WrittenFile) -> Result<WrittenGig, Refusal> {
    let read = match file.format {
        Format::Toml => written::from_toml(&file.text),
        Format::Json => written::from_json(&file.text),
    };
    read.map_err(|wrong| Refusal::Refused(format!("{}: {wrong}", file.name)))
}

/// Who goes first and for how long, where that was asked beside the file.
fn ringed(asked: &PostAsked) -> Result<(Vec<String>, Option<Duration>), Refusal> {
    let wrong = |what: &str, said: &str| Refusal::Refused(format!("--{what} {said}"));
    let after = match asked.widen_after.as_deref().map(|text| (text, config::duration(text.trim()))) {
        Some((text, None)) => {
            return Err(wrong(
                "widen-after",
                &format!("{text} is no time: write one with its unit, such as 6h, 90m or 2d"),
            ));
        }
        Some((_, after)) => after,
        None => None,
    };
    match Ring::of(&asked.first, after) {
        Ok(ring) => Ok((ring.map(|ring| ring.first).unwrap_or_default(), after)),
        Err(RingFault::First(said)) => Err(wrong("first", said)),
        Err(RingFault::WidenAfter(said)) => Err(wrong("widen-after", said)),
    }
}

/// A gig goes by the id it gives itself, else by its file's name: posted again, it is the same gig.
fn sighting(gig: WrittenGig, file: &str) -> crate::gig::Sighting {
    let name = gig.id.is_none().then_some(file);
    gig.sighting(name)
}
