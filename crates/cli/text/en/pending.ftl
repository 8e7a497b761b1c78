# Entries that wait to be placed.

fate-handed = Kept by { $homes ->
    [one] 1 other home, which brings
   *[other] { $homes } other homes, which bring
 } it to the keeper too.
step-handed = not placed yet; kept by { $homes ->
    [one] 1 other home
   *[other] { $homes } other homes
 } too
step-handed-refused = not placed: { $reason } Kept by { $homes ->
    [one] 1 other home
   *[other] { $homes } other homes
 } too.
status-overdue = Overdue: { $count ->
    [one] 1 entry has
   *[other] { $count } entries have
 } waited longer than the charter gives the keeper.
overdue-hint = Ask whoever runs the keeper's node why. All homes of the cell have these entries and can see it.
