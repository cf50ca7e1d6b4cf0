// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.netlink.Event;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkMonitor;
import io.margay.netlink.NetlinkMonitor.Group;
import io.margay.netlink.NetlinkSocket;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Deletes links of pods and returns once they are gone.
 *
 * <p>The kernel tells that a link is gone in less than a millisecond, but acknowledges the request
 * only after a grace period of 20 to 35 ms (netdev_run_todo). So a thread of its own waits for the
 * acknowledgement, and the caller for the event.
 */
final class PodLinkReaper {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(work -> new Thread(work, "pod-reaper"));

  /** Deletes the link in this thread's namespace. One that is not there counts as deleted. */
  void delete(LinkMessage link) throws NetlinkException {
    NetlinkMonitor events = NetlinkMonitor.open(EnumSet.of(Group.LINK));
    NetlinkSocket socket;
    try {
      socket = NetlinkSocket.open();
    } catch (NetlinkException e) {
      events.close();
      throw e;
    }
    Future<?> acknowledged =
        threads.submit(
            () -> {
              try (events;
                  socket) {
                HostEnd.delete(socket, link);
              }
              return null;
            });
    if (!isGone(events, link)) {
      await(acknowledged);
    }
  }

  /** Lets requests under way end. */
  void close() throws InterruptedException {
    threads.shutdown();
    threads.awaitTermination(1, TimeUnit.SECONDS);
  }

  /** Waits for the event; false when the request was answered without it. */
  private static boolean isGone(NetlinkMonitor events, LinkMessage link) throws NetlinkException {
    for (List<Event> news = events.take(); !news.isEmpty(); news = events.take()) {
      for (Event event : news) {
        if (event instanceof Event.Changed changed
            && changed.deleted()
            && changed.message() instanceof LinkMessage gone
            && gone.index() == link.index()) {
          return true;
        }
      }
    }
    return false;
  }

  private static void await(Future<?> acknowledged) throws NetlinkException {
    try {
      acknowledged.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof NetlinkException refusal) {
        throw refusal;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
