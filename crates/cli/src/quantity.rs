//! Reads what people type as a quantity: `20 kg rice`, `40 EUR`, `3 tents`, `1,280.8`. A number that
//! could mean two things is refused with both readings, never guessed; nothing here is a float.

use crate::text;
use crate::ui::plain;

/// Millionths in one: amounts have six decimals at most.
pub const ONE: i64 = 1_000_000;
const DECIMALS: usize = 6;
/// Units that stand between a number and a thing; other second words belong to the thing.
const UNITS: [&str; 15] =
    ["kg", "g", "t", "l", "ml", "cl", "m", "cm", "km", "m2", "m3", "h", "hours", "kWh", "lb"];

/// Why a text is no quantity. Each says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadQuantity {
    /// Nothing was written.
    Empty,
    /// It does not begin with a number.
    NoNumber(String),
    /// `1,280` and `1.280` are a thousand to one half of the world, and one and a bit to the other.
    Ambiguous {
        /// As it was written.
        written: String,
        /// The reading as thousands.
        large: String,
        /// The reading as a decimal.
        small: String,
    },
    /// Separators that follow no rule, as in `1,28,0`.
    Malformed(String),
    /// More than six decimals.
    TooFine(String),
    /// Larger than any amount that a log can hold.
    TooLarge(String),
    /// Zero, where something must move.
    Zero,
    /// `20 kg` of what?
    NoThing(String),
    /// `5 USD` in a cell that has no such currency: as a thing it would be a heap of "usd".
    NoCurrency {
        /// The word that looks like a currency.
        written: String,
        /// The currencies that the cell has.
        known: Vec<String>,
    },
    /// `40 EUR gift`: money is a number and a currency and nothing more.
    MoneyAndMore {
        /// The number and the currency.
        money: String,
        /// What stands after them.
        more: String,
    },
}

impl BadQuantity {
    /// The sentence for a person.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => text!("quantity-empty"),
            Self::NoNumber(word) => text!("quantity-no-number", word = word),
            Self::Ambiguous { written, large, small } => {
                text!("quantity-ambiguous", written = written, large = large, small = small)
            }
            Self::Malformed(word) => text!("quantity-malformed", word = word),
            Self::TooFine(word) => text!("quantity-too-fine", word = word),
            Self::TooLarge(word) => text!("quantity-too-large", word = word),
            Self::Zero => text!("quantity-zero"),
            Self::NoThing(written) => text!("quantity-no-thing", written = written),
            Self::NoCurrency { written, known } => {
                let (written, known) = (plain(written), known.join(", "));
                if known.is_empty() {
                    return text!("quantity-no-currency", written = written);
                }
                text!("quantity-other-currency", written = written, known = known)
            }
            Self::MoneyAndMore { money, more } => {
                text!("quantity-money-and-more", money = plain(money), more = plain(more))
            }
        }
    }
}

/// A quantity as it was typed: how many millionths, of which unit, of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How much, in millionths.
    pub millionths: i64,
    /// The unit (`kg`) or empty for pieces; for money empty.
    pub unit: String,
    /// The thing (`rice`), or the currency's code for money.
    pub thing: String,
    /// Whether `thing` is one of the cell's currencies.
    pub is_money: bool,
}

/// Reads words such as `20 kg rice`; `currencies` are the codes that count as money.
///
/// # Errors
/// [`BadQuantity`].
pub fn parse(words: &[String], currencies: &[String]) -> Result<Quantity, BadQuantity> {
    let joined = words.join(" ");
    let mut pieces = joined.split_whitespace();
    let first = pieces.next().ok_or(BadQuantity::Empty)?;
    let (number, glued) = split_number(first);
    if number.is_empty() {
        return Err(BadQuantity::NoNumber(first.to_owned()));
    }
    let millionths = parse_number(number)?;
    if millionths == 0 {
        return Err(BadQuantity::Zero);
    }
    // `1e5` and `2x4` are written as numbers in some places; a thing called "e5" is in none.
    if unit(glued).is_none() && glued.chars().any(|c| c.is_ascii_digit()) {
        return Err(BadQuantity::Malformed(first.to_owned()));
    }
    let rest: Vec<&str> = (!glued.is_empty()).then_some(glued).into_iter().chain(pieces).collect();
    let no_thing = || BadQuantity::NoThing(joined.clone());
    let (&head, tail) = rest.split_first().ok_or_else(no_thing)?;
    if let (true, Some(code)) = (tail.is_empty(), currencies.iter().find(|c| c.eq_ignore_ascii_case(head))) {
        return Ok(Quantity { millionths, unit: String::new(), thing: code.clone(), is_money: true });
    }
    refuse_other_money(head, tail, number, currencies)?;
    let unit = unit(head);
    match (unit, tail.is_empty()) {
        (Some(_), true) => Err(no_thing()),
        (Some(unit), false) => {
            // "20 kg of rice" is how people say it.
            let thing = if tail[0] == "of" && tail.len() > 1 { &tail[1..] } else { tail };
            Ok(Quantity { millionths, unit: unit.to_owned(), thing: thing.join(" "), is_money: false })
        }
        (None, _) => Ok(Quantity { millionths, unit: String::new(), thing: rest.join(" "), is_money: false }),
    }
}

/// Refuses what is written as money and would become a thing.
fn refuse_other_money(
    head: &str,
    tail: &[&str],
    number: &str,
    currencies: &[String],
) -> Result<(), BadQuantity> {
    if currencies.iter().any(|code| code == head) && !tail.is_empty() {
        return Err(BadQuantity::MoneyAndMore { money: format!("{number} {head}"), more: tail.join(" ") });
    }
    let looks = (3..=4).contains(&head.len()) && head.chars().all(|c| c.is_ascii_uppercase());
    if tail.is_empty() && (looks || matches!(head, "€" | "$" | "£" | "¥" | "₹")) {
        return Err(BadQuantity::NoCurrency { written: head.to_owned(), known: currencies.to_vec() });
    }
    Ok(())
}

/// The unit that this word is, as a log writes it; nothing when it is none that is known here.
pub fn unit(word: &str) -> Option<&'static str> {
    let unit = UNITS.iter().find(|unit| unit.eq_ignore_ascii_case(word))?;
    Some(if *unit == "hours" { "h" } else { unit })
}

fn split_number(word: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
    word.split_at(end)
}

/// Reads a number into millionths: `20`, `0.5`, `1,5`, `1,280.8`, `1.280,8`, `1,280,000`. A single
/// separator before exactly three digits is ambiguous (`1,280`), unless a zero leads (`0.125`).
///
/// # Errors
/// [`BadQuantity`].
pub fn parse_number(word: &str) -> Result<i64, BadQuantity> {
    let malformed = || BadQuantity::Malformed(word.to_owned());
    let separators: Vec<(usize, char)> =
        word.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let kinds_differ = separators.windows(2).any(|pair| pair[0].1 != pair[1].1);
    let decimal = match separators.as_slice() {
        [] => None,
        [(at, sign)] => {
            let (left, right) = (&word[..*at], &word[at + 1..]);
            if right.len() == 3 && !left.is_empty() && left != "0" && left.len() <= 3 {
                return Err(ambiguous(word, *sign, left, right));
            }
            Some(*at)
        }
        [.., (at, last)] if kinds_differ => {
            let others_agree = separators[..separators.len() - 1].iter().all(|(_, sign)| sign != last);
            if !others_agree {
                return Err(malformed());
            }
            Some(*at)
        }
        _ => None,
    };
    let (whole, fraction) = decimal.map_or((word, ""), |at| (&word[..at], &word[at + 1..]));
    if decimal.is_some() && (fraction.is_empty() || whole.is_empty()) {
        return Err(malformed());
    }
    let whole = without_groups(whole).ok_or_else(malformed)?;
    to_millionths(&whole, fraction, word)
}

fn ambiguous(word: &str, sign: char, left: &str, right: &str) -> BadQuantity {
    let digits = right.trim_end_matches('0');
    // Three decimals are what could be thousands: a fourth says that they are none.
    let digits = if digits.len() == right.len() { format!("{digits}0") } else { digits.to_owned() };
    let small = format!("{left}{sign}{digits}");
    BadQuantity::Ambiguous {
        written: word.to_owned(),
        large: format!("{left}{right}"),
        small: small.trim_end_matches(sign).to_owned(),
    }
}

/// The digits of a whole number, its separators (if any) taken out when they stand at every third digit.
fn without_groups(whole: &str) -> Option<String> {
    let mut groups = whole.split(['.', ',']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (1..=3).contains(&first.len());
    (grouped && rest.iter().all(|group| group.len() == 3)).then(|| format!("{first}{}", rest.concat()))
}

fn to_millionths(whole: &str, fraction: &str, word: &str) -> Result<i64, BadQuantity> {
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DECIMALS {
        return Err(BadQuantity::TooFine(word.to_owned()));
    }
    if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) || whole.is_empty() {
        return Err(BadQuantity::Malformed(word.to_owned()));
    }
    let too_large = || BadQuantity::TooLarge(word.to_owned());
    let whole: i64 = whole.parse().map_err(|_| too_large())?;
    let padded = format!("{fraction:0<DECIMALS$}");
    let part: i64 = padded.parse().map_err(|_| too_large())?;
    whole.checked_mul(ONE).and_then(|n| n.checked_add(part)).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Quantity, BadQuantity> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        parse(&words, &["EUR".to_owned(), "USD".to_owned()])
    }

    fn shown(text: &str) -> String {
        match read(text) {
            Ok(q) => {
                format!("{}/{}/{}{}", q.millionths, q.unit, q.thing, if q.is_money { "/money" } else { "" })
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn what_people_type_is_read() {
        assert_eq!(shown("20 kg rice"), "20000000/kg/rice");
        assert_eq!(shown("20kg rice"), "20000000/kg/rice");
        assert_eq!(shown("20 kg of brown rice"), "20000000/kg/brown rice");
        assert_eq!(shown("40 EUR"), "40000000//EUR/money");
        assert_eq!(shown("40.50 eur"), "40500000//EUR/money");
        assert_eq!(shown("3 tents"), "3000000//tents");
        assert_eq!(shown("3 school tents"), "3000000//school tents");
        assert_eq!(shown("2 hours repair"), "2000000/h/repair");
    }

    #[test]
    fn numbers_with_separators_are_read_when_they_can_mean_one_thing_only() {
        for (text, value) in [
            ("1,280.8", 1_280_800_000),
            ("1.280,8", 1_280_800_000),
            ("1,280,000", 1_280_000_000_000),
            ("1,5", 1_500_000),
            ("1.50", 1_500_000),
            ("0.125", 125_000),
            ("1280.125", 1_280_125_000),
            ("0.000001", 1),
        ] {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused_with_both() {
        let error = parse_number("1,280").unwrap_err();
        let expected =
            BadQuantity::Ambiguous { written: "1,280".into(), large: "1280".into(), small: "1,28".into() };
        assert_eq!(error, expected);
        assert!(matches!(parse_number("1.280"), Err(BadQuantity::Ambiguous { .. })));
        assert!(matches!(parse_number("2,000"), Err(BadQuantity::Ambiguous { small, .. }) if small == "2"));
    }

    #[test]
    fn what_is_advised_is_read_as_it_was_meant() {
        for (written, large, small) in [
            ("5.001", 5_001_000_000, 5_001_000),
            ("5,001", 5_001_000_000, 5_001_000),
            ("12.340", 12_340_000_000, 12_340_000),
            ("7,000", 7_000_000_000, 7_000_000),
        ] {
            let Err(BadQuantity::Ambiguous { large: as_large, small: as_small, .. }) = parse_number(written)
            else {
                panic!("{written} could mean two things");
            };
            assert_eq!(parse_number(&as_large), Ok(large), "{written}: {as_large}");
            assert_eq!(parse_number(&as_small), Ok(small), "{written}: {as_small}");
        }
    }

    #[test]
    fn money_that_the_cell_does_not_have_is_no_thing() {
        for text in ["5 USDT", "7 EURO", "5CHF", "5 €", "5€"] {
            let Err(bad @ BadQuantity::NoCurrency { .. }) = read(text) else { panic!("{text}") };
            assert!(bad.text().contains("EUR, USD"), "{}", bad.text());
        }
        let none = parse(&["5".to_owned(), "EUR".to_owned()], &[]).unwrap_err();
        assert!(matches!(none, BadQuantity::NoCurrency { .. }), "{none:?}");
        assert!(matches!(read("40 EUR gift"), Err(BadQuantity::MoneyAndMore { .. })));
        assert_eq!(shown("3 LED lamps"), "3000000//LED lamps", "a thing may have such a name");
        assert_eq!(shown("3 usb sticks"), "3000000//usb sticks");
        assert_eq!(shown("3 TV"), "3000000//TV");
    }

    #[test]
    fn a_number_with_letters_in_it_is_no_number() {
        for text in ["1e5 EUR", "2x4 boards", "1'000 EUR", "1_000 EUR"] {
            assert!(matches!(read(text), Err(BadQuantity::Malformed(_))), "{text}: {:?}", read(text));
        }
        assert_eq!(shown("3m2 cloth"), "3000000/m2/cloth");
        assert_eq!(shown("3D-printers"), "3000000//D-printers");
    }

    #[test]
    fn what_is_no_quantity_says_why() {
        assert!(matches!(read("rice"), Err(BadQuantity::NoNumber(_))));
        assert!(matches!(read(""), Err(BadQuantity::Empty)));
        assert!(matches!(read("20"), Err(BadQuantity::NoThing(_))));
        assert!(matches!(read("20 kg"), Err(BadQuantity::NoThing(_))));
        assert!(matches!(read("0 kg rice"), Err(BadQuantity::Zero)));
        for text in ["1,28,0", "1.2.3", "1,2.3,4", ".", "5.", ",5", "1,280.8.1"] {
            assert!(matches!(parse_number(text), Err(BadQuantity::Malformed(_))), "{text}");
        }
        assert!(matches!(parse_number("0.1234567"), Err(BadQuantity::TooFine(_))));
        assert!(matches!(parse_number("99999999999999"), Err(BadQuantity::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "[0-9.,a-z é]{0,24}") {
            let _ = read(&text);
        }

        #[test]
        fn an_amount_written_plainly_reads_back(millionths in 1..i64::MAX) {
            let written = format!("{}.{:06}0", millionths / ONE, millionths % ONE);
            prop_assert_eq!(parse_number(&written), Ok(millionths));
        }
    }
}
