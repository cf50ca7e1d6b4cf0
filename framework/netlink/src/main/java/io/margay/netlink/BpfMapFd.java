// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jnr.ffi.Pointer;

/** A BPF map. Keys and values are bytes in the order that the programs expect. */
public final class BpfMapFd extends BpfFd {
  public static final int BPF_MAP_TYPE_HASH = 1;
  public static final int BPF_MAP_TYPE_ARRAY = 2;
  public static final int BPF_MAP_TYPE_PERCPU_ARRAY = 6;

  private static final Path POSSIBLE_CPUS = Path.of("/sys/devices/system/cpu/possible");

  /** struct bpf_map_info up to the name. */
  private static final int INFO_BYTES = 24;

  /**
   * What cannot be changed of a map.
   *
   * @param type BPF_MAP_TYPE_*
   */
  public record Form(int type, int keyBytes, int valueBytes, int maxEntries) {}

  private final Form form;
  private final int id;

  private BpfMapFd(int fd) throws NetlinkException {
    super(fd);
    Pointer info = BpfCall.memory(INFO_BYTES);
    try {
      info(info, INFO_BYTES);
    } catch (NetlinkException e) {
      close();
      throw e;
    }
    id = info.getInt(4);
    form = new Form(info.getInt(0), info.getInt(8), info.getInt(12), info.getInt(16));
  }

  /** Makes a map; arrays are full of zeroes, others empty. */
  public static BpfMapFd create(String name, Form form) throws NetlinkException {
    BpfCall call =
        new BpfCall(BpfCall.BPF_MAP_CREATE)
            .u32(0, form.type())
            .u32(4, form.keyBytes())
            .u32(8, form.valueBytes())
            .u32(12, form.maxEntries())
            .name(28, name);
    return new BpfMapFd(call.run("bpf map create " + name));
  }

  /** Opens a pinned map. */
  public static BpfMapFd open(Path path) throws NetlinkException {
    return new BpfMapFd(openPin(path));
  }

  public Form form() {
    return form;
  }

  /** The kernel's number of the map, not used again for long. */
  public int id() {
    return id;
  }

  /** Adds or replaces an entry. */
  public void put(byte[] key, byte[] value) throws NetlinkException {
    require("value", value.length, form.valueBytes());
    access(BpfCall.BPF_MAP_UPDATE_ELEM, key)
        .pointer(16, BpfCall.memory(value))
        .run("bpf map update");
  }

  /** The value under a key, of a map that has one value for all processors. */
  public Optional<byte[]> get(byte[] key) throws NetlinkException {
    Pointer value = BpfCall.memory(form.valueBytes());
    if (!found(access(BpfCall.BPF_MAP_LOOKUP_ELEM, key).pointer(16, value), "bpf map lookup")) {
      return Optional.empty();
    }
    return Optional.of(bytes(value, form.valueBytes()));
  }

  /**
   * The sum over all processors of the 64-bit number at an index of a PERCPU_ARRAY, which wraps
   * around as the numbers do.
   */
  public long sum(int index) throws NetlinkException, IOException {
    require("value", Long.BYTES, form.valueBytes());
    int cpus = cpus(Files.readString(POSSIBLE_CPUS));
    Pointer values = BpfCall.memory(cpus * Long.BYTES);
    Pointer key = BpfCall.memory(4);
    key.putInt(0, index);
    access(BpfCall.BPF_MAP_LOOKUP_ELEM, bytes(key, 4)).pointer(16, values).run("bpf map lookup");
    long sum = 0;
    for (int cpu = 0; cpu < cpus; cpu++) {
      sum += values.getLong((long) cpu * Long.BYTES);
    }
    return sum;
  }

  /** Deletes an entry; returns whether there was one. Arrays refuse with EINVAL. */
  public boolean remove(byte[] key) throws NetlinkException {
    return found(access(BpfCall.BPF_MAP_DELETE_ELEM, key), "bpf map delete");
  }

  /** All keys. While somebody else changes the map, some may be missing or come twice. */
  public List<byte[]> keys() throws NetlinkException {
    List<byte[]> keys = new ArrayList<>();
    Pointer next = BpfCall.memory(form.keyBytes());
    BpfCall call = new BpfCall(BpfCall.BPF_MAP_GET_NEXT_KEY).u32(0, fd()).pointer(16, next);
    while (keys.size() < form.maxEntries() && found(call, "bpf map next key")) {
      byte[] key = bytes(next, form.keyBytes());
      keys.add(key);
      call = access(BpfCall.BPF_MAP_GET_NEXT_KEY, key).pointer(16, next);
    }
    return keys;
  }

  private BpfCall access(int command, byte[] key) {
    require("key", key.length, form.keyBytes());
    return new BpfCall(command).u32(0, fd()).pointer(8, BpfCall.memory(key));
  }

  private static boolean found(BpfCall call, String operation) throws NetlinkException {
    int result = call.tryRun();
    if (result < 0 && result != -Errno.ENOENT) {
      throw new NetlinkException(operation, -result, "");
    }
    return result >= 0;
  }

  /** The kernel reads and writes as many bytes as the map says, whatever we pass. */
  private static void require(String what, int bytes, int expected) {
    if (bytes != expected) {
      throw new IllegalArgumentException(
          what + ": " + bytes + " bytes (expected: " + expected + ")");
    }
  }

  private static byte[] bytes(Pointer from, int length) {
    byte[] bytes = new byte[length];
    from.get(0, bytes, 0, length);
    return bytes;
  }

  /** How many processors the kernel keeps values for: {@code 0-3,8} is 5. */
  static int cpus(String possible) {
    int count = 0;
    for (String range : possible.strip().split(",")) {
      String[] ends = range.split("-");
      count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
    }
    return count;
  }
}
