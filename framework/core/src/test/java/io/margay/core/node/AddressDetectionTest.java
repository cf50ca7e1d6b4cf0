// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressDetectionTest {
  private static final List<Interface> LINKS =
      List.of(
          link(5, "bond0", true, "", "203.0.113.5/28", "2001:db8::5/64"),
          link(1, "lo", true, "", "127.0.0.1/8", "10.9.9.9/32", "::1/128"),
          link(2, "docker0", true, "", "172.17.0.1/16"),
          link(3, "eth0", true, "", "169.254.7.7/16", "192.0.2.10/24", "fe80::1/64"),
          link(4, "eth1", false, "", "198.51.100.4/24"),
          link(6, "wan", true, "mode/vxlan", "10.1.0.1/32"));

  private static final Map<InetAddress, FibResult> ROUTES =
      Map.of(
          Ip.parse("8.8.8.8"),
          new FibResult(
              "bond0",
              Optional.of(Ip.parse("203.0.113.1")),
              Optional.of(Ip.parse("203.0.113.5")),
              false),
          Ip.parse("9.9.9.9"),
          new FibResult("eth0", Optional.empty(), Optional.empty(), false));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "IPV4 | first-found | 192.0.2.10/24 on eth0 (first found)",
        "IPV6 | first-found | 2001:db8::5/64 on bond0 (first found)",
        "IPV4 | interface=bond.* | 203.0.113.5/28 on bond0 (interface=bond.*)",
        "IPV4 | interface=nope,bond0,eth0 | 203.0.113.5/28 on bond0 (interface=nope,bond0,eth0)",
        "IPV4 | interface=docker0 | 172.17.0.1/16 on docker0 (interface=docker0)",
        "IPV4 | interface=lo | 10.9.9.9/32 on lo (interface=lo)",
        "IPV4 | interface=eth1 | none",
        "IPV4 | interface=wan | none",
        "IPV4 | interface=bond | none",
        "IPV4 | skip-interface=eth.* | 203.0.113.5/28 on bond0 (first found, skip-interface=eth.*)",
        "IPV4 | cidr=203.0.113.0/24,192.0.2.0/24 |"
            + " 192.0.2.10/24 on eth0 (cidr=203.0.113.0/24,192.0.2.0/24)",
        "IPV4 | cidr=198.51.100.0/24 | none",
        "IPV4 | can-reach=8.8.8.8 |"
            + " 203.0.113.5/28 on bond0 (can-reach=8.8.8.8 goes through it)",
        "IPV4 | can-reach=9.9.9.9 | 192.0.2.10/24 on eth0 (can-reach=9.9.9.9 goes through it)",
        "IPV4 | can-reach=1.1.1.1 | none",
        "IPV4 | none | none",
      })
  void choosesAnAddress(IpFamily family, String method, String expected) {
    AddressDetection.Result result =
        AddressDetection.detect(DetectionMethod.parse(method), family, LINKS, ROUTES);

    assertEquals(expected, result.choice().map(AddressDetection.Choice::toString).orElse("none"));
  }

  @Test
  void saysWhyItRejectedTheOthers() {
    AddressDetection.Result result =
        AddressDetection.detect(
            DetectionMethod.parse("first-found"), IpFamily.IPV4, LINKS, Map.of());

    assertEquals(
        List.of(
            "127.0.0.1/8 on lo: loopback address",
            "10.9.9.9/32 on lo: excluded interface",
            "172.17.0.1/16 on docker0: excluded interface",
            "169.254.7.7/16 on eth0: link-local address",
            "198.51.100.4/24 on eth1: interface is down",
            "10.1.0.1/32 on wan: interface of ours",
            "203.0.113.5/28 on bond0: another one came first"),
        result.rejected());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "first",
        "first-found=1",
        "interface=",
        "interface",
        "interface=(",
        "cidr=10.0.0.1/8",
        "cidr=x",
        "can-reach=example.org",
        "none=1"
      })
  void refusesOtherMethods(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> DetectionMethod.parse(text))
            .getMessage();

    assertTrue(message.contains("expected: "), message);
  }

  @Test
  void knowsWhichPoolsCollide() {
    assertTrue(AddressDetection.collides(Cidr.parse("192.0.0.0/8"), LINKS));
    assertTrue(AddressDetection.collides(Cidr.parse("192.0.2.128/26"), LINKS));
    assertEquals(false, AddressDetection.collides(Cidr.parse("10.244.0.0/16"), LINKS));
  }

  private static Interface link(
      int index, String name, boolean up, String alias, String... addresses) {
    List<Address> list =
        Arrays.stream(addresses)
            .map(InterfaceAddress::parse)
            .map(a -> Address.of(name, a.address(), a.prefixLength()))
            .toList();
    return new Interface(index, name, "", alias, Optional.empty(), 1500, up, list);
  }
}
