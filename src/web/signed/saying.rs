//! What one signed-in person says of another on their page, and takes back: a vouch, that their word is to be trusted, what a business is known
//! for, and a warning.

use super::SignedIn;
use super::circle::fault;
use super::person::nobody;
use super::who::go;
use crate::clock::Timestamp;
use crate::id::GigId;
use crate::person::{Person, Role};
use crate::ports::StoreError;
use crate::store::Word;
use crate::trust::{Credit, Deed, Dispute, Evidence, Level, Over, Party};
use crate::weave::Piece;
use crate::web::filled::Filled;
use crate::web::page::Next;
use crate::web::visitor::Visitor;
use crate::web::words::{Moment, web_address};
use crate::web::{Shared, page};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tracing::info;

#[derive(Debug, Deserialize)]
pub struct Typed {
    word: String,
    #[serde(default)]
    category: String,
    /// What a warning is over.
    #[serde(default)]
    over: String,
    /// The gig on whose page it was said.
    #[serde(default)]
    gig: String,
}

/// A word of the visitor's own on somebody's page, with what takes it back.
#[derive(Debug, Clone)]
pub struct Own {
    pub said: String,
    pub when: Moment,
    pub source: Option<String>,
    /// What the button says, as the form names it; nothing for what goes only with the post it was done by.
    pub undo: Option<&'static str>,
    /// Empty for a word about no kind of work.
    pub category: String,
}

impl Own {
    pub fn of((word, told): (Evidence, Piece), now: Timestamp) -> Self {
        let undo = match word.deed {
            Deed::Vouch(_) => Some("nothing"),
            Deed::Referrer => Some("no-referrer"),
            Deed::Credit(Credit::PaysOnTime) => Some("no-pays"),
            Deed::Credit(Credit::GoodBriefs) => Some("no-briefs"),
            Deed::Dispute(..) => Some("no-warning"),
            Deed::Hired | Deed::Completed | Deed::Reshare | Deed::Quote | Deed::Reply => None,
        };
        let source = told.source.as_deref().and_then(web_address);
        Self {
            said: told.said,
            when: Moment::new(word.at, now),
            source,
            undo,
            category: word.category.unwrap_or_default(),
        }
    }
}

/// In the address of a person's page after a word was taken back, which the page then says.
const TAKEN_BACK: &str = "taken-back";

/// Whether the visitor came here by taking a word back.
pub fn has_taken_back(visitor: &Visitor) -> bool {
    visitor.page.split_once('?').is_some_and(|(_, query)| query == TAKEN_BACK)
}

/// What a button means.
struct Meant {
    deed: Deed,
    takes_back: bool,
}

impl Typed {
    /// What was said; else why it is nothing.
    fn meant(&self) -> Result<Meant, &'static str> {
        let over = || match self.over.as_str() {
            "unpaid" => Ok(Over::Unpaid),
            "no-show" => Ok(Over::NoShow),
            "bad-work" => Ok(Over::BadWork),
            _ => Err("A warning says what happened. Choose it from the list."),
        };
        let (deed, takes_back) = match self.word.as_str() {
            "know" => (Deed::Vouch(Level::KnowsTheWork), false),
            "worked" => (Deed::Vouch(Level::WorkedWith), false),
            "again" => (Deed::Vouch(Level::WouldHireAgain), false),
            "nothing" => (Deed::Vouch(Level::KnowsTheWork), true),
            "referrer" => (Deed::Referrer, false),
            "no-referrer" => (Deed::Referrer, true),
            "pays" => (Deed::Credit(Credit::PaysOnTime), false),
            "no-pays" => (Deed::Credit(Credit::PaysOnTime), true),
            "briefs" => (Deed::Credit(Credit::GoodBriefs), false),
            "no-briefs" => (Deed::Credit(Credit::GoodBriefs), true),
            "warn" => (Deed::Dispute(Dispute::Grave, over()?), false),
            "trouble" => (Deed::Dispute(Dispute::Mild, over()?), false),
            "no-warning" => (Deed::Dispute(Dispute::Grave, Over::BadWork), true),
            _ => return Err("That is nothing that this page offers to say."),
        };
        Ok(Meant { deed, takes_back })
    }

    /// The kind of work that it is about.
    fn category(&self, deed: Deed) -> Option<String> {
        let is_of_a_kind = matches!(deed, Deed::Vouch(_) | Deed::Dispute(..));
        Some(self.category.clone()).filter(|slug| !slug.is_empty() && is_of_a_kind)
    }
}

/// Takes somebody's word for another, or takes it back.
pub async fn say(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    Filled(typed): Filled<Typed>,
) -> Response {
    let came = back(&public, &signed.person, &typed.gig, &id).await;
    let refused = |words: &str| {
        let form = if came.contains('#') { came.clone() } else { format!("{came}#say") };
        page::refused(&visitor, "Nothing was said", words, Next::to(&visitor, "Back to where you were", &form))
    };
    let Meant { deed, takes_back } = match typed.meant() {
        Ok(meant) => meant,
        Err(why) => return refused(why),
    };
    let category = typed.category(deed);
    if category.as_deref().is_some_and(|slug| public.taxonomy.label(slug).is_none()) {
        return refused("There is no such kind of work here. Choose one from the list.");
    }
    if matches!(deed, Deed::Vouch(_)) && category.is_none() && !takes_back {
        return refused("A vouch is for a kind of work. Choose one from the list.");
    }
    let Some(about) = Party::parse(&id) else { return nobody(&visitor) };
    let record = match public.weave.on_record(about).await {
        Ok(Some(record)) => record,
        Ok(None) => return nobody(&visitor),
        Err(unanswered) => return page::unreadable(&visitor, &fault(unanswered)),
    };
    let me = &signed.person;
    if record.who.id == me.id.to_string() {
        return refused("That is you. Others vouch for you; a word for oneself counts for nobody.");
    }
    // One who has linked an account is spoken of as a person, whichever page it was said on.
    let about = Party::parse(&record.who.id).unwrap_or(about);
    if matches!(deed, Deed::Credit(_)) {
        match is_business(&public, about).await {
            Ok(true) => {}
            Ok(false) => return refused("That is said of those who post gigs here."),
            Err(fault) => return page::unreadable(&visitor, &fault),
        }
    }
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    let source = format!("{}/people/{}", public.home.base(), me.id);
    let word = Word { by: me.id, about, deed, category, at: public.clock.now(), source };
    let said = if takes_back { take_back(&public, &word).await } else { public.weave.say(&word).await.map(|()| true) };
    match said {
        Ok(true) => {}
        Ok(false) => return refused("Nothing like that of yours is on record, so there was nothing to take back."),
        Err(fault) => return page::unreadable(&visitor, &fault),
    }
    tell(me, &record.who.name, &record.who.id, deed, takes_back);
    if takes_back && !came.contains('#') {
        return go(&public, &format!("{came}?{TAKEN_BACK}#say"));
    }
    go(&public, &came)
}

/// Where it was said: on a gig's page, the poster's own or everyone's, or on theirs.
async fn back(public: &Shared, me: &Person, gig: &str, about: &str) -> String {
    let gig = match gig.parse::<GigId>() {
        Ok(id) => public.ledger.gig(id).await.ok().flatten().map(|record| record.gig),
        Err(_) => None,
    };
    match gig {
        Some(gig) if gig.poster == me.id => format!("/gigs/{}#people", gig.id),
        Some(gig) => format!("/g/{}#people", gig.id),
        None => format!("/people/{about}"),
    }
}

/// On this page a vouch is one thing, wherever it was said. Answers whether there was one.
async fn take_back(public: &Shared, word: &Word) -> Result<bool, StoreError> {
    let in_posts = match word.deed {
        Deed::Vouch(_) => public.weave.take_back_all(word.by, word.about, word.category.as_deref()).await?,
        _ => false,
    };
    Ok(public.weave.unsay(word).await? | in_posts)
}

pub async fn is_business(public: &Shared, party: Party) -> Result<bool, StoreError> {
    let Party::Person(id) = party else { return Ok(false) };
    Ok(public.ledger.person(id).await?.is_some_and(|person| person.role == Role::Poster))
}

/// A warning is told without its reason, and without what it weighs: the log is read by more people than the two.
fn tell(me: &Person, whom: &str, about: &str, deed: Deed, takes_back: bool) {
    let name = &me.name;
    match (deed, takes_back) {
        (Deed::Referrer, false) => {
            info!(event = "referrer.named", person.id = %me.id, about, "{name} trusts the word of {whom}");
        }
        (Deed::Referrer, true) => {
            info!(event = "referrer.withdrawn", person.id = %me.id, about, "{name} trusts the word of {whom} no more");
        }
        (Deed::Credit(_), false) => {
            info!(event = "credit.made", person.id = %me.id, about, "{name} speaks for {whom} as a business");
        }
        (Deed::Credit(_), true) => {
            info!(event = "credit.withdrawn", person.id = %me.id, about, "{name} takes back a word for {whom} as a business");
        }
        (Deed::Dispute(..), false) => {
            info!(event = "warning.made", person.id = %me.id, "{name} warns of somebody here");
        }
        (Deed::Dispute(..), true) => {
            info!(event = "warning.withdrawn", person.id = %me.id, "{name} takes a warning back");
        }
        (_, false) => info!(event = "vouch.made", person.id = %me.id, about, "{name} vouches for {whom} here"),
        (_, true) => {
            info!(event = "vouch.withdrawn", person.id = %me.id, about, "{name} vouches for {whom} here no more");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(word: &str, over: &str) -> Typed {
        Typed { word: word.to_owned(), category: "design".to_owned(), over: over.to_owned(), gig: String::new() }
    }

    #[test]
    fn each_button_means_one_word_or_takes_it_back() {
        let grave = |over| Deed::Dispute(Dispute::Grave, over);
        for (word, over, deed, takes_back) in [
            ("know", "", Deed::Vouch(Level::KnowsTheWork), false),
            ("worked", "", Deed::Vouch(Level::WorkedWith), false),
            ("again", "", Deed::Vouch(Level::WouldHireAgain), false),
            ("nothing", "", Deed::Vouch(Level::KnowsTheWork), true),
            ("referrer", "", Deed::Referrer, false),
            ("no-referrer", "", Deed::Referrer, true),
            ("pays", "", Deed::Credit(Credit::PaysOnTime), false),
            ("no-pays", "", Deed::Credit(Credit::PaysOnTime), true),
            ("briefs", "", Deed::Credit(Credit::GoodBriefs), false),
            ("no-briefs", "", Deed::Credit(Credit::GoodBriefs), true),
            ("warn", "unpaid", grave(Over::Unpaid), false),
            ("warn", "no-show", grave(Over::NoShow), false),
            ("warn", "bad-work", grave(Over::BadWork), false),
            ("trouble", "bad-work", Deed::Dispute(Dispute::Mild, Over::BadWork), false),
        ] {
            let typed = typed(word, over);
            let meant = typed.meant().unwrap();
            assert_eq!((meant.deed, meant.takes_back), (deed, takes_back), "{word}");
            let is_of_a_kind = matches!(deed, Deed::Vouch(_) | Deed::Dispute(..));
            assert_eq!(typed.category(deed).is_some(), is_of_a_kind, "{word}: of what is it said?");
        }
        assert!(typed("no-warning", "").meant().unwrap().takes_back);
        for (word, over) in [("warn", ""), ("trouble", "weather"), ("praise", "")] {
            assert!(typed(word, over).meant().is_err(), "{word} over {over:?}");
        }
    }
}
