# Every text that a person reads, in English. Names in { } are filled in; keep them.
# A translation is a copy of this file with the texts changed and the names on the left kept.

## Words

word-error = error:
word-hint = hint:
word-note = note:
word-yes = y yes
word-today = today
word-tomorrow = tomorrow
word-yesterday = yesterday
word-monday = monday mon
word-tuesday = tuesday tue
word-wednesday = wednesday wed
word-thursday = thursday thu
word-friday = friday fri
word-saturday = saturday sat
word-sunday = sunday sun
word-month-1 = January
word-month-2 = February
word-month-3 = March
word-month-4 = April
word-month-5 = May
word-month-6 = June
word-month-7 = July
word-month-8 = August
word-month-9 = September
word-month-10 = October
word-month-11 = November
word-month-12 = December
day-long = { $day } { $month }
day-long-year = { $day } { $month } { $year }
because = because { $cause }
prompt-yes = { $question } [Y/n]

## When nobody can answer, and when files fail

nobody-answers = this needs an answer, and the input is closed.
nobody-types-hint = it is typed at a terminal, or comes from a file or another command: lifeboat ... < FILE
nobody-answers-hint = add --yes to say yes beforehand, as scripts do.
passphrase-nobody = a passphrase is needed, and there is no terminal to ask at.
passphrase-nobody-hint = put it in a file that only you can read, and add --passphrase-file FILE.
below-zero = amounts are positive: "lifeboat in" says what came in, "lifeboat out" what went out
file-missing = { $path } does not exist.
file-forbidden = { $path } may not be read or written by you.
file-failed = { $path } could not be read or written.
file-exists = { $path } exists already; nothing was written.
file-exists-hint = name another, or move it away.
io-failed = reading or writing failed.
file-hint = look at the path, its owner and the space on the disk, then try again.

## Quantities, days, numbers of entries, handles

quantity-empty = nothing was said about how much of what.
quantity-no-number = "{ $word }" does not begin with a number. Write for example: 20 kg rice, 40 EUR, 3 tents.
quantity-ambiguous = "{ $written }" could be { $large } or { $small }. Write { $large } or { $small }.
quantity-malformed = "{ $word }" is not a number. Write for example 1280, 1,280.50 or 0.5.
quantity-too-fine = "{ $word }" has more than six decimals. Round it.
quantity-too-large = "{ $word }" is larger than a log can hold.
quantity-zero = zero of something is nothing to write down.
quantity-other-currency = "{ $written }" looks like money, and this cell counts in { $known }. If it is a thing, write it in small letters.
quantity-no-currency = "{ $written }" looks like money, and this cell counts none: its charter names no currency. Name it first, such as: lifeboat charter currencies=EUR. If it is a thing, write it in small letters.
quantity-money-and-more = is "{ $money }" money? Then nothing stands after it: what it was for goes into --note "{ $more }". If it is a thing, write it in small letters.
quantity-no-log = nothing of this cell's log is here yet: which words are money stands in its charter.
quantity-no-log-hint = fetch it first: lifeboat sync
quantity-no-thing = "{ $written }" of what? Write for example: 20 kg rice, 40 EUR, 3 tents.
day-unknown = "{ $written }" is not a day. Write today, tomorrow, friday, in 3 days, or 2026-12-07.
day-ambiguous = "{ $written }" could be two different days. Write the year first, as in 2026-12-07.
reference-unknown = "{ $written }" is not the number of an entry. Write it as in the log: 5, #5 or #5-k3.
handle-unfit = "{ $written }" cannot be a handle: it begins with a letter and has letters, digits, - and _, at most { $most } characters.

thing-too-long = the name of a thing has at most 64 letters, its unit at most 16.
other-thing = { $given } is another thing than asked for here. Write the number alone, or for example: { $wanted }.
note-too-long = a text has at most some 16,000 letters, all of them ones that can be shown.
day-to-come = "{ $written }" has not come yet. Write the day when it happened.
days-turned = the first day is after the last: the days are the wrong way round.
title-empty = an empty text says nothing, and would stand in the log for ever. Write what it is about.
option-twice = two options say "{ $option }": nobody could tell which was chosen.
private-empty = the private text is empty.
day-passed = "{ $written }" has passed. Write a day that is to come.
place-unknown = the charter has no place called "{ $name }".
category-unknown = the charter has no category called "{ $name }".
place-unknown-hint = it has: { $known }.
none = none

## The home and its keys

no-data-folder = this system names no folder for the data of programs.
no-data-folder-hint = name one yourself: --home FOLDER.
home-missing = there is no Lifeboat home in { $path }.
home-missing-hint = make one with: lifeboat init --as YOUR-HANDLE. Or name another folder: --home FOLDER.
home-exists = there is a Lifeboat home in { $path } already; it was left as it is.
home-exists-hint = use it as it is, or name another folder: --home FOLDER.
home-in-use = another Lifeboat process is using { $path } and does not answer.
home-in-use-hint = wait until it ends, or end the node: lifeboat node stop.
settings-damaged = the settings in { $path } cannot be read.
settings-damaged-hint = mend that file, or put it out of the way and begin with: lifeboat init.
no-member-key = there is no key of a member in this home.
no-member-key-hint = if it is lost, make another one, for which members vouch: lifeboat key lost. If you are no member yet: lifeboat join INVITE --as YOUR-HANDLE.
wrong-passphrase = that is not the passphrase of this key.
wrong-passphrase-hint = try again; a lost passphrase cannot be found again, but members can vouch for a new key.
no-randomness = this machine gives no random numbers, without which nothing can be signed.
passphrase-why = A passphrase keeps others who use this computer from signing for you. Leave it empty for none.
passphrase-new = Passphrase (not shown while you type):
passphrase-again = The same again:
passphrase-differs = the two are not the same.
passphrase-prompt = Passphrase:
passphrase-file-empty = the first line of { $path } is empty; the passphrase stands there.
init-done = Welcome, { $handle }. Your home is { $path }.
init-no-passphrase = your key has no passphrase: who can read your files can sign for you.
init-next = Next: lifeboat found "YOUR CELL", or lifeboat join INVITE.
agent-started = Your key stays unlocked for { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
 }.
agent-failed = your key could not be kept unlocked: { $reason }
agent-stopped = Your key is locked.
agent-none = Your key is not unlocked.
agent-running = Your key is unlocked.

## The desk

unexpected-answer = the node of this home answers as another version would.
unexpected-answer-hint = restart it: lifeboat node stop, then lifeboat node --background.
node-lost-hint = look at lifeboat status, and try again.
work-fold = reading the log
work-sync = fetching
work-export = writing
work-repair = mending
work-audit = checking
state-unreadable = the state of the cell cannot be read.
state-unreadable-hint = run: lifeboat repair.
record-unreadable = a record of the log cannot be read.

## Cells

cell-none = This home belongs to no cell.
cell-none-hint = Next: lifeboat found "YOUR CELL", or lifeboat join INVITE.
cell-unknown = this home knows no cell called { $name }.
cell-unknown-hint = it knows: { $names }.
cell-which = this home knows several cells: { $names }.
cell-which-hint = say which: --cell NAME.
role-keeper = this computer keeps its log
role-follower = a copy of its log, checked
not-a-member = you are no member of { $cell } yet, as far as this home knows.
not-a-member-hint = ask a member to vouch for you, then run: lifeboat sync. If you are one already, keys/member.pub in your home may be damaged: put it back from a backup.

## Found, invite, join, vouch

found-public = Public for ever: { $name }, founded by { $handle }; time zone { $zone }; money: { $money }; places: { $places }.
found-another = this home has a cell already: { $cells }. With two, every command must be told which one is meant (--cell NAME).
found-ask = Found it?
found-done = { $name } exists. This computer keeps its log for now. Vouches needed: { $first } until { $until } members, then { $then }.
found-next = Next: lifeboat node --background, then lifeboat invite. For the day when this computer is lost: lifeboat key paper shows words to write down, which can then help to give the log another keeper.
zone-unknown = "{ $zone }" is not a time zone.
zone-unknown-hint = write it as in Europe/Madrid or America/Lima; UTC is one too.
name-unfit = "{ $name }" cannot be a name here: at most 64 letters, none of them invisible, and at most 64 names.
currency-unfit = "{ $code }" is not the code of a currency. Write it as in EUR.
charter-unfit = the charter cannot be written like this.
invite-terms = For one person, { $days ->
    [one] 1 day
   *[other] { $days } days
 }. Pass it on by a way that the two of you trust.
invite-none = No invite is open.
invite-used = somebody has knocked with it
invite-open = open until { $until }
invite-no-node = your node is not running: the newcomer reaches you once it is (lifeboat node --background).
join-words = Read these words to who invited you: { $words }
join-words-others = Where the cell asks for more than one to vouch, read these to the others: { $words }
join-next = You may close this; "lifeboat sync" later brings the log once they have vouched. Then write down a paper key, for the day when this computer is lost: lifeboat key paper
join-delivered = { $name } has your knock. A member will ask you for words: "lifeboat sync" shows them.
join-waiting = Nobody of { $name } could be reached yet. Your knock is kept.
join-waiting-next = It goes as soon as somebody is reached: lifeboat sync, or leave your node running.
join-card = this is the card of a cell, not an invite.
join-card-hint = ask a member for an invite, or follow the cell as a sibling: lifeboat follow CARD.
join-bad-hint = copy the whole of it, from lifeboat: to its last letter, or ask for another one.
join-expired = this invite is over.
join-expired-hint = ask for a new one.
join-no-handle = you have no home yet, and no handle was given for it.
join-no-handle-hint = add --as YOUR-HANDLE.
knocks-none = Nobody has knocked.
knock = { $handle } knocks. Their words: { $words }
knock-missing = nobody called { $handle } has knocked.
knock-missing-hint = see who has: lifeboat vouch. Their knock may still be on its way: lifeboat sync.
knock-twice = more than one who knocks is called { $handle }.
knock-twice-hint = give the words that yours reads to you (lifeboat vouch { $handle } --words …), or ask them to join again under another handle.
knock-unreadable = the knock cannot be read.
knock-unreadable-hint = ask them to join again with a new invite.
words-ask = Does { $handle } read you: { $words }? [y/N]
words-count = these are { $given } words, and { $needed } are compared here. Nothing was signed.
words-count-hint = who gave the invite compares three words, every other member seven; "lifeboat sync" shows both in the newcomer's home
words-differ = the words are not the same, so somebody else may be in between. Nothing was signed.
words-differ-hint = compare them once more, aloud, by a way on which you know each other's voice.
words-needed = a vouch needs the words that the newcomer has read to you.
words-needed-hint = give them: lifeboat vouch HANDLE --words WORD WORD WORD.
vouch-member-already = { $handle } is a member already.
vouch-member = { $handle } is a member, and may vote from { $from }.
vouch-more = { $handle } needs { $missing ->
    [one] 1 more vouch
   *[other] { $missing } more vouches
 } of other members.
leave-warning = what you signed stays in the log; to come back you need a new invite.
members-waiting = a newcomer (key { $mark }) needs { $missing ->
    [one] 1 more vouch
   *[other] { $missing } more vouches
 }
members-left = left or was removed on { $day }
members-new = may vote from { $from }
members-since = since { $day }
member-unknown = no member is called { $handle }.
member-unknown-hint = see who belongs to the cell: lifeboat members.
member-which = more than one is called so. Write one of: { $handles }
somebody = somebody-{ $mark }
stranger = a stranger

## The node

node-here = Your node is running here. Press Ctrl-C to end it.
node-started = Your node is running in the background.
node-running-already = Your node is running already.
node-running = Your node is running, connected to { $peers ->
    [one] 1 home
   *[other] { $peers } homes
 }.
node-not-running = No node is running in this home.
node-stopped = Your node has ended.
node-not-started = the node ended as soon as it was started.
node-not-started-hint = run it here to see more: lifeboat node.
node-silent = the node does not answer.
node-silent-hint = look at what it says in { $path }.

## Follow, sync, card

connect-done = Connecting to { $address }.
follow-done = Following { $name }. Its log is fetched and checked.
follow-next = Next: lifeboat sync, or leave your node running: lifeboat node --background.
follow-stopped = { $name } is followed no longer; what is on disk stays.
follow-none = This home follows no cell.
card-no-address = nobody can reach your node yet: it is not running, or knows no address of its own.
picture-too-long = the link is too long for a picture.
sync-done = { $name }: { $count ->
    [one] 1 entry
   *[other] { $count } entries
 }, { $new } new.
sync-alone = { $name }: nobody who has the log could be reached; { $count ->
    [one] 1 entry
   *[other] { $count } entries
 } here.
sync-keeper = { $name }: this home keeps the log, { $count ->
    [one] 1 entry
   *[other] { $count } entries
 }; no other home was reached now.
sync-admitted = You are a member of { $name } now.
sync-placed = { $count ->
    [one] 1 entry out of the outbox was
   *[other] { $count } entries out of the outbox were
 } placed.
sync-unreached = { $count ->
    [one] one cell
   *[other] { $count } cells
 } could not be reached.
sync-hint = check the network; a member's node must be running. By hand: lifeboat outbox save USB-STICK.

## Status

status-home = { $handle }, { $path }
status-entries = { $count ->
    [one] 1 entry
   *[other] { $count } entries
 }
status-newest = newest { $time }, head { $head }
status-homes = the whole log is on { $count ->
    [one] 1 home
   *[other] { $count } homes
 }
status-pending = { $count ->
    [one] 1 entry waits
   *[other] { $count } entries wait
 } to be placed
status-behind = { $count ->
    [one] 1 entry
   *[other] { $count } entries
 } not here yet: lifeboat sync
status-keeper-away = who keeps its log cannot be reached now
status-knocks = { $count ->
    [one] one newcomer knocks
   *[other] { $count } newcomers knock
 }: lifeboat vouch

## Signing

public-for-ever = Public for ever: "{ $sentence }".
ask-sign = Sign?
ask-sign-all = Sign all { $count }?
nothing-signed = nothing was signed.
would-be-void = "{ $sentence }" would have no effect. Nothing was signed.
would-be-void-hint = look at lifeboat status and lifeboat log; if others wrote meanwhile: lifeboat sync.
may-be-void = as far as this home knows, "{ $sentence }" would have no effect: { $reason }. The keeper cannot be reached to know better.
entry-unfit = this cannot be put into an entry.
fate-placed = { $number } placed; on { $homes ->
    [one] 1 home
   *[other] { $homes } homes
 }
fate-void = { $number } placed, without effect: { $reason }
fate-queued = In your outbox: "{ $said }".
fate-queued-next = It goes by itself when a home of the cell is reached, or: lifeboat outbox save USB-STICK
fate-refused = Not placed: { $reason }
fate-not-known = The disk failed, and it is not known whether it was placed. Make room, and look at lifeboat log before you say it again.
slip = Hand-over slip { $number }: who received it confirms with: lifeboat confirm { $typed }
fits = #{ $offer } fits #{ $need }: lifeboat meet { $need } --with { $offer }
fits-stock = There is { $held } in stock: lifeboat meet { $need } --stock
met-part = { $number }: { $met } of { $all } met; { $open } open
met-all = { $number }: all of { $all } met
meet-nothing = there is nothing left to meet it with.
meet-nothing-hint = see open needs and offers: lifeboat needs.
need-unknown = { $number } is no need that is open.
need-unknown-hint = see open needs: lifeboat needs.
offer-unknown = { $number } is no offer that is open.
offer-unknown-hint = see open offers: lifeboat offers.
slip-unknown = no open hand-over slip has the number { $number }.
slip-unknown-hint = it may have been confirmed already: lifeboat show NUMBER.
corrected-already = this entry was corrected already, by { $by }.
corrected-already-hint = correct that one: lifeboat correct { $by }.
correct-strike-post = a need or an offer is not struck out.
correct-strike-post-hint = take it back: lifeboat withdraw { $typed }
correct-private-left = the private text of the old entry stays with that one, and is not repeated: say it anew with --private and --readers, or erase it.
correct-not-yours = { $number } was written by { $who }, who alone can correct it.
correct-not-yours-hint = ask them to, or write what you know as an entry of your own.
correct-nothing = nothing is said that would change.
correct-nothing-hint = say it anew: lifeboat correct 12 5 kg rice, --note TEXT, or --strike when it never happened.
correct-text-absent = the text of this entry is not here, and the new version would lose it.
correct-text-absent-hint = fetch it with lifeboat sync, or say it anew: --note TEXT.
not-correctable = an entry of this sort is not corrected.
not-correctable-hint = say the new thing instead.

## Entries as sentences

said-newer = { $who }: an entry of kind { $kind }, from a newer version
said-founding = { $handle } founded { $name }
said-opening = term { $term } opens
said-charter = { $who } changes the charter: { $what }
said-vouch = { $who } vouches for { $handle }
said-vouch-again = { $who } vouches for a new key of { $handle }
said-leave = { $who } leaves the cell
said-removal = { $who }: { $handle } belongs to the cell no longer
said-key-added = { $who } adds the key { $mark }
said-key-ended = { $who } ends the key { $mark }
said-node = { $who } names the node { $mark }
said-node-ended = { $who } ends the node { $mark }
said-handle = { $who } goes by { $handle }
said-received = { $who }: { $what } in
said-given = { $who }: { $what } out
said-slip = { $who }: { $what } out with a hand-over slip
said-stock = { $who }: { $what } in stock when the records began
said-need = { $who } needs { $what } by { $by }
said-offer = { $who } offers { $what } until { $by }
said-meet-offer = { $who }: { $what } of need { $need } met with offer { $offer }
said-meet-stock = { $who }: { $what } of need { $need } met from stock
said-receipt = { $who } received { $amount } of { $number }
said-receipt-for = { $who } confirms that { $amount } of { $number } was received
said-withdraw = { $who } withdraws { $number }
said-correction = { $sentence } (corrects { $number })
handle-absent = somebody
entry-not-here = an earlier entry
more-until = until { $day }
more-place = at { $place }
more-category = for { $category }
more-day = on { $day }
more-paper = from paper

## Log and show

log-void = (no effect: { $reason })
log-corrected = (corrected by { $by })
sort-unknown = "{ $sort }" is not a sort of entry.
sort-unknown-hint = write one of: { $known }.
entry-missing = there is no entry { $number } here.
entry-missing-hint = see the newest ones: lifeboat log. If others wrote meanwhile: lifeboat sync.
entry-other = { $written } is not here; the entry at that place is { $is }.
entry-other-hint = the letters tell entries apart that stood at the same place; look it up: lifeboat log.
show-number = number
show-effect = effect
show-applied = it took effect
show-void = none: { $reason }
show-corrected = corrected by { $by }
show-author = signed by
show-signed = signed
show-placed = placed
show-term = { $time }, term { $term }
show-id = id
show-key = key
show-detail = text
show-photo = photo
show-photo-get = lifeboat photo get { $typed } FILE
show-detail-absent = not here (for other homes, or still to come): { $hash }
proof-written = The proof is in { $path }.

## Board

needs-none = Nothing is needed now.
offers-none = Nothing is offered now.
stock-none = Nothing is in stock.
balance-none = No money was written down yet.
balance-open = any purpose
balance-came = in { $amount }
balance-went = out { $amount }
balance-left = left { $amount }
balance-sum = together { $amount } { $currency }
post-part = { $open } of { $all }
post-by = by { $day }
fit-offer = { $number } fits
fit-stock = { $held } in stock

## Keys

key-over = ended
key-in-force = in force
key-until = until { $day }
key-all = may do everything
key-some = may do some things
key-here = the key of this home
key-node-new = This home's node has a new key. To the others it is another home from now on.
key-unknown = "{ $key }" is not the beginning of one key of yours.
key-unknown-hint = see them: lifeboat key list. Write at least four letters.

## Outbox

outbox-count = In your outbox: { $count ->
    [one] 1 entry.
   *[other] { $count } entries.
 }
outbox-empty = Your outbox is empty.
outbox-waiting = { $count ->
    [one] 1 entry waits
   *[other] { $count } entries wait
 }. They go by themselves, or: lifeboat outbox save USB-STICK
outbox-saved = { $count ->
    [one] 1 entry
   *[other] { $count } entries
 } saved in { $path }.
outbox-saved-next = In the home that keeps the log, or any other of the cell: lifeboat outbox load USB-STICK
outbox-loaded = { $placed } placed, { $queued } sent on, { $refused } refused.
outbox-no-such = there is no entry { $number } in your outbox.
outbox-no-such-hint = see them: lifeboat outbox.
outbox-drop-ask = "{ $sentence }" will not be offered again. It may be in the log all the same, if it was sent before. Take it out?
outbox-drop-kept = { $count ->
    [one] another home keeps it already and brings
   *[other] { $count } other homes keep it already and bring
} it to the keeper: it cannot be taken back.
outbox-drop-kept-hint = once it is placed, strike it out with lifeboat correct NUMBER --strike, and take back its text with lifeboat erase NUMBER
outbox-dropped = Taken out: "{ $sentence }".
step-waiting = waits
step-placed = #{ $number }, placed
step-replicated = #{ $number }, on another home too

## Audit, repair, export

audit-sound = { $records ->
    [one] 1 record
   *[other] { $records } records
 }, { $signatures ->
    [one] 1 signature
   *[other] { $signatures } signatures
 }, { $checkpoints ->
    [one] 1 checkpoint
   *[other] { $checkpoints } checkpoints
 }: nothing altered.
audit-counted = { $records } records, { $signatures } signatures and { $checkpoints } checkpoints were checked.
audit-altered = { $count ->
    [one] 1 thing is
   *[other] { $count } things are
 } not as they were signed.
audit-altered-hint = in your own home: lifeboat repair, then lifeboat sync fetches what is damaged from others. A copy: do not trust it.
audit-finding = { $file }: { $what }
audit-finding-at = #{ $number } in { $file }: { $what }
audit-no-log = there is no log in { $path }.
audit-no-log-hint = name the folder with the log: that of a home is HOME/log; exported ones have a file called checkpoint.
audit-failed = { $path } cannot be audited.
repair-done = { $name }: { $count ->
    [one] 1 record
   *[other] { $count } records
 } in the log.
export-exists = { $path } exists already and is not empty; nothing was written.
export-exists-hint = name a folder that does not exist yet.
export-done = { $count ->
    [one] 1 record
   *[other] { $count } records
 } written to { $path }.

## Batch, completions, man

batch-empty = There is nothing to sign in this file.
batch-dry = { $count ->
    [one] 1 entry
   *[other] { $count } entries
 } would be signed; nothing was.
batch-done = { $placed } of { $count } placed.
batch-fault = line { $line }: { $message }
batch-faults = { $count ->
    [one] 1 line
   *[other] { $count } lines
 } cannot be read. Nothing was signed.
batch-faults-hint = mend them and run it again.
batch-quote = a quote is not closed.
batch-other-command = only commands that sign one entry can stand in a batch, such as in, out, need, offer, meet, confirm, correct, withdraw, propose and vote.
batch-too-long = this is more than one batch can hold.
batch-too-long-hint = split it: at most 5,000 entries and 4 MB.
man-done = { $pages } pages in { $folder }.

## Demo

demo-found = Two cells begin, each with a node of its own on this computer
demo-founded = { $who } founds { $cell }; its node is process { $process }
demo-join = Neighbours join Oak Street
demo-joined = { $who } read the words "{ $words }"; #{ $number }: { $who } is a member
demo-follow = The cells follow each other as siblings
demo-follows = { $who } keeps a checked copy of { $cell }
demo-week-heading = A week on Oak Street: { $count } entries, signed by who says them
demo-killed = The node of { $who } is killed, with { $count } entries on its disk
demo-restarted = The node of { $who } is started again, and fetched the { $missed } entries it had missed: { $count } now
demo-agree = Every home holds the same log
demo-holds = { $who }: { $cell }, { $count ->
    [one] 1 entry
   *[other] { $count } entries
 }, head { $head }
demo-people = What wren sees of Oak Street
demo-balance = { $count ->
    [one] 1 pool of money
   *[other] { $count } pools of money
 }
demo-stock = { $count ->
    [one] 1 thing
   *[other] { $count } things
 } in stock
demo-needs = { $count ->
    [one] 1 open need
   *[other] { $count } open needs
 }
demo-audit = Both logs are audited, from the data alone
demo-tampered = Somebody changes one bit of #{ $number } in a copy
demo-caught = the audit finds it at #{ $number }: { $what }
demo-missed = the audit did not find the change of #{ $number }.
demo-done = All as it should be: { $count } entries, { $seconds } seconds.
demo-log = The log: { $path }
demo-verify = Check it with another program: python3 examples/verify/verify.py { $path }
demo-week = the week cannot be read: its columns are those of examples/week.csv.
demo-command-failed = in the home of { $who }, "lifeboat { $words }" failed.
demo-no-node = the node of { $who } does not run.
demo-batch = what { $who } said on { $day } was not placed.
demo-behind = the home of { $who } does not have what the keeper has.
demo-no-answer = an answer has no { $name }.

## Refusals of the keeper and the home, by their names

refused-busy = the keeper has too much to do just now; the entry stays in your outbox and is offered again.

## Examples below the help texts

example-lifeboat =
    Begin here:
      lifeboat init --as heron
      lifeboat found "Oak Street" --money EUR --zone Europe/Madrid
      lifeboat node --background
      lifeboat invite

    See it all at work first: lifeboat demo
    Help with one command:    lifeboat help in
example-init =
    Example:
      lifeboat init --as heron
example-found =
    Example:
      lifeboat found "Oak Street" --money EUR --zone Europe/Madrid --place kitchen --place store
example-invite =
    Example:
      lifeboat invite --days 3
example-join =
    Example:
      lifeboat join lifeboat:oak-street/... --as wren
example-vouch =
    Examples:
      lifeboat vouch              who has knocked
      lifeboat vouch wren         asks whether you heard wren's words
example-node =
    Examples:
      lifeboat node --background
      lifeboat node status
      lifeboat node stop
example-in =
    Examples:
      lifeboat in 40 EUR --from "street collection"
      lifeboat in 20 kg rice --place kitchen --on friday
      lifeboat in 12 tents --stock
example-out =
    Examples:
      lifeboat out 5 EUR --for "bus fares"
      lifeboat out 10 kg rice --slip
example-need =
    Example:
      lifeboat need 20 kg rice --place kitchen --by friday
example-offer =
    Example:
      lifeboat offer 12 kg rice --by "in 5 days"
example-meet =
    Examples:
      lifeboat meet 3 --with 4
      lifeboat meet 3 --stock --amount 8
example-confirm =
    Example:
      lifeboat confirm 12-k3
example-correct =
    Examples:
      lifeboat correct 7 45 EUR
      lifeboat correct 7 --note "street collection in May"
      lifeboat correct 7 --strike
example-withdraw =
    Example:
      lifeboat withdraw 3 --note "no longer needed"
example-leave =
    Example:
      lifeboat leave
example-status =
    Example:
      lifeboat status
example-log =
    Examples:
      lifeboat log
      lifeboat log --last 5 --by wren
      lifeboat log --all --kind in,out --json
example-show =
    Examples:
      lifeboat show 5
      lifeboat show 5 --proof entry-5.tlog-proof
example-members =
    Example:
      lifeboat members
example-needs =
    Example:
      lifeboat needs
example-offers =
    Example:
      lifeboat offers
example-stock =
    Example:
      lifeboat stock
example-balance =
    Example:
      lifeboat balance
example-follow =
    Examples:
      lifeboat follow lifeboat:elm-square/...
      lifeboat follow               what is followed
      lifeboat follow --stop elm-square
example-card =
    Example:
      lifeboat card --qr
example-sync =
    Example:
      lifeboat sync
example-outbox =
    Examples:
      lifeboat outbox
      lifeboat outbox save /media/stick
      lifeboat outbox load /media/stick
example-audit =
    Examples:
      lifeboat audit                 the logs of your home
      lifeboat audit copy-of-a-log   any log folder
example-repair =
    Example:
      lifeboat repair
example-export =
    Example:
      lifeboat export public-log
example-batch =
    Examples:
      lifeboat batch today.txt
      lifeboat batch today.txt --dry-run

    A line of the file: in 40 EUR --from "street collection"
example-key =
    Examples:
      lifeboat key list
      lifeboat key add /media/phone --until "in 90 days" --sign-only
      lifeboat key end 3f9a21c0
example-agent =
    Examples:
      lifeboat agent start --hours 8
      lifeboat agent stop
example-demo =
    Example:
      lifeboat demo
example-completions =
    Example:
      lifeboat completions bash > ~/.local/share/bash-completion/completions/lifeboat
example-man =
    Example:
      lifeboat man ~/.local/share/man/man1

## Import

example-import =
    Examples:
      lifeboat import csv donations.csv --dry-run    see what would be signed
      lifeboat import csv donations.csv              sign it, after one question
      lifeboat import csv stock.csv --map stock.toml say yourself which column is which
import-own-mapping = your own mapping says
import-read = Read as { $preset }. Rows: { $rows }. Entries: { $entries }.
import-dropped = Dropped, because they hold names or addresses of persons: { $headings }
import-left-out = Left out: { $headings }
import-notes = Becomes the note of each entry, which everyone can read: { $headings }  (--no-notes leaves it out)
import-notes-named = { $count ->
    [one] 1 note is left out, because it names somebody who stands in a dropped column.
   *[other] { $count } notes are left out, because they name somebody who stands in a dropped column.
 }
import-silent = { $count ->
    [one] 1 row says that nothing moved.
   *[other] { $count } rows say that nothing moved.
 }
import-not-taken = { $count ->
    [one] 1 row has not happened yet by its status, and is not taken.
   *[other] { $count } rows have not happened yet by their status, and are not taken.
 }
import-places = Not listed in the charter, so they stand in the note: { $names }
import-at-line = line { $line }: { $what }
import-at-cell = line { $line }, { $column }: { $what }
import-more = … and { $count } more.
import-ragged = it has { $found } cells, and the table has { $expected } columns.
import-not-a-number = "{ $cell }" is not a number by the decimal sign of this file.
import-too-fine = "{ $cell }" has more than six decimals.
import-too-large = "{ $cell }" is larger than a log can hold.
import-other-currency = "{ $cell }" names another currency than the row.
import-negative = "{ $cell }" is below zero.
import-not-a-day = "{ $cell }" is not a date.
import-short-year = "{ $cell }" has a year of two digits. Write it in full.
import-no-such-day = "{ $cell }" is not in the calendar.
import-other-order = "{ $cell }" is not written as the dates of this file are. --dates iso, mdy or dmy says how they are.
import-day-to-come = "{ $cell }" is still to come.
import-no-thing = it says how much, and not of what.
import-two-things = it names both a thing and a currency.
import-long-name = "{ $cell }" is too long for the name of a thing. Give it a shorter one under [rename] in a mapping.
import-bad-unit = "{ $cell }" is not a unit: one short word, such as kg or box.
import-bad-currency = "{ $cell }" is not the code of a currency, such as EUR.
import-no-direction = "{ $cell }" does not say whether it came in or went out.
import-other-sum = the row says { $says }, and its things add up to { $adds_up_to }.
import-long-note = the note is too long. Shorten it, or leave notes out with --no-notes.
import-skipped = { $count ->
    [one] 1 bad row is skipped.
   *[other] { $count } bad rows are skipped.
 }
import-bad-rows = { $count ->
    [one] 1 row cannot be imported; nothing was signed.
   *[other] { $count } rows cannot be imported; nothing was signed.
 }
import-bad-rows-hint = mend the file, or take the good rows with --skip-bad-rows.
import-too-large-file = this file is larger than 32 megabytes.
import-split-hint = split the file into several, by month for example.
import-bad-mapping = { $path } is not a mapping.
import-no-preset = there is no preset called { $name }.
import-presets = the presets are { $names }.
import-unknown = these headings are not known: { $headings }
import-unknown-hint = say whose they are with --preset ({ $names }), or which column is which with --map FILE.
import-loans = this is a table of loans, and loans cannot be imported yet: a log cannot say yet what was lent and must come back.
import-loans-hint = keep the file; import the stock itself as a table of things and quantities.
import-fixed-day = "{ $day }" under [fixed] in the mapping is not a day. Write it as 2026-12-07.
import-too-many = this makes more than { $most } entries.
import-not-text = line { $line } is not text in UTF-8.
import-not-text-hint = save it again as "CSV UTF-8" (in a spreadsheet: Save as, then the encoding).
import-empty = there is nothing in this file.
import-too-many-rows = this file has more than { $most } rows.
import-too-many-columns = this file has more than { $most } columns.
import-missing = no column has this heading: { $headings }
import-twice = two columns have the heading { $heading }.
import-personal = the mapping would put the column { $heading } into the log, which holds names or addresses of persons.
import-no-amount = the mapping does not say which column has the amounts.
import-no-item = the mapping does not say which column has the things, or which currency it is.
import-no-direction-column = the mapping says that a column tells the direction, and not which one.
import-mapping-hint = docs/practices/import.md shows what a mapping can say.
import-doubt-date = line { $line }: "{ $cell }" could be two different days, and no other date in the file tells which.
import-mixed-dates = some dates of this file have the day first, and some the month.
import-dates-hint = say how the dates are written: --dates mdy for month/day/year, --dates dmy for day/month/year.
import-doubt-number = line { $line }: "{ $cell }" could be two different numbers, and no other number in the file tells which.
import-mixed-numbers = some numbers of this file have a decimal point, and some a decimal comma.
import-decimal-hint = say which it is: --decimal point for 1280.8, --decimal comma for 1280,8.
import-known = { $count ->
    [one] 1 of these entries stands in the log already: { $first }.
   *[other] { $count } of these entries stand in the log already, from { $first } to { $last }.
 }
import-known-waiting = { $count ->
    [one] 1 of these entries is in your outbox already.
   *[other] { $count } of these entries are in your outbox already.
 }
import-known-hint = this file was imported before, and nothing was signed. If it all happened a second time, add --again.
import-known-some-hint = nothing was signed. --only-new signs the other { $count }; --again signs all of them, for what happened a second time.
import-word-opening = opening
import-word-in = in
import-word-out = out
import-line = line { $line }
import-sum = sum
import-sum-too-large = the sum of { $thing } is larger than a log can hold.
import-dry = { $count ->
    [one] This would sign 1 entry. Nothing was signed.
   *[other] This would sign { $count } entries. Nothing was signed.
 }
import-sign = { $count ->
    [one] This will be public for ever. Sign it?
   *[other] These { $count } entries will be public for ever. Sign them?
 }
import-placed = { $count ->
    [one] { $first } placed.
   *[other] { $count } entries placed, { $first } to { $last }.
 }
import-unfit = line { $line } cannot be made into an entry.
