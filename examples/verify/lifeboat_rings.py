"""Ring signatures of secret ballots, written from docs/format.md: ristretto255 (RFC 9496) in plain Python.

Slow (a key takes milliseconds) and not for secrets: it only checks.
"""
from lifeboat_format import need
import blake3

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def is_negative(x):
    return x % P % 2 == 1


def magnitude(x):
    return -x % P if is_negative(x) else x % P


def root_of_ratio(u, v):
    """Whether u/v is a square, and the root of it (or of SQRT_M1 times it) that is not negative."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (u % P, -u % P), magnitude(r)


INVSQRT_A_MINUS_D = root_of_ratio(1, -1 - D)[1]
# Of the two roots RFC 9496 names the negative one.
SQRT_AD_MINUS_ONE = -root_of_ratio(-D - 1, 1)[1] % P

IDENTITY = (0, 1, 1, 0)


def decode(data):
    """The point of an encoding, or nothing when it is none."""
    s = int.from_bytes(data, "little")
    if s >= P or is_negative(s):
        return None
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inverse = root_of_ratio(1, v * u2 * u2)
    x = magnitude(2 * s * inverse * u2)
    y = u1 * inverse * inverse * u2 * v % P
    t = x * y % P
    return (x, y, 1, t) if square and not is_negative(t) and y != 0 else None


def encode(point):
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    inverse = root_of_ratio(1, u1 * u2 * u2)[1]
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inverse = den1 * den2 * t % P
    if is_negative(t * z_inverse):
        x, y, den = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        den = den2
    if is_negative(x * z_inverse):
        y = -y % P
    return magnitude(den * (z - y)).to_bytes(32, "little")


def add(a, b):
    e1 = (a[1] - a[0]) * (b[1] - b[0]) % P
    e2 = (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * D * a[3] * b[3] % P, 2 * a[2] * b[2] % P
    e, f, g, h = e2 - e1, d - c, d + c, e2 + e1
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    total = IDENTITY
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def one_way_map(data):
    t = int.from_bytes(data, "little") % 2**255 % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = root_of_ratio(u, v)
    s, c = (s, -1) if square else (-magnitude(s * t) % P, r)
    n = (c * (r - 1) * (D - 1) * (D - 1) - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def wide(context, data):
    return blake3.blake3(data, derive_key_context=context).digest(length=64)


def base_point():
    y = 4 * pow(5, -1, P) % P
    x = root_of_ratio(y * y - 1, D * y * y + 1)[1]
    return x, y, 1, x * y % P


G = base_point()


def proper(data):
    point = decode(data)
    return None if point is None or not any(data) else point


def ring_of(context, keys):
    """The hash of a ring, its points and its second base."""
    need(len(keys) > 1 and all(a < b for a, b in zip(keys, keys[1:])), "BadKeys")
    points = [proper(key) for key in keys]
    need(None not in points, "NotAKey")
    data = len(context).to_bytes(8, "little") + context + len(keys).to_bytes(8, "little") + b"".join(keys)
    ring = blake3.blake3(data, derive_key_context="lifeboat/ring/v1").digest()
    drawn = wide("lifeboat/ring-base/v1", ring)
    return ring, points, add(one_way_map(drawn[:32]), one_way_map(drawn[32:]))


def check(context, keys, message, image, challenge, responses):
    """Checks a ring signature; gives the hash of the ring."""
    ring, points, base = ring_of(context, keys)
    need(len(responses) == len(keys), "BadForm")
    image_point = proper(image)
    need(image_point is not None, "BadImage")
    first = int.from_bytes(challenge, "little")
    need(first < ORDER, "BadForm")
    step = first
    for point, response in zip(points, responses):
        s = int.from_bytes(response, "little")
        need(s < ORDER, "BadForm")
        left = encode(add(times(s, G), times(step, point)))
        right = encode(add(times(s, base), times(step, image_point)))
        data = ring + image + len(message).to_bytes(8, "little") + message + left + right
        step = int.from_bytes(wide("lifeboat/ring-challenge/v1", data), "little") % ORDER
    need(step == first, "BadSignature")
    return ring
