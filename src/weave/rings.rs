//! The circle as rings: who stands one, two and three steps from a poster, and who lent each their voice.

use super::answer::{RingTold, Ringed};
use super::{Unanswered, Weave};
use crate::id::PersonId;
use crate::trust::{Candidate, Party, Query};

impl Weave {
    /// Whom this poster hears of, ring by ring, the best standing first and of each ring so many by name. Whoever the ranking leaves out is left out here.
    pub async fn rings(
        &self,
        poster: PersonId,
        category: Option<&str>,
        most: [usize; 3],
    ) -> Result<[RingTold; 3], Unanswered> {
        let poster = Party::Person(poster);
        let found = self
            .ask(|woven| {
                let query = Query { poster, category, without: None };
                let circle = woven.graph.circle(&query, &self.parameters, &mut woven.workspace);
                let ranking = circle.rank(None, |_| true, usize::MAX);
                let all = || ranking.known.iter().chain(&ranking.others);
                [1, 2, 3].map(|distance| {
                    let ring: Vec<&Candidate> = all().filter(|one| one.standing.distance == Some(distance)).collect();
                    // Some of them may not be named; whoever is far behind will not be either.
                    let first = ring.iter().take(2 * most[usize::from(distance) - 1]);
                    let first = first.map(|one| (one.party, one.standing.voice, circle.lent_by(one.party))).collect();
                    (ring.len(), first)
                })
            })
            .await?;
        let mut rings: [RingTold; 3] = Default::default();
        for ((ring, (all, first)), most) in rings.iter_mut().zip(found).zip(most) {
            ring.people = self.ringed(first, most).await?;
            ring.more = all - ring.people.len();
        }
        Ok(rings)
    }

    async fn ringed(&self, parties: Vec<(Party, f64, Option<Party>)>, most: usize) -> Result<Vec<Ringed>, Unanswered> {
        let mut people = Vec::new();
        for (party, voice, by) in parties {
            if people.len() == most {
                break;
            }
            if let Some(who) = self.named(party).await? {
                people.push(Ringed { who, voice, by: by.map(|by| by.to_string()) });
            }
        }
        Ok(people)
    }
}
