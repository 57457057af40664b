"""What takes long to install, while the program is being built: the roots of the servers and what lies over them, the Nodes, and
the packages that bundles are made of. Each part sees to it again that what it needs is there."""

from __future__ import annotations

import container
import deployed
import imports
import real

if __name__ == "__main__":
    imports.nodes()
    imports.dependencies()
    container.roots()
    deployed.layer()
    real.installed()
