r"""Mixed numbers.

Accepted: an integer in digits with a proper fraction right behind it, ``3\frac{1}{2}``, ``3\dfrac12``,
``3½``, or with a space before a fraction of digits, ``3 1/2``. The sign stands for all of it: ``-2 1/4`` is
-2.25.

>>> same("7/2", r"3\frac{1}{2}"), same("7/2", r"3\frac12"), same("7/2", r"3\,\tfrac{1}{2}")
(True, True, True)
>>> same("7/2", "3 1/2"), same("7/2", "3½"), same("7/2", "3 ½")
(True, True, True)
>>> same(r"3\frac{1}{2}", "3.5"), same(r"3\frac{1}{2}", r"\frac{7}{2}"), same(r"3\frac{1}{2}", "3+1/2")
(True, True, True)
>>> same("-9/4", "-2 1/4"), same("-7/4", "-2 1/4")
(True, False)
>>> same("7/2", "3 1/2", kind="number")
True
>>> same(r"2\frac{1}{2}\text{ hours}", "150 minutes")
True

Decided: this reading goes before the product. ``3\frac{1}{2}`` is three and a half, never 3/2; a sign of
multiplication, a letter in the fraction, or an improper fraction makes it a product.

>>> same("3/2", r"3\frac{1}{2}"), same("3/2", r"3\cdot\frac{1}{2}"), same("3/2", r"3\left(\frac12\right)")
(False, True, True)
>>> same(r"\frac{3x}{2}", r"3\frac{x}{2}")
True
>>> same(r"\frac{15}{2}", r"3\frac{5}{2}"), same(r"\frac{11}{2}", r"3\frac{5}{2}")
(True, False)

Not the same: digits that run together, a difference, two values joined by ``and``.

>>> same("7/2", "31/2"), same("7/2", "3-1/2"), same("7/2", "3 and 1/2")
(False, False, False)
>>> status("9/2", "3 3/2")
'unparsed'
"""
