# Keys: another device, and a lost one.

device-invite-next = On your other device, type: lifeboat key join, and this code. It holds no secret.
device-reply-next = On your first device, type: lifeboat key add, and this answer. The key begins with { $key }.
device-code-bad = this is no code of another device of yours
device-code-bad-hint = print it there with: lifeboat key invite
device-answer-bad = this is no answer of another device
device-answer-bad-hint = print it there with: lifeboat key join, and the code of lifeboat key invite here
device-answer-other = this answer is for another member, or another cell
key-lost-ask = Make a new key here, in the place of the one that this home has?
key-lost-done = This home has a new key, { $key }. It speaks for nobody yet{ $kept ->
    [0] .
   *[other] ; the old one is kept aside.
}
key-lost-next = Ask a member for an invite, type: lifeboat join, the invite and --lost, and read them your words. When enough members have vouched, the new key speaks for you and your old keys end.
join-lost-next = They type: lifeboat vouch { $handle } --replaces { $handle }. When enough members have vouched, this key speaks for you and your old keys end; "lifeboat sync" tells.
vouch-same-handle = a member goes by { $handle } already
rename-same-handle-hint = two of one name are told apart by letters behind it, in the old entries too: choose another
vouch-same-handle-hint = if it is the same person with a new key: lifeboat vouch { $handle } --replaces { $handle }; else ask for another handle, or add --somebody-else
sign-again-none = Nothing waits under a key of yours that has ended.
sign-again-ask = { $count ->
    [one] Sign it again
   *[other] Sign these { $count } again
 } with the key of this home?
sign-again-hint = { $count ->
    [one] 1 entry of yours waits
   *[other] { $count } entries of yours wait
 } under a key that has ended: lifeboat outbox sign-again
