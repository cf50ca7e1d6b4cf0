// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.CommandSpec.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The files of {@code <state>/ssh}: {@code users} has a line {@code NAME = ROLE} or {@code NAME =
 * ROLE, HASH} for each, {@code keys/NAME} the keys of one, as in OpenSSH's authorized_keys.
 *
 * <p>They are read at each login, so that a change holds at once. A file that somebody else than
 * its owner and root may write, or read the hashes of, is not taken.
 */
final class Users {
  private static final Set<PosixFilePermission> FOREIGN_WRITE =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
  private static final Set<PosixFilePermission> FOREIGN =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_WRITE);
  private static final int MAX_BYTES = 1 << 20;

  private final Path directory;

  Users(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  Path file() {
    return directory.resolve("users");
  }

  /** Where the keys of one are. */
  Path keys(String name) {
    return directory.resolve("keys").resolve(name);
  }

  /** Makes the directories, for root alone. */
  void prepare() throws IOException {
    Files.createDirectories(
        directory.resolve("keys"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Everyone by name. No file: nobody. */
  Map<String, User> all() throws IOException {
    Map<String, User> users = new TreeMap<>();
    if (Files.notExists(file())) {
      return users;
    }
    check(file(), FOREIGN);
    int number = 0;
    for (String line : Files.readAllLines(file())) {
      number++;
      String text = line.strip();
      if (!text.isEmpty() && !text.startsWith("#")) {
        User user = parse(text, number);
        users.put(user.name(), user);
      }
    }
    return users;
  }

  Optional<User> find(String name) throws IOException {
    return name.matches(User.NAME) ? Optional.ofNullable(all().get(name)) : Optional.empty();
  }

  /** Text of a user's keys; empty when there are none. */
  String keysOf(User user) throws IOException {
    Path file = keys(user.name());
    if (Files.notExists(file)) {
      return "";
    }
    check(file, FOREIGN_WRITE);
    return Files.readString(file);
  }

  /** Adds one, or changes them. One caller at a time. */
  synchronized void put(User user) throws IOException {
    Map<String, User> users = all();
    users.put(user.name(), user);
    write(users);
  }

  /**
   * Takes one away, and their keys.
   *
   * @return whether there was one
   */
  synchronized boolean remove(String name) throws IOException {
    Map<String, User> users = all();
    boolean removed = users.remove(name) != null;
    if (removed) {
      write(users);
      Files.deleteIfExists(keys(name));
    }
    return removed;
  }

  private void write(Map<String, User> users) throws IOException {
    prepare();
    List<String> lines = new ArrayList<>();
    lines.add("# Who may log in by SSH: NAME = ROLE, HASH. Keys are in keys/NAME.");
    for (User user : users.values()) {
      lines.add(
          user.name()
              + " = "
              + user.role().name().toLowerCase(Locale.ROOT)
              + user.hash().map(hash -> ", " + hash).orElse(""));
    }
    Path fresh = directory.resolve("users.new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(fresh, lines);
    Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static User parse(String line, int number) throws IOException {
    int equals = line.indexOf('=');
    String name = equals < 0 ? "" : line.substring(0, equals).strip();
    String[] value = line.substring(equals + 1).split(",", 2);
    if (!name.matches(User.NAME)) {
      throw new IOException(
          "users: line " + number + " (expected: NAME = ROLE or NAME = ROLE, HASH)");
    }
    Optional<String> hash = value.length < 2 ? Optional.empty() : Optional.of(value[1].strip());
    if (hash.isPresent() && !Passwords.isHash(hash.get())) {
      throw new IOException("users: line " + number + ": hash (expected: bcrypt, $2b$...)");
    }
    try {
      return new User(name, Role.valueOf(value[0].strip().toUpperCase(Locale.ROOT)), hash);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "users: line "
              + number
              + ": "
              + value[0].strip()
              + " (expected: viewer, operator or admin)",
          e);
    }
  }

  private void check(Path file, Set<PosixFilePermission> forbidden) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Set<PosixFilePermission> permissions = EnumSet.copyOf(attributes.permissions());
    permissions.retainAll(forbidden);
    if (!attributes.isRegularFile() || attributes.size() > MAX_BYTES) {
      throw new IOException(file + ": no file of at most " + MAX_BYTES + " bytes");
    }
    if (!permissions.isEmpty() || !attributes.owner().equals(Files.getOwner(directory))) {
      throw new IOException(
          file
              + ": mode "
              + PosixFilePermissions.toString(attributes.permissions())
              + ", owner "
              + attributes.owner()
              + " (expected: rw-------, the agent's user)");
    }
  }
}
