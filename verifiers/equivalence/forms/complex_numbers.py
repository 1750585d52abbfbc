r"""Complex numbers.

Accepted: ``3+4i``, ``3+i4``, ``3+4*i``, ``3+4\mathrm{i}``; exponential and trigonometric forms;
``\overline{z}`` or ``\bar z`` for the conjugate, ``|z|`` for the modulus, ``Re`` and ``Im``.

>>> same("3+4i", "4i+3"), same("3+4i", "3+4*i"), same("3+4i", r"3+4\mathrm{i}"), same("3+4i", "3+i4")
(True, True, True, True)
>>> same("3+4i", "(2+i)^2"), same(r"\frac{1}{1+i}", r"\frac{1-i}{2}")
(True, True)
>>> same("3+4i", r"5e^{i\arctan(4/3)}"), same(r"e^{ix}", r"\cos x+i\sin x")
(True, True)
>>> same(r"-\frac12+\frac{\sqrt3}{2}i", r"e^{2\pi i/3}"), same(r"1+i\sqrt{3}", r"1+\sqrt{-3}")
(True, True)
>>> same("5", "|3+4i|"), same("3-4i", r"\overline{3+4i}"), same("a+bi", "a+ib")
(True, True, True)
>>> same("3+4i", "z=3+4i")
True

Decided: i is the imaginary unit wherever it stands alone, and j is a variable. Letters stand for real
numbers. Roots and logarithms that are not real have their principal value; odd roots of negative real
numbers stay real.

>>> same("3+4i", "3+4j")
False
>>> same(r"i\pi", r"\ln(-1)"), same("2i", r"\sqrt{-4}")
(True, True)

Both roots of a pair must be there, and ``\pm`` gives both.

>>> same("i, -i", r"\pm i"), same(r"2\pm 3i", "2+3i, 2-3i")
(True, True)
>>> same(r"\pm i", "i"), same("i", r"\pm i")
(False, False)

Not the same: the conjugate, the number without i, a pair of coordinates.

>>> same("3+4i", "3-4i"), same("12", "12i"), same("i", "-i"), same("3+4i", "(3,4)")
(False, False, False, False)
"""
