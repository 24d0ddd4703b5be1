//! A source together with what its profile asks: the terms are laid on everything it shows, whatever kind it is.
//!
//! A poster may state that the gigs of a source are its own. Then the source's terms towards others do not matter: nobody needs leave
//! to post their own gigs.

use super::profile::{Attribution, Reposting, SourceProfile};
use crate::config::Rights;
use crate::failure::{Failure, Why};
use crate::gig::{Republish, Sighting, plain};
use crate::ports::{BoxFuture, Cursor, Look, Source, Wire};
use crate::pushing::Pushed;
use std::fmt;

/// A few words that say what it is about, where the whole text is not ours to show.
const EXCERPT_GRAPHEMES: usize = 400;

pub struct Licensed {
    source: Box<dyn Source>,
    profile: &'static SourceProfile,
}

impl Licensed {
    /// The source under its terms; as it is when the gigs are the poster's, or there are no terms.
    pub fn under(source: Box<dyn Source>, profile: Option<&'static SourceProfile>, rights: Rights) -> Box<dyn Source> {
        match (profile, rights) {
            (Some(profile), Rights::Source) => Box::new(Self { source, profile }),
            (_, Rights::Poster) | (None, _) => source,
        }
    }
}

impl Source for Licensed {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async move {
            let mut look = self.source.look(wire, since).await?;
            for sighting in &mut look.sightings {
                constrain(sighting, self.profile);
            }
            Ok(look)
        })
    }

    fn read_pushed(&self, pushed: &Pushed) -> Result<Look, Failure> {
        let mut look = self.source.read_pushed(pushed)?;
        for sighting in &mut look.sightings {
            constrain(sighting, self.profile);
        }
        Ok(look)
    }
}

impl fmt::Debug for Licensed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Licensed").field("profile", &self.profile.name).finish_non_exhaustive()
    }
}

/// Why the gigs of this source are posted nowhere, as a sentence with what can be done; nothing where they are.
pub fn refusal(profile: &SourceProfile, rights: Rights) -> Option<Why> {
    let because = match (rights, profile.reposting) {
        (Rights::Poster, _) | (_, Reposting::Allowed | Reposting::Excerpt) => return None,
        (Rights::Source, Reposting::Forbidden) => format!("{} forbids posting its jobs elsewhere", profile.name),
        (Rights::Source, Reposting::NoLeave) => format!("{} gives no leave to post its jobs elsewhere", profile.name),
    };
    Some(Why::new(format!(
        "{because}; where they are the poster's own, say so with `rights = \"poster\"` on the source"
    )))
}

fn constrain(sighting: &mut Sighting, profile: &SourceProfile) {
    if let Some(why) = refusal(profile, Rights::Source) {
        sighting.republish = Republish::Refused(why);
        return;
    }
    if profile.reposting == Reposting::Excerpt {
        sighting.body = sighting.body.take().map(|body| plain::cut(plain::text(&body), EXCERPT_GRAPHEMES));
    }
    if profile.attribution == Attribution::Required {
        // In every post that names who offers it; and on the page, where there is room for the address.
        let via = format!("via {}", profile.name);
        sighting.organisation = Some(match sighting.organisation.take() {
            Some(name) => format!("{name} ({via})"),
            None => via.clone(),
        });
        let link = sighting.url.as_deref().map_or_else(String::new, |url| format!(": {url}"));
        let body = sighting.body.take().unwrap_or_default();
        sighting.body = Some(format!("{body}\n\nSeen {via}{link}").trim_start().to_owned());
    }
}
