//! A business on its page: what it offers now, the businesses around it and the people they share, and its circle, where it shows it.

use super::circle::{Pictured, pictured};
use super::who::go;
use super::{Poster, SignedIn};
use crate::gig::head_start::Reader;
use crate::gig::{Gig, Status};
use crate::id::PersonId;
use crate::person::{Person, Role};
use crate::store::Audience;
use crate::weave::{Business, Eyes, Named, Unanswered};
use crate::web::filled::Filled;
use crate::web::people::Face;
use crate::web::picture::rings;
use crate::web::visitor::Visitor;
use crate::web::words::count;
use crate::web::{Public, Shared, page};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// Open gigs on the page; the board has all.
const GIGS: usize = 10;
/// Gigs looked through for them.
const LOOKED_AT: usize = 100;

pub struct Told {
    pub offers: Vec<Offer>,
    pub vouched_for: Vec<Near>,
    pub vouching: Vec<Near>,
    /// Nothing where it is not shown to whoever asks.
    pub rings: Option<Pictured>,
    pub is_shown: bool,
    is_own: bool,
    /// How the circle is called.
    pub whose: String,
}

pub struct Offer {
    pub id: String,
    pub title: String,
}

pub struct Near {
    pub id: String,
    pub face: Face,
    pub shared: Vec<Named>,
    /// "and 3 more", or empty.
    pub more: String,
}

/// Nothing for those who are no poster.
pub async fn told(public: &Public, id: PersonId, is_own: bool) -> Result<Option<Told>, Unanswered> {
    let Some(person) = public.ledger.person(id).await?.filter(|person| person.role == Role::Poster) else {
        return Ok(None);
    };
    let is_shown = public.ledger.shows_circle(id).await?;
    let mut rings = None;
    if is_own || is_shown {
        let told = public.weave.rings(id, None, rings::MOST, if is_own { Eyes::Own } else { Eyes::Anyones }).await?;
        rings = pictured(&told, (!is_own).then_some(person.name.as_str()));
    }
    let (mut vouched_for, mut vouching) = (Vec::new(), Vec::new());
    for business in public.weave.businesses(id).await? {
        if business.is_vouched_for {
            vouched_for.push(Near::of(&business));
        }
        if business.vouches {
            vouching.push(Near::of(&business));
        }
    }
    let whose = if is_own { "Your circle".to_owned() } else { format!("The circle of {}", person.name) };
    Ok(Some(Told {
        offers: offers(public, &person, is_own).await?,
        vouched_for,
        vouching,
        rings,
        is_shown,
        is_own,
        whose,
    }))
}

async fn offers(public: &Public, person: &Person, is_own: bool) -> Result<Vec<Offer>, Unanswered> {
    let reader = Reader::anyone(public.clock.now());
    let records = public.ledger.gigs_of(person.id, 0, LOOKED_AT).await?;
    let open = records.into_iter().map(|record| record.gig);
    let is_shown = |gig: &Gig| gig.republish.is_allowed() && (is_own || reader.sees(gig));
    let open = open.filter(|gig| gig.status == Status::Open && is_shown(gig));
    Ok(open.take(GIGS).map(|gig| Offer { id: gig.id.to_string(), title: gig.terms.title }).collect())
}

impl Told {
    /// Under their headings.
    pub fn near(&self) -> [(&'static str, &[Near]); 2] {
        let [vouched_for, vouching] = if self.is_own {
            ["Businesses you vouch for", "Businesses that vouch for you"]
        } else {
            ["Businesses they vouch for", "Businesses that vouch for them"]
        };
        [(vouched_for, &self.vouched_for), (vouching, &self.vouching)]
    }
}

impl Near {
    fn of(business: &Business) -> Self {
        let more = match business.shared_more {
            0 => String::new(),
            more => format!("and {}", count(more, "more", "more")),
        };
        Self { id: business.who.id.clone(), face: Face::from(&business.who), shared: business.shared.clone(), more }
    }
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    /// `everyone` or `me`.
    to: String,
}

/// Shows one's own circle to everyone, or keeps it to oneself again.
pub async fn show_circle(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Poster(person): Poster,
    Filled(choice): Filled<Choice>,
) -> Response {
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    let to = if choice.to == "everyone" { Audience::Everyone } else { Audience::Themselves };
    match public.ledger.show_circle(person.id, to).await {
        Ok(()) => go(&public, &format!("/people/{}", signed.person.id)),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}
