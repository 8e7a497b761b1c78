//! Rows of fields: `;` between fields, `"` around a field that needs it. A quote that is doubled inside
//! quotes is one; after the closing quote what follows belongs to the field as it is.

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The number of the line on which it begins, from 1.
    pub line: usize,
    /// Its fields, without spaces at their ends.
    pub fields: Vec<String>,
}

/// The rows of a text, empty ones left out. Line ends inside quotes belong to the field.
pub(super) fn rows(text: &str) -> Vec<Row> {
    let (mut rows, mut at) = (Vec::new(), Row { line: 1, fields: Vec::new() });
    let (mut field, mut line, mut quoted, mut fresh) = (String::new(), 1, false, true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        }
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if fresh => (quoted, fresh) = (true, false),
            _ if quoted => field.push(c),
            ';' => {
                at.fields.push(trimmed(&mut field));
                fresh = true;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => {
                at.fields.push(trimmed(&mut field));
                finish(&mut rows, &mut at, line);
                fresh = true;
            }
            _ => {
                field.push(c);
                fresh = false;
            }
        }
    }
    at.fields.push(trimmed(&mut field));
    finish(&mut rows, &mut at, line);
    rows
}

fn trimmed(field: &mut String) -> String {
    let text = field.trim().to_owned();
    field.clear();
    text
}

fn finish(rows: &mut Vec<Row>, at: &mut Row, next_line: usize) {
    let row = std::mem::replace(at, Row { line: next_line, fields: Vec::new() });
    if row.fields.len() > 1 || row.fields.first().is_some_and(|field| !field.is_empty()) {
        rows.push(row);
    }
}

/// A field as it is written: quoted where it must be.
pub(super) fn field(text: &str) -> String {
    let text = text.trim();
    if text.contains([';', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        rows(text).into_iter().map(|row| row.fields).collect()
    }

    #[test]
    fn quotes_and_line_ends_are_read_as_spreadsheets_write_them() {
        let read = fields("a;b\r\n\r\n\"x;y\";\"he said \"\"no\"\"\"\n\"two\nlines\"; z \nin \"the\" middle");
        let want: [&[&str]; 4] =
            [&["a", "b"], &["x;y", "he said \"no\""], &["two\nlines", "z"], &["in \"the\" middle"]];
        assert_eq!(read, want);
        assert_eq!(rows("\n\nx\n\"a\nb\"\ny").iter().map(|r| r.line).collect::<Vec<_>>(), [3, 4, 6]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(row in prop::collection::vec("[a-z;\"\n\r é]{0,8}", 2..5)) {
            let text: Vec<String> = row.iter().map(|f| field(f)).collect();
            let want: Vec<String> = row.iter().map(|f| f.trim().to_owned()).collect();
            prop_assert_eq!(fields(&format!("{}\n", text.join(";"))), [want]);
        }
    }
}
