// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Sends pods' packets in VXLAN (RFC 7348): one device per wire, per peer a permanent neighbour and
 * a forwarding entry on it, per destination one route via the peer's tunnel address.
 *
 * <p>The settings say by which wire to send. Wires by which other nodes may still send are received
 * beside it, each by a device of its own, so that a change of VNI or port loses nothing.
 */
@Component
public final class VxlanMode implements RoutingMode {
  static final String NAME = "vxlan";

  private static final Info INFO =
      Info.of(NAME)
          .withFamily(IpFamily.IPV4, Device.overheadBytes(IpFamily.IPV4))
          .withFamily(IpFamily.IPV6, Device.overheadBytes(IpFamily.IPV6))
          .withTunnelAddresses(Set.of(IpFamily.IPV4, IpFamily.IPV6))
          .withLinkTypes(Set.of("vxlan"));

  @Activate
  public VxlanMode() {}

  @Override
  public Info info() {
    return INFO;
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    Map<String, String> macs = new TreeMap<>();
    for (IpFamily family : IpFamily.values()) {
      if (self.addresses().containsKey(family)) {
        macs.put(Vtep.macKey(family), Vtep.mac(self.name(), family).toString());
      }
    }
    return macs;
  }

  @Override
  public Plan plan(ModeView view) {
    Map<IpFamily, Vteps> vteps = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      vteps.put(family, Vteps.of(view, family));
    }
    SortedSet<VxlanWire> wires = wires(view);
    List<KernelObject> standing = new ArrayList<>();
    for (VxlanWire wire : wires) {
      standing.addAll(Device.objects(wire, view.self(), view.settings(), vteps.get(wire.family())));
    }
    Sender sender = new Sender(view, vteps);
    Map<Cidr, Sending> sendings = new HashMap<>();
    Map<Cidr, String> unreachable = new HashMap<>();
    for (Destination destination : view.destinations()) {
      sender
          .to(destination)
          .ifPresentOrElse(
              sending -> sendings.put(destination.cidr(), sending),
              () -> unreachable.put(destination.cidr(), sender.whyNot(destination)));
    }
    Plan plan = Plan.of(standing, sendings).withUnreachable(unreachable);
    for (VxlanWire wire : wires) {
      plan = plan.withReceives(wire.wire()).withHostTraffic(wire.hostTraffic());
    }
    return plan;
  }

  /** What this node can receive of what it sends by and of what others may still send by. */
  private static SortedSet<VxlanWire> wires(ModeView view) {
    SortedSet<VxlanWire> wires = new TreeSet<>();
    for (IpFamily family : IpFamily.values()) {
      wires.add(VxlanWire.of(view.settings(), family));
    }
    for (Wire wire : view.receiving()) {
      VxlanWire.parse(wire).ifPresent(wires::add);
    }
    wires.removeIf(wire -> !Sender.hasTunnels(view.self(), wire.family()));
    return wires;
  }
}
