// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

/**
 * A container without processes: an id and a network namespace.
 *
 * @param id also the name of the namespace
 */
record Container(String id, Namespace namespace) {
  static final String IFNAME = "eth0";

  String netns() {
    return namespace.path().toString();
  }
}
