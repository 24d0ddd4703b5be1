//! The pages of people who are signed in, and how they come in.
//!
//! There are no passwords: a person is the accounts they have linked, and proves it where the account lives. All of these pages are plain
//! forms; what one does changes something only by a POST from one of our own pages, and a POST from elsewhere is refused.

mod accounts;
mod avatar;
mod bring;
mod business;
pub(super) mod circle;
mod client_document;
mod communities;
mod cookie;
mod forget;
pub mod gigs;
mod health;
pub mod hires;
mod home;
mod invite;
mod link;
mod me;
mod offering;
mod person;
mod posters;
mod record;
mod relays;
mod review;
mod rules;
mod saying;
mod settings;
mod sign_in;
mod tries;
mod vouches;
mod who;

pub(super) use circle::fault;
pub use home::Home;
pub use posters::{Offer, Posters};
pub use tries::{Sender, Tries, tell};
pub use who::{Poster, SignedIn, Who, go, is_over, recognise};

use super::filled::at_most;
use super::page;
use super::visitor::{Look, Visitor};
use super::{Shared, headers, interest};
use crate::credential::instance;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tracing::warn;

/// People's pages. Who is signed in has been found out before ([`recognise`]).
pub fn router(public: &Shared) -> Router<Shared> {
    let quiet = Router::new()
        .route("/invite/{token}", get(invite::show).post(invite::accept))
        .route("/link/callback", get(link::callback))
        .route("/link/callback/{server}", get(link::callback))
        .layer(from_fn(headers::tell_no_one));
    let tries = Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::begin))
        .route("/link", post(link::begin))
        .route("/link/enter", post(link::enter))
        .route("/accounts/{id}/relink", post(link::again))
        .route("/forget", get(forget::show).post(forget::begin))
        .route("/forget/look", post(forget::look))
        .route_layer(from_fn_with_state(Shared::clone(public), tries::limit));
    let pages = Router::new()
        .route("/sign-out", post(sign_in::out))
        .route("/sign-out-everywhere", post(sign_in::out_everywhere))
        .route("/review", get(review::show))
        .route("/review/{id}", post(review::decide).layer(at_most(review::FORM_BYTES)))
        .route("/circle", get(circle::show))
        .route("/circle/shown", post(business::show_circle))
        .route("/people/{id}/say", post(saying::say))
        .route("/people/{id}/relay", post(relays::switch))
        .route("/communities/found", post(communities::found))
        .route("/community/{name}/act", post(communities::act))
        .route("/hires/{gig}", post(hires::answer))
        .route("/people/{id}/vouches.json", get(vouches::download))
        .route("/g/{id}/not-interested", post(interest::withdraw_own))
        .route("/g/{id}/link", post(interest::link))
        .route("/accounts", get(accounts::show))
        .route("/accounts/email", post(accounts::email))
        .route("/accounts/{id}/pause", post(accounts::pause))
        .route("/accounts/{id}/resume", post(accounts::resume))
        .route("/accounts/{id}/unlink", get(accounts::ask_unlink).post(accounts::unlink))
        .route("/accounts/{id}/disown", post(accounts::disown))
        .route("/accounts/{id}/settings", get(settings::show).post(settings::save))
        .merge(me::routes())
        .merge(record::routes())
        .merge(bring::routes())
        .merge(forget::routes())
        .merge(gigs::routes());
    let open = Router::new()
        .route("/avatars/{account}", get(avatar::show))
        .route("/people/{id}", get(person::show))
        .route(instance::PATH, get(vouches::document))
        .route("/oauth/client.json", get(client_document::document))
        .route("/oauth/jwks.json", get(client_document::keys));
    // Whoever is not signed in may tell a poster as well, also where nobody can sign in.
    let telling = Router::new()
        .route("/g/{id}/interest", post(interest::send).layer(at_most(interest::FORM_BYTES)))
        .route("/g/{id}/interest/{word}", get(interest::sent).post(interest::withdraw))
        .layer(from_fn(headers::tell_no_one));
    quiet
        .merge(tries)
        .merge(pages)
        .layer(from_fn_with_state(Shared::clone(public), home::by_the_door))
        .merge(telling)
        .layer(from_fn(headers::keep_nowhere))
        .layer(own_forms(public))
        .merge(open)
}

type Refused = fn(&Shared, &ProtectionError) -> Response;

/// Refuses forms that another site sent.
fn own_forms(public: &Shared) -> CsrfLayer<impl FnMut(ProtectionError) -> Response<Body> + Clone + use<>> {
    let layer = CsrfLayer::new();
    let layer = layer.clone().add_trusted_origin(public.home.origin()).unwrap_or(layer);
    let (public, refused): (_, Refused) = (Shared::clone(public), from_elsewhere);
    layer.with_rejection_response(move |error: ProtectionError| refused(&public, &error))
}

fn from_elsewhere(public: &Shared, error: &ProtectionError) -> Response {
    warn!(
        event = "web.cross_site",
        reason = "cross_site",
        "A form that another site sent was refused, and changed nothing ({:?})",
        error.kind()
    );
    let root = home::root(&public.home);
    let visitor = Visitor {
        base: public.home.base().to_owned(),
        root,
        look: Look::default(),
        page: "/".to_owned(),
        signed: None,
    };
    let words = "This was sent by another website, in your name, so nothing was done. If you meant to do it, open the page here \
                 and press its button.";
    let mut response = page::notice(&visitor, StatusCode::FORBIDDEN, "Sent from elsewhere", words);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
