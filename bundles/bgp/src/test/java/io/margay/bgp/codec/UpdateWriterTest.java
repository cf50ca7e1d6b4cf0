// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UpdateWriterTest {
  private static final Set<IpFamily> BOTH = Set.of(IpFamily.IPV4, IpFamily.IPV6);

  private static ExportRules rules(boolean isExternal, boolean hasFourOctetAs, boolean keeps) {
    return new ExportRules(
        isExternal,
        65000,
        hasFourOctetAs,
        Map.of(IpFamily.IPV4, Ip.parse("10.0.0.9"), IpFamily.IPV6, Ip.parse("2001:db8::9")),
        true,
        keeps,
        0x0a000009);
  }

  private static UpdateContext context(boolean isExternal, boolean hasFourOctetAs) {
    return new UpdateContext(isExternal, 0, hasFourOctetAs, BOTH, Set.of(), true);
  }

  private static List<byte[]> messages(UpdateWriter writer) throws BgpException {
    List<byte[]> messages = new ArrayList<>();
    int at = 0;
    while (at < writer.length()) {
      int length = Message.length(writer.bytes(), at, writer.length(), Message.MAX_EXTENDED_LENGTH);
      messages.add(Arrays.copyOfRange(writer.bytes(), at, at + length));
      at += length;
    }
    return messages;
  }

  private static Prefix prefix(String text) {
    return Prefix.of(Cidr.parse(text));
  }

  private static void add(UpdateWriter writer, Prefix p) {
    writer.add(p.high(), p.low(), p.length());
  }

  @Test
  void fillsMessagesUpToTheLimit() throws BgpException {
    for (int max : new int[] {Message.MAX_LENGTH, Message.MAX_EXTENDED_LENGTH}) {
      for (IpFamily family : IpFamily.values()) {
        String nextHop = family == IpFamily.IPV4 ? "10.0.0.9" : "2001:db8::9";
        ExportRules rules =
            new ExportRules(false, 0, true, Map.of(family, Ip.parse(nextHop)), false, true, 0);
        EncodedAttributes attributes =
            new AttributeEncoder(rules).encode(PathAttributes.originated(), family, true, false, 0);
        UpdateWriter writer = new UpdateWriter(max);
        int count = 40_000;
        int bytes = family == IpFamily.IPV4 ? 5 : 9;

        writer.beginAnnounce(family, attributes);
        for (int i = 0; i < count; i++) {
          writer.add((long) (i + 1) << 32, 0, family == IpFamily.IPV4 ? 32 : 64);
        }
        writer.end();

        List<byte[]> messages = messages(writer);
        UpdateDecoder decoder = new UpdateDecoder(context(false, true), new AttributeTable());
        List<Long> seen = new ArrayList<>();
        for (byte[] message : messages) {
          assertEquals(UpdateDecoder.Action.ACCEPT, decoder.decode(message, 0, message.length));
          decoder.nlri((high, low, length) -> seen.add(high >>> 32));
          decoder.reached((high, low, length) -> seen.add(high >>> 32));
        }
        assertEquals(count, seen.stream().distinct().count());
        for (byte[] message : messages.subList(0, messages.size() - 1)) {
          assertTrue(message.length > max - bytes && message.length <= max, "" + message.length);
        }
      }
    }
  }

  @Test
  void writesWithdrawalsAndEndOfRib() throws BgpException {
    UpdateWriter writer = new UpdateWriter(Message.MAX_LENGTH);
    writer.beginWithdraw(IpFamily.IPV4);
    add(writer, prefix("10.1.0.0/16"));
    writer.end();
    writer.beginWithdraw(IpFamily.IPV6);
    add(writer, prefix("2001:db8:1::/65"));
    writer.end();
    writer.beginWithdraw(IpFamily.IPV6);
    writer.end();
    writer.endOfRib(IpFamily.IPV4);
    writer.endOfRib(IpFamily.IPV6);

    UpdateDecoder decoder = new UpdateDecoder(context(true, true), new AttributeTable());
    List<String> read = new ArrayList<>();
    for (byte[] message : messages(writer)) {
      UpdateDecoder.Action action = decoder.decode(message, 0, message.length);
      decoder.endOfRib().ifPresent(family -> read.add(action + " " + family));
      decoder.withdrawn((h, l, n) -> read.add("-" + new Prefix(IpFamily.IPV4, h, l, n)));
      decoder.unreached((h, l, n) -> read.add("-" + new Prefix(IpFamily.IPV6, h, l, n)));
    }

    assertEquals(
        List.of("-10.1.0.0/16", "-2001:db8:1::/65", "END_OF_RIB IPV4", "END_OF_RIB IPV6"), read);
  }

  /** Whatever a peer may tell is told on with the same meaning. */
  @Test
  void tellsOnWhatEveryAcceptedVectorSays() throws IOException, BgpException {
    int compared = 0;
    for (Vector vector : Vector.all()) {
      if (!vector.action().equals("accept") || Message.type(vector.message(), 0) != 2) {
        continue;
      }
      UpdateDecoder decoder = new UpdateDecoder(vector.updateContext(), new AttributeTable());
      decoder.decode(vector.message(), 0, vector.message().length);
      for (PathAttributes told :
          Arrays.asList(decoder.nlriAttributes(), decoder.reachedAttributes())) {
        if (told != null) {
          IpFamily family =
              told == decoder.reachedAttributes() ? decoder.reachedFamily() : IpFamily.IPV4;
          assertEquals(expected(told), toldOn(told, family, true), vector.id());
          compared++;
        }
      }
    }

    assertTrue(compared > 25, "" + compared);
  }

  /** An internal peer gets LOCAL_PREF in any case, and a global next hop only. */
  private static PathAttributes expected(PathAttributes told) {
    return told.withLocalPref(Integer.toUnsignedLong(told.localPref()));
  }

  private static PathAttributes toldOn(PathAttributes told, IpFamily family, boolean hasFourOctetAs)
      throws BgpException {
    AttributeEncoder encoder = new AttributeEncoder(rules(false, hasFourOctetAs, true));
    UpdateWriter writer = new UpdateWriter(Message.MAX_LENGTH);
    writer.beginAnnounce(family, encoder.encode(told, family, false, false, 0));
    writer.add(0x0a00000000000000L, 0, 8);
    writer.end();
    byte[] message = messages(writer).get(0);
    UpdateDecoder decoder = new UpdateDecoder(context(false, hasFourOctetAs), new AttributeTable());
    assertEquals(UpdateDecoder.Action.ACCEPT, decoder.decode(message, 0, message.length));
    return decoder.nlriCount() > 0 ? decoder.nlriAttributes() : decoder.reachedAttributes();
  }

  @Test
  void tellsOldSpeakersLongNumbersInTheirOwnAttribute() throws BgpException {
    PathAttributes told = PathAttributes.originated().withPrepended(4200000001L, 65001, 70000);

    PathAttributes read = toldOn(told, IpFamily.IPV4, false);

    assertEquals("4200000001 65001 70000", read.asPath().toString());
  }

  @Test
  void tellsExternalPeersOurPathAndNothingInternal() {
    PathAttributes told =
        PathAttributes.originated()
            .withPrepended(65001)
            .withLocalPref(300)
            .withCommunity("65000:7")
            .withCommunity("4200000000:1:2");
    AttributeEncoder encoder = new AttributeEncoder(rules(true, true, false));

    PathAttributes local =
        encoder.encode(told, IpFamily.IPV4, true, false, 0).decoded(IpFamily.IPV4);
    PathAttributes passedOn =
        encoder.encode(told, IpFamily.IPV4, false, true, 0).decoded(IpFamily.IPV4);

    assertEquals("65000 65001", local.asPath().toString());
    assertFalse(local.hasLocalPref());
    assertFalse(local.hasMed());
    assertTrue(local.hasCommunity("65000:7") && local.hasCommunity("4200000000:1:2"));
    assertEquals("10.0.0.9", Ip.text(local.nextHop()));
    // The node that has it tells it without, and is preferred.
    assertEquals(100, passedOn.med());
  }

  @Test
  void marksWhatIsReflected() {
    AttributeEncoder encoder = new AttributeEncoder(rules(false, true, true));
    PathAttributes told = PathAttributes.originated();

    PathAttributes once =
        encoder.encode(told, IpFamily.IPV4, false, false, 0x0a000007).decoded(IpFamily.IPV4);
    PathAttributes twice =
        encoder.encode(once, IpFamily.IPV4, false, false, 0x0a000008).decoded(IpFamily.IPV4);

    assertEquals(0x0a000007, twice.originatorId());
    assertEquals(
        List.of(0x0a000009, 0x0a000009), Arrays.stream(twice.clusterList()).boxed().toList());
  }

  @Test
  void refusesAttributesThatLeaveNoRoomForAPrefix() {
    PathAttributes huge = PathAttributes.originated();
    for (int i = 0; i < 1100; i++) {
      huge = huge.withCommunity("65000:" + i);
    }
    EncodedAttributes encoded =
        new AttributeEncoder(rules(true, true, false)).encode(huge, IpFamily.IPV4, true, false, 0);

    assertFalse(new UpdateWriter(Message.MAX_LENGTH).fits(encoded));
    assertTrue(new UpdateWriter(Message.MAX_EXTENDED_LENGTH).fits(encoded));
  }
}
