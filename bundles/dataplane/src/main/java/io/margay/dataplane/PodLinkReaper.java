// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.netlink.Event;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkMonitor;
import io.margay.netlink.NetlinkMonitor.Group;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Deletes links of pods and returns once they are gone.
 *
 * <p>The kernel tells that a link is gone in less than a millisecond, but acknowledges the request
 * only after a grace period of 20 to 35 ms (netdev_run_todo). So a thread of its own waits for the
 * acknowledgement, and the caller for the event.
 *
 * <p>Callers that come while links are being deleted wait, and one of them then deletes the links
 * of all: the kernel stops every processor a few times for each deletion, whether of one link or of
 * a hundred. All callers must be in one network namespace.
 */
final class PodLinkReaper {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(work -> new Thread(work, "pod-reaper"));

  /** Held while links are being deleted, until they are gone. */
  private final Lock turn = new ReentrantLock();

  private final Queue<Doomed> waiting = new ConcurrentLinkedQueue<>();

  /** A link to delete, and what became of it. */
  private record Doomed(int index, CompletableFuture<Void> gone) {}

  /** Deletes the link in this thread's namespace. One that is not there counts as deleted. */
  void delete(int index) throws NetlinkException {
    Doomed link = new Doomed(index, new CompletableFuture<>());
    waiting.add(link);
    turn.lock();
    try {
      if (!link.gone().isDone()) {
        deleteWaiting();
      }
    } finally {
      turn.unlock();
    }
    await(link.gone());
  }

  /** Lets requests under way end. */
  void close() throws InterruptedException {
    threads.shutdown();
    threads.awaitTermination(1, TimeUnit.SECONDS);
  }

  private void deleteWaiting() {
    List<Doomed> links = new ArrayList<>();
    for (Doomed link = waiting.poll(); link != null; link = waiting.poll()) {
      links.add(link);
    }
    try {
      deleteAll(links.stream().map(Doomed::index).toList());
      links.forEach(link -> link.gone().complete(null));
    } catch (NetlinkException | RuntimeException e) {
      links.forEach(link -> link.gone().completeExceptionally(e));
    }
  }

  private void deleteAll(List<Integer> indices) throws NetlinkException {
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
                request(socket, indices);
              }
              return null;
            });
    if (!areGone(events, indices)) {
      await(acknowledged);
    }
  }

  /** Returns when the kernel has acknowledged. */
  private static void request(NetlinkSocket socket, List<Integer> indices) throws NetlinkException {
    if (indices.size() == 1) {
      HostEnd.delete(socket, LinkMessage.at(indices.get(0)));
      return;
    }
    // Only a group is deleted in one go. Nobody else has it: groups that people use are small.
    int group = ThreadLocalRandom.current().nextInt(1 << 30, Integer.MAX_VALUE);
    List<Request> requests = new ArrayList<>();
    indices.forEach(i -> requests.add(Request.change(LinkMessage.at(i).withGroup(group))));
    requests.add(Request.delete(LinkMessage.inGroup(group)));
    for (Optional<NetlinkException> refusal : socket.batch(requests)) {
      if (refusal.isPresent() && !refusal.get().errno().equals("ENODEV")) {
        throw refusal.get();
      }
    }
  }

  /** Waits for the events; false when the request was answered without one of each link. */
  private static boolean areGone(NetlinkMonitor events, Collection<Integer> indices)
      throws NetlinkException {
    Set<Integer> left = new HashSet<>(indices);
    for (List<Event> news = events.take(); !news.isEmpty(); news = events.take()) {
      for (Event event : news) {
        if (event instanceof Event.Changed changed
            && changed.deleted()
            && changed.message() instanceof LinkMessage gone) {
          left.remove(gone.index());
        }
      }
      if (left.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static void await(Future<?> result) throws NetlinkException {
    try {
      result.get();
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
