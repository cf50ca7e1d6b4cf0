// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/** A listening unix socket that serves only the user this process runs as: root. */
final class LocalSocket implements AutoCloseable {
  private final Path path;
  private final ServerSocketChannel channel;
  private final Object fileKey;
  private final UserPrincipal owner;

  private LocalSocket(Path path, ServerSocketChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.fileKey = Files.readAttributes(path, "unix:ino").get("ino");
    this.owner = Files.getOwner(path);
  }

  /**
   * Listens at a path. The socket is bound under another name and renamed over the path, so a
   * client finds the old listener or the new one and never none.
   */
  static LocalSocket listen(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    Path fresh = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
    Files.deleteIfExists(fresh);
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(fresh));
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return new LocalSocket(path, channel);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(fresh);
      throw new IOException("socket " + path + ": " + e.getMessage(), e);
    }
  }

  SocketChannel accept() throws IOException {
    return channel.accept();
  }

  /** Whether the process at the other end belongs to the user of this one. SO_PEERCRED. */
  boolean isTrusted(SocketChannel peer) throws IOException {
    return peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user().equals(owner);
  }

  /** Stops listening; removes the path unless a successor has taken it over. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (Files.exists(path) && Files.readAttributes(path, "unix:ino").get("ino").equals(fileKey)) {
      Files.deleteIfExists(path);
    }
  }
}
