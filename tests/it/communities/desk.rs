//! What the operator does with communities, and what `why` and `plan` say of a gig that goes first to one.

use crate::support::desk::{Seat, gig};
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::community::{Act, Door, Entry, Rank, Shown};
use gigcast::gig::Sighting;
use gigcast::gig::rings::Ring;
use gigcast::id::{CommunityId, PersonId};
use gigcast::store::{Grouping, Word};
use gigcast::trust::{Deed, Level, Party};
use gigcast::web::admin::{CommunityAsked, Format, Operator, PlanAsked, Planning, PostAsked, Refusal, WrittenFile};
use jiff::tz::TimeZone;
use std::time::Duration;

const BERN: &str = "illustrators-of-bern";
const HOUR: Duration = Duration::from_hours(1);

async fn seat() -> Seat {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    for name in ["Acme", "Ana", "Ben", "Zoe"] {
        seat.world.intake.welcome(name).await.unwrap();
    }
    seat
}

fn add(name: &str, category: &str, vouches: Option<u8>, steward: &str) -> CommunityAsked {
    CommunityAsked::Add { name: name.into(), category: category.into(), vouches, steward: steward.into() }
}

/// With Acme for its steward.
async fn founded() -> Seat {
    let seat = seat().await;
    let asked = add("Illustrators of Bern", "design", Some(1), "Acme");
    let done = seat.desk.change_communities(asked).await.unwrap();
    assert_eq!(
        (done.id.as_str(), done.said.as_str()),
        (BERN, "Illustrators of Bern stands at /community/illustrators-of-bern.")
    );
    seat
}

impl Seat {
    async fn refuses(&self, asked: CommunityAsked) -> String {
        match self.desk.change_communities(asked).await.unwrap_err() {
            Refusal::Refused(said) | Refusal::Unknown(said) => said,
            other @ Refusal::Store(_) => panic!("{other:?}"),
        }
    }

    async fn acts(&self, who: &str, act: Act) -> bool {
        let id = CommunityId::from_slug(BERN);
        let done = self.world.ledger.act_in_community(id, PersonId::from_name(who), &act, NOON).await.unwrap();
        matches!(done, Grouping::Done(_))
    }

    async fn door(&self, who: &str) -> Door {
        let community = self.world.ledger.community(CommunityId::from_slug(BERN)).await.unwrap().unwrap();
        self.desk.weave.door(&community, PersonId::from_name(who)).await.unwrap()
    }

    /// What `gigcast why` says, as one text.
    async fn why(&self, native: &str) -> String {
        let told = self.desk.why(&gig(native).to_string(), TimeZone::UTC).await.unwrap();
        let lines = told.chapters.iter().flat_map(|chapter| chapter.told.iter().map(|line| line.said.clone()));
        [told.about.clone()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }
}

fn steward(who: &str) -> CommunityAsked {
    CommunityAsked::Steward { community: BERN.into(), who: who.into() }
}

fn remove() -> CommunityAsked {
    CommunityAsked::Remove { community: BERN.into() }
}

#[tokio::test]
async fn the_operator_founds_one_and_sees_it_with_its_steward() {
    let seat = founded().await;
    let lines = seat.desk.communities().await.unwrap();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!((line.name.as_str(), line.category.as_str()), ("Illustrators of Bern", "design"));
    assert_eq!((line.vouches, line.members, line.stewards.as_slice()), (1, 1, &["Acme".to_owned()][..]));
    let view = seat.desk.community(BERN).await.unwrap();
    assert_eq!((view.members[0].rank.as_str(), view.members[0].entry.as_str()), ("steward", "started it"));
}

#[tokio::test]
async fn what_cannot_be_founded_is_refused_with_what_to_do() {
    let seat = founded().await;
    for (asked, said) in [
        (add("x", "design", None, "Ana"), "a name of 2 to 60 characters"),
        (add("Fine", "nothing", None, "Ana"), "there is no category `nothing`; the categories are: "),
        (add("Fine", "design", Some(11), "Ana"), "--vouches should be from 0 to 10"),
        (add("Illustrators of BERN", "writing", None, "Ana"), "choose another name"),
        (add("Fine", "design", None, "Nobody"), "Nobody"),
        (CommunityAsked::Remove { community: "none".into() }, "`gigcast community list` names those there are"),
        (CommunityAsked::Steward { community: "none".into(), who: "Ana".into() }, "there is no community `none`"),
    ] {
        let refused = seat.refuses(asked.clone()).await;
        assert!(refused.contains(said), "{asked:?}: {refused}");
    }
    assert_eq!(seat.desk.communities().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_steward_is_given_once_whether_inside_before_or_not() {
    let seat = founded().await;
    assert!(seat.acts("Ben", Act::Enter(Entry::Vouched(1), Shown::Counted)).await);
    for who in ["Ana", "Ben"] {
        assert!(seat.desk.change_communities(steward(who)).await.unwrap().said.contains("is a steward of"));
        assert!(seat.refuses(steward(who)).await.contains("they are a steward already"));
    }
    let view = seat.desk.community(BERN).await.unwrap();
    let entry = |name: &str| view.members.iter().find(|one| one.name == name).unwrap().entry.clone();
    assert_eq!((entry("Ana").as_str(), entry("Ben").as_str()), ("invited", "vouched for by 1"), "as they came in");
    assert!(seat.refuses(steward("@seen@elsewhere.example")).await.contains("@seen@elsewhere.example"));
}

#[tokio::test]
async fn the_door_opens_by_the_vouches_it_asks_for_or_an_invitation_and_is_open_to_leave() {
    let seat = founded().await;
    let zoe = Party::Person(PersonId::from_name("Zoe"));
    assert!(matches!(seat.door("Zoe").await, Door::Missing { more: 1, .. }));
    let (by, deed, source) =
        (PersonId::from_name("Acme"), Deed::Vouch(Level::KnowsTheWork), "https://gigs.example/".into());
    let word = Word { by, about: zoe, deed, category: Some("design".into()), at: NOON, source };
    seat.desk.weave.say(&word).await.unwrap();
    assert_eq!(seat.door("Zoe").await, Door::Vouched(vec![PersonId::from_name("Acme")]));
    assert!(seat.acts("Zoe", Act::Enter(Entry::Vouched(1), Shown::Named)).await);
    assert_eq!(seat.door("Zoe").await, Door::Inside(Rank::Member));
    assert!(seat.acts("Zoe", Act::Leave).await);
    assert!(!seat.acts("Zoe", Act::Leave).await, "who is outside cannot leave");
    let ben = Party::Person(PersonId::from_name("Ben"));
    seat.world.ledger.invite_to_community(CommunityId::from_slug(BERN), ben, None, NOON).await.unwrap();
    assert_eq!(seat.door("Ben").await, Door::Invited);
}

#[tokio::test]
async fn who_is_invited_is_shown_and_let_go_by_the_operator() {
    let seat = founded().await;
    let (bern, zoe) = (CommunityId::from_slug(BERN), Party::Person(PersonId::from_name("Zoe")));
    seat.world.ledger.invite_to_community(bern, zoe, None, NOON).await.unwrap();
    let view = seat.desk.community(BERN).await.unwrap();
    let invited: Vec<_> = view.invited.iter().map(|one| (one.name.as_str(), one.id.clone())).collect();
    assert_eq!(invited, [("Zoe", zoe.to_string())]);
    let uninvite = || CommunityAsked::Uninvite { community: BERN.into(), who: "Zoe".into() };
    seat.desk.change_communities(uninvite()).await.unwrap();
    assert_eq!(seat.desk.community(BERN).await.unwrap().invited, []);
    let again = seat.refuses(uninvite()).await;
    assert!(
        again.contains("not invited to Illustrators of Bern; `gigcast community show illustrators-of-bern`"),
        "{again}"
    );
}

#[tokio::test]
async fn the_operator_is_told_of_stewards_apart_from_members_and_of_no_gigs_where_there_were_none() {
    let seat = seat().await;
    let asked = add("  Illustrators of Bern ", "design", Some(10), "Acme");
    assert_eq!(seat.desk.change_communities(asked).await.unwrap().id, BERN);
    assert!(seat.refuses(add("Eleven", "design", Some(11), "Acme")).await.contains("from 0 to 10"));
    assert!(seat.refuses(add("  x ", "design", None, "Acme")).await.contains("a name of 2 to"));
    assert!(seat.acts("Zoe", Act::Enter(Entry::Invited, Shown::Named)).await);
    let line = seat.desk.communities().await.unwrap().remove(0);
    assert_eq!((line.members, line.stewards), (2, vec!["Acme".to_owned()]));
    let done = seat.desk.change_communities(remove()).await.unwrap();
    assert!(done.said.ends_with("Their gigs and vouches stay."), "{}", done.said);
}

#[tokio::test]
async fn one_that_is_taken_away_lets_go_of_the_gigs_that_went_first_to_it() {
    let seat = founded().await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.take(&first("1")).await.unwrap();
    seat.world.run_for(HOUR).await.unwrap();
    let why = seat.why("1").await;
    assert!(
        why.contains("First to the community Illustrators of Bern (illustrators-of-bern); everywhere else at 18:00"),
        "{why}"
    );
    assert!(why.contains("It goes out at 18:00") && why.contains("after those that go first"), "{why}");
    let done = seat.desk.change_communities(remove()).await.unwrap();
    assert!(done.said.ends_with("1 gig that went first to it can be seen by everyone now."), "{}", done.said);
    seat.world.settle().await.unwrap();
    assert!(seat.world.is_delivered("1", &account).await);
    let why = seat.why("1").await;
    assert!(
        !why.contains("First to the community") && why.contains("It goes to all its accounts at once now."),
        "{why}"
    );
    assert!(seat.refuses(remove()).await.contains("there is no community"));
}

#[tokio::test]
async fn plan_and_post_tell_the_time_and_refuse_a_community_that_is_none() {
    let seat = founded().await;
    seat.world.link("acme", brisk()).await;
    let file = |first: &str| WrittenFile {
        name: "logo".into(),
        format: Format::Toml,
        text: format!(
            "title = 'Logo'\napply = 'jobs@acme.example'\ncategory = 'design'\nfirst = ['{first}']\nwiden_after = '6h'\n"
        ),
    };
    let plan = |first: &str| PlanAsked { gig: Planning::File(file(first)), poster: Some("Acme".into()) };
    let planned = seat.desk.plan(plan("community/illustrators-of-bern")).await.unwrap();
    assert!(planned[0].says[0].when.contains("after the community Illustrators of Bern"), "{planned:?}");
    let planned = seat.desk.plan(plan("community/none")).await.unwrap();
    let note = planned[0].note.clone().unwrap_or_default();
    assert!(note.contains("It would be refused: `first` names community/none, which is no community here"), "{note}");
    let plain =
        WrittenFile { text: "title = 'Logo'\napply = 'jobs@acme.example'\ncategory = 'design'\n".into(), ..file("") };
    let post = |first: &str| PostAsked {
        gig: plain.clone(),
        poster: "Acme".into(),
        first: vec![first.to_owned()],
        widen_after: Some("6h".into()),
    };
    let Err(Refusal::Refused(said)) = seat.desk.post(post("community/none")).await else { panic!("it is refused") };
    assert!(said.contains("its poster is in community/illustrators-of-bern"), "{said}");
    let done = seat.desk.post(post("/community/illustrators-of-bern")).await.unwrap();
    seat.world.settle().await.unwrap();
    assert!(seat.world.network.posts().is_empty(), "{}", done.said);
}

fn first(native: &str) -> Sighting {
    let ring = Ring { first: vec![format!("community/{BERN}")], widen_after: HOUR * 6 };
    Sighting { ring: Some(ring), category: Some("design".into()), ..sighting(native) }
}
