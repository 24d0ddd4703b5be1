//! The operator's mail server, as one address: `smtps://user@host:465`.

use url::Url;

/// Where mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub user: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte on (`smtps`).
    Tls,
    /// Asked for after the greeting, and nothing is said without it.
    StartTls,
    /// Only to a mail server on this machine.
    None,
}

impl Smtp {
    /// `smtps://user@host:465`, `smtp://user@host:587`, or `smtp://127.0.0.1:25`.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
        let bare = url.path().trim_matches('/').is_empty() && url.query().is_none() && url.password().is_none();
        let here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        let (encryption, usual) = match url.scheme() {
            "smtps" => (Encryption::Tls, 465),
            "smtp" if here => (Encryption::None, 25),
            "smtp" => (Encryption::StartTls, 587),
            _ => return None,
        };
        let user = Some(url.username()).filter(|user| !user.is_empty());
        // In an address the sign in a user name is written as %40.
        let user = user.map(|user| user.replace("%40", "@"));
        bare.then_some(Self { host, port: url.port().unwrap_or(usual), encryption, user })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_leaves_this_machine_only_encrypted() {
        for (written, encryption, port, user) in [
            ("smtps://acme%40mail.example@mail.example", Encryption::Tls, 465, Some("acme@mail.example")),
            ("smtp://mail.example", Encryption::StartTls, 587, None),
            ("smtp://127.0.0.1:2525", Encryption::None, 2525, None),
        ] {
            let smtp = Smtp::parse(written).unwrap();
            assert_eq!((smtp.encryption, smtp.port, smtp.user.as_deref()), (encryption, port, user), "{written}");
        }
        for wrong in ["mail.example", "http://mail.example", "smtps://u:secret@mail.example", "smtp://mail.example/x"] {
            assert_eq!(Smtp::parse(wrong), None, "{wrong}");
        }
    }
}
