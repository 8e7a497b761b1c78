# Reaching homes behind routers.

node-relayed = { $count ->
    [one] 1 of them
   *[other] { $count } of them
 } through another home, which passes on what it cannot read.

address-unfit = "{ $address }" is not an address of a home; nothing was saved.
address-unfit-hint = write for example /ip4/0.0.0.0/tcp/4001 to listen, /ip4/192.168.1.20/tcp/4001 to connect
node-settled = the node of this home runs already, and reads where to listen when it starts; nothing was saved.
node-settled-hint = end it first: lifeboat node stop
node-connected = Connected to { $address }, which this home remembers.
