//! What somebody said in public, asked by anyone: how an account shows that it is theirs without signing in.

use super::answers::{Profile, Status};
use super::engagements::of_profile;
use super::html;
use crate::asks::Named;
use crate::failure::{Failure, Why};
use crate::networks::exchange::{address, document, host, origin};
use crate::person::Actor;
use crate::ports::Wire;

/// Posts that are looked through, newest first.
const NEWEST: &str = "20";

pub(super) async fn says(wire: &dyn Wire, network: &str, named: &Named, words: &str) -> Result<Option<Actor>, Failure> {
    let no = |why: String| Err(Failure::Permanent(Why::new(why)));
    let Some((name, _)) = named.identifier.split_once('@') else {
        return no("write the handle with its server, as in @ann@social.example".to_owned());
    };
    let server = origin(&named.server)?;
    let lookup = address(&server, &["api", "v1", "accounts", "lookup"], &[("acct", name)])?;
    let Some(profile) = document::<Profile>(wire, lookup).await? else {
        return no(format!("{} shows no account called {name} to those who are not signed in", host(&server)));
    };
    // A server speaks for its own people and for nobody else's: it could name anyone.
    let home = profile.url.as_deref().and_then(|url| origin(url).ok());
    if home.as_deref() != Some(&server) {
        return no(format!("{} is not the server that this account is on", host(&server)));
    }
    let posts = address(
        &server,
        &["api", "v1", "accounts", &profile.id, "statuses"],
        &[("limit", NEWEST), ("exclude_reblogs", "true")],
    )?;
    let Some(posts) = document::<Vec<Status>>(wire, posts).await? else {
        return no(format!("{} shows the posts of this account to nobody who is not signed in", host(&server)));
    };
    // Not every server leaves boosts out when it is asked to, and what is boosted are somebody else's words.
    let is_theirs = |post: &Status| !post.reblog && post.account.as_ref().is_some_and(|author| author.id == profile.id);
    let found = posts.iter().any(|post| is_theirs(post) && html::plain(&post.content, |_, _| None).contains(words));
    Ok(found.then(|| of_profile(network, host(&server), &profile)))
}
