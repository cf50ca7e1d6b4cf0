// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The structure of the one nftables table of ours, {@code inet margay}: chains, rules, sets and
 * counters. Everything in that table is ours.
 *
 * <p>Written as a whole in one transaction, together with the {@link NftElement}s of its sets, and
 * known again by a digest that the table carries as its comment. Counters keep their values.
 */
public final class NftTable implements KernelObject {
  /** Name of the table, of the family {@code inet}. */
  public static final String NAME = "margay";

  private static final int DIGEST_CHARS = 16;

  /** The kernel's key: there is one such table. */
  public record Key(String name) {}

  private final String body;
  private final String digest;

  private NftTable(String body, String digest) {
    this.body = body;
    this.digest = digest;
  }

  /**
   * A table.
   *
   * @param body what is between the braces of {@code table inet margay}, in the syntax of {@code
   *     nft -f}; sets that take {@link NftElement}s have no flags, but for {@code interval} on a
   *     type of two fields
   */
  public static NftTable of(String body) {
    return new NftTable(body, digestOf(body));
  }

  /** A table found in the kernel, of which only the digest is known; empty when it has none. */
  public static NftTable found(String digest) {
    return new NftTable("", digest);
  }

  /** What is between the braces; empty for a table that was found. */
  public String body() {
    return body;
  }

  /** 16 hexadecimal digits that stand for the body. */
  public String digest() {
    return digest;
  }

  private static String digestOf(String body) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, DIGEST_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java has it.
    }
  }

  @Override
  public Key key() {
    return new Key(NAME);
  }

  @Override
  public Kind kind() {
    return Kind.NFT_TABLE;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NftTable t && t.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "nft table inet " + NAME + " digest " + (digest.isEmpty() ? "unknown" : digest);
  }
}
