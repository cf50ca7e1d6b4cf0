// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Packets both ways between the addresses of two pods: 1,000 a second for each way and family. Not
 * ping: at this rate it takes all of a processor.
 */
final class PacketStream implements AutoCloseable {
  private final Peer one;
  private final Peer other;

  private PacketStream(Peer one, Peer other) {
    this.one = one;
    this.other = other;
  }

  /** Returns when packets flow. */
  static PacketStream between(Pod one, Pod other) throws IOException {
    PacketStream stream =
        new PacketStream(
            new Peer(one, other.addressesInside()), new Peer(other, one.addressesInside()));
    stream.one.expect("ready");
    stream.other.expect("ready");
    assertEquals("sending", stream.one.ask("go"));
    assertEquals("sending", stream.other.ask("go"));
    stream.awaitMore();
    return stream;
  }

  /** Blocks until half a second's worth of further packets has come from both sides. */
  void awaitMore() {
    for (Peer peer : List.of(one, other)) {
      int enough = peer.received() + 500;
      Lab.await("packets arrive in " + peer.pod, () -> peer.received() >= enough);
    }
  }

  /** Ends the stream and checks that all that was sent has come. */
  void assertNothingLost() {
    String sentByOne = one.ask("stop");
    String sentByOther = other.ask("stop");
    assertEquals("{}", one.ask("missing " + sentByOther), "missing in " + one.pod);
    assertEquals("{}", other.ask("missing " + sentByOne), "missing in " + other.pod);
  }

  @Override
  public void close() {
    one.process.destroyForcibly();
    other.process.destroyForcibly();
  }

  private static final class Peer {
    private final Pod pod;
    private final Process process;
    private final PrintWriter orders;
    private final BufferedReader answers;

    Peer(Pod pod, List<String> others) throws IOException {
      this.pod = pod;
      List<String> command =
          new ArrayList<>(
              List.of(
                  "nsenter",
                  "--net=/run/netns/" + pod.netns(),
                  System.getProperty("java.home") + "/bin/java",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx32m",
                  "-cp",
                  PacketPeer.class.getProtectionDomain().getCodeSource().getLocation().getPath(),
                  PacketPeer.class.getName()));
      others.forEach(address -> command.add(address.replaceAll("/.*", "")));
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      orders = new PrintWriter(process.outputWriter(), true);
      answers = process.inputReader();
    }

    int received() {
      return Integer.parseInt(ask("received"));
    }

    String ask(String order) {
      orders.println(order);
      return read();
    }

    void expect(String answer) {
      assertEquals(answer, read());
    }

    private String read() {
      try {
        return answers.readLine();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }
}
