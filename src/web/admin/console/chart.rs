//! How much ended in each minute or hour, as bars: drawn here as SVG, told in words, and listed in a table below.

use crate::clock::Timestamp;
use crate::telemetry::throughput::Tally;
use crate::web::words::clock_time;
use askama::Template;
use std::time::Duration;

const WIDTH: usize = 600;
const HEIGHT: u32 = 96;

/// One bar, or a piece of one: delivered below, then dropped, then given up.
struct Bar {
    x: usize,
    width: usize,
    y: u32,
    height: u32,
    kind: &'static str,
}

/// A span in which something ended.
struct Row {
    when: String,
    tally: Tally,
}

#[derive(Template)]
#[template(path = "admin/chart.html")]
pub(super) struct Chart {
    id: &'static str,
    heading: String,
    /// As in `12 delivered, 1 dropped, 0 given up`.
    sum: String,
    /// The most in one span.
    most: u32,
    bars: Vec<Bar>,
    rows: Vec<Row>,
}

impl Chart {
    /// `spans` are each `length` long, and the last one holds `now`.
    pub(super) fn new(id: &'static str, heading: String, spans: &[Tally], length: Duration, now: Timestamp) -> Self {
        let whole = |tally: &Tally| tally.delivered + tally.dropped + tally.dead;
        let most = spans.iter().map(whole).max().unwrap_or(0);
        let step = WIDTH / spans.len().max(1);
        let mut bars = Vec::new();
        for (n, tally) in spans.iter().enumerate() {
            let mut below = 0;
            for (kind, count) in [("delivered", tally.delivered), ("dropped", tally.dropped), ("dead", tally.dead)] {
                let (from, to) = (scaled(below, most), scaled(below + count, most));
                below += count;
                if to > from {
                    bars.push(Bar { x: n * step, width: step - 2, y: HEIGHT - to, height: to - from, kind });
                }
            }
        }
        let begun = Timestamp::from_millis(now.as_millis() - now.as_millis() % millis(length));
        let rows = spans
            .iter()
            .rev()
            .zip(0_u32..)
            .filter(|(tally, _)| whole(tally) > 0)
            .map(|(tally, back)| Row { when: clock_time(begun.minus(length * back), now), tally: *tally });
        let all = |of: fn(&Tally) -> u32| usize::try_from(spans.iter().map(of).sum::<u32>()).unwrap_or(usize::MAX);
        let (out, dropped, dead) = (all(|t| t.delivered), all(|t| t.dropped), all(|t| t.dead));
        let sum = format!("{out} delivered, {dropped} dropped, {dead} given up");
        Self { id, heading, sum, most, bars, rows: rows.collect() }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// What is there at all is seen: one of thousands is one pixel high.
fn scaled(count: u32, most: u32) -> u32 {
    match (u64::from(count) * u64::from(HEIGHT)).checked_div(u64::from(most)) {
        Some(0) if count > 0 => 1,
        Some(height) => u32::try_from(height).unwrap_or(HEIGHT),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn each_span_has_its_bar_at_its_place_and_its_row_with_its_time() {
        let mut minutes = [Tally::default(); 60];
        minutes[59].delivered = 1;
        minutes[57] = Tally { delivered: 3, dropped: 0, dead: 1 };
        let now = NOON.plus(Duration::from_secs(30));
        let chart = Chart::new("hour", "The last hour".to_owned(), &minutes, Duration::from_mins(1), now);
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height, bar.kind)).collect();
        assert_eq!(bars, [(570, 24, 72, "delivered"), (570, 0, 24, "dead"), (590, 72, 24, "delivered")]);
        assert_eq!(chart.sum, "4 delivered, 0 dropped, 1 given up");
        let rows: Vec<_> = chart.rows.iter().map(|row| row.when.as_str()).collect();
        assert_eq!(rows, ["12:00 UTC", "11:58 UTC"]);
    }

    #[test]
    fn one_among_many_is_still_seen_and_nothing_is_drawn_of_nothing() {
        assert_eq!((scaled(1, 10_000), scaled(0, 10_000), scaled(10_000, 10_000), scaled(0, 0)), (1, 0, HEIGHT, 0));
        let chart = Chart::new("day", "The last day".to_owned(), &[], Duration::from_hours(1), NOON);
        assert_eq!((chart.bars.len(), chart.sum.as_str()), (0, "0 delivered, 0 dropped, 0 given up"));
    }
}
