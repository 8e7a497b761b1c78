//! What must not get into a log: columns whose headings say that they hold names or addresses of
//! persons, and notes that repeat what stands in such a column.

/// Headings, in small letters, that speak of persons as a whole.
const WHOLE: [&str; 34] = [
    "name",
    "names",
    "full name",
    "first name",
    "last name",
    "surname",
    "family name",
    "given name",
    "person",
    "contact",
    "contact person",
    "donor",
    "giver",
    "recipient",
    "receiver",
    "client",
    "customer",
    "beneficiary",
    "household",
    "family",
    "member",
    "volunteer",
    "driver",
    "borrower",
    "street",
    "house number",
    "postcode",
    "postal code",
    "zip",
    "zip code",
    "city",
    "date of birth",
    "birthday",
    "dob",
];
/// Words, in small letters, that give a heading away wherever they stand in it.
const WORDS: [&str; 10] = [
    "email",
    "e-mail",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "address",
    "representative",
    "passport",
    "iban",
];
/// Beginnings of headings that end in "name" and mean no person.
const THINGS: [&str; 8] = ["item", "product", "thing", "article", "place", "storage", "category", "currency"];

/// Whether a column of this heading holds names or addresses of persons.
pub fn heading_is_personal(heading: &str) -> bool {
    let heading = spelled_out(heading).to_lowercase();
    let words: Vec<&str> = heading.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    let last = words.last().copied().unwrap_or_default();
    let names = matches!(last, "name" | "names") && !THINGS.iter().any(|thing| heading.starts_with(thing));
    names || WHOLE.contains(&heading.as_str()) || words.iter().any(|word| WORDS.contains(word))
}

/// `accountName` as `account Name`.
fn spelled_out(heading: &str) -> String {
    let mut text = String::with_capacity(heading.len());
    let mut before = ' ';
    for c in heading.trim().chars() {
        if c.is_uppercase() && before.is_lowercase() {
            text.push(' ');
        }
        text.push(c);
        before = c;
    }
    text
}

/// Whether a note repeats what stands in a column of persons: all of it, or one of its words. A note too
/// few is better than a name too many.
pub fn note_names(note: &str, personal: &[&str]) -> bool {
    let note = note.to_lowercase();
    let words = |text: &str| -> Vec<String> {
        let is_part = |c: char| !c.is_alphanumeric() && c != '@';
        text.split(is_part).filter(|word| word.chars().count() > 2).map(str::to_owned).collect()
    };
    let in_note = words(&note);
    personal.iter().map(|cell| cell.trim().to_lowercase()).filter(|cell| cell.chars().count() > 1).any(
        |cell| {
            in_note.contains(&cell)
                || (cell.contains(' ') && note.contains(&cell))
                || words(&cell)
                    .iter()
                    .any(|word| word.chars().any(char::is_alphabetic) && in_note.contains(word))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_that_speak_of_persons_are_known() {
        for heading in [
            "Name",
            "First name",
            "Donor Name",
            "accountName ",
            "E-mail",
            "Email Address",
            "Phone (home)",
            "Street",
            "Agency Representative",
            "Contributor Address",
            "Recipient",
            "ZIP",
        ] {
            assert!(heading_is_personal(heading), "{heading}");
        }
        for heading in [
            "Item name",
            "Product Name",
            "Date",
            "Source",
            "Partner",
            "Storage Location",
            "Amount",
            "Town hall",
        ] {
            assert!(!heading_is_personal(heading), "{heading}");
        }
    }

    #[test]
    fn a_note_that_names_somebody_is_seen() {
        assert!(note_names("Contribution from Martin", &["Martin"]));
        assert!(note_names("Yearly contribution from Olli N.", &["Olli Nevalainen", "-"]));
        assert!(note_names("left at 12 Elm Road", &["12 elm road"]));
        assert!(!note_names("Pizza for the meeting", &["Martin", "", "-", "Jo"]));
        assert!(!note_names("12 bags", &["12 Elm Road"]));
    }
}
