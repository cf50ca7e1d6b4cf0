// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A TCP connection from one network namespace to an address of another. */
final class TcpConnection implements AutoCloseable {
  private final Process server;
  private final Process client;

  private TcpConnection(Process server, Process client) {
    this.server = server;
    this.client = client;
  }

  static TcpConnection open(String fromNetns, String toNetns, String address) throws IOException {
    Process server = peer(toNetns);
    assertEquals("ready", server.inputReader().readLine());
    TcpConnection connection = new TcpConnection(server, peer(fromNetns, address));
    assertEquals("ready", connection.client.inputReader().readLine());
    return connection;
  }

  /** The address that this end has. */
  String local() throws IOException {
    return ask("local");
  }

  /** Sends a byte there and waits until it is back. */
  void echo() throws IOException {
    assertEquals("x", ask("echo"));
  }

  /** Ends the connection such that nothing of it stays. */
  void reset() throws IOException {
    assertEquals("closed", ask("reset"));
  }

  @Override
  public void close() {
    client.destroyForcibly();
    server.destroyForcibly();
  }

  private String ask(String order) throws IOException {
    new PrintWriter(client.outputWriter(), true).println(order);
    return client.inputReader().readLine();
  }

  private static Process peer(String netns, String... addresses) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--net=/run/netns/" + netns,
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx32m",
                "-Djava.net.preferIPv4Stack=true",
                "-cp",
                TcpPeer.class.getProtectionDomain().getCodeSource().getLocation().getPath(),
                TcpPeer.class.getName()));
    command.addAll(List.of(addresses));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }
}
