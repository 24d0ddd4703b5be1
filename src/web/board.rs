//! The notice board: open gigs newest first, all of them (`/`) or of one kind of work (`/c/<category>`).

use super::card::{Card, posters};
use super::feeds::{Of, links};
use super::first::First;
use super::page::{self, Frame};
use super::shelf::{self, Which};
use super::visitor::{Look, Visitor};
use super::{Public, Shared};
use crate::gig::head_start::Reader;
use crate::plan::taxonomy::Category;
use crate::ports::StoreError;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// Gigs on one page.
const ON_A_PAGE: usize = 24;

/// For search engines and link cards; the page says the same.
const DESCRIPTION: &str = "Work offered by businesses, carried by the people who already know them. Each gig shows where it \
                           was posted, who reshared it and who vouched for whom.";

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// How many newer gigs to pass over. Text, so that a mistyped number is the first page and no error.
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    frame: Frame,
    /// Nothing on the front page.
    category: Option<Link>,
    /// The category that this one is a part of.
    parent: Option<Link>,
    kinds: Vec<Link>,
    cards: Vec<Card>,
    is_first: bool,
    newest: String,
    older: Option<String>,
}

impl Board {
    fn may_post(&self) -> bool {
        self.frame.signed.as_ref().is_some_and(|signed| signed.may_post)
    }
}

#[derive(Debug)]
struct Link {
    label: String,
    address: String,
}

pub async fn front(State(public): State<Shared>, visitor: Visitor, First(asked): First<Asked>) -> Response {
    shown(&public, &visitor, None, &asked).await
}

pub async fn parent(
    State(public): State<Shared>,
    visitor: Visitor,
    Path(slug): Path<String>,
    First(asked): First<Asked>,
) -> Response {
    of_category(&public, &visitor, &slug, &asked).await
}

pub async fn child(
    State(public): State<Shared>,
    visitor: Visitor,
    Path((parent, child)): Path<(String, String)>,
    First(asked): First<Asked>,
) -> Response {
    of_category(&public, &visitor, &format!("{parent}/{child}"), &asked).await
}

async fn of_category(public: &Public, visitor: &Visitor, slug: &str, asked: &Asked) -> Response {
    let Some(category) = public.taxonomy.categories().iter().find(|category| category.slug == slug) else {
        let words = "No kind of work goes by this name. The front page lists those there are.";
        return page::notice(visitor, StatusCode::NOT_FOUND, "No such kind of work", words);
    };
    shown(public, visitor, Some(category), asked).await
}

async fn shown(public: &Public, visitor: &Visitor, category: Option<&Category>, asked: &Asked) -> Response {
    match board(public, visitor, category, asked).await {
        Ok(board) => page::html(StatusCode::OK, &board),
        Err(fault) => page::unreadable(visitor, &fault),
    }
}

async fn board(
    public: &Public,
    visitor: &Visitor,
    category: Option<&Category>,
    asked: &Asked,
) -> Result<Board, StoreError> {
    let from = asked.from.as_deref().and_then(|from| from.parse().ok()).unwrap_or(0);
    let slug = category.map(|category| category.slug.as_str());
    let now = public.clock.now();
    let shelf = shelf::browse(&public.ledger, from, Which::Open, slug, ON_A_PAGE, Reader::anyone(now)).await?;
    let names = posters(&public.ledger, &shelf.gigs).await?;
    let mut cards = Vec::new();
    for gig in &shelf.gigs {
        cards.push(Card::of(&public.ledger, gig, &names[&gig.poster], now).await?);
    }

    let path = slug.map_or_else(|| "/".to_owned(), |slug| format!("/c/{slug}"));
    let mut frame = Frame::new(
        visitor,
        match category {
            None => "Open gigs".to_owned(),
            Some(category) => format!("Open gigs: {}", category.label),
        },
    );
    DESCRIPTION.clone_into(&mut frame.description);
    frame.canonical = (from == 0).then(|| format!("{}{path}", visitor.base));
    frame.feeds = links(&visitor.base, category.map_or(Of::All, Of::Category));
    let here = format!("{}{path}", visitor.root);
    Ok(Board {
        category: category.map(|category| link(visitor, category)),
        parent: parent_of(public, slug).map(|parent| link(visitor, parent)),
        kinds: kinds(public, slug).into_iter().map(|kind| link(visitor, kind)).collect(),
        cards,
        is_first: from == 0,
        older: shelf.older.map(|older| format!("{here}?from={older}")),
        newest: here,
        frame,
    })
}

fn link(visitor: &Visitor, category: &Category) -> Link {
    Link { label: category.label.clone(), address: format!("{}/c/{}", visitor.root, category.slug) }
}

fn parent_of<'a>(public: &'a Public, slug: Option<&str>) -> Option<&'a Category> {
    let (parent, _) = slug?.split_once('/')?;
    public.taxonomy.categories().iter().find(|category| category.slug == parent)
}

/// What one may go on to: the kinds of work of the first level, or those below the one shown.
fn kinds<'a>(public: &'a Public, slug: Option<&str>) -> Vec<&'a Category> {
    let is_next = |category: &&Category| match slug {
        None => !category.slug.contains('/'),
        Some(slug) => category.slug.split_once('/').is_some_and(|(parent, _)| parent == slug),
    };
    public.taxonomy.categories().iter().filter(is_next).collect()
}
