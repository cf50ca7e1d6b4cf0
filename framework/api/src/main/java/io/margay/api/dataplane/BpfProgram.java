// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A BPF program of type SCHED_CLS on one side of a link, licence GPL. Attached by TCX where the
 * kernel has it, else by a clsact qdisc; pinned, so that it works on without the agent. A changed
 * program takes the place of the old one in one step.
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

  private final String name;
  private final String link;
  private final Hook hook;
  private final byte[] code;
  private final TreeMap<Integer, String> maps;

  private BpfProgram(
      String name, String link, Hook hook, byte[] code, TreeMap<Integer, String> maps) {
    this.name = name;
    this.link = link;
    this.hook = hook;
    this.code = code;
    this.maps = maps;
  }

  /**
   * A program.
   *
   * @param name 1..15 lower-case letters, digits and underscores
   * @param code instructions of 8 bytes each, in host byte order (linux/bpf.h struct bpf_insn)
   */
  public static BpfProgram of(String name, String link, Hook hook, byte[] code) {
    BpfMap.checkName(name);
    if (code.length == 0 || code.length % INSTRUCTION_BYTES != 0) {
      throw new IllegalArgumentException(
          "program " + name + ": " + code.length + " bytes (expected: a multiple of 8)");
    }
    return new BpfProgram(name, link, Objects.requireNonNull(hook), code.clone(), new TreeMap<>());
  }

  /**
   * Says which map the 64-bit load at an instruction means; the dataplane puts the map's descriptor
   * there and sets the source register to BPF_PSEUDO_MAP_FD.
   *
   * @param instruction index of the first of the load's two instructions
   * @param map name of a declared map
   */
  public BpfProgram withMap(int instruction, String map) {
    TreeMap<Integer, String> more = new TreeMap<>(maps);
    more.put(instruction, map);
    return new BpfProgram(name, link, hook, code, more);
  }

  public String name() {
    return name;
  }

  public String link() {
    return link;
  }

  public Hook hook() {
    return hook;
  }

  /** The instructions before maps are put in; a fresh array. */
  public byte[] code() {
    return code.clone();
  }

  /** Names of maps by the index of the instruction that loads them. */
  public Map<Integer, String> maps() {
    return java.util.Collections.unmodifiableMap(maps);
  }

  @Override
  public Key key() {
    return new Key(link, hook, name);
  }

  @Override
  public Kind kind() {
    return Kind.BPF_PROGRAM;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof BpfProgram p
        && p.key().equals(key())
        && Arrays.equals(p.code, code)
        && p.maps.equals(maps);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, link, hook, Arrays.hashCode(code));
  }

  @Override
  public String toString() {
    return "bpf program "
        + name
        + " dev "
        + link
        + " "
        + hook.name().toLowerCase(java.util.Locale.ROOT)
        + " instructions "
        + code.length / INSTRUCTION_BYTES;
  }
}
