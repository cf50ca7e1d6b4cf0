// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import java.net.InetAddress;
import java.util.List;

/**
 * What a daemon is started with.
 *
 * @param number of its addresses, see {@link TestNet}
 * @param restartSeconds how long neighbours shall keep its routes while it restarts, 1 to 4095
 */
public record DaemonSettings(
    int number, long asNumber, List<Neighbour> neighbours, int restartSeconds) {
  static final int HOLD_SECONDS = 30;

  public DaemonSettings {
    neighbours = List.copyOf(neighbours);
  }

  public static DaemonSettings of(int number, long asNumber, Neighbour... neighbours) {
    return new DaemonSettings(number, asNumber, List.of(neighbours), 60);
  }

  public DaemonSettings withRestartSeconds(int seconds) {
    return new DaemonSettings(number, asNumber, neighbours, seconds);
  }

  InetAddress ipv4() {
    return TestNet.ipv4(number);
  }

  InetAddress ipv6() {
    return TestNet.ipv6(number);
  }

  /** Also the cluster's identifier of a reflector. */
  String routerId() {
    return TestNet.text(ipv4());
  }
}
