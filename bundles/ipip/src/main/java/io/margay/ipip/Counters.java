// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.ipip.Assembler.Size.LONG;
import static io.margay.ipip.Assembler.Size.WORD;
import static io.margay.ipip.Register.R0;
import static io.margay.ipip.Register.R1;
import static io.margay.ipip.Register.R2;
import static io.margay.ipip.Register.STACK;

import io.margay.api.dataplane.BpfMap;
import java.util.List;

/** What the programs count: packets, or when the kernel merges several into one, those. */
final class Counters {
  static final String MAP = "ipip_counters";

  static final int ENCAPSULATED = 0;
  static final int DECAPSULATED = 1;
  static final int UNKNOWN_PEER = 2;
  static final int ERRORS = 3;

  /** Names by index. */
  static final List<String> NAMES =
      List.of("encapsulated", "decapsulated", "unknownPeer", "errors");

  private static final int KEY = -32;

  private Counters() {}

  static BpfMap map() {
    return BpfMap.ofCounters(MAP, NAMES);
  }

  /**
   * Adds one to the counter whose index is in the register, which keeps it over a call. No other
   * program runs on this processor meanwhile.
   */
  static Assembler count(Assembler program, Register index) {
    return program
        .store(WORD, STACK, KEY, index)
        .loadMap(R1, MAP)
        .move(R2, STACK)
        .add(R2, KEY)
        .call(Helper.MAP_LOOKUP_ELEM)
        .jumpIfEqual(R0, 0, "counted")
        .load(LONG, R1, R0, 0)
        .add(R1, 1)
        .store(LONG, R0, 0, R1)
        .label("counted");
  }
}
