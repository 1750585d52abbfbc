r"""Repeating decimals.

Accepted: a bar over the block, ``0.\overline{3}``, ``0.\bar3``, or Unicode's bar on each digit; dots over
its first and last digit, ``0.\dot14285\dot7``; the block in round brackets, ``0.(3)``; or the decimal with
an ellipsis behind it.

>>> same("1/3", r"0.\overline{3}"), same("1/3", r"0.\bar3"), same("1/3", "0.3̅")
(True, True, True)
>>> same("1/7", r"0.\overline{142857}"), same("1/7", r"0.\dot14285\dot7"), same("1/7", "0.(142857)")
(True, True, True)
>>> same("1/6", r"0.1\overline{6}"), same("22/7", r"3.\overline{142857}"), same("1/11", r"0.\overline{09}")
(True, True, True)
>>> same("1/3", r"0.\overline{33}")
True

Decided: an ellipsis says how the digits go on only if the block stands there twice, a single digit three
times. Else it is a number that is not given, and is not read.

>>> same("1/3", "0.333..."), same("1/3", "0.333…"), same("1/7", "0.142857142857...")
(True, True, True)
>>> status("1/3", "0.33..."), status("1/7", "0.142857..."), status(r"\pi", "3.14159...")
('unparsed', 'unparsed', 'unparsed')

The value is exact: nines without end are one.

>>> same("1", r"0.\overline{9}"), same("1", "0.999..."), same("1", "0.999")
(True, True, False)

Not the same: another block, and a decimal that stops.

>>> same(r"0.\overline{3}", r"0.\overline{2}"), same(r"0.\overline{12}", r"0.1\overline{2}")
(False, False)
>>> same("1/3", "0.3"), same("1/3", "0.3333333333")
(False, False)
"""
