//! What it costs to word a gig for one account: a usual one, and the worst that normalising lets through.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gigcast::clock::{Timestamp, WallClock};
use gigcast::gig::normalise::{Context, Outcome, normalise};
use gigcast::gig::{Gig, Sighting};
use gigcast::id::DeliveryId;
use gigcast::networks::profiles;
use gigcast::plan::labels::Phrasebook;
use gigcast::plan::{Link, Manner, Taxonomy, compose};
use jiff::tz::TimeZone;
use std::hint::black_box;
use support::{PUBLIC_URL, origin, sighting};

fn gig(sighting: &Sighting) -> Gig {
    let classify = |category: Option<&str>, tags: &[String], title: &str, description: &str| {
        Taxonomy::builtin().classify(category, tags, title, description)
    };
    let origin = origin();
    let (poster, source) = (origin.poster, origin.source);
    let now = Timestamp::from_millis(1_795_262_400_000);
    let context = Context { poster, source, now, wall: WallClock::Sound, known: None, classify: &classify };
    match normalise(sighting, &context) {
        Ok(Outcome::New(gig)) => gig,
        other => panic!("a gig was expected: {other:?}"),
    }
}

/// As long as a stranger can make it: letters of many code points, a thousand sentences, tags, links and mentions everywhere.
fn worst() -> Sighting {
    let family = "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}";
    Sighting {
        title: Some(format!("{family} wanted ").repeat(60)),
        body: Some(format!("{family} by @one@two.example at https://three.example/{family}. ").repeat(1_000)),
        organisation: Some(format!("{family} & daughters").repeat(30)),
        tags: (0..50).map(|n| format!("skill number {n} {family}")).collect(),
        locations: (0..20).map(|n| format!("{family} town {n}")).collect(),
        ..sighting(1)
    }
}

fn words(c: &mut Criterion) {
    let id = DeliveryId::of(&[b"bench"]);
    let labels = Phrasebook::builtin().english();
    let manner = Manner { taxonomy: Taxonomy::builtin(), labels, zone: TimeZone::UTC, template: None };
    for (name, gig) in [("usual", gig(&sighting(1))), ("worst", gig(&worst()))] {
        let link = Link { url: format!("{PUBLIC_URL}/g/{}?v={}", gig.id, id.code()), code: Some(id.code()) };
        for profile in profiles().values() {
            c.bench_function(&format!("compose/{name}/{}", profile.id), |b| {
                b.iter(|| compose(black_box(&gig), &link, profile, &manner));
            });
        }
    }
}

criterion_group!(benches, words);
criterion_main!(benches);
