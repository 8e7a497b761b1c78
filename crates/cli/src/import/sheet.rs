//! From bytes to rows: separators, quotes over several lines, byte-order marks and line ends of all
//! sorts. Every cell is text here; what it means is for `plan`.

use super::complaint::{Complaint, What};
use super::draft::{says_nothing, squeeze};
use super::limits::{MAX_COLUMNS, MAX_ROWS};

/// A table: its headings and its rows, all of the same width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The headings, written in one way.
    pub headings: Vec<String>,
    /// The rows that say anything and are whole.
    pub rows: Vec<Row>,
    /// What stands between the cells.
    pub separator: char,
    /// The rows that are not whole.
    pub complaints: Vec<Complaint>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file on which it begins.
    pub line: u64,
    /// Its cells, trimmed, as many as there are headings.
    pub cells: Vec<String>,
}

/// Why a file is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadSheet {
    /// It is not text in UTF-8, from this line on.
    NotText(u64),
    /// There is nothing in it.
    Empty,
    /// More rows than [`MAX_ROWS`].
    TooManyRows,
    /// More columns than [`MAX_COLUMNS`].
    TooManyColumns,
}

/// Reads a table.
///
/// # Errors
/// [`BadSheet`].
pub fn read(bytes: &[u8]) -> Result<Sheet, BadSheet> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            return Err(BadSheet::NotText(1 + newlines(before)));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(BadSheet::NotText(1)); // UTF-16 without its mark reads so
    }
    let (text, separator, skipped) = separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator as u8)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let first = records.next().and_then(Result::ok).ok_or(BadSheet::Empty)?;
    let headings: Vec<String> = first.iter().map(squeeze).collect();
    if headings.len() > MAX_COLUMNS {
        return Err(BadSheet::TooManyColumns);
    }
    let mut sheet = Sheet { headings, rows: Vec::new(), separator, complaints: Vec::new() };
    for record in records {
        // Text that is UTF-8 already can always be split into records.
        let Ok(record) = record else { continue };
        let line = skipped + line_of(text, &record);
        sheet.add(line, record.iter().map(|cell| cell.trim().to_owned()).collect());
        if sheet.rows.len() > MAX_ROWS {
            return Err(BadSheet::TooManyRows);
        }
    }
    Ok(sheet)
}

impl Sheet {
    fn add(&mut self, line: u64, mut cells: Vec<String>) {
        if cells.iter().all(|cell| says_nothing(cell)) {
            return;
        }
        let width = self.headings.len();
        while cells.len() > width && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() == width {
            self.rows.push(Row { line, cells });
        } else {
            let what = What::Ragged { found: cells.len(), expected: width };
            self.complaints.push(Complaint { line, column: None, what });
        }
    }
}

/// The line on which a record begins; the reader counts empty lines before it as its own.
fn line_of(text: &str, record: &csv::StringRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let empty = text.as_bytes().get(start..).unwrap_or_default();
    let empty = empty.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line() + empty.count() as u64
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The text after a line `sep=;` (which some programs write), what separates the cells, and how many
/// lines were left out. Without such a line it is the mark that stands most often between the headings.
fn separator(text: &str) -> (&str, char, u64) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(mark) = first.strip_prefix("sep=").and_then(|rest| rest.chars().next()).filter(char::is_ascii)
    {
        return (text.get(first.len()..).unwrap_or_default(), mark, 0);
    }
    let mut quoted = false;
    let mut counts = [(',', 0_usize), (';', 0), ('\t', 0)];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => break,
            c if !quoted => {
                counts.iter_mut().filter(|(mark, _)| *mark == c).for_each(|(_, count)| *count += 1)
            }
            _ => {}
        }
    }
    let best = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    (text, best.map_or(',', |(mark, _)| mark), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u64, String)> {
        let sheet = read(text.as_bytes()).unwrap();
        sheet.rows.into_iter().map(|row| (row.line, row.cells.join("|"))).collect()
    }

    #[test]
    fn marks_line_ends_and_spaces_make_no_difference() {
        let text = "\u{feff}Date ,Item\t, Amount\r\n2025-01-01, rice ,20\r\n";
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(sheet.headings, ["Date", "Item", "Amount"]);
        assert_eq!(rows(text), [(2, "2025-01-01|rice|20".to_owned())]);
        assert_eq!(rows("a,b\r1,2\r3,4").len(), 2);
    }

    #[test]
    fn a_cell_may_run_over_lines_and_the_next_row_keeps_its_line() {
        let text = "Item,Note\nrice,\"first\nsecond, \"\"third\"\"\"\n\n\nbeans,x\n";
        assert_eq!(rows(text), [(2, "rice|first\nsecond, \"third\"".to_owned()), (6, "beans|x".to_owned())]);
    }

    #[test]
    fn the_separator_is_seen() {
        assert_eq!(read(b"a;b;c\n1,5;2;3").unwrap().separator, ';');
        assert_eq!(read(b"a\tb\n1\t2").unwrap().separator, '\t');
        assert_eq!(read(b"\"x;y;z\",b,c\n1,2,3").unwrap().separator, ',');
        assert_eq!(read(b"only\n1").unwrap().separator, ',');
        let text = "sep=;\r\na;b\r\n1;2\r\n";
        assert_eq!(read(text.as_bytes()).unwrap().headings, ["a", "b"]);
        assert_eq!(rows(text), [(3, "1|2".to_owned())]);
    }

    #[test]
    fn rows_that_are_not_whole_are_complaints() {
        let sheet = read(b"a,b\n1\n1,2,3\n1,2,,\n,,\n-,\n").unwrap();
        assert_eq!(sheet.rows.len(), 1);
        let found: Vec<_> =
            sheet.complaints.iter().map(|complaint| (complaint.line, &complaint.what)).collect();
        let ragged = |found| What::Ragged { found, expected: 2 };
        assert_eq!(found, [(2, &ragged(1)), (3, &ragged(3))]);
    }

    #[test]
    fn what_is_no_table_says_why() {
        assert_eq!(read(b""), Err(BadSheet::Empty));
        assert_eq!(read(b"\xef\xbb\xbf\n\n"), Err(BadSheet::Empty));
        assert_eq!(read(b"a,b\n1,\xe9t\xe9\n"), Err(BadSheet::NotText(2)));
        assert_eq!(read(b"\xff\xfea\0,\0"), Err(BadSheet::NotText(1)));
        let wide = vec!["x"; MAX_COLUMNS + 1].join(",");
        assert_eq!(read(wide.as_bytes()), Err(BadSheet::TooManyColumns));
        let long = format!("a\n{}", "1\n".repeat(MAX_ROWS + 1));
        assert_eq!(read(long.as_bytes()), Err(BadSheet::TooManyRows));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_text_gives_rows_of_one_width(text in "[a-c,;\"\r\n -]{0,80}") {
            if let Ok(sheet) = read(text.as_bytes()) {
                for row in sheet.rows {
                    prop_assert_eq!(row.cells.len(), sheet.headings.len());
                }
            }
        }
    }
}
