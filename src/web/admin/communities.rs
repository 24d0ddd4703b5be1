//! What the operator asks about communities, and the answers.

use super::answers::When;
use super::{Admin, answer, read};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

/// What is to become of communities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommunityAsked {
    Add {
        name: String,
        category: String,
        /// So many members must vouch for whoever comes in uninvited.
        vouches: Option<u8>,
        /// Its first steward: a name, a handle or an id of a person.
        steward: String,
    },
    /// Somebody becomes its steward, and comes in where they are not inside yet.
    Steward { community: String, who: String },
    /// An invitation into it is taken back.
    Uninvite { community: String, who: String },
    /// It goes, with all that is known of who was in it.
    Remove { community: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunityLine {
    /// Its name in addresses and commands.
    pub slug: String,
    pub name: String,
    pub category: String,
    pub vouches: u8,
    pub members: usize,
    pub stewards: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunityView {
    pub line: CommunityLine,
    pub about: String,
    pub members: Vec<MemberLine>,
    /// Who is awaited, the latest first.
    pub invited: Vec<InvitedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedLine {
    /// Of a person, or of somebody who has only been seen on a network.
    pub id: String,
    pub name: String,
    pub at: When,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine {
    pub id: String,
    pub name: String,
    /// `steward`, `member`, or `taken out` with the reason.
    pub rank: String,
    /// How they came in.
    pub entry: String,
}

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route(
            "/api/communities",
            get(async |State(a): State<Admin>| answer(a.operator.communities().await)).post(change),
        )
        .route("/api/communities/{name}", get(one))
}

async fn one(State(admin): State<Admin>, Path(name): Path<String>) -> Response {
    answer(admin.operator.community(&name).await)
}

async fn change(State(admin): State<Admin>, asked: Result<Json<CommunityAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.change_communities(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}
