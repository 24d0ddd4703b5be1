//! The first line of a text as people write it in the monthly threads of Hacker News: `Company | Role | Place | ...`.
//!
//! Nobody is bound to that order, so a line is read only where each part can be told by its words: what is left unclear is not guessed.

use crate::gig::employment::Employment;
use crate::gig::{Pay, PayUnit, pay, plain};
use crate::sources::reading::says_remote;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Headline {
    pub title: String,
    pub organisation: Option<String>,
    pub locations: Vec<String>,
    pub remote: Option<bool>,
    pub employment: Option<Employment>,
    pub pay: Option<Pay>,
}

/// Words of which one is in the name of most roles.
const ROLES: &[&str] = &[
    "engineer",
    "engineers",
    "engineering",
    "developer",
    "developers",
    "programmer",
    "designer",
    "designers",
    "manager",
    "scientist",
    "analyst",
    "architect",
    "consultant",
    "researcher",
    "writer",
    "editor",
    "translator",
    "illustrator",
    "marketer",
    "marketing",
    "recruiter",
    "administrator",
    "devops",
    "sre",
    "cto",
    "ceo",
    "lead",
    "founder",
    "director",
    "specialist",
    "technician",
    "accountant",
    "assistant",
    "operations",
    "sales",
    "support",
    "swe",
    "roles",
    "positions",
];

/// What the first line offers. Nothing when it offers none (someone seeks work); an error where it cannot be told.
pub(super) fn read(written: &str) -> Result<Option<Headline>, String> {
    let text = plain::text(written);
    let line = text.lines().next().unwrap_or_default();
    let mut parts: Vec<&str> = line.split('|').map(str::trim).filter(|part| !part.is_empty()).collect();
    let opening = parts.first().map(|part| part.to_uppercase()).unwrap_or_default();
    if opening.starts_with("SEEKING WORK") {
        return Ok(None);
    }
    let mut headline = Headline::default();
    if opening.starts_with("SEEKING FREELANCER") {
        parts.remove(0);
    } else if parts.len() < 3 {
        return Err("its first line is not `Company | Role | Place`".to_owned());
    } else {
        headline.organisation = Some(without_address(parts.remove(0))).filter(|name| !name.is_empty());
    }
    let mut unclear = Vec::new();
    for part in parts {
        if says_remote(part) {
            headline.remote = Some(true);
            headline.locations.push(part.to_owned());
        } else if is_role(part) {
            // A second role is the same offer's.
            let before = if headline.title.is_empty() { String::new() } else { format!("{}, ", headline.title) };
            headline.title = format!("{before}{part}");
        } else if let Some(kind) = Employment::read(part) {
            headline.employment = headline.employment.or(Some(kind));
        } else if let Some(pay) = pay::parse(part).filter(is_for_a_time) {
            headline.pay = Some(pay);
        } else if !part.contains("://") && !part.contains(['$', '€', '£', '%']) && !is_aside(part) {
            unclear.push(part);
        }
    }
    if headline.title.is_empty() {
        return Err("its first line names no role that can be told from a place".to_owned());
    }
    headline.locations.extend(unclear.first().map(|place| (*place).to_owned()));
    Ok(Some(headline))
}

fn is_role(part: &str) -> bool {
    part.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| ROLES.contains(&word))
}

/// What is neither a place nor a role: presence and papers.
fn is_aside(part: &str) -> bool {
    let part = part.to_lowercase();
    ["onsite", "on-site", "hybrid", "visa", "equity", "www."].iter().any(|word| part.contains(word))
}

/// A salary without its unit would pass for the price of a project.
fn is_for_a_time(pay: &Pay) -> bool {
    matches!(pay, Pay::Rate { .. }) || matches!(pay, Pay::Range { per, .. } if *per != PayUnit::Project)
}

/// `Acme (https://acme.example)` is Acme.
fn without_address(name: &str) -> String {
    let end = name.find("(http").or_else(|| name.find("http")).unwrap_or(name.len());
    name[..end].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_told_by_their_words_whatever_their_order() {
        let usual =
            read("Acme (https://acme.example) | Senior Engineer | Berlin, Germany | Full-time | $120k<p>We ...")
                .unwrap()
                .unwrap();
        assert_eq!(usual.organisation.as_deref(), Some("Acme"));
        assert_eq!(
            (usual.title.as_str(), usual.locations.as_slice()),
            ("Senior Engineer", &["Berlin, Germany".to_owned()][..])
        );
        assert_eq!((usual.employment, usual.pay), (Some(Employment::FullTime), None), "a salary without its unit");
        let other = read("Acme | ONSITE | Berlin | Backend Developer | €50-60/hour").unwrap().unwrap();
        assert_eq!(
            (other.title.as_str(), other.locations.as_slice()),
            ("Backend Developer", &["Berlin".to_owned()][..])
        );
        assert!(other.pay.is_some());
    }

    #[test]
    fn a_freelancer_is_sought_without_a_company_and_work_is_no_gig() {
        let gig = read("SEEKING FREELANCER | Remote (EU) | Illustrator for a book").unwrap().unwrap();
        assert_eq!((gig.title.as_str(), gig.remote, gig.organisation), ("Illustrator for a book", Some(true), None));
        assert_eq!(read("SEEKING WORK | Remote | Rust engineer"), Ok(None));
    }

    #[test]
    fn what_is_unclear_is_not_guessed() {
        assert!(read("Is anybody hiring in Berlin?").unwrap_err().contains("Company | Role | Place"));
        assert!(read("Acme | Berlin | Full-time").unwrap_err().contains("no role"));
        assert!(read("Acme | Engineer").is_err());
        assert!(read("").is_err());
    }
}
