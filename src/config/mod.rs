//! What was written, and what it means.
//!
//! Every key, its comment and its default stand in `config/default.toml`, which is compiled in: a default lives nowhere else,
//! and the set of valid keys, their kinds and `docs/CONFIG.md` are all read from it. Over it lie the operator's files, over
//! those the environment.
//!
//! ```text
//! text -> written (values that know their place) -> schema (known keys, right kinds) -> meaning -> Config
//! ```
//!
//! All of it is pure: the caller reads the files and passes their text; only the time zone database is looked up where it
//! lies. A [`Config`] holds no secret, since grants live in the vault; so it may be shown whole.

mod error;
mod keys;
mod live;
mod log;
mod meaning;
mod reader;
mod reference;
mod schema;
mod smtp;
mod source;
mod telemetry;
mod value;
mod written;

pub use error::{ConfigError, Place, Problem, Wrong};
pub use keys::{Changed, Keys};
pub use live::Live;
pub use log::{Levels, Log, LogFile, LogFormat, LogLevel};
pub use reference::reference;
pub use smtp::{Encryption, Smtp};

use crate::gig::employment::Employment;
use crate::person::Pace;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Every key with its comment and its default.
pub const DEFAULT: &str = include_str!("../../config/default.toml");
/// A small real setup, for an operator to start from.
pub const EXAMPLE: &str = include_str!("../../config/example.toml");
/// What the demo sets on top of the defaults.
pub const DEMO: &str = include_str!("../../config/demo.toml");

/// A file as the caller read it.
#[derive(Debug, Clone, Copy)]
pub struct ConfigFile<'a> {
    /// As errors shall call it.
    pub name: &'a str,
    pub text: &'a str,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub server: Server,
    pub store: StoreConfig,
    pub wire: WireConfig,
    pub network: NetworkSettings,
    pub outbox: OutboxConfig,
    /// What a newly linked account starts with.
    pub pace: Pace,
    pub sources: Sources,
    /// One for each `[[source]]`, in their order; names differ.
    pub source: Vec<SourceConfig>,
    pub backfeed: Backfeed,
    /// How long it is kept that somebody is interested in a gig.
    pub interests_kept: Duration,
    pub keep: Keep,
    pub notice: NoticeConfig,
    /// The collector that takes traces, where there is one.
    pub otlp: Option<Otlp>,
    pub log: Log,
    /// The operator's own vouch words, instead of those compiled in.
    pub vouch_file: Option<PathBuf>,
    pub trust: TrustConfig,
    /// The operator's own labels, instead of those compiled in.
    pub labels_file: Option<PathBuf>,
    /// One for each `[[wording]]`, in their order; what each is of differs.
    pub wording: Vec<WordingConfig>,
    /// The operator's own categories, instead of those compiled in.
    pub categories_file: Option<PathBuf>,
    /// A jump of the wall clock by more than this is one to doubt.
    pub max_clock_jump: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Origin and path under which the world sees us, without a slash at the end.
    pub public_url: Option<String>,
    pub listen: SocketAddr,
    /// Who is believed about whom they ask for.
    pub trusted_proxies: Vec<IpAddr>,
    /// For the operator only.
    pub admin_listen: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    pub data_dir: PathBuf,
    pub cache_bytes: u64,
    /// With less room than this nothing is taken in and nothing sent.
    pub free_floor_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireConfig {
    pub connect_timeout: Duration,
    /// For one request in all; never shorter than `connect_timeout`.
    pub total_timeout: Duration,
    /// Scheme, host and port (none where it is the scheme's own), in lower case: `http://127.0.0.1:3000`.
    pub trusted_origins: Vec<String>,
    /// For the User-Agent: visible ASCII without parentheses.
    pub contact: Option<String>,
}

/// Addresses that a network needs beside its servers: what stands in `[network.x]`, by the network's id and the key. Which there are,
/// `default.toml` says; the core knows no network by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSettings(BTreeMap<String, BTreeMap<String, String>>);

impl NetworkSettings {
    /// Without a slash at the end.
    pub fn address(&self, network: &str, key: &str) -> &str {
        let address = self.0.get(network).and_then(|keys| keys.get(key));
        address.unwrap_or_else(|| unreachable!("default.toml has `network.{network}.{key}`: tests make every network"))
    }

    /// The same, with another address under this key.
    #[must_use]
    pub fn with(mut self, network: &str, key: &str, address: &str) -> Self {
        self.0.entry(network.to_owned()).or_default().insert(key.to_owned(), address.to_owned());
        self
    }
}

/// As compiled in.
impl Default for NetworkSettings {
    fn default() -> Self {
        Config::parse(&[], []).expect("the compiled-in defaults are valid: tests read them").network
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The wait after each try that surely did not arrive; never empty.
    pub backoff: Vec<Duration>,
    /// After a try with unknown outcome, when to look; never empty, ever later.
    pub look_after: Vec<Duration>,
    /// How long a change of a gig waits for the next one; may be nothing.
    pub edit_quiet: Duration,
    /// A new post that waited longer is dropped.
    pub worth_saying_for: Duration,
    pub max_in_flight: usize,
    /// At most `max_in_flight`.
    pub max_in_flight_per_host: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// A failing source is looked at ever less often, up to this.
    pub backoff_max: Duration,
    /// So many complete looks without a gig conclude that it is gone; at least 1.
    pub gone_after: u16,
    pub max_feed_bytes: usize,
    /// No source is looked at more often, whatever it says itself.
    pub poll_floor: Duration,
    /// Nor more rarely, unless it fails, asks for it, or usually is; at least the floor.
    pub poll_ceiling: Duration,
}

/// One place where gigs come from. What it left out has been filled in from `[sources]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    pub name: String,
    pub from: SourceFrom,
    /// The name of the poster; one who is not known yet is made.
    pub poster: String,
    /// A category slug for all its gigs.
    pub category: Option<String>,
    pub first_look: FirstLook,
    /// Never below `Sources::poll_floor`.
    pub poll_every: Duration,
    /// Kinds that are taken; all where it is empty.
    pub employment: Vec<Employment>,
    pub rights: Rights,
}

/// How posts of a network, or of one account, are worded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordingConfig {
    /// A network's id, or an account's handle.
    pub of: String,
    /// A primary language tag.
    pub language: Option<String>,
    /// The file with the template.
    pub template: Option<PathBuf>,
}

/// Who says that the gigs of a source may be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// The source, by its terms.
    Source,
    /// The poster, who states that they are its own.
    Poster,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFrom {
    /// The address of an RSS, Atom or JSON feed.
    Feed { url: String },
    /// The address of a page with jobs in it, or of a listing or sitemap of such pages.
    Page { url: String },
    /// A directory with one gig per file.
    Folder { path: PathBuf },
    /// A company's board at a hiring system, both by their names.
    Board { system: String, board: String },
    /// A list of JSON at an address.
    Api(Box<ApiConfig>),
    /// Signed JSON that is posted to us.
    Hook(Box<HookConfig>),
}

/// How what is posted to us is known for its sender's, and read. Paths are as written; whoever reads by them checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookConfig {
    pub scheme: HookScheme,
    /// The environment variable with the secret, or with the sender's public key.
    pub secret_env: String,
    /// Path to the item or the list of them; empty where it is the body itself.
    pub items: String,
    /// As [`ApiConfig::fields`].
    pub fields: BTreeMap<String, String>,
}

/// How a sender signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookScheme {
    /// Standard Webhooks, by a shared secret or the sender's key.
    Standard,
    /// `X-Hub-Signature-256`.
    GitHub,
}

/// How a list of someone's JSON is read. Paths are as written; whoever reads by them checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiConfig {
    pub url: String,
    /// Path to the list; empty where the answer is the list.
    pub items: String,
    pub paging: ApiPaging,
    pub list: ApiList,
    pub auth: Option<ApiAuth>,
    /// Path or template by the name of the gig's field; only those that were written.
    pub fields: BTreeMap<String, String>,
}

/// What it means that a gig is not in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiList {
    /// Nothing: it holds the newest.
    Window,
    /// It is gone: the operator states that the list holds all that is open.
    Whole,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiPaging {
    None,
    /// The query parameter that takes the number of the page; the first is 1.
    Page {
        parameter: String,
    },
    /// The query parameter that takes how many items come before.
    Offset {
        parameter: String,
    },
    /// Path to the address of the next page, or to a cursor for the query parameter.
    Next {
        path: String,
        parameter: String,
    },
}

/// A header whose value is a secret, and so stands in the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAuth {
    pub env: String,
    pub header: String,
}

/// A collector that takes traces over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otlp {
    /// The whole address, `/v1/traces` included.
    pub endpoint: String,
    /// Its scheme, host and port.
    pub origin: String,
    pub auth: Option<ApiAuth>,
    /// As what gigcast stands in the traces.
    pub service_name: String,
}

/// Which gigs of the first look are announced. All of them are known from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLook {
    None,
    All,
    Newest(u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfeed {
    /// Youngest first; never empty.
    pub ages: Vec<AgeBand>,
    pub budget_per_host_per_15m: u32,
    pub vouch_reread: Duration,
}

/// How long what is over is kept, by kind; nothing for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Gigs that have ended.
    pub closed_gigs: Option<Duration>,
    /// What was said under them.
    pub engagements: Option<Duration>,
    pub stories: Option<Duration>,
    /// Of their deliveries.
    pub tries: Option<Duration>,
    /// Items that could not be taken in.
    pub refused: Option<Duration>,
}

/// How far voices carry and what evidence weighs, in full vouches. Every number is finite and in its range.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustConfig {
    pub damping: f64,
    pub steps: u8,
    pub floor: f64,
    pub prune: f64,
    pub caution: f64,
    pub help: f64,
    pub community: f64,
    /// Names of posters, or ids of anyone.
    pub roots: Vec<String>,
    /// Hosts, with their port where they have one, whose word counts that they saw a post.
    pub instances: Vec<String>,
    pub hired: f64,
    pub vouch: f64,
    pub referrer: f64,
    pub dispute: f64,
    pub mild_dispute: f64,
    pub reshare: f64,
    pub quote: f64,
    pub reply: f64,
    pub vouch_half_life: Duration,
    pub dispute_half_life: Duration,
    pub help_half_life: Duration,
    pub sibling: f64,
    pub elsewhere: f64,
}

/// A post younger than this is read so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeBand {
    pub younger_than: Duration,
    pub every: Duration,
}

/// How people are told what they have to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeConfig {
    pub webhook: Option<String>,
    /// None where no mail is sent.
    pub smtp: Option<Smtp>,
    pub email_from: Option<String>,
    /// Who gets every notice, beside the person it is for.
    pub email_to: Option<String>,
}

impl Backfeed {
    /// How often a post of this age is read; nothing when it is read no more.
    pub fn every(&self, age: Duration) -> Option<Duration> {
        self.ages.iter().find(|band| age < band.younger_than).map(|band| band.every)
    }
}

impl Config {
    /// Lays `files` over the defaults, each over those before it, and `env` over all. Variables that do not begin with
    /// [`ENV_PREFIX`] are passed over.
    ///
    /// An error holds every problem that could be found, each with its place.
    pub fn parse(
        files: &[ConfigFile<'_>],
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        read(files, env).map(|read| read.config)
    }
}

/// A configuration, and what was written of each of its keys.
#[derive(Debug, Clone)]
pub struct Read {
    pub config: Config,
    pub keys: Keys,
}

/// As [`Config::parse`], with what holds for each key.
pub fn read(files: &[ConfigFile<'_>], env: impl IntoIterator<Item = (String, String)>) -> Result<Read, ConfigError> {
    let (defaults, schema) = schema::defaults();
    let mut problems = Vec::new();
    let mut layers = Vec::new();
    for (name, value) in env {
        if let Some(path) = name.strip_prefix(ENV_PREFIX) {
            let variable = written::from_env(&name, path, &value, &schema);
            layers.push(schema.admit(variable, &mut problems));
        }
    }
    for file in files.iter().rev() {
        match written::from_file(file.name, file.text) {
            Ok(table) => layers.push(schema.admit(table, &mut problems)),
            Err(syntax) => problems.extend(syntax),
        }
    }
    let config = meaning::of(&layers, &defaults, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigError::new(problems));
    }
    let keys = Keys::of(&layers, &defaults);
    Ok(Read { config, keys })
}

/// A duration as it is written in the configuration: `30s`, `1h30m`, `7d`.
pub fn duration(text: &str) -> Option<Duration> {
    value::duration_of(text)
}

/// What a variable's name begins with; then the section and the key, separated by two underscores.
pub const ENV_PREFIX: &str = "GIGCAST__";
