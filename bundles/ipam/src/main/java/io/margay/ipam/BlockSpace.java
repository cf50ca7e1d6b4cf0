// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The blocks that a pool is cut into, be they in use or not, without those that are wholly
 * reserved. An IPv6 pool has more than can be counted or looked at.
 *
 * @param length prefix length of a block
 * @param reserved prefixes that are given out only by request
 */
record BlockSpace(Cidr pool, int length, List<Cidr> reserved) {
  /** Blocks among which a walk may begin: enough to keep nodes apart, and addresses short. */
  private static final BigInteger STARTS = BigInteger.ONE.shiftLeft(30);

  BlockSpace {
    reserved = reserved.stream().filter(r -> r.overlaps(pool)).toList();
  }

  /** How many blocks there are, reserved ones among them. */
  BigInteger count() {
    return BigInteger.ONE.shiftLeft(length - pool.length());
  }

  /**
   * All blocks but the reserved ones, once around.
   *
   * @param seed where to begin: any number
   */
  Iterable<Cidr> from(long seed) {
    BigInteger start = BigInteger.valueOf(seed).mod(STARTS.min(count()));
    return () -> new Walk(start);
  }

  static InetAddress addressAt(Cidr prefix, BigInteger offset) {
    byte[] network = prefix.network().getAddress();
    byte[] sum = new BigInteger(1, network).add(offset).toByteArray();
    byte[] address = new byte[network.length];
    int common = Math.min(sum.length, address.length);
    System.arraycopy(sum, sum.length - common, address, address.length - common, common);
    return Ip.of(address);
  }

  private final class Walk implements Iterator<Cidr> {
    private BigInteger index;
    private BigInteger left = count();
    private Optional<Cidr> next;

    private Walk(BigInteger start) {
      index = start;
      next = find();
    }

    @Override
    public boolean hasNext() {
      return next.isPresent();
    }

    @Override
    public Cidr next() {
      Cidr block = next.orElseThrow(NoSuchElementException::new);
      next = find();
      return block;
    }

    private Optional<Cidr> find() {
      while (left.signum() > 0) {
        Cidr block = new Cidr(addressAt(pool, index.shiftLeft(hostBits())), length);
        Optional<Cidr> around = reserved.stream().filter(r -> r.contains(block)).findFirst();
        // A reservation may hide more blocks than can be walked through: leave it at one step.
        advance(around.map(r -> end(r).subtract(index)).orElse(BigInteger.ONE));
        if (around.isEmpty() && !isReservedInParts(block)) {
          return Optional.of(block);
        }
      }
      return Optional.empty();
    }

    private void advance(BigInteger step) {
      left = left.subtract(step);
      index = index.add(step);
      if (index.compareTo(count()) >= 0) {
        index = BigInteger.ZERO;
      }
    }
  }

  private int hostBits() {
    return pool.family().addressBits() - length;
  }

  /** Index of the first block behind a prefix; that of the pool's end when there is none. */
  private BigInteger end(Cidr prefix) {
    BigInteger offset = number(prefix).add(prefix.size()).subtract(number(pool));
    return offset.shiftRight(hostBits()).min(count());
  }

  /** Whether several small reservations leave nothing of a block. */
  private boolean isReservedInParts(Cidr block) {
    List<Cidr> inside = reserved.stream().filter(block::contains).distinct().toList();
    return inside.stream()
        .filter(r -> inside.stream().noneMatch(o -> !o.equals(r) && o.contains(r)))
        .map(Cidr::size)
        .reduce(BigInteger.ZERO, BigInteger::add)
        .equals(block.size());
  }

  private static BigInteger number(Cidr prefix) {
    return new BigInteger(1, prefix.network().getAddress());
  }
}
