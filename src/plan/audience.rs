//! Whether an account is for this gig: what a person says to one circle must not be shouted into another.
//!
//! An account's audience may name categories and languages. An empty list lets everything through; a list that isn't empty is a promise to
//! its followers, so a gig that doesn't say what is asked for is not let through either.

use super::taxonomy::Taxonomy;
use crate::failure::Why;
use crate::gig::Terms;
use crate::person::Audience;

/// Nothing when the account takes it, else the reason in one sentence.
pub fn refusal(audience: &Audience, terms: &Terms, taxonomy: &Taxonomy) -> Option<Why> {
    category(audience, terms, taxonomy).or_else(|| language(audience, terms))
}

fn category(audience: &Audience, terms: &Terms, taxonomy: &Taxonomy) -> Option<Why> {
    let wanted = &audience.categories;
    let named = |slug: &str| taxonomy.label(slug).unwrap_or(slug).to_owned();
    let takes = || listed(wanted.iter().map(|slug| named(slug)));
    match terms.category.as_deref() {
        _ if wanted.is_empty() => None,
        Some(slug) if wanted.iter().any(|parent| Taxonomy::includes(parent, slug)) => None,
        Some(slug) => Some(Why::new(format!("this account takes only {}, and the gig is in {}", takes(), named(slug)))),
        None => Some(Why::new(format!("this account takes only {}, and no category was found for the gig", takes()))),
    }
}

fn language(audience: &Audience, terms: &Terms) -> Option<Why> {
    let wanted = &audience.languages;
    let takes = || listed(wanted.iter().map(|tag| format!("`{tag}`")));
    match terms.language.as_deref() {
        _ if wanted.is_empty() => None,
        Some(tag) if wanted.iter().any(|other| primary(other) == primary(tag)) => None,
        Some(tag) => Some(Why::new(format!("this account takes only gigs in {}, and this one is in `{tag}`", takes()))),
        None => Some(Why::new(format!("this account takes only gigs in {}, and this one names no language", takes()))),
    }
}

/// `pt-BR` and `pt_br` are both `pt`.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or(tag).trim().to_lowercase()
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    fn asked(
        categories: &[&str],
        languages: &[&str],
        category: Option<&str>,
        language: Option<&str>,
    ) -> Option<String> {
        let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
        let audience = Audience { categories: owned(categories), languages: owned(languages), ..Audience::default() };
        let mut terms = samples::gig().terms;
        terms.category = category.map(str::to_owned);
        terms.language = language.map(str::to_owned);
        refusal(&audience, &terms, Taxonomy::builtin()).map(|why| why.said)
    }

    #[test]
    fn an_account_without_rules_takes_everything() {
        assert_eq!(asked(&[], &[], None, None), None);
        assert_eq!(asked(&[], &[], Some("legal"), Some("fi")), None);
    }

    #[test]
    fn a_parent_category_includes_its_children_and_not_the_other_way_round() {
        assert_eq!(asked(&["design"], &[], Some("design/illustration"), None), None);
        assert_eq!(asked(&["design/illustration"], &[], Some("design/illustration"), None), None);
        assert!(asked(&["design/illustration"], &[], Some("design"), None).is_some());
        assert!(asked(&["des"], &[], Some("design"), None).is_some());
    }

    #[test]
    fn a_language_is_compared_by_its_primary_tag() {
        assert_eq!(asked(&[], &["pt"], None, Some("pt-BR")), None);
        assert_eq!(asked(&[], &["EN"], None, Some("en_GB")), None);
    }

    #[test]
    fn each_refusal_is_a_sentence() {
        for (found, sentence) in [
            (
                asked(&["design", "marketing/seo"], &[], Some("legal"), None),
                "this account takes only Design or SEO, and the gig is in Legal",
            ),
            (
                asked(&["design"], &[], None, None),
                "this account takes only Design, and no category was found for the gig",
            ),
            (
                asked(&[], &["de", "fr"], None, Some("en")),
                "this account takes only gigs in `de` or `fr`, and this one is in `en`",
            ),
            (asked(&[], &["de"], None, None), "this account takes only gigs in `de`, and this one names no language"),
        ] {
            assert_eq!(found.as_deref(), Some(sentence));
        }
    }
}
