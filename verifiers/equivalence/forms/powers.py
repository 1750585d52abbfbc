r"""Powers, factorials and binomials.

Accepted: ``2^{10}``, ``2^10``, ``2**10``, ``2¹⁰``; ``n!``, ``n!!``; ``\binom{5}{2}``, ``{5 \choose 2}``,
``C(5,2)``. An exponent without braces or brackets is all digits that follow, or one letter.

>>> same("1024", "2^{10}"), same("1024", "2^10"), same("1024", "2**10"), same("1024", "2¹⁰")
(True, True, True, True)
>>> same("2^{-1}", "1/2"), same("x^{1/2}", r"\sqrt{x}"), same("a^{m+n}", "a^m a^n")
(True, True, True)
>>> same("x^5", "x^2x^3"), same("x^6", "(x^2)^3"), same("4^{x/2}", "2^x")
(True, True, True)
>>> same("120", "5!"), same("15", "5!!"), same("n!", "n(n-1)!")
(True, True, True)
>>> same("10", r"\binom{5}{2}"), same("10", r"{5 \choose 2}"), same("10", "C(5,2)")
(True, True, True)
>>> same(r"\frac{n(n-1)}{2}", r"\binom{n}{2}")
True

Decided: a power is taken before the sign in front of it, and a tower from the top.

>>> same("-4", "-2^2"), same("4", "-2^2"), same("4", "(-2)^2")
(True, False, True)
>>> same("512", "2^{3^2}"), same("512", "2^3^2"), same("64", "2^3^2")
(True, True, False)

Size is no matter up to 400,000 bits, and beyond that an answer is too large. Zero to the power zero is
undefined.

>>> same("2^{10000}", "4^{5000}"), same("10^{100}", "10^{100}+1")
(True, False)
>>> status("1", "9^{9^{9^9}}"), status("1", "99999999999!")
('too_large', 'too_large')
>>> status("1", "0^0")
'contradiction'

Not the same: a power for a product, an exponent beside its place.

>>> same("x^2", "2x"), same("7^2", "72"), same("2^{10}", "2^10+1"), same("x^{12}", "x^1 2")
(False, False, False, False)
"""
