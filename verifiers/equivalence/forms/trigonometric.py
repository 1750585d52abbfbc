r"""Trigonometric and hyperbolic forms, and angles.

Accepted: ``\sin x``, ``\sin(x)``, ``sin(x)``, ``\operatorname{sin}(x)``; ``tg``, ``ctg``, ``cosec`` and
``arctg`` too; ``\arcsin``, ``asin``, ``\sin^{-1}``; ``\sinh`` and its like. Angles have ``^\circ``, ``°``,
``\degree`` or ``degrees``.

>>> same(r"\sin 2x", "sin(2x)"), same(r"\sin 2x", r"2\sin x\cos x"), same(r"\cos 2x", r"1-2\sin^2 x")
(True, True, True)
>>> same(r"\sec^2 y", r"1+\tan^2 y"), same(r"\tan\frac{x}{2}", r"\frac{\sin x}{1+\cos x}")
(True, True)
>>> same(r"\tan x", "tg x"), same(r"\arctan x", "arctg x"), same(r"\arcsin x", "asin(x)")
(True, True, True)
>>> same(r"\sinh x", r"\frac{e^x-e^{-x}}{2}"), same(r"\cos x", r"\cos(x+2\pi)")
(True, True)
>>> same(r"\frac{\sqrt{3}}{2}", r"\sin 60^\circ"), same(r"\frac{\sqrt{3}}{2}", "cos(30°)")
(True, True)
>>> same(r"\frac{1}{8}", r"\cos 20^\circ\cos 40^\circ\cos 80^\circ")
True

Decided: without brackets a function takes the product that follows, up to the next function or sign:
``\sin 2x`` is sin(2x). A power before the argument is one of the value, except -1, which inverts the
function.

>>> same(r"\sin x\cos y", "sin(x)cos(y)"), same(r"\sin 2x", r"(\sin 2)x"), same(r"\sin x^2", r"\sin(x^2)")
(True, False, True)
>>> same(r"\sin^2 x", r"(\sin x)^2"), same(r"\sin^{-1} x", r"\arcsin x"), same(r"\sin^{-1} x", r"1/\sin x")
(True, True, False)

Angles are in radians unless they have the sign. 30° is π/6. As an answer on its own an angle may drop its
sign or gain it.

>>> same(r"30^\circ", r"\frac{\pi}{6}"), same(r"30^\circ", "30"), same("30", r"30^\circ")
(True, True, True)
>>> same(r"\sin 30^\circ", r"\sin 30"), same(r"30^\circ", "0.5236")
(False, False)

Not the same: identities that hold on a part of the line only, near misses.

>>> same("x", r"\arcsin(\sin x)"), same("x", r"\sin(\arcsin x)")
(False, True)
>>> same(r"\sin x", r"\cos x"), same(r"\sin x", r"\sin(x+10^{-30})"), same(r"\sin x^2", r"\sin^2 x")
(False, False, False)
"""
