//! From a sighting to a gig, or the reason why not.
//!
//! Pure, and the only reader of what sources wrote: all markup, tracking, shouting controls and impossible values
//! end here. The same sighting always gives the same gig, so a source may show a gig as often as it likes.

use super::language::detect;
use super::{Gig, Place, Revision, Sighting, Status, Terms, address, pay, plain, zones};
use crate::clock::{Timestamp, WallClock};
use crate::failure::Why;
use crate::id::{GigId, PersonId, SourceId};
use std::fmt;

/// What a source wrote beyond these is cut.
pub const TITLE_GRAPHEMES: usize = 300;
pub const DESCRIPTION_GRAPHEMES: usize = 20_000;
/// Of a skill, a place or an organisation.
pub const WORD_GRAPHEMES: usize = 100;
pub const SKILLS: usize = 50;
pub const LOCATIONS: usize = 20;
const NATIVE_BYTES: usize = 1000;

/// Finds the category of a gig: given the word its source used, its tags, its title and its description.
pub type Classify<'a> = &'a dyn Fn(Option<&str>, &[String], &str, &str) -> Option<String>;

/// What a sighting is judged against.
pub struct Context<'a> {
    pub poster: PersonId,
    pub source: SourceId,
    pub now: Timestamp,
    /// A doubtful clock expires nothing.
    pub wall: WallClock,
    /// The gig as it stands, when this one has been seen before.
    pub known: Option<&'a Gig>,
    pub classify: Classify<'a>,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("source", &self.source).field("now", &self.now).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    New(Gig),
    /// Nothing that a reader would notice has changed.
    Same,
    /// The known gig with its next revision; with the same one when all that has changed is whether it may be posted elsewhere, or how
    /// soon.
    Revised(Gig),
}

/// Makes a gig of a sighting. A sighting that can be none is refused, naming the field that is at fault.
pub fn normalise(sighting: &Sighting, context: &Context<'_>) -> Result<Outcome, Why> {
    let native = native(sighting)?;
    if let (Some(known), Some(ended)) = (context.known, ending(sighting)) {
        // Nobody says what it was, only how it ended: what was said of it before holds.
        return Ok(if known.status == Status::Open {
            Outcome::Revised(Gig {
                revision: known.revision.next(),
                status: ended,
                revised: context.now,
                ..known.clone()
            })
        } else {
            Outcome::Same
        });
    }
    let terms = terms(sighting, context)?;
    let status = status(sighting.status, &terms, context);
    let Some(known) = context.known else {
        return Ok(Outcome::New(Gig {
            id: GigId::from_source(context.source, native),
            revision: Revision::FIRST,
            status,
            poster: context.poster,
            source: context.source,
            native: native.to_owned(),
            terms,
            republish: sighting.republish.clone(),
            first_seen: context.now,
            revised: context.now,
        }));
    };
    if status == known.status && reads_the_same(&terms, &known.terms, sighting) {
        if sighting.republish == known.republish && terms.is_said_as(&known.terms) {
            return Ok(Outcome::Same);
        }
        let mut gig = Gig { republish: sighting.republish.clone(), ..known.clone() };
        (gig.terms.urgency, gig.terms.ring) = (terms.urgency, terms.ring);
        return Ok(Outcome::Revised(gig));
    }
    Ok(Outcome::Revised(Gig {
        revision: known.revision.next(),
        status,
        poster: context.poster,
        terms,
        republish: sighting.republish.clone(),
        revised: context.now,
        ..known.clone()
    }))
}

/// How a gig ended, when the sighting says nothing else of it: its page is gone.
fn ending(sighting: &Sighting) -> Option<Status> {
    let Sighting { status, updated, .. } = *sighting;
    let bare = Sighting { native: sighting.native.clone(), status, updated, ..Sighting::default() };
    sighting.status.filter(|status| *status != Status::Open && *sighting == bare)
}

/// A date of publication that moves by itself tells a reader nothing, and neither does a language that only we have judged anew.
fn reads_the_same(now: &Terms, before: &Terms, sighting: &Sighting) -> bool {
    let named = sighting.language.as_deref().and_then(language).is_some();
    let language = if named { before.language.clone() } else { now.language.clone() };
    now.reads_as(&Terms { published: now.published, language, ..before.clone() })
}

fn native(sighting: &Sighting) -> Result<&str, Why> {
    let native = sighting.native.trim();
    if native.is_empty() {
        return Err(Why::new("`id` is empty: without one a gig could not be found again"));
    }
    if native.len() > NATIVE_BYTES {
        return Err(Why::new(format!("`id` is longer than {NATIVE_BYTES} bytes")));
    }
    Ok(native)
}

fn terms(sighting: &Sighting, context: &Context<'_>) -> Result<Terms, Why> {
    let title = plain::cut(plain::line(sighting.title.as_deref().unwrap_or_default()), TITLE_GRAPHEMES);
    if title.is_empty() {
        return Err(Why::new("`title` is missing: a gig needs one"));
    }
    let description = plain::cut(plain::text(sighting.body.as_deref().unwrap_or_default()), DESCRIPTION_GRAPHEMES);
    let skills = words(&sighting.tags, SKILLS);
    let category = (context.classify)(sighting.category.as_deref(), &skills, &title, &description);
    Ok(Terms {
        category,
        skills,
        pay: sighting.pay.clone().and_then(pay::sane),
        place: place(sighting, &description),
        language: sighting.language.as_deref().and_then(language).or_else(|| detect(&title, &description)),
        organisation: words(sighting.organisation.as_slice(), 1).pop(),
        closes: sighting.closes,
        openings: sighting.openings.filter(|n| *n > 0),
        apply_url: apply_url(sighting)?,
        published: sighting.published,
        urgency: sighting.urgency,
        ring: sighting.ring.clone(),
        title,
        description,
    })
}

/// Where to apply is the page of the gig, unless the source names another.
fn apply_url(sighting: &Sighting) -> Result<String, Why> {
    let written = |field: &'static str, text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(|t| (field, t.to_owned()))
    };
    let Some((field, url)) = written("apply", &sighting.apply_url).or_else(|| written("url", &sighting.url)) else {
        return Err(Why::new("`apply` is missing, and so is `url`: a gig needs an address to apply at"));
    };
    address::publishable(&url).map_err(|wrong| Why::new(format!("`{field}` {wrong}")))
}

/// What the source says holds, but that nothing is open whose closing time has passed: else it would be opened by each look and closed by
/// the clock. When it says nothing, a gig that was filled or withdrawn stays so.
fn status(said: Option<Status>, terms: &Terms, context: &Context<'_>) -> Status {
    let before = context.known.map(|gig| gig.status);
    let passed = terms.closes.is_some_and(|closes| closes <= context.now);
    match (said, before) {
        (Some(ended @ (Status::Filled | Status::Expired | Status::Withdrawn)), _)
        | (None, Some(ended @ (Status::Filled | Status::Withdrawn))) => ended,
        (Some(Status::Open), _) if !passed => Status::Open,
        (said, before) if context.wall == WallClock::Doubtful => before.or(said).unwrap_or(Status::Open),
        _ if passed => Status::Expired,
        _ => Status::Open,
    }
}

/// Each on one line, cut, without empty ones and repeats.
fn words<'a>(written: impl IntoIterator<Item = &'a String>, most: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in written.into_iter().map(|w| plain::cut(plain::line(w), WORD_GRAPHEMES)) {
        if words.len() == most {
            break;
        }
        let folded = word.to_lowercase();
        if !word.is_empty() && !words.iter().any(|w| w.to_lowercase() == folded) {
            words.push(word);
        }
    }
    words
}

fn place(sighting: &Sighting, description: &str) -> Place {
    let locations = words(&sighting.locations, LOCATIONS);
    let remote = sighting.remote.unwrap_or_else(|| locations.iter().any(|l| l.eq_ignore_ascii_case("remote")));
    let zones = zones::of(&locations, description);
    Place { remote, locations, zones }
}

/// The primary part of a language tag: `de` of `de-AT`. Nothing when it is no tag.
pub fn language(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
    let is_tag = matches!(primary.len(), 2 | 3) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_tag.then(|| primary.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::{Pay, PayUnit};
    use proptest::prelude::*;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn logo() -> Sighting {
        Sighting {
            native: "81".into(),
            title: Some("Logo for a <b>bakery</b>".into()),
            body: Some("<p>SVG &amp; PNG, please.</p>".into()),
            url: Some("https://acme.example/gigs/81?utm_source=feed".into()),
            ..Sighting::default()
        }
    }

    fn context(now: Timestamp, known: Option<&Gig>) -> Context<'_> {
        Context {
            poster: PersonId::of(&[b"acme"]),
            source: SourceId::of(&[b"board"]),
            now,
            wall: WallClock::Sound,
            known,
            classify: &|named, _, _, _| named.map(str::to_owned),
        }
    }

    fn new(sighting: &Sighting) -> Gig {
        match normalise(sighting, &context(NOON, None)) {
            Ok(Outcome::New(gig)) => gig,
            other => panic!("not a new gig: {other:?}"),
        }
    }

    #[test]
    fn a_first_sighting_is_a_new_gig_in_plain_words() {
        let gig = new(&logo());
        assert_eq!(gig.id, GigId::from_source(SourceId::of(&[b"board"]), "81"));
        assert_eq!((gig.revision, gig.status), (Revision::FIRST, Status::Open));
        assert_eq!(gig.terms.title, "Logo for a bakery");
        assert_eq!(gig.terms.description, "SVG & PNG, please.");
        assert_eq!(gig.terms.apply_url, "https://acme.example/gigs/81?utm_source=feed", "kept as written");
    }

    #[test]
    fn a_gig_without_title_or_address_is_refused_by_field() {
        let refused = |change: fn(&mut Sighting)| {
            let mut sighting = logo();
            change(&mut sighting);
            normalise(&sighting, &context(NOON, None)).unwrap_err().said
        };
        assert!(refused(|s| s.title = None).contains("`title`"));
        assert!(refused(|s| s.title = Some("<p>\u{202e}</p>".into())).contains("`title`"), "nothing to read in it");
        assert!(refused(|s| s.url = None).contains("`apply` is missing"));
        assert!(refused(|s| s.apply_url = Some("javascript:x".into())).contains("`apply` should begin with"));
        assert!(refused(|s| s.url = Some("/gigs/81".into())).contains("`url` is not a whole address"));
        assert!(refused(|s| s.native = " ".into()).contains("`id`"));
    }

    #[test]
    fn only_what_a_reader_would_notice_is_a_revision() {
        let gig = new(&logo());
        let later = NOON.plus(Duration::from_hours(1));
        let seen = |change: fn(&mut Sighting)| {
            let mut sighting = logo();
            change(&mut sighting);
            normalise(&sighting, &context(later, Some(&gig))).unwrap()
        };
        assert_eq!(seen(|_| {}), Outcome::Same);
        assert_eq!(seen(|s| s.published = Some(NOON)), Outcome::Same);
        assert_eq!(
            seen(|s| s.body = Some("<div>SVG &#38; PNG,\n please.</div>".into())),
            Outcome::Same,
            "reads the same"
        );
        let Outcome::Revised(revised) = seen(|s| s.title = Some("Logo for two bakeries".into())) else {
            panic!("a new title is a revision")
        };
        assert_eq!((revised.id, revised.revision), (gig.id, Revision(2)));
        assert_eq!((revised.first_seen, revised.revised), (NOON, later));
        assert!(matches!(seen(|s| s.status = Some(Status::Filled)), Outcome::Revised(g) if g.status == Status::Filled));
    }

    #[test]
    fn a_sighting_of_nothing_but_an_end_ends_the_gig_as_it_was() {
        let gig = new(&logo());
        let end = |status| Sighting { native: "81".into(), status: Some(status), ..Sighting::default() };
        let seen = |sighting: &Sighting, known: &Gig| normalise(sighting, &context(NOON, Some(known)));
        let Ok(Outcome::Revised(ended)) = seen(&end(Status::Expired), &gig) else { panic!("it ended") };
        assert_eq!((ended.status, ended.revision, &ended.terms), (Status::Expired, Revision(2), &gig.terms));
        assert_eq!(seen(&end(Status::Expired), &ended), Ok(Outcome::Same));
        let filled = Gig { status: Status::Filled, ..gig.clone() };
        assert_eq!(seen(&end(Status::Expired), &filled), Ok(Outcome::Same), "how it ended has been said");
        assert!(seen(&end(Status::Open), &gig).unwrap_err().said.contains("`title`"), "an open gig has a title");
        assert!(normalise(&end(Status::Expired), &context(NOON, None)).is_err(), "nobody knows what ended");
    }

    #[test]
    fn a_silent_source_expires_a_gig_by_its_closing_time_and_reopens_none_that_ended() {
        let closing = |closes: Timestamp| Sighting { closes: Some(closes), ..logo() };
        let past = NOON.minus(Duration::from_secs(1));
        assert_eq!(new(&closing(past)).status, Status::Expired);
        assert_eq!(new(&closing(NOON.plus(Duration::from_secs(1)))).status, Status::Open);
        let said = |status| new(&Sighting { status: Some(status), ..closing(past) }).status;
        assert_eq!((said(Status::Open), said(Status::Filled)), (Status::Expired, Status::Filled), "whatever it says");
        let seen_again = |status| {
            let known = Gig { status, ..new(&logo()) };
            normalise(&logo(), &context(NOON, Some(&known))).unwrap()
        };
        assert_eq!(seen_again(Status::Filled), Outcome::Same);
        assert_eq!(seen_again(Status::Withdrawn), Outcome::Same);
        assert!(matches!(seen_again(Status::Expired), Outcome::Revised(g) if g.status == Status::Open), "extended");
    }

    #[test]
    fn values_that_cannot_be_meant_are_dropped_and_lists_are_tidied() {
        let pay = Pay::Range { min: 50, max: 40, currency: "EUR".into(), per: PayUnit::Hour };
        let gig = new(&Sighting {
            pay: Some(pay),
            language: Some("DE-at".into()),
            tags: vec!["Logo".into(), " logo ".into(), "<i>SVG</i>".into(), String::new()],
            locations: vec!["Remote".into()],
            openings: Some(0),
            ..logo()
        });
        assert_eq!((gig.terms.pay, gig.terms.openings), (None, None));
        assert_eq!(gig.terms.skills, ["Logo", "SVG"]);
        assert_eq!(gig.terms.language.as_deref(), Some("de"));
        assert!(gig.terms.place.remote);
        assert_eq!(new(&Sighting { language: Some("german".into()), ..logo() }).terms.language, None);
    }

    #[test]
    fn a_language_that_is_not_named_is_judged_where_the_text_is_long_enough() {
        let text = "Wir sind eine kleine Bäckerei und suchen jemanden, der uns ein Logo zeichnet. Es soll auf Tüten und Schildern stehen, \
            und wir freuen uns über Entwürfe.";
        let german = Sighting { body: Some(text.into()), ..logo() };
        let gig = new(&german);
        assert_eq!(gig.terms.language.as_deref(), Some("de"));
        assert_eq!(new(&logo()).terms.language, None, "too short");
        let named = Sighting { language: Some("nl".into()), ..german.clone() };
        assert_eq!(new(&named).terms.language.as_deref(), Some("nl"), "its source knows better");
        let before = Gig { terms: Terms { language: None, ..gig.terms.clone() }, ..gig };
        assert_eq!(normalise(&german, &context(NOON, Some(&before))), Ok(Outcome::Same), "nothing for a reader");
    }

    #[test]
    fn the_longest_texts_are_cut() {
        let gig = new(&Sighting { title: Some("word ".repeat(200)), body: Some("long text ".repeat(5000)), ..logo() });
        assert!(gig.terms.title.ends_with("word…") && gig.terms.title.len() < 310, "{}", gig.terms.title);
        assert!(gig.terms.description.chars().count() <= DESCRIPTION_GRAPHEMES);
    }

    proptest! {
        #[test]
        fn nothing_a_source_writes_makes_it_panic_and_seen_again_it_is_the_same(
            texts in proptest::array::uniform6(any::<Option<String>>()),
            tags in proptest::collection::vec(any::<String>(), 0..4),
            markup in "(<[a-z/!]{0,5}|>|&[a-z#]{0,4};?|[ a\n]){0,40}",
            closes in any::<Option<u64>>(),
        ) {
            let [title, body, url, apply, organisation, language] = texts;
            let sighting = Sighting {
                native: "n".into(),
                title: title.map(|t| format!("t{t}{markup}")),
                body: body.map(|b| b + &markup),
                url: url.or_else(|| Some("https://acme.example/1".into())),
                apply_url: apply.filter(|a| a.len() % 2 == 0),
                organisation, language,
                locations: tags.clone(),
                tags,
                closes: closes.map(Timestamp::from_millis),
                ..Sighting::default()
            };
            if let Ok(Outcome::New(gig)) = normalise(&sighting, &context(NOON, None)) {
                prop_assert_eq!(normalise(&sighting, &context(NOON, Some(&gig))), Ok(Outcome::Same));
                prop_assert!(!gig.terms.title.contains(char::is_control));
            }
        }
    }
}
