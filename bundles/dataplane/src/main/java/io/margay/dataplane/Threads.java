// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

/** Makes threads that live in the network namespace to be managed; a test has its own. */
@FunctionalInterface
public interface Threads {
  /** Threads of the namespace in which the process was started. */
  Threads OF_PROCESS =
      (name, work) -> {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
      };

  Thread create(String name, Runnable work);
}
