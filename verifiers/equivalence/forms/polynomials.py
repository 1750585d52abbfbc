r"""Polynomials, up to equality.

Accepted: any sum, product and power of numbers and letters, written or implied: ``3a^2b``, ``3*a**2*b``,
``3a²b``. Letters are single; Greek ones have their names or signs; a subscript belongs to its letter:
``x_1``, ``x_{12}``, ``x₁``.

>>> same("(x+1)^2", "x^2+2x+1"), same("(x+1)^2", "x²+2x+1"), same("(x+1)^2", "x**2+2*x+1")
(True, True, True)
>>> same("x^2-y^2", "(x+y)(x-y)"), same("3a^2b", "3ba^2"), same("xy", "yx")
(True, True, True)
>>> same("x_1+x_2", "x₂+x₁"), same(r"\alpha\beta", "βα"), same("theta^2", r"\theta^{2}")
(True, True, True)
>>> same("(x+1)^{100}", "(x^2+2x+1)^{50}"), same("(x+1)^{100}", "(x^2+2x+1)^{50}+1")
(True, False)
>>> same(r"\frac{n(n+1)}{2}", "0.5n^2+0.5n")
True

Decided: the shape is free, and asking for a factored or an expanded form is the task's to check. Names
count, and capitals are other letters than small ones. What ``y=`` or ``f(x)=`` gives is the value; two of
them must give it to the same name.

>>> same("(x+1)^2", "(y+1)^2"), same("x+1", "X+1")
(False, False)
>>> same("x^2+1", "f(x)=x^2+1"), same("x^2+1", "y=x^2+1"), same("P(x)=x^2", "Q(x)=x^2")
(True, True, False)

Two to five letters are a word unless all of them are such as variables have (k, m, n, p to z): ``xy`` is a
product, ``ab`` is text. With a number or a sign beside it, it is a product.

>>> same("xy", "yx"), same("ab", "ba"), same("2ab", "2ba"), same("a*b", "b*a")
(True, False, True, True)

An arbitrary constant, a term of its own, may have another name (C, K, D, C_0, C_1, where one side has C or
c), but must be there.

>>> same("x^2+C", "x^2+c"), same("x^2+C", "x^2+K"), same("x^2+C", "x^2")
(True, True, False)

Not the same: an equation, and polynomials that differ however little.

>>> same("x^2+1", "x^2+1=0"), same("(x+1)^2", "x^2+2x"), same("x", "x+10^{-40}"), same("0", "10^{-40}x")
(False, False, False, False)
"""
