r"""The answer that a response states, found by fixed rules in time linear in its length.

Nothing is guessed from where a number happens to stand. Of a response, only what follows its last closed
``</think>`` counts; a ``<think>`` that is opened after it, or never closed, leaves no answer. Then the rules, of which
the first one that finds anything decides, and the others are not asked:

``boxed``
    ``\boxed{...}`` and ``\fbox{...}``, on one line or several, with balanced braces (``\{`` is no brace; space before
    the brace is allowed). ``\boxed 7`` and a box that is not closed state nothing, and neither does an empty box.
    Of nested boxes the outermost counts: it is unwrapped while it holds a box and nothing else
    (``\boxed{\boxed{7}}`` is ``7``), and an inner box with text beside it is read as brackets
    (``\boxed{x=\boxed{7}}`` is ``x=(7)``). ``%`` starts no comment: ``\boxed{8} %\boxed{7}`` states 8 and 7.
``tag``
    ``<answer>...</answer>``, on one line or several, in any case; from the first opening tag to the closing one.
``label``
    What follows ``Answer:``, ``Final answer:``, ``The answer is``, ``So the answer is:``, ``**Answer:**`` ... at the
    start of a line, or after one of ``. ! ? , ; :`` and a space, up to the end of the line or the next label. A label
    with nothing after it, and a heading ``Final answer``, take the next line that is not empty, or the formula
    displayed there. ``I hope it is correct.`` at the end is dropped. Never cut at a full stop: ``7. Or 8`` is no 7.
``hash``
    ``#### 7``, as GSM8K writes it: the lines with exactly four ``#`` that nothing but such lines follows.
``last_line``
    The last line that is not empty, if it has at most 200 characters, or the formula displayed there; a leading
    ``So``, ``Thus``, ``Hence`` or ``Therefore`` is dropped. Nothing else is: the line as a whole is the answer,
    so ``2 + 5 = 7`` is read as that chain of equations, and a sentence that ends in a number is not that number.
    A line with a label, a box or a tag that states nothing is no answer.

The last three take Markdown's emphasis and one final full stop off. Statements under the deciding rule that differ,
white space aside, are a conflict, and the response has no one answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias, get_args

from synthgym.errors import SettingError, shown, suggestion

Rule: TypeAlias = Literal["boxed", "tag", "label", "hash", "last_line"]
RULES: tuple[Rule, ...] = get_args(Rule)
Fault: TypeAlias = Literal["no_answer", "unclosed_think", "too_large"]

MAX_RESPONSE = 1_000_000
"""Characters; a longer response is not read, so that reading one ends within half a second."""
MAX_LAST_LINE = 200
"""Characters of a last line that may be an answer."""
_DISPLAY_WINDOW = 400  # characters in which a displayed formula must end, so that looking for it stays linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a response states.

    Attributes:
        answer: the one answer; None if there is none, or a conflict.
        rule: the rule that decided; empty if none found anything.
        conflict: all statements of that rule, where they differ; equal ones may be among them (``1/2``, ``0.5``).
        fault: why nothing is stated: ``no_answer``, ``unclosed_think``, ``too_large``; else None.
    """

    answer: str | None = None
    rule: Rule | Literal[""] = ""
    conflict: tuple[str, ...] = ()
    fault: Fault | None = None


def extract(response: str, *, where: Rule | Sequence[Rule] = RULES) -> Extracted:
    """What `response` states, by the rules `where` in that order (see the module). Never raises for any text.

    Raises:
        SettingError: if `where` names no rule.
    """
    rules = settled_rules(where)
    if len(response) > MAX_RESPONSE:
        return Extracted(fault="too_large")
    text = _after_thinking(response)
    if text is None:
        return Extracted(fault="unclosed_think")
    for rule in rules:
        distinct: dict[str, str] = {}
        for statement in _FINDERS[rule](text):
            distinct.setdefault(" ".join(statement.split()), statement)
        if len(distinct) > 1:
            return Extracted(rule=rule, conflict=tuple(distinct.values()))
        for statement in distinct.values():
            return Extracted(rule=rule, answer=statement)
    return Extracted(fault="no_answer")


def settled_rules(where: Rule | Sequence[Rule]) -> tuple[Rule, ...]:
    """`where`, checked.

    Raises:
        SettingError: if it is no sequence of rules, or empty.
    """
    names: tuple[Rule, ...] = tuple([where] if isinstance(where, str) else where)
    for name in names:
        if name not in RULES:
            raise SettingError(f"no rule {shown(name)} for finding answers{suggestion(str(name), RULES)}")
    if not names:
        raise SettingError(f"where is empty; it takes one or more of {', '.join(RULES)}")
    return names


def boxed(text: str) -> list[str]:
    r"""The contents of every box in `text` by the rule ``boxed``, in order."""
    start = _BOX.search(text)
    boxes = sorted(_closed_boxes(text, start.start())) if start else []
    found: list[str] = []
    first = 0
    while first < len(boxes):
        after = first + 1
        while after < len(boxes) and boxes[after].opening < boxes[first].closing:
            after += 1
        found.append(_content(text, boxes[first:after]))
        first = after
    return [content for content in found if content]


class _Box(NamedTuple):
    """Where a box's command, its content and its closing brace stand."""

    opening: int
    content: int
    closing: int


_NAME = r"\\(?:boxed|fbox)"
_BOX = re.compile(_NAME + r"\s*+\{")
# The second alternative keeps a doubled backslash, as in JSON, from hiding a box.
_TOKEN = re.compile(rf"({_NAME}\s*+\{{)|\\(?={_NAME}(?![a-zA-Z]))|\\[\s\S]?|(\{{)|(\}})")
_THINK = re.compile(r"<(/?)think>", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE | re.ASCII)
_ANSWER = re.compile("answer", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(
    r"(?:^[ \t>*_#]{0,16}|(?<=[.!?,;:][ \t])[*_]{0,3})"
    r"(?:(?:and|so|then|thus|hence|therefore),?[ \t]{1,4})?(?:(?:the|my|our)[ \t]{1,4})?"
    r"(?:(?:final|correct)[ \t]{1,4})?answer"
    r"(?:[*_]{0,3}[ \t]{0,4}:[*_]{0,3}|[ \t]{1,4}is\b[ \t]{0,4}:?[*_]{0,3}|[*_]{0,3}[ \t]{0,4}\r?$)",
    re.IGNORECASE | re.ASCII | re.MULTILINE,
)
_HOPE = re.compile(r"\.?[ \t]{0,4}I hope (?:it|this) is correct\.?$", re.IGNORECASE | re.ASCII)
_HOPE_WINDOW = 40
_SO = re.compile(r"(?:so|thus|hence|therefore),?[ \t]+", re.IGNORECASE | re.ASCII)
_SPACE = re.compile(r"\s*+")
_OPENED = re.compile(_NAME + r"(?![a-zA-Z])|</?answer>", re.IGNORECASE | re.ASCII)
_DISPLAYS = {"\\[": "\\]", "$$": "$$"}


def _after_thinking(text: str) -> str | None:
    tags = [(tag.end(), bool(tag[1])) for tag in _THINK.finditer(text)]
    end, closed = tags[-1] if tags else (0, True)
    return text[end:] if closed else None


def _closed_boxes(text: str, start: int) -> list[_Box]:
    closed: list[_Box] = []
    stack: list[tuple[int, int] | None] = []
    for token in _TOKEN.finditer(text, start):
        kind = token.lastindex
        if kind == 1:
            stack.append(token.span())
        elif kind == 2:
            stack.append(None)
        elif kind == 3 and stack:
            opened = stack.pop()
            if opened is not None:
                closed.append(_Box(*opened, token.start()))
    return closed


def _content(text: str, family: list[_Box]) -> str:
    """What an outermost box says; `family` is that box and those within it, by where they open."""
    at = 0
    while at + 1 < len(family):
        outer, inner = family[at], family[at + 1]
        beside = text[outer.content : inner.opening], text[inner.closing + 1 : outer.closing]
        if any(part.strip(" \t\r\n$") for part in beside):
            break
        at += 1
    outer, within = family[at], family[at + 1 :]
    marks = [(box.opening, box.content, "(") for box in within]
    marks += [(box.closing, box.closing + 1, ")") for box in within]
    pieces: list[str] = []
    position = outer.content
    for start, end, bracket in sorted(marks):
        pieces += [text[position:start], bracket]
        position = end
    return "".join([*pieces, text[position : outer.closing]]).strip()


def _tagged(text: str) -> list[str]:
    found: list[str] = []
    start: int | None = None
    for tag in _TAG.finditer(text):
        if not tag[1]:
            start = tag.end() if start is None else start
        elif start is not None:
            found.append(text[start : tag.start()].strip())
            start = None
    return [content for content in found if content]


def _labelled(text: str) -> list[str]:
    labels = [label.span() for label in _LABEL.finditer(text)] if _ANSWER.search(text) else []
    found: list[str] = []
    for (_, start), (limit, _) in pairwise([*labels, (len(text), len(text))]):
        statement = _line(text, start, limit).rstrip()
        if not statement.strip(" \t*_"):
            statement = _next_block(text, start + len(statement), limit).rstrip()
        found.append(_bare(statement[:-_HOPE_WINDOW] + _HOPE.sub("", statement[-_HOPE_WINDOW:])))
    return [content for content in found if content]


def _line(text: str, start: int, limit: int) -> str:
    end = text.find("\n", start, limit)
    return text[start : limit if end < 0 else end]


def _next_block(text: str, start: int, limit: int) -> str:
    """The first line from `start` that is not empty, or the formula displayed there; nothing beyond `limit`."""
    rest = _SPACE.match(text, start, limit)
    start = rest.end() if rest else start
    line = _line(text, start, limit)
    closing = _DISPLAYS.get(line.strip())
    if closing is None:
        return line
    begin = start + len(line)
    end = text.find(closing, begin, min(limit, begin + _DISPLAY_WINDOW))
    return text[begin:end] if end >= 0 else ""


def _hashed(text: str) -> list[str]:
    found: list[str] = []
    if "####" not in text:
        return found
    for line in reversed(text.split("\n")):
        line = line.strip()
        if line and not (line.startswith("####") and line[4:5] != "#"):
            break
        found.append(_bare(line[4:]))
    return [content for content in reversed(found) if content]


def _last_line(text: str) -> list[str]:
    text = text.rstrip()
    line = text[text.rfind("\n") + 1 :].strip()
    for opening, closing in _DISPLAYS.items():
        if line == closing:
            end = len(text) - len(closing)
            start = text.rfind(opening, max(0, end - _DISPLAY_WINDOW), end)
            line = text[start + len(opening) : end].strip() if start >= 0 else ""
    if len(line) > MAX_LAST_LINE or _states_nothing(line):
        return []
    line = _bare(line)
    opener = _SO.match(line)
    line = line[opener.end() :] if opener else line
    return [line] if line else []


def _states_nothing(line: str) -> bool:
    """Whether `line` is a label, or holds boxes or tags, and no statement."""
    if _LABEL.fullmatch(line):
        return True
    return bool(_OPENED.search(line)) and not boxed(line) and not _tagged(line)


def _bare(text: str) -> str:
    """`text` without Markdown's emphasis around it, and without one final full stop."""
    text = text.strip().strip("*_`").strip()
    if text.endswith(".") and not text.endswith(".."):
        text = text[:-1].strip().strip("*_`")
    return text.strip()


_FINDERS: dict[Rule, Callable[[str], list[str]]] = {
    "boxed": boxed,
    "tag": _tagged,
    "label": _labelled,
    "hash": _hashed,
    "last_line": _last_line,
}
