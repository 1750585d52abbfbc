r"""Constants: π, e, i, ∞.

Accepted: ``\pi``, ``π``, ``pi``; ``e``, ``\mathrm{e}``, ``exp(1)``; ``i``, ``\mathrm{i}``, ``\imath``;
``\infty``, ``∞``, ``oo``, ``inf``, ``infinity``, with a sign or none.

>>> same(r"2\pi", "2π"), same(r"2\pi", "2pi"), same(r"2\pi", r"\pi+\pi")
(True, True, True)
>>> same("e", r"\mathrm{e}"), same("e", "exp(1)"), same("e^2", r"\exp(2)")
(True, True, True)
>>> same("i", r"\sqrt{-1}"), same("-1", "i^2"), same("-1", r"e^{i\pi}")
(True, True, True)
>>> same(r"\infty", "oo"), same(r"\infty", r"+\infty"), same(r"-\infty", "-∞"), same(r"\infty", "infinity")
(True, True, True, True)
>>> same(r"\frac{\pi}{4}", r"\arctan 1"), same(r"\pi", r"180^\circ")
(True, True)

Decided: constants are exact. e and i with a subscript are variables, j is one always, and so are φ and γ:
none is taken for the golden ratio or for Euler's constant.

>>> same(r"2\pi", "6.283"), same("e", "2.718281828"), same(r"\pi", "22/7"), same(r"\pi", "355/113")
(False, False, False, False)
>>> same("e_1", "e_2"), same("i", "j"), same(r"\phi", r"\frac{1+\sqrt{5}}{2}")
(False, False, False)

Infinity is no number: it equals itself with its sign, times any positive number too, and nothing finite
however large.

>>> same(r"\infty", r"2\infty"), same(r"\infty", r"-\infty"), same(r"\infty", "10^{100}")
(True, False, False)
>>> same(r"\infty", r"\infty-\infty"), same("0", r"\frac{1}{\infty}")
(False, False)
>>> status(r"\infty", "DNE")
'unparsed'

Not the same: near misses at any distance.

>>> same(r"2\pi", r"2\pi+10^{-20}"), same(r"\pi", r"\pi\cdot(1+10^{-100})")
(False, False)
"""
