//! Of people who offered themselves: which of them does a poster know, for whom does the circle speak, and in which order?

use super::answer::Pick;
use super::{Unanswered, Weave};
use crate::id::PersonId;
use crate::trust::{Candidate, Explanation, Party, Query};
use std::collections::BTreeSet;

impl Weave {
    /// Those of these people who may be named, in this order: whom the poster knows, whom the circle speaks for, whom the community alone knows, the
    /// others as they were given, and last those of whom the circle warns. One walk answers for all of them, and each has one path at most: those whom
    /// the circle would not pick have none.
    pub async fn among(
        &self,
        poster: PersonId,
        category: Option<&str>,
        people: &[PersonId],
    ) -> Result<Vec<Pick>, Unanswered> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let (poster, now) = (Party::Person(poster), self.clock.now());
        let people: Vec<Party> = people.iter().map(|person| Party::Person(*person)).collect();
        let found: Vec<(Candidate, Explanation)> = self
            .ask(|woven| {
                let community = woven.community(category, self, now);
                let query = Query { poster, category, without: None };
                let circle = woven.graph.circle(&query, &self.parameters, &mut woven.workspace);
                // Whoever says that they would do it is a candidate for it.
                let asked: BTreeSet<Party> = people.iter().copied().collect();
                let ranking = circle.rank(Some(&community), |party| asked.contains(&party), asked.len());
                let ranked = ranking.known.into_iter().chain(ranking.others);
                let mut found: Vec<(Candidate, Explanation)> =
                    ranked.map(|one| (one, circle.explain(one.party))).collect();
                for (_, why) in &mut found {
                    why.paths.truncate(1);
                }
                found.sort_by_key(|(_, why)| why.paths.is_empty());
                let placed: BTreeSet<Party> = found.iter().map(|(one, _)| one.party).collect();
                let rest = people.iter().filter(|party| !placed.contains(party)).map(|party| {
                    let standing = circle.standing(*party, Some(&community));
                    (Candidate { party: *party, standing }, Explanation { paths: Vec::new(), ..circle.explain(*party) })
                });
                let (warned, unknown): (Vec<_>, Vec<_>) = rest.partition(|(_, why)| !why.warners.is_empty());
                found.extend(unknown.into_iter().chain(warned));
                found
            })
            .await?;
        let (candidates, explanations): (Vec<Candidate>, Vec<Explanation>) = found.into_iter().unzip();
        self.picks(poster, category, &candidates, &explanations).await
    }
}
