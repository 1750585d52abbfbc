"""The one place where an answer and its steps are extracted from a completion.

Rules:

- A step is a line. Steps are the non-empty lines before the first line with a final answer.
- A final answer is what follows ``Answer:`` on a line (any case, ``Final answer:`` too), what stands in
  ``\\boxed{...}`` or in ``<answer>...</answer>`` on one line; and, in the format ``equals``, what follows a
  line's leading ``=``.
- Wrapping is taken off the answer: white space, ``$...$``, ``\\(...\\)``, backticks, ``**...**``, ``\\boxed{...}``,
  ``\\text{...}``, one final full stop; Unicode minus signs become ``-``, full-width characters ASCII.
- Final answers that differ (white space and case aside) conflict, and a conflicting response is wrong.
- A tag or a box that is not closed on its line is not an answer.
- Where the answer is code (the formats ``bare`` and ``fenced``), it is the block between two lines of three
  backticks, or the whole completion if there is no such line; it is taken as it stands. Its lines are steps, as
  are those before it. Blocks that differ conflict.
- A completion longer than `MAX_COMPLETION` characters, or an answer longer than `MAX_ANSWER`, is not read.
"""

import re
from dataclasses import dataclass

from synthgym.errors import SettingError, shown, suggestion
from synthgym.types import Response, Solution, Span, Task

MAX_COMPLETION = 1 << 16
"""Characters; a longer completion is wrong without being read, so that judging ends in time."""
MAX_ANSWER = 1 << 12
"""Characters; likewise for the answer."""
MAX_CODE = 1 << 14
"""Characters; likewise for an answer that is code."""


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """How a final answer is written, and how a prompt asks for it.

    Attributes:
        code: the answer is a block of lines, taken as it stands.
    """

    opening: str
    closing: str
    instruction: str
    code: bool = False


ANSWER_FORMATS: dict[str, AnswerFormat] = {
    "equals": AnswerFormat("=", "", "End with a line that starts with '=', followed by the final answer."),
    "line": AnswerFormat("Answer: ", "", "End with a line 'Answer:', followed by the final answer."),
    "boxed": AnswerFormat("\\boxed{", "}", "End with the final answer in \\boxed{}."),
    "tag": AnswerFormat("<answer>", "</answer>", "End with the final answer in <answer></answer>."),
    "bare": AnswerFormat("", "", "Reply with the code and nothing else.", code=True),
    "fenced": AnswerFormat("```\n", "\n```", "Put the code in one block between lines of ```.", code=True),
}
LINE_FORMATS = tuple(name for name, form in ANSWER_FORMATS.items() if not form.code)
"""Those of an answer that stands on a line."""
CODE_FORMATS = tuple(name for name, form in ANSWER_FORMATS.items() if form.code)
"""Those of an answer that is code."""


def answer_format(name: str) -> AnswerFormat:
    """The format of that name.

    Raises:
        SettingError: when there is none.
    """
    if name not in ANSWER_FORMATS:
        raise SettingError(f"no answer format named {shown(name)}{suggestion(name, ANSWER_FORMATS)}")
    return ANSWER_FORMATS[name]


def render(solution: Solution, format_name: str) -> str:
    """The completion that writes `solution` down: a step a line, then the final answer."""
    form = answer_format(format_name)
    lines = [step.text for step in solution.steps]
    return "\n".join([*lines, f"{form.opening}{solution.answer}{form.closing}"])


def parse(task: Task, completion: str) -> Response:
    """What `completion` says: its steps, its final answer, and where they stand. Never raises."""
    if len(completion) > MAX_COMPLETION:
        return Response(completion=completion, fault=f"too long: {len(completion)} > {MAX_COMPLETION}")
    if answer_format(task.answer_format).code:
        return _parse_code(completion)
    steps: list[Span] = []
    trailing: list[Span] = []
    stated: list[str] = []
    answer_span: Span | None = None
    for line in _lines(completion):
        found = _final_answers(line.text, task.answer_format)
        if found:
            stated += found
        if answer_span is not None:
            trailing.append(line)
        elif found:
            answer_span = line
        else:
            steps.append(line)
    answer, fault = _settle(stated)
    return Response(
        completion=completion,
        steps=tuple(steps),
        answer=answer,
        answer_span=answer_span,
        trailing=tuple(trailing),
        fault=fault,
    )


def squeeze(text: str) -> str:
    """`text` without white space, but for one space between words or numbers."""
    joined = " ".join(text.split())
    return _LOOSE.sub("", joined) if " " in joined else joined


def fold(text: str) -> str:
    """`text` without case, squeezed: ``[1, 2]`` and ``[1,2]`` say the same thing, ``1 2`` and ``12`` do not."""
    return squeeze(text).casefold()


def unwrap(answer: str) -> str:
    """`answer` without the wrapping that formatting puts round it."""
    text = (answer if answer.isascii() else answer.translate(_PLAIN)).strip()
    while text[:1] in _OPENERS or text[-1:] == ".":
        bare = _unwrap_once(text).strip()
        if bare == text:
            break
        text = bare
    return text


_LOOSE = re.compile(r"(?<=\W) | (?=\W)")
# Not NFKC, which would glue what is written above the line to what stands on it: 5 squared is not 52.
_PLAIN = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_PLAIN |= {ord(sign): "-" for sign in "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"}
_PLAIN |= {ord(space): " " for space in "\u00a0\u2002\u2003\u2009\u202f\u3000"}
_PAIRS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
_OPENERS = ("$", "\\", "*", "`")
"""What a text begins with that `_unwrap_once` may shorten, but for a full stop at its end."""
_LABEL = re.compile(
    r"[\s>*_#]*(?:the\s+)?(?:final\s+)?answer(?:\s+is)?[*_]*\s*:[*_]*(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)
_FENCE = re.compile(r"```[^`]*\Z")
_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")


def _lines(completion: str) -> list[Span]:
    found, start = list[Span](), 0
    for raw in completion.split("\n"):
        text = raw.strip()
        if text:
            offset = start + raw.index(text)
            found.append(Span(offset, offset + len(text), text))
        start += len(raw) + 1
    return found


def _parse_code(completion: str) -> Response:
    blocks, fenced = _blocks(completion)
    if not fenced:
        blocks = [Span(0, len(completion.rstrip()), completion.rstrip())]
    codes = list(dict.fromkeys(block.text for block in blocks if block.text.strip()))
    if len(codes) != 1:
        stated = ", ".join(shown(code, 20) for code in codes[:4])
        fault = f"conflicting answers: {stated}" if codes else "no answer"
        return Response(completion=completion, steps=tuple(_lines(completion)), fault=fault)
    body = next(block for block in blocks if block.text == codes[0])
    if len(codes[0]) > MAX_CODE:
        fault = f"answer too long: {len(codes[0])} > {MAX_CODE}"
        return Response(completion=completion, steps=tuple(_lines(completion)), fault=fault)
    lines = [line for line in _lines(completion) if not (fenced and _FENCE.match(line.text))]
    return Response(
        completion=completion,
        steps=tuple(line for line in lines if line.start < body.end),
        answer=codes[0],
        body=body,
        trailing=tuple(line for line in lines if line.start >= body.end),
    )


def _blocks(completion: str) -> tuple[list[Span], bool]:
    """The closed blocks between fences, and whether there is any fence."""
    found: list[Span] = []
    opened: int | None = None
    fenced, start = False, 0
    for raw in completion.split("\n"):
        after = start + len(raw) + 1
        if _FENCE.match(raw.strip()):
            fenced = True
            if opened is None:
                opened = after
            else:
                text = completion[opened:start].rstrip()
                found.append(Span(opened, opened + len(text), text))
                opened = None
        start = after
    return found, fenced


def _final_answers(line: str, format_name: str) -> list[str]:
    if format_name == "equals" and line.startswith("="):
        return [line[1:]]
    if ":" in line and (label := _LABEL.match(line)):
        return [label["answer"]]
    tagged = _tagged(line) if "<" in line else []
    return tagged + _boxed(line) if "\\" in line else tagged


def _tagged(line: str) -> list[str]:
    """The contents of every ``<answer>...</answer>`` in `line`; scanned by hand to stay linear."""
    found: list[str] = []
    start: int | None = None
    for tag in _TAG.finditer(line):
        if not tag[1]:
            start = tag.end() if start is None else start
        elif start is not None:
            found.append(line[start : tag.start()])
            start = None
    return found


def _boxed(line: str) -> list[str]:
    """The contents of every balanced ``\\boxed{...}`` in `line`, outermost ones only."""
    found: list[str] = []
    position = line.find("\\boxed{")
    while position >= 0:
        start = position + len("\\boxed{")
        end = _closing_brace(line, start)
        if end is None:
            return found
        found.append(line[start:end])
        position = line.find("\\boxed{", end)
    return found


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return None


def _unwrap_once(text: str) -> str:
    for opening, closing in _PAIRS:
        inner = text[len(opening) : len(text) - len(closing)]
        if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
            return inner if opening[0] not in inner or len(opening) > 1 else text
    for command in ("\\boxed{", "\\text{", "\\mathrm{"):
        if text.startswith(command) and _closing_brace(text, len(command)) == len(text) - 1:
            return text[len(command) : -1]
    if text.endswith(".") and not text.endswith(".."):
        return text[:-1]
    return text


def _settle(stated: list[str]) -> tuple[str | None, str | None]:
    """The answer to judge and the fault, from every final answer stated."""
    if not stated:
        return None, "no answer"
    longest = max(map(len, stated))
    if longest > MAX_ANSWER:
        return None, f"answer too long: {longest} > {MAX_ANSWER}"
    answers = {fold(bare): bare for bare in map(unwrap, stated)}
    if len(answers) > 1:
        return (
            None,
            f"conflicting answers: {', '.join(shown(text, 20) for text in list(answers.values())[:4])}",
        )
    answer = next(iter(answers.values()), "")
    return (answer, None) if answer else (None, "no answer")
