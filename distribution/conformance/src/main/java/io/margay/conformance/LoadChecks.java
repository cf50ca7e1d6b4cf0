// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many calls at a time. */
final class LoadChecks {
  private static final int CONTAINERS = 10;

  private LoadChecks() {}

  static List<Check> all() {
    return List.of(
        must("P46", CONTAINERS + " ADDs at a time, then DELs: all succeed", LoadChecks::many)
            .once(),
        must("P46", "ADD and DEL of others at a time: all succeed", LoadChecks::mixed).once());
  }

  private static String many(Trial trial) throws Deviation, IOException, InterruptedException {
    List<Container> containers = containers(trial);
    together(trial, calls(trial, "ADD", containers));
    Set<Cidr> addresses = new TreeSet<>();
    int count = 0;
    for (Container container : containers) {
      Set<Cidr> its = container.namespace().addresses(Container.IFNAME);
      count += its.size();
      addresses.addAll(its);
    }
    if (addresses.size() != count) {
      throw new Deviation(count + " addresses, of which " + addresses.size() + " differ");
    }
    together(trial, calls(trial, "DEL", containers));
    return count + " addresses, all different";
  }

  private static String mixed(Trial trial) throws Deviation, IOException, InterruptedException {
    List<Container> first = containers(trial);
    together(trial, calls(trial, "ADD", first));
    List<Call> calls = new ArrayList<>(calls(trial, "DEL", first));
    calls.addAll(calls(trial, "ADD", containers(trial)));
    together(trial, calls);
    return "";
  }

  private static List<Container> containers(Trial trial) throws IOException, InterruptedException {
    List<Container> containers = new ArrayList<>();
    for (int i = 0; i < CONTAINERS; i++) {
      containers.add(trial.container());
    }
    return containers;
  }

  private static List<Call> calls(Trial trial, String verb, List<Container> containers) {
    return containers.stream().map(container -> trial.call(verb, container)).toList();
  }

  /** Makes all calls at a time; each must succeed. */
  private static void together(Trial trial, List<Call> calls)
      throws Deviation, IOException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(calls.size());
    try {
      List<Callable<Outcome>> work = new ArrayList<>();
      calls.forEach(call -> work.add(() -> trial.run(call).succeeded()));
      for (Future<Outcome> done : threads.invokeAll(work)) {
        done.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Deviation deviation) {
        throw deviation;
      }
      throw new IOException(e.getCause());
    } finally {
      threads.shutdown();
    }
  }
}
