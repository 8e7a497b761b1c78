## Participatory budgets

example-budget =
    Examples:
      lifeboat budget                                        the pools, the rounds, what waits for review
      lifeboat budget open "Spring" --money survival=300 --completion add1
      lifeboat budget propose 12 "water filter" --cost 120
      lifeboat budget vote 12 13 15                          in round #12 for the proposals #13 and #15
      lifeboat propose "Fares?" -- budget grant "bus fares" 60 --category survival --until 2030-06-30
      lifeboat budget spend 13 95.50 --for "filter and hose"
      lifeboat budget tally city.pb                          count any city's election by equal shares
      lifeboat budget tally city.pb --completion add1-greedy    and use what they leave over
      lifeboat budget tally city.pb --rule greedy --json     as a program reads it
tally-bad-file = { $path } is no election that can be counted.
tally-bad-file-hint = a Pabulib file has the parts META, PROJECTS and VOTES; see docs/practices/budgets.md.
tally-unfit = this election cannot be counted in that way.
tally-unfit-hint = see lifeboat budget tally --help for the other ways.
tally-completion-of-file = The file says that it was counted by { $rule }: what is left over is used by { $name }. Another way: --completion none
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

# The rounds of a cell.
budget-untitled = without a title
budget-too-many = that is more than one round or ballot can hold.
budget-money-unclear = "{ $written }" is not clear. Write the category and the amount, as in survival=300.
budget-no-amount = "{ $written }" is no amount.
budget-phases-unclear = "{ $written }" is not clear. Write five spans, as in 14d,7d,7d,7d,180d.
budget-which-category = the round has money for several categories, and none was named.
budget-which-category-hint = add --category NAME.
budget-which-currency = say in which currency, with --currency CODE.
budget-no-round = no round has the number { $number }.
budget-no-round-hint = see the rounds with lifeboat budget show.
budget-no-expense = no expenditure of a grant has the number { $number }.
budget-no-expense-hint = see what waits for review with lifeboat budget review.
budget-corrected-since = { $number } was corrected since, and nobody has looked at what stands now.
budget-vote-not-open = the vote of this round opens at { $opens }.
budget-mark-unclear = "{ $written }" is not clear. Write the number of a proposal, or number=points.
budget-not-listed = { $written } is not among the proposals that are voted on.
budget-not-listed-hint = see them with lifeboat budget show { $round }.
budget-no-rounds = no round of the budget yet. Open one with lifeboat budget open.
budget-no-grants = no grants.
budget-all-reviewed = every expenditure has been reviewed.
budget-unreviewed = { $count ->
    [one] 1 expenditure waits
   *[other] { $count } expenditures wait
} for somebody to look at: lifeboat budget review
budget-exported = { $count ->
    [one] 1 ballot
   *[other] { $count } ballots
} written to { $path }.
budget-round = { $number } "{ $title }": { $phase }
budget-phase-propose = proposals until { $end }
budget-phase-check = proposals are checked until { $end }
budget-phase-discuss = proposals are discussed; the vote opens { $end }
budget-phase-vote = vote until { $end }
budget-phase-spend = decided; grants are spent until { $end }
budget-phase-over = over since { $end }
budget-turnout = { $cast } of { $voters } have voted
budget-money = { $category }: { $amount } { $code }
budget-proposal = { "  " }{ $number } { $title }, { $cost }: { $why }
budget-by = by { $by }
budget-infeasible = by { $by }; found not feasible
budget-not-on-paper = not funded: it was found not feasible, and was not voted on
budget-grant = { $number } { $title }: { $left } of { $amount } { $code } left, until { $until }
budget-grant-ended = { $number } { $title }: ended { $until }; { $left } of { $amount } { $code } returned to the pool
budget-points-each = ballots of this round give points, up to { $most } for a proposal: say how many, as in { $written }=1. Nothing was signed.
budget-points-share = ballots of this round share out { $points } points: say how many for each, as in { $written }=1. Nothing was signed.
budget-points-range = a ballot gives from 1 to { $most } points.
budget-expense = { "  " }{ $number } { $amount } { $code } by { $by }, { $state }: { $what }
budget-reviewed = reviewed
budget-questioned = QUESTIONED
budget-not-reviewed = NOT REVIEWED
budget-left = { $left } { $code } of the grant { $number } left.
budget-no-category = no category
budget-column-pool = pool
budget-column-came = came in
budget-column-went = went out
budget-column-rounds = in rounds
budget-column-granted = granted
budget-column-free = free
budget-traced = { $pool }: { $amount } { $code } from { $receipt } { $from } to { $expense } { $to }
budget-traced-there = { $pool }: { $amount } { $code } from { $receipt } { $from } is still there
budget-traced-short = { $pool }: { $amount } { $code } for { $expense } { $to } came from the other pools
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
