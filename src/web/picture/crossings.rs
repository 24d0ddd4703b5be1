//! Where lines run: through no face and no name but those that they lead to, however many people there are and whoever speaks for whom.

use super::checks::{cascade, circle_of, plain};
use super::{Drawing, Lettering, Line, rings};
use proptest::prelude::*;

type Point = (f64, f64);

/// A curve's points by their weights: a quadratic one has three, a cubic four.
fn on_curve(points: &[Point], t: f64) -> Point {
    let mut points = points.to_vec();
    while points.len() > 1 {
        points = points.windows(2).map(|w| (w[0].0 + (w[1].0 - w[0].0) * t, w[0].1 + (w[1].1 - w[0].1) * t)).collect();
    }
    points[0]
}

/// The points that a pen passes, two units from each other at most; up to the head of an arrow, which is set on by a relative move.
fn trace(line: &Line) -> Vec<Point> {
    let path = line.path.split('m').next().unwrap();
    let starts: Vec<usize> = path.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([path.len()]);
    let (mut here, mut passed) = ((0.0, 0.0), Vec::new());
    for (start, end) in starts.iter().zip(ends) {
        let numbers: Vec<f64> = path[start + 1..end].split_whitespace().map(|number| number.parse().unwrap()).collect();
        let mut points = vec![here];
        match &path[*start..=*start] {
            "H" => points.push((numbers[0], here.1)),
            "V" => points.push((here.0, numbers[0])),
            "M" => points = vec![(numbers[0], numbers[1])],
            "L" | "Q" | "C" => points.extend(numbers.chunks(2).map(|pair| (pair[0], pair[1]))),
            other => panic!("{other} in {path}"),
        }
        here = *points.last().unwrap();
        let long: f64 = points.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
        let steps = (1..600_u32).find(|steps| f64::from(2 * steps) > long).unwrap();
        passed.extend((0..=steps).map(|step| on_curve(&points, f64::from(step) / f64::from(steps))));
    }
    passed
}

fn assert_that_lines_pass_by(drawing: &Drawing) {
    for line in &drawing.lines {
        let (points, half) = (trace(line), f64::from(line.width) / 2.0);
        let (first, last) = (points[0], points[points.len() - 1]);
        for dot in drawing.dots.iter().filter(|dot| dot.class != "ring") {
            let away = |point: &Point| (point.0 - f64::from(dot.x)).hypot(point.1 - f64::from(dot.y));
            // An arrow ends a little before what it leads to.
            let is_end = away(&first) < f64::from(dot.radius) + 4.0 || away(&last) < f64::from(dot.radius) + 4.0;
            let nearest = points.iter().map(away).fold(f64::MAX, f64::min);
            assert!(is_end || nearest >= f64::from(dot.radius) + half, "{line:?} through {dot:?}: {nearest}");
        }
        for label in drawing.labels.iter().filter(|label| !matches!(label.class, Lettering::Initials | Lettering::You))
        {
            let is_in_a_dot =
                drawing.dots.iter().any(|dot| dot.class == "rest" && label.extent().is_within(&dot.extent()));
            let crossed = points.iter().find(|point| label.extent().is_near(**point, half - 0.5));
            assert!(is_in_a_dot || crossed.is_none(), "{line:?} through {label:?} at {crossed:?}");
        }
    }
}

/// Whoever speaks for those of the next ring: few, many, one for all.
fn spoken_for(mix: u64) -> impl Fn(usize, usize) -> usize {
    move |place, before| match mix % 4 {
        0 => 0,
        1 => place * 7 % before,
        2 => place % 2 * (before - 1),
        _ => {
            let mixed = (place as u64 + 1).wrapping_mul(mix | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            usize::try_from(mixed).unwrap() % before
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_line_of_a_circle_runs_through_a_face_or_a_name_that_is_not_its_end(people in 3..=300_usize, first in 1..20_usize, mix: u64) {
        let drawing = rings::drawn(&circle_of(people, people.min(first), spoken_for(mix), plain), None);
        assert_that_lines_pass_by(&drawing);
    }

    #[test]
    fn no_line_of_a_cascade_runs_through_a_face_or_a_name_that_is_not_its_end(people in 0..90_usize) {
        assert_that_lines_pass_by(&cascade(people, plain).drawn());
    }
}
