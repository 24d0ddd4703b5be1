//! Accounts 3: before an account could say for itself how long a post is worth saying.

use super::Old;
use crate::clock::Timestamp;
use crate::id::{AccountId, PersonId};
use crate::person::{Account, Audience, GrantState, Mode, Pace, Policy, PostingWindow, QuietHours};
use crate::ports::{Batch, StoreError};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Pace3 {
    pub posts_per_day: u32,
    pub gap: Duration,
    pub quiet: Option<QuietHours>,
    pub windows: Vec<PostingWindow>,
    pub zone: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Account3 {
    pub id: AccountId,
    pub owner: PersonId,
    pub network: String,
    pub server: String,
    pub native: String,
    pub handle: String,
    pub url: String,
    pub linked: Timestamp,
    pub grant: GrantState,
    pub mode: Mode,
    pub pace: Pace3,
    pub audience: Audience,
    pub policy: Policy,
}

impl From<Pace3> for Pace {
    fn from(was: Pace3) -> Self {
        Self {
            posts_per_day: was.posts_per_day,
            gap: was.gap,
            quiet: was.quiet,
            windows: was.windows,
            zone: was.zone,
            worth_saying_for: None,
        }
    }
}

impl From<Account3> for Account {
    fn from(was: Account3) -> Self {
        Self {
            id: was.id,
            owner: was.owner,
            network: was.network,
            server: was.server,
            native: was.native,
            handle: was.handle,
            url: was.url,
            linked: was.linked,
            grant: was.grant,
            mode: was.mode,
            pace: was.pace.into(),
            audience: was.audience,
            policy: was.policy,
        }
    }
}

pub(super) fn account(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
    Ok(match old.version {
        3 => Some(old.replaced_by(&Account::from(old.read::<Account3>()?))),
        _ => None,
    })
}
