// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Owner;
import io.margay.api.ipam.Ipam;
import io.margay.api.store.Store;
import io.margay.core.node.NodeDocument;
import io.margay.core.node.TunnelRelease;
import io.margay.core.view.AdvertisedFields;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.TunnelFields;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tunnel addresses out of use without breaking the connections that have them. Confined to
 * the agent thread.
 *
 * <p>Each step begins when the kernel or the store has the one before, and where an address stands
 * is in the Node alone, so that a restarted agent goes on from there:
 *
 * <ol>
 *   <li>the mode is retired: the address is parked, in the Node and with it on {@code lo};
 *   <li>it is there: the device may go;
 *   <li>no socket has it any more: it is no longer parked, and goes from {@code lo};
 *   <li>it is gone from there: IPAM gets it back.
 * </ol>
 *
 * A mode that comes back takes its address along, which leaves {@code lo} when the device has it.
 */
final class ParkedAddresses {
  private static final Logger LOG = LoggerFactory.getLogger(ParkedAddresses.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final String node;
  private final AgentThread agent;
  private final Declarations declarations;
  private final Runnable onChange;
  private final BlockingJob job;

  private Store store;
  private Ipam ipam;
  private Dataplane dataplane;
  private Optional<NodeEntry> own = Optional.empty();
  private final Set<String> retired = new TreeSet<>();

  /** Retired modes whose handles hold nothing. */
  private final Set<String> released = new HashSet<>();

  /** The addresses on {@code lo} that were asked about last, and those that are there. */
  private Optional<Set<InetAddress>> asked = Optional.empty();

  private Optional<Set<InetAddress>> settled = Optional.empty();

  /** What need not be parked any more, by {@code MODE/FAMILY}. */
  private final Map<String, InetAddress> unused = new HashMap<>();

  private boolean isTicking;

  /**
   * Without services.
   *
   * @param onChange called on the agent thread when {@link #retire} may have another answer, or a
   *     fault came or went
   */
  ParkedAddresses(
      String node, AgentThread agent, Executor io, Declarations declarations, Runnable onChange) {
    this.node = node;
    this.agent = agent;
    this.declarations = declarations;
    this.onChange = onChange;
    job = new BlockingJob(agent, io, this::tell, this::step);
  }

  void bind(Optional<Store> stored, Optional<Ipam> assigning) {
    store = stored.orElse(null);
    ipam = assigning.orElse(null);
    step();
  }

  /** Another dataplane, or none: what was settled was said by the one before. */
  void bind(Optional<Dataplane> service) {
    dataplane = service.orElse(null);
    asked = Optional.empty();
    settled = Optional.empty();
  }

  /**
   * Parks the addresses of a mode that this node no longer uses, and what it advertised is
   * forgotten. To be asked again, after each change, until it says yes.
   *
   * @return whether the device of the mode may go
   */
  boolean retire(String mode) {
    retired.add(mode);
    step();
    return own.isPresent()
        && keys(own.get().tunnelAddresses(), mode).isEmpty()
        && keys(own.get().parked(), mode).stream()
            .map(own.get().parked()::get)
            .allMatch(a -> settled.filter(s -> s.contains(a)).isPresent());
  }

  /** Modes that are in use again. */
  void keep(Set<String> modes) {
    retired.removeAll(modes);
    released.removeAll(modes);
  }

  /** To be called after {@code lo} was declared with the addresses that the Node has parked. */
  void declared(ClusterView now) {
    own = now.own();
    if (own.isEmpty()) {
      return;
    }
    Set<InetAddress> parked = Set.copyOf(own.get().parked().values());
    if (!asked.equals(Optional.of(parked))) {
      asked = Optional.of(parked);
      declarations
          .settled(Owner.LOCAL)
          .whenComplete((done, refusal) -> agent.execute(() -> settled(parked)));
    }
    unused.entrySet().retainAll(own.get().parked().entrySet());
    if (!parked.isEmpty()) {
      tickLater();
    }
    step();
  }

  Optional<String> fault() {
    return job.fault().map(why -> "tunnel address of a retired mode: " + why);
  }

  private void tell() {
    job.fault()
        .ifPresent(
            why -> LOG.warn("Tunnel address of a retired mode, trying again reason={}", why));
    onChange.run();
  }

  /** Refused or not: the mode cannot wait for an address that the kernel will not have. */
  private void settled(Set<InetAddress> parked) {
    if (asked.equals(Optional.of(parked))) {
      settled = asked;
      onChange.run();
      step();
    }
  }

  /** Does the next thing that is due; what it writes comes back with the watch. */
  private void step() {
    if (!job.isIdle() || store == null || own.isEmpty()) {
      return;
    }
    NodeEntry entry = own.get();
    for (String mode : retired) {
      if (!keys(entry.tunnelAddresses(), mode).isEmpty() || entry.advertised().containsKey(mode)) {
        edit(
            n -> AdvertisedFields.with(TunnelFields.withRetired(n, mode), mode, Map.of()),
            () -> LOG.info("Tunnel addresses parked mode={}", mode));
        return;
      }
    }
    if (!unused.isEmpty()) {
      Map<String, InetAddress> done = Map.copyOf(unused);
      unused.clear();
      edit(
          n -> TunnelFields.withoutParked(n, done),
          () -> LOG.info("Tunnel addresses no longer parked tunnels={}", done.keySet()));
      return;
    }
    release(entry);
  }

  /** Gives back what a retired mode holds and the Node does not name. */
  private void release(NodeEntry entry) {
    boolean isClean = settled.equals(Optional.of(Set.copyOf(entry.parked().values())));
    if (ipam == null || !isClean) {
      return;
    }
    Set<String> due = new TreeSet<>(retired);
    due.removeAll(released);
    due.removeIf(m -> !keys(entry.parked(), m).isEmpty());
    if (due.isEmpty()) {
      return;
    }
    TunnelRelease release = new TunnelRelease(ipam, store, node);
    Set<String> done = new TreeSet<>();
    job.run(
        () -> {
          for (String mode : due) {
            if (release.release(mode)) {
              done.add(mode);
            }
          }
        },
        () -> {
          done.retainAll(retired);
          released.addAll(done);
        });
  }

  /** Changes the Node; the view may be behind, so that there is nothing to change. */
  private void edit(NodeDocument.Edit edit, Runnable ifChanged) {
    NodeDocument document = new NodeDocument(store, node);
    job.run(
        () -> {
          if (document.change(edit)) {
            ifChanged.run();
          }
        },
        () -> {});
  }

  private void tickLater() {
    if (!isTicking) {
      isTicking = true;
      agent.after(
          INTERVAL,
          () -> {
            isTicking = false;
            tick();
          });
    }
  }

  /** Looks which parked addresses nobody needs. */
  private void tick() {
    Map<String, InetAddress> parked = own.map(NodeEntry::parked).orElse(Map.of());
    if (parked.isEmpty()) {
      return;
    }
    tickLater();
    if (!job.isIdle() || dataplane == null || !settled.equals(asked)) {
      return;
    }
    Map<String, InetAddress> waiting = new HashMap<>(parked);
    Map<String, InetAddress> active = own.orElseThrow().tunnelAddresses();
    waiting.entrySet().removeIf(e -> e.getValue().equals(active.get(e.getKey())));
    parked.forEach(
        (key, address) -> {
          if (!waiting.containsKey(key)) {
            askDevice(key, address);
          }
        });
    if (!waiting.isEmpty()) {
      askSockets(waiting);
    }
  }

  private void askSockets(Map<String, InetAddress> waiting) {
    Dataplane source = dataplane;
    Set<InetAddress> bound = new HashSet<>();
    job.run(
        () -> bound.addAll(source.boundTo(Set.copyOf(waiting.values()))),
        () -> {
          waiting.values().removeAll(bound);
          unused.putAll(waiting);
          unused.entrySet().retainAll(own.map(NodeEntry::parked).orElse(Map.of()).entrySet());
          step();
        });
  }

  /** An address that its mode has again stays until it is on the device. */
  private void askDevice(String key, InetAddress address) {
    Owner mode = Owner.mode(key.substring(0, key.indexOf('/')));
    DesiredState desired = declarations.desired().get(mode);
    List<Address> addresses =
        desired == null
            ? List.of()
            : desired.objects().stream()
                .filter(Address.class::isInstance)
                .map(Address.class::cast)
                .toList();
    // A mode whose daemon configures the device has no addresses in its plan.
    if (desired != null
        && (addresses.isEmpty() || addresses.stream().anyMatch(a -> a.address().equals(address)))) {
      declarations
          .settled(mode)
          .whenComplete((done, refusal) -> agent.execute(() -> onDevice(key, address)));
    }
  }

  private void onDevice(String key, InetAddress address) {
    boolean isBack =
        own.filter(n -> address.equals(n.tunnelAddresses().get(key)))
            .filter(n -> address.equals(n.parked().get(key)))
            .isPresent();
    if (isBack) {
      unused.put(key, address);
      step();
    }
  }

  private static List<String> keys(Map<String, InetAddress> addresses, String mode) {
    return addresses.keySet().stream().filter(k -> k.startsWith(mode + "/")).sorted().toList();
  }
}
