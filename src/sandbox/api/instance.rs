//! What a client reads before it links: who this server says it is, and what it takes.

use super::{Caller, Params};
use crate::sandbox::world::{KNOWN_SCOPES, MAX_CHARACTERS};
use crate::sandbox::{Place, VERSION};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/.well-known/nodeinfo", get(nodeinfo_links))
        .route("/nodeinfo/2.0", get(nodeinfo))
        .route("/.well-known/oauth-authorization-server", get(oauth_metadata))
        .route("/api/v1/instance", get(v1))
        .route("/api/v1/instance/rules", get(rules))
        .route("/api/v2/instance", get(v2))
}

const TITLE: &str = "The sandbox";
const ABOUT: &str = "A small social network on this machine, for trying things out. Nothing leaves it.";

async fn nodeinfo_links(State(place): State<Arc<Place>>) -> Json<Value> {
    let rel = "http://nodeinfo.diaspora.software/ns/schema/2.0";
    Json(json!({ "links": [{ "rel": rel, "href": format!("{}/nodeinfo/2.0", place.url) }] }))
}

async fn nodeinfo(State(place): State<Arc<Place>>) -> Json<Value> {
    let world = place.world();
    let people = world.people().count();
    Json(json!({
        "version": "2.0",
        "software": { "name": "mastodon", "version": VERSION },
        "protocols": ["activitypub"],
        "services": { "inbound": [], "outbound": [] },
        "usage": {
            "users": { "total": people, "activeMonth": people, "activeHalfyear": people },
            "localPosts": world.newest().count(),
        },
        "openRegistrations": false,
        "metadata": { "nodeName": TITLE, "nodeDescription": ABOUT },
    }))
}

async fn oauth_metadata(State(place): State<Arc<Place>>) -> Json<Value> {
    let url = &place.url;
    Json(json!({
        "issuer": format!("{url}/"),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/revoke"),
        "userinfo_endpoint": format!("{url}/oauth/userinfo"),
        "app_registration_endpoint": format!("{url}/api/v1/apps"),
        "service_documentation": "https://docs.joinmastodon.org/",
        "scopes_supported": KNOWN_SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

/// The part that both versions share.
fn configuration() -> Value {
    json!({
        "accounts": { "max_featured_tags": 10, "max_pinned_statuses": 5, "max_profile_fields": 4 },
        "statuses": {
            "max_characters": MAX_CHARACTERS,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "description_limit": 1500,
            "supported_mime_types": ["image/jpeg", "image/png"],
            "image_size_limit": 16_777_216,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": 103_809_024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    })
}

async fn v1(State(place): State<Arc<Place>>, _: Caller, _: Params) -> Json<Value> {
    let world = place.world();
    Json(json!({
        "uri": world.domain(),
        "title": TITLE,
        "short_description": ABOUT,
        "description": ABOUT,
        "email": "",
        "version": VERSION,
        "urls": { "streaming_api": "" },
        "stats": { "user_count": world.people().count(), "status_count": world.newest().count(), "domain_count": 1 },
        "thumbnail": format!("{}/sandbox/avatars/sandbox.svg", place.url),
        "languages": ["en"],
        "registrations": false,
        "approval_required": false,
        "invites_enabled": false,
        "configuration": configuration(),
        "contact_account": null,
        "rules": [],
    }))
}

async fn v2(State(place): State<Arc<Place>>, _: Caller, _: Params) -> Json<Value> {
    let world = place.world();
    let access = || json!({ "local": "public", "remote": "public" });
    let mut configuration = configuration();
    configuration["urls"] = json!({ "streaming": "", "status": null, "about": place.url, "privacy_policy": null, "terms_of_service": null });
    configuration["vapid"] = json!({ "public_key": "" });
    configuration["translation"] = json!({ "enabled": false });
    configuration["limited_federation"] = false.into();
    configuration["timelines_access"] = json!({
        "live_feeds": access(), "hashtag_feeds": access(), "trending_link_feeds": access(),
    });
    Json(json!({
        "domain": world.domain(),
        "title": TITLE,
        "version": VERSION,
        "source_url": "",
        "description": ABOUT,
        "usage": { "users": { "active_month": world.people().count() } },
        "thumbnail": { "url": format!("{}/sandbox/avatars/sandbox.svg", place.url), "blurhash": null, "versions": {}, "description": "" },
        "icon": [],
        "languages": ["en"],
        "configuration": configuration,
        "registrations": {
            "enabled": false, "approval_required": false, "reason_required": null, "message": null, "min_age": null, "url": null,
        },
        "api_versions": { "mastodon": 7 },
        "contact": { "email": "", "account": null },
        "rules": [],
    }))
}

async fn rules() -> Json<Value> {
    Json(json!([]))
}
