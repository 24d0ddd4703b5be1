//! The other side: a process that speaks just enough of the Mastodon API over keep-alive HTTP/1.1 on loopback, and thinks
//! about nothing. It counts what it was sent, so that both runs can be shown to have sent the same.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Default)]
struct Counted {
    posts: AtomicU64,
    bytes: AtomicU64,
}

/// Serves `hosts` ports until the process is ended, and says them in one line on standard output.
pub fn run(hosts: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let counted = Arc::new(Counted::default());
        let mut origins = Vec::new();
        for _ in 0..hosts {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
            origins.push(format!("http://{}", listener.local_addr().expect("it is bound")));
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(converse(stream, Arc::clone(&counted)));
                }
            });
        }
        println!("{}", origins.join(" "));
        std::io::stdout().flush().expect("the parent listens");
        // The parent holds the other end: when it is gone, so are we.
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    });
}

async fn converse(mut stream: TcpStream, counted: Arc<Counted>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let Some(head) = find(&buffer, b"\r\n\r\n") else {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let (line, length, token) = read_head(&buffer[..head]);
        let whole = head + 4 + length;
        while buffer.len() < whole {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let body = answer(&line, &token, length, &counted);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        buffer.drain(..whole);
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The request line, the length of the body, and the token.
fn read_head(head: &[u8]) -> (String, usize, String) {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let (mut length, mut token) = (0, String::new());
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap_or(0);
        } else if name.eq_ignore_ascii_case("authorization") {
            value.trim_start_matches("Bearer ").clone_into(&mut token);
        }
    }
    (line, length, token)
}

fn answer(line: &str, token: &str, length: usize, counted: &Counted) -> String {
    let path = line.split(' ').nth(1).unwrap_or_default();
    match path {
        "/api/v1/statuses" => {
            let n = counted.posts.fetch_add(1, Ordering::Relaxed) + 1;
            counted.bytes.fetch_add(length as u64, Ordering::Relaxed);
            format!(r#"{{"id":"{n}","uri":"https://sink.example/{n}","url":"https://sink.example/@a/{n}"}}"#)
        }
        "/api/v1/accounts/verify_credentials" => format!(r#"{{"id":"{token}","username":"{token}"}}"#),
        "/.well-known/nodeinfo" => {
            r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://sink.example/nodeinfo/2.0"}]}"#.to_owned()
        }
        "/nodeinfo/2.0" => r#"{"software":{"name":"mastodon","version":"4.5.0"}}"#.to_owned(),
        "/counted" => {
            let (posts, bytes) = (counted.posts.swap(0, Ordering::Relaxed), counted.bytes.swap(0, Ordering::Relaxed));
            format!("{posts} {bytes}")
        }
        _ => r#"{"domain":"sink.example","api_versions":{"mastodon":7}}"#.to_owned(),
    }
}
