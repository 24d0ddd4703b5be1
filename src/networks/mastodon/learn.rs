//! What a server is and allows, asked of itself: `NodeInfo` for the software, the instance document for its limits.
//!
//! What is not known to be safe is taken as unsafe: a server of unknown make gets no credit for idempotency, editing or
//! deleting, so a doubtful post is looked up rather than sent again, and a closed gig is answered rather than left half gone.

use super::answers::{Instance, NodeInfo, NodeInfoLinks};
use super::{HEARD, PROFILE};
use crate::failure::Failure;
use crate::networks::exchange::{address, document, host, path_and_query};
use crate::ports::Wire;
use crate::profile::{
    EngagementKind, Heard, Idempotency, Identity, LinkCost, Profile, Replay, Support, TextLimit, Unit,
};
use std::borrow::Cow;
use std::time::Duration;

/// Makes whose ways are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    Mastodon,
    GoToSocial,
    Pleroma,
    Other,
}

/// Version of the API that brought quotes (Mastodon 4.5).
const QUOTES: u32 = 7;

pub(super) async fn profile(wire: &dyn Wire, server: &str) -> Result<Profile, Failure> {
    let (make, version) = software(wire, server).await?;
    let instance = instance(wire, server).await?.unwrap_or_default();
    Ok(known(make, version, &instance))
}

/// Version 2 of the document, else version 1; nothing from what is no server of this kind.
pub(super) async fn instance(wire: &dyn Wire, server: &str) -> Result<Option<Instance>, Failure> {
    for version in ["v2", "v1"] {
        let found: Option<Instance> = document(wire, address(server, &["api", version, "instance"], &[])?).await?;
        if found.as_ref().is_some_and(|instance| instance.domain.is_some() || instance.uri.is_some()) {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The make of the server and its version as (major, minor).
pub(super) async fn software(wire: &dyn Wire, server: &str) -> Result<(Make, (u32, u32)), Failure> {
    const SCHEMAS: [&str; 2] = ["/ns/schema/2.1", "/ns/schema/2.0"];
    let unknown = (Make::Other, (0, 0));
    let Some(listed): Option<NodeInfoLinks> =
        document(wire, address(server, &[".well-known", "nodeinfo"], &[])?).await?
    else {
        return Ok(unknown);
    };
    // Only its path is taken: what some other host says of this one does not count.
    let path = SCHEMAS
        .iter()
        .find_map(|schema| listed.links.iter().find(|link| link.rel.ends_with(schema)))
        .and_then(|link| path_and_query(&link.href));
    let Some(path) = path else { return Ok(unknown) };
    let Some(info): Option<NodeInfo> = document(wire, format!("{}{path}", server.trim_end_matches('/'))).await? else {
        return Ok(unknown);
    };
    let upstream = info.metadata.and_then(|metadata| metadata.upstream).map(|upstream| upstream.name);
    let make = match info.software.name.to_ascii_lowercase().as_str() {
        "mastodon" | "hometown" => Make::Mastodon,
        "gotosocial" => Make::GoToSocial,
        "pleroma" | "akkoma" => Make::Pleroma,
        _ if upstream.is_some_and(|name| name.eq_ignore_ascii_case("mastodon")) => Make::Mastodon,
        _ => Make::Other,
    };
    Ok((make, major_minor(&info.software.version)))
}

fn major_minor(version: &str) -> (u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn known(make: Make, version: (u32, u32), instance: &Instance) -> Profile {
    let api = instance.api_versions.as_ref().and_then(|versions| versions.mastodon).unwrap_or(0);
    let base = PROFILE.clone();
    let text = text_limit(make, instance);
    match make {
        Make::Mastodon => {
            let mut kinds = HEARD.to_vec();
            if api >= QUOTES {
                kinds.push(Heard { kind: EngagementKind::Quote, by: Identity::Named });
            }
            let edit = if api > 0 || version >= (3, 5) { Support::Yes } else { Support::No };
            let mut profile = Profile { text, edit, ..base };
            profile.engagement.kinds = Cow::Owned(kinds);
            profile
        }
        Make::GoToSocial => Profile {
            name: Cow::Borrowed("GoToSocial"),
            text,
            edit: if version >= (0, 20) { Support::Yes } else { Support::No },
            // It takes the key and pays no heed to it.
            idempotency: Idempotency::None,
            ..base
        },
        Make::Pleroma => Profile {
            name: Cow::Borrowed("Pleroma"),
            text,
            edit: Support::No,
            idempotency: Idempotency::Key { lives: Duration::from_hours(6), errors: Replay::ErrorsToo },
            ..base
        },
        Make::Other => Profile {
            name: Cow::Borrowed("a server that speaks the Mastodon API"),
            text,
            edit: Support::No,
            delete: Support::No,
            idempotency: Idempotency::None,
            ..base
        },
    }
}

/// Only Mastodon counts links alike and graphemes as one; elsewhere the stricter count is taken, which fits both ways.
fn text_limit(make: Make, instance: &Instance) -> TextLimit {
    let said = instance.configuration.as_ref().and_then(|configuration| configuration.statuses.as_ref());
    let older = instance
        .max_toot_chars
        .as_ref()
        .and_then(|max| max.as_u64().or_else(|| max.as_str()?.parse().ok()).and_then(|max| u32::try_from(max).ok()));
    let max = said.and_then(|limits| limits.max_characters).or(older).filter(|max| *max > 0);
    let usual = if matches!(make, Make::GoToSocial | Make::Pleroma) { 5000 } else { 500 };
    let (unit, link) = if make == Make::Mastodon {
        let cost = said.and_then(|limits| limits.characters_reserved_per_url).unwrap_or(23);
        (Unit::Graphemes, LinkCost::Flat(cost))
    } else {
        (Unit::CodePoints, LinkCost::AsWritten)
    };
    TextLimit { max: max.unwrap_or(usual), unit, link, max_bytes: None }
}

impl Instance {
    /// The domain in its people's handles.
    pub(super) fn domain(&self, server: &str) -> String {
        let said = self.domain.as_deref().or(self.uri.as_deref()).map(host).filter(|domain| !domain.is_empty());
        said.unwrap_or(host(server)).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance_of(json: &str) -> Instance {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_version_is_read_through_what_forks_hang_on_it() {
        for (written, version) in [
            ("4.5.2", (4, 5)),
            ("3.5.3+glitch", (3, 5)),
            ("4.0.0rc1", (4, 0)),
            ("0.20.1+git-ab12", (0, 20)),
            ("", (0, 0)),
            ("next", (0, 0)),
            ("99999999999.1", (0, 1)),
        ] {
            assert_eq!(major_minor(written), version, "{written}");
        }
    }

    #[test]
    fn the_text_limit_is_the_servers_own_in_whichever_shape_it_says_it() {
        for (json, max) in [
            (r#"{"configuration":{"statuses":{"max_characters":1000}}}"#, 1000),
            (r#"{"max_toot_chars":2000}"#, 2000),
            (r#"{"max_toot_chars":"2000"}"#, 2000),
            (r#"{"configuration":{"statuses":{"max_characters":0}}}"#, 500),
            (r#"{"configuration":[],"api_versions":"x"}"#, 500),
            ("{}", 500),
        ] {
            assert_eq!(text_limit(Make::Mastodon, &instance_of(json)).max, max, "{json}");
        }
    }

    #[test]
    fn editing_and_quotes_are_there_from_their_versions_on() {
        let at = |make, version, json: &str| known(make, version, &instance_of(json));
        assert_eq!(at(Make::Mastodon, (3, 4), "{}").edit, Support::No);
        assert_eq!(at(Make::Mastodon, (3, 5), "{}").edit, Support::Yes);
        assert_eq!(at(Make::GoToSocial, (0, 17), "{}").edit, Support::No);
        let quotes = |api: u32| {
            at(Make::Mastodon, (4, 4), &format!(r#"{{"api_versions":{{"mastodon":{api}}}}}"#))
                .hears(EngagementKind::Quote)
        };
        assert_eq!((quotes(6), quotes(7)), (None, Some(Identity::Named)));
    }

    #[test]
    fn a_server_of_unknown_make_gets_no_credit() {
        let profile = known(Make::Other, (9, 9), &Instance::default());
        assert_eq!((profile.idempotency, profile.edit, profile.delete), (Idempotency::None, Support::No, Support::No));
    }

    #[test]
    fn a_servers_people_carry_the_domain_it_names() {
        let domain = |json| instance_of(json).domain("https://web.social.example");
        assert_eq!(domain(r#"{"domain":"social.example"}"#), "social.example");
        assert_eq!(domain(r#"{"uri":"https://social.example/"}"#), "social.example");
        assert_eq!(domain("{}"), "web.social.example");
    }
}
