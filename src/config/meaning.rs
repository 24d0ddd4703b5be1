//! From what was written to a [`Config`]: one line per key, then what must hold between keys.

use super::error::{Place, Problem};
use super::log;
use super::reader::Section;
use super::schema::TEMPLATE;
use super::source::{self, Inherited};
use super::telemetry;
use super::value::{
    address, ages, base_url, contact, duration, email, first_look, fraction, hosts, ips, language, mib, names,
    optional, origins, page_url, path, rising_waits, smtp, time_of_day, unless_empty, wait, waits, whole, windows,
    zone,
};
use super::written::{Table, Value};
use super::{
    Backfeed, Config, Keep, Log, NetworkSettings, NoticeConfig, OutboxConfig, Server, SourceConfig, Sources,
    StoreConfig, TrustConfig, WireConfig, WordingConfig,
};
use crate::person::{Pace, PostingWindow, QuietHours};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

/// How much later than the longest request a look must be before "not there" is believed.
const LOOK_MARGIN: Duration = Duration::from_mins(1);

/// Reads everything, the highest layer first. When there are problems, defaults stand where a value was refused.
pub(super) fn of(layers: &[Table], defaults: &Table, problems: &mut Vec<Problem>) -> Config {
    let noted = RefCell::new(mem::take(problems));
    let config = Reading { layers, defaults, problems: &noted }.config();
    *problems = noted.into_inner();
    config
}

/// As long as another source's copy of an ended gig is looked for among those on record.
const LATELY: Duration = Duration::from_hours(30 * 24);

struct Reading<'a> {
    layers: &'a [Table],
    defaults: &'a Table,
    problems: &'a RefCell<Vec<Problem>>,
}

fn table<'a>(within: &'a Table, name: &str) -> Option<&'a Table> {
    match &within.get(name)?.value {
        Value::Table(table) => Some(table),
        Value::Text(_) | Value::Whole(_) | Value::Fraction(_) | Value::List(_) | Value::Other(_) => None,
    }
}

impl<'a> Reading<'a> {
    fn section(&self, name: &'static str) -> Section<'a> {
        let layers = self.layers.iter().chain([self.defaults]).filter_map(|layer| table(layer, name)).collect();
        Section { name, layers, problems: self.problems }
    }

    fn config(&self) -> Config {
        let wire = self.wire();
        let outbox = self.outbox(wire.total_timeout);
        let sources = self.section("sources");
        let poll_floor = sources.read("poll_floor", wait);
        let poll_every = sources.read("poll_every", wait);
        if poll_every < poll_floor {
            sources.refuse("poll_every", format!("it must be at least {}", sources.cite("poll_floor")));
        }
        let poll_ceiling = sources.read("poll_ceiling", wait);
        if poll_ceiling < poll_floor {
            sources.refuse("poll_ceiling", format!("it must be at least {}", sources.cite("poll_floor")));
        }
        let inherited = Inherited {
            poll_floor,
            poll_every,
            first_look: sources.read("first_look", first_look),
            cited_floor: sources.cite("poll_floor"),
        };
        let written = self.section("log");
        let backfeed = self.section("backfeed");
        Config {
            server: self.server(),
            store: self.store(),
            wire,
            network: self.network(),
            outbox,
            pace: self.pace(),
            source: self.sources(&inherited),
            sources: Sources {
                poll_ceiling,
                backoff_max: sources.read("backoff_max", wait),
                gone_after: sources.read("gone_after", whole(1..=1_000)),
                max_feed_bytes: sources.read("max_feed_mib", mib(1..=256)),
                poll_floor,
            },
            backfeed: Backfeed {
                ages: backfeed.read("ages", ages),
                budget_per_host_per_15m: backfeed.read("budget_per_host_per_15m", whole(1..=100_000)),
                vouch_reread: backfeed.read("vouch_reread", wait),
            },
            interests_kept: self.section("referrals").read("keep_interests", wait),
            keep: self.keep(),
            notice: self.notice(),
            otlp: telemetry::read(&self.section("telemetry")),
            log: Log {
                format: written.read("format", log::format),
                level: written.read("level", log::levels),
                file: log::file(
                    written.read("file", unless_empty(path)),
                    written.read("file_mib", mib(1..=4096)),
                    written.read("file_keep", whole(0..=1000)),
                ),
            },
            trust: self.trust(),
            vouch_file: self.section("vouch").read("file", unless_empty(path)),
            labels_file: self.section("labels").read("file", unless_empty(path)),
            wording: self.wordings(),
            categories_file: self.section("categories").read("file", unless_empty(path)),
            max_clock_jump: self.section("clock").read("max_jump", wait),
        }
    }

    fn keep(&self) -> Keep {
        let keep = self.section("keep");
        let kept = |key| keep.read(key, unless_empty(wait));
        let closed_gigs = kept("closed_gigs");
        if closed_gigs.is_some_and(|kept| kept < LATELY) {
            keep.refuse(
                "closed_gigs",
                "it must be at least 30d: so long after its end a gig is known again".to_owned(),
            );
        }
        Keep {
            closed_gigs,
            engagements: kept("engagements"),
            stories: kept("stories"),
            tries: kept("tries"),
            refused: kept("refused"),
        }
    }

    fn trust(&self) -> TrustConfig {
        let trust = self.section("trust");
        let weight = |key| trust.read(key, fraction("a number, 0 or more", |weight| weight >= 0.0));
        let part = |key| trust.read(key, fraction("above 0 and at most 1", |part| part > 0.0 && part <= 1.0));
        TrustConfig {
            damping: part("damping"),
            steps: trust.read("steps", whole(1..=6)),
            floor: trust.read("floor", fraction("a number above 0", |floor| floor > 0.0)),
            prune: weight("prune"),
            caution: weight("caution"),
            help: weight("help"),
            community: weight("community"),
            roots: trust.read("roots", names),
            instances: trust.read("instances", hosts),
            hired: weight("hired"),
            vouch: weight("vouch"),
            referrer: weight("referrer"),
            dispute: weight("dispute"),
            mild_dispute: weight("mild_dispute"),
            reshare: weight("reshare"),
            quote: weight("quote"),
            reply: weight("reply"),
            vouch_half_life: trust.read("vouch_half_life", wait),
            dispute_half_life: trust.read("dispute_half_life", wait),
            help_half_life: trust.read("help_half_life", wait),
            sibling: part("sibling"),
            elsewhere: part("elsewhere"),
        }
    }

    fn server(&self) -> Server {
        let section = self.section("server");
        let server = Server {
            public_url: section.read("public_url", unless_empty(base_url)),
            listen: section.read("listen", address),
            trusted_proxies: section.read("trusted_proxies", ips),
            admin_listen: section.read("admin_listen", address),
        };
        // Port 0 asks the system for a free one, so two of those never meet.
        if server.listen == server.admin_listen && server.listen.port() != 0 {
            section.refuse("admin_listen", format!("it must differ from {}", section.cite("listen")));
        }
        server
    }

    fn store(&self) -> StoreConfig {
        let section = self.section("store");
        StoreConfig {
            data_dir: section.read("data_dir", path),
            cache_bytes: section.read("cache_mib", mib(1..=1_048_576)),
            free_floor_bytes: section.read("free_floor_mib", mib(1..=1_048_576)),
        }
    }

    fn wire(&self) -> WireConfig {
        let section = self.section("wire");
        let wire = WireConfig {
            connect_timeout: section.read("connect_timeout", wait),
            total_timeout: section.read("total_timeout", wait),
            trusted_origins: section.read("trusted_origins", origins),
            contact: section.read("contact", contact),
        };
        if wire.connect_timeout > wire.total_timeout {
            section.refuse("connect_timeout", format!("it must be at most {}", section.cite("total_timeout")));
        }
        wire
    }

    /// Every key of every `[network.x]` that the defaults have.
    fn network(&self) -> NetworkSettings {
        let within = |layer: &'a Table, name: &str| table(layer, "network").and_then(|networks| table(networks, name));
        let known = table(self.defaults, "network").into_iter().flat_map(BTreeMap::keys);
        let read = known.map(|id| {
            let layers = self.layers.iter().chain([self.defaults]).filter_map(|layer| within(layer, id)).collect();
            let name = format!("network.{id}");
            let section = Section { name: &name, layers, problems: self.problems };
            let keys = within(self.defaults, id).into_iter().flat_map(BTreeMap::keys);
            (id.clone(), keys.map(|key| (key.clone(), section.read(key, base_url))).collect())
        });
        NetworkSettings(read.collect())
    }

    fn outbox(&self, total_timeout: Duration) -> OutboxConfig {
        let section = self.section("outbox");
        let outbox = OutboxConfig {
            backoff: section.read("backoff", waits),
            look_after: section.read("look_after", rising_waits),
            edit_quiet: section.read("edit_quiet", duration),
            worth_saying_for: section.read("worth_saying_for", wait),
            max_in_flight: section.read("max_in_flight", whole(1..=10_000)),
            max_in_flight_per_host: section.read("max_in_flight_per_host", whole(1..=10_000)),
        };
        if outbox.max_in_flight_per_host > outbox.max_in_flight {
            section.refuse("max_in_flight_per_host", format!("it must be at most {}", section.cite("max_in_flight")));
        }
        if outbox.look_after.last().is_none_or(|last| *last <= total_timeout.saturating_add(LOOK_MARGIN)) {
            let timeout = self.section("wire").cite("total_timeout");
            section.refuse("look_after", format!("the last must be more than {timeout} and a minute"));
        }
        outbox
    }

    fn notice(&self) -> NoticeConfig {
        let section = self.section("notice");
        let notice = NoticeConfig {
            webhook: section.read("webhook", unless_empty(page_url)),
            smtp: section.read("smtp", unless_empty(smtp)),
            email_from: section.read("email_from", unless_empty(email)),
            email_to: section.read("email_to", unless_empty(email)),
        };
        if notice.smtp.is_some() && notice.email_from.is_none() {
            section.refuse("smtp", "it needs `notice.email_from` as well: mail has a sender".to_owned());
        }
        if notice.smtp.is_none() && notice.email_to.is_some() {
            section.refuse("email_to", "it needs `notice.smtp` as well: mail has to be handed in somewhere".to_owned());
        }
        notice
    }

    fn pace(&self) -> Pace {
        let section = self.section("pace");
        let from = section.read("quiet_from", unless_empty(time_of_day));
        let until = section.read("quiet_until", unless_empty(time_of_day));
        let half = |key: &str| format!("it needs `pace.{key}` as well; set both or neither");
        let quiet = match (from, until) {
            (Some(from), Some(until)) => Some(QuietHours { from, until }),
            (None, None) => None,
            (Some(_), None) => {
                section.refuse("quiet_from", half("quiet_until"));
                None
            }
            (None, Some(_)) => {
                section.refuse("quiet_until", half("quiet_from"));
                None
            }
        };
        if quiet.is_some_and(|quiet| quiet.from == quiet.until) {
            section.refuse("quiet_until", format!("it must differ from {}", section.cite("quiet_from")));
        }
        let windows: Vec<PostingWindow> = section.read("windows", windows);
        if let Some(shut) = windows.iter().find(|window| quiet.is_some_and(|quiet| window.lies_in(quiet))) {
            let (from, until) = (section.cite("quiet_from"), section.cite("quiet_until"));
            section.refuse(
                "windows",
                format!("\"{shut}\" lies wholly in the quiet hours ({from}, {until}), so nothing could leave in it"),
            );
        }
        Pace {
            posts_per_day: section.read("posts_per_day", whole(1..=10_000)),
            gap: section.read("gap", duration),
            quiet,
            windows,
            zone: section.read("zone", zone),
            worth_saying_for: section.read("worth_saying_for", unless_empty(wait)),
        }
    }

    fn sources(&self, inherited: &Inherited) -> Vec<SourceConfig> {
        let mut sources = Vec::new();
        let mut places: BTreeMap<String, &Place> = BTreeMap::new();
        for (section, place) in self.blocks("source") {
            let Some(source) = source::read(&section, place, inherited) else { continue };
            if let Some(first) = places.insert(source.name.to_lowercase(), place) {
                section.refuse("name", format!("it must differ from the name of the source in {first}"));
            }
            sources.push(source);
        }
        sources
    }

    fn wordings(&self) -> Vec<WordingConfig> {
        let mut wordings = Vec::new();
        let mut places: BTreeMap<String, &Place> = BTreeMap::new();
        for (section, place) in self.blocks("wording") {
            let Some(of) = section.read("of", optional) else {
                section.refuse("of", "it must name a network or the handle of an account".to_owned());
                continue;
            };
            if let Some(first) = places.insert(of.to_lowercase(), place) {
                section.refuse("of", format!("it must differ from that of the wording in {first}"));
            }
            let (language, template) =
                (section.read("language", unless_empty(language)), section.read("template", unless_empty(path)));
            wordings.push(WordingConfig { of, language, template });
        }
        wordings
    }

    /// Every `[[name]]` of the highest layer that has any, over its template.
    fn blocks(&self, name: &'static str) -> Vec<(Section<'a>, &'a Place)> {
        let template = table(self.defaults, TEMPLATE).and_then(|templates| table(templates, name));
        let written = self.layers.iter().find_map(|layer| match &layer.get(name)?.value {
            Value::List(blocks) => Some(blocks.as_slice()),
            Value::Text(_) | Value::Whole(_) | Value::Fraction(_) | Value::Table(_) | Value::Other(_) => None,
        });
        let blocks = written.unwrap_or_default().iter().filter_map(|block| {
            let Value::Table(table) = &block.value else { return None };
            let layers = [Some(table), template].into_iter().flatten().collect();
            Some((Section { name, layers, problems: self.problems }, &block.place))
        });
        blocks.collect()
    }
}
