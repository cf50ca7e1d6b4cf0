// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections of the agent's own user on a unix socket.
 *
 * <p>A successor takes over without a refused connect: it binds another name and renames it over
 * the old one; the predecessor then serves those who connected to it before. No one removes the
 * name, for it may be the successor's already; a connect to a name that nobody listens on is
 * refused, which callers know how to take.
 */
final class Listener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  private static final int BACKLOG = 1024;
  private static final String INODE = "unix:ino";
  private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-------");

  private final Path socket;
  private final ServerSocketChannel server;
  private final Consumer<Connection> sink;
  private final Selector selector = Selector.open();
  private final Object inode;
  private final UserPrincipal owner;
  private final Thread thread = new Thread(this::run, "cni-accept");
  private volatile boolean closing;

  private Listener(Path socket, ServerSocketChannel server, Path bound, Consumer<Connection> sink)
      throws IOException {
    this.socket = socket;
    this.server = server;
    this.sink = sink;
    inode = Files.getAttribute(bound, INODE);
    owner = Files.getOwner(bound);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    thread.setDaemon(true);
  }

  /**
   * Listens from now on.
   *
   * @param sink gets every connection, on the listener's thread
   */
  static Listener open(Path socket, Consumer<Connection> sink) throws IOException {
    Path fresh = socket.resolveSibling("." + socket.getFileName() + "." + System.nanoTime());
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(fresh), BACKLOG);
      Files.setPosixFilePermissions(fresh, MODE);
      Listener listener = new Listener(socket, server, fresh, sink);
      Files.move(fresh, socket, StandardCopyOption.ATOMIC_MOVE);
      listener.thread.start();
      return listener;
    } catch (IOException e) {
      server.close();
      Files.deleteIfExists(fresh);
      throw e;
    }
  }

  /**
   * Whether connects reach this listener or a successor. Not so when the name was removed, or the
   * successor has ended without a successor of its own.
   */
  boolean isReachable() {
    try {
      if (Files.getAttribute(socket, INODE).equals(inode)) {
        return true;
      }
    } catch (IOException e) {
      return false;
    }
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Hands over whoever has connected already, then stops. */
  @Override
  public void close() throws IOException {
    closing = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    selector.close();
    server.close();
  }

  private void run() {
    boolean last = false;
    while (!last) {
      last = closing; // read before accepting: who connected before close() is served
      try {
        if (!last) {
          selector.select();
          selector.selectedKeys().clear();
        }
        acceptAll();
      } catch (IOException e) {
        LOG.error("CNI socket fails, calls must wait reason={}", e.toString());
        pause();
      }
    }
  }

  private void acceptAll() throws IOException {
    SocketChannel channel = server.accept();
    while (channel != null) {
      UserPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
      if (peer.equals(owner)) {
        channel.configureBlocking(false);
        sink.accept(new Connection(channel));
      } else {
        LOG.warn("CNI call refused user={} allowed={}", peer, owner);
        channel.close();
      }
      channel = server.accept();
    }
  }

  /** Out of file descriptors, most likely: some calls must end first. */
  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
