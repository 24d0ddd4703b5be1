//! From the config to sources that can be looked at: each kind opened, under the terms of its service, at a pace that both sides agree to.

use super::assemble::StartError;
use super::push::{Inbox, Lease};
use super::spoken::span;
use super::watch::{Gone, Watched};
use crate::config::{Config, FirstLook, SourceConfig, SourceFrom};
use crate::failure::Why;
use crate::gig::Status;
use crate::id::{PersonId, SourceId};
use crate::intake::Origin;
use crate::plan::taxonomy::Taxonomy;
use crate::polling::Limits;
use crate::ports::Source;
use crate::secret::Secret;
use crate::sources::api::Api;
use crate::sources::board::Board;
use crate::sources::feed::Feed;
use crate::sources::folder::Folder;
use crate::sources::hook::{Door, Hook};
use crate::sources::licensed::{Licensed, refusal};
use crate::sources::page::Page;
use crate::sources::profile::{SourceProfile, of_address};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use url::Url;

/// A folder is on our own disk: no host to be polite to.
const FOLDER_EVERY: Duration = Duration::from_secs(2);
/// Nor is one that is missing just now: it is looked for again soon.
const FOLDER_BACKOFF: Duration = Duration::from_mins(1);

/// All sources of the config, opened; none is looked at yet. `env` holds what APIs want to see in a header.
pub fn sources(
    config: &Config,
    taxonomy: &Taxonomy,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Vec<Arc<Watched>>, StartError> {
    sources_ringing(config, taxonomy, env, &Arc::default())
}

/// The same, whose subscriptions ring this bell when they change.
pub fn sources_ringing(
    config: &Config,
    taxonomy: &Taxonomy,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    bell: &Arc<Notify>,
) -> Result<Vec<Arc<Watched>>, StartError> {
    let named = |source: &SourceConfig| {
        let lease = Lease::ringing(Arc::clone(bell));
        let opened = watched(source, config, taxonomy, env, lease);
        opened.map(Arc::new).map_err(|why| StartError::Source { name: source.name.clone(), why })
    };
    config.source.iter().map(named).collect()
}

fn watched(
    source: &SourceConfig,
    config: &Config,
    taxonomy: &Taxonomy,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    lease: Lease,
) -> Result<Watched, Why> {
    if let Some(slug) = &source.category
        && taxonomy.label(slug).is_none()
    {
        return Err(Why::new(format!("its category `{slug}` is not among the categories")));
    }
    let Opened { source: opened, address, profile, inbox } = open(source, config, env)?;
    let floor = profile.map_or(Duration::ZERO, |profile| profile.poll_floor);
    let set = &config.sources;
    let limits = if address.is_some() {
        Limits::around(source.poll_every, set.poll_floor.max(floor), set.poll_ceiling, set.backoff_max)
    } else {
        Limits::fixed(FOLDER_EVERY.min(source.poll_every), FOLDER_BACKOFF)
    };
    let mut notes: Vec<String> = profile
        .and_then(|profile| refusal(profile, source.rights))
        .map(|why| format!("its gigs are announced nowhere: {why}"))
        .into_iter()
        .collect();
    if let Some(profile) = profile.filter(|_| source.poll_every < floor) {
        notes.push(format!("it is looked at every {} at most, since {} asks for no more", span(floor), profile.name));
    }
    let origin = Origin {
        source: SourceId::from_name(&source.name),
        name: source.name.clone(),
        poster: PersonId::from_name(&source.poster),
        category: source.category.clone(),
    };
    let licensed = Licensed::under(opened, profile, source.rights);
    // Someone who deletes a gig's file takes it back; what a hiring system or a page stops listing has found its person.
    let means = if address.is_some() { Status::Filled } else { Status::Withdrawn };
    let gone = Gone { means, after: config.sources.gone_after };
    // What is posted to us is news from the first message on.
    let first_look = if inbox.is_some() { FirstLook::All } else { source.first_look };
    let apart = profile.map_or(Duration::ZERO, |profile| profile.apart);
    Ok(Watched { origin, address, source: licensed, first_look, limits, apart, notes, gone, inbox, lease })
}

struct Opened {
    source: Box<dyn Source>,
    /// Where it is, when it is at another host.
    address: Option<String>,
    profile: Option<&'static SourceProfile>,
    inbox: Option<Inbox>,
}

fn open(source: &SourceConfig, config: &Config, env: &(dyn Fn(&str) -> Option<String> + Sync)) -> Result<Opened, Why> {
    let most = config.sources.max_feed_bytes;
    let kinds = source.employment.clone();
    let secret = |name: &str| env(name).filter(|value| !value.trim().is_empty()).map(Secret::new);
    Ok(match &source.from {
        SourceFrom::Feed { url } => {
            let feed = Feed::at(url)?.at_most(most);
            Opened { source: Box::new(feed), address: Some(url.clone()), profile: of_address(url), inbox: None }
        }
        SourceFrom::Page { url } => {
            let page = Box::new(Page::at(url)?);
            Opened { source: page, address: Some(url.clone()), profile: of_address(url), inbox: None }
        }
        SourceFrom::Folder { path } => {
            let folder = Folder::at(&path.to_string_lossy())?;
            Opened { source: Box::new(folder), address: None, profile: None, inbox: None }
        }
        SourceFrom::Board { system, board } => {
            let board = Board::at(system, board)?.only(kinds).at_most(most);
            let (address, profile) = (Some(board.address()), Some(board.profile()));
            Opened { source: Box::new(board), address, profile, inbox: None }
        }
        SourceFrom::Api(api) => {
            let key = api.auth.as_ref().and_then(|auth| secret(&auth.env));
            let read = Api::new(api, key)?.only(kinds).at_most(most);
            Opened {
                source: Box::new(read),
                address: Some(api.url.clone()),
                profile: of_address(&api.url),
                inbox: None,
            }
        }
        SourceFrom::Hook(hook) => {
            let door = Door::new(hook, secret(&hook.secret_env).as_ref())?;
            let inbox = Inbox::new(door, hook_address(config, &source.name));
            let read = Hook::new(hook)?.only(kinds);
            Opened { source: Box::new(read), address: None, profile: None, inbox: Some(inbox) }
        }
    })
}

/// Where messages to a hook of this name are posted.
fn hook_address(config: &Config, name: &str) -> String {
    let base = config.server.public_url.clone().unwrap_or_else(|| format!("http://{}", config.server.listen));
    let mut address = Url::parse(&base).expect("the config has looked at its addresses");
    if let Ok(mut path) = address.path_segments_mut() {
        path.pop_if_empty().extend(["hooks", name]);
    }
    address.into()
}
