// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;

/**
 * A listening unix socket for the user this process runs as, root, and for one group.
 *
 * <p>Who is in the group is the kernel's word: connecting needs write permission, which the mode of
 * the socket gives to the group's members, supplementary groups included. SO_PEERCRED says the
 * name.
 */
final class LocalSocket implements AutoCloseable {
  private final Path path;
  private final ServerSocketChannel channel;
  private final Object fileKey;
  private final UserPrincipal owner;
  private volatile Optional<Role> groupRole = Optional.empty();

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

  /**
   * Lets the members of a group in, or nobody but the owner.
   *
   * @param group empty for nobody
   * @throws IOException when there is no such group; nobody but the owner is let in then
   */
  void admit(String group, Role role) throws IOException {
    groupRole = Optional.empty();
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    if (!group.isEmpty()) {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setGroup(
              path.getFileSystem()
                  .getUserPrincipalLookupService()
                  .lookupPrincipalByGroupName(group));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
      groupRole = Optional.of(role);
    }
  }

  /** Who is at the other end; empty when nobody that is served. */
  Optional<Caller> caller(SocketChannel peer) throws IOException {
    UserPrincipal user = peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
    Optional<Role> role = user.equals(owner) ? Optional.of(Role.ADMIN) : groupRole;
    return role.map(granted -> Caller.of(user.getName(), "local", granted));
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
