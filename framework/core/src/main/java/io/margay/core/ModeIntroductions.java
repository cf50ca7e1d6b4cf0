// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Grant;
import io.margay.api.mode.Info;
import io.margay.api.mode.RoutingMode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each mode that comes what it is, on a thread that may hang, and tells the coordinator.
 * Whoever registers the mode waits for a moment, so that modes are there in order when an agent
 * starts.
 */
final class ModeIntroductions {
  private static final Logger LOG = LoggerFactory.getLogger(ModeIntroductions.class);
  private static final long PATIENCE_MILLIS = 1_000;

  private final Coordinator coordinator;

  // Guarded by this.
  private final Set<Long> bound = new HashSet<>();
  private final Map<Long, String> faults = new TreeMap<>();

  ModeIntroductions(Coordinator coordinator) {
    this.coordinator = coordinator;
  }

  void bind(long serviceId, RoutingMode mode, Bundle bundle) {
    String name = bundle.getSymbolicName();
    synchronized (this) {
      bound.add(serviceId);
      faults.put(serviceId, name + " does not say which mode it provides");
    }
    String declared = bundle.getHeaders("").get(Grant.HEADER);
    Grant grant;
    try {
      grant = declared == null ? Grant.usual(name) : Grant.parse(name, declared);
    } catch (IllegalArgumentException e) {
      LOG.warn("Mode left out bundle={} reason={}", name, e.getMessage());
      synchronized (this) {
        faults.put(serviceId, name + ": " + e.getMessage());
      }
      return;
    }
    ModeProvider provider = new ModeProvider(bundle.getBundleId(), name, grant);
    Thread thread = new Thread(() -> introduce(serviceId, mode, provider), "mode-info");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized void unbind(long serviceId) {
    bound.remove(serviceId);
    faults.remove(serviceId);
    coordinator.unbindMode(serviceId);
  }

  /** What is wrong with modes that could not be asked, a sentence each. */
  synchronized Set<String> faults() {
    return Set.copyOf(faults.values());
  }

  private void introduce(long serviceId, RoutingMode mode, ModeProvider provider) {
    try {
      Info info = mode.info();
      info.name();
      introduced(serviceId, mode, info, provider);
    } catch (RuntimeException | LinkageError e) {
      // A vendor's bug: the others are there all the same.
      LOG.warn("Mode does not introduce itself bundle={}", provider.name(), e);
      synchronized (this) {
        faults.computeIfPresent(
            serviceId,
            (id, before) -> provider.name() + " does not say which mode it provides: " + e);
      }
    }
  }

  private synchronized void introduced(
      long serviceId, RoutingMode mode, Info info, ModeProvider provider) {
    if (bound.contains(serviceId)) {
      faults.remove(serviceId);
      coordinator.bindMode(serviceId, mode, info, provider);
    }
  }
}
