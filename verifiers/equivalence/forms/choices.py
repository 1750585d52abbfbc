r"""Letters of multiple choice, and words.

Accepted: a capital letter alone, in brackets, with a full stop, bracket or colon behind it, in ``\text`` or
``\textbf``, after ``Option`` or ``Choice``. Words: letters, digits, hyphens and apostrophes that begin with
a word.

>>> same("B", "(B)"), same("B", "B."), same("B", r"\textbf{(B)}"), same("B", "Option B")
(True, True, True, True)
>>> same(r"\text{even}", "Even"), same(r"\text{blue whale}", "Blue  Whale"), same("yes", "Yes.")
(True, True, True)
>>> same("July 4", "july 4"), same("7", "seven"), same("seven", "7")
(True, True, True)

Decided: a capital is a choice where gold is one. In small letters it is a variable, unless
``kind="choice"`` says otherwise; the text of the choice may then follow a bracket, full stop or colon.

>>> same("B", "b"), same("B", "b", kind="choice")
(False, True)
>>> same("B", "B: 42"), same("B", "(B) 42"), same("B", "(B) 42", kind="choice")
(False, False, True)

Words are compared without capitals, quotes and extra spaces, and as a whole. A few say the same: ``DNE``
and ``does not exist``; ``no solution``, ``none`` and the empty set. ``kind="text"`` reads as words what
could be mathematics.

>>> same("DNE", "does not exist"), same("no solution", "No real solutions"), same("no solution", r"\emptyset")
(True, True, True)
>>> same("ABC", "abc", kind="text"), same("ABC", "CBA", kind="text")
(True, False)

A run of two to five letters is a word, unless all could be variables (see `polynomials`).

>>> same("ab", "ba"), same("AC", "CA"), same("xy", "yx")
(False, False, True)

Not the same: another letter, two letters, a denial, more words, a synonym that is not listed.

>>> same("B", "C"), same("B", "A, B"), same("B", "B or C"), same("B", "Bob")
(False, False, False, False)
>>> same("even", "not even"), same("even", "odd"), same("yes", "yes or no"), same("yes", "y")
(False, False, False, False)
>>> same("no solution", "0"), status("42", "no solution"), status("7", "I do not know")
(False, 'unparsed', 'unparsed')
"""
