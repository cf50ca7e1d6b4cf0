// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.net.Ip;
import io.margay.dataplane.trace.ProbeCodec.Answer;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProbeCodecTest {
  private static final TraceFlow ICMP = TraceFlow.icmp(Ip.parse("10.0.0.1"), Ip.parse("10.0.0.2"));
  private static final ProbeCodec ECHO4 = new ProbeCodec(ICMP, 0x1234);
  private static final ProbeCodec ECHO6 =
      new ProbeCodec(TraceFlow.icmp(Ip.parse("fd00::1"), Ip.parse("fd00::2")), 0x1234);
  private static final ProbeCodec SYN4 =
      new ProbeCodec(TraceFlow.tcp(Ip.parse("10.0.0.1"), Ip.parse("10.0.0.2"), 80), 0x1234);

  /** Header of a packet of protocol %s to 10.0.0.2, and the first 8 bytes behind it. */
  private static final String QUOTED4 = "4500001c0000400040%s00000a0000010a000002%s";

  @Test
  void makesPacketsOfTheSizeAskedFor() {
    assertEquals(180, ECHO4.request(200).capacity());
    assertEquals(160, ECHO6.request(200).capacity());
    assertEquals(8, ECHO4.request(0).capacity());
    assertEquals(20, SYN4.request(0).capacity());
    assertEquals(1480, SYN4.request(1500).capacity());
    ProbeCodec udp = new ProbeCodec(TraceFlow.udp(ICMP.from(), ICMP.to(), 53), 1);
    assertEquals(100 - 28, udp.request(100).capacity());
  }

  @Test
  void makesTheBytesThatOthersMake() {
    assertEquals("0800e5ca12340001", hex(ECHO4.request(28)));
    assertEquals("12340050001234000000000050020400514a0000", hex(SYN4.request(0)));
  }

  @Test
  void knowsItsEchoReply() {
    assertEquals(Optional.of(Kind.ECHO_REPLY), kind(ECHO4, "0000000012340001"));
    assertEquals(Optional.of(Kind.ECHO_REPLY), kind(ECHO6, "8100000012340001"));
    assertEquals(Optional.empty(), kind(ECHO4, "0000000012350001"));
    assertEquals(Optional.empty(), kind(SYN4, "0000000012340001"));
  }

  @Test
  void knowsWhatRoutersSayOfIt() {
    String quoted = QUOTED4.formatted("01", "0800000012340001");

    assertEquals(Optional.of(Kind.TTL_EXCEEDED), kind(ECHO4, "0b00000000000000" + quoted));
    assertEquals(Optional.of(Kind.UNREACHABLE), kind(ECHO4, "0301000000000000" + quoted));
    Answer tooBig = ECHO4.icmp(bytes("0304000000000578" + quoted)).orElseThrow();
    assertEquals(Kind.FRAGMENTATION_NEEDED, tooBig.kind());
    assertEquals(OptionalInt.of(1400), tooBig.mtuBytes());
    String prohibited = ECHO4.icmp(bytes("030d000000000000" + quoted)).orElseThrow().detail();
    assertEquals("administratively prohibited", prohibited);
    String syn = QUOTED4.formatted("06", "1234005000000000");
    assertEquals(Optional.of(Kind.TTL_EXCEEDED), kind(SYN4, "0b00000000000000" + syn));
  }

  @Test
  void leavesWhatIsAboutOthers() {
    String otherMark = QUOTED4.formatted("01", "0800000012350001");
    String otherProtocol = QUOTED4.formatted("11", "0800000012340001");
    String otherAddress = QUOTED4.formatted("01", "0800000012340001").replace("0002", "0003");

    for (String quoted : new String[] {otherMark, otherProtocol, otherAddress}) {
      assertEquals(Optional.empty(), kind(ECHO4, "0b00000000000000" + quoted));
    }
  }

  @Test
  void knowsTheAnswersToItsSyn() {
    String ports = "00501234" + "00000000" + "00123401" + "50";

    assertEquals(Kind.SYN_ACK, SYN4.tcp(bytes(ports + "12040000000000")).orElseThrow().kind());
    assertEquals(Kind.RESET, SYN4.tcp(bytes(ports + "14040000000000")).orElseThrow().kind());
    assertEquals(Optional.empty(), SYN4.tcp(bytes(ports + "10040000000000")));
    String others = ports.replace("1234", "1235");
    assertEquals(Optional.empty(), SYN4.tcp(bytes(others + "12040000000000")));
  }

  @Test
  void survivesAnyBytes() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] any = new byte[random.nextInt(80)];
      random.nextBytes(any);
      if (any.length > 8) {
        any[0] = (byte) (random.nextBoolean() ? 3 : 11);
        any[8] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
      }
      for (ProbeCodec codec : new ProbeCodec[] {ECHO4, ECHO6, SYN4}) {
        assertTrue(codec.icmp(ByteBuffer.wrap(any)).isEmpty());
        assertTrue(codec.tcp(ByteBuffer.wrap(any)).isEmpty());
      }
      PacketHeader.of(any, any);
    }
  }

  private static Optional<Kind> kind(ProbeCodec codec, String hex) {
    return codec.icmp(bytes(hex)).map(Answer::kind);
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }

  private static String hex(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
