//! Pictures of what happened: a gig's cascade and a poster's circle, drawn here as SVG that needs no script.
//!
//! Facts in, a [`Drawing`] out: lines, dots and labels with whole numbers for places (a bend may lie at a half), so that the same facts give the same picture on every machine.
//! One template writes every drawing and escapes what is written in it; colours and sizes of letters stand in the stylesheet, which knows light from dark. A picture holds no
//! links, names no warning, and beside it the page says the same in words, for those who do not see it.

pub mod cascade;
mod lettering;
mod names;
pub mod rings;
mod sectors;
mod ways;

#[cfg(test)]
mod checks;
#[cfg(test)]
mod crossings;
#[cfg(test)]
mod measures;

/// A picture, in units of which the page shows more or fewer as it is wide.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawing {
    /// What its elements' ids begin with: one of a kind on a page.
    pub name: &'static str,
    pub title: String,
    /// What it shows, for those who hear the page.
    pub description: String,
    pub width: i32,
    pub height: i32,
    pub lines: Vec<Line>,
    pub dots: Vec<Dot>,
    pub labels: Vec<Label>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub class: &'static str,
    /// In the words of SVG's `d`.
    pub path: String,
    pub width: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dot {
    pub class: &'static str,
    /// The colour of a face; nothing for what is not one.
    pub hue: Option<u8>,
    pub x: i32,
    pub y: i32,
    pub radius: i32,
    /// Shown where one points at it; empty for nothing.
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub class: Lettering,
    pub anchor: Anchor,
    pub x: i32,
    /// Of the line that letters stand on.
    pub y: i32,
    pub text: String,
}

/// How letters look; the sizes are those of the stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lettering {
    Name,
    Small,
    /// In a face, white on its colour.
    Initials,
    /// In the dot of whoever the picture is drawn for.
    You,
}

impl Lettering {
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Small => "small",
            Self::Initials => "initials",
            Self::You => "you",
        }
    }

    pub fn size(self) -> i32 {
        match self {
            Self::Name => 13,
            Self::Small => 12,
            Self::Initials | Self::You => 11,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A part of the picture, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Extent {
    pub fn is_within(&self, other: &Self) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }

    /// Whether both hold more than so much of the other, each way.
    pub fn meets(&self, other: &Self, tolerance: i32) -> bool {
        self.right.min(other.right) - self.left.max(other.left) > tolerance
            && self.bottom.min(other.bottom) - self.top.max(other.top) > tolerance
    }

    /// Whether a point lies in it, or not so far outside.
    pub fn is_near(&self, (x, y): (f64, f64), margin: f64) -> bool {
        let is_between =
            |at: f64, first: i32, last: i32| at > f64::from(first) - margin && at < f64::from(last) + margin;
        is_between(x, self.left, self.right) && is_between(y, self.top, self.bottom)
    }
}

impl Label {
    /// The room that it takes, as far as can be said without the reader's own letters.
    pub fn extent(&self) -> Extent {
        let (size, width) = (self.class.size(), lettering::width(&self.text, self.class.size()));
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2,
            Anchor::End => self.x - width,
        };
        Extent { left, top: self.y - size * 9 / 10, right: left + width, bottom: self.y + size / 4 }
    }
}

impl Dot {
    pub fn extent(&self) -> Extent {
        let radius = self.radius;
        Extent { left: self.x - radius, top: self.y - radius, right: self.x + radius, bottom: self.y + radius }
    }
}
