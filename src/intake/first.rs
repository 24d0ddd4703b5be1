//! Who may be named to go first with a gig: accounts of its poster, or a community that its poster is in.
//!
//! What is wrong is told to whoever writes the gig, by the name they wrote and with what to do; so it is asked before anything is kept, and by every preview.

use super::Intake;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::heard::Decision;
use crate::gig::rings::COMMUNITY;
use crate::gig::{Gig, Terms};
use crate::id::{CommunityId, PersonId};
use crate::plan::rings;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::store::Ledger;

/// Why a gig cannot go first where it says. `before` is what it said until now: what was right then stays, though an account was unlinked since or its poster
/// has left the community.
pub async fn refusal(
    ledger: &Ledger,
    taxonomy: &Taxonomy,
    gig: &Gig,
    before: Option<&Terms>,
    now: Timestamp,
) -> Result<Option<Why>, StoreError> {
    let Some(ring) = &gig.terms.ring else { return Ok(None) };
    let is_known = before.is_some_and(|before| before.ring.as_ref() == Some(ring));
    let Some(name) = gig.only_for(now) else {
        // No community goes first, or its time is over.
        let asks = !is_known && ring.community().is_none();
        return Ok(if asks { rings::unknown(ring, &ledger.accounts_of(gig.poster).await?) } else { None });
    };
    if let Some(before) = before {
        let was = Gig { terms: before.clone(), ..gig.clone() };
        if was.only_for(now).is_none() {
            return Ok(Some(Why::new(
                "`first` names a community, and everyone has been shown this gig already: leave `first` and `widen_after` out, or post it as another gig",
            )));
        }
        if is_known && before.category == gig.terms.category {
            return Ok(None);
        }
    }
    unfit(ledger, taxonomy, name, &gig.terms, gig.poster).await
}

/// Why this community cannot be the first to see a gig with these terms.
async fn unfit(
    ledger: &Ledger,
    taxonomy: &Taxonomy,
    name: &str,
    terms: &Terms,
    poster: PersonId,
) -> Result<Option<Why>, StoreError> {
    let shown: String = name.chars().take(60).collect();
    let because = |said: String| Ok(Some(Why::new(format!("`first` names {COMMUNITY}{shown}, {said}"))));
    let Some(community) = ledger.community(CommunityId::from_slug(name)).await? else {
        let own = ledger.communities_of(poster).await?;
        let own: Vec<String> = own.iter().map(|(community, _)| format!("{COMMUNITY}{}", community.slug)).collect();
        return because(if own.is_empty() {
            "which is no community here, and its poster is in none yet: /communities lists all".to_owned()
        } else {
            format!("which is no community here; its poster is in {}", own.join(", "))
        });
    };
    if !ledger.is_inside(community.id, poster).await? {
        return because(format!(
            "and its poster is no member: only members post to it first, and its page, /{COMMUNITY}{name}, says how one comes in"
        ));
    }
    if !community.is_about(terms.category.as_deref()) {
        let label = |slug: &str| taxonomy.label(slug).unwrap_or(slug).to_owned();
        let own = terms
            .category
            .as_deref()
            .map_or_else(|| "of no known kind".to_owned(), |slug| format!("in {}", label(slug)));
        return because(format!(
            "which is in {}, and this gig is {own}: give it a `category` of that kind ({}, or one below), or leave `first` out",
            label(&community.category),
            community.category
        ));
    }
    Ok(None)
}

impl Intake {
    /// Why a gig cannot be said so, be it new or changed from `before`.
    pub async fn amiss(&self, gig: &Gig, before: Option<&Terms>) -> Result<Option<Why>, StoreError> {
        refusal(&self.ledger, &self.taxonomy, gig, before, self.clock.now()).await
    }

    /// The gigs that this community alone is shown go to everyone at once, as it is about to be no more. Answers how many those are.
    pub async fn release(&self, community: &str) -> Result<usize, StoreError> {
        let held = self.ledger.only_for(community, self.clock.now()).await?;
        for gig in &held {
            let open = Decision::Edit(Box::new(Terms { ring: None, ..gig.terms.clone() }));
            self.decide(gig.id, None, &open).await?;
        }
        Ok(held.len())
    }
}
