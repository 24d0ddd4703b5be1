//! Whether an account is for this gig: what a person says to one circle must not be shouted into another.
//!
//! An account's audience may name categories, languages, places, kinds of pay and skills, and skills that keep a gig away. An empty list lets
//! everything through; a list that isn't empty is a promise to its followers, so a gig that doesn't say what is asked for is not let
//! through either. A gig must pass every list; within a list one entry is enough.

use super::clean;
use super::taxonomy::{self, Taxonomy};
use crate::failure::Why;
use crate::gig::{Pay, Place, Terms};
use crate::person::{Audience, PayKind};

/// The place that is no place.
const REMOTE: &str = "remote";

/// More places or skills of a gig than these are not read out.
const NAMED: usize = 3;

/// Nothing when the account takes it, else the reason in one sentence.
pub fn refusal(audience: &Audience, terms: &Terms, taxonomy: &Taxonomy) -> Option<Why> {
    let said = category(audience, terms, taxonomy)
        .or_else(|| language(audience, terms))
        .or_else(|| place(audience, terms))
        .or_else(|| pay(audience, terms))
        .or_else(|| skill(audience, terms))
        .or_else(|| unwanted_skill(audience, terms));
    said.map(Why::new)
}

/// What an account is for, each rule as words that follow "gigs": `in Design`, `remote or in Berlin`. None when it takes everything.
pub fn words(audience: &Audience, taxonomy: &Taxonomy) -> Vec<String> {
    let Audience { categories, languages, places, pay, tags, not_tags } = audience;
    let said = [
        (!categories.is_empty()).then(|| format!("in {}", labels(categories, taxonomy))),
        (!languages.is_empty())
            .then(|| format!("written in {}", listed(languages.iter().map(|tag| tag.to_uppercase())))),
        (!places.is_empty()).then(|| asked_places(places)),
        (!pay.is_empty()).then(|| pay_kinds(pay)),
        (!tags.is_empty()).then(|| format!("about {}", listed(tags))),
        (!not_tags.is_empty()).then(|| format!("not about {}", listed(not_tags))),
    ];
    said.into_iter().flatten().collect()
}

fn category(audience: &Audience, terms: &Terms, taxonomy: &Taxonomy) -> Option<String> {
    let wanted = &audience.categories;
    let takes = || labels(wanted, taxonomy);
    match terms.category.as_deref() {
        _ if wanted.is_empty() => None,
        Some(slug) if wanted.iter().any(|parent| Taxonomy::includes(parent, slug)) => None,
        Some(slug) => Some(format!("this account takes only {}, and the gig is in {}", takes(), label(slug, taxonomy))),
        None => Some(format!("this account takes only {}, and no category was found for the gig", takes())),
    }
}

fn language(audience: &Audience, terms: &Terms) -> Option<String> {
    let wanted = &audience.languages;
    let takes = || listed(wanted.iter().map(|tag| format!("`{tag}`")));
    match terms.language.as_deref() {
        _ if wanted.is_empty() => None,
        Some(tag) if wanted.iter().any(|other| primary(other) == primary(tag)) => None,
        Some(tag) => Some(format!("this account takes only gigs in {}, and this one is in `{tag}`", takes())),
        None => Some(format!("this account takes only gigs in {}, and this one names no language", takes())),
    }
}

fn place(audience: &Audience, terms: &Terms) -> Option<String> {
    let wanted = &audience.places;
    let known = parts_of(&terms.place);
    if wanted.is_empty() || wanted.iter().any(|asked| known.contains(&folded(asked))) {
        return None;
    }
    let takes = asked_places(wanted);
    Some(match named_places(&terms.place) {
        Some(at) => format!("this account takes only gigs {takes}, and this one is {at}"),
        None => format!("this account takes only gigs {takes}, and this one names no place"),
    })
}

fn pay(audience: &Audience, terms: &Terms) -> Option<String> {
    let (wanted, kind) = (&audience.pay, pay_kind(terms.pay.as_ref()));
    let fits = wanted.is_empty() || wanted.contains(&kind);
    (!fits).then(|| {
        let (takes, is) = (pay_kinds(wanted), pay_kinds(&[kind]));
        format!("this account takes only gigs that are {takes}, and this one is {is}")
    })
}

fn skill(audience: &Audience, terms: &Terms) -> Option<String> {
    let wanted = &audience.tags;
    if wanted.is_empty() || wanted.iter().any(|tag| has_skill(terms, tag)) {
        return None;
    }
    let takes = listed(wanted);
    let skills: Vec<String> = terms.skills.iter().map(|skill| clean::line(skill)).take(NAMED).collect();
    Some(if skills.is_empty() {
        format!("this account takes only gigs about {takes}, and this one names no skills")
    } else {
        format!("this account takes only gigs about {takes}, and this one is about {}", skills.join(", "))
    })
}

fn unwanted_skill(audience: &Audience, terms: &Terms) -> Option<String> {
    let unwanted = audience.not_tags.iter().find(|tag| has_skill(terms, tag))?;
    Some(format!("this account takes no gigs about {unwanted}"))
}

fn label(slug: &str, taxonomy: &Taxonomy) -> String {
    taxonomy.label(slug).unwrap_or(slug).to_owned()
}

fn labels(slugs: &[String], taxonomy: &Taxonomy) -> String {
    listed(slugs.iter().map(|slug| label(slug, taxonomy)))
}

/// `pt-BR` and `pt_br` are both `pt`.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or(tag).trim().to_lowercase()
}

fn folded(place: &str) -> String {
    place.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Everything a gig says of where it is: `Berlin, Germany` is in Berlin and in Germany. Only whole parts count: `New York` is not in York.
fn parts_of(place: &Place) -> Vec<String> {
    let apart = |c: char| matches!(c, ',' | ';' | '/' | '|' | '·' | '(' | ')');
    let whole = place.locations.iter().map(|at| folded(at));
    let parts = place.locations.iter().flat_map(|at| at.split(apart)).map(folded);
    let remote = place.remote.then(|| REMOTE.to_owned());
    whole.chain(parts).chain(remote).filter(|part| !part.is_empty()).collect()
}

/// As in `remote or in Berlin or Munich`.
fn asked_places(places: &[String]) -> String {
    let remote = places.iter().any(|place| folded(place) == REMOTE);
    let named = listed(places.iter().filter(|place| folded(place) != REMOTE));
    match (remote, named.is_empty()) {
        (true, true) => REMOTE.to_owned(),
        (true, false) => format!("{REMOTE} or in {named}"),
        (false, _) => format!("in {named}"),
    }
}

/// Where a gig says it is: `in Hamburg`, `remote`. Nothing when it does not say.
fn named_places(place: &Place) -> Option<String> {
    let named: Vec<String> = place.locations.iter().map(|at| clean::line(at)).take(NAMED).collect();
    match (place.remote, named.is_empty()) {
        (_, false) => Some(format!("in {}", named.join(", "))),
        (true, true) => Some(REMOTE.to_owned()),
        (false, true) => None,
    }
}

fn pay_kind(pay: Option<&Pay>) -> PayKind {
    match pay {
        Some(Pay::Fixed { .. } | Pay::Range { .. } | Pay::Rate { .. }) => PayKind::Paid,
        Some(Pay::Barter) => PayKind::Barter,
        Some(Pay::Unpaid) => PayKind::Unpaid,
        None => PayKind::Unsaid,
    }
}

fn pay_kinds(kinds: &[PayKind]) -> String {
    listed(kinds.iter().map(|kind| match kind {
        PayKind::Paid => "paid",
        PayKind::Barter => "for barter",
        PayKind::Unpaid => "unpaid",
        PayKind::Unsaid => "silent about pay",
    }))
}

/// `children's books`, `ChildrensBooks` and `#childrensbooks` are one skill. A tag without any letter is nobody's.
fn has_skill(terms: &Terms, tag: &str) -> bool {
    let key = |text: &str| taxonomy::words(text).concat();
    let tag = key(tag);
    !tag.is_empty() && terms.skills.iter().any(|skill| key(skill) == tag)
}

/// As in `A, B or C`.
fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} or {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::PayUnit;
    use crate::plan::samples;
    use proptest::prelude::*;

    fn owned(list: &[&str]) -> Vec<String> {
        list.iter().map(|&item| item.to_owned()).collect()
    }

    /// What is said to a gig about which nothing is known but what `gig` sets.
    fn asked(rule: impl FnOnce(&mut Audience), gig: impl FnOnce(&mut Terms)) -> Option<String> {
        let (mut audience, mut terms) = (Audience::default(), samples::gig().terms);
        (terms.category, terms.language, terms.pay) = (None, None, None);
        (terms.place, terms.skills) = (Place::default(), Vec::new());
        rule(&mut audience);
        gig(&mut terms);
        refusal(&audience, &terms, Taxonomy::builtin()).map(|why| why.said)
    }

    fn eur(amount: u64) -> Pay {
        Pay::Fixed { amount, currency: "EUR".to_owned() }
    }

    #[test]
    fn an_account_without_rules_takes_everything() {
        assert_eq!(asked(|_| {}, |_| {}), None);
        assert_eq!(refusal(&Audience::default(), &samples::gig().terms, Taxonomy::builtin()), None);
    }

    #[test]
    fn a_parent_category_includes_its_children_and_not_the_other_way_round() {
        for (rule, slug, takes) in [
            ("design", "design/illustration", true),
            ("design/illustration", "design/illustration", true),
            ("design/illustration", "design", false),
            ("des", "design", false),
        ] {
            let said = asked(|a| a.categories = owned(&[rule]), |t| t.category = Some(slug.to_owned()));
            assert_eq!(said.is_none(), takes, "{rule} {slug}");
        }
    }

    #[test]
    fn a_language_is_compared_by_its_primary_tag() {
        for (rule, tag) in [("pt", "pt-BR"), ("EN", "en_GB")] {
            assert_eq!(asked(|a| a.languages = owned(&[rule]), |t| t.language = Some(tag.to_owned())), None);
        }
    }

    #[test]
    fn a_place_is_a_whole_part_of_what_a_gig_says() {
        for (rule, remote, at, takes) in [
            ("Berlin", false, &["Berlin, Germany"][..], true),
            ("germany", false, &["Berlin, Germany"], true),
            ("berlin,  germany", false, &["Berlin, Germany"], true),
            ("York", false, &["New York"], false),
            ("New York", false, &["Boston", "New  York (Brooklyn)"], true),
            ("Remote", true, &[], true),
            ("remote", false, &["Remote (EU)"], true),
            ("EU", false, &["Remote (EU)"], true),
            ("Berlin", true, &[], false),
            ("remote", false, &["Berlin"], false),
            ("Berlin", false, &[], false),
        ] {
            let place = Place { remote, locations: owned(at), zones: None };
            let said = asked(|a| a.places = owned(&[rule]), |t| t.place = place);
            assert_eq!(said.is_none(), takes, "{rule} {remote} {at:?}");
        }
    }

    #[test]
    fn pay_is_told_apart_by_kind_and_silence_is_one() {
        let rate = Pay::Rate { amount: 30, currency: "EUR".to_owned(), per: PayUnit::Hour };
        let range = Pay::Range { min: 1, max: 2, currency: "EUR".to_owned(), per: PayUnit::Day };
        let kinds = [PayKind::Paid, PayKind::Barter, PayKind::Unpaid, PayKind::Unsaid];
        for (pay, kind) in [
            (Some(eur(1)), PayKind::Paid),
            (Some(rate), PayKind::Paid),
            (Some(range), PayKind::Paid),
            (Some(Pay::Barter), PayKind::Barter),
            (Some(Pay::Unpaid), PayKind::Unpaid),
            (None, PayKind::Unsaid),
        ] {
            for rule in kinds {
                let said = asked(|a| a.pay = vec![rule], |t| t.pay.clone_from(&pay));
                assert_eq!(said.is_none(), rule == kind, "{pay:?} {rule:?}");
            }
            assert_eq!(asked(|a| a.pay = kinds.to_vec(), |t| t.pay = pay), None);
        }
    }

    #[test]
    fn a_skill_is_the_same_however_it_is_written() {
        for (rule, skill, same) in [
            ("#ChildrensBooks", "children's books", true),
            ("c++", "C++", true),
            ("c", "C++", false),
            ("!", "?", false),
        ] {
            let skills = |terms: &mut Terms| terms.skills = owned(&["other", skill]);
            assert_eq!(asked(|a| a.tags = owned(&[rule]), skills).is_none(), same, "{rule} {skill}");
            assert_eq!(asked(|a| a.not_tags = owned(&[rule]), skills).is_some(), same, "{rule} {skill}");
        }
    }

    #[test]
    fn each_refusal_is_a_sentence() {
        let in_hamburg = |t: &mut Terms| t.place.locations = owned(&["Hamburg"]);
        let drawing = |t: &mut Terms| t.skills = owned(&["ink", "NFT art"]);
        for (found, sentence) in [
            (
                asked(
                    |a| a.categories = owned(&["design", "marketing/seo"]),
                    |t| t.category = Some("legal".to_owned()),
                ),
                "this account takes only Design or SEO, and the gig is in Legal",
            ),
            (
                asked(|a| a.categories = owned(&["design"]), |_| {}),
                "this account takes only Design, and no category was found for the gig",
            ),
            (
                asked(|a| a.languages = owned(&["de", "fr"]), |t| t.language = Some("en".to_owned())),
                "this account takes only gigs in `de` or `fr`, and this one is in `en`",
            ),
            (
                asked(|a| a.languages = owned(&["de"]), |_| {}),
                "this account takes only gigs in `de`, and this one names no language",
            ),
            (
                asked(|a| a.places = owned(&["Berlin", "remote", "Munich"]), in_hamburg),
                "this account takes only gigs remote or in Berlin or Munich, and this one is in Hamburg",
            ),
            (
                asked(|a| a.places = owned(&["Berlin"]), |t| t.place.remote = true),
                "this account takes only gigs in Berlin, and this one is remote",
            ),
            (
                asked(|a| a.places = owned(&["remote"]), |_| {}),
                "this account takes only gigs remote, and this one names no place",
            ),
            (
                asked(|a| a.pay = vec![PayKind::Paid, PayKind::Barter], |t| t.pay = Some(Pay::Unpaid)),
                "this account takes only gigs that are paid or for barter, and this one is unpaid",
            ),
            (
                asked(|a| a.pay = vec![PayKind::Paid], |_| {}),
                "this account takes only gigs that are paid, and this one is silent about pay",
            ),
            (
                asked(|a| a.tags = owned(&["watercolour", "pastel"]), drawing),
                "this account takes only gigs about watercolour or pastel, and this one is about ink, NFT art",
            ),
            (
                asked(|a| a.tags = owned(&["ink"]), |_| {}),
                "this account takes only gigs about ink, and this one names no skills",
            ),
            (asked(|a| a.not_tags = owned(&["nft-art"]), drawing), "this account takes no gigs about nft-art"),
        ] {
            assert_eq!(found.as_deref(), Some(sentence));
        }
    }

    #[test]
    fn what_an_account_is_for_is_said_rule_by_rule() {
        let audience = Audience {
            categories: owned(&["design", "marketing/seo"]),
            languages: owned(&["de", "en"]),
            places: owned(&["Berlin", "remote"]),
            pay: vec![PayKind::Paid, PayKind::Unsaid],
            tags: owned(&["ink"]),
            not_tags: owned(&["NFT", "crypto"]),
        };
        assert_eq!(
            words(&audience, Taxonomy::builtin()),
            [
                "in Design or SEO",
                "written in DE or EN",
                "remote or in Berlin",
                "paid or silent about pay",
                "about ink",
                "not about NFT or crypto",
            ]
        );
        assert_eq!(words(&Audience::default(), Taxonomy::builtin()), Vec::<String>::new());
    }

    fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(prop::sample::select(of).prop_map(str::to_owned), 0..3)
    }

    fn pays() -> impl Strategy<Value = Option<Pay>> {
        prop_oneof![Just(None), Just(Some(Pay::Barter)), Just(Some(Pay::Unpaid)), Just(Some(eur(5)))]
    }

    fn audiences() -> impl Strategy<Value = Audience> {
        let kinds =
            prop::sample::subsequence(vec![PayKind::Paid, PayKind::Barter, PayKind::Unpaid, PayKind::Unsaid], 0..=3);
        let lists = (some(SLUGS), some(LANGUAGES), some(PLACES), kinds, some(SKILLS), some(SKILLS));
        lists.prop_map(|(categories, languages, places, pay, tags, not_tags)| Audience {
            categories,
            languages,
            places,
            pay,
            tags,
            not_tags,
        })
    }

    const SLUGS: &[&str] = &["design", "design/illustration", "legal"];
    const LANGUAGES: &[&str] = &["de", "en"];
    const PLACES: &[&str] = &["remote", "Berlin", "Berlin, Germany"];
    const SKILLS: &[&str] = &["ink", "Rust", "c++"];

    fn gigs() -> impl Strategy<Value = Terms> {
        let place =
            (any::<bool>(), some(PLACES)).prop_map(|(remote, locations)| Place { remote, locations, zones: None });
        let one = |of| prop::option::of(prop::sample::select(of).prop_map(|s: &str| s.to_owned()));
        (one(SLUGS), one(LANGUAGES), place, pays(), some(SKILLS)).prop_map(
            |(category, language, place, pay, skills)| Terms {
                category,
                skills,
                pay,
                place,
                language,
                ..samples::gig().terms
            },
        )
    }

    fn takes(audience: &Audience, terms: &Terms) -> bool {
        refusal(audience, terms, Taxonomy::builtin()).is_none()
    }

    proptest! {
        #[test]
        fn an_empty_audience_lets_everything_through(terms in gigs()) {
            prop_assert!(takes(&Audience::default(), &terms));
        }

        /// A rule is a list that was empty, or one more skill that keeps gigs away.
        #[test]
        fn another_rule_never_lets_more_through(audience in audiences(), more in audiences(), terms in gigs()) {
            fn filled<T: Clone>(list: &[T], more: &[T]) -> Vec<T> {
                if list.is_empty() { more.to_vec() } else { list.to_vec() }
            }
            let stricter = Audience {
                categories: filled(&audience.categories, &more.categories),
                languages: filled(&audience.languages, &more.languages),
                places: filled(&audience.places, &more.places),
                pay: filled(&audience.pay, &more.pay),
                tags: filled(&audience.tags, &more.tags),
                not_tags: [audience.not_tags.clone(), more.not_tags].concat(),
            };
            prop_assert!(!takes(&stricter, &terms) || takes(&audience, &terms));
        }

        /// Another entry in a list that has one only widens it.
        #[test]
        fn another_entry_never_lets_less_through(audience in audiences(), terms in gigs()) {
            let mut wider = audience.clone();
            for (list, entry) in [(&mut wider.categories, "legal"), (&mut wider.languages, "en"), (&mut wider.tags, "ink")] {
                if !list.is_empty() { list.push(entry.to_owned()); }
            }
            prop_assert!(!takes(&audience, &terms) || takes(&wider, &terms));
        }
    }
}
