//! The configuration, read again at the desk: a reading that can be used holds in every place that goes by it, and one that cannot leaves
//! all of them as they were.

use crate::support::desk::Seat;
use crate::support::fake_network::entered;
use crate::support::hub::subscription;
use crate::support::lines::Lines;
use crate::support::world::NOON;
use futures_util::FutureExt;
use gigcast::clock::ManualClock;
use gigcast::config::{self, ConfigFile, Levels, LogLevel};
use gigcast::daemon::reload::{NotReloaded, Ways};
use gigcast::engagement::VouchWords;
use gigcast::id::PersonId;
use gigcast::person::Person;
use gigcast::web::admin::Operator;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A seat whose configuration a test writes anew, and what the log was told of its levels.
struct Written {
    seat: Seat,
    text: Arc<Mutex<String>>,
    levels: Arc<Mutex<Vec<Levels>>>,
}

const BEFORE: &str =
    "[[source]]\nname = \"desk\"\nkind = \"folder\"\npath = \"@DIR/gigs\"\nposter = \"Acme\"\npoll_every = \"1h\"\n";

impl Written {
    async fn begin() -> Self {
        let seat = Seat::take(ManualClock::at(NOON), BEFORE).await;
        let (text, levels) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(Vec::new())));
        let this = Self { seat, text, levels };
        this.says(BEFORE);
        let (text, levels) = (Arc::clone(&this.text), Arc::clone(&this.levels));
        let read = move || {
            let text = text.lock().unwrap().clone();
            config::read(&[ConfigFile { name: "test", text: &text }], []).map_err(|wrong| wrong.to_string())
        };
        let started_with = read().unwrap();
        let log_levels = Box::new(move |told| levels.lock().unwrap().push(told));
        let ways = Ways { read: Box::new(read), env: |_| None, log_levels };
        this.seat.desk.reload.begin(started_with, ways).await;
        this
    }

    /// From now on this is written; `@DIR` is the directory of the test.
    fn says(&self, text: &str) {
        *self.text.lock().unwrap() = text.replace("@DIR", &self.seat.dir.path().display().to_string());
    }

    fn keep(&self, name: &str, text: &str) {
        fs::write(self.seat.dir.path().join(name), text).unwrap();
    }

    /// All that goes by the configuration while it runs, as text.
    async fn stands(&self) -> String {
        let daemon = &self.seat.desk.daemon;
        let sources: Vec<_> = daemon.watch.watched.iter().map(|watched| watched.origin.name.clone()).collect();
        let known = self.seat.world.ledger.person(PersonId::from_name("Bo")).await.unwrap();
        let courier = &daemon.notify.courier;
        format!(
            "{:?} {:?} {:?} {:?} {sources:?} {:?} {:?} {:?} {:?}",
            daemon.deliver.settings.max_in_flight,
            daemon.deliver.speech.phrasebook,
            *daemon.backfeed.words,
            *daemon.backfeed.rules,
            known.map(|person| person.name),
            courier.webhook,
            courier.operator,
            self.levels.lock().unwrap(),
        )
    }
}

const VOUCHES: &str = "[en]\nopenings = [\"I pledge for\"]\nworked = []\nagain = []\njoiners = [\"and\"]\n";

#[tokio::test]
async fn a_reading_that_can_be_used_holds_in_every_place_that_goes_by_it() {
    let written = Written::begin().await;
    let (seat, daemon) = (&written.seat, &written.seat.desk.daemon);
    written.keep("vouch.toml", VOUCHES);
    written.keep("labels.toml", &include_str!("../../../config/labels.toml").replace("\"Remote\"", "\"Anywhere\""));
    fs::create_dir(seat.dir.path().join("shed")).unwrap();
    written.says(
        &(BEFORE.to_owned()
            + "[[source]]\nname = \"shed\"\nkind = \"folder\"\npath = \"@DIR/shed\"\nposter = \"Bo\"\n\
               [outbox]\nmax_in_flight = 16\n[vouch]\nfile = \"@DIR/vouch.toml\"\n[labels]\nfile = \"@DIR/labels.toml\"\n\
               [backfeed]\nvouch_reread = \"9d\"\n[notice]\nwebhook = \"https://chat.example/1\"\n\
               [pace]\nposts_per_day = 7\n[log]\nlevel = \"debug\"\n[server]\npublic_url = \"https://new.example\"\n"),
    );
    // What a hub was asked by an address that is not ours is not waited for.
    let source = daemon.watch.watched[0].origin.source;
    seat.world
        .ledger
        .change_subscription(source, |_| Some(subscription("https://old.example", Some(NOON))))
        .await
        .unwrap();
    let bells = [&daemon.deliver.bell, &daemon.backfeed.bell, &daemon.notify.bell, &daemon.subscribe.bell];
    for bell in bells {
        let _ = bell.notified().now_or_never();
    }
    let answer = seat.desk.reload().await.unwrap();
    let at_once = ["backfeed.vouch_reread", "labels.file", "log.level", "notice.webhook", "outbox.max_in_flight"];
    let mut told: Vec<&str> =
        answer.lines.iter().filter(|line| line.said.ends_with("from now on.")).map(|line| line.id.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, [&at_once[..], &["pace.posts_per_day", "source.shed", "vouch.file"]].concat());
    let later: Vec<&str> = answer
        .lines
        .iter()
        .filter(|line| line.said.ends_with("after a restart."))
        .map(|line| line.id.as_str())
        .collect();
    assert_eq!((later, answer.count), (vec!["server.public_url"], 8));
    for bell in bells {
        assert!(bell.notified().now_or_never().is_some(), "whoever goes by it looks at once");
    }

    assert_eq!(daemon.deliver.settings.max_in_flight, 16);
    assert_eq!(seat.world.ledger.subscription(source).await.unwrap().unwrap().asked, None);
    assert_eq!(daemon.deliver.settings.public_url.as_deref(), Some("https://gigs.example"), "as it was started");
    assert_eq!(daemon.backfeed.rules.vouch_reread, Duration::from_hours(9 * 24));
    assert_eq!(daemon.notify.courier.webhook.as_deref(), Some("https://chat.example/1"));
    assert_eq!(daemon.notify.courier.base, None, "as it was started");
    let levels = written.levels.lock().unwrap().clone();
    assert_eq!(levels.iter().map(|levels| levels.all).collect::<Vec<_>>(), [LogLevel::Debug]);
    let stands = written.stands().await;
    assert_eq!(*daemon.backfeed.words, VouchWords::parse(VOUCHES).unwrap());
    assert!(stands.contains("Anywhere") && stands.contains("Some(\"Bo\")") && stands.contains("\"shed\""), "{stands}");
    let linked = seat.world.linking.enter("fake", &entered("new"), &Person::poster("Acme", NOON)).await.unwrap();
    assert_eq!(linked.pace.posts_per_day, 7);

    // What waits is named again until there is a restart, and what holds is not.
    let again = seat.desk.reload().await.unwrap();
    assert_eq!(again.lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["server.public_url"]);
    assert_eq!(again.said, "1 changed, and need a restart.");
}

#[tokio::test]
async fn a_reading_that_fails_anywhere_leaves_everything_as_it_was() {
    let written = Written::begin().await;
    let before = written.stands().await;
    // All of this could be used, and stands before what cannot.
    written.keep("vouch.toml", VOUCHES);
    let good = "[outbox]\nmax_in_flight = 16\n[log]\nlevel = \"debug\"\n[notice]\nwebhook = \"https://chat.example/1\"\n\
                [backfeed]\nvouch_reread = \"9d\"\n";
    let shed = "[[source]]\nname = \"shed\"\nkind = \"folder\"\npath = \"@DIR/shed\"\nposter = \"Bo\"\n";
    for (bad, said) in [
        ("[outbox]\nmax_in_fligth = 1\n", "max_in_fligth"),
        ("[vouch]\nfile = \"@DIR/none.toml\"\n", "vouch.file"),
        ("[labels]\nfile = \"@DIR/none.toml\"\n", "labels.file"),
        ("[categories]\nfile = \"@DIR/none.toml\"\n", "categories.file"),
        ("[[wording]]\nof = \"myspace\"\nlanguage = \"de\"\n", "myspace"),
        (
            "[[source]]\nname = \"barn\"\nkind = \"folder\"\npath = \"x\"\nposter = \"Bo\"\ncategory = \"nonsense\"\n",
            "nonsense",
        ),
    ] {
        let good = if bad.starts_with("[outbox]") { "" } else { good };
        written.says(&[BEFORE, shed, good, bad].concat());
        let (lines, _caught) = Lines::caught();
        let refused = written.seat.desk.reload.again().await.unwrap_err();
        assert!(matches!(&refused, NotReloaded::Unusable(why) if why.contains(said)), "{bad}: {refused}");
        assert_eq!(written.stands().await, before, "{bad}");
        assert_eq!(lines.with("config.applied").len() + lines.with("config.same").len(), 0, "{}", lines.text());
        assert!(lines.with("config.refused")[0].contains(said));
    }
    // Nothing of it was taken for what holds now.
    written.says(BEFORE);
    let (lines, _caught) = Lines::caught();
    let same = written.seat.desk.reload().await.unwrap();
    assert_eq!((same.count, same.lines.len()), (0, 0));
    assert_eq!(lines.with("config.same").len(), 1);
}
