r"""Intervals and unions of them.

Accepted: ``[0,1)``, ``(-\infty,2]``, ``\left[0,1\right)``, ``]0,1[``; ``\cup``, ``∪``, ``U``, ``union``,
``\cap``, ``\setminus``; ``x\in`` before them. An inequality or a condition in words that says the same is
the same.

>>> same("[0,1)", r"\left[0, 1.0\right)"), same("[0,1)", r"x\in[0,1)"), same("[0,1)", r"0\le x<1")
(True, True, True)
>>> same(r"(-\infty,2]", "(-oo,2]"), same(r"(-\infty,2]", r"x\leq 2"), same(r"(-\infty,\infty)", "ℝ")
(True, True, True)
>>> same("(0,1)", "]0,1["), same(r"(\frac12,\pi)", "(0.5, π)")
(True, True)
>>> same(r"(0,1)\cup(2,3)", "(2,3) U (0,1)"), same(r"x<0\text{ or }x>1", r"(-\infty,0)\cup(1,\infty)")
(True, True)

Decided: sets of reals are compared as sets. A union may be written in other pieces.

>>> same("[0,2]", r"[0,1)\cup[1,2]"), same(r"(0,1)\cup(1,2)", r"(0,2)\setminus\{1\}")
(True, True)
>>> gold = r"(-\infty,0)\cup(0,\infty)"
>>> same(gold, r"\mathbb{R}\setminus\{0\}"), same(gold, r"x\ne 0")
(True, True)

``(1,2)`` on both sides may be a point as well as an interval, which is all the same then; ``[1,2]`` and
``(1,2)`` differ. Where both sides name a variable it must be the same one.

>>> same("(1,2)", "[1,2]"), same("(1,2)", "1<x<2"), same("(1,2)", "1<x<2", kind="interval")
(False, True, True)
>>> same(r"x\in[0,1)", r"y\in[0,1)")
False

Not the same: another end, a list of intervals for their union, an interval closed at infinity, a range that
holds gold.

>>> same("[0,1)", "[0,1]"), same("(0,1)", "(1,0)"), same(r"(0,1)\cup(2,3)", r"(0,1)\cap(2,3)")
(False, False, False)
>>> same(r"(0,1)\cup(2,3)", "(0,1), (2,3)"), same(r"(-\infty,2]", r"[-\infty,2]")
(False, False)
>>> same("5", "[4,6]"), same("5", "(4,6)"), same("5", "[5,5]"), same("[4,6]", "5")
(False, False, False, False)
"""
