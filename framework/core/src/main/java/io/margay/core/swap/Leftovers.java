// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.net.URL;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;

/** Finds the threads that run a bundle's code, to say which it leaves behind when it is stopped. */
final class Leftovers {
  private static final long PATIENCE_MILLIS = 2_000;

  private Leftovers() {}

  /** Threads that were begun by code of the bundle; those that only came by are others'. */
  static Set<Thread> threadsOf(Bundle bundle) {
    Set<String> packages = packages(bundle);
    Set<Thread> found = new HashSet<>();
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> {
              if (packages.contains(packageOf(firstOwn(stack)))) {
                found.add(thread);
              }
            });
    return found;
  }

  /** The class nearest to the start of the thread that is not Java's own; or an empty name. */
  private static String firstOwn(StackTraceElement[] stack) {
    for (int i = stack.length - 1; i >= 0; i--) {
      String name = stack[i].getClassName();
      if (!name.startsWith("java.") && !name.startsWith("jdk.")) {
        return name;
      }
    }
    return "";
  }

  private static String packageOf(String className) {
    return className.substring(0, Math.max(0, className.lastIndexOf('.')));
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
