//! The kinds of work: a tree of two levels, read from `config/categories.toml`.
//!
//! A category steers who is told (audiences, feeds) and under which tags. It is found by plain rules that a poster can
//! foresee and correct, without a model: the source's own slug wins; else the longest keyword found in the tags, then in the title, then in the
//! description. Longest first, so that "web design" is not taken for "design"; whole words only, so that "art" is not
//! found in "start"; a plural `s` or `es` is looked past. In "Copywriter for a web shop" what stands before the "for" is the work.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const BUILTIN: &str = include_str!("../../config/categories.toml");

/// Words of a description that are looked at: the kind of work is said early or not at all.
const DESCRIPTION_WORDS: usize = 200;

/// What parts the work from the thing in a title.
const PURPOSE: [&str; 8] = ["for", "of", "für", "pour", "para", "per", "voor", "to"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    categories: Vec<Category>,
    /// Which category each keyword, as words, leads to.
    keywords: BTreeMap<Vec<String>, usize>,
    /// Words of the longest keyword.
    longest: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// `parent` or `parent/child`.
    pub slug: String,
    pub label: String,
    /// Without the `#`, each word with a capital.
    pub hashtags: Vec<String>,
    pub keywords: Vec<String>,
}

/// What is wrong in a file of categories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxonomyError {
    #[error("the categories can't be read: {0}")]
    Toml(String),
    #[error("`{0}` is no slug: write `parent` or `parent/child` in a-z, 0-9 and `-`")]
    Slug(String),
    #[error("the category `{0}` is there twice: remove one")]
    Twice(String),
    #[error("the category `{0}` has no parent: add `{1}` above it")]
    NoParent(String, String),
    #[error("the category `{0}` has an empty label")]
    NoLabel(String),
    #[error("`{tag}` in `{slug}` is no hashtag: letters and digits only, beginning with a capital, without the `#`")]
    Hashtag { slug: String, tag: String },
    #[error("`{keyword}` in `{slug}` holds no word")]
    EmptyKeyword { slug: String, keyword: String },
    #[error("the keyword `{keyword}` leads to `{first}` and to `{second}`: keep it in one")]
    Ambiguous { keyword: String, first: String, second: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    category: Vec<Category>,
}

impl Taxonomy {
    pub fn parse(text: &str) -> Result<Self, TaxonomyError> {
        let categories = toml::from_str::<File>(text).map_err(|e| TaxonomyError::Toml(e.to_string()))?.category;
        let mut slugs = BTreeSet::new();
        let mut keywords: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (at, category) in categories.iter().enumerate() {
            sound(category, &slugs)?;
            slugs.insert(category.slug.as_str());
            for keyword in &category.keywords {
                let key = words(keyword);
                if key.is_empty() {
                    return Err(TaxonomyError::EmptyKeyword { slug: category.slug.clone(), keyword: keyword.clone() });
                }
                if let Some(other) = keywords.insert(key, at) {
                    return Err(TaxonomyError::Ambiguous {
                        keyword: keyword.clone(),
                        first: categories[other].slug.clone(),
                        second: category.slug.clone(),
                    });
                }
            }
        }
        // Tags are often written without blanks: `graphicdesign`.
        for (key, at) in keywords.clone() {
            keywords.entry(vec![key.concat()]).or_insert(at);
        }
        let longest = keywords.keys().map(Vec::len).max().unwrap_or(0);
        Ok(Self { categories, keywords, longest })
    }

    /// The one compiled in.
    pub fn builtin() -> &'static Self {
        static PARSED: LazyLock<Taxonomy> =
            LazyLock::new(|| Taxonomy::parse(BUILTIN).expect("a test parses the categories that are compiled in"));
        &PARSED
    }

    /// In the order of the file: parents before their children.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The slug of the kind of work, or nothing when no rule finds one.
    pub fn classify(&self, category: Option<&str>, tags: &[String], title: &str, description: &str) -> Option<String> {
        let said = category.map(|slug| slug.trim().to_lowercase());
        if let Some(own) = said.as_deref().and_then(|slug| self.named(slug)) {
            return Some(own.slug.clone());
        }
        let tags: Vec<Vec<String>> = said.iter().chain(tags).map(|tag| words(tag)).collect();
        let title = words(title);
        let opening: Vec<String> = words(description).into_iter().take(DESCRIPTION_WORDS).collect();
        let found = self.longest_in(&tags).or_else(|| self.work_in(&title)).or_else(|| self.longest_in(&[opening]));
        found.map(|at| self.categories[at].slug.clone())
    }

    /// Without the `#`; none for a category that isn't ours.
    pub fn hashtags(&self, slug: &str) -> &[String] {
        self.named(slug).map(|category| category.hashtags.as_slice()).unwrap_or_default()
    }

    pub fn label(&self, slug: &str) -> Option<&str> {
        self.named(slug).map(|category| category.label.as_str())
    }

    /// Whether `slug` is `parent` itself or stands below it.
    pub fn includes(parent: &str, slug: &str) -> bool {
        slug.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn named(&self, slug: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.slug == slug)
    }

    /// What is before a "for" says the work, what is behind it the thing worked on; this counts when the work is not said,
    /// or only in general ("design of a logo").
    fn work_in(&self, title: &[String]) -> Option<usize> {
        let slug = |at: usize| self.categories[at].slug.as_str();
        let (head, tail) = match title.iter().position(|word| PURPOSE.contains(&word.as_str())) {
            Some(at) => title.split_at(at),
            None => (title, &[][..]),
        };
        let thing = self.longest_in(&[tail.to_vec()]);
        match self.longest_in(&[head.to_vec()]) {
            Some(work) => thing.filter(|thing| Self::includes(slug(work), slug(*thing))).or(Some(work)),
            None => thing,
        }
    }

    /// The category of the longest keyword in these texts; of equally long ones the first said.
    fn longest_in(&self, texts: &[Vec<String>]) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for words in texts {
            for start in 0..words.len() {
                for length in 1..=self.longest.min(words.len() - start) {
                    let run = &words[start..start + length];
                    let letters = run.iter().map(|word| word.chars().count()).sum();
                    if best.is_none_or(|(most, _)| letters > most) {
                        best = self.keyword(run).map(|at| (letters, at)).or(best);
                    }
                }
            }
        }
        best.map(|(_, at)| at)
    }

    /// A run of words as a keyword: as it stands, or with the plural of its last word taken off.
    fn keyword(&self, run: &[String]) -> Option<usize> {
        let exact = self.keywords.get(run).copied();
        exact.or_else(|| {
            let (last, before) = run.split_last()?;
            ["s", "es"].iter().find_map(|ending| {
                let singular = last.strip_suffix(ending)?;
                let words: Vec<String> = before.iter().cloned().chain([singular.to_owned()]).collect();
                self.keywords.get(&words).copied()
            })
        })
    }
}

fn sound(category: &Category, above: &BTreeSet<&str>) -> Result<(), TaxonomyError> {
    let slug = &category.slug;
    let parts: Vec<&str> = slug.split('/').collect();
    let word = |part: &&str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if parts.len() > 2 || !parts.iter().all(word) {
        return Err(TaxonomyError::Slug(slug.clone()));
    }
    if above.contains(slug.as_str()) {
        return Err(TaxonomyError::Twice(slug.clone()));
    }
    if parts.len() == 2 && !above.contains(parts[0]) {
        return Err(TaxonomyError::NoParent(slug.clone(), parts[0].to_owned()));
    }
    if category.label.trim().is_empty() {
        return Err(TaxonomyError::NoLabel(slug.clone()));
    }
    let is_tag =
        |tag: &str| tag.chars().next().is_some_and(char::is_uppercase) && tag.chars().all(char::is_alphanumeric);
    match category.hashtags.iter().find(|tag| !is_tag(tag)) {
        Some(tag) => Err(TaxonomyError::Hashtag { slug: slug.clone(), tag: tag.clone() }),
        None => Ok(()),
    }
}

/// Lower case, parted at all that is no letter or digit; `+` and `#` stay behind a letter, for `c++` and `c#`.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        let last = words.last_mut().expect("there is always a last word");
        if c.is_alphanumeric() || (matches!(c, '+' | '#') && !last.is_empty()) {
            last.extend(c.to_lowercase());
        } else if !last.is_empty() {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
