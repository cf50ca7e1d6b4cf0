// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/**
 * A queueing discipline or a filter of traffic control. linux/rtnetlink.h struct tcmsg.
 *
 * @param newType RTM_NEWQDISC or RTM_NEWTFILTER
 * @param index the device
 * @param handle tells filters of one priority apart; of a qdisc its number
 * @param parent of a filter the side of the device, {@link #INGRESS} or {@link #EGRESS}
 * @param info of a filter priority and protocol
 */
public record TrafficMessage(
    int newType, int index, int handle, int parent, int info, Attributes attributes)
    implements Message {
  public static final int TCA_KIND = 1;
  public static final int TCA_OPTIONS = 2;

  /** linux/pkt_cls.h TCA_BPF_*. */
  public static final int TCA_BPF_FD = 6;

  public static final int TCA_BPF_NAME = 7;
  public static final int TCA_BPF_FLAGS = 8;
  public static final int TCA_BPF_ID = 11;

  /** linux/pkt_sched.h TCA_TBF_*. */
  private static final int TCA_TBF_PARMS = 1;

  private static final int TCA_TBF_RATE64 = 4;
  private static final int TCA_TBF_BURST = 6;

  /** struct tc_tbf_qopt: rate and peak rate as struct tc_ratespec, limit, buffer, mtu. */
  private static final int TBF_BYTES = 36;

  private static final int TBF_LINKLAYER_AT = 1;
  private static final int TBF_RATE_AT = 8;
  private static final int TBF_LIMIT_AT = 24;
  private static final int TC_LINKLAYER_ETHERNET = 1;
  private static final long MAX_U32 = 0xffffffffL;
  private static final String TOKEN_BUCKET = "tbf";
  private static final int TC_H_ROOT = 0xffffffff;

  /** linux/pkt_sched.h TC_H_CLSACT with TC_H_MIN_INGRESS, packets that arrive. */
  public static final int INGRESS = 0xfffffff2;

  /** linux/pkt_sched.h TC_H_CLSACT with TC_H_MIN_EGRESS, packets about to leave. */
  public static final int EGRESS = 0xfffffff3;

  private static final int TC_H_CLSACT = 0xfffffff1;
  private static final int TC_H_CLSACT_MAJOR = 0xffff0000;

  /** The program's result says what becomes of the packet. */
  private static final int TCA_BPF_FLAG_ACT_DIRECT = 1;

  private static final int ETH_P_ALL = 0x0003;
  private static final int HEADER_BYTES = 20;

  /** The qdisc to which programs are attached on both sides of a device. */
  public static TrafficMessage clsact(int index) {
    Attributes kind = Attributes.NONE.withString(TCA_KIND, "clsact");
    return new TrafficMessage(RTM_NEWQDISC, index, TC_H_CLSACT_MAJOR, TC_H_CLSACT, 0, kind);
  }

  /**
   * A program on one side of a device that has {@link #clsact}, for packets of all protocols.
   *
   * @param priority 1..65535, lower ones see a packet first
   * @param handle among those of one priority; what has it already is replaced in one step
   */
  public static TrafficMessage program(int index, int parent, int priority, int handle) {
    int info = priority << 16 | Short.toUnsignedInt(Short.reverseBytes((short) ETH_P_ALL));
    Attributes kind = Attributes.NONE.withString(TCA_KIND, "bpf");
    return new TrafficMessage(RTM_NEWTFILTER, index, handle, parent, info, kind);
  }

  /**
   * The token bucket filter of a device, in the place of whatever qdisc it has.
   *
   * @param handle number of the qdisc, its upper 16 bits
   * @param limitBytes of the queue, burst included
   */
  public static TrafficMessage tokenBucket(
      int index, int handle, long bytesPerSecond, int burstBytes, int limitBytes) {
    ByteBuffer parms = ByteBuffer.allocate(TBF_BYTES).order(ByteOrder.nativeOrder());
    parms.put(TBF_LINKLAYER_AT, (byte) TC_LINKLAYER_ETHERNET); // Else it wants a table of times.
    parms.putInt(TBF_RATE_AT, (int) Math.min(bytesPerSecond, MAX_U32));
    parms.putInt(TBF_LIMIT_AT, limitBytes);
    Attributes options =
        Attributes.NONE.with(TCA_TBF_PARMS, parms.array()).withU32(TCA_TBF_BURST, burstBytes);
    if (bytesPerSecond > MAX_U32) {
      byte[] rate = new byte[Long.BYTES];
      ByteBuffer.wrap(rate).order(ByteOrder.nativeOrder()).putLong(bytesPerSecond);
      options = options.with(TCA_TBF_RATE64, rate);
    }
    Attributes all =
        Attributes.NONE.withString(TCA_KIND, TOKEN_BUCKET).withNested(TCA_OPTIONS, options);
    return new TrafficMessage(RTM_NEWQDISC, index, handle, TC_H_ROOT, 0, all);
  }

  static TrafficMessage anyQdisc() {
    return new TrafficMessage(RTM_NEWQDISC, 0, 0, 0, 0, Attributes.NONE);
  }

  static TrafficMessage anyFilter(int index, int parent) {
    return new TrafficMessage(RTM_NEWTFILTER, index, 0, parent, 0, Attributes.NONE);
  }

  /** With the program to run, and a name of up to 255 bytes for it. */
  public TrafficMessage withProgram(BpfProgramFd program, String name) {
    Attributes options =
        Attributes.NONE
            .withU32(TCA_BPF_FD, program.fd())
            .withString(TCA_BPF_NAME, name)
            .withU32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    Attributes all = attributes.withNested(TCA_OPTIONS, options);
    return new TrafficMessage(newType, index, handle, parent, info, all);
  }

  /** Of a token bucket filter: the rate in bytes per second. */
  public OptionalLong bytesPerSecond() {
    Optional<byte[]> rate64 =
        tokenBucket().flatMap(o -> o.get(TCA_TBF_RATE64)).filter(v -> v.length == Long.BYTES);
    if (rate64.isPresent()) {
      return OptionalLong.of(
          ByteBuffer.wrap(rate64.get()).order(ByteOrder.nativeOrder()).getLong());
    }
    return u32(TBF_RATE_AT);
  }

  /** Of a token bucket filter: the length of its queue, burst included. */
  public OptionalLong limitBytes() {
    return u32(TBF_LIMIT_AT);
  }

  private OptionalLong u32(int at) {
    Optional<byte[]> parms =
        tokenBucket().flatMap(o -> o.get(TCA_TBF_PARMS)).filter(v -> v.length >= TBF_BYTES);
    return parms.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(
            Integer.toUnsignedLong(
                ByteBuffer.wrap(parms.get()).order(ByteOrder.nativeOrder()).getInt(at)));
  }

  private Optional<Attributes> tokenBucket() {
    return kind().equals(TOKEN_BUCKET) ? attributes.nested(TCA_OPTIONS) : Optional.empty();
  }

  /** Whether this qdisc takes all that a device sends. */
  public boolean isRoot() {
    return parent == TC_H_ROOT;
  }

  /** {@code clsact}, {@code bpf}, {@code noqueue} ... */
  public String kind() {
    return attributes.string(TCA_KIND).orElse("");
  }

  /** Of a filter: the lower one sees a packet first. */
  public int priority() {
    return info >>> 16;
  }

  /** Of a filter of kind bpf: the name it was given. */
  public Optional<String> programName() {
    return attributes.nested(TCA_OPTIONS).flatMap(o -> o.string(TCA_BPF_NAME));
  }

  /** Of a filter of kind bpf: the kernel's number of the program. */
  public OptionalInt programId() {
    return attributes.nested(TCA_OPTIONS).map(o -> o.u32(TCA_BPF_ID)).orElse(OptionalInt.empty());
  }

  @Override
  public String noun() {
    return newType == RTM_NEWQDISC ? "qdisc" : "filter";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.putInt(0).putInt(index).putInt(handle).putInt(parent).putInt(info);
    attributes.encode(out);
  }

  static TrafficMessage decode(int newType, ByteBuffer in) throws NetlinkException {
    Message.requireHeader("traffic control", in, HEADER_BYTES);
    in.getInt();
    int index = in.getInt();
    int handle = in.getInt();
    int parent = in.getInt();
    int info = in.getInt();
    Attributes attributes = Attributes.decode(in);
    return new TrafficMessage(newType, index, handle, parent, info, attributes);
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    String device = "dev " + deviceName.apply(index);
    if (newType == RTM_NEWQDISC) {
      return device + " " + kind();
    }
    String side = parent == INGRESS ? "ingress" : parent == EGRESS ? "egress" : "parent " + parent;
    String name = programName().map(n -> " " + n).orElse("");
    return device + " " + side + " pref " + priority() + " " + kind() + " handle " + handle + name;
  }
}
