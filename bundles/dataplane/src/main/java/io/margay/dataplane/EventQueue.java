// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.netlink.Event;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkMonitor;
import io.margay.netlink.NetlinkMonitor.Group;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events of the kernel, from a monitor's thread to the {@code kernel} thread. */
final class EventQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventQueue.class);

  /** Beyond this many, reading the tables is cheaper than looking at each event. */
  private static final int LIMIT = 20_000;

  private static final int CLOSE_MILLIS = 1_000;

  private final NetlinkMonitor monitor;
  private final Runnable wake;
  private final Thread thread;
  private List<Event> pending = new ArrayList<>();
  private boolean overrun;

  private EventQueue(NetlinkMonitor monitor, Threads threads, Runnable wake, String name) {
    this.monitor = monitor;
    this.wake = wake;
    this.thread = threads.create(name, this::run);
  }

  /**
   * Listens in the namespace of this thread.
   *
   * @param ownPort the socket whose changes are no news
   * @param bufferBytes how many bytes of events the kernel keeps for us
   */
  static EventQueue open(int ownPort, int bufferBytes, Threads threads, Runnable wake)
      throws NetlinkException {
    NetlinkMonitor monitor = NetlinkMonitor.open(EnumSet.allOf(Group.class), bufferBytes);
    return open(monitor, ownPort, threads, wake, "monitor");
  }

  /** Listens to nftables, else as {@link #open}. */
  static EventQueue openNft(int ownPort, int bufferBytes, Threads threads, Runnable wake)
      throws NetlinkException {
    return open(NetlinkMonitor.openNft(bufferBytes), ownPort, threads, wake, "nft-monitor");
  }

  private static EventQueue open(
      NetlinkMonitor monitor, int ownPort, Threads threads, Runnable wake, String name)
      throws NetlinkException {
    try {
      monitor.ignore(ownPort);
    } catch (NetlinkException e) {
      monitor.close();
      throw e;
    }
    EventQueue queue = new EventQueue(monitor, threads, wake, name);
    queue.thread.start();
    return queue;
  }

  /** Takes all events since the last call; an {@link Event.Overrun} among them for lost ones. */
  synchronized List<Event> take() {
    List<Event> taken = pending;
    if (overrun) {
      taken.add(new Event.Overrun());
      overrun = false;
    }
    pending = new ArrayList<>();
    return taken;
  }

  private void run() {
    try {
      for (List<Event> events = monitor.take(); !events.isEmpty(); events = monitor.take()) {
        put(events);
        wake.run();
      }
    } catch (NetlinkException e) {
      LOG.error("Foreign changes are found by the timer only from now on", e);
    }
  }

  private synchronized void put(List<Event> events) {
    pending.addAll(events);
    if (pending.size() > LIMIT) {
      pending.clear();
      overrun = true;
    }
  }

  @Override
  public void close() {
    monitor.close();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
