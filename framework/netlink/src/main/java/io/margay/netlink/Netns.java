// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A network namespace held open by its file descriptor. */
public final class Netns implements AutoCloseable {
  private static final int O_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;
  private static final long NS_GET_NSTYPE = 0xb703;

  /** What makes two files the same namespace. */
  public record Identity(long device, long inode) {}

  /** Something to do inside a namespace. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws NetlinkException, IOException;
  }

  private final Path path;
  private final int fd;
  private boolean closed;

  private Netns(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Opens the namespace of a file such as {@code /run/netns/x} or {@code /proc/1234/ns/net}.
   *
   * @throws NetlinkException ENOENT if there is no such file, EINVAL if it is no network namespace
   */
  public static Netns open(Path path) throws NetlinkException {
    String operation = "open network namespace " + path;
    // Not to hang on a FIFO that somebody passes for a namespace.
    int fd = Native.check(Native.C.open(path.toString(), O_NONBLOCK_CLOEXEC), operation);
    if (Native.C.ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
      Native.C.close(fd);
      throw new NetlinkException(operation, Errno.EINVAL, "not a network namespace");
    }
    return new Netns(path, fd);
  }

  /** Opens the namespace of this thread. */
  public static Netns current() throws NetlinkException {
    return open(Path.of("/proc/thread-self/ns/net"));
  }

  /** The descriptor, for {@link LinkMessage#withNetns}; valid until {@link #close}. */
  public int fd() {
    return fd;
  }

  public Identity identity() throws IOException {
    Map<String, Object> stat = Files.readAttributes(Path.of("/proc/self/fd/" + fd), "unix:dev,ino");
    return new Identity((Long) stat.get("dev"), (Long) stat.get("ino"));
  }

  /**
   * Does work inside the namespace, on a thread of its own that ends with it, and waits for the
   * result. Sockets opened there stay in the namespace and may be used from any thread; {@code
   * /proc/sys/net} is that of the namespace.
   */
  public <T> T call(Work<T> work) throws NetlinkException, IOException {
    return onOwnThread(
        () -> {
          Native.check(Native.C.setns(fd, CLONE_NEWNET), "enter network namespace " + path);
          return work.run();
        });
  }

  /** Does work inside a new, empty namespace that ends with it. */
  static <T> T callInNew(Work<T> work) throws NetlinkException, IOException {
    return onOwnThread(
        () -> {
          Native.check(Native.C.unshare(CLONE_NEWNET), "create network namespace");
          return work.run();
        });
  }

  /**
   * A thread that has changed its namespace cannot be given back, so each piece of work gets a new
   * one.
   */
  private static <T> T onOwnThread(Work<T> work) throws NetlinkException, IOException {
    FutureTask<T> task = new FutureTask<>(work::run);
    Thread thread = new Thread(task, "netns");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          // The work uses what the caller will close: see it through.
          interrupted = true;
        } catch (ExecutionException e) {
          throw failure(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The failure of the other thread as one of this thread. */
  private static RuntimeException failure(Throwable cause) throws NetlinkException, IOException {
    if (cause instanceof NetlinkException e) {
      throw e;
    }
    if (cause instanceof IOException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return (RuntimeException) cause;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Native.C.close(fd);
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
