"""The bytes of a cell's log, as docs/format.md specifies them: everything that can be told without knowing what an
entry means. The sections here follow those of that page. `verify.py` applies it to folders.
"""
import base64
import hashlib
import re
from functools import lru_cache

from blake3 import blake3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_TIME = 253_402_300_799_999
MAX_LIFETIME = 366 * 24 * 60 * 60 * 1000
MAX_RECORD, LINK_LENGTH = 65_535, 85
FOUNDING, OPENING, ANCHOR = 1, 2, 3
ZERO = bytes(32)


class Bad(Exception):
    """Something that does not hold; its text is the name that docs/format.md gives it."""


def need(holds, name):
    if not holds:
        raise Bad(name)


# ---------------------------------------------------------------------------------------------- values

class Reader:
    """Reads values one after the other (section "Values")."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, count):
        need(self.at + count <= len(self.data), "Truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.raw(size), "little")

    def hash(self):
        return self.raw(32)

    def time(self):
        ms = self.number(8)
        need(ms <= MAX_TIME, "NotCanonical")
        return ms

    def count(self, most):
        count = self.number(8)
        need(count <= most, "TooLong")
        return count

    def bytes(self, most):
        return self.raw(self.count(most))

    def text(self, most):
        try:
            text = self.bytes(most).decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("BadText") from None
        need(not any(is_control(c) for c in text), "NotCanonical")
        return text

    def list(self, most, read):
        return [read(self) for _ in range(self.count(most))]

    def bool(self):
        byte = self.number(1)
        need(byte <= 1, "BadBool")
        return byte == 1

    def option(self, read):
        byte = self.number(1)
        need(byte <= 1, "BadVariant")
        return read(self) if byte else None

    def end(self):
        need(self.at == len(self.data), "TrailingBytes")


def whole(data, read):
    """The one value that `data` is."""
    reader = Reader(data)
    value = read(reader)
    reader.end()
    return value


def is_control(c):
    return c < " " or "\x7f" <= c <= "\x9f"


def little(number, size):
    return number.to_bytes(size, "little")


def derive(context, data):
    return blake3(data, derive_key_context=context).digest()


def entry_id(data):
    return derive("lifeboat/entry-id/v1", data)


# ------------------------------------------------------------------------------- keys and signatures

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SMALL_R = {little(y, 32)[:31] + bytes([little(y, 32)[31] | sign]) for sign in (0, 0x80) for y in (
    0, 1, P - 1,
    0x05fc536d880238b13933c653d5acdfb5f098eff2f289c3b04527b2c28f95e826,
    0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7)}


def point_add(a, b):
    """The sum of two points of the curve, each as (x, y)."""
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P)
    y3 = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P)
    return x3 % P, y3 % P


@lru_cache(maxsize=4096)
def public_key(key):
    """The key that these 32 bytes are, checked as libraries do not: one encoding, no small order."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if y >= P:
        return "NotAKey"
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return "NotAKey"
    point = (x, y)  # the sign of x does not change the point's order
    for _ in range(3):
        point = point_add(point, point)
    return "SmallOrderKey" if point == (0, 1) else Ed25519PublicKey.from_public_bytes(key)


def check_key(key):
    found = public_key(key)
    if isinstance(found, str):
        raise Bad(found)
    return found


def check_signature(key, message, signature):
    found = check_key(key)
    need(len(signature) == 64 and signature[:32] not in SMALL_R, "BadSignature")
    try:
        found.verify(signature, message)  # checks that s is below the order and R byte by byte
    except InvalidSignature:
        raise Bad("BadSignature") from None


# ------------------------------------------------------------------------------------ entry and record

def read_detail(r):
    return {"tag": r.number(2), "hash": r.hash(), "length": r.number(4), "expiry": r.time()}


def read_entry(r):
    return {
        "cell": r.hash(), "author": r.hash(), "author_time": r.time(), "not_after": r.time(),
        "seen": (r.number(4), r.number(8), r.hash()), "after": r.list(4, Reader.hash), "nonce": r.raw(16),
        "kind": r.number(2), "version": r.number(2), "body": r.bytes(60_000),
        "details": r.list(4, read_detail), "signature": r.raw(64),
    }


def ascending(keys):
    return all(a < b for a, b in zip(keys, keys[1:]))


def check_entry(data):
    """The entry that these bytes are (section "Entry"); one that opens a term has its "opening"."""
    need(data, "Truncated")
    need(data[0] == 1, "UnknownFormat")
    entry = whole(data[1:], read_entry)
    kind, opens = entry["kind"], entry["kind"] in (FOUNDING, OPENING)
    need(kind != 0 and not (opens and entry["version"] != 1), "BadKind")
    need((entry["cell"] == ZERO) == (kind == FOUNDING), "WrongCell")
    need(kind != FOUNDING or entry["seen"] == (0, 0, ZERO), "WrongCell")
    need(0 <= entry["not_after"] - entry["author_time"] <= MAX_LIFETIME, "BadLifetime")
    need(ascending(entry["after"]), "UnorderedAfter")
    need(all(d["length"] <= 16_384 for d in entry["details"]), "BadDetails")
    need(len({d["hash"] for d in entry["details"]}) == len(entry["details"]), "BadDetails")
    check_signature(entry["author"], b"lifeboat/entry/v1\0" + data[:-64], entry["signature"])
    entry["opening"] = check_opening(entry) if opens else None
    return entry


def read_link(r):
    return {"format": r.number(1), "term": r.number(4), "position": r.number(8),
            "previous": r.hash(), "time": r.time(), "entry": r.hash()}


def check_link(data):
    need(data, "Truncated")
    need(data[0] == 1, "UnknownFormat")
    return whole(data, read_link)


def check_record(data):
    """The link and the entry of a record (section "Link and record")."""
    need(len(data) <= MAX_RECORD, "TooLong")
    need(len(data) >= LINK_LENGTH, "Truncated")
    link = check_link(data[:LINK_LENGTH])
    need(entry_id(data[LINK_LENGTH:]) == link["entry"], "WrongEntry")
    return link, check_entry(data[LINK_LENGTH:])


# -------------------------------------------------------------------------------------- opening a term

def read_promise(r):
    return {"key": r.hash(), "floor": r.raw(4 + 8 + 32 + 64), "signature": r.raw(64)}


def read_right(r):
    variant = r.number(4)
    need(variant <= 2, "BadVariant")
    if variant == 1:
        return variant, r.raw(64)
    if variant == 2:
        return variant, (r.list(400, read_promise), r.list(32, read_promise))
    return variant, None


def read_opening(r):
    start = r.at
    opening = {
        "term": r.number(4), "base": r.option(lambda r: {"checkpoint": r.bytes(8_192), "head": r.hash()}),
        "node": r.hash(), "term_key": r.hash(), "possession": r.raw(64),
        "witnesses": r.list(32, Reader.hash), "quorum": r.number(2), "state": r.hash(), "rules": r.number(2),
    }
    opening["unsigned"] = r.data[start:r.at]  # what a handover signs
    opening["right"] = read_right(r)
    return opening


def read_founding(r):
    opening = read_opening(r)
    r.bytes(16_384)  # the charter
    return opening


def check_opening(entry):
    """The opening in the body of an entry whose signature holds (section "Opening a term")."""
    founding = entry["kind"] == FOUNDING
    opening = whole(entry["body"], read_founding if founding else read_opening)
    term, (right, said) = opening["term"], opening["right"]
    era, turn, based = term >> 16, term & 0xffff, opening["base"] is not None
    fits = (term == 0 and not based and opening["state"] == ZERO,
            turn > 0 and based,
            era > 0 and turn == 0 and based)[right]
    need(fits and (term == 0) == founding, "BadTerm")
    names = little(term, 4) + opening["node"] + opening["term_key"]
    message = b"lifeboat/term-key/v1\0" + entry["author"] + entry["nonce"] + names
    try:
        check_signature(opening["term_key"], message, opening["possession"])
    except Bad:
        raise Bad("BadPossession") from None
    witnesses, quorum = opening["witnesses"], opening["quorum"]
    need(ascending(witnesses), "BadWitnesses")
    need(len(witnesses) < 2 * quorum <= 2 * len(witnesses) or quorum == len(witnesses) == 0, "BadWitnesses")
    for key in witnesses:
        check_key(key)
    if right == 2:
        endorsements, closes = said
        need(ascending([e["key"] for e in endorsements]), "BadEndorsements")
        need(ascending([c["key"] for c in closes]), "BadEndorsements")
        for e in endorsements:
            message = b"lifeboat/endorsement/v1\0" + entry["cell"] + names + e["floor"]
            check_signature(e["key"], message, e["signature"])
        for c in closes:
            message = b"lifeboat/close/v1\0" + entry["cell"] + little(term, 4) + c["floor"]
            check_signature(c["key"], message, c["signature"])
    return opening


# ----------------------------------------------------------------------------------------- Merkle tree

def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\0" + data)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


class Tree:
    """A tree that grows by leaves, and remembers its whole nodes: levels[l][i] is over 2^l leaves."""

    def __init__(self):
        self.levels = [[]]

    def __len__(self):
        return len(self.levels[0])

    def push(self, leaf):
        level = 0
        self.levels[0].append(leaf)
        while len(self.levels[level]) % 2 == 0:
            if level + 1 == len(self.levels):
                self.levels.append([])
            self.levels[level + 1].append(node_hash(*self.levels[level][-2:]))
            level += 1

    def root(self, size):
        """The root over the first `size` leaves."""
        root, end = None, size
        for level in range(size.bit_length()):
            if size >> level & 1:
                peak = self.levels[level][(end >> level) - 1]
                root = peak if root is None else node_hash(peak, root)
                end -= 1 << level
        return sha256(b"") if root is None else root


def check_inclusion(index, size, leaf, proof, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size or len(proof) > 63:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def check_consistency(old, size, proof, old_root, root):
    """RFC 9162, 2.1.4.2."""
    if old > size or len(proof) > 63:
        return False
    if old in (0, size):
        return not proof and old_root == (root if old == size else sha256(b""))
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    if not proof:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = found = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_found, found = node_hash(sibling, old_found), node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_found == old_root and found == root


# --------------------------------------------------------------------- notes, checkpoints, proof files

def unbase64(text, error):
    """The bytes of a text in standard base64, padded, in its one form."""
    try:
        data = base64.b64decode(text, validate=True)
        need(base64.b64encode(data).decode() == text, error)
    except ValueError:
        raise Bad(error) from None
    return data


def decimal(text, error):
    need(re.fullmatch(r"0|[1-9][0-9]{0,19}", text, re.ASCII) and int(text) < 2**64, error)
    return int(text)


def read_note(data):
    """The text and the signature lines of a signed note."""
    bad = "MalformedCheckpoint"
    need(len(data) <= 65_536, bad)
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad(bad) from None
    need(not any(is_control(c) and c != "\n" for c in note), bad)
    split = note.rfind("\n\n")
    need(split >= 0 and note.endswith("\n") and len(note) > split + 2, bad)
    text, rest = note[:split + 1], note[split + 2:-1]
    lines = []
    for line in rest.split("\n"):
        need(line.startswith("\u2014 ") and line.count(" ") == 2, bad)
        _, name, encoded = line.split(" ")
        need(name and "+" not in name and not any(c.isspace() for c in name), bad)
        signature = unbase64(encoded, bad)
        need(len(signature) > 4, bad)
        lines.append((name, signature[:4], signature[4:]))
    need(len(lines) <= 64, bad)
    return text, lines


def key_id(name, key_type, key):
    return sha256(name.encode() + b"\n" + bytes([key_type]) + key)[:4]


def origin_of(cell, term):
    return f"lifeboat/{cell.hex()}/{term >> 16}.{term & 0xffff}"


def check_checkpoint(data, origin, term_key, witnesses, in_folder):
    """Size, root and cosigners of a checkpoint (section "Signed note and checkpoint")."""
    text, lines = read_note(data)
    parts = text.split("\n")
    need(len(parts) == 4, "MalformedCheckpoint")
    size = decimal(parts[1], "MalformedCheckpoint")
    root = unbase64(parts[2], "MalformedCheckpoint")
    need(len(root) == 32, "MalformedCheckpoint")
    need(parts[0] == origin, "WrongOrigin")
    keeper, signed, cosigned = (origin, key_id(origin, 1, term_key)), False, []
    for name, identity, signature in lines:
        witness = next((w for w in witnesses if key_id(name, 4, w) == identity), None)
        try:
            if (name, identity) == keeper:
                check_signature(term_key, text.encode(), signature)
                signed = True
            elif witness:
                seconds = int.from_bytes(signature[:8], "big")
                need(len(signature) == 72 and 0 < seconds < 2**63, "BadSignature")
                check_signature(witness, f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:])
                cosigned.append(witness)
            elif in_folder:
                raise Bad("UnknownSigner")
        except Bad as bad:
            raise bad if str(bad) == "UnknownSigner" else Bad("BadCheckpointSignature") from None
    need(signed, "MissingSignature")
    return size, root, cosigned


def cosigned_times(data, witnesses):
    """When witnesses cosigned a checkpoint that holds, in seconds since 1970."""
    _, lines = read_note(data)
    named = [(name, identity, sig) for name, identity, sig in lines if any(key_id(name, 4, w) == identity for w in witnesses)]
    return [int.from_bytes(signature[:8], "big") for _, _, signature in named]


def read_proof(data):
    """Record, index, hashes and checkpoint of a proof file."""
    bad = "MalformedProof"
    try:
        head, split, checkpoint = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise Bad(bad) from None
    lines = head.split("\n")
    need(len(data) <= 156_007 and split and 3 <= len(lines) <= 66, bad)
    need(lines[0] == "c2sp.org/tlog-proof@v1", bad)
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), bad)
    record = unbase64(lines[1].removeprefix("extra "), bad)
    index = decimal(lines[2].removeprefix("index "), bad)
    hashes = [unbase64(line, bad) for line in lines[3:]]
    need(all(len(h) == 32 for h in hashes), bad)
    return record, index, hashes, checkpoint.encode()


def check_proof(data, origin, term_key, witnesses):
    """The link of the record that a proof file shows to be placed (section "Proof file")."""
    record, index, hashes, checkpoint = read_proof(data)
    size, root, _ = check_checkpoint(checkpoint, origin, term_key, witnesses, in_folder=False)
    need(check_inclusion(index, size, leaf_hash(record), hashes, root), "NotIncluded")
    link, entry = check_record(record)
    cell = link["entry"] if entry["kind"] == FOUNDING else entry["cell"]
    need(origin.endswith(origin_of(cell, link["term"]).rpartition("/")[2]), "WrongTerm")
    need(origin == origin_of(cell, link["term"]), "WrongCell")
    return link


# ----------------------------------------------------------------------------------------------- chain

class Chain:
    """Where a log stands (section "Chain")."""

    def __init__(self, cell):
        self.cell, self.next, self.head, self.time = cell, 0, ZERO, 0
        self.term, self.opening, self.tree = None, None, Tree()

    def extend(self, record):
        """Adds a record, as `examine` found it: an error's name, or what the chain must know of it."""
        if isinstance(record, str):
            raise Bad(record)
        link, link_hash, cell, kind, opening, leaf, _ = record
        need(link["position"] == self.next, "WrongPosition")
        need(link["previous"] == self.head, "WrongPrevious")
        need(link["time"] >= self.time, "TimeRunsBack")
        need((link["entry"] if self.next == 0 else cell) == self.cell, "WrongCell")
        if opening:
            need(opening["term"] == link["term"], "WrongTerm")
            need(self.goes_on(opening), "BadBase")
            self.term, self.opening, self.tree = link["term"], opening, Tree()
        else:
            need(link["term"] == self.term, "WrongTerm")
        self.next, self.head, self.time = self.next + 1, link_hash, link["time"]
        self.tree.push(leaf)

    def goes_on(self, opening):
        base, (right, signature), new = opening["base"], opening["right"], opening["term"]
        if self.term is None or base is None:
            return self.term is None and base is None
        try:
            size, root, _ = self.checkpoint(base["checkpoint"], in_folder=False)
            if right == 1:
                message = b"lifeboat/handover/v1\0" + self.cell + opening["unsigned"]
                check_signature(self.opening["term_key"], message, signature)
        except Bad:
            return False
        next_turn = new == self.term + 1 and new >> 16 == self.term >> 16
        later_era = new >> 16 > self.term >> 16 and new & 0xffff == 0
        stands = size == len(self.tree) and root == self.tree.root(size) and base["head"] == self.head
        return stands and right != 0 and (next_turn or later_era)

    def checkpoint(self, data, in_folder):
        origin = origin_of(self.cell, self.term)
        return check_checkpoint(data, origin, self.opening["term_key"], self.opening["witnesses"], in_folder)


def examine(data):
    """All that a record's own bytes can tell: an error's name, or what the chain must know of it."""
    try:
        link, entry = check_record(data)
    except Bad as bad:
        return str(bad)
    link_hash = derive("lifeboat/link/v1", data[:LINK_LENGTH])
    return link, link_hash, entry["cell"], entry["kind"], entry["opening"], leaf_hash(data), anchored_note(entry)


def anchored_note(entry):
    """The checkpoint that an anchor carries, if the entry is one and laid out as one."""
    if entry["kind"] != ANCHOR or entry["body"][:5] != bytes(5):
        return None
    try:
        return whole(entry["body"][5:], lambda r: r.bytes(8_192))
    except Bad:
        return None


def examine_all(records):
    return [examine(record) for record in records]

