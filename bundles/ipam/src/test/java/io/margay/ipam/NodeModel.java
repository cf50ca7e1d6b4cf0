// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.health.Health;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.WorkloadWitness.Testimony;
import io.margay.api.ipam.WorkloadWitness.Word;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A node of a property test: kernel and container runtime are maps that outlive its agent; the
 * agent is the real address assignment and the real reconciler.
 */
final class NodeModel {
  static final Duration INTERVAL = Duration.ofSeconds(60);
  static final Duration GRACE = Duration.ofSeconds(900);
  private static final String NETWORK = "net";

  /** The kernel: links by handle. */
  final Map<String, String> links = new TreeMap<>();

  /** Pods that their runtime has been told are attached, and their addresses. */
  final Map<String, List<String>> live = new TreeMap<>();

  final String name;
  private final Store shared;
  private final Random random;
  private final TestClock clock;
  private final Map<String, Testimony> words = new HashMap<>();
  private Optional<Testimony> listed = Optional.empty();
  private Runnable beforeRelease = () -> {};

  private RoughStore store;
  private BlockIpam ipam;
  private Reconciler reconciler;

  NodeModel(String name, Store shared, Random random, TestClock clock) {
    this.name = name;
    this.shared = shared;
    this.random = random;
    this.clock = clock;
    start();
  }

  /** A new life of the agent. */
  void start() {
    store = new RoughStore(shared, random);
    ipam = new BlockIpam(store, clock);
    words.clear();
    listed = Optional.empty();
    reconciler =
        new Reconciler(
            name,
            ipam,
            this::endpoints,
            (network, handle) -> lastWord(handle),
            new Reconciler.Timing(INTERVAL, GRACE),
            clock::nanos);
  }

  void rough(boolean value) {
    store.rough(value);
  }

  boolean isDead() {
    return store.isDead();
  }

  /** The agent ends, as by kill -9. */
  void kill() {
    store.die();
    ipam.close();
  }

  /** The runtime attaches a pod, anew or once more; a failure is taken back or forgotten. */
  void add(String pod) {
    String handle = handle(pod);
    List<String> before = live.get(handle);
    try {
      List<String> got = attach(ipam, pod);
      if (before != null && !before.equals(got)) {
        throw new AssertionError(handle + " had " + before + " and got " + got);
      }
    } catch (IpamException e) {
      detach(pod);
    }
  }

  /** As {@link #add} by a process of its own, so that it can come between two writes of ours. */
  void addBeside(String pod) {
    BlockIpam beside = new BlockIpam(shared, clock);
    try {
      attach(beside, pod);
    } catch (IpamException e) {
      detachBy(beside, pod);
    } finally {
      beside.close();
    }
  }

  private List<String> attach(BlockIpam by, String pod) throws IpamException {
    String handle = handle(pod);
    List<String> got =
        Cluster.texts(
            by.assign(
                request(pod),
                assigned -> {
                  WorkloadEndpoint endpoint =
                      endpoint(pod)
                          .withIpNetworks(
                              assigned.addresses().stream()
                                  .map(a -> Cidr.host(a.address()))
                                  .toList());
                  return List.of(Write.put(endpoint.key(), endpoint.toJson(), Expected.ANY));
                }));
    links.put(handle, "cali" + pod);
    live.put(handle, got);
    words.put(handle, new Testimony(Word.KNOWN, clock.nanos()));
    return got;
  }

  void detach(String pod) {
    detachBy(ipam, pod);
  }

  private void detachBy(BlockIpam by, String pod) {
    String handle = handle(pod);
    live.remove(handle);
    links.remove(handle);
    try {
      Key key = endpoint(pod).key();
      Optional<Entry> entry = shared.get(key);
      by.release(
          handle, entry.stream().map(e -> Write.delete(key, Expected.at(e.revision()))).toList());
      words.remove(handle);
    } catch (IpamException | StoreException e) {
      words.remove(handle); // The runtime forgets it all the same.
    }
  }

  /** The pod dies and its runtime never says so. */
  void forget(String pod) {
    live.remove(handle(pod));
    links.remove(handle(pod));
  }

  /** The machine is lost with all its pods. */
  void lose() {
    kill();
    live.clear();
    links.clear();
  }

  /** The runtime lists what it has. */
  void collect() {
    words.clear();
    listed = Optional.of(new Testimony(Word.UNKNOWN, clock.nanos()));
    live.keySet().forEach(h -> words.put(h, new Testimony(Word.KNOWN, clock.nanos())));
  }

  /**
   * The reconciler looks once.
   *
   * @param beforeRelease comes between the look and what is done about it
   */
  void pass(Runnable beforeRelease) {
    this.beforeRelease = beforeRelease;
    try {
      reconciler.pass(Optional.of(Map.copyOf(links)));
    } catch (StoreException e) {
      return; // Another pass will come.
    } finally {
      this.beforeRelease = () -> {};
    }
  }

  void pass() {
    pass(() -> {});
  }

  /** What {@code ipam:check} finds of the whole cluster and this node's kernel. */
  List<Finding> audit() throws StoreException {
    return Audit.of(ipam.snapshots(name).whole(Optional.of(Map.copyOf(links))));
  }

  BlockIpam ipam() {
    return ipam;
  }

  Health health() {
    return reconciler.health();
  }

  /** The runtime's latest word about a pod. */
  void say(String pod, Word word) {
    words.put(handle(pod), new Testimony(word, clock.nanos()));
  }

  /** Waits for blocks claimed ahead. */
  void settle() {
    try {
      ipam.release("nobody", List.of());
    } catch (IpamException e) {
      return; // It has died, and claims nothing.
    }
  }

  static String handle(String pod) {
    return NETWORK + "." + pod;
  }

  private Optional<Testimony> lastWord(String handle) {
    beforeRelease.run();
    return Optional.ofNullable(words.get(handle)).or(() -> listed);
  }

  private AddressRequest request(String pod) {
    return new AddressRequest(
        handle(pod),
        name,
        Use.WORKLOAD,
        Set.of(IpFamily.IPV4, IpFamily.IPV6),
        List.of(),
        List.of(),
        Map.of(),
        Map.of("network", NETWORK, "container", pod));
  }

  private WorkloadEndpoint endpoint(String pod) {
    return WorkloadEndpoint.ofContainer("default", name, pod, "eth0", "cali" + pod)
        .withAnnotation("margay.io/handle", Optional.of(handle(pod)))
        .withAnnotation("margay.io/network", Optional.of(NETWORK));
  }

  private List<Held<WorkloadEndpoint>> endpoints() {
    List<Held<WorkloadEndpoint>> own = new ArrayList<>();
    try {
      for (Entry entry : shared.list(WorkloadEndpoint.KIND).entries()) {
        WorkloadEndpoint endpoint = WorkloadEndpoint.parse(entry.json());
        if (endpoint.node().equals(name)) {
          own.add(new Held<>(endpoint, entry.revision()));
        }
      }
    } catch (StoreException | io.margay.api.resource.InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return own;
  }
}
