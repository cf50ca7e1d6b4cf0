// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;

/**
 * The system calls of one netlink socket. Belongs to the namespace of the thread that opened it.
 */
final class Socket {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;

  /** linux/netlink.h: links, addresses, neighbours, routes. */
  static final int NETLINK_ROUTE = 0;

  /** linux/netlink.h: sockets. */
  static final int NETLINK_SOCK_DIAG = 4;

  /** linux/netlink.h: nftables. */
  static final int NETLINK_NETFILTER = 12;

  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUF = 8;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NETLINK_GET_STRICT_CHK = 12;
  private static final int MSG_TRUNC = 0x20;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int SOCKADDR_NL_BYTES = 12;

  private final int fd;
  private final int port;

  private Socket(int fd, int port) {
    this.fd = fd;
    this.port = port;
  }

  static Socket open(int protocol, int receiveBufferBytes) throws NetlinkException {
    int fd =
        Native.check(
            Native.C.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), "open netlink socket");
    try {
      ByteBuffer address = Buffers.allocate(SOCKADDR_NL_BYTES).putShort(0, (short) AF_NETLINK);
      Native.check(Native.C.bind(fd, address, SOCKADDR_NL_BYTES), "bind netlink socket");
      ByteBuffer length = Buffers.ofInt(SOCKADDR_NL_BYTES);
      Native.check(Native.C.getsockname(fd, address, length), "name netlink socket");
      if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes) < 0) {
        set(fd, SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
      }
      set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 * Buffers.BYTES);
      // Kernels before 4.12 and 4.20 lack these; everything here works without, with poorer error
      // texts.
      set(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
      set(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
      set(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      return new Socket(fd, address.getInt(4));
    } catch (NetlinkException e) {
      Native.C.close(fd);
      throw e;
    }
  }

  private static int set(int fd, int level, int option, int value) {
    return Native.C.setsockopt(fd, level, option, Buffers.ofInt(value), 4);
  }

  int fd() {
    return fd;
  }

  int port() {
    return port;
  }

  void join(int group) throws NetlinkException {
    Native.check(
        set(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group), "join netlink group " + group);
  }

  /** Sends what lies between 0 and the position. */
  void send(ByteBuffer bytes) throws NetlinkException {
    int length = bytes.position();
    ByteBuffer from = bytes.duplicate().flip();
    for (int attempt = 0; Native.C.send(fd, from, length, 0) < 0; attempt++) {
      int errno = Native.errno();
      if (!Errno.isTransient(errno) || attempt == NetlinkSocket.RETRIES) {
        throw new NetlinkException("send to netlink", errno, "");
      }
    }
  }

  /** Receives one datagram, which then lies between position and limit. */
  void receive(ByteBuffer into) throws NetlinkException {
    receive(into, MSG_TRUNC);
  }

  /** As {@link #receive}, but returns false when there is none. */
  boolean receiveNow(ByteBuffer into) throws NetlinkException {
    try {
      receive(into, MSG_TRUNC | MSG_DONTWAIT);
      return true;
    } catch (NetlinkException e) {
      if (e.number() == Errno.EAGAIN) {
        return false;
      }
      throw e;
    }
  }

  private void receive(ByteBuffer into, int flags) throws NetlinkException {
    into.clear();
    long length;
    while ((length = Native.C.recv(fd, into, into.capacity(), flags)) < 0) {
      int errno = Native.errno();
      if (errno != Errno.EINTR) {
        throw new NetlinkException("receive from netlink", errno, "");
      }
    }
    if (length > into.capacity()) {
      throw new NetlinkException(
          "receive from netlink", Errno.EMSGSIZE, length + " bytes in one message");
    }
    into.limit((int) length);
  }

  /** Throws away all that waits to be received. */
  void drain(ByteBuffer scratch) {
    boolean more = true;
    while (more) {
      boolean received = Native.C.recv(fd, scratch, scratch.capacity(), MSG_DONTWAIT) >= 0;
      more = received || Native.errno() == Errno.ENOBUFS || Native.errno() == Errno.EINTR;
    }
  }

  void close() {
    Native.C.close(fd);
  }
}
