// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.dataplane.TracePacket;
import io.margay.api.dataplane.TraceReply;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.dataplane.trace.ProbeCodec.Answer;
import io.margay.dataplane.trace.RawSocket.Received;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The sockets of one probe: they belong to the network namespace of the thread that opens them, and
 * may be used on any.
 *
 * <p>A raw ICMP socket hears what routers say about the probe, whatever it is. TCP's SYN is made by
 * hand, from a port that a second socket holds but does not listen at: so the kernel resets what
 * would become a connection.
 */
final class ProbeSockets implements AutoCloseable {
  private static final int ICMP4 = 1;
  private static final int ICMP6 = 58;

  private final ProbeCodec codec;
  private final RawSocket icmp;

  /** Sends, and of TCP and UDP hears the other end itself. */
  private final RawSocket sender;

  private final List<RawSocket> all;

  private ProbeSockets(ProbeCodec codec, RawSocket icmp, RawSocket sender, List<RawSocket> all) {
    this.codec = codec;
    this.icmp = icmp;
    this.sender = sender;
    this.all = all;
  }

  /** Opens them in this thread's namespace. */
  static ProbeSockets open(TraceFlow flow, int hopLimit) throws ErrnoException {
    boolean six = new ProbeCodec(flow, 0).isIpv6();
    RawSocket icmp = RawSocket.raw(six, six ? ICMP6 : ICMP4);
    RawSocket holder = icmp;
    RawSocket sender = icmp;
    try {
      icmp.bind(flow.from());
      int mark = ThreadLocalRandom.current().nextInt(1, 1 << 16);
      if (flow.protocol() != Protocol.ICMP) {
        boolean isTcp = flow.protocol() == Protocol.TCP;
        holder = isTcp ? RawSocket.stream(six) : RawSocket.datagram(six);
        mark = holder.bind(flow.from());
        sender = holder;
        if (isTcp) {
          sender = RawSocket.raw(six, new ProbeCodec(flow, mark).ipProtocol());
          sender.bind(flow.from());
        }
      }
      sender.sendWhole(hopLimit);
      List<RawSocket> all = List.of(icmp, holder, sender);
      return new ProbeSockets(new ProbeCodec(flow, mark), icmp, sender, all);
    } catch (ErrnoException e) {
      List.of(icmp, holder, sender).forEach(RawSocket::close);
      throw e;
    }
  }

  /** Sends the probe and waits for its answer. */
  TraceReply send(TracePacket packet) throws ErrnoException {
    TraceFlow flow = codec.flow();
    ByteBuffer request = codec.request(packet.sizeBytes());
    long start = System.nanoTime();
    sender.send(request, flow.to(), flow.protocol() == Protocol.UDP ? flow.port() : 0);
    long deadline = start + packet.timeout().toNanos();
    while (RawSocket.await(icmp, sender, deadline)) {
      for (RawSocket socket : List.of(icmp, sender)) {
        Optional<Received> received = socket.receive();
        Optional<Answer> answer = received.flatMap(r -> answer(socket, r));
        if (answer.isPresent()) {
          return reply(answer.get(), received.get().from(), System.nanoTime() - start);
        }
      }
    }
    String text = "no answer within " + packet.timeout().toMillis() + " ms";
    return new TraceReply(
        Kind.NOTHING,
        Optional.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        text,
        Duration.ofNanos(System.nanoTime() - start));
  }

  private Optional<Answer> answer(RawSocket socket, Received received) {
    if (socket == icmp) {
      return codec.icmp(received.data());
    }
    return codec.flow().protocol() == Protocol.UDP
        ? codec.datagram(received.from(), received.port())
        : Optional.of(received)
            .filter(r -> r.from().equals(codec.flow().to()))
            .flatMap(r -> codec.tcp(r.data()));
  }

  private static TraceReply reply(Answer answer, InetAddress from, long nanos) {
    return new TraceReply(
        answer.kind(),
        Optional.of(from),
        answer.code(),
        answer.mtuBytes(),
        answer.detail(),
        Duration.ofNanos(nanos));
  }

  @Override
  public void close() {
    all.forEach(RawSocket::close);
  }
}
