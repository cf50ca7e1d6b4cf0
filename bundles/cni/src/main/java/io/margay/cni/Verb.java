// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

/** The operations of CNI 1.1.0. */
enum Verb {
  ADD,
  DEL,
  CHECK,
  GC,
  STATUS,
  VERSION;

  /** Whether the verb is about one attachment, so that it must not overtake another such verb. */
  boolean isAboutAttachment() {
    return this == ADD || this == DEL || this == CHECK;
  }

  /** Oldest configuration version that knows the verb. */
  SpecVersion since() {
    return switch (this) {
      case ADD, DEL, VERSION -> SpecVersion.V0_1_0;
      case CHECK -> SpecVersion.V0_4_0;
      case GC, STATUS -> SpecVersion.V1_1_0;
    };
  }
}
