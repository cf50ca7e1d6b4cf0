// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.netlink.Attributes;
import io.margay.netlink.NftMessage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A rule of nftables in nft's words: what is common is spelt out, of the rest the kind is named.
 * For people to recognise it; not to be read back.
 */
final class RuleText {
  private static final int NFTA_RULE_EXPRESSIONS = 4;
  private static final int NFTA_RULE_USERDATA = 7;
  private static final int NFT_REG_VERDICT = 0;

  /** Marks and states are in host order, what comes from the packet is not. */
  private static final boolean HOST_IS_LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  /** linux/netfilter/nf_tables.h enum nft_meta_keys, in order. */
  private static final String[] META =
      ("length protocol priority mark iif oif iifname oifname iiftype oiftype skuid skgid nftrace"
              + " rtclassid secmark nfproto l4proto")
          .split(" ");

  /** enum nft_ct_keys. */
  private static final String[] CT =
      "state direction status mark secmark expiration helper l3proto saddr daddr protocol"
          .split(" ");

  private static final String[] CT_STATES = {"invalid", "established", "related", "new"};

  /** enum nft_cmp_ops. */
  private static final String[] OPERATORS = {"", "!= ", "< ", "<= ", "> ", ">= "};

  /** What the registers hold, in words. */
  private final Map<Integer, String> registers = new HashMap<>();

  /** Masks put on registers. */
  private final Map<Integer, byte[]> masks = new HashMap<>();

  private final List<String> words = new ArrayList<>();

  private RuleText() {}

  /** The text of a rule with its comment, from everything the kernel says of it. */
  static String of(Attributes rule) {
    RuleText text = new RuleText();
    Attributes expressions = rule.nested(NFTA_RULE_EXPRESSIONS).orElse(Attributes.NONE);
    for (Attributes expression : expressions.allNested(Expressions.NFTA_LIST_ELEM)) {
      String name = expression.string(Expressions.NFTA_EXPR_NAME).orElse("");
      Attributes data = expression.nested(Expressions.NFTA_EXPR_DATA).orElse(Attributes.NONE);
      text.add(name, data);
    }
    String comment = rule.get(NFTA_RULE_USERDATA).map(NftMessage::comment).orElse("");
    if (!comment.isEmpty()) {
      text.words.add("comment \"" + comment + "\"");
    }
    return text.withoutImplied();
  }

  /** Without the tests of family and protocol that nft adds to those of addresses and ports. */
  private String withoutImplied() {
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String next = i + 1 < words.size() ? words.get(i + 1) : "";
      boolean isPort = next.startsWith("sport") || next.startsWith("dport");
      if (words.get(i).startsWith("meta l4proto ") && isPort) {
        shown.add(words.get(i).substring("meta l4proto ".length()));
      } else if (!words.get(i).startsWith("meta nfproto ") || !next.startsWith("ip")) {
        shown.add(words.get(i));
      }
    }
    return String.join(" ", shown);
  }

  private void add(String name, Attributes data) {
    switch (name) {
      case "meta" -> meta(data);
      case "ct" -> load(data, 1, "ct " + named(CT, data.be32(2).orElse(-1)));
      case "payload" -> payload(data);
      case "bitwise" -> bitwise(data);
      case "cmp" -> compare(data);
      case "lookup" -> lookup(data);
      case "immediate" -> immediate(data);
      case "match" -> match(data);
      case "target" -> words.add(data.string(1).orElse("target"));
      case "objref" -> words.add(data.string(2).map(object -> "\"" + object + "\"").orElse(name));
      default -> words.add(name);
    }
  }

  /** A match of iptables-nft; of its comment, the text. */
  private void match(Attributes data) {
    String name = data.string(1).orElse("");
    words.add(
        name.equals("comment") ? "comment \"" + data.string(3).orElse("") + "\"" : "match " + name);
  }

  private void load(Attributes data, int registerAttribute, String field) {
    int register = data.be32(registerAttribute).orElse(-1);
    registers.put(register, field);
    masks.remove(register);
  }

  private String field(Attributes data, int registerAttribute) {
    return registers.getOrDefault(data.be32(registerAttribute).orElse(-1), "value");
  }

  private void meta(Attributes data) {
    String field = named(META, data.be32(Expressions.NFTA_META_KEY).orElse(-1));
    field = field.equals("mark") || field.contains("proto") ? "meta " + field : field;
    if (data.has(Expressions.NFTA_META_SREG)) {
      words.add(field + " set");
    } else {
      load(data, Expressions.NFTA_META_DREG, field);
    }
  }

  private void payload(Attributes data) {
    if (!data.has(Expressions.NFTA_PAYLOAD_DREG)) {
      words.add("payload set");
      return;
    }
    int base = data.be32(Expressions.NFTA_PAYLOAD_BASE).orElse(-1);
    int offset = data.be32(Expressions.NFTA_PAYLOAD_OFFSET).orElse(-1);
    int length = data.be32(Expressions.NFTA_PAYLOAD_LEN).orElse(-1);
    load(data, Expressions.NFTA_PAYLOAD_DREG, payload(base, offset, length));
  }

  private static String payload(int base, int offset, int length) {
    if (base == Expressions.NFT_PAYLOAD_NETWORK_HEADER) {
      // Prefixes of whole bytes are loaded without the rest.
      return switch (offset + "/" + length) {
        case "9/1" -> "ip protocol";
        case "6/1" -> "ip6 nexthdr";
        case "12/1", "12/2", "12/3", "12/4" -> "ip saddr";
        case "16/1", "16/2", "16/3", "16/4" -> "ip daddr";
        default ->
            offset == 8 && length > 1
                ? "ip6 saddr"
                : offset == 24 ? "ip6 daddr" : "@nh," + offset * 8 + "," + length * 8;
      };
    }
    if (base == Expressions.NFT_PAYLOAD_TRANSPORT_HEADER && length <= 2) {
      switch (offset) {
        case 0:
          return length == 1 ? "icmp type" : "sport";
        case 2:
          return "dport";
        default:
      }
    }
    return "@" + (base == 0 ? "ll" : "th") + "," + offset * 8 + "," + length * 8;
  }

  private void bitwise(Attributes data) {
    String field = field(data, 1);
    int register = data.be32(2).orElse(-1);
    registers.put(register, field);
    data.nested(4)
        .flatMap(mask -> mask.get(Expressions.NFTA_DATA_VALUE))
        .ifPresent(mask -> masks.put(register, mask));
  }

  private void compare(Attributes data) {
    int register = data.be32(Expressions.NFTA_CMP_SREG).orElse(-1);
    int operator = data.be32(Expressions.NFTA_CMP_OP).orElse(0);
    byte[] value =
        data.nested(Expressions.NFTA_CMP_DATA)
            .flatMap(d -> d.get(Expressions.NFTA_DATA_VALUE))
            .orElse(new byte[0]);
    String field = field(data, Expressions.NFTA_CMP_SREG);
    byte[] mask = masks.get(register);
    if (field.equals("ct state") && mask != null && operator == 1) {
      words.add(field + " " + states(mask));
    } else {
      String sign = operator < OPERATORS.length ? OPERATORS[operator] : "";
      words.add(field + " " + sign + value(field, value, mask));
    }
  }

  private static String states(byte[] mask) {
    int bits = number(mask, HOST_IS_LITTLE);
    List<String> states = new ArrayList<>();
    for (int i = 0; i < CT_STATES.length; i++) {
      if ((bits & 1 << i) != 0) {
        states.add(CT_STATES[i]);
      }
    }
    return String.join(",", states);
  }

  private static String value(String field, byte[] value, byte[] mask) {
    if (field.endsWith("name")) {
      String text = new String(value, StandardCharsets.UTF_8);
      int end = text.indexOf(0);
      return "\"" + (end < 0 ? text + "*" : text.substring(0, end)) + "\"";
    }
    if (field.endsWith("addr")) {
      return prefix(value, mask, field.startsWith("ip6") ? 16 : 4);
    }
    if (field.equals("meta l4proto") || field.equals("ip protocol")) {
      return protocol(number(value, false));
    }
    if (field.endsWith("port") || field.endsWith("type") || field.startsWith("ip")) {
      return String.valueOf(number(value, false));
    }
    if (field.equals("meta nfproto")) {
      return number(value, false) == NftMessage.NFPROTO_IPV4 ? "ipv4" : "ipv6";
    }
    if (field.endsWith("mark")) {
      return "0x%08x".formatted(number(value, HOST_IS_LITTLE));
    }
    return "0x" + HexFormat.of().formatHex(value);
  }

  private static String protocol(int number) {
    return switch (number) {
      case 1 -> "icmp";
      case 6 -> "tcp";
      case 17 -> "udp";
      case 58 -> "ipv6-icmp";
      default -> String.valueOf(number);
    };
  }

  private static String prefix(byte[] value, byte[] mask, int addressBytes) {
    byte[] address = new byte[addressBytes];
    System.arraycopy(value, 0, address, 0, Math.min(value.length, addressBytes));
    int bits = 8 * value.length;
    if (mask != null) {
      bits = 0;
      for (byte part : mask) {
        bits += Integer.bitCount(part & 0xff);
      }
    }
    try {
      String text = InetAddress.getByAddress(address).getHostAddress();
      return bits == 8 * addressBytes ? text : text + "/" + bits;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("of the right length", e);
    }
  }

  private static int number(byte[] value, boolean littleEndian) {
    int number = 0;
    for (int i = 0; i < value.length && i < Integer.BYTES; i++) {
      int next = value[littleEndian ? Math.min(value.length, Integer.BYTES) - 1 - i : i] & 0xff;
      number = number << 8 | next;
    }
    return number;
  }

  private void lookup(Attributes data) {
    String set = data.string(1).orElse("");
    String in = data.be32(5).orElse(0) == 1 ? "not in " : "";
    String map = data.be32(3).orElse(-1) == NFT_REG_VERDICT ? "vmap " : "";
    // Anonymous sets have names of the kernel's.
    words.add(field(data, 2) + " " + in + map + (set.startsWith("__") ? "{ ... }" : "@" + set));
    if (data.has(3)) {
      load(data, 3, field(data, 2));
    }
  }

  private void immediate(Attributes data) {
    Attributes value = data.nested(Expressions.NFTA_IMMEDIATE_DATA).orElse(Attributes.NONE);
    if (data.be32(Expressions.NFTA_IMMEDIATE_DREG).orElse(-1) == NFT_REG_VERDICT) {
      Attributes verdict = value.nested(2).orElse(Attributes.NONE);
      words.add(Verdicts.text(verdict.be32(1).orElse(0), verdict.string(2).orElse("")));
    } else {
      load(data, Expressions.NFTA_IMMEDIATE_DREG, "value");
    }
  }

  private static String named(String[] names, int number) {
    return number >= 0 && number < names.length ? names[number] : "key " + number;
  }
}
