// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.store.Key;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResourcesTest {
  @Test
  void readsCalicosPool() throws Exception {
    IpPool pool =
        IpPool.parse(
            bytes(
                """
                {"kind":"IPPool","apiVersion":"projectcalico.org/v3",
                 "metadata":{"name":"default-ipv4-ippool","uid":"1"},
                 "spec":{"cidr":"192.168.0.0/16","vxlanMode":"Never","ipipMode":"Always",
                  "natOutgoing":true,"blockSize":26,"nodeSelector":"all()",
                  "allowedUses":["Workload","Tunnel"],"assignmentMode":"Automatic"}}
                """));

    assertEquals(Key.of("IPPool", "default-ipv4-ippool"), pool.key());
    assertEquals(Cidr.parse("192.168.0.0/16"), pool.cidr());
    assertEquals(Encapsulation.ALWAYS, pool.ipipMode());
    assertTrue(pool.natOutgoing());
    assertEquals(List.of(), pool.unknownFields());
  }

  @Test
  void keepsUnknownFields() throws Exception {
    IpPool pool =
        IpPool.parse(
            bytes(
                """
                {"kind":"IPPool","apiVersion":"projectcalico.org/v3","extra":[1.50,null],
                 "metadata":{"name":"p","odd":{"x":1}},
                 "spec":{"cidr":"10.0.0.0/16","colour":"red"}}
                """));

    assertEquals(List.of("extra", "metadata.odd", "spec.colour"), pool.unknownFields());
    assertEquals(
        "{\"kind\":\"IPPool\",\"apiVersion\":\"projectcalico.org/v3\",\"extra\":[1.50,null],"
            + "\"metadata\":{\"name\":\"p\",\"odd\":{\"x\":1}},"
            + "\"spec\":{\"cidr\":\"10.0.0.0/16\",\"colour\":\"red\",\"disabled\":true}}",
        new String(pool.withDisabled(true).toJson(), StandardCharsets.UTF_8));
  }

  @Test
  void reportsEveryProblemAtOnce() {
    InvalidResourceException e =
        assertThrows(
            InvalidResourceException.class,
            () ->
                IpPool.parse(
                    bytes(
                        """
                        {"kind":"IPPool","apiVersion":"projectcalico.org/v3",
                         "metadata":{"name":"Bad_Name"},
                         "spec":{"cidr":"10.0.0.1/16","blockSize":33,"ipipMode":"Sometimes"}}
                        """)));

    assertEquals(
        List.of("metadata.name", "spec.cidr", "spec.ipipMode"),
        e.problems().stream().map(Problem::field).toList());
  }

  @Test
  void assignsAndReleasesInABlock() throws Exception {
    IpamBlock block =
        IpamBlock.claimedBy(
            "node1", Cidr.parse("10.0.0.0/30"), Instant.parse("2026-01-01T00:00:00Z"));
    IpamBlock used =
        block.withAssigned(
            List.of(Ip.parse("10.0.0.0"), Ip.parse("10.0.0.1")),
            Allocation.of("net.abc", Map.of("node", "node2")));

    IpamBlock read = IpamBlock.parse(used.toJson());

    assertEquals(used, read);
    assertEquals(List.of(Ip.parse("10.0.0.2"), Ip.parse("10.0.0.3")), read.freeAddresses());
    assertEquals(
        Map.of(Cidr.parse("10.0.0.0/32"), "node2", Cidr.parse("10.0.0.1/32"), "node2"),
        read.borrowed());
    assertEquals(
        "[10.0.0.2, 10.0.0.3, 10.0.0.0, 10.0.0.1]",
        read.withReleased(read.addressesOf("net.abc")).freeAddresses().stream()
            .map(Ip::text)
            .toList()
            .toString());
  }

  @Test
  void namesDocumentsAsCalicoDoes() {
    assertEquals(
        "7DS2CCNJGGLTHBDQLLFO6SX24SY2YDDEG3W2VN556FA2W4DLLV5A", BlockAffinity.nodeHash("node1"));
    assertEquals("10-0-0-0-26", IpamBlock.nameOf(Cidr.parse("10.0.0.0/26")));
    assertEquals(
        "node1-k8s-nginx--0-eth0", WorkloadEndpoint.nameOf("node1", "k8s", "nginx-0", "eth0"));
  }

  @Test
  void readsANode() throws Exception {
    Node node =
        Node.parse(
            bytes(
                """
                {"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"node1"},
                 "spec":{"bgp":{"ipv4Address":"10.0.2.15/24","asNumber":"1.10"}}}
                """));

    assertEquals("10.0.2.15/24", node.address(IpFamily.IPV4).orElseThrow().toString());
    assertEquals(65546, node.asNumber().orElseThrow());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
