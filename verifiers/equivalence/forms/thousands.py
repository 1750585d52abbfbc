r"""Separators of thousands.

Accepted: groups of three digits with commas, ``1,000,000``; with LaTeX's ``{,}`` or ``,\!``; with spaces,
plain, thin (``\,``) or hard; decimals behind them.

>>> same("1000000", "1,000,000"), same("1000000", "1 000 000"), same("1000000", r"1\,000\,000")
(True, True, True)
>>> same("1000000", "1{,}000{,}000"), same("1000000", r"1,\!000,\!000"), same("1000", "1\u202f000")
(True, True, True)
>>> same("1,000,000", "10^6"), same("1,000,000", "1e6"), same("1,000,000", "one million")
(True, True, True)
>>> same("98765.4321", "98,765.4321"), same("-45000", "-45,000"), same(r"\$1250", r"\$1,250")
(True, True, True)
>>> same(r"\frac{123456}{1000}", r"\frac{123,456}{1,000}")
True

Decided: all groups but the first have three digits, and no space stands beside a comma; anything else is a
list, or is not read. A list of numbers of three digits needs spaces behind its commas, or ``kind="list"``.

>>> same("1000", "1, 000"), same("1234567", "12,34,567"), same("1234", "12,34"), same("123", "0,123")
(False, False, False, False)
>>> same("100, 200", "200, 100"), same("100,200", "100200"), same("100,200", "200,100", kind="list")
(True, True, True)

In round, square or set brackets a comma always separates items.

>>> same("(1,234)", "(1, 234)"), same("(1,234)", "(1234)"), same(r"\{1,234\}", r"\{234, 1\}")
(True, False, True)

Not read: points, apostrophes and underscores between groups. ``1.234`` is a decimal.

>>> same("1234", "1.234"), same("1,000", "1.000")
(False, False)
>>> status("1000000", "1.000.000"), status("1000000", "1'000'000"), status("1000000", "1_000_000")
('unparsed', 'unparsed', 'unparsed')
"""
