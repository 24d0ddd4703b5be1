//! From the config to a daemon that runs: everything is opened in the order in which it rests on each other.
//!
//! The store first, since its lock says that this data directory is ours; then the vault's key, which only the owner of the store may
//! make; then all that speaks and listens. Nothing is sent before [`Assembled::run`].

use super::announce::Announce;
use super::backfeed::{Backfeed, Budget};
use super::collector::collector;
use super::deliver::{Deliver, Settings};
use super::desk::gigs::OwnGigs;
use super::desk::operator::{Desk, LastScan};
use super::desk::posters::Reception;
use super::desk::review::ReviewDesk;
use super::health::Vitals;
use super::push::{Pushes, Reachable, Subscribe};
use super::reload::Reload;
use super::sources::sources;
use super::unlocking::unlock;
use super::upkeep::Upkeep;
use super::watch::Watch;
use super::{Daemon, Patience, Pulse};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Live};
use crate::courier::{BadMail, Courier, Mailer, SMTP_PASSWORD_ENV};
use crate::engagement::{VouchWords, VouchWordsError};
use crate::failure::{Failure, Why};
use crate::fitness::Fitness;
use crate::grants::{Linking, PushKey, Queues, RotationError, Sessions, Trouble, VouchKeys, signing_key};
use crate::intake::Intake;
use crate::networks;
use crate::outbox::backoff::Schedule;
use crate::outbox::pace::Quotas;
use crate::plan::labels::{LabelsError, Phrasebook};
use crate::plan::manner::{Speech, Usage};
use crate::plan::taxonomy::{Taxonomy, TaxonomyError};
use crate::plan::template::{Template, TemplateError};
use crate::ports::{Store, StoreError, Wire};
use crate::secret::Secret;
use crate::store::Ledger;
use crate::store::gate::Gate;
use crate::store::migrate::{self, MigrationError};
use crate::store::sled::{OpenError, Opened, SledStore};
use crate::telemetry::Meters;
use crate::telemetry::requests::Observed;
use crate::telemetry::trace::Traces;
use crate::vault::VaultError;
use crate::weave::Weave;
use crate::web::admin::{Admin, Guard, Operator, Tail};
use crate::web::signed::{Home, Tries};
use crate::web::visits::Visits;
use crate::web::words::count;
use crate::web::{self, Health, Public, admin};
use crate::wire::{BadWire, Client, Settings as WireSettings};
use axum::Router;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// Where the listeners are, for commands and tests: the config may have asked for any free port.
pub const ADDRESSES_FILE: &str = "addresses.json";

/// After the last delivery is in, so long may open connections take to end.
const CLOSING: Duration = Duration::from_secs(1);
/// What a request may take beyond its own timeout until its outcome is durable.
const SETTLING: Duration = Duration::from_secs(5);

/// Why there can be no daemon.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Fault(#[from] StoreError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Rotation(RotationError),
    #[error("the key that gigcast signs with cannot be had: {0}")]
    SigningKey(Failure),
    #[error(transparent)]
    Wire(#[from] BadWire),
    #[error(transparent)]
    Mail(#[from] BadMail),
    #[error("{key}: {} cannot be read: {cause}", .path.display())]
    Unread { key: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("vouch.file: in {}: {wrong}", .path.display())]
    VouchWords { path: PathBuf, wrong: VouchWordsError },
    #[error("categories.file: in {}: {wrong}", .path.display())]
    Categories { path: PathBuf, wrong: TaxonomyError },
    #[error("labels.file: in {}: {wrong}", .path.display())]
    Labels { path: PathBuf, wrong: LabelsError },
    #[error("wording.template of `{of}`: in {}: {wrong}", .path.display())]
    Template { of: String, path: PathBuf, wrong: TemplateError },
    #[error(
        "wording.of: `{of}` is no network and no handle; write one of {networks}, or a handle as `@acme@social.example`"
    )]
    Wording { of: String, networks: String },
    #[error("{0}")]
    Collector(Why),
    #[error("the source `{name}`: {why}")]
    Source { name: String, why: Why },
    #[error("`{key}` is {address}, and nothing can listen there: {cause}")]
    Listen { key: &'static str, address: SocketAddr, cause: std::io::Error },
    #[error("{} cannot be written: {cause}", .path.display())]
    Write { path: PathBuf, cause: std::io::Error },
}

impl From<Trouble> for StartError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Store(fault) => Self::Fault(fault),
            Trouble::Refused(failure) => Self::SigningKey(failure),
        }
    }
}

impl From<RotationError> for StartError {
    fn from(error: RotationError) -> Self {
        match error {
            RotationError::Vault(error) => Self::Vault(error),
            RotationError::Store(fault) => Self::Fault(fault),
            disturbed @ RotationError::Disturbed(_) => Self::Rotation(disturbed),
        }
    }
}

impl StartError {
    /// Whether the operator has to mend what is written; otherwise a later start may succeed as it is.
    pub fn is_config(&self) -> bool {
        match self {
            Self::Vault(_)
            | Self::Wire(_)
            | Self::Mail(_)
            | Self::Unread { .. }
            | Self::VouchWords { .. }
            | Self::Categories { .. }
            | Self::Labels { .. }
            | Self::Template { .. }
            | Self::Wording { .. }
            | Self::Collector(_)
            | Self::Source { .. } => true,
            Self::Store(_)
            | Self::Fault(_)
            | Self::Migration(_)
            | Self::Rotation(_)
            | Self::SigningKey(_)
            | Self::Listen { .. }
            | Self::Write { .. } => false,
        }
    }
}

/// A daemon with its listeners bound and nothing running yet.
#[derive(Debug)]
pub struct Assembled {
    pub daemon: Arc<Daemon>,
    pub linking: Arc<Linking>,
    /// What the pages and the API read from.
    pub public: Public,
    /// Where they are served.
    pub public_at: SocketAddr,
    pub admin_at: SocketAddr,
    /// Reads the configuration again.
    pub reload: Arc<Reload>,
    /// What the operator's side asks.
    pub operator: Arc<dyn Operator>,
    store: Arc<SledStore>,
    serving: Vec<(TcpListener, Router)>,
    grace: Duration,
    addresses: PathBuf,
}

/// Opens and binds all that `config` names. `env` finds the vault key; `tail` is where the log lines of this process end up.
pub async fn assemble(
    config: &Config,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    tail: Tail,
) -> Result<Assembled, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let taxonomy = Arc::new(taxonomy(config.categories_file.as_deref())?);
    let vouch_words = vouch_words(config.vouch_file.as_deref())?;
    let speech = Arc::new(Live::new(speech(config)?));
    let watched = sources(config, &taxonomy, env)?;
    let traces = Arc::new(collector(config, Arc::clone(&clock), env)?.map_or_else(Traces::default, Traces::to));
    let meters = Arc::<Meters>::default();
    let wire: Arc<dyn Wire> = Arc::new(Observed {
        inner: Arc::new(wire(config, Arc::clone(&clock))?),
        clock: Arc::clone(&clock),
        meters: Arc::clone(&meters),
        traces: Arc::clone(&traces),
    });

    let dir = config.store.data_dir.clone();
    let store = Arc::new(open(dir.clone(), config.store.cache_bytes).await?);
    let gate = Arc::new(Gate::new(Arc::clone(&store) as Arc<dyn Store>));
    let migrated = migrate::migrate(&*store, migrate::Mode::Apply).await?;
    if migrated.changed() > 0 {
        let (records, from) = (migrated.changed(), migrated.from);
        info!(
            event = "store.migrated",
            records,
            "The store was of version {from}: {} brought to the present one",
            count(records, "record is", "records are")
        );
    }
    let ledger = Ledger::new(Arc::clone(&gate) as Arc<dyn Store>);
    let epoch = ledger.begin().await?;
    ledger.fill_shelves().await?;
    ledger.fill_by_actor().await?;
    ledger.resume_forgetting().await?;
    let vault = unlock(&ledger, &dir, env).await?;

    let fitness = Arc::new(Fitness::new(Arc::clone(&clock), config.max_clock_jump, config.store.free_floor_bytes));
    fitness.note_room(ledger.free_bytes());
    // Servers know us by a key of ours where they can fetch it: from a public address.
    let signing = match &config.server.public_url {
        Some(_) => Some(signing_key(&ledger, &vault).await?),
        None => None,
    };
    let vault = Arc::new(vault);
    let vouch_keys = VouchKeys::new(ledger.clone(), Arc::clone(&vault), config.server.public_url.as_deref());
    // Made now where others may ask for it: no visitor's question writes anything.
    vouch_keys.document().await?;
    let push_key = Arc::new(match &config.server.public_url {
        Some(_) => PushKey::of(&ledger, &vault).await?,
        None => PushKey::passing().map_err(Trouble::Refused)?,
    });
    let networks = networks::registry(&config.network);
    let mut sessions = Sessions::new(networks, ledger.clone(), vault, Arc::clone(&wire), Arc::clone(&clock));
    if let Some(key) = signing {
        sessions = sessions.signing(key);
    }
    let intake = Intake {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        taxonomy: Arc::clone(&taxonomy),
        fitness: Arc::clone(&fitness),
        bell: Arc::new(Notify::new()),
    };
    for source in &config.source {
        intake.welcome(&source.poster).await?;
    }
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let deliver = Arc::new(Deliver {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        sessions: Arc::new(sessions),
        quotas: Arc::new(Quotas::default()),
        taxonomy: Arc::clone(&taxonomy),
        speech,
        settings: Live::new(delivery_settings(config)),
        epoch,
        fitness: Arc::clone(&fitness),
        bell: Arc::new(Notify::new()),
        to_plan: Arc::clone(&intake.bell),
        tasks: tasks.clone(),
        slots: std::sync::Mutex::default(),
        meters,
        traces,
    });
    let announce = Arc::new(Announce { deliver: Arc::clone(&deliver), last: AtomicU64::new(0) });
    let watch = Arc::new(Watch {
        intake: intake.clone(),
        wire,
        watched: Live::new(watched),
        bell: Arc::new(Notify::new()),
        tasks: tasks.clone(),
        agenda: std::sync::Mutex::default(),
    });
    let weave = Weave::new(ledger.clone(), Arc::clone(&clock), Arc::clone(&taxonomy));
    let weave = weave.configured(&config.trust).await?.believing(&config.trust.instances, Arc::clone(&watch.wire));
    let reach = Reachable::new(config.server.public_url.as_deref(), &config.wire);
    let subscribe = Arc::new(Subscribe {
        watch: Arc::clone(&watch),
        key: Arc::clone(&push_key),
        reach: reach.clone(),
        bell: watch.watched.first().map(|watched| Arc::clone(&watched.lease.bell)).unwrap_or_default(),
        busy: std::sync::Mutex::default(),
    });
    subscribe.resume().await?;
    let pushes = Arc::new(Pushes {
        watch: Arc::clone(&watch),
        key: push_key,
        reach,
        max_feed_bytes: config.sources.max_feed_bytes,
    });
    let backfeed = Arc::new(Backfeed {
        ledger: ledger.clone(),
        weave: weave.clone(),
        clock: Arc::clone(&clock),
        sessions: Arc::clone(&deliver.sessions),
        quotas: Arc::clone(&deliver.quotas),
        words: Live::new(vouch_words),
        rules: Live::new(config.backfeed.clone()),
        budget: Budget::new(config.backfeed.budget_per_host_per_15m),
        fitness: Arc::clone(&fitness),
        bell: Arc::new(Notify::new()),
        tasks: tasks.clone(),
        stop: stop.clone(),
        state: std::sync::Mutex::default(),
    });
    let notify = Arc::new(super::notify::Notify {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        courier: Live::new(courier(config, Arc::clone(&watch.wire), env)?),
        backoff: super::notify::Notify::schedule(),
        bell: Arc::new(Notify::new()),
    });
    let visits = Arc::<Visits>::default();
    let upkeep = Arc::new(Upkeep {
        deliver: Arc::clone(&deliver),
        bell: Arc::new(Notify::new()),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::clone(&visits),
        interests_kept: config.interests_kept,
        keep: config.keep,
    });
    let pulse = Arc::new(Pulse::default());
    let health: Arc<dyn Health> = Arc::new(Vitals {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        fitness: Arc::clone(&fitness),
        pulse: Arc::clone(&pulse),
    });
    let daemon = Arc::new(Daemon {
        clock: Arc::clone(&clock),
        fitness: Arc::clone(&fitness),
        deliver,
        announce,
        watch,
        subscribe,
        backfeed,
        upkeep,
        notify,
        pulse,
        tasks,
        stop,
        patience: Patience::default(),
    });

    let (public_socket, public_at) = listen("server.listen", config.server.listen).await?;
    let (admin_socket, admin_at) = listen("server.admin_listen", config.server.admin_listen).await?;
    let home = Home::new(config.server.public_url.as_deref(), public_at);
    let queues: Arc<dyn Queues> = Arc::<Daemon>::clone(&daemon);
    let sessions = Arc::clone(&daemon.deliver.sessions);
    let linking = Arc::new(Linking::new(sessions, queues, home.base(), config.pace.clone()));
    let reload = Arc::new(Reload::new(Arc::clone(&daemon), Arc::clone(&linking)));
    let posters = Arc::new(Reception { deliver: Arc::clone(&daemon.deliver), linking: Arc::clone(&linking) });
    let public = Public {
        home,
        posters,
        tries: Arc::new(Tries::new(&config.server.trusted_proxies)),
        reviews: Arc::new(ReviewDesk { deliver: Arc::clone(&daemon.deliver) }),
        ledger,
        intake,
        taxonomy,
        clock,
        fitness,
        public_url: config.server.public_url.clone(),
        health: Arc::clone(&health),
        weave: weave.clone(),
        vouch_keys: vouch_keys.clone(),
        gigs: Arc::new(OwnGigs { deliver: Arc::clone(&daemon.deliver) }),
        pushes,
        visits,
    };
    let guard =
        Guard::arm(&dir, admin_at).map_err(|cause| StartError::Write { path: dir.join(admin::TOKEN_FILE), cause })?;
    let operator: Arc<dyn Operator> = Arc::new(Desk {
        daemon: Arc::clone(&daemon),
        health: Arc::clone(&health),
        linking: Arc::clone(&linking),
        weave,
        vouch_keys,
        free_floor_bytes: config.store.free_floor_bytes,
        gate,
        data_dir: dir.clone(),
        since: daemon.clock.now(),
        reload: Arc::clone(&reload),
        scanned: LastScan::default(),
    });
    let admin =
        Admin { guard: Arc::new(guard), health, operator: Arc::clone(&operator), tail, stop: daemon.stop.clone() };
    let addresses = dir.join(ADDRESSES_FILE);
    note_addresses(&addresses, public_at, admin_at)
        .map_err(|cause| StartError::Write { path: addresses.clone(), cause })?;
    let serving = vec![(public_socket, web::router(public.clone())), (admin_socket, admin::router(admin))];
    let grace = config.wire.total_timeout + SETTLING;
    Ok(Assembled { daemon, linking, public, public_at, admin_at, reload, operator, store, serving, grace, addresses })
}

impl Assembled {
    /// Answers these addresses on the public listener as well. They must be none that it answers already.
    #[must_use]
    pub fn with_pages(mut self, pages: Router) -> Self {
        if let Some((_, public)) = self.serving.first_mut() {
            *public = std::mem::take(public).merge(pages);
        }
        self
    }

    /// Runs until `daemon.stop` is cancelled or the store fails; then takes nothing new, waits for what is out, and ends.
    pub async fn run(self) -> Result<(), StoreError> {
        let (public, admin) = (self.public_at, self.admin_at);
        info!(event = "daemon.runs",
            public.address = %public,
            admin.address = %admin,
            "gigcast {} runs: pages at http://{public}, the operator's side at http://{admin}",
            env!("CARGO_PKG_VERSION")
        );
        let stop = &self.daemon.stop;
        let serving: Vec<JoinHandle<_>> = self
            .serving
            .into_iter()
            .map(|(socket, router)| {
                let router = router.into_make_service_with_connect_info::<SocketAddr>();
                let serve = axum::serve(socket, router).with_graceful_shutdown(stop.clone().cancelled_owned());
                tokio::spawn(async move { serve.await })
            })
            .collect();
        let outcome = self.daemon.run(self.grace).await;
        stop.cancel();
        for server in serving {
            let ending = server.abort_handle();
            if tokio::time::timeout(CLOSING, server).await.is_err() {
                ending.abort();
            }
        }
        if outcome.is_ok() {
            self.public.ledger.note_visits(&self.public.visits.take()).await?;
        } else {
            // Should the disk be full: the next opening needs room.
            if let Err(cause) = self.store.give_up_reserve() {
                warn!(event = "disk.reserve_kept", "The reserve file could not be deleted: {cause}");
            }
        }
        // Only says where we were; the next run writes its own.
        let _ = std::fs::remove_file(self.addresses);
        outcome
    }
}

/// The operator's own categories, or those compiled in.
pub fn taxonomy(file: Option<&Path>) -> Result<Taxonomy, StartError> {
    let Some(path) = file else { return Ok(Taxonomy::builtin().clone()) };
    let path = path.to_owned();
    match std::fs::read_to_string(&path) {
        Ok(text) => Taxonomy::parse(&text).map_err(|wrong| StartError::Categories { path, wrong }),
        Err(cause) => Err(StartError::Unread { key: "categories.file", path, cause }),
    }
}

pub(super) fn vouch_words(file: Option<&Path>) -> Result<VouchWords, StartError> {
    let Some(path) = file else { return Ok(VouchWords::builtin().clone()) };
    let path = path.to_owned();
    match std::fs::read_to_string(&path) {
        Ok(text) => VouchWords::parse(&text).map_err(|wrong| StartError::VouchWords { path, wrong }),
        Err(cause) => Err(StartError::Unread { key: "vouch.file", path, cause }),
    }
}

/// How accounts speak: the labels, and what is set for networks and accounts.
pub fn speech(config: &Config) -> Result<Speech, StartError> {
    let read = |key: &'static str, path: &Path| {
        let unread = |cause| StartError::Unread { key, path: path.to_owned(), cause };
        std::fs::read_to_string(path).map_err(unread)
    };
    let phrasebook = match &config.labels_file {
        None => Phrasebook::builtin().clone(),
        Some(path) => Phrasebook::parse(&read("labels.file", path)?)
            .map_err(|wrong| StartError::Labels { path: path.clone(), wrong })?,
    };
    let networks = networks::profiles();
    let mut usages = Vec::new();
    for wording in &config.wording {
        let of = wording.of.clone();
        if !of.contains(['@', '.']) && !networks.contains_key(of.as_str()) {
            let networks = networks.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            return Err(StartError::Wording { of, networks });
        }
        let template = match &wording.template {
            None => None,
            Some(path) => {
                Some(Template::parse(&read("wording.template", path)?).map_err(|wrong| StartError::Template {
                    of: of.clone(),
                    path: path.clone(),
                    wrong,
                })?)
            }
        };
        usages.push(Usage { of, language: wording.language.clone(), template });
    }
    Ok(Speech { phrasebook, usages })
}

/// The wire that `config` describes.
pub fn wire(config: &Config, clock: Arc<dyn Clock>) -> Result<Client, BadWire> {
    let settings = WireSettings {
        trusted_origins: config.wire.trusted_origins.clone(),
        connect_timeout: config.wire.connect_timeout,
        total_timeout: config.wire.total_timeout,
        user_agent: user_agent(config),
    };
    Client::new(settings, clock)
}

pub(super) fn user_agent(config: &Config) -> String {
    let contact = config.wire.contact.as_deref().or(config.server.public_url.as_deref());
    let about = contact.map_or_else(String::new, |contact| format!(" (+{contact})"));
    format!("gigcast/{}{about}", env!("CARGO_PKG_VERSION"))
}

/// The ways by which people are told, as `config` sets them up; the mail server's password is in the environment.
pub(super) fn courier(
    config: &Config,
    wire: Arc<dyn Wire>,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Courier, StartError> {
    let notice = &config.notice;
    let mailer = match (&notice.smtp, &notice.email_from) {
        (Some(smtp), Some(from)) => Some(Mailer::new(smtp, from, env(SMTP_PASSWORD_ENV).map(Secret::new))?),
        _ => None,
    };
    let (webhook, operator, base) = (notice.webhook.clone(), notice.email_to.clone(), config.server.public_url.clone());
    Ok(Courier { wire, webhook, mailer, operator, base })
}

pub(super) async fn open(dir: PathBuf, cache_bytes: u64) -> Result<SledStore, StartError> {
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&dir, cache_bytes)).await;
    let Opened { store, leftovers, set_aside } =
        opened.map_err(|panic| StoreError::Io(format!("opening it failed: {panic}")))??;
    if leftovers > 0 {
        info!(
            event = "store.leftovers",
            files = leftovers,
            "Removed {leftovers} half-written snapshots that an earlier start left behind"
        );
    }
    for path in set_aside {
        let path = path.display();
        warn!(event = "store.snapshot_bad", %path, "A snapshot could not be used and is now {path}; everything was read from the log instead");
    }
    Ok(store)
}

pub(super) fn delivery_settings(config: &Config) -> Settings {
    Settings {
        backoff: Schedule::new(config.outbox.backoff.clone()),
        look_after: config.outbox.look_after.clone(),
        total_timeout: config.wire.total_timeout,
        edit_quiet: config.outbox.edit_quiet,
        worth_saying_for: config.outbox.worth_saying_for,
        max_in_flight: config.outbox.max_in_flight,
        max_in_flight_per_host: config.outbox.max_in_flight_per_host,
        public_url: config.server.public_url.clone(),
        first_backfeed: config.backfeed.every(Duration::ZERO).unwrap_or(Duration::from_mins(5)),
    }
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |cause| StartError::Listen { key, address, cause };
    let socket = TcpListener::bind(address).await.map_err(refused)?;
    let bound = socket.local_addr().map_err(refused)?;
    Ok((socket, bound))
}

fn note_addresses(path: &Path, public: SocketAddr, admin: SocketAddr) -> std::io::Result<()> {
    let written = serde_json::json!({ "public": public, "admin": admin, "process": std::process::id() });
    let draft = path.with_extension("draft");
    std::fs::write(&draft, format!("{written}\n"))?;
    std::fs::rename(draft, path)
}
