r"""Matrices and column vectors.

Accepted: the environments ``pmatrix``, ``bmatrix``, ``Bmatrix``, ``matrix``, ``smallmatrix`` and ``array``,
in brackets or none; rows in square brackets, ``[[1,2],[3,4]]``; a number before the matrix; a name and
``=`` before it.

>>> gold = r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"
>>> same(gold, r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"), same(gold, "[[1,2],[3,4]]")
(True, True)
>>> same(gold, r"\left(\begin{array}{cc}1&2\\3&4\end{array}\right)"), same(gold, "A=" + gold)
(True, True)
>>> same(gold, r"\begin{pmatrix}1.0&\frac{4}{2}\\\sqrt{9}&4\\\end{pmatrix}")
True
>>> same(r"\begin{pmatrix}1&2\end{pmatrix}", r"\frac{1}{2}\begin{pmatrix}2&4\end{pmatrix}")
True
>>> same(r"\begin{pmatrix}1\\2\end{pmatrix}", "[[1],[2]]")
True
>>> same("[[x,y],[y,x^2]]", r"\begin{bmatrix}x&y\\y&x\cdot x\end{bmatrix}")
True

Decided: entries are compared one by one, a tolerance holds for each, and the kind of brackets does not
count.

>>> same(gold, r"\begin{pmatrix}1&2\\3&4.1\end{pmatrix}", tolerance="0.2")
True

A column is no row, and neither is a tuple: a question that means a vector by either has its gold in the
form it asks for.

>>> same(r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}")
False
>>> same(r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"), same(r"\begin{bmatrix}1&2\end{bmatrix}", "[1,2]")
(False, False)

Not the same: the transpose, another shape, the entries in a row. Sums and products of matrices are not
worked out, determinants are not read, and rows must have one length.

>>> same(gold, "[[1,3],[2,4]]"), same(gold, "[[1,2,3,4]]"), same(gold, "1,2,3,4")
(False, False, False)
>>> status(gold, r"\begin{pmatrix}1&2\\3\end{pmatrix}"), status("-2", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}")
('unparsed', 'unparsed')
"""
