//! `add-checkpoint` of C2SP `tlog-witness`, as bytes: what a log asks of a witness over HTTP, and the exact
//! answers. Serving it is for the node; deciding is for the machine.

use super::{Refused, Step};
use crate::limits::MAX_ADD_CHECKPOINT;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lifeboat_log::note::{Note, SignatureLine};
use lifeboat_log::tree::MAX_PROOF;
use lifeboat_log::{BadCheckpoint, ForeignLog, TreeHash, foreign};

/// A request as it was read; nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    proof: Vec<TreeHash>,
    note: Note,
}

/// An answer: status, content type, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// The content type with which the size cosigned last is told.
pub const SIZE_TYPE: &str = "text/x.tlog.size";
const TEXT: &str = "text/plain; charset=utf-8";

impl AddCheckpoint {
    /// The request that this body is; nothing when it is not exactly one.
    pub fn parse(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_ADD_CHECKPOINT {
            return None;
        }
        let (head, note) = std::str::from_utf8(body).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let written = lines.next()?.strip_prefix("old ")?;
        let old: u64 = written.parse().ok()?;
        let decode = |line: &str| Some(TreeHash(STANDARD.decode(line).ok()?.try_into().ok()?));
        let proof = lines.map(decode).collect::<Option<Vec<_>>>()?;
        let note = Note::parse(note.as_bytes()).ok()?;
        let proper = old.to_string() == written && proof.len() <= MAX_PROOF;
        (proper && foreign::read_text(&note.text).is_ok()).then_some(Self { old, proof, note })
    }

    /// The origin that its checkpoint names.
    pub fn origin(&self) -> &str {
        self.note.text.split('\n').next().unwrap_or_default()
    }

    /// What the machine is asked, and the note's text, once the log's signature holds.
    ///
    /// # Errors
    /// The answer.
    pub fn verify(self, log: &ForeignLog) -> Result<(Step, String), Answer> {
        match log.verify(&self.note) {
            Ok(checkpoint) => {
                let (size, root) = (checkpoint.size, checkpoint.root);
                Ok((Step { old: self.old, proof: self.proof, size, root }, checkpoint.text))
            }
            Err(BadCheckpoint::WrongOrigin) => Err(Answer::unknown_origin()),
            Err(BadCheckpoint::MalformedCheckpoint) => Err(Answer::malformed()),
            Err(bad) => Err(Answer::text(403, &bad.to_string())),
        }
    }
}

impl Answer {
    fn text(status: u16, words: &str) -> Self {
        Self { status, content_type: TEXT, body: format!("{words}\n") }
    }

    /// 400: not a request.
    pub fn malformed() -> Self {
        Self::text(400, "not a request: the old size, the proof, an empty line, a checkpoint")
    }

    /// 404: nobody told this witness of the log.
    pub fn unknown_origin() -> Self {
        Self::text(404, "this witness was not told of that log")
    }

    /// 503: ask again in a moment.
    pub fn busy() -> Self {
        Self::text(503, &Refused::Busy.to_string())
    }

    /// 200: the cosignature.
    pub fn cosigned(line: &SignatureLine) -> Self {
        Self { status: 200, content_type: TEXT, body: line.to_line() }
    }

    /// The answer for each refusal.
    pub fn refused(why: Refused) -> Self {
        match why {
            Refused::OldBeyond => Self::text(400, &why.to_string()),
            Refused::NotLast { last } => {
                Self { status: 409, content_type: SIZE_TYPE, body: format!("{last}\n") }
            }
            Refused::Inconsistent => Self::text(422, &why.to_string()),
            // Only of cells, or of the clock and the disk here: no fault of who asks.
            Refused::KeeperAhead | Refused::Backdated | Refused::ClockBack | Refused::Busy => {
                Self::text(503, &why.to_string())
            }
        }
    }
}
