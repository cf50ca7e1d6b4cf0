// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.net.IpFamily;
import io.margay.netlink.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * A raw ICMP socket between two addresses, in the calling thread's network namespace. Packets carry
 * DF and ignore what the kernel remembers of the path's MTU, for that is what is to be found out.
 * linux/in.h, linux/in6.h.
 */
final class EchoSocket implements AutoCloseable {
  private static final Libc C = LibraryLoader.create(Libc.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int SOL_IP = 0;
  private static final int IP_MTU_DISCOVER = 10;
  private static final int IP_RECVERR = 11;
  private static final int SOL_IPV6 = 41;
  private static final int IPV6_MTU_DISCOVER = 23;
  private static final int IPV6_RECVERR = 25;
  private static final int IPV6_DONTFRAG = 62;
  private static final int PMTUDISC_PROBE = 3;
  private static final short POLLIN = 1;
  private static final int RECEIVE_BYTES = 1 << 16;

  private final IpFamily family;
  private final int fd;

  private EchoSocket(IpFamily family, int fd) {
    this.family = family;
    this.fd = fd;
  }

  static EchoSocket open(InetAddress from, InetAddress to) throws IOException {
    IpFamily family = IpFamily.of(to);
    boolean six = family == IpFamily.IPV6;
    int fd =
        C.socket(six ? AF_INET6 : AF_INET, SOCK_RAW_CLOEXEC, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    check(fd, "open ICMP socket");
    EchoSocket socket = new EchoSocket(family, fd);
    try {
      if (six) {
        socket.set(SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
        socket.set(SOL_IPV6, IPV6_DONTFRAG, 1);
        socket.set(SOL_IPV6, IPV6_RECVERR, 1);
      } else {
        socket.set(SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
        socket.set(SOL_IP, IP_RECVERR, 1);
      }
      ByteBuffer local = socket.address(from);
      check(C.bind(fd, local, local.capacity()), "send from " + from.getHostAddress());
      ByteBuffer remote = socket.address(to);
      check(C.connect(fd, remote, remote.capacity()), "send to " + to.getHostAddress());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends one request and waits for its answer. */
  ProbeResult echo(Probe probe) throws IOException {
    EchoPacket packet = new EchoPacket(family, ThreadLocalRandom.current().nextInt(1 << 16));
    ByteBuffer request = packet.request(probe.sizeBytes());
    ByteBuffer reply = ByteBuffer.allocateDirect(RECEIVE_BYTES);
    long start = System.nanoTime();
    check(C.send(fd, request, request.capacity(), 0), "send " + probe.sizeBytes() + " bytes");
    long deadline = start + probe.timeout().toNanos();
    while (waitUntil(deadline)) {
      long length = C.recv(fd, reply.clear(), RECEIVE_BYTES, 0);
      check(length, "answer to " + probe.sizeBytes() + " bytes");
      if (packet.isReply(reply.limit((int) length))) {
        return new ProbeResult(true, Duration.ofNanos(System.nanoTime() - start), "");
      }
    }
    String text = "no answer within " + probe.timeout().toMillis() + " ms";
    return new ProbeResult(false, Duration.ZERO, text);
  }

  /** Waits for a packet or an error; false when the deadline came first. */
  private boolean waitUntil(long deadline) throws IOException {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (left <= 0) {
      return false;
    }
    ByteBuffer poll = allocate(8).putInt(0, fd).putShort(4, POLLIN);
    int ready = C.poll(poll, 1, (int) left);
    if (ready < 0 && errno() != Errno.EINTR) {
      check(ready, "wait for an answer");
    }
    return ready > 0 || waitUntil(deadline);
  }

  private void set(int level, int option, int value) throws IOException {
    check(
        C.setsockopt(fd, level, option, allocate(4).putInt(0, value), 4),
        "set option " + option + " of an ICMP socket");
  }

  /** struct sockaddr_in or sockaddr_in6. */
  private ByteBuffer address(InetAddress address) {
    boolean six = family == IpFamily.IPV6;
    ByteBuffer out = allocate(six ? 28 : 16).putShort(0, (short) (six ? AF_INET6 : AF_INET));
    return out.put(six ? 8 : 4, address.getAddress());
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static int errno() {
    return LastError.getLastError(RUNTIME);
  }

  private static void check(long result, String operation) throws IOException {
    if (result < 0) {
      throw new IOException(operation + ": " + Errno.name(errno()));
    }
  }

  @Override
  public void close() {
    C.close(fd);
  }
}
