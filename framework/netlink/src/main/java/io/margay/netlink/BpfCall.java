// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * One call of bpf(2), which the C library does not wrap. The offsets that the callers use are those
 * of the command's part of {@code union bpf_attr} in linux/bpf.h, the same on all processors.
 */
final class BpfCall {
  static final int BPF_MAP_CREATE = 0;
  static final int BPF_MAP_LOOKUP_ELEM = 1;
  static final int BPF_MAP_UPDATE_ELEM = 2;
  static final int BPF_MAP_DELETE_ELEM = 3;
  static final int BPF_MAP_GET_NEXT_KEY = 4;
  static final int BPF_PROG_LOAD = 5;
  static final int BPF_OBJ_PIN = 6;
  static final int BPF_OBJ_GET = 7;
  static final int BPF_OBJ_GET_INFO_BY_FD = 15;
  static final int BPF_LINK_CREATE = 28;
  static final int BPF_LINK_UPDATE = 29;
  static final int BPF_LINK_DETACH = 34;

  /** {@code BPF_OBJ_NAME_LEN}, with the final NUL. */
  private static final int NAME_BYTES = 16;

  private static final int ATTR_BYTES = 72;
  private static final long NUMBER = number(System.getProperty("os.arch"));
  private static final int TRIES = 5;

  private final int command;
  private final Pointer attr = memory(ATTR_BYTES);

  /** What the attributes point to: not to be freed before the call. */
  private final List<Pointer> pointed = new ArrayList<>();

  BpfCall(int command) {
    this.command = command;
  }

  /** The system call's number: asm/unistd.h __NR_bpf. */
  private static long number(String architecture) {
    return switch (architecture) {
      case "amd64", "x86_64" -> 321;
      case "aarch64" -> 280;
      default -> -1; // ENOSYS
    };
  }

  /** Zeroed memory outside of the heap. */
  static Pointer memory(int bytes) {
    return Memory.allocateDirect(Native.RUNTIME, bytes, true);
  }

  static Pointer memory(byte[] bytes) {
    Pointer memory = memory(bytes.length);
    memory.put(0, bytes, 0, bytes.length);
    return memory;
  }

  BpfCall u32(int offset, int value) {
    attr.putInt(offset, value);
    return this;
  }

  BpfCall u64(int offset, long value) {
    attr.putLong(offset, value);
    return this;
  }

  BpfCall pointer(int offset, Pointer memory) {
    pointed.add(memory);
    attr.putLong(offset, memory.address());
    return this;
  }

  BpfCall string(int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return pointer(offset, memory(Arrays.copyOf(bytes, bytes.length + 1)));
  }

  /** The name of a map or program, within the attributes. */
  BpfCall name(int offset, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    attr.put(offset, bytes, 0, Math.min(bytes.length, NAME_BYTES - 1));
    return this;
  }

  /** Makes the call; returns its result, a descriptor for commands that make or open something. */
  int run(String operation) throws NetlinkException {
    return run(operation, "");
  }

  /** As {@link #run(String)}, with a text for the error. */
  int run(String operation, String detail) throws NetlinkException {
    int result = tryRun();
    if (result < 0) {
      throw new NetlinkException(operation, -result, detail);
    }
    return result;
  }

  /** Makes the call; returns its result, or a negative error number. */
  int tryRun() {
    int errno = 0;
    // The verifier gives up with EAGAIN when the thread has a signal to handle.
    for (int i = 0; i < TRIES; i++) {
      long result = Native.C.syscall(NUMBER, command, attr, ATTR_BYTES);
      errno = result < 0 ? Native.errno() : 0;
      Reference.reachabilityFence(pointed);
      if (result >= 0) {
        return (int) result;
      }
      if (errno != Errno.EAGAIN && errno != Errno.EINTR) {
        break;
      }
    }
    return -errno;
  }
}
