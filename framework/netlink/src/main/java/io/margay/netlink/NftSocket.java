// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Lists what nftables holds, adds and removes elements of sets, and deletes tables. Tables, chains
 * and rules are written by {@code nft}.
 *
 * <p>Bound to the network namespace of the thread that opened it, usable from any thread, one
 * request at a time. Calls block until the kernel has answered.
 */
public final class NftSocket implements AutoCloseable {
  /** A table of the family inet; {@code comment} is empty when it has none. */
  public record Table(String name, int flags, String comment) {}

  /**
   * A chain of any table.
   *
   * @param hook NF_INET_* number of the hook of a base chain; empty for others
   * @param drops whether the policy of a base chain is drop
   * @param text all of it that a rule set defines, for comparison
   */
  public record Chain(
      int family, String table, String name, OptionalInt hook, boolean drops, String text) {}

  /** A set; {@code flags} are NFT_SET_*, {@code keyType} is nft's number of the type. */
  public record NftSet(String name, int flags, int keyType, int keyBytes) {}

  /** A named counter. */
  public record Counter(String name, long packets, long bytes) {}

  /**
   * An element to add or to delete, of a table of the family inet.
   *
   * @param keyEnd of a range the last, included; empty for one key
   */
  public record Change(boolean delete, String table, String set, byte[] key, byte[] keyEnd) {
    /** One key. */
    public Change(boolean delete, String table, String set, byte[] key) {
      this(delete, table, set, key, NOTHING);
    }

    private Step step() {
      Attributes element =
          Attributes.NONE.withNested(NFTA_SET_ELEM_KEY, Attributes.NONE.with(NFTA_DATA_VALUE, key));
      if (keyEnd.length > 0) {
        Attributes end = Attributes.NONE.with(NFTA_DATA_VALUE, keyEnd);
        element = element.withNested(NFTA_SET_ELEM_KEY_END, end);
      }
      Attributes attributes =
          Attributes.NONE
              .withString(NftMessage.NFTA_TABLE, table)
              .withString(NFTA_SET_ELEM_LIST_SET, set)
              .withNested(
                  NFTA_SET_ELEM_LIST_ELEMENTS, Attributes.NONE.withNested(NFTA_LIST_ELEM, element));
      return delete
          ? new Step(
              NftMessage.NFT_MSG_DELSETELEM,
              0,
              attributes,
              "delete element inet " + table + " " + set)
          : new Step(
              NftMessage.NFT_MSG_NEWSETELEM,
              NLM_F_CREATE,
              attributes,
              "add element inet " + table + " " + set);
    }
  }

  /**
   * One message of a transaction, for a table of the family inet.
   *
   * @param message one of {@link NftMessage}'s types
   * @param flags beside NLM_F_REQUEST and NLM_F_ACK
   * @param text what it does, for the message of a refusal
   */
  public record Step(int message, int flags, Attributes attributes, String text) {}

  /** linux/netfilter.h NF_INET_FORWARD. */
  public static final int NF_INET_FORWARD = 2;

  /** linux/netlink.h: of a {@link Step} that creates. */
  public static final int NLM_F_CREATE = 0x400;

  /** linux/netlink.h: of a {@link Step} that creates a rule behind those that are there. */
  public static final int NLM_F_APPEND = 0x800;

  private static final int NFTA_TABLE_FLAGS = 2;
  private static final int NFTA_TABLE_USERDATA = 6;
  private static final int NFTA_CHAIN_NAME = 3;
  private static final int NFTA_CHAIN_HOOK = 4;
  private static final int NFTA_CHAIN_POLICY = 5;
  private static final int NFTA_CHAIN_TYPE = 7;
  private static final int NFTA_HOOK_HOOKNUM = 1;
  private static final int NF_DROP = 0;
  private static final int NFTA_RULE_CHAIN = 2;
  private static final int NFTA_RULE_HANDLE = 3;
  private static final int NFTA_RULE_EXPRESSIONS = 4;
  private static final int NFTA_SET_NAME = 2;
  private static final int NFTA_SET_FLAGS = 3;
  private static final int NFTA_SET_KEY_TYPE = 4;
  private static final int NFTA_SET_KEY_LEN = 5;
  private static final int NFTA_SET_ELEM_LIST_SET = 2;
  private static final int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
  private static final int NFTA_LIST_ELEM = 1;
  private static final int NFTA_SET_ELEM_KEY = 1;
  private static final int NFTA_SET_ELEM_KEY_END = 10;
  private static final int NFTA_DATA_VALUE = 1;
  private static final int NFTA_OBJ_NAME = 2;
  private static final int NFTA_OBJ_TYPE = 3;
  private static final int NFTA_OBJ_DATA = 4;
  private static final int NFT_OBJECT_COUNTER = 1;
  private static final int NFTA_COUNTER_BYTES = 1;
  private static final int NFTA_COUNTER_PACKETS = 2;

  /** linux/netfilter/nf_tables.h: the key has several fields. */
  public static final int NFT_SET_CONCAT = 0x80;

  /** Its elements are ranges. */
  public static final int NFT_SET_INTERVAL = 0x4;

  private static final byte[] NOTHING = {};
  private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

  /** In one transaction, which must fit one send; each is answered. */
  private static final int CHANGES_PER_BATCH = 256;

  private final Socket socket;
  private ByteBuffer out = Buffers.take();
  private ByteBuffer in = Buffers.take();
  private int sequence;

  private NftSocket(Socket socket) {
    this.socket = socket;
  }

  /**
   * Opens a socket in the network namespace of this thread.
   *
   * @throws NetlinkException EPROTONOSUPPORT if the kernel has no netfilter, EINVAL or EOPNOTSUPP
   *     if it has no nftables
   */
  public static NftSocket open() throws NetlinkException {
    NftSocket opened = new NftSocket(Socket.open(Socket.NETLINK_NETFILTER, RECEIVE_BUFFER_BYTES));
    try {
      opened.dump(
          NftMessage.NFT_MSG_GETTABLE, NftMessage.NFPROTO_INET, Attributes.NONE, (f, a) -> {});
      return opened;
    } catch (NetlinkException e) {
      opened.close();
      throw e;
    }
  }

  /** This socket's address, by which {@link NetlinkMonitor#ignore} knows its changes. */
  public int port() {
    return socket.port();
  }

  /** The table of this name of the family inet, if there is one. */
  public Optional<Table> table(String name) throws NetlinkException {
    return tables().stream().filter(table -> table.name().equals(name)).findFirst();
  }

  /** The chains of all tables of all families. */
  public List<Chain> chains() throws NetlinkException {
    List<Chain> found = new ArrayList<>();
    dump(
        NftMessage.NFT_MSG_GETCHAIN,
        NftMessage.NFPROTO_UNSPEC,
        Attributes.NONE,
        (family, chain) -> found.add(chain(family, chain)));
    return found;
  }

  private static Chain chain(int family, Attributes chain) {
    Optional<Attributes> hook = chain.nested(NFTA_CHAIN_HOOK);
    String name = chain.string(NFTA_CHAIN_NAME).orElse("");
    int policy = chain.be32(NFTA_CHAIN_POLICY).orElse(-1);
    String type = chain.string(NFTA_CHAIN_TYPE).orElse("");
    return new Chain(
        family,
        chain.string(NftMessage.NFTA_TABLE).orElse(""),
        name,
        hook.map(h -> h.be32(NFTA_HOOK_HOOKNUM)).orElse(OptionalInt.empty()),
        hook.isPresent() && policy == NF_DROP,
        name + " " + type + " " + hook + " " + policy);
  }

  /** The rules of a table of the family inet: chain and expressions, in order, for comparison. */
  public List<String> rules(String table) throws NetlinkException {
    List<String> found = new ArrayList<>();
    each(
        NftMessage.NFT_MSG_GETRULE,
        table,
        rule ->
            found.add(
                rule.string(NFTA_RULE_CHAIN).orElse("")
                    + " "
                    + HexFormat.of().formatHex(rule.get(NFTA_RULE_EXPRESSIONS).orElse(NOTHING))));
    return found;
  }

  /**
   * The rule with this handle: everything the kernel says of it.
   *
   * @param family NFPROTO_* number of the table's family
   */
  public Optional<Attributes> rule(int family, String table, String chain, long handle)
      throws NetlinkException {
    List<Attributes> found = new ArrayList<>();
    Attributes filter =
        Attributes.NONE.withString(NftMessage.NFTA_TABLE, table).withString(NFTA_RULE_CHAIN, chain);
    dump(
        NftMessage.NFT_MSG_GETRULE,
        family,
        filter,
        (f, rule) -> {
          boolean isInTable = rule.string(NftMessage.NFTA_TABLE).equals(Optional.of(table));
          if (isInTable && rule.be64(NFTA_RULE_HANDLE).orElse(0) == handle) {
            found.add(rule);
          }
        });
    return found.stream().findFirst();
  }

  /** The tables of the family inet. */
  public List<Table> tables() throws NetlinkException {
    List<Table> found = new ArrayList<>();
    dump(
        NftMessage.NFT_MSG_GETTABLE,
        NftMessage.NFPROTO_INET,
        Attributes.NONE,
        (family, table) -> {
          String comment = table.get(NFTA_TABLE_USERDATA).map(NftMessage::comment).orElse("");
          String name = table.string(NftMessage.NFTA_TABLE).orElse("");
          found.add(new Table(name, table.be32(NFTA_TABLE_FLAGS).orElse(0), comment));
        });
    return found;
  }

  /** The sets of a table of the family inet, anonymous ones included. */
  public List<NftSet> sets(String table) throws NetlinkException {
    List<NftSet> found = new ArrayList<>();
    each(
        NftMessage.NFT_MSG_GETSET,
        table,
        set ->
            found.add(
                new NftSet(
                    set.string(NFTA_SET_NAME).orElse(""),
                    set.be32(NFTA_SET_FLAGS).orElse(0),
                    set.be32(NFTA_SET_KEY_TYPE).orElse(0),
                    set.be32(NFTA_SET_KEY_LEN).orElse(0))));
    return found;
  }

  /** The elements of one set: everything the kernel says of each. */
  public List<Attributes> elements(String table, String set) throws NetlinkException {
    List<Attributes> found = new ArrayList<>();
    Attributes filter =
        Attributes.NONE
            .withString(NftMessage.NFTA_TABLE, table)
            .withString(NFTA_SET_ELEM_LIST_SET, set);
    dump(
        NftMessage.NFT_MSG_GETSETELEM,
        NftMessage.NFPROTO_INET,
        filter,
        (family, list) ->
            list.nested(NFTA_SET_ELEM_LIST_ELEMENTS)
                .ifPresent(elements -> found.addAll(elements.allNested(NFTA_LIST_ELEM))));
    return found;
  }

  /** The key of an element. */
  public static byte[] key(Attributes element) {
    return element
        .nested(NFTA_SET_ELEM_KEY)
        .flatMap(key -> key.get(NFTA_DATA_VALUE))
        .orElse(NOTHING);
  }

  /** The last key of an element that is a range; empty when it is one key. */
  public static byte[] keyEnd(Attributes element) {
    return element
        .nested(NFTA_SET_ELEM_KEY_END)
        .flatMap(key -> key.get(NFTA_DATA_VALUE))
        .orElse(NOTHING);
  }

  /** The named counters of a table of the family inet. */
  public List<Counter> counters(String table) throws NetlinkException {
    List<Counter> found = new ArrayList<>();
    each(
        NftMessage.NFT_MSG_GETOBJ,
        table,
        object -> {
          Attributes data = object.nested(NFTA_OBJ_DATA).orElse(Attributes.NONE);
          if (object.be32(NFTA_OBJ_TYPE).orElse(0) == NFT_OBJECT_COUNTER) {
            found.add(
                new Counter(
                    object.string(NFTA_OBJ_NAME).orElse(""),
                    data.be64(NFTA_COUNTER_PACKETS).orElse(0),
                    data.be64(NFTA_COUNTER_BYTES).orElse(0)));
          }
        });
    return found;
  }

  /**
   * Makes changes, many in one transaction. When the kernel refuses one, each is tried by itself,
   * so that the others take place. Adding an element that is there succeeds.
   *
   * @return for each change, in order, why the kernel refused it
   * @throws NetlinkException if the socket fails; how many took place is then unknown
   */
  public synchronized List<Optional<NetlinkException>> change(List<Change> changes)
      throws NetlinkException {
    List<Optional<NetlinkException>> results =
        new ArrayList<>(Collections.nCopies(changes.size(), Optional.empty()));
    for (int from = 0; from < changes.size(); from += CHANGES_PER_BATCH) {
      int to = Math.min(from + CHANGES_PER_BATCH, changes.size());
      List<Step> batch = changes.subList(from, to).stream().map(Change::step).toList();
      Optional<NetlinkException> refusal = transact(batch);
      if (refusal.isPresent() && batch.size() == 1) {
        results.set(from, refusal);
      } else if (refusal.isPresent()) {
        for (int i = 0; i < batch.size(); i++) {
          results.set(from + i, transact(batch.subList(i, i + 1)));
        }
      }
    }
    return results;
  }

  /** Deletes a table of the family inet with all that is in it. */
  public synchronized void deleteTable(String name) throws NetlinkException {
    Attributes table = Attributes.NONE.withString(NftMessage.NFTA_TABLE, name);
    String text = "delete table inet " + name;
    apply(List.of(new Step(NftMessage.NFT_MSG_DELTABLE, 0, table, text)));
  }

  /** Makes changes in one transaction: all take place, or none, and the first refusal is thrown. */
  public synchronized void apply(List<Step> steps) throws NetlinkException {
    Optional<NetlinkException> refusal = transact(steps);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  /** One transaction: all take place, or none and the first refusal is returned. */
  private Optional<NetlinkException> transact(List<Step> steps) throws NetlinkException {
    requireOpen();
    out.clear();
    int first = sequence + 1;
    append(NftMessage.NFNL_MSG_BATCH_BEGIN, 0, 0, NftMessage.NFNL_SUBSYS_NFTABLES, Attributes.NONE);
    for (Step step : steps) {
      int flags = Request.NLM_F_ACK | step.flags();
      int type = NftMessage.type(step.message());
      append(type, flags, NftMessage.NFPROTO_INET, 0, step.attributes());
    }
    append(NftMessage.NFNL_MSG_BATCH_END, 0, 0, NftMessage.NFNL_SUBSYS_NFTABLES, Attributes.NONE);
    socket.send(out);
    return receiveAnswers(first, steps);
  }

  /** Each step is answered; a failure of the whole is an answer to the batch's first message. */
  private Optional<NetlinkException> receiveAnswers(int first, List<Step> steps)
      throws NetlinkException {
    Optional<NetlinkException> refusal = Optional.empty();
    Set<Integer> answered = new HashSet<>();
    while (answered.size() < steps.size()) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        int i = answers.sequence() - first - 1;
        if (answers.type() != Datagram.NLMSG_ERROR || i < -1 || i >= steps.size()) {
          continue;
        }
        if (answers.error() != 0 && (refusal.isEmpty() || i < 0)) {
          String operation = steps.get(Math.max(i, 0)).text();
          refusal =
              Optional.of(new NetlinkException(operation, answers.error(), answers.errorText()));
        }
        if (i < 0) {
          return refusal;
        }
        answered.add(i);
      }
    }
    return refusal;
  }

  private void each(int message, String table, Consumer<Attributes> found) throws NetlinkException {
    Attributes filter = Attributes.NONE.withString(NftMessage.NFTA_TABLE, table);
    dump(
        message,
        NftMessage.NFPROTO_INET,
        filter,
        (family, object) -> {
          // Older kernels ignore the filter for some kinds.
          if (object.string(NftMessage.NFTA_TABLE).equals(Optional.of(table))) {
            found.accept(object);
          }
        });
  }

  private synchronized void dump(
      int message, int family, Attributes filter, BiConsumer<Integer, Attributes> found)
      throws NetlinkException {
    for (int attempt = 0; attempt <= NetlinkSocket.RETRIES; attempt++) {
      requireOpen();
      out.clear();
      append(NftMessage.type(message), Request.NLM_F_DUMP, family, 0, filter);
      socket.send(out);
      List<Runnable> results = new ArrayList<>();
      if (receiveDump((f, a) -> results.add(() -> found.accept(f, a)))) {
        results.forEach(Runnable::run);
        return;
      }
    }
    throw new NetlinkException("nftables dump", Errno.EINTR, "changed while it was read");
  }

  /** Reads to the end of a dump; false if the rule set changed meanwhile. */
  private boolean receiveDump(BiConsumer<Integer, Attributes> found) throws NetlinkException {
    boolean consistent = true;
    while (true) {
      socket.receive(in);
      Datagram answers = new Datagram(in);
      while (answers.next()) {
        if (answers.sequence() != sequence) {
          continue;
        }
        consistent &= !answers.has(Datagram.NLM_F_DUMP_INTR);
        boolean done = answers.type() == Datagram.NLMSG_DONE;
        if (done || answers.type() == Datagram.NLMSG_ERROR) {
          if (answers.error() != 0 && answers.error() != Errno.ENOENT) {
            throw new NetlinkException("nftables dump", answers.error(), answers.errorText());
          }
          return consistent;
        }
        found.accept(NftMessage.family(answers.body()), NftMessage.attributes(answers.body()));
      }
    }
  }

  private void append(int type, int flags, int family, int resource, Attributes attributes) {
    int start = out.position();
    out.putInt(0)
        .putShort((short) type)
        .putShort((short) (Request.NLM_F_REQUEST | flags))
        .putInt(++sequence)
        .putInt(0);
    NftMessage.header(out, family, resource);
    attributes.encode(out);
    out.putInt(start, out.position() - start);
  }

  private void requireOpen() {
    if (out == null) {
      throw new IllegalStateException("netlink socket is closed");
    }
  }

  @Override
  public synchronized void close() {
    if (out != null) {
      socket.close();
      Buffers.give(out);
      Buffers.give(in);
      out = null;
      in = null;
    }
  }
}
