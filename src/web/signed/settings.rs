//! What one account is for, how often it posts and when not, and whether each post is approved first.

use super::super::page::{self, Frame};
use super::super::visitor::{Look, Visitor};
use super::super::{Public, Shared};
use super::accounts::{owned, place};
use super::rules::{PAY, Typed, Wrongs, zones};
use super::who::{SignedIn, go};
use crate::person::{Account, Changed, Ended, Mode};
use crate::ports::{Commit, StoreError};
use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
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
    changed: Vec<Choice>,
    ended: Vec<Choice>,
}

/// A kind of work, with those that are part of it.
#[derive(Debug)]
struct Kind {
    own: Choice,
    parts: Vec<Choice>,
}

impl Kind {
    fn is_open(&self) -> bool {
        self.own.is_chosen || self.parts.iter().any(|part| part.is_chosen)
    }

    /// As in `2 of 6`; empty where nothing is chosen.
    fn chosen(&self) -> String {
        match self.parts.iter().filter(|part| part.is_chosen).count() {
            _ if self.own.is_chosen => "all".to_owned(),
            0 => String::new(),
            n => format!("{n} of {}", self.parts.len()),
        }
    }
}

#[derive(Debug)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&String> {
        self.wrongs.get(field)
    }
}

fn page(public: &Public, visitor: &Visitor, account: Account, typed: Typed, wrongs: Wrongs) -> Page {
    let mut frame = Frame::new(visitor, format!("Settings of {}", account.handle));
    frame.back = format!("/accounts/{}/settings", account.id);
    let choice = |slug: &str, label: &str| Choice {
        value: slug.to_owned(),
        label: label.to_owned(),
        is_chosen: typed.categories.iter().any(|chosen| chosen == slug),
    };
    let mut kinds: Vec<Kind> = Vec::new();
    for category in public.taxonomy.categories() {
        let own = choice(&category.slug, &category.label);
        match kinds.last_mut() {
            Some(kind) if category.slug.contains('/') => kind.parts.push(own),
            _ => kinds.push(Kind { own, parts: Vec::new() }),
        }
    }
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
) -> Response {
    match owned(&public, &visitor, &signed, &id).await {
        Ok(account) => {
            let typed = Typed::of(&account);
            page::html(StatusCode::OK, &page(&public, &visitor, account, typed, Wrongs::new()))
        }
        Err(refused) => refused,
    }
}

pub async fn save(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let account = match owned(&public, &visitor, &signed, &id).await {
        Ok(account) => account,
        Err(refused) => return refused,
    };
    let Ok(Form(pairs)) = sent else {
        let words =
            "The form could not be read, so nothing was changed. It may be longer than anything one would choose here.";
        return page::notice(&visitor, StatusCode::UNPROCESSABLE_ENTITY, "Not saved", words);
    };
    let typed = Typed::sent(pairs);
    match saved(&public, &signed, &account, &typed).await {
        Ok(Ok(())) => go(&public, &place(account.id)),
        Ok(Err(wrongs)) => {
            page::html(StatusCode::UNPROCESSABLE_ENTITY, &page(&public, &visitor, account, typed, wrongs))
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn saved(
    public: &Public,
    signed: &SignedIn,
    account: &Account,
    typed: &Typed,
) -> Result<Result<(), Wrongs>, StoreError> {
    let rules = match typed.read(&public.taxonomy) {
        Ok(rules) => rules,
        Err(wrongs) => return Ok(Err(wrongs)),
    };
    for _ in 0..TRIES {
        let change = |account: &mut Account| {
            account.audience = rules.audience.clone();
            account.pace = rules.pace.clone();
            account.mode = rules.mode;
            account.policy.changed = rules.changed.unwrap_or(account.policy.changed);
            account.policy.ended = rules.ended.unwrap_or(account.policy.ended);
        };
        // What the network did to the grant meanwhile stays as it is: only these three are written.
        if public.ledger.revise_account(account.id, change).await? == Commit::Applied {
            info!(account.id = %account.id, network.id = account.network.as_str(), "{} has new settings, by {}", account.handle, signed.person.name);
            let revised = public.ledger.account(account.id).await?;
            if let Some(revised) = revised {
                public.posters.revised(&revised).await?;
            }
            return Ok(Ok(()));
        }
    }
    Err(StoreError::Io("the account was written by others again and again".to_owned()))
}
