//! A network that does not exist, as small as one can be: the example of docs/ADDING-A-NETWORK.md, under the same contract as the real ones.

use gigcast::failure::{Failure, Native, Scope, Why};
use gigcast::networks::exchange::{address, by_status, origin, read, words};
use gigcast::person::Grant;
use gigcast::ports::{Auth, BoxFuture, Entered, Linked, Method, Network, Recognised, Request, Response, Session, Wire};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::{
    Action, Card, GrantShape, Idempotency, LinkCost, Listening, Profile, Quota, ReadBack, Replay, Support, TextLimit,
    Unit,
};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;

static PROFILE: Profile = Profile {
    id: Cow::Borrowed("example"),
    name: Cow::Borrowed("Example"),
    docs: Cow::Borrowed("https://notes.example/docs/limits"),
    checked: Cow::Borrowed("2026-11-21"),
    text: TextLimit { max: 280, unit: Unit::CodePoints, link: LinkCost::AsWritten, max_bytes: None },
    card: Card::None,
    edit: Support::No,
    delete: Support::Yes,
    reply: Support::No,
    reshare: Support::No,
    idempotency: Idempotency::Key { lives: Duration::from_hours(24), errors: Replay::SuccessOnly },
    read_back: ReadBack::None,
    engagement: Listening { kinds: Cow::Borrowed(&[]), push: Support::No },
    quotas: Cow::Borrowed(&[Quota {
        action: Action::Write,
        scope: Scope::Account,
        max: 20,
        per: Duration::from_hours(1),
    }]),
    grant: GrantShape::Token,
    price: None,
};

#[derive(Debug)]
pub struct Example;

/// What the API answers, as far as we read it.
#[derive(Deserialize)]
struct Note {
    id: String,
    link: String,
}

#[derive(Deserialize)]
struct Owner {
    id: String,
    name: String,
}

impl Network for Example {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn learn<'a>(&'a self, _: &'a dyn Wire, _: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async { Ok(PROFILE.clone()) })
    }

    fn link<'a>(&'a self, wire: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(async move {
            let server = origin(&entered.server)?;
            let request = Request::get(address(&server, &["me"], &[])?).auth(Auth::Bearer(entered.secret.clone()));
            let owner: Owner = read(&accepted(wire.send(request).await?)?)?;
            let url = address(&server, &["people", &owner.name], &[])?;
            let grant = Grant::entered(entered.secret.clone());
            let who = Recognised { server, native: owner.id, handle: owner.name, url, ..Recognised::default() };
            Ok(Linked { who, grant })
        })
    }

    fn refresh<'a>(&'a self, _: &'a dyn Wire, _: &'a str, _: &'a Grant) -> BoxFuture<'a, Result<Grant, Failure>> {
        Box::pin(async { Err(Failure::RelinkNeeded(Why::new("link the account again with a new token"))) })
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move {
            let request = Request::post(address(&s.account.server, &["notes"], &[])?)
                .header("idempotency-key", stamp.key.as_str())
                .json(&json!({ "text": post.text }))
                .auth(Auth::Session);
            let response = accepted(s.wire.send(request).await?)?;
            let note: Note = read(&response)?;
            Ok(Receipt {
                id: note.id,
                uri: note.link.clone(),
                url: Some(note.link),
                version: None,
                at: response.received,
            })
        })
    }

    fn delete<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let url = address(&s.account.server, &["notes", &at.id], &[])?;
            let request = Request::new(Method::Delete, url).auth(Auth::Session);
            let response = s.wire.send(request).await?;
            if response.status == 404 { Ok(()) } else { accepted(response).map(|_| ()) }
        })
    }
}

/// Every answer passes here: what is no success becomes a failure of its class.
fn accepted(response: Response) -> Result<Response, Failure> {
    if response.is_success() {
        return Ok(response);
    }
    let native = Native::new(response.status, None, &words(&response));
    Err(by_status(&response, Scope::Account, native))
}
