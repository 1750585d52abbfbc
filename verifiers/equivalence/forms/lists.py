r"""Lists: several values, each of which is asked for.

Accepted: values with commas or semicolons between them, with ``and`` or ``or``; in braces; with their name
before the first or before each.

>>> same("4,5,6", "4, 5, and 6"), same("4,5,6", "4; 5; 6"), same("4,5,6", r"4,5\text{ and }6")
(True, True, True)
>>> same("4,5,6", "x=4,5,6"), same("4,5,6", "x=4, x=5, x=6"), same("4,5,6", "x=4 or x=5 or x=6")
(True, True, True)
>>> same(r"\frac12, \frac13", "1/3 and 0.5"), same("(1,3),(5,7)", "(5,7),(1,3)")
(True, True)

Decided: a bare list has no order, but a number of values: each of gold's once, and no other.

>>> same("4,5,6", "6,5,4"), same("4,5,6", "{5,6,4}"), same("2,2,3", "3,2,2"), same("2,2,3", "2,3")
(True, True, True, False)

Round or square brackets on either side give it an order; ``kind="list"`` takes that away, ``kind="tuple"``
demands it.

>>> same("4,5,6", "(4,5,6)"), same("4,5,6", "(6,5,4)"), same("[4,5,6]", "[6,5,4]")
(True, False, False)
>>> same("1,2", "(2,1)", kind="list"), same("1,2", "2,1", kind="tuple")
(True, False)

A comma before three digits separates thousands (see `thousands`), unless ``kind="list"`` says that it
separates values.

>>> same("100,200", "100200"), same("100,200", "200,100"), same("100,200", "200,100", kind="list")
(True, False, True)

Not the same: a value too many or too few, one value where there are several and the other way round, an
ellipsis.

>>> same("4,5,6", "4,5"), same("4,5,6", "4,5,6,7"), same("4,5,6", r"4,5,6,\ldots")
(False, False, False)
>>> same("7", "7, 8"), same("7, 8", "7"), same("7", "7 or 8"), same("7", "7 and 7")
(False, False, False, False)
>>> same("x=1,2", "y=1,2")
False
"""
