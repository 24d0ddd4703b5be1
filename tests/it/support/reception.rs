//! A made-up daemon behind people's pages: it sends everyone to one server, and answers as the test says.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use gigcast::clock::Timestamp;
use gigcast::failure::{Failure, Why};
use gigcast::grants::{Answer, Begun, Finished, For, LinkError, Trouble, Unlinked};
use gigcast::id::{AccountId, PersonId};
use gigcast::outbox::LaneHold;
use gigcast::person::{Account, Actor, Identity, Person};
use gigcast::ports::{Asked, Asks, BoxFuture, Entered, FoundBy, Named, StoreError};
use gigcast::secret::Secret;
use gigcast::store::{Change, Ledger, Owned};
use gigcast::web::signed::{Offer, Posters};
use serde_json::Value;
use std::sync::Mutex;

/// What a browser began.
#[derive(Debug, Clone)]
pub struct Begin {
    pub network: String,
    pub named: Named,
    pub browser: Secret,
    /// Whom it links for; nobody when it signs in.
    pub owner: Option<Person>,
}

#[derive(Debug)]
pub struct Reception {
    ledger: Ledger,
    now: Timestamp,
    pub begun: Mutex<Vec<Begin>>,
    /// What was called, in order.
    pub told: Mutex<Vec<String>>,
    /// How the next beginning or typing fails.
    pub fails: Mutex<Option<LinkError>>,
    pub ends: Mutex<Option<Timestamp>>,
    pub document: Mutex<Option<Value>>,
    /// Who says what in public.
    pub posts: Mutex<Vec<(Actor, String)>>,
    /// How looking at what somebody says in public fails.
    pub unseen: Mutex<Option<Failure>>,
    /// Whether the servers that are asked what somebody says never answer.
    pub is_silent: Mutex<bool>,
}

/// What the server sends back: the code names the account, and the state is the place of the beginning.
pub fn callback(state: usize, handle: &str) -> String {
    format!("/link/callback?state={state}&code={}", handle.replace('@', "%40"))
}

impl Reception {
    pub fn new(ledger: Ledger, now: Timestamp) -> Self {
        Self {
            ledger,
            now,
            begun: Mutex::default(),
            told: Mutex::default(),
            fails: Mutex::default(),
            ends: Mutex::default(),
            document: Mutex::default(),
            posts: Mutex::default(),
            unseen: Mutex::default(),
            is_silent: Mutex::default(),
        }
    }

    fn note(&self, what: &str, account: &Account) {
        self.told.lock().unwrap().push(format!("{what} {}", account.handle));
    }

    async fn hold(&self, account: &Account, hold: Option<LaneHold>) -> Result<(), StoreError> {
        let mut turn = self.ledger.turn(account.id).await?;
        turn.lane.hold = hold;
        self.ledger.end_turn(&turn, Change::default()).await.map(drop)
    }

    async fn finished(
        &self,
        answer: Answer,
        browser: Option<Secret>,
        signed: Option<PersonId>,
    ) -> Result<Finished, LinkError> {
        let state = answer.state.ok_or(LinkError::NoState)?;
        if let Some(error) = answer.error {
            return Err(if error == "access_denied" { LinkError::Denied } else { LinkError::Refused { said: error } });
        }
        let begun = state.expose().parse().ok().and_then(|at: usize| self.begun.lock().unwrap().get(at).cloned());
        let begun = begun.ok_or(LinkError::UnknownState)?;
        if browser.as_ref() != Some(&begun.browser) {
            return Err(LinkError::OtherBrowser);
        }
        if begun.owner.as_ref().is_some_and(|owner| signed != Some(owner.id)) {
            return Err(LinkError::SignedOut);
        }
        if let Some(error) = self.fails.lock().unwrap().take() {
            return Err(error);
        }
        let handle = answer.code.unwrap().expose().to_owned();
        let id = AccountId::from_native("mastodon", "social.example", &handle);
        let known = self.ledger.identity(id).await?;
        let Some(owner) = begun.owner else {
            let person = match known {
                Some(known) => self.ledger.person(known.person).await?.unwrap(),
                None => Person::freelancer(id, &handle, self.now),
            };
            let identity = Identity {
                account: id,
                person: person.id,
                network: "mastodon".into(),
                server: "https://social.example".into(),
                native: handle.clone(),
                handle,
                url: "https://social.example/@x".into(),
                since: self.now,
            };
            self.ledger.know(&person, &identity).await?;
            return Ok(Finished::SignedIn(person));
        };
        let account = super::site::account(&owner, "mastodon", &handle);
        match self.ledger.link(&account, b"sealed".to_vec()).await? {
            Owned::Theirs => Ok(Finished::Linked(account)),
            Owned::Anothers => Err(LinkError::Anothers { handle }),
        }
    }
}

impl Posters for Reception {
    fn networks(&self) -> Vec<Offer> {
        let secret = |label| Asked { label, help: "Your server gives one." };
        vec![
            Offer {
                id: "bluesky".into(),
                name: "Bluesky".into(),
                asks: Asks {
                    name: Asked { label: "Your handle", help: "As in ann.bsky.social, or your own domain." },
                    found_by: FoundBy::Handle,
                    secret: secret("App password"),
                },
            },
            Offer {
                id: "mastodon".into(),
                name: "Mastodon".into(),
                asks: Asks {
                    name: Asked {
                        label: "Your server, or your handle there",
                        help: "As in social.example, or @ann@social.example.",
                    },
                    found_by: FoundBy::Server,
                    secret: secret("Access token"),
                },
            },
        ]
    }

    fn begin<'a>(
        &'a self,
        network: &'a str,
        named: &'a Named,
        purpose: For,
        browser: Secret,
    ) -> BoxFuture<'a, Result<Begun, Trouble>> {
        Box::pin(async move {
            match self.fails.lock().unwrap().take() {
                None => {}
                Some(LinkError::Trouble(trouble)) => return Err(trouble),
                Some(other) => return Err(Failure::Permanent(Why::new(other.words())).into()),
            }
            let owner = match purpose {
                For::SignIn => None,
                For::Link(person) | For::Relink(person, _) => Some(person),
            };
            let mut begun = self.begun.lock().unwrap();
            let url = format!("https://social.example/oauth/authorize?state={}&x=1", begun.len());
            begun.push(Begin { network: network.into(), named: named.clone(), browser, owner });
            Ok(Begun { url, server: "social.example".into(), attempt: Secret::new("") })
        })
    }

    fn finish(
        &self,
        answer: Answer,
        browser: Option<Secret>,
        signed: Option<PersonId>,
    ) -> BoxFuture<'_, Result<Finished, LinkError>> {
        Box::pin(self.finished(answer, browser, signed))
    }

    fn enter<'a>(
        &'a self,
        network: &'a str,
        entered: &'a Entered,
        owner: &'a Person,
    ) -> BoxFuture<'a, Result<Account, LinkError>> {
        Box::pin(async move {
            if let Some(error) = self.fails.lock().unwrap().take() {
                return Err(error);
            }
            let said =
                format!("enter {network} {:?} {:?} {}", entered.server, entered.identifier, entered.secret.expose());
            self.told.lock().unwrap().push(said);
            let account = super::site::account(owner, network, "@entered@social.example");
            self.ledger.link(&account, b"sealed".to_vec()).await?;
            Ok(account)
        })
    }

    fn unlink<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Unlinked, Trouble>> {
        Box::pin(async move {
            self.note("unlink", account);
            self.ledger.unlink(account, self.now).await?;
            Ok(Unlinked { revoked: true, dropped: 0, said: format!("{} is unlinked.", account.handle) })
        })
    }

    fn pause<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        self.note("pause", account);
        Box::pin(self.hold(account, Some(LaneHold::Paused)))
    }

    fn resume<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        self.note("resume", account);
        Box::pin(self.hold(account, None))
    }

    fn revised<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        self.note("revised", account);
        Box::pin(async { Ok(()) })
    }

    fn relay_ended<'a>(&'a self, account: &'a Account, _: PersonId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.note("relay ended", account);
        Box::pin(async { Ok(()) })
    }

    fn ends<'a>(&'a self, _: &'a Account) -> BoxFuture<'a, Result<Option<Timestamp>, Trouble>> {
        Box::pin(async { Ok(*self.ends.lock().unwrap()) })
    }

    fn says<'a>(
        &'a self,
        _: &'a str,
        named: &'a Named,
        words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        if *self.is_silent.lock().unwrap() {
            return Box::pin(std::future::pending());
        }
        if let Some(failure) = self.unseen.lock().unwrap().clone() {
            return Box::pin(async { Err(failure) });
        }
        let posts = self.posts.lock().unwrap();
        let found = posts.iter().find(|(actor, said)| actor.handle == named.identifier && said.contains(words));
        let found = found.map(|(actor, _)| actor.clone());
        Box::pin(async { Ok(found) })
    }

    fn client_document(&self) -> Option<Value> {
        self.document.lock().unwrap().clone()
    }

    fn keys(&self) -> Value {
        serde_json::json!({ "keys": [] })
    }
}
