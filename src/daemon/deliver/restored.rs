//! What a look goes by, also in a store that was restored from a backup: there a post may be out of which this store has neither text nor key.

use super::Deliver;
use super::relaying::nothing_of_our_own;
use crate::failure::Why;
use crate::gig::{Gig, Revision};
use crate::outbox::{Delivery, Verb, Wording};
use crate::person::Account;
use crate::ports::StoreError;
use crate::post::Post;
use crate::profile::{Profile, ReadBack, Support};
use crate::store::Change;

/// Older than any: whatever a post says that an earlier run sent, the newest of the gig follows where it can be edited.
const NOBODY_KNOWS_WHICH: Revision = Revision(0);

impl Deliver {
    /// The text to look for, and what is to be on record of the delivery before the look; or why a look would prove nothing.
    pub(super) async fn sought(
        &self,
        account: &Account,
        delivery: &Delivery,
        gig: &Gig,
        profile: &Profile,
    ) -> Result<Result<(Post, Change), Why>, StoreError> {
        let guess = self.ledger.restored().await?.filter(|restored| restored.is_guess(delivery));
        // The key holds the time at which the step was opened, and an earlier run opened it at another.
        let is_of_another_run = guess.is_some_and(|restored| delivery.stamp.opened > restored.taken);
        if profile.read_back == ReadBack::ByKey && is_of_another_run {
            let said = "gigcast was restored from a backup, and may have posted this before under another key";
            return Ok(Err(Why::new(said)));
        }
        if delivery.verb == Verb::Reshare {
            return Ok(Ok((nothing_of_our_own(delivery), Change::default())));
        }
        let frozen = self.ledger.post(delivery.id).await?;
        if guess.is_none() {
            let sought = frozen.map(|post| (post, Change::default()));
            return Ok(sought.ok_or_else(|| Why::new("its text is not on record, so it cannot be looked for")));
        }
        let mut change = Change::default();
        if delivery.wording == Wording::Composed && profile.edit == Support::Yes {
            change.delivery = Some(Delivery { revision: NOBODY_KNOWS_WHICH, ..delivery.clone() });
        }
        let post = match frozen {
            Some(post) => post,
            None => match self.composed(account, delivery, gig, profile).await? {
                Ok(post) if post.code.is_some() || profile.read_back == ReadBack::ByKey => {
                    change.frozen = Some(post.clone());
                    change.delivery.get_or_insert_with(|| delivery.clone());
                    post
                }
                Ok(_) => {
                    let said = "gigcast was restored from a backup, and without `server.public_url` a post of before cannot be recognised for certain";
                    return Ok(Err(Why::new(said)));
                }
                Err(why) => return Ok(Err(why)),
            },
        };
        Ok(Ok((post, change)))
    }
}
