# Takeover: who keeps the log when its keeper is gone, and notice that a member is gone.

said-notice = { $who }: { $member } seems to be gone; without an answer they stop counting when the log is taken over
said-present = { $who }: I am here

takeover-keeper = { $who } keeps the log. { $count ->
    [0] It was never taken over.
    [one] It was taken over once.
   *[other] It was taken over { $count } times.
}
takeover-unnamed = somebody whom the log does not name
takeover-forced = The last takeover was forced: something that was witnessed may have been lost.
takeover-electors = { $count ->
    [one] One member decides
   *[other] { $count } members decide
} on a takeover: those past the waiting time, less those who are gone and did not answer.
takeover-no-calls = Nothing is proposed.
takeover-one-of-them = somebody whom the log does not name, proposed by one of { $handles }
takeover-one-of = term { $term }, the home of { $who }
takeover-call = Proposed as term { $term }: the home of { $who } keeps the log
takeover-given = endorsed by { $given } of { $of }, and { $needed } are needed: { $who }
takeover-closes = { $given } of { $needed } witnesses have closed the old era
takeover-yours = you have endorsed it
takeover-means = You would endorse that from now on the home of { $who } keeps this cell's log, and { $old } no longer.
    It goes on after { $last } at the least: all that your home holds stays as it is. What only { $old } holds, and no
    endorser, is set aside and placed again once somebody's home brings it.
    You can endorse one proposal of each try. An endorsement cannot be taken back.
takeover-means-parted = You would endorse that from now on the home of { $who } keeps this cell's log, and { $old } no longer.
    { $old } signed two histories, and one can stand: what the home of { $who } holds. Whoever holds the other sets it
    aside, fetches this one, and places again what was in the other alone. Ask { $who } what is in it before you endorse.
    You can endorse one proposal of each try. An endorsement cannot be taken back.
takeover-propose-ask = Propose that this home keeps the log?
takeover-endorse-ask = Endorse it?
takeover-proposed = Proposed, with your endorsement. { $needed } are needed: ask the others to run: lifeboat takeover endorse { $who }
takeover-endorsed = You have endorsed that the home of { $who } keeps the log.
takeover-force-means = Without enough of the witnesses, something that was witnessed may be lost, and everyone will read for ever that this takeover was forced.
takeover-force-ask = Take over all the same, once more than half have endorsed it?
takeover-force-done = Your proposal goes on without the witnesses.
takeover-which = more than one is proposed: { $proposals }.
takeover-which-hint = name who proposed it, or one who endorsed it, and where that is not enough the first number of its term: lifeboat takeover endorse wren --era 2
takeover-stands = it is proposed already that the home of { $who } keeps the log (term { $term }).
takeover-stands-means = Two proposals divide those who decide. You can endorse that one instead: lifeboat takeover endorse
takeover-stands-ask = Propose this home all the same?
takeover-stands-refused = another home is proposed already; nothing was signed.
takeover-stands-hint = endorse it with lifeboat takeover endorse, or propose this home all the same with --anyway
takeover-absent-self = you cannot give notice of yourself: you are here.
takeover-absent-self-hint = if you go away, hand on what you keep before: lifeboat handover. Others give notice of a member who seems to be gone
takeover-own-stands = this home is proposed already (term { $term }), endorsed by { $given } of { $of }; another try divides those who endorse it.
takeover-own-stands-hint = wait for the others: lifeboat takeover status. If the votes are split, or somebody vanished, propose it anew: --anyway
takeover-own-stands-ask = Propose this home anew?
takeover-not-that = that is not proposed.
takeover-not-that-hint = proposed are: { $proposals }. See how things stand: lifeboat takeover status
takeover-endorsed-before = you have endorsed the home of { $who } (term { $term }) already.
takeover-other-endorsed = you have endorsed another proposal of this try (term { $term }), and can endorse one of each.
takeover-other-endorsed-hint = if neither finds enough, the next try takes the next number: whoever proposes it types lifeboat takeover propose --anyway
takeover-none = nothing is proposed.
takeover-none-hint = see how things stand with lifeboat takeover status, or propose your own home with lifeboat takeover propose
takeover-no-floor = this home holds nothing of the log yet: lifeboat sync first.
takeover-not-you = this key may not endorse a takeover.
takeover-not-you-hint = only members past the waiting time may. See from when you may vote: lifeboat members
paper-ask = The 24 words of your paper key:
paper-wrong = these are not the 24 words of a paper key, or one of them is wrong.
paper-wrong-hint = write all of them in their order; the first four letters of each are enough
paper-made = Write these 24 words on paper and keep it where you keep papers. They can endorse a takeover for you, and do nothing else. They are not shown again: lifeboat key paper makes another.
key-endorses = may endorse a takeover

status-few-electors = { $count ->
    [0] nobody may vote yet
    [one] one member may vote
   *[other] { $count } members may vote
}: if that home is lost, no majority is left to go on. Keep a paper key: lifeboat key paper

help-takeover = Give the log another keeper when the old one is gone
example-takeover =
    Examples:
      lifeboat takeover status
      lifeboat takeover propose
      lifeboat takeover endorse wren
      lifeboat takeover endorse wren --era 2
      lifeboat takeover endorse --paper
      lifeboat takeover absent rook
