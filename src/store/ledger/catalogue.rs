//! Every kind of row there is: where it lies, what it holds, and whether it lets its reader in anywhere. What goes through all of a store goes by this.
//!
//! A test walks the layout's sub-spaces: one that is missing here fails it.

use super::Counter;
use super::access::{Avatar, Invite, SignIn};
use super::engagements::{LastSeen, Watched};
use super::evidence::Piece;
use super::gigs::{GigRecord, Named, RefusedItem, SourceState, Story};
use super::listings::Listing;
use super::notices::{EndTold, Unsent};
use super::people::TokenOwner;
use super::pushes::{Message, Subscription};
use super::restored::{Restored, SeenAgain};
use super::sealed::{Sealed, SealedClient, SealedWith};
use super::shelves::Filled;
use crate::engagement::{Engagement, Vouch};
use crate::outbox::{Announcement, Delivery, Lane};
use crate::person::{Account, Actor, Identity, Person};
use crate::post::Post;
use crate::profile::Profile;
use crate::store::layout::{Record, space};
use crate::store::migrate::StoreVersion;
use serde_json::Value;

/// One kind of row.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    space: u8,
    /// What follows in the key, where one sub-space holds several kinds.
    within: &'static [u8],
    pub shape: Shape,
    pub guarded: Guarded,
}

#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Says all it has to say by its key.
    Index,
    Record(Written),
    /// A part of a record that lies apart, which is read with its head.
    Part,
}

/// How a record of this kind is read and written, whatever its type.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub version: u8,
    /// From the bytes of a store.
    pub to_json: fn(&[u8]) -> Result<Value, String>,
    pub from_json: fn(Value) -> Result<Vec<u8>, String>,
}

/// Whether whoever has it may come in somewhere, or could once the vault's key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    No,
    Secret,
}

const fn record<R: Record>(name: &'static str, space: u8) -> Kind {
    let written = Written { version: R::VERSION, to_json: to_json::<R>, from_json: from_json::<R> };
    Kind { name, space, within: &[], shape: Shape::Record(written), guarded: Guarded::No }
}

const fn index(name: &'static str, space: u8) -> Kind {
    Kind { name, space, within: &[], shape: Shape::Index, guarded: Guarded::No }
}

const fn meta<R: Record>(name: &'static str, within: &'static [u8]) -> Kind {
    Kind { within, ..record::<R>(name, space::META) }
}

const fn secret(kind: Kind) -> Kind {
    Kind { guarded: Guarded::Secret, ..kind }
}

/// By their keys.
pub const KINDS: [Kind; 55] = [
    meta::<Counter>("epoch", b"epoch"),
    secret(meta::<Sealed>("push_key", b"push-key")),
    meta::<Restored>("restored", b"restored"),
    meta::<Filled>("shelves_filled", b"shelves"),
    secret(meta::<Sealed>("signing_key", b"signing-key")),
    meta::<StoreVersion>("store_version", b"store-version"),
    secret(meta::<SealedWith>("vault_key_next", b"vault-key-next")),
    secret(meta::<SealedWith>("vault_key", b"vault-key")),
    secret(meta::<Sealed>("instance_vouch_key", b"vouch-key")),
    Kind { shape: Shape::Part, ..index("part", space::PART) },
    index("litter", space::LITTER),
    Kind { within: &[1], ..record::<SeenAgain>("source_seen_again", space::KEEPING) },
    record::<Person>("person", space::PERSON),
    record::<Account>("account", space::ACCOUNT),
    secret(record::<Sealed>("grant", space::GRANT)),
    secret(record::<TokenOwner>("token", space::TOKEN)),
    record::<Profile>("profile", space::PROFILE),
    secret(record::<SealedClient>("client", space::CLIENT)),
    record::<Identity>("identity", space::IDENTITY),
    index("identity_of", space::IDENTITY_OF),
    secret(record::<Invite>("invite", space::INVITE)),
    secret(record::<SignIn>("sign_in", space::SIGN_IN)),
    record::<Avatar>("avatar", space::AVATAR),
    record::<Unsent>("notice", space::NOTICE),
    record::<EndTold>("end_told", space::END_TOLD),
    secret(record::<Sealed>("vouch_key", space::VOUCH_KEY)),
    record::<GigRecord>("gig", space::GIG),
    record::<Named>("alias", space::ALIAS),
    index("gig_by_time", space::GIG_BY_TIME),
    record::<Story>("story", space::STORY),
    record::<SourceState>("source", space::SOURCE),
    record::<RefusedItem>("refused", space::REFUSED),
    index("unplanned", space::UNPLANNED),
    index("shelf", space::SHELF),
    index("gig_of_poster", space::GIG_OF_POSTER),
    record::<Listing>("listed", space::LISTED),
    index("closing", space::CLOSING),
    record::<Subscription>("subscription", space::SUBSCRIPTION),
    record::<Message>("message", space::MESSAGE),
    index("message_by_time", space::MESSAGE_BY_TIME),
    record::<Announcement>("announcement", space::ANNOUNCEMENT),
    record::<Delivery>("delivery", space::DELIVERY),
    index("queue", space::QUEUE),
    record::<Lane>("lane", space::LANE),
    index("wake", space::WAKE),
    record::<Post>("post", space::POST),
    index("aside", space::ASIDE),
    index("watch", space::WATCH),
    record::<Watched>("watched", space::WATCHED),
    record::<Engagement>("engagement", space::ENGAGEMENT),
    record::<Actor>("actor", space::ACTOR),
    record::<Vouch>("vouch", space::VOUCH),
    record::<LastSeen>("deed", space::DEED),
    record::<Piece>("evidence", space::EVIDENCE),
    index("evidence_about", space::EVIDENCE_ABOUT),
];

impl Kind {
    /// The kind of the row at this key; nothing for one that no gigcast of this version writes.
    pub fn of(key: &[u8]) -> Option<&'static Self> {
        let (space, rest) = key.split_first()?;
        let is_it = |kind: &&Self| {
            let named = if kind.space == space::META { rest == kind.within } else { rest.starts_with(kind.within) };
            kind.space == *space && named
        };
        KINDS.iter().find(is_it)
    }

    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }
}

fn to_json<R: Record>(bytes: &[u8]) -> Result<Value, String> {
    let (record, rest) = postcard::take_from_bytes::<R>(bytes).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes stand behind its end", rest.len()));
    }
    serde_json::to_value(record).map_err(|error| error.to_string())
}

fn from_json<R: Record>(value: Value) -> Result<Vec<u8>, String> {
    let record: R = serde_json::from_value(value).map_err(|error| error.to_string())?;
    postcard::to_stdvec(&record).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sub_space_has_its_kind() {
        let layout = include_str!("../layout/mod.rs");
        let spaces: Vec<u8> = layout
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub(in crate::store) const "))
            .filter_map(|line| u8::from_str_radix(line.split_once("0x")?.1.trim_end_matches(';'), 16).ok())
            .collect();
        assert!(spaces.len() > 40, "the layout is read");
        for space in spaces {
            assert!(KINDS.iter().any(|kind| kind.space == space), "sub-space {space:#x} is missing");
        }
    }

    #[test]
    fn names_are_given_once_and_keys_find_their_kind() {
        for kind in &KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1, "{}", kind.name);
            let key = [&[kind.space], kind.within].concat();
            assert_eq!(Kind::of(&key).map(|kind| kind.name), Some(kind.name));
        }
        assert!(Kind::of(&[0xf0, 1]).is_none() && Kind::of(b"").is_none());
    }
}
