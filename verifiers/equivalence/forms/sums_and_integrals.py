r"""Sums, products, integrals, limits and derivatives.

Accepted: ``\sum_{k=1}^{n}``, ``\prod_{k=1}^{n}``, ``\int_0^1 ... \,dx``, ``\lim_{x\to 0}``, one-sided with
``0^+``; ``\frac{d}{dx}``. Their signs ∑, ∏, ∫ are read, too.

>>> same("55", r"\sum_{k=1}^{10} k"), same("120", r"\prod_{k=1}^{5} k"), same("x+x^2", r"\sum_{k=1}^{2} x^k")
(True, True, True)
>>> same(r"\frac{1}{3}", r"\int_0^1 x^2\,dx"), same(r"\frac{1}{3}", r"∫_0^1 x^2 dx")
(True, True)
>>> same("1", r"\lim_{x\to 0}\frac{\sin x}{x}"), same("2x", r"\frac{d}{dx} x^2")
(True, True)

Decided: sums of up to 2,000 terms with numbers for bounds are worked out; the rest is asked of sympy in a
worker process, with its limits of time and memory. The name of what is summed over does not count.

>>> same("n(n+1)/2", r"\sum_{k=1}^{n} k"), same(r"\frac{\pi^2}{6}", r"\sum_{k=1}^{\infty}\frac{1}{k^2}")
(True, True)
>>> same(r"\int_0^1 t^2\,dt", r"\int_0^1 x^2\,dx"), same(r"\sum_{j=1}^{n} j", r"\sum_{k=1}^{n} k")
(True, True)

What sympy does not decide is no match, and says so: a decimal is never taken for the value of an integral.

>>> status("0.78343051071", r"\int_0^1 x^x\,dx")
'timeout'

An antiderivative is compared as the expression it is, with its constant (see `polynomials`): the integral
sign itself is no answer to what it asks.

>>> same("x^2+C", "x^2+c"), same("x^2+C", "x^2"), same("x^2+C", r"\int 2x\,dx")
(True, False, False)

Not the same: other bounds, another value. An integral needs its differential, a sum its index.

>>> same("1/2", r"\int_0^1 x^2\,dx"), same("55", r"\sum_{k=1}^{9} k"), same("55", r"\sum_{k=1}^{10} n")
(False, False, False)
>>> status(r"\frac{1}{3}", r"\int_0^1 x^2"), status("1", r"\sum k"), status("55", r"1+2+\cdots+10")
('unparsed', 'unparsed', 'unparsed')
"""
