// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Sends a datagram to a port where nobody listens; that the other kernel says so is the answer. */
final class DatagramProbe {
  /** Where traceroute sends: firewalls know it, and nobody listens. */
  private static final int FIRST_PORT = 33434;

  private static final int PORTS = 90;
  private static final int HEADERS4_BYTES = 28;
  private static final int HEADERS6_BYTES = 48;

  private DatagramProbe() {}

  /** Sends and waits, in the calling thread's network namespace. */
  static ProbeResult send(Probe probe) throws IOException {
    int headers = IpFamily.of(probe.to()) == IpFamily.IPV4 ? HEADERS4_BYTES : HEADERS6_BYTES;
    byte[] data = new byte[Math.max(0, probe.sizeBytes() - headers)];
    ThreadLocalRandom.current().nextBytes(data);
    int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
    try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(probe.from(), 0))) {
      socket.connect(new InetSocketAddress(probe.to(), port));
      socket.setSoTimeout(Math.toIntExact(Math.max(1, probe.timeout().toMillis())));
      long start = System.nanoTime();
      try {
        socket.send(new DatagramPacket(data, data.length));
        socket.receive(new DatagramPacket(new byte[1], 1));
      } catch (PortUnreachableException e) {
        return new ProbeResult(true, Duration.ofNanos(System.nanoTime() - start), "");
      } catch (SocketTimeoutException e) {
        String text = "no answer within " + probe.timeout().toMillis() + " ms";
        return new ProbeResult(false, Duration.ZERO, text);
      }
      return new ProbeResult(false, Duration.ZERO, "somebody listens at UDP port " + port);
    }
  }
}
