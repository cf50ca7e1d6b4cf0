// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SocketTableNetnsIT {
  private static final InetAddress V4 = ip("10.1.0.1");
  private static final InetAddress V6 = ip("fd00:1::1");

  private TestNetns ns;
  private SocketTable table;

  @BeforeEach
  void open() throws Exception {
    ns = TestNetns.create();
    ns.exec("ip link set lo up");
    ns.exec("ip addr add 10.1.0.1/32 dev lo");
    ns.exec("ip addr add 10.1.0.2/32 dev lo");
    ns.exec("ip addr add fd00:1::1/128 dev lo nodad");
    table = ns.netns().call(SocketTable::open);
  }

  @AfterEach
  void close() throws Exception {
    if (table != null) {
      table.close();
    }
    if (ns != null) {
      ns.close();
    }
  }

  @Test
  void findsBothEndsOfAConnection() throws Exception {
    assertFalse(table.hasLocal(V4));

    // Java's sockets are those of IPv6 also for IPv4 addresses, which are then mapped.
    try (ServerSocket server = ns.netns().call(() -> new ServerSocket(0, 1, ip("10.1.0.2")));
        Socket client =
            ns.netns().call(() -> new Socket(ip("10.1.0.2"), server.getLocalPort(), V4, 0))) {
      assertTrue(client.isConnected());
      assertTrue(table.hasLocal(V4));
      assertTrue(table.hasLocal(ip("10.1.0.2")));
      assertFalse(table.hasLocal(V6));
      assertFalse(table.hasLocal(ip("10.1.0.3")));
    }
  }

  @Test
  void findsAConnectionThatWaitsForItsEnd() throws Exception {
    try (ServerSocket server = ns.netns().call(() -> new ServerSocket(0, 1, ip("10.1.0.2")))) {
      Socket client =
          ns.netns().call(() -> new Socket(ip("10.1.0.2"), server.getLocalPort(), V4, 0));
      Socket accepted = server.accept();
      client.close();
      accepted.close();
    }

    assertTrue(ns.exec("ss -tan").contains("10.1.0.1"));
    assertTrue(table.hasLocal(V4));
  }

  @Test
  void findsDatagramSockets() throws Exception {
    DatagramSocket six = ns.netns().call(() -> new DatagramSocket(new InetSocketAddress(V6, 0)));
    DatagramSocket any = ns.netns().call(() -> new DatagramSocket(0));

    assertTrue(table.hasLocal(V6));
    assertFalse(table.hasLocal(V4), "a socket of all addresses needs none of them");

    six.close();
    any.close();
    assertFalse(table.hasLocal(V6));
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
