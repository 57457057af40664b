# -*- coding: utf-8 -*-
# Copyright: The bundle-doctor authors. MIT OR Apache-2.0, see the LICENSE files of bundle-doctor.
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Options of every module: which agent, and by which configuration."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options:
  program:
    description: The program on the server.
    type: path
    default: bundle-doctor
  unit:
    description: The agent's unit, where it is not the document's or the configuration's.
    type: str
  bundle_dir:
    description: The deployed bundle, where it is not what the unit says.
    type: path
  config:
    description: A configuration on the server, instead of the machine's.
    type: path
  keys:
    description: Public keys on the server; a bundle must be signed by one of them.
    type: list
    elements: path
    default: []
requirements:
  - bundle-doctor on the server
"""
