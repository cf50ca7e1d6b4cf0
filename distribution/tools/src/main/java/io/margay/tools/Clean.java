// SPDX-License-Identifier: Apache-2.0
package io.margay.tools;

import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.PacketTracer;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.NftSocket;
import io.margay.netlink.Request;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * {@code margay clean}: removes from the kernel of this node all that carries a mark of ours.
 *
 * <p>Asks neither an agent nor the store, so that it works when both are gone. Files stay, and so
 * do the values of sysctls, which carry no mark.
 */
public final class Clean {
  private static final String USAGE =
      """
      usage: margay clean [--state DIR] [--protocol N] [--dry-run]

      Removes what Margay put into the kernel of this node: pod links, tunnel links, routes, rules,
      addresses, neighbours, BPF programs and maps, and the nftables table margay. Pods lose their
      network. The agent must be stopped.

        --state DIR    state directory of the agent (default: /var/lib/margay)
        --protocol N   routeProtocol of io.margay.dataplane.cfg (default: 80)
        --dry-run      only print what would be removed
      """;

  private static final int EXIT_USAGE = 64;
  private static final int EXIT_AGENT_RUNS = 73;

  private Path state = Path.of("/var/lib/margay");
  private int protocol = 80;
  private boolean dryRun;

  private Clean() {}

  /** Exits with 0 when nothing of ours is left, 1 when the kernel refused something. */
  public static void main(String[] args) throws IOException {
    if (List.of(args).contains("--help")) {
      System.out.print(USAGE);
      return;
    }
    Clean clean = null;
    try {
      clean = of(args);
    } catch (IllegalArgumentException e) {
      System.err.println("margay clean: " + e.getMessage() + " (see margay clean --help)");
      System.exit(EXIT_USAGE);
    }
    System.exit(clean.run());
  }

  static Clean of(String... args) {
    Clean clean = new Clean();
    clean.parse(List.of(args).iterator());
    return clean;
  }

  private void parse(Iterator<String> words) {
    while (words.hasNext()) {
      String option = words.next();
      if (!List.of("--state", "--protocol", "--dry-run").contains(option)) {
        throw new IllegalArgumentException("unknown option: " + option);
      }
      if (option.equals("--dry-run")) {
        dryRun = true;
      } else if (!words.hasNext()) {
        throw new IllegalArgumentException(option + " needs a value");
      } else if (option.equals("--state")) {
        state = Path.of(words.next());
      } else {
        protocol = protocol(words.next());
      }
    }
  }

  private static int protocol(String text) {
    // The kernel and the administrator have the numbers below; linux/rtnetlink.h RTPROT_STATIC.
    if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) < 5 || Integer.parseInt(text) > 255) {
      throw new IllegalArgumentException("--protocol: " + text + " (expected: 5..255)");
    }
    return Integer.parseInt(text);
  }

  private int run() throws IOException {
    Path lock = state.resolve("agent.lock");
    if (!Files.exists(lock)) {
      return clean();
    }
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      FileLock held = channel.tryLock();
      if (held == null) {
        String pid = Files.readString(lock).strip();
        System.err.println("margay clean: the agent runs (pid " + pid + "), stop it first");
        return EXIT_AGENT_RUNS;
      }
      // Held until all is gone: an agent that starts meanwhile would put it back.
      return clean();
    }
  }

  private int clean() throws IOException {
    try (NetlinkSocket socket = NetlinkSocket.open()) {
      Optional<NftSocket> nft = openNft();
      int exitCode = remove(socket, nft);
      nft.ifPresent(NftSocket::close);
      return exitCode;
    } catch (NetlinkException e) {
      System.err.println("margay clean: " + e.getMessage());
      return 1;
    }
  }

  /** Empty when the kernel has no nftables, and so nothing of ours in them. */
  private static Optional<NftSocket> openNft() {
    try {
      return Optional.of(NftSocket.open());
    } catch (NetlinkException e) {
      return Optional.empty();
    }
  }

  /** Returns the exit code of the process. */
  int remove(NetlinkSocket socket, Optional<NftSocket> nft) throws NetlinkException, IOException {
    int removed = nft.isPresent() ? removeTables(nft.get()) : 0;
    int refused = 0;
    // One kind after the other: with a link goes what sits on it, and that is not refused then.
    for (Leftovers.Kind kind : Leftovers.Kind.values()) {
      List<Request> requests = new ArrayList<>();
      for (Leftovers.Item item : Leftovers.find(socket, kind, protocol)) {
        System.out.println(item.text());
        requests.add(item.removal());
      }
      if (!dryRun) {
        for (Optional<NetlinkException> refusal : socket.batch(requests)) {
          refusal.ifPresent(e -> System.err.println("margay clean: " + e.getMessage()));
          refused += refusal.isPresent() ? 1 : 0;
        }
      }
      removed += requests.size();
    }
    removed += removePins();
    String verb = dryRun ? "would be removed" : "removed";
    System.out.println((removed - refused) + " kernel objects " + verb);
    return refused == 0 ? 0 : 1;
  }

  private int removeTables(NftSocket nft) throws NetlinkException {
    int removed = 0;
    for (NftSocket.Table table : nft.tables()) {
      String name = table.name();
      if (name.equals(NftTable.NAME) || name.startsWith(PacketTracer.TABLES)) {
        System.out.println("nft table inet " + name);
        removed++;
        if (!dryRun) {
          nft.deleteTable(name);
        }
      }
    }
    return removed;
  }

  private int removePins() throws NetlinkException, IOException {
    Pins pins = new Pins(state.resolve("bpf"));
    List<String> found = pins.find();
    found.forEach(System.out::println);
    if (!dryRun) {
      pins.remove();
    }
    return found.size();
  }
}
