// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Looks for sockets of a network namespace. linux/sock_diag.h, linux/inet_diag.h.
 *
 * <p>Bound to the network namespace of the thread that opened it, usable from any thread, one
 * question at a time.
 */
public final class SocketTable implements AutoCloseable {
  private static final int SOCK_DIAG_BY_FAMILY = 20;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;
  private static final int ALL_STATES = -1;
  private static final int INET_DIAG_REQ_BYTECODE = 1;
  private static final int INET_DIAG_BC_S_COND = 7;

  /** struct inet_diag_req_v2 behind its first eight bytes: which socket; all zero for any. */
  private static final int SOCKET_ID_BYTES = 48;

  private static final int HOST_CONDITION_BYTES = 12;
  private static final int RECEIVE_BUFFER_BYTES = 1 << 18;

  private final Socket socket;
  private final ByteBuffer out = Buffers.take();
  private final ByteBuffer in = Buffers.take();
  private int sequence;
  private boolean isClosed;

  private SocketTable(Socket socket) {
    this.socket = socket;
  }

  /** Opens a table in the network namespace of this thread. */
  public static SocketTable open() throws NetlinkException {
    return new SocketTable(Socket.open(Socket.NETLINK_SOCK_DIAG, RECEIVE_BUFFER_BYTES));
  }

  /**
   * Whether a TCP or UDP socket has this local address, in any state: a connection that has closed
   * but still waits counts, a socket of all addresses does not.
   *
   * @throws NetlinkException ENOENT where the kernel cannot list the sockets of a protocol
   */
  public synchronized boolean hasLocal(InetAddress address) throws NetlinkException {
    boolean six = Ip.family(address) == Message.AF_INET6;
    // An IPv6 socket may have an IPv4 address, mapped; the condition of IPv4 finds it.
    int[] families =
        six ? new int[] {Message.AF_INET6} : new int[] {Message.AF_INET, Message.AF_INET6};
    for (int family : families) {
      for (int protocol : new int[] {IPPROTO_TCP, IPPROTO_UDP}) {
        if (isAny(family, protocol, address)) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      socket.close();
      Buffers.give(out);
      Buffers.give(in);
    }
  }

  private boolean isAny(int family, int protocol, InetAddress address) throws NetlinkException {
    out.clear();
    out.putInt(0).putShort((short) SOCK_DIAG_BY_FAMILY);
    out.putShort((short) (Request.NLM_F_REQUEST | Request.NLM_F_DUMP));
    out.putInt(++sequence).putInt(0);
    out.put((byte) family).put((byte) protocol).putShort((short) 0).putInt(ALL_STATES);
    out.put(new byte[SOCKET_ID_BYTES]);
    Attributes.NONE.with(INET_DIAG_REQ_BYTECODE, hasSource(address)).encode(out);
    out.putInt(0, out.position());
    socket.send(out);
    return receive("sockets of " + address.getHostAddress());
  }

  /** A program of one condition: struct inet_diag_bc_op, struct inet_diag_hostcond. */
  private static byte[] hasSource(InetAddress address) {
    byte[] bytes = address.getAddress();
    int length = HOST_CONDITION_BYTES + bytes.length;
    ByteBuffer program = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    // Where to go on: at the end means yes, four bytes behind it no.
    program.put((byte) INET_DIAG_BC_S_COND).put((byte) length).putShort((short) (length + 4));
    program.put((byte) Ip.family(address)).put((byte) (8 * bytes.length)).putShort((short) 0);
    program.putInt(-1); // Any port.
    return program.put(bytes).array();
  }

  /** Reads to the end of the answer; whether there was a socket in it. */
  private boolean receive(String operation) throws NetlinkException {
    boolean found = false;
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        if (answers.sequence() != sequence) {
          continue;
        }
        if (answers.type() == Datagram.NLMSG_DONE || answers.type() == Datagram.NLMSG_ERROR) {
          if (answers.error() != 0) {
            throw new NetlinkException(operation, answers.error(), answers.errorText());
          }
          return found;
        }
        found |= answers.type() == SOCK_DIAG_BY_FAMILY;
      }
    }
  }
}
