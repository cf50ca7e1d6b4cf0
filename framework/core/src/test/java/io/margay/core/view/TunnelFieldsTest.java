// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelFieldsTest {
  private static final Node NODE = Node.of("n1").withAnnotation("owner", Optional.of("net team"));
  private static final InetAddress FOUR = Ip.parse("10.65.0.1");
  private static final InetAddress SIX = Ip.parse("fd00:65::1");

  @Test
  void usesCalicosFieldsWhereThereAreAny() throws Exception {
    Node node = with(with(with(NODE, "ipip", FOUR), "vxlan", FOUR), "vxlan", SIX);

    assertEquals(Optional.of(FOUR), node.ipv4IpipTunnelAddr());
    assertEquals(Optional.of(FOUR), node.vxlanTunnelAddr(IpFamily.IPV4));
    assertEquals(Optional.of(SIX), node.vxlanTunnelAddr(IpFamily.IPV6));
    assertEquals(NODE.metadata(), node.metadata());
    assertEquals(
        Map.of("ipip/IPV4", FOUR, "vxlan/IPV4", FOUR, "vxlan/IPV6", SIX),
        TunnelFields.addresses(node));
  }

  @Test
  void parksAllAddressesOfAMode() throws Exception {
    Node node =
        with(with(with(with(NODE, "ipip", FOUR), "vxlan", FOUR), "srv6", SIX), "vxlan", SIX);

    Node retired = TunnelFields.withRetired(TunnelFields.withRetired(node, "vxlan"), "srv6");

    assertEquals(Map.of("ipip/IPV4", FOUR), TunnelFields.addresses(retired));
    assertEquals(
        Map.of("srv6/IPV6", SIX, "vxlan/IPV4", FOUR, "vxlan/IPV6", SIX),
        TunnelFields.parked(retired));
    assertEquals(retired, TunnelFields.withRetired(retired, "vxlan"));
    assertEquals(
        retired,
        TunnelFields.withoutParked(retired, Map.of("vxlan/IPV4", Ip.parse("10.65.0.2"))),
        "another address of that name");
    assertEquals(
        with(NODE, "ipip", FOUR),
        TunnelFields.withoutParked(retired, TunnelFields.parked(retired)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"none", "[]", "{\"srv6/IPV6\":1}", "{\"srv6/IPV6\":\"x\"}", "{\"srv6\":\"::1\"}"})
  void refusesWhatItCannotRead(String annotation) {
    Node node = NODE.withAnnotation(TunnelFields.PARKED, Optional.of(annotation));

    assertThrows(InvalidResourceException.class, () -> Readers.node(node));
  }

  private static Node with(Node node, String mode, InetAddress address) throws Exception {
    return TunnelFields.withAddress(node, mode, IpFamily.of(address), Optional.of(address));
  }
}
