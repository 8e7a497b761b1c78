## Participatory budgets

example-budget =
    Examples:
      lifeboat budget tally city.pb                          count it by equal shares
      lifeboat budget tally city.pb --completion add1-greedy    and use what they leave over
      lifeboat budget tally city.pb --rule greedy --json     as a program reads it
tally-bad-file = { $path } is no election that can be counted.
tally-bad-file-hint = a Pabulib file has the parts META, PROJECTS and VOTES; see docs/practices/budgets.md.
tally-unfit = this election cannot be counted in that way.
tally-unfit-hint = see lifeboat budget tally --help for the other ways.
tally-miscount = the file says { $what } { $says }, and has { $has }: a part of it may be missing.
tally-ordinal = the ballots are rankings, which these rules do not read: each ranked project counts as wanted.
tally-line = { $id }, { $cost }: { $why }
tally-line-titled = { $id } "{ $title }", { $cost }: { $why }
tally-sum = { $ballots ->
    [one] 1 ballot
   *[other] { $ballots } ballots
}; { $funded } of { $count } projects funded; { $spent } of { $budget } spent, { $left } left.
tally-added = Every share grew by { $added } (Add1).
tally-official = The file names the same projects as funded.
tally-not-official = The file names other projects as funded: another rule, or other conditions.
tally-bought = funded: { $payers ->
    [one] 1 supporter paid { $price }
   *[other] { $payers } supporters paid { $price } each
}
tally-bought-short = funded: { $payers ->
    [one] 1 supporter paid { $price }
   *[other] { $payers } supporters paid { $price } each
}, and { $short ->
    [one] 1 who had less left paid that, { $paid }
   *[other] { $short } who had less left paid that, { $paid } together
}
tally-bought-points = funded: { $payers ->
    [one] 1 supporter paid { $price } for each point
   *[other] { $payers } supporters paid { $price } for each point
}
tally-bought-points-short = funded: { $payers ->
    [one] 1 supporter paid { $price } for each point
   *[other] { $payers } supporters paid { $price } for each point
}, and { $short ->
    [one] 1 who had less left paid that, { $paid }
   *[other] { $short } who had less left paid that, { $paid } together
}
tally-free = funded: it costs nothing
tally-fits = funded: { $ballots ->
    [one] 1 ballot names it
   *[other] { $ballots } ballots name it
}, and it fits into the { $left } left
tally-fits-unwanted = funded: no ballot names it, but it fits into the { $left } left, and this rule uses what fits
tally-short = not funded: { $supporters ->
    [one] its 1 supporter has { $together } left
   *[other] its { $supporters } supporters have { $together } left together
}, and it costs { $cost }
tally-no-fit = not funded: { $ballots ->
    [one] 1 ballot names it
   *[other] { $ballots } ballots name it
}, but { $left } was left when its turn came, and it costs { $cost }
tally-no-support = not funded: nobody supports it

# What entries of a cell's rounds say.
budget-untitled = without a title
said-round = { $who } opens the round "{ $title }" with { $money }: proposals until { $propose }, vote from { $opens } to { $closes }
said-round-withdrawn = { $who } takes the round { $number } back
said-proposed = { $who } proposes "{ $title }" for { $cost } { $code } of { $category } in { $number }
said-proposal-withdrawn = { $who } takes the proposal { $number } back
said-feasible = { $who } finds { $number } feasible
said-infeasible = { $who } finds { $number } not feasible
said-remark = { $who } on { $number }: { $text }
said-ballot = { $who } votes in { $number } for { $marks }
said-ballot-empty = { $who } hands in an empty ballot in { $number }
said-spent = { $who }: { $amount } { $code } spent of the grant { $grant }
said-reviewed = { $who } looked at { $number }: in order
said-questioned = { $who } looked at { $number }: NOT in order
said-granted = { $who }: "{ $title }" is granted { $amount } { $code } of { $category }, to be spent by { $until }
