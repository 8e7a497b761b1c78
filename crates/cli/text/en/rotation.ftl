## Entries of rotation, as everyone reads them

said-role = { $who } sets the role { $role }: { $seats ->
        [one] one person
       *[other] { $seats } persons
    }, { $every }, from { $day }
said-role-ended = { $who } gives up the role { $role }
said-meetings = { $who } sets the meeting { $name }: { $every } from { $day }, at { $time }
said-meeting-ended = { $who } takes the meeting { $name } off the schedule
said-trained = { $who } says that { $handle } has the training { $training }
said-untrained = { $who } says that { $handle } has the training { $training } no longer
said-draw = { $who } calls a draw: { $what }, among { $count ->
        [one] one member
       *[other] { $count } members
    }
said-draw-hat = { $who } calls a draw from a hat: { $what }, among { $count ->
        [one] one member
       *[other] { $count } members
    }
said-draw-beacon = { $who } calls a draw: { $what }, among { $count ->
        [one] one member
       *[other] { $count } members
    }, with a beacon of drand
said-draw-other = { $who } calls a draw: { $what }, among { $count ->
        [one] one member
       *[other] { $count } members
    }, with a beacon of a network that this program does not know
said-committed = { $who } commits to a secret for draw { $number }, attempt { $attempt }
said-revealed = { $who } reveals their secret for draw { $number }, attempt { $attempt }
said-hat = { $who } saw drawn from the hat for { $number }: { $people }
said-beacon = { $who } brings the beacon of draw { $number }: round { $round }
said-refused = { $who } passes on the turn of draw { $number }
said-swap = { $who } offers { $handle } to swap the turn of { $mine } for that of { $theirs }
said-hands-on = { $who } asks { $handle } to take the turn of { $mine }
said-agreed = { $who } agrees to the swap { $number }
purpose-role = { $role } from { $day }
purpose-term = { $role }, term { $term }
purpose-lot = { $count ->
        [one] one member
       *[other] { $count } members
    } for { $number }
every-days = { $count ->
        [one] every day
       *[other] every { $count } days
    }
every-weeks = { $count ->
        [one] every week
       *[other] every { $count } weeks
    }
every-months = { $count ->
        [one] every month
       *[other] every { $count } months
    }

## lifeboat show

show-fact = fact

## lifeboat role

role-line = { $role }: { $seats ->
        [one] one person
       *[other] { $seats } persons
    }, { $every }
role-turn = from { $from }: { $people } (draw { $number })
role-next = from { $day }: to be drawn
roles-none = This cell has no roles yet. Make one: { $command }
roles-none-question = Shall we have a facilitator?
swap-line = { $from } offers { $with } a swap: lifeboat role agree { $number }
nobody = nobody
role-unknown = this cell has no role called "{ $name }".
role-unknown-hint = It has: { $known }.
draw-unknown = { $number } is no draw that this home knows.
draw-unknown-hint = See which there are: lifeboat draw
clock-unknown = "{ $written }" is no time of day. Write for example: 19:00.

## lifeboat meetings

meeting-line = { $name }: { $every } at { $time }
meeting-facilitates = { $people } facilitates
meetings-none = No meetings are published. Publish one: { $command }
meetings-none-question = Shall we meet every Friday?
meeting-unknown = There is no meeting { $name } on the schedule.

## lifeboat draw

draw-called = Members commit with: lifeboat draw commit
draw-called-beacon = Members commit with: lifeboat draw commit. When all have revealed and the beacon is out, anyone brings it: lifeboat draw beacon { $number }
draw-called-hat = Put these names into a hat: { $names }. { $count ->
        [one] One member records
       *[other] { $count } members record
    } who was drawn, in that order: lifeboat draw hat { $number } HANDLE…
hat-pool = { $first }; and when they are all drawn { $then }
draw-reveals-itself = Your home keeps the secret and reveals it by itself, while its node runs or when you type: lifeboat sync
draws-none-for-you = No draw waits for you to commit.
draws-none = There have been no draws in this cell. Call one: lifeboat draw call facilitator
pool-empty = nobody can be drawn for this term under the conditions of the role.
pool-empty-hint = See who has the trainings and the turns around it: lifeboat role
pool-too-large = these are more members than a draw can hold.
hat-more-tellers = Once { $count ->
        [one] one more member has
       *[other] { $count } more members have
    } recorded the same, it is drawn: lifeboat draw hat { $number } HANDLE…
hat-too-few = From this hat { $count ->
        [one] one name is
       *[other] { $count } names are
    } to be drawn, in their order; you named { $named }.
hat-differ = The tellers recorded different things. Only equal records count: speak with each other, and whoever was wrong records it again.
hat-record = { $teller } recorded: { $people }
lot-seats = { $seats } seats are more than the { $count ->
        [one] one member
       *[other] { $count } members
    } who can be drawn.
stage-committing = { $count } committed, until { $until } (attempt { $attempt })
stage-revealing = { $count } yet to reveal, until { $until } (attempt { $attempt })
stage-beacon = all revealed; waits for round { $round } of its beacon, out { $time }
stage-beacon-out = all revealed; round { $round } of its beacon is out: lifeboat draw beacon { $number }
stage-hat = to be drawn from a hat with { $names }; recorded by { $count }
stage-done = { $people }
attempt-few = attempt { $attempt } was void: only { $count } committed
attempt-no-beacon = attempt { $attempt } was void: nobody brought its beacon
attempt-void = attempt { $attempt } was void: not revealed by { $people }
verify-sheet = These lines, as they stand and each with its end of line, are hashed with SHA-256:
verify-seed = Their hash is the seed:
verify-steps = Each step is the SHA-256 of one line, "lifeboat draw step v1", the seed and the step's number; of its hash the first { $digits } digits count:
verify-step = { $value }, divided by { $left } leaves { $index }: { $who }
verify-thrown = { $value } would favour somebody among { $left }: thrown away
verify-holds = The draw is what these steps give.
verify-differs = the log gives another order than this home has.
verify-differs-hint = Fold the log anew: lifeboat repair. If it stays so, tell everyone.
verify-hat = { $teller } saw drawn: { $people }
verify-beacon = The beacon is the SHA-256 of this signature, with which its network signed round { $round }: { $signature }
verify-beacon-bad = round { $round } of the beacon is not signed by the network that the draw names.
verify-open = this draw is not done, so there is nothing to redo.
verify-open-hint = See where it stands: lifeboat draw

beacon-awaited = It waits for round { $round } of its beacon, out { $time }. Once it is out, type where there is internet:
beacon-fetch = curl -s { $address } | lifeboat draw beacon { $number } -
beacon-fetch-other = Ask the operators of its network for that round, and give their answer: lifeboat draw beacon { $number } FILE
beacon-not-awaited = draw { $number } waits for no beacon now.
beacon-other-round = this is round { $other } of a beacon, and the draw waits for round { $round }.
beacon-not-signed = this is not what the network of the draw signed round { $round } with.
beacon-no-json = this is no answer of a beacon: it is not JSON in curly brackets, such as {"{"}"round": 1000, "signature": "b446…"{"}"}.
beacon-no-network = this tells of no network that a draw can name: it needs public_key, genesis_time, period (a day at most), and schemeID { $scheme }.

## lifeboat status

status-draw-commit = A draw waits for you: lifeboat draw commit
status-draw-hat = Draw { $number } is to be drawn from a hat; see who is in it by lifeboat draw, and record who was drawn: lifeboat draw hat { $number } HANDLE…
status-draw-beacon = Draw { $number } waits for its beacon, which is out: lifeboat draw beacon { $number }
status-swap = Somebody offers you a swap: lifeboat role agree { $number }
status-turn = You are { $role } from { $from } to { $until } (draw { $number })
status-hand-over = By draw { $number } another member is to keep the log now: see who by lifeboat draw, then lifeboat handover and their handle.
status-take-over = By draw { $number } your node is to keep the log now: lifeboat handover offer, then ask who keeps it to hand it over.

## Examples below the help texts

example-role =
    Examples:
      lifeboat role
      lifeboat role set facilitator --every week --duty facilitator
      lifeboat role set medic --every month --training "first aid"
      lifeboat role train "first aid" wren
      lifeboat propose "Shall we have a facilitator?" -- role set facilitator --every week
      lifeboat role swap 12 --with wren --for 14
      lifeboat role agree 20
      lifeboat role refuse 12
example-meetings =
    Examples:
      lifeboat meetings
      lifeboat meetings set "weekly circle" --every week --from friday --at 19:00
      lifeboat meetings set assembly --every month --from 2026-12-06 --at 11:00 --minutes 180
example-draw =
    Examples:
      lifeboat draw
      lifeboat draw call facilitator
      lifeboat draw call facilitator --hat
      lifeboat draw call facilitator --beacon
      lifeboat draw beacon 12
      lifeboat draw commit
      lifeboat draw verify 12
      lifeboat draw lot 30 --seats 3
