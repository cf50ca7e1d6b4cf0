// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.RateLimit;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.core.view.EndpointEntry;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Owner {@code workload/HANDLE}: the host's side of one pod. */
public final class WorkloadObjects {
  private WorkloadObjects() {}

  /**
   * Host routes, permanent neighbours, sysctls and elements of {@link HostRules}; the link itself
   * is the plumber's.
   *
   * @param allowsSourceSpoofing whether it may send from other addresses that it names
   */
  public static DesiredState of(EndpointEntry endpoint, boolean allowsSourceSpoofing) {
    String link = endpoint.link();
    List<Cidr> others = allowsSourceSpoofing ? endpoint.otherSources() : List.of();
    boolean isStrict = others.stream().noneMatch(o -> o.family() == IpFamily.IPV4);
    List<KernelObject> objects = new ArrayList<>();
    objects.add(Link.external(link));
    for (IpFamily family : IpFamily.values()) {
      if (endpoint.addresses().stream().anyMatch(a -> IpFamily.of(a) == family)) {
        objects.addAll(family == IpFamily.IPV4 ? sysctls4(link, isStrict) : sysctls6(link));
      }
    }
    for (InetAddress address : endpoint.addresses()) {
      endpoint.mac().ifPresent(mac -> objects.add(Neighbour.of(link, address, mac)));
      objects.add(Route.of(Cidr.host(address), NextHop.dev(link)));
    }
    endpoint.receiveRate().ifPresent(rate -> objects.add(RateLimit.of(link, rate)));
    objects.addAll(HostRules.ofPod(link, endpoint.addresses(), others));
    return DesiredState.of(objects);
  }

  /** Calico's, and a strict reverse path filter, which would drop what comes from elsewhere. */
  private static List<Sysctl> sysctls4(String link, boolean isStrict) {
    String conf = "net/ipv4/conf/" + link + "/";
    return List.of(
        Sysctl.of(conf + "forwarding", 1),
        Sysctl.of(conf + "proxy_arp", 1),
        Sysctl.of(conf + "route_localnet", 1),
        Sysctl.of(conf + "rp_filter", isStrict ? 1 : 0),
        // The pod asks for its gateway at once: an answer delayed by up to 0.8 s is a slow first
        // ping.
        Sysctl.of("net/ipv4/neigh/" + link + "/proxy_delay", 0));
  }

  private static List<Sysctl> sysctls6(String link) {
    String conf = "net/ipv6/conf/" + link + "/";
    return List.of(
        Sysctl.of(conf + "disable_ipv6", 0),
        Sysctl.of(conf + "forwarding", 1),
        Sysctl.of(conf + "proxy_ndp", 1),
        Sysctl.of(conf + "accept_ra", 0));
  }
}
