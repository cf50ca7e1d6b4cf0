// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jnr.ffi.Pointer;

/** A loaded BPF program of type SCHED_CLS. */
public final class BpfProgramFd extends BpfFd {
  private static final int BPF_PROG_TYPE_SCHED_CLS = 3;
  private static final int INSTRUCTION_BYTES = 8;

  /** struct bpf_prog_info up to the maps. */
  private static final int INFO_BYTES = 64;

  private static final int LOG_BYTES = 1 << 20;
  private static final int LOG_LINES = 4;

  /**
   * What the kernel knows of a program.
   *
   * @param id the kernel's number of it
   * @param maps the kernel's numbers of the maps that it uses
   */
  public record Info(int id, Set<Integer> maps) {
    public Info {
      maps = Set.copyOf(maps);
    }
  }

  private BpfProgramFd(int fd) {
    super(fd);
  }

  /**
   * Verifies and loads a program under the licence GPL.
   *
   * @param code instructions of 8 bytes, struct bpf_insn; maps are in them as descriptors
   * @throws NetlinkException EINVAL or EACCES with the verifier's last words if it is not safe
   */
  public static BpfProgramFd load(String name, byte[] code) throws NetlinkException {
    int fd = call(name, code).tryRun();
    if (fd >= 0) {
      return new BpfProgramFd(fd);
    }
    // Once more, now with the log, which costs much and which only the refused need.
    Pointer log = BpfCall.memory(LOG_BYTES);
    int second = call(name, code).u32(24, 1).u32(28, LOG_BYTES).pointer(32, log).tryRun();
    if (second >= 0) {
      return new BpfProgramFd(second);
    }
    throw new NetlinkException("bpf program load " + name, -fd, lastLines(text(log)));
  }

  private static BpfCall call(String name, byte[] code) {
    return new BpfCall(BpfCall.BPF_PROG_LOAD)
        .u32(0, BPF_PROG_TYPE_SCHED_CLS)
        .u32(4, code.length / INSTRUCTION_BYTES)
        .pointer(8, BpfCall.memory(code))
        .string(16, "GPL")
        .name(48, name);
  }

  /** Opens a pinned program. */
  public static BpfProgramFd open(Path path) throws NetlinkException {
    return new BpfProgramFd(openPin(path));
  }

  public Info info() throws NetlinkException {
    Pointer info = BpfCall.memory(INFO_BYTES);
    info(info, INFO_BYTES);
    int count = info.getInt(52);
    Pointer maps = BpfCall.memory(Math.max(1, count) * Integer.BYTES);
    Pointer again = BpfCall.memory(INFO_BYTES);
    again.putInt(52, count);
    again.putLong(56, count == 0 ? 0 : maps.address());
    info(again, INFO_BYTES);
    Set<Integer> ids = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ids.add(maps.getInt((long) i * Integer.BYTES));
    }
    return new Info(again.getInt(4), ids);
  }

  private static String text(Pointer log) {
    return log.getString(0, LOG_BYTES, StandardCharsets.UTF_8);
  }

  /** The end of the verifier's log, where it says what it does not like. */
  static String lastLines(String log) {
    List<String> lines =
        log.lines()
            .map(String::strip)
            .filter(l -> !l.isEmpty() && !l.startsWith("processed "))
            .toList();
    return String.join("; ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }
}
