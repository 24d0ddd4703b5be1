//! As much of a browser as forms for signing in and consenting need.

use crate::ours::Gigcast;
use crate::peer::Owner;
use gigcast::ports::{Request, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

pub struct Browser<'a> {
    ours: &'a Gigcast,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(ours: &'a Gigcast) -> Self {
        Self { ours, cookies: BTreeMap::new() }
    }

    /// One request with the cookies that are held; those of the answer are kept.
    pub async fn walk(&mut self, request: Request) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.ours.send(request.header("cookie", cookies.join("; "))).await;
        assert!(answer.status < 400, "{} {}", answer.status, answer.excerpt);
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            if let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        answer
    }

    /// A form of Django's: its token goes along.
    pub async fn submit(&mut self, page: &str, fields: &[(&str, &str)]) -> Response {
        let mut fields = pairs(fields);
        fields.push(("csrfmiddlewaretoken".into(), self.cookies["csrftoken"].clone()));
        self.walk(Request::post(page).form(fields)).await
    }

    /// The person signs in at kepi and agrees to what they are asked at this address. Answers where they are sent back to.
    pub async fn agrees_at_kepi(&mut self, server: &str, authorize: &str, owner: &Owner) -> Url {
        let login = format!("{server}/accounts/login/");
        self.walk(Request::get(&*login)).await;
        self.submit(&login, &[("username", &owner.name), ("password", &owner.password), ("next", "/")]).await;
        self.walk(Request::get(authorize)).await;
        let asked = Url::parse(authorize).expect("an address");
        let asked: Vec<(String, String)> = asked.query_pairs().map(|(n, v)| (n.into(), v.into())).collect();
        let mut fields: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.push(("allow", "Authorize"));
        location(&self.submit(authorize, &fields).await)
    }

    /// The same at Bluesky's server, whose page is a program: this asks what it asks.
    pub async fn agrees_at_bluesky(&mut self, authorize: &str, owner: &Owner) -> Url {
        let origin = Url::parse(authorize).expect("an address").origin().ascii_serialization();
        self.walk(navigation(authorize, "none")).await;
        let entered = json!({ "locale": "en", "username": owner.name, "password": owner.password, "remember": false });
        let signed_in = self.asks(&origin, authorize, "sign-in", &entered, None).await;
        let token = signed_in["ephemeralToken"].as_str().expect("it lets them in").to_owned();
        let agreed = self.asks(&origin, authorize, "consent", &json!({ "did": owner.id }), Some(&token)).await;
        let on = agreed["url"].as_str().expect("it goes on").to_owned();
        location(&self.walk(navigation(&on, "same-origin").header("referer", authorize)).await)
    }

    async fn asks(&mut self, origin: &str, page: &str, what: &str, body: &Value, token: Option<&str>) -> Value {
        let mut request = Request::post(format!("{origin}/@atproto/oauth-provider/~api/{what}"))
            .json(body)
            .header("origin", origin)
            .header("referer", page)
            .header("sec-fetch-mode", "same-origin")
            .header("sec-fetch-site", "same-origin")
            .header("x-csrf-token", self.cookies["csrf-token"].clone());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        serde_json::from_slice(&self.walk(request).await.body).expect("JSON")
    }
}

fn navigation(url: &str, from: &str) -> Request {
    Request::get(url)
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", from)
}

fn location(answer: &Response) -> Url {
    Url::parse(answer.header("location").expect("it sends us on")).expect("an address")
}

pub fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
