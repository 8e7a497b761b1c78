"""What a stranger may hold of a cell's log: term proofs, slips and misconduct files, as docs/format.md specifies them
in the sections of those names. `verify.py --vectors` runs it over the test vectors; `verify.py --misconduct FILE` says
what a misconduct file proves."""
import re

import lifeboat_format as form
from lifeboat_format import Bad, Reader, need

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
MAX_SLIP = 4_296
NAMED, WITNESSED, HANDED_OVER, NEEDS_LOG = range(4)
BELIEFS = ["Named", "Witnessed", "HandedOver", "NeedsLog"]
# What a newer version of the format may allow is no misconduct.
NOT_JUDGED = ("UnknownFormat", "BadKind")


def term_name(term):
    return f"{term >> 16}.{term & 0xffff}"


def follows(old, new):
    """Whether a log may go on from one term to the other."""
    return (new == old + 1 and new >> 16 == old >> 16) or (new >> 16 > old >> 16 and new & 0xffff == 0)


def cell_of(link, entry):
    return link["entry"] if entry["kind"] == form.FOUNDING else entry["cell"]


# ----------------------------------------------------------------------------------------- term proofs

def read_opened(r):
    return {"record": r.bytes(65_535), "hashes": r.list(63, Reader.hash)}


def read_terms(r):
    return {"cell": r.hash(), "openings": r.list(256, read_opened), "checkpoint": r.bytes(8_192)}


def parse_terms(data):
    magic = b"lifeboat/terms/v1\n"
    need(data.startswith(magic), "NotATermProof")
    need(len(data) <= 512 * 1024, "TooLong")
    return form.whole(data[len(magic):], read_terms)


def card_of(case):
    """What a card says of a term: as the openings of a term proof do."""
    if "card" not in case:
        return None
    card = case["card"]
    cell, term = re.fullmatch(r"lifeboat/([0-9a-f]{64})/([0-9.]+)", card["origin"]).groups()
    era, turn = map(int, term.split("."))
    return {"cell": bytes.fromhex(cell), "term": era << 16 | turn, "term_key": bytes.fromhex(card["term_key"]),
            "witnesses": [bytes.fromhex(key) for key in card["witnesses"]], "quorum": card["quorum"]}


def steps_of(proof):
    """The openings, each valid in itself and each of the term that comes next."""
    steps = []
    for opened in proof["openings"]:
        link, entry = form.check_record(opened["record"])
        opening = entry["opening"]
        need(opening and opening["term"] == link["term"], "WrongTerm")
        need(not steps or follows(steps[-1]["term"], opening["term"]), "WrongTerm")
        need(cell_of(link, entry) == proof["cell"], "WrongCell")
        steps.append(opening)
    return steps


def stands(proof, steps, at, previous):
    """How many of the known witnesses cosigned the checkpoint that an opening stands under; None without one."""
    last = at + 1 == len(steps)
    note = proof["checkpoint"] if last else steps[at + 1]["base"]["checkpoint"]
    opened = proof["openings"][at]
    if not note:
        need(not opened["hashes"], "NotIncluded")
        return None
    witnesses = previous["witnesses"] if previous else []
    origin = form.origin_of(proof["cell"], steps[at]["term"])
    size, root, cosigned = form.check_checkpoint(note, origin, steps[at]["term_key"], witnesses, in_folder=False)
    need(form.check_inclusion(0, size, form.leaf_hash(opened["record"]), opened["hashes"], root), "NotIncluded")
    return len(set(cosigned))


def goes_on(proof, step, previous):
    """The size of what a term goes on from."""
    if step["base"] is None:
        return None
    note, origin = step["base"]["checkpoint"], previous and form.origin_of(proof["cell"], previous["term"])
    try:
        if not previous:
            text, _ = form.read_note(note)
            name, size, root, end = text.split("\n")
            era, turn = map(int, re.fullmatch(rf"lifeboat/{proof['cell'].hex()}/(\d+)\.(\d+)", name).groups())
            need(end == "" and len(form.unbase64(root, "BadBase")) == 32, "BadBase")
            need(follows(era << 16 | turn, step["term"]) and name.endswith(f"/{era}.{turn}"), "BadBase")
            return form.decimal(size, "BadBase")
        size, _, _ = form.check_checkpoint(note, origin, previous["term_key"], previous["witnesses"], in_folder=False)
        right, signature = step["right"]
        if right == 1:
            message = b"lifeboat/handover/v1\0" + proof["cell"] + step["unsigned"]
            form.check_signature(previous["term_key"], message, signature)
        return size
    except (Bad, AttributeError, ValueError):
        raise Bad("BadBase") from None


def believe(step, previous, cosigned):
    right = step["right"][0]
    if right == 0:
        return NAMED
    if previous and previous["quorum"] and (cosigned or 0) >= previous["quorum"]:
        return WITNESSED
    if right == 1 and previous and not previous["quorum"]:
        return HANDED_OVER
    return NEEDS_LOG


def check_terms(proof, card):
    """The terms of a proof: each with the opening, why it is believed, and the size of its base."""
    need(not card or card["cell"] == proof["cell"], "WrongCell")
    steps = steps_of(proof)
    need(steps, "NoStart")
    carded = next((at for at, step in enumerate(steps) if card and step["term"] == card["term"]), None)
    if carded is not None:
        need(steps[carded]["term_key"] == card["term_key"], "WrongKey")
    before = card if card and follows(card["term"], steps[0]["term"]) else None
    need(carded is not None or before or steps[0]["base"] is None, "NoStart")
    anchored = carded is not None and stands(proof, steps, carded, None) is not None
    previous, belief, found = before, NAMED, []
    for at, step in enumerate(steps):
        cosigned = stands(proof, steps, at, previous)
        base = goes_on(proof, step, previous)
        if at == carded or (anchored and at < carded):
            belief = NAMED
        else:
            belief = max(belief, believe(step, previous, cosigned))
        if at == carded and not anchored:
            base = None
        found.append((step, belief, base))
        previous = step
    return found


def read_terms_case(case):
    found = check_terms(parse_terms(bytes.fromhex(case["hex"])), card_of(case))
    return {"terms": [[term_name(step["term"]), BELIEFS[belief], base] for step, belief, base in found]}


# ----------------------------------------------------------------------------------------------- slips

def unletters(text):
    """Base32 without padding, in its one form."""
    bits = 0
    for letter in text:
        need(letter in LETTERS, "NotWhole")
        bits = bits << 5 | LETTERS.index(letter)
    spare = len(text) * 5 % 8
    need(spare < 5 and bits & ((1 << spare) - 1) == 0, "NotWhole")
    return (bits >> spare).to_bytes(len(text) * 5 // 8, "big")


def parse_slip(text):
    text = "".join(re.split("[ \t\n\r\f]+", text))
    need(text.startswith("LIFEBOAT:SLIP/"), "NotASlip")
    need(len(text) <= MAX_SLIP, "TooLong")
    data = unletters(text.removeprefix("LIFEBOAT:SLIP/"))
    need(len(data) >= 4, "NotWhole")
    body, checksum = data[:-4], data[-4:]
    need(form.derive("lifeboat/slip-checksum/v1", body)[:4] == checksum, "NotWhole")
    need(body[:1] == b"\1", "UnknownFormat")
    return form.whole(body[1:], lambda r: {
        "index": r.number(8), "size": r.number(8), "signature": r.raw(64),
        "hashes": r.list(63, Reader.hash), "record": r.bytes(65_535)})


def root_of(index, size, leaf, hashes):
    """The root to which hashes lead from a leaf; None when they are too many or too few."""
    if index >= size:
        return None
    place, last, found = index, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = form.node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = form.node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def read_slip_case(case):
    slip = parse_slip(case["text"])
    record = slip["record"]
    need(len(record) >= form.LINK_LENGTH, "Truncated")
    link, entry = form.check_link(record[:form.LINK_LENGTH]), record[form.LINK_LENGTH:]
    need(len(entry) >= 33, "Truncated")
    cell = form.entry_id(entry) if entry[1:33] == form.ZERO else entry[1:33]
    root = root_of(slip["index"], slip["size"], form.leaf_hash(record), slip["hashes"])
    need(root, "NotIncluded")
    text = f"{form.origin_of(cell, link['term'])}\n{slip['size']}\n{form.base64.b64encode(root).decode()}\n"
    try:
        form.check_signature(bytes.fromhex(case["term_key"]), text.encode(), slip["signature"])
    except Bad:
        raise Bad("BadCheckpointSignature") from None
    link, _ = form.check_record(record)
    return {"entry": link["entry"].hex(), "position": link["position"], "root": root.hex()}


# ------------------------------------------------------------------------------------------ misconduct

def read_placed(r):
    return {"index": r.number(8), "record": r.bytes(65_535), "hashes": r.list(63, Reader.hash)}


def read_charge(r):
    form_number = r.number(4)
    need(form_number <= 3, "BadVariant")
    return (form_number, *([
        lambda: (r.bytes(8_192), r.bytes(8_192)),
        lambda: (r.bytes(8_192), r.bytes(8_192), r.hash(), r.list(64, Reader.hash)),
        lambda: (r.bytes(8_192), read_placed(r)),
        lambda: (r.bytes(8_192), read_placed(r), read_placed(r)),
    ][form_number]()))


def parse_misconduct(data):
    magic = b"lifeboat/misconduct/v1\n"
    need(data.startswith(magic), "NotMisconduct")
    need(len(data) <= 160 * 1024, "TooLong")
    return form.whole(data[len(magic):], lambda r: {
        "cell": r.hash(), "term": r.number(4), "term_key": r.hash(),
        "terms": r.option(read_terms), "charge": read_charge(r)})


def known_term(file, card):
    """The term that is accused, as the file's openings or the card know it, and why it is believed."""
    carded = card if card and (card["cell"], card["term"]) == (file["cell"], file["term"]) else None
    need(not carded or carded["term_key"] == file["term_key"], "WrongKey")
    if file["terms"] is None:
        return (carded, NAMED) if carded else (None, None)
    need(file["terms"]["cell"] == file["cell"], "WrongCell")
    found = check_terms(file["terms"], card if card and card["cell"] == file["cell"] else None)
    step, belief, _ = found[-1]
    need(step["term"] == file["term"], "WrongTerm")
    need(step["term_key"] == file["term_key"], "WrongKey")
    return step, belief


def record_fault(placed, cell, term):
    """The name of what forbids a record at its place in any log of the term; None when nothing does."""
    try:
        link, entry = form.check_record(placed["record"])
    except Bad as bad:
        return None if str(bad) in NOT_JUDGED else str(bad)
    index, first, opens = placed["index"], placed["index"] == 0, entry["opening"] is not None
    if link["term"] != term:
        return "WrongTerm"
    if term == 0 and link["position"] != index:
        return "WrongPosition"
    if term == 0 and first and link["previous"] != form.ZERO:
        return "WrongPrevious"
    if (link["entry"] if term == 0 and first else entry["cell"]) != cell:
        return "WrongCell"
    if first and (not opens or entry["opening"]["term"] != term):
        return "WrongTerm"
    return "BadBase" if opens and not first else None


def link_fault(first, second):
    """The name of what forbids one record after the other."""
    if second["index"] != first["index"] + 1:
        return None
    try:
        before, after = (form.check_link(placed["record"][:form.LINK_LENGTH]) for placed in (first, second))
    except Bad:
        return None
    if after["position"] != before["position"] + 1:
        return "WrongPosition"
    if after["previous"] != form.derive("lifeboat/link/v1", first["record"][:form.LINK_LENGTH]):
        return "WrongPrevious"
    return "TimeRunsBack" if after["time"] < before["time"] else None


def check_misconduct(data, card):
    """What a misconduct file proves: the fault, how many records stand before it, why its key is believed to be the
    cell's, and the witnesses who did it too."""
    file = parse_misconduct(data)
    known, belief = known_term(file, card)
    witnesses = known["witnesses"] if known else []
    origin = form.origin_of(file["cell"], file["term"])
    kind, *parts = file["charge"]

    def signed(note):
        return form.check_checkpoint(note, origin, file["term_key"], witnesses, in_folder=False)

    def under(placed, size, root):
        leaf = form.leaf_hash(placed["record"])
        need(form.check_inclusion(placed["index"], size, leaf, placed["hashes"], root), "NotIncluded")

    both = []
    if kind <= 1:
        (old, old_root, one), (new, new_root, other) = signed(parts[0]), signed(parts[1])
        both = sorted(set(one) & set(other))
    if kind == 0:
        need(old == new and old_root != new_root, "NoContradiction")
        need(old_root < new_root, "NotCanonical")
        fault, before = f"TwoLogs {old}", max(old - 1, 0)
    elif kind == 1:
        root, proof = parts[2:]
        need(old < new and root != old_root, "NoContradiction")
        need(form.check_consistency(old, new, proof, root, new_root), "NotIncluded")
        fault, before = f"Rewrote {old} {new}", max(old - 1, 0)
    else:
        size, root, _ = signed(parts[0])
        for placed in parts[1:]:
            under(placed, size, root)
        name = record_fault(parts[1], file["cell"], file["term"]) if kind == 2 else link_fault(*parts[1:])
        need(name, "NoContradiction")
        before = parts[-1]["index"]
        fault = f"{'BadRecord' if kind == 2 else 'BadLink'} {before} {name}"
    return {"fault": fault, "before": before, "belief": None if belief is None else BELIEFS[belief],
            "with": [key.hex() for key in both]}, file


def read_misconduct_case(case):
    return check_misconduct(bytes.fromhex(case["hex"]) + bytes(case.get("zeros", 0)), card_of(case))[0]


def say(data):
    """What a misconduct file proves, with nothing else at hand; the program's exit code."""
    try:
        proven, file = check_misconduct(data, None)
    except Bad as bad:
        print(f"nothing is proven: {bad}")
        return 1
    key = {None: "which nothing here names as the cell's", "Named": "which the cell's id names"}
    belief = key.get(proven["belief"], f"which the file's openings lead to ({proven['belief']})")
    print(f"cell {file['cell'].hex()}, term {term_name(file['term'])}: {proven['fault']}")
    print(f"proven against the key {file['term_key'].hex()}, {belief}")
    return 0
