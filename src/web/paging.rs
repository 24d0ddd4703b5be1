//! Long lists in pages: which page is asked for, and the ways to those before and behind it. What a page leaves out it says, and leads to.

/// Further pages are not looked for.
const PAGES: usize = 10_000;

/// One page of one or several lists that are paged together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// From 1.
    pub page: usize,
    pub last: usize,
    each: usize,
    /// What the number of a page is added to, from the root of our pages on.
    pub at: String,
}

impl Paging {
    /// The page that a query asks for, of the longest of these lists; the last one where it has fewer. `at` is the page's own address.
    pub fn of(query: Option<&str>, at: &str, lists: &[usize], each: usize) -> Self {
        let longest = lists.iter().copied().max().unwrap_or_default();
        let last = longest.div_ceil(each).clamp(1, PAGES);
        Self { page: asked(query).min(last), last, each, at: format!("{at}?page=") }
    }

    /// What of a list stands on this page.
    pub fn rows<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        all.chunks(self.each).nth(self.page - 1).unwrap_or_default()
    }

    pub fn before(&self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    pub fn behind(&self) -> Option<usize> {
        (self.page < self.last).then(|| self.page + 1)
    }
}

/// The number of a page in a query, from 1.
pub fn asked(query: Option<&str>) -> usize {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let page = pairs.find(|(name, _)| name == "page").and_then(|(_, page)| page.parse().ok());
    page.unwrap_or(1).clamp(1, PAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_paged_together_end_with_the_longest() {
        let (long, short): (Vec<usize>, Vec<usize>) = ((0..5).collect(), vec![7]);
        let on = |query| Paging::of(Some(query), "/x", &[long.len(), short.len()], 2);
        let first = on("");
        assert_eq!((first.rows(&long), first.rows(&short)), (&[0, 1][..], &[7][..]));
        assert_eq!((first.before(), first.behind()), (None, Some(2)));
        let last = on("a=b&page=9");
        assert_eq!((last.page, last.rows(&long), last.rows(&short)), (3, &[4][..], &[][..]));
        assert_eq!((last.before(), last.behind(), last.at.as_str()), (Some(2), None, "/x?page="));
        assert_eq!((on("page=0").page, on("page=-1").page, Paging::of(None, "/x", &[], 2).last), (1, 1, 1));
    }
}
