//! Reading a log folder as anyone may find it: a home's, or a published copy with `.p/<W>` partial tiles,
//! with no database. Only names and bytes; what they are worth is for [`crate::audit`]. Never writes.

use lifeboat_log::{CellId, Term, tile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Most folders below one another that are looked into.
const MAX_DEPTH: usize = 8;

/// The tiles of one sort (the bundles, or one level of hashes) that a term's folder holds.
pub type Tiles = BTreeMap<u64, Vec<TileFile>>;

/// One file of a tile: whole or growing under its plain name, or published at a width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileFile {
    /// The name within the term's folder.
    pub name: String,
    /// The width after `.p/`; none under the plain name.
    pub width: Option<u64>,
}

/// What lies in the folder of a term.
#[derive(Debug, Default)]
pub struct TermFolder {
    /// The folder.
    pub path: PathBuf,
    /// Bundles of records, by number. The plain form, or else the widest, comes first.
    pub bundles: Tiles,
    /// Hash tiles, by level and number.
    pub levels: BTreeMap<u8, Tiles>,
    /// Files with names that the format does not have.
    pub strangers: Vec<String>,
}

impl TermFolder {
    /// Lists a term's folder.
    ///
    /// # Errors
    /// As the system says.
    pub fn list(path: &Path) -> io::Result<Self> {
        let mut found = Self { path: path.to_owned(), ..Self::default() };
        let mut names = Vec::new();
        walk(path, "", MAX_DEPTH, &mut names)?;
        for name in names.into_iter().filter(|name| name != tile::CHECKPOINT) {
            match parse(&name) {
                Some((None, index, width)) => {
                    found.bundles.entry(index).or_default().push(TileFile { name, width })
                }
                Some((Some(level), index, width)) => {
                    let tiles = found.levels.entry(level).or_default();
                    tiles.entry(index).or_default().push(TileFile { name, width });
                }
                None => found.strangers.push(name),
            }
        }
        let sort = |tiles: &mut Tiles| tiles.values_mut().for_each(|forms| forms.sort_by_key(widest_first));
        sort(&mut found.bundles);
        found.levels.values_mut().for_each(sort);
        Ok(found)
    }

    /// The bytes of one of its files; nothing when there is none.
    ///
    /// # Errors
    /// As the system says, or when the file is longer than `max` bytes.
    pub fn read(&self, name: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        match std::fs::metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
            Ok(meta) if meta.len() > max as u64 => {
                return Err(io::Error::other("longer than such a file can be"));
            }
            Ok(_) => {}
        }
        std::fs::read(path).map(Some)
    }
}

/// The folders of cells that `path` holds: it is one, or it is a folder of them, or a home.
///
/// # Errors
/// As the system says.
pub fn cells(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !terms(path)?.is_empty() {
        return Ok(vec![path.to_owned()]);
    }
    let home = path.join("log");
    let holder = if home.is_dir() { home } else { path.to_owned() };
    let named = |name: &str| CellId::from_hex(name).is_some();
    Ok(folders(&holder)?.into_iter().filter(|name| named(name)).map(|name| holder.join(name)).collect())
}

/// The terms whose folders a cell's folder holds, ascending.
///
/// # Errors
/// As the system says.
pub fn terms(cell: &Path) -> io::Result<Vec<Term>> {
    let mut terms: Vec<Term> = folders(cell)?.iter().filter_map(|name| name.parse().ok()).collect();
    terms.sort_unstable();
    Ok(terms)
}

fn widest_first(file: &TileFile) -> u64 {
    file.width.map_or(0, |width| u64::MAX - width)
}

fn folders(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for item in std::fs::read_dir(path)? {
        let item = item?;
        if item.path().is_dir() {
            names.push(item.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn walk(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) -> io::Result<()> {
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        let name = format!("{prefix}{}", item.file_name().to_string_lossy());
        match item.path().is_dir() {
            true if depth > 0 => walk(&item.path(), &format!("{name}/"), depth - 1, names)?,
            _ => names.push(name),
        }
    }
    Ok(())
}

/// Hash level (none for a bundle), number and width that a file's name says.
fn parse(name: &str) -> Option<(Option<u8>, u64, Option<u64>)> {
    let (plain, width) = match name.split_once(".p/") {
        Some((plain, width)) => (plain, Some(width.parse::<u64>().ok()?)),
        None => (name, None),
    };
    let (sort, number) = plain.strip_prefix("tile/")?.split_once('/')?;
    let digits: String = number.split('/').map(|group| group.strip_prefix('x').unwrap_or(group)).collect();
    let index = digits.parse().ok()?;
    let (level, plain) = match sort {
        "entries" => (None, tile::bundle(index)),
        level => {
            let level = level.parse().ok()?;
            (Some(level), tile::hash_tile(level, index))
        }
    };
    // Said again from what was understood: so a name has one form.
    let again = width.map_or_else(|| plain.clone(), |width| tile::partial(&plain, width));
    (again == name && width.is_none_or(|w| (1..256).contains(&w))).then_some((level, index, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_their_one_form() {
        assert_eq!(parse("tile/entries/000"), Some((None, 0, None)));
        assert_eq!(parse("tile/0/x001/234.p/7"), Some((Some(0), 1234, Some(7))));
        for bad in
            ["tile/entries/0", "tile/0/x001234", "tile/entries/000.p/256", "tile/entries/000.p/07", "x"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
