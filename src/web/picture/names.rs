//! The names beside the faces of a circle.
//!
//! A name is written where it stands over nothing: no face, no other name, no line. It is written whole, on one line or on two; else by its first word; and whose name finds no room
//! at all has initials, and stands in the words beside the picture like everybody.

use super::lettering::{clean, fit, width};
use super::ways::{Way, whole};
use super::{Anchor, Dot, Extent, Label, Lettering};
use std::cmp::Reverse;

/// The radius of a face.
pub const FACE: i32 = 13;
/// One line below the other.
const LINE: i32 = 14;
/// Of the longest line; what is longer is cut.
const ROOM: i32 = 130;
const LETTERING: Lettering = Lettering::Name;

/// What names are written around and between.
pub struct Surroundings<'a> {
    pub page: Extent,
    pub middle: (i32, i32),
    pub dots: &'a [Dot],
    pub ways: &'a [Way],
}

/// Names of those who stand at these places. The first are written first.
pub fn written(around: &Surroundings, names: &[((i32, i32), &str)]) -> Vec<Label> {
    let mut taken: Vec<Extent> = around.dots.iter().filter(|dot| dot.class != "ring").map(Dot::extent).collect();
    let lines: Vec<_> = around.ways.iter().flat_map(|way| way.passes().into_iter().map(|at| (at, way.width))).collect();
    let is_free = |extent: &Extent, taken: &[Extent]| {
        extent.is_within(&around.page)
            && !taken.iter().any(|other| other.meets(extent, 0))
            && !lines.iter().any(|(at, width)| extent.is_near(*at, f64::from(*width) / 2.0 + 2.0))
    };
    let mut labels = Vec::new();
    for (at, name) in names {
        let mut blocks = wordings(name).into_iter().flat_map(|lines| beside(around, *at, lines));
        let found = blocks.find(|block| block.iter().all(|label| is_free(&label.extent(), &taken)));
        for label in found.into_iter().flatten() {
            taken.push(label.extent());
            labels.push(label);
        }
    }
    labels
}

/// The fullest first.
fn wordings(name: &str) -> Vec<Vec<String>> {
    let (name, size) = (clean(name), LETTERING.size());
    let spaces = name.match_indices(' ').map(|(at, _)| (&name[..at], &name[at + 1..]));
    let halves = spaces.min_by_key(|(above, below)| width(above, size).max(width(below, size)));
    let mut wordings = Vec::new();
    if width(&name, size) <= ROOM || halves.is_none() {
        wordings.push(vec![fit(&name, size, ROOM)]);
    }
    if let Some((above, below)) = halves {
        wordings.push(vec![fit(above, size, ROOM), fit(below, size, ROOM)]);
        let first = name.split(' ').next().unwrap_or_default();
        wordings.push(vec![fit(first, size, ROOM)]);
    }
    wordings
}

/// Where these lines may stand around a face: first on the side that lies away from the middle, and nowhere outside of the page where they need not.
fn beside(around: &Surroundings, (x, y): (i32, i32), lines: Vec<String>) -> Vec<Vec<Label>> {
    let size = LETTERING.size();
    let wide = lines.iter().map(|line| width(line, size)).max().unwrap_or_default();
    let under = LINE * (i32::try_from(lines.len()).unwrap_or(1) - 1);
    // Of its first line.
    let (above, level, below) = (y - FACE - 5 - under, y + 4 - under / 2, y + FACE + size);
    let (right, left) = (x + FACE + 4, x - FACE - 4);
    // On the slant a name comes nearer to the face.
    let (slant, up, down) = (FACE - 3, above + 4, below - 4);
    // As far aside as the edge of the page wants it, while it stands over its face.
    let (first, last) = (around.page.left + wide / 2 + 1, around.page.right - wide / 2 - 1);
    let centred = x.max(first.min(x + wide / 2)).min(last.max(x - wide / 2));
    let mut places = [
        (Anchor::Start, right, level, (1, 0)),
        (Anchor::End, left, level, (-1, 0)),
        (Anchor::Middle, centred, above, (0, -1)),
        (Anchor::Middle, centred, below, (0, 1)),
        (Anchor::Start, x + slant, up, (1, -1)),
        (Anchor::Start, x + slant, down, (1, 1)),
        (Anchor::End, x - slant, up, (-1, -1)),
        (Anchor::End, x - slant, down, (-1, 1)),
    ];
    let (out_x, out_y) = (f64::from(x - around.middle.0), f64::from(y - around.middle.1));
    places.sort_by_key(|(.., (dx, dy))| {
        let (dx, dy) = (f64::from(*dx), f64::from(*dy));
        Reverse(whole(100.0 * (out_x * dx + out_y * dy) / dx.hypot(dy)))
    });
    let label = |anchor, x, y, text: &String| Label { class: LETTERING, anchor, x, y, text: text.clone() };
    let block = |(anchor, x, y, _): (Anchor, i32, i32, _)| {
        let lines = (0..).zip(&lines);
        lines.map(|(n, line)| label(anchor, x, y + LINE * n, line)).collect()
    };
    places.into_iter().map(block).collect()
}
