//! The towns that a sandbox may be, and who lives in each. No name lives in two towns, so that whoever watches several sandboxes at
//! once can tell their people apart.

use super::world::Indexing;

/// Which people live here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Town {
    #[default]
    Village,
    Harbour,
    Orchard,
}

/// One who lives there, and what they do when they are lively.
pub(super) struct Inhabitant {
    pub username: &'static str,
    pub name: &'static str,
    pub note: &'static str,
    pub indexing: Indexing,
    /// Posts with one of these tags are worth a look.
    pub eye_for: &'static [&'static str],
    pub vouches_for: Option<(&'static str, &'static str)>,
}

impl Town {
    pub(super) fn people(self) -> &'static [Inhabitant] {
        match self {
            Self::Village => &VILLAGE,
            Self::Harbour => &HARBOUR,
            Self::Orchard => &ORCHARD,
        }
    }
}

const VILLAGE: [Inhabitant; 8] = [
    Inhabitant {
        username: "acme",
        name: "Acme Paper & Print",
        note: "A print shop with two presses and one cat. We post gigs here.",
        indexing: Indexing::Allowed,
        eye_for: &[],
        vouches_for: None,
    },
    Inhabitant {
        username: "lena",
        name: "Lena Brandt",
        note: "Illustrator. Animals that look you in the eye. #illustration",
        indexing: Indexing::Allowed,
        eye_for: &[
            "illustration",
            "design",
            "gig",
            "graphicdesign",
            "animation",
            "branding",
            "packagingdesign",
            "uxdesign",
        ],
        vouches_for: Some(("omar", "He made my shop text half as long and twice as warm.")),
    },
    Inhabitant {
        username: "omar",
        name: "Omar Haddad",
        note: "Copywriter. Short sentences, long lunches. #copywriting",
        indexing: Indexing::Allowed,
        eye_for: &[
            "copywriting",
            "writing",
            "gig",
            "hiring",
            "editing",
            "screenwriting",
            "technicalwriting",
            "voiceover",
        ],
        vouches_for: Some(("lena", "She drew our whole catalogue and never missed a day.")),
    },
    Inhabitant {
        username: "mirela",
        name: "Mirela Popa",
        note: "Builds websites that work on old telephones. #webdev #rust",
        indexing: Indexing::Allowed,
        eye_for: &["webdev", "rust", "freelance", "gig", "programming", "wordpress", "datajobs", "qa", "devops"],
        vouches_for: Some(("kofi", "His pictures loaded fast and sold the bread.")),
    },
    Inhabitant {
        username: "kofi",
        name: "Kofi Asante",
        note: "Photographer of bakeries, boats and people who hate being photographed. #photography",
        indexing: Indexing::Allowed,
        eye_for: &["photography", "hiring", "gigs", "videoproduction", "foodjobs"],
        vouches_for: None,
    },
    Inhabitant {
        username: "june",
        name: "June Park",
        note: "Keeps the books of eleven studios. Knows who pays on time.",
        indexing: Indexing::Allowed,
        eye_for: &[
            "hiring",
            "freelance",
            "gigs",
            "gig",
            "illustration",
            "graphicdesign",
            "copywriting",
            "webdev",
            "programming",
            "videoproduction",
            "sounddesign",
            "eventjobs",
            "trades",
            "delivery",
            "teaching",
            "publicrelations",
        ],
        vouches_for: Some(("mirela", "Three projects, three invoices, no surprises.")),
    },
    Inhabitant {
        username: "ines",
        name: "Inês Duarte",
        note: "Translator, Portuguese and German. Please keep me out of search engines and lists.",
        indexing: Indexing::Refused,
        eye_for: &["translation", "gig", "proofreading", "subtitles"],
        vouches_for: None,
    },
    Inhabitant {
        username: "tove",
        name: "Tove Lindqvist",
        note: "Sound for small films. Mostly birds. #sound",
        indexing: Indexing::Allowed,
        eye_for: &["sound", "film", "gigs", "sounddesign", "voiceover", "music", "filmjobs"],
        vouches_for: None,
    },
];

const HARBOUR: [Inhabitant; 6] = [
    Inhabitant {
        username: "bruno",
        name: "Bruno Costa",
        note: "Runs the studio house by the water: forty desks, one kettle. If there is work, I pass it on.",
        indexing: Indexing::Allowed,
        eye_for: EVERYTHING,
        vouches_for: Some(("aiko", "Two seasons of our posters. People stole them off the walls.")),
    },
    Inhabitant {
        username: "aiko",
        name: "Aiko Mori",
        note: "Letters, labels and boxes one wants to keep. #lettering",
        indexing: Indexing::Allowed,
        eye_for: &["illustration", "graphicdesign", "branding", "packagingdesign", "animation", "uxdesign"],
        vouches_for: Some(("sefa", "She finds the mistake on page 112.")),
    },
    Inhabitant {
        username: "sefa",
        name: "Sefa Yıldız",
        note: "Editor and proofreader, Turkish, English, German. #editing",
        indexing: Indexing::Allowed,
        eye_for: &[
            "editing",
            "proofreading",
            "copywriting",
            "translation",
            "technicalwriting",
            "screenwriting",
            "writing",
        ],
        vouches_for: Some(("bruno", "Pays in seven days and carries the boxes himself.")),
    },
    Inhabitant {
        username: "ravi",
        name: "Ravi Menon",
        note: "Databases by day, ferries by evening. #data #rust",
        indexing: Indexing::Allowed,
        eye_for: &["programming", "webdev", "datajobs", "devops", "qa", "wordpress", "teaching"],
        vouches_for: Some(("mila", "She asked the one question nobody had asked our users.")),
    },
    Inhabitant {
        username: "mila",
        name: "Mila Novak",
        note: "Watches people use things, then mends the things. #uxdesign",
        indexing: Indexing::Allowed,
        eye_for: &["uxdesign", "webdev", "qa", "teaching", "datajobs", "eventjobs"],
        vouches_for: None,
    },
    Inhabitant {
        username: "otis",
        name: "Otis Clarke",
        note: "Cameras, cranes, coffee. #film",
        indexing: Indexing::Allowed,
        eye_for: &["videoproduction", "photography", "sounddesign", "music", "animation", "voiceover", "delivery"],
        vouches_for: Some(("aiko", "Title cards for three films, all on time.")),
    },
];

const ORCHARD: [Inhabitant; 6] = [
    Inhabitant {
        username: "sade",
        name: "Sade Okafor",
        note: "The freelancers' breakfast, every first Tuesday. I know someone who knows someone.",
        indexing: Indexing::Allowed,
        eye_for: EVERYTHING,
        vouches_for: Some(("tomas", "He rebuilt our shop in a week and it has not gone down since.")),
    },
    Inhabitant {
        username: "tomas",
        name: "Tomás Rivera",
        note: "Small shops, quick pages. #webdev",
        indexing: Indexing::Allowed,
        eye_for: &["webdev", "programming", "wordpress", "devops", "qa", "uxdesign", "datajobs"],
        vouches_for: Some(("yara", "Her manuals are the reason our telephone is quiet.")),
    },
    Inhabitant {
        username: "yara",
        name: "Yara Haddad",
        note: "Writes what others only mean. Arabic, French, English. #writing",
        indexing: Indexing::Allowed,
        eye_for: &["copywriting", "technicalwriting", "editing", "translation", "screenwriting", "publicrelations"],
        vouches_for: Some(("sade", "She sent me four jobs, and all four were good ones.")),
    },
    Inhabitant {
        username: "piet",
        name: "Piet de Vries",
        note: "Pictures of things that stand still. Mostly apples. #photography",
        indexing: Indexing::Allowed,
        eye_for: &["photography", "videoproduction", "packagingdesign", "graphicdesign", "foodjobs"],
        vouches_for: None,
    },
    Inhabitant {
        username: "nuria",
        name: "Núria Soler",
        note: "Draws maps of places that are hard to find. #illustration",
        indexing: Indexing::Allowed,
        eye_for: &["illustration", "animation", "branding", "graphicdesign", "eventjobs"],
        vouches_for: Some(("piet", "He waited two hours for the light, and was right.")),
    },
    Inhabitant {
        username: "elif",
        name: "Elif Aydın",
        note: "Voice, piano, patience. #music",
        indexing: Indexing::Allowed,
        eye_for: &["music", "voiceover", "sounddesign", "podcasting", "teaching", "videoproduction"],
        vouches_for: None,
    },
];

/// Some pass on whatever work there is.
const EVERYTHING: &[&str] = &[
    "illustration",
    "graphicdesign",
    "branding",
    "packagingdesign",
    "uxdesign",
    "animation",
    "copywriting",
    "editing",
    "technicalwriting",
    "screenwriting",
    "photography",
    "videoproduction",
    "sounddesign",
    "voiceover",
    "music",
    "webdev",
    "wordpress",
    "programming",
    "datajobs",
    "qa",
    "devops",
    "translation",
    "teaching",
    "trades",
    "delivery",
    "eventjobs",
    "foodjobs",
    "publicrelations",
    "researchjobs",
];
