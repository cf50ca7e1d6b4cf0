// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ForeignFirewall;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.PacketTracer;
import io.margay.api.net.IpFamily;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.Attributes;
import io.margay.netlink.Event;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NftMessage;
import io.margay.netlink.NftSocket;
import io.margay.netlink.NftSocket.Change;
import io.margay.netlink.NftSocket.NftSet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our table of nftables in the kernel: structure by {@code nft}, elements by netlink.
 *
 * <p>The table's comment says which structure it is. A set of one element, {@code structure}, holds
 * a checksum of what the kernel made of it, so that a rule that somebody else removed or added is
 * noticed, also after a restart.
 */
final class NftKernel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NftKernel.class);
  private static final String TABLE = NftTable.NAME;
  private static final String CHECKSUM_SET = "structure";
  private static final Pattern SET = Pattern.compile("\\bset ([a-z][a-z0-9-]*) \\{");
  private static final Pattern COUNTER = Pattern.compile("\\bcounter ([a-z][a-z0-9-]*) \\{ *\\}");

  /** What makes and ends the chains of others. */
  private static final Set<Integer> CHAINS =
      Set.of(NftMessage.NFT_MSG_NEWCHAIN, NftMessage.NFT_MSG_DELCHAIN, NftMessage.NFT_MSG_DELTABLE);

  private final NftSocket socket;
  private final Consumer<List<ForeignFirewall>> firewalls;

  private NftKernel(NftSocket socket, Consumer<List<ForeignFirewall>> firewalls) {
    this.socket = socket;
    this.firewalls = firewalls;
  }

  /** Opens nftables of this thread's network namespace; empty when the kernel has none. */
  static Optional<NftKernel> open(Consumer<List<ForeignFirewall>> firewalls) {
    try {
      return Optional.of(new NftKernel(NftSocket.open(), firewalls));
    } catch (NetlinkException e) {
      LOG.warn("This kernel has no nftables: no host rules, no outgoing NAT ({})", e.getMessage());
      return Optional.empty();
    }
  }

  /** Whether an event may mean another state of our table, or another firewall. */
  static boolean concerns(Event event) {
    if (!(event instanceof Event.NftChanged changed)) {
      return true; // Lost events.
    }
    boolean isTrace = changed.table().startsWith(PacketTracer.TABLES);
    return changed.table().equals(TABLE) || CHAINS.contains(changed.message()) && !isTrace;
  }

  /** Reads our table, and reports the firewalls of others. */
  void readTable(Consumer<Found> sink) throws NetlinkException {
    List<NftSocket.Chain> chains = socket.chains();
    firewalls.accept(foreign(chains));
    Optional<NftSocket.Table> table = socket.table(TABLE);
    if (table.isPresent()) {
      boolean isWhole = isStored(checksum(table.get(), chains));
      NftTable found = NftTable.found(isWhole ? table.get().comment() : "");
      sink.accept(new Found(found, true));
    }
  }

  void readElements(Consumer<Found> sink) throws NetlinkException {
    for (NftSet set : socket.sets(TABLE)) {
      if (takesElements(set)) {
        for (Attributes element : socket.elements(TABLE, set.name())) {
          NftCodec.element(set, NftSocket.key(element), NftSocket.keyEnd(element))
              .ifPresent(found -> sink.accept(new Found(found, true)));
        }
      }
    }
  }

  /** Others have their elements in the structure: constant sets, intervals, anonymous sets. */
  private static boolean takesElements(NftSet set) {
    return (set.flags() & ~NftSocket.NFT_SET_CONCAT) == 0 && !set.name().equals(CHECKSUM_SET)
        || set.flags() == (NftSocket.NFT_SET_CONCAT | NftSocket.NFT_SET_INTERVAL);
  }

  Optional<Refusal> writeTable(NftTable table, List<NftElement> elements) throws NetlinkException {
    Optional<Refusal> refusal = NftCommand.run(script(table, elements), table.toString());
    if (refusal.isEmpty()) {
      Optional<NftSocket.Table> written = socket.table(TABLE);
      if (written.isPresent()) {
        byte[] key = checksum(written.get(), socket.chains());
        socket.change(List.of(new Change(false, TABLE, CHECKSUM_SET, key)));
      }
    }
    return refusal;
  }

  Map<Integer, Refusal> write(List<Write> writes) throws NetlinkException {
    Map<Integer, Refusal> refusals = new HashMap<>();
    if (writes.get(0).object() instanceof NftTable) {
      if (socket.table(TABLE).isPresent()) {
        socket.deleteTable(TABLE);
      }
      return refusals;
    }
    List<Change> changes = new ArrayList<>(writes.size());
    for (Write write : writes) {
      NftElement element = (NftElement) write.object();
      boolean delete = write.verb() == Verb.DELETE;
      changes.add(
          new Change(
              delete, TABLE, element.set(), NftCodec.key(element), NftCodec.keyEnd(element)));
    }
    List<Optional<NetlinkException>> results = socket.change(changes);
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).isPresent()) {
        String errno = results.get(i).get().errno();
        if (!changes.get(i).delete() || !errno.equals("ENOENT")) {
          refusals.put(i, new Refusal(errno, writes.get(i).object() + ": " + errno));
        }
      }
    }
    return refusals;
  }

  /** Packets and bytes by {@code nft.NAME.packets} and {@code nft.NAME.bytes}. */
  Map<String, Long> counters() throws NetlinkException {
    Map<String, Long> values = new TreeMap<>();
    for (NftSocket.Counter counter : socket.counters(TABLE)) {
      values.put("nft." + counter.name() + ".packets", counter.packets());
      values.put("nft." + counter.name() + ".bytes", counter.bytes());
    }
    return values;
  }

  int port() {
    return socket.port();
  }

  @Override
  public void close() {
    socket.close();
  }

  // --- the script ---

  private String script(NftTable table, List<NftElement> elements) throws NetlinkException {
    StringBuilder script = new StringBuilder();
    // Deletes the table whether it is there or not.
    script.append("add table inet " + TABLE + "\ndelete table inet " + TABLE + "\n");
    script.append("table inet " + TABLE + " {\ncomment \"" + table.digest() + "\"\n");
    script.append("set " + CHECKSUM_SET + " { type mark; }\n");
    script.append(withCounts(table.body())).append("\n}\n");
    Map<String, List<String>> bySet = new TreeMap<>();
    SET.matcher(table.body()).results().forEach(m -> bySet.put(m.group(1), new ArrayList<>()));
    for (NftElement element : elements) {
      if (bySet.containsKey(element.set())) {
        bySet.get(element.set()).add(element.text());
      }
    }
    bySet.forEach(
        (set, texts) -> {
          if (!texts.isEmpty()) {
            String all = String.join(", ", texts);
            script.append("add element inet " + TABLE + " " + set + " { " + all + " }\n");
          }
        });
    return script.toString();
  }

  /** Counters go on from where they are. */
  private String withCounts(String body) throws NetlinkException {
    Map<String, NftSocket.Counter> now = new HashMap<>();
    socket.counters(TABLE).forEach(c -> now.put(c.name(), c));
    return COUNTER
        .matcher(body)
        .replaceAll(
            match -> {
              NftSocket.Counter count = now.get(match.group(1));
              String value =
                  count == null ? "" : "packets " + count.packets() + " bytes " + count.bytes();
              return Matcher.quoteReplacement("counter " + match.group(1) + " { " + value + " }");
            });
  }

  // --- what the kernel made of it ---

  private boolean isStored(byte[] checksum) throws NetlinkException {
    return socket.elements(TABLE, CHECKSUM_SET).stream()
        .anyMatch(element -> Arrays.equals(NftSocket.key(element), checksum));
  }

  /** The same for the same structure in any order of listing. */
  private byte[] checksum(NftSocket.Table table, List<NftSocket.Chain> chains)
      throws NetlinkException {
    List<String> parts = new ArrayList<>(List.of("flags " + table.flags()));
    for (NftSocket.Chain chain : chains) {
      if (isOurs(chain)) {
        parts.add(chain.text());
      }
    }
    List<String> rules = socket.rules(TABLE);
    for (int i = 0; i < rules.size(); i++) {
      parts.add(i + " " + rules.get(i));
    }
    for (NftSet set : socket.sets(TABLE)) {
      parts.add(set.toString());
      if (!takesElements(set) && !set.name().equals(CHECKSUM_SET)) {
        socket.elements(TABLE, set.name()).forEach(e -> parts.add(set.name() + " " + e));
      }
    }
    int sum = 0;
    for (String part : parts) {
      CRC32 crc = new CRC32();
      crc.update(part.getBytes(StandardCharsets.UTF_8));
      sum += (int) crc.getValue();
    }
    return ByteBuffer.allocate(Integer.BYTES).putInt(sum).array();
  }

  // --- others ---

  private static List<ForeignFirewall> foreign(List<NftSocket.Chain> chains) {
    return chains.stream()
        .filter(c -> c.drops() && c.hook().orElse(-1) == NftSocket.NF_INET_FORWARD && !isOurs(c))
        .filter(c -> !families(c.family()).isEmpty())
        .map(
            c ->
                new ForeignFirewall(
                    families(c.family()), familyName(c.family()) + " " + c.table(), c.name()))
        .toList();
  }

  private static boolean isOurs(NftSocket.Chain chain) {
    return chain.family() == NftMessage.NFPROTO_INET && chain.table().equals(TABLE);
  }

  private static Set<IpFamily> families(int family) {
    return switch (family) {
      case NftMessage.NFPROTO_INET -> Set.of(IpFamily.IPV4, IpFamily.IPV6);
      case NftMessage.NFPROTO_IPV4 -> Set.of(IpFamily.IPV4);
      case NftMessage.NFPROTO_IPV6 -> Set.of(IpFamily.IPV6);
      default -> Set.of();
    };
  }

  private static String familyName(int family) {
    return switch (family) {
      case NftMessage.NFPROTO_INET -> "inet";
      case NftMessage.NFPROTO_IPV4 -> "ip";
      default -> "ip6";
    };
  }
}
