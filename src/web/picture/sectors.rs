//! Where those of a circle stand: each in the part of it that belongs to whoever speaks for them.
//!
//! A circle is a tree. Whoever has more behind them gets a wider sector, as wide as those need who stand there, and stands in its middle; so nobody is strewn among those of
//! another. Where a ring has not room for that, its people keep their order and move aside as little as may be; those without a line give way to those who have one.

use super::names::FACE;
use std::f64::consts::{FRAC_PI_2, TAU};

/// From face to face along a ring, at least: whatever stands for a rest is a little larger.
const STEP: i32 = 2 * FACE + 6;

/// A place for one face.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    pub ring: usize,
    /// In whose sector; nothing for those who have one of their own. They come before it.
    pub of: Option<usize>,
    pub hold: Hold,
}

/// Whether a line leads to a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    Tied,
    Loose,
}

impl Seat {
    /// What its wish to stand in its sector counts beside those of others.
    fn weight(&self) -> f64 {
        match self.hold {
            Hold::Tied => 1.0,
            Hold::Loose => 0.05,
        }
    }
}

/// The angles of seats on rings with these radii; the first is at the top, and on each ring they grow in the order of the sectors.
pub fn angles(seats: &[Seat], radii: &[i32]) -> Vec<f64> {
    let step = |ring: usize| 2.0 * (f64::from(STEP) / f64::from(2 * radii[ring])).asin();
    let needs = needs(seats, |seat| step(seat.ring) * seat.weight());
    let wanted = middles(seats, &needs);
    let mut angles = wanted.clone();
    for ring in 0..radii.len() {
        let mut there: Vec<usize> = (0..seats.len()).filter(|seat| seats[*seat].ring == ring).collect();
        there.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
        let wishes: Vec<(f64, f64)> = there.iter().map(|seat| (wanted[*seat], seats[*seat].weight())).collect();
        let apart = apart(&wishes, step(ring));
        for (seat, angle) in there.into_iter().zip(apart) {
            angles[seat] = angle;
        }
    }
    let turn = angles.first().map_or(0.0, |first| -FRAC_PI_2 - first);
    angles.into_iter().map(|angle| angle + turn).collect()
}

/// How wide a sector each would have if there were room without end: for their face, or for all who are in it.
fn needs(seats: &[Seat], own: impl Fn(&Seat) -> f64) -> Vec<f64> {
    let mut needs = vec![0.0; seats.len()];
    for (n, seat) in seats.iter().enumerate().rev() {
        needs[n] = f64::max(needs[n], own(seat));
        if let Some(of) = seat.of {
            needs[of] += needs[n];
        }
    }
    needs
}

/// The middle of each sector, where they share the circle by what they need.
fn middles(seats: &[Seat], needs: &[f64]) -> Vec<f64> {
    // What those in a sector need together, the whole circle last; and how far each is filled.
    let whole = seats.len();
    let mut shared = vec![0.0; whole + 1];
    for (seat, need) in seats.iter().zip(needs) {
        shared[seat.of.unwrap_or(whole)] += need;
    }
    let mut free = vec![0.0; whole + 1];
    let mut widths = vec![0.0; whole + 1];
    widths[whole] = TAU;
    let mut middles = Vec::new();
    for (n, seat) in seats.iter().enumerate() {
        let of = seat.of.unwrap_or(whole);
        widths[n] = widths[of] * needs[n] / shared[of];
        free[n] = free[of];
        free[of] += widths[n];
        middles.push(free[n] + widths[n] / 2.0);
    }
    middles
}

/// For wishes and what they weigh: as near to them as may be, in their order, no two nearer than a step, and together not more than once around. The wish of those who are in each
/// other's way is the mean of theirs.
fn apart(wishes: &[(f64, f64)], step: f64) -> Vec<f64> {
    let step = step.min(TAU / real(wishes.len()));
    // Without the steps before them, keeping apart is to keep in order.
    let in_order = |(n, (angle, weight)): (usize, &(f64, f64))| (angle - real(n) * step, *weight);
    let wishes: Vec<(f64, f64)> = wishes.iter().enumerate().map(in_order).collect();
    let mut crowds: Vec<(f64, f64, usize)> = Vec::new();
    for (wish, weight) in &wishes {
        let mut last = (*wish, *weight, 1);
        while let Some((wish, weight, many)) = crowds.pop_if(|(wish, ..)| *wish > last.0) {
            let both = weight + last.1;
            last = ((wish * weight + last.0 * last.1) / both, both, many + last.2);
        }
        crowds.push(last);
    }
    let placed: Vec<f64> = crowds.iter().flat_map(|(wish, _, many)| std::iter::repeat_n(*wish, *many)).collect();
    let room = TAU - real(wishes.len()) * step;
    let (from, to) = window(&placed, &wishes, room);
    placed.iter().enumerate().map(|(n, angle)| angle.min(to).max(from) + real(n) * step).collect()
}

/// The part of so much room, outside of which nobody may stand, that moves them least.
fn window(placed: &[f64], wishes: &[(f64, f64)], room: f64) -> (f64, f64) {
    let (first, last) = (placed.first().copied().unwrap_or(0.0), placed.last().copied().unwrap_or(0.0));
    if last - first <= room {
        return (first, last);
    }
    let moved = |from: f64| -> f64 {
        let moves =
            placed.iter().zip(wishes).map(|(at, (_, weight))| weight * (at - at.min(from + room).max(from)).powi(2));
        moves.sum()
    };
    let tried = (0..=64).map(|n| first + (last - room - first) * f64::from(n) / 64.0);
    let from = tried.min_by(|a, b| moved(*a).total_cmp(&moved(*b))).unwrap_or(first);
    (from, from + room)
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RADII: [i32; 2] = [80, 150];

    fn seat(ring: usize, of: Option<usize>) -> Seat {
        Seat { ring, of, hold: Hold::Tied }
    }

    #[test]
    fn whoever_speaks_for_many_has_the_wider_sector_and_stands_in_the_midst_of_them() {
        let seats = [seat(0, None), seat(0, None), seat(1, Some(0)), seat(1, Some(0)), seat(1, Some(0))];
        let angles = angles(&seats, &RADII);
        assert!((angles[3] - angles[0]).abs() < 1e-9 && (angles[0] + FRAC_PI_2).abs() < 1e-9, "{angles:?}");
        assert!((angles[2] + angles[4] - 2.0 * angles[0]).abs() < 1e-9, "{angles:?}");
        assert!(angles[4] - angles[2] < TAU * 0.6, "the other keeps a part of the circle: {angles:?}");
    }

    #[test]
    fn those_without_room_where_they_belong_stand_beside_it_a_step_from_each_other() {
        let many = (0..20).map(|_| seat(1, Some(0)));
        let seats: Vec<Seat> = (0..14).map(|_| seat(0, None)).chain(many).collect();
        let angles = angles(&seats, &RADII);
        for (ring, step) in [(&angles[..14], 0.4), (&angles[14..], 0.2)] {
            assert!(ring.windows(2).all(|pair| pair[1] - pair[0] > step), "{ring:?}");
            assert!(ring[ring.len() - 1] - ring[0] < TAU - step, "{ring:?}");
        }
    }

    #[test]
    fn whoever_has_no_line_gives_way() {
        let loose = Seat { hold: Hold::Loose, ..seat(1, Some(1)) };
        let seats: Vec<Seat> =
            [seat(0, None), seat(0, None), seat(1, Some(0))].into_iter().chain([loose; 18]).collect();
        let angles = angles(&seats, &RADII);
        assert!((angles[2] - angles[0]).abs() < 0.1, "{angles:?}");
    }

    #[test]
    fn crowds_spread_around_their_middle_and_never_more_than_once_around() {
        let stand = |wishes: &[f64]| apart(&wishes.iter().map(|wish| (*wish, 1.0)).collect::<Vec<_>>(), 0.5);
        assert_eq!(stand(&[3.0, 3.0, 3.0, 5.0]), [2.5, 3.0, 3.5, 5.0]);
        assert_eq!(stand(&[]), Vec::<f64>::new());
        let around = stand(&[0.0, 3.0, 6.2]);
        assert!((around[2] - around[0] - (TAU - 0.5)).abs() < 1e-9 && around[0] > 0.1 && around[2] < 6.1, "{around:?}");
    }
}
