### Texts beside the records: private ones, those that end, and those that are erased.

erased-member = (erased) { $mark }
text-erased = (text erased)
text-not-here = (its text is not here yet)
said-erase = { $who } erases the texts of { $number }
more-private = with a private text
more-text-until = texts kept until { $day }

erase-promise = Every honest home drops these texts when it learns of this, and takes them from nobody again. The entry itself stays, and the log still verifies. Whoever copied a text before keeps the copy: nobody can promise more.
erase-nothing = { $number } has no text or photo beside it, so there is nothing to erase.
erase-nothing-hint = the numbers and dates of an entry stay for ever; what was wrong is corrected: lifeboat correct NUMBER.
erase-by-number = a decision erases the texts of one entry: name it by its number.
erase-no-handle = none of your handles is left to erase.
erase-handle-of-other = a handle of yours stands in { $number } too. It was written there by { $who }, who alone can erase it: lifeboat erase { $typed }
erase-version = { $other } is another version of { $number } and says it too. A decision erases the texts of one entry: propose this also: erase { $typed }
erase-done-before = the texts of { $number } are erased already.

private-who = { $count ->
    [0] The private text can be read by you alone. The cell's own homes keep it without being able to read it; that you wrote one is public.
   *[other] The private text can be read by you and by: { $readers }. The cell's own homes keep it without being able to read it; that you wrote one is public.
 }
private-no-home = no home of { $reader } is named in the log, so none of theirs gets private texts yet. There they type: lifeboat key node.

show-detail-erased = erased by { $by }
show-detail-over = dropped: its last day is over
show-private = private
show-private-closed = not for this home's key

audit-details = { $name }: texts beside the records: { $held } held, { $missing } missing, { $erased } erased.
audit-sealed = { $name }: private texts: { $held } held, { $missing } missing, { $erased } erased.

example-erase =
    Examples:
      lifeboat erase 5
      lifeboat erase --handle
      lifeboat propose "Shall the address in #7 go?" -- erase 7
