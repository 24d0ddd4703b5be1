//! How communities are put on paper.

use super::{BOLD, plain, styled};
use crate::daemon::spoken::counted;
use crate::web::admin::{CommunityLine, CommunityView};
use std::fmt::Write as _;

pub(in crate::cli) fn lines(all: &[CommunityLine]) -> String {
    if all.is_empty() {
        return "There is no community yet. Start one: gigcast community add NAME --category SLUG --steward WHO\n"
            .to_owned();
    }
    all.iter().map(line).collect()
}

fn line(one: &CommunityLine) -> String {
    let stewards = if one.stewards.is_empty() { "nobody".to_owned() } else { one.stewards.join(", ") };
    let (members, entry) = (counted(one.members, "member"), counted(usize::from(one.vouches), "vouch"));
    let entry = entry.replace("vouchs", "vouches");
    format!(
        "{} ({}) in {}: {members}, entry by {entry}, looked after by {}\n",
        styled(BOLD, &one.name),
        plain(&one.slug),
        plain(&one.category),
        plain(&stewards)
    )
}

pub(in crate::cli) fn view(view: &CommunityView) -> String {
    let mut text = line(&view.line);
    if !view.about.is_empty() {
        let _ = writeln!(text, "  {}", plain(&view.about));
    }
    for member in &view.members {
        let _ = writeln!(
            text,
            "  {} ({}): {}, {}",
            styled(BOLD, &member.name),
            plain(&member.id),
            plain(&member.rank),
            plain(&member.entry)
        );
    }
    for one in &view.invited {
        let _ = writeln!(text, "  {} ({}): invited, and not in it yet", styled(BOLD, &one.name), plain(&one.id));
    }
    if let Some(one) = view.invited.first() {
        let _ = writeln!(
            text,
            "Take an invitation back: gigcast community uninvite {} {}",
            plain(&view.line.slug),
            plain(&one.id)
        );
    }
    text
}
