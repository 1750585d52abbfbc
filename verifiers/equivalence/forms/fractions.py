r"""Fractions and ratios.

Accepted: ``3/4``, ``3÷4``, ``3⁄4``; ``\frac``, ``\dfrac``, ``\tfrac``, ``\cfrac``, with braces or single
digits; ``3 \over 4``; the signs ½, ¾, ⅓ and their like; words for the common ones. A fraction need not be
in lowest terms, and a decimal, a percentage or a mixed number of the same value is the same.

>>> same(r"\frac{3}{4}", "3/4"), same(r"\frac{3}{4}", r"\frac34"), same(r"\frac{3}{4}", r"3 \over 4")
(True, True, True)
>>> same("3/4", "¾"), same("3/4", "6/8"), same("3/4", "three quarters")
(True, True, True)
>>> same("3/4", "0.75"), same("3/4", r"75\%"), same("7/2", "3½")
(True, True, True)
>>> same(r"-\frac{2}{3}", r"\frac{2}{-3}"), same("-2/3", "-(2/3)")
(True, True)
>>> same("5/6", r"\frac12+\frac13"), same("5/6", r"\frac12+\frac13", kind="number")
(True, False)
>>> same(r"\frac{5}{6}", r"\frac{1}{1+\frac{1}{5}}")
True

Decided: products and quotients are read from left to right, so ``1/2x`` is half of x and not ``1/(2x)``.

>>> same("1/2x", r"\frac{x}{2}"), same("1/2x", r"\frac{1}{2x}")
(True, False)
>>> same("3/4/5", r"\frac{3}{20}")
True

A ratio ``a:b`` is that of any multiple, and of two numbers also their quotient. Where the second number is
0, 15, 30 or 45 and the first below 25 it may be a time of day, and must be the same as it stands.

>>> same("3:4", "6:8"), same("3:4:5", "6:8:10"), same("3:4", r"\frac{3}{4}")
(True, True, True)
>>> same("3:4", "4:3"), same("3:30", "1:10")
(False, False)

Not the same: a rounded decimal, and a bar with zero under it, which contradicts itself.

>>> same("1/3", "0.333"), same("1/3", "0.3333333333333333")
(False, False)
>>> status("1", "1/0"), status("1", "0/0"), status("7", r"7+0\cdot\frac{1}{0}")
('contradiction', 'contradiction', 'contradiction')
"""
