//! A vouch in two clicks on a gig's page: beside each who carried it on or is vouched for, for whoever is signed in, in the gig's own kind of work.
//!
//! One form of the page holds what all such vouches have in common; the buttons beside a name say for whom.

use super::Public;
use super::people::{Face, People};
use super::visitor::Visitor;
use crate::gig::Gig;
use crate::trust::Party;
use crate::weave::Unanswered;
use std::collections::BTreeSet;

/// Whether the visitor may vouch for somebody here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vouchable {
    /// Nobody is signed in, or it is themselves.
    #[default]
    No,
    May,
    Given,
}

/// The kind of work that a vouch on this page is for.
#[derive(Debug)]
pub struct Vouched {
    pub slug: String,
    pub label: String,
}

/// Says of everyone on the page whether the visitor may vouch for them. A gig without a kind of work offers nothing: a vouch is for one.
pub async fn offer(public: &Public, visitor: &Visitor, gig: &Gig, people: &mut People) -> Result<(), Unanswered> {
    let (Some(signed), Some(slug)) = (&visitor.signed, gig.terms.category.as_deref()) else { return Ok(()) };
    let Some(label) = public.taxonomy.label(slug) else { return Ok(()) };
    let party = |face: &Face| Party::parse(&face.id);
    let named = people.resharers.iter().map(|one| &one.face).chain(people.vouches.iter().map(|one| &one.whom));
    let named: BTreeSet<Party> = named.filter_map(party).collect();
    let vouched = public.weave.vouched(signed.person.id, slug, &named).await?;
    let vouchable = |face: &Face| match party(face).and_then(|party| vouched.get(&party)) {
        None => Vouchable::No,
        Some(false) => Vouchable::May,
        Some(true) => Vouchable::Given,
    };
    for one in &mut people.resharers {
        one.vouch = vouchable(&one.face);
    }
    for one in &mut people.vouches {
        one.vouch = vouchable(&one.whom);
    }
    // Where there is nobody to vouch for, nothing is said of it.
    people.vouching =
        vouched.values().any(|is_given| !is_given).then(|| Vouched { slug: slug.to_owned(), label: label.to_owned() });
    Ok(())
}
