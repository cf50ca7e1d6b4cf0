// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.util.function.IntFunction;

/** One change to ask the kernel for. */
public record Request(Operation operation, Message message) {
  static final int NLM_F_REQUEST = 0x001;
  static final int NLM_F_ACK = 0x004;
  static final int NLM_F_DUMP = 0x300;

  /** What to do with the object; the flags are those of linux/netlink.h. */
  public enum Operation {
    /** Create; EEXIST if there is one with this key. */
    ADD(0x400 | 0x200),
    /** Create, or take the place of the one with this key in one step. */
    REPLACE(0x400 | 0x100),
    /** Create beside what exists (routes of equal key, further remotes of an FDB entry). */
    APPEND(0x400 | 0x800),
    /** Change what exists; for a link the given attributes only. */
    CHANGE(0x100),
    /** Delete. */
    DELETE(0);

    private final int flags;

    Operation(int flags) {
      this.flags = flags;
    }
  }

  public static Request add(Message message) {
    return new Request(Operation.ADD, message);
  }

  public static Request replace(Message message) {
    return new Request(Operation.REPLACE, message);
  }

  public static Request append(Message message) {
    return new Request(Operation.APPEND, message);
  }

  public static Request change(Message message) {
    return new Request(Operation.CHANGE, message);
  }

  public static Request delete(Message message) {
    return new Request(Operation.DELETE, message);
  }

  int messageType() {
    return operation == Operation.DELETE ? message.newType() + 1 : message.newType();
  }

  int messageFlags() {
    // A link is changed by RTM_NEWLINK without flags; NLM_F_REPLACE is EOPNOTSUPP there.
    boolean plain = operation == Operation.CHANGE && message instanceof LinkMessage;
    return NLM_F_REQUEST | (plain ? 0 : operation.flags);
  }

  /** {@code route replace 10.1.2.0/24 dev vx0}. */
  String describe(IntFunction<String> deviceName) {
    String verb =
        switch (operation) {
          case ADD -> "add";
          case REPLACE -> "replace";
          case APPEND -> "append";
          case CHANGE -> message instanceof LinkMessage ? "set" : "change";
          case DELETE -> "del";
        };
    return message.noun() + " " + verb + " " + message.describe(deviceName);
  }
}
