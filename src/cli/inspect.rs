//! What is and why: `status`, `gigs`, `gig`, `accounts`, `deliveries`, `why`. They change nothing.

use super::client::{Client, segment};
use super::settings::Loaded;
use super::{Failed, Form, say, say_json, show};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::daemon::spoken::in_zone;
use crate::web::admin::answers::{AccountLine, DeliveryLine, Explanation, GigLine, GigView, Status};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, clap::Args)]
pub(super) struct Gigs {
    /// So many of the newest
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
pub(super) struct Gig {
    /// Its id, as in gig_0123456789abcdef
    id: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Deliveries {
    /// Those that wait for a person
    #[arg(long, conflicts_with = "dead")]
    held: bool,
    /// Those that were given up
    #[arg(long)]
    dead: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Why {
    /// The id of a gig, a delivery, an account or a person, a handle, a poster's name, or the name of a source
    what: String,
    /// The zone to tell times in, as in Europe/Berlin; that of this machine (or TZ) when it is left out
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

fn ask<T: DeserializeOwned + Serialize>(
    loaded: &Loaded,
    form: Form,
    path: &str,
    show: impl FnOnce(&T) -> String,
) -> Result<(), Failed> {
    let answer: T = Client::find(loaded)?.get(path)?;
    match form {
        Form::Json => say_json(&answer),
        Form::Text => say(&show(&answer)),
    }
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

pub(super) fn status(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    ask(loaded, form, "/api/status", |status: &Status| show::status(status))
}

pub(super) fn gigs(loaded: &Loaded, form: Form, options: &Gigs) -> Result<(), Failed> {
    let path = format!("/api/gigs?limit={}", options.limit);
    ask(loaded, form, &path, |gigs: &Vec<GigLine>| show::gigs(gigs))
}

pub(super) fn gig(loaded: &Loaded, form: Form, options: &Gig) -> Result<(), Failed> {
    let path = format!("/api/gigs/{}", segment(&options.id));
    ask(loaded, form, &path, |view: &GigView| show::gig(view, now()))
}

pub(super) fn accounts(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    ask(loaded, form, "/api/accounts", |accounts: &Vec<AccountLine>| {
        show::accounts(accounts, show::Beside::Policies, now())
    })
}

pub(super) fn deliveries(loaded: &Loaded, form: Form, options: &Deliveries) -> Result<(), Failed> {
    let (which, none) = match (options.held, options.dead) {
        (true, _) => ("held", "No delivery waits for a person."),
        (_, true) => ("dead", "No delivery was given up."),
        _ => ("waiting", "No delivery waits."),
    };
    let path = format!("/api/deliveries/{which}");
    ask(loaded, form, &path, |deliveries: &Vec<DeliveryLine>| show::deliveries(deliveries, none))
}

pub(super) fn why(loaded: &Loaded, form: Form, options: &Why) -> Result<(), Failed> {
    let zone = match &options.zone {
        Some(name) => TimeZone::get(name).map_err(|_| {
            Failed::new(format!("there is no time zone {name}: write its IANA name, as in Europe/Berlin"))
        })?,
        None => super::readers_zone(),
    };
    let name = zone.iana_name().unwrap_or("UTC");
    let path = format!("/api/why/{}?zone={}", segment(&options.what), segment(name));
    ask(loaded, form, &path, |story: &Explanation| in_zone(zone, || show::why(story, now())))
}
