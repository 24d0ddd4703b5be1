//! A made-up daemon behind the review page: it shows what a test lays in, and notes what is asked of it.

#![allow(clippy::unwrap_used)] // a test double that cannot go on should stop

use gigcast::id::{DeliveryId, PersonId};
use gigcast::web::admin::answers::Done;
use gigcast::web::admin::{Answer, Refusal};
use gigcast::web::approval::{Pending, Reviews, Waiting, Words};
use std::sync::Mutex;

#[derive(Debug, Default)]
pub struct ReviewTray {
    pub waiting: Mutex<Vec<(PersonId, Waiting)>>,
    /// Whose word it was, on what, and which.
    pub heard: Mutex<Vec<(PersonId, DeliveryId, String)>>,
    /// Why the next word is refused.
    pub refuse: Mutex<Option<Refusal>>,
}

impl ReviewTray {
    fn hear(&self, whose: Option<PersonId>, id: DeliveryId, word: String) -> Answer<'_, Done> {
        self.heard.lock().unwrap().push((whose.expect("the page says who asks"), id, word));
        let refusal = self.refuse.lock().unwrap().take();
        Box::pin(async move {
            match refusal {
                Some(refusal) => Err(refusal),
                None => Ok(Done { id: id.to_string(), said: "It is done, 44 of 500 characters.".into() }),
            }
        })
    }
}

impl Reviews for ReviewTray {
    fn waiting(&self, whose: PersonId, most: usize) -> Answer<'_, Vec<Pending>> {
        let waiting = self.waiting.lock().unwrap();
        let theirs = waiting
            .iter()
            .filter(|(person, _)| *person == whose)
            .map(|(_, waiting)| Pending::Shown(Box::new(waiting.clone())));
        let theirs = theirs.take(most).collect();
        Box::pin(async move { Ok(theirs) })
    }

    fn one(&self, whose: Option<PersonId>, id: DeliveryId) -> Answer<'_, Waiting> {
        let waiting = self.waiting.lock().unwrap();
        let is_it = |one: &&(PersonId, Waiting)| Some(one.0) == whose && one.1.delivery == id.to_string();
        let found = waiting.iter().find(is_it).map(|(_, waiting)| waiting.clone());
        Box::pin(async move { found.ok_or_else(|| Refusal::Unknown(format!("there is no delivery {id}"))) })
    }

    fn approve(&self, whose: Option<PersonId>, id: DeliveryId, version: String, words: Words) -> Answer<'_, Done> {
        self.hear(whose, id, format!("approve {version} {words:?}"))
    }

    fn decline(&self, whose: Option<PersonId>, id: DeliveryId, why: String) -> Answer<'_, Done> {
        self.hear(whose, id, format!("decline {why}"))
    }
}
