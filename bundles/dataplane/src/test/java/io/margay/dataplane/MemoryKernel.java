// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The port to the kernel over a map, for tests of the decisions: it refuses by errno, keeps a log
 * of writes, and tells of foreign changes when asked to.
 */
final class MemoryKernel implements Kernel {
  final Map<Object, Found> objects = new LinkedHashMap<>();
  final Map<String, LinkState> links = new HashMap<>();

  /** Every accepted write: {@code ADD route ...}. */
  final List<String> log = new ArrayList<>();

  /** How often each kind was read. */
  final Map<Kind, Integer> reads = new HashMap<>();

  Predicate<KernelObject> refused = object -> false;
  String refusedErrno = "";

  /** Whether writes fail as a whole. */
  boolean broken;

  /** What becomes of an object that is written. */
  UnaryOperator<KernelObject> keeps = object -> object;

  /** Deletions of links that the reaper has not done yet. */
  final List<Runnable> reaper = new ArrayList<>();

  private final List<Consumer<Sink>> events = new ArrayList<>();
  private Sink sink;

  /** Somebody makes a link, and sets it up. */
  void makeLink(String name) {
    links.put(name, new LinkState(links.size() + 1, true));
    events.add(s -> s.link(name, LinkEvent.APPEARED));
    events.add(s -> s.link(name, LinkEvent.UP));
  }

  /** Another daemon adds or replaces an object. */
  void put(KernelObject object, boolean ours) {
    Found found = new Found(object, ours);
    objects.put(object.key(), found);
    events.add(s -> s.object(found, false, false));
  }

  /** Somebody deletes an object. */
  void remove(KernelObject object) {
    Found found = objects.remove(object.key());
    events.add(s -> s.object(found, true, false));
  }

  /** Events were lost. */
  void lose() {
    events.clear();
    events.add(Sink::lost);
  }

  @Override
  public void read(Kind kind, Collection<Object> keys, Consumer<Found> found) {
    reads.merge(kind, 1, Integer::sum);
    List.copyOf(objects.values()).stream().filter(f -> f.object().kind() == kind).forEach(found);
  }

  @Override
  public Map<Integer, Refusal> write(List<Write> writes) throws DataplaneException {
    if (broken) {
      throw new DataplaneException("send to netlink: ENOBUFS", "ENOBUFS");
    }
    Map<Integer, Refusal> refusals = new HashMap<>();
    for (int i = 0; i < writes.size(); i++) {
      String errno = write(writes.get(i));
      if (!errno.isEmpty()) {
        refusals.put(i, new Refusal(errno, writes.get(i).object() + ": " + errno));
      } else {
        log.add(writes.get(i).verb() + " " + writes.get(i).object());
      }
    }
    return refusals;
  }

  private String write(Write write) {
    KernelObject object = write.object();
    if (refused.test(object)) {
      return refusedErrno;
    }
    if (write.verb() == Verb.DELETE) {
      objects.remove(object.key());
      return "";
    }
    if (write.verb() == Verb.ADD && objects.containsKey(object.key())) {
      return "EEXIST";
    }
    if (object instanceof Link link) {
      object = link.withAttribute(alias(write.owner().name()));
      links.putIfAbsent(link.name(), new LinkState(links.size() + 1, true));
    }
    objects.put(object.key(), new Found(keeps.apply(object), true));
    return "";
  }

  @Override
  public Optional<Refusal> writeTable(NftTable table, List<NftElement> elements) {
    if (refused.test(table)) {
      return Optional.of(new Refusal(refusedErrno, table + ": " + refusedErrno));
    }
    objects.values().removeIf(f -> f.object().kind() == Kind.NFT_ELEMENT);
    elements.forEach(e -> objects.put(e.key(), new Found(e, true)));
    objects.put(table.key(), new Found(table, true));
    log.add("WRITE " + table + " with " + elements.size() + " elements");
    return Optional.empty();
  }

  private static Attribute alias(String name) {
    return Attribute.string(Match.IFLA_IFALIAS, name);
  }

  @Override
  public void deleteLink(String name, Consumer<Optional<Refusal>> done) {
    reaper.add(
        () -> {
          objects.remove(new Link.Key(name));
          links.remove(name);
          log.add("DELETE link " + name);
          events.add(s -> s.link(name, LinkEvent.VANISHED));
          done.accept(Optional.empty());
        });
  }

  @Override
  public Optional<LinkState> link(String name) {
    return Optional.ofNullable(links.get(name));
  }

  @Override
  public void lookAtLink(String name, Consumer<Found> found) {
    List.copyOf(objects.values()).stream()
        .filter(f -> f.object().key().equals(new Link.Key(name)))
        .forEach(found);
  }

  @Override
  public void listen(Sink listener) {
    sink = listener;
  }

  @Override
  public void drain() {
    List<Consumer<Sink>> pending = List.copyOf(events);
    events.clear();
    pending.forEach(event -> event.accept(sink));
  }

  @Override
  public List<ActualState.Interface> interfaces() {
    return List.of();
  }

  @Override
  public Map<InetAddress, ActualState.FibResult> lookup(List<InetAddress> addresses) {
    return Map.of();
  }

  @Override
  public Set<InetAddress> boundTo(Collection<InetAddress> addresses) {
    return Set.of();
  }

  @Override
  public Map<String, Long> counters(Set<String> names) {
    return Map.of();
  }

  @Override
  public Map<String, Long> tableCounters() {
    return Map.of();
  }

  @Override
  public Map<String, Long> counters(List<BpfMap> maps) {
    return Map.of();
  }

  @Override
  public void close() {}
}
