// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.netlink.BpfFs;
import io.margay.netlink.BpfMapFd;
import io.margay.netlink.NetlinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The names of maps and programs in the node's own BPF file system, by which they are known again.
 *
 * <pre>
 * maps/NAME
 * programs/LINK/HOOK/NAME/link     the attachment by TCX
 * programs/LINK/HOOK/NAME/PIN      the program; what PIN says is up to {@link BpfPrograms}
 * </pre>
 *
 * <p>Such a name has no dot, and the name of a link no colon: so the one stands for the other.
 */
final class BpfPins {
  static final String LINK_PIN = "link";

  private static final char DOT = '.';
  private static final char COLON = ':';

  private final Path root;

  BpfPins(Path root) {
    this.root = root;
  }

  /** Whether anything can be pinned there; nothing is ours where it is not. */
  boolean isMounted() {
    return BpfFs.isMounted(root);
  }

  /** Mounts the file system unless that has been done. */
  void mount() throws NetlinkException, IOException {
    if (!isMounted()) {
      Files.createDirectories(root);
      BpfFs.mount(root);
    }
  }

  Path map(String name) {
    return root.resolve("maps").resolve(name);
  }

  /** Names of the maps. */
  List<String> maps() throws IOException {
    // What has a colon was not finished when an earlier process ended.
    return list(root.resolve("maps")).stream()
        .map(Path::toString)
        .filter(name -> name.indexOf(COLON) < 0)
        .toList();
  }

  /** Pins a map, in one step in the place of one that has the name. */
  void pin(BpfMapFd map, String name) throws NetlinkException, IOException {
    Path path = map(name);
    Path unfinished = path.resolveSibling(name + COLON + "new");
    Files.createDirectories(path.getParent());
    Files.deleteIfExists(unfinished);
    map.pin(unfinished);
    Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The folder of a program. */
  Path program(BpfProgram.Key key) {
    return root.resolve("programs")
        .resolve(escape(key.link()))
        .resolve(key.hook().name().toLowerCase(Locale.ROOT))
        .resolve(key.name());
  }

  /** Keys of the programs. */
  List<BpfProgram.Key> programs() throws IOException {
    Path all = root.resolve("programs");
    List<BpfProgram.Key> keys = new ArrayList<>();
    for (Path link : list(all)) {
      for (Path hook : list(all.resolve(link))) {
        for (Path name : list(all.resolve(link).resolve(hook))) {
          Hook side = Hook.valueOf(hook.toString().toUpperCase(Locale.ROOT));
          keys.add(new BpfProgram.Key(unescape(link.toString()), side, name.toString()));
        }
      }
    }
    return keys;
  }

  /** Removes a program's folder, and those around it when they are empty then. */
  void removeProgram(BpfProgram.Key key) throws IOException {
    Path folder = program(key);
    for (Path pin : list(folder)) {
      Files.deleteIfExists(folder.resolve(pin));
    }
    Files.deleteIfExists(folder);
    Path hook = folder.getParent();
    for (Path above : List.of(hook, hook.getParent())) {
      if (list(above).isEmpty()) {
        Files.deleteIfExists(above);
      }
    }
  }

  /** Names of what is in the folder; nothing when it is not there. */
  static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(Path::getFileName).toList();
    }
  }

  static String escape(String linkName) {
    return linkName.replace(DOT, COLON);
  }

  static String unescape(String linkName) {
    return linkName.replace(COLON, DOT);
  }
}
