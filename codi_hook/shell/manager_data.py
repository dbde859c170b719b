"""What is known about package managers. Data only; `managers` makes use of it.

Actions: install, remove, update-index, upgrade, dist-upgrade, clean, build, run, publish.
"install" includes verbs that install what a manifest names. A verb of two words ("cache clean")
is looked for before one of one word.
"""

from __future__ import annotations

from codi_hook.shell.manager import Manager
from codi_hook.shell.manager_languages import languages
from codi_hook.shell.manager_node import node
from codi_hook.shell.manager_python import python
from codi_hook.shell.manager_system import system

MANAGERS: dict[str, Manager] = {
    manager.name: manager for manager in (*system(), *python(), *node(), *languages())
}
