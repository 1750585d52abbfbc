r"""Equations, as relations.

Accepted: two sides with ``=`` between them, chains, systems with commas or ``and``, derivatives ``y'`` and
``\frac{dy}{dx}``.

>>> same("2x+4y=3", "2x+4y-3=0"), same("2x+4y=3", "4x+8y=6"), same("2x+4y=3", r"y=\frac{3-2x}{4}")
(True, True, True)
>>> same("x^2+y^2=1", "y²=1-x²"), same(r"\frac{dy}{dx}=2x", "y'=2x")
(True, True)
>>> same("x+y=3, x-y=1", "x-y=1 and x+y=3")
True

Decided: a name on one side gives a value to it. ``x=5`` and ``5`` are the same answer, ``x=5`` and ``y=5``
are not.

>>> same("x=5", "5"), same("5", "x=5"), same("5", "5=x"), same("5", "f(2)=5"), same("x=5", "y=5")
(True, True, True, True, False)
>>> same("y=2x+1", "2x+1"), same("y=2x+1", "2x-y+1=0"), same("y=2x+1", "f(x)=2x+1")
(True, True, False)

Any other equation is a relation: the same up to a factor that is not zero, or one with the same real
solutions, all of them.

>>> same("x=5", "2x=10"), same("x^2=4", r"x=\pm 2"), same("x^2-3x+2=0", "x=1 or x=2")
(True, True, True)
>>> same("x^2=4", "x=2"), same("x=2", "x^2=4"), same("x^2+1=0", "x^4+1=0")
(False, False, False)

Whether two curves are the same beyond that is not decided, and no match.

>>> status("xy=1", "y=1/x")
'timeout'

A chain must hold; of one that does, the last side is the answer.

>>> same("12", r"x=3\cdot 4=12"), same("7", "2+5=7")
(True, True)
>>> status("12", r"x=3\cdot 4=13"), status("7", "8=7"), status("7", "x=8=7")
('contradiction', 'contradiction', 'contradiction')

Not the same: one side of an equation that is to be solved, values for other names.

>>> same("7", "|x|=7"), same("7", "x+2=9"), same("2x+4y=3", "3"), same("2x+4y=3", "2x+4y=4")
(False, False, False, False)
>>> same("x=1, y=2", "y=2, x=1"), same("x=1, y=2", "x=2, y=1")
(True, False)
"""
