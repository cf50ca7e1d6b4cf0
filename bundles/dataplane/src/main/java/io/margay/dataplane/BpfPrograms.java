// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfProgram;
import io.margay.dataplane.Encoder.NoSuchLinkException;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.BpfMapFd;
import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.NetlinkException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * BPF programs: loaded, pinned, attached.
 *
 * <p>The kernel does not give a program back as it was loaded, and its own checksum of it is
 * computed differently from version to version. So a program is pinned under its digest and the
 * indexes of links that were put into it: {@code 3f0c21...,eth0=7}. It is what was declared when
 * the kernel says that this very program runs there, and that its maps are those that are pinned
 * now.
 */
final class BpfPrograms {
  /** In the place of the digest of a program that is pinned, and does not run. */
  static final String DETACHED = "detached";

  /** Of one that runs with maps or links that have been replaced, or is none that we know. */
  static final String OUTDATED = "outdated";

  private static final int INSTRUCTION_BYTES = 8;
  private static final int IMMEDIATE = 4;
  private static final int BPF_PSEUDO_MAP_FD = 1;

  private final BpfPins pins;
  private final LinkTable links;
  private final Supplier<BpfAttachment> attachment;

  /**
   * Programs.
   *
   * @param attachment how they are attached; asked for when that matters
   */
  BpfPrograms(BpfPins pins, LinkTable links, Supplier<BpfAttachment> attachment) {
    this.pins = pins;
    this.links = links;
    this.attachment = attachment;
  }

  void read(Consumer<Found> sink) throws NetlinkException, IOException {
    Set<Integer> maps = new HashSet<>();
    for (String name : pins.maps()) {
      try (BpfMapFd map = BpfMapFd.open(pins.map(name))) {
        maps.add(map.id());
      }
    }
    Set<BpfProgram.Key> keys = new LinkedHashSet<>(pins.programs());
    keys.addAll(attachment.get().attached());
    for (BpfProgram.Key key : keys) {
      String digest = digest(key, maps);
      sink.accept(new Found(BpfProgram.ofDigest(key.name(), key.link(), key.hook(), digest), true));
    }
  }

  /** The digest of what runs there. */
  private String digest(BpfProgram.Key key, Set<Integer> maps)
      throws NetlinkException, IOException {
    OptionalInt index = links.index(key.link());
    OptionalInt running =
        index.isPresent() ? attachment.get().running(key, index.getAsInt()) : OptionalInt.empty();
    if (running.isEmpty()) {
      return DETACHED;
    }
    Path folder = pins.program(key);
    for (String pin : programPins(folder)) {
      try (BpfProgramFd program = BpfProgramFd.open(folder.resolve(pin))) {
        BpfProgramFd.Info info = program.info();
        if (info.id() == running.getAsInt() && maps.containsAll(info.maps()) && linksAreOf(pin)) {
          return pin.split(",", 2)[0];
        }
      }
    }
    return OUTDATED;
  }

  private static List<String> programPins(Path folder) throws IOException {
    return BpfPins.list(folder).stream()
        .map(Path::toString)
        .filter(pin -> !pin.equals(BpfPins.LINK_PIN))
        .toList();
  }

  private String pin(BpfProgram program) throws NoSuchLinkException {
    StringBuilder pin = new StringBuilder(program.digest());
    for (String link : new TreeSet<>(program.links().values())) {
      pin.append(',').append(BpfPins.escape(link)).append('=').append(index(link));
    }
    return pin.toString();
  }

  /** Whether the links in the name of a pin have those indexes now. */
  private boolean linksAreOf(String pin) {
    String[] parts = pin.split(",");
    for (int i = 1; i < parts.length; i++) {
      String[] link = parts[i].split("=", 2);
      OptionalInt now = links.index(BpfPins.unescape(link[0]));
      if (now.isEmpty() || now.getAsInt() != Integer.parseInt(link[1])) {
        return false;
      }
    }
    return true;
  }

  /** Attaches, swaps or removes a program. */
  void write(Write write) throws NetlinkException, IOException, NoSuchLinkException {
    BpfProgram program = (BpfProgram) write.object();
    if (write.verb() == Verb.DELETE) {
      OptionalInt index = links.index(program.link());
      attachment.get().detach(program.key(), index.orElse(0));
      pins.removeProgram(program.key());
      return;
    }
    int index = index(program.link());
    String pin = pin(program);
    Path folder = pins.program(program.key());
    try (BpfProgramFd loaded = load(program)) {
      Files.createDirectories(folder);
      Files.deleteIfExists(folder.resolve(pin));
      // Pinned before it runs: who finds it running, finds its name too.
      loaded.pin(folder.resolve(pin));
      attachment.get().attach(program.key(), index, loaded);
    }
    for (String old : programPins(folder)) {
      if (!old.equals(pin)) {
        Files.deleteIfExists(folder.resolve(old));
      }
    }
  }

  private BpfProgramFd load(BpfProgram program) throws NetlinkException, NoSuchLinkException {
    ByteBuffer code = ByteBuffer.wrap(program.code()).order(ByteOrder.nativeOrder());
    for (Map.Entry<Integer, String> link : program.links().entrySet()) {
      code.putInt(link.getKey() * INSTRUCTION_BYTES + IMMEDIATE, index(link.getValue()));
    }
    Map<String, BpfMapFd> maps = new HashMap<>();
    try {
      for (String name : new TreeSet<>(program.maps().values())) {
        maps.put(name, BpfMapFd.open(pins.map(name)));
      }
      for (Map.Entry<Integer, String> map : program.maps().entrySet()) {
        int at = map.getKey() * INSTRUCTION_BYTES;
        code.put(at + 1, registers(code.get(at + 1)));
        code.putInt(at + IMMEDIATE, maps.get(map.getValue()).fd());
      }
      return BpfProgramFd.load(program.name(), code.array());
    } finally {
      maps.values().forEach(BpfMapFd::close);
    }
  }

  /** The same destination; a bit field, whose halves change places with the byte order. */
  private static byte registers(byte given) {
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    return (byte)
        (little ? given & 0x0f | BPF_PSEUDO_MAP_FD << 4 : given & 0xf0 | BPF_PSEUDO_MAP_FD);
  }

  private int index(String link) throws NoSuchLinkException {
    return links.index(link).orElseThrow(() -> new NoSuchLinkException(link));
  }
}
