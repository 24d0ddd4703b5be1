//! Saying something, saying it better, taking it back.

use super::{Event, Id, KEY_LIVES, Refused, Status, Version, Visibility, World, length, text};
use crate::clock::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The longest post, in the way [`length`] counts.
pub(in crate::sandbox) const MAX_CHARACTERS: usize = 500;

/// What is about to be said.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Draft {
    pub edition: Edition,
    pub visibility: Visibility,
    pub in_reply_to: Option<Id>,
    pub app: Option<(String, Option<String>)>,
    pub key: Option<String>,
    pub key_rule: KeyRule,
}

/// The part of a post that an edit may change.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Edition {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum KeyRule {
    Honoured,
    /// As on servers that take the header and do nothing with it.
    Ignored,
}

impl Edition {
    fn check(&self) -> Result<(), Refused> {
        if self.text.trim().is_empty() {
            return Err(Refused::Invalid("Validation failed: Text can't be blank".into()));
        }
        if length(&self.text) + length(&self.spoiler_text) > MAX_CHARACTERS {
            return Err(Refused::Invalid(format!(
                "Validation failed: Text character limit of {MAX_CHARACTERS} exceeded"
            )));
        }
        Ok(())
    }

    fn at(self, at: Timestamp) -> Version {
        let Self { text, spoiler_text, sensitive, language } = self;
        Version { at, text, spoiler_text, sensitive, language }
    }
}

impl Status {
    pub(super) fn new(id: Id, author: Id, at: Timestamp, first: Version, visibility: Visibility) -> Self {
        Self {
            id,
            author,
            at,
            tags: text::tags(&first.text),
            versions: vec![first],
            visibility,
            in_reply_to: None,
            boost_of: None,
            app: None,
            key: None,
            mentions: BTreeSet::new(),
            boosts: BTreeMap::new(),
            favourites: BTreeMap::new(),
            replies: BTreeSet::new(),
        }
    }
}

impl World {
    /// With a key that this author used within the hour: the status of that time, and nothing new.
    pub(in crate::sandbox) fn post(&mut self, author: Id, draft: Draft, now: Timestamp) -> Result<Id, Refused> {
        let kept = draft.key.clone().filter(|_| draft.key_rule == KeyRule::Honoured).map(|key| (author, key));
        if let Some((at, id)) = kept.as_ref().and_then(|kept| self.keys.get(kept))
            && now.since(*at) < KEY_LIVES
            && self.statuses.contains_key(id)
        {
            return Ok(*id);
        }
        draft.edition.check()?;
        if let Some(to) = draft.in_reply_to {
            self.visible(Some(author), to)?;
        }
        let id = self.mint(now);
        let mut status = Status::new(id, author, now, draft.edition.at(now), draft.visibility);
        status.mentions = self.mentioned(&status.current().text);
        status.in_reply_to = draft.in_reply_to;
        status.app = draft.app;
        status.key = draft.key;
        let mentions = status.mentions.clone();
        self.statuses.insert(id, status);
        if let Some(to) = draft.in_reply_to {
            self.amend(to, |answered| answered.replies.insert(id));
        }
        if let Some(kept) = kept {
            self.keys.insert(kept, (now, id));
        }
        for person in mentions {
            self.notify(Event::Mention, person, author, id, now);
        }
        Ok(id)
    }

    /// Whoever boosted it hears of it; whoever is newly mentioned too. An edit that changes nothing leaves no trace.
    pub(in crate::sandbox) fn edit(
        &mut self,
        author: Id,
        id: Id,
        edition: Edition,
        now: Timestamp,
    ) -> Result<(), Refused> {
        self.own(author, id)?;
        edition.check()?;
        let version = edition.at(now);
        let mentions = self.mentioned(&version.text);
        let Some(status) = self.statuses.get_mut(&id) else { return Err(Refused::NotFound) };
        if (Version { at: status.current().at, ..version.clone() }) == *status.current() {
            return Ok(());
        }
        status.tags = text::tags(&version.text);
        status.versions.push(version);
        let newly: Vec<Id> = mentions.difference(&status.mentions).copied().collect();
        let boosters: Vec<Id> = status.boosts.values().copied().collect();
        status.mentions = mentions;
        for person in newly {
            self.notify(Event::Mention, person, author, id, now);
        }
        for person in boosters {
            self.notify(Event::Update, person, author, id, now);
        }
        Ok(())
    }

    /// Its boosts and the notifications about it go with it; answers stay, answering nothing.
    pub(in crate::sandbox) fn delete(&mut self, author: Id, id: Id) -> Result<Status, Refused> {
        self.own(author, id)?;
        let Some(status) = self.statuses.remove(&id) else { return Err(Refused::NotFound) };
        for wrapper in status.boosts.keys() {
            self.statuses.remove(wrapper);
        }
        for reply in &status.replies {
            self.amend(*reply, |reply| reply.in_reply_to = None);
        }
        if let Some(to) = status.in_reply_to {
            self.amend(to, |answered| answered.replies.remove(&id));
        }
        self.notifications.retain(|n| n.status != id);
        self.gone.push(status.clone());
        Ok(status)
    }

    /// Someone else's status is as good as not there for whoever wants to change it.
    pub(in crate::sandbox) fn own(&self, author: Id, id: Id) -> Result<&Status, Refused> {
        self.status(id).filter(|s| s.author == author && s.boost_of.is_none()).ok_or(Refused::NotFound)
    }

    fn mentioned(&self, text: &str) -> BTreeSet<Id> {
        text::mentions(text).filter_map(|handle| self.person_named(handle)).map(|person| person.id).collect()
    }
}
