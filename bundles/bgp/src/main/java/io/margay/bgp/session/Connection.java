// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.bgp.rib.Outlet;
import java.net.InetSocketAddress;

/** A TCP connection to a peer. Called on the speaker's thread; never blocks. */
public interface Connection extends Outlet {
  /** Hears what comes over a connection. */
  interface Listener {
    /** Bytes have arrived: those in front are to be consumed. Returns how many were. */
    int received(byte[] bytes, int from, int to);

    /** The connection is gone, for this reason. */
    void closed(String reason);

    /** The peer reads again after {@link Outlet#isWritable} was false. */
    void writable();
  }

  /** Sends a message at once. */
  void send(byte[] message);

  /** Closes after what was sent is on its way, or at once when the peer does not read. */
  void close();

  InetSocketAddress local();

  InetSocketAddress remote();

  /** When the kernel last took bytes while some were waiting; now when none are. Nanoseconds. */
  long lastProgressNanos();
}
