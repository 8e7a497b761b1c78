### Bundles: a cell's log in a file, for a USB stick.

bundle-written = { $count ->
    [one] 1 record from { $from } on is in { $path } ({ $bytes } bytes).
   *[other] { $count } records from { $from } on are in { $path } ({ $bytes } bytes).
 }
bundle-with = With { $details } texts, { $sealed } private texts, { $blobs } photos.
bundle-no-private = Private texts are not in it.
bundle-private-ask = Private texts go into the file as they are encrypted: who finds the stick cannot read them, but has them. Go on?
bundle-taken = { $name }: { $new } new records, { $known } known already; { $count } are here now.
bundle-taken-with = { $details } texts, { $sealed } private texts and { $blobs } photos came along.
bundle-broken = the bundle does not hold at byte { $at }: { $what }
bundle-broken-hint = what stood before that was proven, and is kept. Where the file was cut or damaged, ask for it again; to take it in twice does no harm.
bundle-nothing-hint = nothing of it was taken in. Ask for the file again, or for one that begins no later than your log ends: lifeboat status.
bundle-fork = ALARM: this file holds another log of the same cell, signed by the same key. Somebody signed two histories.
bundle-fork-hint = keep the file, show it to the others of the cell, and compare: lifeboat status shows how far your log goes.

example-bundle =
    Examples:
      lifeboat bundle export /media/stick/oak-street.bundle --with-details
      lifeboat bundle export news.bundle --from 120
      lifeboat bundle import /media/stick/oak-street.bundle
      ssh heron cat oak-street.bundle | lifeboat bundle import -

### Photos that entries name.

photo-here = here, { $bytes } bytes
photo-elsewhere = in other homes
photo-none = No entry names a photo.
photo-none-there = { $number } names no photo, or it was erased.
photo-written = The photo of { $number } is in { $path } ({ $bytes } bytes).
photo-too-long = a photo has at most 64 MiB.
photo-unknown = { $path } is neither a JPEG nor a PNG picture, so what a camera may have written into it (the place, the hour) cannot be taken out.
photo-unknown-hint = save it as JPEG or PNG first. A photo is public for ever, as far as others copy it: no faces, no addresses.

example-photo =
    Examples:
      lifeboat in 40 EUR --from "street collection" --photo receipt.jpg
      lifeboat photo get 5 receipt.jpg
