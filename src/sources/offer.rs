//! What one item of a job list says, and which of them a source takes.

use crate::failure::Why;
use crate::gig::Sighting;
use crate::gig::employment::Employment;
use crate::id::digest;
use crate::ports::Refused;
use std::collections::BTreeMap;

/// Of a longer list, the newest are read.
pub(super) const OFFERS: usize = 2_000;

/// A longer id goes by its digest: ids are kept for each item and shown to people, and anyone may write them.
const ID_BYTES: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Offer {
    pub sighting: Sighting,
    /// Nothing where the item names none that we know.
    pub employment: Option<Employment>,
}

/// The offers in the order in which they were read. Pages that shift while they are read show an item twice, and some systems list an
/// item once for each of its places: it is one offer, with all of them.
#[derive(Debug, Default)]
pub(super) struct Offers {
    read: Vec<Offer>,
    at: BTreeMap<String, usize>,
    refused: Vec<Refused>,
}

impl Offers {
    /// Answers whether it had not been there before.
    pub(super) fn add(&mut self, mut offer: Offer) -> bool {
        let native = short(std::mem::take(&mut offer.sighting.native));
        offer.sighting.native.clone_from(&native);
        if let Some(known) = self.at.get(&native).and_then(|at| self.read.get_mut(*at)) {
            for place in offer.sighting.locations {
                if !known.sighting.locations.contains(&place) {
                    known.sighting.locations.push(place);
                }
            }
            return false;
        }
        self.at.insert(native, self.read.len());
        self.read.push(offer);
        true
    }

    /// Notes what is not taken; `what` is its id, or how it is called else.
    pub(super) fn refuse(&mut self, what: String, said: String) {
        self.refused.push(Refused { what: short(what), why: Why::new(said) });
    }

    pub(super) fn len(&self) -> usize {
        self.read.len()
    }

    /// What is taken, oldest first: by date where every offer has one, else from the end, since lists begin with the newest. Where
    /// `wanted` names kinds of employment, an offer that names none of them stays out.
    pub(super) fn taken(self, wanted: &[Employment]) -> (Vec<Sighting>, Vec<Refused>) {
        let is_wanted =
            |offer: &Offer| wanted.is_empty() || offer.employment.is_some_and(|kind| wanted.contains(&kind));
        let mut sightings: Vec<Sighting> = self.read.into_iter().filter(is_wanted).map(tagged).collect();
        sightings.reverse();
        if sightings.iter().all(|sighting| sighting.published.is_some()) {
            sightings.sort_by_key(|sighting| sighting.published);
        }
        (sightings, self.refused)
    }
}

fn short(id: String) -> String {
    if id.len() <= ID_BYTES {
        return id;
    }
    let digest = digest("offer", &[id.as_bytes()]);
    digest[..16].iter().fold("hash:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The kind of employment is something readers choose by.
fn tagged(offer: Offer) -> Sighting {
    let mut sighting = offer.sighting;
    if let Some(kind) = offer.employment {
        sighting.tags.retain(|tag| Employment::read(tag) != Some(kind));
        sighting.tags.push(kind.word().to_owned());
    }
    sighting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(native: &str, place: &str, employment: Option<Employment>) -> Offer {
        let sighting = Sighting { native: native.to_owned(), locations: vec![place.to_owned()], ..Sighting::default() };
        Offer { sighting, employment }
    }

    #[test]
    fn an_item_that_is_listed_once_for_each_place_is_one_offer() {
        let mut offers = Offers::default();
        assert!(offers.add(offer("1", "Berlin", None)));
        assert!(!offers.add(offer("1", "Paris", None)) && !offers.add(offer("1", "Berlin", None)));
        let (taken, _) = offers.taken(&[]);
        assert_eq!(taken[0].locations, ["Berlin", "Paris"]);
    }

    #[test]
    fn where_kinds_are_wanted_an_offer_that_names_none_stays_out() {
        let mut offers = Offers::default();
        offers.add(offer("1", "a", Some(Employment::Contract)));
        offers.add(offer("2", "a", Some(Employment::FullTime)));
        offers.add(offer("3", "a", None));
        let (taken, _) = offers.taken(&[Employment::Contract, Employment::Freelance]);
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].native.as_str(), taken[0].tags.as_slice()), ("1", &["contract".to_owned()][..]));
    }

    #[test]
    fn an_id_without_end_goes_by_its_digest_whether_it_is_taken_or_refused() {
        let (one, other) = ("x".repeat(3000), "x".repeat(3001));
        let mut offers = Offers::default();
        assert!(offers.add(offer(&one, "a", None)) && offers.add(offer(&other, "a", None)));
        assert!(!offers.add(offer(&one, "a", None)), "the same id is the same offer");
        offers.refuse(one, "it has no title".to_owned());
        let (taken, refused) = offers.taken(&[]);
        assert!(taken.iter().all(|sighting| sighting.native.len() < ID_BYTES));
        assert!(refused[0].what.len() < ID_BYTES && refused[0].what == taken[1].native);
    }
}
