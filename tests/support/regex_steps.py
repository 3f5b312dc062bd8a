"""Counts the steps of a backtracking regular expression engine, and makes inputs to slow it down.

`re` cannot say how many steps a search takes, and its time depends on the machine. So the parse
tree of a pattern is run here by an engine that backtracks as `re` does and counts: each node that
is tried is a step, and each character that a repeated character class takes.
"""

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

MAX_ATTACKS = 120  # texts for one pattern
SMALL_BOUND = 15  # for `largest_bound`, and for the texts
MAX_STEPS = 1_000_000  # of the engine's own loop; a search that needs more is called too slow
_FLAGS = re.IGNORECASE | re.DOTALL | re.MULTILINE | re.ASCII
_PROBES = " a1.,-A_\n\t<>(){}[]\"'\\:;/@%&#=+*~^$|!?é中\u0301\0"
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
_PLACES = {
    sre.AT_BEGINNING: "^",
    sre.AT_BEGINNING_STRING: r"\A",
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
    sre.AT_END: "$",
    sre.AT_END_STRING: r"\Z",
}
_ONE_CHARACTER = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}


class TooManyStepsError(Exception):
    """The search takes more than `MAX_STEPS` steps."""


def _text(pattern: "re.Pattern[Any]") -> str:
    source = pattern.pattern
    return source.decode("latin-1") if isinstance(source, bytes) else str(source)


def _flags(pattern: "re.Pattern[Any]") -> int:
    is_bytes = isinstance(pattern.pattern, bytes)
    return pattern.flags & int(_FLAGS) | (int(re.ASCII) if is_bytes else 0)


def _class(node: tuple[Any, Any]) -> str:
    """Returns the source of a pattern for one character."""
    kind, value = node
    if kind is sre.LITERAL:
        return re.escape(chr(value))
    if kind is sre.NOT_LITERAL:
        return f"[^{re.escape(chr(value))}]"
    if kind is sre.ANY:
        return "."
    parts: list[str] = []
    for item, argument in value:
        if item is sre.NEGATE:
            parts.append("^")
        elif item is sre.LITERAL:
            parts.append(re.escape(chr(argument)))
        elif item is sre.RANGE:
            parts.append(f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}")
        else:
            parts.append(_CATEGORIES[argument])
    return f"[{''.join(parts)}]"


# An instruction is a name and its arguments; a program is a list of instructions.
_Program = list[tuple[Any, ...]]


class _Compiler:
    """Translates a parse tree into a program for the backtracking engine."""

    def __init__(self, largest_bound: int | None) -> None:
        self.counters = 0
        self._largest = largest_bound

    def sequence(self, nodes: Iterable[Any], flags: int, program: _Program) -> None:
        for node in nodes:
            self._node(node, flags, program)

    def program(self, nodes: Iterable[Any], flags: int) -> _Program:
        program: _Program = []
        self.sequence(nodes, flags, program)
        program.append(("match",))
        return program

    def _node(self, node: Any, flags: int, program: _Program) -> None:  # noqa: C901 - one kind each
        kind, value = node
        if kind in _ONE_CHARACTER:
            program.append(("char", re.compile(_class(node), flags)))
        elif kind is sre.AT:
            program.append(("place", re.compile(_PLACES[value], flags)))
        elif kind is sre.SUBPATTERN:
            group, added, removed, inner = value
            if group is not None:
                program.append(("save", 2 * group))
            self.sequence(inner, (flags | added) & ~removed & int(_FLAGS), program)
            if group is not None:
                program.append(("save", 2 * group + 1))
        elif kind is sre.ATOMIC_GROUP:
            program.append(("atomic", self.program(value, flags)))
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, inner = value
            width = inner.getwidth()[0] if direction < 0 else 0
            program.append(("look", self.program(inner, flags), width, kind is sre.ASSERT))
        elif kind is sre.GROUPREF:
            program.append(("reference", value, bool(flags & re.IGNORECASE)))
        elif kind is sre.BRANCH:
            self._branch(value[1], flags, program)
        elif kind in _REPEATS:
            self._repeat(kind, value, flags, program)
        else:
            raise NotImplementedError(str(kind))

    def _branch(self, branches: list[Any], flags: int, program: _Program) -> None:
        jumps: list[int] = []
        for branch in branches[:-1]:
            split = len(program)
            program.append(())
            self.sequence(branch, flags, program)
            jumps.append(len(program))
            program.append(())
            program[split] = ("split", split + 1, len(program))
        self.sequence(branches[-1], flags, program)
        for jump in jumps:
            program[jump] = ("jump", len(program))

    def _repeat(self, kind: Any, value: Any, flags: int, program: _Program) -> None:
        low, high, inner = value
        high = None if high in (sre.MAXREPEAT, None) else int(high)
        if self._largest is not None:
            low, high = (bound and min(bound, self._largest) for bound in (low, high))
        if len(inner) == 1 and inner[0][0] in _ONE_CHARACTER:
            name = {sre.MAX_REPEAT: "most", sre.MIN_REPEAT: "least"}.get(kind, "all")
            one = _class(inner[0])
            run = re.compile(f"(?:{one}){{0,{'' if high is None else high}}}+", flags)
            program.append((name, run, low))
            return
        if kind is sre.POSSESSIVE_REPEAT:
            program.append(("atomic", self.program([(sre.MAX_REPEAT, (low, high, inner))], flags)))
            return
        counter = self.counters
        self.counters += 1
        program.append(("start", counter))
        loop = len(program)
        program.append(())
        self.sequence(inner, flags, program)
        program.append(("jump", loop))
        lazy = kind is sre.MIN_REPEAT
        program[loop] = ("loop", counter, low, high, loop + 1, len(program), lazy)


class _FirstCharacter:
    """What a program does at a place whose character no match can begin with.

    Such a place fails after the same steps wherever it is, except for the places (`\\b`, `^`)
    that are true there. Most of the places of a text are such, so they are not run one by one.

    Args:
        program: The program.
        pc: The instruction to begin with.

    Raises:
        NotImplementedError: The program does not begin with characters alone there.
    """

    def __init__(self, program: _Program, pc: int) -> None:
        self._first: list[re.Pattern[str]] = []
        self._places: list[tuple[re.Pattern[str], int]] = []  # what follows where it is true
        self._fails: dict[str, bool] = {}
        self._steps = self._follow(program, pc, after_place=False)

    def _follow(self, program: _Program, pc: int, *, after_place: bool) -> int:
        """Returns the steps from here on, without what follows a place."""
        name, *arguments = program[pc]
        if name in ("save", "jump"):
            following = arguments[0] if name == "jump" else pc + 1
            return 1 + self._follow(program, following, after_place=after_place)
        if name == "split":
            return 1 + sum(
                self._follow(program, branch, after_place=after_place) for branch in arguments[:2]
            )
        if name == "place" and not after_place:
            self._places.append((arguments[0], self._follow(program, pc + 1, after_place=True)))
            return 1
        if name == "char" or (name in ("most", "all") and arguments[1]):
            self._first.append(arguments[0])
            return 1
        raise NotImplementedError(name)

    def failing_steps(self, text: str, position: int) -> int:
        """Returns the steps at this place of the text; 0 if it must be run to know them."""
        char = text[position : position + 1]
        fails = self._fails.get(char)
        if fails is None:
            found = (first.match(char) for first in self._first)
            fails = not any(match and match.end() for match in found)
            self._fails[char] = fails
        if not fails:
            return 0
        steps = self._steps
        for place, more in self._places:
            if place.match(text, position):
                steps += more
        return steps


def programs(program: _Program) -> Iterator[_Program]:
    """Yields the program, and those of its look-arounds and atomic groups."""
    yield program
    for _, *arguments in program:
        for argument in arguments:
            if isinstance(argument, list):
                yield from programs(argument)


def _first_character(program: _Program, pc: int) -> _FirstCharacter | None:
    try:
        return _FirstCharacter(program, pc)
    except NotImplementedError:
        return None


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted at one place of a text."""

    seen: str  # the characters that were looked at
    steps: int
    loops: int
    length: int | None  # of the match


class StepCounter:
    """Counts the steps that a pattern takes on a text."""

    def __init__(self, pattern: "re.Pattern[Any]", *, largest_bound: int | None = None) -> None:
        """Translates the pattern.

        Args:
            pattern: Any pattern of `re`, of text or of bytes.
            largest_bound: Lower each bound of a repetition to this: the steps on a text grow in
                the same way with `{0,40}` as with `{0,4000}`, but show it on a shorter text.
        """
        flags = _flags(pattern)
        compiler = _Compiler(largest_bound)
        self._program = compiler.program(parser.parse(_text(pattern), flags), flags)
        self._counters = compiler.counters
        self._first = _first_character(self._program, 0)
        self._steps = self._loops = 0
        instructions = [one for program in programs(self._program) for one in program]
        self._refers = any(name == "reference" for name, *_ in instructions)
        self._classes = [re.compile(r"\w"), re.compile(r"(?a:\w)")]  # for the places
        self._classes += {
            arguments[0]: None
            for name, *arguments in instructions
            if name in ("char", "most", "least", "all")
        }
        for program in programs(self._program):
            for pc, instruction in enumerate(program):
                if instruction[0] == "split":
                    program[pc] = (*instruction, _first_character(program, pc))
        # How many characters before a place are looked at there.
        self._behind = 1 + sum(arguments[1] for name, *arguments in instructions if name == "look")
        self._furthest = 0  # place that was looked at
        self._alike: dict[tuple[object, ...], str] = {}  # what is known of a character -> it
        self._representatives: dict[str, str] = {}

    def alike(self, text: str) -> str:
        """Returns the text with each character as the first one that the pattern treats the same.

        Two texts that become the same take the same number of steps.
        """
        for char in set(text).difference(self._representatives):
            matches = (one.match(char) for one in self._classes)
            # A reference to a group compares the characters themselves.
            itself = char if char == "\n" or self._refers else ""
            known = (*(bool(match and match.end()) for match in matches), itself)
            self._representatives[char] = self._alike.setdefault(known, char)
        return "".join(map(self._representatives.__getitem__, text))

    def steps(self, text: str, *, everywhere: bool) -> int:
        """Returns the number of steps.

        Args:
            text: The text to search.
            everywhere: Find all matches, as `sub` does. Otherwise match at the beginning only.

        Raises:
            TooManyStepsError: There are too many.
        """
        self._steps = self._loops = 0
        if not everywhere:
            self._run(self._program, text, 0)
            return self._steps
        position = 0
        known: dict[str, _Counted] = {}
        while position <= len(text):
            failing = self._first.failing_steps(text, position) if self._first else 0
            self._steps += failing
            end = None if failing else self._run_or_know(text, position, known)
            position = position + 1 if end is None or end == position else end
        return self._steps

    def _run_or_know(self, text: str, start: int, known: dict[str, "_Counted"]) -> int | None:
        """Counts the steps at this place, and returns the end of the match, or None.

        They are known if all characters that were looked at are the same as at an earlier place.
        In a text that repeats itself this takes a sixth of the time.
        """
        begin = start - self._behind
        if begin <= 0 or self._refers:
            return self._run(self._program, text, start)
        key = text[begin : start + 4]
        if (same := known.get(key)) and text.startswith(same.seen, begin):
            self._steps += same.steps - same.loops
            self._count(same.loops, start)
            return None if same.length is None else start + same.length
        steps, loops, self._furthest = self._steps, self._loops, start
        end = self._run(self._program, text, start)
        after = self._furthest + 2  # `$` looks at two characters
        if after <= len(text):
            known[key] = _Counted(
                seen=text[begin:after],
                steps=self._steps - steps,
                loops=self._loops - loops,
                length=None if end is None else end - start,
            )
        return end

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Returns the places of all matches, to compare this engine with `re`."""
        found: list[tuple[int, int]] = []
        position = 0
        while position <= len(text):
            end = self._run(self._program, text, position)
            if end is not None:
                found.append((position, end))
            position = position + 1 if end is None or end == position else end
        return found

    def _count(self, loops: int, furthest: int) -> None:
        self._furthest = max(self._furthest, furthest)
        self._steps += loops
        self._loops += loops
        if self._loops > MAX_STEPS:
            raise TooManyStepsError

    def _run(  # noqa: C901, PLR0912, PLR0915 - one loop over the instructions, for speed
        self, program: _Program, text: str, start: int
    ) -> int | None:
        """Returns the end of the match at `start`, or None."""
        counters: tuple[tuple[int, int], ...] = ((0, -1),) * self._counters
        groups: dict[int, int] = {}
        stack: list[tuple[Any, ...]] = []
        pc, position = 0, start
        loops, furthest = 0, start
        while True:
            loops += 1
            if position > furthest:  # noqa: PLR1730 - quicker than `max`
                furthest = position
            if loops > MAX_STEPS:
                raise TooManyStepsError
            instruction = program[pc]
            name = instruction[0]
            failed = False
            if name == "char":
                if instruction[1].match(text, position):
                    pc, position = pc + 1, position + 1
                else:
                    failed = True
            elif name == "split":
                _, one, other, first = instruction
                failing = first.failing_steps(text, position) if first else 0
                if failing:
                    self._steps += failing - 1
                    failed = True
                else:
                    stack.append(("at", other, position, 0, counters, groups))
                    pc = one
            elif name == "match":
                self._count(loops, furthest)
                return position
            elif name in ("most", "least", "all"):
                end = instruction[1].match(text, position).end()
                furthest = max(furthest, end)
                low = position + instruction[2]
                self._steps += (low if name == "least" else end) - position
                if end < low:
                    failed = True
                elif name == "all":
                    pc, position = pc + 1, end
                elif name == "most":
                    if end > low:
                        stack.append(("less", pc + 1, low, end - 1, counters, groups))
                    pc, position = pc + 1, end
                else:
                    if end > low:
                        stack.append(("more", pc + 1, low + 1, end, counters, groups))
                    pc, position = pc + 1, low
            elif name == "jump":
                pc = instruction[1]
            elif name == "start":
                counters = _with(counters, instruction[1], (0, -1))
                pc += 1
            elif name == "loop":
                _, number, low, high, inside, after, lazy = instruction
                count, last = counters[number]
                more = _with(counters, number, (count + 1, position))
                if count < low:
                    pc, counters = inside, more
                elif (high is not None and count >= high) or last == position:
                    pc = after
                elif lazy:
                    stack.append(("at", inside, position, 0, more, groups))
                    pc = after
                else:
                    stack.append(("at", after, position, 0, counters, groups))
                    pc, counters = inside, more
            elif name == "save":
                if self._refers:
                    groups = {**groups, instruction[1]: position}
                pc += 1
            elif name == "place":
                failed = instruction[1].match(text, position) is None
                pc += 1
            elif name == "atomic":
                ended = self._run(instruction[1], text, position)
                failed = ended is None
                pc, position = pc + 1, position if ended is None else ended
            elif name == "look":
                _, inner, width, wanted = instruction
                seen = position >= width and self._run(inner, text, position - width) is not None
                failed = seen is not wanted
                pc += 1
            else:
                _, group, ignore_case = instruction
                value = text[groups.get(2 * group, 0) : groups.get(2 * group + 1, 0)]
                there = text[position : position + len(value)]
                self._steps += len(value)
                same = there.lower() == value.lower() if ignore_case else there == value
                failed = 2 * group + 1 not in groups or not same
                pc, position = pc + 1, position + len(value)
            if failed:
                if not stack:
                    self._count(loops, furthest)
                    return None
                how, pc, position, other, counters, groups = stack.pop()
                if how == "less":
                    low, position = position, other
                    if position > low:
                        stack.append(("less", pc, low, position - 1, counters, groups))
                elif how == "more" and position < other:
                    stack.append(("more", pc, position + 1, other, counters, groups))


def _with(
    counters: tuple[tuple[int, int], ...], number: int, value: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    return (*counters[:number], value, *counters[number + 1 :])


# --- Inputs that slow a pattern down ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attack:
    """A text that grows: `start`, then `unit` again and again, then `end`."""

    start: str
    unit: str
    end: str

    def text(self, length: int) -> str:
        """Returns the text with about this many characters."""
        return self.start + self.unit * max(1, length // len(self.unit)) + self.end


_ENDS = ("", "\0", "!")
_MAX_SAMPLES = 4  # of one node


def attacks(pattern: "re.Pattern[Any]") -> list[Attack]:
    """Returns texts in which each repeated part of the pattern, or each prefix, is repeated."""
    flags = _flags(pattern)
    tree = parser.parse(_text(pattern), flags)
    found: dict[Attack, None] = {}
    for before, unit in islice(_pumps(tree, "", flags), 250):
        if unit:
            for start in dict.fromkeys((before, "")):
                found |= dict.fromkeys(Attack(start, unit, end) for end in _ENDS)
            if before:
                found[Attack("", before + unit, "\0")] = None
    for char in _PROBES:
        found |= dict.fromkeys(Attack("", char, end) for end in ("", "\0"))
    return _spread(list(found), MAX_ATTACKS)


def _spread(items: list[Attack], count: int) -> list[Attack]:
    """Returns at most so many of the items, from all parts of the list."""
    step = max(1.0, len(items) / count)
    return [items[int(number * step)] for number in range(min(len(items), count))]


def _pumps(nodes: Any, before: str, flags: int) -> Iterator[tuple[str, str]]:
    """Yields what comes before each repeated part, and a text for the part."""
    done = [before]
    for node in nodes:
        kind, value = node
        for prefix in done[:2]:
            if kind in _REPEATS:
                for sample in _samples(value[2], flags):
                    yield prefix, sample
                yield from _pumps(value[2], prefix, flags)
            elif kind is sre.SUBPATTERN:
                yield from _pumps(value[3], prefix, flags)
            elif kind is sre.ATOMIC_GROUP:
                yield from _pumps(value, prefix, flags)
            elif kind is sre.BRANCH:
                for branch in value[1]:
                    yield from _pumps(branch, prefix, flags)
        done = [left + right for left in done[:2] for right in _samples([node], flags)]
        for prefix in done[:_MAX_SAMPLES]:
            yield "", prefix


def _samples(nodes: Any, flags: int) -> list[str]:
    """Returns some texts that match the nodes."""
    texts = [""]
    for node in nodes:
        options = _options(node, flags)
        texts = [left + right for left in texts for right in options][:_MAX_SAMPLES]
    return texts


def _options(node: Any, flags: int) -> list[str]:  # noqa: PLR0911 - one for each kind
    kind, value = node
    if kind in _ONE_CHARACTER:
        if kind is sre.LITERAL:
            return [chr(value)]
        return _characters(_class(node), flags)[:3]
    if kind in _REPEATS:
        low = max(1, value[0])
        return [sample * min(low, SMALL_BOUND) for sample in _samples(value[2], flags)]
    if kind is sre.SUBPATTERN:
        return _samples(value[3], flags)
    if kind is sre.ATOMIC_GROUP:
        return _samples(value, flags)
    if kind is sre.BRANCH:
        return [_samples(branch, flags)[0] for branch in value[1]][:12]
    return [""]


@cache
def _characters(source: str, flags: int) -> list[str]:
    one = re.compile(source, flags)
    every: Callable[[str], Any] = one.fullmatch
    probes = [char for char in _PROBES if every(char)]
    return probes or [chr(code) for code in range(0x3000) if every(chr(code))][:2] or ["x"]
