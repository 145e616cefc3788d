"""What hypothesis draws: the same each time in an ordinary run of CI, anything in a long one.

Where CI is true hypothesis sends the same inputs in each run (its profile "ci"), which is right for
what decides on a change. Thousands of them, the same ones for ever, would find nothing any more.
https://hypothesis.readthedocs.io/en/latest/reference/api.html#hypothesis.settings.derandomize
"""

from hypothesis import settings


def by_chance(ordinary: settings) -> settings:
    """Draw anew in each run; what fails is printed as a line that repeats it."""
    return settings(ordinary, derandomize=False, print_blob=True)
