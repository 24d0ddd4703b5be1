//! What a piece of evidence weighs, and what several add up to.

use super::{assert_near, party, today};
use gigcast::clock::Timestamp;
use gigcast::trust::{Admission, AsOf, Deed, Dispute, Evidence, Kind, Level, Over, Weighing, heaviest, sums};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

fn noon() -> Timestamp {
    Timestamp::from_millis(1_795_262_400_000)
}

pub fn piece(deed: Deed, days_ago: u32) -> Evidence {
    Evidence {
        by: party(1),
        about: party(2),
        category: None,
        deed,
        at: noon().minus(DAY * days_ago).minus(DAY / 2),
        source: format!("https://social.example/{days_ago}"),
        admission: Admission::Counts,
    }
}

fn within(category: &str, piece: Evidence) -> Evidence {
    Evidence { category: Some(category.to_owned()), ..piece }
}

/// What these add up to, if all of it is of one kind.
fn sum(evidence: &[Evidence]) -> f64 {
    sums(evidence, today(), &Weighing::default()).iter().map(|sum| sum.weight).sum()
}

#[test]
fn each_piece_weighs_what_the_table_says_and_halves_in_its_time() {
    for (deed, kind, base, half_life) in [
        (Deed::Hired, Kind::Explicit, 1.0, 180),
        (Deed::Completed, Kind::Explicit, 1.0, 180),
        (Deed::Vouch(Level::WouldHireAgain), Kind::Explicit, 1.0, 180),
        (Deed::Vouch(Level::WorkedWith), Kind::Explicit, 0.816_497, 180),
        (Deed::Vouch(Level::KnowsTheWork), Kind::Explicit, 0.577_350, 180),
        (Deed::Referrer, Kind::Explicit, 0.6, 180),
        (Deed::Dispute(Dispute::Grave, Over::BadWork), Kind::Negative, 1.0, 365),
        (Deed::Dispute(Dispute::Mild, Over::BadWork), Kind::Negative, 0.5, 365),
        (Deed::Reshare, Kind::Help, 0.2, 90),
        (Deed::Quote, Kind::Help, 0.3, 90),
        (Deed::Reply, Kind::Help, 0.1, 90),
    ] {
        assert_eq!(deed.kind(), kind);
        assert_near(sum(&[piece(deed, 0)]), base, 6);
        assert_near(sum(&[piece(deed, half_life)]), base / 2.0, 6);
    }
}

#[test]
fn a_level_has_a_number_from_one_to_three() {
    assert_eq!(Level::from_number(3), Some(Level::WouldHireAgain));
    assert_eq!((Level::from_number(0), Level::from_number(4)), (None, None));
}

#[test]
fn nine_reshares_are_three_times_one_and_a_tenth_is_nothing_more() {
    let reshares = |n: usize| vec![piece(Deed::Reshare, 0); n];
    assert_near(sum(&reshares(4)), 0.4, 9);
    assert_near(sum(&reshares(9)), 0.6, 9);
    assert_near(sum(&reshares(1000)), 0.6, 9);
    // The newest counts most: 0.2 + 0.2 (sqrt 2 - 1) / 2.
    assert_near(sum(&[piece(Deed::Reshare, 90), piece(Deed::Reshare, 0)]), 0.241_421, 6);
}

#[test]
fn one_more_of_a_sort_never_lowers_the_sum() {
    for deed in [Deed::Hired, Deed::Dispute(Dispute::Grave, Over::BadWork), Deed::Reshare] {
        let mut evidence = Vec::new();
        let mut before = 0.0;
        for days_ago in [400, 20, 300, 1, 0, 7, 90, 2, 50, 3, 5, 0] {
            evidence.push(piece(deed, days_ago));
            let after = sum(&evidence);
            assert!(after >= before, "{deed:?} fell from {before} to {after}");
            before = after;
        }
    }
}

#[test]
fn sorts_are_counted_apart_and_hiring_is_one_with_completing() {
    assert_near(sum(&[piece(Deed::Reshare, 0), piece(Deed::Quote, 0), piece(Deed::Reply, 0)]), 0.6, 9);
    assert_near(
        sum(&[
            piece(Deed::Dispute(Dispute::Mild, Over::BadWork), 0),
            piece(Deed::Dispute(Dispute::Grave, Over::BadWork), 0),
        ]),
        1.5,
        9,
    );
    assert_near(sum(&[piece(Deed::Hired, 0), piece(Deed::Completed, 0)]), 2.0_f64.sqrt(), 9);
}

#[test]
fn the_latest_vouch_for_a_kind_of_work_wins_and_is_not_added() {
    let (strong, weak) = (Deed::Vouch(Level::WouldHireAgain), Deed::Vouch(Level::KnowsTheWork));
    assert_near(sum(&[piece(strong, 5), piece(weak, 0), piece(strong, 9)]), 0.577_350, 6);
    assert_near(sum(&[piece(weak, 5), piece(strong, 0)]), 1.0, 9);
    // Of another kind of work it is one more piece.
    let two = [within("design", piece(strong, 0)), within("writing", piece(strong, 0))];
    assert_near(sum(&two), 2.0_f64.sqrt(), 9);
    assert_eq!(sums(&two, today(), &Weighing::default()).len(), 2);
}

#[test]
fn what_is_past_the_measure_of_a_day_weighs_nothing_and_supersedes_nothing() {
    let past = |piece: Evidence| Evidence { admission: Admission::PastMeasure, ..piece };
    let (strong, weak) = (Deed::Vouch(Level::WouldHireAgain), Deed::Vouch(Level::KnowsTheWork));
    assert_near(sum(&[past(piece(weak, 0))]), 0.0, 9);
    assert_near(sum(&[piece(strong, 0), past(piece(weak, 0))]), 1.0, 9);
}

#[test]
fn a_day_is_asked_as_a_whole_and_what_lies_ahead_of_it_is_of_age_zero() {
    let (early, late) = (noon().minus(DAY / 2), noon().plus(DAY / 2).minus(Duration::from_millis(1)));
    assert_eq!(AsOf::day_of(early), AsOf::day_of(late));
    assert_ne!(AsOf::day_of(late), AsOf::day_of(late.plus(Duration::from_millis(1))));
    assert_near(AsOf::day_of(noon()).age_days(noon()), 0.0, 9);
    assert_near(AsOf::day_of(noon()).age_days(noon().minus(DAY * 3 / 2)), 1.0, 9);
    let ahead = Evidence { at: noon().plus(DAY * 1000), ..piece(Deed::Hired, 0) };
    assert_near(sum(&[ahead]), 1.0, 9);
}

#[test]
fn the_piece_to_cite_is_the_one_that_counts_most_for_what_is_asked() {
    let evidence = [
        within("writing", piece(Deed::Vouch(Level::WouldHireAgain), 3)),
        within("design", piece(Deed::Vouch(Level::WorkedWith), 4)),
        piece(Deed::Reshare, 0),
    ];
    let cited =
        |kind, asked| heaviest(&evidence, kind, asked, today(), &Weighing::default()).map(|piece| piece.source.clone());
    let address = |days_ago: u32| Some(format!("https://social.example/{days_ago}"));
    assert_eq!(cited(Kind::Explicit, None), address(3));
    assert_eq!(cited(Kind::Explicit, Some("writing")), address(3));
    assert_eq!(cited(Kind::Help, None), address(0));
    assert_eq!(cited(Kind::Negative, None), None);
    let two = [piece(Deed::Referrer, 9), within("design", piece(Deed::Referrer, 0))];
    let asked = heaviest(&two, Kind::Explicit, Some("design"), today(), &Weighing::default());
    assert_eq!(asked.map(|piece| piece.source.clone()), address(0));
    // Beside the newer one the older counts less, and says more to whoever asks about its kind of work.
    let knows = |category, days_ago| within(category, piece(Deed::Vouch(Level::KnowsTheWork), days_ago));
    let both = [knows("writing", 0), knows("design", 5)];
    let asked = |asked| heaviest(&both, Kind::Explicit, asked, today(), &Weighing::default()).unwrap().source.clone();
    assert_eq!(Some(asked(Some("design"))), address(5));
    assert_eq!(Some(asked(None)), address(0));
}
