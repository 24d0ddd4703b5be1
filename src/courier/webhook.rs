//! A notice as one HTTP request: JSON to an address of the operator's, for chat rooms and scripts.

use crate::failure::{Failure, Why};
use crate::notice::{About, News, Notice};
use crate::ports::{Request, Wire};
use crate::referral::Interest;
use serde_json::json;

pub(super) async fn post(
    wire: &dyn Wire,
    url: &str,
    notice: &Notice,
    name: &str,
    base: Option<&str>,
) -> Result<(), Failure> {
    let letter = notice.letter(base);
    let mut body = json!({
        "id": notice.id(),
        "kind": notice.news.kind(),
        "at": notice.at.to_string(),
        "person": { "id": notice.person, "name": name },
        // What chat rooms show.
        "text": format!("{}\n\n{}", letter.subject, letter.body.trim_end()),
    });
    match &notice.about {
        About::Account { id, handle, network } => {
            body["account"] = json!({ "id": id, "handle": handle, "network": network });
        }
        About::Gig { id, title } => body["gig"] = json!({ "id": id, "title": title }),
    }
    if let News::Interested { interest, by } = &notice.news {
        let Interest { id, person, name, reach, message, .. } = interest;
        body["interest"] = json!({
            "id": id,
            "signed_in": person.is_some(),
            "person": person,
            "name": name,
            "reach": reach,
            "message": message,
            "came_by": by,
        });
    }
    let answer = wire.send(Request::post(url).header("idempotency-key", notice.id().to_string()).json(&body)).await?;
    match answer.status {
        200..=299 => Ok(()),
        status => {
            let said = format!("notice.webhook was answered with {status}");
            Err(Failure::Transient(Why::new(said)))
        }
    }
}
