//! Who may come into a community: whom its members vouch for, under whichever account it was said.

use super::{Unanswered, Weave};
use crate::community::{Community, Door};
use crate::id::PersonId;
use crate::trust::Party;
use std::collections::HashMap;

impl Weave {
    /// How it stands between a community and somebody at its door.
    pub async fn door(&self, community: &Community, who: PersonId) -> Result<Door, Unanswered> {
        let members = self.ledger.members_of(community.id).await?;
        let known = members.iter().find(|member| member.person == who);
        let is_invited = self.ledger.is_invited(community.id, who).await?;
        let (_, aliases) = self.ask(|woven| woven.aliases(Party::Person(who))).await?;
        let mut about = Vec::new();
        for party in aliases {
            about.extend(self.ledger.evidence_about(party).await?);
        }
        let nodes: HashMap<Party, Party> =
            self.ask(|woven| about.iter().map(|piece| (piece.by, woven.joined.node(piece.by))).collect()).await?;
        let vouchers = community.vouchers(&members, &about, who, |party| nodes.get(&party).copied().unwrap_or(party));
        Ok(community.door(known, is_invited, vouchers))
    }
}
