//! When to try again: after each failure twice as long as before, with a random part, so that the homes
//! of a cell do not all come back at the same moment.

use crate::limits::{MAX_RETRY_MS, RETRY_MS};
use lifeboat_log::Time;

/// Waits that grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    failures: u32,
    until: Option<Time>,
}

impl Backoff {
    /// Whether it is time to try. A clock that was set back does not make the wait longer than the
    /// longest wait.
    pub fn is_due(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now >= until || until > now.plus_ms(2 * MAX_RETRY_MS))
    }

    /// Notes a failure at `now`; `entropy` spreads the next try.
    pub fn failed(&mut self, now: Time, entropy: u64) {
        let wait = RETRY_MS.saturating_mul(1 << self.failures.min(16)).min(MAX_RETRY_MS);
        self.failures = self.failures.saturating_add(1);
        self.wait(wait, now, entropy);
    }

    /// Waits about this long, whatever was before: between it and half as much again.
    pub fn wait(&mut self, ms: u64, now: Time, entropy: u64) {
        let ms = ms.min(MAX_RETRY_MS);
        self.until = Some(now.plus_ms(ms + entropy % (ms / 2 + 1)));
    }

    /// Notes a success: nothing is waited for.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Forgets the wait but not the failures: something changed that makes a try worth it.
    pub fn hurry(&mut self) {
        self.until = None;
    }

    /// How many failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_is_bounded_and_ends(failures in 0u32..80, entropy: u64, start in 0u64..1 << 40) {
            let now = Time::from_ms(start);
            let mut backoff = Backoff::default();
            prop_assert!(backoff.is_due(now));
            for _ in 0..=failures {
                backoff.failed(now, entropy);
            }
            prop_assert!(!backoff.is_due(now));
            prop_assert!(backoff.is_due(now.plus_ms(MAX_RETRY_MS * 3 / 2)));
            backoff.succeeded();
            prop_assert!(backoff.is_due(now));
        }

        #[test]
        fn a_clock_set_back_does_not_stop_it(entropy: u64) {
            let mut backoff = Backoff::default();
            backoff.failed(Time::from_ms(1 << 41), entropy);
            prop_assert!(backoff.is_due(Time::from_ms(1 << 40)));
        }
    }
}
