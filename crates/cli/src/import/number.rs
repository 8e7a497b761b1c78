//! Numbers as spreadsheets write them: `1,280.8`, `1.280,8`, `1 280`, `(40.00)`, `€ 12,50`. Whether a
//! lone `1,280` is large or small follows from the stated decimal sign, or from other numbers of the file
//! that leave no doubt; it is never guessed.

use lifeboat_commons::Amount;

/// The decimal sign of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// `1280.8`
    Point,
    /// `1280,8`
    Comma,
}

/// What a number as it is written tells of the decimal sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Nothing: it reads the same either way, or is no number.
    Nothing,
    /// That it is this one.
    Sign(Sign),
    /// It could be read in both ways, with different results.
    Ambiguous,
}

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNumber {
    /// Not digits with separators in their places.
    Malformed,
    /// More than six decimals.
    TooFine,
    /// Larger than an amount can be.
    TooLarge,
    /// A sign of another currency stands beside it.
    OtherCurrency,
}

const DECIMALS: usize = 6;

/// What this number tells of the decimal sign.
pub fn tells(text: &str) -> Tells {
    let Some((_, number)) = bare(text) else { return Tells::Nothing };
    let marks: Vec<(usize, char)> = number.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let Some(&(at, last)) = marks.last() else { return Tells::Nothing };
    let sign = if last == '.' { Sign::Point } else { Sign::Comma };
    let other = if last == '.' { Sign::Comma } else { Sign::Point };
    if marks.iter().any(|(_, mark)| *mark != last) {
        return Tells::Sign(sign);
    }
    if marks.len() > 1 {
        return Tells::Sign(other); // it stands between thousands
    }
    let (whole, part) = (&number[..at], &number[at + 1..]);
    let both = part.len() == 3 && (1..=3).contains(&whole.len()) && whole != "0";
    if both { Tells::Ambiguous } else { Tells::Sign(sign) }
}

/// Reads a number. `currency` is what it is an amount of, where it is money: a sign of another currency
/// beside the number is a fault.
///
/// # Errors
/// [`BadNumber`].
pub fn parse(text: &str, sign: Sign, currency: Option<&str>) -> Result<Amount, BadNumber> {
    let text = without_currency(text, currency)?;
    let (negative, number) = bare(&text).ok_or(BadNumber::Malformed)?;
    let (decimal, between) = match sign {
        Sign::Point => ('.', ','),
        Sign::Comma => (',', '.'),
    };
    let (whole, part) = number.split_once(decimal).unwrap_or((&number, "0"));
    let whole = without_thousands(whole, between).ok_or(BadNumber::Malformed)?;
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadNumber::Malformed);
    }
    let part = part.trim_end_matches('0');
    if part.len() > DECIMALS {
        return Err(BadNumber::TooFine);
    }
    let minus = if negative { "-" } else { "" };
    let plain = format!("{minus}{whole}.{}", if part.is_empty() { "0" } else { part });
    plain.parse().map_err(|_| BadNumber::TooLarge)
}

/// Whether it is below zero, and the digits and separators alone.
fn bare(text: &str) -> Option<(bool, String)> {
    let text = text.trim();
    let (in_brackets, text) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inside) => (true, inside.trim()),
        None => (false, text),
    };
    let minus = text.strip_prefix(['-', '\u{2212}']);
    let text = minus.or_else(|| text.strip_prefix('+')).unwrap_or(text).trim();
    // Spaces and apostrophes only ever stand between thousands: made one mark, and checked as such.
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}');
    let number: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
    let fits = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' '));
    let has_digit = number.chars().any(|c| c.is_ascii_digit());
    (fits && has_digit).then_some((in_brackets || minus.is_some(), number))
}

/// The digits of a whole number whose thousands are set apart properly, if at all.
fn without_thousands(whole: &str, between: char) -> Option<String> {
    if whole.is_empty() {
        return Some("0".to_owned()); // `.5`
    }
    let mark = if whole.contains(' ') { ' ' } else { between };
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let sound =
        rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    let digits = format!("{first}{}", rest.concat());
    (sound && !first.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// The text without the sign or code of the currency beside the number.
fn without_currency(text: &str, currency: Option<&str>) -> Result<String, BadNumber> {
    let Some(code) = currency else { return Ok(text.to_owned()) };
    for (mark, codes) in [("€", &["EUR"][..]), ("£", &["GBP"]), ("¥", &["JPY", "CNY"])] {
        if text.contains(mark) && !codes.contains(&code) {
            return Err(BadNumber::OtherCurrency);
        }
    }
    let text = text.replace(['€', '£', '¥', '$'], " ");
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty());
    match word {
        Some(word) if word.eq_ignore_ascii_case(code) => Ok(text.replacen(word, " ", 1)),
        Some(word) if word.len() == 3 => Err(BadNumber::OtherCurrency),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, sign: Sign) -> Result<String, BadNumber> {
        parse(text, sign, None).map(|amount| amount.to_string())
    }

    #[test]
    fn numbers_are_read_by_the_stated_sign() {
        for (text, value) in [
            ("15", "15"),
            ("1,280.8", "1280.8"),
            ("1,280", "1280"),
            ("1,280,000", "1280000"),
            ("1 280.50", "1280.5"),
            ("1\u{202f}280", "1280"),
            ("1'280", "1280"),
            (".5", "0.5"),
            ("-3", "-3"),
            ("\u{2212}3", "-3"),
            ("(40.00)", "-40"),
            ("+7", "7"),
            ("94.0", "94"),
            ("007", "7"),
        ] {
            assert_eq!(read(text, Sign::Point).as_deref(), Ok(value), "{text}");
        }
        for (text, value) in [("1.280,8", "1280.8"), ("1.280", "1280"), ("0,5", "0.5"), ("1280,80", "1280.8")]
        {
            assert_eq!(read(text, Sign::Comma).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_by_that_sign_is_refused() {
        for text in
            ["", "-", "seven", "1,28", "12,80.5", "1.2.3", "1,,280", "5.", "1e3", "--1", "1,280,8", "٣"]
        {
            assert_eq!(read(text, Sign::Point), Err(BadNumber::Malformed), "{text}");
        }
        assert_eq!(read("1,280.8", Sign::Comma), Err(BadNumber::Malformed));
        assert_eq!(read("0.1234567", Sign::Point), Err(BadNumber::TooFine));
        assert_eq!(read("9223372036855", Sign::Point), Err(BadNumber::TooLarge));
    }

    #[test]
    fn a_number_tells_the_sign_only_where_it_leaves_no_doubt() {
        for (text, tells_it) in [
            ("15", Tells::Nothing),
            ("rice", Tells::Nothing),
            ("1 280", Tells::Nothing),
            ("1,280.8", Tells::Sign(Sign::Point)),
            ("1.280,8", Tells::Sign(Sign::Comma)),
            ("1,280,000", Tells::Sign(Sign::Point)),
            ("2.5", Tells::Sign(Sign::Point)),
            ("2,50", Tells::Sign(Sign::Comma)),
            ("0.125", Tells::Sign(Sign::Point)),
            ("1280.125", Tells::Sign(Sign::Point)),
            ("1,280", Tells::Ambiguous),
            ("1.280", Tells::Ambiguous),
        ] {
            assert_eq!(tells(text), tells_it, "{text}");
        }
    }

    #[test]
    fn the_currency_beside_a_number_must_be_the_right_one() {
        let money = |text: &str, code| parse(text, Sign::Point, Some(code)).map(|amount| amount.money());
        assert_eq!(money("€ 12.50", "EUR").as_deref(), Ok("12.50"));
        assert_eq!(money("-$5.00 USD", "USD").as_deref(), Ok("-5.00"));
        assert_eq!(money("12.50 eur", "EUR").as_deref(), Ok("12.50"));
        assert_eq!(money("€ 12.50", "USD"), Err(BadNumber::OtherCurrency));
        assert_eq!(money("12.50 EUR", "USD"), Err(BadNumber::OtherCurrency));
        assert_eq!(money("12.50 or so", "USD"), Err(BadNumber::Malformed));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.,' ()€$a-z-]{0,16}") {
            let _ = (parse(&text, Sign::Point, Some("EUR")), parse(&text, Sign::Comma, None), tells(&text));
        }

        #[test]
        fn what_is_written_with_thousands_reads_back(millionths in 0..i64::MAX) {
            let plain = Amount::from_millionths(millionths).to_string();
            let (whole, part) = plain.split_once('.').unwrap_or((&plain, "0"));
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at).is_multiple_of(3) {
                    grouped.push('.');
                }
                grouped.push(digit);
            }
            let written = format!("{grouped},{part}");
            prop_assert_eq!(read(&written, Sign::Comma), Ok(plain.clone()));
        }
    }
}
