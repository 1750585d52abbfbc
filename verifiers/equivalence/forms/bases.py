r"""Numbers in other bases.

Accepted: the base, 2 to 36, as a subscript: ``1010_2``, ``1010_{2}``, ``(1010)_2``, ``1010₂``,
``1010_{\text{two}}``, ``1010_{(2)}``; in words, ``1010 base 2``; as programs write it, ``0b1010``,
``0o12``, ``0xFF``. Digits above nine are capitals.

>>> same("1010_2", "1010_{2}"), same("1010_2", "(1010)_2"), same("1010_2", "1010₂")
(True, True, True)
>>> same("1010_2", r"1010_{\text{two}}"), same("1010_2", "1010_{(2)}"), same("1010_2", "1010 base 2")
(True, True, True)
>>> same("FF_{16}", r"\text{FF}_{16}"), same("FF_{16}", "0xFF"), same("777_8", "0o777")
(True, True, True)

Decided: such a number is its value, and may be given in another base.

>>> same("1010_2", "10"), same("1010_2", "12_8"), same("255", "FF_{16}"), same("10", "10_{10}")
(True, True, True, True)

Its digits without the base are another number, even where the question named the base: gold ``1010_2`` is
ten, and so a bare ``1010`` is a thousand and ten. Where answers without a base are to count, write gold
without it.

>>> same("1010_2", "1010"), same("1010", "1010_2"), same("1010", "1010")
(False, False, True)

On a letter a subscript is part of its name.

>>> same("a_2", "a_3"), same("x_{10}", "x_{10}")
(False, True)

Not the same: another base, another digit. A digit that the base has not makes the number unreadable; small
letters are variables.

>>> same("1010_2", "1010_3"), same("1010_2", "1011_2"), same("FF_{16}", "ff_{16}")
(False, False, False)
>>> status("10", "1012_2"), status("10", "18_8")
('unparsed', 'unparsed')
"""
