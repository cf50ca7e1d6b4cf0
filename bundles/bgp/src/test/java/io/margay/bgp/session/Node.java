// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities;
import io.margay.bgp.codec.Capabilities.GracefulRestart;
import io.margay.bgp.codec.Open;
import io.margay.bgp.codec.RouteRefresh;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/** A speaker with one session, whose peer is another one of the test or nobody. */
final class Node implements SessionHost {
  private final ManualTimers timers;
  private final Session session;
  private Optional<Node> peer = Optional.empty();
  private final List<Pipe> begun = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private int attempts;

  Node(ManualTimers timers, long as, long remoteAs, int identifier, boolean restarts) {
    this.timers = timers;
    Capabilities can =
        new Capabilities(
            Set.of(IpFamily.IPV4),
            true,
            true,
            false,
            false,
            Set.of(),
            restarts
                ? Optional.of(new GracefulRestart(false, true, 120, Map.of(IpFamily.IPV4, true)))
                : Optional.empty(),
            Map.of(),
            Map.of(),
            OptionalInt.empty());
    session =
        new Session(
            new SessionSettings(new Open(as, 90, identifier, can), remoteAs, false, 0, 5, 480),
            this,
            timers);
  }

  void peersWith(Node other) {
    peer = Optional.of(other);
    other.peer = Optional.of(this);
  }

  Session session() {
    return session;
  }

  /** What it heard of its session: up, down and why. */
  List<String> log() {
    return log;
  }

  int attempts() {
    return attempts;
  }

  /** Our ends of the connections that we began. */
  List<Pipe> begun() {
    return begun;
  }

  @Override
  public Runnable connect(Consumer<Connection> done, Consumer<String> failed) {
    attempts++;
    Timers.Timer connecting =
        timers.inSeconds(
            0.001,
            () -> {
              if (peer.isEmpty()) {
                failed.accept("connection refused");
                return;
              }
              Pipe[] ends = Pipe.pair(timers);
              begun.add(ends[0]);
              done.accept(ends[0]);
              peer.get().session.accept(ends[1]).ifPresent(why -> ends[1].close());
            });
    return connecting::cancel;
  }

  @Override
  public void listen(Connection connection, Connection.Listener listener) {
    ((Pipe) connection).listen(listener);
  }

  @Override
  public void established(Connection connection, Negotiated negotiated) {
    log.add("up");
  }

  @Override
  public void update(byte[] bytes, int from, int to) {
    log.add("update");
  }

  @Override
  public void refresh(RouteRefresh refresh) {
    log.add("refresh");
  }

  @Override
  public void writable() {
    log.add("writable");
  }

  @Override
  public void down(End end) {
    log.add(
        "down"
            + end.sent().map(n -> " sent " + n.code() + "/" + n.subcode()).orElse("")
            + end.received().map(n -> " got " + n.code() + "/" + n.subcode()).orElse(""));
  }

  @Override
  public void changed() {
    // The tests ask for the state.
  }
}
