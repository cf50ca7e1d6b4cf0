// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps those out who try logins: an address that failed too often is not let in for a while, each
 * time for longer; and all addresses together may only fail so often that checking passwords, which
 * is slow on purpose, leaves the node its processor.
 *
 * <p>Holds a bounded number of addresses. IPv6 addresses count by their /64, which one host has
 * whole. Any thread may call.
 */
final class Gate {
  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
  private static final int MAX_ADDRESSES = 4_096;
  private static final int IPV6_PREFIX_BYTES = 8;
  private static final int MAX_DOUBLINGS = 6;
  private static final int WRONG_PASSWORDS = 60;
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final long FORGET = Duration.ofMinutes(10).toNanos();

  /** What is known of an address. */
  private static final class Record {
    private int failures;
    private int bans;
    private long lastNanos;
    private long bannedUntilNanos;
    private boolean banned;
  }

  private final LongSupplier nanos;
  private final Map<InetAddress, Record> records =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Record> eldest) {
          return size() > MAX_ADDRESSES;
        }
      };
  private long minuteNanos;
  private int wrongPasswords;
  private long failed;
  private long refused;

  Gate(LongSupplier nanos) {
    this.nanos = nanos;
    this.minuteNanos = nanos.getAsLong();
  }

  /** Whether someone from this address may try. */
  synchronized boolean admits(InetAddress address) {
    Record record = records.get(key(address));
    boolean banned =
        record != null && record.banned && nanos.getAsLong() - record.bannedUntilNanos < 0;
    refused += banned ? 1 : 0;
    return !banned;
  }

  /** A login from this address failed. */
  synchronized void failed(InetAddress address, int limit, Duration ban) {
    failed++;
    long now = nanos.getAsLong();
    Record record = records.computeIfAbsent(key(address), a -> new Record());
    if (now - record.lastNanos > FORGET && now - record.bannedUntilNanos > FORGET) {
      record.failures = 0;
      record.bans = 0;
    }
    record.lastNanos = now;
    if (record.banned && now - record.bannedUntilNanos < 0) {
      return; // A connection that was open before.
    }
    record.failures++;
    if (record.failures >= limit) {
      long length = ban.toNanos() << Math.min(record.bans, MAX_DOUBLINGS);
      record.failures = 0;
      record.bans++;
      record.banned = true;
      record.bannedUntilNanos = now + length;
      LOG.warn(
          "SSH logins refused address={} seconds={}",
          address.getHostAddress(),
          Duration.ofNanos(length).toSeconds());
    }
  }

  /** Someone from this address has logged in. */
  synchronized void succeeded(InetAddress address) {
    records.remove(key(address));
  }

  /** Whether there is time to check one more password. */
  synchronized boolean hasTime() {
    long now = nanos.getAsLong();
    if (now - minuteNanos > MINUTE) {
      minuteNanos = now;
      wrongPasswords = 0;
    }
    return wrongPasswords < WRONG_PASSWORDS;
  }

  synchronized void wrongPassword() {
    wrongPasswords++;
  }

  /** Logins that failed since the start. */
  synchronized long failures() {
    return failed;
  }

  /** Connections that were not let in since the start. */
  synchronized long refusals() {
    return refused;
  }

  /** Addresses that are not let in now. */
  synchronized long banned() {
    long now = nanos.getAsLong();
    return records.values().stream()
        .filter(record -> record.banned && now - record.bannedUntilNanos < 0)
        .count();
  }

  private static InetAddress key(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    byte[] prefix = address.getAddress();
    Arrays.fill(prefix, IPV6_PREFIX_BYTES, prefix.length, (byte) 0);
    try {
      return InetAddress.getByAddress(prefix);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // Its length is that of an address.
    }
  }
}
