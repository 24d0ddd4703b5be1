//! A store as one would find it after years, filled by the ledger's own verbs: so many gigs, of a hundred a poster, and all that people did with them.
//!
//! Everybody does as much whatever the size: somebody who is asked about has as much on record in a small store as in a large one, and what differs is
//! how much lies beside it.

use crate::support::site::{self, NOON};
use futures_util::{StreamExt as _, stream};
use gigcast::clock::{Timestamp, WallClock};
use gigcast::community::{Act, Community, Entry, Member, Rank, Shown};
use gigcast::engagement::{Engagement, Vouch, Vouched};
use gigcast::gig::{Gig, Pay, Place, Republish, Revision, Status, Terms, Urgency};
use gigcast::id::{AccountId, ActorId, CommunityId, EngagementId, GigId, InterestId, PersonId, SourceId};
use gigcast::notice::{About, News, Notice};
use gigcast::outbox::{Announcement, State, Verb, Wanted};
use gigcast::person::{Actor, Identity, Indexing, Person, Role};
use gigcast::ports::Commit;
use gigcast::post::{Post, Receipt};
use gigcast::profile::EngagementKind;
use gigcast::referral::{Interest, Via};
use gigcast::secret::Secret;
use gigcast::store::{
    Availability, Change, Deed, DueWatch, End, Heard, Hire, HireAnswer, Import, Ledger, Listed, PostOf, Reading, Sight,
    Statements, Word,
};
use gigcast::store::{GigRecord, Tale};
use gigcast::trust::{self, Level, Party};
use std::time::Duration;

/// Of one poster.
pub const GIGS_EACH: usize = 100;
/// The instance that signed what it saw.
pub const WITNESS: &str = "elsewhere.example";
const HOUR: Duration = Duration::from_hours(1);
const AT_ONCE: usize = 200;
const KINDS: [&str; 5] = ["design/brand", "design/illustration", "design/ux-ui", "writing", "design"];

/// So many of each, a poster for every hundred gigs.
#[derive(Clone, Copy)]
pub struct Size {
    pub gigs: usize,
    pub posters: usize,
    /// The posters are the first of them.
    pub people: usize,
    pub imports: usize,
}

impl Size {
    pub fn of(gigs: usize) -> Self {
        let posters = gigs / GIGS_EACH;
        Self { gigs, posters, people: 25 * posters, imports: 5 * posters / 2 }
    }
}

pub fn account(n: usize) -> AccountId {
    AccountId::from_native("mastodon", "social.example", &handle(n))
}

pub fn handle(n: usize) -> String {
    format!("@p{n}@social.example")
}

fn address(n: usize) -> String {
    format!("https://social.example/users/p{n}")
}

fn actor(n: usize) -> Actor {
    Actor {
        id: ActorId::from_uri("mastodon", &address(n)),
        network: "mastodon".into(),
        uri: address(n),
        handle: format!("p{n}@social.example"),
        name: format!("Person {n}"),
        url: Some(address(n)),
        indexing: Indexing::Allowed,
    }
}

fn identity(n: usize, person: PersonId) -> Identity {
    Identity {
        account: account(n),
        person,
        network: "mastodon".into(),
        server: "https://social.example".into(),
        native: n.to_string(),
        handle: handle(n),
        url: address(n),
        since: NOON,
    }
}

pub fn gig(n: usize) -> GigId {
    GigId::from_source(SourceId::from_name("board"), &n.to_string())
}

impl Size {
    pub fn person(&self, n: usize) -> Person {
        let name = format!("Person {n}");
        let person = Person::freelancer(account(n), &name, NOON);
        if n < self.posters { Person { role: Role::Poster, ..Person::poster(&name, NOON) } } else { person }
    }

    /// Puts all of it into an empty store.
    pub async fn fill(&self, ledger: &Ledger) {
        let people = (0..self.people).map(|n| self.come(ledger, n));
        stream::iter(people).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        let posters = (0..self.posters).map(|poster| async move {
            for n in (poster..self.gigs).step_by(self.posters) {
                self.offer(ledger, poster, n).await;
            }
        });
        stream::iter(posters).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        let people = (0..self.people).map(|n| self.take_part(ledger, n));
        stream::iter(people).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        self.gather(ledger).await;
        // They have all been told.
        let told = ledger.unsent().await.unwrap().into_iter().map(|kept| ledger.note_sent(kept, None));
        stream::iter(told).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    }

    /// Signs in for the first time, and says what they offer.
    async fn come(&self, ledger: &Ledger, n: usize) {
        let person = self.person(n);
        if n < self.posters {
            ledger.welcome(&person).await.unwrap();
            ledger.link(&site::account(&person, "mastodon", &handle(n)), b"sealed".to_vec()).await.unwrap();
        }
        ledger.know(&person, &identity(n, person.id)).await.unwrap();
        ledger.begin_sign_in(&token(n), person.id, NOON).await.unwrap();
        let said = Statements {
            categories: vec![KINDS[n % KINDS.len()].into()],
            skills: Vec::new(),
            languages: vec!["en".into()],
            places: Vec::new(),
            availability: Availability::Now,
            revised: NOON,
        };
        ledger.state(person.id, &said).await.unwrap();
        ledger.readdress_feed(person.id, Some(&token(n)), NOON).await.unwrap();
    }

    /// A gig comes in, is announced, and is read back: two reshares or three, and an answer, of which some vouch.
    async fn offer(&self, ledger: &Ledger, poster: usize, n: usize) {
        let whose = self.person(poster).id;
        let gig = Self::terms(n, whose);
        let record = GigRecord { gig: gig.clone(), heard: Heard::Baseline, source_says: None, said_at: None };
        let tale = vec![Tale::Baseline];
        assert_eq!(ledger.take_in(&record, None, &[], tale, gig.first_seen).await, Ok(Commit::Applied));

        let (account, mut announcement) =
            (account(poster), Announcement::new(gig.id, account(poster), Wanted::Revision(Revision::FIRST)));
        let mut delivery = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, gig.first_seen);
        let uri = format!("https://social.example/posts/{n}");
        let at = gig.first_seen;
        let receipt = Receipt { id: n.to_string(), uri: uri.clone(), url: Some(uri.clone()), version: None, at };
        delivery.state = State::Delivered(receipt);
        announcement.settle(&delivery);
        let id = delivery.id;
        let change = Change {
            delivery: Some(delivery),
            announcement: Some(announcement),
            frozen: Some(post(n)),
            watch_at: Some(at),
            ..Change::default()
        };
        let mut turn = ledger.turn_for(account, gig.id).await.unwrap();
        turn.lane.posted.clear();
        assert_eq!(ledger.end_turn(&turn, change).await, Ok(Commit::Applied));

        let mut watching = ledger.watching(DueWatch { at, delivery: id }).await.unwrap();
        let kinds = vec![EngagementKind::Reshare, EngagementKind::Reply];
        let reading = Reading { number: 1, kinds, from: None, pages: 0, band: 0, unnamed_vouches: 0 };
        watching.state.reading = Some(reading);
        let category = gig.terms.category.as_deref();
        let post = PostOf { gig: gig.id, account, poster: whose, category, uri: &uri };
        // Whoever answers is somebody else at each gig of one poster.
        let who = |k: usize| (n * 7 + k * 131) % self.people;
        let reshared: Vec<usize> = (0..=n % 2).map(who).collect();
        let mut listed = Listed::default();
        for one in reshared {
            listed.people.push(actor(one));
            listed.deeds.push(deed(post, EngagementKind::Reshare, one, None, at));
        }
        ledger.keep_page(&mut watching, post, listed, End::Whole, WallClock::Sound, NOON).await.unwrap().unwrap();
        let (one, whom) = (who(3), (who(3) + 1) % self.people);
        let mut listed = Listed { people: vec![actor(one)], ..Listed::default() };
        let vouches = n.is_multiple_of(4).then(|| {
            listed.people.push(actor(whom));
            Vouched { whom: actor(whom).id, level: Vouch::WORKED_WITH }
        });
        listed.deeds.push(deed(post, EngagementKind::Reply, one, vouches, at));
        ledger.keep_page(&mut watching, post, listed, End::Whole, WallClock::Sound, NOON).await.unwrap().unwrap();

        if n.is_multiple_of(10) {
            let whom = Party::Person(self.person(who(3)).id);
            let source = format!("https://gigs.example/g/{}", gig.id);
            let hire = Hire {
                gig: gig.id,
                poster: whose,
                whom,
                category: gig.terms.category,
                at: NOON,
                source,
                answer: HireAnswer::Open,
            };
            ledger.hire(&hire).await.unwrap();
        }
    }

    /// One in ten is open.
    fn terms(n: usize, poster: PersonId) -> Gig {
        let first_seen = NOON.minus(HOUR * u32::try_from(n % 10_000).unwrap());
        Gig {
            id: gig(n),
            revision: Revision::FIRST,
            status: if n.is_multiple_of(10) { Status::Open } else { Status::Filled },
            poster,
            source: SourceId::from_name("board"),
            native: n.to_string(),
            terms: Terms {
                title: format!("Illustrator for a children's book, volume {n}"),
                description: "Twelve spreads in watercolour, or a digital style close to it. We print in March."
                    .repeat(3),
                category: Some(KINDS[n / 7 % KINDS.len()].into()),
                skills: vec!["watercolour".into(), "children's books".into()],
                pay: Some(Pay::Fixed { amount: 1200, currency: "EUR".into() }),
                place: Place { remote: true, locations: Vec::new(), zones: None },
                language: Some("en".into()),
                organisation: None,
                closes: None,
                openings: None,
                apply_url: format!("https://acme.example/jobs/{n}"),
                published: None,
                urgency: Urgency::Usual,
                ring: None,
            },
            republish: Republish::Allowed,
            first_seen,
            revised: first_seen,
        }
    }

    /// Vouches for four others, passes a gig on, says that they would do one, and one in ten brings a vouch of elsewhere.
    async fn take_part(&self, ledger: &Ledger, n: usize) {
        let person = self.person(n).id;
        for step in [1, 7, 31, 101] {
            let about = Party::Person(self.person((n + step) % self.people).id);
            let source = format!("https://gigs.example/people/{about}");
            let deed = trust::Deed::Vouch(Level::WouldHireAgain);
            let category = Some(KINDS[n % KINDS.len()].into());
            ledger.say(&Word { by: person, about, deed, category, at: NOON.minus(HOUR), source }).await.unwrap();
        }
        let gig = gig(n * 4 % self.gigs);
        ledger.make_link(gig, person).await.unwrap();
        ledger.note_visits(&[((gig, Via::Link(person)), 3)]).await.unwrap();
        let interest = Interest {
            id: InterestId::from_person(gig, person),
            gig,
            person: Some(person),
            name: format!("Person {n}"),
            reach: format!("p{n}@mail.example"),
            message: "I drew three of these last year, and could begin at once.".into(),
            via: Via::Page,
            at: NOON,
        };
        let about = About::Gig { id: gig, title: "Illustrator".into() };
        let news = News::Interested { interest: interest.clone(), by: "the page itself".into() };
        let to = self.person(n % self.posters).id;
        ledger.keep_interest(&interest, Notice { person: to, about, at: NOON, news }).await.unwrap();
        if n.is_multiple_of(self.people / self.imports) {
            // Half of them are by people who signed in here and were never seen under a post, half by nobody who is known.
            let author = if n.is_multiple_of(2) { n.to_string() } else { format!("https://{WITNESS}/users/p{n}") };
            let import = Import {
                id: format!("urn:vouch:{n}"),
                issuer: format!("did:web:{WITNESS}"),
                subject: self.person((n + 3) % self.people).id,
                category: "design".into(),
                level: Level::WorkedWith,
                from: NOON.minus(HOUR),
                until: NOON.plus(HOUR * 1000),
                brought: NOON,
                by: None,
                seen: Some(Sight {
                    by: vec![ActorId::from_uri("mastodon", &author)],
                    post: format!("https://{WITNESS}/posts/{n}"),
                }),
            };
            ledger.keep_import(&import).await.unwrap();
        }
    }

    /// One community of fifty, ten of whom post gigs.
    async fn gather(&self, ledger: &Ledger) {
        let community = Community { vouches: 0, ..Community::new("Bern", "design", NOON) };
        let founder = Member {
            person: self.person(0).id,
            rank: Rank::Steward,
            since: NOON,
            entry: Entry::Founder,
            shown: Shown::Named,
        };
        ledger.found_community(&community, Some(founder)).await.unwrap();
        let id = CommunityId::from_slug("bern");
        for n in (1..10).chain(self.posters..self.posters + 40) {
            let enter = Act::Enter(Entry::Invited, Shown::Named);
            ledger.act_in_community(id, self.person(n).id, &enter, NOON).await.unwrap();
        }
    }
}

/// Of the browser that somebody is signed in with, and of their feed.
pub fn token(n: usize) -> Secret {
    Secret::new(format!("{n:064x}"))
}

fn deed(post: PostOf<'_>, kind: EngagementKind, who: usize, vouched: Option<Vouched>, at: Timestamp) -> Deed {
    let who = actor(who).id;
    let address = (kind == EngagementKind::Reply).then(|| format!("{}/answers/{who}", post.uri));
    let engagement = Engagement {
        id: EngagementId::from_deed(post.uri, kind, who, address.as_deref()),
        gig: post.gig,
        account: post.account,
        kind,
        actor: who,
        first_seen: NOON,
        at: Some(at),
        words: address.as_ref().map(|_| "That is just what somebody whom I know does, and does well.".into()),
        evidence: address,
        undone: None,
    };
    Deed { engagement, vouched: vouched.into_iter().collect() }
}

fn post(n: usize) -> Post {
    Post {
        text: "Illustrator for a children's book. ".repeat(10),
        facets: Vec::new(),
        card: None,
        language: Some("en".into()),
        link: format!("https://gigs.example/g/{n}?v=01234567"),
        code: None,
    }
}
