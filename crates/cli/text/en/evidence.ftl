## Proofs, slips and misconduct files: what a stranger may hold

prove-written = Its proof is in { $path } ({ $bytes } bytes).
prove-terms-written = How the cell's terms follow on each other is in { $path }: give both.
prove-how = Whoever has it and the cell's card checks it offline: lifeboat check { $path } --card CARD
prove-unreadable = the home's proof cannot be read.
prove-too-long = the entry is too long for a slip.
prove-too-long-hint = without --slip its proof becomes a file.
slip-head = { $number }: { $text }
slip-terms-written = How the cell's terms follow on each other is in { $path }: who checks the slip with a card of another term needs it too, and names it after the slip.
slip-leaves-out = The slip holds the entry, its place and the keeper's signature. It leaves out the signatures of witnesses and the texts of remarks and handles. Check: lifeboat check 'LIFEBOAT:SLIP/…' --card CARD

check-card = the card cannot be read.
check-card-hint = give the link that lifeboat card prints (in quotes), or a file that holds it.
check-unknown-file = { $file }: not a proof, slip, misconduct file or term proof.
check-unsound = { $file }: DOES NOT HOLD: { $words } ({ $name })
check-placed = It holds: entry { $number } stands in the log.
check-row-says = says
check-row-key = key
check-row-time = placed
check-row-cell = cell
check-row-term = under
check-row-witnesses = witnesses
check-row-survival = since then
check-row-why = the key
check-row-with = so did witness
check-term = the checkpoint of { $size ->
    [one] 1 record
   *[other] { $size } records
 } in term { $term }: { $why }
check-term-row = term { $term }
check-base-none = the first term
check-base = goes on from { $size ->
    [one] 1 record
   *[other] { $size } records
 }
check-witnesses = { $asked ->
    [0] the cell asks for none
   *[other] { $count } cosigned, { $asked } asked for
 }
check-why-named = the cell's id, or the card, names its key
check-why-witnessed = the witnesses of the term before have cosigned it
check-why-handed = the keepers before it handed the log on, and for one of these steps nobody else vouches
check-why-log = whether it had its right only the log can tell
check-why-nothing = nothing here says that it is the cell's
check-open = its term is the newest that is known here
check-survived = the next term goes on from a log that holds it
check-superseded = the next term goes on from a log WITHOUT it: it was to be placed again
check-survival-unknown = placed; survival unknown
check-key-unknown = The hashes may hold, but nothing here names the key of term { $term } of the cell { $cell }.
check-key-unknown-hint = give the cell's card (--card), or the .terms file that belongs to it.
check-misconduct = PROVEN MISCONDUCT: { $fault }
misconduct-proven = PROVEN MISCONDUCT: { $fault } The proof is in { $path }; give it to anyone, who reads it with: lifeboat check { $typed }
misconduct-stops = This home takes no more of that log, and places nothing in it, until the members give it another keeper: lifeboat takeover
fault-two-logs = the key of term { $term } signed two different logs of { $size ->
    [one] 1 record
   *[other] { $size } records
 }.
fault-rewrote = the key of term { $term } signed a log of { $old ->
    [one] 1 record
   *[other] { $old } records
 }, and one of { $new } that does not go on from it.
fault-bad-record = the key of term { $term } signed a log whose record { $index } no log may hold ({ $name }).
fault-bad-link = the key of term { $term } signed a log whose record { $index } does not follow on the one before it ({ $name }).

example-prove =
    Examples:
      lifeboat prove 5                    writes oak-street-5.tlog-proof
      lifeboat prove 5 --to rice.proof
      lifeboat prove 5 --slip             a picture and a text to print
example-check =
    Examples:
      lifeboat check rice.tlog-proof --card lifeboat:oak-street/…
      lifeboat check rice.tlog-proof rice.terms
      lifeboat check 'LIFEBOAT:SLIP/…' --card card.txt
      lifeboat check keeper.misconduct
    0 it holds; 1 it does not; 3 it holds as far as it goes, and more is needed (a card, the terms, the log).
