//! Lists in JSON that are read by a mapping: the shapes of well-known services, and mappings that are wrong.
#![allow(clippy::unwrap_used)] // a test that finds no fixture of its own can only stop

use crate::sources::{Scripted, fixtures, title, wait, why};
use crate::support::answers::answer;
use gigcast::config::{ApiAuth, ApiConfig, ApiList, ApiPaging, Config, ConfigFile, Rights};
use gigcast::daemon::check;
use gigcast::daemon::push::Reachable;
use gigcast::daemon::sources::sources;
use gigcast::failure::Failure;
use gigcast::gig::employment::Employment;
use gigcast::gig::{Republish, plain};
use gigcast::plan::Taxonomy;
use gigcast::ports::{Auth, Completeness, Cursor, Look, Response, Source};
use gigcast::secret::Secret;
use gigcast::sources::api::Api;
use gigcast::sources::licensed::Licensed;
use gigcast::sources::profile::of_address;
use gigcast::web::admin::answers::Verdict;
use proptest::prelude::*;
use serde_json::{Value, json};

fn unreachable() -> Reachable {
    Reachable { public_url: None, trusted_origins: Vec::new() }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures("api").join(name)).unwrap()
}

fn config(url: &str, items: &str, fields: &[(&str, &str)]) -> ApiConfig {
    ApiConfig {
        list: ApiList::Window,
        url: url.to_owned(),
        items: items.to_owned(),
        paging: ApiPaging::None,
        auth: None,
        fields: fields.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect(),
    }
}

fn remote_ok() -> ApiConfig {
    let fields = [
        ("id", "id"),
        ("title", "position"),
        ("url", "url"),
        ("apply", "apply_url"),
        ("description", "description"),
        ("organisation", "company"),
        ("location", "location"),
        ("tags", "tags"),
        ("pay", "{salary_min}-{salary_max} USD/year"),
        ("published", "epoch"),
    ];
    config("https://remoteok.com/api", "", &fields)
}

fn remotive() -> ApiConfig {
    let fields = [
        ("id", "id"),
        ("title", "title"),
        ("url", "url"),
        ("description", "description"),
        ("organisation", "company_name"),
        ("location", "candidate_required_location"),
        ("employment", "job_type"),
        ("pay", "{salary} per year"),
        ("tags", "category"),
        ("published", "publication_date"),
    ];
    config("https://remotive.com/api/remote-jobs", "jobs", &fields)
}

fn arbeitnow(paging: ApiPaging) -> ApiConfig {
    let fields = [
        ("id", "slug"),
        ("title", "title"),
        ("url", "url"),
        ("description", "description"),
        ("organisation", "company_name"),
        ("location", "location"),
        ("remote", "remote"),
        ("tags", "tags"),
        ("employment", "job_types"),
        ("published", "created_at"),
    ];
    ApiConfig { paging, ..config("https://arbeitnow.example/api?tag=x", "data", &fields) }
}

fn hacker_news() -> ApiConfig {
    let fields = [
        ("id", "id"),
        ("headline", "text"),
        ("url", "https://news.ycombinator.com/item?id={id}"),
        ("description", "text"),
        ("published", "created_at_i"),
    ];
    config("https://hn.algolia.com/api/v1/items/50000000", "children", &fields)
}

fn api(config: &ApiConfig) -> Api {
    Api::new(config, None).unwrap()
}

fn look_at(config: &ApiConfig, answers: impl IntoIterator<Item = Response>) -> Result<Look, Failure> {
    wait(api(config).look(&Scripted::new(answers), &Cursor::default()))
}

fn file(name: &str) -> Response {
    answer(200, &[("content-type", "application/json")], fixture(name))
}

fn json_answer(body: &Value) -> Response {
    answer(200, &[], body.to_string())
}

#[test]
fn the_shapes_of_well_known_services_are_read_by_a_mapping_alone() {
    let page = || ApiPaging::Page { parameter: "page".to_owned() };
    let empty = json_answer(&json!({"data": []}));
    for (name, config, answers) in [
        ("remoteok", remote_ok(), vec![file("remoteok.json")]),
        ("remotive", remotive(), vec![file("remotive.json")]),
        ("arbeitnow", arbeitnow(page()), vec![file("arbeitnow-1.json"), file("arbeitnow-2.json"), empty]),
        ("hn", hacker_news(), vec![file("hn-thread.json")]),
    ] {
        let look = look_at(&config, answers).unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        let name = format!("api-{name}");
        settings.bind(|| insta::assert_json_snapshot!(name, (&look.sightings, why(&look), &look.cursor)));
        assert_eq!(look.complete, Completeness::Partial, "such a list is a window");
        for sighting in &look.sightings {
            title(sighting).unwrap();
        }
    }
}

#[test]
fn only_the_kinds_of_employment_that_are_wanted_come_in() {
    let source = api(&remotive()).only(vec![Employment::Freelance]);
    let look = wait(source.look(&Scripted::new([file("remotive.json")]), &Cursor::default())).unwrap();
    assert_eq!(look.sightings.iter().map(|s| s.native.as_str()).collect::<Vec<_>>(), ["1201"]);
}

// ---- pages

fn asked(wire: &Scripted) -> Vec<String> {
    wire.asked.lock().unwrap().iter().map(|request| request.url.clone()).collect()
}

#[test]
fn each_way_of_paging_asks_for_what_comes_next_and_stops_at_the_end() {
    let named = |parameter: &str| parameter.to_owned();
    let link = || ApiPaging::Next { path: named("links.next"), parameter: named("cursor") };
    let ended = || json_answer(&json!({"data": []}));
    for (paging, last, second) in [
        (ApiPaging::Page { parameter: named("page") }, Some(ended()), "https://arbeitnow.example/api?tag=x&page=2"),
        (ApiPaging::Offset { parameter: named("skip") }, Some(ended()), "https://arbeitnow.example/api?tag=x&skip=2"),
        (link(), None, "https://arbeitnow.example/api?page=2"),
    ] {
        let config = arbeitnow(paging);
        let wire = Scripted::new([file("arbeitnow-1.json"), file("arbeitnow-2.json")].into_iter().chain(last));
        let look = wait(api(&config).look(&wire, &Cursor::default())).unwrap();
        assert_eq!(look.sightings.len(), 3);
        assert_eq!(asked(&wire)[1], second);
        assert!(wire.answers.lock().unwrap().is_empty(), "all pages were asked for");
    }
    let mut cursor = arbeitnow(ApiPaging::Next { path: named("meta.cursor"), parameter: named("after") });
    cursor.items = "data".to_owned();
    let page = |n: u32, next: Value| {
        json_answer(
            &json!({"data": [{"slug": n, "title": "x", "url": format!("https://a.example/{n}")}], "meta": {"cursor": next}}),
        )
    };
    let wire = Scripted::new([page(1, json!("a b&c")), page(2, json!(""))]);
    let look = wait(api(&cursor).look(&wire, &Cursor::default())).unwrap();
    assert_eq!(look.sightings.len(), 2);
    assert_eq!(asked(&wire)[1], "https://arbeitnow.example/api?tag=x&after=a+b%26c");
}

#[test]
fn only_a_list_that_is_whole_by_its_operators_word_and_was_read_to_its_end_is_complete() {
    let by_page = || ApiPaging::Page { parameter: "page".to_owned() };
    let ended = || json_answer(&json!({"data": []}));
    let look = |list, paging, answers: Vec<Response>| {
        look_at(&ApiConfig { list, ..arbeitnow(paging) }, answers).unwrap().complete
    };
    let (first, second) = (|| file("arbeitnow-1.json"), || file("arbeitnow-2.json"));
    assert_eq!(look(ApiList::Window, by_page(), vec![first(), second(), ended()]), Completeness::Partial);
    assert_eq!(look(ApiList::Whole, by_page(), vec![first(), second(), ended()]), Completeness::Complete);
    assert_eq!(look(ApiList::Whole, ApiPaging::None, vec![first()]), Completeness::Complete);
    assert_eq!(look(ApiList::Whole, by_page(), vec![first(), first()]), Completeness::Partial, "the same page again");
    let page = |n: usize| json_answer(&json!({"data": [{"slug": n, "title": "x", "url": "https://a.example"}]}));
    assert_eq!(look(ApiList::Whole, by_page(), (0..20).map(page).collect()), Completeness::Partial, "there are more");
    let nameless =
        json_answer(&json!({"data": [{"slug": 1, "title": "x", "url": "https://a.example"}, {"title": "y"}]}));
    assert_eq!(look(ApiList::Whole, ApiPaging::None, vec![nameless]), Completeness::Partial, "who knows which it is");
}

#[test]
fn a_server_that_takes_no_notice_of_pages_is_not_asked_for_ever() {
    let config = arbeitnow(ApiPaging::Page { parameter: "page".to_owned() });
    let look = look_at(&config, [file("arbeitnow-1.json"), file("arbeitnow-1.json")]).unwrap();
    assert_eq!(look.sightings.len(), 2);
    let page = |n: usize| json!({"data": [{"slug": n, "title": "x", "url": "https://a.example"}]});
    let wire = Scripted::new((0..20).map(|n| json_answer(&page(n))));
    wait(api(&config).look(&wire, &Cursor::default())).unwrap();
    assert_eq!(asked(&wire).len(), 10, "and one without end only so far");
}

#[test]
fn a_next_page_on_another_server_is_refused() {
    let config = arbeitnow(ApiPaging::Next { path: "next".to_owned(), parameter: "cursor".to_owned() });
    for elsewhere in
        ["https://evil.example/", "http://arbeitnow.example/api", "//evil.example/x", "https://arbeitnow.example:8443/"]
    {
        let page = json!({"data": [{"slug": 1, "title": "x", "url": "https://a.example"}], "next": elsewhere});
        let failure = look_at(&config, [json_answer(&page)]).unwrap_err();
        assert!(matches!(&failure, Failure::Permanent(why) if why.said.contains("another server")), "{failure}");
    }
}

// ---- secrets

#[test]
fn the_secret_comes_from_the_environment_and_stands_in_the_header_alone() {
    let auth = Some(ApiAuth { env: "JOBS_TOKEN".to_owned(), header: "X-Api-Key".to_owned() });
    let config = ApiConfig { auth, ..arbeitnow(ApiPaging::None) };
    let unset = Api::new(&config, None).unwrap_err();
    assert!(unset.said.contains("JOBS_TOKEN") && unset.said.contains("not set"), "{unset}");
    let source = Api::new(&config, Some(Secret::new("hunter2"))).unwrap();
    assert!(!format!("{source:?}").contains("hunter2"));
    let wire = Scripted::new([file("arbeitnow-1.json")]);
    wait(source.look(&wire, &Cursor::default())).unwrap();
    let asked = wire.asked.lock().unwrap();
    assert_eq!(asked[0].auth, Auth::Header { name: "X-Api-Key".to_owned(), value: Secret::new("hunter2") });
    assert!(!asked[0].url.contains("hunter2"));
}

// ---- wrong mappings

fn refused(config: &ApiConfig, name: &str) -> String {
    let failure = look_at(config, [file(name)]).unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    failure.why().to_string()
}

fn with(mut config: ApiConfig, name: &str, path: &str) -> ApiConfig {
    config.fields.insert(name.to_owned(), path.to_owned());
    config
}

#[test]
fn a_path_that_leads_nowhere_is_told_with_what_stands_there_instead() {
    let mut wrong = remotive();
    wrong.items = "data.jobs".to_owned();
    assert_eq!(
        refused(&wrong, "remotive.json"),
        "`items` is `data.jobs`, and in the answer there is no `data`: it is an object with 00-warning, job-count, jobs"
    );
    wrong.items = "job-count".to_owned();
    assert_eq!(
        refused(&wrong, "remotive.json"),
        "`items` is `job-count`, and a list belongs there; found is the number 2"
    );
    let said = refused(&with(remotive(), "title", "titel"), "remotive.json");
    assert!(
        said.starts_with("`fields.title` is `titel`, and in no item is anything there: there is no `titel`"),
        "{said}"
    );
    let said = refused(&with(remote_ok(), "title", "tags"), "remoteok.json");
    assert!(said.contains("`fields.title` is `tags`, and a text belongs there; found is a list of 2"), "{said}");
    assert!(refused(&remotive(), "../feed/not-a-feed.html").contains("and not JSON that can be read"));
}

#[test]
fn a_wrong_path_to_what_a_gig_can_do_without_is_told_beside_the_gigs() {
    let wrong = with(with(remotive(), "published", "salary"), "organisation", "company");
    let look = look_at(&wrong, [file("remotive.json")]).unwrap();
    assert_eq!(look.sightings.len(), 2);
    let told = why(&look);
    assert!(told[0].starts_with("fields.organisation: `fields.organisation` is `company`, and in no item"), "{told:?}");
    // Of two salaries, the blank one could be a time that is not known: so the path is not told to be wrong.
    assert_eq!(told.len(), 1, "{told:?}");
    let look = look_at(&with(remotive(), "published", "title"), [file("remotive.json")]).unwrap();
    assert!(why(&look)[0].contains("a time (such as 2026-12-31T18:00:00Z"), "{:?}", why(&look));
}

#[test]
fn a_closing_time_that_cannot_be_read_refuses_its_gig_alone() {
    let page = json!({"jobs": [
        {"id": 1, "title": "a", "url": "https://a.example/1", "until": "soon"},
        {"id": 2, "title": "b", "url": "https://a.example/2", "until": "2026-12-12"},
        {"id": 3, "title": "c", "url": "https://a.example/3", "until": null},
    ]});
    let fields = [("id", "id"), ("title", "title"), ("url", "url"), ("closes", "until")];
    let look = look_at(&config("https://a.example/", "jobs", &fields), [json_answer(&page)]).unwrap();
    assert_eq!(look.sightings.len(), 2);
    assert_eq!(look.sightings[1].closes.unwrap().to_string(), "2026-12-12T23:59:59.999Z");
    assert!(why(&look)[0].starts_with("1: `fields.closes` is `until`"), "{:?}", why(&look));
}

#[test]
fn a_mapping_that_could_never_make_a_gig_is_refused_at_once() {
    for (fields, said) in [
        (&[("id", "id"), ("url", "url")][..], "`fields.title` is missing"),
        (&[("id", "id"), ("title", "t")], "`fields.url` is missing"),
        (&[("title", "t"), ("apply", "a")], "`fields.id` is missing"),
        (&[("id", "a..b"), ("title", "t"), ("url", "u")], "`fields.id`: `a..b` is no path"),
        (&[("id", "{a"), ("title", "t"), ("url", "u")], "`fields.id`: `{a` is no template"),
    ] {
        let refused = Api::new(&config("https://a.example/", "", fields), None).unwrap_err();
        assert!(refused.said.contains(said), "{refused}");
    }
    let refused = Api::new(&config("https://a.example/", "a[", &[("title", "t"), ("url", "u")]), None).unwrap_err();
    assert!(refused.said.starts_with("`items`: `a[` is no path"), "{refused}");
}

#[test]
fn what_could_be_read_before_may_be_read_again() {
    let read = Cursor([("read".to_owned(), "yes".to_owned())].into());
    let page = Scripted::new([answer(200, &[], "<html>Back soon</html>")]);
    assert!(matches!(wait(api(&remotive()).look(&page, &read)), Err(Failure::Transient(_))));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let wire = Scripted::new([answer(200, &[("etag", "\"1\"")], fixture("remotive.json")), answer(304, &[], "")]);
    let first = wait(api(&remotive()).look(&wire, &Cursor::default())).unwrap();
    let second = wait(api(&remotive()).look(&wire, &first.cursor)).unwrap();
    assert_eq!(wire.asked(1, "if-none-match").as_deref(), Some("\"1\""));
    assert_eq!((second.sightings.len(), &second.cursor), (0, &first.cursor));
}

// ---- terms

fn under(config: &ApiConfig, rights: Rights, name: &str) -> Look {
    let source = Licensed::under(Box::new(api(config)), of_address(&config.url), rights);
    wait(source.look(&Scripted::new([file(name)]), &Cursor::default())).unwrap()
}

#[test]
fn what_a_service_forbids_is_refused_unless_the_gigs_are_the_posters_own() {
    for (config, name, said) in [
        (remotive(), "remotive.json", "Remotive forbids posting its jobs elsewhere"),
        (hacker_news(), "hn-thread.json", "Hacker News gives no leave"),
    ] {
        for sighting in under(&config, Rights::Source, name).sightings {
            let Republish::Refused(why) = sighting.republish else { panic!("{name} may be posted") };
            assert!(why.said.starts_with(said) && why.said.contains("rights = \"poster\""), "{why}");
        }
        assert!(under(&config, Rights::Poster, name).sightings.iter().all(|s| s.republish == Republish::Allowed));
    }
}

#[test]
fn a_service_that_wants_to_be_named_is_named_with_its_address() {
    let theirs = under(&remote_ok(), Rights::Source, "remoteok.json");
    let named: Vec<_> = theirs.sightings.iter().map(|s| s.organisation.as_deref().unwrap()).collect();
    assert_eq!(named, ["via Remote OK", "Acme (via Remote OK)"]);
    let body = plain::text(theirs.sightings[1].body.as_ref().unwrap());
    assert!(body.ends_with("Seen via Remote OK: https://remoteok.example/remote-jobs/90001"), "{body}");
    let own = under(&remote_ok(), Rights::Poster, "remoteok.json");
    assert_eq!(own.sightings[1].organisation.as_deref(), Some("Acme"));
}

// ---- from the config on

fn configured(
    text: &str,
    env: &[(&str, &str)],
) -> Result<Vec<std::sync::Arc<gigcast::daemon::watch::Watched>>, String> {
    let config = Config::parse(&[ConfigFile { name: "gigcast.toml", text }], []).map_err(|wrong| wrong.to_string())?;
    let env: Vec<(String, String)> = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let env = move |name: &str| env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    sources(&config, Taxonomy::builtin(), &env).map_err(|wrong| wrong.to_string())
}

const REMOTIVE: &str = "[[source]]\nname = 'remotive'\nkind = 'api'\nurl = 'https://remotive.com/api/remote-jobs'\nposter = 'Acme'\n\
    items = 'jobs'\nauth_env = 'JOBS_TOKEN'\n#rights\n[source.fields]\nid = 'id'\ntitle = 'title'\nurl = 'url'\n";

#[test]
fn check_tells_what_a_source_says_and_why_it_is_announced_nowhere() {
    let token = [("JOBS_TOKEN", "Bearer hunter2")];
    let watched = configured(REMOTIVE, &token).unwrap();
    assert_eq!(
        watched[0].limits.floor.as_secs(),
        6 * 3600,
        "Remotive is read four times a day, whatever the config says"
    );
    let checked = wait(check::source(&watched[0], &Scripted::new([file("remotive.json")]), &unreachable()));
    assert_eq!(checked.verdict, Verdict::Note);
    assert!(
        checked.said.starts_with("it can be read: 2 gigs; its gigs are announced nowhere: Remotive forbids"),
        "{}",
        checked.said
    );
    assert!(
        checked.said.ends_with("it is looked at every 6 hours at most, since Remotive asks for no more"),
        "{}",
        checked.said
    );

    let own = configured(&REMOTIVE.replace("#rights", "rights = 'poster'"), &token).unwrap();
    let checked = wait(check::source(&own[0], &Scripted::new([file("remotive.json")]), &unreachable()));
    assert!(!checked.said.contains("nowhere"), "{}", checked.said);

    let wrong = configured(&REMOTIVE.replace("title = 'title'", "title = 'name'"), &token).unwrap();
    let checked = wait(check::source(&wrong[0], &Scripted::new([file("remotive.json")]), &unreachable()));
    assert_eq!(checked.verdict, Verdict::Wrong);
    assert!(checked.said.contains("`fields.title` is `name`, and in no item is anything there"), "{}", checked.said);
}

#[test]
fn a_source_that_cannot_be_opened_is_told_by_its_name() {
    let unset = configured(REMOTIVE, &[]).unwrap_err();
    assert!(
        unset.starts_with("the source `remotive`: `auth_env` names the environment variable JOBS_TOKEN"),
        "{unset}"
    );
    let board = "[[source]]\nname = 'hiring'\nkind = 'board'\nsystem = 'greenhose'\nboard = 'acme'\nposter = 'Acme'";
    let unknown = configured(board, &[]).unwrap_err();
    assert!(unknown.starts_with("the source `hiring`: there is no hiring system called `greenhose`"), "{unknown}");
    let board = configured(&board.replace("greenhose", "workable"), &[]).unwrap();
    assert_eq!((board[0].limits.usual.as_secs(), board[0].limits.floor.as_secs()), (3600, 3600));
    assert!(board[0].notes.is_empty());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é<&;|]{0,16}".prop_map(Value::from),
        Just(json!("Acme | Engineer | Berlin | €50/hour")),
        Just(json!("https://a.example/x")),
        Just(json!("<p></p>")),
        Just(json!("é|ß|日本")),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-d]", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A path that the items below may have, a template of such paths, or anything at all.
const PATHS: &str = "[a-d]|[a-d]|[a-d]\\.[a-d]|[a-d]\\[[01]\\]|\\{[a-d]\\}-[a-d]{0,2}|[ -z]{0,6}";

proptest! {
    #[test]
    fn no_json_and_no_mapping_whatever_makes_it_panic(
        items in proptest::collection::vec(proptest::collection::btree_map("[a-d]", any_json(), 0..5), 1..5),
        other in any_json(),
        paths in proptest::collection::vec(PATHS, 15),
        // A headline decides much, so that it is named only sometimes.
        names in proptest::sample::subsequence(FIELDS.to_vec(), 4..15),
        paged in any::<bool>(),
    ) {
        let mut fields: Vec<(&str, &str)> = names.into_iter().zip(paths.iter().map(String::as_str)).collect();
        fields.extend([("title", "a"), ("url", "b")]);
        let list = json!({"a": items, "b": other});
        for (at, document) in [("a", &list), ("", &other)] {
            let mut config = config("https://a.example/list", at, &fields);
            if paged {
                config.paging = ApiPaging::Next { path: "b".to_owned(), parameter: "cursor".to_owned() };
            }
            let Ok(source) = Api::new(&config, None) else { continue };
            let answers = (0..10).map(|_| json_answer(document));
            if let Ok(look) = wait(source.look(&Scripted::new(answers), &Cursor::default())) {
                for sighting in &look.sightings {
                    let _ = title(sighting);
                }
            }
        }
    }
}

const FIELDS: [&str; 15] = [
    "id",
    "title",
    "headline",
    "url",
    "apply",
    "description",
    "organisation",
    "location",
    "remote",
    "tags",
    "employment",
    "pay",
    "language",
    "published",
    "closes",
];
