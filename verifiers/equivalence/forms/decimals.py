r"""Decimals, and the rule for rounding.

Accepted: digits with one decimal point, before the first digit too (``.5``) and behind the last (``5.``).
The point is a full stop; a comma never is.

>>> same("0.5", ".5"), same("0.5", "0.50"), same("5", "5."), same("12.5", r"12\frac{1}{2}")
(True, True, True, True)
>>> same("0.3", "0.1+0.2"), same("0.1x", r"\frac{x}{10}")
(True, True)
>>> same("1234.5", "1,234.5"), same("0.5", "0,5")
(True, False)

Decided: a decimal is the rational number that it spells, and nothing is rounded. An answer to three places
is no match for an exact gold, and more places than gold has are no match for a rounded one.

>>> same("1/3", "0.33"), same("0.33", "1/3"), same("0.3", "0.30000000000000004")
(False, False, False)
>>> same(r"\sqrt{2}", "1.41421356237"), same(r"\pi", "3.14159"), same("3.14159", r"\pi")
(False, False, False)

A task that takes rounded answers says so with ``tolerance``: an absolute difference, exact, both ends
included. It holds for each number of a tuple, a list, a matrix, or with a unit, and not for an expression
with variables.

>>> same("1/3", "0.33", tolerance="0.01"), same(r"\pi", "3.14", tolerance="0.01")
(True, True)
>>> same("2.5", "2.4", tolerance="1/10"), same("2.5", "2.39", tolerance="1/10")
(True, False)
>>> same("(1, 2)", "(1.005, 2)", tolerance="0.01"), same("5 cm", "5.01 cm", tolerance="0.02")
(True, True)
>>> same("1.5x", "1.6x", tolerance="0.2")
False

Not the same: near misses of any size.

>>> same("1", "0.99999999999999999999"), same("10^{-30}", "10^{-31}"), same("1234", "1.234")
(False, False, False)
>>> status("1.2", "1.2.3")
'unparsed'
"""
