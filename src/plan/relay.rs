//! Relays: the standing will of a person that one account of theirs reshares the gigs of one poster.
//!
//! A reshare shows the poster's own post, by the network's own means: so there has to be one on the same network, and nothing is worded here. What the
//! account is for holds as it does for gigs of its person's own.

use super::audience;
use super::taxonomy::Taxonomy;
use crate::clock::{Timestamp, WallClock};
use crate::failure::Why;
use crate::gig::Gig;
use crate::id::{AccountId, PersonId};
use crate::person::{Account, Audience, Mode};
use crate::profile::{Profile, Support};
use serde::{Deserialize, Serialize};

/// Never there by default: its person switched it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// Whose gigs.
    pub poster: PersonId,
    /// Whose will it is.
    pub person: PersonId,
    /// The account that reshares, one of theirs.
    pub account: AccountId,
    /// Only gigs in these and what is within them; all where none is named.
    pub categories: Vec<String>,
    /// What came out before is not reshared.
    pub since: Timestamp,
}

/// Why nothing of a relay leaves any more once its person has ended it.
pub const OFF: &str = "the relay was switched off";

/// Why an account does not reshare a gig; nothing when it does. It is asked when the poster's post comes out, and again when the reshare is about to
/// leave. On a doubtful clock nothing has closed.
pub fn refusal(
    relay: &Relay,
    account: &Account,
    gig: &Gig,
    profile: &Profile,
    taxonomy: &Taxonomy,
    now: Timestamp,
    clock: WallClock,
) -> Option<Why> {
    not_the_same(relay, account, gig)
        .or_else(|| super::unlinked(account))
        .or_else(|| super::closed(gig, now, clock))
        .or_else(|| unable(profile))
        .or_else(|| asks_first(account))
        .or_else(|| other_work(relay, gig, taxonomy))
        .or_else(|| audience::refusal(&account.audience, &gig.terms, taxonomy))
}

/// Nobody reshares for another, nor what they announce themselves.
fn not_the_same(relay: &Relay, account: &Account, gig: &Gig) -> Option<Why> {
    if relay.person != account.owner || relay.account != account.id {
        return Some(Why::new("the account belongs to another person now"));
    }
    (relay.poster != gig.poster || gig.poster == account.owner)
        .then(|| Why::new("the gig belongs to another poster now"))
}

fn unable(profile: &Profile) -> Option<Why> {
    (profile.reshare == Support::No).then(|| Why::new(format!("{} has no reshare of its own", profile.name)))
}

fn asks_first(account: &Account) -> Option<Why> {
    let why = "the account asks its person before each post, and a relay asks nobody";
    (account.mode == Mode::Review).then(|| Why::new(why))
}

fn other_work(relay: &Relay, gig: &Gig, taxonomy: &Taxonomy) -> Option<Why> {
    let slug = gig.terms.category.as_deref();
    let fits = |parent: &String| slug.is_some_and(|slug| Taxonomy::includes(parent, slug));
    if relay.categories.is_empty() || relay.categories.iter().any(fits) {
        return None;
    }
    let said = slug.map_or_else(
        || "no category was found for the gig".to_owned(),
        |slug| format!("the gig is in {}", taxonomy.label(slug).unwrap_or(slug)),
    );
    Some(Why::new(format!("only gigs {} are relayed there, and {said}", kinds(relay, taxonomy))))
}

/// What a relay is for, in words that follow "gigs": `of every kind`, `in Design or Writing`.
pub fn kinds(relay: &Relay, taxonomy: &Taxonomy) -> String {
    let audience = Audience { categories: relay.categories.clone(), ..Audience::default() };
    audience::words(&audience, taxonomy).pop().unwrap_or_else(|| "of every kind".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::gig::Status;
    use crate::person::GrantState;

    fn relayed() -> (Relay, Account, Gig) {
        let gig = samples::gig();
        let account = Account { owner: PersonId::of(&[b"ann"]), ..samples::account("ann") };
        let relay = Relay {
            poster: gig.poster,
            person: account.owner,
            account: account.id,
            categories: Vec::new(),
            since: samples::NOW,
        };
        (relay, account, gig)
    }

    fn asked(change: impl FnOnce(&mut Relay, &mut Account, &mut Gig)) -> Option<String> {
        let (mut relay, mut account, mut gig) = relayed();
        gig.terms.closes = None;
        change(&mut relay, &mut account, &mut gig);
        let (profile, taxonomy) = (samples::flat(), Taxonomy::builtin());
        refusal(&relay, &account, &gig, &profile, taxonomy, samples::NOW, WallClock::Sound).map(|why| why.said)
    }

    #[test]
    fn a_relay_without_categories_takes_every_gig_of_its_poster() {
        assert_eq!(asked(|_, _, _| {}), None);
        assert_eq!(kinds(&relayed().0, Taxonomy::builtin()), "of every kind");
    }

    #[test]
    fn only_what_is_within_its_categories_is_relayed() {
        let in_design = |slug: Option<&'static str>| {
            asked(move |relay, _, gig| {
                relay.categories = vec!["design".to_owned()];
                gig.terms.category = slug.map(str::to_owned);
            })
        };
        assert_eq!(in_design(Some("design/illustration")), None);
        let other = "only gigs in Design are relayed there, and the gig is in Legal";
        assert_eq!(in_design(Some("legal")).as_deref(), Some(other));
        let none = "only gigs in Design are relayed there, and no category was found for the gig";
        assert_eq!(in_design(None).as_deref(), Some(none));
    }

    #[test]
    fn what_the_account_is_for_holds_as_well() {
        let said = asked(|_, account, gig| {
            account.audience.languages = vec!["fi".to_owned()];
            gig.terms.language = Some("en".to_owned());
        });
        assert_eq!(said.as_deref(), Some("this account takes only gigs in `fi`, and this one is in `en`"));
    }

    #[test]
    fn nobody_reshares_for_another_or_what_has_changed_hands() {
        let hers = asked(|relay, _, _| relay.person = PersonId::of(&[b"bo"]));
        assert_eq!(hers.as_deref(), Some("the account belongs to another person now"));
        for change in [
            (|_, _, gig| gig.poster = PersonId::of(&[b"other"])) as fn(&mut Relay, &mut Account, &mut Gig),
            |relay, account, gig| (gig.poster, relay.poster) = (account.owner, account.owner),
        ] {
            assert_eq!(asked(change).as_deref(), Some("the gig belongs to another poster now"));
        }
    }

    #[test]
    fn a_relay_is_for_the_account_that_was_chosen_and_for_no_other() {
        let other = asked(|relay, _, _| relay.account = AccountId::of(&[b"another of hers"]));
        assert_eq!(other.as_deref(), Some("the account belongs to another person now"));
    }

    #[test]
    fn where_the_network_has_no_reshare_the_reason_is_that() {
        let (relay, account, mut gig) = relayed();
        gig.terms.closes = None;
        let (mut profile, taxonomy) = (samples::flat(), Taxonomy::builtin());
        profile.reshare = Support::No;
        let why = refusal(&relay, &account, &gig, &profile, taxonomy, samples::NOW, WallClock::Sound).unwrap();
        assert_eq!(why.said, format!("{} has no reshare of its own", profile.name));
    }

    #[test]
    fn nothing_is_reshared_of_a_gig_that_is_over_or_through_an_account_that_asks_first_or_is_gone() {
        assert_eq!(asked(|_, _, gig| gig.status = Status::Filled).as_deref(), Some("the gig is filled"));
        let asks = "the account asks its person before each post, and a relay asks nobody";
        assert_eq!(asked(|_, account, _| account.mode = Mode::Review).as_deref(), Some(asks));
        let gone = asked(|_, account, _| account.grant = GrantState::Revoked { since: samples::NOW });
        assert_eq!(gone.as_deref(), Some("the account was unlinked"));
    }
}
