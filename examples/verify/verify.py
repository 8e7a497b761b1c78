#!/usr/bin/env python3
"""Checks a cell's log from its files alone: an implementation of docs/format.md, independent of Lifeboat's own.

    verify.py FOLDER                   a cell's log folder, a folder of cells, or a home
    verify.py --misconduct FILE        what a misconduct file proves
    verify.py --vectors docs/vectors   the test vectors

Needs Python 3.11 or newer and `pip install blake3 cryptography`. Says what it found and where; exits with 0 when
nothing is altered, 1 on damage, 2 on wrong usage. It writes nothing.
"""
import argparse
import contextlib
import json
import multiprocessing
import re
import sys
from pathlib import Path

try:
    import evidence
    import lifeboat_format as form
    import lifeboat_rings as rings
    from lifeboat_format import Bad, Chain, Reader, need
except ModuleNotFoundError as missing:  # not damage: it must not exit with 1
    print(f"Nothing was checked: Python has no {missing.name} here.", file=sys.stderr)
    print("First: pip install blake3 cryptography", file=sys.stderr)
    sys.exit(2)

WIDTH = 256
BATCH = 32  # bundles read at once, so that memory is bounded and all cores have work
SKEW = 600_000  # by how many milliseconds clocks may differ where the charter says nothing
TERM = re.compile(r"(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})", re.ASCII)
FILE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class Damage(Exception):
    """What does not hold, and where: a position or a file."""

    def __init__(self, where, name):
        super().__init__(f"{where}: {name}")


# ------------------------------------------------------------------------------------------ the files

def number_name(n):
    """N in groups of three digits, all but the last with an x before."""
    name = f"{n % 1000:03}"
    while n := n // 1000:
        name = f"x{n % 1000:03}/{name}"
    return name


class TermFolder:
    """The files of one term: bundles[N] and tiles[L, N] are lists of (width, path), width 256 for the plain name."""

    def __init__(self, path):
        era, turn = map(int, TERM.fullmatch(path.name).groups())
        self.path, self.term, self.others = path, era << 16 | turn, []
        self.bundles, self.tiles, self.checkpoint = {}, {}, None
        for file in sorted(path.rglob("*")):
            if not file.is_dir():
                self.sort_in(file)

    def sort_in(self, file):
        name = file.relative_to(self.path).as_posix()
        match = FILE.fullmatch(name)
        if name == "checkpoint":
            self.checkpoint = file
        elif match and self.is_proper(match):
            level, digits, width = match.groups()
            index, width = int(re.sub("[x/]", "", digits)), int(width or WIDTH)
            if level == "entries":
                self.bundles.setdefault(index, []).append((width, file))
            else:
                self.tiles.setdefault((int(level), index), []).append((width, file))
        else:
            self.others.append(name)

    def is_proper(self, match):
        level, digits, width = match.groups()
        index = int(re.sub("[x/]", "", digits))
        return number_name(index) == digits and int(width or 1) < WIDTH and (level == "entries" or int(level) < 8)

    def name(self, file):
        return f"{self.path.name}/{file.relative_to(self.path).as_posix()}"

    def records(self, index):
        """The records of a bundle; where it has several forms, each is the beginning of the longest."""
        forms = sorted(self.bundles[index], reverse=True)
        longest = None
        for width, file in forms:
            records = split_bundle(file.read_bytes(), self.name(file))
            plain = width == WIDTH
            fits = 1 <= len(records) <= WIDTH if plain else len(records) == width
            longest = records if longest is None else longest
            if not fits or records != longest[:len(records)]:
                raise Damage(self.name(file), "BadBundle")
        if index + 1 in self.bundles and len(longest) < WIDTH:
            raise Damage(self.name(forms[0][1]), "BadBundle")
        return longest

    def all_bundles(self):
        """The indexes of the bundles, none missing."""
        for expected, index in enumerate(sorted(self.bundles)):
            if expected != index:
                raise Damage(f"{self.path.name}/tile/entries/{number_name(expected)}", "MissingFile")
        return range(len(self.bundles))


def split_bundle(data, name):
    records, at = [], 0
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        if end > len(data):
            break
        records.append(data[at + 2:end])
        at = end
    if at != len(data):
        raise Damage(f"{name}, after {len(records)} records", "TornBundle")
    return records


# ------------------------------------------------------------------------------------------ the audit

class Audit:
    """Checks one cell's folder, and keeps what it found."""

    def __init__(self, folder, pool):
        self.folder, self.pool = folder, pool
        self.chain, self.checkpoints, self.damage, self.told = None, 0, [], []
        self.times, self.anchors = [], []  # of the term that is read

    def run(self):
        terms = []
        for child in self.folder.iterdir():
            proper = child.is_dir() and TERM.fullmatch(child.name)
            if proper and all(int(part) < 65_536 for part in child.name.split(".")):
                terms.append(TermFolder(child))
            else:
                self.told.append(f"{child.name}: not part of the log, not read")
        terms.sort(key=lambda term: term.term)
        for term in terms:
            self.told += [f"{term.path.name}/{name}: not part of the log, not read" for name in term.others]
            try:
                self.check_records(term)
            except Damage as damage:
                self.damage.append(damage)
                return  # what follows hangs on what is broken
            self.check_tiles(term)
            self.check_anchors(term)
            newest = term is terms[-1]
            try:
                self.check_checkpoint(term, newest)
            except Damage as damage:
                self.damage.append(damage)

    def check_records(self, term):
        bundles = term.all_bundles()
        if not bundles:
            raise Damage(f"{term.path.name}/tile/entries/000", "MissingFile")
        self.times, self.anchors = [], []
        for start in range(0, len(bundles), BATCH):
            batch = [(index, term.records(index)) for index in bundles[start:start + BATCH]]
            work = [records for _, records in batch]
            found = (self.pool.map if self.pool else map)(form.examine_all, work)
            for (index, records), examined in zip(batch, found):
                self.extend(term, index, records, examined)

    def extend(self, term, index, records, examined):
        if self.chain is None:
            name = self.folder.name
            known = re.fullmatch("[0-9a-f]{64}", name)
            # Where the folder does not say it, the cell is the one that the first record founds.
            self.chain = Chain(bytes.fromhex(name) if known else form.entry_id(records[0][form.LINK_LENGTH:]))
        for record in examined:
            position = self.chain.next
            try:
                self.chain.extend(record)
                need(self.chain.term == term.term, "WrongTerm")
            except Bad as bad:
                raise Damage(f"record {position} ({file_of(term, index)})", bad) from None
            self.times.append(record[0]["time"])
            if record[6] is not None:
                self.anchors.append((position, file_of(term, index), record[6]))

    def check_anchors(self, term):
        """An anchor whose checkpoint holds says the root of these records; one that does not hold says nothing."""
        for position, file, note in self.anchors:
            try:
                size, root, cosigned = self.chain.checkpoint(note, in_folder=False)
            except Bad:
                continue
            if size > len(self.chain.tree) or root != self.chain.tree.root(size):
                self.damage.append(Damage(f"record {position} ({file})", "WrongRoot"))
                continue
            self.tell_cosigned(f"{term.path.name}: anchor {position}", size, note, cosigned)

    def tell_cosigned(self, where, size, note, cosigned):
        """Says how many witnesses cosigned a checkpoint, and when the links around it contradict that."""
        opening = self.chain.opening
        if not opening["quorum"]:
            return
        count, of, asked = len(set(cosigned)), len(opening["witnesses"]), opening["quorum"]
        self.told.append(f"{where}: {size} records cosigned by {count} of {of} witnesses, {asked} asked")
        for seconds in form.cosigned_times(note, opening["witnesses"]):
            ahead = self.times[size - 1] > seconds * 1000 + SKEW
            if ahead or size < len(self.times) and self.times[size] + SKEW < seconds * 1000:
                self.told.append(f"{where}: a link beside it is off from a cosignature by over {SKEW // 60_000} minutes")

    def check_tiles(self, term):
        levels = self.chain.tree.levels
        for (level, index), forms in sorted(term.tiles.items()):
            proper = levels[8 * level][WIDTH * index:WIDTH * (index + 1)] if 8 * level < len(levels) else []
            for width, file in forms:
                data = file.read_bytes()
                whole = len(data) % 32 == 0 and (width == WIDTH or len(data) == 32 * width)
                if not whole or not data or not b"".join(proper).startswith(data):
                    self.damage.append(Damage(term.name(file), "BadTile"))

    def check_checkpoint(self, term, newest):
        records = len(self.chain.tree)
        if term.checkpoint is None:
            self.told.append(f"{term.path.name}: no checkpoint" + (", so nothing of it is covered" if newest else ""))
            return
        where = term.name(term.checkpoint)
        try:
            note = term.checkpoint.read_bytes()
            size, root, cosigned = self.chain.checkpoint(note, in_folder=True)
            need(size <= records, "MissingRecords")
            need(root == self.chain.tree.root(size), "WrongRoot")
        except Bad as bad:
            raise Damage(where, bad) from None
        self.checkpoints += 1
        if size:
            self.tell_cosigned(term.path.name, size, note, cosigned)
        if size < records and newest:
            self.told.append(f"{term.path.name}: {records - size} records beyond the checkpoint hold, and are not yet covered")
        self.check_tiles_reach(term, size)

    def check_tiles_reach(self, term, size):
        """Every tile that the checkpoint's size calls for is there, and wide enough."""
        for level in range(8):
            hashes = size >> 8 * level
            for index in range((hashes + WIDTH - 1) // WIDTH):
                asked = min(WIDTH, hashes - WIDTH * index)
                name = f"{term.path.name}/tile/{level}/{number_name(index)}"
                forms = term.tiles.get((level, index))
                if not forms:
                    raise Damage(name, "MissingFile")
                if max(file.stat().st_size // 32 for _, file in forms) < asked:
                    raise Damage(name, "BadTile")


def file_of(term, index):
    return term.name(max(term.bundles[index])[1])


def is_cell(folder):
    return any(child.is_dir() and TERM.fullmatch(child.name) for child in folder.iterdir())


def cells_in(folder):
    """The cell folders that this folder is or holds; a home has them in its `log` folder."""
    if is_cell(folder):
        return [folder]
    if (folder / "log").is_dir():
        folder = folder / "log"
    return sorted(child for child in folder.iterdir() if child.is_dir() and is_cell(child))


def audit(folder):
    if not folder.is_dir() or not (cells := cells_in(folder)):
        print(f"{folder}: no log here: give the folder of a cell (it holds folders such as 0.0)", file=sys.stderr)
        return 2
    bundles = sum(1 for cell in cells for _ in cell.glob("*/tile/entries/**/[0-9][0-9][0-9]"))
    altered = False
    with multiprocessing.Pool() if bundles > 2 else contextlib.nullcontext() as pool:
        for cell in cells:
            found = Audit(cell, pool)
            found.run()
            for line in found.told:
                print(f"{cell.name}: {line}", file=sys.stderr)
            for damage in found.damage:
                print(f"{cell.name}: DAMAGE: {damage}")
            count = found.chain.next if found.chain else 0
            if found.damage:
                altered = True
                print(f"{cell.name}: {count} records hold before the first that does not: altered or damaged")
            else:
                head = found.chain.head.hex()
                print(f"{cell.name}: {count} records, {found.checkpoints} checkpoints, head {head}: nothing altered")
    return 1 if altered else 0


# ---------------------------------------------------------------------------------------- the vectors

def read_value(case):
    read = {
        "bool": Reader.bool, "time": Reader.time, "text8": lambda r: r.text(8),
        "bytes8": lambda r: r.bytes(8).hex(), "list4": lambda r: r.list(4, lambda r: r.number(8)),
        "option": lambda r: r.option(lambda r: r.number(8)),
    }[case["type"]]
    return {"value": form.whole(data_of(case), read)}


def data_of(case):
    return bytes.fromhex(case["hex"]) + bytes(case.get("zeros", 0))


def read_key(case):
    form.check_key(bytes.fromhex(case["key"]))
    if "signature" in case:
        form.check_signature(*(bytes.fromhex(case[part]) for part in ("key", "message", "signature")))
    return {}


def read_detail(case):
    data = data_of(case)
    return {"hash": form.derive("lifeboat/detail/v1", data).hex(), "text": data[16:].rstrip(b"\0").decode()}


def read_entry(case):
    data = data_of(case)
    return {"kind": form.check_entry(data)["kind"], "id": form.entry_id(data).hex()}


def read_link(case):
    data = data_of(case)
    return {"position": form.check_link(data)["position"], "hash": form.derive("lifeboat/link/v1", data).hex()}


def read_record(case):
    data = data_of(case)
    return {"position": form.check_record(data)[0]["position"], "leaf": form.leaf_hash(data).hex()}


def read_chain(case):
    chain = Chain(bytes.fromhex(case["cell"]))
    for record in case["records"]:
        try:
            chain.extend(form.examine(bytes.fromhex(record)))
        except Bad:
            assert chain.next == case["position"], f"broken at {chain.next}"
            raise
    return {"head": chain.head.hex(), "root": chain.tree.root(len(chain.tree)).hex()}


def signers(case):
    return case["origin"], bytes.fromhex(case["term_key"]), [bytes.fromhex(key) for key in case["witnesses"]]


def read_checkpoint(case):
    data = case["note"].encode() if "note" in case else data_of(case)
    size, root, cosigned = form.check_checkpoint(data, *signers(case), case["folder"])
    return {"size": size, "root": root.hex(), "cosigned": [key.hex() for key in cosigned]}


def read_proof(case):
    link = form.check_proof(case["file"].encode(), *signers(case))
    return {"entry": link["entry"].hex(), "position": link["position"]}


def read_tree(case):
    proof, root = [bytes.fromhex(h) for h in case["proof"]], bytes.fromhex(case["root"])
    if "leaf" in case:
        leaf = form.leaf_hash(bytes.fromhex(case["leaf"]))
        return {"holds": form.check_inclusion(case["index"], case["size"], leaf, proof, root)}
    return {"holds": form.check_consistency(case["old"], case["size"], proof, bytes.fromhex(case["old_root"]), root)}


def read_c2sp(case):
    """A tree, keys and a proof file that other people's programs made or accepted."""
    tree = form.Tree()
    for leaf in case["leaves"]:
        tree.push(form.leaf_hash(leaf.encode()))
    size = len(case["leaves"])
    encode = form.base64.b64encode
    for consistent in case["consistency"]:
        old = consistent["old"]
        proof = [form.unbase64(line, "NotIncluded") for line in consistent["proof"]]
        need(form.check_consistency(old, size, proof, tree.root(old), tree.root(size)), "NotIncluded")
    keys = []
    for key in case["keys"]:
        key_type, public = key["type"], bytes.fromhex(key["key"])
        keys.append(f"{key['name']}+{form.key_id(key['name'], key_type, public).hex()}+"
                    + encode(bytes([key_type]) + public).decode())
    leaf, index, hashes, checkpoint = form.read_proof(case["proof_file"].encode())
    log, witness = (bytes.fromhex(key["key"]) for key in case["keys"])
    found = form.check_checkpoint(checkpoint, case["keys"][0]["name"], log, [witness], in_folder=True)
    need(form.check_inclusion(index, found[0], form.leaf_hash(leaf), hashes, found[1]), "NotIncluded")
    return {"roots": [encode(tree.root(n + 1)).decode() for n in range(size)], "verifier_keys": keys,
            "proven": leaf.decode(), "cosigned": len(found[2])}


def read_bundle(case):
    """A bundle, taken in behind the records that its reader has (section "Bundle")."""
    magic, data = b"lifeboat/bundle/v1\n", data_of(case)
    need(data.startswith(magic), "NotABundle")
    have = [bytes.fromhex(record) for record in case["have"]]
    taking = Taking(bytes.fromhex(case["cell"]), have)
    at = len(magic)
    while True:
        need(at + 4 <= len(data), "Truncated")
        length = int.from_bytes(data[at:at + 4], "little")
        if length == 0:
            return {"records": taking.chain.next, "head": taking.chain.head.hex()}
        need(at + 4 + length <= len(data), "Truncated")
        form.whole(data[at + 4:at + 4 + length], taking.frame)
        at += 4 + length


class Taking:
    """What a reader of a bundle remembers."""

    def __init__(self, cell, have):
        self.chain, self.have, self.stage = Chain(cell), list(have), None
        for record in have:
            self.chain.extend(form.examine(record))

    def frame(self, reader):
        variant = reader.number(4)
        if variant == 0:
            need(reader.hash() == self.chain.cell, "WrongCell")
            reader.number(8)
        elif variant == 1:
            variant = reader.number(4)
            need(variant <= 1, "BadVariant")
            self.under(reader) if variant == 0 else self.batch(reader)
        elif variant == 2:
            reader.bool()
            reader.list(32, lambda r: r.bytes(16_384))
        elif variant == 3:
            reader.hash(), reader.number(8), reader.list(1_024, form.Reader.hash)
        elif variant == 4:
            reader.bytes(65_536)
        else:
            need(variant == 5, "BadVariant")
            [reader.number(8) for _ in range(4)]

    def under(self, reader):
        term, note = reader.number(4), reader.bytes(65_536)
        known, root = reader.number(8), reader.hash()
        proof = reader.list(64, form.Reader.hash)
        need(self.stage is None or self.stage["done"], "OutOfOrder")
        tree, size, top = form.Tree(), None, None
        if self.chain.term == term:
            size, top, _ = self.chain.checkpoint(note, in_folder=False)
            own = self.chain.tree
            need(known <= len(own) and known <= size, "Gap")
            for leaf in own.levels[0][:known]:
                tree.push(leaf)
            if known:
                need(form.check_consistency(known, size, proof, root, top), "NotProven")
                need(tree.root(known) == root, "OtherLog")
            need(size > len(own) or own.root(size) == top, "OtherLog")
        else:
            need(self.chain.term is None and term == 0 and known == 0, "Gap")
        self.stage = {"tree": tree, "size": size, "root": top, "note": note, "done": False}

    def batch(self, reader):
        records = reader.list(1_024, lambda r: r.bytes(65_535))
        proof = reader.list(64, form.Reader.hash)
        stage = self.stage
        need(stage is not None and not stage["done"], "OutOfOrder")
        need(records, "NotProven")
        first = form.check_link(records[0][:85])["position"]
        need(first <= self.chain.next, "Gap")
        known = min(len(records), self.chain.next - first)
        for record in records:
            stage["tree"].push(form.leaf_hash(record))
        if stage["size"] is None:
            self.extend(records[known:])
            stage["size"], stage["root"], _ = self.chain.checkpoint(stage["note"], in_folder=False)
            known = len(records)
        tree = stage["tree"]
        proven = form.check_consistency(len(tree), stage["size"], proof, tree.root(len(tree)), stage["root"])
        need(proven, "NotProven")
        need(self.have[first:first + known] == records[:known], "OtherLog")
        self.extend(records[known:])
        stage["done"] = len(tree) >= stage["size"]

    def extend(self, records):
        for record in records:
            self.chain.extend(form.examine(record))
        self.have += records
def read_ring(case):
    context = b"lifeboat/secret-poll/v1\0" + bytes.fromhex(case["cell"]) + bytes.fromhex(case["poll"])
    one = {part: bytes.fromhex(case[part]) for part in ("marks", "image", "challenge")}
    many = {part: [bytes.fromhex(text) for text in case[part]] for part in ("keys", "responses")}
    ring = rings.check(context, many["keys"], one["marks"], one["image"], one["challenge"], many["responses"])
    return {"ring": ring.hex()}


READERS = {
    "values": read_value, "keys": read_key, "details": read_detail, "entries": read_entry, "links": read_link,
    "hashes": lambda case: {"hash": form.derive(case["context"], data_of(case)).hex()},
    "records": read_record, "chains": read_chain, "checkpoints": read_checkpoint, "proofs": read_proof,
    "bundles": read_bundle, "trees": read_tree, "c2sp": read_c2sp, "terms": evidence.read_terms_case, "slips": evidence.read_slip_case,
    "misconduct": evidence.read_misconduct_case,
    "rings": read_ring,
}


def check_vectors(folder):
    files = sorted(folder.glob("*.json"))
    wrong = count = 0
    for name in READERS.keys() - {file.stem for file in files}:
        print(f"{folder}/{name}.json is missing")
        wrong += 1
    for file in files:
        for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
            count += 1
            try:
                outcome = READERS[file.stem](case)
                said = {field: case.get(field) for field in outcome} if "error" not in case else case["error"]
            except Bad as bad:
                outcome, said = str(bad), case.get("error")
            if outcome != said:
                print(f"{file.name}: {case['name']}: found {outcome}, said {said}")
                wrong += 1
    print(f"{count} vectors, {wrong} wrong")
    return 1 if wrong or not count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="PATH", help="what to check")
    parser.add_argument("--vectors", action="store_true", help="the folder holds test vectors")
    parser.add_argument("--misconduct", action="store_true", help="it is a misconduct file")
    args = parser.parse_args()
    if args.misconduct:
        return evidence.say(args.folder.read_bytes())
    return check_vectors(args.folder) if args.vectors else audit(args.folder)


if __name__ == "__main__":
    sys.exit(main())
