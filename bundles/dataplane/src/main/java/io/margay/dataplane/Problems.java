// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Drift;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;
import io.margay.dataplane.Kernel.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Refusals and conflicts that stand, and the latest repairs. Written on the kernel thread, read on
 * any.
 */
final class Problems {
  /** Repairs that are remembered; older ones are only counted. */
  static final int REPAIRS_KEPT = 256;

  /** What the kernel says of an object whose link is not there, or not up. */
  private static final Set<String> MISSING = Set.of("ENODEV", "ENOENT", "ENETDOWN");

  /** What the kernel would say to somebody who may not. */
  private static final String FORBIDDEN = "EACCES";

  private static final Duration ON_ITS_WAY = Duration.ofSeconds(1);

  private record Standing(Instant since, Kind kind, Change what, Refusal refusal, boolean told) {}

  private final Time time;
  private final Map<Owner, Map<Object, Standing>> standing = new TreeMap<>();

  /** What is not even tried: the owner's bundle may not have it. */
  private final Map<Owner, List<Drift>> forbidden = new TreeMap<>();

  private final Deque<Drift> repairs = new ArrayDeque<>();
  private long repaired;
  private int repairNews;
  private String firstRepair = "";
  private int news;
  private String firstNews = "";

  Problems(Time time) {
    this.time = time;
  }

  /** The owner's object of this key is not as declared. */
  synchronized void stands(Owner owner, Slot slot, Change what, Refusal refusal) {
    Map<Object, Standing> byKey = standing.computeIfAbsent(owner, o -> new LinkedHashMap<>());
    Standing before = byKey.get(slot.key);
    Instant since = before == null ? time.now() : before.since();
    boolean toldBefore = before != null && before.told() && before.refusal().equals(refusal);
    // A pod's link comes a moment after its endpoint: no news while it is on its way.
    boolean isOnItsWay =
        MISSING.contains(refusal.errno())
            && Duration.between(since, time.now()).compareTo(ON_ITS_WAY) < 0;
    if (!toldBefore && !isOnItsWay) {
      firstNews = news++ == 0 ? refusal.message() : firstNews;
    }
    boolean told = toldBefore || !isOnItsWay;
    byKey.put(slot.key, new Standing(since, slot.kind, what, refusal, told));
  }

  /**
   * What this owner declares and may not have, with the reasons; instead of what was said before.
   */
  synchronized void forbidden(Owner owner, Map<KernelObject, String> refusals) {
    Map<Change, Drift> before = new HashMap<>();
    forbidden.getOrDefault(owner, List.of()).forEach(d -> before.put(d.what(), d));
    if (refusals.isEmpty()) {
      forbidden.remove(owner);
      return;
    }
    List<Drift> now = new ArrayList<>();
    refusals.forEach(
        (object, why) -> {
          Change what = new Change(Change.Action.ADD, Optional.empty(), Optional.of(object));
          Drift same = before.get(what);
          if (same != null && same.detail().equals(why)) {
            now.add(same);
          } else {
            firstNews = news++ == 0 ? why : firstNews;
            now.add(new Drift(time.now(), owner, what, false, why));
          }
        });
    forbidden.put(owner, now);
  }

  private Optional<String> firstForbidden() {
    return forbidden.values().stream().flatMap(List::stream).map(Drift::detail).findFirst();
  }

  /** What was refused anew since the last call, in words; empty when nothing was. */
  synchronized Optional<String> takeNews() {
    Optional<String> text = news == 0 ? Optional.empty() : Optional.of(summary(news, firstNews));
    news = 0;
    return text;
  }

  /** What was repaired since the last call, in words; empty when nothing was. */
  synchronized Optional<String> takeRepairs() {
    Optional<String> text =
        repairNews == 0 ? Optional.empty() : Optional.of(summary(repairNews, firstRepair));
    repairNews = 0;
    return text;
  }

  /** What stands, in words; empty when nothing does. */
  synchronized Optional<String> summary() {
    return standing.values().stream()
        .flatMap(m -> m.values().stream())
        .findFirst()
        .map(s -> s.refusal().message())
        .or(this::firstForbidden)
        .map(first -> summary(standingCount(), first));
  }

  private static String summary(long count, String first) {
    return count == 1 ? first : count + " objects, first " + first;
  }

  synchronized void ends(Owner owner, Object key) {
    Map<Object, Standing> byKey = standing.get(owner);
    if (byKey != null && byKey.remove(key) != null && byKey.isEmpty()) {
      standing.remove(owner);
    }
  }

  synchronized void repaired(Owner owner, Change what) {
    repaired++;
    firstRepair = repairNews++ == 0 ? owner + " " + what : firstRepair;
    repairs.addFirst(new Drift(time.now(), owner, what, true, ""));
    if (repairs.size() > REPAIRS_KEPT) {
      repairs.removeLast();
    }
  }

  /** The refusal of this owner that is first in the order of writing. */
  synchronized Optional<DataplaneException> first(Owner owner) {
    return standing.getOrDefault(owner, Map.of()).values().stream()
        .min(Comparator.comparing(Standing::kind))
        .map(s -> s.refusal().exception())
        .or(
            () ->
                forbidden.getOrDefault(owner, List.of()).stream()
                    .findFirst()
                    .map(d -> new DataplaneException(d.detail(), FORBIDDEN)));
  }

  /** What stands, then the repairs, newest first. */
  synchronized List<Drift> drift() {
    List<Drift> all = new ArrayList<>();
    standing.forEach(
        (owner, byKey) ->
            byKey
                .values()
                .forEach(
                    s ->
                        all.add(
                            new Drift(s.since(), owner, s.what(), false, s.refusal().message()))));
    forbidden.values().forEach(all::addAll);
    all.addAll(repairs);
    return all;
  }

  synchronized long standingCount() {
    return standing.values().stream().mapToLong(Map::size).sum()
        + forbidden.values().stream().mapToLong(List::size).sum();
  }

  /** A standing refusal whose errno says that the node itself cannot do it. */
  synchronized Optional<String> incapable() {
    return standing.values().stream()
        .flatMap(m -> m.values().stream())
        .map(Standing::refusal)
        .filter(r -> Retry.isHopeless(r.errno()))
        .map(Refusal::message)
        .findFirst();
  }

  synchronized long repairedCount() {
    return repaired;
  }
}
