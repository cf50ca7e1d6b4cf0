// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.PacketTracer;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.net.IpFamily;
import io.margay.netlink.Attributes;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NftMessage;
import io.margay.netlink.NftSocket;
import io.margay.netlink.NftSocket.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table of nftables that has a flow's packets traced, for the time of a watch.
 *
 * <p>It belongs to the socket that made it (NFT_TABLE_F_OWNER, Linux 5.12), so that the kernel
 * removes it with the process, whatever ends that. Under an older kernel {@link #sweep} removes
 * what a killed process left.
 *
 * <p>Each hook has a chain before and one behind all others. The first ones mark the packets; all
 * of them show how far a packet came, also past what nftables does not trace.
 */
final class TraceTable implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TraceTable.class);

  /** The hooks by their numbers NF_INET_*. */
  static final List<String> HOOKS =
      List.of("prerouting", "input", "forward", "output", "postrouting");

  static final String FIRST = "-first";
  static final String LAST = "-last";

  /** Packets of each rule: there, back, errors. */
  static final int MOST_PACKETS = 32;

  private static final List<String> MARKING = List.of("prerouting", "input", "forward", "output");
  private static final int NFT_TABLE_F_OWNER = 2;
  private static final int NFTA_TABLE_FLAGS = 2;
  private static final int NFTA_TABLE_USERDATA = 6;
  private static final int NFTA_CHAIN_TABLE = 1;
  private static final int NFTA_CHAIN_NAME = 3;
  private static final int NFTA_CHAIN_HOOK = 4;
  private static final int NFTA_CHAIN_TYPE = 7;
  private static final int NFTA_HOOK_HOOKNUM = 1;
  private static final int NFTA_HOOK_PRIORITY = 2;
  private static final int NFTA_RULE_TABLE = 1;
  private static final int NFTA_RULE_CHAIN = 2;
  private static final int NFTA_RULE_EXPRESSIONS = 4;

  /** Behind it the kernel only enters the connection into its table. */
  private static final int LAST_PRIORITY = Integer.MAX_VALUE - 1;

  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int SYN = 2;
  private static final int RST = 4;
  private static final int ACK = 16;
  private static final int[] ERRORS4 = {3, 11};
  private static final int[] ERRORS6 = {1, 2, 3};

  private final NftSocket socket;
  private final String name;

  private TraceTable(NftSocket socket, String name) {
    this.socket = socket;
    this.name = name;
  }

  /** Makes one in this thread's network namespace. */
  static TraceTable open(TraceFlow flow) throws NetlinkException {
    String name =
        PacketTracer.TABLES
            + ProcessHandle.current().pid()
            + "-"
            + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 24));
    NftSocket socket = NftSocket.open();
    try {
      install(socket, name, flow);
      return new TraceTable(socket, name);
    } catch (NetlinkException e) {
      socket.close();
      throw e;
    }
  }

  private static void install(NftSocket socket, String name, TraceFlow flow)
      throws NetlinkException {
    try {
      socket.apply(steps(name, flow, NFT_TABLE_F_OWNER));
    } catch (NetlinkException e) {
      if (!e.errno().equals("EOPNOTSUPP") && !e.errno().equals("EINVAL")) {
        throw e;
      }
      socket.apply(steps(name, flow, 0)); // Linux before 5.12 knows no owners.
    }
  }

  /** Removes what a killed process left in this thread's namespace, where the kernel did not. */
  static void sweep() throws NetlinkException {
    try (NftSocket socket = NftSocket.open()) {
      for (NftSocket.Table table : socket.tables()) {
        if (table.name().startsWith(PacketTracer.TABLES)
            && (table.flags() & NFT_TABLE_F_OWNER) == 0) {
          socket.deleteTable(table.name());
        }
      }
    }
  }

  String name() {
    return name;
  }

  /** For looking up what rules say. */
  NftSocket socket() {
    return socket;
  }

  @Override
  public void close() {
    // The table goes with the socket; only an older kernel has to be told.
    try {
      socket.deleteTable(name);
    } catch (NetlinkException e) {
      LOG.debug("Table {} was removed by somebody else: {}", name, e.getMessage());
    }
    socket.close();
  }

  private static List<Step> steps(String name, TraceFlow flow, int flags) {
    List<Step> steps = new ArrayList<>();
    Attributes table =
        Attributes.NONE
            .withString(NftMessage.NFTA_TABLE, name)
            .withBe32(NFTA_TABLE_FLAGS, flags)
            .with(NFTA_TABLE_USERDATA, comment("traces packets for a moment"));
    steps.add(step(NftMessage.NFT_MSG_NEWTABLE, NftSocket.NLM_F_CREATE, table, "table " + name));
    for (int hook = 0; hook < HOOKS.size(); hook++) {
      steps.add(chain(name, HOOKS.get(hook) + FIRST, hook, Integer.MIN_VALUE));
      steps.add(chain(name, HOOKS.get(hook) + LAST, hook, LAST_PRIORITY));
    }
    for (String hook : MARKING) {
      for (Expressions match : matches(flow)) {
        steps.add(rule(name, hook + FIRST, match.atMost(MOST_PACKETS).trace()));
      }
    }
    return steps;
  }

  /** libnftnl's pairs of type (0 is a comment), length and value. */
  private static byte[] comment(String text) {
    byte[] value = (text + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] data = new byte[2 + value.length];
    data[1] = (byte) value.length;
    System.arraycopy(value, 0, data, 2, value.length);
    return data;
  }

  private static Step chain(String table, String name, int hook, int priority) {
    Attributes place =
        Attributes.NONE.withBe32(NFTA_HOOK_HOOKNUM, hook).withBe32(NFTA_HOOK_PRIORITY, priority);
    Attributes chain =
        Attributes.NONE
            .withString(NFTA_CHAIN_TABLE, table)
            .withString(NFTA_CHAIN_NAME, name)
            .withNested(NFTA_CHAIN_HOOK, place)
            .withString(NFTA_CHAIN_TYPE, "filter");
    return step(NftMessage.NFT_MSG_NEWCHAIN, NftSocket.NLM_F_CREATE, chain, "chain " + name);
  }

  private static Step rule(String table, String chain, Expressions expressions) {
    Attributes rule =
        Attributes.NONE
            .withString(NFTA_RULE_TABLE, table)
            .withString(NFTA_RULE_CHAIN, chain)
            .withNested(NFTA_RULE_EXPRESSIONS, expressions.list());
    int flags = NftSocket.NLM_F_CREATE | NftSocket.NLM_F_APPEND;
    return step(NftMessage.NFT_MSG_NEWRULE, flags, rule, "rule of chain " + chain);
  }

  private static Step step(int message, int flags, Attributes attributes, String what) {
    return new Step(message, flags, attributes, "add " + what);
  }

  /** The packets there, back, and ICMP errors to who asked. */
  private static List<Expressions> matches(TraceFlow flow) {
    boolean six = IpFamily.of(flow.to()) == IpFamily.IPV6;
    int source = six ? 8 : 12;
    int destination = six ? 24 : 16;
    int icmp = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    int protocol = new ProbeCodec(flow, 0).ipProtocol();
    Expressions family =
        Expressions.NONE.meta(
            Expressions.NFT_META_NFPROTO, six ? NftMessage.NFPROTO_IPV6 : NftMessage.NFPROTO_IPV4);
    Expressions there =
        family
            .address(source, flow.from())
            .address(destination, flow.to())
            .meta(Expressions.NFT_META_L4PROTO, protocol);
    Expressions back =
        family
            .address(source, flow.to())
            .address(destination, flow.from())
            .meta(Expressions.NFT_META_L4PROTO, protocol);
    List<Expressions> matches = new ArrayList<>();
    if (flow.protocol() == Protocol.ICMP) {
      matches.add(there.icmpType(six ? 128 : 8));
      matches.add(back.icmpType(six ? 129 : 0));
    } else if (flow.protocol() == Protocol.UDP) {
      matches.add(there.port(2, flow.port()));
      matches.add(back.port(0, flow.port()));
    } else {
      // Connections that have been going on for long would push out the one that is looked for.
      matches.add(there.port(2, flow.port()).tcpFlags(SYN));
      matches.add(back.port(0, flow.port()).tcpFlags(SYN | ACK));
      matches.add(back.port(0, flow.port()).tcpFlags(RST | ACK));
    }
    for (int type : six ? ERRORS6 : ERRORS4) {
      matches.add(
          family
              .address(destination, flow.from())
              .meta(Expressions.NFT_META_L4PROTO, icmp)
              .icmpType(type));
    }
    return matches;
  }
}
