r"""Percentages.

Accepted: ``%``, ``\%``, ``percent`` and ``per cent`` behind a number. A percentage is a hundredth of its
number.

>>> same(r"50\%", "50%"), same(r"50\%", "50 percent"), same(r"50\%", r"50\text{ percent}")
(True, True, True)
>>> same(r"50\%", "0.5"), same(r"50\%", r"\frac{1}{2}"), same("0.5", r"50\%")
(True, True, True)
>>> same(r"33\frac{1}{3}\%", "1/3"), same("1/3", r"33.\overline{3}\%")
(True, True)
>>> same(r"12.5\%", "12½%"), same(r"0.5\%", "1/200")
(True, True)
>>> same(r"7\%", "0.07", kind="number")
True

Decided: where gold has the sign, an answer may drop it, since the question asked for a percentage. Where
gold is a bare number the sign counts: 50 is not 50%.

>>> same(r"50\%", "50"), same(r"0.5\%", "0.5"), same(r"x=50\%", "50")
(True, True, True)
>>> same("50", r"50\%"), same("7", "7%")
(False, False)

Not the same: another power of ten, two percentages, words behind the sign.

>>> same(r"50\%", "5"), same(r"50\%", r"5\%"), same(r"0.5\%", "0.05")
(False, False, False)
>>> same(r"50\%", "50% or 60%"), same(r"50\%", "49%, 50%")
(False, False)
>>> status(r"10\%", r"10\% increase")
'unparsed'
"""
