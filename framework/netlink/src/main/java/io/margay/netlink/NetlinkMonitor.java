// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells what changes in a network namespace: that of the thread that opened it.
 *
 * <p>One thread calls {@link #take} in a loop; any thread may close. Open the monitor first and
 * read the tables after: then no change falls between the two.
 */
public final class NetlinkMonitor implements AutoCloseable {
  /** linux/netfilter/nfnetlink.h NFNLGRP_NFTABLES. */
  private static final int NFNLGRP_NFTABLES = 7;

  /** Multicast groups of linux/rtnetlink.h. */
  public enum Group {
    LINK(1),
    /** ARP, NDP and forwarding database entries. */
    NEIGHBOUR(3),
    IPV4_ADDRESS(5),
    IPV4_ROUTE(7),
    IPV4_RULE(8),
    IPV6_ADDRESS(9),
    IPV6_ROUTE(11),
    IPV6_RULE(19),
    IPV4_NETCONF(24),
    IPV6_NETCONF(25);

    private final int number;

    Group(int number) {
      this.number = number;
    }
  }

  /** Room for some 20,000 events of a consumer that is busy; a burst beyond it is an overrun. */
  private static final int RECEIVE_BUFFER_BYTES = 16 << 20;

  private static final int EFD_CLOEXEC = 0x80000;
  private static final short POLLIN = 1;
  private static final int POLLFD_BYTES = 8;
  private static final int REVENTS = 6;

  /** Makes an event of the message that was just read. */
  @FunctionalInterface
  private interface Decoder {
    Optional<Event> decode(Datagram messages) throws NetlinkException;
  }

  private final Socket socket;
  private final Decoder decoder;
  private final int wakeFd;
  private final ByteBuffer poll = Buffers.allocate(2 * POLLFD_BYTES);
  private final ByteBuffer in = Buffers.take();

  /** Held while a thread is in {@link #take}; guards {@link #released}. */
  private final Lock reading = new ReentrantLock();

  private volatile boolean closed;
  private boolean released;

  private NetlinkMonitor(Socket socket, Decoder decoder, int wakeFd) {
    this.socket = socket;
    this.decoder = decoder;
    this.wakeFd = wakeFd;
    poll.putInt(0, socket.fd()).putShort(4, POLLIN);
    poll.putInt(POLLFD_BYTES, wakeFd).putShort(POLLFD_BYTES + 4, POLLIN);
  }

  /** Opens a monitor in the network namespace of this thread. */
  public static NetlinkMonitor open(Set<Group> groups) throws NetlinkException {
    return open(groups, RECEIVE_BUFFER_BYTES);
  }

  /** As {@link #open(Set)}, with room for this many bytes of events. */
  public static NetlinkMonitor open(Set<Group> groups, int receiveBufferBytes)
      throws NetlinkException {
    Socket socket = Socket.open(Socket.NETLINK_ROUTE, receiveBufferBytes);
    int[] numbers = groups.stream().mapToInt(g -> g.number).toArray();
    return open(socket, numbers, NetlinkMonitor::routeEvent);
  }

  /** Opens a monitor of nftables in the network namespace of this thread. */
  public static NetlinkMonitor openNft(int receiveBufferBytes) throws NetlinkException {
    Socket socket = Socket.open(Socket.NETLINK_NETFILTER, receiveBufferBytes);
    return open(socket, new int[] {NFNLGRP_NFTABLES}, NftMessage::event);
  }

  private static NetlinkMonitor open(Socket socket, int[] groups, Decoder decoder)
      throws NetlinkException {
    try {
      for (int group : groups) {
        socket.join(group);
      }
      int wakeFd = Native.check(Native.C.eventfd(0, EFD_CLOEXEC), "eventfd");
      return new NetlinkMonitor(socket, decoder, wakeFd);
    } catch (NetlinkException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Leaves out changes that the socket of this {@link NetlinkSocket#port} asks for, except those of
   * links. They take no room in the receive buffer then.
   */
  public void ignore(int port) throws NetlinkException {
    PortFilter.attach(socket.fd(), port);
  }

  /**
   * Waits for events, at no cost while there are none. An empty list means that the monitor was
   * closed.
   */
  public List<Event> take() throws NetlinkException {
    reading.lock();
    try {
      List<Event> events = new ArrayList<>();
      while (!closed && events.isEmpty()) {
        if (Native.C.poll(poll, 2, -1) < 0 && Native.errno() != Errno.EINTR) {
          throw new NetlinkException("poll netlink monitor", Native.errno(), "");
        }
        if (!closed && poll.getShort(REVENTS) != 0) {
          receive(events);
        }
      }
      return events;
    } finally {
      reading.unlock();
    }
  }

  private void receive(List<Event> events) throws NetlinkException {
    try {
      socket.receive(in);
      Datagram messages = new Datagram(in);
      while (messages.next()) {
        decoder.decode(messages).ifPresent(events::add);
      }
    } catch (NetlinkException e) {
      switch (e.number()) {
        case Errno.ENOBUFS -> {
          // After an overflow the kernel drops events, silently, until the queue has been empty.
          // Only then
          // will a consumer that reads the tables again miss nothing.
          socket.drain(in.clear());
          events.add(new Event.Overrun());
        }
        case Errno.EMSGSIZE, Errno.EBADMSG -> events.add(new Event.Overrun());
        default -> throw e;
      }
    }
  }

  private static Optional<Event> routeEvent(Datagram messages) throws NetlinkException {
    boolean deleted = (messages.type() & 3) == 1;
    int sender = messages.port();
    return Message.decode(messages.type(), messages.body())
        .map(m -> new Event.Changed(deleted, m, sender));
  }

  /** Ends a {@link #take} that is under way. */
  @Override
  public void close() {
    closed = true;
    // The descriptors must outlive the poll that uses them, so wake it first.
    Native.C.write(wakeFd, Buffers.allocate(8).putLong(0, 1), 8);
    reading.lock();
    try {
      if (!released) {
        released = true;
        socket.close();
        Native.C.close(wakeFd);
        Buffers.give(in);
      }
    } finally {
      reading.unlock();
    }
  }
}
