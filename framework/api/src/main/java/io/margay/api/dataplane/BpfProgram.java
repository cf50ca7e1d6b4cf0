// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A BPF program of type SCHED_CLS on one side of a link, licence GPL. Attached by TCX where the
 * kernel has it, else by a clsact qdisc; pinned, so that it works on without the agent. A changed
 * program takes the place of the old one in one step.
 *
 * <p>Of several programs on one side of a link the first that does not return TC_ACT_UNSPEC (-1)
 * decides, and those behind it do not see the packet.
 */
public final class BpfProgram implements KernelObject {
  /** The kernel's key: where it is attached, and under which name. */
  public record Key(String link, Hook hook, String name) {}

  /** Where a packet meets the program. */
  public enum Hook {
    /** Packets that arrive on the link. */
    INGRESS,
    /** Packets about to leave by the link. */
    EGRESS
  }

  private static final int INSTRUCTION_BYTES = 8;
  private static final int DIGEST_DIGITS = 16;

  private final String name;
  private final String link;
  private final Hook hook;
  private final byte[] code;
  private final TreeMap<Integer, String> maps;
  private final TreeMap<Integer, String> links;
  private final String digest;

  private BpfProgram(
      Key key,
      byte[] code,
      TreeMap<Integer, String> maps,
      TreeMap<Integer, String> links,
      String digest) {
    BpfMap.checkName(key.name());
    this.name = key.name();
    this.link = key.link();
    this.hook = Objects.requireNonNull(key.hook());
    this.code = code;
    this.maps = maps;
    this.links = links;
    this.digest = digest;
  }

  /**
   * A program.
   *
   * @param name 1..15 lower-case letters, digits and underscores, the first a letter
   * @param code instructions of 8 bytes each, in host byte order (linux/bpf.h struct bpf_insn)
   */
  public static BpfProgram of(String name, String link, Hook hook, byte[] code) {
    if (code.length == 0 || code.length % INSTRUCTION_BYTES != 0) {
      throw new IllegalArgumentException(
          "program " + name + ": " + code.length + " bytes (expected: a multiple of 8)");
    }
    return of(new Key(link, hook, name), code.clone(), new TreeMap<>(), new TreeMap<>());
  }

  /** A program as it is found in the kernel, of which only the digest is known. */
  public static BpfProgram ofDigest(String name, String link, Hook hook, String digest) {
    Key key = new Key(link, hook, name);
    return new BpfProgram(key, new byte[0], new TreeMap<>(), new TreeMap<>(), digest);
  }

  private static BpfProgram of(
      Key key, byte[] code, TreeMap<Integer, String> maps, TreeMap<Integer, String> links) {
    return new BpfProgram(key, code, maps, links, digest(code, maps, links));
  }

  /**
   * Says which map the 64-bit load at an instruction means; the dataplane puts the map's descriptor
   * there and sets the source register to BPF_PSEUDO_MAP_FD.
   *
   * @param instruction index of the first of the load's two instructions
   * @param map name of a declared map
   */
  public BpfProgram withMap(int instruction, String map) {
    BpfMap.checkName(map);
    return of(key(), code, added(maps, instruction, map), links);
  }

  /**
   * Says of which link the operand of an instruction is the index, given by name because the index
   * changes: the dataplane puts it into the immediate value. Until the link exists the program
   * waits.
   *
   * @param instruction index of the instruction
   */
  public BpfProgram withLink(int instruction, String other) {
    return of(key(), code, maps, added(links, instruction, other));
  }

  public String name() {
    return name;
  }

  /** The link that it is attached to. */
  public String link() {
    return link;
  }

  public Hook hook() {
    return hook;
  }

  /** The instructions before maps and links are put in; a fresh array. */
  public byte[] code() {
    return code.clone();
  }

  /** Names of maps by the index of the instruction that loads them. */
  public Map<Integer, String> maps() {
    return Collections.unmodifiableMap(maps);
  }

  /** Names of links by the index of the instruction whose operand is their index. */
  public Map<Integer, String> links() {
    return Collections.unmodifiableMap(links);
  }

  /** 16 hexadecimal digits that instructions, maps and links together give. */
  public String digest() {
    return digest;
  }

  @Override
  public Key key() {
    return new Key(link, hook, name);
  }

  @Override
  public Kind kind() {
    return Kind.BPF_PROGRAM;
  }

  /** Programs of one key are equal when their digests are. */
  @Override
  public boolean equals(Object o) {
    return o instanceof BpfProgram p && p.key().equals(key()) && p.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, link, hook, digest);
  }

  @Override
  public String toString() {
    String where = " dev " + link + " " + hook.name().toLowerCase(Locale.ROOT);
    StringBuilder out = new StringBuilder("bpf program ").append(name).append(where);
    if (code.length == 0) {
      return out.append(" digest ").append(digest).toString();
    }
    out.append(" instructions ").append(code.length / INSTRUCTION_BYTES);
    append(out, " maps ", maps.values());
    append(out, " links ", links.values());
    return out.toString();
  }

  private static void append(StringBuilder out, String title, Collection<String> names) {
    if (!names.isEmpty()) {
      out.append(title).append(String.join(",", new TreeSet<>(names)));
    }
  }

  private TreeMap<Integer, String> added(
      TreeMap<Integer, String> to, int instruction, String what) {
    if (instruction < 0 || instruction >= code.length / INSTRUCTION_BYTES) {
      throw new IllegalArgumentException(
          "program " + name + ": no instruction " + instruction + " for " + what);
    }
    TreeMap<Integer, String> more = new TreeMap<>(to);
    more.put(instruction, what);
    return more;
  }

  private static String digest(byte[] code, Map<Integer, String> maps, Map<Integer, String> links) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update((maps + " " + links + " ").getBytes(StandardCharsets.UTF_8));
      byte[] all = sha.digest(code);
      return HexFormat.of().formatHex(all).substring(0, DIGEST_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
