// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.net.URL;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;

/** Finds the threads that run a bundle's code, to say which it leaves behind when it is stopped. */
final class Leftovers {
  private static final long PATIENCE_MILLIS = 2_000;

  private Leftovers() {}

  /** Threads that have a class of the bundle on their stack now. */
  static Set<Thread> threadsIn(Bundle bundle) {
    Set<String> packages = packages(bundle);
    Map<Thread, StackTraceElement[]> stacks = new HashMap<>(Thread.getAllStackTraces());
    Set<Thread> found = new HashSet<>();
    stacks.forEach(
        (thread, stack) -> {
          for (StackTraceElement frame : stack) {
            int dot = frame.getClassName().lastIndexOf('.');
            if (dot > 0 && packages.contains(frame.getClassName().substring(0, dot))) {
              found.add(thread);
              return;
            }
          }
        });
    return found;
  }

  /** Names of those that are still alive a moment later. */
  static Set<String> alive(Set<Thread> threads) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    Set<String> names = new TreeSet<>();
    for (Thread thread : threads) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      thread.join(Math.max(1, left));
      if (thread.isAlive()) {
        names.add(thread.getName());
      }
    }
    return names;
  }

  private static Set<String> packages(Bundle bundle) {
    Set<String> packages = new HashSet<>();
    Enumeration<URL> classes = bundle.findEntries("/", "*.class", true);
    while (classes != null && classes.hasMoreElements()) {
      String path = classes.nextElement().getPath();
      int slash = path.lastIndexOf('/');
      if (slash > 1) {
        packages.add(path.substring(1, slash).replace('/', '.'));
      }
    }
    return packages;
  }
}
