// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Change.Action;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Drift;
import io.margay.api.dataplane.ForeignFirewall;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.dataplane.Query;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A dataplane over a kernel in memory. It keeps every promise of {@link Dataplane} at once, on the
 * caller's thread, so a test that declared may look immediately.
 *
 * <p>It knows no dependencies between objects: a route may name a link that nobody made. Refusals
 * and foreign hands are played by {@link #refuse}, {@link #putForeign} and {@link #removeByHand}.
 */
public final class FakeKernel implements Dataplane {
  private record Held(KernelObject object, boolean ours) {}

  private record Refused(Change what, String errno, String detail) {}

  /** What is in the kernel; outlives {@link #restarted}. */
  private final Map<Object, Held> kernel;

  private final List<Change> writes;
  private final Map<Owner, DesiredState> desired = new TreeMap<>();

  /** Owners that declare a key, the one that holds it first. */
  private final Map<Object, List<Owner>> claims = new LinkedHashMap<>();

  private final Map<Owner, Map<Object, Refused>> refusals = new TreeMap<>();
  private final List<Drift> repaired = new ArrayList<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<InetAddress, ActualState.FibResult> lookups = new HashMap<>();
  private final Map<String, ActualState.Interface> interfaces = new TreeMap<>();
  private final Map<String, Long> counters = new TreeMap<>();
  private final List<ForeignFirewall> firewalls = new ArrayList<>();
  private Set<InetAddress> bound = Set.of();
  private final Map<Owner, Grant> grants = new HashMap<>();
  private Predicate<KernelObject> refused = object -> false;
  private String refusedErrno = "";
  private Function<Probe, ProbeResult> prober =
      probe -> new ProbeResult(true, Duration.ofMillis(1), "");
  private KernelFacts facts =
      new KernelFacts(
          "6.1.0",
          Set.of("veth", "vxlan", "ipip", "dummy", "bridge"),
          Set.of("nftables", "bpf", "clsact"));

  public FakeKernel() {
    this(new LinkedHashMap<>(), new ArrayList<>());
  }

  private FakeKernel(Map<Object, Held> kernel, List<Change> writes) {
    this.kernel = kernel;
    this.writes = writes;
  }

  // --- what a test does to it ---

  /** From now on the kernel refuses to write these objects. */
  public synchronized void refuse(Predicate<KernelObject> which, String errno) {
    refused = which;
    refusedErrno = errno;
    reconcile();
  }

  /** Ends every refusal; what was refused is written. */
  public synchronized void allow() {
    refuse(object -> false, "");
  }

  /** Another daemon puts an object into the kernel, over whatever has its key. */
  public synchronized void putForeign(KernelObject object) {
    Held before = kernel.put(object.key(), new Held(object, false));
    repair(object.key(), before, Optional.of(object.toString()));
  }

  /** Somebody deletes an object, of ours or foreign. */
  public synchronized void removeByHand(Object key) {
    repair(key, kernel.remove(key), Optional.empty());
  }

  /** A second dataplane over the same kernel, as after a restart: it knows no owners. */
  public synchronized FakeKernel restarted() {
    FakeKernel next = new FakeKernel(kernel, writes);
    next.interfaces.putAll(interfaces);
    next.lookups.putAll(lookups);
    return next;
  }

  /** Adds or replaces an interface, as if hardware or a daemon had made it. */
  public synchronized void putInterface(ActualState.Interface link) {
    interfaces.put(link.name(), link);
    reconcile();
  }

  /** Answers FIB lookups for this address. */
  public synchronized void putLookup(InetAddress address, ActualState.FibResult result) {
    lookups.put(address, result);
  }

  /** From now on sockets have these addresses, and no others. */
  public synchronized void bind(Set<InetAddress> addresses) {
    bound = Set.copyOf(addresses);
  }

  public synchronized void putCounter(String name, long value) {
    counters.put(name, value);
  }

  /** Somebody installs a firewall. */
  public synchronized void putFirewall(ForeignFirewall firewall) {
    firewalls.add(firewall);
  }

  public synchronized void setFacts(KernelFacts value) {
    facts = value;
  }

  /** Answers probes; at first every probe is answered after 1 ms. */
  public synchronized void answerProbes(Function<Probe, ProbeResult> answers) {
    prober = answers;
  }

  /** Tells the listeners that the underlay changed. */
  public void underlayChanged() {
    listeners.forEach(Runnable::run);
  }

  /** Every write since the start or {@link #clearWrites}, in order. */
  public synchronized List<Change> writes() {
    return List.copyOf(writes);
  }

  public synchronized void clearWrites() {
    writes.clear();
  }

  /** Everything in the kernel, one object a line, sorted; foreign ones are marked. */
  public synchronized String text() {
    return kernel.values().stream()
        .map(held -> held.object() + (held.ours() ? "" : " (foreign)"))
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  // --- Dataplane ---

  @Override
  public synchronized void confine(Owner owner, Grant grant) {
    grants.put(owner, grant);
  }

  @Override
  public synchronized void declare(Owner owner, DesiredState wanted, Cause cause) {
    replace(owner, desired.put(owner, wanted), wanted);
  }

  @Override
  public synchronized void retire(Owner owner, Cause cause) {
    replace(owner, desired.remove(owner), DesiredState.EMPTY);
  }

  @Override
  public synchronized void sweep(Predicate<KernelObject> keep, Cause cause) {
    List<Object> orphans =
        kernel.values().stream()
            .filter(held -> held.ours() && !claims.containsKey(held.object().key()))
            .filter(held -> !keep.test(held.object()))
            .sorted(Comparator.comparing((Held held) -> held.object().kind()).reversed())
            .map(held -> held.object().key())
            .toList();
    orphans.forEach(this::remove);
  }

  @Override
  public synchronized List<Change> preview(Owner owner, DesiredState wanted) {
    List<Change> changes = new ArrayList<>();
    for (KernelObject object : wanted.objects()) {
      changeFor(object).ifPresent(changes::add);
    }
    for (KernelObject object : dropped(desired.get(owner), wanted)) {
      Held held = kernel.get(object.key());
      boolean shared = claims.getOrDefault(object.key(), List.of()).size() > 1;
      if (held != null && held.ours() && object.kind() != Kind.SYSCTL && !shared) {
        changes.add(removal(held));
      }
    }
    return changes;
  }

  @Override
  public synchronized CompletionStage<Void> settled(Owner owner) {
    return refusals.getOrDefault(owner, Map.of()).values().stream()
        .findFirst()
        .map(r -> new DataplaneException(r.detail(), r.errno()))
        .map(CompletableFuture::<Void>failedFuture)
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  @Override
  public synchronized Map<Owner, DesiredState> desired() {
    return Map.copyOf(desired);
  }

  @Override
  public synchronized List<Drift> drift() {
    List<Drift> all = new ArrayList<>();
    refusals.forEach(
        (owner, byKey) ->
            byKey
                .values()
                .forEach(
                    r -> all.add(new Drift(Instant.EPOCH, owner, r.what(), false, r.detail()))));
    all.addAll(repaired);
    return all;
  }

  @Override
  public synchronized ActualState actual(Query query) {
    List<ActualState.Item> items =
        kernel.values().stream()
            .filter(held -> query.kinds().contains(held.object().kind()))
            .map(held -> new ActualState.Item(held.object(), holder(held), held.ours()))
            .filter(item -> query.owner().isEmpty() || query.owner().equals(item.owner()))
            .toList();
    Map<InetAddress, ActualState.FibResult> found = new HashMap<>(lookups);
    found.keySet().retainAll(query.lookups());
    return new ActualState(items, List.copyOf(interfaces.values()), found);
  }

  @Override
  public synchronized Set<InetAddress> boundTo(Collection<InetAddress> addresses) {
    return addresses.stream().filter(bound::contains).collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public synchronized Map<String, Long> counters(Owner owner) {
    return Map.copyOf(counters);
  }

  @Override
  public synchronized CompletionStage<ProbeResult> probe(Probe probe) {
    return CompletableFuture.completedFuture(prober.apply(probe));
  }

  @Override
  public synchronized List<ForeignFirewall> foreignFirewalls() {
    return List.copyOf(firewalls);
  }

  @Override
  public synchronized KernelFacts facts() {
    return facts;
  }

  @Override
  public AutoCloseable onUnderlayChange(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  // --- the kernel ---

  private void replace(Owner owner, DesiredState before, DesiredState wanted) {
    for (KernelObject object : wanted.objects()) {
      List<Owner> claimants = claims.computeIfAbsent(object.key(), k -> new ArrayList<>());
      if (!claimants.contains(owner)) {
        claimants.add(owner);
      }
    }
    List<KernelObject> gone = dropped(before, wanted);
    gone.forEach(object -> release(owner, object.key()));
    reconcile();
    gone.stream().map(KernelObject::key).filter(k -> !claims.containsKey(k)).forEach(this::remove);
  }

  private void release(Owner owner, Object key) {
    List<Owner> claimants = claims.get(key);
    claimants.remove(owner);
    if (claimants.isEmpty()) {
      claims.remove(key);
    }
  }

  /** Objects of the first set that are not in the second, in the order of deletion. */
  private static List<KernelObject> dropped(DesiredState before, DesiredState after) {
    List<KernelObject> gone = new ArrayList<>();
    if (before != null) {
      before.objects().stream()
          .filter(o -> !after.byKey().containsKey(o.key()))
          .forEach(o -> gone.add(0, o));
    }
    return gone;
  }

  private void reconcile() {
    refusals.clear();
    claims.entrySet().stream()
        .sorted(Comparator.comparing(e -> declared(e.getValue().get(0), e.getKey()).kind()))
        .forEach(e -> write(e.getKey(), e.getValue()));
  }

  private void write(Object key, List<Owner> claimants) {
    Owner first = claimants.get(0);
    KernelObject object = declared(first, key);
    for (Owner second : claimants.subList(1, claimants.size())) {
      KernelObject theirs = declared(second, key);
      refuse(second, change(Action.CONFLICT, theirs), "EEXIST", theirs + ": declared by " + first);
    }
    Optional<Change> change = changeFor(object);
    if (isAwaited(object)) {
      refuse(first, change(Action.ADD, object), "ENODEV", object + ": no such link yet");
    } else if (change.isEmpty()) {
      return;
    } else if (change.get().action() == Action.CONFLICT) {
      refuse(first, change.get(), "EEXIST", object + ": a foreign object has this key");
    } else if (forbidden(first, object).isPresent()) {
      refuse(first, change.get(), "EACCES", forbidden(first, object).get());
    } else if (refused.test(object)) {
      refuse(first, change.get(), refusedErrno, object + ": " + refusedErrno);
    } else {
      kernel.put(key, new Held(object, true));
      writes.add(change.get());
    }
  }

  private Optional<String> forbidden(Owner owner, KernelObject object) {
    return Optional.ofNullable(grants.get(owner)).flatMap(grant -> grant.refusal(object));
  }

  private void refuse(Owner owner, Change what, String errno, String detail) {
    refusals
        .computeIfAbsent(owner, o -> new LinkedHashMap<>())
        .put(what.after().orElseThrow().key(), new Refused(what, errno, detail));
  }

  private boolean isAwaited(KernelObject object) {
    return object instanceof Link link && link.isExternal() && !interfaces.containsKey(link.name());
  }

  /** What has to be written for this object; empty when it is there. */
  private Optional<Change> changeFor(KernelObject object) {
    Held held = kernel.get(object.key());
    boolean external = object instanceof Link link && link.isExternal();
    if (external || held != null && held.object().equals(object) && isWritable(held)) {
      return Optional.empty();
    }
    if (held == null) {
      return Optional.of(change(Action.ADD, object));
    }
    return Optional.of(change(isWritable(held) ? Action.REPLACE : Action.CONFLICT, object));
  }

  /** Only routes and links can be in conflict; the rest has no mark of its own in the kernel. */
  private static boolean isWritable(Held held) {
    Kind kind = held.object().kind();
    return held.ours() || kind != Kind.ROUTE && kind != Kind.LINK;
  }

  private Change change(Action action, KernelObject object) {
    Optional<String> before =
        Optional.ofNullable(kernel.get(object.key())).map(held -> held.object().toString());
    return new Change(action, before, Optional.of(object));
  }

  private static Change removal(Held held) {
    return new Change(Action.REMOVE, Optional.of(held.object().toString()), Optional.empty());
  }

  private void remove(Object key) {
    Held held = kernel.get(key);
    if (held != null && held.ours() && held.object().kind() != Kind.SYSCTL) {
      kernel.remove(key);
      writes.add(removal(held));
    }
  }

  /** Writes again what somebody else's hand changed: what we had written is ours to repair. */
  private void repair(Object key, Held before, Optional<String> found) {
    List<Owner> claimants = claims.get(key);
    if (claimants != null && before != null && before.ours()) {
      KernelObject object = declared(claimants.get(0), key);
      kernel.computeIfPresent(key, (k, held) -> new Held(held.object(), true));
      Action action = found.isPresent() ? Action.REPLACE : Action.ADD;
      Change what = new Change(action, found, Optional.of(object));
      repaired.add(new Drift(Instant.EPOCH, claimants.get(0), what, true, ""));
    }
    reconcile();
  }

  private KernelObject declared(Owner owner, Object key) {
    return Objects.requireNonNull(desired.get(owner).byKey().get(key));
  }

  private Optional<Owner> holder(Held held) {
    return Optional.ofNullable(claims.get(held.object().key())).map(owners -> owners.get(0));
  }
}
