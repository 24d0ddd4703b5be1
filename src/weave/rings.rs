//! The circle as rings: who stands one, two and three steps from a poster, and who lent each their voice.

use super::answer::{RingTold, Ringed};
use super::{Unanswered, Weave};
use crate::id::PersonId;
use crate::trust::{Candidate, Circle, Party, Query};

/// Who looks at a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// Whose circle it is.
    Own,
    /// Anybody, since it is shown to everyone.
    Anyones,
}

impl Weave {
    /// Whom this poster hears of, ring by ring, the best first and of each ring so many by name. To a poster's own eyes that is the ranking, which
    /// leaves out whom they dispute and of whom their circle warns; to anybody else's it is who was vouched for, by how much of the poster's voice
    /// reached them. Warnings play no part in that: whoever went missing while a vouch for them stands on another page would be known to be warned of.
    pub async fn rings(
        &self,
        poster: PersonId,
        category: Option<&str>,
        most: [usize; 3],
        eyes: Eyes,
    ) -> Result<[RingTold; 3], Unanswered> {
        let poster = Party::Person(poster);
        let found = self
            .ask(|woven| {
                let query = Query { poster, category, without: None };
                let circle = woven.graph.circle(&query, &self.parameters, &mut woven.workspace);
                let all = match eyes {
                    Eyes::Own => {
                        let ranking = circle.rank(None, |_| true, usize::MAX);
                        ranking.known.into_iter().chain(ranking.others).collect()
                    }
                    Eyes::Anyones => by_voice(&circle),
                };
                [1, 2, 3].map(|distance| {
                    let ring: Vec<&Candidate> =
                        all.iter().filter(|one| one.standing.distance == Some(distance)).collect();
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

/// All whom a voice reached, whatever is said against them.
fn by_voice(circle: &Circle<'_>) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = circle.heard(None).filter(|one| one.standing.voice > 0.0).collect();
    all.sort_by(|a, b| b.standing.voice.total_cmp(&a.standing.voice).then(a.party.cmp(&b.party)));
    all
}
