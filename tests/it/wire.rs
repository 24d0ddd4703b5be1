//! The wire against servers that misbehave: real sockets on loopback, one raw listener per test.

#![allow(clippy::unwrap_used)] // the servers below are test code too, and a test that cannot go on should stop

use gigcast::clock::{ManualClock, Timestamp};
use gigcast::failure::Failure;
use gigcast::ports::{Auth, Follow, Request, Response, Wire};
use gigcast::secret::Secret;
use gigcast::wire::{Client, Settings};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// Heads of the requests that arrived, one per connection.
type Heard = Arc<Mutex<Vec<String>>>;

/// A server that reads the head of each request and then does `what` with the connection.
async fn server<F>(what: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, Heard)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, heard) = (listener.local_addr().unwrap(), Heard::default());
    let log = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            log.lock().unwrap().push(String::from_utf8_lossy(&head).to_lowercase());
            tokio::spawn(what(stream));
        }
    });
    (addr, heard)
}

/// A server that gives the same bytes to everyone, and closes.
async fn answering(bytes: impl Into<Vec<u8>>) -> (SocketAddr, Heard) {
    let bytes: Vec<u8> = bytes.into();
    server(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

fn wire(trusted: &[String]) -> Client {
    wire_within(trusted, Duration::from_secs(20))
}

fn wire_within(trusted: &[String], total_timeout: Duration) -> Client {
    let settings = Settings {
        trusted_origins: trusted.to_vec(),
        connect_timeout: Duration::from_millis(300).min(total_timeout / 2),
        total_timeout,
        user_agent: "gigcast/test".to_owned(),
    };
    Client::new(settings, Arc::new(ManualClock::at(NOON))).unwrap()
}

fn origin(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

/// Asks a trusted server for a page whose address holds something that no reason may show.
async fn ask(addr: SocketAddr) -> Result<Response, Failure> {
    wire(&[origin(addr)]).send(Request::get(format!("http://{addr}/page?token=hunter2"))).await
}

fn is_unknown(failure: &Failure, words: &str) {
    assert!(matches!(failure, Failure::Unknown(_)) && shows(failure, words), "{failure}");
}

fn is_transient(failure: &Failure, words: &str) {
    assert!(matches!(failure, Failure::Transient(_)) && shows(failure, words), "{failure}");
}

fn is_permanent(failure: &Failure, words: &str) {
    assert!(matches!(failure, Failure::Permanent(_)) && shows(failure, words), "{failure}");
}

fn shows(failure: &Failure, words: &str) -> bool {
    let said = failure.to_string();
    said.contains(words) && !said.contains("hunter2") && !said.contains("page")
}

// ---- surely not sent

#[tokio::test]
async fn a_refused_connection_was_surely_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    is_transient(&ask(addr).await.unwrap_err(), &format!("{addr} refused the connection"));
}

#[tokio::test]
async fn a_name_that_does_not_exist_was_surely_not_sent() {
    let failure = wire(&[]).send(Request::get("https://no-such-name.invalid/page?token=hunter2")).await.unwrap_err();
    is_transient(&failure, "no-such-name.invalid");
}

#[tokio::test]
async fn a_server_that_stalls_or_fails_in_tls_was_surely_sent_nothing() {
    let stalls = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = stalls.local_addr().unwrap();
    let babbles = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let babbling = babbles.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = babbles.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for (addr, words) in [(silent, "in time"), (babbling, "no connection to")] {
        let https = format!("https://{addr}");
        let failure =
            wire(std::slice::from_ref(&https)).send(Request::get(format!("{https}/page?token=hunter2"))).await;
        is_transient(&failure.unwrap_err(), words);
    }
}

// ---- it may have been accepted

#[tokio::test]
async fn a_connection_that_closes_or_resets_before_the_answer_leaves_it_unknown_and_is_not_tried_again() {
    let (closes, heard) = server(|stream| async move { drop(stream) }).await;
    is_unknown(&ask(closes).await.unwrap_err(), &format!("no answer from {closes}"));
    assert_eq!(heard.lock().unwrap().len(), 1);

    let resets = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = resets.local_addr().unwrap();
    let accepted = Arc::new(Mutex::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = resets.accept().await {
            *count.lock().unwrap() += 1;
            // Closing with unread bytes makes the kernel send a reset.
            stream.readable().await.unwrap();
        }
    });
    is_unknown(&ask(addr).await.unwrap_err(), "no answer from");
    assert_eq!(*accepted.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_closes_on_the_next_request_is_not_replaced_behind_our_back() {
    let (addr, heard) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
        // The next request arrives on the same connection, and gets no answer.
        let _ = stream.read_u8().await;
    })
    .await;
    let wire = wire(&[origin(addr)]);
    let post = || wire.send(Request::post(format!("http://{addr}/page")));
    assert_eq!(post().await.unwrap().body, "hello");
    is_unknown(&post().await.unwrap_err(), "no answer from");
    assert_eq!(heard.lock().unwrap().len(), 1, "one connection, and no other in its place");
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_it_unknown() {
    let (addr, _) = answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    is_unknown(&ask(addr).await.unwrap_err(), "(200) broke off");
    let (addr, _) = answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    is_unknown(&ask(addr).await.unwrap_err(), "(200) broke off");
}

#[tokio::test]
async fn an_answer_that_is_no_http_leaves_it_unknown() {
    let (addr, _) = answering("SSH-2.0-OpenSSH\r\n\r\n").await;
    is_unknown(&ask(addr).await.unwrap_err(), "no answer from");
}

#[tokio::test]
async fn a_server_that_never_answers_or_never_ends_is_given_up_in_time() {
    for begins in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"] {
        let (addr, _) = server(move |mut stream| async move {
            stream.write_all(begins.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let wire = wire_within(&[origin(addr)], Duration::from_millis(300));
        let failure = wire.send(Request::get(format!("http://{addr}/page?token=hunter2"))).await.unwrap_err();
        is_unknown(&failure, &format!("no complete answer from {addr} within 300 ms"));
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let (addr, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let mut request = Request::get(format!("http://{addr}/page"));
    request.max_bytes = 64 * 1024;
    is_unknown(&wire(&[origin(addr)]).send(request).await.unwrap_err(), "longer than 65536 bytes");
}

#[tokio::test]
async fn the_cap_counts_what_a_packed_answer_becomes() {
    let bomb = zeros_packed();
    assert!(bomb.len() < 16 * 1024, "small on the wire");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let (addr, heard) = answering([head.into_bytes(), bomb].concat()).await;
    let mut request = Request::get(format!("http://{addr}/page"));
    request.max_bytes = 64 * 1024;
    is_unknown(&wire(&[origin(addr)]).send(request).await.unwrap_err(), "longer than 65536 bytes");
    assert!(heard.lock().unwrap()[0].contains("accept-encoding: gzip"));
}

/// Two megabytes of zeros in gzip: one literal, then "258 times the byte before" again and again.
fn zeros_packed() -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false]; // the last block, with the fixed code
    let mut code = |value: u32, length: u32| bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    code(0b0011_0000, 8);
    for _ in 0..8000 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    let packed = bits.chunks(8).map(|byte| byte.iter().rev().fold(0u8, |sum, bit| sum << 1 | u8::from(*bit)));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(packed).collect()
}

// ---- what an answer says

#[tokio::test]
async fn an_answer_arrives_with_its_time_its_limits_and_a_redacted_excerpt() {
    let body = r#"{"error":"slow down","token_sent":"s3cr3t-access","refresh_token":"other"}"#;
    let head = "HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Limit: 300\r\nX-RateLimit-Remaining: 0\r\n\
                X-RateLimit-Reset: 2026-11-21T12:05:00.123456Z\r\nRetry-After: 90\r\nConnection: close\r\n\r\n";
    let (addr, heard) = answering(format!("{head}{body}")).await;
    let request = Request::get(format!("http://{addr}/page"))
        .auth(Auth::Bearer(Secret::new("s3cr3t-access")))
        .header("X-One", "1");
    let answer = wire(&[origin(addr)]).send(request).await.unwrap();
    assert_eq!((answer.status, answer.received, answer.header("x-ratelimit-limit")), (429, NOON, Some("300")));
    assert_eq!(answer.allowance.unwrap().remaining, Some(0));
    assert_eq!(answer.wait_until(), NOON.plus(Duration::from_millis(300_123)));
    assert_eq!(answer.retry_after, Some(NOON.plus(Duration::from_secs(90))));
    assert_eq!(answer.excerpt, r#"{"error":"slow down","token_sent":"…","refresh_token":"…"}"#);
    assert_eq!(answer.body, body, "the network file gets all of it");
    let heard = heard.lock().unwrap();
    for line in ["authorization: bearer s3cr3t-access\r\n", "x-one: 1\r\n", "user-agent: gigcast/test\r\n"] {
        assert!(heard[0].contains(line), "{heard:?}");
    }
}

#[tokio::test]
async fn a_success_has_no_excerpt_and_a_packed_one_is_unpacked() {
    let hello: [u8; 25] = *b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\0\0\0";
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n";
    let (addr, _) = answering([head.as_slice(), &hello].concat()).await;
    let answer = ask(addr).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref(), answer.excerpt.as_str()), (200, b"hello".as_slice(), ""));
}

// ---- where it goes

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_connected() {
    let (addr, heard) = answering(HELLO).await;
    let port = addr.port();
    for host in
        ["127.0.0.1", "localhost", "localhost.", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0", "hunter2@127.0.0.1"]
    {
        let failure =
            wire(&[]).send(Request::get(format!("http://{host}:{port}/page?token=hunter2"))).await.unwrap_err();
        is_permanent(&failure, "");
    }
    let other_port = wire(&["http://127.0.0.1:1".to_owned()]).send(Request::get(format!("http://{addr}/page"))).await;
    is_permanent(&other_port.unwrap_err(), "wire.trusted_origins");
    assert!(heard.lock().unwrap().is_empty(), "{heard:?}");
    assert_eq!(ask(addr).await.unwrap().body, "hello", "the same address, trusted");
}

#[tokio::test]
async fn what_is_no_web_address_is_refused() {
    for url in ["ftp://social.example/page", "file:///page", "social.example/page", ""] {
        is_permanent(&wire(&[]).send(Request::get(url)).await.unwrap_err(), "");
    }
}

#[tokio::test]
async fn a_credential_never_goes_unencrypted_to_a_public_server() {
    let bearer = Request::get("http://social.example/page").auth(Auth::Bearer(Secret::new("hunter2")));
    let password = Request::post("http://social.example/page").json(&serde_json::json!({"password": "hunter2"}));
    for request in [bearer, password] {
        is_permanent(&wire(&[]).send(request).await.unwrap_err(), "unencrypted");
    }
}

#[tokio::test]
async fn a_request_that_wants_a_grant_does_not_leave_without_its_session() {
    let (addr, heard) = answering(HELLO).await;
    let request = Request::get(format!("http://{addr}/page")).auth(Auth::Session);
    is_permanent(&wire(&[origin(addr)]).send(request).await.unwrap_err(), "session");
    assert!(heard.lock().unwrap().is_empty());
}

// ---- redirects

fn following(url: String, most: u8) -> Request {
    let mut request = Request::get(url);
    request.follow = Follow::Upto(most);
    request
}

#[tokio::test]
async fn a_redirect_is_an_answer_unless_it_is_to_be_followed() {
    let (addr, _) = answering(redirect(302, "http://169.254.169.254/page")).await;
    let answer = ask(addr).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (302, Some("http://169.254.169.254/page")));

    let mut post = Request::post(format!("http://{addr}/page"));
    post.follow = Follow::Upto(3);
    assert_eq!(wire(&[origin(addr)]).send(post).await.unwrap().status, 302, "a write is not made again elsewhere");
}

#[tokio::test]
async fn a_redirect_to_a_private_address_or_another_port_is_refused() {
    let (target, heard) = answering(HELLO).await;
    for to in [
        "http://169.254.169.254/latest/meta-data/?token=hunter2".to_owned(),
        format!("http://{target}/page?token=hunter2"),
        format!("http://localhost:{}/page", target.port()),
        format!("//{target}/page"),
        format!("http://a:hunter2@{target}/page"),
        "file:///etc/page".to_owned(),
        "http://[::1]/page".to_owned(),
        "http://".to_owned(),
    ] {
        let (addr, _) = answering(redirect(302, &to)).await;
        let failure = wire(&[origin(addr)]).send(following(format!("http://{addr}/page"), 3)).await.unwrap_err();
        is_permanent(&failure, &format!("{addr} redirects to where we do not go"));
    }
    assert!(heard.lock().unwrap().is_empty(), "{heard:?}");
}

#[tokio::test]
async fn a_followed_redirect_carries_no_credential() {
    let (target, heard) = answering(HELLO).await;
    let (addr, first) = answering(redirect(307, &format!("http://{target}/page"))).await;
    let request = following(format!("http://{addr}/page"), 3)
        .auth(Auth::Bearer(Secret::new("hunter2")))
        .header("Cookie", "hunter2")
        .header("Accept", "application/atom+xml");
    let answer = wire(&[origin(addr), origin(target)]).send(request).await.unwrap();
    assert_eq!(answer.body, "hello");
    assert!(first.lock().unwrap()[0].contains("bearer hunter2"));
    let heard = heard.lock().unwrap();
    assert!(!heard[0].contains("hunter2") && !heard[0].contains("referer"), "{heard:?}");
    assert!(heard[0].contains("accept: application/atom+xml"), "{heard:?}");
}

#[tokio::test]
async fn where_it_went_for_good_is_told_as_far_as_every_redirect_says_so() {
    let (last, _) = answering(HELLO.to_owned()).await;
    let end = format!("http://{last}/end");
    let (middle, _) = answering(redirect(302, &end)).await;
    let (other, _) = answering(redirect(308, &end)).await;
    let (middle, other) = (format!("http://{middle}/page"), format!("http://{other}/page"));
    for (status, to, moved) in [
        (301, &end, Some(&end)),
        (308, &other, Some(&end)),
        (301, &middle, Some(&middle)),
        (302, &other, None),
        (307, &end, None),
    ] {
        let (first, _) = answering(redirect(status, to)).await;
        let trusted = [&end, &middle, &other].map(|url| url.rsplit_once('/').unwrap().0.to_owned());
        let trusted = [&trusted[..], &[origin(first)]].concat();
        let answer = wire(&trusted).send(following(format!("http://{first}/page"), 3)).await.unwrap();
        assert_eq!((answer.status, answer.moved.as_ref()), (200, moved), "{status} to {to}");
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let (addr, heard) = answering(redirect(301, "/page")).await;
    let failure = wire(&[origin(addr)]).send(following(format!("http://{addr}/page"), 2)).await.unwrap_err();
    is_permanent(&failure, "after 2 redirects");
    assert_eq!(heard.lock().unwrap().len(), 3);
}
