//! Carries notices to people, by the ways that the operator has set up: a webhook, e-mail.
//!
//! A notice may arrive twice, when an answer was lost on the way: being told twice is better than not at all. It carries the same id
//! each time.

mod mail;
mod webhook;

pub use mail::{BadMail, Mailer, SMTP_PASSWORD_ENV};

use crate::failure::Failure;
use crate::notice::Notice;
use crate::ports::Wire;
use std::fmt;
use std::sync::Arc;

/// The ways that are set up, and where our pages are.
pub struct Courier {
    pub wire: Arc<dyn Wire>,
    pub webhook: Option<String>,
    pub mailer: Option<Mailer>,
    /// Who gets every notice by e-mail, beside the person it is for.
    pub operator: Option<String>,
    pub base: Option<String>,
}

/// One way to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    Webhook(String),
    Mail(String),
}

impl Way {
    /// As it is remembered and said in the log.
    pub fn name(&self) -> String {
        match self {
            Self::Webhook(_) => "webhook".to_owned(),
            Self::Mail(address) => format!("mail to {address}"),
        }
    }
}

impl Courier {
    /// All ways by which a notice goes to someone with this address.
    pub fn ways(&self, email: Option<&str>) -> Vec<Way> {
        let mut ways: Vec<Way> = self.webhook.iter().cloned().map(Way::Webhook).collect();
        if self.mailer.is_some() {
            let mut addresses: Vec<&str> = self.operator.as_deref().into_iter().chain(email).collect();
            addresses.dedup();
            ways.extend(addresses.into_iter().map(|address| Way::Mail(address.to_owned())));
        }
        ways
    }

    /// Takes a notice along one way. `name` is the person's.
    pub async fn take(&self, way: &Way, notice: &Notice, name: &str) -> Result<(), Failure> {
        match (way, &self.mailer) {
            (Way::Webhook(url), _) => webhook::post(&*self.wire, url, notice, name, self.base.as_deref()).await,
            (Way::Mail(address), Some(mailer)) => mailer.send(address, notice, self.base.as_deref()).await,
            // Set up when the notice was made, and no more.
            (Way::Mail(_), None) => Ok(()),
        }
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("mails", &self.mailer.is_some()).finish_non_exhaustive()
    }
}
