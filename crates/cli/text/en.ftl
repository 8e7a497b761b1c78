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
nobody-answers-hint = add --yes to say yes beforehand, as scripts do.
passphrase-nobody = a passphrase is needed, and there is no terminal to ask at.
passphrase-nobody-hint = put it in a file that only you can read, and add --passphrase-file FILE.
file-missing = { $path } does not exist.
file-forbidden = { $path } may not be read or written by you.
file-failed = { $path } could not be read or written.
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
quantity-no-thing = "{ $written }" of what? Write for example: 20 kg rice, 40 EUR, 3 tents.
day-unknown = "{ $written }" is not a day. Write today, tomorrow, friday, in 3 days, or 2026-12-07.
day-ambiguous = "{ $written }" could be two different days. Write the year first, as in 2026-12-07.
reference-unknown = "{ $written }" is not the number of an entry. Write it as in the log: 5, #5 or #5-k3.
handle-unfit = "{ $written }" cannot be a handle: it begins with a letter and has letters, digits, - and _, at most { $most } characters.

## Outbox

outbox-count = In your outbox: { $count ->
    [one] 1 entry.
   *[other] { $count } entries.
 }
