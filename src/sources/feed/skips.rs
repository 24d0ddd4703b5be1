//! `skipHours` and `skipDays` of RSS, which its parser passes over: when a feed asks not to be looked at.

use crate::polling::Skips;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Where they stand: `rss`, `channel`, and one of them.
const DEPTH: usize = 3;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What a feed says of it, as far as its XML can be read. Hours and days are those of UTC; what is neither is left out.
pub(super) fn read(text: &str) -> Skips {
    let mut reader = Reader::from_str(text);
    let (mut hours, mut days) = (Vec::new(), Vec::new());
    let (mut depth, mut within) = (0usize, false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth += 1;
                if depth == DEPTH {
                    within = matches!(tag.name().as_ref(), "skipHours" | "skipDays");
                }
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Text(text)) if within && depth == DEPTH + 1 => {
                let word = text.trim().to_ascii_lowercase();
                // The first version counted from 1 to 24.
                hours.extend(word.parse::<u8>().ok().filter(|hour| *hour <= 24).map(|hour| hour % 24));
                days.extend((0u8..).zip(DAYS).find(|(_, name)| *name == word).map(|(day, _)| day));
            }
            Ok(Event::Eof) | Err(_) => return Skips::of(hours, days),
            Ok(_) => {}
        }
    }
}

/// As a cursor keeps them: an answer without a body cannot repeat them.
pub(super) fn written(skips: Skips) -> String {
    serde_json::to_string(&skips).expect("two numbers can be written")
}

pub(super) fn kept(written: Option<&String>) -> Skips {
    written.and_then(|written| serde_json::from_str(written).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rss(channel: &str) -> Skips {
        read(&format!("<rss version='2.0'><channel>{channel}</channel></rss>"))
    }

    #[test]
    fn hours_and_days_are_read_where_they_stand_and_nowhere_else() {
        let said = "<title>x</title><skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>25</hour><hour>noon</hour></skipHours>\
            <skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>";
        assert_eq!(rss(said), Skips::of([0, 23], [5, 6]));
        assert!(rss("<item><skipHours><hour>3</hour></skipHours></item>").is_none());
        assert!(rss("<hour>3</hour>").is_none());
        assert_eq!(rss("<skipHours><hour>3</hour></skipHours><item><title>cut"), Skips::of([3], []));
        assert_eq!(kept(Some(&written(Skips::of([3], [1])))), Skips::of([3], [1]));
        assert!(kept(Some(&"?".to_owned())).is_none() && kept(None).is_none());
    }
}
