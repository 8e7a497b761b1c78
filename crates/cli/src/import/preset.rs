//! The mappings that come along, for the exports of programs that groups arrive with, and how they are
//! known by their headings. Each is a file in `presets/`; a new one needs a line here.

use super::columns::Known;
use super::mapping::Mapping;
use std::sync::LazyLock;

/// A mapping that comes along.
#[derive(Debug, Clone)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// The mapping.
    pub mapping: Mapping,
}

const FILES: [(&str, &str); 6] = [
    ("donations", include_str!("presets/donations.toml")),
    ("inventory", include_str!("presets/inventory.toml")),
    ("distributions", include_str!("presets/distributions.toml")),
    ("open-collective", include_str!("presets/open-collective.toml")),
    ("loans", include_str!("presets/loans.toml")),
    ("plain", include_str!("presets/plain.toml")),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let read =
        |(name, text): (&'static str, &str)| Some(Preset { name, mapping: Mapping::parse(text).ok()? });
    FILES.into_iter().filter_map(read).collect()
});

/// All presets.
pub fn all() -> &'static [Preset] {
    &PRESETS
}

/// The preset of this name.
pub fn named(name: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.name == name)
}

/// The preset that these headings belong to: of those that are known by them the one that asks for most.
pub fn known_by(headings: &[String]) -> Option<&'static Preset> {
    let known = Known::new(headings);
    let fits = |preset: &&Preset| {
        let signs = &preset.mapping.known_by;
        !signs.is_empty() && signs.iter().all(|sign| sign.headings().iter().any(|heading| known.has(heading)))
    };
    all().iter().filter(fits).max_by_key(|preset| preset.mapping.known_by.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(headings: &str) -> Option<&'static str> {
        let headings: Vec<String> = headings.split(',').map(str::to_owned).collect();
        known_by(&headings).map(|preset| preset.name)
    }

    #[test]
    fn every_file_is_a_mapping() {
        for (name, text) in FILES {
            assert_eq!(Mapping::parse(text).err(), None, "{name}");
        }
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn exports_are_known_by_their_headings() {
        let donations = "Source,Date,Details,Storage Location,Quantity of Items,Variety of Items,In-Kind Total,Comments,A Item";
        assert_eq!(known(donations), Some("donations"));
        assert_eq!(known("Quantity,DO NOT CHANGE ANYTHING IN THIS COLUMN"), Some("inventory"));
        let distributions = "Partner,Initial Allocation,Scheduled for,Source Inventory,Total Items,Total Value,Delivery Method,Shipping Cost,Status,Agency Representative,Comments,Reporting Category,A Item";
        assert_eq!(known(distributions), Some("distributions"));
        assert_eq!(known("datetime,shortId,type,netAmount,currency,accountSlug"), Some("open-collective"));
        let labels = "Date & Time,Short Transaction ID,Credit/Debit,Gross Amount,Amount Single Column,Currency,Account Handle";
        assert_eq!(known(labels), Some("open-collective"));
        let loans = "Loan ID,Status,Added on,First name,Last name,Email,Item name,Item code,Fee,Due out,Checked out,Due in,Checked in";
        assert_eq!(known(loans), Some("loans"));
        assert_eq!(known("date,direction,amount,unit,item,place,note"), Some("plain"));
        assert_eq!(known("Apples,Pears"), None);
    }
}
