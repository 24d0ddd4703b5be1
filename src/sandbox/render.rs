//! The entities of the API as JSON, complete as Mastodon documents them, so that a strict client finds every field it expects.

use super::html;
use super::world::{App, Event, Id, Indexing, Notification, Person, Status, Version, World};
use serde_json::{Value, json};

/// What every entity needs to be written: the world, and the address it is seen at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    pub world: &'a World,
    pub url: &'a str,
    pub viewer: Option<Id>,
}

impl Writer<'_> {
    pub(super) fn account(&self, person: &Person) -> Value {
        let own = || self.world.newest().filter(|status| status.author == person.id);
        let profile = html::profile_url(self.url, person);
        let avatar = format!("{}/sandbox/avatars/{}.svg", self.url, person.username);
        let refuses = person.indexing == Indexing::Refused;
        let others = self.world.people().count() - 1;
        let last = own().next().map(|status| status.at.to_jiff().strftime("%Y-%m-%d").to_string());
        json!({
            "id": person.id.to_string(),
            "username": person.username,
            "acct": person.username,
            "display_name": person.display_name,
            "locked": false,
            "bot": false,
            "discoverable": !refuses,
            "indexable": !refuses,
            "noindex": refuses,
            "group": false,
            "created_at": format!("{}T00:00:00.000Z", person.since.to_jiff().strftime("%Y-%m-%d")),
            "note": html::content(&person.note, self.world, self.url),
            "url": profile,
            "uri": format!("{}/users/{}", self.url, person.username),
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": "",
            "header": avatar,
            "header_static": avatar,
            "header_description": "",
            "followers_count": others,
            "following_count": others,
            "statuses_count": own().count(),
            "last_status_at": last,
            "hide_collections": false,
            "emojis": [],
            "roles": [],
            "fields": [],
        })
    }

    /// The account with what only its owner sees.
    pub(super) fn own_account(&self, person: &Person) -> Value {
        let mut account = self.account(person);
        let refuses = person.indexing == Indexing::Refused;
        account["source"] = json!({
            "privacy": "public",
            "sensitive": false,
            "language": null,
            "note": person.note,
            "fields": [],
            "follow_requests_count": 0,
            "hide_collections": false,
            "discoverable": !refuses,
            "indexable": !refuses,
            "attribution_domains": [],
            "quote_policy": "public",
        });
        account["role"] = json!({ "id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": false });
        account
    }

    /// The person in the terms of OpenID Connect.
    pub(super) fn userinfo(&self, person: &Person) -> Value {
        let account = self.account(person);
        json!({
            "iss": format!("{}/", self.url),
            "sub": account["uri"],
            "name": person.display_name,
            "preferred_username": person.username,
            "profile": account["url"],
            "picture": account["avatar"],
        })
    }

    pub(super) fn account_of(&self, id: Id) -> Value {
        self.world.person(id).map_or(Value::Null, |person| self.account(person))
    }

    pub(super) fn status(&self, status: &Status) -> Value {
        let author = self.world.person(status.author);
        let username = author.map_or("", |person| person.username.as_str());
        let uri = format!("{}/users/{username}/statuses/{}", self.url, status.id);
        let said = status.current();
        let parent = status.in_reply_to.and_then(|to| self.world.status(to));
        let boosted = status.boost_of.and_then(|of| self.world.status(of));
        let counted = boosted.unwrap_or(status);
        let mut json = json!({
            "id": status.id.to_string(),
            "created_at": status.at.to_string(),
            "edited_at": status.edited_at().map(|at| at.to_string()),
            "in_reply_to_id": parent.map(|parent| parent.id.to_string()),
            "in_reply_to_account_id": parent.map(|parent| parent.author.to_string()),
            "sensitive": said.sensitive,
            "spoiler_text": said.spoiler_text,
            "visibility": status.visibility.as_str(),
            "language": said.language,
            "uri": if boosted.is_some() { format!("{uri}/activity") } else { uri.clone() },
            "url": if boosted.is_some() { format!("{uri}/activity") } else { format!("{}/@{username}/{}", self.url, status.id) },
            "replies_count": counted.replies.len(),
            "reblogs_count": counted.boosts.len(),
            "favourites_count": counted.favourites.len(),
            "quotes_count": 0,
            "content": html::content(&said.text, self.world, self.url),
            "reblog": boosted.map(|original| self.status(original)),
            "account": author.map(|person| self.account(person)),
            "application": status.app.as_ref().map(|(name, website)| json!({ "name": name, "website": website })),
            "media_attachments": [],
            "mentions": self.mentions(status),
            "tags": status.tags.iter().map(|tag| json!({ "name": tag, "url": html::tag_url(self.url, tag) })).collect::<Vec<_>>(),
            "emojis": [],
            "card": null,
            "poll": null,
            "quote": null,
            "quote_approval": { "automatic": ["public"], "manual": [], "current_user": "automatic" },
        });
        if let Some(viewer) = self.viewer {
            json["favourited"] = counted.favourites.values().any(|who| *who == viewer).into();
            json["reblogged"] = counted.boosts.values().any(|who| *who == viewer).into();
            json["muted"] = false.into();
            json["bookmarked"] = false.into();
            json["pinned"] = false.into();
            json["filtered"] = json!([]);
        }
        json
    }

    fn mentions(&self, status: &Status) -> Vec<Value> {
        let people = status.mentions.iter().filter_map(|id| self.world.person(*id));
        people
            .map(|person| {
                json!({
                    "id": person.id.to_string(),
                    "username": person.username,
                    "acct": person.username,
                    "url": html::profile_url(self.url, person),
                })
            })
            .collect()
    }

    /// The status with its text as it was written: what `DELETE` and `source` give.
    pub(super) fn source(status: &Status) -> Value {
        let said = status.current();
        json!({ "id": status.id.to_string(), "text": said.text, "spoiler_text": said.spoiler_text })
    }

    pub(super) fn edit(&self, status: &Status, version: &Version) -> Value {
        json!({
            "content": html::content(&version.text, self.world, self.url),
            "spoiler_text": version.spoiler_text,
            "sensitive": version.sensitive,
            "created_at": version.at.to_string(),
            "account": self.account_of(status.author),
            "media_attachments": [],
            "emojis": [],
            "poll": null,
            "quote": null,
        })
    }

    pub(super) fn notification(&self, notification: &Notification) -> Value {
        let group_key = match notification.event {
            Event::Favourite | Event::Reblog => format!("{}-{}", notification.event.as_str(), notification.status),
            Event::Mention | Event::Update => format!("ungrouped-{}", notification.id),
        };
        json!({
            "id": notification.id.to_string(),
            "type": notification.event.as_str(),
            "created_at": notification.at.to_string(),
            "group_key": group_key,
            "account": self.account_of(notification.by),
            "status": self.world.status(notification.status).map(|status| self.status(status)),
        })
    }

    pub(super) fn app(app: &App) -> Value {
        json!({
            "id": app.id.to_string(),
            "name": app.name,
            "website": app.website,
            "scopes": app.scopes.list(),
            "redirect_uris": app.redirect_uris,
            "redirect_uri": app.redirect_uris.join("\n"),
            "vapid_key": "",
        })
    }
}
