//! Every bound of an import, with its reason.

/// Largest file, in bytes: a spreadsheet of a hundred thousand rows.
pub const MAX_FILE: u64 = 32 * 1024 * 1024;
/// Most rows: more entries than a cell writes in years; split the file.
pub const MAX_ROWS: usize = 50_000;
/// Most columns: what spreadsheets allow is far more, and nobody's table needs it.
pub const MAX_COLUMNS: usize = 1_024;
/// Most entries: one row may unfold into many.
pub const MAX_DRAFTS: usize = 100_000;
/// Longest note, in bytes; a detail could hold more, a reader would not.
pub const MAX_NOTE: usize = 4_000;
/// Largest mapping file, in bytes.
pub const MAX_MAPPING: u64 = 256 * 1024;
/// Complaints that are shown before the rest is only counted.
pub const MAX_SHOWN: usize = 20;
