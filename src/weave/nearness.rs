//! Who is near to somebody, and by whom, in the few words that a line of a feed has room for.

use super::{Unanswered, Weave};
use crate::id::PersonId;
use crate::ports::StoreError;
use crate::trust::{Credit, Deed, Evidence, Kind, Party, Path, Query, heaviest};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// The reader trusts them.
    Known,
    /// Those whom the reader trusts do.
    Heard,
}

/// Somebody who is near, as a reader is told: "Acme, whom you vouched for".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    pub nearness: Nearness,
    pub said: String,
}

impl Weave {
    /// Those of these who are near to the reader. Of several accounts of one person each is.
    pub async fn near(&self, reader: PersonId, whom: &BTreeSet<Party>) -> Result<BTreeMap<Party, Near>, Unanswered> {
        let poster = Party::Person(reader);
        let found: Vec<(Party, Party, u8, Option<Path>)> = self
            .ask(|woven| {
                let query = Query { poster, category: None, without: None };
                let nodes: Vec<(Party, Party)> = whom.iter().map(|one| (*one, woven.aliases(*one).0)).collect();
                let circle = woven.graph.circle(&query, &self.parameters, &mut woven.workspace);
                let near = nodes.into_iter().filter_map(|(asked, node)| {
                    let standing = circle.standing(node, None);
                    let distance = standing.distance.filter(|steps| *steps > 0)?;
                    let path = circle.explain(node).paths.into_iter().next();
                    (standing.total > 0.0 && node != poster).then_some((asked, node, distance, path))
                });
                near.collect()
            })
            .await?;
        let mut near = BTreeMap::new();
        for (asked, node, distance, path) in found {
            let name = self.name_of(node).await?;
            let (nearness, said) = match path.as_ref().map(|path| path.steps.as_slice()) {
                _ if distance == 1 => {
                    let by = self.between(poster, node).await?;
                    (Nearness::Known, format!("{name}, {}", self.bond(&by).await?))
                }
                Some([first, rest @ ..]) if !rest.is_empty() => {
                    let (contact, by) = (self.name_of(first.whom).await?, self.between(poster, first.whom).await?);
                    let said = match rest {
                        [_] => format!("{name}, trusted by {contact}, {}", self.bond(&by).await?),
                        _ => format!("{name}, trusted in your circle by way of {contact}"),
                    };
                    (Nearness::Heard, said)
                }
                _ => (Nearness::Heard, format!("{name}, trusted in your circle")),
            };
            near.insert(asked, Near { nearness, said });
        }
        Ok(near)
    }

    async fn name_of(&self, node: Party) -> Result<String, StoreError> {
        Ok(self.named(node).await?.map_or_else(|| "somebody".to_owned(), |named| named.name))
    }

    /// By what the reader knows them.
    async fn bond(&self, evidence: &[Evidence]) -> Result<&'static str, Unanswered> {
        let deed = self
            .ask(|woven| {
                let cited = heaviest(evidence, Kind::Explicit, None, woven.graph.as_of(), &self.weighing);
                cited.map(|cited| cited.deed)
            })
            .await?;
        Ok(match deed {
            Some(Deed::Vouch(_)) => "whom you vouched for",
            Some(Deed::Hired | Deed::Completed) => "whom you hired",
            Some(Deed::Credit(Credit::PaysOnTime)) => "who pays on time, as you say",
            Some(Deed::Credit(Credit::GoodBriefs)) => "who writes good briefs, as you say",
            _ => "whose word you trust",
        })
    }
}
