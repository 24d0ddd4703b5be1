//! What the profiles say, as text: the table of the README and `docs/NETWORKS.md`.
//!
//! Both are made from the same profiles that the planner and the outbox obey, so they cannot promise anything else; a test
//! compares the written page with this one.

use super::profiles;
use crate::failure::Scope;
use crate::profile::{
    Action, Card, EngagementKind, GrantShape, Idempotency, Identity, LinkCost, Profile, Quota, ReadBack, Replay,
    Support, TextLimit, Unit,
};
use std::fmt::Write;
use std::time::Duration;

/// One line a network: what matters before one decides to link an account.
pub fn networks_table() -> String {
    let mut table = String::from(
        "| network | a post holds | edit | delete | a doubtful post is | tells who | only counts |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for profile in profiles().values() {
        line(
            &mut table,
            &format!(
                "| {} | {} | {} | {} | {} | {} | {} |",
                profile.name,
                text(&profile.text),
                yes(profile.edit),
                yes(profile.delete),
                doubt(profile),
                kinds(profile, Identity::Named),
                kinds(profile, Identity::Counted),
            ),
        );
    }
    table
}

/// The whole page.
pub fn networks_page() -> String {
    let mut page = String::from(
        "# Networks\n\n\
         Made from the profiles in `src/networks`; do not edit it, run `UPDATE_DOCS=1 cargo test --test it page_is_current`.\n\
         What a server says of itself when an account is linked (its text limit, its version) replaces these numbers for that\n\
         account, and what its headers say is obeyed on top.\n\n",
    );
    page.push_str(&networks_table());
    for profile in profiles().values() {
        section(&mut page, profile);
    }
    page
}

fn section(page: &mut String, profile: &Profile) {
    line(page, &format!("\n## {} (`{}`)\n", profile.name, profile.id));
    line(page, &format!("Source: <{}>, read on {}.\n", profile.docs, profile.checked));
    line(page, "| | |\n|---|---|");
    let card = match profile.card {
        Card::ByServer => "made by the server from the page",
        Card::ByUs => "sent with the post",
        Card::None => "none",
    };
    let back = match profile.read_back {
        ReadBack::ByKey => "by its own key",
        ReadBack::ByRecentPosts => "among the account's recent posts, by the code in its link",
        ReadBack::None => "not at all: it is held for a person",
    };
    let grant = match profile.grant {
        GrantShape::Token => "a token that lives until it is revoked".to_owned(),
        GrantShape::Refreshing { lives } => format!("renewed by itself, every {}", span(lives)),
    };
    for (what, how) in [
        ("text", text(&profile.text)),
        ("link card", card.to_owned()),
        ("edit", yes(profile.edit).to_owned()),
        ("delete", yes(profile.delete).to_owned()),
        ("reply", yes(profile.reply).to_owned()),
        ("a reshare of its own, which can be taken back", yes(profile.reshare).to_owned()),
        ("sending again", again(profile.idempotency)),
        ("a doubtful post is found", back.to_owned()),
        ("grant", grant),
        ("price", profile.price.as_deref().unwrap_or("free").to_owned()),
    ] {
        line(page, &format!("| {what} | {how} |"));
    }
    for kind in EngagementKind::ALL {
        line(page, &format!("| {} | {} |", kind.word(), heard(profile, kind)));
    }
    line(page, "\n| limit | at most | in | over |\n|---|---|---|---|");
    for quota in profile.quotas.iter() {
        line(page, &limit(quota));
    }
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("writing to a string does not fail");
}

fn text(limit: &TextLimit) -> String {
    let unit = match limit.unit {
        Unit::Graphemes => "characters",
        Unit::CodePoints => "code points",
        Unit::Utf16 => "UTF-16 units",
        Unit::Bytes => "bytes",
    };
    let link = match limit.link {
        LinkCost::AsWritten => "links in full".to_owned(),
        LinkCost::Flat(cost) => format!("a link counts {cost}"),
        LinkCost::Hidden => "links behind words".to_owned(),
    };
    let bytes = limit.max_bytes.map(|max| format!(" and {max} bytes")).unwrap_or_default();
    format!("{} {unit}{bytes}, {link}", limit.max)
}

fn yes(support: Support) -> &'static str {
    match support {
        Support::Yes => "yes",
        Support::No => "no",
    }
}

fn heard(profile: &Profile, kind: EngagementKind) -> &'static str {
    match profile.hears(kind) {
        Some(Identity::Named) => "named",
        Some(Identity::Counted) => "counted",
        None => "not heard",
    }
}

/// The kinds that are heard in this way.
fn kinds(profile: &Profile, by: Identity) -> String {
    let of_this: Vec<&str> = EngagementKind::ALL
        .into_iter()
        .filter(|kind| profile.hears(*kind) == Some(by))
        .map(EngagementKind::word)
        .collect();
    of_this.join(", ")
}

fn doubt(profile: &Profile) -> &'static str {
    match (profile.idempotency, profile.read_back) {
        (Idempotency::ClientChosenId, _) => "sent again, at any time",
        (Idempotency::Key { .. }, ReadBack::None) => "sent again, for a while",
        (Idempotency::None, ReadBack::None) => "held for a person",
        (Idempotency::Key { .. } | Idempotency::None, _) => "looked up first",
    }
}

fn again(idempotency: Idempotency) -> String {
    match idempotency {
        Idempotency::Key { lives, errors } => {
            let errors = match errors {
                Replay::SuccessOnly => "",
                Replay::ErrorsToo => "; errors are repeated too",
            };
            format!("harmless for {}: the server remembers our key{errors}", span(lives))
        }
        Idempotency::ClientChosenId => "harmless at any time: we choose the record's key".into(),
        Idempotency::None => "makes a second post".into(),
    }
}

fn limit(quota: &Quota) -> String {
    let action = match quota.action {
        Action::Request => "requests",
        Action::Write => "posts",
        Action::Delete => "deletes",
        Action::ReadPage => "pages read",
    };
    let scope = match quota.scope {
        Scope::Account => "account",
        Scope::App => "app",
        Scope::Host => "server",
    };
    format!("| {action} | {} | {} | {scope} |", quota.max, span(quota.per))
}

/// In the largest unit that leaves nothing over.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        86_400 => "a day".into(),
        3600 => "an hour".into(),
        _ if seconds.is_multiple_of(3600) => format!("{} hours", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_largest_whole_unit() {
        for (seconds, words) in
            [(86_400, "a day"), (3600, "an hour"), (10_800, "3 hours"), (300, "5 minutes"), (90, "90 seconds")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn every_network_has_a_line_and_a_section() {
        for profile in profiles().values() {
            let name = &profile.name;
            assert!(networks_table().contains(&format!("| {name} |")), "{name}");
            assert!(networks_page().contains(&format!("## {name} (")), "{name}");
        }
    }
}
