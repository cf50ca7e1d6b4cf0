// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.AttributeEncoder;
import io.margay.bgp.codec.BgpException;
import io.margay.bgp.codec.EncodedAttributes;
import io.margay.bgp.codec.ExportRules;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.codec.UpdateContext;
import io.margay.bgp.codec.UpdateDecoder;
import io.margay.bgp.codec.UpdateWriter;
import io.margay.bgp.policy.RoutePolicy;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RibTest {
  private static final int OUR_ID = 0x0a000001;
  private static final InetAddress SELF = Ip.parse("10.0.0.1");
  private static final Map<IpFamily, InetAddress> SELVES =
      Map.of(IpFamily.IPV4, SELF, IpFamily.IPV6, Ip.parse("2001:db8::ffff"));
  private static final Set<IpFamily> BOTH = Set.of(IpFamily.IPV4, IpFamily.IPV6);

  private final Rib rib = new Rib(OUR_ID, 1_000_000, () -> {});
  private final RibQueries queries = new RibQueries(rib);

  /** A peer with its session. */
  private final class Speaker {
    final RibPeer peer;
    final boolean isExternal;
    final boolean isClient;
    final InetAddress address;
    final UpdateDecoder decoder;
    Wiretap wire;
    Member member;

    Speaker(int number, boolean isExternal, boolean isClient) {
      this.isExternal = isExternal;
      this.isClient = isClient;
      address = Ip.parse("10.0.1." + number);
      peer = rib.addPeer("peer" + number, address);
      peer.configure(isExternal, isClient, 65000, 0, Integer.MAX_VALUE, RoutePolicy.ACCEPT);
      peer.identify(0x0a000100 + number);
      decoder =
          new UpdateDecoder(
              new UpdateContext(isExternal, 0, true, BOTH, Set.of(), false),
              rib.attributes(isExternal));
      up();
    }

    void up() {
      wire = new Wiretap(isExternal);
      member = rib.join(peer, wire, key(RoutePolicy.ACCEPT), BOTH, true);
    }

    GroupKey key(RoutePolicy policy) {
      ExportRules rules =
          new ExportRules(
              isExternal, isExternal ? 65000 : 0, true, SELVES, false, !isExternal, OUR_ID);
      return new GroupKey(rules, isClient, policy, Message.MAX_LENGTH);
    }

    void down() {
      rib.leave(member);
      rib.removeRoutes(peer, family -> true, false);
      member = null;
    }

    Rib.Outcome tell(String prefix, long... path) {
      PathAttributes attributes = PathAttributes.originated();
      return tell(prefix, path.length == 0 ? attributes : attributes.withPrepended(path));
    }

    Rib.Outcome tell(String prefix, PathAttributes attributes) {
      Prefix p = Prefix.of(Cidr.parse(prefix));
      String self = p.family() == IpFamily.IPV4 ? Ip.text(address) : "2001:db8::" + peer.index;
      EncodedAttributes encoded =
          new AttributeEncoder(
                  new ExportRules(
                      isExternal,
                      65000 + peer.index,
                      true,
                      Map.of(p.family(), Ip.parse(self)),
                      false,
                      true,
                      0))
              .encode(attributes, p.family(), true, false, 0);
      UpdateWriter writer = new UpdateWriter(Message.MAX_LENGTH);
      writer.beginAnnounce(p.family(), encoded);
      writer.add(p.high(), p.low(), p.length());
      writer.end();
      return learn(writer);
    }

    void withdraw(String prefix) {
      Prefix p = Prefix.of(Cidr.parse(prefix));
      UpdateWriter writer = new UpdateWriter(Message.MAX_LENGTH);
      writer.beginWithdraw(p.family());
      writer.add(p.high(), p.low(), p.length());
      writer.end();
      learn(writer);
    }

    private Rib.Outcome learn(UpdateWriter writer) {
      try {
        UpdateDecoder.Action action = decoder.decode(writer.bytes(), 0, writer.length());
        return rib.learn(peer, decoder, action);
      } catch (BgpException e) {
        throw new AssertionError(e);
      }
    }

    Set<String> told() {
      Set<String> prefixes = new HashSet<>();
      wire.told().keySet().forEach(p -> prefixes.add(p.toString()));
      return prefixes;
    }
  }

  @Test
  void reflectsAsRfc4456HasIt() {
    Speaker external = new Speaker(1, true, false);
    Speaker client = new Speaker(2, false, true);
    Speaker otherClient = new Speaker(3, false, true);
    Speaker internal = new Speaker(4, false, false);
    Speaker otherInternal = new Speaker(5, false, false);

    external.tell("10.1.0.0/16");
    client.tell("10.2.0.0/16");
    internal.tell("10.4.0.0/16");
    rib.flush();

    assertEquals(Set.of("10.2.0.0/16", "10.4.0.0/16"), external.told());
    assertEquals(Set.of("10.1.0.0/16", "10.4.0.0/16"), client.told());
    assertEquals(Set.of("10.1.0.0/16", "10.2.0.0/16", "10.4.0.0/16"), otherClient.told());
    assertEquals(Set.of("10.1.0.0/16", "10.2.0.0/16"), internal.told());
    assertEquals(Set.of("10.1.0.0/16", "10.2.0.0/16"), otherInternal.told());
    PathAttributes reflected = otherClient.wire.told().get(Prefix.of(Cidr.parse("10.2.0.0/16")));
    assertEquals(0x0a000102, reflected.originatorId());
    assertEquals(List.of(OUR_ID), List.of(reflected.clusterList()[0]));
  }

  @Test
  void anotherBestRouteReplacesTheFirstWithoutAWithdrawal() {
    Speaker near = new Speaker(1, true, false);
    Speaker far = new Speaker(2, true, false);
    Speaker listener = new Speaker(3, true, false);
    far.tell("10.1.0.0/16", 7, 8);
    near.tell("10.1.0.0/16", 7);
    rib.flush();

    near.withdraw("10.1.0.0/16");
    rib.flush();

    assertEquals(0, listener.wire.withdrawals());
    Prefix prefix = Prefix.of(Cidr.parse("10.1.0.0/16"));
    assertEquals("65000 65002 7 8", listener.wire.told().get(prefix).asPath().toString());
    assertEquals(Set.of("10.1.0.0/16"), near.told());
    assertEquals(Set.of(), far.told());
  }

  @Test
  void honoursWellKnownCommunities() {
    Speaker source = new Speaker(1, true, false);
    Speaker external = new Speaker(2, true, false);
    Speaker internal = new Speaker(3, false, false);
    PathAttributes plain = PathAttributes.originated();
    source.tell("10.1.0.0/16", plain.withCommunity("65535:65281"));
    source.tell("10.2.0.0/16", plain.withCommunity("65535:65282"));
    source.tell("10.3.0.0/16", plain.withCommunity("65535:666"));
    source.tell("10.4.0.0/16", plain.withCommunity("65535:0"));
    rib.flush();

    assertEquals(Set.of("10.4.0.0/16"), external.told());
    assertEquals(Set.of("10.1.0.0/16", "10.3.0.0/16", "10.4.0.0/16"), internal.told());
    PathAttributes leaving = internal.wire.told().get(Prefix.of(Cidr.parse("10.4.0.0/16")));
    assertEquals(0, leaving.localPref());
  }

  @Test
  void usesNoRouteThatLoops() {
    Speaker external = new Speaker(1, true, false);
    Speaker internal = new Speaker(2, false, true);
    rib.configure(Set.of(SELF), OUR_ID);
    external.tell("10.1.0.0/16", 7, 65000, 8);
    rib.flush();

    assertEquals(Set.of(), internal.told());
    assertEquals(1, external.peer.rejected(IpFamily.IPV4));
    assertTrue(
        queries.routes(p -> true).get(0).reason().contains("loop"),
        queries.routes(p -> true).toString());
  }

  @Test
  void givesOwnRoutesOfEachFamilyANextHopOfIt() {
    Speaker peer = new Speaker(1, false, false);
    Prefix v4 = Prefix.of(Cidr.parse("10.1.0.0/26"));
    Prefix v6 = Prefix.of(Cidr.parse("2001:db8:1::/122"));

    rib.originate(Map.of(v4, PathAttributes.originated(), v6, PathAttributes.originated()));
    rib.flush();

    assertEquals(Set.of(v4, v6), peer.wire.told().keySet());
    assertEquals(SELF, peer.wire.told().get(v4).nextHop());
    assertEquals(SELVES.get(IpFamily.IPV6), peer.wire.told().get(v6).nextHop());
  }

  @Test
  void tellsALatePeerEverythingInFullMessages() {
    Speaker source = new Speaker(1, false, true);
    PathAttributes one = PathAttributes.originated().withLocalPref(200);
    PathAttributes two = PathAttributes.originated().withLocalPref(300);
    for (int i = 0; i < 1000; i++) {
      source.tell("10." + i / 256 + "." + i % 256 + ".0/24", i % 2 == 0 ? one : two);
    }
    rib.flush();

    Speaker late = new Speaker(2, false, true);

    assertEquals(1000, late.told().size());
    assertEquals(2 * 1, late.wire.messages());
    assertEquals(2, late.wire.endsOfRib());
  }

  @Test
  void defersWhatItHasLearnedAndTellsItsOwnAtOnce() {
    rib.defer(true);
    Speaker source = new Speaker(1, false, true);
    Speaker listener = new Speaker(2, false, true);
    rib.originate(Map.of(Prefix.of(Cidr.parse("10.9.0.0/16")), PathAttributes.originated()));
    source.tell("10.1.0.0/16");
    rib.flush();
    assertEquals(Set.of("10.9.0.0/16"), listener.told());
    assertEquals(0, listener.wire.endsOfRib());

    rib.defer(false);

    assertEquals(Set.of("10.9.0.0/16", "10.1.0.0/16"), listener.told());
    assertEquals(2, listener.wire.endsOfRib());
  }

  /** Attributes of what this node has are alike for both families, but for the next hop. */
  @Test
  void tellsItsOwnRoutesOfBothFamilies() {
    Speaker listener = new Speaker(1, true, false);
    PathAttributes one = PathAttributes.originated();
    Prefix v4 = Prefix.of(Cidr.parse("10.9.0.0/16"));
    Prefix v6 = Prefix.of(Cidr.parse("2001:db8:9::/48"));

    rib.originate(Map.of(v4, one, v6, one));
    rib.flush();

    assertEquals("10.0.0.1", Ip.text(listener.wire.told().get(v4).nextHop()));
    assertEquals("2001:db8::ffff", Ip.text(listener.wire.told().get(v6).nextHop()));
  }

  @Test
  void anotherExportPolicyTellsOnlyWhatDiffers() {
    Speaker source = new Speaker(1, true, false);
    Speaker listener = new Speaker(2, true, false);
    Speaker other = new Speaker(3, true, false);
    source.tell("10.1.0.0/16");
    source.tell("10.2.0.0/16");
    rib.flush();
    int before = listener.wire.messages();
    Prefix hidden = Prefix.of(Cidr.parse("10.1.0.0/16"));

    rib.move(
        listener.member,
        listener.key((prefix, attributes, from) -> prefix.equals(hidden) ? null : attributes));

    assertEquals(Set.of("10.2.0.0/16"), listener.told());
    assertEquals(before + 1, listener.wire.messages());
    assertEquals(Set.of("10.1.0.0/16", "10.2.0.0/16"), other.told());
  }

  @Test
  void anotherImportPolicyJudgesWhatWasToldBefore() {
    Speaker source = new Speaker(1, true, false);
    Speaker listener = new Speaker(2, true, false);
    source.tell("10.1.0.0/16");
    source.tell("10.2.0.0/16");
    rib.flush();

    source.peer.configure(
        true,
        false,
        65000,
        0,
        Integer.MAX_VALUE,
        (prefix, attributes, from) -> prefix.length() == 16 ? null : attributes);
    rib.reimport(source.peer);
    rib.flush();
    assertEquals(Set.of(), listener.told());
    assertEquals(2, source.peer.rejected(IpFamily.IPV4));

    source.peer.configure(true, false, 65000, 0, Integer.MAX_VALUE, RoutePolicy.ACCEPT);
    rib.reimport(source.peer);
    rib.flush();
    assertEquals(Set.of("10.1.0.0/16", "10.2.0.0/16"), listener.told());
  }

  @Test
  void saysWhenAPeerTellsTooMuch() {
    Speaker source = new Speaker(1, true, false);
    source.peer.configure(true, false, 65000, 0, 2, RoutePolicy.ACCEPT);

    assertEquals(Rib.Outcome.OK, source.tell("10.1.0.0/16"));
    assertEquals(Rib.Outcome.OK, source.tell("10.2.0.0/16"));
    assertEquals(Rib.Outcome.OK, source.tell("10.2.0.0/16", 7));
    assertEquals(Rib.Outcome.TOO_MANY_OF_PEER, source.tell("10.3.0.0/16"));
  }

  /** Whatever happens in whatever order, each peer knows the best routes but its own. */
  @Test
  void everyPeerKnowsTheBestRoutesWhateverHappens() {
    for (int seed = 0; seed < 30; seed++) {
      new RibTest().runRandomly(new Random(seed));
    }
  }

  private void runRandomly(Random random) {
    List<Speaker> speakers = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      speakers.add(new Speaker(i, i % 3 == 0, i % 3 == 1));
    }
    for (int step = 0; step < 400; step++) {
      act(speakers.get(random.nextInt(speakers.size())), random);
      if (random.nextInt(4) == 0) {
        rib.flush();
      }
    }
    for (Speaker speaker : speakers) {
      if (speaker.member == null) {
        speaker.up();
      }
      speaker.wire.reads(true);
      rib.drain(speaker.member);
    }
    rib.flush();
    speakers.forEach(this::check);
  }

  private void act(Speaker speaker, Random random) {
    boolean isV6 = random.nextBoolean();
    String prefix =
        (isV6 ? "2001:db8:" + random.nextInt(8) + "::/48" : "10." + random.nextInt(8) + ".0.0/16");
    int what = random.nextInt(20);
    if (speaker.member == null) {
      speaker.up();
    } else if (what < 10) {
      speaker.tell(prefix, random.nextInt(3) == 0 ? new long[] {7, 8} : new long[] {7});
    } else if (what < 16) {
      speaker.withdraw(prefix);
    } else if (what == 16) {
      speaker.down();
    } else if (what == 17) {
      speaker.wire.reads(false);
    } else if (what == 18) {
      speaker.wire.reads(true);
      rib.drain(speaker.member);
    } else {
      rib.refresh(speaker.member, isV6 ? IpFamily.IPV6 : IpFamily.IPV4);
    }
  }

  private void check(Speaker speaker) {
    Map<Prefix, PathAttributes> expected = new TreeMap<>();
    Map<Prefix, RibPeer> best = new HashMap<>();
    for (RouteView view : queries.routes(p -> true)) {
      if (view.isBest()) {
        best.put(view.prefix(), view.peer());
      }
    }
    best.forEach(
        (prefix, source) -> {
          boolean isBetweenInternals =
              !speaker.isExternal
                  && !source.isExternal()
                  && !speaker.isClient
                  && !source.isClient();
          if (source != speaker.peer && !isBetweenInternals) {
            expected.put(prefix, queries.advertised(speaker.member).get(prefix));
          }
        });
    assertEquals(expected.keySet(), speaker.wire.told().keySet(), speaker.peer.name());
    expected.forEach(
        (prefix, attributes) -> {
          PathAttributes told = speaker.wire.told().get(prefix);
          assertEquals(attributes.asPath(), told.asPath());
          assertEquals(attributes.originatorId(), told.originatorId());
        });
  }
}
