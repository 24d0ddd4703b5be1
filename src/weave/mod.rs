//! The trust network of today, in memory: woven from the evidence in the ledger, kept up to date pair by pair, and asked questions.
//!
//! The ledger holds what everyone did; the graph holds what it adds up to today (`trust`). Who is who comes between the two: several accounts
//! that one person has linked are one party. When an account is linked or unlinked, or a new day begins, the graph is woven anew by
//! whoever asks next: rare enough, and then nothing has to be unpicked.

mod answer;
mod between;
mod businesses;
mod communities;
mod floods;
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
use crate::person::{Account, GrantState, Role};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::store::{Ledger, Statements, Word};
use crate::trust::{
    Applied, AsOf, CommunityOrder, Evidence, Graph, Joined, Parameters, Party, Refused, Weighing, Workspace,
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
    floods: floods::Floods,
    woven: Arc<Mutex<Option<Woven>>>,
    /// Held by whoever changes the graph: what is heard while it is woven anew waits, and is read again.
    weaving: Arc<tokio::sync::Mutex<()>>,
}

/// The graph, and what it does not hold itself.
struct Woven {
    graph: Graph,
    joined: Joined,
    actors: BTreeMap<PersonId, Vec<ActorId>>,
    /// Those who have an account linked.
    posters: Vec<Party>,
    /// The kinds of work in which anyone said something good of a party.
    works: HashMap<Party, BTreeSet<Option<String>>>,
    /// What people say that they offer.
    stated: HashMap<Party, Statements>,
    /// What the community thinks in each kind of work, and since when.
    orders: HashMap<Option<String>, (Timestamp, Arc<CommunityOrder>)>,
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
            floods: floods::Floods::default(),
            woven: Arc::default(),
            weaving: Arc::default(),
        }
    }

    /// Something one party did to another is on record now, or no more.
    pub async fn heard(&self, by: Party, about: Party) -> Result<(), StoreError> {
        let _weaving = self.weaving.lock().await;
        let known = self.with(|woven| (woven.aliases(by), woven.joined.node(about)));
        let ((by, accounts), about) = known.unwrap_or(((by, vec![by]), about));
        let mut said = Vec::new();
        for account in accounts {
            said.extend(self.ledger.evidence_by(account).await?);
        }
        self.floods.tell(&said, self.clock.now());
        let less = self.with(|woven| woven.follow(by, about, said)).unwrap_or_default();
        for (node, parties) in less {
            self.forget_what_followed(node, &parties).await?;
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
            woven.orders.clear();
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
        let is_linked = |account: &Account| !matches!(account.grant, GrantState::Revoked { .. });
        let accounts = self.ledger.accounts().await?.into_iter().filter(is_linked);
        let have_linked: BTreeSet<PersonId> = accounts.map(|account| account.owner).collect();
        for person in self.ledger.persons().await? {
            let mut own: Vec<ActorId> = Vec::new();
            for identity in self.ledger.identities_of(person.id).await? {
                own.extend(identity.actors());
            }
            // Whoever wishes signs in, by as many accounts as they wish: that makes nobody's word the community's.
            if person.role == Role::Poster && have_linked.contains(&person.id) {
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
        let (works, orders, workspace) = (HashMap::new(), HashMap::new(), Workspace::default());
        let said = self.ledger.all_statements().await?.into_iter();
        let stated = said.map(|(person, said)| (Party::Person(person), said)).collect();
        let mut woven = Woven { graph, joined, actors, posters, works, stated, orders, workspace, ties };
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

    /// Sets all that one node did to anyone, `about` among them: a day has its measure, so what is said or taken back of one decides whether what was
    /// said of others counts. Answers those to whom it now did less, each with the parties of its node.
    fn follow(&mut self, by: Party, about: Party, said: Vec<Evidence>) -> Vec<(Party, Vec<Party>)> {
        self.notice_works(&said);
        let mut pairs = BTreeMap::from([(about, Vec::new())]);
        for piece in said {
            pairs.entry(self.joined.node(piece.about)).or_default().push(piece);
        }
        let mut less = Vec::new();
        for (about, evidence) in pairs {
            match self.graph.apply(by, about, &evidence) {
                Ok(Applied::Less) => less.push(self.aliases(about)),
                Ok(Applied::NoLess) => {}
                Err(refused) => {
                    warn!(event = "trust.left_out", "A piece of evidence is left out of the trust network: {refused}");
                }
            }
        }
        less
    }

    fn notice_works(&mut self, evidence: &[Evidence]) {
        for piece in evidence.iter().filter(|piece| piece.deed.is_of_work()) {
            let node = self.joined.node(piece.about);
            self.works.entry(node).or_default().insert(piece.category.clone());
        }
    }

    /// What the community thinks of people in this kind of work.
    fn community(&mut self, category: Option<&str>, weave: &Weave, now: Timestamp) -> Arc<CommunityOrder> {
        let key = category.map(str::to_owned);
        if let Some((since, known)) = self.orders.get(&key)
            && now.since(*since) < COMMUNITY_FOR
        {
            return Arc::clone(known);
        }
        let roots: Vec<Party> = weave.roots.iter().map(|root| self.joined.node(*root)).collect();
        let roots = roots_of(&self.graph, &roots, &self.posters);
        let community = CommunityOrder::of(&self.graph, &roots, category, &weave.parameters, &mut self.workspace);
        let community = Arc::new(community);
        self.orders.insert(key, (now, Arc::clone(&community)));
        community
    }
}
