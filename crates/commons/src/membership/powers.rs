//! Powers: what a key may do for its member.

use bincode::{Decode, Encode};

/// A set of powers. Layout: u16, one bit a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Powers(u16);

impl Powers {
    /// None.
    pub const NONE: Self = Self(0);
    /// Bit 0: sign what a member says every day: the ledger, votes, a new handle.
    pub const SIGN: Self = Self(1);
    /// Bit 1: vouch for newcomers and for those who lost their key.
    pub const VOUCH: Self = Self(2);
    /// Bit 2: add and end keys of the member, and leave.
    pub const KEYS: Self = Self(4);
    /// Bit 3: name nodes, and sign what nodes bring into the log.
    pub const NODE: Self = Self(8);
    /// Bit 4: endorse a takeover.
    pub const ENDORSE: Self = Self(16);
    /// All of them: the key of a home.
    pub const HOME: Self = Self(31);

    /// The set with these bits.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
    /// The bits.
    pub const fn bits(self) -> u16 {
        self.0
    }
    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether all of `other` is in the set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Whether the set has a power, and none that the rules do not know.
    pub const fn is_proper(self) -> bool {
        self.0 != 0 && Self::HOME.has(self)
    }
}
