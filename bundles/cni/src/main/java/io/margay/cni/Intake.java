// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the socket open and the spool empty, on a thread of its own: what was spooled is tried
 * first, then the socket is opened, then the spool is watched.
 */
final class Intake {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  /** How often a spooled DEL that failed is tried again, and the socket's name looked after. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final Path socket;
  private final Spool spool;
  private final Calls calls;
  private final Duration patience;
  private final Set<Attachment> pending = ConcurrentHashMap.newKeySet();
  private final Thread thread = new Thread(this::run, "cni-spool");
  private volatile Optional<Listener> listener = Optional.empty();
  private volatile Optional<String> problem = Optional.of("not listening yet");

  /**
   * @param patience how long to try what is spooled before listening
   */
  Intake(Path socket, Spool spool, Calls calls, Duration patience) {
    this.socket = socket;
    this.spool = spool;
    this.calls = calls;
    this.patience = patience;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Why calls are not served; empty when they are. */
  Optional<String> problem() {
    return problem;
  }

  /** Serves who has connected already, and no one after. */
  void stop() throws InterruptedException {
    thread.interrupt();
    thread.join();
    try {
      if (listener.isPresent()) {
        listener.get().close();
      }
    } catch (IOException e) {
      LOG.warn("CNI socket closed badly reason={}", e.toString());
    }
  }

  private void run() {
    try {
      while (true) {
        try {
          serve();
        } catch (IOException e) {
          report(e.toString());
          Thread.sleep(RETRY.toMillis());
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("CNI server ends");
    }
  }

  /** Says once what is wrong. */
  private void report(String reason) {
    if (!problem.equals(Optional.of(reason))) {
      LOG.error("CNI calls are not served, will retry reason={}", reason);
    }
    problem = Optional.of(reason);
  }

  private void serve() throws IOException, InterruptedException {
    Files.createDirectories(socket.getParent());
    Files.createDirectories(spool.directory());
    spool.clean();
    try (WatchService watch = spool.directory().getFileSystem().newWatchService()) {
      // Watched before it is read, so that nothing is missed.
      WatchKey key = spool.directory().register(watch, StandardWatchEventKinds.ENTRY_CREATE);
      removeSpooled().await(patience.toMillis(), TimeUnit.MILLISECONDS);
      while (key.reset()) {
        listen();
        WatchKey event = watch.poll(RETRY.toMillis(), TimeUnit.MILLISECONDS);
        if (event != null) {
          event.pollEvents();
        }
        removeSpooled();
      }
    }
  }

  /** Opens the socket, and again when its name leads nowhere. */
  private void listen() throws IOException, InterruptedException {
    if (listener.isEmpty() || !listener.get().isReachable()) {
      if (Thread.interrupted()) {
        throw new InterruptedException(); // That is why it seems so; a successor may be there.
      }
      Optional<Listener> before = listener;
      listener = Optional.of(Listener.open(socket, calls::serve));
      LOG.info("CNI socket open path={}", socket);
      if (before.isPresent()) {
        before.get().close();
      }
    }
    problem = Optional.empty();
  }

  /** Starts what is spooled and not started yet; counts down when each was tried. */
  private CountDownLatch removeSpooled() throws IOException {
    List<Attachment> fresh = spool.waiting().stream().filter(pending::add).toList();
    CountDownLatch tried = new CountDownLatch(fresh.size());
    for (Attachment attachment : fresh) {
      calls.removeSpooled(
          attachment,
          () -> {
            pending.remove(attachment);
            tried.countDown();
          });
    }
    return tried;
  }
}
