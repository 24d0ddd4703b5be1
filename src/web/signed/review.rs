//! `/review`: each post that waits for its person's word, as its network will show it.
//!
//! One approves it as it stands, or in words of one's own, or declines it. A form names the version that was read, so that what has changed
//! since is shown again and not sent; words that do not fit stand in their field as they were typed, with the reason beside them.

use super::super::approval::{Pending, Unfit, Waiting, Words};
use super::super::page::{self, Frame};
use super::super::visitor::{Look, Visitor};
use super::super::words::Moment;
use super::super::{Public, Shared};
use super::who::Poster;
use crate::clock::Timestamp;
use crate::id::{DeliveryId, PersonId};
use crate::web::admin::Refusal;
use crate::web::filled::Filled;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// A text of any network, as a form encodes it at worst.
pub const FORM_BYTES: usize = 128 * 1024;

/// More are not read at one sitting; they move up as these are decided.
const SHOWN: usize = 30;

#[derive(Template)]
#[template(path = "signed/review.html")]
struct Page {
    frame: Frame,
    said: Option<Said>,
    cards: Vec<Card>,
    /// More wait than are shown.
    is_cut: bool,
}

/// What came of the form that was sent.
#[derive(Debug)]
enum Said {
    Done(String),
    /// Of a post that is not on the page any more, or of none.
    Refused(String),
}

#[derive(Debug)]
enum Card {
    Shown(Box<Shown>),
    /// There is nothing to approve; `wrong` is why it could not be declined.
    Unfit {
        unfit: Unfit,
        wrong: Option<String>,
    },
}

#[derive(Debug)]
struct Shown {
    waiting: Waiting,
    closes: Option<Moment>,
    /// What stands in the field.
    own: String,
    rows: usize,
    wrong: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Sent {
    word: Word,
    #[serde(default)]
    version: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Shown,
    Own,
    Declined,
}

/// A form that was refused: whose it was, what was typed, and why.
struct Tried {
    delivery: String,
    typed: Option<String>,
    why: String,
}

pub async fn show(State(public): State<Shared>, visitor: Visitor, poster: Poster) -> Response {
    page(&public, &visitor, &poster, None, None).await
}

pub async fn decide(
    State(public): State<Shared>,
    visitor: Visitor,
    poster: Poster,
    Path(written): Path<String>,
    Filled(sent): Filled<Sent>,
) -> Response {
    let person = Some(poster.0.id);
    let Ok(id) = written.parse::<DeliveryId>() else {
        let why = "Nothing that waits goes by this address.".to_owned();
        return page(&public, &visitor, &poster, None, Some(Tried { delivery: written, typed: None, why })).await;
    };
    if sent.word == Word::Shown && is_reworded(&public, person, id, &sent).await {
        let why = "You changed the words. Press “Approve with my words” to post yours, or put back what was there."
            .to_owned();
        let tried = Tried { delivery: written, typed: Some(sent.text), why };
        return page(&public, &visitor, &poster, None, Some(tried)).await;
    }
    let typed = (sent.word == Word::Own).then(|| sent.text.clone());
    let answer = match sent.word {
        Word::Shown => public.reviews.approve(person, id, sent.version, Words::Shown).await,
        Word::Own => public.reviews.approve(person, id, sent.version, Words::Own(sent.text)).await,
        Word::Declined => public.reviews.decline(person, id, sent.why).await,
    };
    match answer {
        Ok(done) => page(&public, &visitor, &poster, Some(done.said), None).await,
        Err(Refusal::Store(fault)) => page::unreadable(&visitor, &fault),
        Err(Refusal::Unknown(why) | Refusal::Refused(why)) => {
            page(&public, &visitor, &poster, None, Some(Tried { delivery: written, typed, why })).await
        }
    }
}

/// Whether the field holds other words than were shown; one that was emptied says nothing, and of what has changed since `approve` tells.
async fn is_reworded(public: &Public, person: Option<PersonId>, id: DeliveryId, sent: &Sent) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    let typed = lines(&sent.text);
    let shown = public.reviews.one(person, id).await.ok().filter(|shown| shown.version == sent.version);
    !typed.is_empty() && shown.is_some_and(|shown| lines(&shown.text) != typed)
}

async fn page(
    public: &Public,
    visitor: &Visitor,
    poster: &Poster,
    done: Option<String>,
    tried: Option<Tried>,
) -> Response {
    let pending = match public.reviews.waiting(poster.0.id, SHOWN + 1).await {
        Ok(pending) => pending,
        Err(Refusal::Store(fault)) => return page::unreadable(visitor, &fault),
        // The list itself is nobody else's, so nothing in it can be refused.
        Err(Refusal::Unknown(_) | Refusal::Refused(_)) => Vec::new(),
    };
    let status = if tried.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::html(status, &laid_out(Frame::new(visitor, "Review"), pending, done, tried, public.clock.now()))
}

fn laid_out(
    mut frame: Frame,
    pending: Vec<Pending>,
    done: Option<String>,
    mut tried: Option<Tried>,
    now: Timestamp,
) -> Page {
    "/review".clone_into(&mut frame.back);
    let is_cut = pending.len() > SHOWN;
    let mut cards = Vec::with_capacity(pending.len());
    for pending in pending.into_iter().take(SHOWN) {
        cards.push(match pending {
            Pending::Shown(waiting) => {
                let tried = tried.take_if(|tried| tried.delivery == waiting.delivery);
                Card::Shown(Box::new(shown(*waiting, tried, now)))
            }
            Pending::Unfit(unfit) => {
                let wrong = tried.take_if(|tried| tried.delivery == unfit.delivery).map(|tried| tried.why);
                Card::Unfit { unfit, wrong }
            }
        });
    }
    let said = done.map(Said::Done).or(tried.map(|tried| Said::Refused(tried.why)));
    Page { frame, said, cards, is_cut }
}

fn shown(waiting: Waiting, tried: Option<Tried>, now: Timestamp) -> Shown {
    let (typed, wrong) = tried.map(|tried| (tried.typed, tried.why)).unzip();
    let own = typed.flatten().unwrap_or_else(|| waiting.text.clone());
    let closes = waiting.closes.and_then(|at| Moment::closing(at.0, now));
    Shown { closes, rows: own.lines().count() + 2, own, wrong, waiting }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::admin::answers::When;
    use crate::web::approval::CardShown;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn frame() -> Frame {
        let (base, root, page) = (String::new(), "/cast".to_owned(), "/review/dlv_1".to_owned());
        Frame::new(&Visitor { base, root, look: Look::System, page, signed: None }, "Review")
    }

    fn waiting(delivery: &str) -> Waiting {
        Waiting {
            delivery: delivery.to_owned(),
            gig: "gig_0123456789abcdef".to_owned(),
            title: "Logo <for> a bakery".to_owned(),
            handle: "@acme@social.example".to_owned(),
            network: "Mastodon".to_owned(),
            verb: "post".to_owned(),
            replaces: None,
            text: "Logo <for> a bakery\n\nhttps://gigs.example/g/1?v=2".to_owned(),
            card: None,
            link: "https://gigs.example/g/1?v=2".to_owned(),
            length: 44,
            limit: 500,
            unit: "characters".to_owned(),
            version: "2-0badcafe".to_owned(),
            closes: Some(When(NOON.plus(Duration::from_hours(72)))),
            when: "It goes out at once.".to_owned(),
        }
    }

    fn html(waiting: Vec<Waiting>, done: Option<&str>, tried: Option<Tried>) -> String {
        let pending = waiting.into_iter().map(|waiting| Pending::Shown(Box::new(waiting))).collect();
        laid_out(frame(), pending, done.map(str::to_owned), tried, NOON).render().unwrap()
    }

    fn tried(delivery: &str, typed: Option<&str>) -> Tried {
        Tried { delivery: delivery.to_owned(), typed: typed.map(str::to_owned), why: "It is too long.".to_owned() }
    }

    #[test]
    fn an_empty_page_says_what_will_appear() {
        let page = html(Vec::new(), None, None);
        assert!(page.contains("Nothing waits for you") && page.contains("/cast/accounts"), "{page}");
    }

    #[test]
    fn a_post_is_shown_as_its_network_will_with_its_count_and_its_three_answers() {
        let page = html(vec![waiting("dlv_1")], None, None);
        for said in [
            "Logo &#60;for&#62; a bakery\n\nhttps://gigs.example/g/1?v=2</p>",
            "44 of 500 characters",
            "It goes out at once.",
            "closes in 3 days",
            "action=\"/cast/review/dlv_1\"",
            "name=\"version\" value=\"2-0badcafe\"",
            "value=\"shown\">Approve</button>",
            "value=\"own\">Approve with my words</button>",
            "value=\"declined\">Decline</button>",
            "name=\"back\" value=\"/review\"",
        ] {
            assert!(page.contains(said), "{said} in {page}");
        }
        assert!(!page.contains("class=\"linked\""), "no card where the network draws its own");
    }

    #[test]
    fn the_card_and_the_post_that_is_replaced_are_shown_where_there_are_any() {
        let card = CardShown { title: "Logo".into(), description: "Remote".into(), host: "gigs.example".into() };
        let replaces = Some("https://social.example/1".to_owned());
        let page = html(vec![Waiting { card: Some(card), replaces, ..waiting("dlv_1") }], None, None);
        assert!(page.contains("class=\"linked\"") && page.contains("https://social.example/1"), "{page}");
    }

    #[test]
    fn words_that_were_refused_stay_in_their_own_field_with_the_reason() {
        let page = html(vec![waiting("dlv_1"), waiting("dlv_2")], None, Some(tried("dlv_2", Some("My <own> words"))));
        assert_eq!(page.matches("It is too long.").count(), 1);
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 1);
        let own = page.find(">\nMy &#60;own&#62; words</textarea>").expect("what was typed is kept");
        assert!(page.find("id=\"dlv_2\"").unwrap() < own, "in the field of the second");
    }

    #[test]
    fn a_refusal_of_what_is_gone_and_a_success_are_said_above() {
        let page = html(vec![waiting("dlv_1")], None, Some(tried("dlv_9", None)));
        assert!(page.contains("<p class=\"wrong\" role=\"alert\">It is too long.</p>"), "{page}");
        let page = html(Vec::new(), Some("Approved, 44 of 500 characters."), None);
        assert!(page.contains("role=\"status\">Approved, 44 of 500 characters.</p>"), "{page}");
    }

    #[test]
    fn what_cannot_be_worded_is_shown_with_its_reason_and_can_only_be_declined() {
        let unfit = Unfit {
            delivery: "dlv_1".to_owned(),
            gig: "gig_0123456789abcdef".to_owned(),
            title: "Logo <for> a bakery".to_owned(),
            handle: "@acme@social.example".to_owned(),
            network: "Mastodon".to_owned(),
            why: "its link alone is <longer> than a post there".to_owned(),
        };
        let page = laid_out(frame(), vec![Pending::Unfit(unfit)], None, Some(tried("dlv_1", None)), NOON);
        let page = page.render().unwrap();
        for said in ["its link alone is &#60;longer&#62; than a post there", "value=\"declined\"", "It is too long."] {
            assert!(page.contains(said), "{said} in {page}");
        }
        assert!(!page.contains(">Approve</button>") && !page.contains("Nothing waits for you"), "{page}");
    }

    #[test]
    fn what_is_more_than_a_page_is_said() {
        let many = |n: usize| (0..n).map(|n| waiting(&format!("dlv_{n}"))).collect();
        assert!(!html(many(SHOWN), None, None).contains("More wait"));
        let page = html(many(SHOWN + 1), None, None);
        assert!(page.contains("More wait") && page.matches("<article").count() == SHOWN);
    }
}
