// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Dataplane;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.mode.Info;
import io.margay.api.net.Ip;
import io.margay.api.store.Store;
import io.margay.core.node.TunnelAssignment;
import io.margay.core.plan.TunnelAddresses;
import io.margay.core.plan.TunnelWish;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the tunnel addresses of this node: one from IPAM for each mode and family in use, written
 * into the Node. Confined to the agent thread; IPAM is asked on the I/O thread, for one address
 * after the other. Nothing waits for it: pods come and go while an address is missing.
 */
final class TunnelKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelKeeper.class);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofSeconds(60);

  /**
   * An address that IPAM has confirmed for a wish.
   *
   * @param before what the Node had; the view may show that for a while
   */
  private record Held(TunnelWish wish, InetAddress address, Optional<InetAddress> before) {
    Held seen() {
      return new Held(wish, address, Optional.of(address));
    }

    boolean serves(TunnelWish wanted, Optional<InetAddress> written) {
      return wish.equals(wanted)
          && (written.equals(Optional.of(address)) || written.equals(before));
    }
  }

  private final String node;
  private final AgentThread agent;
  private final Executor io;
  private final Runnable onChange;
  private final ParkedAddresses parked;

  private Store store;
  private Ipam ipam;
  private Optional<ClusterView> view = Optional.empty();
  private Set<String> inUse = Set.of();
  private List<TunnelWish> wishes = List.of();
  private final Map<String, Held> held = new HashMap<>();

  /** Wishes that came to nothing and wait to be tried again. */
  private final Map<String, TunnelWish> failed = new HashMap<>();

  private final Map<String, String> faults = new TreeMap<>();
  private Duration delay = FIRST_RETRY;
  private boolean isWorking;

  /**
   * A keeper without services.
   *
   * @param onChange called on the agent thread when {@link #retire} may have another answer, or a
   *     fault came or went
   */
  TunnelKeeper(
      String node, AgentThread agent, Executor io, Declarations declarations, Runnable onChange) {
    this.node = node;
    this.agent = agent;
    this.io = io;
    this.onChange = onChange;
    parked = new ParkedAddresses(node, agent, io, declarations, onChange);
  }

  void bindStore(Store service) {
    store = service;
    held.clear(); // Another store may know nothing of them.
    bound();
  }

  void unbindStore() {
    store = null;
    bound();
  }

  void bindIpam(Ipam service) {
    ipam = service;
    bound();
  }

  void unbindIpam(Ipam service) {
    if (ipam == service) {
      ipam = null;
      bound();
    }
  }

  void bindDataplane(Optional<Dataplane> service) {
    parked.bind(service);
  }

  private void bound() {
    parked.bind(Optional.ofNullable(store), Optional.ofNullable(ipam));
    work();
  }

  /**
   * Gives up the addresses of a mode that this node no longer uses for anything. They serve the
   * connections that have them until those have ended; then IPAM gets them back. To be asked again
   * after each change, until it says yes; a mode that is wanted again is no longer retired.
   *
   * @return whether the device of the mode may go
   */
  boolean retire(String mode) {
    return !inUse.contains(mode) && parked.retire(mode);
  }

  /** Modes of which the Node has an address, or what they advertise. */
  Set<String> modes() {
    return view.flatMap(ClusterView::own).map(TunnelKeeper::modes).orElse(Set.of());
  }

  private static Set<String> modes(NodeEntry own) {
    Set<String> modes = new TreeSet<>(own.advertised().keySet());
    Stream.of(own.tunnelAddresses(), own.parked())
        .flatMap(addresses -> addresses.keySet().stream())
        .forEach(key -> modes.add(key.substring(0, key.indexOf('/'))));
    return modes;
  }

  /**
   * Says what the node uses now, after that was declared which needs no mode. An address that is no
   * longer wanted stays until its mode is retired.
   *
   * @param infos of the modes that are provided
   * @param poolsByMode names of the pools that ask for a mode or are still reached by it
   */
  void want(
      ClusterView now,
      Collection<Info> infos,
      Map<String, ? extends Collection<String>> poolsByMode) {
    view = Optional.of(now);
    inUse = Set.copyOf(poolsByMode.keySet());
    List<TunnelWish> wanted = TunnelAddresses.of(now, infos, poolsByMode);
    held.replaceAll((k, h) -> written(k).equals(Optional.of(h.address())) ? h.seen() : h);
    if (!wanted.equals(wishes)) {
      delay = FIRST_RETRY;
      wishes = wanted;
      List<String> keys = wishes.stream().map(TunnelWish::key).toList();
      faults.keySet().retainAll(keys);
      held.keySet().retainAll(keys);
      failed.keySet().retainAll(keys);
    }
    parked.keep(inUse);
    parked.declared(now);
    work();
  }

  /** What is wrong, a sentence for each address that is missing or does not fit. */
  List<String> faults() {
    if (ipam == null && wishes.stream().anyMatch(this::isDue)) {
      return List.of("no bundle provides address assignment");
    }
    List<String> all = new ArrayList<>();
    faults.forEach((key, why) -> all.add("tunnel address " + key + ": " + why));
    parked.fault().ifPresent(all::add);
    return all;
  }

  private void work() {
    if (isWorking || ipam == null || store == null) {
      return;
    }
    wishes.stream().filter(this::isDue).findFirst().ifPresent(this::assign);
  }

  /** Whether IPAM has not confirmed the address, or the Node has another. */
  private boolean isDue(TunnelWish wish) {
    Held known = held.get(wish.key());
    boolean isHeld = known != null && known.serves(wish, written(wish.key()));
    return !isHeld && !wish.equals(failed.get(wish.key()));
  }

  private Optional<InetAddress> written(String key) {
    return view.flatMap(ClusterView::own).map(NodeEntry::tunnelAddresses).map(m -> m.get(key));
  }

  private void assign(TunnelWish wish) {
    isWorking = true;
    Optional<InetAddress> before = written(wish.key());
    TunnelAssignment assignment = new TunnelAssignment(ipam, store, node);
    io.execute(
        () -> {
          try {
            InetAddress address = assignment.assign(wish);
            agent.execute(() -> assigned(new Held(wish, address, before)));
          } catch (IpamException e) {
            agent.execute(() -> refused(wish, e.getMessage()));
          } catch (RuntimeException | LinkageError e) {
            // The bundle was stopped under our feet, or is broken.
            agent.execute(() -> refused(wish, "address assignment fails: " + e));
          }
        });
  }

  private void assigned(Held now) {
    isWorking = false;
    delay = FIRST_RETRY;
    String key = now.wish().key();
    held.put(key, now);
    if (!now.before().equals(Optional.of(now.address()))) {
      LOG.info("Tunnel address assigned tunnel={} address={}", key, Ip.text(now.address()));
    }
    if (faults.remove(key) != null) {
      onChange.run();
    }
    work();
  }

  private void refused(TunnelWish wish, String why) {
    isWorking = false;
    String text =
        why + written(wish.key()).map(a -> "; " + Ip.text(a) + " stays as it is").orElse("");
    if (!text.equals(faults.put(wish.key(), text))) {
      LOG.warn(
          "Tunnel address missing, trying again tunnel={} seconds={} reason={}",
          wish.key(),
          delay.toSeconds(),
          why);
    }
    failed.put(wish.key(), wish);
    agent.after(delay, () -> retry(wish));
    Duration twice = delay.multipliedBy(2);
    delay = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
    onChange.run();
    work();
  }

  private void retry(TunnelWish wish) {
    failed.remove(wish.key(), wish);
    work();
  }
}
