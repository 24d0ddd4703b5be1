//! A poster's circle: the poster in the middle, and around them three rings of people, each tied to whoever lent them most of their voice.
//!
//! A line is as wide as the voice that goes along it. Everybody stands in the sector of whoever speaks for them, and no line passes a face or a name that it does not lead to: that
//! is so by the way they are laid ([`super::sectors`], [`super::ways`], [`super::names`]).

use super::lettering::{clean, fit};
use super::names::{FACE, Surroundings, written};
use super::sectors::{Hold, Seat, angles};
use super::ways::{Spot, Way, whole};
use super::{Anchor, Dot, Drawing, Extent, Label, Lettering, Line};
use crate::web::people::Face;
use crate::web::words::count;

/// Faces in each ring, where one may stand for all the rest of it.
pub const MOST: [usize; 3] = [14, 20, 26];

const WIDTH: i32 = 420;
/// Of the names above and below the last ring.
const MARGIN: i32 = 32;
/// Of the rings, by how many there are to draw: who is in few has room for a name.
const RADII: [&[i32]; 3] = [&[100], &[82, 150], &[72, 130, 188]];
/// Of whoever is in the middle.
const CENTRE: i32 = 18;
/// Of what stands for the rest of a ring: a number of four signs goes into it.
const REST: i32 = 17;

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

/// Who is drawn, or the rest of a ring, where nobody is; each after those whose sector it is in.
struct Seated<'a> {
    seat: Seat,
    who: Option<&'a Someone>,
    /// Where their line comes from; nothing while it is not drawn who speaks for them.
    by: Option<By>,
}

enum By {
    Centre,
    Seat(usize),
}

/// For the poster's own eyes, or for others under the poster's name.
pub fn drawn(rings: &[Ring; 3], name: Option<&str>) -> Drawing {
    let name = name.map(clean);
    let mut drawing = Drawing {
        name: "rings",
        title: name.as_ref().map_or_else(|| "Your circle".to_owned(), |name| format!("The circle of {name}")),
        description: description(rings, name.as_deref()),
        width: WIDTH,
        ..Drawing::default()
    };
    let radii = RADII[rings.iter().rposition(|ring| !ring.is_empty()).unwrap_or(RADII.len() - 1)];
    drawing.height = 2 * (radii[radii.len() - 1] + FACE + MARGIN);
    let middle = (WIDTH / 2, drawing.height / 2);
    for radius in radii {
        drawing.dots.push(dot("ring", middle, *radius, String::new()));
    }
    let seated = seated(rings);
    let angles = angles(&seated.iter().map(|one| one.seat).collect::<Vec<_>>(), radii);
    let spot = |n: usize| Spot { angle: angles[n], radius: radii[seated[n].seat.ring] };
    let ways = ways(middle, &seated, spot);
    let line = |way: &Way| Line { class: "line trust", path: way.path(), width: way.width };
    drawing.lines = ways.iter().map(line).collect();

    drawing.dots.push(dot("node", middle, CENTRE, String::new()));
    let centre = match &name {
        None => "you".to_owned(),
        Some(name) => fit(&super::super::people::initials(name), Lettering::You.size(), 2 * FACE),
    };
    drawing.labels.push(within(middle, Lettering::You, centre));
    let mut names = Vec::new();
    for (n, one) in seated.iter().enumerate() {
        let at = spot(n).at(middle);
        if let Some(Someone { face, .. }) = one.who {
            drawing.dots.push(Dot { hue: Some(face.hue), ..dot("dot", at, FACE, clean(&face.name)) });
            let initials = fit(&face.initials, Lettering::Initials.size(), 2 * FACE);
            drawing.labels.push(within(at, Lettering::Initials, initials));
            names.push((at, face.name.as_str()));
        } else {
            let ring = &rings[one.seat.ring];
            let rest = ring.len() - ring.drawn(MOST[one.seat.ring]);
            drawing.dots.push(dot("rest", at, REST, format!("and {rest} more")));
            let number = if rest > 999 { "999+".to_owned() } else { format!("+{rest}") };
            drawing.labels.push(within(at, Lettering::Small, number));
        }
    }
    let page = Extent { left: 1, top: 1, right: WIDTH - 1, bottom: drawing.height - 1 };
    let around = Surroundings { page, middle, dots: &drawing.dots, ways: &ways };
    let written = written(&around, &names);
    drawing.labels.extend(written);
    drawing
}

/// Ring by ring, in the order of each, the rest last. Whoever is spoken for by somebody who is not drawn belongs to the rest of the ring before.
fn seated(rings: &[Ring; 3]) -> Vec<Seated<'_>> {
    let mut seated: Vec<Seated> = Vec::new();
    let (mut before, mut rest_before) = (0..0, None);
    for (ring, people) in rings.iter().enumerate() {
        let shown = people.drawn(MOST[ring]);
        let begins = seated.len();
        for one in &people.people[..shown] {
            let lender = one.by.and_then(|by| before.clone().nth(by));
            let by = if ring == 0 { Some(By::Centre) } else { lender.map(By::Seat) };
            let hold = if by.is_some() { Hold::Tied } else { Hold::Loose };
            seated.push(Seated { seat: Seat { ring, of: lender.or(rest_before), hold }, who: Some(one), by });
        }
        before = begins..seated.len();
        if people.len() > shown {
            seated.push(Seated { seat: Seat { ring, of: rest_before, hold: Hold::Loose }, who: None, by: None });
            rest_before = Some(seated.len() - 1);
        } else {
            rest_before = None;
        }
    }
    seated
}

fn ways(middle: (i32, i32), seated: &[Seated], spot: impl Fn(usize) -> Spot) -> Vec<Way> {
    let loudest = seated.iter().filter_map(|one| one.who).map(|one| one.voice).fold(0.0, f64::max);
    let way = |(n, one): (usize, &Seated)| {
        let width = loudness(one.who?.voice, loudest);
        Some(match one.by.as_ref()? {
            By::Centre => Way::straight(middle, spot(n).at(middle), width),
            By::Seat(by) => Way::between(middle, spot(*by), spot(n), width),
        })
    };
    seated.iter().enumerate().filter_map(way).collect()
}

fn dot(class: &'static str, (x, y): (i32, i32), radius: i32, hint: String) -> Dot {
    Dot { class, hue: None, x, y, radius, hint }
}

/// In the middle of a dot.
fn within((x, y): (i32, i32), class: Lettering, text: String) -> Label {
    Label { class, anchor: Anchor::Middle, x, y: y + 4, text }
}

/// From 1 to 5. Voices fade fast from ring to ring, so it goes by their root.
fn loudness(voice: f64, loudest: f64) -> i32 {
    let share = if loudest > 0.0 { (voice / loudest).clamp(0.0, 1.0) } else { 0.0 };
    1 + whole(4.0 * share.sqrt())
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
