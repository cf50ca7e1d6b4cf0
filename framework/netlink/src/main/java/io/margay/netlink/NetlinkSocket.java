// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Asks the kernel to change, and to list, network objects.
 *
 * <p>Bound to the network namespace of the thread that opened it, usable from any thread, one
 * request at a time. Calls block until the kernel has answered, which it does before it does
 * anything else. EINTR, EAGAIN, EBUSY and ENOBUFS are tried again up to three times, and so is a
 * dump that changes while it is read.
 */
public final class NetlinkSocket implements AutoCloseable {
  static final int RETRIES = 3;

  /** Past 16 messages a larger send gains little; 256 refusals must fit the receive buffer. */
  private static final int MESSAGES_PER_SEND = 256;

  private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

  private static final int RTM_NEWNSID = 88;
  private static final int RTM_GETNSID = 90;
  private static final int NETNSA_NSID = 1;
  private static final int NETNSA_FD = 3;
  private static final int NETNSA_NSID_NOT_ASSIGNED = -1;
  private static final int RTGENMSG_BYTES = 4;

  private final Socket socket;
  private ByteBuffer out = Buffers.take();
  private ByteBuffer in = Buffers.take();
  private int sequence;

  private NetlinkSocket(Socket socket) {
    this.socket = socket;
  }

  /** Opens a socket in the network namespace of this thread. */
  public static NetlinkSocket open() throws NetlinkException {
    return new NetlinkSocket(Socket.open(Socket.NETLINK_ROUTE, RECEIVE_BUFFER_BYTES));
  }

  /** This socket's address, by which {@link Event.Changed#sender} recognises its own changes. */
  public int port() {
    return socket.port();
  }

  /** Carries out one change. */
  public void execute(Request request) throws NetlinkException {
    Optional<NetlinkException> refusal = batch(List.of(request)).get(0);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  /**
   * Carries out changes in this order, many per system call; a refused one does not stop the
   * others.
   *
   * @return for each request, in order, why the kernel refused it
   * @throws NetlinkException if the socket fails; how many of the changes took place is then
   *     unknown
   */
  public synchronized List<Optional<NetlinkException>> batch(List<Request> requests)
      throws NetlinkException {
    Map<Integer, Refusal> refusals = new TreeMap<>(sendAll(requests));
    for (int attempt = 1; attempt <= RETRIES; attempt++) {
      List<Integer> again =
          refusals.keySet().stream().filter(i -> refusals.get(i).isTransient()).toList();
      if (again.isEmpty()) {
        break;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(attempt));
      Map<Integer, Refusal> repeated = sendAll(again.stream().map(requests::get).toList());
      refusals.keySet().removeAll(again);
      repeated.forEach((i, refusal) -> refusals.put(again.get(i), refusal));
    }
    List<Optional<NetlinkException>> results =
        new ArrayList<>(Collections.nCopies(requests.size(), Optional.empty()));
    Map<Integer, String> names = new HashMap<>();
    for (Map.Entry<Integer, Refusal> e : refusals.entrySet()) {
      Request request = requests.get(e.getKey());
      String operation = request.describe(i -> names.computeIfAbsent(i, this::deviceName));
      results.set(e.getKey(), Optional.of(e.getValue().exception(operation)));
    }
    return results;
  }

  /** The device of this name, if there is one. */
  public synchronized Optional<LinkMessage> link(String name) throws NetlinkException {
    return link(LinkMessage.named(name));
  }

  /** The device with this index, if there is one. */
  public synchronized Optional<LinkMessage> link(int index) throws NetlinkException {
    return link(LinkMessage.at(index));
  }

  /** All devices, without their counters. */
  public List<LinkMessage> links() throws NetlinkException {
    return dump(withoutCounters(LinkMessage.at(0)), LinkMessage.class);
  }

  /** The addresses of all devices; AF_UNSPEC for all families. */
  public List<AddressMessage> addresses(int family) throws NetlinkException {
    return dump(new AddressMessage(family, 0, 0, 0, 0, Attributes.NONE), AddressMessage.class);
  }

  /** The ARP or NDP entries of all devices, without proxy entries; AF_UNSPEC for all families. */
  public List<NeighbourMessage> neighbours(int family) throws NetlinkException {
    return neighbours(family, 0, 0);
  }

  /** The proxy ARP or NDP entries of all devices; AF_UNSPEC for all families. */
  public List<NeighbourMessage> proxies(int family) throws NetlinkException {
    return neighbours(family, 0, NeighbourMessage.NTF_PROXY);
  }

  /** The forwarding database of one device; 0 for all devices. */
  public List<NeighbourMessage> fdb(int index) throws NetlinkException {
    return neighbours(Message.AF_BRIDGE, index, 0);
  }

  private List<NeighbourMessage> neighbours(int family, int index, int flags)
      throws NetlinkException {
    Attributes none = Attributes.NONE;
    return dump(new NeighbourMessage(family, index, 0, flags, 0, none), NeighbourMessage.class);
  }

  /** The routes of all tables; AF_UNSPEC for all families. */
  public List<RouteMessage> routes(int family) throws NetlinkException {
    return routes(family, 0, 0);
  }

  /** The routes of one table made by one protocol; 0 for any table and any protocol. */
  public List<RouteMessage> routes(int family, int table, int protocol) throws NetlinkException {
    RouteMessage filter =
        new RouteMessage(family, 0, 0, 0, 0, protocol, 0, 0, 0, Attributes.NONE).withTable(table);
    List<RouteMessage> routes;
    try {
      routes = dump(filter, RouteMessage.class);
    } catch (NetlinkException e) {
      // The kernel knows only tables that have had a route.
      if (table != 0 && e.number() == Errno.ENOENT) {
        return List.of();
      }
      throw e;
    }
    // Kernels before 4.20 ignore the filter.
    return routes.stream()
        .filter(r -> (r.flags() & RouteMessage.RTM_F_CLONED) == 0)
        .filter(r -> table == 0 || r.table() == table)
        .filter(r -> protocol == 0 || r.protocol() == protocol)
        .toList();
  }

  /** The policy routing rules; AF_UNSPEC for all families. */
  public List<RuleMessage> rules(int family) throws NetlinkException {
    return dump(new RuleMessage(family, 0, 0, 0, 0, 0, 0, Attributes.NONE), RuleMessage.class);
  }

  /** The queueing disciplines of all devices. */
  public List<TrafficMessage> qdiscs() throws NetlinkException {
    return dump(TrafficMessage.anyQdisc(), TrafficMessage.class);
  }

  /** The filters of a device below one parent; empty where there is no such parent. */
  public List<TrafficMessage> filters(int index, int parent) throws NetlinkException {
    return dump(TrafficMessage.anyFilter(index, parent), TrafficMessage.class);
  }

  /**
   * Looks up how this node would send to an address: device, gateway if any, preferred source.
   *
   * @throws NetlinkException ENETUNREACH if there is no route, EHOSTUNREACH, EACCES or EINVAL if
   *     the route forbids it
   */
  public synchronized RouteMessage lookup(InetAddress destination) throws NetlinkException {
    int bits = Ip.bits(Ip.family(destination));
    Attributes to = Attributes.NONE.withIp(RouteMessage.RTA_DST, destination);
    RouteMessage query = new RouteMessage(Ip.family(destination), bits, 0, 0, 0, 0, 0, 0, 0, to);
    return (RouteMessage) get(query, "route get " + destination.getHostAddress());
  }

  /**
   * The number that this socket's namespace has for another one; empty when it has none. The kernel
   * gives one to each namespace that has the other end of a link of here. linux/net_namespace.h.
   */
  public synchronized OptionalInt number(Netns other) throws NetlinkException {
    requireOpen();
    out.clear();
    int start = out.position();
    out.putInt(0).putShort((short) RTM_GETNSID).putShort((short) Request.NLM_F_REQUEST);
    out.putInt(++sequence).putInt(0).putInt(0);
    Attributes.NONE.withU32(NETNSA_FD, other.fd()).encode(out);
    out.putInt(start, out.position() - start);
    socket.send(out);
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        if (answers.sequence() == sequence && answers.type() == Datagram.NLMSG_ERROR) {
          throw new NetlinkException("number of " + other, answers.error(), answers.errorText());
        }
        if (answers.sequence() == sequence && answers.type() == RTM_NEWNSID) {
          Message.requireHeader("nsid", answers.body(), RTGENMSG_BYTES);
          ByteBuffer body = answers.body();
          Attributes found =
              Attributes.decode(body.slice(RTGENMSG_BYTES, body.limit() - RTGENMSG_BYTES));
          int number = found.u32(NETNSA_NSID).orElse(NETNSA_NSID_NOT_ASSIGNED);
          return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    if (out != null) {
      socket.close();
      Buffers.give(out);
      Buffers.give(in);
      out = null;
      in = null;
    }
  }

  private Optional<LinkMessage> link(LinkMessage query) throws NetlinkException {
    try {
      String operation = "link show " + (query.index() == 0 ? query.name() : query.index());
      return Optional.of((LinkMessage) get(withoutCounters(query), operation));
    } catch (NetlinkException e) {
      if (e.number() == Errno.ENODEV) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static LinkMessage withoutCounters(LinkMessage query) {
    return query.withAttributes(
        query.attributes().withU32(LinkMessage.IFLA_EXT_MASK, LinkMessage.RTEXT_FILTER_SKIP_STATS));
  }

  private String deviceName(int index) {
    try {
      return link(index).map(LinkMessage::name).orElse("if" + index);
    } catch (NetlinkException e) {
      // Only for the text of another error, which must not be lost.
      return "if" + index;
    }
  }

  /** Why the kernel refused a request. */
  private record Refusal(int errno, String text) {
    boolean isTransient() {
      return Errno.isTransient(errno);
    }

    NetlinkException exception(String operation) {
      return new NetlinkException(operation, errno, text);
    }
  }

  /** Sends everything once; the refusals by position in the list. */
  private Map<Integer, Refusal> sendAll(List<Request> requests) throws NetlinkException {
    Map<Integer, Refusal> refusals = new HashMap<>();
    for (int from = 0; from < requests.size(); ) {
      from += sendSome(requests, from, refusals);
    }
    return refusals;
  }

  /** Sends as many as fit one system call; returns how many. */
  private int sendSome(List<Request> requests, int from, Map<Integer, Refusal> refusals)
      throws NetlinkException {
    requireOpen();
    out.clear();
    int first = sequence + 1;
    int count = 0;
    int last = 0;
    while (count < MESSAGES_PER_SEND && from + count < requests.size()) {
      Request request = requests.get(from + count);
      int start = out.position();
      try {
        append(request.messageType(), request.messageFlags(), request.message());
      } catch (BufferOverflowException e) {
        out.position(start);
        if (count == 0) {
          refusals.put(from, new Refusal(Errno.EMSGSIZE, "larger than " + Buffers.BYTES));
          return 1;
        }
        break;
      }
      last = start;
      count++;
    }
    // The kernel always answers a refusal; an answer to the last one tells that all are done.
    int flags = out.getShort(last + 6) | Request.NLM_F_ACK;
    out.putShort(last + 6, (short) flags);
    socket.send(out);
    receiveAnswers(first, count, from, refusals);
    return count;
  }

  private void receiveAnswers(int first, int count, int from, Map<Integer, Refusal> refusals)
      throws NetlinkException {
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        int i = answers.sequence() - first;
        if (answers.type() != Datagram.NLMSG_ERROR || i < 0 || i >= count) {
          continue;
        }
        if (answers.error() != 0) {
          refusals.put(from + i, new Refusal(answers.error(), answers.errorText()));
        }
        if (i == count - 1) {
          return;
        }
      }
    }
  }

  /** Appends one message to the buffer to send. */
  private void append(int type, int flags, Message message) {
    int start = out.position();
    out.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence + 1).putInt(0);
    message.encode(out);
    out.putInt(start, out.position() - start);
    sequence++;
  }

  /** Sends one RTM_GET and returns its one answer. */
  private Message get(Message query, String operation) throws NetlinkException {
    sendQuery(query, Request.NLM_F_REQUEST);
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        if (answers.sequence() != sequence) {
          continue;
        }
        if (answers.type() == Datagram.NLMSG_ERROR) {
          throw new NetlinkException(operation, answers.error(), answers.errorText());
        }
        if (answers.type() == query.newType()) {
          return Message.decode(answers.type(), answers.body()).orElseThrow();
        }
      }
    }
  }

  private synchronized <T extends Message> List<T> dump(Message filter, Class<T> kind)
      throws NetlinkException {
    String operation = filter.noun() + " dump";
    for (int attempt = 0; attempt <= RETRIES; attempt++) {
      List<T> found = new ArrayList<>();
      sendQuery(filter, Request.NLM_F_REQUEST | Request.NLM_F_DUMP);
      if (receiveDump(operation, message -> found.add(kind.cast(message)))) {
        return found;
      }
    }
    throw new NetlinkException(operation, Errno.EINTR, "changed while it was read");
  }

  /** Reads to the end of a dump; false if the tables changed meanwhile. */
  private boolean receiveDump(String operation, Consumer<Message> found) throws NetlinkException {
    boolean consistent = true;
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        if (answers.sequence() != sequence) {
          continue;
        }
        consistent &= !answers.has(Datagram.NLM_F_DUMP_INTR);
        boolean done = answers.type() == Datagram.NLMSG_DONE;
        if (done || answers.type() == Datagram.NLMSG_ERROR) {
          if (answers.error() != 0) {
            throw new NetlinkException(operation, answers.error(), answers.errorText());
          }
          return consistent;
        }
        Message.decode(answers.type(), answers.body()).ifPresent(found);
      }
    }
  }

  private void sendQuery(Message query, int flags) throws NetlinkException {
    requireOpen();
    out.clear();
    append(query.newType() + 2, flags, query);
    socket.send(out);
  }

  private void requireOpen() {
    if (out == null) {
      throw new IllegalStateException("netlink socket is closed");
    }
  }
}
