// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Ip;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Pods that come and go on one node, by several threads, some alive at any time. */
record IpamChurn(Ipam ipam, String node) {
  private static final int THREADS = 8;
  private static final int ALIVE_PER_THREAD = 10;

  /** When an address was held; times as of System.nanoTime, which all processes share. */
  private record Held(
      String address, long askedNanos, long fromNanos, long untilNanos, long doneNanos) {}

  private record Pod(String handle, String address, long askedNanos, long fromNanos) {}

  /**
   * Assigns and releases.
   *
   * @return the CPU seconds of all; then for each pod its address, when it was asked for, held
   *     from, held until, and released, in ns
   */
  List<String> run(int pods) throws InterruptedException, ExecutionException, IOException {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<List<Held>>> results = new ArrayList<>();
    CpuTime cpu = CpuTime.now();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      int share = pods / THREADS + (t < pods % THREADS ? 1 : 0);
      results.add(threads.submit(() -> run(thread, share)));
    }
    List<String> lines = new ArrayList<>();
    for (Future<List<Held>> result : results) {
      for (Held held : result.get()) {
        lines.add(
            held.address()
                + (" " + held.askedNanos())
                + (" " + held.fromNanos())
                + (" " + held.untilNanos())
                + (" " + held.doneNanos()));
      }
    }
    lines.add(0, Double.toString(CpuTime.now().secondsSince(cpu)));
    threads.shutdown();
    return lines;
  }

  private List<Held> run(int thread, int pods) throws IpamException {
    List<Held> held = new ArrayList<>();
    Deque<Pod> alive = new ArrayDeque<>();
    for (int i = 0; i < pods; i++) {
      alive.add(add("bench." + node + "-" + thread + "-" + i));
      if (alive.size() > ALIVE_PER_THREAD) {
        held.add(remove(alive.remove()));
      }
    }
    while (!alive.isEmpty()) {
      held.add(remove(alive.remove()));
    }
    return held;
  }

  private Pod add(String handle) throws IpamException {
    long asked = System.nanoTime();
    Assignment got = IpamBench.assign(ipam, node, handle);
    return new Pod(handle, Ip.text(got.addresses().get(0).address()), asked, System.nanoTime());
  }

  private Held remove(Pod pod) throws IpamException {
    long until = System.nanoTime();
    IpamBench.release(ipam, node, pod.handle());
    return new Held(pod.address(), pod.askedNanos(), pod.fromNanos(), until, System.nanoTime());
  }
}
