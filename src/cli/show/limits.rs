//! How what is left of an account's limits is put on paper: what was taken from, and how many were not.

use super::plain;
use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, relative};
use crate::web::admin::answers::{BudgetLine, CountedBy};

/// As in `3 of 8 posts today; all of 5 other limits`; nothing for an account of which no limit is known.
pub(super) fn left(account: &str, budgets: &[BudgetLine], now: Timestamp) -> Option<String> {
    let own = || budgets.iter().filter(|line| line.account == account);
    // What a server says is told however much it is: it is news that we have no count of.
    let is_whole = |line: &&BudgetLine| line.left >= line.of && line.counted_by == CountedBy::Gigcast;
    let mut said: Vec<String> = own().filter(|line| !is_whole(line)).map(|line| words(line, now)).collect();
    let whole = own().filter(is_whole).count();
    if whole > 0 {
        let other = if said.is_empty() { "limit" } else { "other limit" };
        said.push(format!("all of {}", counted(whole, other)));
    }
    (!said.is_empty()).then(|| format!("Left: {}", said.join("; ")))
}

fn words(line: &BudgetLine, now: Timestamp) -> String {
    let anew = line.until.map_or_else(String::new, |until| format!(", anew {}", relative(until.0, now)));
    format!("{}{anew}", plain(&line.words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::admin::answers::When;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn line(account: &str, what: &str, left: u32, of: u32) -> BudgetLine {
        BudgetLine::counted(account, "@a@b", what, left, of)
    }

    #[test]
    fn what_was_taken_from_is_told_and_what_was_not_is_counted() {
        let mut budgets = vec![line("a", "posts today", 8, 8), line("a", "requests at once", 70, 75)];
        budgets.push(line("b", "posts today", 0, 8));
        assert_eq!(left("a", &budgets, NOON).unwrap(), "Left: 70 of 75 requests at once; all of 1 other limit");
        assert_eq!(left("b", &budgets, NOON).unwrap(), "Left: 0 of 8 posts today");
        assert_eq!(left("c", &budgets, NOON), None);
        budgets.truncate(1);
        assert_eq!(left("a", &budgets, NOON).unwrap(), "Left: all of 1 limit");
        let until = Some(When(NOON.plus(Duration::from_mins(5))));
        let said =
            BudgetLine { counted_by: CountedBy::Server, until, ..line("a", "requests, its server says", 300, 300) };
        budgets.push(said);
        let words = "Left: 300 of 300 requests, its server says, anew in 5 minutes; all of 1 other limit";
        assert_eq!(left("a", &budgets, NOON).unwrap(), words, "a server's word is news, however much it is");
    }
}
