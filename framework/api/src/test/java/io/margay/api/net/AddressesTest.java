// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
  /** RFC 5952 section 4 and 5. */
  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,192.0.2.1",
    "2001:0db8::0001,2001:db8::1",
    "2001:db8:0:0:0:0:2:1,2001:db8::2:1",
    "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1,2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1,2001:db8::1:0:0:1",
    "2001:DB8::A,2001:db8::a",
    "::,::",
    "::1,::1",
    "fe80::,fe80::",
  })
  void printsTheShortestForm(String text, String canonical) {
    assertEquals(canonical, Ip.text(Ip.parse(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "example.org",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.04x",
        "fe80::1%eth0",
        "1::2::3",
        ":",
        "g::1",
        "12345::",
        "[::1]",
        " 1.2.3.4",
        "1.2.3.4 "
      })
  void refusesWhatIsNoAddress(String text) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Ip.parse(text));

    assertTrue(e.getMessage().startsWith("address: " + text + " (expected: "), e.getMessage());
  }

  @Test
  void readsWhatItPrints() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(bytes);
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] = random.nextInt(3) > 0 ? 0 : bytes[j];
      }
      InetAddress address = Ip.of(bytes);
      assertEquals(address, Ip.parse(Ip.text(address)));
      assertArrayEquals(bytes, address.getAddress());
    }
  }

  @Test
  void keepsMappedAddressesIpv6() {
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;

    assertEquals(IpFamily.IPV6, IpFamily.of(Ip.of(mapped)));
  }

  @Test
  void addsWithCarry() {
    assertEquals("10.1.0.0", Ip.text(Ip.plus(Ip.parse("10.0.255.255"), 1)));
    assertEquals("0.0.0.0", Ip.text(Ip.plus(Ip.parse("255.255.255.255"), 1)));
    assertEquals("fd00::1:0", Ip.text(Ip.plus(Ip.parse("fd00::ffff"), 1)));
    assertEquals("9.255.255.255", Ip.text(Ip.plus(Ip.parse("10.0.0.0"), -1)));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1/24,expected: no host bits set; as in 10.0.0.0/24",
    "10.0.0.0/33,expected: 0..32 for 10.0.0.0",
    "fd00::/129,expected: 0..128 for fd00::",
    "10.0.0.0,expected: address/length such as 10.65.0.0/16",
    "10.0.0.0/,expected: address/length such as 10.65.0.0/16",
    "10.0.0.0/-1,expected: address/length such as 10.65.0.0/16",
    "10.0.0.0/1/2,expected: address/length such as 10.65.0.0/16",
  })
  void refusesWhatIsNoPrefix(String text, String expected) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Cidr.parse(text));

    assertTrue(e.getMessage().contains(expected.replace(';', ',')), e.getMessage());
  }

  @Test
  void prefixesContainWhatTheyShould() {
    Cidr wide = Cidr.parse("10.64.0.0/10");
    Cidr narrow = Cidr.parse("10.65.0.0/26");

    assertTrue(wide.contains(narrow));
    assertFalse(narrow.contains(wide));
    assertTrue(narrow.overlaps(wide));
    assertFalse(narrow.overlaps(Cidr.parse("10.65.0.64/26")));
    assertTrue(narrow.contains(Ip.parse("10.65.0.63")));
    assertFalse(narrow.contains(Ip.parse("10.65.0.64")));
    assertFalse(Cidr.parse("0.0.0.0/0").contains(Ip.parse("::1")));
    assertEquals(63, narrow.offsetOf(Ip.parse("10.65.0.63")));
    assertEquals("10.65.0.63", Ip.text(narrow.address(63)));
    assertEquals(BigInteger.ONE.shiftLeft(128), Cidr.parse("::/0").size());
    assertThrows(IllegalArgumentException.class, () -> narrow.offsetOf(Ip.parse("10.66.0.0")));
  }

  @Test
  void masksRandomAddresses() {
    Random random = new Random(2);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(bytes);
      int length = random.nextInt(bytes.length * 8 + 1);
      Cidr cidr = Cidr.containing(Ip.of(bytes), length);
      BigInteger expected =
          new BigInteger(1, bytes)
              .shiftRight(bytes.length * 8 - length)
              .shiftLeft(bytes.length * 8 - length);
      assertEquals(expected, new BigInteger(1, cidr.network().getAddress()));
      assertEquals(cidr, Cidr.parse(cidr.toString()));
      assertTrue(cidr.contains(Ip.of(bytes)));
    }
  }

  @Test
  void prefixesAreOrderedByFamilyNetworkAndLength() {
    TreeSet<Cidr> sorted = new TreeSet<>();
    for (String text : new String[] {"::/0", "10.0.0.0/9", "10.0.0.0/8", "9.0.0.0/8", "fd00::/8"}) {
      sorted.add(Cidr.parse(text));
    }

    assertEquals("[9.0.0.0/8, 10.0.0.0/8, 10.0.0.0/9, ::/0, fd00::/8]", sorted.toString());
  }

  @Test
  void interfaceAddressesKnowTheirSubnet() {
    InterfaceAddress address = InterfaceAddress.parse("10.0.2.15/24");

    assertEquals(Cidr.parse("10.0.2.0/24"), address.subnet());
    assertEquals("10.0.2.15/24", address.toString());
    assertEquals(IpFamily.IPV4, address.family());
    assertEquals("2001:db8::1/128", InterfaceAddress.parse("2001:db8::1").toString());
    assertThrows(IllegalArgumentException.class, () -> InterfaceAddress.parse("10.0.2.15/33"));
  }

  @Test
  void readsMacAddresses() {
    MacAddress mac = MacAddress.parse("EE:ee:0a:00:FF:01");

    assertEquals("ee:ee:0a:00:ff:01", mac.toString());
    assertEquals(mac, MacAddress.of(mac.bytes()));
    assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("ee-ee-0a-00-ff-01"));
    assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("ee:ee:0a:00:ff"));
    assertThrows(IllegalArgumentException.class, () -> MacAddress.of(new byte[5]));
  }
}
