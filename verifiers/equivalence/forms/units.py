r"""Units of measure, money, times of day.

Accepted: metric units with their prefixes, by sign or name; inch, foot, yard, mile, acre, pound, ounce,
gallon; seconds to years; degrees; dollars, euros, pounds, yen; ``square``, ``cubic``, ``m^2``, ``m²``;
``m/s``, ``per``. Upright (``\text{ cm}``) or plain.

>>> same(r"8\text{ cm}", "8 cm"), same(r"8\text{ cm}", r"8\,\mathrm{cm}"), same("8 cm", "8 centimeters")
(True, True, True)
>>> same(r"24\text{ m}^2", "24 square meters"), same("73 mph", "73 miles per hour"), same("5 km/h", "5 kph")
(True, True, True)
>>> same(r"\$5", "5 dollars"), same(r"\$1,250.50", "$1250.5"), same("3:30 p.m.", "3:30 PM")
(True, True, True)

Decided: where only one side has a unit, the number decides; the unit was part of the question. Where both
have one, what is measured must be the same, and the values once they are scaled.

>>> same("8 cm", "8"), same("8", "8 cm"), same("8", "8 apples"), same(r"\$5", "5")
(True, True, True, True)
>>> same("8 cm", "80 mm"), same("1 inch", "2.54 cm"), same("36 km/h", "10 m/s"), same("1 L", "1000 cm^3")
(True, True, True, True)
>>> same("2 hours", "120 minutes"), same("1 year", "12 months"), same(r"\$5", "500 cents")
(True, True, True)

Temperatures do not convert, since their zeros differ, and neither do currencies. A plural noun that is no
unit is what is counted, and is compared as a word.

>>> same("20°C", r"20^\circ C"), same("20°C", "68°F"), same(r"\$5", "€5")
(True, False, False)
>>> same("5 apples", "5 apples"), same("5 apples", "5 oranges"), same("8 cm", "8 apples")
(True, False, False)

Angles in degrees convert to radians (see `trigonometric`), percentages to numbers (see `percents`).

Not the same: another measure, another power, words beside the unit.

>>> same("8 cm", "8 m"), same("8 cm", "8 kg"), same(r"24\text{ m}^2", "24 m"), same("3:30 pm", "3:30 am")
(False, False, False, False)
>>> same("5", "5x"), same("8 cm", "8 cm or 9 cm")
(False, False)
>>> status("8 cm", "8 cm tall")
'unparsed'
"""
