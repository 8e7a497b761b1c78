//! What happens in a run, drawn from its seed before it begins: the cell, who says what and when, and what
//! goes wrong.

use crate::random::Random;
use crate::succession::Fate;
use lifeboat_commons::ledger::{Need, Received};
use lifeboat_commons::testing::{START, TestCell, charter, key_of};
use lifeboat_commons::{Amount, Quantity, Said, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{Detail, DetailTag, EntryId, Nonce, SecretKey, SignedEntry, Time};
use lifeboat_store::Failure;
use lifeboat_store::memory::Torn;

/// Replicas in a run: the keeper's home, three members' homes, a sibling's node.
pub const HOMES: usize = 5;
/// Homes of members; the last home is a sibling's.
pub const MEMBERS: usize = 4;
const NAMES: [&str; MEMBERS] = ["heron", "wren", "rook", "lark"];
/// How long things go wrong, in milliseconds: between these.
const TROUBLE: (u64, u64) = (120_000, 360_000);
/// The same in a run with a takeover.
const TAKEOVER_TROUBLE: (u64, u64) = (300_000, 600_000);

/// The network and the disks of a run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Until when things go wrong.
    pub trouble: u64,
    /// Messages that are lost, in a thousand.
    pub loss: u64,
    /// Messages that arrive twice, in a thousand.
    pub twice: u64,
    /// The longest a message takes.
    pub delay: u64,
    /// What happens, and when.
    pub events: Vec<(u64, Happening)>,
    /// Whether the sibling reaches the keeper only through others.
    pub roundabout: bool,
    /// How many homes witness; none in some runs.
    pub witnesses: usize,
    /// What becomes of the keeper, in a run with a takeover.
    pub fate: Option<Fate>,
    /// How far each home's clock is off at the start.
    pub skews: [i64; HOMES],
}

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub enum Happening {
    /// Somebody signs an entry.
    Sign { home: usize, sort: Sort },
    /// A home loses power, and comes back after so many milliseconds.
    Crash { home: usize, down: u64, torn: Torn },
    /// A home's disk fails after so many more writing steps.
    DiskFails { home: usize, steps: u64, failure: Failure },
    /// Some homes are cut off from the others for a while, which they notice or not.
    Cut { homes: u8, long: u64, noticed: bool },
    /// A home's clock is set.
    Clock { home: usize, skew: i64 },
    /// The keeper's home is destroyed or cut off.
    KeeperGone(Fate),
}

/// What sort of entry is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Plain,
    WithDetail,
    /// It says that it comes after the one that the same member signed before.
    After,
    /// It may only be placed soon.
    Brief,
    /// It is carried to another home's outbox on a stick as well.
    Carried,
    /// The key that signs it serves no member.
    Stranger,
}

impl Scenario {
    pub fn draw(random: &mut Random, takeover: bool) -> Self {
        let range = if takeover { TAKEOVER_TROUBLE } else { TROUBLE };
        let trouble = random.within(range.0, range.1);
        let mut events = Vec::new();
        let sorts = [
            Sort::Plain,
            Sort::Plain,
            Sort::WithDetail,
            Sort::After,
            Sort::Brief,
            Sort::Carried,
            Sort::Stranger,
        ];
        for _ in 0..random.within(10, 25) {
            let (home, sort) = (random.within(0, MEMBERS as u64 - 1) as usize, random.one_of(&sorts));
            events.push((random.within(0, trouble), Happening::Sign { home, sort }));
        }
        for _ in 0..random.within(1, 6) {
            // The keeper's home falls over more often than the others.
            let home = if random.chance(400) { 0 } else { random.within(0, HOMES as u64 - 1) as usize };
            let down = random.within(500, 40_000);
            let torn = torn(random);
            events.push((random.within(0, trouble), Happening::Crash { home, down, torn }));
        }
        for _ in 0..random.within(0, 6) {
            let home = if random.chance(500) { 0 } else { random.within(0, HOMES as u64 - 1) as usize };
            let failure = random.one_of(&[Failure::NotWritten, Failure::Written, Failure::Half]);
            let steps = random.within(0, 14);
            events.push((random.within(0, trouble), Happening::DiskFails { home, steps, failure }));
        }
        for _ in 0..random.within(0, 4) {
            let homes = random.within(1, (1 << HOMES) - 2) as u8;
            let (long, noticed) = (random.within(1_000, 90_000), random.chance(600));
            events.push((random.within(0, trouble), Happening::Cut { homes, long, noticed }));
        }
        let skew = |random: &mut Random| random.within(0, 480_000) as i64 - 240_000;
        for _ in 0..random.within(0, 3) {
            let home = random.within(0, HOMES as u64 - 1) as usize;
            events.push((random.within(0, trouble), Happening::Clock { home, skew: skew(random) }));
        }
        let fate = takeover.then(|| Fate::draw(random, trouble));
        events.extend(fate.map(|fate| (fate.at, Happening::KeeperGone(fate))));
        Self {
            trouble,
            loss: random.within(0, 150),
            twice: random.within(0, 100),
            delay: random.one_of(&[20, 200, 3_000]),
            events,
            roundabout: random.chance(300),
            witnesses: random.one_of(&[0, 1, 3, 4]),
            fate,
            skews: std::array::from_fn(|_| skew(random)),
        }
    }
}

/// What a power cut leaves.
pub fn torn(random: &mut Random) -> Torn {
    let n = random.any();
    random.one_of(&[Torn::Lost, Torn::Cut(n), Torn::Zeroed(n), Torn::Kept])
}

/// The key with which a home of a run witnesses.
pub fn witness_key(seed: u64, home: usize) -> SecretKey {
    key_of(seed as u8, &format!("#witness {home}"))
}

/// The cell of a run: founded, with four members who may all vote at once, and so many witnesses in the homes
/// after the keeper's.
pub fn cell(seed: u64, witnesses: usize) -> TestCell {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(seed as u8, NAMES[0], &charter);
    for name in &NAMES[1..] {
        cell.admit(name);
    }
    if witnesses > 0 {
        let keys: Vec<SecretKey> = (1..=witnesses).map(|home| witness_key(seed, home)).collect();
        let keys: Vec<&SecretKey> = keys.iter().collect();
        cell.hand_over(&keys, witnesses as u16 / 2 + 1);
    }
    cell
}

/// The moment on a right clock so many milliseconds into the run.
pub fn moment(ms: u64, skew: i64) -> Time {
    Time::from_ms((START + 3_600_000 + ms).saturating_add_signed(skew))
}

/// The key of the member whose home this is, or of a stranger.
pub fn author(seed: u64, home: usize, sort: Sort) -> SecretKey {
    key_of(seed as u8, if sort == Sort::Stranger { "crow" } else { NAMES[home] })
}

/// An entry of this sort, and its details.
pub fn entry(
    cell: &TestCell,
    key: &SecretKey,
    sort: Sort,
    now: Time,
    earlier: Option<EntryId>,
    random: &mut Random,
) -> Option<(SignedEntry, Vec<Detail>)> {
    let not_after = now.plus_ms(if sort == Sort::Brief { 20_000 } else { 20 * 86_400_000 });
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&random.any().to_le_bytes());
    let mut draft = said(random)?.entry(cell.cell(), key.public(), now, not_after, Nonce(nonce));
    let mut details = Vec::new();
    if sort == Sort::WithDetail {
        details.push(Detail::open(nonce, "from the street collection")?);
        let references = details.iter().map(|detail| detail.reference(DetailTag::NOTE, Time::ZERO)).collect();
        draft.details = List::new(references)?;
    }
    if sort == Sort::After {
        draft.after = List::new(earlier.into_iter().collect())?;
    }
    Some((draft.sign(key).ok()?, details))
}

fn said(random: &mut Random) -> Option<Said> {
    let amount = Amount::whole(random.within(1, 500) as i64)?;
    let common = lifeboat_commons::Common::default();
    if random.chance(700) {
        let quantity = Quantity::money(amount, "EUR")?;
        compose(&Received { common, quantity }).ok()
    } else {
        let quantity = Quantity::goods(amount, "kg", "rice")?;
        compose(&Need { common, quantity, until: Default::default() }).ok()
    }
}
