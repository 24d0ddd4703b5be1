//! Asks a running gigcast over its operator's side.
//!
//! Spoken as HTTP/1.0 over a plain socket: one question a connection, and the answer ends with it. Both sides are ours and on one
//! machine, so that nothing more is needed, and a command starts in a millisecond.

use super::Failed;
use super::settings::Loaded;
use crate::daemon::assemble::ADDRESSES_FILE;
use crate::secret::Secret;
use crate::web::admin::TOKEN_FILE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Linking or checking may wait for several servers, each with its own timeout.
const ANSWER: Duration = Duration::from_mins(10);
const CONNECT: Duration = Duration::from_secs(3);
/// Three times what a stream is silent at most.
const SILENCE: Duration = Duration::from_secs(45);

#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    token: Secret,
    running_on: String,
    start: String,
}

#[derive(Deserialize)]
struct Addresses {
    admin: SocketAddr,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// The head of an answer has been read; the body is still to come.
struct Answered {
    status: u16,
    body: BufReader<TcpStream>,
}

impl Client {
    /// The gigcast that runs with this configuration; nothing when none does.
    pub(super) fn running(loaded: &Loaded) -> Result<Option<Self>, Failed> {
        let dir = &loaded.config.store.data_dir;
        let (token_file, addresses_file) = (dir.join(TOKEN_FILE), dir.join(ADDRESSES_FILE));
        let unreadable = |file: &std::path::Path, cause: &io::Error| {
            let file = file.display();
            Failed::new(format!("{file} cannot be read: {cause}. Run this as the user that gigcast runs as"))
        };
        let addresses = match fs::read(&addresses_file) {
            Ok(written) => serde_json::from_slice::<Addresses>(&written)
                .map_err(|cause| unreadable(&addresses_file, &io::Error::other(cause)))?,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(unreadable(&addresses_file, &cause)),
        };
        let token = fs::read_to_string(&token_file).map_err(|cause| unreadable(&token_file, &cause))?;
        let client = Self {
            address: reachable(addresses.admin),
            token: Secret::new(token.trim()),
            running_on: dir.display().to_string(),
            start: loaded.start_command(),
        };
        // An address that nobody listens at any more was left by a gigcast that did not end in order.
        match client.connect() {
            Ok(_) => Ok(Some(client)),
            Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => Ok(None),
            Err(cause) => Err(client.broken(&cause)),
        }
    }

    pub(super) fn find(loaded: &Loaded) -> Result<Self, Failed> {
        Self::running(loaded)?.ok_or_else(|| not_running(loaded))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failed> {
        self.read(self.ask("GET", path, "")?)
    }

    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &str) -> Result<T, Failed> {
        self.read(self.ask("POST", path, body)?)
    }

    /// What keeps it from its work, each in one sentence; empty when all is well.
    pub(super) fn ailments(&self) -> Result<Vec<String>, Failed> {
        let mut answered = self.ask("GET", "/readyz", "")?;
        let mut said = String::new();
        answered.body.read_to_string(&mut said).map_err(|cause| self.broken(&cause))?;
        Ok(if answered.status == 200 { Vec::new() } else { said.lines().map(str::to_owned).collect() })
    }

    /// The lines of an answer.
    pub(super) fn lines(&self, path: &str) -> Result<impl Iterator<Item = String>, Failed> {
        let answered = self.ask("GET", path, "")?;
        if answered.status != 200 {
            return Err(self.refusal(answered));
        }
        Ok(answered.body.lines().map_while(Result::ok))
    }

    /// The bytes of an answer as they come. That they are all is for whoever reads them to see.
    pub(super) fn bytes(&self, path: &str, body: &str) -> Result<impl Read, Failed> {
        let answered = self.ask("POST", path, body)?;
        if answered.status == 200 { Ok(answered.body) } else { Err(self.refusal(answered)) }
    }

    /// An answer that goes on for as long as the daemon does; `had` is the id of the last event that was had of it.
    pub(super) fn stream(&self, path: &str, had: Option<&str>) -> Result<impl BufRead + use<>, Failed> {
        let more = had.map_or_else(String::new, |id| format!("last-event-id: {id}\r\n"));
        let answered = self.exchange("GET", path, &more, "").map_err(|cause| self.broken(&cause))?;
        if answered.status != 200 {
            return Err(self.refusal(answered));
        }
        // A gigcast that lives says something every few seconds, if only a comment.
        let _ = answered.body.get_ref().set_read_timeout(Some(SILENCE));
        Ok(answered.body)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Answered, Failed> {
        self.exchange(method, path, "", body).map_err(|cause| self.broken(&cause))
    }

    /// `more` is whole lines of the head.
    fn exchange(&self, method: &str, path: &str, more: &str, body: &str) -> io::Result<Answered> {
        let mut socket = self.connect()?;
        let (host, token, length) = (self.address, self.token.expose(), body.len());
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{more}\r\n"
        );
        socket.write_all(head.as_bytes())?;
        socket.write_all(body.as_bytes())?;
        let mut body = BufReader::new(socket);
        let mut line = String::new();
        body.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("what answers there is not gigcast"))?;
        while body.read_line(&mut line)? > 0 && line.ends_with('\n') && !line.ends_with("\n\r\n") {}
        Ok(Answered { status, body })
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpStream::connect_timeout(&self.address, CONNECT)?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.set_write_timeout(Some(ANSWER))?;
        Ok(socket)
    }

    fn read<T: DeserializeOwned>(&self, mut answered: Answered) -> Result<T, Failed> {
        if answered.status != 200 {
            return Err(self.refusal(answered));
        }
        let mut body = Vec::new();
        answered.body.read_to_end(&mut body).map_err(|cause| self.broken(&cause))?;
        serde_json::from_slice(&body).map_err(|cause| {
            Failed::new(format!(
                "gigcast answered in a way this command does not know ({cause}). Is it of another version?"
            ))
        })
    }

    fn refusal(&self, mut answered: Answered) -> Failed {
        let mut body = String::new();
        if let Err(cause) = answered.body.read_to_string(&mut body) {
            return self.broken(&cause);
        }
        let said = serde_json::from_str::<Refused>(&body).map_or(body, |refused| refused.error).trim_end().to_owned();
        let code = if answered.status == 503 { Failed::STORE } else { Failed::REFUSED };
        Failed { said, code }
    }

    pub(super) fn broken(&self, cause: &io::Error) -> Failed {
        let Self { running_on, start, address, .. } = self;
        Failed::unavailable(format!(
            "the gigcast on {running_on} did not answer at {address}: {cause}. If it is gone, start it with `{start}`"
        ))
    }
}

fn not_running(loaded: &Loaded) -> Failed {
    let (dir, start) = (loaded.config.store.data_dir.display(), loaded.start_command());
    Failed::unavailable(format!("no gigcast runs on {dir}: start it with `{start}`"))
}

/// Who listens everywhere is reached at home.
fn reachable(listens: SocketAddr) -> SocketAddr {
    match listens.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => (Ipv4Addr::LOCALHOST, listens.port()).into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => (Ipv6Addr::LOCALHOST, listens.port()).into(),
        _ => listens,
    }
}

/// One segment of a path, whatever it holds.
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_segment_holds_whatever_a_name_does() {
        assert_eq!(segment("@acme@social.example"), "%40acme%40social.example");
        assert_eq!(segment("Bäcker / Co"), "B%C3%A4cker%20%2F%20Co");
    }

    /// What a command ends with where it is answered so.
    fn code_for(status: &str) -> u8 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.0 {status}\r\n\r\n{{\"error\": \"no\"}}");
        let server = thread::spawn(move || {
            let mut asked = BufReader::new(listener.accept().unwrap().0);
            let mut line = String::new();
            while asked.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            asked.get_mut().write_all(answer.as_bytes()).unwrap();
        });
        let (running_on, start) = ("data".to_owned(), "gigcast run".to_owned());
        let client = Client { address, token: Secret::new("token"), running_on, start };
        let failed = client.get::<serde_json::Value>("/api/status").unwrap_err();
        server.join().unwrap();
        assert_eq!(failed.said, "no");
        failed.code
    }

    #[test]
    fn a_store_that_failed_has_its_own_exit_code_behind_a_daemon_too() {
        assert_eq!(code_for("503 Service Unavailable"), Failed::STORE);
        assert_eq!(code_for("409 Conflict"), 1);
    }

    #[test]
    fn who_listens_everywhere_is_reached_at_home() {
        assert_eq!(reachable("0.0.0.0:81".parse().unwrap()).to_string(), "127.0.0.1:81");
        assert_eq!(reachable("[::]:81".parse().unwrap()).to_string(), "[::1]:81");
        assert_eq!(reachable("192.0.2.1:81".parse().unwrap()).to_string(), "192.0.2.1:81");
    }
}
