//! A notice as an e-mail, handed to the operator's own mail server.
//!
//! The password is never in the config: it comes from the environment or from systemd, like the vault's key. Without encryption mail goes
//! to this very machine only.

use crate::config::{Encryption, Smtp};
use crate::failure::{Failure, Why};
use crate::notice::Notice;
use crate::secret::Secret;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::fmt;
use std::time::Duration;

/// The variable that may hold the password for the mail server.
pub const SMTP_PASSWORD_ENV: &str = "GIGCAST_SMTP_PASSWORD";

/// A mail server that is slower than this is asked again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why there can be no mail.
#[derive(Debug, thiserror::Error)]
pub enum BadMail {
    #[error("`{0}` is no e-mail address; write one as in gigs@acme.example")]
    Address(String),
    #[error("notice.smtp names the user {0}, and {SMTP_PASSWORD_ENV} is not set: set it to that user's password")]
    NoPassword(String),
    #[error("mail cannot be set up: {0}")]
    Setup(String),
}

pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    pub fn new(smtp: &Smtp, from: &str, password: Option<Secret>) -> Result<Self, BadMail> {
        let from = mailbox(from)?;
        let setup = |error: lettre::transport::smtp::Error| BadMail::Setup(error.to_string());
        let host = smtp.host.trim_start_matches('[').trim_end_matches(']');
        let mut builder = match smtp.encryption {
            Encryption::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(setup)?,
            Encryption::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(setup)?,
            Encryption::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        };
        builder = builder.port(smtp.port).timeout(Some(TIMEOUT));
        if let Some(user) = &smtp.user {
            let password = password.ok_or_else(|| BadMail::NoPassword(user.clone()))?;
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    pub(super) async fn send(&self, to: &str, notice: &Notice, base: Option<&str>) -> Result<(), Failure> {
        let letter = notice.letter(base);
        let unwritable = |why: String| Failure::Permanent(Why::new(format!("the mail cannot be written: {why}")));
        let message = Message::builder()
            .from(self.from.clone())
            .to(mailbox(to).map_err(|bad| unwritable(bad.to_string()))?)
            .subject(letter.subject)
            // The same each time, so that a mail that comes twice is seen to be one.
            .message_id(Some(format!("<{}@gigcast>", notice.id())))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body)
            .map_err(|error| unwritable(error.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => {
                Err(Failure::Permanent(Why::new(format!("the mail server refuses it: {error}"))))
            }
            Err(error) => Err(Failure::Transient(Why::new(format!("the mail server did not take it: {error}")))),
        }
    }
}

fn mailbox(text: &str) -> Result<Mailbox, BadMail> {
    text.parse().map_err(|_| BadMail::Address(text.to_owned()))
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_password_is_refused_by_name() {
        let smtp = Smtp::parse("smtps://acme@mail.example").unwrap();
        let refused = Mailer::new(&smtp, "gigs@acme.example", None).unwrap_err().to_string();
        assert!(refused.contains("acme") && refused.contains(SMTP_PASSWORD_ENV), "{refused}");
        assert!(matches!(Mailer::new(&smtp, "no address", None), Err(BadMail::Address(_))));
    }
}
