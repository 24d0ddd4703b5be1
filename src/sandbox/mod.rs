//! A small social network on loopback that speaks the Mastodon API, with faults on demand.
//!
//! It is what newcomers try gigcast against and what tests break: a server in its own right, which an independent client can tour
//! without noticing anything odd. It keeps everything in memory, sends nothing anywhere, has no passwords, and therefore listens on
//! loopback only. `world` is its pure state; `api` the Mastodon endpoints over it; `middleware` the limits and faults that stand
//! before them; `pages` what a person sees; `control` what tests ask for; `towns` who lives there, and `inhabitants` what they do by
//! themselves. `board` is a job board beside it, for the demo to read, and `hub` a feed that is pushed.

pub mod board;
pub mod hub;

mod api;
mod control;
mod faults;
mod html;
mod inhabitants;
mod limits;
mod middleware;
mod pages;
mod render;
mod towns;
mod world;

pub use faults::{Fault, Kind, When};
pub use limits::{Limit, Limits};
pub use towns::Town;

use crate::clock::{Clock, SystemClock, Timestamp};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn_with_state, map_request};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The version it says it is; what stands behind the `+` is how forks of Mastodon say that they are not the original.
const VERSION: &str = "4.5.0+sandbox";

/// Whether the inhabitants do things by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lively {
    No,
    /// They boost and vouch for gigs a little while after those appear; the same seed gives the same acts.
    Yes {
        seed: u64,
    },
}

/// How one sandbox is.
#[derive(Debug)]
pub struct Settings {
    pub clock: Arc<dyn Clock>,
    pub town: Town,
    pub lively: Lively,
    pub limits: Limits,
    /// On from the start.
    pub faults: Vec<Fault>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::default()),
            town: Town::default(),
            lively: Lively::No,
            limits: Limits::default(),
            faults: Vec::new(),
        }
    }
}

/// A running sandbox. Dropping it stops it too, without waiting for what is under way.
#[derive(Debug)]
pub struct Sandbox {
    /// Its origin, as in `http://127.0.0.1:4000`.
    pub url: String,
    stop: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Serves on `listener` until told to stop. Refuses any address but loopback: here everyone may act as anyone.
    pub fn start(listener: TcpListener, settings: Settings) -> io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            let words = format!("the sandbox has no passwords, so it listens on loopback only, not on {address}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let place = Arc::new(Place::new(address, settings));
        let (url, stop) = (place.url.clone(), place.stop.clone());
        tokio::spawn(inhabitants::live(place.clone()));
        let stopped = stop.clone();
        let serve = axum::serve(listener, router(place)).with_graceful_shutdown(stopped.cancelled_owned());
        Ok(Self { url, stop, serving: tokio::spawn(async move { serve.await }) })
    }

    /// Takes no more requests, answers those under way, and stops.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.stop.cancel();
        (&mut self.serving).await.map_err(io::Error::other)?
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// All that requests share.
#[derive(Debug)]
struct Place {
    url: String,
    world: Mutex<world::World>,
    faults: Mutex<faults::Faults>,
    /// Tells those whom a fault holds that the faults are taken away.
    cleared: Notify,
    /// How many these are.
    holds: AtomicUsize,
    counts: Mutex<limits::Counts>,
    limits: Limits,
    town: Town,
    lively: Lively,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    /// The app that ready-made tokens belong to.
    own_app: world::App,
}

/// The sandbox is being stopped; nobody waits any longer.
#[derive(Debug, Clone, Copy)]
struct Stopping;

impl Place {
    fn new(address: SocketAddr, settings: Settings) -> Self {
        let Settings { clock, town, lively, limits, faults } = settings;
        let mut world = world::World::new(&address.to_string());
        inhabitants::move_in(&mut world, town, clock.now());
        let own_app = api::own_app(&mut world, clock.now());
        Self {
            url: format!("http://{address}"),
            world: Mutex::new(world),
            faults: Mutex::new(faults::Faults::new(faults)),
            cleared: Notify::new(),
            holds: AtomicUsize::new(0),
            counts: Mutex::default(),
            limits,
            town,
            lively,
            clock,
            stop: CancellationToken::new(),
            own_app,
        }
    }

    /// Held for one verb or one answer, never across a wait.
    fn world(&self) -> MutexGuard<'_, world::World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, faults::Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, limits::Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn writer<'a>(&'a self, world: &'a world::World, viewer: Option<world::Id>) -> render::Writer<'a> {
        render::Writer { world, url: &self.url, viewer }
    }

    /// Waits so long, or until the faults are taken away.
    async fn wait(&self, how_long: Duration) -> Result<(), Stopping> {
        let until = self.now().plus(how_long);
        let mut cleared = pin!(self.cleared.notified());
        // Whoever sees that it is held may let it go.
        let _held = Held::by(&self.holds);
        while self.now() < until {
            tokio::select! {
                () = self.stop.cancelled() => return Err(Stopping),
                () = &mut cleared => return Ok(()),
                () = self.clock.sleep_until(until) => {}
            }
        }
        Ok(())
    }
}

fn router(place: Arc<Place>) -> Router {
    let api = api::router()
        .layer(from_fn_with_state(place.clone(), middleware::faults))
        .layer(from_fn_with_state(place.clone(), middleware::limits));
    let all = api
        .merge(pages::router())
        .merge(control::router())
        .method_not_allowed_fallback(async || api::Refusal::not_found())
        .fallback(async || api::Refusal::not_found())
        .with_state(place);
    // Around it, since a layer inside would come after the choice of a route.
    Router::new().fallback_service(all).layer(map_request(without_last_slash))
}

/// Mastodon answers at `/api/v2/instance/` too, and some clients ask there.
async fn without_last_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let (path, query) = (uri.path(), uri.query().map_or_else(String::new, |query| format!("?{query}")));
    if path.len() > 1
        && path.ends_with('/')
        && let Ok(shorter) = format!("{}{query}", path.trim_end_matches('/')).parse()
    {
        *request.uri_mut() = shorter;
    }
    request
}

/// A request that waits, counted for as long as it does, also where its client leaves meanwhile.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    fn by(holds: &'a AtomicUsize) -> Self {
        holds.fetch_add(1, Ordering::AcqRel);
        Self(holds)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
