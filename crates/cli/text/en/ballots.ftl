## Entries of secret polls, as everyone reads them

said-poll = { $who } opens a secret poll: { $question }
said-poll-paper = { $who } opens a secret poll on paper: { $question }
said-registered = { $who } registers for the secret poll { $number }
said-carried = { $who } puts { $count ->
        [one] one ballot
       *[other] { $count } ballots
    } of { $number } into the log
said-counted = { $who } counted { $papers } papers of { $number }: { $counts }, blank: { $blank }

## lifeboat poll

poll-no-question = its question is not here
poll-unknown = { $number } is no secret poll that this home knows.
poll-unknown-hint = See which there are: lifeboat poll
poll-options = these are more options than a poll can have.
poll-registered = The key for this poll lies in this home. When all have registered: lifeboat poll cast { $number } 1 --to FILE
poll-not-registered = this home has no key that is registered for { $number }.
poll-not-registered-hint = Register while there is time, in the home in which you will vote: lifeboat poll register
poll-ring-open = others can still register, so the ring is not fixed and nothing can be signed yet.
poll-ring-open-hint = See until when: lifeboat poll
poll-too-few = too few registered: a ring so small would tell who voted what.
poll-too-few-hint = Vote on paper: lifeboat poll open --paper
poll-over = this poll is over.
poll-marks = mark options by their numbers, from 1 to { $count }, and no more than the poll allows.
poll-cast = Your ballot is in { $path }. It names nobody.
poll-cast-twice = this home has written a ballot with other marks before. If both come to a teller, only one counts, and neither you nor the teller can choose which: it is the one with the smaller hash. Destroy the earlier file while nobody has it.
poll-cast-next = Bring it to a teller by hand: on a stick, printed, in a box with others. Whoever gets it from you alone knows it is yours, and reads it. Then: lifeboat poll check
poll-bad-ballot = { $file } holds no ballot of this poll's ring.
poll-other-ballot = { $file } is a ballot of another poll.
poll-file-damaged = { $file } is no whole ballot or key of a poll.
poll-all-in = All of these are in the log already.
poll-no-ballot = this home has cast no ballot for { $number }.
poll-no-ballot-hint = Cast one: lifeboat poll cast
poll-is-in = Your ballot of { $number } is in and counts.
poll-is-not-in = Your ballot of { $number } is not in the log as far as this home has it, or another one of yours counts.
poll-put-in = First make sure that this home has all: lifeboat sync. If it is still not in, anyone can put it in now. Ask somebody: who puts in a single ballot shows a connection to it.
poll-options-count = A poll has 2 options or more, and no more than { $most }.
poll-span-long = "{ $written }" is too long: each stretch of a poll is 30 days at most.
poll-carries = in force by itself when more than { $over } in a hundred mark option 1: { $what }
polls-none = There have been no secret polls. Open one: lifeboat poll open "Shall we move?"
poll-registering = { $count } registered, until { $until }
poll-casting = ballots go to the tellers until { $until }
poll-carrying = { $count } in the log; the tellers have until { $until }
poll-late = { $count } in the log; anyone can put in what was left out until { $until }
poll-counting = the tellers count
poll-closed = over
poll-result = { $counts }, blank: { $blank }, of { $all } ballots
poll-counted = { $teller } counted { $counts }, blank: { $blank }, of { $all } papers
poll-twice = { $count ->
        [one] one further ballot of a member who signed two is
       *[other] { $count } further ballots of members who signed more than one are
    } left aside

## Examples below the help texts

example-poll =
    Examples:
      lifeboat poll
      lifeboat poll open "Shall we move the store?" --option yes --option no
      lifeboat propose "In secret?" -- poll open "No more draws for teller?" -- role end teller
      lifeboat poll register 12
      lifeboat poll cast 12 1 --to /media/stick/ballot-7
      lifeboat poll carry 12 /media/stick/ballot-*
      lifeboat poll check 12
      lifeboat poll count 20 14 9 --blank 1 --photo papers.jpg
