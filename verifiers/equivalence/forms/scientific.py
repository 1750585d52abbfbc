r"""Scientific notation.

Accepted: ``3\times10^8``, ``3\cdot 10^{8}``, ``3·10⁸``, ``3*10**8``, ``3 x 10^8``; ``3e8``, ``3E8``,
``3e-4``. The mantissa may have any size.

>>> same("300000000", r"3\times10^8"), same("300000000", "3·10⁸"), same("300000000", "3*10**8")
(True, True, True)
>>> same("300000000", "3 x 10^8"), same("300000000", "3x10^8"), same("300000000", "3e8")
(True, True, True)
>>> same(r"3\times10^{-4}", "0.0003"), same(r"3\times10^{-4}", "3E-4"), same(r"3\times10^{-4}", "3/10000")
(True, True, True)
>>> same(r"3\times10^8", r"30\times10^7"), same(r"3\times10^8", r"0.3\cdot 10^9"), same("10^6", "1,000,000")
(True, True, True)
>>> same(r"3\times10^8", "3*10^8", kind="number")
True

Decided: with ``e`` right between digits, and no space, the number is in scientific notation; anywhere else
``e`` is Euler's number. ``1e+6`` is read as one number only where it is all that stands there.

>>> same("1e+6", "1000000"), same("2e+3x", "3x+2e")
(True, True)
>>> same("3e^8", "3e8"), same("3e", "3")
(False, False)

Digits count as they are written: nothing is taken for a rounded value.

>>> same(r"6.02\times10^{23}", r"6.022\times10^{23}"), same(r"6.0\times10^{23}", r"6\times10^{23}")
(False, True)

Not the same: another exponent, another sign.

>>> same(r"3\times10^8", r"3\times10^9"), same(r"3\times10^{-4}", r"3\times10^4"), same("3e-4", "3e-5")
(False, False, False)
>>> same(r"3\times10^8", "3+10^8"), same(r"3\times10^8", "3^8")
(False, False)
>>> status("1", "1e999999")
'too_large'
"""
