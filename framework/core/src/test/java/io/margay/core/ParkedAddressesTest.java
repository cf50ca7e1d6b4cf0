// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Owner;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamHandle;
import io.margay.core.view.AdvertisedFields;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ParkedAddressesTest {
  private static final IpPool IPIP =
      IpPool.of("p", Cidr.parse("10.65.0.0/16"))
          .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
  private static final IpPool VXLAN = IPIP.withModes(Encapsulation.NEVER, Encapsulation.ALWAYS);
  private static final Duration LONG = Duration.ofSeconds(30);

  private TunnelNode n1;
  private InetAddress address;

  @BeforeEach
  void cluster() throws Exception {
    n1 = new TunnelNode();
    n1.addMode("ipip", Set.of(IpFamily.IPV4));
    n1.addMode("vxlan", Set.of(IpFamily.IPV4, IpFamily.IPV6));
    n1.put(IPIP);
    n1.reconcile();
    n1.reconcile();
    address = n1.node().ipv4IpipTunnelAddr().orElseThrow();
    n1.kernel.bind(Set.of(address));
  }

  @AfterEach
  void stop() {
    n1.close();
  }

  @Test
  void refusesToRetireAModeInUse() throws Exception {
    assertFalse(n1.keeper.retire("ipip"));
    pass();

    assertEquals(Optional.of(address), n1.node().ipv4IpipTunnelAddr());
  }

  @Test
  void parksTheAddressBeforeTheDeviceGoes() throws Exception {
    n1.put(AdvertisedFields.with(n1.node(), "ipip", Map.of("key", "value")));
    n1.put(VXLAN);
    n1.reconcile();

    assertFalse(n1.keeper.retire("ipip"));
    n1.agent.runAll();
    assertEquals(Optional.empty(), n1.node().ipv4IpipTunnelAddr());
    assertEquals(
        Map.of("margay.io/parked-tunnel-addresses", "{\"ipip/IPV4\":\"" + text() + "\"}"),
        n1.node().metadata().annotations());
    assertFalse(n1.keeper.retire("ipip"), "not in the kernel yet");

    n1.reconcile();
    assertTrue(n1.kernel.text().contains("address " + text() + "/32 dev lo"));
    assertTrue(n1.keeper.retire("ipip"));
  }

  @Test
  void givesTheAddressBackWhenNoSocketHasIt() throws Exception {
    retire();
    pass();
    assertTrue(n1.kernel.text().contains("dev lo"));
    assertTrue(n1.holder(address).isPresent());

    n1.kernel.bind(Set.of());
    pass();

    assertFalse(n1.kernel.text().contains("dev lo"));
    assertEquals(Map.of(), n1.node().metadata().annotations());
    assertEquals(Optional.empty(), n1.holder(address));
    assertTrue(n1.keeper.retire("ipip"));
    assertEquals(1, n1.held(), "the one of vxlan");
    assertEquals(1, n1.store.list(IpamHandle.KIND).entries().size());
  }

  @Test
  void goesOnAfterARestart() throws Exception {
    retire();
    n1.restart();
    n1.reconcile();
    assertTrue(n1.kernel.text().contains("dev lo"));

    n1.kernel.bind(Set.of());
    assertTrue(n1.keeper.retire("ipip"));
    pass();

    assertFalse(n1.kernel.text().contains("dev lo"));
    assertEquals(Optional.empty(), n1.holder(address));
  }

  @Test
  void givesBackWhatACrashLeft() throws Exception {
    n1.put(VXLAN);
    n1.put(n1.node().withIpv4IpipTunnelAddr(Optional.empty()));
    n1.restart();
    n1.reconcile();
    assertTrue(n1.holder(address).isPresent());

    assertTrue(n1.keeper.retire("ipip"));
    pass();

    assertEquals(Optional.empty(), n1.holder(address));
  }

  @Test
  void takesTheAddressAlongWhenTheModeComesBack() throws Exception {
    retire();

    n1.put(IPIP);
    pass();
    assertEquals(Optional.of(address), n1.node().ipv4IpipTunnelAddr());
    assertTrue(n1.kernel.text().contains("dev lo"), "until the device has it");

    n1.declarations.set(
        Owner.mode("ipip"),
        DesiredState.of(Set.of(Address.of("tunl0", address, 32))),
        new Cause("test"));
    pass();
    assertFalse(n1.kernel.text().contains("dev lo"));
    assertEquals(Map.of(), n1.node().metadata().annotations());
    assertTrue(n1.holder(address).isPresent());
  }

  @Test
  void waitsForTheStore() throws Exception {
    n1.put(VXLAN);
    n1.reconcile();
    n1.store.lose("no route to the store");
    n1.keeper.retire("ipip");
    n1.agent.runAll();
    assertEquals(1, n1.keeper.faults().size());

    n1.store.restore();
    pass();

    assertTrue(n1.keeper.retire("ipip"));
    assertTrue(n1.keeper.faults().isEmpty(), n1.keeper.faults().toString());
  }

  @Test
  void leavesAModeAloneThatKeepsNothing() throws Exception {
    long before = n1.revision();

    n1.keeper.retire("vxlan");
    pass();

    assertTrue(n1.keeper.retire("vxlan"));
    assertEquals(before, n1.revision());
  }

  private void retire() throws Exception {
    n1.put(VXLAN);
    n1.reconcile();
    n1.keeper.retire("ipip");
    n1.reconcile();
    assertTrue(n1.keeper.retire("ipip"));
  }

  /** Half a minute, with a reconciliation for every change. */
  private void pass() throws Exception {
    for (int i = 0; i < 6; i++) {
      n1.reconcile();
      n1.agent.pass(LONG.dividedBy(6));
    }
    n1.reconcile();
  }

  private String text() {
    return Ip.text(address);
  }
}
