//! Every text that a person reads comes from one Fluent catalogue, the folder `crates/cli/text/en`, so that
//! a translator needs these files and no code. Never write a sentence for a person anywhere else.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// The catalogue's files, one a subject.
// One a line, so that several can be added side by side.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    include_str!("../text/en/main.ftl"),
    include_str!("../text/en/evidence.ftl"),
    include_str!("../text/en/reach.ftl"),
    include_str!("../text/en/details.ftl"),
    include_str!("../text/en/budgets.ftl"),
    include_str!("../text/en/witness.ftl"),
    include_str!("../text/en/decisions.ftl"),
    include_str!("../text/en/bundles.ftl"),
    include_str!("../text/en/rotation.ftl"),
    include_str!("../text/en/ballots.ftl"),
    include_str!("../text/en/pending.ftl"),
    include_str!("../text/en/keys.ftl"),
    include_str!("../text/en/reasons.ftl"),
    include_str!("../text/en/takeover.ftl"),
];

static CATALOGUE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let mut bundle = FluentBundle::new_concurrent(vec![LanguageIdentifier::default()]);
    // Isolation marks are invisible characters around each value: they break copying and comparing.
    bundle.set_use_isolating(false);
    for file in ENGLISH {
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) => resource,
            // A test reads the catalogue strictly; here what is readable of it is used.
            Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
});

/// What can be put into a text: a number (which may choose a plural) or words.
pub enum Arg {
    /// A whole number.
    Number(i64),
    /// Anything else, as it is to be printed.
    Words(String),
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Arg {
            fn from(value: $number) -> Self {
                i64::try_from(value).map_or_else(|_| Self::Words(value.to_string()), Self::Number)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64);

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Self::Words(value)
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Words(value.clone())
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Words(value.to_owned())
    }
}

impl From<Arg> for FluentValue<'static> {
    fn from(arg: Arg) -> Self {
        match arg {
            // Text keeps a number from being grouped or rounded; only small whole ones choose plurals.
            Arg::Number(number) => FluentValue::from(number),
            Arg::Words(words) => FluentValue::from(words),
        }
    }
}

/// The text of this id, or nothing when the catalogue has none.
pub fn find(id: &str, args: Vec<(&'static str, Arg)>) -> Option<String> {
    let pattern = CATALOGUE.get_message(id)?.value()?;
    let args: FluentArgs<'_> = args.into_iter().map(|(name, arg)| (name, FluentValue::from(arg))).collect();
    let mut errors = Vec::new();
    let text = CATALOGUE.format_pattern(pattern, Some(&args), &mut errors).into_owned();
    debug_assert!(errors.is_empty(), "the text {id} does not fit its values: {errors:?}");
    Some(text)
}

/// The text of this id; the id itself when the catalogue has none (a test sees to it that it has).
pub fn message(id: &str, args: Vec<(&'static str, Arg)>) -> String {
    find(id, args).unwrap_or_else(|| {
        debug_assert!(false, "the catalogue has no text {id}");
        id.to_owned()
    })
}

/// A text of the catalogue: `text!("cell-none")`, `text!("outbox-count", count = 2)`.
#[macro_export]
macro_rules! text {
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::message($id, vec![$((stringify!($name), $crate::text::Arg::from($value))),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn lines_with_ids() -> impl Iterator<Item = &'static str> {
        let lines = ENGLISH.iter().flat_map(|file| file.lines());
        lines.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
    }

    fn ids_of_catalogue() -> BTreeSet<String> {
        let id = |line: &str| line.split(" =").next().unwrap_or_default().to_owned();
        lines_with_ids().map(id).collect()
    }

    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn the_catalogue_is_sound() {
        for file in ENGLISH {
            let errors = FluentResource::try_new((*file).to_owned()).err().map(|(_, errors)| errors);
            assert_eq!(errors, None);
        }
        let count = lines_with_ids().count();
        assert_eq!(count, ids_of_catalogue().len(), "a text stands twice in the catalogue");
    }

    #[test]
    fn every_text_that_is_used_exists_and_every_text_is_used() {
        let mut code = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/src"), &mut code);
        let known = ids_of_catalogue();
        for piece in code.split("text!(\"").skip(1) {
            let id = piece.split('"').next().unwrap_or_default();
            if !id.is_empty() && !id.contains("{") {
                assert!(known.contains(id), "the code uses the text {id}, which the catalogue lacks");
            }
        }
        let by_rule = ["example-", "refused-", "word-", "help-", "work-", "void-"];
        for id in &known {
            let named =
                code.contains(&format!("\"{id}\"")) || by_rule.iter().any(|rule| id.starts_with(rule));
            assert!(named, "the catalogue has the text {id}, which no code uses");
        }
    }

    #[test]
    fn values_are_put_in_plainly() {
        assert_eq!(text!("outbox-count", count = 1), "In your outbox: 1 entry.");
        assert_eq!(text!("outbox-count", count = 1200), "In your outbox: 1200 entries.");
    }
}
