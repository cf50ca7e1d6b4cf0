// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.Probe.Protocol;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.net.Ip;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Probes between a node and its neighbour on the wire. */
class ProbeNetnsIT {
  private TestNode node;
  private TestNode neighbour;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    neighbour = TestNode.create();
    neighbour.adopt(node, "wire");
    neighbour.ip("addr add 192.0.2.2/24 dev wire");
    neighbour.ip("addr add 2001:db8::2/64 dev wire nodad");
    neighbour.ip("link set wire up");
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (neighbour != null) {
      neighbour.close();
    }
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 192.0.2.2", "2001:db8::1, 2001:db8::2"})
  void answersAtFullSizeAndNotBeyond(String from, String to) throws Exception {
    ProbeResult full = probe(from, to, 1500, Duration.ofSeconds(20));
    ProbeResult larger = probe(from, to, 1501, Duration.ofSeconds(20));

    assertTrue(full.answered(), full.detail());
    assertTrue(full.roundTrip().toNanos() > 0);
    assertFalse(larger.answered());
    assertEquals("send 1501 bytes: EMSGSIZE", larger.detail());
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 192.0.2.2", "2001:db8::1, 2001:db8::2"})
  void isAnsweredADatagramToAClosedPort(String from, String to) throws Exception {
    ProbeResult result = probe(Protocol.UDP, from, to, 200, Duration.ofSeconds(20));

    assertTrue(result.answered(), result.detail());
    assertTrue(result.roundTrip().toNanos() > 0);
  }

  @Test
  void tellsWhenADatagramIsNotAnswered() throws Exception {
    neighbour.exec("sysctl -w net.ipv4.icmp_ratelimit=1000000");
    neighbour.exec("sysctl -w net.ipv4.icmp_ratemask=8"); // Destination unreachable.
    Duration patience = Duration.ofMillis(50);
    boolean isAnswered = true;
    String detail = "";
    for (int i = 0; i < 10 && isAnswered; i++) { // A burst of six is free.
      ProbeResult result = probe(Protocol.UDP, "192.0.2.1", "192.0.2.2", 200, patience);
      isAnswered = result.answered();
      detail = result.detail();
    }

    assertFalse(isAnswered);
    assertEquals("no answer within 50 ms", detail);
  }

  @Test
  void tellsWhenAFragmentWouldBeNeededOnTheWay() throws Exception {
    node.ip("route add 198.51.100.0/24 via 192.0.2.2 dev uplink");
    neighbour.exec("sysctl -w net.ipv4.ip_forward=1");
    neighbour.ip("link add narrow mtu 1400 type veth peer name end");
    neighbour.ip("link set end up");
    neighbour.ip("link set narrow up");
    neighbour.ip("route add 198.51.100.0/24 dev narrow");

    ProbeResult result = probe("192.0.2.1", "198.51.100.5", 1500, Duration.ofSeconds(20));

    assertFalse(result.answered());
    assertTrue(result.detail().contains("EMSGSIZE"), result.detail());
  }

  @Test
  void tellsWhenNobodyAnswers() throws Exception {
    neighbour.exec("sysctl -w net.ipv4.icmp_echo_ignore_all=1");

    ProbeResult result = probe("192.0.2.1", "192.0.2.2", 1500, Duration.ofMillis(50));

    assertFalse(result.answered());
    assertEquals("no answer within 50 ms", result.detail());
  }

  @Test
  void tellsWhatIsWrongWithTheAddresses() throws Exception {
    Duration patience = Duration.ofSeconds(20);

    assertEquals(
        "send from 192.0.2.77: EADDRNOTAVAIL",
        probe("192.0.2.77", "192.0.2.2", 100, patience).detail());
    assertEquals(
        "send to 198.51.100.1: ENETUNREACH",
        probe("192.0.2.1", "198.51.100.1", 100, patience).detail());
    assertEquals(
        "the addresses are of two families",
        probe("192.0.2.1", "2001:db8::2", 100, patience).detail());
  }

  private ProbeResult probe(Protocol protocol, String from, String to, int size, Duration timeout)
      throws Exception {
    Probe probe = new Probe(protocol, Ip.parse(from), Ip.parse(to), size, timeout);
    return dataplane.probe(probe).toCompletableFuture().get(40, TimeUnit.SECONDS);
  }

  private ProbeResult probe(String from, String to, int size, Duration timeout) throws Exception {
    return probe(Protocol.ICMP, from, to, size, timeout);
  }
}
