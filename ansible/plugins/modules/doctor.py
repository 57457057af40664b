#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: The bundle-doctor authors. MIT OR Apache-2.0, see the LICENSE files of bundle-doctor.
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Asks a server how its agent fares."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: doctor
short_description: Asks a server how its ServerFlow agent fares
description:
  - Runs C(bundle-doctor doctor --json), which only reads, and returns its report.
  - A broken agent is no failure of the task. A server that cannot be judged is.
author: The bundle-doctor authors (@bundle-doctor)
version_added: 0.1.0
extends_documentation_fragment: serverflow.bundle_doctor.agent
options:
  capture:
    description:
      - A file on the server that everything which was asked and answered is written into, redacted, for C(bundle-doctor doctor --from).
    type: path
attributes:
  check_mode:
    description: Nothing is changed, in check mode or without.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
"""

EXAMPLES = r"""
- name: Ask how the agent fares
  serverflow.bundle_doctor.doctor:
  register: said

- name: Stop where it is down
  ansible.builtin.assert:
    that: said.verdict != 'broken'
    fail_msg: "{{ said.cause }}"
"""

RETURN = r"""
verdict:
  description: V(healthy), V(degraded), V(broken) or V(inconclusive).
  returned: success
  type: str
cause:
  description: The root cause; nothing where nothing is wrong.
  returned: success
  type: str
version:
  description: The version of the deployed bundle; nothing where it is not known.
  returned: success
  type: str
document:
  description: The whole report, as C(docs/doctor.schema.json) has it.
  returned: always, once there is one
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.serverflow.bundle_doctor.plugins.module_utils import program


def main():
    module = AnsibleModule(
        argument_spec=dict(program.ARGUMENTS, capture={"type": "path"}),
        supports_check_mode=True,
    )
    capture = module.params["capture"]
    more = ["--capture", capture] if capture else []
    code, document = program.run(module, program.words(module, "doctor", *more))
    if code not in (0, 1, 3):
        module.fail_json(msg=program.why(document), rc=code, document=document)
    module.exit_json(
        changed=False,
        verdict=document["verdict"],
        cause=program.cause(document),
        version=program.deployed(document),
        document=document,
    )


if __name__ == "__main__":
    main()
