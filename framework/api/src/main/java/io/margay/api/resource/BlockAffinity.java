// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Says which node claims, owns or gives back a block. */
public final class BlockAffinity extends Resource {
  public static final String KIND = "BlockAffinity";

  private static final int MAX_NAME = 252;
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  /** Steps of a claim. */
  public enum State {
    /** Wanted, the block not yet written. */
    PENDING,
    /** The node's. */
    CONFIRMED,
    /** About to be given back. */
    PENDING_DELETION
  }

  /** What owns the block. */
  public enum Type {
    HOST,
    VIRTUAL
  }

  private final State state;
  private final String node;
  private final Type type;
  private final Cidr cidr;
  private final boolean deleted;

  BlockAffinity(Fields root) {
    super(KIND, root);
    Fields spec = root.object("spec");
    state = state(spec);
    node = spec.required("node").orElse("");
    type =
        spec.oneOf("type", "host", "virtual").orElse("host").equals("host")
            ? Type.HOST
            : Type.VIRTUAL;
    spec.required("cidr");
    cidr = spec.cidr("cidr").orElse(IpamBlock.NO_CIDR);
    deleted = deleted(spec);
  }

  /** Reads a document. */
  public static BlockAffinity parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BlockAffinity::new);
  }

  /** The affinity of a block to a node, with the labels by which Calico looks it up. */
  public static BlockAffinity of(String node, Cidr cidr, State state) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("state", text(state));
    spec.put("node", node);
    spec.put("type", "host");
    spec.put("cidr", cidr.toString());
    spec.put("deleted", "false");
    Map<String, Object> labels = new TreeMap<>();
    labels.put("projectcalico.org/affinity-type", "host");
    labels.put("projectcalico.org/hostname-hash", nodeHash(node));
    labels.put("projectcalico.org/ip-version", cidr.family() == IpFamily.IPV4 ? "4" : "6");
    Map<String, Object> document = Trees.envelope(V1, KIND, "", nameOf(node, cidr), spec);
    return make(Trees.with(document, labels, "metadata", "labels"), BlockAffinity::new);
  }

  /** Name of the document for a node's claim to a block. */
  public static String nameOf(String node, Cidr cidr) {
    String block = IpamBlock.nameOf(cidr);
    String name = node + "-" + block;
    if (name.length() <= MAX_NAME) {
      return name;
    }
    byte[] hash = digest("SHA-256", node + "+" + block);
    String suffix = "-" + HexFormat.of().formatHex(hash).substring(0, 11);
    return node.substring(0, MAX_NAME - suffix.length()) + suffix;
  }

  /** Label value by which affinities of a node are found: base32 of the name's SHA3-256. */
  public static String nodeHash(String node) {
    byte[] hash = digest("SHA3-256", node);
    StringBuilder out = new StringBuilder();
    for (int bit = 0; bit < hash.length * 8; bit += 5) {
      int value = 0;
      for (int i = bit; i < bit + 5; i++) {
        int set = i < hash.length * 8 ? hash[i / 8] >> 7 - i % 8 & 1 : 0;
        value = value << 1 | set;
      }
      out.append(BASE32.charAt(value));
    }
    return out.toString();
  }

  public BlockAffinity withState(State value) {
    return make(Trees.with(toMap(), text(value), "spec", "state"), BlockAffinity::new);
  }

  public State state() {
    return state;
  }

  public String node() {
    return node;
  }

  public Type type() {
    return type;
  }

  public Cidr cidr() {
    return cidr;
  }

  /** Whether the document counts as absent: the first of Calico's two steps of a deletion. */
  public boolean deleted() {
    return deleted;
  }

  /** A flag that is a text in version 1 and a boolean in version 3. */
  static boolean deleted(Fields spec) {
    Object value = spec.any("deleted");
    return value != null && value.toString().toLowerCase(Locale.ROOT).equals("true");
  }

  static byte[] digest(String algorithm, String text) {
    try {
      return MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(algorithm + " is part of every JDK", e);
    }
  }

  private static State state(Fields spec) {
    String text =
        spec.oneOf("state", "pending", "confirmed", "pendingDeletion").orElse("confirmed");
    return switch (text) {
      case "pending" -> State.PENDING;
      case "pendingDeletion" -> State.PENDING_DELETION;
      default -> State.CONFIRMED; // Documents of old versions have no state.
    };
  }

  private static String text(State state) {
    return switch (state) {
      case PENDING -> "pending";
      case CONFIRMED -> "confirmed";
      case PENDING_DELETION -> "pendingDeletion";
    };
  }
}
