//! Why a source is read as it is: when it was and will be, at which pace and why, and what in it is no gig.

use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, relative, span};
use crate::polling::{Bound, Limits, Rhythm};
use crate::store::{RefusedItem, SourceState};
use crate::web::admin::answers::{Chapter, Explanation, Told, When};
use std::cmp::Ordering;

/// How the gigs of a source come to us.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    LookedAt,
    /// A program posts them to this address.
    PostedTo(&'a str),
    /// Not at all, until the operator resumes it.
    Paused,
}

/// A source, and the items of it that are no gigs, each with its reason.
pub fn of_source(
    name: &str,
    way: Way<'_>,
    notes: &[String],
    limits: &Limits,
    state: &SourceState,
    refused: &[RefusedItem],
    now: Timestamp,
) -> Explanation {
    let told = |at: Option<Timestamp>, said: String| Told { at: at.map(When), said };
    let mut looks = vec![match state.seen {
        Some(seen) => told(Some(seen), "It was read.".to_owned()),
        None => told(None, "It has not been read yet.".to_owned()),
    }];
    looks.extend(state.trouble.as_ref().map(|why| {
        told(
            None,
            format!("It could not be read {} since: {why}.", counted(usize::from(state.rhythm.failures), "time")),
        )
    }));
    let lacks = "More than half of its gigs vanished at once, so nothing is concluded from it.";
    looks.extend(state.emptied.map(|since| told(Some(since), lacks.to_owned())));
    looks.push(match (state.ended, state.due) {
        _ if let Way::PostedTo(address) = way => {
            told(None, format!("It is not looked at: messages are posted to {address}."))
        }
        _ if matches!(way, Way::Paused) => {
            told(None, "It is not read until the operator resumes what is paused.".to_owned())
        }
        (true, _) => told(None, "It said that it is gone for good, and is not read again.".to_owned()),
        (false, Some(due)) if due > now => told(None, format!("It is read again {}.", relative(due, now))),
        (false, _) => told(None, "It is read now.".to_owned()),
    });
    let is_paced = !state.ended && matches!(way, Way::LookedAt);
    looks.extend(is_paced.then(|| told(None, paced(&state.rhythm, limits))));
    looks.extend(state.found.as_ref().map(|found| told(None, format!("It is {found}."))));
    looks.extend(notes.iter().map(|note| told(None, format!("Beside that, {note}."))));
    let mut chapters = vec![Chapter { heading: "The source".to_owned(), told: looks }];
    let mut advice = Vec::new();
    if state.trouble.is_some() {
        advice.push("`gigcast check` reaches it now, and says what it finds.".to_owned());
    }
    if state.emptied.is_some() {
        advice.push(
            "Look at the source. Gigs that have really ended: `gigcast fill GIG` or `gigcast withdraw GIG`.".to_owned(),
        );
    }
    if !refused.is_empty() {
        let told = refused.iter().map(|item| told(Some(item.at), format!("{}: {}.", item.what, item.why))).collect();
        chapters.push(Chapter { heading: "What is no gig there".to_owned(), told });
        advice.push("Mend these at the source; they are taken in at the next look.".to_owned());
    }
    Explanation { about: format!("{name} is a source of gigs."), chapters, advice, doable: Vec::new() }
}

/// How often a source is read, and why so.
fn paced(rhythm: &Rhythm, limits: &Limits) -> String {
    let wait = rhythm.wait.unwrap_or(limits.usual);
    let every = span(wait);
    let quiet = counted(usize::from(rhythm.quiet), "look");
    let mut said = match wait.cmp(&limits.usual) {
        _ if limits.floor == limits.ceiling => format!("It is read every {every}."),
        Ordering::Equal => format!("It is read every {every}, its usual pace."),
        Ordering::Less if rhythm.quiet == 0 => {
            format!("It is read every {every}, since its last look brought something new.")
        }
        Ordering::Less => format!("It is read every {every}, since it moved lately, though not in its last {quiet}."),
        Ordering::Greater if rhythm.quiet == 0 => {
            format!("It is read every {every}, and more often with each look that brings something new.")
        }
        Ordering::Greater => format!("It is read every {every}, since its last {quiet} brought nothing new."),
    };
    said.push_str(match rhythm.bound {
        Bound::Pace => "",
        Bound::Asked => " Now it waits for longer, since its server asked for that.",
        Bound::Backoff => " Now it waits for longer, since it could not be read.",
    });
    said
}
