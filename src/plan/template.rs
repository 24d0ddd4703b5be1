//! An operator's own way of putting a post together (docs/decisions/0017).
//!
//! A template says in which order and with which words the fields of a gig become a post. Which fields there are is not for it to say:
//! composing tries each, the most wanted first, and keeps what fits, so that a template need not know any network's limit and can cut
//! nothing in two. A field that had no room is empty, as is one that the gig does not have: `{% if pay %}{{ pay }}{% endif %}`.
//!
//! It is checked when it is read, with every set of fields that a post can have: whatever may go wrong with it goes wrong at the start and not
//! with a gig in hand. It sees these fields and nothing else, has no filters and functions, and its steps are counted.

use super::length::continues;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use std::fmt;

/// Those that it may name.
pub const FIELDS: [&str; 9] =
    ["title", "facts", "pay", "place", "closes", "organisation", "description", "tags", "link"];

/// A longer one is no template of a post.
const TEMPLATE_BYTES: usize = 8 * 1024;

/// Steps of one rendering: a loop over all fields takes some hundreds.
const STEPS: u64 = 20_000;

const NAME: &str = "post";

/// What the fields say; empty what is not said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// With what has become of the gig before it: `Filled: Logo for a bakery`.
    pub title: &'a str,
    /// Pay, place and closing day in one line.
    pub facts: &'a str,
    pub pay: &'a str,
    pub place: &'a str,
    pub closes: &'a str,
    pub organisation: &'a str,
    pub description: &'a str,
    /// With their signs, in one line.
    pub tags: &'a str,
    pub link: &'a str,
}

#[derive(Clone)]
pub struct Template {
    source: String,
    compiled: Environment<'static>,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    /// Counted from 1; nothing where it is the whole that is wrong.
    pub line: Option<usize>,
    pub said: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.said),
            None => f.write_str(&self.said),
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("source", &self.source).finish_non_exhaustive()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let whole = |said: String| TemplateError { line: None, said };
        if text.len() > TEMPLATE_BYTES {
            return Err(whole(format!("it is longer than {TEMPLATE_BYTES} bytes: a post is short")));
        }
        let mut compiled = Environment::empty();
        compiled.set_undefined_behavior(UndefinedBehavior::Strict);
        compiled.set_fuel(Some(STEPS));
        compiled.add_template_owned(NAME, text.to_owned()).map_err(|error| told(&error))?;
        let template = Self { source: text.to_owned(), compiled };
        template.names_only_fields()?;
        for said in every_set_of_fields() {
            let rendered = template.rendered(&said).map_err(|error| told(&error))?;
            if !has_link(&rendered, said.link) {
                let missing = missing(&said);
                return Err(whole(format!(
                    "the post has no link{missing}: put {{{{ link }}}} where it always stands, with a space or a line break on both sides"
                )));
            }
            if !rendered.contains(said.title) {
                let missing = missing(&said);
                return Err(whole(format!(
                    "the post has no title{missing}: put {{{{ title }}}} where it always stands; it also says that a gig is filled"
                )));
            }
        }
        Ok(template)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Empty where it fails, which its checks have ruled out as far as they can.
    pub(super) fn render(&self, said: &Said<'_>) -> String {
        self.rendered(said).unwrap_or_default()
    }

    fn rendered(&self, said: &Said<'_>) -> Result<String, Error> {
        let Said { title, facts, pay, place, closes, organisation, description, tags, link } = *said;
        let text = self.compiled.get_template(NAME)?.render(context! {
            title, facts, pay, place, closes, organisation, description, tags, link,
        })?;
        Ok(tidy(&text))
    }

    /// Names in a branch that no check takes would come up with some gig one day.
    fn names_only_fields(&self) -> Result<(), TemplateError> {
        let named = self.compiled.get_template(NAME).map_err(|error| told(&error))?.undeclared_variables(false);
        let mut unknown: Vec<String> = named.into_iter().filter(|name| !FIELDS.contains(&name.as_str())).collect();
        // In the order in which they stand.
        unknown.sort_by_key(|name| self.line_of(name));
        let Some(name) = unknown.first() else { return Ok(()) };
        let near = FIELDS.iter().max_by_key(|field| {
            let likeness = strsim::normalized_damerau_levenshtein(field, name);
            // As a whole number, since it is only compared.
            (likeness >= 0.6, (likeness * 1000.0).round().to_bits())
        });
        let near = near.filter(|field| strsim::normalized_damerau_levenshtein(field, name) >= 0.6);
        let said = match near {
            Some(near) => format!("`{name}` is no field of a post; did you mean `{near}`?"),
            None => format!("`{name}` is no field of a post; these are: {}", FIELDS.join(", ")),
        };
        Err(TemplateError { line: self.line_of(name), said })
    }

    /// Where a name stands first, as a word.
    fn line_of(&self, name: &str) -> Option<usize> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let named = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
        self.source.lines().position(named).map(|at| at + 1)
    }
}

/// What the template crate says, without its inner names.
fn told(error: &Error) -> TemplateError {
    let kind = error.kind();
    let said = match (kind, error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it takes more than {STEPS} steps: a post needs no such loop"),
        (ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest, detail) => {
            let detail = detail.unwrap_or("there are none here");
            format!("{detail}: templates of posts have no filters, functions and tests")
        }
        (_, Some(detail)) => format!("{kind}: {detail}"),
        (_, None) => kind.to_string(),
    };
    TemplateError { line: error.line().filter(|line| *line > 0), said }
}

const TITLES: [&str; 2] = ["Illustrator for a children’s book", "Filled: Illustrator for a children’s book"];

/// What each set of pay, place and closing day comes to in one line.
const FACTS: [&str; 8] = [
    "",
    "€1,200",
    "Remote",
    "€1,200 · Remote",
    "closes 3 December",
    "€1,200 · closes 3 December",
    "Remote · closes 3 December",
    "€1,200 · Remote · closes 3 December",
];

/// Every set of fields that a post can have: title and link always, each of the others or not, a gig that is open or filled.
fn every_set_of_fields() -> impl Iterator<Item = Said<'static>> {
    (0usize..1 << 6).flat_map(|set| {
        let has = |nth: u8, words: &'static str| if set & (1 << nth) == 0 { "" } else { words };
        let said = Said {
            title: TITLES[0],
            facts: FACTS[set % FACTS.len()],
            pay: has(0, "€1,200"),
            place: has(1, "Remote"),
            closes: has(2, "closes 3 December"),
            organisation: has(3, "Acme Press"),
            description: has(4, "Twelve spreads in watercolour. We print in March."),
            tags: has(5, "#Illustration #ChildrensBooks"),
            link: "https://gigs.example/g/gig_0123456789abcdef?v=01234567",
        };
        TITLES.map(|title| Said { title, ..said })
    })
}

/// For the message: which fields were empty when it went wrong.
fn missing(said: &Said<'_>) -> String {
    let fields = [
        ("pay", said.pay),
        ("place", said.place),
        ("closes", said.closes),
        ("organisation", said.organisation),
        ("description", said.description),
        ("tags", said.tags),
    ];
    let empty: Vec<&str> = fields.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    if empty.is_empty() { String::new() } else { format!(" when these are empty: {}", empty.join(", ")) }
}

/// Whole, and apart from other words.
fn has_link(text: &str, link: &str) -> bool {
    text.match_indices(link).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(char::is_whitespace) && !continues(&text[at + link.len()..])
    })
}

/// Lines without blanks at their ends, and never two empty ones: what a field that is empty leaves behind.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut gap = "";
    for line in text.lines().map(|line| line.trim_end_matches([' ', '\t'])) {
        if line.is_empty() {
            gap = if tidy.is_empty() { "" } else { "\n\n" };
        } else {
            tidy.push_str(gap);
            tidy.push_str(line);
            gap = "\n";
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        "{{ title }}{% if facts %}\n→ {{ facts }}{% endif %}\n\n{{ description }}\n\n{{ link }} {{ tags }}\n";

    fn refused(text: &str) -> String {
        Template::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn fields_stand_where_the_template_puts_them_and_empty_ones_leave_no_hole() {
        let template = Template::parse(ALL).unwrap();
        let said = Said { title: "Logo", link: "https://x.example/1", ..Said::default() };
        assert_eq!(template.render(&said), "Logo\n\nhttps://x.example/1");
        let said = Said { facts: "€300", description: "SVG.", tags: "#Logo", ..said };
        assert_eq!(template.render(&said), "Logo\n→ €300\n\nSVG.\n\nhttps://x.example/1 #Logo");
    }

    #[test]
    fn a_bad_template_is_refused_with_its_line_and_what_is_wrong() {
        for (text, said) in [
            ("{{ title }}\n{{ link }}\n{{ titel }}", "line 3: `titel` is no field of a post; did you mean `title`?"),
            ("{{ title }} {{ link }}\n{% if false %}{{ secret }}{% endif %}", "line 2: `secret` is no field"),
            ("{{ title }}\n{% if pay %}{{ link }}", "line 2:"),
            ("{{ title }}\n{{ link", "line 2:"),
            ("{{ title | upper }} {{ link }}", "no filters"),
            ("{{ title }} {{ link }}\n{{ range(5) }}", "line 2: `range`"),
            ("{{ title }} {{ link }} {{ title.password }}", "line 1:"),
            ("{% include 'other' %}", "line 1:"),
        ] {
            let told = refused(text);
            assert!(told.contains(said), "{text:?}: {told}");
        }
    }

    #[test]
    fn the_link_and_the_title_stand_in_every_post() {
        for (text, said) in [
            ("{{ title }}", "no link"),
            ("{{ title }}x{{ link }}", "no link"),
            ("{{ title }} {{ link }}/more", "no link"),
            ("{{ title }} {% if pay %}{{ link }}{% endif %}", "no link when these are empty: pay"),
            ("{{ link }}", "no title"),
            ("{{ link }} {% if description %}{{ title }}{% endif %}", "no title when these are empty: pay"),
            (
                "{% if pay or not facts %}{{ title }}{% endif %}\n{{ link }}",
                "no title when these are empty: pay, closes",
            ),
            (
                "{% if facts != pay or not facts %}{{ title }}{% endif %}\n{{ link }}",
                "no title when these are empty: place, closes",
            ),
            (
                "{{ title }}\n{% if pay or not facts %}{{ link }}{% endif %}",
                "no link when these are empty: pay, closes",
            ),
        ] {
            let told = refused(text);
            assert!(told.contains(said), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_template_that_never_ends_is_refused() {
        let letters = "a".repeat(60);
        let nested = format!(
            "{{{{ title }}}} {{{{ link }}}}{}x{}",
            format!("{{% for a in '{letters}' %}}").repeat(4),
            "{% endfor %}".repeat(4)
        );
        let told = refused(&nested);
        assert!(told.contains("steps") || told.contains("iterate"), "{told}");
        assert!(refused(&"x".repeat(TEMPLATE_BYTES + 1)).contains("longer than"));
    }
}
