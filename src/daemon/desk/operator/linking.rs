//! Accounts and posters, as the operator brings them in and takes them out.

use super::Desk;
use crate::grants::{For, LinkError, Redirect, Stands, Trouble, Way};
use crate::networks;
use crate::person::{Account, GrantState, Person};
use crate::ports::{Entered, Named};
use crate::secret::Secret;
use crate::store::Invite;
use crate::web::admin::answers::{Done, Invitation, LinkBegun, LinkStands, When};
use crate::web::admin::{AnswerTo, BeginLinkAsked, LinkAsked, PasteAsked, Refusal, random_token};
use std::time::Duration;
use tracing::info;

/// So long an invitation holds.
const INVITED: Duration = Duration::from_hours(7 * 24);

impl Desk {
    pub(super) async fn link_account(&self, asked: LinkAsked) -> Result<Done, Refusal> {
        let LinkAsked { network, poster, server, identifier, secret } = asked;
        let owner = self.owner(&network, &poster)?;
        let account = self.linking.enter(&network, &Entered { server, identifier, secret }, &owner).await;
        account.map(|account| linked(&account, &owner.name)).map_err(refusal)
    }

    pub(super) async fn begin_linking(&self, asked: BeginLinkAsked) -> Result<LinkBegun, Refusal> {
        let BeginLinkAsked { network, poster, server, identifier, answer } = asked;
        let owner = self.owner(&network, &poster)?;
        let redirect = match answer {
            AnswerTo::Browser => Redirect::Callback,
            AnswerTo::Terminal => Redirect::OutOfBand,
        };
        let named = Named { server, identifier };
        let begun = self.linking.begin(&network, &named, For::Link(owner), Way::Terminal, redirect).await;
        let begun = begun.map_err(|trouble| refusal(trouble.into()))?;
        Ok(LinkBegun { url: begun.url, server: begun.server, attempt: begun.attempt.expose().to_owned() })
    }

    pub(super) fn standing_of(&self, attempt: &Secret) -> LinkStands {
        match self.linking.stands(attempt) {
            Stands::Waiting => LinkStands::Waiting,
            Stands::Linked(account) => LinkStands::Linked(linked(&account, "its poster")),
            Stands::Failed(error) => LinkStands::Failed { said: error.words() },
        }
    }

    pub(super) async fn finish_by_code(&self, asked: PasteAsked) -> Result<Done, Refusal> {
        let account = self.linking.paste(&asked.attempt, &asked.code).await.map_err(refusal)?;
        Ok(linked(&account, "its poster"))
    }

    fn owner(&self, network: &str, poster: &str) -> Result<Person, Refusal> {
        if poster.trim().is_empty() {
            return Err(Refusal::Refused("say whose account it is: --poster NAME".to_owned()));
        }
        if !networks::ids().iter().any(|known| known == network) {
            let known = networks::ids().join(", ");
            return Err(Refusal::Refused(format!("gigcast does not speak {network}; it speaks {known}")));
        }
        Ok(Person::poster(poster, self.now()))
    }

    pub(super) async fn invite_poster(&self, poster: &str) -> Result<Invitation, Refusal> {
        let poster = poster.trim();
        if poster.is_empty() {
            return Err(Refusal::Refused("say who is invited: `gigcast invite NAME`".to_owned()));
        }
        let no_token = |error| Refusal::Refused(format!("the system gave no random bytes: {error}"));
        let token = random_token("").map_err(no_token)?;
        let (made, name) = (self.now(), poster.to_owned());
        let until = made.plus(INVITED);
        self.daemon.deliver.ledger.keep_invite(&token, &Invite { name: name.clone(), made, until }).await?;
        info!(event = "person.invited", poster, "{poster} is invited, until {until}");
        let url = format!("{}/invite/{}", self.linking.us().base, token.expose());
        Ok(Invitation { poster: name, url, until: When(until) })
    }

    pub(super) async fn named(&self, what: &str) -> Result<Account, Refusal> {
        let account = self.account_named(what).await?;
        account.ok_or_else(|| Refusal::Unknown(format!("no account is known as {what}; `gigcast accounts` lists them")))
    }

    pub(super) async fn unlink_account(&self, what: &str) -> Result<Done, Refusal> {
        let account = self.named(what).await?;
        if matches!(account.grant, GrantState::Revoked { .. }) {
            let said = format!("{} was unlinked before.", account.handle);
            return Ok(Done { id: account.id.to_string(), said });
        }
        let unlinked = self.linking.unlink(&account).await.map_err(|trouble| refusal(trouble.into()))?;
        Ok(Done { id: account.id.to_string(), said: unlinked.said })
    }
}

fn linked(account: &Account, poster: &str) -> Done {
    let said = format!("{} is linked. New gigs of {poster} are announced there.", account.handle);
    Done { id: account.id.to_string(), said }
}

fn refusal(error: LinkError) -> Refusal {
    match error {
        LinkError::Trouble(Trouble::Store(fault)) => fault.into(),
        LinkError::Trouble(Trouble::Refused(failure)) => Refusal::Refused(failure.why().to_string()),
        other => Refusal::Refused(other.words()),
    }
}
