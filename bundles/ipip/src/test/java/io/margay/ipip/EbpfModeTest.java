// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** On a kernel that has no device of its own. */
class EbpfModeTest extends RoutingModeContract {
  private static final KernelFacts KERNEL =
      new KernelFacts("6.18", Set.of("ifb"), Set.of("bpf", "tcx"));

  private final RoutingMode mode = new IpipMode("auto");

  /** The mode, on that kernel. */
  @Override
  protected RoutingMode mode() {
    return new RoutingMode() {
      @Override
      public Info info() {
        return mode.info();
      }

      @Override
      public Map<String, String> advertise(LocalNode self) {
        return mode.advertise(self);
      }

      @Override
      public Plan plan(ModeView view) {
        return mode.plan(((FakeView) view).withKernel(KERNEL));
      }
    };
  }

  @Test
  void leavesChecksumsToTheKernelWhenTheCardIsBroken() {
    FakeView view =
        IpipModeTest.local()
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withSetting("featureDetectOverride", "ChecksumOffloadBroken=true");

    assertTrue(mode().plan(view).toString().contains("offload eth0 tx off"));
  }

  @Test
  void tunnelsToEachPeer() {
    FakeView view =
        IpipModeTest.local()
            .withPeer("node3", "198.51.100.3")
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.2.0/26", Variant.CROSS_SUBNET, "node3");

    Plan plan = mode().plan(view);

    assertEquals(
        """
        link tunl0 address 0a:50:00:00:00:00 mtu 1480 up type ifb
        address 10.65.0.1/32 dev tunl0
        sysctl net/ipv4/conf/tunl0/rp_filter = 2
        neigh 192.0.2.2 dev tunl0 lladdr 02:50:c0:00:02:02 nud permanent
        neigh 198.51.100.3 dev tunl0 lladdr 02:50:c6:33:64:03 nud permanent
        bpf map ipip_counters type percpu_array key 4 value 8 entries 4
        bpf map ipip_peers type hash key 4 value 4 entries 16384
        bpf map ipip_peers key hex c0 00 02 02 value hex 01 00 00 00
        bpf map ipip_peers key hex c6 33 64 03 value hex 01 00 00 00
        bpf program ipip_encap dev tunl0 egress instructions N maps ipip_counters links eth0
        bpf program ipip_decap dev eth0 ingress instructions N maps ipip_counters,ipip_peers
        route 10.65.1.0/26 via 192.0.2.2 dev tunl0 onlink
        route 10.65.2.0/26 via 198.51.100.3 dev tunl0 onlink
        """,
        plan.toString().replaceAll("instructions \\d+", "instructions N"));
    assertEquals("[ipip]", plan.receives().toString());
    assertEquals("[proto 4]", plan.hostTraffic().toString());
  }

  @Test
  void usesEveryLinkByWhichPeersAreReached() {
    FakeView view =
        IpipModeTest.local()
            .withPeer("node2", "192.0.2.2")
            .withPeer(IpipModeTest.routed("node3", "203.0.113.3", "203.0.113.3", "eth2"))
            .withPeer(IpipModeTest.routed("node4", "198.51.100.4", "198.51.100.254", "eth1"));

    assertEquals(
        """
        neigh 192.0.2.2 dev tunl0 lladdr 02:50:c0:00:02:02 nud permanent
        neigh 203.0.113.3 dev tunl0 lladdr 02:52:cb:00:71:03 nud permanent
        neigh 198.51.100.4 dev tunl0 lladdr 02:51:c6:33:64:04 nud permanent
        bpf program ipip_encap dev tunl0 egress instructions N maps ipip_counters links\
         eth0,eth1,eth2
        bpf program ipip_decap dev eth0 ingress instructions N maps ipip_counters,ipip_peers
        bpf program ipip_decap dev eth1 ingress instructions N maps ipip_counters,ipip_peers
        bpf program ipip_decap dev eth2 ingress instructions N maps ipip_counters,ipip_peers
        """,
        mode()
            .plan(view)
            .toString()
            .replaceAll("(?m)^(?!neigh|bpf program).*\n", "")
            .replaceAll("instructions \\d+", "instructions N"));
  }

  @Test
  void prefersADummyAndTurnsIpv6OffThere() {
    KernelFacts facts =
        new KernelFacts("6.18", Set.of("ifb", "dummy"), Set.of("bpf", "clsact", "ipv6"));

    String plan = mode.plan(IpipModeTest.local().withKernel(facts)).toString();

    assertTrue(plan.contains(" type dummy\n"), plan);
    assertTrue(plan.contains("\nsysctl net/ipv6/conf/tunl0/disable_ipv6 = 1\n"), plan);
  }

  @Test
  void leavesTheKernelItsDeviceWhereItHasOne() {
    KernelFacts facts = new KernelFacts("6.1", Set.of("ipip", "dummy"), Set.of("bpf", "clsact"));
    FakeView view =
        IpipModeTest.local()
            .withKernel(facts)
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    String plan = new IpipMode("ebpf").plan(view).toString();

    assertTrue(plan.endsWith("route 10.65.1.0/26 via 192.0.2.2 dev tunl0.ebpf onlink\n"), plan);
    assertTrue(mode.plan(view).toString().contains(" type ipip "));
  }
}
