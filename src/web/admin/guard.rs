//! Who may ask: whoever holds the token, under a name that is this machine's own.

use crate::secret::Secret;
use crate::vault::random_token;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// The token's file in the data directory.
pub const TOKEN_FILE: &str = "admin.token";

#[derive(Debug)]
pub struct Guard {
    token: Secret,
    listens: IpAddr,
}

impl Guard {
    /// Makes a new token and leaves it in `dir`, for its owner alone. Each run has its own: an address that outlived its gigcast
    /// and belongs to another program now is told nothing of use.
    pub fn arm(dir: &Path, listens: SocketAddr) -> io::Result<Self> {
        let token = random_token("").map_err(io::Error::other)?;
        let (path, draft) = (dir.join(TOKEN_FILE), dir.join("admin.token.draft"));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(token.expose().as_bytes())?;
        file.write_all(b"\n")?;
        fs::rename(draft, path)?;
        Ok(Self { token, listens: listens.ip() })
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let written = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = written.and_then(|value| value.strip_prefix("Bearer ")).map(|token| Secret::new(token.trim()));
        token.is_some_and(|token| self.opens(&token))
    }

    pub(super) fn opens(&self, token: &Secret) -> bool {
        *token == self.token
    }

    /// A name is believed only when it cannot be someone else's: an address, or `localhost`.
    fn is_here(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost")
            || name
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback() || ip == self.listens || self.listens.is_unspecified())
    }
}

/// Refuses requests that name another host than this machine.
pub(super) async fn host(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if named.is_some_and(|host| guard.is_here(host)) {
        return next.run(request).await;
    }
    let said = "This is the operator's side of gigcast. Ask it by its address, as in http://127.0.0.1:8421.\n";
    (StatusCode::MISDIRECTED_REQUEST, said).into_response()
}

/// Lets only those in who hold the token.
pub(super) async fn token(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if guard.knows(request.headers()) {
        return next.run(request).await;
    }
    let said =
        format!("Send the token from the file {TOKEN_FILE} in the data directory: `Authorization: Bearer ..`.\n");
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], said).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn guard(listens: &str) -> Guard {
        Guard { token: Secret::new("t0ken"), listens: listens.parse().unwrap() }
    }

    #[test]
    fn a_name_that_anyone_can_point_here_is_no_host() {
        let local = guard("127.0.0.1");
        for host in ["localhost:8421", "127.0.0.1", "127.0.0.1:8421", "[::1]:8421", "LOCALHOST"] {
            assert!(local.is_here(host), "{host}");
        }
        for host in ["evil.example", "evil.example:8421", "127.0.0.1.evil.example", "192.0.2.1:8421", ""] {
            assert!(!local.is_here(host), "{host}");
        }
        assert!(guard("192.0.2.1").is_here("192.0.2.1:8421"));
        // On every address of the machine each of them is its own, and a name still is not.
        let open = guard("0.0.0.0");
        assert!(open.is_here("192.0.2.1:8421") && !open.is_here("evil.example:8421"));
    }

    #[test]
    fn only_the_whole_token_opens() {
        let headers = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        let guard = guard("127.0.0.1");
        assert!(guard.knows(&headers("Bearer t0ken")));
        for wrong in ["Bearer t0ke", "Bearer t0ken2", "Basic t0ken", "t0ken", "Bearer "] {
            assert!(!guard.knows(&headers(wrong)), "{wrong}");
        }
        assert!(!guard.knows(&HeaderMap::new()));
    }

    #[test]
    fn each_run_has_a_token_of_its_own_that_only_its_owner_may_read() {
        let dir = tempfile::tempdir().unwrap();
        let here = SocketAddr::from(([127, 0, 0, 1], 8421));
        // What a run that died halfway has left, open to everybody.
        let draft = dir.path().join("admin.token.draft");
        fs::write(&draft, "left").unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o666)).unwrap();
        let before = Guard::arm(dir.path(), here).unwrap();
        let guard = Guard::arm(dir.path(), here).unwrap();
        let path = dir.path().join(TOKEN_FILE);
        let left = fs::read_to_string(&path).unwrap();
        let token = Secret::new(left.strip_suffix('\n').expect("a line of text"));
        assert!(guard.opens(&token) && !before.opens(&token));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!draft.exists());
    }
}
