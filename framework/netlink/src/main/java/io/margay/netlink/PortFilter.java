// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * A socket filter that drops events of changes which one socket asked for, but for those of links.
 * The kernel runs it before an event takes room in the receive buffer, so a bulk of our own writes
 * cannot push out what others do. linux/filter.h.
 */
final class PortFilter {
  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int LOAD_WORD = 0x20;
  private static final int LOAD_HALF = 0x28;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int RETURN = 0x06;
  private static final int TYPE_OFFSET = 4;
  private static final int PORT_OFFSET = 12;
  private static final int INSTRUCTION_BYTES = 8;
  private static final int DROP = 0;
  private static final int KEEP = -1;

  private PortFilter() {}

  static void attach(int fd, int port) throws NetlinkException {
    ByteBuffer code = ByteBuffer.allocate(7 * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
    instruction(code, LOAD_WORD, 0, 0, PORT_OFFSET);
    instruction(code, JUMP_IF_EQUAL, 0, 4, loaded(port));
    instruction(code, LOAD_HALF, 0, 0, TYPE_OFFSET);
    instruction(code, JUMP_IF_EQUAL, 2, 0, loaded((short) Message.RTM_NEWLINK));
    instruction(code, JUMP_IF_EQUAL, 1, 0, loaded((short) (Message.RTM_NEWLINK + 1)));
    instruction(code, RETURN, 0, 0, DROP);
    instruction(code, RETURN, 0, 0, KEEP);
    Runtime runtime = Runtime.getSystemRuntime();
    Pointer program = Memory.allocateDirect(runtime, code.capacity());
    program.put(0, code.array(), 0, code.capacity());
    // struct sock_fprog: the length, padding, a pointer. The kernel copies both.
    ByteBuffer header = Buffers.allocate(16).putShort(0, (short) 7).putLong(8, program.address());
    Native.check(
        Native.C.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, 16), "filter netlink socket");
    // Keeps the program reachable until the kernel has copied it.
    program.putByte(0, (byte) 0);
  }

  private static void instruction(ByteBuffer out, int code, int ifTrue, int ifFalse, int value) {
    out.putShort((short) code).put((byte) ifTrue).put((byte) ifFalse).putInt(value);
  }

  /** A field in host order as a filter loads it, which is in network order. */
  private static int loaded(int value) {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(value) : value;
  }

  private static int loaded(short value) {
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    return (little ? Short.reverseBytes(value) : value) & 0xffff;
  }
}
