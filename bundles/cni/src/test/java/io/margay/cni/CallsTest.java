// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls on the real socket. */
class CallsTest {
  private static final RawCall ADD = TestNode.call(Verb.ADD);
  private static final RawCall DEL = TestNode.call(Verb.DEL);
  private static final Deadline SOON = Deadline.after(Duration.ofSeconds(60));

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
    node.listen();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void onlyTheOwnerMayConnect() throws Exception {
    assertEquals(
        PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(node.socket));
  }

  @Test
  void addWhoseClientGoesMeanwhileIsTakenBack() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CountDownLatch attaching = new CountDownLatch(1);
    node.plumber.beforeAttach =
        () -> {
          attaching.countDown();
          await(gone);
        };
    SocketChannel channel = node.connect();
    TestNode.send(channel, ADD);
    await(attaching);
    channel.close();
    gone.countDown();

    assertNothingRemains();
  }

  @Test
  void addWhoseAnswerIsNotReadIsTakenBack() throws Exception {
    SocketChannel channel = node.connect();
    TestNode.send(channel, ADD);
    channel.read(ByteBuffer.allocate(1)); // The answer is there, and no more of it is read.
    channel.close();

    assertNothingRemains();
  }

  @Test
  void addWhoseClientGoesBeforeItsTurnIsNotBegun() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    node.plumber.beforeAttach = () -> await(first);
    CompletableFuture<Answer> running = exchange(ADD);
    while (node.ipam.held(IpFamily.IPV4).isEmpty()) {
      Thread.onSpinWait();
    }
    SocketChannel channel = node.connect();
    TestNode.send(channel, ADD);
    channel.close();
    first.countDown();

    assertEquals(0, running.join().status());
    assertEquals(0, node.exchange(DEL).status());
    assertNothingRemains();
    List<String> outcomes = node.log.recent().stream().map(CallLog.Call::outcome).toList();
    assertEquals(1, outcomes.stream().filter(o -> o.contains("before its turn")).count());
  }

  @Test
  void verbsOfOneAttachmentRunInTurnAndOthersBeside() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    node.plumber.beforeAttach = () -> await(go);
    CompletableFuture<Answer> add = exchange(ADD);
    while (node.ipam.held(IpFamily.IPV4).isEmpty()) {
      Thread.onSpinWait();
    }
    CompletableFuture<Answer> del = exchange(DEL);
    node.plumber.beforeAttach = () -> {};

    RawCall other = TestNode.call(Verb.ADD, "other", Map.of(), Map.of());
    assertEquals(0, node.exchange(other).status());
    assertTrue(!add.isDone() && !del.isDone());
    go.countDown();

    assertEquals(0, add.join().status());
    assertEquals(0, del.join().status());
    assertEquals(List.of("net.other"), List.copyOf(node.plumber.links.keySet()));
  }

  @Test
  void garbageEndsOnlyItsOwnConnection() throws Exception {
    for (byte[] garbage :
        List.of(new byte[0], new byte[] {0}, new byte[8], new byte[] {127, 0, 0, 0, 1})) {
      try (SocketChannel channel = node.connect()) {
        channel.write(ByteBuffer.wrap(garbage));
        channel.shutdownOutput();
        assertTrue(isEnded(channel));
      }
    }

    assertEquals(0, node.exchange(ADD).status());
  }

  @Test
  void successorTakesOverWithoutARefusedConnect() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Integer> client =
        CompletableFuture.supplyAsync(
            () -> {
              int calls = 0;
              while (!stop.get()) {
                assertEquals(0, exchange(TestNode.call(Verb.VERSION)).join().status());
                calls++;
              }
              return calls;
            });
    List<Listener> listeners = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      listeners.add(Listener.open(node.socket, node.calls::serve));
      if (i > 0) {
        listeners.get(i - 1).close();
      }
    }
    stop.set(true);

    assertTrue(client.join() > 0);
    listeners.get(19).close();
  }

  @Test
  void tellsWhetherItsNameLeadsSomewhere() throws Exception {
    Listener first = Listener.open(node.socket, node.calls::serve);
    Listener second = Listener.open(node.socket, node.calls::serve);
    assertTrue(first.isReachable() && second.isReachable());

    second.close();
    assertFalse(first.isReachable());
    Listener third = Listener.open(node.socket, node.calls::serve);
    assertTrue(first.isReachable());
    Files.delete(node.socket);
    assertFalse(third.isReachable());

    first.close();
    third.close();
  }

  @Test
  void stoppedServerAnswersWhoHasConnected() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    node.plumber.beforeAttach = () -> await(go);
    CompletableFuture<Answer> add = exchange(ADD);
    while (node.ipam.held(IpFamily.IPV4).isEmpty()) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(this::stopServer);
    go.countDown();

    assertEquals(0, add.join().status());
    stopped.join();
    assertThrows(IOException.class, () -> node.connect());
    node.build();
  }

  @Test
  void delOfTheSpoolIsExecutedWhenItAppears() throws Exception {
    assertEquals(0, node.exchange(ADD).status());

    node.spool.write(Request.decode(DEL).attachment(), DEL);
    while (!node.spool.waiting().isEmpty()) {
      Thread.onSpinWait();
    }

    assertNothingRemains();
  }

  @Test
  void remembersCallsWithTheirSteps() throws Exception {
    node.exchange(ADD);
    assertTrue(node.calls.drain(SOON));

    CallLog.Call call = node.log.recent().get(0);
    assertEquals("ADD", call.verb());
    assertEquals("net/0a1b2c/eth0", call.attachment());
    assertEquals("ok", call.outcome());
    for (String step :
        List.of("queue", "services", "pools", "assign", "attach", "wire", "answer")) {
      assertTrue(call.steps().contains(step + "="), call.steps());
    }
  }

  @Test
  void remembersTheTraceContextOfTheRuntime() throws Exception {
    String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (String sent : List.of(trace, "00-zz", trace + "\n")) {
      Map<String, String> variables = Map.of(TraceContext.VARIABLE, sent);
      node.exchange(TestNode.call(Verb.ADD, "0a1b2c", variables, Map.of()));
    }
    node.exchange(ADD);
    assertTrue(node.calls.drain(SOON));

    List<Optional<String>> traces =
        node.log.recent().stream().map(CallLog.Call::traceparent).toList();
    Optional<String> none = Optional.empty();
    assertEquals(List.of(Optional.of(trace), none, none, none), traces);
  }

  private void assertNothingRemains() throws Exception {
    assertTrue(node.calls.drain(SOON));
    assertEquals(List.of(), node.remains());
  }

  private CompletableFuture<Answer> exchange(RawCall call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return node.exchange(call);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private void stopServer() {
    try {
      node.stop();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Both are an end: a reset tells that the server did not read all. */
  private static boolean isEnded(SocketChannel channel) {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException e) {
      return true;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
