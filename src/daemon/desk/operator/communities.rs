//! `community`: the operator starts one, shows them, gives one a steward, and takes one away.

use super::Desk;
use crate::community::{Act, Community, Entry, MOST_VOUCHES, Member, NAME_CHARS, Rank, Shown};
use crate::daemon::spoken::counted;
use crate::id::{CommunityId, PersonId};
use crate::ports::Commit;
use crate::store::Grouping;
use crate::trust::Party;
use crate::web::admin::answers::{Done, When};
use crate::web::admin::{CommunityAsked, CommunityLine, CommunityView, InvitedLine, MemberLine, Refusal};
use std::fmt::Write as _;
use tracing::info;

impl Desk {
    pub(super) async fn all_communities(&self) -> Result<Vec<CommunityLine>, Refusal> {
        let mut lines = Vec::new();
        for community in self.daemon.deliver.ledger.communities().await? {
            lines.push(self.line_of(&community).await?.0);
        }
        Ok(lines)
    }

    pub(super) async fn one_community(&self, slug: &str) -> Result<CommunityView, Refusal> {
        let community = self.named_community(slug).await?;
        let (line, members) = self.line_of(&community).await?;
        let mut invited = Vec::new();
        for one in self.daemon.deliver.ledger.invitations_to(community.id).await? {
            let name = self.weave.called_by(one.whom).await?;
            invited.push(InvitedLine { id: one.whom.to_string(), name, at: When(one.at) });
        }
        Ok(CommunityView { line, about: community.about, members, invited })
    }

    async fn named_community(&self, slug: &str) -> Result<Community, Refusal> {
        let found = self.daemon.deliver.ledger.community(CommunityId::from_slug(slug)).await?;
        found.ok_or_else(|| {
            Refusal::Unknown(format!("there is no community `{slug}`; `gigcast community list` names those there are"))
        })
    }

    async fn line_of(&self, community: &Community) -> Result<(CommunityLine, Vec<MemberLine>), Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let (mut lines, mut stewards, mut inside) = (Vec::new(), Vec::new(), 0);
        for member in ledger.members_of(community.id).await? {
            let person = ledger.person(member.person).await?;
            let name = person.map_or_else(|| member.person.to_string(), |person| person.name);
            if member.is_steward() {
                stewards.push(name.clone());
            }
            inside += usize::from(member.is_inside());
            let rank = match &member.rank {
                Rank::Steward => "steward".to_owned(),
                Rank::Member => "member".to_owned(),
                Rank::Removed { why, .. } => format!("taken out: {why}"),
            };
            let entry = match member.entry {
                Entry::Founder => "started it".to_owned(),
                Entry::Vouched(by) => format!("vouched for by {by}"),
                Entry::Invited => "invited".to_owned(),
            };
            lines.push(MemberLine { id: member.person.to_string(), name, rank, entry });
        }
        let Community { slug, name, category, vouches, .. } = community.clone();
        Ok((CommunityLine { slug, name, category, vouches, members: inside, stewards }, lines))
    }

    pub(super) async fn change_community(&self, asked: CommunityAsked) -> Result<Done, Refusal> {
        match asked {
            CommunityAsked::Add { name, category, vouches, steward } => {
                self.add_community(&name, &category, vouches, &steward).await
            }
            CommunityAsked::Steward { community, who } => self.give_steward(&community, &who).await,
            CommunityAsked::Uninvite { community, who } => self.uninvite(&community, &who).await,
            CommunityAsked::Remove { community } => {
                let community = self.named_community(&community).await?;
                // Before, so that a crash in between leaves nothing waiting; and again for what came in meanwhile.
                let intake = &self.daemon.watch.intake;
                let mut released = intake.release(&community.slug).await?;
                self.daemon.deliver.ledger.drop_community(community.id).await?;
                released += intake.release(&community.slug).await?;
                info!(event = "community.dropped", community.id = %community.id, "The operator took the community {} away", community.name);
                let mut said =
                    format!("{} is gone, with its list of members. Their gigs and vouches stay.", community.name);
                if released > 0 {
                    let _ = write!(
                        said,
                        " {} that went first to it can be seen by everyone now.",
                        counted(released, "gig")
                    );
                }
                Ok(Done { id: community.slug, said })
            }
        }
    }

    async fn add_community(
        &self,
        name: &str,
        category: &str,
        vouches: Option<u8>,
        steward: &str,
    ) -> Result<Done, Refusal> {
        let length = name.trim().chars().count();
        if !(2..=NAME_CHARS).contains(&length) {
            return Err(Refusal::Refused(format!("a community needs a name of 2 to {NAME_CHARS} characters")));
        }
        self.known_category(category)?;
        if vouches.is_some_and(|vouches| vouches > MOST_VOUCHES) {
            return Err(Refusal::Refused(format!("--vouches should be from 0 to {MOST_VOUCHES}")));
        }
        let (person, now) = (self.member_called(steward).await?, self.now());
        let mut community = Community::new(name, category, now);
        community.vouches = vouches.unwrap_or(community.vouches);
        let founder = Member { person, rank: Rank::Steward, since: now, entry: Entry::Founder, shown: Shown::Named };
        let slug = community.slug.clone();
        if self.daemon.deliver.ledger.found_community(&community, Some(founder)).await? == Commit::Conflict {
            return Err(Refusal::Refused(format!("there is a community `{slug}` already: choose another name")));
        }
        info!(event = "community.founded", community.id = %community.id, person.id = %person, "The operator starts the community {}", community.name);
        Ok(Done { said: format!("{} stands at /community/{slug}.", community.name), id: slug })
    }

    async fn give_steward(&self, slug: &str, who: &str) -> Result<Done, Refusal> {
        let community = self.named_community(slug).await?;
        let (person, now) = (self.member_called(who).await?, self.now());
        let ledger = &self.daemon.deliver.ledger;
        // Whoever is inside already stays as they came in.
        ledger.act_in_community(community.id, person, &Act::Enter(Entry::Invited, Shown::Named), now).await?;
        let said = match ledger.act_in_community(community.id, person, &Act::Appoint, now).await? {
            Grouping::Done(_) => {
                info!(event = "community.steward", community.id = %community.id, person.id = %person, "The operator made {person} a steward of {}", community.name);
                format!("{who} is a steward of {} now.", community.name)
            }
            Grouping::Refused(why) => return Err(Refusal::Refused(why.to_owned())),
            Grouping::Unknown => return Err(Refusal::Unknown(format!("there is no community `{slug}` any more"))),
        };
        Ok(Done { id: community.slug, said })
    }

    async fn uninvite(&self, slug: &str, who: &str) -> Result<Done, Refusal> {
        let (community, whom) = (self.named_community(slug).await?, self.party(who).await?);
        if !self.daemon.deliver.ledger.uninvite_from_community(community.id, whom).await? {
            return Err(Refusal::Unknown(format!(
                "`{who}` is not invited to {}; `gigcast community show {slug}` names those who are",
                community.name
            )));
        }
        info!(event = "community.uninvited", community.id = %community.id, "{}: {whom} is invited no more, by the operator", community.name);
        Ok(Done { id: community.slug, said: format!("{who} is not invited to {} any more.", community.name) })
    }

    /// A person: only whoever has signed in or posts can look after anything.
    async fn member_called(&self, who: &str) -> Result<PersonId, Refusal> {
        match self.party(who).await? {
            Party::Person(person) => Ok(person),
            Party::Actor(_) => Err(Refusal::Refused(format!(
                "`{who}` has only been seen on a network: they must sign in here once before they can be a steward"
            ))),
        }
    }
}
