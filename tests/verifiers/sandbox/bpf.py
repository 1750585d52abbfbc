"""A BPF machine written apart from the filters, to run them on calls that are not made: for either architecture."""

import struct


def run(code: bytes, *, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the program returns for a call; the layout is that of struct seccomp_data."""
    padded = (*arguments, *[0] * 6)[:6]
    data = struct.pack("=IIQ6Q", number, arch, 0, *[argument & (1 << 64) - 1 for argument in padded])
    steps = [struct.unpack_from("=HBBI", code, place) for place in range(0, len(code), 8)]
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, value = steps[at]
        at += 1
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x54:
            accumulator &= value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[
                operation
            ]
            at += if_true if holds else if_false
