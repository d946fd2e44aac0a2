"""Every error a user can see, with its exit code. Pure."""

from collections.abc import Sequence

from spec.problems import Problem


class StackError(Exception):
    """The user can act on it: `message` says where, what and why, `hint` what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        """Neither text may hold a secret."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def text(self) -> str:
        """The error as it is printed."""
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class SpecError(StackError):
    """The stack file has problems; nothing was touched."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keeps the problems in the order of the file."""
        self.problems = sorted(problems)
        count = len(self.problems)
        file = self.problems[0].file
        summary = f"{count} problem{'' if count == 1 else 's'} in {file}; nothing was changed."
        super().__init__("\n\n".join([*(str(problem) for problem in self.problems), summary]))


class PlanNotEmpty(StackError):
    """`plan --check` found changes."""

    exit_code = 3


class WouldLose(StackError):
    """`upgrade --rehearse` found that somebody would lose something."""

    exit_code = 3


class ToolMissing(StackError):
    """A program that a step needs is not installed."""

    exit_code = 4


class TargetUnreachable(StackError):
    """What the stack runs on does not answer, or refuses."""

    exit_code = 5


class AppliedInPart(StackError):
    """Some changes were made and a later one failed."""

    exit_code = 6


class FaultsFound(StackError):
    """`doctor` found errors."""

    exit_code = 7
