//! How an account speaks of a gig: in which language, by whose calendar, and in which shape.
//!
//! What an operator sets for a network or for one account is a [`Usage`]; all of them with the labels are the [`Speech`] of this server. For
//! one gig on one account it comes down to a [`Manner`], which is all that composing needs.

use super::labels::{Labels, Phrasebook};
use super::taxonomy::Taxonomy;
use super::template::Template;
use crate::gig::Gig;
use crate::person::Account;
use jiff::tz::TimeZone;

#[derive(Debug, Clone)]
pub struct Manner<'a> {
    pub taxonomy: &'a Taxonomy,
    /// Of the gig's language, else the account's, else English.
    pub labels: &'a Labels,
    /// The account's.
    pub zone: TimeZone,
    pub template: Option<&'a Template>,
}

/// The manners of all accounts.
#[derive(Debug, Clone)]
pub struct Speech {
    pub phrasebook: Phrasebook,
    pub usages: Vec<Usage>,
}

/// What is set for a network, or for one account.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// The network's id, or the account's handle.
    pub of: String,
    /// In which our own words are said where the gig's language is not known.
    pub language: Option<String>,
    pub template: Option<Template>,
}

/// As compiled in, with nothing set.
impl Default for Speech {
    fn default() -> Self {
        Self { phrasebook: Phrasebook::builtin().clone(), usages: Vec::new() }
    }
}

impl Speech {
    pub fn manner<'a>(&'a self, gig: &Gig, account: &Account, taxonomy: &'a Taxonomy) -> Manner<'a> {
        let own = |usage: &&Usage| usage.of.eq_ignore_ascii_case(&account.handle);
        let network = |usage: &&Usage| usage.of == account.network;
        // What is set for the account comes first, setting by setting.
        let usages: Vec<&Usage> = self.usages.iter().filter(own).chain(self.usages.iter().filter(network)).collect();
        let set = usages.iter().find_map(|usage| usage.language.as_deref());
        let (_, labels) = self.phrasebook.speak(gig.terms.language.as_deref().into_iter().chain(set));
        Manner {
            taxonomy,
            labels,
            zone: TimeZone::get(&account.pace.zone).unwrap_or(TimeZone::UTC),
            template: usages.iter().find_map(|usage| usage.template.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    fn usage(of: &str, language: Option<&str>, template: Option<&str>) -> Usage {
        Usage {
            of: of.to_owned(),
            language: language.map(str::to_owned),
            template: template.map(|text| Template::parse(text).unwrap()),
        }
    }

    #[test]
    fn the_gigs_language_speaks_before_the_accounts_and_that_before_english() {
        let (mut gig, account) = (samples::gig(), samples::account("1"));
        let speech = Speech { usages: vec![usage("sample", Some("fr"), None)], ..Speech::default() };
        let remote =
            |gig: &Gig, speech: &Speech| speech.manner(gig, &account, Taxonomy::builtin()).labels.remote.clone();
        assert_eq!(remote(&gig, &speech), "Remote");
        gig.terms.language = Some("fi".to_owned());
        assert_eq!(remote(&gig, &speech), "À distance", "there are no Finnish labels");
        gig.terms.language = None;
        assert_eq!(remote(&gig, &speech), "À distance");
        assert_eq!(remote(&gig, &Speech::default()), "Remote");
    }

    #[test]
    fn what_is_set_for_an_account_comes_before_its_network_setting_by_setting() {
        let (mut gig, mut account) = (samples::gig(), samples::account("1"));
        gig.terms.language = None;
        account.pace.zone = "Europe/Berlin".to_owned();
        let usages = vec![
            usage("sample", Some("es"), Some("{{ title }} {{ link }}")),
            usage("@Acme@Social.example", Some("de"), None),
            usage("other", None, Some("{{ link }} {{ title }}")),
        ];
        let speech = Speech { usages, ..Speech::default() };
        let manner = speech.manner(&gig, &account, Taxonomy::builtin());
        assert_eq!(manner.labels.remote, "Ortsunabhängig");
        assert_eq!(manner.template.map(Template::source), Some("{{ title }} {{ link }}"));
        assert_eq!(manner.zone.iana_name(), Some("Europe/Berlin"));
    }
}
