//! Linking with the real program: a command that waits for a browser, and pages on which people name servers that are none.

use super::{Home, Running, town};
use crate::support::site::{Answer, ask};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use url::Url;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn address_of(url: &str) -> (SocketAddr, String) {
    let url = Url::parse(url).unwrap();
    let address = url.socket_addrs(|| None).unwrap()[0];
    let path = url[url::Position::BeforePath..].to_owned();
    (address, path)
}

async fn get(url: &str) -> Answer {
    let (address, path) = address_of(url);
    ask(address, "GET", &path, &[], b"").await
}

/// What the person does at the sandbox; answers where it sends their browser.
async fn decides(authorize: &str, decision: &str) -> String {
    let page = get(authorize).await;
    assert!(page.body.contains("Let gigcast act for you?"), "{}", page.body);
    let (address, _) = address_of(authorize);
    let mut form: Vec<(String, String)> = Url::parse(authorize).unwrap().query_pairs().into_owned().collect();
    form.push(("person".into(), "acme".into()));
    form.push(("decision".into(), decision.into()));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let sent = ask(address, "POST", "/oauth/authorize", &[FORM], form.as_bytes()).await;
    assert_eq!(sent.status, 302, "{}", sent.body);
    sent.header("location").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn link_waits_for_a_browser_and_says_what_came_of_it() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let _running = home.start();
    let host = town.url.trim_start_matches("http://");
    let linked = format!("@acme@{host} is linked. New gigs of its poster are announced there.\n");
    for (decision, page, out, err, code) in [
        ("deny", "You said no there", "", "You said no there, so nothing was linked.", 1),
        ("allow", "You can close this page", linked.as_str(), "", 0),
    ] {
        let link = ["link", "mastodon", "--poster", "Acme", "--server", &town.url, "--browser"];
        let mut waits = home.command(&link).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(waits.stderr.take().unwrap()).lines().map_while(Result::ok);
        let authorize = said.find_map(|line| line.trim().starts_with("http://").then(|| line.trim().to_owned()));
        let back = decides(&authorize.expect("it says where to go"), decision).await;
        assert_eq!(waits.try_wait().unwrap(), None, "it waits");
        let seen = get(&back).await;
        assert!(seen.body.contains(page), "{}", seen.body);
        // Whoever has seen that address gets nothing by it.
        assert!(get(&back).await.body.contains("used already"));

        let rest: String = said.collect();
        let mut answer = String::new();
        waits.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
        assert_eq!((waits.wait().unwrap().code(), answer.as_str()), (Some(code), out), "{rest}");
        assert!(rest.contains(err), "{rest}");
    }
    assert!(home.say(&["accounts"]).out.contains(host));
}

// ---- servers that are none

/// Answers each connection in its own way, and counts what it has written.
struct Strange {
    url: String,
    written: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

const TWO_GB: usize = 2 << 30;

impl Strange {
    /// `head` with `length` bytes behind it, or as many of them as are taken.
    fn answering(head: String, length: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (written, asked) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (writing, asking) = (Arc::clone(&written), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                asking.fetch_add(1, Ordering::Relaxed);
                let (head, writing) = (head.clone(), Arc::clone(&writing));
                thread::spawn(move || answer(stream, &head, length, &writing));
            }
        });
        Self { url, written, asked }
    }
}

fn answer(stream: TcpStream, head: &str, length: usize, written: &AtomicUsize) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let stream = stream.get_mut();
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
    let piece = [b' '; 1 << 14];
    let mut left = length;
    while left > 0 && stream.write_all(&piece[..left.min(piece.len())]).is_ok() {
        left -= left.min(piece.len());
        written.fetch_add(piece.len(), Ordering::Relaxed);
    }
}

/// Signed in as a poster.
struct Poster {
    pages: SocketAddr,
    cookie: String,
}

impl Poster {
    async fn of(home: &Home, running: &Running) -> Self {
        let pages = running.first_lines.iter().find_map(|line| line.get("public.address")?.as_str()?.parse().ok());
        let pages = pages.expect("it says where its pages are");
        let invited: Value = serde_json::from_str(&home.say(&["invite", "Acme", "--json"]).out).unwrap();
        let (_, path) = address_of(invited["url"].as_str().unwrap());
        let accepted = ask(pages, "POST", &path, &[FORM, ("sec-fetch-site", "same-origin")], b"").await;
        let cookie = accepted.header("set-cookie").expect("one is signed in").split(';').next().unwrap().to_owned();
        Self { pages, cookie }
    }

    async fn links(&self, network: &str, name: &str) -> Answer {
        let form = [("network", network), ("name", name)];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = [FORM, ("sec-fetch-site", "same-origin"), ("cookie", self.cookie.as_str())];
        ask(self.pages, "POST", "/link", &headers, form.as_bytes()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_is_told_on_the_page_and_nothing_is_begun() {
    let inside = Strange::answering("200 OK".into(), 2);
    let no_server = Strange::answering("200 OK\r\ncontent-type: text/html".into(), 30);
    let redirects = Strange::answering(format!("302 Found\r\nlocation: {}/inside", inside.url), 0);
    let endless = Strange::answering("200 OK\r\ncontent-type: application/json".into(), TWO_GB);
    let knows_nobody = Strange::answering("400 Bad Request\r\ncontent-type: application/json".into(), 2);
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let trusted = [&no_server.url, &redirects.url, &endless.url, &knows_nobody.url, &closed];
    let home = Home::new(&format!(
        "[wire]\ntrusted_origins = {trusted:?}\n[network.bluesky]\nresolver = \"{}\"",
        knows_nobody.url
    ));
    let running = home.start();
    let poster = Poster::of(&home, &running).await;
    let cases = [
        ("mastodon", no_server.url.as_str(), "does not answer like a Mastodon server"),
        ("mastodon", &redirects.url, "does not answer like a Mastodon server"),
        ("mastodon", &inside.url, "is not a server on the public internet"),
        ("mastodon", "http://10.0.0.1", "is not a server on the public internet"),
        ("mastodon", "http://[::1]:22", "is not a server on the public internet"),
        ("mastodon", "no-such-host.invalid", "could not be"),
        ("mastodon", &closed, "refused the connection"),
        ("mastodon", &endless.url, "longer than"),
        ("bluesky", "nobody.invalid", "nobody.invalid"),
    ];
    for (network, name, said) in cases {
        let page = poster.links(network, name).await;
        assert_eq!(page.status, 422, "{name}: {}", page.body);
        let at = page.body.find(&format!("id=\"wrong-{network}\">")).expect("the reason stands beside the field");
        let wrong = page.body[at..].split("</span>").next().unwrap();
        assert!(wrong.contains(said), "{name}: {wrong}");
        assert!(page.header("set-cookie").is_none(), "{name}: nothing was begun");
    }
    assert_eq!(inside.asked.load(Ordering::Relaxed), 0, "nobody was led to it");
    assert!(endless.written.load(Ordering::Relaxed) < TWO_GB / 64, "what is too long is not read to its end");
    let logged = home.say(&["logs"]).out;
    assert_eq!(logged.matches("step=begin").count(), cases.len(), "each has its line:\n{logged}");
    assert_eq!(home.say(&["accounts", "--json"]).out.trim(), "[]", "and nothing was linked");
}
