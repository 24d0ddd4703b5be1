//! Every kind of row there is: where it lies, what it holds, and whether it lets its reader in anywhere. What goes through all of a store goes by this.
//!
//! A test walks the layout's sub-spaces: one that is missing here fails it.

use super::Counter;
use super::access::{Avatar, Invite, SignIn};
use super::communities::Invited;
use super::engagements::{LastSeen, Watched};
use super::evidence::Piece;
use super::forgetting::{Proof, Wished};
use super::gigs::{GigRecord, Named, RefusedItem, SourceState, Story};
use super::hires::Hire;
use super::imports::{Import, KnownIssuer};
use super::listings::Listing;
use super::notices::{EndTold, Unsent};
use super::people::TokenOwner;
use super::pushes::{Message, Subscription};
use super::referrals::Whose;
use super::restored::{Restored, SeenAgain};
use super::retention::{Removed, Round};
use super::sealed::{Sealed, SealedClient, SealedWith};
use super::shelves::Filled;
use super::sights::Sight;
use super::statements::{FeedAddress, Statements};
use super::switches::Switch;
use super::unreshare::ToUnreshare;
use crate::community::{Community, Member};
use crate::engagement::{Engagement, Vouch};
use crate::outbox::{Announcement, Delivery, Lane};
use crate::person::{Account, Actor, Identity, Person};
use crate::plan::relay::Relay;
use crate::post::Post;
use crate::profile::Profile;
use crate::referral::Interest;
use crate::store::layout::Record;
use crate::store::migrate::StoreVersion;
use serde_json::Value;

/// Where what there is only one of lies, by its name.
const META: u8 = 0x01;

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
    Kind { within, ..record::<R>(name, 0x01) }
}

const fn secret(kind: Kind) -> Kind {
    Kind { guarded: Guarded::Secret, ..kind }
}

/// By their keys.
pub const KINDS: [Kind; 86] = [
    meta::<Filled>("by_actor_filled", b"by-actor"),
    meta::<Counter>("epoch", b"epoch"),
    secret(meta::<Sealed>("push_key", b"push-key")),
    meta::<Restored>("restored", b"restored"),
    meta::<Round>("retention", b"retention"),
    meta::<Filled>("shelf_of_all_filled", b"shelf-of-all"),
    meta::<Filled>("shelves_filled", b"shelves"),
    secret(meta::<Sealed>("signing_key", b"signing-key")),
    meta::<StoreVersion>("store_version", b"store-version"),
    secret(meta::<SealedWith>("vault_key_next", b"vault-key-next")),
    secret(meta::<SealedWith>("vault_key", b"vault-key")),
    secret(meta::<Sealed>("instance_vouch_key", b"vouch-key")),
    Kind { shape: Shape::Part, ..index("part", 0x02) },
    index("litter", 0x03),
    Kind { within: &[1], ..record::<SeenAgain>("source_seen_again", 0x04) },
    record::<Switch>("switch", 0x05),
    record::<Person>("person", 0x10),
    record::<Account>("account", 0x11),
    secret(record::<Sealed>("grant", 0x12)),
    secret(record::<TokenOwner>("token", 0x13)),
    record::<Profile>("profile", 0x14),
    secret(record::<SealedClient>("client", 0x15)),
    record::<Identity>("identity", 0x16),
    index("identity_of", 0x17),
    secret(record::<Invite>("invite", 0x18)),
    secret(record::<SignIn>("sign_in", 0x19)),
    record::<Avatar>("avatar", 0x1a),
    record::<Unsent>("notice", 0x1b),
    record::<EndTold>("end_told", 0x1c),
    secret(record::<Sealed>("vouch_key", 0x1d)),
    record::<Statements>("statements", 0x1e),
    secret(Kind { within: &[0], ..record::<FeedAddress>("feed_address", 0x1f) }),
    secret(Kind { within: &[1], ..record::<FeedAddress>("feed_address_of", 0x1f) }),
    record::<GigRecord>("gig", 0x20),
    record::<Named>("alias", 0x21),
    index("gig_by_time", 0x22),
    record::<Story>("story", 0x23),
    record::<SourceState>("source", 0x24),
    record::<RefusedItem>("refused", 0x25),
    index("unplanned", 0x26),
    index("shelf", 0x27),
    index("gig_of_poster", 0x28),
    record::<Listing>("listed", 0x29),
    index("closing", 0x2a),
    record::<Subscription>("subscription", 0x2b),
    record::<Message>("message", 0x2c),
    index("message_by_time", 0x2d),
    record::<Removed>("removed", 0x2e),
    record::<Announcement>("announcement", 0x30),
    record::<Delivery>("delivery", 0x31),
    index("queue", 0x32),
    record::<Lane>("lane", 0x33),
    index("wake", 0x34),
    record::<Post>("post", 0x35),
    index("aside", 0x36),
    index("watch", 0x40),
    record::<Watched>("watched", 0x41),
    record::<Engagement>("engagement", 0x42),
    record::<Actor>("actor", 0x43),
    record::<Vouch>("vouch", 0x44),
    record::<LastSeen>("deed", 0x45),
    record::<Piece>("evidence", 0x46),
    index("evidence_about", 0x47),
    Kind { within: &[0], ..record::<Hire>("hire", 0x48) },
    Kind { within: &[1], ..index("hire_of", 0x48) },
    index("circle_shown", 0x49),
    record::<Counter>("visits", 0x4a),
    Kind { within: &[0], ..record::<Interest>("interest", 0x4b) },
    Kind { within: &[1], ..index("interest_by_time", 0x4b) },
    record::<Whose>("own_link", 0x4c),
    Kind { within: &[0], ..record::<Relay>("relay", 0x4d) },
    Kind { within: &[1], ..index("relay_of", 0x4d) },
    Kind { within: &[2], ..record::<ToUnreshare>("to_unreshare", 0x4d) },
    record::<Wished>("wish", 0x4e),
    Kind { within: &[0], ..record::<Import>("imported_vouch", 0x4f) },
    Kind { within: &[1], ..record::<KnownIssuer>("known_issuer", 0x4f) },
    secret(record::<Proof>("proof", 0x50)),
    record::<Community>("community", 0x51),
    record::<Member>("member", 0x52),
    index("membership", 0x53),
    record::<Invited>("invited", 0x54),
    index("to_relay", 0x55),
    index("original", 0x56),
    record::<Sight>("import_seen", 0x57),
    index("taken_back", 0x58),
    index("by_actor", 0x59),
];

impl Kind {
    /// The kind of the row at this key; nothing for one that no gigcast of this version writes.
    pub fn of(key: &[u8]) -> Option<&'static Self> {
        let (space, rest) = key.split_first()?;
        let is_it = |kind: &&Self| {
            let named = if kind.space == META { rest == kind.within } else { rest.starts_with(kind.within) };
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
            .filter_map(|line| line.trim().strip_prefix("pub(super) const "))
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
