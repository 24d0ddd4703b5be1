//! How much evidence in one kind of work says about another.
//!
//! A walk is never filtered by category: whoever is trusted for one kind of work is also trusted to know people in others. The candidates are
//! filtered; here evidence is only tilted.

use super::parameters::Weighing;

/// What evidence in category `of` counts when `asked` is asked for: a factor above 0, at most 1. Categories are slugs, `parent` or `parent/child`.
pub fn affinity(asked: Option<&str>, of: Option<&str>, weighing: &Weighing) -> f64 {
    match (asked, of) {
        (None, _) => 1.0,
        (Some(asked), Some(of)) if asked == of => 1.0,
        // The parent itself is the family's own word for the rest of it.
        (Some(asked), Some(of)) if parent(asked) == parent(of) => weighing.sibling,
        _ => weighing.elsewhere,
    }
}

fn parent(slug: &str) -> &str {
    slug.split_once('/').map_or(slug, |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_counts_fully_a_sibling_less_and_the_rest_half() {
        let counts = |asked, of| affinity(asked, of, &Weighing::default());
        let illustration = Some("design/illustration");
        for (asked, of, expected) in [
            (None, illustration, 1.0),
            (None, None, 1.0),
            (illustration, illustration, 1.0),
            (illustration, Some("design/brand"), 0.75),
            (illustration, Some("design"), 0.75),
            (Some("design"), illustration, 0.75),
            (illustration, Some("designer/brand"), 0.5),
            (Some("design"), Some("writing"), 0.5),
            (illustration, None, 0.5),
        ] {
            assert!((counts(asked, of) - expected).abs() < f64::EPSILON, "{asked:?} {of:?}");
        }
    }
}
