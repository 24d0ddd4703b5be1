//! The line from one face of a circle to another on the next ring.
//!
//! It leaves outwards, turns in the gap between the rings, and comes in from within: so it passes no other face on either ring. All turn alike, and so those that keep the order
//! of the faces do not cross. Where there is hardly anything to turn it is straight.

use super::names::FACE;

/// From a face to where turning begins.
const OUT: i32 = FACE + 4;
/// One bend to the next, at most.
const BEND: f64 = 18.0;

/// On a ring.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub angle: f64,
    pub radius: i32,
}

impl Spot {
    /// From the middle of the picture.
    pub fn at(self, middle: (i32, i32)) -> (i32, i32) {
        place(middle, self.angle, f64::from(self.radius))
    }
}

/// The ends of a way, and what draws it from one to the other: a curve bends towards each point between them.
#[derive(Debug)]
pub struct Way {
    bends: Vec<(i32, i32)>,
    pub width: i32,
}

impl Way {
    pub fn straight(from: (i32, i32), to: (i32, i32), width: i32) -> Self {
        Self { bends: vec![from, to], width }
    }

    /// Outwards from one ring to the next.
    pub fn between(middle: (i32, i32), from: Spot, to: Spot, width: i32) -> Self {
        let (aside, inner, outer) = (to.angle - from.angle, f64::from(from.radius), f64::from(to.radius));
        // Not further aside than the next face of the inner ring.
        if (aside * inner).abs() <= f64::from(2 * FACE) {
            return Self::straight(from.at(middle), to.at(middle), width);
        }
        let (begins, ends) = (inner + f64::from(OUT), outer - f64::from(OUT));
        let turns = (1..=60).find(|turns| (aside * ends).abs() <= BEND * f64::from(*turns)).unwrap_or(60);
        let turning = (0..=turns).map(|turn| {
            let share = f64::from(turn) / f64::from(turns);
            place(middle, from.angle + aside * share, begins + (ends - begins) * share)
        });
        let bends = [from.at(middle)].into_iter().chain(turning).chain([to.at(middle)]);
        Self { bends: bends.collect(), width }
    }

    /// In the words of SVG's `d`.
    pub fn path(&self) -> String {
        let (first, last) = (self.bends[0], self.bends[self.bends.len() - 1]);
        if self.bends.len() == 2 {
            return format!("M{} {}L{} {}", first.0, first.1, last.0, last.1);
        }
        let curves = self.curves().into_iter().map(|[_, by, to]| format!("Q{} {} {} {}", by.0, by.1, to.0, to.1));
        format!("M{} {}{}", first.0, first.1, curves.collect::<String>())
    }

    /// Each from where the one before it ends: half way between two bends, where both look the same way.
    fn curves(&self) -> Vec<[(f64, f64); 3]> {
        let bends: Vec<(f64, f64)> = self.bends.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
        let last = bends.len() - 2;
        let mut from = bends[0];
        let curve = |n: usize| {
            let to = if n == last { bends[n + 1] } else { half(bends[n], bends[n + 1]) };
            [std::mem::replace(&mut from, to), bends[n], to]
        };
        (1..=last).map(curve).collect()
    }

    /// Points along it, a few units from each other.
    pub fn passes(&self) -> Vec<(f64, f64)> {
        let mut curves = self.curves();
        if curves.is_empty() {
            let [from, to] = [self.bends[0], self.bends[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
            curves = vec![[from, half(from, to), to]];
        }
        let mut points = Vec::new();
        for [from, by, to] in curves {
            let steps = whole((to.0 - from.0).hypot(to.1 - from.1) / 4.0) + 1;
            points.extend((0..=steps).map(|step| {
                let share = f64::from(step) / f64::from(steps);
                let on = |a: (f64, f64), b: (f64, f64)| (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
                on(on(from, by), on(by, to))
            }));
        }
        points
    }
}

fn half(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1))
}

fn place(middle: (i32, i32), angle: f64, radius: f64) -> (i32, i32) {
    (middle.0 + whole(radius * angle.cos()), middle.1 + whole(radius * angle.sin()))
}

// All that is drawn is within a few hundred units.
#[allow(clippy::cast_possible_truncation)]
pub fn whole(length: f64) -> i32 {
    length.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_straight_out_is_a_straight_line_and_one_aside_goes_round() {
        let to = |angle| Way::between((0, 0), Spot { angle: 0.0, radius: 80 }, Spot { angle, radius: 150 }, 1);
        assert_eq!(to(0.0).path(), "M80 0L150 0");
        let round = to(3.0);
        assert!(round.path().starts_with("M80 0Q"), "{}", round.path());
        assert!(round.passes().iter().all(|(x, y)| x.hypot(*y) >= 79.0), "{:?}", round.passes());
    }
}
