r"""Roots, and absolute values.

Accepted: ``\sqrt{2}``, ``\sqrt2``, ``√2``, ``sqrt(2)``; ``\sqrt[3]{2}``, ``∛2``, ``cbrt(2)``; powers with a
fraction or decimal above. A root need not be simplified, nor its denominator be rational. ``|x|``,
``\left|x\right|``, ``\lvert x\rvert``, ``abs(x)``.

>>> same(r"2\sqrt{2}", r"\sqrt{8}"), same(r"2\sqrt{2}", "2√2"), same(r"2\sqrt{2}", "2*sqrt(2)")
(True, True, True)
>>> same(r"2\sqrt{2}", "8^{0.5}"), same(r"\sqrt[3]{2}", "2^{1/3}"), same(r"\sqrt[3]{2}", "∛2")
(True, True, True)
>>> same(r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}"), same(r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}")
(True, True)
>>> same("|x-1|", r"\left|1-x\right|"), same("|x||y|", "abs(x*y)")
(True, True)

Decided: variables are real. The root of a square is the absolute value; a product of roots equals the root
of the product, since it does wherever both are defined.

>>> same(r"\sqrt{x^2}", "|x|"), same(r"\sqrt{x^2}", "x")
(True, False)
>>> same(r"\sqrt{xy}", r"\sqrt{x}\sqrt{y}"), same(r"\sqrt[3]{x^3}", "x")
(True, True)

Odd roots of negative numbers are real, even ones imaginary, and a square root is not negative.

>>> same("-2", r"\sqrt[3]{-8}"), same("-2", "(-8)^{1/3}"), same("2i", r"\sqrt{-4}")
(True, True, True)
>>> same(r"\sqrt{4}", "-2"), same(r"\sqrt{4}", r"\pm 2")
(False, False)

Without braces a root is of the next number or letter alone: ``√2x`` is x√2.

>>> same("√2x", r"x\sqrt{2}"), same("√2x", r"\sqrt{2x}"), same(r"\sqrt2x", r"\sqrt{2}x")
(True, False, True)

Not the same: decimals, near misses at any distance, and what is defined where the other is not (see
`logarithms`).

>>> same(r"\sqrt{2}", "1.41421356237"), same(r"\sqrt{2}", r"\sqrt{2}+10^{-40}")
(False, False)
>>> same(r"\sqrt{x}", r"\sqrt{|x|}")
False
"""
