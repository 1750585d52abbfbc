r"""Sets.

Accepted: ``\{1,2\}``, ``\left\{1,2\right\}``, ``\lbrace 1,2\rbrace``, ``{1,2}``; ``\emptyset``,
``\varnothing``, ``∅``, ``\{\}``; ``\mathbb{R}``, ``ℝ``, ``\mathbb{Z}``, ``\mathbb{R}^+``; ``\cup``,
``\cap``, ``\setminus`` and their signs; ``\{x \mid x>2\}``.

>>> same(r"\{1,2,3\}", "{3,2,1}"), same(r"\{1,2,3\}", r"\left\{1, 2, \frac{6}{2}\right\}")
(True, True)
>>> same(r"\{1,2,3\}", r"\{1,2\}\cup\{3\}"), same(r"\{1,2\}", r"x\in\{1,2\}")
(True, True)
>>> same(r"\emptyset", "∅"), same(r"\emptyset", r"\{\}"), same(r"\emptyset", "no solution")
(True, True, True)
>>> same(r"\mathbb{R}", "ℝ"), same(r"\mathbb{R}", r"(-\infty,\infty)"), same("ℝ", "all real numbers")
(True, True, True)
>>> same(r"\mathbb{R}\setminus\{0\}", r"x\neq 0"), same(r"\{x \mid x>2\}", r"(2,\infty)")
(True, True)
>>> same(r"\{(1,2),(3,4)\}", r"\{(3,4),(1,2)\}")
True

Decided: a set has no order and no repeats. A bare list is the same answer, but each of its values counts
once. A set of one is the value in it.

>>> same(r"\{1,2\}", r"\{1,1,2\}"), same(r"\{1,2\}", "2, 1"), same(r"\{1,2\}", "1, 1, 2")
(True, True, False)
>>> same("5", r"\{5\}"), same(r"\{5\}", "x=5")
(True, True)

With ``kind="set"`` a list is a set, repeats and all.

>>> same("1,2,2", "2,1", kind="set")
True

Not the same: a value more or less, brackets that mean an order or an interval, an ellipsis for what it
leaves out.

>>> same("5", r"\{5,6\}"), same(r"\{5,6\}", "5"), same(r"\{1,2,3\}", r"\{1,2\}")
(False, False, False)
>>> same(r"\{1,2,3\}", "(1,2,3)"), same(r"\{1,2\}", "[1,2]")
(False, False)
>>> same(r"\{0\}", r"\emptyset"), same(r"\emptyset", "0"), same(r"\mathbb{Z}", r"\mathbb{N}")
(False, False, False)
>>> same(r"\{1,2,3,4,5\}", r"\{1,\ldots,5\}")
False
"""
