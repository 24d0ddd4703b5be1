//! What people did to our posts, and what follows from it.
//!
//! An [`Engagement`] is a fact: this actor reshared, quoted, answered or liked that post. A [`Vouch`] is a person's word for
//! another, read from what they wrote in public ([`vouch`]). A reshare is not a vouch, and a like is neither; each vouch cites the
//! post it was read from, and what is undone keeps a tombstone, so that reading it again does not bring it back to life.

pub mod vouch;
#[cfg(test)]
mod vouch_tests;

pub use vouch::{Mentioned, VouchWords, VouchWordsError, Vouched, read_vouches};

use crate::clock::Timestamp;
use crate::id::{AccountId, ActorId, EngagementId, GigId};
use crate::profile::EngagementKind;
use serde::{Deserialize, Serialize};

/// The longest excerpt of someone's words that is kept, in bytes: enough to recognise them, the rest is at the evidence.
pub const WORDS_BYTES: usize = 300;

/// One thing one actor did to one of our posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    pub id: EngagementId,
    pub gig: GigId,
    pub account: AccountId,
    pub kind: EngagementKind,
    pub actor: ActorId,
    /// When we first heard of it.
    pub first_seen: Timestamp,
    /// When the network says it happened; many do not.
    pub at: Option<Timestamp>,
    /// The address of the reply or quote itself, or of the reshare where the network gives it one.
    pub evidence: Option<String>,
    /// When it was found to be gone. The rest stays, so that it is known again.
    pub undone: Option<Timestamp>,
    /// How a reply or quote begins.
    pub words: Option<String>,
}

impl EngagementId {
    /// `post` is the address of the post of ours that it was done to (the receipt's `uri`).
    ///
    /// A post is reshared or liked once by one actor, so these are the same deed whether or not the network names an address for
    /// them; replies and quotes can be many, and each is told by its own.
    pub fn from_deed(post: &str, kind: EngagementKind, actor: ActorId, evidence: Option<&str>) -> Self {
        let own = match kind {
            EngagementKind::Reshare | EngagementKind::Like => None,
            EngagementKind::Reply | EngagementKind::Quote => evidence,
        };
        let own = own.unwrap_or_default();
        Self::of(&[post.as_bytes(), kind.word().as_bytes(), actor.as_bytes(), own.as_bytes()])
    }
}

/// The beginning of someone's words on one line, cut between letters.
pub fn excerpt(words: &str) -> Option<String> {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: String = line
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= WORDS_BYTES)
        .map(|(_, c)| c)
        .filter(|c| !c.is_control())
        .collect();
    (!kept.is_empty()).then_some(kept)
}

/// One person's word for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouch {
    pub by: ActorId,
    pub whom: ActorId,
    /// The gig under which it was said, and that gig's category: a vouch is for a kind of work.
    pub gig: GigId,
    pub category: Option<String>,
    /// 1: knows the work. 2: has worked with them. 3: would hire again. 0: taken back by its author, whatever the post says.
    pub level: u8,
    /// The address of the post it was read from.
    pub evidence: String,
    pub said: Timestamp,
    /// When the words were found to be gone, or someone asked to be forgotten.
    pub undone: Option<Timestamp>,
}

impl Vouch {
    const TAKEN_BACK: u8 = 0;
    pub const KNOWS_THE_WORK: u8 = 1;
    pub const WORKED_WITH: u8 = 2;
    pub const WOULD_HIRE_AGAIN: u8 = 3;

    /// Its author took it back here, so that this post vouches no more, however often it is read.
    #[must_use]
    pub fn taken_back(self, now: Timestamp) -> Self {
        Self { level: Self::TAKEN_BACK, undone: self.undone.or(Some(now)), ..self }
    }

    pub fn is_taken_back(&self) -> bool {
        self.level == Self::TAKEN_BACK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "https://social.example/users/acme/statuses/1";

    fn bo() -> ActorId {
        ActorId::from_uri("sample", "https://remote.example/users/bo")
    }

    #[test]
    fn a_reshare_is_one_deed_however_it_is_heard_of() {
        let id = |kind, evidence| EngagementId::from_deed(POST, kind, bo(), evidence);
        let address = Some("https://remote.example/reshares/9");
        assert_eq!(id(EngagementKind::Reshare, None), id(EngagementKind::Reshare, address));
        assert_ne!(id(EngagementKind::Reshare, None), id(EngagementKind::Like, None));
    }

    #[test]
    fn each_reply_is_a_deed_of_its_own() {
        let id = |evidence| EngagementId::from_deed(POST, EngagementKind::Reply, bo(), Some(evidence));
        assert_ne!(id("https://remote.example/1"), id("https://remote.example/2"));
        let elsewhere = EngagementId::from_deed("other", EngagementKind::Reply, bo(), Some("https://remote.example/1"));
        assert_ne!(id("https://remote.example/1"), elsewhere);
    }

    #[test]
    fn an_excerpt_is_one_short_line_cut_between_letters() {
        assert_eq!(excerpt(" two\n lines\u{7}").as_deref(), Some("two lines"));
        assert_eq!(excerpt(&format!("{}é", "x".repeat(WORDS_BYTES - 1))), Some("x".repeat(WORDS_BYTES - 1)));
        assert_eq!(excerpt("\n "), None);
    }

    #[test]
    fn an_engagement_and_a_vouch_read_back_as_they_were_stored() {
        let gig = GigId::of(&[b"g"]);
        let engagement = Engagement {
            id: EngagementId::from_deed(POST, EngagementKind::Quote, bo(), None),
            gig,
            account: AccountId::of(&[b"a"]),
            kind: EngagementKind::Quote,
            actor: bo(),
            first_seen: Timestamp::EPOCH,
            at: None,
            evidence: Some("https://remote.example/1".to_owned()),
            undone: Some(Timestamp::from_millis(5)),
            words: None,
        };
        let stored = postcard::to_stdvec(&engagement).unwrap();
        assert_eq!(postcard::from_bytes::<Engagement>(&stored).unwrap(), engagement);
        let vouch = Vouch {
            by: bo(),
            whom: ActorId::from_uri("sample", "cy"),
            gig,
            category: Some("design".to_owned()),
            level: Vouch::KNOWS_THE_WORK,
            evidence: "https://remote.example/1".to_owned(),
            said: Timestamp::EPOCH,
            undone: None,
        };
        let stored = postcard::to_stdvec(&vouch).unwrap();
        assert_eq!(postcard::from_bytes::<Vouch>(&stored).unwrap(), vouch);
    }
}
