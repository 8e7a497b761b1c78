//! Rates a peer: token buckets, remembered for a bounded number of peers. A peer that comes back under the
//! same name finds its bucket as it left it.

use crate::limits::{MAX_REMEMBERED, Rate};
use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// One rate for each of many names.
#[derive(Debug)]
pub struct Rates<K> {
    rate: Rate,
    buckets: HashMap<K, Bucket>,
    /// What all names share that no longer fit.
    others: Option<Bucket>,
    most: usize,
}

impl<K: Hash + Eq> Rates<K> {
    /// Nobody has used anything yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new(), others: None, most: MAX_REMEMBERED }
    }

    /// Whether `name` may do it once more now; if so, it is counted.
    pub fn allow(&mut self, name: K, now: Instant) -> bool {
        let rate = self.rate;
        let bucket = self.bucket(name, now);
        *bucket = Bucket { tokens: filled(bucket, rate, now), at: now };
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }

    /// How long `name` has to wait before it does it once more; it is counted now. Whoever calls this
    /// bounds how many wait.
    pub fn delay(&mut self, name: K, now: Instant) -> Duration {
        let rate = self.rate;
        let bucket = self.bucket(name, now);
        *bucket = Bucket { tokens: filled(bucket, rate, now) - 1.0, at: now };
        Duration::try_from_secs_f64(-bucket.tokens / rate.per_second).unwrap_or_default()
    }

    fn bucket(&mut self, name: K, now: Instant) -> &mut Bucket {
        let full = Bucket { tokens: f64::from(self.rate.burst), at: now };
        if !self.buckets.contains_key(&name) && self.buckets.len() >= self.most {
            self.forget_full(now);
            if self.buckets.len() >= self.most {
                return self.others.get_or_insert(full);
            }
        }
        self.buckets.entry(name).or_insert(full)
    }

    /// A bucket that has filled up again says no more than none.
    fn forget_full(&mut self, now: Instant) {
        let rate = self.rate;
        self.buckets.retain(|_, bucket| filled(bucket, rate, now) < f64::from(rate.burst));
    }
}

fn filled(bucket: &Bucket, rate: Rate, now: Instant) -> f64 {
    let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
    (bucket.tokens + passed * rate.per_second).min(f64::from(rate.burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, per_second: 2.0 };

    #[test]
    fn a_burst_then_the_rate() {
        let mut rates = Rates::new(RATE);
        let start = Instant::now();
        assert_eq!((0..5).filter(|_| rates.allow("wren", start)).count(), 3);
        assert!(rates.allow("heron", start), "one peer's haste is not another's");
        let later = start + Duration::from_secs(1);
        assert_eq!((0..5).filter(|_| rates.allow("wren", later)).count(), 2);
        let much_later = start + Duration::from_secs(1000);
        assert_eq!((0..9).filter(|_| rates.allow("wren", much_later)).count(), 3);
    }

    #[test]
    fn what_comes_too_fast_waits_in_a_row() {
        let mut rates = Rates::new(RATE);
        let start = Instant::now();
        let waits: Vec<_> = (0..6).map(|_| rates.delay("wren", start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 500, 1000, 1500]);
        assert_eq!(rates.delay("wren", start + Duration::from_secs(1000)), Duration::ZERO);
    }

    #[test]
    fn a_flood_of_names_is_remembered_in_bounded_room_and_shares_one_bucket() {
        let mut rates = Rates::new(RATE);
        rates.most = 10;
        let now = Instant::now();
        let allowed = (0..1000).filter(|name| rates.allow(*name, now)).count();
        assert_eq!(allowed, 10 + 3);
        assert_eq!(rates.buckets.len(), 10);
        // Once those are full again they make room.
        assert!(rates.allow(5000, now + Duration::from_secs(10)));
        assert_eq!(rates.buckets.len(), 1);
    }
}
