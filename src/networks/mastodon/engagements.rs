//! Who boosted, quoted and replied.
//!
//! The lists are asked with the author's own token, which also sees what was said in confidence: only what anyone may read
//! is handed on. What the account itself does is no engagement. A person is known by the address of the profile page, since
//! that is the one address which all these servers give both for an account and for a mention of it.

use super::answers::{self, Context, Status};
use super::{NAME_CHARS, answer, ask, home, html};
use crate::failure::{Failure, Why};
use crate::id::ActorId;
use crate::networks::exchange::{address, path_and_query, read, web};
use crate::person::{Actor, Indexing};
use crate::ports::{API_BYTES, Mention, Page, Request, Response, Seen, Session, Words};
use crate::post::Receipt;
use crate::profile::EngagementKind;
use std::collections::BTreeMap;

/// Whoever is named in a reply is asked after, up to so many in one page; the rest are taken as refusing.
const MOST_ASKED_AFTER: usize = 20;

pub(super) async fn page(
    s: Session<'_>,
    of: &Receipt,
    kind: EngagementKind,
    from: Option<&str>,
) -> Result<Page, Failure> {
    match kind {
        EngagementKind::Reshare => {
            let (accounts, next): (Vec<answers::Profile>, _) = listed(s, of, "reblogged_by", "80", from).await?;
            let others = accounts.iter().filter(|account| account.id != s.account.native);
            let seen = others.map(|account| Seen { actor: actor(s, account), at: None, words: None });
            Ok(Page { seen: seen.collect(), next })
        }
        EngagementKind::Quote => {
            let (statuses, next) = listed(s, of, "quotes", "40", from).await?;
            Ok(Page { seen: said(s, statuses).await?, next })
        }
        EngagementKind::Reply => {
            let url = address(&s.account.server, &["api", "v1", "statuses", &of.id, "context"], &[])?;
            let mut request = Request::get(url);
            // A whole conversation comes at once: up to some four thousand replies.
            request.max_bytes = 4 * API_BYTES;
            let context: Context = ask(s, request).await?;
            Ok(Page { seen: said(s, context.descendants).await?, next: None })
        }
        EngagementKind::Like => Err(Failure::Permanent(Why::new("likes are counted here, not listed"))),
    }
}

/// One page of a list, and the opaque address of the next: it is the server's to say, in a header.
async fn listed<T: serde::de::DeserializeOwned>(
    s: Session<'_>,
    of: &Receipt,
    list: &str,
    limit: &str,
    from: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let url = match from {
        // Whatever host it names, it is asked of the account's own server.
        Some(next) => path_and_query(next)
            .map(|path| format!("{}{path}", s.account.server))
            .ok_or_else(|| Failure::Permanent(Why::new("the address of the next page is none")))?,
        None => address(&s.account.server, &["api", "v1", "statuses", &of.id, list], &[("limit", limit)])?,
    };
    let response = answer(s, Request::get(url)).await?;
    Ok((read(&response)?, next_page(&response)))
}

/// The address marked `next` in a `Link` header (RFC 8288).
fn next_page(response: &Response) -> Option<String> {
    response.header("link")?.split('<').find_map(|part| {
        let (address, parameters) = part.split_once('>')?;
        let is_next = parameters
            .split([';', ','])
            .any(|parameter| parameter.trim().strip_prefix("rel=").is_some_and(|rel| rel.trim_matches('"') == "next"));
        is_next.then(|| address.to_owned())
    })
}

/// What was said in public, with whom it names. Of what the account itself said under its post, only where it names
/// somebody: it may vouch for them.
async fn said(s: Session<'_>, statuses: Vec<Status>) -> Result<Vec<Seen>, Failure> {
    let mut named: BTreeMap<String, Actor> = BTreeMap::new();
    let mut seen = Vec::new();
    for status in statuses {
        let open = matches!(status.visibility.as_deref(), Some("public" | "unlisted"));
        let tells = |author: &answers::Profile| author.id != s.account.native || !status.mentions.is_empty();
        let Some(author) = status.account.as_ref().filter(|author| open && tells(author)) else { continue };
        let mut mentions: Vec<Mention> = Vec::new();
        let text = html::plain(&status.content, |href, shown| {
            let mention = status.mentions.iter().find(|mention| is_meant(mention, href, shown))?;
            let written = format!("@{}", full_handle(&mention.acct, home(s)));
            if !mentions.iter().any(|known| known.written == written) {
                mentions.push(Mention { written: written.clone(), actor: mentioned(s, mention) });
            }
            Some(written)
        });
        for mention in &mut mentions {
            if let Some(whole) = asked_after(s, &status.mentions, mention, &mut named).await? {
                mention.actor = whole;
            }
        }
        seen.push(Seen {
            actor: actor(s, author),
            at: status.made(),
            words: Some(Words { uri: status.uri, url: status.url.as_deref().and_then(web), text, mentions }),
        });
    }
    Ok(seen)
}

/// A link is a mention when it leads to the profile, or shows the name and leads to the same host.
fn is_meant(mention: &answers::Mention, href: &str, shown: &str) -> bool {
    let host_of = |address: &str| url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    let named = shown.strip_prefix('@').is_some_and(|name| name.split('@').next() == Some(mention.username.as_str()));
    mention.url == href || (named && host_of(href).is_some() && host_of(href) == host_of(&mention.url))
}

/// A mention does not say whether the person wishes to be indexed; the profile does.
async fn asked_after(
    s: Session<'_>,
    ids: &[answers::Mention],
    mention: &Mention,
    named: &mut BTreeMap<String, Actor>,
) -> Result<Option<Actor>, Failure> {
    if let Some(known) = named.get(&mention.actor.uri) {
        return Ok(Some(known.clone()));
    }
    let id = ids.iter().find(|known| known.url == mention.actor.uri).map(|known| &known.id);
    let Some(id) = id.filter(|_| named.len() < MOST_ASKED_AFTER) else {
        return Ok(None);
    };
    let url = address(&s.account.server, &["api", "v1", "accounts", id], &[])?;
    let whole = match ask::<answers::Profile>(s, Request::get(url)).await {
        Ok(profile) => actor(s, &profile),
        // Gone, or not for us to see.
        Err(Failure::Permanent(_)) => mention.actor.clone(),
        Err(failure) => return Err(failure),
    };
    named.insert(mention.actor.uri.clone(), whole.clone());
    Ok(Some(whole))
}

/// Someone named of whom no more is known: counted, until the profile says that more is allowed.
fn mentioned(s: Session<'_>, mention: &answers::Mention) -> Actor {
    Actor {
        id: ActorId::from_uri(&s.account.network, &mention.url),
        network: s.account.network.clone(),
        uri: mention.url.clone(),
        handle: full_handle(&mention.acct, home(s)),
        name: mention.username.chars().take(NAME_CHARS).collect(),
        url: web(&mention.url),
        indexing: Indexing::Refused,
    }
}

fn actor(s: Session<'_>, profile: &answers::Profile) -> Actor {
    of_profile(&s.account.network, home(s), profile)
}

/// Whose profile it is, as a server whose people are at `home` gives it.
pub(super) fn of_profile(network: &str, home: &str, profile: &answers::Profile) -> Actor {
    let handle = full_handle(&profile.acct, home);
    let uri = profile.url.clone().or_else(|| profile.uri.clone()).unwrap_or_else(|| handle.clone());
    let name = if profile.display_name.trim().is_empty() { &handle } else { &profile.display_name };
    Actor {
        id: ActorId::from_uri(network, &uri),
        network: network.to_owned(),
        name: name.chars().take(NAME_CHARS).collect(),
        url: web(&uri),
        indexing: indexing(profile),
        handle,
        uri,
    }
}

fn full_handle(acct: &str, home: &str) -> String {
    if acct.contains('@') { acct.to_owned() } else { format!("{acct}@{home}") }
}

/// `noindex` is the wish not to stand in search engines, and a tag in the bio is how people on all servers write it. Two others are
/// no refusal: `indexable` (full-text search of posts) and `discoverable` (being recommended) are off unless switched on.
fn indexing(profile: &answers::Profile) -> Indexing {
    let bio = html::plain(&profile.note, |_, _| None).to_lowercase();
    let mut tags = bio.split(|c: char| !c.is_alphanumeric() && c != '#');
    let refused = tags.any(|word| matches!(word, "#noindex" | "#nobot" | "#nobots"));
    if refused || profile.noindex == Some(true) { Indexing::Refused } else { Indexing::Allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_link(link: &str) -> Response {
        Response::saying(200, "").under(&[("link", link)])
    }

    #[test]
    fn the_next_page_is_the_one_the_header_calls_next() {
        for (header, next) in [
            (
                r#"<https://a.example/x?max_id=1,2;3>; rel="next", <https://a.example/x?min_id=9>; rel="prev""#,
                Some("https://a.example/x?max_id=1,2;3"),
            ),
            (r#"<https://a.example/p>; rel="prev", <https://a.example/n>; rel=next"#, Some("https://a.example/n")),
            (r#"<https://a.example/p>; rel="prev""#, None),
            ("nonsense", None),
        ] {
            assert_eq!(next_page(&with_link(header)).as_deref(), next, "{header}");
        }
    }

    #[test]
    fn only_a_stated_wish_refuses_indexing() {
        let profile = |note: &str, noindex: Option<bool>| answers::Profile {
            id: "1".into(),
            acct: "bo".into(),
            display_name: String::new(),
            url: None,
            uri: None,
            note: note.into(),
            noindex,
        };
        for (note, noindex, wish) in [
            ("", None, Indexing::Allowed),
            ("", Some(false), Indexing::Allowed),
            ("", Some(true), Indexing::Refused),
            (
                "<p>Potter. <a href=\"https://a.example/tags/NoIndex\">#<span>NoIndex</span></a></p>",
                None,
                Indexing::Refused,
            ),
            ("I write about #noindexing", None, Indexing::Allowed),
            ("no #nobots, please", None, Indexing::Refused),
        ] {
            assert_eq!(indexing(&profile(note, noindex)), wish, "{note}");
        }
    }

    #[test]
    fn a_mention_is_the_person_the_link_leads_to() {
        let bo = answers::Mention {
            id: "7".into(),
            username: "bo".into(),
            url: "https://b.example/@bo".into(),
            acct: "bo@b.example".into(),
        };
        assert!(is_meant(&bo, "https://b.example/@bo", "bo"));
        assert!(is_meant(&bo, "https://b.example/users/bo", "@bo"));
        assert!(!is_meant(&bo, "https://c.example/@bo", "@bo"), "another bo");
        assert!(!is_meant(&bo, "https://b.example/@bob", "@bob"));
    }
}
