//! From numbers to persons: in the manner of RFC 3797, but every number that would favour somebody is
//! thrown away. Pure arithmetic; where the numbers come from is not its business.

/// A number that is evenly spread over 0 to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub value: u128,
    /// The largest that it could have been.
    pub last: u128,
}

impl Number {
    /// Which of so many it names, counted from 0; nothing when it must be thrown away.
    ///
    /// The numbers from 0 to `last` fill whole rounds of `left`, and some are left over. Who took the
    /// rest of a division of those too would favour whoever stands first: they are thrown away.
    pub fn among(self, left: usize) -> Option<usize> {
        let left = u128::try_from(left).ok().filter(|left| *left > 0)?;
        let over = (self.last % left + 1) % left;
        let fair = self.last.checked_sub(over).is_some_and(|top| self.value <= top);
        usize::try_from(self.value % left).ok().filter(|_| fair)
    }
}

/// One step of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<T> {
    /// Which step, counted from 1: thrown-away numbers count too.
    pub step: u32,
    /// Its number.
    pub number: Number,
    /// How many were left to draw from.
    pub left: usize,
    /// Which of them, counted from 0; none when the number was thrown away.
    pub index: Option<usize>,
    /// Who that is.
    pub drawn: Option<T>,
}

/// Draws all of each group, one group after another: each step takes one out of those who are left, who
/// close up. `number` gives the number of a step.
pub fn select<T: Clone>(groups: &[&[T]], mut number: impl FnMut(u32) -> Number) -> Vec<Step<T>> {
    let mut steps = Vec::new();
    let mut step = 0_u32;
    for group in groups {
        let mut left = group.to_vec();
        while !left.is_empty() && step < u32::MAX {
            step += 1;
            let (number, count) = (number(step), left.len());
            let index = number.among(count);
            let drawn = index.map(|index| left.remove(index));
            steps.push(Step { step, number, left: count, index, drawn });
        }
    }
    steps
}

/// The order in which they were drawn.
pub fn order<T: Clone>(steps: &[Step<T>]) -> Vec<T> {
    steps.iter().filter_map(|step| step.drawn.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3797, section 6: the digests of MD5 over `i ‖ key ‖ i`, and the numbers drawn out of 25.
    const RFC_3797: [(u128, usize); 10] = [
        (0x990D_D0A5_692A_029A_98B5_E01A_A28F_3459, 17),
        (0x3691_E55C_B63F_CC37_9144_30B2_F70B_5EC6, 7),
        (0xFE81_4EDF_564C_190A_C1D2_5753_9799_90FA, 2),
        (0x1863_CCAC_EB56_8C31_D7DD_BDF1_D4E9_1387, 16),
        (0xF4AB_33DF_4889_F0AF_29C5_1390_5BE1_D758, 25),
        (0x13EA_EB52_9F61_ACFB_9A29_D0BA_3A60_DE4A, 23),
        (0x992D_B77C_382C_A2BD_B972_7001_F3CD_CCD9, 8),
        (0x63AB_4258_ECA9_2297_6811_C7F5_5C38_3CE7, 24),
        (0xDFBC_5AC9_7CED_01B3_A6E3_48E3_CC63_F40D, 19),
        (0x31CB_111C_4A4E_BE92_87CE_AE16_FE51_B909, 13),
    ];

    #[test]
    fn the_published_example_of_rfc_3797_is_drawn_alike() {
        let pool: Vec<usize> = (1..=25).collect();
        let number = |step: u32| {
            let value = RFC_3797.get(step as usize - 1).map_or(0, |(digest, _)| *digest);
            Number { value, last: u128::MAX }
        };
        let drawn: Vec<usize> = order(&select(&[&pool], number)).into_iter().take(10).collect();
        assert_eq!(drawn, RFC_3797.map(|(_, drawn)| drawn));
    }

    #[test]
    fn numbers_that_would_favour_somebody_are_thrown_away() {
        let among = |value, last, left| Number { value, last }.among(left);
        assert_eq!(among(7, 7, 4), Some(3));
        assert_eq!(among(5, 7, 3), Some(2));
        assert_eq!([6, 7].map(|value| among(value, 7, 3)), [None, None]);
        assert_eq!(among(u128::MAX, u128::MAX, 3), None);
        assert_eq!(among(u128::MAX - 1, u128::MAX, 3), Some(2));
        assert_eq!(among(0, 7, 0), None);
        assert_eq!(among(0, 1, 3), None, "fewer numbers than persons tell nothing");
    }

    /// How often each order comes out over all sequences of so many numbers.
    fn count(people: &[u8], last: u128, steps: u32, draw: fn(Number, usize) -> Option<usize>) -> Vec<u64> {
        let mut counts = std::collections::BTreeMap::new();
        let all = (last + 1).pow(steps);
        for code in 0..all {
            let (mut left, mut rest, mut order) = (people.to_vec(), code, Vec::new());
            while !left.is_empty() {
                let number = Number { value: rest % (last + 1), last };
                rest /= last + 1;
                match draw(number, left.len()) {
                    Some(index) => order.push(left.remove(index)),
                    None => break,
                }
            }
            if left.is_empty() {
                *counts.entry(order).or_insert(0) += 1;
            }
        }
        counts.into_values().collect()
    }

    #[test]
    fn small_pools_are_even_to_the_last_sequence() {
        for (people, orders, ways) in [(2_u8, 2, 32), (3, 6, 64), (4, 24, 128), (5, 120, 128)] {
            let pool: Vec<u8> = (0..people).collect();
            // All sequences of numbers from 0 to 7, of which none was thrown away.
            let counts = count(&pool, 7, u32::from(people), Number::among);
            assert_eq!(counts.len(), orders);
            assert!(counts.iter().all(|count| *count == ways), "{people}: {counts:?}");
        }
        // The same without throwing numbers away is not even: so the count above can fail.
        let unfair = count(&[0, 1, 2], 7, 3, |number, left| Some((number.value % left as u128) as usize));
        assert!(unfair.iter().any(|count| *count != unfair[0]));
    }
}
