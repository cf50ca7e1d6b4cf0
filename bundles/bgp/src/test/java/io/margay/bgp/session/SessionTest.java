// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.Open;
import io.margay.bgp.codec.RouteRefresh;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final byte[] UPDATE = update();

  private final ManualTimers timers = new ManualTimers();

  private static byte[] update() {
    byte[] message = new byte[23];
    System.arraycopy(Message.keepalive(), 0, message, 0, 19);
    message[17] = 23;
    message[18] = Message.UPDATE;
    return message;
  }

  private Node[] pair(boolean restarts) {
    Node a = new Node(timers, 65000, 65001, 1, restarts);
    Node b = new Node(timers, 65001, 65000, 2, restarts);
    a.peersWith(b);
    return new Node[] {a, b};
  }

  private Node[] established(boolean restarts) {
    Node[] nodes = pair(restarts);
    nodes[0].session().start();
    nodes[1].session().start();
    timers.pass(1);
    for (Node node : nodes) {
      assertEquals(State.ESTABLISHED, node.session().state());
    }
    return nodes;
  }

  /** A connection whose other end is the test. */
  private Pipe connectTo(Node node) {
    Pipe[] ends = Pipe.pair(timers);
    ends[0].listen(new Silence());
    assertEquals(Optional.empty(), node.session().accept(ends[1]));
    return ends[0];
  }

  private static final class Silence implements Connection.Listener {
    @Override
    public int received(byte[] bytes, int from, int to) {
      return to - from;
    }

    @Override
    public void closed(String reason) {
      // The test looks at the connection.
    }

    @Override
    public void writable() {
      // Nothing is sent.
    }
  }

  @Test
  void connectionsOfBothAtOnceBecomeOneSession() {
    for (int higher = 0; higher < 2; higher++) {
      Node a = new Node(timers, 65000, 65000, higher == 0 ? 9 : 1, false);
      Node b = new Node(timers, 65000, 65000, 5, false);
      a.peersWith(b);
      a.session().start();
      b.session().start();
      timers.pass(10);

      assertEquals(State.ESTABLISHED, a.session().state());
      assertEquals(State.ESTABLISHED, b.session().state());
      assertEquals(List.of("up"), a.log());
      assertEquals(List.of("up"), b.log());
      List<Pipe> all = new ArrayList<>(a.begun());
      all.addAll(b.begun());
      assertEquals(1, all.stream().filter(pipe -> !pipe.isClosed()).count());
      Node winner = higher == 0 ? a : b;
      assertFalse(winner.begun().get(0).isClosed(), "who has the higher identifier keeps its own");
    }
  }

  @Test
  void staysUpByKeepalivesAlone() {
    Node[] nodes = established(false);

    timers.pass(3600);

    assertEquals(List.of("up"), nodes[0].log());
    assertTrue(nodes[0].session().counters().received(Message.KEEPALIVE) >= 120);
  }

  @Test
  void anUpdateKeepsItUpToo() {
    Node node = new Node(timers, 65000, 65001, 1, false);
    node.session().start();
    Pipe peer = introduced(node);
    for (int i = 0; i < 10; i++) {
      timers.pass(80);
      peer.send(UPDATE);
    }
    timers.settle();

    assertEquals(State.ESTABLISHED, node.session().state());

    timers.pass(91);
    assertEquals("down sent 4/0", node.log().get(node.log().size() - 1));
  }

  private Pipe introduced(Node node) {
    Pipe peer = connectTo(node);
    peer.send(new Open(65001, 90, 2, Capabilities.NONE).encode());
    peer.send(Message.keepalive());
    timers.settle();
    assertEquals(State.ESTABLISHED, node.session().state());
    return peer;
  }

  @Test
  void givesUpAPeerThatSaysNothing() {
    Node node = new Node(timers, 65000, 65001, 1, false);
    node.session().start();
    Pipe peer = connectTo(node);
    timers.pass(1);
    assertEquals(State.OPEN_SENT, node.session().state());

    timers.pass(65);

    assertTrue(peer.isClosed());
    assertEquals(Optional.of(Notification.of(4, 0)), node.session().lastSent());
  }

  @Test
  void refusesAnotherAsAndWaitsLongerEachTime() {
    Node node = new Node(timers, 65000, 65001, 1, false);
    Node wrong = new Node(timers, 65009, 65000, 2, false);
    node.peersWith(wrong);
    wrong.session().start();
    node.session().start();

    timers.pass(120);

    assertEquals("2/2", code(node.session().lastSent()));
    assertTrue(node.session().state() != State.ESTABLISHED, "" + node.session().state());
    assertTrue(node.attempts() >= 2 && node.attempts() < 15, "" + node.attempts());
    assertEquals(List.of(), node.log());
  }

  private static String code(Optional<Notification> notification) {
    return notification.map(n -> n.code() + "/" + n.subcode()).orElse("none");
  }

  @Test
  void connectsAgainAndAgainButNotInATightLoop() {
    Node node = new Node(timers, 65000, 65001, 1, false);
    node.session().start();

    timers.pass(100);

    assertTrue(node.attempts() >= 18 && node.attempts() <= 100, "" + node.attempts());
    assertEquals("connection refused", node.session().lastError());
  }

  @Test
  void answersANotificationWithNone() {
    Node node = new Node(timers, 65000, 65001, 1, false);
    node.session().start();
    Pipe[] ends = Pipe.pair(timers);
    ends[0].listen(new Silence());
    node.session().accept(ends[1]);
    ends[0].send(new Open(65001, 90, 2, Capabilities.NONE).encode());
    ends[0].send(Message.keepalive());
    ends[0].send(Notification.cease(Notification.ADMIN_SHUTDOWN, "maintenance").encode());
    timers.settle();

    assertTrue(ends[1].isClosed());
    assertEquals(List.of("type 1", "type 4"), ends[1].sent());
    assertEquals(List.of("up", "down got 6/2"), node.log());
    assertTrue(node.session().lastError().contains("maintenance"), node.session().lastError());
  }

  @Test
  void refusesMessagesThatDoNotBelongIntoAState() {
    byte[] open = new Open(65001, 90, 2, Capabilities.NONE).encode();
    byte[] refresh = RouteRefresh.encode(IpFamily.IPV4, RouteRefresh.REQUEST);
    assertEquals("5/1", answer(UPDATE));
    assertEquals("5/1", answer(Message.keepalive()));
    assertEquals("5/2", answer(open, refresh));
    assertEquals("5/3", answer(open, Message.keepalive(), open));
  }

  private String answer(byte[]... messages) {
    Node node = new Node(timers, 65000, 65001, 1, false);
    node.session().start();
    Pipe peer = connectTo(node);
    for (byte[] message : messages) {
      peer.send(message);
    }
    timers.settle();
    assertTrue(peer.isClosed());
    return code(node.session().lastSent());
  }

  @Test
  void refusesASecondConnectionUnlessThePeerRestarts() {
    Node[] plain = established(false);
    Node known = plain[0];
    int ups = known.log().size();
    Pipe second = Pipe.pair(timers)[0];
    Optional<String> refusal = known.session().accept(second);
    if (refusal.isEmpty()) {
      timers.pass(61);
    }
    assertEquals(State.ESTABLISHED, known.session().state());
    assertEquals(ups, known.log().size());

    Node[] restarting = established(true);
    Pipe anew = connectTo(restarting[0]);
    anew.send(new Open(65001, 90, 2, Capabilities.NONE).encode());
    anew.send(Message.keepalive());
    timers.settle();
    assertEquals(List.of("up", "down", "up"), restarting[0].log());
    assertEquals(State.ESTABLISHED, restarting[0].session().state());
  }

  @Test
  void dropsAPeerThatDoesNotRead() {
    Node[] nodes = established(false);
    Pipe ours = (Pipe) nodes[0].session().connection().orElseThrow();
    // It still talks to us.
    ours.stopReading();

    timers.pass(600);

    assertTrue(
        nodes[0].log().contains("down sent 8/0") || nodes[1].log().contains("down got 8/0"),
        nodes[0].log() + " " + nodes[1].log());
  }

  @Test
  void offersOnlyBasicsToAPeerThatKnowsNoMore() {
    Node node = new Node(timers, 65000, 65001, 1, true);
    node.session().start();
    Pipe peer = connectTo(node);
    peer.send(Notification.of(Notification.OPEN, 4).encode());
    timers.pass(5);

    assertEquals(Optional.empty(), node.session().open().capabilities().gracefulRestart());
    assertTrue(node.session().open().capabilities().hasFourOctetAs());
  }

  @Test
  void halfOpenConnectionsTakeNothingFromTheSession() {
    Node[] nodes = established(false);
    for (int i = 0; i < 1000; i++) {
      Pipe[] ends = Pipe.pair(timers);
      nodes[0].session().accept(ends[1]).ifPresent(why -> ends[1].close());
    }
    timers.pass(120);

    assertEquals(List.of("up"), nodes[0].log());
  }

  @Test
  void tellsWhyItIsStopped() {
    Node[] nodes = established(false);

    nodes[0].session().stop(Notification.of(6, Notification.PEER_DECONFIGURED));
    timers.pass(1);

    assertEquals(List.of("up", "down got 6/3"), nodes[1].log());
    assertEquals(State.IDLE, nodes[0].session().state());
    timers.pass(100);
    assertEquals(State.IDLE, nodes[0].session().state());
  }

  @Test
  void saysNothingWhenItIsAbandoned() {
    Node[] nodes = established(false);

    nodes[0].session().abandon();
    timers.pass(0.1);

    assertEquals(List.of("up", "down"), nodes[1].log());
  }
}
