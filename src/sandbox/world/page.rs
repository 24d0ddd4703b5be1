//! One page of a list that is newest first, cut as Mastodon cuts it.

use super::Id;

/// `max` and `since` count down from the newest; `min` counts up from itself, so that a reader can walk forward without gaps.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Page {
    pub limit: usize,
    /// Only what is older than this.
    pub max: Option<Id>,
    /// Only what is newer; the newest of it.
    pub since: Option<Id>,
    /// Only what is newer; the oldest of it.
    pub min: Option<Id>,
}

impl Page {
    /// `items` newest first, and so is the answer.
    pub(in crate::sandbox) fn cut<T>(&self, items: impl Iterator<Item = (Id, T)>) -> Vec<(Id, T)> {
        let floor = self.min.or(self.since);
        let mut within: Vec<_> = items
            .skip_while(|(id, _)| self.max.is_some_and(|max| *id >= max))
            .take_while(|(id, _)| floor.is_none_or(|floor| *id > floor))
            .take(if self.min.is_some() { usize::MAX } else { self.limit })
            .collect();
        if self.min.is_some() {
            within.drain(..within.len().saturating_sub(self.limit));
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(limit: usize, max: Option<u64>, since: Option<u64>, min: Option<u64>) -> Vec<u64> {
        let page = Page { limit, max: max.map(Id), since: since.map(Id), min: min.map(Id) };
        page.cut((1..=9).rev().map(|n| (Id(n), ()))).into_iter().map(|(id, ())| id.0).collect()
    }

    #[test]
    fn since_gives_the_newest_page_and_min_the_one_right_after_it() {
        assert_eq!(cut(3, None, Some(2), None), [9, 8, 7]);
        assert_eq!(cut(3, None, None, Some(2)), [5, 4, 3]);
    }

    #[test]
    fn max_walks_back_to_the_end() {
        assert_eq!(cut(4, None, None, None), [9, 8, 7, 6]);
        assert_eq!(cut(4, Some(6), None, None), [5, 4, 3, 2]);
        assert_eq!(cut(4, Some(2), None, None), [1]);
        assert_eq!(cut(4, Some(8), Some(5), None), [7, 6]);
    }
}
