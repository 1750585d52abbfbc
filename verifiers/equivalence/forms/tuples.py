r"""Tuples: points, vectors, ordered pairs.

Accepted: ``(1,2)``, ``\left(1,2\right)``, ``\langle 1,2\rangle``; semicolons for commas; a name before it,
``A=(1,2)`` or ``(x,y)=(1,2)``; of three or more values also square brackets.

>>> same("(1,2)", r"\left( 1, 2 \right)"), same("(1,2)", r"\langle 1,2\rangle"), same("(1,2)", "(1;2)")
(True, True, True)
>>> same(r"(\frac12,2)", "(0.5, 4/2)"), same(r"(3,\frac{\pi}{2})", "(3, π/2)")
(True, True)
>>> same("(1,2)", "A=(1,2)"), same("(1,2)", "(x,y)=(1,2)"), same("(1,2)", "x=1, y=2")
(True, True, True)
>>> same("(1,2,3)", "[1,2,3]"), same("(1,2)", "[1,2]"), same("(1,2)", "[1,2]", kind="tuple")
(True, False, True)
>>> same("(x, y+1)", "(x, 1+y)")
True

Decided: order counts, where either side is in round brackets. A bare list on the other side is then read in
that order.

>>> same("(1,2)", "(2,1)"), same("(1,2)", "1,2"), same("(1,2)", "2,1"), same("1,2", "(2,1)")
(False, True, False, False)

A pair in round brackets is a point or an open interval, as the other side asks; ``kind`` settles it.

>>> same("(1,2)", "1<x<2"), same("(1,2)", "1<x<2", kind="tuple")
(True, False)

Within brackets a comma separates items and never thousands. Several tuples side by side have no order.

>>> same("(1,234)", "(1, 234)"), same("(1,234)", "1234")
(True, False)
>>> same("(1,2),(3,4)", "(3,4),(1,2)")
True

Not the same: another length, a set, a matrix, more tuples than one.

>>> same("(1,2,3)", "(1,2)"), same("(1,2,3)", "(1,2,3,4)"), same("(1,2)", r"\{1,2\}")
(False, False, False)
>>> same("(1,2)", r"\begin{pmatrix}1\\2\end{pmatrix}"), same("(1,2)", "(1,2), (3,4)")
(False, False)
>>> same("(1,2)", "(1,2) or (3,4)")
False
"""
