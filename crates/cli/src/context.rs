//! What every command has at hand: the terminal, the words that stand before the subcommand, the home
//! and the desk where it asks. Failures of the home become sentences and exit codes here, once.

use crate::args::Global;
use crate::error::{Code, Failure, Outcome};
use crate::text;
use crate::ui::Ui;
use etcetera::BaseStrategy;
use lifeboat_node::ask::{Progress, Refusal};
use lifeboat_node::background::BackgroundError;
use lifeboat_node::{Answer, Ask, Desk, DeskError, Home, HomeError, KeyError};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Work that is done sooner needs no progress bar.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// What every command has at hand.
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// The words that every command understands.
    pub global: Global,
    /// What the person typed after the program's name, to name another command by it.
    pub typed: Vec<String>,
}

impl Context {
    /// The context of a command line.
    pub fn new(global: Global) -> Self {
        Self { ui: Ui::new(global.json, global.yes), global, typed: Vec::new() }
    }

    /// Heeds what every command understands also where it stands among the words of a command inside of this
    /// one. Nothing may have been shown yet.
    pub fn heed(&mut self, inner: Global, words: &[String]) {
        // What these words do not say may come from the environment, and then this command has it or better.
        let says =
            |option: &str| words.iter().any(|word| word.split('=').next().is_some_and(|name| name == option));
        let global = &mut self.global;
        global.json |= inner.json;
        global.yes |= inner.yes;
        global.wait = inner.wait.or(global.wait);
        if says("--home") {
            global.home = inner.home;
        }
        if says("--cell") {
            global.cell = inner.cell;
        }
        if says("--passphrase-file") {
            global.passphrase_file = inner.passphrase_file;
        }
        self.ui = Ui::new(global.json, global.yes);
    }

    /// The folder of the home, whether or not there is one.
    ///
    /// # Errors
    /// When this system names no place for a program's data.
    pub fn home_folder(&self) -> Outcome<PathBuf> {
        if let Some(folder) = &self.global.home {
            return Ok(folder.clone());
        }
        let base = etcetera::choose_base_strategy().map_err(|error| {
            Failure::new(text!("no-data-folder")).because(error).hint(text!("no-data-folder-hint"))
        })?;
        Ok(base.data_dir().join("lifeboat"))
    }

    /// Milliseconds to try to reach other homes: what the person says, else these seconds.
    pub fn wait_ms(&self, seconds: u64) -> u64 {
        self.global.wait.unwrap_or(seconds).saturating_mul(1000)
    }

    /// The home.
    ///
    /// # Errors
    /// Exit code 10 when there is none.
    pub fn home(&self) -> Outcome<Home> {
        Ok(Home::open(self.home_folder()?)?)
    }

    /// The desk of the home.
    ///
    /// # Errors
    /// Exit code 11 when another process holds the home.
    pub fn desk(&self) -> Outcome<Desk> {
        Ok(Desk::open(&self.home()?)?)
    }

    /// Asks, with a progress bar when it takes long.
    ///
    /// # Errors
    /// What the desk says.
    pub fn ask(&mut self, desk: &mut Desk, ask: Ask) -> Outcome<Answer> {
        let (mut bar, start) = (None, Instant::now());
        let answer = desk.answer_with(ask, &mut |progress: Progress| {
            if start.elapsed() < PATIENCE {
                return;
            }
            let bar = bar.get_or_insert_with(|| {
                let label = text::find(&format!("work-{}", progress.what), Vec::new());
                self.ui.progress(progress.total, label.unwrap_or_default())
            });
            bar.set_length(progress.total.max(progress.done));
            bar.set_position(progress.done);
        });
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        Ok(answer?)
    }
}

/// An answer of another sort than the question asks for: a node of another version.
pub fn unexpected() -> Failure {
    Failure::new(text!("unexpected-answer")).hint(text!("unexpected-answer-hint"))
}

/// Takes the expected variant out of an answer.
#[macro_export]
macro_rules! expect_answer {
    ($answer:expr, $pattern:pat => $value:expr) => {
        match $answer {
            $pattern => Ok($value),
            _ => Err($crate::context::unexpected()),
        }
    };
}

/// The clock of this machine in milliseconds since 1970.
pub fn clock() -> lifeboat_log::Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    lifeboat_log::Time::from_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Random bytes from the operating system.
///
/// # Errors
/// When it has none.
pub fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(text!("no-randomness")).because(error))?;
    Ok(bytes)
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        match error {
            HomeError::Missing(path) => {
                Self::with(Code::StoreMissing, text!("home-missing", path = path.display().to_string()))
                    .hint(text!("home-missing-hint"))
            }
            HomeError::Exists(path) => Self::new(text!("home-exists", path = path.display().to_string()))
                .hint(text!("home-exists-hint")),
            HomeError::InUse(path) => {
                Self::with(Code::StoreInUse, text!("home-in-use", path = path.display().to_string()))
                    .hint(text!("home-in-use-hint"))
            }
            HomeError::Settings { path, reason } => {
                Self::new(text!("settings-damaged", path = path.display().to_string()))
                    .because(reason)
                    .hint(text!("settings-damaged-hint"))
            }
            HomeError::Io { path, error } => Self::file(&path, &error),
        }
    }
}

impl From<BackgroundError> for Failure {
    fn from(error: BackgroundError) -> Self {
        match error {
            BackgroundError::Home(error) => error.into(),
            BackgroundError::Ended(words) => {
                Self::new(text!("node-not-started")).because(words).hint(text!("node-not-started-hint"))
            }
            BackgroundError::Silent(log) => Self::new(text!("node-silent"))
                .hint(text!("node-silent-hint", path = log.display().to_string())),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoMember => {
                Self::with(Code::NoIdentity, text!("no-member-key")).hint(text!("no-member-key-hint"))
            }
            KeyError::WrongPassphrase => {
                Self::new(text!("wrong-passphrase")).hint(text!("wrong-passphrase-hint"))
            }
            KeyError::Home(error) => error.into(),
            other => Self::new(other.to_string()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.name.as_str() {
            "no_cell" | "unknown_cell" | "not_member" => Code::NoIdentity,
            "in_use" => Code::StoreInUse,
            "missing" => Code::StoreMissing,
            _ => Code::Failed,
        };
        // The catalogue may say it in the person's language; else the home's own words.
        let text = text::find(&format!("refused-{}", refusal.name), Vec::new());
        Self::with(code, text.unwrap_or_else(|| crate::ui::plain(&refusal.text)))
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Home(error) => error.into(),
            DeskError::Key(error) => error.into(),
            DeskError::Refused(refusal) => refusal.into(),
            other => Self::new(other.to_string()).hint(text!("node-lost-hint")),
        }
    }
}
