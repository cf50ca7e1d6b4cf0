// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Ip;
import io.margay.api.store.Store;
import io.margay.core.node.TunnelAssignment;
import io.margay.core.plan.TunnelWish;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
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

  private Store store;
  private Ipam ipam;
  private Optional<ClusterView> view = Optional.empty();
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
   * @param onChange called on the agent thread when a fault came or went
   */
  TunnelKeeper(String node, AgentThread agent, Executor io, Runnable onChange) {
    this.node = node;
    this.agent = agent;
    this.io = io;
    this.onChange = onChange;
  }

  void bindStore(Store service) {
    store = service;
    held.clear(); // Another store may know nothing of them.
    work();
  }

  void unbindStore() {
    store = null;
  }

  void bindIpam(Ipam service) {
    ipam = service;
    work();
  }

  void unbindIpam(Ipam service) {
    if (ipam == service) {
      ipam = null;
    }
  }

  /**
   * Says what the node is to have now. An address that is no longer wanted stays until its mode is
   * retired.
   */
  void want(ClusterView now, List<TunnelWish> wanted) {
    view = Optional.of(now);
    held.replaceAll((k, h) -> written(k).equals(Optional.of(h.address())) ? h.seen() : h);
    if (!wanted.equals(wishes)) {
      delay = FIRST_RETRY;
      wishes = List.copyOf(wanted);
      List<String> keys = wishes.stream().map(TunnelWish::key).toList();
      faults.keySet().retainAll(keys);
      held.keySet().retainAll(keys);
      failed.keySet().retainAll(keys);
    }
    work();
  }

  /** What is wrong, a sentence for each address that is missing or does not fit. */
  List<String> faults() {
    if (ipam == null && wishes.stream().anyMatch(this::isDue)) {
      return List.of("no bundle provides address assignment");
    }
    return faults.entrySet().stream()
        .map(e -> "tunnel address " + e.getKey() + ": " + e.getValue())
        .toList();
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
