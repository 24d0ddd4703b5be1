//! One `[[source]]`: its kind decides which keys it takes, and a key that belongs to another kind is told, not passed over.

use super::error::{Place, Problem, Wrong};
use super::reader::Section;
use super::value::{
    employment, first_look, header_name, optional, page_url, parameter, path, unless_empty, variable, wait, word,
};
use super::written::{Table, Value};
use super::{ApiAuth, ApiConfig, ApiList, ApiPaging, FirstLook, HookConfig, HookScheme, SourceConfig, SourceFrom};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Feed,
    Page,
    Folder,
    Board,
    Api,
    Hook,
}

const KINDS: &[(&str, Kind)] = &[
    ("feed", Kind::Feed),
    ("page", Kind::Page),
    ("folder", Kind::Folder),
    ("board", Kind::Board),
    ("api", Kind::Api),
    ("hook", Kind::Hook),
];

/// The kinds that we look at, instead of being told.
const LOOKED_AT: &[Kind] = &[Kind::Feed, Kind::Page, Kind::Folder, Kind::Board, Kind::Api];

/// The keys that only some kinds take, with those kinds.
const ONLY_OF: &[(&str, &[Kind])] = &[
    ("url", &[Kind::Feed, Kind::Page, Kind::Api]),
    ("path", &[Kind::Folder]),
    ("system", &[Kind::Board]),
    ("board", &[Kind::Board]),
    ("employment", &[Kind::Board, Kind::Api, Kind::Hook]),
    ("items", &[Kind::Api, Kind::Hook]),
    ("paging", &[Kind::Api]),
    ("paging_parameter", &[Kind::Api]),
    ("next", &[Kind::Api]),
    ("list", &[Kind::Api]),
    ("auth_env", &[Kind::Api]),
    ("auth_header", &[Kind::Api]),
    ("fields", &[Kind::Api, Kind::Hook]),
    ("first_look", LOOKED_AT),
    ("poll_every", LOOKED_AT),
    ("rights", LOOKED_AT),
    ("scheme", &[Kind::Hook]),
    ("secret_env", &[Kind::Hook]),
];

/// What a source takes from `[sources]`.
#[derive(Debug, Clone)]
pub(super) struct Inherited {
    pub poll_floor: Duration,
    pub poll_every: Duration,
    pub first_look: FirstLook,
    /// `sources.poll_floor` as a message cites it.
    pub cited_floor: String,
}

/// Nothing when something is missing that it can't do without; that has been noted.
pub(super) fn read(section: &Section<'_>, place: &Place, inherited: &Inherited) -> Option<SourceConfig> {
    let block = Block { section, place };
    let name = block.need("name", optional, "what was seen is remembered under it");
    let poster = block.need("poster", optional, "its gigs are announced on that poster's accounts");
    let kind = section.read("kind", word(KINDS));
    block.refuse_foreign(kind);
    let from = block.from(kind);
    let poll_every = section.read("poll_every", unless_empty(wait)).unwrap_or(inherited.poll_every);
    if poll_every < inherited.poll_floor {
        section.refuse("poll_every", format!("it must be at least {}", inherited.cited_floor));
    }
    Some(SourceConfig {
        category: section.read("category", optional),
        first_look: section.read("first_look", unless_empty(first_look)).unwrap_or(inherited.first_look),
        employment: section.read("employment", employment),
        rights: section.read("rights", word(&[("source", super::Rights::Source), ("poster", super::Rights::Poster)])),
        name: name?,
        from: from?,
        poster: poster?,
        poll_every,
    })
}

/// An empty text means "not set", and so does an empty list.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.trim().is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Table(_) | Value::Whole(_) | Value::Fraction(_) | Value::Other(_) => true,
    }
}

struct Block<'a> {
    section: &'a Section<'a>,
    place: &'a Place,
}

impl Block<'_> {
    /// A key that this block can't do without.
    fn need<T>(
        &self,
        key: &str,
        meaning: impl Fn(&Value) -> Result<Option<T>, String>,
        why: &'static str,
    ) -> Option<T> {
        let read = self.section.read(key, meaning);
        if read.is_none() {
            let (key, place) = (format!("source.{key}"), self.place.clone());
            self.section.problems.borrow_mut().push(Problem { key, place, wrong: Wrong::Missing(why) });
        }
        read
    }

    fn refuse_foreign(&self, kind: Kind) {
        // The last layer is the template, which has every key.
        let own = self.section.layers.first().copied().filter(|_| self.section.layers.len() > 1);
        for (key, kinds) in ONLY_OF.iter().filter(|(_, kinds)| !kinds.contains(&kind)) {
            if own.and_then(|own| own.get(*key)).is_some_and(|field| is_set(&field.value)) {
                let word = |kind: &Kind| KINDS.iter().find(|(_, known)| known == kind).map_or("", |(word, _)| word);
                let takers: Vec<_> = kinds.iter().map(|kind| format!("kind = \"{}\"", word(kind))).collect();
                let said =
                    format!("kind = \"{}\" has none: leave it out; it goes with {}", word(&kind), takers.join(" or "));
                self.section.refuse(key, said);
            }
        }
    }

    fn from(&self, kind: Kind) -> Option<SourceFrom> {
        match kind {
            Kind::Feed => {
                self.need("url", unless_empty(page_url), "a feed has an address").map(|url| SourceFrom::Feed { url })
            }
            Kind::Page => {
                self.need("url", unless_empty(page_url), "a page has an address").map(|url| SourceFrom::Page { url })
            }
            Kind::Folder => {
                self.need("path", unless_empty(path), "a folder has a path").map(|path| SourceFrom::Folder { path })
            }
            Kind::Board => {
                let system = self.need("system", optional, "a board is at a hiring system, such as \"greenhouse\"");
                let board = self.need("board", optional, "a board has a name there, such as \"acme\"");
                Some(SourceFrom::Board { system: system?, board: board? })
            }
            Kind::Api => self.api().map(|api| SourceFrom::Api(Box::new(api))),
            Kind::Hook => self.hook().map(|hook| SourceFrom::Hook(Box::new(hook))),
        }
    }

    fn api(&self) -> Option<ApiConfig> {
        let section = self.section;
        let url = self.need("url", unless_empty(page_url), "an API has an address");
        let parameter = section.read("paging_parameter", parameter);
        let next = section.read("next", optional);
        let named = |usual: &str| parameter.clone().unwrap_or_else(|| usual.to_owned());
        let paging = match section.read("paging", optional).as_deref() {
            None | Some("none") => Some(ApiPaging::None),
            Some("page") => Some(ApiPaging::Page { parameter: named("page") }),
            Some("offset") => Some(ApiPaging::Offset { parameter: named("offset") }),
            Some("next") => {
                let path = self.need("next", optional, "the path to the next page, or to a cursor for it");
                path.map(|path| ApiPaging::Next { path, parameter: named("cursor") })
            }
            Some(_) => {
                section.refuse("paging", "it must be one of \"none\", \"page\", \"offset\", \"next\"".to_owned());
                None
            }
        };
        if next.is_some() && matches!(paging, Some(ApiPaging::None | ApiPaging::Page { .. } | ApiPaging::Offset { .. }))
        {
            section.refuse("next", "it goes with paging = \"next\"".to_owned());
        }
        let header = section.read("auth_header", header_name);
        let auth = section.read("auth_env", unless_empty(variable)).map(|env| ApiAuth { env, header });
        let fields = self.fields();
        Some(ApiConfig {
            url: url?,
            items: section.read("items", optional).unwrap_or_default(),
            paging: paging?,
            list: section.read("list", word(&[("window", ApiList::Window), ("whole", ApiList::Whole)])),
            auth,
            fields,
        })
    }

    fn hook(&self) -> Option<HookConfig> {
        const SCHEMES: &[(&str, HookScheme)] =
            &[("standard-webhooks", HookScheme::Standard), ("github", HookScheme::GitHub)];
        let scheme = self.section.read("scheme", word(SCHEMES));
        let items = self.section.read("items", optional).unwrap_or_default();
        let fields = self.fields();
        let why = "the environment variable with the secret by which its sender is known";
        let secret_env = self.need("secret_env", unless_empty(variable), why)?;
        Some(HookConfig { scheme, secret_env, items, fields })
    }

    /// What `[source.fields]` names, of the fields that there are.
    fn fields(&self) -> BTreeMap<String, String> {
        let nested = |layer: &&Table| match &layer.get("fields")?.value {
            Value::Table(table) => Some(table.clone()),
            Value::Text(_) | Value::Whole(_) | Value::Fraction(_) | Value::List(_) | Value::Other(_) => None,
        };
        let layers: Vec<Table> = self.section.layers.iter().filter_map(nested).collect();
        let Some(known) = layers.last() else { return BTreeMap::new() };
        let fields =
            Section { name: "source.fields", layers: layers.iter().collect(), problems: self.section.problems };
        known.keys().filter_map(|key| Some((key.clone(), fields.read(key, optional)?))).collect()
    }
}
