// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.node.AddressDetection;
import io.margay.core.node.AddressDetection.Choice;
import io.margay.core.node.DetectionMethod;
import io.margay.core.node.DetectionMethod.Kind;
import io.margay.core.node.NodeRegistration;
import io.margay.core.plan.Underlay;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the node's addresses and has them written, once per life of the agent. Afterwards it only
 * adds an address of a family that had none; it never changes one. Confined to the agent thread.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final AgentSettings settings;
  private final AgentThread agent;
  private final Executor io;
  private final Runnable onDone;

  private Store store;
  private boolean isWriting;
  private boolean isDone;
  private Underlay underlay;
  private Optional<String> fault = Optional.empty();
  private Map<IpFamily, String> told = new EnumMap<>(IpFamily.class);

  /**
   * A registrar without a store.
   *
   * @param onDone called on the agent thread after each write
   */
  Registrar(AgentSettings settings, AgentThread agent, Executor io, Runnable onDone) {
    this.settings = settings;
    this.agent = agent;
    this.io = io;
    this.onDone = onDone;
  }

  /** Addresses whose route detection wants to know. */
  Set<InetAddress> targets() {
    return settings.detection().values().stream()
        .map(DetectionMethod::target)
        .filter(Objects::nonNull)
        .collect(Collectors.toUnmodifiableSet());
  }

  void bind(Store service) {
    store = service;
    if (!isDone && underlay != null) {
      register(underlay, Optional.empty());
    }
  }

  void unbind() {
    store = null;
  }

  /** Whether the node has been written in this life of the agent. */
  boolean isDone() {
    return isDone;
  }

  /** Why the node is not registered. */
  Optional<String> fault() {
    return fault;
  }

  /** Registers the node, or an address that it lacks. */
  void register(Underlay current, Optional<ClusterView> view) {
    underlay = current;
    if (store == null || isWriting || isDone && lacking(view).isEmpty()) {
      return;
    }
    Map<IpFamily, InterfaceAddress> addresses = new EnumMap<>(IpFamily.class);
    List<String> misses = new ArrayList<>();
    for (IpFamily family : isDone ? lacking(view) : settings.detection().keySet()) {
      detect(family, misses)
          .ifPresent(
              c -> addresses.put(family, new InterfaceAddress(c.address(), c.prefixLength())));
    }
    if (isDone && addresses.isEmpty()) {
      return;
    }
    Optional<String> miss = addressFault(addresses, misses);
    if (miss.isEmpty()) {
      write(addresses); // Which ends the fault, if there is one, or finds it again.
    } else {
      fault = miss;
    }
  }

  /** Families in which the node, as the store has it, could have an address and has none. */
  private Set<IpFamily> lacking(Optional<ClusterView> view) {
    Optional<NodeEntry> own = view.flatMap(ClusterView::own);
    return settings.detection().entrySet().stream()
        .filter(e -> e.getValue().kind() != Kind.NONE)
        .map(Map.Entry::getKey)
        .filter(f -> own.isPresent() && !own.get().addresses().containsKey(f))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Optional<Choice> detect(IpFamily family, List<String> misses) {
    DetectionMethod method = settings.detection().get(family);
    if (method.kind() == Kind.NONE) {
      return Optional.empty();
    }
    AddressDetection.Result result =
        AddressDetection.detect(method, family, underlay.links(), underlay.routes());
    String text =
        result.choice().map(Choice::toString).orElse("none by " + method.text())
            + (result.rejected().isEmpty() ? "" : "; not: " + String.join(", ", result.rejected()));
    if (!text.equals(told.put(family, text))) {
      LOG.info("Node address family={} chosen={}", family, text);
    }
    if (result.choice().isEmpty()) {
      misses.add(family + " " + text);
    }
    return result.choice();
  }

  /** An address that was asked for by name must be found; of those merely looked for, one. */
  private Optional<String> addressFault(
      Map<IpFamily, InterfaceAddress> addresses, List<String> misses) {
    boolean demanded =
        settings.detection().entrySet().stream()
            .anyMatch(
                e ->
                    e.getValue().kind() != Kind.NONE
                        && e.getValue().kind() != Kind.FIRST_FOUND
                        && !addresses.containsKey(e.getKey()));
    boolean anyWanted = settings.detection().values().stream().anyMatch(m -> m.kind() != Kind.NONE);
    return !isDone && (demanded || anyWanted && addresses.isEmpty())
        ? Optional.of("no node address: " + String.join("; ", misses))
        : Optional.empty();
  }

  private void write(Map<IpFamily, InterfaceAddress> addresses) {
    isWriting = true;
    Store target = store;
    Underlay seen = underlay;
    NodeRegistration registration =
        new NodeRegistration(target, settings.node(), settings.defaultPools());
    io.execute(
        () -> {
          try {
            registration.register(addresses, seen.links());
            agent.execute(this::written);
          } catch (StoreException | InvalidResourceException e) {
            agent.execute(() -> failed(e));
          }
        });
  }

  private void written() {
    isWriting = false;
    isDone = true;
    fault = Optional.empty();
    onDone.run();
  }

  private void failed(Exception e) {
    isWriting = false;
    Optional<String> found = Optional.of("node not registered: " + e.getMessage());
    if (!fault.equals(found)) {
      LOG.warn(
          "Node not registered, trying again seconds={} reason={}",
          RETRY.toSeconds(),
          e.getMessage());
    }
    fault = found;
    onDone.run();
    agent.after(RETRY, () -> register(underlay, Optional.empty()));
  }

  /** Node addresses that are on no interface now. */
  static List<String> missing(NodeEntry own, Underlay underlay) {
    return own.addresses().values().stream()
        .map(InterfaceAddress::address)
        .filter(a -> underlay.linkOf(a).isEmpty())
        .map(Ip::text)
        .sorted()
        .toList();
  }
}
