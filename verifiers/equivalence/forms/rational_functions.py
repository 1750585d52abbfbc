r"""Rational functions, up to equality.

Accepted: quotients of polynomials, nested ones too, with ``\frac``, a slash, ``÷`` or negative exponents.

>>> same(r"\frac{x}{x+1}", "x/(x+1)"), same(r"\frac{x}{x+1}", r"1-\frac{1}{x+1}")
(True, True)
>>> same(r"\frac{1}{x}+\frac{1}{y}", r"\frac{x+y}{xy}"), same(r"\frac{1}{x}+\frac{1}{y}", "x^{-1}+y^{-1}")
(True, True)
>>> same(r"\frac{1}{1-x}", r"-\frac{1}{x-1}"), same(r"\frac{x}{x+1}", r"\frac{1}{1+\frac{1}{x}}")
(True, True)
>>> same(r"\frac{x+2}{7}", r"\frac{x}{7}+\frac{2}{7}")
True
>>> same(r"\frac{a}{b}", "a÷b"), same(r"\frac{a}{b}", "ab⁻¹")
(True, True)

Decided: two expressions are the same if they agree wherever both are defined. A factor may be cancelled,
though the quotient is then defined at one point more.

>>> same("x+1", r"\frac{x^2-1}{x-1}"), same(r"\frac{a}{b}", r"\frac{a^2}{ab}"), same("1", r"\frac{x}{x}")
(True, True, True)

What is defined nowhere contradicts itself.

>>> status("1", r"\frac{1}{x-x}"), status("1", r"\frac{x-x}{x-x}")
('contradiction', 'contradiction')

Products and quotients go from left to right, whether the product is written or implied.

>>> same("1/2x", "x/2"), same("1/xy", r"\frac{y}{x}"), same("x/y/z", r"\frac{x}{yz}")
(True, True, True)
>>> same("1/(2x)", "1/2x"), same("1/(2x)", r"\frac{1}{2x}")
(False, True)

Not the same: a sign, a bracket, a reciprocal.

>>> same(r"\frac{x+1}{x-1}", r"\frac{1+x}{1-x}"), same(r"\frac{1}{x+1}", r"\frac{1}{x}+1")
(False, False)
>>> same(r"\frac{x}{y}", r"\frac{y}{x}"), same(r"\frac{1}{x+y}", r"\frac{1}{x}+\frac{1}{y}")
(False, False)
"""
