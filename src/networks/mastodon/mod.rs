//! Mastodon's client API, which GoToSocial, Pleroma, Akkoma, Pixelfed and others speak too.
//!
//! They differ where it counts (whether a repeated key is recognised, how length is counted, what can be edited), so
//! each server is asked what it is (`learn`) and the answer is a profile of its own; no branch here or in the core asks again.
//! A gig is said in public: visibility is always sent, since an account's own default may be otherwise.

mod answers;
mod boost;
mod engagements;
mod html;
mod learn;
mod oauth;
mod said;

use super::exchange::{address, by_status, host, origin, read, web, words};
use crate::clock::Timestamp;
use crate::failure::{Failure, Native, Scope, Why};
use crate::oauth::{Door, OAuthClient, Purpose, Us};
use crate::person::{Actor, Grant};
use crate::ports::{
    Asked, Asks, Auth, BoxFuture, Counts, Entered, FoundBy, Linked, Method, Named, Network, Page, Recognised, Request,
    Reshared, Response, Session, Wire,
};
use crate::post::{Post, Receipt, Stamp};
use crate::profile::{
    Action, Card, EngagementKind, GrantShape, Heard, Idempotency, Identity, LinkCost, Listening, Profile, Quota,
    ReadBack, Replay, Support, TextLimit, Unit,
};
use answers::{Credentials, Status};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;

const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// Mastodon itself, as documented. A server that is something else says so when it is asked.
static PROFILE: Profile = Profile {
    id: Cow::Borrowed("mastodon"),
    name: Cow::Borrowed("Mastodon"),
    docs: Cow::Borrowed("https://docs.joinmastodon.org/methods/statuses/"),
    checked: Cow::Borrowed("2026-11-21"),
    text: TextLimit { max: 500, unit: Unit::Graphemes, link: LinkCost::Flat(23), max_bytes: None },
    card: Card::ByServer,
    edit: Support::Yes,
    delete: Support::Yes,
    reply: Support::Yes,
    reshare: Support::Yes,
    // An hour after the first success; ten minutes less, for clocks and for a request that is long on its way.
    idempotency: Idempotency::Key { lives: Duration::from_mins(50), errors: Replay::SuccessOnly },
    read_back: ReadBack::ByRecentPosts,
    engagement: Listening { kinds: Cow::Borrowed(HEARD), push: Support::No },
    quotas: Cow::Borrowed(&[
        Quota { action: Action::Request, scope: Scope::Account, max: 300, per: FIVE_MINUTES },
        Quota { action: Action::Request, scope: Scope::Host, max: 300, per: FIVE_MINUTES },
        Quota { action: Action::Write, scope: Scope::Account, max: 300, per: Duration::from_hours(3) },
        Quota { action: Action::Delete, scope: Scope::Account, max: 30, per: Duration::from_mins(30) },
        Quota { action: Action::ReadPage, scope: Scope::Account, max: 300, per: Duration::from_mins(15) },
    ]),
    grant: GrantShape::Token,
    price: None,
};

/// On every server; quotes come with Mastodon 4.5.
const HEARD: &[Heard] = &[
    Heard { kind: EngagementKind::Reshare, by: Identity::Named },
    Heard { kind: EngagementKind::Reply, by: Identity::Named },
    Heard { kind: EngagementKind::Like, by: Identity::Counted },
];

/// A name longer than this is cut.
const NAME_CHARS: usize = 100;
/// How much older than the first request a post may look before it cannot be ours: clocks differ.
const SKEW: Duration = Duration::from_mins(10);
/// Pages of forty that `find` reads before it says that it does not know.
const MOST_PAGES: usize = 10;

#[derive(Debug, Clone, Copy)]
pub struct Mastodon;

impl Network for Mastodon {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn asks(&self) -> Option<Asks> {
        Some(Asks {
            name: Asked {
                label: "Your server, or your handle there",
                help: "As in social.example, or @ann@social.example.",
            },
            found_by: FoundBy::Server,
            secret: Asked {
                label: "Access token",
                help: "Your server gives one under Preferences, Development, New application. It has to allow `read` and \
                       `write`.",
            },
        })
    }

    fn learn<'a>(&'a self, wire: &'a dyn Wire, server: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(learn::profile(wire, server))
    }

    fn link<'a>(&'a self, wire: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(link(wire, entered))
    }

    fn says<'a>(
        &'a self,
        wire: &'a dyn Wire,
        named: &'a Named,
        words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        Box::pin(said::says(wire, &self.profile().id, named, words))
    }

    fn discover<'a>(
        &'a self,
        wire: &'a dyn Wire,
        named: &'a Named,
        purpose: Purpose,
        _: &'a Us,
    ) -> BoxFuture<'a, Result<Door, Failure>> {
        Box::pin(oauth::discover(wire, named, purpose))
    }

    fn register<'a>(
        &'a self,
        wire: &'a dyn Wire,
        door: &'a Door,
        us: &'a Us,
    ) -> BoxFuture<'a, Result<OAuthClient, Failure>> {
        Box::pin(oauth::register(wire, door, us))
    }

    /// The token itself says whose it is.
    fn recognise<'a>(
        &'a self,
        wire: &'a dyn Wire,
        door: &'a Door,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Recognised, Failure>> {
        Box::pin(whose(wire, &door.server, Auth::Session))
    }

    /// An entered token lives until it is revoked: there is nothing to renew it with.
    fn refresh<'a>(&'a self, _: &'a dyn Wire, _: &'a str, _: &'a Grant) -> BoxFuture<'a, Result<Grant, Failure>> {
        let why = Why::new("this network's tokens cannot be renewed: link the account again with a new one");
        Box::pin(async move { Err(Failure::RelinkNeeded(why)) })
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(publish(s, post, stamp, None))
    }

    fn edit<'a>(
        &'a self,
        s: Session<'a>,
        at: &'a Receipt,
        post: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move {
            let mut body = json!({ "status": post.text });
            if let Some(language) = language(post) {
                body["language"] = language.into();
            }
            let url = address(&s.account.server, &["api", "v1", "statuses", &at.id], &[])?;
            let status: Status = ask(s, Request::new(Method::Put, url).json(&body)).await?;
            Ok(status.receipt(at.at))
        })
    }

    fn delete<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let url = address(&s.account.server, &["api", "v1", "statuses", &at.id], &[])?;
            let response = s.wire.send(Request::new(Method::Delete, url).auth(Auth::Session)).await?;
            match response.status {
                200..=299 | 404 | 410 => Ok(()),
                _ => Err(refused(&response, Scope::Account)),
            }
        })
    }

    fn reply<'a>(
        &'a self,
        s: Session<'a>,
        to: &'a Receipt,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(publish(s, post, stamp, Some(to)))
    }

    fn find<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(find(s, post, stamp))
    }

    fn reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Reshared, Failure>> {
        Box::pin(boost::boost(s, of))
    }

    fn unreshare<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(boost::unboost(s, at))
    }

    fn find_reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(boost::find(s, of, stamp))
    }

    fn counts<'a>(&'a self, s: Session<'a>, of: &'a Receipt) -> BoxFuture<'a, Result<Counts, Failure>> {
        Box::pin(async move {
            let url = address(&s.account.server, &["api", "v1", "statuses", &of.id], &[])?;
            let response = s.wire.send(Request::get(url).auth(Auth::Session)).await?;
            let status: Status = match response.status {
                200..=299 => read(&response)?,
                404 | 410 => return Err(refused(&response, Scope::Account)),
                // Whatever else is refused, it is not known to be gone.
                _ => {
                    return Err(match refused(&response, Scope::Account) {
                        Failure::Permanent(why) => Failure::Unknown(why),
                        failure => failure,
                    });
                }
            };
            Ok(Counts {
                reshares: status.reblogs_count,
                quotes: status.quotes_count,
                replies: status.replies_count,
                likes: status.favourites_count,
            })
        })
    }

    fn engagements<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        kind: EngagementKind,
        from: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(engagements::page(s, of, kind, from))
    }
}

/// Sends one request as the account; anything but a success is a failure of its class.
async fn answer(s: Session<'_>, request: Request) -> Result<Response, Failure> {
    let response = s.wire.send(request.auth(Auth::Session)).await?;
    if response.is_success() { Ok(response) } else { Err(refused(&response, Scope::Account)) }
}

async fn ask<T: DeserializeOwned>(s: Session<'_>, request: Request) -> Result<T, Failure> {
    read(&answer(s, request).await?)
}

/// By status alone: the words are translated into the account's language.
fn refused(response: &Response, scope: Scope) -> Failure {
    by_status(response, scope, Native::new(response.status, None, &words(response)))
}

async fn link(wire: &dyn Wire, entered: &Entered) -> Result<Linked, Failure> {
    let server = origin(&entered.server)?;
    if entered.secret.is_empty() {
        return Err(Failure::Permanent(Why::new("enter an access token: make one on your server, under Development")));
    }
    let who = whose(wire, &server, Auth::Bearer(entered.secret.clone())).await?;
    Ok(Linked { who, grant: Grant::entered(entered.secret.clone()) })
}

/// The account that a token is of.
async fn whose(wire: &dyn Wire, server: &str, token: Auth) -> Result<Recognised, Failure> {
    let url = address(server, &["api", "v1", "accounts", "verify_credentials"], &[])?;
    let response = wire.send(Request::get(url).auth(token)).await?;
    if !response.is_success() {
        return Err(refused(&response, Scope::Host));
    }
    let owner: Credentials = read(&response)?;
    // A server may speak for a shorter domain than its own host, and handles carry that one.
    let domain = learn::instance(wire, server).await?.unwrap_or_default().domain(server);
    Ok(Recognised {
        handle: format!("@{}@{domain}", owner.username),
        url: owner.url.as_deref().and_then(web).unwrap_or_else(|| format!("{server}/@{}", owner.username)),
        native: owner.id,
        server: server.to_owned(),
        name: owner.display_name.trim().chars().take(NAME_CHARS).collect(),
        avatar: owner.avatar.as_deref().and_then(web),
    })
}

async fn publish(
    s: Session<'_>,
    post: &Post,
    stamp: &Stamp,
    in_reply_to: Option<&Receipt>,
) -> Result<Receipt, Failure> {
    let mut body = json!({ "status": post.text, "visibility": "public" });
    if let Some(language) = language(post) {
        body["language"] = language.into();
    }
    if let Some(to) = in_reply_to {
        body["in_reply_to_id"] = to.id.as_str().into();
    }
    let mut request = Request::post(address(&s.account.server, &["api", "v1", "statuses"], &[])?).json(&body);
    // Where the key is not honoured it is not sent: one server remembers it before it succeeds, and then refuses the repeat.
    if matches!(s.profile.idempotency, Idempotency::Key { .. }) {
        request = request.header("idempotency-key", stamp.key.as_str());
    }
    let response = answer(s, request).await?;
    let status: Status = read(&response)?;
    Ok(status.receipt(response.received))
}

/// The primary tag: servers take two-letter codes.
fn language(post: &Post) -> Option<&str> {
    post.language.as_deref().and_then(|tag| tag.split('-').next())
}

/// Reads the account's own posts back to shortly before the first request. The code in the link is ours alone, so it is believed
/// whatever the server's clock says; where the text carries none, an equal text counts only if it is not older.
async fn find(s: Session<'_>, post: &Post, stamp: &Stamp) -> Result<Option<Receipt>, Failure> {
    let since = stamp.first_sent.unwrap_or(stamp.opened).minus(SKEW);
    let code = post.code.as_ref().filter(|code| post.text.contains(code.as_str()));
    let mut before: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut query = vec![("limit", "40"), ("exclude_reblogs", "true")];
        if let Some(id) = &before {
            query.push(("max_id", id));
        }
        let url = address(&s.account.server, &["api", "v1", "accounts", &s.account.native, "statuses"], &query)?;
        let page: Vec<Status> = ask(s, Request::get(url)).await?;
        // Not every server leaves boosts out when it is asked to.
        let is_ours = |status: &&Status| match code {
            _ if status.reblog => false,
            Some(code) => addresses(&status.content).any(|address| carries(&address, code.as_str(), &post.link)),
            None => status.made().is_some_and(|made| made >= since) && says(&status.content, &post.text),
        };
        if let Some(status) = page.iter().find(is_ours) {
            return Ok(Some(status.receipt(stamp.opened)));
        }
        if !goes_back(&page, before.as_deref()) {
            let said = "the server does not list posts from the newest back, so one that is not seen may be there";
            return Err(Failure::Unknown(Why::new(said)));
        }
        match page.last() {
            Some(oldest) if oldest.made().is_none_or(|made| made >= since) => before = Some(oldest.id.clone()),
            _ => return Ok(None),
        }
    }
    Err(Failure::Unknown(Why::new("the account has said so much since that the post was not found among it")))
}

/// Whether a page is what was asked for: newest first, and nothing from `before` on. Some servers list as they like, and their silence
/// proves nothing.
fn goes_back(page: &[Status], before: Option<&str>) -> bool {
    let ends = page.first().and_then(Status::made).zip(page.last().and_then(Status::made));
    ends.is_none_or(|(first, last)| first >= last) && page.iter().all(|status| Some(&*status.id) != before)
}

/// Every address in it: behind a link, or, where the server makes none, among the words.
fn addresses(content: &str) -> impl Iterator<Item = String> {
    let words = html::plain(content, |_, _| None);
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    html::links(content).into_iter().chain(words)
}

fn carries(link: &str, code: &str, whole: &str) -> bool {
    link == whole
        || url::Url::parse(link).is_ok_and(|url| url.query_pairs().any(|(name, value)| name == "v" && value == code))
}

/// Letters and digits only: servers change spaces, quotes and dashes as they like.
fn says(content: &str, text: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    bare(&html::plain(content, |_, _| None)) == bare(text)
}

/// The domain in handles of people on the account's own server, which its API leaves out.
fn home(s: Session<'_>) -> &str {
    s.account.handle.rsplit_once('@').map_or_else(|| host(&s.account.server), |(_, domain)| domain)
}

impl Status {
    fn made(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(Timestamp::parse_rfc3339)
    }

    fn receipt(&self, unless_said: Timestamp) -> Receipt {
        Receipt {
            id: self.id.clone(),
            uri: self.uri.clone(),
            url: self.url.as_deref().and_then(web),
            version: None,
            at: self.made().unwrap_or(unless_said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_known_by_its_code_or_its_link_and_by_nothing_like_it() {
        let whole = "https://gigs.example/g/gig_1?v=abcd1234";
        assert!(carries("https://gigs.example/g/gig_1?utm=x&v=abcd1234", "abcd1234", whole));
        assert!(carries(whole, "other", whole));
        assert!(!carries("https://gigs.example/g/gig_1?v=abcd12345", "abcd1234", whole));
        assert!(!carries("https://gigs.example/g/gig_1?x=abcd1234", "abcd1234", whole));
        assert!(!carries("not a link v=abcd1234", "abcd1234", whole));
    }

    #[test]
    fn equal_words_are_equal_texts_whatever_the_server_did_to_them() {
        assert!(says("<p>Rust backend\u{2013}3 weeks<br>apply: x</p>", "Rust backend - 3 weeks\n\napply: x"));
        assert!(!says("<p>Rust backend, 4 weeks</p>", "Rust backend, 3 weeks"));
    }
}
