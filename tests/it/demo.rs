//! The demo as a newcomer meets it: the real binary, and only what its pages say.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use gigcast::clock::{Clock, SystemClock};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The demo means to show all of it within a minute, and takes some 15 s where nothing else runs; a busy machine breaks nothing.
const DEADLINE: Duration = Duration::from_mins(4);
const ENDING: Duration = Duration::from_secs(10);

struct Demo {
    running: Child,
    temp: tempfile::TempDir,
    /// Where it says that one should look.
    page: String,
    client: reqwest::Client,
}

impl Demo {
    fn start() -> Self {
        // Fails only when another test has installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().build().unwrap();
        let temp = tempfile::tempdir().unwrap();
        // A port that is taken: another free one is found.
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let mut running = Command::new(env!("CARGO_BIN_EXE_gigcast"))
            .args(["demo", "--port", &port])
            .env("TMPDIR", temp.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = { said }.find(|line| line.contains("http://")).expect("it says where to look");
        let page = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        assert!(!page.contains(&format!(":{port}/")), "{page} is not ours");
        Self { running, temp, page, client }
    }

    fn origin(&self) -> &str {
        self.page.strip_suffix("/demo").unwrap()
    }

    async fn text(&self, url: &str) -> String {
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// The pages of all gigs so far.
    async fn gigs(&self) -> Vec<String> {
        let feed = self.text(&format!("{}/feeds/all.json", self.origin())).await;
        let feed: Value = serde_json::from_str(&feed).unwrap();
        let mut pages = Vec::new();
        for item in feed["items"].as_array().unwrap() {
            pages.push(self.text(item["url"].as_str().unwrap()).await);
        }
        pages
    }

    fn left(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.temp.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

async fn pause(by: Duration) {
    let clock = SystemClock::default();
    clock.sleep_until(clock.now().plus(by)).await;
}

/// Posted on three accounts, reshared by someone with a name, and vouched for.
fn has_come_all_the_way(page: &str) -> bool {
    let between = |from: &str, to: &str| page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let posts = between("Where it was posted", "</section>").matches(">see the post</a>").count();
    let resharers = between("Who reshared it", "</section>").matches("reshared it ").count();
    let vouches = between("Who vouched for whom", "</section>").matches("vouches for</span>").count();
    posts >= 3 && resharers >= 1 && vouches >= 1
}

#[tokio::test]
async fn soon_a_gig_is_announced_reshared_and_vouched_for_and_afterwards_nothing_is_left() {
    let mut demo = Demo::start();
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    while !demo.gigs().await.iter().any(|page| has_come_all_the_way(page)) {
        assert!(clock.now() < deadline, "no gig has come all the way");
        pause(Duration::from_millis(500)).await;
    }
    let page = demo.text(&demo.page).await;
    assert!(page.contains("vouches for</span>"), "the demo's page tells it too: {page}");
    assert!(page.contains("on 3 accounts, reshared by"), "{page}");
    assert!(page.len() < 60_000, "{} bytes", page.len());
    breaks_and_mends(&demo).await;

    assert_eq!(demo.left().len(), 1, "one directory while it runs: {:?}", demo.left());
    let pid = rustix::process::Pid::from_child(&demo.running);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let deadline = clock.now().plus(ENDING);
    let ended = loop {
        if let Some(ended) = demo.running.try_wait().unwrap() {
            break ended;
        }
        assert!(clock.now() < deadline, "it does not end");
        pause(Duration::from_millis(50)).await;
    };
    assert!(ended.success(), "{ended}");
    assert_eq!(demo.left(), Vec::<PathBuf>::new());
    assert!(!Path::new("gigcast.toml").exists(), "nothing is written where it was started");
}

/// A revoked grant shows, and is well again when it is mended.
async fn breaks_and_mends(demo: &Demo) {
    let post = async |path: &str, fields: &'static str| {
        let request = demo.client.post(format!("{}{path}", demo.origin()));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(fields);
        request.send().await.unwrap().status()
    };
    assert!(post("/demo/break", "venue=0&how=revokes_access").await.is_success());
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    let needs = "needs to be linked again";
    while !demo.text(&demo.page).await.contains(needs) {
        assert!(clock.now() < deadline, "nobody noticed that the grant is gone");
        pause(Duration::from_millis(500)).await;
    }
    assert!(post("/demo/mend", "").await.is_success());
    assert!(!demo.text(&demo.page).await.contains(needs));
    assert!(post("/demo/break", "venue=99&how=revokes_access").await.is_client_error());
    assert!(post("/demo/break", "venue=0&how=explodes").await.is_client_error());
}

#[tokio::test]
async fn the_page_runs_its_own_script_and_no_other_and_tells_what_changes() {
    let demo = Demo::start();
    let answer = demo.client.get(&demo.page).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<script src=\"/live.js\" defer></script>"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "nothing inline");

    let board = demo.client.get(demo.origin()).send().await.unwrap();
    let policy = board.headers()["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("script-src"), "other pages stay without scripts: {policy}");

    let mut live = demo.client.get(format!("{}/live", demo.page)).send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    let first = String::from_utf8(live.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let parts: Value = serde_json::from_str(first.trim().strip_prefix("data: ").unwrap()).unwrap();
    for part in ["source", "gigs", "outbox", "accounts", "vouches", "reshares", "circle"] {
        assert!(parts[part].is_string(), "{part} is among {parts}");
        assert!(page.contains(&format!("id=\"{part}\"")), "the page has a place for {part}");
    }
}

#[tokio::test]
async fn the_page_leads_to_a_network_to_come_in_as_one_of_its_people() {
    let demo = Demo::start();
    let page = demo.text(&demo.page).await;
    let form = page.split("action=\"/sign-in\"").nth(1).unwrap().split("</form>").next().unwrap();
    let of = |name: &str| form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
    let home = form.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = format!("network={}&back={}&name={home}", of("network"), of("back"));
    let request = demo.client.post(format!("{}/sign-in", demo.origin())).body(fields);
    let onward = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let onward = onward.text().await.unwrap();
    let leads = onward.split("http-equiv=\"refresh\" content=\"0;url=").nth(1).unwrap().split('"').next().unwrap();
    let asked = demo.text(&leads.replace("&#38;", "&")).await;
    assert!(leads.starts_with(home) && asked.contains("@lena"), "{leads}: {asked}");
}

/// The addresses that a page names between two of its words.
fn addresses(page: &str, from: &str, to: &str) -> Vec<String> {
    let part = page.split(from).nth(1).unwrap_or_default().split(to).next().unwrap_or_default();
    part.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn soon_a_business_sees_whom_its_circle_would_pick_and_by_which_posts() {
    let demo = Demo::start();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = async |path: String, cookie: &str, fields: Option<String>| {
        let url = if path.starts_with("http") { path } else { format!("{}{path}", demo.origin()) };
        let request = match fields {
            Some(fields) => client.post(url).header("content-type", "application/x-www-form-urlencoded").body(fields),
            None => client.get(url),
        };
        request.header("cookie", cookie).header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let invited = send("/demo/be".into(), "", Some("poster=0".into())).await;
    let invitation = invited.headers()["location"].to_str().unwrap().to_owned();
    let accepted = send(invitation, "", Some(String::new())).await;
    let cookie = accepted.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();

    let circle = async || send("/circle".into(), &cookie, None).await.text().await.unwrap();
    let (would, ends) = ("Your circle would pick", "</section>");
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    let page = loop {
        let page = circle().await;
        if addresses(&page, would, ends).iter().any(|address| address.contains("/@")) {
            break page;
        }
        assert!(clock.now() < deadline, "the circle picks nobody: {page}");
        pause(Duration::from_millis(500)).await;
    };
    assert!(page.contains("class=\"ring\"") && page.contains("you vouched for"), "{page}");
    for post in addresses(&page, would, ends).iter().filter(|address| address.contains("/@")) {
        let said = demo.text(post).await.to_lowercase();
        assert!(said.contains("vouch") || said.contains("boost"), "{post} does not say it: {said}");
    }
    // A word of one's own makes somebody known, and taken back it makes them a stranger again.
    let people = |page: &str| {
        let linked = addresses(page, "You know them", ends).into_iter();
        linked.filter(|address| address.contains("/people/")).collect::<Vec<_>>()
    };
    let picks = addresses(&page, would, ends).into_iter().filter(|address| address.contains("/people/"));
    let mut was_forgotten = false;
    // The business lives on meanwhile, and may come to vouch for one of them by itself.
    for pick in picks.take(3) {
        let word = async |said: &str| {
            let form = format!("category=design%2Fillustration&word={said}");
            let answer = send(format!("{pick}/say"), &cookie, Some(form)).await;
            assert!(answer.status().is_redirection(), "{}", answer.status());
        };
        word("know").await;
        assert!(people(&circle().await).contains(&pick), "{pick} is not known");
        word("nothing").await;
        was_forgotten |= !people(&circle().await).contains(&pick);
    }
    assert!(was_forgotten, "what was taken back still counts");
}

/// Both vouches of a business in the demo: one that it gives on a page, and one that it got in a post; each as the business downloads it.
pub async fn taken_along() -> Vec<String> {
    let demo = Demo::start();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = async |path: &str, cookie: &str, fields: Option<&str>| {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", demo.origin()) };
        let request = match fields {
            Some(fields) => {
                let fields = fields.to_owned();
                client.post(url).header("content-type", "application/x-www-form-urlencoded").body(fields)
            }
            None => client.get(url),
        };
        request.header("cookie", cookie).header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let invited = send("/demo/be", "", Some("poster=0")).await;
    let invitation = invited.headers()["location"].to_str().unwrap().to_owned();
    let accepted = send(&invitation, "", Some("")).await;
    let cookie = accepted.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let record = send("/me/record.json", &cookie, None).await.text().await.unwrap();
    let me = serde_json::from_str::<Value>(&record).unwrap()["id"].as_str().unwrap().to_owned();

    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    // Somebody of whom the demo's business has heard by a post, and who has never signed in here.
    let whom = loop {
        let page = send("/circle", &cookie, None).await.text().await.unwrap();
        let people = addresses(&page, "Your circle would pick", "</section>");
        if let Some(whom) = people.into_iter().find(|address| address.contains("/people/")) {
            break whom;
        }
        assert!(clock.now() < deadline, "the circle picks nobody: {page}");
        pause(Duration::from_millis(500)).await;
    };
    let said = send(&format!("{whom}/say"), &cookie, Some("category=design%2Fillustration&word=again")).await;
    assert!(said.status().is_redirection(), "{}", said.status());
    loop {
        let file = send(&format!("/people/{me}/vouches.json"), &cookie, None).await.text().await.unwrap();
        let all: Vec<Value> = serde_json::from_str(&file).unwrap_or_else(|error| panic!("{error}: {file}"));
        let is_own = |one: &&Value| one["credentialSubject"]["vouch"].get("by").is_none();
        if all.iter().any(|one| is_own(&one)) {
            assert!(all.iter().any(|one| one["credentialSubject"]["vouch"]["level"] == 3), "{file}");
            return all.iter().map(Value::to_string).collect();
        }
        assert!(clock.now() < deadline, "nothing could be taken along: {file}");
        pause(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn a_vouch_given_in_the_demo_leaves_as_a_credential_about_whoever_it_was_given_to() {
    use gigcast::credential::{Did, Presented};
    let (taken, now) = (taken_along().await, SystemClock::default().now());
    for credential in &taken {
        let vouch = Presented::read(credential.as_bytes()).unwrap().verify(None, now).unwrap().vouch;
        assert!(matches!(vouch.issuer, Did::Key(_)), "{vouch:?}");
        assert!(vouch.subject.as_str().starts_with("http://127.0.0.1:"), "{vouch:?}");
    }
}
