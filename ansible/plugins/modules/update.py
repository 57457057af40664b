#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: The bundle-doctor authors. MIT OR Apache-2.0, see the LICENSE files of bundle-doctor.
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Puts another bundle in the place of the deployed one."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: update
short_description: Puts another bundle of the ServerFlow agent in the place of the deployed one
description:
  - Runs C(bundle-doctor update --yes --json), which judges and tries the bundle, replaces the old one, watches the agent, and takes
    everything back where it does not come up. That is a failure of the task.
  - Where the server has that version already and its agent is well, nothing is done.
author: The bundle-doctor authors (@bundle-doctor)
version_added: 0.1.0
extends_documentation_fragment: serverflow.bundle_doctor.agent
options:
  bundle:
    description: The archive, on the server, or its address.
    type: str
    required: true
  version:
    description:
      - The version of that bundle, for check mode, in which nothing is fetched. Without it, an archive that is on the server is asked.
    type: str
  allow_downgrade:
    description: Take a bundle that is older than the deployed one.
    type: bool
    default: false
attributes:
  check_mode:
    description:
      - Tells whether the server would be updated, by its version and by how its agent fares. Nothing is changed.
      - A bundle that is older than the deployed one fails, as it does in earnest.
    support: full
  diff_mode:
    description: Shows the versions.
    support: full
"""

EXAMPLES = r"""
- name: Update the agent
  serverflow.bundle_doctor.update:
    bundle: /var/cache/bundle-doctor/agent-bundle.tar.gz
    keys:
      - /etc/bundle-doctor/keys.d/release.pub.pem
"""

RETURN = r"""
verdict:
  description: V(updated) or V(nothing-to-do); in check mode V(planned) or V(nothing-to-do).
  returned: success
  type: str
from:
  description: The version that was deployed before.
  returned: success
  type: str
to:
  description: The version that is deployed afterwards.
  returned: success
  type: str
document:
  description: The whole report, as C(docs/update.schema.json) has it; in check mode that of C(doctor).
  returned: always, once there is one
  type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.serverflow.bundle_doctor.plugins.module_utils import program


def shown(version):
    return "agent {0}\n".format(version or "of an unknown version")


def offered(module):
    """The version of the bundle, as far as it can be known without fetching it."""
    bundle = module.params["bundle"]
    if module.params["version"] or not os.path.isfile(bundle):
        return module.params["version"]
    line = [module.get_bin_path(module.params["program"], required=True), "check", "--json", "--no-progress", "--fail-on", "never", bundle]
    subjects = program.run(module, line)[1].get("subjects") or [{}]
    return (subjects[0].get("package") or {}).get("version")


def planned(module):
    """Check mode: what an update would do, by a report of `doctor`."""
    code, document = program.run(module, program.words(module, "doctor"))
    if code not in (0, 1, 3):
        module.fail_json(msg=program.why(document), rc=code, document=document)
    before, after = program.deployed(document), offered(module)
    old, new = program.precedence(before), program.precedence(after)
    if old and new and new < old and not module.params["allow_downgrade"]:
        words = "not-updated: {0} is older than {1}, which is deployed: allow_downgrade takes it all the same"
        module.fail_json(msg=words.format(after, before), verdict="not-updated", document=document)
    changed = document["verdict"] == "broken" or after is None or before != after
    module.exit_json(
        changed=changed,
        verdict="planned" if changed else "nothing-to-do",
        document=document,
        diff={"before": shown(before), "after": shown(after if changed else before)},
        **{"from": before, "to": after}
    )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            program.ARGUMENTS,
            bundle={"type": "str", "required": True},
            version={"type": "str"},
            allow_downgrade={"type": "bool", "default": False},
        ),
        supports_check_mode=True,
    )
    if module.check_mode:
        planned(module)
    more = ["--yes"] + (["--allow-downgrade"] if module.params["allow_downgrade"] else [])
    code, document = program.run(module, program.words(module, "update", *(more + ["--", module.params["bundle"]])))
    verdict = document["verdict"]
    if code != 0 or verdict not in ("updated", "nothing-to-do"):
        module.fail_json(msg="{0}: {1}".format(verdict, program.why(document)), rc=code, verdict=verdict, document=document)
    changed = verdict == "updated"
    before = document["from"]
    after = document["to"] if changed else before
    module.exit_json(
        changed=changed,
        verdict=verdict,
        document=document,
        diff={"before": shown(before), "after": shown(after)},
        **{"from": before, "to": after}
    )


if __name__ == "__main__":
    main()
