//! A poster's circle: the poster in the middle, and around them three rings of people, each tied to whoever lent them most of their voice.
//!
//! A line is as wide as the voice that goes along it. People of a ring stand near those who speak for them. A name is written where there is room for it and over nothing else;
//! whose name finds none has initials, and stands in the words beside the picture like everybody.

use super::lettering::{clean, fit};
use super::{Anchor, Dot, Drawing, Extent, Label, Lettering, Line};
use crate::web::people::Face;
use crate::web::words::count;
use std::cmp::Ordering;
use std::f64::consts::{FRAC_PI_2, TAU};

/// Faces in each ring, where one may stand for all the rest of it.
pub const MOST: [usize; 3] = [14, 20, 26];

const WIDTH: i32 = 480;
const HEIGHT: i32 = 462;
const MIDDLE: (i32, i32) = (240, 224);
/// Of the rings, by how many there are to draw: who is in few has room for a name.
const RADII: [&[i32]; 3] = [&[128], &[92, 176], &[78, 142, 206]];
const FACE: i32 = 14;
/// Of what stands for the rest of a ring: a number of four signs goes into it.
const REST: i32 = 17;
/// Narrower room for a name says nothing.
const ROOMS: [i32; 3] = [110, 76, 48];

/// One of a ring.
#[derive(Debug, Clone)]
pub struct Someone {
    pub face: Face,
    /// How much of the poster's voice they have.
    pub voice: f64,
    /// Who lent them most of it, by place in the ring before; nothing for those who are not drawn, and in the first ring.
    pub by: Option<usize>,
}

#[derive(Debug, Clone, Default)]
pub struct Ring {
    /// The loudest first, at most as many as [`MOST`] says.
    pub people: Vec<Someone>,
    /// Those who are in it and not named.
    pub more: usize,
}

impl Ring {
    pub fn len(&self) -> usize {
        self.people.len() + self.more
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those with a face of their own.
    fn drawn(&self, most: usize) -> usize {
        if self.more == 0 && self.people.len() <= most { self.people.len() } else { self.people.len().min(most - 1) }
    }
}

/// Someone with a place.
struct Placed {
    angle: f64,
    at: (i32, i32),
}

/// For the poster's own eyes, or for others under the poster's name.
pub fn drawn(rings: &[Ring; 3], name: Option<&str>) -> Drawing {
    let name = name.map(clean);
    let mut drawing = Drawing {
        name: "rings",
        title: name.as_ref().map_or_else(|| "Your circle".to_owned(), |name| format!("The circle of {name}")),
        description: description(rings, name.as_deref()),
        width: WIDTH,
        height: HEIGHT,
        ..Drawing::default()
    };
    let loudest: Vec<f64> =
        rings.iter().map(|ring| ring.people.iter().map(|one| one.voice).fold(0.0, f64::max)).collect();
    let loudest = loudest.into_iter().fold(0.0, f64::max);
    let mut lines = Vec::new();
    let mut names = Vec::new();
    let mut before: Vec<Placed> = Vec::new();
    let radii = RADII[rings.iter().rposition(|ring| !ring.is_empty()).unwrap_or(RADII.len() - 1)];
    for (n, (ring, &radius)) in rings.iter().zip(radii).enumerate() {
        drawing.dots.push(Dot { class: "ring", hue: None, x: MIDDLE.0, y: MIDDLE.1, radius, hint: String::new() });
        let shown = ring.drawn(MOST[n]);
        let rest = ring.len() - shown;
        let placed = places(ring, shown, rest > 0, &before, radius);
        for (one, spot) in ring.people.iter().zip(&placed).take(shown) {
            let from = if n == 0 { Some(MIDDLE) } else { one.by.and_then(|by| before.get(by)).map(|by| by.at) };
            if let Some((x, y)) = from {
                let path = format!("M{x} {y}L{} {}", spot.at.0, spot.at.1);
                lines.push(Line { class: "line trust", path, width: loudness(one.voice, loudest) });
            }
            names.push((spot.at, one));
        }
        if let (true, Some(spot)) = (rest > 0, placed.last()) {
            let hint = format!("and {rest} more");
            drawing.dots.push(Dot { class: "rest", hue: None, x: spot.at.0, y: spot.at.1, radius: REST, hint });
            let number = if rest > 999 { "999+".to_owned() } else { format!("+{rest}") };
            drawing.labels.push(within(spot.at, Lettering::Small, number));
        }
        before = placed;
    }
    drawing.lines = lines;
    drawing.dots.push(Dot { class: "node", hue: None, x: MIDDLE.0, y: MIDDLE.1, radius: 18, hint: String::new() });
    let middle = match &name {
        None => "you".to_owned(),
        Some(name) => fit(&super::super::people::initials(name), Lettering::You.size(), 2 * FACE),
    };
    drawing.labels.push(within(MIDDLE, Lettering::You, middle));
    for ((x, y), one) in &names {
        drawing.dots.push(Dot {
            class: "dot",
            hue: Some(one.face.hue),
            x: *x,
            y: *y,
            radius: FACE,
            hint: clean(&one.face.name),
        });
        let initials = fit(&one.face.initials, Lettering::Initials.size(), 2 * FACE);
        drawing.labels.push(within((*x, *y), Lettering::Initials, initials));
    }
    write_names(&mut drawing, &names);
    drawing
}

/// In the middle of a dot.
fn within((x, y): (i32, i32), class: Lettering, text: String) -> Label {
    Label { class, anchor: Anchor::Middle, x, y: y + 4, text }
}

/// The nearest first: their names matter most. Each name takes the widest room that is free, away from the middle rather than towards it.
fn write_names(drawing: &mut Drawing, names: &[((i32, i32), &Someone)]) {
    let dots = drawing.dots.iter().filter(|dot| dot.class != "ring");
    let mut taken: Vec<Extent> = dots.map(Dot::extent).collect();
    let page = Extent { left: 1, top: 1, right: WIDTH - 1, bottom: HEIGHT - 1 };
    for ((x, y), one) in names {
        let rooms = ROOMS.iter().map(|room| fit(&one.face.name, Lettering::Small.size(), *room));
        let mut labels = rooms.flat_map(|text| beside((*x, *y), text));
        let is_free = |extent: &Extent| extent.is_within(&page) && !taken.iter().any(|other| other.meets(extent, 0));
        if let Some(label) = labels.find(|label| is_free(&label.extent())) {
            taken.push(label.extent());
            drawing.labels.push(label);
        }
    }
}

/// Where the name of a face may stand: first on the side that lies away from the middle.
fn beside((x, y): (i32, i32), text: String) -> [Label; 4] {
    let label = |anchor, x, y| Label { class: Lettering::Small, anchor, x, y, text: text.clone() };
    let below = label(Anchor::Middle, x, y + FACE + 11);
    let above = label(Anchor::Middle, x, y - FACE - 5);
    let right = label(Anchor::Start, x + FACE + 4, y + 4);
    let left = label(Anchor::End, x - FACE - 4, y + 4);
    let (to_the_right, down) = (x - MIDDLE.0, y - MIDDLE.1);
    let (side, other_side) = if to_the_right < 0 { (left, right) } else { (right, left) };
    let (end, other_end) = if down < 0 { (above, below) } else { (below, above) };
    if to_the_right.abs() > down.abs() {
        [side, end, other_end, other_side]
    } else {
        [end, side, other_side, other_end]
    }
}

/// Evenly around, and turned so that people stand near those who speak for them; the rest, where there is one, comes last.
///
/// Answers them in the order of the ring, the rest at the end.
fn places(ring: &Ring, shown: usize, has_rest: bool, before: &[Placed], radius: i32) -> Vec<Placed> {
    let wanted = |place: &usize| ring.people[*place].by.and_then(|by| before.get(by)).map(|by| by.angle);
    let mut order: Vec<usize> = (0..shown).collect();
    order.sort_by(|a, b| match (wanted(a), wanted(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    let slots = shown + usize::from(has_rest);
    let step = TAU / real(slots.max(1));
    // The turn that brings them nearest, as the direction of the sum of all turns that single ones would like.
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (slot, place) in order.iter().enumerate() {
        if let Some(angle) = wanted(place) {
            let turn = angle - real(slot) * step;
            sine += turn.sin();
            cosine += turn.cos();
        }
    }
    let turn = if f64::hypot(sine, cosine) > 1e-6 { sine.atan2(cosine) } else { -FRAC_PI_2 };
    let mut slot_of: Vec<usize> = vec![0; shown];
    for (slot, place) in order.iter().enumerate() {
        slot_of[*place] = slot;
    }
    let slots = slot_of.into_iter().chain(has_rest.then_some(shown));
    slots
        .map(|slot| {
            // The same turn of the circle for all, so that angles can be put in order.
            let angle = (turn + real(slot) * step).rem_euclid(TAU);
            let radius = f64::from(radius);
            let at = (MIDDLE.0 + whole(radius * angle.cos()), MIDDLE.1 + whole(radius * angle.sin()));
            Placed { angle, at }
        })
        .collect()
}

/// From 1 to 5. Voices fade fast from ring to ring, so it goes by their root.
fn loudness(voice: f64, loudest: f64) -> i32 {
    let share = if loudest > 0.0 { (voice / loudest).clamp(0.0, 1.0) } else { 0.0 };
    1 + whole(4.0 * share.sqrt())
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

// All that is drawn is within a few hundred units.
#[allow(clippy::cast_possible_truncation)]
fn whole(length: f64) -> i32 {
    length.round() as i32
}

fn description(rings: &[Ring; 3], name: Option<&str>) -> String {
    let [first, second, third] = rings.each_ref().map(Ring::len);
    if first + second + third == 0 {
        return "You are in the middle, and nobody stands around you yet: vouch for people whose work you know."
            .to_owned();
    }
    if let Some(name) = name {
        return format!(
            "{name} is in the middle. Around them {} whom they speak for, then {} whom these speak for, and then {} one step further. A line is as wide as the voice that goes along it.",
            count(first, "person", "people"),
            count(second, "person", "people"),
            count(third, "person", "people"),
        );
    }
    format!(
        "You are in the middle. Around you {} whom you speak for yourself, then {} whom these speak for, and then {} one step further. A line is as wide as the voice that goes along it.",
        count(first, "person", "people"),
        count(second, "person", "people"),
        count(third, "person", "people"),
    )
}
