"""The codes that are met in Dockerfiles: what each is about, in our words, and which are noise.

A code that is not here is as good: its findings carry ShellCheck's own message and severity.
"""

from __future__ import annotations

# Severity (ShellCheck gives some codes several; this is the usual one) and what to do.
KNOWN: dict[int, tuple[str, str]] = {
    1001: ("info", "Do not escape a character that needs none"),
    1003: ("info", "Close a quoted string that ends in a backslash"),
    1010: ("warning", "Put a semicolon before done, then or fi"),
    1072: ("error", "Write what a shell can parse"),
    1073: ("error", "Write what a shell can parse"),
    1083: ("warning", "Quote a brace that is meant literally"),
    1088: ("error", "Write what a shell can parse"),
    2005: ("style", "Do not echo what a command prints itself"),
    2006: ("style", "Write $(…) in place of backquotes"),
    2009: ("info", "Use pgrep rather than ps and grep"),
    2010: ("warning", "Do not grep what ls prints"),
    2011: ("warning", "Do not pipe ls to xargs"),
    2012: ("info", "Use find where the output of ls is read"),
    2013: ("info", "Read lines with while read, not with for"),
    2015: ("info", "Use if: a && b || c is no if then else"),
    2016: ("info", "Use double quotes where an expansion is meant"),
    2024: ("warning", "Do not count on sudo for a redirection"),
    2027: ("warning", "Do not close quotes around an expansion by accident"),
    2028: ("info", "Use printf where escapes are to be expanded"),
    2034: ("warning", "Export or use the variables that you set"),
    2035: ("info", "Begin a pattern with ./ so that no name is taken for an option"),
    2038: ("warning", "Separate names by NUL between find and xargs"),
    2043: ("warning", "Loop over more than one word"),
    2044: ("warning", "Do not loop over the output of find"),
    2046: ("warning", "Quote a command substitution"),
    2059: ("info", "Keep variables out of the format of printf"),
    2061: ("warning", "Quote the pattern of find -name"),
    2086: ("info", "Quote an expansion"),
    2102: ("info", "Quote brackets that are no pattern"),
    2103: ("info", "Use a subshell rather than cd and cd back"),
    2114: ("warning", "Do not delete a folder of the system"),
    2115: ("warning", "Stop where the variable of rm -r $x/ is empty"),
    2116: ("style", "Do not echo into a substitution"),
    2126: ("style", "Use grep -c rather than grep and wc"),
    2129: ("style", "Redirect a group of commands once"),
    2140: ("warning", "Escape quotes inside quotes"),
    2153: ("info", "Check the spelling of a variable"),
    2154: ("warning", "Assign a variable before it is used"),
    2155: ("warning", "Assign first and export then, so that a failure is seen"),
    2161: ("style", "Write true rather than [ 1 ]"),
    2162: ("info", "Use read -r so that backslashes stay"),
    2164: ("warning", "Handle the failure of cd"),
    2166: ("warning", "Use && between tests rather than -a"),
    2174: ("warning", "Do not count on mkdir -p -m for the folders above"),
    2181: ("style", "Test a command itself rather than $?"),
    2185: ("info", "Name the folder in which find begins"),
    2196: ("info", "Use grep -E rather than egrep"),
    2197: ("info", "Use grep -F rather than fgrep"),
    2226: ("warning", "Name the target of ln"),
    2230: ("info", "Use command -v rather than which"),
    2231: ("info", "Quote the expansions in the pattern of a loop"),
    2233: ("style", "Do not start a subshell around a condition"),
    2251: ("info", "Do not count on ! to end a script with set -e"),
    2268: ("style", "Leave x-prefixes out of comparisons"),
    2288: ("warning", "Do not end a command's name in a quote or a brace"),
    2291: ("info", "Quote repeated blanks"),
    2295: ("info", "Quote the expansions inside ${…}"),
    2317: ("info", "Remove what can never be reached"),
    3001: ("warning", "Use no process substitution where /bin/sh is not bash"),
    3003: ("warning", "Use no $'…' where /bin/sh is not bash"),
    3009: ("warning", "Use no brace expansion where /bin/sh is not bash"),
    3010: ("warning", "Use [ rather than [[ where /bin/sh is not bash"),
    3014: ("warning", "Compare with = rather than == where /bin/sh is not bash"),
    3020: ("warning", "Write >file 2>&1 rather than &>file where /bin/sh is not bash"),
    3037: ("warning", "Use printf rather than echo with options"),
    3040: ("warning", "Set no pipefail where /bin/sh does not know it"),
    3044: ("warning", "Use no builtin of bash where /bin/sh is another shell"),
    3045: ("warning", "Use no option of a builtin that only bash knows"),
    3046: ("warning", "Write . rather than source where /bin/sh is not bash"),
    3054: ("warning", "Use no arrays where /bin/sh is not bash"),
    3060: ("warning", "Use no ${x/a/b} where /bin/sh is not bash"),
}

# Off by default: taste, or what people who know Docker do on purpose. Of 2,040 files by the
# maintainers of widely used images, 210 in 1,000 have SC2086 (mostly lists of packages that must
# fall apart), 102 SC2046, 67 SC2155 (`export GNUPGHOME="$(mktemp -d)"`), 27 SC2028, 26 SC2016.
OFF = frozenset(
    (
        1001, 2002, 2005, 2006, 2009, 2010, 2011, 2012, 2013, 2015, 2016, 2028, 2035, 2046, 2059,
        2086, 2102, 2103, 2116, 2126, 2129, 2155, 2161, 2162, 2166, 2174, 2181, 2185, 2196, 2197,
        2226, 2230, 2231, 2233, 2251, 2268, 2291, 2295, 2317,
    )
)  # fmt: skip

# The templates of the codes that have ways of their own, each with the applicabilities that it may
# have; `ways` makes them, and tests/shellcheck holds this to the cases.
TEMPLATES: dict[int, tuple[str, ...]] = {
    2006: ("dollar-parentheses: safe, unsafe, display",),
    2028: ("printf-escapes: unsafe", "printf-literal: unsafe"),
    2035: ("from-here: safe, unsafe",),
    2038: ("null-separated: unsafe",),
    2046: ("quote-substitution: safe, unsafe, display",),
    2086: ("quote-expansion: unsafe, display",),
    2115: ("stop-if-empty: unsafe",),
    2155: ("assign-then-export: unsafe",),
    2162: ("raw: unsafe",),
    2164: ("and-then: unsafe", "or-exit: unsafe"),
    3009: ("write-out: unsafe",),
    3014: ("single-equals: unsafe",),
    3036: ("printf: unsafe",),
    3037: ("printf: unsafe",),
    3046: ("dot: unsafe",),
}
_OTHER = ("shellcheck-fix: unsafe",)  # for the codes that ShellCheck itself has a fix for
_IN_BASH = ("run-with-bash: unsafe",)
_ALWAYS = ("ignore-here: display",)


def templates(code: int) -> tuple[str, ...]:
    """What the findings of a code may be offered, as in `Rule.templates`."""
    return (*TEMPLATES.get(code, _OTHER), *(_IN_BASH if code >= 3000 else ()), *_ALWAYS)


def known() -> list[int]:
    """The codes that anything is known of here, in order."""
    return sorted({*KNOWN, *OFF, *TEMPLATES})
