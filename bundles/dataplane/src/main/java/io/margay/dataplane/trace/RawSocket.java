// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.dataplane.Libc;
import io.margay.netlink.Errno;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** A socket that never blocks, raw or not. linux/in.h, linux/in6.h. */
final class RawSocket implements AutoCloseable {
  static final Libc C = LibraryLoader.create(Libc.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_RAW = 3;
  private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final int SOL_IP = 0;
  private static final int IP_TTL = 2;
  private static final int IP_MTU_DISCOVER = 10;
  private static final int SOL_IPV6 = 41;
  private static final int IPV6_UNICAST_HOPS = 16;
  private static final int IPV6_MTU_DISCOVER = 23;
  private static final int IPV6_DONTFRAG = 62;
  private static final int PMTUDISC_PROBE = 3;
  private static final short POLLIN = 1;
  private static final int POLLFD_BYTES = 8;
  private static final int RECEIVE_BYTES = 2048;

  /**
   * What came.
   *
   * @param data without the IP header
   */
  record Received(InetAddress from, int port, ByteBuffer data) {}

  private final boolean six;
  private final boolean raw;
  private final int fd;
  private boolean closed;

  private RawSocket(boolean six, int type, int protocol) throws ErrnoException {
    this.six = six;
    raw = type == SOCK_RAW;
    fd = C.socket(six ? AF_INET6 : AF_INET, type | NONBLOCK_CLOEXEC, protocol);
    check(fd, "open socket");
  }

  static RawSocket raw(boolean six, int protocol) throws ErrnoException {
    return new RawSocket(six, SOCK_RAW, protocol);
  }

  static RawSocket stream(boolean six) throws ErrnoException {
    return new RawSocket(six, SOCK_STREAM, 0);
  }

  static RawSocket datagram(boolean six) throws ErrnoException {
    return new RawSocket(six, SOCK_DGRAM, 0);
  }

  /** Takes this address and any port, which is returned. */
  int bind(InetAddress from) throws ErrnoException {
    ByteBuffer local = address(from, 0);
    check(C.bind(fd, local, local.capacity()), "send from " + from.getHostAddress());
    ByteBuffer length = allocate(4).putInt(0, local.capacity());
    check(C.getsockname(fd, local, length), "name of a socket");
    return port(local);
  }

  /** Sends in one piece, whatever the kernel remembers of the path's MTU, and so far. */
  void sendWhole(int hopLimit) throws ErrnoException {
    if (six) {
      set(SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
      set(SOL_IPV6, IPV6_DONTFRAG, 1);
      set(SOL_IPV6, IPV6_UNICAST_HOPS, hopLimit);
    } else {
      set(SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
      set(SOL_IP, IP_TTL, hopLimit);
    }
  }

  private void set(int level, int option, int value) throws ErrnoException {
    ByteBuffer bytes = allocate(4).putInt(0, value);
    check(C.setsockopt(fd, level, option, bytes, 4), "set option " + option);
  }

  /**
   * Sends to an address.
   *
   * @param port 0 for a raw socket
   */
  void send(ByteBuffer data, InetAddress to, int port) throws ErrnoException {
    ByteBuffer remote = address(to, port);
    check(
        C.sendto(fd, data, data.capacity(), 0, remote, remote.capacity()),
        "send to " + to.getHostAddress());
  }

  /** Waits until one of two has something; false when the deadline came first. */
  static boolean await(RawSocket one, RawSocket other, long deadlineNanos) throws ErrnoException {
    while (true) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      ByteBuffer poll = allocate(2 * POLLFD_BYTES);
      poll.putInt(0, one.fd).putShort(4, POLLIN);
      poll.putInt(POLLFD_BYTES, other.fd).putShort(POLLFD_BYTES + 4, POLLIN);
      int ready = C.poll(poll, 2, (int) left);
      if (ready > 0) {
        return true;
      }
      if (ready < 0 && errno() != Errno.EINTR) {
        check(ready, "wait for an answer");
      }
    }
  }

  /** What has come; empty when there is nothing, or an error that a router reports. */
  Optional<Received> receive() {
    ByteBuffer data = ByteBuffer.allocateDirect(RECEIVE_BYTES);
    ByteBuffer from = allocate(six ? 28 : 16);
    ByteBuffer length = allocate(4).putInt(0, from.capacity());
    // What routers report is read in full by the ICMP socket.
    long received = C.recvfrom(fd, data, RECEIVE_BYTES, 0, from, length);
    if (received < 0) {
      return Optional.empty();
    }
    // An IPv4 raw socket receives the IP header too.
    int header = raw && !six && received > 0 ? (data.get(0) & 0xf) * 4 : 0;
    if (header > received) {
      return Optional.empty();
    }
    ByteBuffer body = data.slice(header, (int) received - header);
    return Optional.of(new Received(address(from), port(from), body));
  }

  /** struct sockaddr_in or sockaddr_in6. */
  private ByteBuffer address(InetAddress address, int port) {
    ByteBuffer out = allocate(six ? 28 : 16).putShort(0, (short) (six ? AF_INET6 : AF_INET));
    out.put(2, (byte) (port >> 8)).put(3, (byte) port);
    return out.put(six ? 8 : 4, address.getAddress());
  }

  private InetAddress address(ByteBuffer socketAddress) {
    byte[] bytes = new byte[six ? 16 : 4];
    socketAddress.get(six ? 8 : 4, bytes);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("of the right length", e);
    }
  }

  private static int port(ByteBuffer socketAddress) {
    return (socketAddress.get(2) & 0xff) << 8 | socketAddress.get(3) & 0xff;
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static int errno() {
    return LastError.getLastError(RUNTIME);
  }

  private static void check(long result, String operation) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(operation, errno());
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      C.close(fd);
    }
  }
}
