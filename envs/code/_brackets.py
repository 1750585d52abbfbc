"""Strings of brackets: which of them match, how far a string is from a balanced one, and how to repair it.

An edit inserts, deletes or replaces one bracket.
"""

from collections.abc import Sequence

PARTNER = {"(": ")", "[": "]", "<": ">"}
OPENER = {closer: opener for opener, closer in PARTNER.items()}
OPENERS = "".join(PARTNER)
BRACKETS = "".join(opener + closer for opener, closer in PARTNER.items())


def unmatched(text: str) -> list[int]:
    """The positions left when neighbouring brackets that match are taken out, again and again."""
    left: list[int] = []
    for at, bracket in enumerate(text):
        if left and PARTNER.get(text[left[-1]]) == bracket:
            left.pop()
        else:
            left.append(at)
    return left


def blanked(text: str) -> str:
    """`text` with a dot for every bracket that is not among the `unmatched`."""
    left = set(unmatched(text))
    return "".join(bracket if at in left else "." for at, bracket in enumerate(text))


def distance(text: str) -> int:
    """The fewest edits that make `text` balanced.

    Taking neighbouring brackets that match out first changes nothing: whatever repair ties them to other
    brackets costs no less than tying them to each other and those others among themselves.
    """
    rest = "".join(text[at] for at in unmatched(text))
    return _costs(rest)[0][len(rest)]


def repair(text: str) -> list[str]:
    """`text` after one edit, after two, and so on to a balanced string; as few edits as possible.

    A bracket that cannot be tied to another is deleted, else one of the two is replaced, the later one if
    the earlier one opens.
    """
    left = unmatched(text)
    rest = "".join(text[at] for at in left)
    edits = sorted((left[at], bracket) for at, bracket in _edits(rest, _costs(rest), 0, len(rest)))
    results: list[str] = []
    shift = 0
    for at, bracket in edits:
        text = text[: at + shift] + bracket + text[at + shift + 1 :]
        shift += len(bracket) - 1
        results.append(text)
    return results


def within(text: str, other: str, most: int) -> bool:
    """Whether at most `most` edits turn `text` into `other`."""
    if abs(len(text) - len(other)) > most:
        return False
    row = list(range(len(other) + 1))
    for i, bracket in enumerate(text, 1):
        before, row = row, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (bracket != wanted)))
        if min(row) > most:
            return False
    return row[-1] <= most


def _pair_cost(first: str, second: str) -> int:
    """Edits that make a matching pair of two brackets, in this order."""
    if PARTNER.get(first) == second:
        return 0
    return 2 if first in OPENER and second in PARTNER else 1


def _costs(text: str) -> Sequence[Sequence[int]]:
    """``costs[i][j]``: the fewest edits that make ``text[i:j]`` balanced."""
    size = len(text)
    costs = [[0] * (size + 1) for _ in range(size + 2)]
    for i in range(size - 1, -1, -1):
        for j in range(i + 1, size + 1):  # the first bracket is left alone, or tied to a later one
            alone = 1 + costs[i + 1][j]
            tied = (_tied(text, costs, i, m, j) for m in range(i + 1, j))
            costs[i][j] = min(alone, min(tied, default=alone))
    return costs


def _tied(text: str, costs: Sequence[Sequence[int]], i: int, m: int, j: int) -> int:
    return costs[i + 1][m] + _pair_cost(text[i], text[m]) + costs[m + 1][j]


def _edits(text: str, costs: Sequence[Sequence[int]], i: int, j: int) -> list[tuple[int, str]]:
    """Positions in ``text[i:j]`` with the bracket to put there, or with "" to delete the one there."""
    edits: list[tuple[int, str]] = []
    while i < j:
        for m in range(i + 1, j):
            if _tied(text, costs, i, m, j) == costs[i][j]:
                edits += _edits(text, costs, i + 1, m) + _tie(text, i, m)
                i = m + 1
                break
        else:
            edits.append((i, ""))
            i += 1
    return edits


def _tie(text: str, first: int, second: int) -> list[tuple[int, str]]:
    """The edits that make a matching pair of two brackets."""
    models = [at for at, side in ((first, PARTNER), (second, OPENER)) if text[at] in side]
    model = text[models[0] if models else first]
    opener = OPENER.get(model, model)
    wanted = ((first, opener), (second, PARTNER[opener]))
    return [(at, bracket) for at, bracket in wanted if text[at] != bracket]
