//! What the categories that are compiled in make of real-looking gigs, and what is said of a file that is wrong.

use super::taxonomy::{Taxonomy, TaxonomyError};

/// Title, and the category it must lead to; an empty one where no rule may guess.
const TITLES: &[(&str, &str)] = &[
    ("Illustrator for a children's book", "design/illustration"),
    ("Looking for a comic artist (12 pages, b/w)", "design/illustration"),
    ("Character designer wanted for indie game", "design/illustration"),
    ("Logo for a small bakery", "design/brand"),
    ("Rebranding of a bike co-operative", "design/brand"),
    ("Graphic designer, 2 days a week", "design/graphic"),
    ("Poster for our summer festival", "design/graphic"),
    ("UX/UI Designer (m/f/d), health app", "design/ux-ui"),
    ("Packaging designer for organic tea", "design/product"),
    ("Exhibition design for a city museum", "design/space"),
    ("3D artist: product renders in Blender", "design/3d-game"),
    ("Designer", "design"),
    ("Copywriter for a landing page", "writing/copy"),
    ("Product descriptions for 80 ceramics", "writing/copy"),
    ("Ghostwriter for a memoir", "writing/content"),
    ("Proofreader for PhD thesis", "writing/editing"),
    ("Technical writer: API docs", "writing/technical"),
    ("Screenwriter for a short film", "writing/script"),
    ("Wedding photographer, Porto, 12 June", "media/photo"),
    ("Video editor for a YouTube channel", "media/video"),
    ("Motion graphics designer: 30 s explainer", "media/animation"),
    ("2D animators wanted", "media/animation"),
    ("Composer for a documentary soundtrack", "audio/music"),
    ("Podcast editor, weekly show", "audio/sound"),
    ("Voice-over artist, Scottish accent", "audio/voice"),
    ("Cellist for studio session", "audio/music"),
    ("Web designer for a yoga studio", "web/design"),
    ("WordPress site for an NGO", "web/cms"),
    ("React developer, 3 months, remote", "web/development"),
    ("Social media manager for a zero-waste shop", "marketing/social"),
    ("SEO audit of a small online shop", "marketing/seo"),
    ("SEO specialist", "marketing/seo"),
    ("Google Ads campaign for a dentist", "marketing/ads"),
    ("Newsletter editor, Mailchimp", "marketing/email"),
    ("Press officer for a film festival", "marketing/pr"),
    ("UGC creators for skin care brand", "marketing/influencer"),
    ("Rust backend, 3 weeks, remote", "software/backend"),
    ("Senior C++ developer", "software/backend"),
    ("Flutter developer for a library app", "software/mobile"),
    ("DevOps engineer (Kubernetes)", "software/operations"),
    ("Data analyst for a food bank", "data"),
    ("Translator EN>FI, 4,000 words", "translation"),
    ("Piano teacher for two kids", "teaching"),
    ("Virtual assistant, 5 h/week", "admin"),
    ("Bookkeeper for a two-person studio", "finance"),
    ("Carpenter to build a bookshelf", "trades"),
    ("Cargo bike courier", "transport"),
    ("Dog walker, mornings", "care"),
    ("Stage manager for a fringe show", "events"),
    ("Pastry chef, weekends", "food"),
    ("Ilustradora para libro infantil", "design/illustration"),
    ("Diseñador gráfico para revista", "design/graphic"),
    ("Graphiste pour une affiche", "design/graphic"),
    ("Traductrice anglais-français", "translation"),
    ("Illustratorin für ein Kinderbuch", "design/illustration"),
    ("Webentwickler gesucht", "web/development"),
    ("Redator para blog de viagem", "writing/content"),
    ("Tradutor de jogos", "translation"),
    ("SOCIAL MEDIA MANAGER!!!", "marketing/social"),
    ("Design of a logo", "design/brand"),
    ("Editor for a website", "writing/editing"),
    ("Head of marketing", "marketing"),
    ("Restart needed", ""),
    ("Someone kind", ""),
    ("👩‍🎨", ""),
];

#[test]
fn titles_lead_to_the_category_a_reader_would_name() {
    let wrong: Vec<String> = TITLES
        .iter()
        .filter_map(|(title, expected)| {
            let found = Taxonomy::builtin().classify(None, &[], title, "").unwrap_or_default();
            (found != *expected).then(|| format!("{title}: {found}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn classify(category: Option<&str>, tags: &[&str], title: &str, description: &str) -> Option<String> {
    let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
    Taxonomy::builtin().classify(category, &tags, title, description)
}

#[test]
fn the_own_slug_wins_then_tags_then_title_then_description() {
    let (title, description) = ("Carpenter wanted", "You will also translate.");
    assert_eq!(classify(Some("Legal "), &["seo"], title, description).as_deref(), Some("legal"));
    assert_eq!(classify(Some("no/such"), &["seo"], title, description).as_deref(), Some("marketing/seo"));
    assert_eq!(classify(None, &["remote"], title, description).as_deref(), Some("trades"));
    assert_eq!(classify(None, &[], "Help wanted", description).as_deref(), Some("translation"));
    assert_eq!(classify(None, &[], "Help wanted", ""), None);
}

#[test]
fn a_category_in_the_sources_own_words_is_read_like_a_tag() {
    assert_eq!(classify(Some("Graphic Design"), &[], "", "").as_deref(), Some("design/graphic"));
}

#[test]
fn tags_are_read_however_they_are_written() {
    for tag in ["graphic design", "#GraphicDesign", "graphic-design", "graphicdesign", "Graphic_Designers"] {
        assert_eq!(classify(None, &[tag], "", "").as_deref(), Some("design/graphic"), "{tag}");
    }
}

#[test]
fn words_are_whole_and_the_longest_wins() {
    assert_eq!(classify(None, &[], "Cooking up chefs-d'oeuvre", "").as_deref(), Some("food"));
    assert_eq!(classify(None, &[], "Cookies", ""), None);
    assert_eq!(classify(None, &[], "A design class: web design and more design", "").as_deref(), Some("web/design"));
}

#[test]
fn the_compiled_in_categories_are_sound() {
    let taxonomy = Taxonomy::builtin();
    assert!(taxonomy.categories().len() > 40);
    for category in taxonomy.categories() {
        assert!(!category.hashtags.is_empty() && category.hashtags.len() <= 2, "{}", category.slug);
        for keyword in &category.keywords {
            let found = classify(None, &[keyword], "", "");
            assert_eq!(found.as_deref(), Some(category.slug.as_str()), "{keyword}");
        }
    }
    assert_eq!(taxonomy.label("design/illustration"), Some("Illustration"));
    assert_eq!(taxonomy.hashtags("design/illustration"), ["Illustration", "IllustrationJobs"]);
    assert!(taxonomy.hashtags("nothing").is_empty());
    assert!(Taxonomy::includes("design", "design/illustration") && Taxonomy::includes("design", "design"));
    assert!(!Taxonomy::includes("design", "designer") && !Taxonomy::includes("design/illustration", "design"));
}

#[test]
fn each_mistake_in_the_file_is_named() {
    let category = |slug: &str, hashtag: &str, keyword: &str| {
        format!(
            "[[category]]\nslug = \"{slug}\"\nlabel = \"L\"\nhashtags = [\"{hashtag}\"]\nkeywords = [\"{keyword}\"]\n"
        )
    };
    let refused = |text: String| Taxonomy::parse(&text).unwrap_err().to_string();
    let a = category("a", "A", "one");
    for (text, names) in [
        (category("A b", "A", "x"), "`A b` is no slug"),
        (category("a/b/c", "A", "x"), "`a/b/c` is no slug"),
        (category("a/b", "A", "x"), "`a/b` has no parent: add `a`"),
        (a.clone() + &category("a", "A", "x"), "`a` is there twice"),
        (category("a", "two words", "x"), "`two words` in `a` is no hashtag"),
        (category("a", "A", "?!"), "`?!` in `a` holds no word"),
        (a.clone() + &category("b", "B", "ONE"), "`ONE` leads to `a` and to `b`"),
        (a.replace("\"L\"", "\" \""), "`a` has an empty label"),
        (a.replace("label", "lable"), "lable"),
    ] {
        let said = refused(text);
        assert!(said.contains(names), "{said}");
    }
    assert!(matches!(Taxonomy::parse("no"), Err(TaxonomyError::Toml(_))));
}
