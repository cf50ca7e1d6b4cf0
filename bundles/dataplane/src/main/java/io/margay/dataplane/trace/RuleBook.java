// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.netlink.NetlinkException;
import io.margay.netlink.NftSocket;
import io.margay.netlink.NftTrace;
import java.util.HashMap;
import java.util.Map;

/** The texts of rules, each looked up once. */
final class RuleBook {
  private final NftSocket socket;
  private final Map<String, String> texts = new HashMap<>();

  RuleBook(NftSocket socket) {
    this.socket = socket;
  }

  /** The text of the rule that a message is of. */
  String text(NftTrace message) {
    String key = message.family() + " " + message.table() + " " + message.handle();
    return texts.computeIfAbsent(key, k -> read(message));
  }

  private String read(NftTrace m) {
    try {
      return socket
          .rule(m.family(), m.table(), m.chain(), m.handle())
          .map(RuleText::of)
          .orElse("removed meanwhile");
    } catch (NetlinkException e) {
      return e.getMessage();
    }
  }
}
