//! What one account is for, how often it posts and when not, and whether each post is approved first.

use super::super::page::{self, Frame};
use super::super::visitor::{Look, Visitor};
use super::super::{Public, Shared};
use super::accounts::{owned, place};
use super::rules::{PAY, Rules, Typed, Wrongs, zones};
use super::who::{SignedIn, go};
use crate::person::{Account, Changed, Ended, Mode};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Commit, StoreError};
use crate::web::filled::Filled;
use crate::web::words::lasting;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::info;

/// Whoever writes at the same moment is rare; who is in the way so often is no person.
const TRIES: usize = 5;

#[derive(Template)]
#[template(path = "signed/settings.html")]
struct Page {
    frame: Frame,
    account: Account,
    typed: Typed,
    wrongs: Wrongs,
    kinds: Vec<Kind>,
    pay: Vec<Choice>,
    zones: Vec<String>,
    is_auto: bool,
    /// Someone saved other settings since the form was filled.
    is_outdated: bool,
    changed: Vec<Choice>,
    ended: Vec<Choice>,
    /// With how long every account waits that says nothing of it.
    waits_help: String,
}

/// A kind of work, with those that are part of it.
#[derive(Debug)]
pub(super) struct Kind {
    pub own: Choice,
    pub parts: Vec<Choice>,
}

impl Kind {
    /// All kinds of work, and which of them are chosen.
    pub fn all(taxonomy: &Taxonomy, chosen: &[String]) -> Vec<Self> {
        let choice = |slug: &str, label: &str| Choice {
            value: slug.to_owned(),
            label: label.to_owned(),
            is_chosen: chosen.iter().any(|chosen| chosen == slug),
        };
        let mut kinds: Vec<Self> = Vec::new();
        for category in taxonomy.categories() {
            let own = choice(&category.slug, &category.label);
            match kinds.last_mut() {
                Some(kind) if category.slug.contains('/') => kind.parts.push(own),
                _ => kinds.push(Self { own, parts: Vec::new() }),
            }
        }
        kinds
    }

    pub fn is_open(&self) -> bool {
        self.own.is_chosen || self.parts.iter().any(|part| part.is_chosen)
    }

    /// As in `2 of 6`; empty where nothing is chosen.
    pub fn chosen(&self) -> String {
        match self.parts.iter().filter(|part| part.is_chosen).count() {
            _ if self.own.is_chosen => "all".to_owned(),
            0 => String::new(),
            n => format!("{n} of {}", self.parts.len()),
        }
    }
}

#[derive(Debug)]
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&String> {
        self.wrongs.get(field)
    }
}

fn page(public: &Public, visitor: &Visitor, account: Account, typed: Typed, wrongs: Wrongs) -> Page {
    let mut frame = Frame::new(visitor, format!("Settings of {}", account.handle));
    frame.back = format!("/accounts/{}/settings", account.id);
    let kinds = Kind::all(&public.taxonomy, &typed.categories);
    let pay = PAY.iter().map(|(_, word, label)| Choice {
        value: (*word).to_owned(),
        label: (*label).to_owned(),
        is_chosen: typed.pay.iter().any(|chosen| chosen == word),
    });
    let follows = |word: &str, label: &str, chosen: &str| Choice {
        value: word.to_owned(),
        label: label.to_owned(),
        is_chosen: word == chosen,
    };
    let changed = Changed::ALL.map(|changed| {
        let label = match changed {
            Changed::Reply => "Tell it in a reply",
            Changed::DeleteAndRepost => "Delete the post and post it anew; its reshares are lost",
            Changed::Leave => "Leave the post as it was",
        };
        follows(changed.word(), label, &typed.changed)
    });
    let ended = Ended::ALL.map(|ended| {
        let label = match ended {
            Ended::Edit => "Say so in the post, which keeps its reshares; in a reply where it cannot be edited",
            Ended::Reply => "Say so in a reply",
            Ended::Delete => "Delete the post",
        };
        follows(ended.word(), label, &typed.ended)
    });
    Page {
        pay: pay.collect(),
        changed: changed.into(),
        ended: ended.into(),
        is_auto: typed.mode == super::rules::mode_word(Mode::Auto),
        is_outdated: false,
        waits_help: format!(
            "What has waited longer is not posted any more, unless you have approved it. Leave it empty for as long as every account here: {}.",
            lasting(public.gigs.worth_saying_for())
        ),
        kinds,
        zones: zones(),
        frame,
        account,
        typed,
        wrongs,
    }
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    let typed = Typed::of(&account);
    Ok(page::html(StatusCode::OK, &page(&public, &visitor, account, typed, Wrongs::new())))
}

pub async fn save(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    Filled(pairs): Filled<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    let typed = Typed::sent(pairs);
    let rules = match typed.read(&public.taxonomy) {
        Ok(rules) => rules,
        Err(wrongs) => {
            let again = page(&public, &visitor, account, typed, wrongs);
            return Err(page::html(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
    };
    let saved = saved(&public, &signed, &account, &rules, &typed.version).await;
    match saved.map_err(|fault| page::unreadable(&visitor, &fault))? {
        Saved::Done => Ok(go(&public, &place(account.id))),
        Saved::Outdated(now) => {
            // What was typed stays, and now names what it would replace.
            let typed = Typed { version: Rules::of(&now).version(), ..typed };
            let again = Page { is_outdated: true, ..page(&public, &visitor, now, typed, Wrongs::new()) };
            Err(page::html(StatusCode::CONFLICT, &again))
        }
    }
}

/// What came of a form.
#[allow(clippy::large_enum_variant)] // one at a time, and soon gone
enum Saved {
    Done,
    /// The settings are not those that the form was filled with.
    Outdated(Account),
}

async fn saved(
    public: &Public,
    signed: &SignedIn,
    account: &Account,
    rules: &Rules,
    version: &str,
) -> Result<Saved, StoreError> {
    for _ in 0..TRIES {
        let was_read = AtomicBool::new(false);
        let change = |account: &mut Account| {
            let is_same = Rules::of(account).version() == version;
            was_read.store(is_same, Ordering::Relaxed);
            // What the network did to the grant meanwhile stays as it is: only what its person may rule is written.
            if is_same {
                rules.clone().rule(account);
            }
        };
        if public.ledger.revise_account(account.id, change).await? == Commit::Conflict {
            continue;
        }
        let Some(revised) = public.ledger.account(account.id).await? else { continue };
        if !was_read.load(Ordering::Relaxed) {
            return Ok(Saved::Outdated(revised));
        }
        info!(event = "account.settings", account.id = %account.id, network.id = account.network.as_str(), "{} has new settings, by {}", account.handle, signed.person.name);
        public.posters.revised(&revised).await?;
        return Ok(Saved::Done);
    }
    Err(StoreError::Io("the account was written by others again and again".to_owned()))
}
