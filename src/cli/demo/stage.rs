//! The networks that the demo plays: for each of three businesses one account in each of three towns, every one on a server of its own.
//!
//! Nine servers and not one, since a documented limit holds for a host: on one the demo would be out of breath in a minute. What
//! is asked of a sandbox beyond its API (a person with a token, a fault) is asked over HTTP like everything else.

use super::any_port;
use crate::cli::Failed;
use crate::daemon::Daemon;
use crate::daemon::assemble::Assembled;
use crate::grants::Terms;
use crate::person::{Audience, Pace, Person};
use crate::ports::{BoxFuture, Entered, Method, Request, Response, Wire};
use crate::sandbox::board::{BUSINESSES, Board};
use crate::sandbox::{Fault, Kind, Lively, Sandbox, Settings, Town};
use crate::secret::Secret;
use crate::web::demo::{Stage, Trouble, Venue};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// A business, and what it calls itself on its accounts.
pub(super) struct Poster {
    pub(super) username: &'static str,
    pub(super) name: &'static str,
    note: &'static str,
}

pub(super) const POSTERS: [Poster; BUSINESSES] = [
    Poster { username: "acme", name: "Acme Paper & Print", note: "A print shop with two presses and one cat." },
    Poster { username: "kestrel", name: "Kestrel Pictures", note: "Short films about long waits." },
    Poster { username: "juniper", name: "Juniper Web", note: "Seven people who build what their neighbours need." },
];

const TOWNS: [(Town, &str); 3] =
    [(Town::Village, "the village"), (Town::Harbour, "the harbour"), (Town::Orchard, "the orchard")];

/// The same acts in every demo.
const SEED: u64 = 7;

/// So long is asked for when a network asks to wait.
const PATIENCE_S: u64 = 20;

/// The servers, before anyone is linked.
#[derive(Debug)]
pub(super) struct Towns(Vec<Sandbox>);

/// An account on a server of its own.
#[derive(Debug)]
struct Place {
    sandbox: Sandbox,
    poster: usize,
    town: &'static str,
    handle: String,
}

/// The servers with their accounts.
pub(super) struct Linked {
    places: Vec<Place>,
    board: Board,
    daemon: Arc<Daemon>,
    pace: Pace,
    told: Mutex<Option<String>>,
}

impl std::fmt::Debug for Linked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linked").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Towns {
    pub(super) async fn start() -> Result<Self, Failed> {
        let mut sandboxes = Vec::new();
        for _ in &POSTERS {
            for (town, _) in TOWNS {
                let settings = Settings { town, lively: Lively::Yes { seed: SEED }, ..Settings::default() };
                let sandbox = Sandbox::start(any_port().await?, settings);
                sandboxes.push(sandbox.map_err(|cause| Failed::new(format!("no network: {cause}")))?);
            }
        }
        Ok(Self(sandboxes))
    }

    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|sandbox| sandbox.url.as_str())
    }

    /// Links every account, as its owner would.
    pub(super) async fn link(self, board: Board, assembled: &Assembled, pace: &Pace) -> Result<Linked, Failed> {
        let (daemon, pace) = (Arc::clone(&assembled.daemon), pace.clone());
        let mut linked = Linked { places: Vec::new(), board, daemon, pace, told: Mutex::default() };
        for (n, sandbox) in self.0.into_iter().enumerate() {
            let poster = n / TOWNS.len();
            let handle = linked.link(&sandbox, poster).await.map_err(Failed::new)?;
            let (_, town) = TOWNS[n % TOWNS.len()];
            linked.places.push(Place { sandbox, poster, town, handle });
        }
        Ok(linked)
    }
}

#[derive(Deserialize)]
struct Welcomed {
    token: Secret,
}

impl Linked {
    /// Gives the account's handle. Linking again finds the same account, and what waits for it goes on.
    async fn link(&self, sandbox: &Sandbox, poster: usize) -> Result<String, String> {
        let Poster { username, name, note } = POSTERS[poster];
        let form = [("username", username), ("display_name", name), ("note", note)];
        let form = form.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let answer = self.ask(Request::post(format!("{}/sandbox/people", sandbox.url)).form(form)).await?;
        let Welcomed { token } = serde_json::from_slice(&answer.body).map_err(|wrong| wrong.to_string())?;
        let owner = Person::poster(name, self.daemon.clock.now());
        let terms = Terms { owner, pace: self.pace.clone(), audience: Audience::default() };
        let entered = Entered { server: sandbox.url.clone(), identifier: username.to_owned(), secret: token };
        let deliver = &self.daemon.deliver;
        let account = deliver.sessions.link("mastodon", &entered, terms).await.map_err(|why| why.to_string())?;
        deliver.relinked(&account).await.map_err(|fault| fault.to_string())?;
        Ok(account.handle)
    }

    async fn ask(&self, request: Request) -> Result<Response, String> {
        let wire: &dyn Wire = &*self.daemon.watch.wire;
        let answer = wire.send(request).await.map_err(|failure| failure.to_string())?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(format!("a sandbox said {}: {}", answer.status, answer.excerpt))
        }
    }

    fn tell(&self, said: String) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
    }

    /// Takes no more requests anywhere.
    pub(super) async fn shutdown(self: Arc<Self>) {
        // Pages that still hold it let go of it when their listener ends; then dropping it stops the rest.
        if let Some(linked) = Arc::into_inner(self) {
            let _ = linked.board.shutdown().await;
            for place in linked.places {
                let _ = place.sandbox.shutdown().await;
            }
        }
    }
}

impl Stage for Linked {
    fn venues(&self) -> Vec<Venue> {
        let venue = |place: &Place| Venue {
            url: format!("{}/", place.sandbox.url),
            town: place.town,
            handle: place.handle.clone(),
            poster: POSTERS[place.poster].name,
        };
        self.places.iter().map(venue).collect()
    }

    fn break_network(&self, venue: usize, how: Trouble) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let place = self.places.get(venue).ok_or("there is no such server")?;
            let posting = |kind| Fault {
                count: Some(1),
                verb: Some("POST".to_owned()),
                path: Some("/api/v1/statuses".to_owned()),
                ..Fault::new(kind)
            };
            let (fault, promise) = match how {
                Trouble::AsksToWait => (
                    Fault { delay_ms: PATIENCE_S * 1000, retry_after_s: Some(PATIENCE_S), ..posting(Kind::RateLimit) },
                    "will ask for 20 seconds of patience at the next post. Its posts wait that long, and nobody else’s do.",
                ),
                Trouble::LosesAnswers => (
                    posting(Kind::AnswerLost),
                    "will take the next post and lose its answer. gigcast looks whether the post is there before it would \
                     send anything again: it appears once.",
                ),
                Trouble::RevokesAccess => (
                    Fault::new(Kind::RevokedToken),
                    "no longer knows our grant. Its posts wait for a person; all other accounts go on. Mend it, and they \
                     go out.",
                ),
            };
            let fault = serde_json::to_value(&fault).map_err(|wrong| wrong.to_string())?;
            self.ask(Request::post(format!("{}/sandbox/faults", place.sandbox.url)).json(&fault)).await?;
            // So that one need not wait for the next one to see what comes of it.
            self.board.publish(place.poster);
            let Place { poster, town, .. } = place;
            self.tell(format!("The server of {} in {town} {promise}", POSTERS[*poster].name));
            Ok(())
        })
    }

    fn mend(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            for place in &self.places {
                let url = format!("{}/sandbox/faults", place.sandbox.url);
                self.ask(Request::new(Method::Delete, url)).await?;
                self.link(&place.sandbox, place.poster).await?;
            }
            self.tell("All servers are well again, and every account is linked anew.".to_owned());
            Ok(())
        })
    }

    fn told(&self) -> Option<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
