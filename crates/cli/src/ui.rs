//! The one place that writes to the terminal and reads from it: data on stdout, everything else on
//! stderr, colour and progress only where a person looks, questions only where one can answer. What came
//! from other people is cleaned of control characters before it is shown.

use crate::error::{Failure, Outcome};
use crate::text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use std::io::{BufRead, BufWriter, IsTerminal, Stdout, Write};

/// The version of what `--json` prints; a change that breaks readers raises it.
pub const JSON_SCHEMA: u64 = 1;
/// The longest answer that is read from a person, in bytes.
const MAX_ANSWER: usize = 1024;

/// How a piece of text shall look, where looks are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As it is.
    Plain,
    /// Stands out.
    Strong,
    /// Stands back.
    Faint,
    /// All is well.
    Good,
    /// Look here.
    Bad,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[31m",
        }
    }
}

/// The terminal as a command sees it.
pub struct Ui {
    out: BufWriter<Stdout>,
    json: bool,
    yes: bool,
    colour_out: bool,
    colour_err: bool,
    draws: bool,
}

impl Ui {
    /// A terminal; `json` prints objects instead of lines, `yes` answers every yes-or-no question.
    pub fn new(json: bool, yes: bool) -> Self {
        let variable = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = !variable("NO_COLOR") && !dumb;
        let err = std::io::stderr().is_terminal();
        Self {
            out: BufWriter::new(std::io::stdout()),
            json,
            yes,
            colour_out: colour && std::io::stdout().is_terminal(),
            colour_err: colour && err,
            draws: err && !dumb,
        }
    }

    /// Whether objects are printed instead of lines.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether every yes-or-no question is answered yes beforehand.
    pub fn says_yes(&self) -> bool {
        self.yes
    }

    /// Prints one line of data on stdout; nothing under `--json`, where [`Ui::object`] speaks.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn line(&mut self, line: impl AsRef<str>) -> Outcome {
        self.styled(Look::Plain, line)
    }

    /// As [`Ui::line`], with a look.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn styled(&mut self, look: Look, line: impl AsRef<str>) -> Outcome {
        if !self.json {
            let line = paint(look, line.as_ref(), self.colour_out);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Prints raw text on stdout, whatever `--json` says: scripts, man pages, notes.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn raw(&mut self, bytes: &[u8]) -> Outcome {
        self.out.write_all(bytes)?;
        Ok(())
    }

    /// Prints one object a line on stdout under `--json`; nothing otherwise.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn object(&mut self, value: Value) -> Outcome {
        if self.json {
            let mut object = Map::new();
            object.insert("schema".to_owned(), JSON_SCHEMA.into());
            match value {
                Value::Object(fields) => object.extend(fields),
                other => {
                    object.insert("value".to_owned(), other);
                }
            }
            writeln!(self.out, "{}", Value::Object(object))?;
        }
        Ok(())
    }

    /// Prints columns in line with each other on stdout: the widest cell of a column sets its width.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn table(&mut self, rows: &[Vec<String>]) -> Outcome {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |c: usize| rows.iter().filter_map(|row| row.get(c)).map(|cell| wide(cell)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(wide(cell))));
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Tells the person something beside the data, on stderr.
    pub fn say(&mut self, line: impl AsRef<str>) {
        self.aside(Look::Plain, line);
    }

    /// As [`Ui::say`], with a look.
    pub fn aside(&mut self, look: Look, line: impl AsRef<str>) {
        let _ = self.out.flush();
        let line = paint(look, line.as_ref(), self.colour_err);
        // Nobody can be told that stderr is gone.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Shows a picture of light and dark blocks on stderr: dark on light, as cameras expect, where the
    /// terminal has colours.
    pub fn picture(&mut self, lines: &str) {
        let _ = self.out.flush();
        for line in lines.lines() {
            let line = if self.colour_err { format!("\x1b[30;107m{line}\x1b[0m") } else { line.to_owned() };
            // Nobody can be told that stderr is gone.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Tells of a failure: `error:`, what lies behind it, `hint:`.
    pub fn failure(&mut self, failure: &Failure) {
        if failure.silent {
            return;
        }
        let error = paint(Look::Bad, &text!("word-error"), self.colour_err);
        self.say(format!("{error} {}", failure.message));
        for cause in &failure.causes {
            self.say(format!("  {}", text!("because", cause = plain(cause))));
        }
        if let Some(hint) = &failure.hint {
            let word = paint(Look::Good, &text!("word-hint"), self.colour_err);
            self.say(format!("{word} {hint}"));
        }
    }

    /// Warns of something, on stderr.
    pub fn warn(&mut self, line: impl AsRef<str>) {
        let word = paint(Look::Bad, &text!("word-note"), self.colour_err);
        self.say(format!("{word} {}", line.as_ref()));
    }

    /// Asks a yes-or-no question whose answer is yes when the person just presses Enter.
    ///
    /// # Errors
    /// When nobody can answer.
    pub fn ask_yes(&mut self, question: &str) -> Outcome<bool> {
        if self.yes {
            return Ok(true);
        }
        let prompt = text!("prompt-yes", question = question);
        let answer = self.read_answer(&prompt, text!("nobody-answers-hint"))?.to_lowercase();
        let yes = text!("word-yes");
        Ok(answer.is_empty() || yes.split(' ').any(|word| word == answer))
    }

    /// Asks for a line. The prompt goes to stderr, so that stdout stays clean.
    ///
    /// # Errors
    /// When nobody can answer: the input is closed.
    pub fn ask_line(&mut self, prompt: &str) -> Outcome<String> {
        self.read_answer(prompt, text!("nobody-types-hint"))
    }

    fn read_answer(&mut self, prompt: &str, otherwise: String) -> Outcome<String> {
        let _ = self.out.flush();
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{prompt} ");
        let _ = stderr.flush();
        let mut answer = Vec::new();
        let mut input = std::io::Read::take(std::io::stdin().lock(), MAX_ANSWER as u64);
        let read = input.read_until(b'\n', &mut answer)?;
        if read == 0 {
            let _ = writeln!(stderr);
            return Err(Failure::usage(text!("nobody-answers")).hint(otherwise));
        }
        if !std::io::stdin().is_terminal() {
            let _ = writeln!(stderr);
        }
        Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    }

    /// Asks for a passphrase, which is not shown while it is typed.
    ///
    /// # Errors
    /// When there is no terminal to ask at.
    pub fn ask_passphrase(&mut self, prompt: &str) -> Outcome<String> {
        let _ = self.out.flush();
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage(text!("passphrase-nobody")).hint(text!("passphrase-nobody-hint")));
        }
        rpassword::prompt_password(format!("{prompt} ")).map_err(|error| {
            Failure::usage(text!("passphrase-nobody")).because(error).hint(text!("passphrase-nobody-hint"))
        })
    }

    /// A progress bar on stderr; it draws nothing where nobody looks.
    pub fn progress(&mut self, total: u64, label: String) -> ProgressBar {
        let _ = self.out.flush();
        let target = if self.draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = "{prefix} [{bar:30}] {human_pos} / {human_len}  {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(label);
        bar
    }

    /// Sends what was printed on its way.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn finish(&mut self) -> Outcome {
        self.out.flush()?;
        Ok(())
    }
}

fn paint(look: Look, text: &str, colour: bool) -> String {
    if colour && look != Look::Plain { format!("{}{text}\x1b[0m", look.code()) } else { text.to_owned() }
}

fn wide(cell: &str) -> usize {
    cell.chars().count()
}

/// Text of other people with everything that could steer a terminal taken out: control characters,
/// line breaks, and marks that turn the direction of writing.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// A path as one word of a command that is to be typed.
pub fn word(path: &str) -> String {
    let path = plain(path);
    let steers =
        |c: char| !(c.is_alphanumeric() || matches!(c, '/' | '\\' | '.' | '_' | '-' | '+' | ':' | ','));
    if path.contains(steers) { format!("\"{path}\"") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(plain("rice\u{1b}[2J\n\u{202e}beans"), "rice [2J  beans");
        assert_eq!(plain("arroz ñ"), "arroz ñ");
    }

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        assert_eq!(word("/home/wren/misconduct/1.0"), "/home/wren/misconduct/1.0");
        assert_eq!(word("/home/old wren/x"), "\"/home/old wren/x\"");
    }

    #[test]
    fn looks_are_for_terminals_alone() {
        assert_eq!(paint(Look::Bad, "x", false), "x");
        assert_eq!(paint(Look::Bad, "x", true), "\x1b[31mx\x1b[0m");
    }
}
