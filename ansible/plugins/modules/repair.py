#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: The bundle-doctor authors. MIT OR Apache-2.0, see the LICENSE files of bundle-doctor.
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mends an agent as its diagnosis says."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: repair
short_description: Mends the ServerFlow agent of a server as its diagnosis says
description:
  - Runs C(bundle-doctor repair --yes --json), which carries out what C(doctor) would print, watches the agent, and takes everything
    back where that does not help. That is a failure of the task, and so is what C(repair) refuses to do.
  - In check mode it makes the plan, and says whether it would be carried out.
author: The bundle-doctor authors (@bundle-doctor)
version_added: 0.1.0
extends_documentation_fragment: serverflow.bundle_doctor.agent
attributes:
  check_mode:
    description: Makes the plan. Nothing is changed.
    support: full
  diff_mode:
    description: Shows the steps of the plan.
    support: full
"""

EXAMPLES = r"""
- name: Mend what may be mended
  serverflow.bundle_doctor.repair:
"""

RETURN = r"""
verdict:
  description: V(repaired) or V(nothing-to-do); in check mode V(planned) or V(nothing-to-do).
  returned: success
  type: str
plan:
  description: What is done, in words.
  returned: success
  type: list
  elements: str
document:
  description: The whole report, as C(docs/repair.schema.json) has it.
  returned: always, once there is one
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.serverflow.bundle_doctor.plugins.module_utils import program


def main():
    module = AnsibleModule(argument_spec=dict(program.ARGUMENTS), supports_check_mode=True)
    how = "--dry-run" if module.check_mode else "--yes"
    code, document = program.run(module, program.words(module, "repair", how))
    verdict = document["verdict"]
    if code not in (0, 3) or verdict not in ("repaired", "planned", "nothing-to-do"):
        module.fail_json(msg="{0}: {1}".format(verdict, program.why(document)), rc=code, verdict=verdict, document=document)
    changed = verdict in ("repaired", "planned")
    plan = [" ".join(part for part in (step["what"], step["path"]) if part) for step in document["plan"]]
    steps = "".join("{0}\n".format(step) for step in plan)
    module.exit_json(
        changed=changed,
        verdict=verdict,
        plan=plan,
        document=document,
        diff={"before": "", "after": steps if changed else ""},
    )


if __name__ == "__main__":
    main()
