//! What a stranger may hold of a cell's log, read from its bytes and judged: a proof, a slip, a misconduct
//! file, a term proof. It asks nobody, opens no home and trusts nothing but what it is told to trust.

use lifeboat_log::checkpoint::Cosigned;
use lifeboat_log::limits::MAX_MISCONDUCT;
use lifeboat_log::proof::MAX_PROOF_FILE;
use lifeboat_log::{
    Belief, Checkpoint, KnownTerm, Misconduct, Origin, Proof, Proven, ProvenTerm, Record, Slip, TermProof,
    limits, misconduct, slip, term_proof,
};
use lifeboat_protocol::CellCard;

/// Longest file that is read, in bytes: the longest of those that it may be.
pub const MAX_FILE: u64 = limits::MAX_TERM_PROOF as u64;
const _: () = assert!(MAX_MISCONDUCT as u64 <= MAX_FILE && MAX_PROOF_FILE as u64 <= MAX_FILE);

/// What was given to be checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// A proof file.
    Proof(Box<Proof>),
    /// A slip.
    Slip(Box<Slip>),
    /// A misconduct file.
    Misconduct(Box<Misconduct>),
    /// A term proof: it helps to check others.
    Terms(Box<TermProof>),
}

/// Why something does not hold: the name that `docs/format.md` gives it, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound {
    /// The name; empty for what is none of the files that can be checked.
    pub name: &'static str,
    /// What is wrong.
    pub words: String,
}

macro_rules! unsound {
    ($($error:ty),*) => {$(
        impl From<$error> for Unsound {
            fn from(error: $error) -> Self {
                Self { name: error.name(), words: error.to_string() }
            }
        }
    )*};
}
unsound!(
    lifeboat_log::BadProof,
    lifeboat_log::BadSlip,
    lifeboat_log::BadMisconduct,
    lifeboat_log::BadTermProof
);

/// What is trusted beforehand.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The term that a card names.
    pub card: Option<KnownTerm>,
    /// Term proofs that were given beside the file.
    pub terms: Vec<TermProof>,
    /// The terms of the cell's log in the own home, where it is.
    pub own: Vec<ProvenTerm>,
}

/// What became of a record that was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// As far as is known, its term is the newest.
    Open,
    /// The next term goes on from a log with it.
    Survived,
    /// The next term goes on from a log without it.
    Superseded,
    /// What is at hand does not tell.
    Unknown,
}

/// What a proof or slip shows.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The record.
    pub record: Record,
    /// What it stands under.
    pub checkpoint: Checkpoint,
    /// Why the checkpoint is believed.
    pub belief: Belief,
    /// The witnesses whose cosignatures hold.
    pub cosigned: Vec<Cosigned>,
    /// How many are asked for; nothing where nobody at hand knows.
    pub quorum: Option<u16>,
    /// What became of it.
    pub survival: Survival,
}

/// The outcome of a check.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// A record stands in the log.
    Placed(Box<Placed>),
    /// A record whose hashes hold, under a checkpoint whose key nobody at hand knows.
    KeyUnknown(Origin),
    /// A term's key did what cannot be true.
    Misconduct(Box<Proven>),
    /// The terms of a log.
    Terms(Vec<ProvenTerm>),
}

impl Verdict {
    /// Whether nothing more is needed to believe it.
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Placed(placed) => {
                placed.belief < Belief::NeedsLog && placed.survival != Survival::Superseded
            }
            Self::KeyUnknown(_) => false,
            Self::Misconduct(proven) => proven.belief.is_some_and(|belief| belief < Belief::NeedsLog),
            Self::Terms(terms) => terms.iter().all(|term| term.belief < Belief::NeedsLog),
        }
    }
}

/// What a card says of its term.
pub fn of_card(card: &CellCard) -> KnownTerm {
    KnownTerm {
        origin: card.origin(),
        term_key: card.term_key,
        witnesses: card.witnesses.to_vec(),
        quorum: card.quorum,
    }
}

/// Reads what was given.
///
/// # Errors
/// [`Unsound`].
pub fn read(bytes: &[u8]) -> Result<Held, Unsound> {
    if bytes.starts_with(misconduct::MAGIC) {
        return Ok(Held::Misconduct(Box::new(Misconduct::parse(bytes)?)));
    }
    if bytes.starts_with(term_proof::MAGIC) {
        return Ok(Held::Terms(Box::new(TermProof::parse(bytes)?)));
    }
    if let Some(text) =
        std::str::from_utf8(bytes).ok().filter(|text| text.trim_start().starts_with(slip::PREFIX))
    {
        return Ok(Held::Slip(Box::new(Slip::parse(text)?)));
    }
    if bytes.starts_with(b"c2sp.org/tlog-proof@") {
        return Ok(Held::Proof(Box::new(Proof::parse(bytes)?)));
    }
    Err(Unsound { name: "", words: String::new() })
}

impl Held {
    /// The cell and term that it says to be of; nothing where that cannot be read.
    pub fn origin(&self) -> Option<Origin> {
        match self {
            Self::Proof(proof) => proof.claimed().ok().map(|checkpoint| checkpoint.origin),
            Self::Slip(slip) => slip.origin().ok(),
            Self::Misconduct(file) => Some(file.origin()),
            Self::Terms(terms) => Some(Origin { cell: terms.cell, term: lifeboat_log::Term::FIRST }),
        }
    }

    /// Judges it.
    ///
    /// # Errors
    /// [`Unsound`] when it does not hold.
    pub fn judge(&self, trust: &Trust) -> Result<Verdict, Unsound> {
        // Whoever gives a card asks about that cell.
        let other = self.origin().zip(trust.card.as_ref()).filter(|(own, card)| own.cell != card.origin.cell);
        if let Some((own, card)) = other {
            let words = format!("it is of the cell {}, and the card is of {}", own.cell, card.origin.cell);
            return Err(Unsound { name: "WrongCell", words });
        }
        match self {
            Self::Misconduct(file) => {
                let own = trust.own.iter().find(|term| term.known.origin == file.origin());
                let card = trust.card.as_ref().or(own.map(|term| &term.known));
                Ok(Verdict::Misconduct(Box::new(file.verify(card)?)))
            }
            Self::Terms(terms) => Ok(Verdict::Terms(terms.verify(trust.card.as_ref())?)),
            Self::Proof(proof) => {
                let origin = proof.claimed()?.origin;
                judge(&origin, trust, &|_| Ok((**proof).clone()))
            }
            Self::Slip(slip) => {
                let origin = slip.origin()?;
                judge(&origin, trust, &|known| Ok(slip.to_proof(&known.term_key)?))
            }
        }
    }
}

/// Judges a proof of the term of this origin; `make` gives it once the term is known.
fn judge(
    origin: &Origin,
    trust: &Trust,
    make: &dyn Fn(&KnownTerm) -> Result<Proof, Unsound>,
) -> Result<Verdict, Unsound> {
    let mut terms = trust.own.clone();
    for proof in trust.terms.iter().filter(|proof| proof.cell == origin.cell) {
        let card = trust.card.as_ref().filter(|card| card.origin.cell == origin.cell);
        terms.extend(proof.verify(card)?);
    }
    if let Some(card) = &trust.card {
        terms.push(ProvenTerm { known: card.clone(), belief: Belief::Named, base: None });
    }
    let known = terms.iter().filter(|term| term.known.origin == *origin).min_by_key(|term| term.belief);
    let next =
        terms.iter().filter_map(|term| Some((term.base.filter(|base| base.origin == *origin)?, term.belief)));
    let next = next.min_by_key(|(_, belief)| *belief);
    let Some(known) = known else {
        return match next {
            // The term's own key is not known, and what the next one goes on from is.
            Some((base, belief)) => under_base(base, belief, make),
            None => Ok(Verdict::KeyUnknown(*origin)),
        };
    };
    let proof = make(&known.known)?;
    let (record, signed) = proof.verify(origin, &known.known.signers())?;
    let later = terms.iter().any(|term| term.known.origin.term > origin.term);
    let survival = match next {
        Some((base, belief)) if belief < Belief::NeedsLog => survival(&proof, &base),
        None if !later => Survival::Open,
        _ => Survival::Unknown,
    };
    Ok(Verdict::Placed(Box::new(Placed {
        record,
        checkpoint: *signed.checkpoint(),
        belief: known.belief,
        cosigned: signed.cosigned().to_vec(),
        quorum: Some(known.known.quorum),
        survival,
    })))
}

/// Whether a proven record is in what the next term goes on from.
fn survival(proof: &Proof, base: &Checkpoint) -> Survival {
    if proof.verify_under(base).is_ok() {
        Survival::Survived
    } else if proof.index >= base.size {
        Survival::Superseded
    } else {
        Survival::Unknown
    }
}

fn under_base(
    base: Checkpoint,
    belief: Belief,
    make: &dyn Fn(&KnownTerm) -> Result<Proof, Unsound>,
) -> Result<Verdict, Unsound> {
    // A slip needs some key to be laid out as a proof; which one makes no difference to its hashes.
    let nobody = KnownTerm {
        origin: base.origin,
        term_key: lifeboat_log::PublicKey([0; 32]),
        witnesses: Vec::new(),
        quorum: 0,
    };
    let record = make(&nobody)?.verify_under(&base)?;
    Ok(Verdict::Placed(Box::new(Placed {
        record,
        checkpoint: base,
        belief,
        cosigned: Vec::new(),
        quorum: None,
        survival: Survival::Survived,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::{PublicKey, Signers, Term};
    use serde_json::Value;

    /// A case of the frozen vectors: their logs of several terms all grow from one founding.
    fn case(file: &str, name: &str) -> Value {
        let path = format!("{}/docs/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let found = file["cases"].as_array().unwrap().iter().find(|case| case["name"] == name);
        found.unwrap_or_else(|| panic!("no case {name}")).clone()
    }

    fn hex(value: &Value) -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn key(value: &Value) -> PublicKey {
        PublicKey(hex(value).try_into().unwrap())
    }

    fn terms(name: &str) -> TermProof {
        TermProof::parse(&hex(&case("terms", name)["hex"])).unwrap()
    }

    fn proof(name: &str) -> (Held, KnownTerm) {
        let case = case("proofs", name);
        let origin: Origin = case["origin"].as_str().unwrap().parse().unwrap();
        let known = KnownTerm { origin, term_key: key(&case["term_key"]), witnesses: vec![], quorum: 0 };
        (read(case["file"].as_str().unwrap().as_bytes()).unwrap(), known)
    }

    fn placed(held: &Held, trust: &Trust) -> (Belief, Survival) {
        match held.judge(trust).unwrap() {
            Verdict::Placed(placed) => (placed.belief, placed.survival),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_proof_of_a_later_term_is_believed_as_far_as_its_openings_are() {
        let (held, known) = proof("a record of a later term");
        let with = |name: &str| Trust { terms: vec![terms(name)], ..Trust::default() };
        let cosigned = with("a takeover that both witnesses cosigned");
        assert_eq!(placed(&held, &cosigned), (Belief::HandedOver, Survival::Open));
        let one = with("a takeover that one of two witnesses cosigned");
        assert_eq!(placed(&held, &one), (Belief::NeedsLog, Survival::Open));
        assert!(!held.judge(&one).unwrap().is_certain());
        let card = Trust { card: Some(known), ..Trust::default() };
        assert_eq!(placed(&held, &card), (Belief::Named, Survival::Open));
        assert!(matches!(held.judge(&Trust::default()), Ok(Verdict::KeyUnknown(_))));
    }

    #[test]
    fn what_became_of_a_record_of_a_closed_term_is_said() {
        // The term went on from five records; the proof was made under seven.
        let (held, first) = proof("a record in the middle");
        let trust =
            Trust { terms: vec![terms("a takeover that both witnesses cosigned")], ..Trust::default() };
        assert_eq!(placed(&held, &trust), (Belief::Named, Survival::Unknown));
        let base = |size, root| {
            let base = Checkpoint { origin: first.origin, size, root };
            let origin = Origin { term: Term::new(0, 1), ..first.origin };
            let known = KnownTerm { origin, ..first.clone() };
            let next = ProvenTerm { known, belief: Belief::Named, base: Some(base) };
            let own = ProvenTerm { known: first.clone(), belief: Belief::Named, base: None };
            Trust { own: vec![own, next], ..Trust::default() }
        };
        let Held::Proof(made) = &held else { panic!("a proof") };
        let signers = Signers { term_key: first.term_key, witnesses: vec![] };
        let (_, signed) = made.verify(&first.origin, &signers).unwrap();
        let survived = base(signed.size, signed.root);
        assert_eq!(placed(&held, &survived), (Belief::Named, Survival::Survived));
        // The record stands at place 3: a base of three records is without it.
        let superseded = base(3, signed.root);
        assert_eq!(placed(&held, &superseded), (Belief::Named, Survival::Superseded));
        assert!(!held.judge(&superseded).unwrap().is_certain());
        // Who knows the next term alone knows its base, and needs no key of the closed one.
        let mut alone = survived;
        alone.own.remove(0);
        assert_eq!(placed(&held, &alone), (Belief::Named, Survival::Survived));
    }

    #[test]
    fn what_is_nothing_of_these_is_said_without_a_name() {
        for bytes in [&b""[..], b"rice", b"\xff\xfe", b"lifeboat/misconduct/v9\n"] {
            assert_eq!(read(bytes).unwrap_err().name, "");
        }
    }
}
