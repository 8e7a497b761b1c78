# Reaching homes behind routers.

node-relayed = { $count ->
    [one] 1 of them
   *[other] { $count } of them
 } through another home, which passes on what it cannot read.
