//! What the operator has switched off, beyond one account: a network, a host, a source, or everything; with the reason, who and when.
//!
//! A switch is one record and holds from the moment it is durable: whoever is about to speak to a network, or to look at a source, asks
//! here. So it survives a restart by itself, and nothing in the queues is touched by it. Of an account that is paused its lane says
//! so, and its switch merely keeps the reason.

use super::Ledger;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::outbox::{Lane, LaneHold};
use crate::person::{Account, GrantState};
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Key, Record};
use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

/// Something that is paused, since when, and what is known of why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    pub of: SwitchOf,
    pub since: Timestamp,
    /// Who switched it off, as far as they said.
    pub by: Option<String>,
    pub why: Option<String>,
}

/// What is switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchOf {
    /// All that gigcast sends, looks at and reads back.
    All,
    /// By its id.
    Network(String),
    /// By its name, with or without a port: accounts on it, and sources at it.
    Host(String),
    /// By its name in the configuration.
    Source(String),
    Account(AccountId),
}

impl Record for Switch {
    const VERSION: u8 = 1;
}

impl SwitchOf {
    /// Whether nothing may be said or read through this account. Of one that is paused by itself its lane says so.
    pub fn holds(&self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Network(network) => account.network == *network,
            Self::Host(host) => is_at(host, &account.server),
            Self::Source(_) | Self::Account(_) => false,
        }
    }

    /// Whether a source of this name, at this address when it is at another host, is not looked at.
    pub fn shuts(&self, source: &str, address: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Source(name) => name.eq_ignore_ascii_case(source),
            Self::Host(host) => address.is_some_and(|address| is_at(host, address)),
            Self::Network(_) | Self::Account(_) => false,
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::All => layout::switch("all", b""),
            Self::Network(name) => layout::switch("network", name.as_bytes()),
            Self::Host(name) => layout::switch("host", name.to_lowercase().as_bytes()),
            Self::Source(name) => layout::switch("source", name.to_lowercase().as_bytes()),
            Self::Account(id) => layout::switch("account", id.as_bytes()),
        }
    }
}

/// What keeps everything of an account from leaving, whatever is due; nothing where only times count. It is decided here alone, for what is about to
/// leave and for what is foretold. What its lane says goes first: a person who paused it is not overruled.
pub fn held_by(account: &Account, lane: &Lane, switches: &[Switch]) -> Option<LaneHold> {
    let is_dead = account.grant != GrantState::Linked;
    let is_switched = || switches.iter().any(|switch| switch.of.holds(account));
    let found = || if is_dead { Some(LaneHold::Relink) } else { is_switched().then_some(LaneHold::Switched) };
    lane.hold.or_else(found)
}

/// As the subject of a sentence.
impl fmt::Display for SwitchOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("Everything"),
            Self::Network(name) => write!(f, "The network {name}"),
            Self::Host(name) => write!(f, "The host {name}"),
            Self::Source(name) => write!(f, "The source {name}"),
            Self::Account(id) => write!(f, "The account {id}"),
        }
    }
}

fn is_at(host: &str, address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return host.eq_ignore_ascii_case(address) };
    let Some(name) = url.host_str() else { return false };
    let with_port = url.port_or_known_default().map(|port| format!("{name}:{port}"));
    host.eq_ignore_ascii_case(name) || with_port.is_some_and(|whole| host.eq_ignore_ascii_case(&whole))
}

impl Ledger {
    /// All that is switched off: none, or a few.
    pub async fn switches(&self) -> Result<Vec<Switch>, StoreError> {
        self.list(&layout::switches(), usize::MAX).await
    }

    /// The lane of an account as its next turn finds it: with what is paused beyond it, though no turn has met that yet. For whoever tells of it; a turn
    /// reads the lane as it is written.
    pub async fn lane_of(&self, account: &Account) -> Result<Lane, StoreError> {
        let mut lane = self.turn(account.id).await?.lane;
        lane.hold = held_by(account, &lane, &self.switches().await?);
        lane.wake = lane.wake.filter(|_| lane.hold.is_none());
        Ok(lane)
    }

    /// It is off when this answers. Off already: the newer reason takes the place of the older.
    pub async fn switch_off(&self, switch: &Switch) -> Result<(), StoreError> {
        let (key, mut batch) = (switch.of.key(), Batch::default());
        let old = self.store.get(&key).await?;
        layout::put(&mut batch, key, switch, old.as_ref());
        self.store.commit(batch).await.map(drop)
    }

    /// Answers what was off, when it was.
    pub async fn switch_on(&self, of: &SwitchOf) -> Result<Option<Switch>, StoreError> {
        let key = of.key();
        let Some(read) = self.read::<Switch>(&key).await? else { return Ok(None) };
        let mut batch = Batch::default();
        layout::remove(&mut batch, key, Some(&read.head));
        self.store.commit(batch).await?;
        Ok(Some(read.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    #[test]
    fn a_host_is_known_with_and_without_its_port_and_is_no_part_of_another() {
        for (host, address, is) in [
            ("social.example", "https://social.example", true),
            ("Social.Example", "https://social.example/feed.xml", true),
            ("social.example:443", "https://social.example", true),
            ("127.0.0.1:81", "http://127.0.0.1:82", false),
            ("127.0.0.1", "http://127.0.0.1:82", true),
            ("example", "https://social.example", false),
            ("social.example", "https://social.example.evil.example", false),
        ] {
            assert_eq!(is_at(host, address), is, "{host} {address}");
        }
    }

    #[test]
    fn a_pause_of_any_reach_holds_an_account_and_a_person_is_awaited_before_it() {
        let account = samples::account("1");
        let switch = |of| Switch { of, since: samples::NOW, by: None, why: None };
        let held = |lane: &Lane, account: &Account, of: &[SwitchOf]| {
            held_by(account, lane, &of.iter().cloned().map(switch).collect::<Vec<_>>())
        };
        let lane = Lane::new(account.id);
        let host = Url::parse(&account.server).unwrap().host_str().unwrap().to_owned();
        for of in [SwitchOf::All, SwitchOf::Network(account.network.clone()), SwitchOf::Host(host)] {
            assert_eq!(held(&lane, &account, std::slice::from_ref(&of)), Some(LaneHold::Switched), "{of}");
        }
        let elsewhere =
            [SwitchOf::Network("other".into()), SwitchOf::Host("other".into()), SwitchOf::Source("desk".into())];
        assert_eq!((held(&lane, &account, &elsewhere), held(&lane, &account, &[])), (None, None));
        let dead = Account { grant: GrantState::Revoked { since: samples::NOW }, ..account.clone() };
        assert_eq!(held(&lane, &dead, &[SwitchOf::All]), Some(LaneHold::Relink));
        let paused = Lane { hold: Some(LaneHold::Paused), ..lane };
        assert_eq!(held(&paused, &account, &[SwitchOf::All]), Some(LaneHold::Paused));
    }

    #[test]
    fn a_switch_holds_what_it_names_and_nothing_else() {
        let feed = Some("https://jobs.example/feed.xml");
        assert!(SwitchOf::All.shuts("desk", None) && SwitchOf::Source("Desk".into()).shuts("desk", None));
        assert!(SwitchOf::Host("jobs.example".into()).shuts("jobs", feed));
        assert!(!SwitchOf::Host("jobs.example".into()).shuts("desk", None));
        assert!(!SwitchOf::Host("desk.example".into()).shuts("jobs", feed));
        assert!(!SwitchOf::Network("mastodon".into()).shuts("desk", feed));
    }
}
