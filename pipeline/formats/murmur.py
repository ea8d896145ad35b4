"""MurmurHash64A by Austin Appleby (public domain), the hash by which spaCy numbers strings."""

_MULTIPLIER = 0xC6A4A7935BD1E995
_MASK = (1 << 64) - 1


def hash64(data: bytes, seed: int) -> int:
    size = len(data)
    value = seed ^ (size * _MULTIPLIER & _MASK)
    whole = size - size % 8
    for at in range(0, whole, 8):
        block = int.from_bytes(data[at : at + 8], "little") * _MULTIPLIER & _MASK
        block = (block ^ block >> 47) * _MULTIPLIER & _MASK
        value = (value ^ block) * _MULTIPLIER & _MASK
    if size % 8:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    value = (value ^ value >> 47) * _MULTIPLIER & _MASK
    return value ^ value >> 47
