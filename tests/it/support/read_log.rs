//! A whole gigcast whose log is read over HTTP, and written by the test.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::assemble;
use gigcast::ports::StoreError;
use gigcast::web::admin::Tail;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// That nothing comes in by itself, in a directory of the test's own.
pub fn quiet(dir: &TempDir) -> Config {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[store]\ndata_dir = \"{}\"\n",
        dir.path().join("data").display()
    );
    Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap()
}

pub struct Logging {
    pub tail: Tail,
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub running: JoinHandle<Result<(), StoreError>>,
    token: String,
    _dir: TempDir,
}

impl Logging {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tail = Tail::default();
        let assembled = assemble(&quiet(&dir), &|_| None, tail.clone()).await.unwrap();
        let (address, stop) = (assembled.admin_at, assembled.daemon.stop.clone());
        let running = tokio::spawn(assembled.run());
        let token = std::fs::read_to_string(dir.path().join("data/admin.token")).unwrap();
        Self { tail, address, stop, running, token, _dir: dir }
    }

    /// Asks for the log; `more` are further lines of the head.
    pub async fn asked(&self, query: &str, more: &str) -> TcpStream {
        let mut asked = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "GET /api/logs?{query} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {}\r\n{more}\r\n",
            self.address,
            self.token.trim()
        );
        asked.write_all(head.as_bytes()).await.unwrap();
        asked
    }
}
