// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.net.Ip;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Revision;
import io.margay.api.store.Watcher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LocalEndpointsTest {
  private final LocalEndpoints endpoints = fresh();

  @Test
  void keepsAWiredEndpointThatTheWatchHasNotSeen() {
    endpoints.wired(entry("a", 1));

    endpoints.apply(new Watcher.Reset(new Listing(List.of(), Revision.NONE)));
    endpoints.apply(put("b", 1));

    assertEquals("a=1 b=1", text(endpoints));
  }

  @Test
  void hidesAnUnwiredEndpointThatTheWatchStillHas() {
    endpoints.apply(put("a", 1));

    endpoints.unwired("a");
    assertEquals("", text(endpoints));

    endpoints.apply(deleted("a"));
    endpoints.apply(put("a", 2));
    assertEquals("a=2", text(endpoints));
  }

  @Test
  void hidesWhatTheWatchTellsAfterTheEnd() {
    endpoints.wired(entry("a", 1));
    endpoints.unwired("a");

    endpoints.apply(put("a", 1));

    assertEquals("", text(endpoints));
  }

  @Test
  void countsADeletionForTheFirstLife() {
    endpoints.wired(entry("a", 1));
    endpoints.unwired("a");
    endpoints.wired(entry("a", 1));

    endpoints.apply(put("a", 1));
    endpoints.apply(deleted("a"));
    assertEquals("a=1", text(endpoints));

    endpoints.apply(put("a", 1));
    endpoints.apply(deleted("a"));
    assertEquals("", text(endpoints), "somebody deleted the second life's document");
  }

  @Test
  void followsTheStoreOnceTheWatchHasCaughtUp() {
    endpoints.wired(entry("a", 1));
    endpoints.apply(put("a", 1));

    endpoints.apply(new Watcher.Reset(new Listing(List.of(), new Revision(9))));

    assertEquals("", text(endpoints));
  }

  /**
   * Random lives of two endpoints. The store changes before wired and around unwired, the watch
   * lags by any number of events; what is current must at every moment be what was told last.
   */
  @Test
  void agreesWithWhatWasToldAtEveryMomentAndWithTheStoreInTheEnd() {
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      LocalEndpoints local = fresh();
      local.apply(new Watcher.Reset(new Listing(List.of(), Revision.NONE)));
      Deque<Watcher.Event> lagging = new ArrayDeque<>();
      Map<String, Integer> told = new TreeMap<>();
      List<String> story = new ArrayList<>();
      for (int step = 0; step < 40; step++) {
        String name = random.nextBoolean() ? "a" : "b";
        if (random.nextInt(3) > 0 && !lagging.isEmpty()) {
          story.add("watch " + lagging.peek());
          local.apply(lagging.remove());
        } else if (told.containsKey(name)) {
          story.add("unwire " + name);
          local.unwired(name);
          told.remove(name);
          lagging.add(deleted(name));
        } else {
          int version = random.nextInt(2);
          story.add("wire " + name + version);
          lagging.add(put(name, version));
          local.wired(entry(name, version));
          told.put(name, version);
        }
        assertEquals(text(told), text(local), () -> String.join("\n", story));
      }
      lagging.forEach(local::apply);
      assertEquals(text(told), text(local), "seed " + seed);
    }
  }

  private static LocalEndpoints fresh() {
    return new LocalEndpoints(
        new Documents<>(
            WorkloadEndpoint.KIND,
            json -> {
              String[] parts = new String(json, StandardCharsets.UTF_8).split("=");
              return Optional.of(entry(parts[0], Integer.parseInt(parts[1])));
            }));
  }

  private static EndpointEntry entry(String handle, int version) {
    return new EndpointEntry(
        handle,
        "cali" + handle,
        Optional.empty(),
        List.of(Ip.parse("10.65.0." + version)),
        Optional.empty());
  }

  private static Watcher.Put put(String handle, int version) {
    byte[] json = (handle + "=" + version).getBytes(StandardCharsets.UTF_8);
    return new Watcher.Put(new Entry(key(handle), json, Revision.NONE));
  }

  private static Watcher.Deleted deleted(String handle) {
    return new Watcher.Deleted(key(handle), Revision.NONE);
  }

  private static Key key(String handle) {
    return new Key(WorkloadEndpoint.KIND, "default", handle);
  }

  private static String text(LocalEndpoints endpoints) {
    Map<String, Integer> versions = new TreeMap<>();
    endpoints
        .current()
        .forEach((handle, e) -> versions.put(handle, (int) e.addresses().get(0).getAddress()[3]));
    return text(versions);
  }

  private static String text(Map<String, Integer> versions) {
    return String.join(
        " ", versions.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
  }
}
