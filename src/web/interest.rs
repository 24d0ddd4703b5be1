//! "I'm interested": somebody tells a gig's poster that they would do it, from the gig's own page, signed in or not; and takes it back.
//!
//! Each form carries a random word of its own. By it the same form sent twice is one interest, and whoever was not signed in takes theirs back at an
//! address with that word: no cookie is needed. The word itself is not kept, only what follows from it.

use super::filled::Filled;
use super::page::{self, Frame, Next};
use super::referred::{by, via};
use super::signed::{Sender, SignedIn, go, tell};
use super::visitor::{Look, Visitor};
use super::words::Moment;
use super::{Public, Shared};
use crate::gig::{Gig, Status};
use crate::id::{Code, GigId, InterestId};
use crate::notice::{About, News, Notice};
use crate::ports::StoreError;
use crate::redact;
use crate::referral::{Interest, MESSAGE, NAME, REACH};
use crate::store::InterestKept;
use crate::vault::random_token;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tracing::{error, info};

/// The longest form: every sign of it written as twelve.
pub const FORM_BYTES: usize = 32 * 1024;
/// Letters in the word of a form.
const ONCE: usize = 64;

/// The form, empty or as it was sent.
#[derive(Debug, Default)]
pub struct Asked {
    pub action: String,
    pub once: String,
    pub code: String,
    pub name: String,
    pub reach: String,
    pub message: String,
    /// Who is signed in; their name is not asked for.
    pub signed: Option<String>,
    pub wrong_name: &'static str,
    pub wrong_reach: &'static str,
    pub wrong_message: String,
}

/// What a gig's page holds for whoever might do it.
#[derive(Debug)]
pub enum Interested {
    Form(Box<Asked>),
    /// Whoever is signed in has said so before.
    Said(Moment),
}

/// What a gig's page holds for whoever passes it on.
#[derive(Debug)]
pub struct OwnLink {
    pub action: String,
    /// Nothing until they make it.
    pub address: Option<String>,
}

#[derive(Template)]
#[template(path = "interest.html")]
struct Page {
    frame: Frame,
    title: String,
    gig: String,
    asked: Asked,
}

#[derive(Template)]
#[template(path = "interest_sent.html")]
struct Sent {
    frame: Frame,
    title: String,
    gig: String,
    name: String,
    reach: String,
    message: String,
    when: Moment,
    action: String,
}

#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    once: String,
    #[serde(default, rename = "v")]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reach: String,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Deserialize)]
pub struct Wanted {
    link: String,
}

/// For the page of an open gig: the form, or that it has been sent. The poster of the gig is not asked.
pub async fn of_page(
    public: &Public,
    visitor: &Visitor,
    gig: &Gig,
    code: &str,
) -> Result<Option<Interested>, StoreError> {
    let signed = visitor.signed.as_ref().map(|signed| &signed.person);
    if gig.status != Status::Open || signed.is_some_and(|person| person.id == gig.poster) {
        return Ok(None);
    }
    let mut asked = Asked {
        action: format!("{}/g/{}/interest", visitor.root, gig.id),
        code: code.to_owned(),
        signed: signed.map(|person| person.name.clone()),
        ..Asked::default()
    };
    if let Some(person) = signed {
        if let Some(said) = public.ledger.interest(gig.id, InterestId::from_person(gig.id, person.id)).await? {
            return Ok(Some(Interested::Said(Moment::new(said.at, public.clock.now()))));
        }
        let known = public.ledger.identities_of(person.id).await?;
        asked.reach = known.into_iter().next().map(|identity| identity.handle).unwrap_or_default();
    }
    match random_token("") {
        Ok(word) => word.expose().clone_into(&mut asked.once),
        Err(fault) => {
            error!(event = "web.fault", "The system gave no random bytes: {fault}");
            return Ok(None);
        }
    }
    Ok(Some(Interested::Form(Box::new(asked))))
}

/// For whoever is signed in on the page of an open gig.
pub async fn own_link(public: &Public, visitor: &Visitor, gig: &Gig) -> Result<Option<OwnLink>, StoreError> {
    let Some(signed) = visitor.signed.as_ref().filter(|_| gig.status == Status::Open) else { return Ok(None) };
    let code = Code::personal(gig.id, signed.person.id);
    let is_made = public.ledger.whose_link(gig.id, &code).await?.is_some();
    Ok(Some(OwnLink {
        action: format!("{}/g/{}/link", visitor.root, gig.id),
        address: is_made.then(|| format!("{}/g/{}?v={code}", visitor.base, gig.id)),
    }))
}

/// Takes an interest in, once for each form and for each person.
pub async fn send(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    sender: Sender,
    Path(id): Path<String>,
    Filled(typed): Filled<Typed>,
) -> Response {
    taken(&public, &visitor, signed, sender, &id, typed)
        .await
        .unwrap_or_else(|fault| page::unreadable(&visitor, &fault))
}

async fn taken(
    public: &Public,
    visitor: &Visitor,
    signed: Option<SignedIn>,
    sender: Sender,
    id: &str,
    typed: Typed,
) -> Result<Response, StoreError> {
    let Some(gig) = gig(public, id).await? else { return Ok(no_gig(visitor)) };
    let back = |label| Next { label, address: format!("{}/g/{}", visitor.root, gig.id) };
    let answer =
        |status, title: &str, words: &str| page::notice_leading(visitor, status, title, words, back("Back to the gig"));
    let now = public.clock.now();
    if gig.status != Status::Open {
        return Ok(answer(StatusCode::CONFLICT, "This gig has ended", "It ended meanwhile, so nobody was told."));
    }
    if let Some(answer) = page::unwritable(public, visitor) {
        return Ok(answer);
    }
    let person = signed.map(|signed| signed.person);
    let is_word = typed.once.len() == ONCE && typed.once.bytes().all(|b| b.is_ascii_hexdigit());
    if person.is_none() && !is_word {
        let words = "The form is not whole, so nobody was told. Open the gig again and send it from there.";
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, "Nobody was told", words));
    }
    let asked = checked(visitor, &gig, person.as_ref().map(|person| person.name.clone()), typed);
    if !(asked.wrong_name.is_empty() && asked.wrong_reach.is_empty() && asked.wrong_message.is_empty()) {
        let frame = Frame::new(visitor, "Something is missing");
        let page = Page { frame, title: gig.terms.title.clone(), gig: gig.id.to_string(), asked };
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let interest = Interest {
        id: person
            .as_ref()
            .map_or_else(|| of_word(gig.id, &asked.once), |person| InterestId::from_person(gig.id, person.id)),
        gig: gig.id,
        person: person.as_ref().map(|person| person.id),
        name: asked.name,
        reach: asked.reach,
        message: asked.message,
        via: via(public, gig.id, Some(&asked.code)).await?,
        at: now,
    };
    // The same form once more is answered as it was, and sends nothing.
    if public.ledger.interest(gig.id, interest.id).await?.is_none()
        && let Some(answer) = tell(public, visitor, sender)
    {
        return Ok(answer);
    }
    let came = by(&public.ledger, interest.via).await?;
    let notice = Notice {
        person: gig.poster,
        about: About::Gig { id: gig.id, title: gig.terms.title.clone() },
        at: now,
        news: News::Interested { interest: interest.clone(), by: came.clone() },
    };
    match public.ledger.keep_interest(&interest, notice).await? {
        InterestKept::New => {
            // Who it is, and how they are reached, is for the poster alone.
            info!(event = "interest.sent", gig.id = %gig.id, "Somebody is interested in {}, and came by {came}", gig.id);
        }
        InterestKept::Before => {}
        InterestKept::Full => {
            let words = "So many people have said that they are interested that no more are taken here. The poster's own page to \
                         apply at is open still.";
            return Ok(answer(StatusCode::CONFLICT, "Too many are interested", words));
        }
    }
    let place = if person.is_some() {
        format!("/g/{}#interest", gig.id)
    } else {
        format!("/g/{}/interest/{}", gig.id, asked.once)
    };
    Ok(go(public, &place))
}

fn checked(visitor: &Visitor, gig: &Gig, signed: Option<String>, typed: Typed) -> Asked {
    let mut asked = Asked {
        action: format!("{}/g/{}/interest", visitor.root, gig.id),
        once: typed.once,
        code: typed.code,
        name: signed.clone().unwrap_or_else(|| redact::line(&typed.name)),
        reach: redact::line(&typed.reach),
        message: redact::text(&typed.message),
        signed,
        ..Asked::default()
    };
    if asked.signed.is_none() && (asked.name.is_empty() || asked.name.chars().count() > NAME) {
        asked.wrong_name = "Write your name, in 80 characters at most";
    }
    if asked.reach.is_empty() || asked.reach.chars().count() > REACH {
        asked.wrong_reach = "Write how the poster can reach you, in 200 characters at most";
    }
    let long = asked.message.chars().count();
    if long > MESSAGE {
        asked.wrong_message = format!("The message has {long} characters; shorten it to {MESSAGE}");
    }
    asked
}

/// What was sent, for whoever has its address.
pub async fn sent(
    State(public): State<Shared>,
    visitor: Visitor,
    Path((id, word)): Path<(String, String)>,
) -> Response {
    let found = async {
        let Some(gig) = gig(&public, &id).await? else { return Ok(None) };
        Ok(public.ledger.interest(gig.id, of_word(gig.id, &word)).await?.map(|interest| (gig, interest)))
    };
    match found.await {
        Ok(Some((gig, interest))) => {
            let Interest { name, reach, message, at, .. } = interest;
            let page = Sent {
                frame: Frame::new(&visitor, "The poster is told"),
                title: gig.terms.title,
                gig: gig.id.to_string(),
                name,
                reach,
                message,
                when: Moment::new(at, public.clock.now()),
                action: format!("{}/g/{}/interest/{word}", visitor.root, gig.id),
            };
            page::html(StatusCode::OK, &page)
        }
        Ok(None) => gone(&visitor),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

pub async fn withdraw(
    State(public): State<Shared>,
    visitor: Visitor,
    Path((id, word)): Path<(String, String)>,
) -> Response {
    let Ok(gig) = id.parse::<GigId>() else { return no_gig(&visitor) };
    withdrawn(&public, &visitor, gig, of_word(gig, &word)).await
}

/// The same for whoever is signed in.
pub async fn withdraw_own(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let Ok(gig) = id.parse::<GigId>() else { return no_gig(&visitor) };
    withdrawn(&public, &visitor, gig, InterestId::from_person(gig, signed.person.id)).await
}

async fn withdrawn(public: &Public, visitor: &Visitor, gig: GigId, id: InterestId) -> Response {
    match public.ledger.withdraw_interest(gig, id).await {
        Ok(true) => {
            info!(event = "interest.withdrawn", gig.id = %gig, "Somebody is interested in {gig} no more");
            let words = "It is taken back, and nothing of it is kept here. The poster may have read it already.";
            let next = Next { label: "Back to the gig", address: format!("{}/g/{gig}", visitor.root) };
            page::notice_leading(visitor, StatusCode::OK, "Taken back", words, next)
        }
        Ok(false) => gone(visitor),
        Err(fault) => page::unreadable(visitor, &fault),
    }
}

/// Makes somebody's link to a gig, or takes it back.
pub async fn link(
    State(public): State<Shared>,
    visitor: Visitor,
    SignedIn { person, .. }: SignedIn,
    Path(id): Path<String>,
    Filled(wanted): Filled<Wanted>,
) -> Response {
    let changed = async {
        let Some(gig) = gig(&public, &id).await? else { return Ok(false) };
        match wanted.link.as_str() {
            "make" => public.ledger.make_link(gig.id, person.id).await.map(drop)?,
            _ => public.ledger.take_back_link(gig.id, person.id).await?,
        }
        Ok(true)
    };
    match changed.await {
        Ok(true) => go(&public, &format!("/g/{id}#link")),
        Ok(false) => no_gig(&visitor),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// Of what may stand on a page, as everywhere.
async fn gig(public: &Public, id: &str) -> Result<Option<Gig>, StoreError> {
    let Ok(id) = id.parse::<GigId>() else { return Ok(None) };
    let record = public.ledger.gig(id).await?.filter(|record| record.gig.republish.is_allowed());
    Ok(record.map(|record| record.gig))
}

fn of_word(gig: GigId, word: &str) -> InterestId {
    InterestId::of(&[gig.as_bytes(), b"word", word.as_bytes()])
}

fn no_gig(visitor: &Visitor) -> Response {
    page::notice(visitor, StatusCode::NOT_FOUND, "No such gig", "No gig stands at this address, so nothing was done.")
}

fn gone(visitor: &Visitor) -> Response {
    let words = "Nothing is kept at this address: it was taken back, or its time is over.";
    page::notice(visitor, StatusCode::NOT_FOUND, "Nothing here", words)
}
