// Verifies a term of a log with the Go project's own packages: its checkpoint and its cosignatures with
// sumdb/note, its hash tiles, an earlier checkpoint and a proof file with sumdb/tlog. Nothing here is ours but
// the reading of files and the dozen lines that check a cosignature.
//
//	verify FOLDER LOG-KEY EARLIER-CHECKPOINT PROOF-FILE WITNESS-KEY...
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner checks C2SP cosignature/v1 lines, type 0x04.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(c.key, []byte(message), sig[8:])
}

func newCosigner(text string) note.Verifier {
	parts := strings.SplitN(text, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	id, err := strconv.ParseUint(parts[1], 16, 32)
	must(err)
	if len(key) != 33 || key[0] != 4 {
		fail("not a witness key: %s", text)
	}
	return cosigner{parts[0], uint32(id), key[1:]}
}

// tiles reads the hash tiles of a folder, those that are not full under their .p/ name.
type tiles struct{ folder string }

func (t tiles) Height() int                          { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		// Go's paths are tile/8/<L>/<N>; ours, as in tlog-tiles, leave the height out.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func open(checkpoint []byte, known note.Verifiers) (tlog.Tree, int) {
	opened, err := note.Open(checkpoint, known)
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}, len(opened.Sigs) - 1
}

func main() {
	folder, logKey, earlier, proofFile := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	signer, err := note.NewVerifier(logKey)
	must(err)
	verifiers := []note.Verifier{signer}
	for _, key := range os.Args[5:] {
		verifiers = append(verifiers, newCosigner(key))
	}
	known := note.VerifierList(verifiers...)

	tree, cosigned := open(read(filepath.Join(folder, "checkpoint")), known)
	old, _ := open(read(earlier), known)
	hashes := tlog.TileHashReader(tree, tiles{folder})
	path, err := tlog.ProveTree(tree.N, old.N, hashes)
	must(err)
	must(tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash))

	head, checkpoint, _ := bytes.Cut(read(proofFile), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	must(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		must(err)
		proof = append(proof, hash)
	}
	proven, _ := open(checkpoint, known)
	must(tlog.CheckRecord(proof, proven.N, proven.Hash, index, tlog.RecordHash(record)))
	fmt.Printf("size %d, from %d, cosigned by %d, record %d proven\n", tree.N, old.N, cosigned, index)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	must(err)
	return data
}

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
