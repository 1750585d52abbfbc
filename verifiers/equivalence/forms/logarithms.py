r"""Logarithms and exponentials.

Accepted: ``\ln x``, ``\log x``, ``ln(x)``; ``\log_2 3``, ``\log_{2}(3)``, ``log_2(3)``, ``log₂3``;
``\lg x``; ``e^x``, ``\exp(x)``, ``exp(x)``.

>>> same(r"3\ln 2", r"\ln 8"), same(r"3\ln 2", "3*ln(2)"), same(r"\ln(xy)", r"\ln x+\ln y")
(True, True, True)
>>> same(r"\log_2 3", "log_2(3)"), same(r"\log_2 3", "log₂3"), same(r"\log_2 3", r"\frac{\ln 3}{\ln 2}")
(True, True, True)
>>> same("3", r"\log_2 8"), same(r"\log_2 3", r"\log_4 9"), same(r"\frac12\ln x", r"\ln\sqrt{x}")
(True, True, True)
>>> same("e^{x+y}", r"\exp(x)\exp(y)"), same("2^x", r"e^{x\ln 2}"), same("x", r"e^{\ln x}")
(True, True, True)

Decided: a logarithm without a base is natural; ``\lg`` is to base 10. Write the base where it matters.

>>> same(r"\ln 2", r"\log 2"), same("2", r"\lg 100"), same("2", r"\log_{10} 100"), same("2", r"\log 100")
(True, True, True, False)

Without brackets a logarithm takes the product that follows, and a power behind the argument is one of the
argument.

>>> same(r"\ln 2x", r"\ln(2x)"), same(r"\ln x^2", r"2\ln x"), same(r"\ln x^2", r"(\ln x)^2")
(True, True, False)
>>> same(r"\ln^2 x", r"(\ln x)^2")
True

Variables are real, and values must agree where both sides have one. Where an absolute value stands in one
of them, both must be defined at the same points: the absolute value of an antiderivative may not be
dropped.

>>> same(r"\ln x^2", r"2\ln|x|"), same(r"\ln|x|", r"\ln x")
(True, False)

Not the same: another base, a decimal; and a logarithm of zero or to base 1 contradicts itself.

>>> same(r"\log_2 3", r"\log_3 2"), same(r"\log_{10} 7", r"\log 7"), same(r"\ln 2", "0.693147")
(False, False, False)
>>> status("1", r"\ln 0"), status("1", r"\log_1 5")
('contradiction', 'contradiction')
"""
