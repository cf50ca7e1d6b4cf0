// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Owner;
import io.margay.api.net.Ip;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An address goes from a device to {@code lo} before the device goes, and its sockets stay. */
class ParkedAddressNetnsIT {
  private static final Cause CAUSE = new Cause("test");
  private static final Owner MODE = Owner.mode("test");
  private static final InetAddress V4 = Ip.parse("10.65.0.3");
  private static final InetAddress V6 = Ip.parse("fd00:65::3");

  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    dataplane = node.dataplane();
    declare(
        MODE,
        List.of(
            Link.of("tun", "bridge").withUp(true),
            Address.of("tun", V4, 32),
            Address.of("tun", V6, 128)));
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void keepsTheAddressOfASocketWhileItsDeviceGoes() throws Exception {
    DatagramSocket four = node.netns().call(() -> new DatagramSocket(new InetSocketAddress(V4, 0)));
    DatagramSocket six = node.netns().call(() -> new DatagramSocket(new InetSocketAddress(V6, 0)));

    declare(Owner.LOCAL, List.of(Address.of("lo", V4, 32), Address.of("lo", V6, 128)));
    dataplane.retire(MODE, CAUSE);
    TestNode.await("no device", () -> !node.ip("link show").contains("tun:"));

    assertTrue(node.ip("route get 10.65.0.3").contains("dev lo"));
    assertTrue(node.ip("route get fd00:65::3").contains("dev lo"));
    assertTrue(node.ip("-4 addr show dev lo").contains("inet 10.65.0.3/32 scope host lo"));
    assertTrue(node.ip("-6 addr show dev lo").contains("deprecated"));
    assertEquals(Set.of(V4, V6), dataplane.boundTo(List.of(V4, V6)));

    four.close();
    six.close();
    assertEquals(Set.of(), dataplane.boundTo(List.of(V4, V6)));

    dataplane.close();
    dataplane = node.dataplane();
    declare(Owner.LOCAL, List.of());
    dataplane.sweep(o -> false, CAUSE);
    TestNode.await(
        "gone", () -> !node.ip("addr show dev lo").matches("(?s).*(10.65.0.3|fd00:65::3).*"));
    assertTrue(node.ip("-4 addr show dev lo").contains("127.0.0.1"));
  }

  @Test
  void isTheSourceOfNothingNew() {
    node.ip("link add bare type bridge");
    node.ip("link set bare up");
    node.ip("route add 10.9.0.0/24 dev bare");
    node.ip("route add fd00:9::/64 dev bare");

    declare(Owner.LOCAL, List.of(Address.of("lo", V4, 32), Address.of("lo", V6, 128)));
    declare(MODE, List.of());

    assertFalse(node.ip("route get 10.9.0.1").contains("10.65.0.3"));
    assertFalse(node.ip("route get fd00:9::1").contains("fd00:65::3"));
  }

  private void declare(Owner owner, List<KernelObject> objects) {
    dataplane.declare(owner, DesiredState.of(objects), CAUSE);
    dataplane.settled(owner).toCompletableFuture().join();
  }
}
