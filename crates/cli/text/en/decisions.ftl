# Deciding together.

method-consent = consent
method-consensus = consensus
method-consensus-minus = consensus minus { $k }
method-majority = more than half
method-majority-of = at least { $percent } in a hundred
method-two-thirds = two thirds or more
method-approval = approval
method-score = points from 0 to { $most }
method-ranked = ranking
method-seats = { $seats } seats, in proportion

verdict-carried = carried: { $counts }
verdict-not-carried = not carried: { $counts }
verdict-no-quorum = no quorum, { $cast } of { $all } cast: { $counts }
verdict-chosen = { $what } chosen: { $counts }
verdict-drawn = drawn from a tie of { $what }
verdict-tied = a tie of { $what }: { $counts }
turnout = { $cast } of { $all } cast
turnout-proxy = { $count } of them by proxy
turnout-abstained = { $count } abstained
turnout-unopened = { $count ->
    [one] 1 hidden ballot not opened
   *[other] { $count } hidden ballots not opened
}
count-for = { $count } for
count-against = { $count } against
count-block = { $count ->
    [one] 1 objects
   *[other] { $count } object
}
count-aside = { $count ->
    [one] 1 stands aside
   *[other] { $count } stand aside
}
count-abstain = { $count ->
    [one] 1 abstains
   *[other] { $count } abstain
}
count-order = { $order }
certainty-unwitnessed = final, unwitnessed
certainty-provisional = provisional until witnesses confirm it
certainty-final = final
enacted-done = in force
enacted-void = without effect: { $reason }

ballot-for = yes
ballot-abstain = abstain
ballot-aside = aside
ballot-against = no
ballot-block = object
ballot-none = none of them

said-propose = { $who } proposes { $what }
said-amend = { $who } amends { $number }, and the vote starts afresh: { $what }
said-withdraw-proposal = { $who } withdraws the proposal { $number }
said-vote = { $who } votes on { $number }: { $ballot }
said-commit = { $who } casts a hidden ballot on { $number }
said-open = { $who } opens the hidden ballot on { $number }: { $ballot }
said-proxy = { $who } lets { $to } vote whenever { $who } does not
said-proxy-only = { $who } lets { $to } vote on { $number } if { $who } does not
said-proxy-recalled = { $who } lets nobody else vote any more
said-proxy-recalled-only = { $who } lets nobody else vote on { $number }
said-task = { $who } notes a task from { $number }: { $owner } does it by { $due }, { $what }
said-task-done = { $who }: the task { $number } is done
said-task-dropped = { $who }: the task { $number } is dropped
said-review = { $who } writes how { $number } went: { $how }
said-meeting = { $who } records a meeting on { $day }: { $facilitator } facilitated, { $count } present

terms = “{ $question }” ({ $more })
terms-circle = a circle of { $count } decides
terms-present = the { $count } present decide
terms-closes = until { $time }
terms-quorum = { $percent } in a hundred must cast
terms-hidden = hidden, opened until { $time }
terms-carries = in force by itself when carried: { $what }
the-cell = the cell
terms-newer = a statement of kind { $kind }, from a newer version

stage-waiting = opens { $time }
stage-open = open until { $time }; { $cast } of { $all } cast so far
stage-opening = closed; hidden ballots are opened until { $time }
stage-withdrawn = withdrawn by { $number }

setting-newer = setting { $number }, from a newer version
setting-range = { $name } is a whole number from { $from } to { $to }, and not { $value }
setting-unfit = This is no value for that setting: { $value }
setting-same = This changes nothing: the charter says so already.
setting-unknown = The charter has no setting like { $word }
setting-unknown-hint = write name=value, one of: { $known }

span-unknown = This is no span of time: { $written }. Write a number and a unit, such as 3 days, 2h or 30 minutes; what recurs: week, 2 weeks, 3 months.
list-too-long = That list has more members than a vote can name.
decision-unknown = { $number } is no proposal.
decision-unknown-hint = lifeboat decisions shows them with their numbers
method-unknown = There is no method { $name }.
method-unknown-hint = use consent, consensus, consensus-minus-1, majority, two-thirds, three-quarters or 60%; among options approval, score, ranked or seats-3
vote-unknown = This is no vote on that question: { $said }
vote-hint-consent = say yes, aside, abstain or object
vote-hint-majority = say yes, no or abstain
vote-hint-approval = name the options that you approve, by number or name, or none
vote-hint-score = give options points from 0 to { $most }: 1:5 2:3
vote-hint-ranked = name the options from first to last: 2 1=3
vote-open-later = Your vote is hidden until the close. Then say the same again to open it; only opened votes count.
decisions-none = No decisions yet: lifeboat propose
decision-line = { $number }  { $question }
       { $standing }
vote-object-why = an objection needs its reason: it stops what others want.
vote-object-why-hint = say it with lifeboat vote { $number } object --because "…"
decision-review = { "       " }to review: how did it go? lifeboat review { $number }
question-absent = (the question is not here)
show-standing = result
show-so-far = so far
show-turnout = took part
show-versions = versions
show-task = task
show-reviewed = how it went
task-open = { $number } { $owner }, by { $due }
task-done = { $number } { $owner }, done ({ $by })
task-dropped = { $number } { $owner }, dropped ({ $by })
charter-by-decision = The charter changes only by a decision, now that the cell has more than one member.
status-to-open = Your hidden vote on { $number } is lost unless you open it until { $until }: lifeboat vote { $number }, and say the same again
carries-own-option-hint = what is said of the proposal itself, such as --for, has to stand before the --
carries-other-command = A decision carries what one command signs, and this one signs nothing, or more than one entry.
carries-other-command-hint = lifeboat propose "Shall we have a facilitator?" -- role set facilitator --every week
carries-no-photo = A decision carries no photo: leave it out, and add it to the entry that follows from the decision.
would-not-be-in-force = What it carries could not take effect as things stand. Nothing was signed.
by-decision-hint = { $command }
by-decision-question = Shall we do this?
terms-carries-options = What takes effect by itself is carried or not: leave out the options, and take a method of yes or no.
terms-carries-circle = What takes effect by itself is decided by all members: leave out --circle and --present.
terms-no-options = This method chooses among options: name some with --option, or take consent, consensus or a majority.
terms-yes-or-no = This method says yes or no: leave out the options, or take approval, score, ranked or seats-3.
terms-options-count = There must be 2 options or more to choose among, and no more than { $most }.
terms-no-seats = A vote fills one seat or more: seats-1, seats-3.
terms-seats = There are more seats than options.
terms-closes-first = The vote would close before it opens: look at --until and --opens-in.
terms-no-opening = A hidden vote needs some time after the close to be opened: --hidden "1 day".
terms-draw-open = A tie is drawn from hidden votes alone: add --hidden "1 day".
terms-draw-seats = Seats are filled one after another, and ties among them go to the option listed first.
charter-by-decision-hint = lifeboat propose "why" --charter { $changes }

example-propose =
    Examples:
      lifeboat propose "Newcomers wait two weeks before they vote" --charter waiting-days=14
      lifeboat propose "Shall we have a facilitator?" -- role set facilitator --every week
      lifeboat propose "Shall the address go?" --for "2 days" -- erase 5
      lifeboat propose "Where do we meet?" --option hall --option kitchen --method ranked
      lifeboat propose "We open on Sundays" --method consent --for "5 days" --review "in 30 days"
example-vote =
    Examples:
      lifeboat vote 5 yes
      lifeboat vote 5 object --because "nobody can open the hall on Sundays"
      lifeboat vote 6 kitchen hall
example-decisions =
    Example:
      lifeboat decisions --open
example-charter =
    Examples:
      lifeboat charter
      lifeboat charter waiting-days=3 voting-hours=48

task-unknown = { $number } is no task.
task-unknown-hint = lifeboat task shows them with their numbers
task-line = { $task }: { $what } (from { $decision })
tasks-none = No open tasks.
proxy-bound = Your own vote always counts first. One person votes for at most { $most } others; a proxy's own proxy does not.
proxy-line = { $to } votes for { $from }
proxy-line-only = { $to } votes for { $from } on { $number }
proxy-gone = { "  " }{ $to } is no member any more, so nobody votes for { $from }.
proxies-none = Nobody votes for anybody else.
status-out = YOU ARE NO MEMBER ANY MORE: you left or were removed { $time }. This home follows the log like any other's.
status-proxy-gone = Who was to vote for you is no member any more: nobody does.
status-proxy-gone-hint = name somebody else by lifeboat proxy HANDLE, or take it back by lifeboat proxy --recall.
minutes-title = # { $cell }, minutes of { $days }
minutes-meeting = { "" }
    ## Meeting { $number }, { $begins } to { $ends }
    { "" }
minutes-facilitated = - facilitated: { $who }
minutes-present = - present ({ $count }): { $names }
minutes-note = - about: { $note }
minutes-decided = { "" }
    ## Decided
    { "" }
minutes-open = { "" }
    ## Being voted on
    { "" }
minutes-decision = - **{ $number } { $question }** ({ $method })
minutes-standing = { "  " }- { $standing }
minutes-tasks = { "" }
    ## Tasks
    { "" }
minutes-task = - { $task }: { $what }
minutes-item = - { $item }
minutes-reviews = { "" }
    ## How it went
    { "" }
minutes-polls = { "" }
    ## Secret polls
    { "" }
minutes-rounds = { "" }
    ## Rounds of the budget
    { "" }
minutes-grants = { "" }
    ## Granted
    { "" }
minutes-now = has it now: { $people }
minutes-drawn = { "" }
    ## Drawn
    { "" }
minutes-draw = - **{ $number } { $what }**: { $people }
minutes-roles = { "" }
    ## Roles
    { "" }
minutes-role = - { $role }: { $people } (by draw { $number })
minutes-none = Nothing was decided, and no meeting recorded.

example-proxy =
    Examples:
      lifeboat proxy finch
      lifeboat proxy finch --only 5
      lifeboat proxy --recall
example-task =
    Examples:
      lifeboat task add 5 wren "put up a notice at the door" --by friday
      lifeboat task done 9
example-review =
    Example:
      lifeboat review 5 "Twelve came on Sundays, three on Saturdays" --again "in 60 days"
example-meeting =
    Example:
      lifeboat meeting "rent, and the garden" --facilitator wren --present wren,finch,robin
example-minutes =
    Examples:
      lifeboat minutes
      lifeboat minutes 2026-11-20 --to today
