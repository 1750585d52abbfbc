r"""Integers, of any size.

Accepted: digits with a sign or none; full-width digits; separators of thousands (see `thousands`); a final
full stop, a decimal point with nothing but zeros behind it; Markdown's emphasis, ``$...$``, ``\text{...}``,
``\boxed{...}``, ``Answer:`` before them; English words up to two of them with their sign or multiple. What
works out to the integer is the integer, unless ``kind="number"`` asks for a written number.

>>> same("42", "+42"), same("42", "42.0"), same("42", "042")
(True, True, True)
>>> same("-7", "−7"), same("-7", "-(7)"), same("-7", r"\text{-7}")
(True, True, True)
>>> same("42", "４２")
True
>>> same("42", r"$\boxed{42}$."), same("42", "**42**")
(True, True)
>>> same("42", "forty-two"), same("1000000", "one million"), same("36", "3 dozen")
(True, True, True)
>>> same("42", "6*7"), same("42", "6*7", kind="number")
(True, False)
>>> same("18446744073709551616", "2^64"), same("18446744073709551615", "2^64")
(True, False)
>>> same("7" * 900, "7" * 900 + ".0"), same("7" * 900, "7" * 899 + "8")
(True, False)

Decided: ``x=42`` says 42, whatever x is, and so does ``2+40 = 42``; a chain that does not hold contradicts
itself. A noun behind the number is what it counts (see `units`).

>>> same("42", "x=42"), same("42", "2+40 = 42"), same("42", "42 apples")
(True, True, True)
>>> status("42", "x = 8 = 42")
'contradiction'

Not the same: two values, a hedge, a range that holds the integer, an approximation, a factorial.

>>> same("42", "42, 43"), same("42", "41 or 42"), same("42", r"42 \pm 1"), same("42", "40<x<44")
(False, False, False, False)
>>> same("42", "42 or more"), status("42", r"\approx 42"), status("42", "about 42")
(False, 'unparsed', 'unparsed')
>>> same("7", "7!"), same("7", "7²"), same("7", "VII")
(False, False, False)

Digits of other scripts are not read, and neither are two numbers side by side.

>>> status("42", "४२"), status("42", "4 2")
('unparsed', 'unparsed')
"""
