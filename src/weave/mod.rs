//! The trust network of today, in memory: woven from the evidence in the ledger, kept up to date pair by pair, and asked questions.
//!
//! The ledger holds what everyone did; the graph holds what it adds up to today (`trust`). Who is who comes between the two: several accounts
//! that one person has linked are one party. When an account is linked or unlinked, or a new day begins, the graph is woven anew by
//! whoever asks next: rare enough, and then nothing has to be unpicked.

mod answer;
mod between;
mod businesses;
mod communities;
mod held;
mod hires;
pub(crate) mod holdings;
mod imports;
mod nearness;
mod offering;
mod portable;
mod question;
mod rings;
mod taking_back;
mod told;
mod tuning;
mod witnesses;

pub use answer::{
    Carrier, Cut, Moved, Named, OnRecord, PathTold, Pick, Piece, Placed, RingTold, Ringed, StepTold, WhoseCircle,
};
pub use businesses::Business;
pub use held::{Held, OwnWord};
pub use hires::{HireTold, Meant, NotHired, Stands};
pub use holdings::{Hired, Holdings, Invited, OwnLink, Posted, Waiting, Wanted};
pub use imports::{Became, Brought};
pub use nearness::{Near, Nearness};
pub use portable::Portable;
pub use question::Question;
pub use rings::Eyes;

use crate::clock::{Clock, Timestamp};
use crate::id::{ActorId, PersonId};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::store::{Ledger, Statements, Word};
use crate::trust::{
    Admission, Applied, AsOf, Community, Evidence, Graph, Joined, Parameters, Party, Refused, Weighing, Workspace,
    roots as roots_of,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::warn;

/// What the community thinks moves slowly: what is new reaches its order within this time. What is taken back leaves it at once.
const COMMUNITY_FOR: Duration = Duration::from_hours(1);

#[derive(Clone)]
pub struct Weave {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    taxonomy: Arc<Taxonomy>,
    parameters: Parameters,
    weighing: Weighing,
    /// Whose circles make the community; none where it makes itself.
    roots: Vec<Party>,
    witnesses: witnesses::Witnesses,
    /// Who went past a day's measure, so that it is said once.
    floods: Arc<Mutex<BTreeSet<(AsOf, Party)>>>,
    woven: Arc<Mutex<Option<Woven>>>,
    /// Held by whoever changes the graph: what is heard while it is woven anew waits, and is read again.
    weaving: Arc<tokio::sync::Mutex<()>>,
}

/// The graph, and what it does not hold itself.
struct Woven {
    graph: Graph,
    joined: Joined,
    actors: BTreeMap<PersonId, Vec<ActorId>>,
    posters: Vec<Party>,
    /// The kinds of work in which anyone said something good of a party.
    works: HashMap<Party, BTreeSet<Option<String>>>,
    /// What people say that they offer.
    stated: HashMap<Party, Statements>,
    communities: HashMap<Option<String>, (Timestamp, Arc<Community>)>,
    workspace: Workspace,
    /// The ledger's, from before it was read.
    ties: u64,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unanswered {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the evidence on record cannot be woven: {0}")]
    Evidence(#[from] Refused),
}

impl fmt::Debug for Weave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Weave")
    }
}

impl Weave {
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, taxonomy: Arc<Taxonomy>) -> Self {
        Self {
            ledger,
            clock,
            taxonomy,
            parameters: Parameters::default(),
            weighing: Weighing::default(),
            roots: Vec::new(),
            witnesses: witnesses::Witnesses::default(),
            floods: Arc::default(),
            woven: Arc::default(),
            weaving: Arc::default(),
        }
    }

    /// Something one party did to another is on record now, or no more.
    pub async fn heard(&self, by: Party, about: Party) -> Result<(), StoreError> {
        let _weaving = self.weaving.lock().await;
        let Some((by, about)) = self.with(|woven| (woven.aliases(by), woven.aliases(about))) else { return Ok(()) };
        let evidence = self.evidence(&by.1, &about.1).await?;
        self.tell_flood(&evidence);
        let applied = self.with(|woven| {
            woven.notice_works(&evidence);
            woven.graph.apply(by.0, about.0, &evidence)
        });
        match applied {
            Some(Ok(Applied::Less)) => self.forget_what_followed(about.0, &about.1).await?,
            Some(Err(refused)) => {
                warn!(event = "trust.left_out", "A piece of evidence is left out of the trust network: {refused}");
            }
            Some(Ok(Applied::NoLess)) | None => {}
        }
        Ok(())
    }

    /// What is undone is as if it had never been, also in what was worked out from it: in whom the community knows, and as what.
    async fn forget_what_followed(&self, node: Party, about: &[Party]) -> Result<(), StoreError> {
        let mut works = BTreeSet::new();
        for party in about {
            works.extend(self.ledger.kinds_of_work(*party).await?);
        }
        self.with(|woven| {
            woven.communities.clear();
            woven.works.insert(node, works);
        });
        Ok(())
    }

    /// Somebody says something of somebody on a page.
    pub async fn say(&self, word: &Word) -> Result<(), StoreError> {
        // What was said of one of their accounts before it was known to be theirs is said of them.
        for account in self.accounts_of(word.about).await? {
            self.ledger.unsay(&Word { about: account, ..word.clone() }).await?;
        }
        self.ledger.say(word).await?;
        self.heard(Party::Person(word.by), word.about).await
    }

    /// Takes it back. Answers whether it had been said.
    pub async fn unsay(&self, word: &Word) -> Result<bool, StoreError> {
        let mut said = self.ledger.unsay(word).await?;
        for account in self.accounts_of(word.about).await? {
            said |= self.ledger.unsay(&Word { about: account, ..word.clone() }).await?;
        }
        self.heard(Party::Person(word.by), word.about).await?;
        Ok(said)
    }

    /// Says once a day of whom so much came that the rest of the day counts for nothing.
    fn tell_flood(&self, evidence: &[Evidence]) {
        let past = evidence.iter().filter(|one| one.admission != Admission::Counts);
        for (day, by) in past.map(|one| (AsOf::day_of(one.at), one.by)).collect::<BTreeSet<_>>() {
            let mut told = self.floods.lock().unwrap_or_else(PoisonError::into_inner);
            // Days that are over are not heard of again.
            told.retain(|(known, _)| *known >= day);
            if told.insert((day, by)) {
                warn!(
                    event = "trust.flood",
                    reason = "flood",
                    actor = %by,
                    "{by} has said or done more today than counts in one day; the rest of it is on record with no weight"
                );
            }
        }
    }

    /// All that any of these did to any of those.
    async fn evidence(&self, by: &[Party], about: &[Party]) -> Result<Vec<Evidence>, StoreError> {
        let mut evidence = Vec::new();
        for one in by {
            for other in about {
                evidence.extend(self.ledger.evidence_between(*one, *other).await?);
            }
        }
        Ok(evidence)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Woven) -> T) -> Option<T> {
        self.woven.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(act)
    }

    /// Answers out of the graph of today.
    async fn ask<T>(&self, act: impl FnOnce(&mut Woven) -> T) -> Result<T, Unanswered> {
        let _weaving = self.weaving.lock().await;
        let today = AsOf::day_of(self.clock.now());
        let ties = self.ledger.ties();
        let is_true = self.with(|woven| (woven.graph.as_of(), woven.ties) == (today, ties)).unwrap_or_default();
        let woven = if is_true { None } else { Some(self.weave(today, ties).await?) };
        let mut held = self.woven.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fresh) = woven {
            *held = Some(fresh);
        }
        Ok(act(held.as_mut().expect("it was there, or has just been woven, and nobody else changes it meanwhile")))
    }

    async fn weave(&self, today: AsOf, ties: u64) -> Result<Woven, Unanswered> {
        let (mut links, mut actors, mut posters) = (Vec::new(), BTreeMap::new(), Vec::new());
        for person in self.ledger.persons().await? {
            let mut own: Vec<ActorId> = Vec::new();
            for identity in self.ledger.identities_of(person.id).await? {
                own.extend(identity.actors());
            }
            if !own.is_empty() {
                posters.push(Party::Person(person.id));
            }
            links.extend(own.iter().map(|actor| (*actor, person.id)));
            actors.insert(person.id, own);
        }
        let joined: Joined = links.into_iter().collect();
        self.ledger.drop_ended_imports(self.clock.now()).await?;
        self.place_sights().await?;
        let evidence = self.ledger.all_evidence().await?;
        let graph = Graph::build(evidence.iter().cloned(), &joined, today, self.weighing.clone())?;
        let (works, communities, workspace) = (HashMap::new(), HashMap::new(), Workspace::default());
        let said = self.ledger.all_statements().await?.into_iter();
        let stated = said.map(|(person, said)| (Party::Person(person), said)).collect();
        let mut woven = Woven { graph, joined, actors, posters, works, stated, communities, workspace, ties };
        woven.notice_works(&evidence);
        Ok(woven)
    }
}

impl Woven {
    /// The node of a party, and all parties whose evidence is the node's.
    fn aliases(&self, party: Party) -> (Party, Vec<Party>) {
        let node = self.joined.node(party);
        let mut parties = vec![node];
        if let Party::Person(person) = node {
            parties.extend(self.actors.get(&person).into_iter().flatten().map(|actor| Party::Actor(*actor)));
        }
        (node, parties)
    }

    fn notice_works(&mut self, evidence: &[Evidence]) {
        for piece in evidence.iter().filter(|piece| piece.deed.is_of_work()) {
            let node = self.joined.node(piece.about);
            self.works.entry(node).or_default().insert(piece.category.clone());
        }
    }

    /// What the community thinks of people in this kind of work.
    fn community(&mut self, category: Option<&str>, weave: &Weave, now: Timestamp) -> Arc<Community> {
        let key = category.map(str::to_owned);
        if let Some((since, known)) = self.communities.get(&key)
            && now.since(*since) < COMMUNITY_FOR
        {
            return Arc::clone(known);
        }
        let roots: Vec<Party> = weave.roots.iter().map(|root| self.joined.node(*root)).collect();
        let roots = roots_of(&self.graph, &roots, &self.posters);
        let community = Community::of(&self.graph, &roots, category, &weave.parameters, &mut self.workspace);
        let community = Arc::new(community);
        self.communities.insert(key, (now, Arc::clone(&community)));
        community
    }
}
