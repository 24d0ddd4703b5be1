//! A browser, driven as a person would: go somewhere, read, fill in, press.
//!
//! Chromium behind its own driver, which speaks `WebDriver` (W3C): JSON over HTTP on loopback, so that nothing but the system's two
//! packages is needed. Elements are found by what people see: the label of a field, the words on a button.

use gigcast::base64url;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// A page that changes by itself has so long to do it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running browser with one window; closed when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Scheme {
    Light,
    Dark,
}

impl Browser {
    pub fn open() -> Self {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("chromedriver does not start: {e}; apt-get install chromium-driver"));
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            line.contains("successfully").then(|| line.trim_end_matches('.').rsplit(' ').next()?.parse().ok())?
        });
        let port = port.expect("chromedriver says its port");
        spawn(move || lines.for_each(drop));
        let mut browser = Self { driver, port, session: String::new() };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=en",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "timeouts": { "pageLoad": 60_000 },
        }}});
        let answer =
            browser.ask("POST", "/session", &wanted).unwrap_or_else(|e| panic!("Chromium does not start: {e}"));
        answer["sessionId"].as_str().expect("a session has an id").clone_into(&mut browser.session);
        browser
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string())?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        socket.write_all((head + &body).as_bytes()).map_err(|e| e.to_string())?;
        // The driver keeps connections open whatever it is told, so the length has to be read.
        let mut answer = BufReader::new(socket);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).map_err(|e| e.to_string())?;
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| "a length that is none")?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).map_err(|e| e.to_string())?;
        let value: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        match value["value"].get("error") {
            Some(error) => Err(format!("{error}: {}", value["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(value["value"].clone()),
        }
    }

    fn tell(&self, method: &str, verb: &str, body: &Value) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{verb}", self.session), body)
    }

    pub fn go(&self, url: &str) {
        self.tell("POST", "/url", &json!({ "url": url })).unwrap_or_else(|e| panic!("{url}: {e}"));
    }

    pub fn url(&self) -> String {
        self.tell("GET", "/url", &Value::Null).expect("a page has an address").as_str().unwrap_or_default().to_owned()
    }

    /// All that can be read on the page.
    pub fn text(&self) -> String {
        let script = json!({ "script": "return document.body ? document.body.innerText : ''", "args": [] });
        let text = self.tell("POST", "/execute/sync", &script).unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    fn find(&self, path: &str) -> Result<String, String> {
        let found = self.tell("POST", "/element", &json!({ "using": "xpath", "value": path }))?;
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| "an element without an id".to_owned())
    }

    fn must_find(&self, path: &str, what: &str) -> String {
        self.find(path).unwrap_or_else(|_| panic!("no {what} on {}:\n{}", self.url(), self.text()))
    }

    /// Presses the first button with these words.
    pub fn press(&self, words: &str) {
        let button = self.must_find(&format!("//button[normalize-space()={}]", quoted(words)), words);
        self.click(&button, words);
    }

    fn click(&self, element: &str, what: &str) {
        self.tell("POST", &format!("/element/{element}/click"), &json!({})).unwrap_or_else(|e| panic!("{what}: {e}"));
    }

    /// Opens or shuts the first part of the page that folds and is headed by these words.
    pub fn unfold(&self, words: &str) {
        let head = self.must_find(&format!("//summary[normalize-space()={}]", quoted(words)), words);
        self.click(&head, words);
    }

    /// Writes into the field with this label; into the one within the part of the page that says `near`, where there are several.
    pub fn fill(&self, near: &str, label: &str, text: &str) {
        let part = format!("//*[self::form or self::fieldset][contains(., {})]", quoted(near));
        let of = format!("{part}//label[contains(normalize-space(), {})]/@for", quoted(label));
        let field = self.must_find(&format!("//*[@id=({of})[1]]"), label);
        self.tell("POST", &format!("/element/{field}/clear"), &json!({})).unwrap_or_else(|e| panic!("{label}: {e}"));
        self.tell("POST", &format!("/element/{field}/value"), &json!({ "text": text }))
            .unwrap_or_else(|e| panic!("{label}: {e}"));
    }

    /// Presses the first link with these words.
    pub fn follow(&self, words: &str) {
        let link = self.must_find(&format!("//a[normalize-space()={}]", quoted(words)), words);
        self.click(&link, words);
    }

    /// Picks the choice with these words, of a list where one may be picked.
    pub fn choose(&self, words: &str) {
        let choice = self.must_find(&format!("//label[contains(normalize-space(), {})]", quoted(words)), words);
        self.click(&choice, words);
    }

    /// Picks what contains these words out of the list with this label.
    pub fn pick(&self, label: &str, words: &str) {
        let list = format!("//label[contains(normalize-space(), {})]/@for", quoted(label));
        let option = self.must_find(&format!("//*[@id=({list})[1]]/option[contains(., {})]", quoted(words)), words);
        self.click(&option, words);
    }

    /// Waits for a page that says this, looking again all the while.
    pub fn until_it_says(&self, words: &str) {
        self.until(words, |page| page.contains(words));
    }

    /// Waits for a page that does not say this any more.
    pub fn until_without(&self, words: &str) {
        self.until(&format!("nothing of `{words}`"), |page| !page.contains(words));
    }

    /// Waits for a page whose text is right.
    pub fn until(&self, what: &str, is_right: impl Fn(&str) -> bool) {
        const LOOK_EVERY: Duration = Duration::from_millis(300);
        for look in 0..PATIENCE.as_millis() / LOOK_EVERY.as_millis() {
            if is_right(&self.text()) {
                return;
            }
            sleep(LOOK_EVERY);
            // What is not live shows news only when it is asked for again; an address of one step is not asked for twice.
            if look % 8 == 7 && !self.url().contains('?') {
                let _ = self.tell("POST", "/refresh", &json!({}));
            }
        }
        panic!("{} never said `{what}`, but:\n{}", self.url(), self.text());
    }

    /// How wide the window is, and which colours its person prefers.
    pub fn look(&self, width: u32, height: u32, scheme: Scheme) {
        let command = |cmd: &str, params: Value| {
            self.tell("POST", "/goog/cdp/execute", &json!({ "cmd": cmd, "params": params }))
                .expect("the browser obeys");
        };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        command("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        command("Emulation.setEmulatedMedia", media);
    }

    /// Whether anything stands out of the window at its side.
    pub fn overflows(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > window.innerWidth";
        self.tell("POST", "/execute/sync", &json!({ "script": script, "args": [] })) == Ok(Value::Bool(true))
    }

    /// Keeps a picture of the whole page.
    pub fn picture(&self, file: &Path) {
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let shot =
            self.tell("POST", "/goog/cdp/execute", &json!({ "cmd": "Page.captureScreenshot", "params": params }));
        let data = shot.expect("a page can be pictured")["data"].as_str().unwrap_or_default().to_owned();
        let data = base64url::decode(&data.trim_end_matches('=').replace('+', "-").replace('/', "_")).expect("base 64");
        std::fs::write(file, data).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.tell("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A text as XPath writes it; none of ours has both kinds of quotes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
