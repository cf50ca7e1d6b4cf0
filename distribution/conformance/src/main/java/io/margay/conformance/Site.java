// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where and with what all checks are made.
 *
 * @param host the namespace that the plugin runs in
 * @param isOwnHost whether it was made for this run, so that anything may happen in it
 * @param cniPath of CNI_PATH
 * @param scratch a directory that goes when the run ends
 * @param run a name that no other run has
 */
record Site(
    Plugin plugin,
    NetworkConf conf,
    Namespace host,
    boolean isOwnHost,
    String cniPath,
    Path scratch,
    String run) {
  /** A link of the host for plugins that need one, such as macvlan. */
  static final String UPLINK = "uplink0";

  /** Makes a host with an uplink and a default route, which leads nowhere. */
  static Namespace createHost(String run) throws IOException, InterruptedException {
    Namespace host = Namespace.create(run + "-host");
    host.ip("link", "add", UPLINK, "type", "veth", "peer", "name", "uplink1");
    host.ip("link", "set", "uplink1", "up");
    host.ip("address", "add", "192.0.2.10/24", "dev", UPLINK);
    host.ip("link", "set", UPLINK, "up");
    host.ip("route", "add", "default", "via", "192.0.2.1");
    return host;
  }
}
