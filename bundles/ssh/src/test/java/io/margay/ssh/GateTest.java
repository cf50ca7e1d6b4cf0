// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who is let in, and for how long not. */
class GateTest {
  private static final int LIMIT = 3;
  private static final Duration BAN = Duration.ofSeconds(60);

  private long nanos = 1;
  private final Gate gate = new Gate(() -> nanos);

  @Test
  void keepsAnAddressOutAfterSomeFailures() throws UnknownHostException {
    fail("192.0.2.1", LIMIT - 1);
    assertTrue(gate.admits(of("192.0.2.1")));

    fail("192.0.2.1", 1);
    assertFalse(gate.admits(of("192.0.2.1")));
    assertTrue(gate.admits(of("192.0.2.2")));
    assertEquals(1, gate.banned());

    nanos += BAN.toNanos();
    assertTrue(gate.admits(of("192.0.2.1")));
    assertEquals(0, gate.banned());
  }

  @Test
  void keepsItOutForLongerEachTime() throws UnknownHostException {
    fail("192.0.2.1", LIMIT);
    nanos += BAN.toNanos();
    fail("192.0.2.1", LIMIT);

    nanos += BAN.toNanos();
    assertFalse(gate.admits(of("192.0.2.1")));
    nanos += BAN.toNanos();
    assertTrue(gate.admits(of("192.0.2.1")));
  }

  @Test
  void forgetsAfterAWhileAndAfterALogin() throws UnknownHostException {
    fail("192.0.2.1", LIMIT - 1);
    nanos += Duration.ofMinutes(11).toNanos();
    fail("192.0.2.1", LIMIT - 1);
    assertTrue(gate.admits(of("192.0.2.1")));

    gate.succeeded(of("192.0.2.1"));
    fail("192.0.2.1", LIMIT - 1);
    assertTrue(gate.admits(of("192.0.2.1")));
  }

  @Test
  void countsAHostsIpv6AddressesAsOne() throws UnknownHostException {
    for (int i = 1; i <= LIMIT; i++) {
      fail("2001:db8::" + i, 1);
    }

    assertFalse(gate.admits(of("2001:db8::ffff")));
    assertTrue(gate.admits(of("2001:db8:0:1::1")));
  }

  @Test
  void remembersABoundedNumber() throws UnknownHostException {
    for (int i = 0; i < 10_000; i++) {
      fail("10.0." + i / 256 + "." + i % 256, LIMIT);
    }

    assertEquals(4_096, gate.banned());
    assertEquals(10_000L * LIMIT, gate.failures());
  }

  @Test
  void hasNoTimeForTooManyWrongPasswords() {
    for (int i = 0; i < 60; i++) {
      assertTrue(gate.hasTime());
      gate.wrongPassword();
    }
    assertFalse(gate.hasTime());

    nanos += Duration.ofSeconds(61).toNanos();
    assertTrue(gate.hasTime());
  }

  private void fail(String address, int times) throws UnknownHostException {
    for (int i = 0; i < times; i++) {
      gate.failed(of(address), LIMIT, BAN);
    }
  }

  private static InetAddress of(String address) throws UnknownHostException {
    return InetAddress.getByName(address);
  }
}
