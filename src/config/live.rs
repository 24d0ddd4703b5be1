//! A setting that may be given another value while others read it.
//!
//! Values only ever come behind each other, so that whoever reads one keeps it for as long as they look at it, without a lock and without
//! counting. What came before stays in memory until the end: a configuration is read again a few times in a run, not a few times a second.

use std::ops::Deref;
use std::sync::OnceLock;

#[derive(Debug)]
pub struct Live<T> {
    value: T,
    next: OnceLock<Box<Self>>,
}

impl<T> Live<T> {
    pub fn new(value: T) -> Self {
        Self { value, next: OnceLock::new() }
    }

    /// From here on this holds.
    pub fn set(&self, value: T) {
        let mut newest = Box::new(Self::new(value));
        let mut last = self;
        while let Err(back) = last.next.set(newest) {
            newest = back;
            last = last.newest();
        }
    }

    fn newest(&self) -> &Self {
        let mut last = self;
        while let Some(next) = last.next.get() {
            last = next;
        }
        last
    }
}

/// What holds now.
impl<T> Deref for Live<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.newest().value
    }
}

impl<T: Default> Default for Live<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_holds_and_who_reads_the_old_one_keeps_it() {
        let live = Live::new(String::from("old"));
        let read: &str = &live;
        live.set("new".into());
        live.set("newest".into());
        assert_eq!((read, live.as_str()), ("old", "newest"));
    }

    #[test]
    fn of_many_who_set_at_once_none_is_lost_on_the_way() {
        let live = Live::new(0);
        std::thread::scope(|scope| {
            for n in 1..=8 {
                let live = &live;
                scope.spawn(move || live.set(n));
            }
        });
        assert_ne!(*live, 0);
    }
}
