// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.Ip;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.core.explain.Hop.Place;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What this node has for one of its pods: inside the pod, its link, and the node's side of it.
 * Blocks; reads only.
 */
record EndFacts(String self, NodeAgent agent, Optional<WorkloadPlumber> plumber) {
  private static final long PATIENCE_MILLIS = 500;

  List<Hop> of(WorkloadEndpoint pod, InetAddress address, ActualState kernel)
      throws InterruptedException {
    List<Hop> hops = new ArrayList<>();
    String link = pod.interfaceName();
    Optional<Interface> host =
        kernel.links().stream().filter(i -> i.name().equals(link)).findFirst();
    hops.add(inside(pod, host));
    hops.add(link(pod, host));
    if (host.isPresent()) {
      hops.addAll(declared(pod));
      hops.add(routeToPod(pod, link, address, kernel));
    }
    return hops;
  }

  private Hop inside(WorkloadEndpoint pod, Optional<Interface> host) {
    String what = "inside " + name(pod);
    Optional<Path> namespace = pod.metadata().annotation("margay.io/netns").map(Path::of);
    if (namespace.isEmpty() || plumber.isEmpty() || host.isEmpty()) {
      return Hop.unknown(
          self,
          Place.POD,
          what,
          host.isEmpty()
              ? "it has no link to look through"
              : namespace.isEmpty()
                  ? "its network namespace is not on record"
                  : "the dataplane is away");
    }
    if (!Files.exists(namespace.get())) {
      return Hop.broken(
          self,
          Place.POD,
          what,
          "network namespace " + namespace.get(),
          "the network namespace is gone: the pod does not run any more",
          "let the container runtime delete the pod, or start it again");
    }
    int mtu = host.get().mtuBytes();
    String expected =
        pod.endpoint()
            + " up, "
            + String.join(", ", pod.ipNetworks().stream().map(c -> c.toString()).toList())
            + ", routes and neighbours as attached";
    try {
      plumber
          .get()
          .check(
              new Workload(
                  pod.handle(),
                  pod.interfaceName(),
                  namespace.get(),
                  pod.endpoint(),
                  pod.ipNetworks().stream().map(c -> c.network()).toList(),
                  mtu,
                  pod.mac()),
              mtu);
      return Hop.ok(self, Place.POD, what, expected, "as attached");
    } catch (DataplaneException e) {
      return Hop.broken(
          self,
          Place.POD,
          what,
          expected,
          e.getMessage(),
          "put it back inside the pod, or start the pod again");
    }
  }

  private Hop link(WorkloadEndpoint pod, Optional<Interface> host) {
    String expected = pod.interfaceName() + " up";
    String what = "link of " + name(pod);
    if (host.isEmpty()) {
      return Hop.broken(
          self,
          Place.LINK,
          what,
          expected,
          "there is no link " + pod.interfaceName(),
          "start the pod again: its link was removed");
    }
    if (!host.get().up()) {
      return Hop.broken(
          self,
          Place.LINK,
          what,
          expected,
          pod.interfaceName() + " is down, or its end in the pod is",
          "ip link set " + pod.interfaceName() + " up, and the same in the pod");
    }
    return Hop.ok(self, Place.LINK, what, expected, expected + " mtu " + host.get().mtuBytes());
  }

  /** What the kernel has otherwise than the node declares for the pod. */
  private List<Hop> declared(WorkloadEndpoint pod) throws InterruptedException {
    String what = "node's side of " + name(pod);
    try {
      List<String> differences =
          agent
              .differences(pod.handle(), pod)
              .toCompletableFuture()
              .get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      if (differences.isEmpty()) {
        return List.of(Hop.ok(self, Place.LINK, what, "as declared", "as declared"));
      }
      return differences.stream()
          .map(
              d ->
                  Hop.broken(
                      self,
                      Place.LINK,
                      what,
                      "as declared",
                      d,
                      "find out who changes it: dataplane:drift names it"))
          .toList();
    } catch (ExecutionException e) {
      return List.of(Hop.unknown(self, Place.LINK, what, e.getCause().getMessage()));
    } catch (TimeoutException e) {
      return List.of(Hop.unknown(self, Place.LINK, what, "the kernel could not be read in time"));
    }
  }

  private static String name(WorkloadEndpoint pod) {
    return PathEnd.pod(pod).name();
  }

  private Hop routeToPod(
      WorkloadEndpoint pod, String link, InetAddress address, ActualState kernel) {
    String what = "route to " + name(pod);
    String expected = Ip.text(address) + " dev " + link;
    FibResult way = kernel.lookups().get(address);
    if (way != null && !way.local() && way.link().equals(link) && way.gateway().isEmpty()) {
      return Hop.ok(self, Place.LINK, what, expected, expected);
    }
    return Hop.broken(
        self,
        Place.LINK,
        what,
        expected,
        WayFacts.text(address, Optional.ofNullable(way)),
        "remove what leads elsewhere: look at ip rule and ip route get " + Ip.text(address));
  }
}
