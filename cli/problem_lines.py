"""Problems with a body, as commands print them."""

from collections.abc import Iterable

from domain.values.problems import Problem


def problem_line(path: Iterable[int | str], message: str, *, root: str = "store") -> str:
    """One problem on a line, such as `  plans.cart_update.0.after: …`.

    Args:
        path: where it is; empty for the body as a whole.
        message: what is wrong there.
        root: the name of the body as a whole.
    """
    return f"  {'.'.join(map(str, path)) or root}: {message}"


def problems_text(heading: str, problems: Iterable[Problem], *, root: str = "store") -> str:
    """A heading, and each problem on a line of its own."""
    lines = (problem_line(each.path, each.message, root=root) for each in problems)
    return "\n".join((heading, *lines))
