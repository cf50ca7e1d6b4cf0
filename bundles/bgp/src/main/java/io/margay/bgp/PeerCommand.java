// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import io.margay.api.net.Ip;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What the commands that name a peer have in common. */
final class PeerCommand {
  static final String PEER = "peer";
  static final String PEER_HELP =
      "name of the peer as bgp:peers shows it, its node, or its address";

  private PeerCommand() {}

  /** Asks something of the peers that are meant, on the speaker's thread. */
  static <T> List<T> ask(BgpSharing bgp, Invocation invocation, Function<Peer, T> question)
      throws CommandException, InterruptedException {
    String wanted = invocation.argument(PEER);
    List<T> answers =
        ask(
            bgp,
            speaker -> {
              List<T> all = new ArrayList<>();
              for (Peer peer : speaker.peers()) {
                if (isMeant(peer, wanted)) {
                  all.add(question.apply(peer));
                }
              }
              return all;
            });
    if (answers.isEmpty()) {
      throw new CommandException(
          "peer: " + wanted + " (expected: " + String.join(", ", names(bgp)) + ")");
    }
    return answers;
  }

  /** Asks something of the speaker. */
  static <T> T ask(BgpSharing bgp, Function<Speaker, T> question)
      throws CommandException, InterruptedException {
    try {
      return bgp.speaker().ask(question);
    } catch (IllegalStateException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private static boolean isMeant(Peer peer, String wanted) {
    return peer.settings().name().equals(wanted)
        || peer.settings().node().filter(wanted::equals).isPresent()
        || Ip.text(peer.settings().address()).equals(wanted);
  }

  /** Of all peers, to be offered. */
  static List<String> names(BgpSharing bgp) {
    return bgp.settings()
        .map(s -> s.peers().stream().map(peer -> Ip.text(peer.address())).toList())
        .orElse(List.of());
  }
}
