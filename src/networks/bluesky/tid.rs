//! Record keys: a TID is 53 bits of microseconds and 10 bits of a clock's own number, in thirteen letters that sort like the number.
//!
//! Ours is a function of the delivery, not of a clock: the time the delivery opened, and for the digits below a millisecond and the
//! clock's number, bits of its key. So it can be computed again, and two deliveries of one millisecond do not meet.

use crate::post::Stamp;

const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const LETTERS: u32 = 13;
const CLOCK_BITS: u32 = 10;
/// 53 bits reach the year 2255.
const MOST_MICROS: u64 = (1 << 53) - 1;

pub(super) fn of(stamp: &Stamp) -> String {
    let number = stamp.key.number();
    let below_a_millisecond = (number >> CLOCK_BITS) % 1000;
    let micros = stamp.opened.as_millis().saturating_mul(1000).saturating_add(below_a_millisecond);
    written(micros.min(MOST_MICROS) << CLOCK_BITS | number & ((1 << CLOCK_BITS) - 1))
}

fn written(tid: u64) -> String {
    (0..LETTERS).rev().map(|place| char::from(ALPHABET[(tid >> (5 * place) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::{AccountId, DeliveryId, GigId};

    fn stamp(step: u32, millis: u64) -> Stamp {
        let delivery = DeliveryId::from_step(GigId::of(&[b"g"]), AccountId::of(&[b"a"]), step);
        Stamp {
            key: delivery.idempotency_key(),
            opened: Timestamp::from_millis(millis),
            chosen_id: None,
            first_sent: None,
        }
    }

    /// `^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$`
    fn is_tid(text: &str) -> bool {
        text.len() == 13
            && text.bytes().all(|letter| ALPHABET.contains(&letter))
            && text.starts_with(|first: char| "234567abcdefghij".contains(first))
    }

    #[test]
    fn it_is_thirteen_letters_of_the_alphabet_at_any_time() {
        for millis in [0, 1, 1_795_262_400_000, u64::MAX] {
            let tid = of(&stamp(1, millis));
            assert!(is_tid(&tid), "{tid}");
        }
        assert_eq!(written(0), "2222222222222");
        assert_eq!(written(33), "2222222222233");
    }

    #[test]
    fn a_later_delivery_sorts_later() {
        let tids: Vec<String> = (0..50).map(|n| of(&stamp(n, 1_795_262_400_000 + u64::from(n)))).collect();
        assert!(tids.is_sorted(), "{tids:?}");
    }

    #[test]
    fn it_is_the_same_for_every_try_and_another_for_every_delivery_of_a_moment() {
        assert_eq!(of(&stamp(1, 5)), of(&stamp(1, 5)));
        let mut tids: Vec<String> = (0..500).map(|n| of(&stamp(n, 1_795_262_400_000))).collect();
        tids.sort_unstable();
        tids.dedup();
        assert_eq!(tids.len(), 500);
    }
}
