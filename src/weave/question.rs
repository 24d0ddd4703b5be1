//! The questions: whom would this poster's circle pick, and what is on record of somebody?

use super::answer::{Carrier, Cut, Moved, Named, OnRecord, PathTold, Pick, Piece, Placed, StepTold, WhoseCircle};
use super::{Unanswered, Weave, offering, told};
use crate::id::{ActorId, PersonId};
use crate::person::{Indexing, shown_handle};
use crate::ports::StoreError;
use crate::redact;
use crate::trust::{
    Candidate, Circle, CommunityOrder, Evidence, Explanation, Kind, Party, Path, Query, Ranking, Stranger, affinity,
    heaviest,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Places that are compared when somebody is left out.
const AMONG: usize = 200;
/// A kind of work counts as near when its evidence weighs more than that of any other.
const NEAR: f64 = 0.5;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub poster: PersonId,
    pub category: Option<String>,
    pub top: usize,
    /// As if they had never been on record: what is everyone's place without them?
    pub without: Option<Party>,
}

impl Weave {
    /// Whom this poster's circle would pick, and why.
    pub async fn whom(&self, question: &Question) -> Result<WhoseCircle, Unanswered> {
        self.whom_behind(question, 0).await
    }

    /// The same behind the first so many of each list.
    pub async fn whom_behind(&self, question: &Question, skip: usize) -> Result<WhoseCircle, Unanswered> {
        let (poster, category) = (Party::Person(question.poster), question.category.as_deref());
        let top = question.top;
        let (ranking, (all_known, all_others), explanations) = self
            .walk(question, |circle, community, offers| {
                let mut ranking = circle.rank(Some(community), offers, skip.saturating_add(top));
                for list in [&mut ranking.known, &mut ranking.others] {
                    list.drain(..skip.min(list.len()));
                }
                let whom = ranking.known.iter().chain(&ranking.others);
                let explanations: Vec<Explanation> = whom.map(|one| circle.explain(one.party)).collect();
                (ranking, circle.count(Some(community), offers), explanations)
            })
            .await?;
        let Ranking { known, others, strangers } = ranking;
        let strangers = strangers.get(skip..).unwrap_or_default();
        let (shown, rest) = strangers.split_at(top.min(strangers.len()));
        let (of_known, of_others) = explanations.split_at(known.len());
        let behind = |all: usize, shown: usize| all.saturating_sub(skip.saturating_add(shown));
        let (more_known, more_picks) = (behind(all_known, known.len()), behind(all_others, others.len()));
        Ok(WhoseCircle {
            category: category.map(|slug| self.taxonomy.label(slug).unwrap_or(slug).to_owned()),
            known: self.picks(poster, category, &known, of_known).await?,
            picks: self.picks(poster, category, &others, of_others).await?,
            strangers: self.carriers(poster, shown).await?,
            more_known,
            more_picks,
            more_strangers: rest.len(),
            poster: self.name_or_id(poster).await?,
        })
    }

    /// Walks the circle that is asked about, and asks it; beside it, what the community thinks and who offers the work.
    async fn walk<T>(
        &self,
        question: &Question,
        ask: impl FnOnce(&Circle<'_>, &CommunityOrder, &dyn Fn(Party) -> bool) -> T,
    ) -> Result<T, Unanswered> {
        let (poster, category) = (Party::Person(question.poster), question.category.as_deref());
        let now = self.clock.now();
        self.ask(|woven| {
            let community = woven.community(category, self, now);
            let (works, stated, weighing) = (&woven.works, &woven.stated, &self.weighing);
            let offers = |party: Party| {
                let mut kinds = works.get(&party).into_iter().flatten();
                kinds.any(|kind| category.is_none() || affinity(category, kind.as_deref(), weighing) > NEAR)
                    || offering::states(stated.get(&party), category)
            };
            let without = question.without.map(|party| woven.joined.node(party));
            let query = Query { poster, category, without };
            let circle = woven.graph.circle(&query, &self.parameters, &mut woven.workspace);
            ask(&circle, &community, &offers)
        })
        .await
    }

    /// What leaving somebody out of the walk changes of whom this poster's circle would pick.
    pub async fn cut(&self, question: &Question, who: Party) -> Result<Cut, Unanswered> {
        let node = self.ask(|woven| woven.joined.node(who)).await?;
        let rank = async |without, top| {
            let question = Question { without, ..question.clone() };
            self.walk(&question, |circle, community, offers| circle.rank(Some(community), offers, top)).await
        };
        // Somebody may fall behind everyone, so the second list is whole.
        let (with, without) = (rank(None, AMONG).await?, rank(Some(node), usize::MAX).await?);
        let order = with.known.iter().chain(&with.others).map(|one| one.party).filter(|party| *party != node);
        let order: Vec<Party> = order.collect();
        let compared: BTreeSet<Party> = order.iter().copied().collect();
        let (was, is) = (self.places(&with, &compared).await?, self.places(&without, &compared).await?);
        let mut moved = Vec::new();
        for party in order.into_iter().filter(|party| was.get(party) != is.get(party)) {
            if moved.len() == question.top {
                break;
            }
            if let (Some(who), Some(was)) = (self.named(party).await?, was.get(&party)) {
                moved.push(Moved { who, was: was.clone(), is: is.get(&party).cloned() });
            }
        }
        let unnamed = || Named { id: node.to_string(), name: "somebody".to_owned(), handle: None, url: None };
        let who = self.named(node).await?.unwrap_or_else(unnamed);
        let category = question.category.as_deref();
        Ok(Cut {
            poster: self.name_or_id(Party::Person(question.poster)).await?,
            category: category.map(|slug| self.taxonomy.label(slug).unwrap_or(slug).to_owned()),
            who,
            moved,
        })
    }

    /// Where each of these stands in a ranking as it is shown: whoever is not to be named takes no place.
    async fn places(&self, ranking: &Ranking, of: &BTreeSet<Party>) -> Result<BTreeMap<Party, Placed>, StoreError> {
        let placed = |one: &Candidate, place| (one.party, Placed { place, words: one.standing.words.to_string() });
        let is_asked = |one: &&Candidate| of.contains(&one.party);
        let mut places: BTreeMap<Party, Placed> =
            ranking.known.iter().filter(is_asked).map(|one| placed(one, None)).collect();
        let last = ranking.others.iter().rposition(|one| is_asked(&one)).map_or(0, |last| last + 1);
        let mut place = 0;
        for one in &ranking.others[..last] {
            if self.named(one.party).await?.is_some() {
                place += 1;
                places.extend(is_asked(&one).then(|| placed(one, Some(place))));
            }
        }
        Ok(places)
    }

    async fn name_or_id(&self, party: Party) -> Result<String, StoreError> {
        Ok(self.named(party).await?.map_or_else(|| party.to_string(), |named| named.name))
    }

    /// The place of one person in this poster's circle: for the poster's eyes alone.
    pub async fn place(&self, poster: PersonId, whom: Party) -> Result<Option<Pick>, Unanswered> {
        let (poster, now) = (Party::Person(poster), self.clock.now());
        let (candidate, explanation) = self
            .ask(|woven| {
                let party = woven.joined.node(whom);
                let community = woven.community(None, self, now);
                let circle = woven.graph.circle(&Query::of(poster), &self.parameters, &mut woven.workspace);
                let standing = circle.standing(party, Some(&community));
                (Candidate { party, standing }, circle.explain(party))
            })
            .await?;
        Ok(self.picks(poster, None, &[candidate], &[explanation]).await?.pop())
    }

    /// Everything on record of this party; nothing when nobody is known by that id.
    pub async fn on_record(&self, party: Party) -> Result<Option<OnRecord>, Unanswered> {
        let (node, parties) = self.ask(|woven| woven.aliases(party)).await?;
        let Some(who) = self.named(node).await? else { return Ok(None) };
        let (mut about, mut by) = (Vec::new(), Vec::new());
        for one in &parties {
            about.extend(self.ledger.evidence_about(*one).await?);
            by.extend(self.ledger.evidence_by(*one).await?);
        }
        // What one does for oneself says nothing of anyone.
        about.retain(|one| !parties.contains(&one.by));
        by.retain(|one| !parties.contains(&one.about));
        let accounts = match node {
            Party::Person(person) => self.further_accounts(person).await?,
            Party::Actor(_) => Vec::new(),
        };
        let (about, by) = (self.pieces(about).await?, self.pieces(by).await?);
        Ok(Some(OnRecord { who, accounts, about, by }))
    }

    /// The accounts by which somebody is known beside the one that they are named by, seen under a post or not.
    async fn further_accounts(&self, person: PersonId) -> Result<Vec<Named>, StoreError> {
        let mut accounts = Vec::new();
        for known in self.ledger.identities_of(person).await?.into_iter().skip(1) {
            let handle = shown_handle(&redact::name(&known.handle));
            let (mut id, mut name) = (ActorId::from_uri(&known.network, &known.url), handle.clone());
            for actor in known.actors() {
                if let Some(seen) = self.named(Party::Actor(actor)).await? {
                    (id, name) = (actor, seen.name);
                }
            }
            accounts.push(Named { id: id.to_string(), name, handle: Some(handle), url: Some(known.url) });
        }
        Ok(accounts)
    }

    async fn pieces(&self, mut evidence: Vec<Evidence>) -> Result<Vec<Piece>, StoreError> {
        evidence.sort_by_key(|one| Reverse(one.at));
        let mut pieces = Vec::new();
        for one in evidence {
            let (Some(by), Some(about)) = (self.named(one.by).await?, self.named(one.about).await?) else { continue };
            let said = told::piece(&one, &by, &about, &self.taxonomy);
            let warns = one.deed.kind() == Kind::Negative;
            pieces.push(Piece { at: one.at, by, about, said, source: address(&one.source), warns });
        }
        Ok(pieces)
    }

    pub(super) async fn picks(
        &self,
        poster: Party,
        category: Option<&str>,
        candidates: &[Candidate],
        explanations: &[Explanation],
    ) -> Result<Vec<Pick>, Unanswered> {
        let asker = self.ask(|woven| woven.joined.node(poster)).await?;
        let mut picks = Vec::new();
        for (candidate, explanation) in candidates.iter().zip(explanations) {
            let Some(who) = self.named(candidate.party).await? else { continue };
            let mut paths = Vec::new();
            for path in &explanation.paths {
                paths.push(self.path(poster, category, path).await?);
            }
            let (words, trusted) = (candidate.standing.words.to_string(), candidate.standing.words.is_trust());
            picks.push(Pick {
                who,
                words,
                trusted,
                vouchers: explanation.vouchers as usize,
                is_own_word: explanation.is_own,
                paths,
                warnings: explanation.warners.len(),
                is_own_warning: explanation.warners.contains(&asker),
            });
        }
        Ok(picks)
    }

    async fn path(&self, poster: Party, category: Option<&str>, path: &Path) -> Result<PathTold, Unanswered> {
        let mut steps = Vec::new();
        for step in &path.steps {
            let by = self.or_unnamed(step.by, poster).await?;
            let whom = self.or_unnamed(step.whom, poster).await?;
            let evidence = self.between(step.by, step.whom).await?;
            let cited = self
                .ask(|woven| {
                    heaviest(&evidence, Kind::Explicit, category, woven.graph.as_of(), &self.weighing).cloned()
                })
                .await?;
            let Some(cited) = cited else { continue };
            let mut said = told::piece(&cited, &by, &whom, &self.taxonomy);
            if step.by == poster
                && let Some(help) = told::help(&self.between(step.whom, poster).await?)
            {
                said = format!("{said}; {} {help}", whom.name);
            }
            steps.push(StepTold { said, source: address(&cited.source) });
        }
        // From 0 to 100 by what it is: a share of a sum of positive parts.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let share_percent = path.share_percent.round().clamp(0.0, 100.0) as u8;
        Ok(PathTold { steps, share_percent })
    }

    async fn carriers(&self, poster: Party, strangers: &[Stranger]) -> Result<Vec<Carrier>, Unanswered> {
        let mut carriers = Vec::new();
        for stranger in strangers {
            let Some(who) = self.named(stranger.party).await? else { continue };
            let did = told::help(&self.between(stranger.party, poster).await?);
            carriers.extend(did.map(|did| Carrier { who, did }));
        }
        Ok(carriers)
    }

    /// All that one node did to another, by whichever of their accounts.
    pub(super) async fn between(&self, by: Party, about: Party) -> Result<Vec<Evidence>, Unanswered> {
        let (by, about) = self.ask(|woven| (woven.aliases(by).1, woven.aliases(about).1)).await?;
        Ok(self.evidence(&by, &about).await?)
    }

    pub(super) async fn or_unnamed(&self, party: Party, asker: Party) -> Result<Named, StoreError> {
        let named = self.named(party).await?;
        let unnamed = || Named { id: party.to_string(), name: "somebody".to_owned(), handle: None, url: None };
        let named = named.unwrap_or_else(unnamed);
        Ok(if party == asker { Named { name: "you".to_owned(), ..named } } else { named })
    }

    /// Nothing for those who are not to be named.
    pub async fn named(&self, party: Party) -> Result<Option<Named>, StoreError> {
        let id = match party {
            Party::Actor(id) => match self.ledger.actor(id).await? {
                Some(actor) if actor.indexing == Indexing::Allowed => {
                    let (name, handle) = (redact::name(&actor.name), shown_handle(&redact::name(&actor.handle)));
                    let name = if name.is_empty() { handle.clone() } else { name };
                    return Ok(Some(Named { id: id.to_string(), name, handle: Some(handle), url: actor.url }));
                }
                Some(_) => return Ok(None),
                None if self.ledger.wish(party).await?.is_some() => return Ok(None),
                // Never seen under a post, and yet somebody here, whose word may have been brought.
                None => match self.ledger.person_of(id).await? {
                    Some(person) => person,
                    None => return Ok(None),
                },
            },
            Party::Person(id) => id,
        };
        if self.ledger.wish(Party::Person(id)).await?.is_some() {
            return Ok(None);
        }
        let Some(person) = self.ledger.person(id).await? else { return Ok(None) };
        let first = self.ledger.identities_of(id).await?.into_iter().next();
        let (handle, url) = first.map(|known| (shown_handle(&redact::name(&known.handle)), known.url)).unzip();
        Ok(Some(Named { id: id.to_string(), name: redact::name(&person.name), handle, url }))
    }
}

/// What was said on a page of ours has no address on a network.
pub(super) fn address(source: &str) -> Option<String> {
    (source.starts_with("https://") || source.starts_with("http://")).then(|| source.to_owned())
}
