"""tree-sitter and its bash grammar, loaded when the first script is read.

The two packages' own `__init__` import typing and importlib.resources, which costs a cold start
more than the parser itself; their compiled modules are loaded without them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from codi_hook.patterns import pattern

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_remark = pattern(rb"`[ \t]*#[^`\n]*`")
ERROR = 65535  # the kind of a node that is no shell
WORDS = ("word", "string", "raw_string", "concatenation", "simple_expansion", "expansion", "number")


class Grammar:
    """A parser and the numbers of the node kinds that the walk asks for."""

    def __init__(self, parser: Parser, language: Any) -> None:
        self.parser = parser

        def ids(named: bool, *names: str) -> frozenset[int]:
            found = (language.id_for_node_kind(name, named) for name in names)
            return frozenset(item for item in found if item is not None)

        def one(name: str) -> int:
            (found,) = ids(True, name)
            return found

        self.command = one("command")
        self.command_name = one("command_name")
        self.assignment = one("variable_assignment")
        self.assignments = one("variable_assignments")
        self.test = one("test_command")
        self.file_redirect = one("file_redirect")
        self.heredoc_redirect = one("heredoc_redirect")
        self.herestring = one("herestring_redirect")
        self.heredoc_start = one("heredoc_start")
        self.heredoc_body = one("heredoc_body")
        self.heredoc_end = one("heredoc_end")
        self.descriptor = one("file_descriptor")
        self.function = one("function_definition")
        self.case_item = one("case_item")
        self.do_group = one("do_group")
        self.subscript = one("subscript")
        self.declarations = ids(True, "declaration_command", "unset_command")
        self.clauses = ids(True, "elif_clause", "else_clause")
        self.flat = ids(
            True, "list", "pipeline", "redirected_statement", "negated_command", "ERROR"
        ) | {ERROR}
        self.redirects = frozenset({self.file_redirect, self.herestring, self.heredoc_redirect})
        self.substitutions = ids(True, "command_substitution", "process_substitution")
        self.plain = ids(True, "command", "variable_assignment", "variable_assignments")
        self.words = ids(True, *WORDS)
        self.contexts = {
            one("subshell"): "subshell",
            one("compound_statement"): "group",
            one("if_statement"): "if",
            one("while_statement"): "while",
            one("for_statement"): "for",
            one("c_style_for_statement"): "for",
            one("case_statement"): "case",
            one("command_substitution"): "substitution",
            one("process_substitution"): "substitution",
        }
        self.compounds = frozenset({*self.contexts, self.function})
        self.bang = next(iter(ids(False, "!")))
        self.operators = {
            number: name
            for name in ("&&", "||", ";", "&", "|", "|&", "\n")
            for number in ids(False, name)
        }
        self.terminators = ids(False, ";;", ";&", ";;&")
        self.opens_condition = ids(False, "if", "while", "until", "elif")
        self.opens_body = ids(False, "then", "do", "else")
        self.case_close = ids(False, ")")
        self.ignored = ids(True, "comment", "heredoc_body", "heredoc_end")

    def parse(self, data: bytes) -> Node:
        """The root of the tree. A script that has an error is read again without comments in
        backquotes (`` `# why` ``), which tree-sitter takes for one."""
        root = self.parser.parse(data).root_node
        if root.has_error and b"`" in data:
            blanked = _remark.sub(lambda match: b" " * len(match[0]), data)
            again = self.parser.parse(blanked).root_node if blanked != data else root
            return root if again.has_error else again
        return root


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The grammar; the first call loads it."""
    core, bash = _binding("tree_sitter"), _binding("tree_sitter_bash")
    language = core.Language(bash.language())
    return Grammar(core.Parser(language), language)


def first_error(root: Node) -> Node:
    """The first node that is not shell, or that is missing."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return node
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return root


def _binding(package: str) -> Any:
    import sys
    from importlib import import_module

    if package not in sys.modules:
        from importlib.machinery import PathFinder
        from importlib.util import module_from_spec

        folder = PathFinder.find_spec(package)
        places = folder.submodule_search_locations if folder else None
        spec = PathFinder.find_spec(f"{package}._binding", places) if places else None
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return import_module(f"{package}._binding")
