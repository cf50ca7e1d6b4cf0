// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.RateLimit;
import io.margay.api.net.Rate;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.TrafficMessage;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Limits of what links send, as token bucket filters with a number of ours. */
final class RateLimits {
  private static final int HANDLE = 0x9800_0000;

  /** How long a packet may wait; what would wait longer is dropped. */
  private static final long QUEUES_PER_SECOND = 40;

  private final NetlinkSocket socket;
  private final LinkTable links;

  RateLimits(NetlinkSocket socket, LinkTable links) {
    this.socket = socket;
    this.links = links;
  }

  /** Reads the limits of these keys; those of other kinds are left out. */
  void read(Collection<Object> keys, Consumer<Found> sink) throws NetlinkException {
    List<RateLimit.Key> wanted =
        List.copyOf(keys).stream()
            .filter(RateLimit.Key.class::isInstance)
            .map(RateLimit.Key.class::cast)
            .toList();
    if (wanted.isEmpty()) {
      return;
    }
    Map<Integer, Rate> rates = new HashMap<>();
    for (TrafficMessage qdisc : socket.qdiscs()) {
      rate(qdisc).ifPresent(rate -> rates.put(qdisc.index(), rate));
    }
    for (RateLimit.Key key : wanted) {
      Rate rate = rates.get(links.index(key.link()).orElse(0));
      if (rate != null) {
        sink.accept(new Found(RateLimit.of(key.link(), rate), false));
      }
    }
  }

  Optional<Refusal> write(RateLimit limit) {
    OptionalInt index = links.index(limit.link());
    if (index.isEmpty()) {
      return Optional.of(new Refusal("ENODEV", limit + ": ENODEV"));
    }
    try {
      socket.execute(Request.replace(message(index.getAsInt(), limit.rate())));
      return Optional.empty();
    } catch (NetlinkException e) {
      return Optional.of(new Refusal(e.errno(), limit + ": " + e.getMessage()));
    }
  }

  /** The qdisc that limits a device. */
  static TrafficMessage message(int index, Rate rate) {
    long bytesPerSecond = rate.bitsPerSecond() / 8;
    long limit = Math.min(rate.burstBytes() + queueBytes(bytesPerSecond), 0xffff_ffffL);
    return TrafficMessage.tokenBucket(
        index, HANDLE, bytesPerSecond, (int) rate.burstBytes(), (int) limit);
  }

  /** The limit of a device among its qdiscs, if we have set one. */
  static Optional<TrafficMessage> find(List<TrafficMessage> qdiscs, int index) {
    return qdiscs.stream().filter(q -> q.index() == index && rate(q).isPresent()).findFirst();
  }

  /**
   * The limit that a qdisc is, if it is one of ours. The kernel tells the burst only as a rounded
   * time, so it is taken from the length of the queue.
   */
  static Optional<Rate> rate(TrafficMessage qdisc) {
    if (!qdisc.isRoot() || qdisc.handle() != HANDLE || qdisc.limitBytes().isEmpty()) {
      return Optional.empty();
    }
    long bytesPerSecond = qdisc.bytesPerSecond().orElseThrow();
    try {
      long burst = qdisc.limitBytes().getAsLong() - queueBytes(bytesPerSecond);
      return Optional.of(new Rate(8 * bytesPerSecond, burst));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // With our number, but not made by us.
    }
  }

  private static long queueBytes(long bytesPerSecond) {
    return Math.min(bytesPerSecond / QUEUES_PER_SECOND, Integer.MAX_VALUE);
  }
}
