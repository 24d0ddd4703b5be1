//! A vouch as a credential: made of what is known here, and read from what strangers bring.

use super::did::{Did, WebDid};
use super::fields::{Fields, time_text};
use super::id::CredentialId;
use super::instance::published_key;
use super::jcs::{Json, Object, canonical, object, parse};
use super::key::SigningKey;
use super::party::{Party, is_web_address};
use super::proof::{self, Proof};
use super::refused::Refused;
use crate::clock::Timestamp;
use std::str::FromStr;
use std::time::Duration;

/// A vouch has some 1,200 bytes; addresses may be long.
pub const MOST_BYTES: usize = 8 * 1024;
pub const MEDIA_TYPE: &str = "application/vc";

const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
const VOCABULARY: &str = "https://gigcast.example/ns#";
/// How far another's clock may be ahead of ours.
const CLOCKS_APART: Duration = Duration::from_mins(5);
const CATEGORY_BYTES: usize = 80;
/// The two fields that only a witness adds.
const SEEN: [&str; 2] = ["by", "post"];

/// How much somebody puts their name behind it. The number stands in the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    KnowsTheWork = 1,
    WorkedWith = 2,
    WouldHireAgain = 3,
}

/// What it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// A gig that the issuer gave them.
    Hired,
    /// Work side by side.
    Worked,
    /// The issuer's word alone, in a post or on a page.
    Word,
}

/// What an instance says that it saw: whose word it is, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub by: Party,
    pub post: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouch {
    pub issuer: Did,
    pub subject: Party,
    /// A slug, `design` or `design/illustration`; not every instance has the same ones.
    pub category: String,
    pub level: Level,
    pub basis: Basis,
    /// In whole seconds; the rest is cut off when it is written.
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    /// Nothing where the issuer speaks for itself.
    pub seen: Option<Seen>,
}

/// A vouch under the id by which it is known again, wherever it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub vouch: Vouch,
}

impl Vouch {
    /// Under an id made of what it says: the same whenever it is exported, and another once it says something else.
    pub fn into_credential(self) -> Credential {
        let (issuer, from) = (self.issuer.to_string(), time_text(self.valid_from));
        let (by, post) = self.seen.as_ref().map_or(("", ""), |seen| (seen.by.as_str(), seen.post.as_str()));
        let level = [self.level as u8];
        let texts = [&issuer, self.subject.as_str(), &self.category, self.basis.word(), &from, by, post];
        let mut parts = texts.map(str::as_bytes).to_vec();
        parts.push(&level);
        Credential { id: CredentialId::of(&parts), vouch: self }
    }

    fn holds_at(&self, now: Timestamp) -> Result<(), Refused> {
        if self.valid_from > now.plus(CLOCKS_APART) {
            return Err(Refused::NotYetValid { from: self.valid_from });
        }
        if self.valid_until < now {
            return Err(Refused::Expired { until: self.valid_until });
        }
        Ok(())
    }
}

impl Credential {
    /// The signed document, in its canonical form. What we would refuse from others is not signed either.
    pub fn sign(&self, key: &SigningKey, created: Timestamp) -> Result<String, Refused> {
        let method = self.vouch.issuer.method(&key.public());
        let signed = canonical(&proof::sign(self.document(), &method, created, key));
        Presented::read(signed.as_bytes()).map(|_| signed)
    }

    /// Without a proof.
    fn document(&self) -> Object {
        let mut vouch = object([
            ("type", Json::text("Vouch")),
            ("category", Json::text(&self.vouch.category)),
            ("level", Json::Number(self.vouch.level as i64)),
            ("basis", Json::text(self.vouch.basis.word())),
        ]);
        if let Some(seen) = &self.vouch.seen {
            let own = [seen.by.as_str(), &seen.post].map(Json::text);
            vouch.extend(SEEN.map(str::to_owned).into_iter().zip(own));
        }
        let subject = [("id", Json::text(self.vouch.subject.as_str())), ("vouch", Json::Object(vouch))];
        object([
            ("@context", contexts()),
            ("id", Json::text(self.id.to_string())),
            ("type", kinds()),
            ("issuer", Json::text(self.vouch.issuer.to_string())),
            ("validFrom", Json::text(time_text(self.vouch.valid_from))),
            ("validUntil", Json::text(time_text(self.vouch.valid_until))),
            ("credentialSubject", Json::object(subject)),
        ])
    }
}

fn contexts() -> Json {
    Json::List(vec![Json::text(CREDENTIALS), Json::object([("@vocab", Json::text(VOCABULARY))])])
}

fn kinds() -> Json {
    Json::List(vec![Json::text("VerifiableCredential"), Json::text("VouchCredential")])
}

impl Level {
    fn of(number: &Json) -> Option<Self> {
        [Self::KnowsTheWork, Self::WorkedWith, Self::WouldHireAgain]
            .into_iter()
            .find(|level| *number == Json::Number(*level as i64))
    }
}

impl Basis {
    pub fn word(self) -> &'static str {
        match self {
            Self::Hired => "hired",
            Self::Worked => "worked",
            Self::Word => "word",
        }
    }
}

impl FromStr for Basis {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Hired, Self::Worked, Self::Word].into_iter().find(|basis| basis.word() == text).ok_or(())
    }
}

/// A vouch that somebody shows us, of the right shape and not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    credential: Credential,
    proof: Proof,
}

impl Presented {
    /// Reads the shape, in full: a field more or less is another document than the one whose meaning we know.
    pub fn read(document: &[u8]) -> Result<Self, Refused> {
        if document.len() > MOST_BYTES {
            return Err(Refused::TooBig { bytes: document.len(), most: MOST_BYTES });
        }
        let Json::Object(mut document) = parse(document)? else {
            return Err(Refused::Field { field: "the document".to_owned(), wanted: "one object" });
        };
        let proof = Proof::taken_from(&mut document)?;
        let credential = credential_in(document)?;
        let issuer = &credential.vouch.issuer;
        let key = proof.key_of(issuer)?;
        match issuer {
            Did::Key(own) if key != own.multikey() => Err(Refused::Issuer),
            _ => Ok(Self { credential, proof }),
        }
    }

    /// What it says, which nobody may believe yet: whether its issuer is worth asking is seen by it.
    pub fn claims(&self) -> &Vouch {
        &self.credential.vouch
    }

    pub fn issuer(&self) -> &Did {
        &self.credential.vouch.issuer
    }

    /// The host whose document ([`WebDid::document_url`]) [`Presented::verify`] has to be given. A `did:key` needs none.
    pub fn asks_for(&self) -> Option<&WebDid> {
        match self.issuer() {
            Did::Web(host) => Some(host),
            Did::Key(_) => None,
        }
    }

    /// What it says, when the signature is the issuer's and it holds `now`. `published` is what the issuer's host answered.
    pub fn verify(self, published: Option<&[u8]>, now: Timestamp) -> Result<Credential, Refused> {
        let key = match self.issuer() {
            Did::Key(key) => *key,
            Did::Web(host) => published_key(published.ok_or(Refused::Issuer)?, host, &self.proof.method)?,
        };
        self.proof.verify(&key)?;
        self.credential.vouch.holds_at(now)?;
        if self.proof.created > now.plus(CLOCKS_APART) {
            return Err(Refused::NotYetValid { from: self.proof.created });
        }
        Ok(self.credential)
    }
}

fn credential_in(document: Object) -> Result<Credential, Refused> {
    let mut whole = Fields::of("", document);
    if whole.any("@context")? != contexts() {
        return Err(Refused::Context("@context"));
    }
    if whole.any("type")? != kinds() {
        return Err(Refused::Type);
    }
    let mut subject = Fields::of("credentialSubject.", whole.object("credentialSubject")?);
    let mut said = Fields::of("credentialSubject.vouch.", subject.object("vouch")?);
    if said.text("type")? != "Vouch" {
        return Err(Refused::Type);
    }
    let level = said.any("level")?;
    let id = whole.parsed("id", "urn:uuid: and a UUID in lower case")?;
    let vouch = Vouch {
        issuer: whole.parsed("issuer", "did:key with an Ed25519 key, or did:web with a host in lower case")?,
        subject: subject.parsed("id", "a DID, or an address that begins with https://")?,
        category: said.text("category")?,
        level: Level::of(&level).ok_or_else(|| said.wrong("level", "1, 2 or 3"))?,
        basis: said.parsed("basis", "hired, worked or word")?,
        valid_from: whole.time("validFrom")?,
        valid_until: whole.time("validUntil")?,
        seen: seen_in(&mut said)?,
    };
    if !is_slug(&vouch.category) {
        return Err(said.wrong("category", "a slug, as in design/illustration"));
    }
    if vouch.valid_until <= vouch.valid_from {
        return Err(whole.wrong("validUntil", "later than validFrom"));
    }
    if vouch.subject.as_str() == vouch.issuer.to_string() || vouch.seen.as_ref().is_some_and(|s| s.by == vouch.subject)
    {
        return Err(Refused::OwnWord);
    }
    // An instance without a public address signs by its key alone. Below a host's path stands somebody there, who is no instance.
    let may_be_an_instance = match &vouch.issuer {
        Did::Key(_) => true,
        Did::Web(host) => host.is_whole_host(),
    };
    if vouch.seen.is_some() && !may_be_an_instance {
        return Err(said.wrong("by", "left out: only an instance says what it saw of others"));
    }
    said.end()?;
    subject.end()?;
    whole.end()?;
    Ok(Credential { id, vouch })
}

/// Both or neither.
fn seen_in(said: &mut Fields) -> Result<Option<Seen>, Refused> {
    let [by, post] = SEEN;
    let Some(written) = said.if_there(by) else { return Ok(None) };
    let Json::Text(written) = written else { return Err(said.wrong(by, "a text")) };
    let by = written.parse().map_err(|_| said.wrong(by, "a DID, or an address that begins with https://"))?;
    let address = said.text(post)?;
    if address.len() > MOST_BYTES / 4 || !is_web_address(&address) {
        return Err(said.wrong(post, "the address of the post, beginning with https://"));
    }
    Ok(Some(Seen { by, post: address }))
}

/// One or two words of a category.
fn is_slug(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= CATEGORY_BYTES && text.split('/').count() <= 2 && text.split('/').all(is_word)
}
