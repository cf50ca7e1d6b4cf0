// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.AS_PATH;
import static io.margay.bgp.codec.AttributeType.EXTENDED_LENGTH;
import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.MP_UNREACH_NLRI;
import static io.margay.bgp.codec.AttributeType.NEXT_HOP;
import static io.margay.bgp.codec.AttributeType.ORIGIN;

import io.margay.api.net.IpFamily;
import java.util.Optional;

/**
 * Reads UPDATE messages of one session. RFC 4271 section 4.3, RFC 4760, and RFC 7606 for what
 * becomes of errors: {@link #decode} throws when the session is lost, and otherwise says what is to
 * be done with the prefixes. Reused for each message; confined to a thread.
 */
public final class UpdateDecoder {
  /** What is to be done with a message. */
  public enum Action {
    /** Its withdrawals and its routes hold. */
    ACCEPT,
    /** All its prefixes count as withdrawn: an attribute cannot be trusted. */
    TREAT_AS_WITHDRAW,
    /** A family has been told completely. RFC 4724 section 2. */
    END_OF_RIB
  }

  private static final int MAX_ATTRIBUTES = 256;
  private static final int MP_REACH_MIN_LENGTH = 5;
  private static final int MP_UNREACH_MIN_LENGTH = 3;

  /** Prefixes within the message. */
  private static final class Field {
    int from;
    int to;
    int count;
    IpFamily family = IpFamily.IPV4;

    void set(int start, int end, int prefixes, IpFamily of) {
      from = start;
      to = end;
      count = prefixes;
      family = of;
    }
  }

  private final UpdateContext context;
  private final AttributeTable table;
  private final AttributeValidator validator;
  private final AttributeWriter canonical = new AttributeWriter();

  private byte[] bytes;
  private final Field withdrawn = new Field();
  private final Field nlri = new Field();
  private final Field reached = new Field();
  private final Field unreached = new Field();

  /** The first attribute of each type, in the order in which they stand. */
  private final int[] starts = new int[MAX_ATTRIBUTES];

  private int attributeCount;
  private int reachStart;
  private int unreachStart;
  private boolean isAscending;
  private Action action;
  private PathAttributes legacyAttributes;
  private PathAttributes reachAttributes;
  private Optional<IpFamily> endOfRib = Optional.empty();
  private String complaint = "";

  /** A decoder for one session, which shares the table with others of its kind of peer. */
  public UpdateDecoder(UpdateContext context, AttributeTable table) {
    this.context = context;
    this.table = table;
    validator = new AttributeValidator(context);
  }

  /**
   * Reads a message, of which nothing is kept but what this object shows until the next one.
   *
   * @param message a buffer that holds it; not changed
   * @param from where its header begins
   * @param to its end
   * @throws BgpException code 3, or 1/2; nothing of the message holds
   */
  public Action decode(byte[] message, int from, int to) throws BgpException {
    reset(message);
    int at = from + Message.HEADER_LENGTH;
    int withdrawnEnd = at + 2 + Bytes.u16(bytes, at);
    if (withdrawnEnd + 2 > to) {
      throw malformed("the withdrawn routes are longer than the message");
    }
    int attributesAt = withdrawnEnd + 2;
    int attributesEnd = attributesAt + Bytes.u16(bytes, withdrawnEnd);
    if (attributesEnd > to) {
      throw malformed("the attributes are longer than the message");
    }
    legacy(withdrawn, at + 2, withdrawnEnd);
    legacy(nlri, attributesEnd, to);
    scan(attributesAt, attributesEnd);
    readMultiprotocol();
    if (isEndOfRib(withdrawnEnd - at - 2, attributesEnd - attributesAt)) {
      action = Action.END_OF_RIB;
    } else if (action == Action.ACCEPT && nlri.count + reached.count > 0) {
      readAttributes(attributesAt, attributesEnd);
    }
    return action;
  }

  private void reset(byte[] message) {
    bytes = message;
    action = Action.ACCEPT;
    legacyAttributes = null;
    reachAttributes = null;
    endOfRib = Optional.empty();
    complaint = "";
    validator.clear();
    attributeCount = 0;
    reachStart = -1;
    unreachStart = -1;
    isAscending = true;
    reached.set(0, 0, 0, IpFamily.IPV4);
    unreached.set(0, 0, 0, IpFamily.IPV4);
  }

  private static BgpException malformed(String detail) {
    return BgpException.of(Notification.UPDATE, 1, detail);
  }

  private void legacy(Field field, int from, int to) throws BgpException {
    int count = Nlri.count(bytes, from, to, IpFamily.IPV4, hasPathIds(IpFamily.IPV4));
    if (count < 0) {
      String detail = "prefixes " + Bytes.hex(bytes, from, Math.min(to, from + 32));
      throw BgpException.of(Notification.UPDATE, 10, detail);
    }
    field.set(from, to, count, IpFamily.IPV4);
  }

  private boolean hasPathIds(IpFamily family) {
    return context.pathIdFamilies().contains(family);
  }

  // --- attributes' headers ---

  private void scan(int from, int to) throws BgpException {
    int at = from;
    int last = 0;
    while (at < to) {
      boolean isLong = (bytes[at] & EXTENDED_LENGTH) != 0;
      int valueAt = at + (isLong ? 4 : 3);
      if (valueAt > to || valueEnd(at) > to) {
        withdraw("an attribute is longer than all attributes", at, to);
        return;
      }
      int type = Bytes.u8(bytes, at + 1);
      if (type == MP_REACH_NLRI) {
        reachStart = once(reachStart, at);
      } else if (type == MP_UNREACH_NLRI) {
        unreachStart = once(unreachStart, at);
      } else if (type > last || isFirst(type)) {
        starts[attributeCount++] = at;
        isAscending &= type > last;
      } else {
        isAscending = false;
      }
      last = Math.max(last, type);
      at = valueEnd(at);
    }
  }

  /** Of two alike the first holds, but for these. RFC 7606 section 3 (g). */
  private static int once(int known, int at) throws BgpException {
    if (known >= 0) {
      throw malformed("MP_REACH_NLRI or MP_UNREACH_NLRI is there twice");
    }
    return at;
  }

  private boolean isFirst(int type) {
    for (int i = 0; i < attributeCount; i++) {
      if (Bytes.u8(bytes, starts[i] + 1) == type) {
        return false;
      }
    }
    return true;
  }

  private int valueAt(int start) {
    return start + ((bytes[start] & EXTENDED_LENGTH) != 0 ? 4 : 3);
  }

  private int valueEnd(int start) {
    return (bytes[start] & EXTENDED_LENGTH) != 0
        ? start + 4 + Bytes.u16(bytes, start + 2)
        : start + 3 + Bytes.u8(bytes, start + 2);
  }

  private void withdraw(String why, int from, int to) {
    action = Action.TREAT_AS_WITHDRAW;
    if (complaint.isEmpty()) {
      complaint = why;
      if (to > from) {
        complaint += ": " + Bytes.hex(bytes, from, Math.min(to, from + 32));
      }
    }
  }

  // --- prefixes of other families. RFC 4760 ---

  private void readMultiprotocol() throws BgpException {
    if (reachStart >= 0) {
      checkFlags(reachStart);
      readReached(valueAt(reachStart), valueEnd(reachStart));
    }
    if (unreachStart >= 0) {
      checkFlags(unreachStart);
      readUnreached(valueAt(unreachStart), valueEnd(unreachStart));
    }
  }

  private void checkFlags(int start) {
    if (!AttributeType.hasRightFlags(Bytes.u8(bytes, start + 1), Bytes.u8(bytes, start))) {
      withdraw("flags of an attribute", start, valueEnd(start));
    }
  }

  /** The family that we know and agreed upon; empty when its prefixes are to be ignored. */
  private Optional<IpFamily> family(int at) {
    IpFamily family = Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 2));
    return Optional.ofNullable(family).filter(context.families()::contains);
  }

  private void readReached(int at, int end) throws BgpException {
    if (end - at < MP_REACH_MIN_LENGTH) {
      throw multiprotocol("MP_REACH_NLRI is too short", at, end);
    }
    int nextHopLength = Bytes.u8(bytes, at + 3);
    int prefixesAt = at + MP_REACH_MIN_LENGTH + nextHopLength;
    if (prefixesAt > end) {
      throw multiprotocol("the next hop is longer than MP_REACH_NLRI", at, end);
    }
    Optional<IpFamily> family = family(at);
    if (family.isEmpty()) {
      return;
    }
    boolean isRight =
        nextHopLength == 4
            ? family.get() == IpFamily.IPV4
            : (nextHopLength == 16 || nextHopLength == 32)
                && (family.get() == IpFamily.IPV6 || context.hasExtendedNextHop());
    if (!isRight) {
      throw multiprotocol("a next hop of " + nextHopLength + " bytes", at, end);
    }
    prefixes(reached, prefixesAt, end, family.get());
    if (!AttributeValidator.isUsableNextHop(bytes, at + 4, nextHopLength)) {
      withdraw("next hop", at, prefixesAt);
    }
  }

  private void readUnreached(int at, int end) throws BgpException {
    if (end - at < MP_UNREACH_MIN_LENGTH) {
      throw multiprotocol("MP_UNREACH_NLRI is too short", at, end);
    }
    Optional<IpFamily> family = family(at);
    if (family.isPresent()) {
      prefixes(unreached, at + MP_UNREACH_MIN_LENGTH, end, family.get());
    }
  }

  private void prefixes(Field field, int at, int end, IpFamily family) throws BgpException {
    int count = Nlri.count(bytes, at, end, family, hasPathIds(family));
    if (count < 0) {
      throw multiprotocol("prefixes", at, end);
    }
    field.set(at, end, count, family);
  }

  private BgpException multiprotocol(String what, int at, int end) {
    String detail = what + ": " + Bytes.hex(bytes, at, Math.min(end, at + 40));
    return BgpException.of(Notification.UPDATE, 9, detail);
  }

  private boolean isEndOfRib(int withdrawnLength, int attributesLength) {
    if (withdrawnLength + nlri.count > 0) {
      return false;
    }
    if (attributesLength == 0) {
      endOfRib = Optional.of(IpFamily.IPV4);
    } else if (unreachStart >= 0 && attributeCount == 0 && reachStart < 0) {
      int at = valueAt(unreachStart);
      endOfRib =
          valueEnd(unreachStart) == at + MP_UNREACH_MIN_LENGTH ? family(at) : Optional.empty();
    }
    return endOfRib.isPresent();
  }

  // --- attributes ---

  private void readAttributes(int from, int to) throws BgpException {
    // Most messages are canonical, and most of their blocks have been seen before.
    if (reachStart < 0 && unreachStart < 0 && isAscending && context.hasFourOctetAs()) {
      legacyAttributes = table.find(bytes, from, to, Bytes.hash(bytes, from, to));
    }
    if (legacyAttributes == null) {
      decodeAttributes();
    }
    PathAttributes any = legacyAttributes != null ? legacyAttributes : reachAttributes;
    if (action == Action.ACCEPT && isForeignPath(any)) {
      action = Action.TREAT_AS_WITHDRAW;
      complaint = "the path " + any.asPath() + " does not begin with the peer's AS number";
    }
  }

  private boolean isForeignPath(PathAttributes attributes) {
    return context.isExternal()
        && context.peerAs() != 0
        && attributes.firstAs() != (int) context.peerAs();
  }

  private void decodeAttributes() throws BgpException {
    for (int i = 0; i < attributeCount; i++) {
      validator.add(bytes, starts[i], valueAt(starts[i]), valueEnd(starts[i]));
    }
    validator.finish();
    complaint = validator.complaint();
    if (validator.isUntrusted() || !validator.has(ORIGIN) || !validator.has(AS_PATH)) {
      withdraw("ORIGIN or AS_PATH is missing", 0, 0);
      return;
    }
    if (nlri.count > 0) {
      if (!validator.has(NEXT_HOP)) {
        withdraw("NEXT_HOP is missing", 0, 0);
        return;
      }
      validator.writeLegacy(canonical);
      legacyAttributes = interned();
    }
    if (reached.count > 0) {
      int at = valueAt(reachStart);
      validator.writeReached(canonical, bytes, at);
      reachAttributes = interned();
    }
  }

  private PathAttributes interned() {
    int hash = Bytes.hash(canonical.bytes(), 0, canonical.length());
    PathAttributes known = table.find(canonical.bytes(), 0, canonical.length(), hash);
    return known != null ? known : table.intern(new PathAttributes(canonical.toByteArray(), hash));
  }

  // --- what the message said ---

  /** For {@link Action#END_OF_RIB}. */
  public Optional<IpFamily> endOfRib() {
    return endOfRib;
  }

  /** What was wrong with attributes, with their first bytes; empty when nothing was. */
  public String complaint() {
    return complaint;
  }

  /** Types of attributes that were left out of the routes. RFC 7606 section 2. */
  public int[] discarded() {
    return validator.discarded();
  }

  /** The family of what is in MP_REACH_NLRI. */
  public IpFamily reachedFamily() {
    return reached.family;
  }

  /** The family of what is in MP_UNREACH_NLRI. */
  public IpFamily unreachedFamily() {
    return unreached.family;
  }

  public int withdrawnCount() {
    return withdrawn.count;
  }

  /** IPv4 prefixes that are withdrawn. */
  public void withdrawn(Nlri.Sink sink) {
    each(withdrawn, sink);
  }

  public int unreachedCount() {
    return unreached.count;
  }

  /** Prefixes that MP_UNREACH_NLRI withdraws. */
  public void unreached(Nlri.Sink sink) {
    each(unreached, sink);
  }

  public int nlriCount() {
    return nlri.count;
  }

  /** IPv4 prefixes behind the attributes. */
  public void nlri(Nlri.Sink sink) {
    each(nlri, sink);
  }

  /** Attributes of {@link #nlri}; null unless it is accepted and there are prefixes. */
  public PathAttributes nlriAttributes() {
    return legacyAttributes;
  }

  public int reachedCount() {
    return reached.count;
  }

  /** Prefixes of MP_REACH_NLRI. */
  public void reached(Nlri.Sink sink) {
    each(reached, sink);
  }

  /** Attributes of {@link #reached}; null unless it is accepted and there are prefixes. */
  public PathAttributes reachedAttributes() {
    return reachAttributes;
  }

  private void each(Field field, Nlri.Sink sink) {
    Nlri.forEach(bytes, field.from, field.to, field.family, hasPathIds(field.family), sink);
  }
}
