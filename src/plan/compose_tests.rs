//! What posts look like (snapshots, to be read by a person), and what must hold for any gig whatever its words.

use super::compose::{Link, compose};
use super::length::{fits, measure};
use super::manner::{Speech, Usage};
use super::template::Template;
use super::{Taxonomy, samples};
use crate::gig::{Gig, Pay, PayUnit, Place, Status};
use crate::id::{AccountId, DeliveryId};
use crate::post::{Feature, Post};
use crate::profile::{LinkCost, Profile};
use proptest::prelude::*;
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation;

fn page(gig: &Gig) -> Link {
    let code = DeliveryId::from_step(gig.id, AccountId::of(&[b"1"]), 1).code();
    Link { url: format!("https://gigs.example/g/{}?v={code}", gig.id), code: Some(code) }
}

fn composed(gig: &Gig, profile: &Profile) -> Post {
    let speech = Speech::default();
    compose(gig, &page(gig), profile, &speech.manner(gig, &samples::account("1"), Taxonomy::builtin())).unwrap()
}

/// The post on each of the three networks, as a reader sees it; joiners are shown as `‿`.
fn shown(gig: &Gig) -> String {
    let mut out = String::new();
    for (name, profile) in [("flat", samples::flat()), ("hidden", samples::hidden()), ("written", samples::written())] {
        let post = composed(gig, &profile);
        assert!(fits(&post.text, &profile.text));
        let length = measure(&post.text, &profile.text);
        let _ = writeln!(out, "---- {name}: {length} of {}\n{}", profile.text.max, post.text);
        if let Some(card) = post.card {
            let _ = writeln!(out, "[ {} | {} ]", card.title, card.description);
        }
    }
    out.replace('\u{2060}', "‿")
}

macro_rules! snapshot {
    ($gig:expr) => {
        insta::with_settings!({ snapshot_path => "../../tests/snapshots/compose", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(shown(&$gig));
        });
    };
}

const LONG: &str = "We are a small press in Tallinn and publish eight picture books a year. For the spring list we look for someone \
    who draws animals with character, e.g. a fox who can't keep a secret. You get the finished text, a page plan and one round of sketches \
    before colour.\n\nWhat we offer:\n- a fee in three parts, the first at signing\n- 6% of sales from the first copy\n- your name on the \
    cover\n\nPlease write a few lines about yourself and add three pictures. Details are at https://evil.example/form?x=1. We answer everyone, \
    usually within a week.";

#[test]
fn illustrator() {
    snapshot!(samples::gig());
}

#[test]
fn long_description() {
    let mut gig = samples::gig();
    gig.terms.description = LONG.to_owned();
    snapshot!(gig);
}

#[test]
fn long_title() {
    let mut gig = samples::gig();
    gig.terms.title = "Experienced illustrator and character designer for a series of eight picture books about a fox, a badger and a \
        very shy hedgehog who together run a night-time bicycle repair shop in a small harbour town by the sea"
        .to_owned();
    assert!(gig.terms.title.len() >= 200, "{}", gig.terms.title.len());
    snapshot!(gig);
}

#[test]
fn title_longer_than_a_post() {
    let mut gig = samples::gig();
    gig.terms.title = "Illustrator for a fox, a badger and ".repeat(20);
    snapshot!(gig);
}

#[test]
fn emoji() {
    let mut gig = samples::gig();
    gig.terms.title = "🦊📚 Illustrator wanted 👩‍👩‍👧‍👦✨ (kids' book)".to_owned();
    gig.terms.description = "Draw us a 🦊! Pay on time 💶, promised 🤞🏽. 🏴󠁧󠁢󠁳󠁣󠁴󠁿 welcome.".to_owned();
    snapshot!(gig);
}

#[test]
fn right_to_left() {
    let mut gig = samples::gig();
    gig.terms.title = "מאייר לספר ילדים".to_owned();
    gig.terms.description = "אנחנו מחפשים מאייר או מאיירת לספר ילדים על שועל. שנים עשר איורים בצבעי מים.".to_owned();
    gig.terms.organisation = Some("הוצאת השועל".to_owned());
    gig.terms.skills = vec!["איור".to_owned()];
    gig.terms.place = Place { remote: false, locations: vec!["חיפה".to_owned()], zones: None };
    gig.terms.language = Some("he".to_owned());
    snapshot!(gig);
}

#[test]
fn chinese() {
    let mut gig = samples::gig();
    gig.terms.title = "绘本插画师招聘启事".to_owned();
    gig.terms.description =
        "我们是一家小型出版社，正在寻找一位擅长水彩的插画师。共十二幅跨页插图，三月付印。请发送三幅作品和报价。"
            .repeat(6);
    gig.terms.organisation = Some("狐狸出版社".to_owned());
    gig.terms.pay = Some(Pay::Fixed { amount: 30_000, currency: "CNY".to_owned() });
    snapshot!(gig);
}

#[test]
fn no_pay_and_little_else() {
    let mut gig = samples::gig();
    gig.terms.pay = None;
    gig.terms.place = Place::default();
    gig.terms.closes = None;
    gig.terms.organisation = None;
    gig.terms.category = None;
    gig.terms.skills = Vec::new();
    gig.terms.description = String::new();
    snapshot!(gig);
}

#[test]
fn range_and_places() {
    let mut gig = samples::gig();
    gig.terms.title = "Social media manager, 60%".to_owned();
    gig.terms.category = Some("marketing/social".to_owned());
    gig.terms.skills = ["tiktok", "C++", "copy-writing", "UX", "socialmedia", "Excel"].map(str::to_owned).to_vec();
    gig.terms.pay = Some(Pay::Range { min: 38_000, max: 45_000, currency: "EUR".to_owned(), per: PayUnit::Year });
    gig.terms.place = Place {
        remote: true,
        locations: ["Berlin", "Lisbon", "Porto", "Tallinn"].map(str::to_owned).to_vec(),
        zones: None,
    };
    gig.terms.organisation = Some("Radhaus eG".to_owned());
    snapshot!(gig);
}

#[test]
fn barter() {
    let mut gig = samples::gig();
    gig.terms.title = "Photographer for our farm shop".to_owned();
    gig.terms.category = Some("media/photo".to_owned());
    gig.terms.skills = Vec::new();
    gig.terms.pay = Some(Pay::Barter);
    gig.terms.place = Place { remote: false, locations: vec!["Évora, Portugal".to_owned()], zones: None };
    gig.terms.description = "A day of photos for a month of vegetables and a place to sleep.".to_owned();
    snapshot!(gig);
}

#[test]
fn unpaid_with_signs() {
    let mut gig = samples::gig();
    gig.terms.title = "#1 fan zine: @everyone who writes C# \u{202e}evil\u{202c}".to_owned();
    gig.terms.description =
        "Ping @bo@remote.example or mail zine@acme.example. Use #zine. Visit www.evil.example today. Bye.".to_owned();
    gig.terms.pay = Some(Pay::Unpaid);
    snapshot!(gig);
}

#[test]
fn filled() {
    let mut gig = samples::gig();
    gig.status = Status::Filled;
    snapshot!(gig);
}

#[test]
fn by_e_mail() {
    let gig = samples::gig();
    let link = Link { url: "mailto:jobs@acme.example?subject=Gig%2081".to_owned(), code: None };
    for profile in [samples::flat(), samples::hidden(), samples::written()] {
        let post = compose(&gig, &link, &profile, &samples::manner()).unwrap();
        assert!(post.text.contains("\n\njobs@acme.example\n"), "{}", post.text);
        assert_eq!(post.link, link.url);
        assert_eq!(post.facets[0].feature, Feature::Link(link.url.clone()));
        assert_eq!(post.code, None);
    }
}

#[test]
fn each_status_that_is_over_comes_first_and_drops_the_tags() {
    let mut gig = samples::gig();
    for (status, word) in
        [(Status::Filled, "Filled: "), (Status::Expired, "Expired: "), (Status::Withdrawn, "Withdrawn: ")]
    {
        gig.status = status;
        let post = composed(&gig, &samples::hidden());
        assert!(post.text.starts_with(&format!("{word}Illustrator")), "{}", post.text);
        assert!(!post.text.contains('#') && !post.text.contains("closes"), "{}", post.text);
        assert!(post.card.unwrap().title.starts_with(word));
        assert_eq!(post.link, page(&gig).url);
    }
}

#[test]
fn skills_become_tags_where_no_letter_is_lost() {
    let mut gig = samples::gig();
    gig.terms.category = None;
    for (skill, tag) in [
        ("motion graphics", Some("MotionGraphics")),
        ("#node.js", Some("NodeJs")),
        ("AI & ML", Some("AIML")),
        ("iOS", Some("iOS")),
        ("children's books", Some("ChildrensBooks")),
        ("C++", None),
        ("C#", None),
        ("R", None),
        ("2026", None),
        ("a sentence that is no tag whatever else it may be", None),
    ] {
        gig.terms.skills = vec![skill.to_owned()];
        let post = composed(&gig, &samples::flat());
        let tags: Vec<&Feature> = post.facets.iter().skip(1).map(|facet| &facet.feature).collect();
        let expected: Vec<Feature> = tag.map(|tag| Feature::Tag(tag.to_owned())).into_iter().collect();
        assert_eq!(tags, expected.iter().collect::<Vec<_>>(), "{skill}");
    }
}

#[test]
fn where_addresses_are_hidden_the_host_stays_readable() {
    for (url, shown) in [
        ("https://www.gigs.example/g/1?v=2", "gigs.example/g/1"),
        ("https://gigs.example/", "gigs.example"),
        ("https://gigs.example/g/gig_0123456789abcdef?v=2", "gigs.example/g/gig_0123456789ab…"),
        ("https://bank.example.of.trusted.people.attacker.example/x", "…people.attacker.example…"),
    ] {
        let link = Link { url: url.to_owned(), code: None };
        let post = compose(&samples::gig(), &link, &samples::hidden(), &samples::manner()).unwrap();
        let facet = &post.facets[0];
        assert_eq!(&post.text[facet.start as usize..facet.end as usize], shown);
        assert_eq!(facet.feature, Feature::Link(url.to_owned()));
    }
}

#[test]
fn a_title_of_one_endless_word_is_replaced_not_cut() {
    let mut gig = samples::gig();
    gig.terms.title = "a".repeat(1000);
    assert!(composed(&gig, &samples::flat()).text.starts_with("A gig: Illustration\n"));
    gig.terms.category = None;
    assert!(composed(&gig, &samples::flat()).text.starts_with("A gig\n"));
}

#[test]
fn a_limit_below_title_and_link_says_so() {
    let mut profile = samples::written();
    profile.text.max = 40;
    let refused = compose(&samples::gig(), &page(&samples::gig()), &profile, &samples::manner()).unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("Sample takes 40 code points") && said.contains("`public_url`"), "{said}");
    assert!(refused.needed > 40);
}

#[test]
fn fields_leave_in_the_order_of_their_rank() {
    let gig = samples::gig();
    let mut profile = samples::flat();
    let marks = ["Illustrator for", "€1,200", "Remote", "closes", "Acme Press", "#Illustration ", "Twelve spreads"];
    let mut before = 0;
    for max in 40..400 {
        profile.text.max = max;
        let Ok(post) = compose(&gig, &page(&gig), &profile, &samples::manner()) else { continue };
        let said = marks.iter().filter(|mark| post.text.contains(**mark)).count();
        assert!(said + 2 >= before, "a wider limit says no less, but for a field that takes a smaller one's place");
        before = before.max(said);
    }
    assert_eq!(before, marks.len());
    profile.text.max = 70;
    assert!(composed(&gig, &profile).text.contains("€1,200"), "pay is the last to go");
}

fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Zé ,\\.!\\?\n]{0,400}",
        "([a-z]{1,12}|@[a-z]{1,5}|#[a-z]{1,5}|https://evil\\.example/[a-z]{0,9}|👩‍👩‍👧|漢字|שלום|\u{202e}|\u{301}|\r|\t|\\.) ?{1,60}",
    ]
}

const SHAPE: &str = "{{ title }} ({{ organisation }}) #work\n{% for part in [pay, place, closes] %}{% if part %}- {{ part }}\n{% endif %}\
    {% endfor %}\nMore: {{ link }}\n\n{{ description }}\n{{ tags }}";

fn shaped(gig: &Gig, profile: &Profile, template: &str) -> Post {
    let of = "sample".to_owned();
    let usage = Usage { of, language: None, template: Some(Template::parse(template).unwrap()) };
    let speech = Speech { usages: vec![usage], ..Speech::default() };
    compose(gig, &page(gig), profile, &speech.manner(gig, &samples::account("1"), Taxonomy::builtin())).unwrap()
}

#[test]
fn a_template_shapes_the_post_and_its_links_and_tags_are_found() {
    let gig = samples::gig();
    let post = shaped(&gig, &samples::flat(), SHAPE);
    let link = page(&gig).url;
    let text = format!(
        "Illustrator for a children's book (Acme Press) #work\n- €1,200\n- Remote\n- closes 3 December\n\nMore: {link}\n\n{}\n{}",
        gig.terms.description, "#Illustration #IllustrationJobs #Watercolour #ChildrensBooks"
    );
    assert_eq!(post.text, text);
    let said: Vec<&str> = post.facets.iter().map(|f| &post.text[f.start as usize..f.end as usize]).collect();
    assert_eq!(said, ["#work", &link, "#Illustration", "#IllustrationJobs", "#Watercolour", "#ChildrensBooks"]);
}

#[test]
fn what_has_no_room_in_a_templates_shape_is_left_out_from_the_description_up() {
    let gig = samples::gig();
    let wordy = format!(
        "{{{{ title }}}}\n{{{{ facts }}}}\n{}\n{{{{ description }}}} {{{{ tags }}}}\n{{{{ link }}}}",
        "very ".repeat(80)
    );
    let post = shaped(&gig, &samples::flat(), &wordy);
    assert!(fits(&post.text, &samples::flat().text), "{}", post.text);
    assert!(
        post.text.contains("€1,200 · Remote · closes 3 December") && post.text.ends_with(&page(&gig).url),
        "{}",
        post.text
    );
    assert!(!post.text.contains("watercolour"), "{}", post.text);
}

#[test]
fn where_a_templates_shape_has_no_room_at_all_the_post_is_in_ours() {
    let gig = samples::gig();
    let endless = format!("{{{{ title }}}} {} {{{{ link }}}}", "very ".repeat(200));
    assert_eq!(shaped(&gig, &samples::flat(), &endless), composed(&gig, &samples::flat()));
}

#[test]
fn where_a_templates_shape_loses_the_title_or_the_link_by_what_a_field_says_the_post_is_in_ours() {
    let mut gig = samples::gig();
    gig.terms.pay = Some(Pay::Fixed { amount: 1300, currency: "EUR".to_owned() });
    for lost in ["title", "link"] {
        let kept = if lost == "title" { "link" } else { "title" };
        let slips = format!("{{% if pay != '€1,300' %}}{{{{ {lost} }}}}{{% endif %}}\n{{{{ {kept} }}}}");
        assert_eq!(shaped(&gig, &samples::flat(), &slips), composed(&gig, &samples::flat()), "{slips}");
    }
}

#[test]
fn a_gig_that_is_over_says_so_in_a_templates_shape_and_in_its_language() {
    let mut gig = samples::gig();
    (gig.status, gig.terms.language) = (Status::Filled, Some("de".to_owned()));
    for post in [shaped(&gig, &samples::flat(), SHAPE), composed(&gig, &samples::flat())] {
        assert!(post.text.starts_with("Vergeben: Illustrator"), "{}", post.text);
        assert!(post.text.contains("1.200 €") && post.text.contains("Ortsunabhängig"), "{}", post.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn any_gig_becomes_a_sound_post_or_none(
        title in wild(),
        description in wild(),
        organisation in proptest::option::of(wild()),
        locations in proptest::collection::vec(wild(), 0..4),
        skills in proptest::collection::vec(wild(), 0..4),
        path in "[a-z0-9/]{1,80}[a-z0-9]",
        which in 0usize..3,
        max in 60u32..600,
        closed in any::<bool>(),
    ) {
        let mut gig = samples::gig();
        gig.terms.title = title;
        gig.terms.description = description;
        gig.terms.organisation = organisation;
        gig.terms.place.locations = locations;
        gig.terms.skills = skills;
        if closed {
            gig.status = Status::Filled;
        }
        let mut profile = [samples::flat(), samples::hidden(), samples::written()][which].clone();
        profile.text.max = max;
        let link = Link { url: format!("https://gigs.example/{path}"), code: None };
        let Ok(post) = compose(&gig, &link, &profile, &samples::manner()) else {
            prop_assert!(max < 150, "there is room for a title and a link");
            return Ok(());
        };
        prop_assert!(fits(&post.text, &profile.text));

        // The link is whole, and there once.
        prop_assert_eq!(&post.link, &link.url);
        if profile.text.link == LinkCost::Hidden {
            prop_assert!(!post.text.contains("://"));
        } else {
            prop_assert_eq!(post.text.matches(&link.url).count(), 1);
            prop_assert_eq!(post.text.matches("://").count(), 1);
        }

        // Facets are ordered, apart, at letters' edges, and cover what they name.
        let mut end = 0;
        let edges: Vec<usize> = post.text.grapheme_indices(true).map(|(at, _)| at).chain([post.text.len()]).collect();
        for (nth, facet) in post.facets.iter().enumerate() {
            let span = facet.start as usize..facet.end as usize;
            prop_assert!(span.start >= end && edges.contains(&span.start) && edges.contains(&span.end));
            end = span.end;
            match &facet.feature {
                Feature::Link(url) => prop_assert!(nth == 0 && *url == link.url),
                Feature::Tag(tag) => prop_assert_eq!(&post.text[span], format!("#{tag}")),
            }
        }

        // No sign of a stranger's has power.
        for (at, sign) in post.text.match_indices(['@', '#']) {
            let ours = post.facets.iter().any(|facet| facet.start as usize == at);
            let after = post.text[at + sign.len()..].chars().next();
            let word_before = post.text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            prop_assert!(ours || word_before || after.is_none_or(|c| !c.is_alphanumeric() && c != '_'), "{:?}", post.text);
        }
        let unseen = ['\u{202e}', '\r', '\t'];
        prop_assert!(!post.text.contains(unseen));

        // No half words: what is said of title and description ends where a word ends.
        let whole = [&gig.terms.title, &gig.terms.description, "A gig: Illustration"].join(" ");
        for line in post.text.lines().filter(|line| line.ends_with('…')) {
            let start = line.trim_end_matches('…').replace('\u{2060}', "");
            if let Some(last) = start.split_whitespace().next_back().filter(|last| last.is_ascii()) {
                let cut = profile.text.link == LinkCost::Hidden && last.contains("gigs.example/");
                let stands = whole.split_whitespace().any(|word| word.starts_with(last)
                    && !word[last.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()));
                prop_assert!(cut || stands, "{:?}", line);
            }
        }
    }
}
