r"""Signs of two values, and families of values.

Accepted: ``\pm``, ``±``, ``+-``, ``+/-``, and ``\mp``, ``∓`` with it. Families: a term with a letter that
counts, and ``k\in\mathbb{Z}`` behind it.

>>> same(r"\pm 2", "±2"), same(r"\pm 2", "+-2"), same(r"\pm 2", "2, -2"), same(r"\pm 2", r"\{-2,2\}")
(True, True, True, True)
>>> same(r"1\pm\sqrt{2}", "1+√2, 1-√2"), same(r"\frac{-1\pm\sqrt{5}}{2}", r"-\frac12\pm\frac{\sqrt5}{2}")
(True, True)
>>> same(r"x=\pm 2", "x=2 or x=-2"), same(r"x=\pm 2", "|x|=2"), same(r"(\pm 1,2)", "(1,2), (-1,2)")
(True, True, True)

Decided: it stands for two values, and all signs in one answer go together: the upper ones are one value,
the lower ones the other. On its own ``\mp`` is ``\pm``.

>>> same("3, -3", r"\pm 1\pm 2"), same("1, -1", r"\pm 1\pm 2"), same("1, -1", r"\pm 1\mp 2")
(True, False, True)
>>> same(r"\pm 2", r"\mp 2")
True

A family is an offset and any whole number of steps: another letter, another offset by whole steps, the
opposite step are the same. The condition may be left out on one side, where the letter is k, n or m.

>>> gold = r"\frac{\pi}{4}+k\pi, k\in\mathbb{Z}"
>>> same(gold, r"x=\frac{5\pi}{4}+n\pi, n\in\mathbb{Z}"), same(gold, r"\frac{\pi}{4}-k\pi, k\in\mathbb{Z}")
(True, True)
>>> same(gold, r"\frac{\pi}{4}+k\pi"), same(gold, r"45^\circ+180^\circ n, n∈ℤ")
(True, True)
>>> same(gold, r"\frac{\pi}{4}+2k\pi, k\in\mathbb{Z}"), same(gold, r"\frac{\pi}{4}")
(False, False)

A family is not put together from two others, and families over ℕ must be written alike, the letter aside.

>>> same(r"k\pi, k\in\mathbb{Z}", r"2k\pi, (2k+1)\pi, k\in\mathbb{Z}")
False
>>> same(r"2k\pi, k\in\mathbb{N}", r"2n\pi, n\in\mathbb{N}"), same(r"2k\pi, k\in\mathbb{N}", r"2k\pi, k∈ℤ")
(True, False)

Not the same: one of the values, two where gold has one.

>>> same(r"\pm 2", "2"), same("2", r"\pm 2"), same("7", r"7\pm 0"), same(r"1\pm\sqrt5", "1+√5")
(False, False, False, False)
"""
