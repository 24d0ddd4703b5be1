//! Sessions: an account speaks through one, and its grant is opened nowhere else.
//!
//! How a grant is renewed is `renew`'s business; here an account is kept, opened, and given up to its person.

use super::{LinkError, Trouble};
use crate::clock::{Clock, Timestamp};
use crate::failure::{Failure, Why};
use crate::id::AccountId;
use crate::networks::Networks;
use crate::notice::{About, ENDS_SOON, News, Notice, day};
use crate::outbox::pace::budget::Left;
use crate::outbox::pace::stated::{Stated, Window};
use crate::person::{Account, Actor, Audience, Grant, GrantState, Mode, Pace, Person, Policy};
use crate::ports::{Allowance, Entered, Linked, Method, Named, Network, Response, Session, StoreError, Wire};
use crate::profile::{Action, Profile};
use crate::secret::Secret;
use crate::store::{GrantNoted, Ledger, Owned, Told};
use crate::telemetry::requests::{self, Purpose};
use crate::vault::Vault;
use crate::wire::SessionWire;
use crate::wire::oauth::{OAuth, SigningKey};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::{debug, info, warn};

/// What a server said of itself holds so long.
const PROFILE_LIVES: Duration = Duration::from_hours(24);

/// A token is renewed when it has less than this to live.
const RENEW_BEFORE: Duration = Duration::from_mins(2);

pub struct Sessions {
    networks: Networks,
    pub(super) ledger: Ledger,
    pub(super) vault: Arc<Vault>,
    pub(super) wire: Arc<dyn Wire>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) oauth: OAuth,
    /// Of the key that we sign with, where we sign.
    public_key: Option<serde_json::Value>,
    /// What servers said, by network and server, and when.
    profiles: Mutex<HashMap<(String, String), (Profile, Timestamp)>>,
    /// What servers say is left of their limits.
    pub stated: Arc<Stated>,
    /// One lock per account that is being renewed.
    pub(super) renewing: Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// An account that can speak: its network, its server's own profile, and a wire that adds the grant.
pub struct Speaking {
    pub network: Arc<dyn Network>,
    pub account: Account,
    pub profile: Profile,
    wire: SessionWire,
    /// The token this session speaks with; a renewal that finds another one in the store has been overtaken.
    pub(super) access: Secret,
    expires: Option<Timestamp>,
    told: Arc<Mutex<Option<Allowance>>>,
    answers: Arc<AtomicU32>,
}

impl fmt::Debug for Speaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speaking").field("account", &self.account.id).finish_non_exhaustive()
    }
}

impl Speaking {
    pub fn session(&self) -> Session<'_> {
        Session { account: &self.account, profile: &self.profile, wire: &self.wire }
    }

    /// What the answers so far said of the server's limits: the last one, unless an earlier one said that nothing is left.
    pub fn allowance(&self) -> Option<Allowance> {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it may go on speaking without looking at its grant first.
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|ends| ends > now.plus(RENEW_BEFORE))
    }

    /// How many answers came so far: one verb may ask more than once.
    pub fn answers(&self) -> u32 {
        self.answers.load(Ordering::Acquire)
    }
}

/// What a server says of its limits in an answer to such a request, in its own numbers. Where it asks for patience, nothing is left until then.
fn window(method: Method, answer: &Response) -> Option<Window> {
    let action = match method {
        Method::Get => Action::Request,
        Method::Post | Method::Put => Action::Write,
        Method::Delete => Action::Delete,
    };
    let limit = answer.allowance.and_then(|allowance| allowance.limit);
    if answer.status == 429 {
        let left = Left { left: 0, of: limit.unwrap_or(0) };
        return Some(Window { action, left, until: answer.wait_until() });
    }
    let Allowance { remaining, reset, .. } = answer.allowance?;
    let left = remaining?;
    Some(Window { action, left: Left { left, of: limit.map_or(left, |limit| limit.max(left)) }, until: reset })
}

/// One verb may ask more than once, and each question has a window of its own: that one of them is empty is not unsaid by another.
fn binding(told: Option<Allowance>, answer: &Response) -> Option<Allowance> {
    let is_spent = |said: &Allowance| said.remaining == Some(0) && said.reset > answer.received;
    match (told.filter(is_spent), answer.allowance) {
        (Some(spent), Some(said)) if is_spent(&said) && said.reset > spent.reset => Some(said),
        (Some(spent), _) => Some(spent),
        (None, said) => said.or(told),
    }
}

/// What a person decides when linking.
#[derive(Debug, Clone)]
pub struct Terms {
    pub owner: Person,
    pub pace: Pace,
    pub audience: Audience,
}

impl Sessions {
    pub fn new(
        networks: Networks,
        ledger: Ledger,
        vault: impl Into<Arc<Vault>>,
        wire: Arc<dyn Wire>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let oauth = OAuth::new(Arc::clone(&clock), None);
        Self {
            networks,
            ledger,
            vault: vault.into(),
            wire,
            clock,
            oauth,
            public_key: None,
            profiles: Mutex::new(HashMap::new()),
            stated: Arc::default(),
            renewing: Mutex::new(HashMap::new()),
        }
    }

    /// Signs for itself, where servers want that.
    #[must_use]
    pub fn signing(mut self, key: SigningKey) -> Self {
        self.public_key = Some(key.jwk());
        self.oauth = OAuth::new(Arc::clone(&self.clock), Some(key));
        self
    }

    pub(super) fn public_key(&self) -> Option<serde_json::Value> {
        self.public_key.clone()
    }

    /// Whose account it is that was named, if it has lately said these words in public.
    pub async fn says(&self, network: &str, named: &Named, words: &str) -> Result<Option<Actor>, Failure> {
        let speaker = self.network(network)?;
        requests::on(Purpose::SignIn, network, speaker.says(&*self.wire, named, words)).await
    }

    pub(super) fn network(&self, id: &str) -> Result<Arc<dyn Network>, Failure> {
        self.networks
            .get(id)
            .cloned()
            .ok_or_else(|| Failure::Permanent(Why::new(format!("this gigcast speaks no network called `{id}`"))))
    }

    /// Verifies what a person entered by a harmless call, seals it, and keeps the account. Linking again finds the same account.
    pub async fn link(&self, network: &str, entered: &Entered, terms: Terms) -> Result<Account, Trouble> {
        let speaker = self.network(network)?;
        let linked = requests::on(Purpose::Link, network, speaker.link(&*self.wire, entered)).await?;
        self.keep(network, linked, terms).await.map_err(|error| match error {
            LinkError::Trouble(trouble) => trouble,
            other => Failure::Permanent(Why::new(other.words())).into(),
        })
    }

    /// Keeps an account that has shown itself, and its grant sealed.
    pub(super) async fn keep(&self, network: &str, linked: Linked, terms: Terms) -> Result<Account, LinkError> {
        let Linked { who, grant } = linked;
        let id = AccountId::from_native(network, &who.server, &who.native);
        // What an earlier owner chose is not this one's choice.
        let known = self.ledger.account(id).await?.filter(|known| known.owner == terms.owner.id);
        let speaker = self.network(network)?;
        let profile = speaker.profile();
        let account = Account {
            id,
            owner: terms.owner.id,
            network: network.to_owned(),
            server: who.server,
            native: who.native,
            handle: who.handle,
            url: who.url,
            linked: self.clock.now(),
            grant: GrantState::Linked,
            mode: known.as_ref().map_or(Mode::Auto, |known| known.mode),
            pace: known.as_ref().map_or(terms.pace, |known| known.pace.clone()),
            policy: known.as_ref().map_or_else(|| Policy::fitting(profile), |known| known.policy),
            audience: known.map_or(terms.audience, |known| known.audience),
        };
        self.ledger.welcome(&terms.owner).await?;
        let sealed = self.seal(id, &grant)?;
        if self.ledger.link(&account, sealed).await? == Owned::Anothers {
            return Err(LinkError::Anothers { handle: account.handle });
        }
        info!(event = "account.linked", account.id = %id, network.id = network, "{} is linked for {}", account.handle, terms.owner.name);
        Ok(account)
    }

    /// A session for this account, with its grant renewed first when it is about to end.
    pub async fn open(&self, account: &Account) -> Result<Speaking, Trouble> {
        let network = self.network(&account.network)?;
        let grant = self.grant(account).await?;
        let now = self.clock.now();
        if grant.expires.is_some_and(|ends| ends <= now.plus(RENEW_BEFORE)) {
            match self.renew_from(account, Arc::clone(&network), &grant.access).await {
                // It could not be renewed for the moment, and holds for a moment still.
                Err(Trouble::Refused(Failure::Transient(_) | Failure::Unknown(_) | Failure::RateLimited { .. }))
                    if grant.expires.is_some_and(|ends| ends > now) => {}
                renewed => return renewed,
            }
        }
        let profile = self.profile(account, &*network).await?;
        Ok(self.speaking(account, network, profile, grant)?)
    }

    /// Writes down that only the person can help, and says so once; not when the account was linked anew meanwhile.
    pub async fn needs_relink(&self, account: &Account, why: &Why) -> Result<GrantNoted, StoreError> {
        let now = self.clock.now();
        let state = GrantState::NeedsRelink { since: now, said: why.quoted() };
        let notice = Notice {
            person: account.owner,
            about: About::of(account),
            at: now,
            news: News::NeedsRelink { said: why.quoted() },
        };
        let noted = self.ledger.note_grant_state(account, &state, Some(notice)).await?;
        if noted == GrantNoted::News {
            let (network, handle) = (account.network.as_str(), account.handle.as_str());
            warn!(event = "account.needs_relink",
                account.id = %account.id,
                network.id = network,
                "{handle} needs to be linked again: {why}. Its gigs wait; `gigcast link {network}` sends them on"
            );
        }
        Ok(noted)
    }

    /// Tells everyone whose link ends by itself within a week, once for each link and end, in the log and by notice.
    pub async fn tell_ends(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for account in self.ledger.accounts().await? {
            if account.grant != GrantState::Linked {
                continue;
            }
            let ends = match self.ends(&account).await {
                Ok(Some(ends)) => ends,
                Err(Trouble::Store(fault)) => return Err(fault),
                // A grant that cannot be opened says so when it is used.
                Ok(None) | Err(Trouble::Refused(_)) => continue,
            };
            if ends <= now || ends.since(now) > ENDS_SOON {
                continue;
            }
            let (network, handle, day) = (account.network.as_str(), account.handle.as_str(), day(ends));
            let notice =
                Notice { person: account.owner, about: About::of(&account), at: now, news: News::EndsSoon { ends } };
            if self.ledger.tell_end(account.id, notice, ends).await? == Told::Now {
                warn!(event = "grant.ends",
                    account.id = %account.id,
                    network.id = network,
                    ends = %ends,
                    "The link of {handle} ends on {day}, and only its person can renew it: `gigcast link {network}` before then"
                );
            }
        }
        Ok(())
    }

    /// What the account's server said of itself, asked for anew once a day; what it said before is good enough while it cannot be reached.
    pub(super) async fn profile(&self, account: &Account, network: &dyn Network) -> Result<Profile, Trouble> {
        let now = self.clock.now();
        let key = (account.network.clone(), account.server.clone());
        if let Some((profile, at)) = self.profiles.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && now.since(*at) < PROFILE_LIVES
        {
            return Ok(profile.clone());
        }
        let learning = network.learn(&*self.wire, &account.server);
        let profile = match requests::on(Purpose::Learn, &account.network, learning).await {
            Ok(profile) => {
                self.ledger.keep_profile(&account.server, &profile).await?;
                profile
            }
            Err(failure) => match self.ledger.profile(&account.network, &account.server).await? {
                Some(known) => {
                    debug!(
                        event = "profile.stale",
                        network.id = account.network.as_str(),
                        "{} did not say its limits anew, so the known ones hold: {failure}",
                        account.server
                    );
                    known
                }
                None => return Err(failure.into()),
            },
        };
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (profile.clone(), now));
        Ok(profile)
    }

    /// The profile as it was last learnt, without asking anyone.
    pub async fn known_profile(&self, account: &Account) -> Result<Profile, StoreError> {
        let key = (account.network.clone(), account.server.clone());
        if let Some((profile, _)) = self.profiles.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(profile.clone());
        }
        let kept = self.ledger.profile(&account.network, &account.server).await?;
        let base = || self.networks.get(&account.network).map(|network| network.profile().clone());
        Ok(kept.or_else(base).unwrap_or_else(|| Profile::unspoken(&account.network)))
    }

    pub(super) fn speaking(
        &self,
        account: &Account,
        network: Arc<dyn Network>,
        profile: Profile,
        grant: Grant,
    ) -> Result<Speaking, Failure> {
        let told = Arc::new(Mutex::new(None));
        let note = Arc::clone(&told);
        let answers = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&answers);
        let (stated, id) = (Arc::clone(&self.stated), account.id);
        let wire = self.wire_of(&account.server, &grant)?.on_answer(Arc::new(move |method, answer: &Response| {
            count.fetch_add(1, Ordering::AcqRel);
            if let Some(window) = window(method, answer) {
                stated.note(id, window, answer.received);
            }
            let mut told = note.lock().unwrap_or_else(PoisonError::into_inner);
            *told = binding(*told, answer);
        }));
        Ok(Speaking {
            network,
            account: account.clone(),
            profile,
            wire,
            access: grant.access,
            expires: grant.expires,
            told,
            answers,
        })
    }

    /// A wire that carries this grant to this server, and proves that it is ours where it is bound to a key.
    pub(super) fn wire_of(&self, server: &str, grant: &Grant) -> Result<SessionWire, Failure> {
        let wire = SessionWire::new(Arc::clone(&self.wire), server, grant.access.clone());
        match grant.authorized.as_ref().and_then(|authorized| authorized.dpop.as_ref()) {
            Some(key) => Ok(wire.bound(self.oauth.prover(key)?)),
            None => Ok(wire),
        }
    }

    pub(super) async fn grant(&self, account: &Account) -> Result<Grant, Trouble> {
        Ok(self.kept(account).await?.1)
    }

    /// The grant as it lies sealed in the store, and opened.
    pub(super) async fn kept(&self, account: &Account) -> Result<(Vec<u8>, Grant), Trouble> {
        let sealed = self
            .ledger
            .grant(account.id)
            .await?
            .ok_or_else(|| Failure::RelinkNeeded(Why::new(format!("no grant is kept for {}", account.handle))))?;
        // A record that cannot be opened is for the person to replace; the error says which.
        let open = self.vault.open(account.id, &sealed);
        let grant = open.map_err(|error| Failure::RelinkNeeded(Why::new(error.to_string())))?;
        Ok((sealed, grant))
    }

    pub(super) fn seal(&self, account: AccountId, grant: &Grant) -> Result<Vec<u8>, Trouble> {
        self.vault
            .seal(account, grant)
            .map_err(|error| Trouble::Refused(Failure::Transient(Why::new(error.to_string()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn answer(status: u16, limit: Option<u32>, remaining: Option<u32>, minutes: u64) -> Response {
        Response {
            status,
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            received: NOON,
            allowance: Some(Allowance { limit, remaining, reset: NOON.plus(Duration::from_mins(minutes)) }),
            retry_after: None,
            excerpt: String::new(),
            moved: None,
        }
    }

    #[test]
    fn what_an_answer_says_of_a_limit_is_shown_in_the_servers_own_numbers() {
        let said = |method, answer: &Response| window(method, answer).map(|said| (said.action, said.left));
        let left = |left, of| Left { left, of };
        let some = answer(200, Some(300), Some(299), 5);
        assert_eq!(said(Method::Get, &some), Some((Action::Request, left(299, 300))));
        assert_eq!(said(Method::Put, &some), Some((Action::Write, left(299, 300))));
        assert_eq!(said(Method::Delete, &some), Some((Action::Delete, left(299, 300))));
        assert_eq!(said(Method::Post, &answer(200, None, Some(7), 5)), Some((Action::Write, left(7, 7))));
        assert_eq!(
            said(Method::Get, &answer(200, Some(300), None, 5)),
            None,
            "a limit alone says nothing of what is left"
        );
        // A refusal outweighs whatever its headers say, and needs none.
        assert_eq!(said(Method::Get, &answer(429, Some(300), Some(12), 5)), Some((Action::Request, left(0, 300))));
        let bare = Response { allowance: None, ..answer(429, None, None, 5) };
        let said = window(Method::Post, &bare).unwrap();
        assert_eq!((said.left, said.until), (left(0, 0), NOON.plus(Duration::from_mins(1))));
    }

    #[test]
    fn an_empty_window_is_not_unsaid_by_the_answer_to_another_question() {
        let told = |answers: &[Response]| answers.iter().fold(None, binding).unwrap();
        let (empty, full) = (answer(200, Some(30), Some(0), 5), answer(200, Some(300), Some(299), 180));
        assert_eq!(told(&[full.clone(), empty.clone()]).remaining, Some(0));
        assert_eq!(told(&[empty.clone(), full.clone()]).remaining, Some(0));
        let longer = answer(200, Some(300), Some(0), 180);
        assert_eq!(
            [told(&[longer.clone(), empty.clone()]), told(&[empty.clone(), longer.clone()])],
            [longer.allowance.unwrap(); 2]
        );
        let over = Response { received: NOON.plus(Duration::from_mins(6)), ..full };
        assert_eq!(told(&[empty, over]).remaining, Some(299), "that window is over");
    }
}
