//! The language of a gig whose source does not name it.
//!
//! A wrong language is worse than none: the gig would go to accounts that do not take it, and speak with the wrong labels. So only a text that is
//! long enough is judged, and only a judgement that its own measure calls reliable is kept.

use whatlang::Lang;

/// Letters of the shortest text that is judged. Titles and single lines, full of names and borrowed words, are taken for anything.
const LETTERS: usize = 120;

/// Letters that are looked at: more change nothing.
const LOOKED_AT: usize = 4_000;

/// The primary tag of the language of these texts; nothing when it cannot be told for sure.
pub fn detect(title: &str, description: &str) -> Option<String> {
    let text: String = [title, "\n", description].iter().flat_map(|text| text.chars()).take(LOOKED_AT).collect();
    if text.chars().filter(|c| c.is_alphabetic()).count() < LETTERS {
        return None;
    }
    let info = whatlang::detect(&text)?;
    info.is_reliable().then(|| tag(info.lang()).map(str::to_owned)).flatten()
}

/// BCP 47 wants the short tag where there is one. Languages without one here are left unknown.
fn tag(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Eng => "en",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Cat => "ca",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Bul => "bg",
        Lang::Ukr => "uk",
        Lang::Rus => "ru",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        Lang::Est => "et",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Hun => "hu",
        Lang::Ron => "ro",
        Lang::Ell => "el",
        Lang::Tur => "tr",
        Lang::Heb => "he",
        Lang::Ara => "ar",
        Lang::Pes => "fa",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        Lang::Tam => "ta",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Vie => "vi",
        Lang::Tha => "th",
        Lang::Ind => "id",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_some_length_says_its_language() {
        for (language, title, description) in [
            (
                "en",
                "Illustrator",
                "We are a small press and look for someone who draws animals with character. You get the finished text, \
                a page plan and one round of sketches before colour. Please add three pictures.",
            ),
            (
                "es",
                "Ilustradora",
                "Somos una pequeña editorial y buscamos a alguien que dibuje animales con carácter. Recibirás el texto \
                terminado, un plan de páginas y una ronda de bocetos antes del color.",
            ),
            (
                "fr",
                "Illustratrice",
                "Nous sommes une petite maison d’édition et cherchons quelqu’un qui dessine des animaux avec du caractère. \
                Vous recevez le texte, un plan des pages et un tour d’esquisses.",
            ),
            (
                "de",
                "Illustratorin",
                "Wir sind ein kleiner Verlag und suchen jemanden, der Tiere mit Charakter zeichnet. Du bekommst den \
                fertigen Text, einen Seitenplan und eine Runde Skizzen vor der Farbe.",
            ),
            (
                "pt",
                "Ilustradora",
                "Somos uma pequena editora e procuramos alguém que desenhe animais com personalidade. Você recebe o texto \
                pronto, um plano de páginas e uma rodada de esboços antes da cor.",
            ),
        ] {
            assert_eq!(detect(title, description).as_deref(), Some(language));
        }
    }

    #[test]
    fn what_is_short_or_no_language_stays_unknown() {
        for text in [
            "",
            "Logo",
            "Senior Rust Backend Engineer",
            "React, TypeScript, GraphQL, AWS, Docker",
            "Job als Barista in Berlin",
        ] {
            assert_eq!(detect(text, ""), None, "{text}");
        }
        assert_eq!(detect("1234567890", &"0123 ".repeat(100)), None);
    }
}
