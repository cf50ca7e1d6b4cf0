// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.MacAddress;
import io.margay.dataplane.journal.Recorder;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Links pods to the node by veth pairs whose host end carries the handle as its alias.
 *
 * <p>The node is the network namespace of the calling thread. The kernel holds all state: a
 * repeated call finds what an earlier one, of whatever process, has made.
 */
@Component
public final class VethPlumber implements WorkloadPlumber {
  private static final int DRAIN_SECONDS = 5;

  /** Held for reading by every call, and for writing, for good, once this component has stopped. */
  private final ReadWriteLock running = new ReentrantReadWriteLock();

  private final PodLinkReaper reaper = new PodLinkReaper();

  /**
   * Indices of the host ends that this plumber has made or found, by handle: spares detach a list
   * of all links. Only a hint; whoever uses it looks at the link.
   */
  private final Map<String, Integer> indices = new ConcurrentHashMap<>();

  private final Recorder recorder;

  @Activate
  public VethPlumber(@Reference NodeJournal journal) {
    recorder = journal;
  }

  /** A plumber that keeps no journal. */
  VethPlumber() {
    recorder = Recorder.NONE;
  }

  /** Lets calls under way end: their classes go with the bundle. */
  @Deactivate
  public void drain() throws InterruptedException {
    running.writeLock().tryLock(DRAIN_SECONDS, TimeUnit.SECONDS);
    reaper.close();
  }

  @Override
  public HostLink attach(Workload workload) throws DataplaneException {
    return call(
        "attach " + workload.handle(),
        () -> {
          try (Netns pod = Netns.open(workload.namespace());
              NetlinkSocket node = NetlinkSocket.open()) {
            return attach(workload, pod, node);
          }
        });
  }

  private HostLink attach(Workload workload, Netns pod, NetlinkSocket node)
      throws DataplaneException, NetlinkException, IOException {
    refuseNodeNamespace(pod);
    HostEnd hostEnd = new HostEnd(workload, node);
    PodEnd podEnd = new PodEnd(workload);
    Optional<LinkMessage> found = attached(hostEnd, workload, pod);
    if (found.isEmpty()) {
      hostEnd.create(pod);
    }
    try {
      hostEnd.configure(found);
      LinkMessage inPod = pod.call(() -> found.isPresent() ? podEnd.repair() : podEnd.configure());
      if (found.isEmpty()) {
        record(Action.ADD, workload.handle(), text(workload), null);
      }
      inPod.lower().ifPresent(index -> indices.put(workload.handle(), index));
      MacAddress mac = MacAddress.of(inPod.address().orElseThrow().bytes());
      return new HostLink(workload.hostLink(), Workload.HOST_MAC, mac, workload.mtuBytes());
    } catch (NetlinkException | IOException | RuntimeException e) {
      if (found.isEmpty()) {
        record(Action.ADD, workload.handle(), text(workload), errno(e));
        hostEnd.deleteAfter(e);
      }
      throw e;
    }
  }

  private static void refuseNodeNamespace(Netns pod)
      throws DataplaneException, NetlinkException, IOException {
    try (Netns node = Netns.current()) {
      if (node.identity().equals(pod.identity())) {
        throw new DataplaneException(pod + ": EINVAL (the node's own network namespace)", "EINVAL");
      }
    }
  }

  /** The host end if an earlier attach made both. One of ours that lost its pod is removed. */
  private static Optional<LinkMessage> attached(HostEnd hostEnd, Workload workload, Netns pod)
      throws DataplaneException, NetlinkException, IOException {
    Optional<LinkMessage> host = hostEnd.find();
    if (host.isEmpty()) {
      return host;
    }
    Optional<LinkMessage> inPod = pod.call(() -> PodEnd.find(workload));
    if (inPod.isPresent() && !hostEnd.isPairOf(host.get(), inPod.get())) {
      throw PodEnd.exists(workload);
    }
    if (inPod.isEmpty()) {
      hostEnd.delete();
    }
    return inPod.isPresent() ? host : Optional.empty();
  }

  @Override
  public void detach(String handle) throws DataplaneException {
    call(
        "detach " + handle,
        () -> {
          try (NetlinkSocket node = NetlinkSocket.open()) {
            for (LinkMessage link : links(node, handle)) {
              reaper.delete(link.index());
              record(Action.REMOVE, handle, "link " + link.name() + " type veth", null);
            }
          }
          return handle;
        });
  }

  private List<LinkMessage> links(NetlinkSocket node, String handle) throws NetlinkException {
    Integer index = indices.remove(handle);
    Optional<LinkMessage> known = index == null ? Optional.empty() : node.link(index);
    return known.filter(link -> HostEnd.isOf(link, handle)).isPresent()
        ? List.of(known.get())
        : HostEnd.of(node, handle);
  }

  @Override
  public void resize(Workload workload, int sendMtuBytes) throws DataplaneException {
    call(
        "resize " + workload.handle(),
        () -> {
          try (Netns pod = Netns.open(workload.namespace());
              NetlinkSocket node = NetlinkSocket.open();
              NetlinkSocket inside = pod.call(NetlinkSocket::open)) {
            if (new MtuChange(workload, node, inside).apply(sendMtuBytes)) {
              record(Action.REPLACE, workload.handle(), text(workload), null);
            }
          }
          return workload;
        });
  }

  @Override
  public void check(Workload workload, int podMtuBytes) throws DataplaneException {
    Optional<String> difference =
        call(
            "check " + workload.handle(),
            () -> {
              try (Netns pod = Netns.open(workload.namespace());
                  NetlinkSocket node = NetlinkSocket.open()) {
                return difference(workload, podMtuBytes, pod, node);
              }
            });
    if (difference.isPresent()) {
      throw new DataplaneException("check " + workload.handle() + ": " + difference.get(), "");
    }
  }

  private static Optional<String> difference(
      Workload workload, int podMtuBytes, Netns pod, NetlinkSocket node)
      throws DataplaneException, NetlinkException, IOException {
    HostEnd hostEnd = new HostEnd(workload, node);
    Optional<LinkMessage> host = hostEnd.find();
    if (host.isEmpty()) {
      return Optional.of("link " + workload.hostLink() + " is missing");
    }
    Optional<LinkMessage> inPod = pod.call(() -> PodEnd.find(workload));
    if (inPod.isEmpty() || !hostEnd.isPairOf(host.get(), inPod.get())) {
      String problem = inPod.isEmpty() ? " is missing in " : " is another link in ";
      return Optional.of("link " + workload.podLink() + problem + pod);
    }
    Optional<String> ofHost = hostEnd.difference(host.get());
    return ofHost.isPresent()
        ? ofHost
        : pod.call(() -> new PodEnd(workload).difference(podMtuBytes));
  }

  @Override
  public Map<String, String> attached() throws DataplaneException {
    return call(
        "list links of workloads",
        () -> {
          try (NetlinkSocket node = NetlinkSocket.open()) {
            return HostEnd.attached(node);
          }
        });
  }

  /** What the link is to the node, and where its other end is. */
  private static String text(Workload workload) {
    return "link %s mtu %d type veth peer %s in %s"
        .formatted(
            workload.hostLink(), workload.mtuBytes(), workload.podLink(), workload.namespace());
  }

  private void record(Action action, String handle, String text, String errno) {
    Cause cause = ServedCall.cause("the agent asks for it");
    recorder.record(action, Owner.workload(handle), text, null, cause, errno);
  }

  private static String errno(Exception failure) {
    return failure instanceof NetlinkException refusal ? refusal.errno() : "EIO";
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws DataplaneException, NetlinkException, IOException;
  }

  private <T> T call(String operation, Work<T> work) throws DataplaneException {
    if (!running.readLock().tryLock()) {
      throw new DataplaneException(operation + ": this plumber has stopped", "");
    }
    try {
      return work.run();
    } catch (NetlinkException e) {
      throw new DataplaneException(operation + ": " + e.getMessage(), e.errno(), e);
    } catch (IOException e) {
      throw new DataplaneException(operation + ": " + e, "", e);
    } finally {
      running.readLock().unlock();
    }
  }
}
