# Witnesses and the handover of a log.

said-anchor = { $who } anchors what witnesses have seen
said-witness-offered = { $who } offers to witness with the key { $mark }
said-witness-ended = { $who } no longer offers to witness with the key { $mark }

witness-none = Nobody witnesses this cell yet: its keeper could show two histories to two homes, until they meet.
witness-named = { $count ->
    [one] 1 witness
   *[other] { $count } witnesses
 }, of whom { $need } must cosign:
witness-sibling = a sibling's home
witness-far = Witnessed: { $witnessed } of { $all } entries.
witness-anchored = Anchored in the log: the first { $anchored } entries.
witness-offered = Offered, and not asked for yet:
witness-not-offered = { $handle } does not offer to witness.
witness-not-offered-hint = a member offers with: lifeboat witness offer
witness-nobody = Nobody but the keeper offers to witness.
witness-bad-key = { $key } is no witness key.
witness-bad-need = Of { $count } witnesses at least { $least } must cosign, and not more than there are.
witness-trusted = This home cosigns { $origin } from now on.
witness-distrusted = This home no longer cosigns { $origin }.
witness-served = Over HTTP it answers at { $address }, from the node's next start on.
witness-served-off = It does not answer over HTTP.
witness-key = The witness key of this home: { $key }

handover-own = this home, under a fresh key,
handover-unwitnessed = { $who } keeps the log from here on; nobody witnesses it
handover-witnessed = { $who } keeps the log from here on; { $count ->
    [one] 1 home witnesses
   *[other] { $count } homes witness
 } it, and { $need } must cosign
handover-final = The key of the term that ends is erased. If the next keeper's node is lost before it goes on, only a takeover by the members helps.
handover-ask = Hand the log over?
handover-done = Handed over: term { $term } is open.
handover-no-node = { $handle } has not let a node keep the log.
handover-no-node-hint = they do so with: lifeboat handover offer

status-witnessed = witnessed by { $need } of { $count ->
    [one] 1 home
   *[other] { $count } homes
 }: { $witnessed } of { $all } entries
show-copies = Copies
show-copies-placed = placed
show-copies-replicated = placed, and on { $homes ->
    [one] 1 home
   *[other] { $homes } homes
 }
show-copies-witnessed = placed, and witnessed by { $need } of { $count } homes
show-copies-anchored = placed, witnessed, and anchored in the log

audit-witnessed = { $count ->
    [one] Of 1 checkpoint
   *[other] Of { $count } checkpoints
 } in terms with witnesses { $cosigned ->
    [one] 1 has
   *[other] { $cosigned } have
 } as many cosignatures as asked.
audit-off = Term { $term }, checkpoint of { $size }: an entry beside it was placed at a time that is off from a cosignature by more than { $minutes } minutes.

example-witness =
    Examples:
      lifeboat witness                       who witnesses, and how far
      lifeboat witness offer                 your home may watch too
      lifeboat witness change wren finch     as keeper: these two from now on
      lifeboat witness trust example.com/log+3f9a21c0+AXv...
      lifeboat witness serve 127.0.0.1:8080
example-handover =
    Examples:
      lifeboat handover offer                your node may keep the log one day
      lifeboat handover wren                 as keeper: wren's node goes on
      lifeboat handover                      the same node goes on, under a fresh key

status-asks = { $count ->
    [one] One more home that witnesses the log has
   *[other] { $count } more homes that witness the log have
 } to answer before this home signs for the log: its disk could be an old backup that forgot what it signed.
asks-hint = It asks them while its node runs. If they stay away, and this disk was not restored from a backup: lifeboat node stop, then lifeboat node --background --disk-not-restored
node-vouched-too-late = a node is running here already, and began without your word: end it first (lifeboat node stop), then say so again.
