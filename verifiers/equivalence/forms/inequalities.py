r"""Inequalities.

Accepted: ``<``, ``\lt``, ``\le``, ``\leq``, ``\leqslant``, ``<=``, ``≤`` and the same the other way round;
``\ne``, ``\neq``, ``!=``, ``≠``; chains ``1<x<2``; several with ``and``, ``or`` or a comma (which means
``and``).

>>> same("x>2", "2<x"), same(r"x\ge 2", "x>=2"), same(r"x\ge 2", r"x \geqslant 2"), same("x≠4", r"x\neq 4")
(True, True, True, True)
>>> same("1<x<2", "2>x>1"), same("1<x<2", "x>1 and x<2"), same("1<x<2", "x>1, x<2")
(True, True, True)
>>> same("x>2", r"(2,\infty)"), same("x>2", r"\{x\mid x>2\}"), same("x>2", "x∈(2,∞)")
(True, True, True)

Decided: an inequality in one variable is the set of reals where it holds, so that it may be solved or
scaled.

>>> same("x>2", "2x>4"), same("x>2", "-x<-2"), same("|x|<3", "-3<x<3"), same("x^2<4", "-2<x<2")
(True, True, True, True)
>>> same(r"|x-1|\ge 2", r"x\le -1\text{ or }x\ge 3"), same("x^2-x>0", "x<0 or x>1")
(True, True)
>>> same("x^4<16", "-2<x<2"), same("e^x>1", "x>0")
(True, True)

In several variables it is a relation: the same one, turned round, or a positive multiple.

>>> same("x<y", "y>x"), same(r"2x+y\le 4", r"4x+2y\le 8"), same(r"2x+y\le 4", r"-2x-y\ge -4")
(True, True, True)
>>> same(r"2x+y\le 4", r"2x+y\ge 4")
False

Not the same: strict for not strict, another variable, ``or`` for ``and``, an inequality where gold is a
number. One of numbers that does not hold contradicts itself.

>>> same("x>2", r"x\ge 2"), same("x>2", "y>2"), same("1<x<2", "x>1 or x<2"), same("x>2", "x>2 or x<1")
(False, False, False, False)
>>> same("5", r"x\ge 5"), same("5", "7>5"), same("x>2", "3>2")
(False, False, False)
>>> status("5", r"\ge 5"), status("5", r"\neq 5"), status("x>2", "x is greater than 2")
('unparsed', 'unparsed', 'unparsed')
>>> status("x>2", "3>5")
'contradiction'
"""
