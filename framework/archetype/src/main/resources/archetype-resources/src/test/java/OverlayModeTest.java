package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.mode.Peer;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OverlayModeTest extends RoutingModeContract {
  private static final String TUNNEL_ADDRESS = "${mode}/" + IpFamily.IPV4;

  @Override
  protected RoutingMode mode() {
    return new OverlayMode();
  }

  @Test
  void tunnelsToAPeer() {
    Peer plain = FakeView.of("192.0.2.1/24").withPeer("node2", "192.0.2.2").peers().get(0);
    Peer node2 =
        new Peer(
            plain.name(),
            plain.addresses(),
            plain.sameSubnet(),
            plain.gateways(),
            Map.of(TUNNEL_ADDRESS, Ip.parse("10.65.1.1")),
            Map.of("mac", "02:76:c0:00:02:02"));
    FakeView view =
        FakeView.of("192.0.2.1/24")
            .withTunnelAddress(TUNNEL_ADDRESS, "10.65.0.1")
            .withPeer(node2)
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    assertEquals(
        """
        link ${mode}0 link eth0 address 02:76:c0:00:02:01 mtu 1450 up type vxlan id 8300 local\
         192.0.2.1 learning 0 dstport 8472
        address 10.65.0.1/32 dev ${mode}0
        sysctl net/ipv4/conf/${mode}0/rp_filter = 2
        neigh 10.65.1.1 dev ${mode}0 lladdr 02:76:c0:00:02:02 nud permanent
        fdb 02:76:c0:00:02:02 dev ${mode}0 dst 192.0.2.2 self permanent
        route 10.65.1.0/26 via 10.65.1.1 dev ${mode}0 onlink
        """,
        mode().plan(view).toString());
  }
}
