//! The kind of employment that a listing names, in whichever words its system has for it.
//!
//! Job boards list jobs, and few of those are gigs: so a source can be told which kinds to take.

/// As a person would be employed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employment {
    FullTime,
    PartTime,
    Contract,
    Freelance,
    Temporary,
    Internship,
    Volunteer,
}

impl Employment {
    /// Every kind, with the word that the config and tags have for it.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("full-time", Self::FullTime),
        ("part-time", Self::PartTime),
        ("contract", Self::Contract),
        ("freelance", Self::Freelance),
        ("temporary", Self::Temporary),
        ("internship", Self::Internship),
        ("volunteer", Self::Volunteer),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// What a word of any system means: `CONTRACTOR`, `FullTime`, `Full-time (permanent)`, `fixed term`. Nothing when it could
    /// mean several things or none: it is a label, so a longer text is not searched.
    pub fn read(written: &str) -> Option<Self> {
        if written.len() > LABEL_BYTES {
            return None;
        }
        let letters: String = written.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
        // The narrower ones first: a full-time internship is an internship, a full-time contract is a contract.
        let mut kinds = SIGNS.iter().filter(|(signs, _)| signs.iter().any(|sign| letters.contains(sign)));
        kinds.next().map(|(_, kind)| *kind).filter(|_| !letters.contains("international"))
    }
}

const LABEL_BYTES: usize = 60;

const SIGNS: &[(&[&str], Employment)] = &[
    (&["intern", "trainee", "praktik"], Employment::Internship),
    (&["volunteer"], Employment::Volunteer),
    (&["freelanc"], Employment::Freelance),
    (&["contract"], Employment::Contract),
    (&["tempor", "fixedterm", "seasonal", "interim", "perdiem"], Employment::Temporary),
    (&["parttime", "teilzeit"], Employment::PartTime),
    (&["fulltime", "permanent", "vollzeit", "regular"], Employment::FullTime),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_s_word_is_read_as_what_it_means() {
        for (written, kind) in [
            ("FullTime", Some(Employment::FullTime)),
            ("Full-time (permanent)", Some(Employment::FullTime)),
            ("PART_TIME", Some(Employment::PartTime)),
            ("CONTRACTOR", Some(Employment::Contract)),
            ("Full time contract", Some(Employment::Contract)),
            ("fulltime_fixed_term", Some(Employment::Temporary)),
            ("Freelancer", Some(Employment::Freelance)),
            ("Full-time internship", Some(Employment::Internship)),
            ("International", None),
            ("Engineering", None),
            ("", None),
            ("We hire on contract, for projects of every length and everywhere", None),
        ] {
            assert_eq!(Employment::read(written), kind, "{written}");
        }
    }

    #[test]
    fn every_kind_has_its_own_word_and_is_read_back_from_it() {
        for (word, kind) in Employment::WORDS {
            assert_eq!((kind.word(), Employment::read(word)), (*word, Some(*kind)));
        }
    }
}
