// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/**
 * Sends pods' packets in IP-in-IP (RFC 2003): one device, per destination one route on it via the
 * address of the node that has it. The device is the kernel's own, or one with BPF programs on
 * kernels that have none; on the wire and in the routes nobody sees which.
 */
@Component(configurationPid = "io.margay.ipip")
@Designate(ocd = IpipMode.Config.class)
public final class IpipMode implements RoutingMode {
  static final Wire WIRE = new Wire(Driver.IPIP);

  private static final Info INFO =
      Info.of(Driver.IPIP)
          .withFamily(IpFamily.IPV4, Device.OVERHEAD_BYTES)
          .withTunnelAddresses(Set.of(IpFamily.IPV4));

  private static final HostTraffic TRAFFIC = new HostTraffic(Packet.PROTOCOL_IPIP, 0);

  /** Configuration of the mode on this node. */
  @ObjectClassDefinition(name = "IP-in-IP")
  public @interface Config {
    @AttributeDefinition(
        description = "Which device to use; auto takes the kernel's where it has one",
        options = {
          @Option(label = "auto", value = "auto"),
          @Option(label = "kernel", value = "kernel"),
          @Option(label = "ebpf", value = "ebpf")
        })
    String driver() default "auto";
  }

  private final String driver;

  @Activate
  public IpipMode(Config config) {
    this(config.driver());
  }

  IpipMode(String driver) {
    this.driver = Driver.checked(driver);
  }

  @Override
  public Info info() {
    return INFO;
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    return Map.of();
  }

  /**
   * The plan.
   *
   * @throws IllegalStateException when the view lacks what a device needs, although there may be
   *     one: the plan before stays in force then, as one without would take away what receives
   */
  @Override
  public Plan plan(ModeView view) {
    Optional<Driver> able = Driver.choose(driver, view.kernel());
    if (able.isEmpty() && view.receiving().contains(WIRE)) {
      throw new IllegalStateException(Driver.whyNone(driver, view.kernel()));
    }
    Optional<Driver> chosen = able.filter(d -> Tunnels.hasAddresses(view.self()));
    if (chosen.isPresent() && !view.self().uplinks().containsKey(IpFamily.IPV4)) {
      String address = Ip.text(view.self().addresses().get(IpFamily.IPV4));
      throw new IllegalStateException(address + " of this node is on no interface");
    }
    Tunnels tunnels = Tunnels.of(view);
    List<KernelObject> standing = chosen.map(d -> standing(d, view, tunnels)).orElse(List.of());
    Sender sender = new Sender(view, tunnels, chosen.map(d -> link(d, view)), whyNoDevice(view));
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
    return chosen.isPresent() ? plan.withReceives(WIRE).withHostTraffic(TRAFFIC) : plan;
  }

  private static List<KernelObject> standing(Driver driver, ModeView view, Tunnels tunnels) {
    return driver == Driver.KERNEL ? KernelDevice.objects(view) : EbpfDevice.objects(view, tunnels);
  }

  private static String link(Driver driver, ModeView view) {
    return driver == Driver.KERNEL ? KernelDevice.LINK : EbpfDevice.link(view.kernel());
  }

  private String whyNoDevice(ModeView view) {
    return Driver.choose(driver, view.kernel()).isEmpty()
        ? Driver.whyNone(driver, view.kernel())
        : "this node has no IPv4 tunnel address yet";
  }
}
