// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettingsMakerTest {
  private static final String CLUSTER = ",'routeReflectorClusterID':'10.255.0.1'";
  private static final Source FROM_PEER = new Source(false, false, false, false);

  private static View three(String self) {
    return new View(self)
        .node("node1", "10.0.0.1")
        .node("node2", "10.0.0.2")
        .node("node3", "10.0.0.3", ",'asNumber':65003", "'rack':'r3'");
  }

  private static List<String> peers(SpeakerSettings settings) {
    return settings.peers().stream()
        .map(
            peer ->
                peer.name()
                    + " "
                    + Ip.text(peer.address())
                    + " AS "
                    + peer.remoteAs()
                    + (peer.isReflectorClient() ? " client" : ""))
        .toList();
  }

  private static Prefix prefix(String text) {
    return Prefix.of(Cidr.parse(text));
  }

  @Test
  void everyNodePeersWithEveryOtherOne() {
    SpeakerSettings settings = three("node1").settings();

    assertEquals(
        List.of("mesh/node2 10.0.0.2 AS 64512", "mesh/node3 10.0.0.3 AS 65003"), peers(settings));
    assertEquals(64512, settings.asNumber());
    assertEquals(0x0a000001, settings.routerId());
    assertEquals(Optional.of(Ip.parse("10.0.0.1")), settings.peers().get(0).source());
    assertTrue(settings.peers().get(0).isInternal());
    assertFalse(settings.peers().get(1).isInternal());
    assertEquals(List.of(), settings.problems());
  }

  @Test
  void theMeshCanBeTurnedOffAndHasAPassword() {
    String secret = "'nodeMeshPassword':{'secretKeyRef':{'name':'bgp','key':'mesh'}}";

    assertEquals(
        List.of(), peers(three("node1").configured("'nodeToNodeMeshEnabled':false").settings()));
    SpeakerSettings settings =
        three("node1").configured(secret + ",'listenPort':1790,'asNumber':'1.10'").settings();
    assertEquals(Optional.of("password of mesh"), settings.peers().get(0).password());
    assertEquals(1790, settings.peers().get(0).port());
    assertEquals(65546, settings.asNumber());
  }

  @Test
  void reflectorsPeerWithTheNodesThatAreSelectedAndReflectForThem() {
    for (String self : List.of("node1", "node2", "rr1", "rr2")) {
      View view =
          new View(self)
              .node("node1", "10.0.0.1")
              .node("node2", "10.0.0.2")
              .node("rr1", "10.0.0.8", CLUSTER, "'rr':'true'")
              .node("rr2", "10.0.0.9", CLUSTER, "'rr':'true'")
              .configured("'nodeToNodeMeshEnabled':false")
              .peer("to-rr", "'nodeSelector':'all()','peerSelector':'has(rr)'");

      List<String> expected =
          switch (self) {
            case "rr1" ->
                List.of(
                    "to-rr/node1 10.0.0.1 AS 64512 client",
                    "to-rr/node2 10.0.0.2 AS 64512 client",
                    "to-rr/rr2 10.0.0.9 AS 64512");
            case "rr2" ->
                List.of(
                    "to-rr/node1 10.0.0.1 AS 64512 client",
                    "to-rr/node2 10.0.0.2 AS 64512 client",
                    "to-rr/rr1 10.0.0.8 AS 64512");
            default -> List.of("to-rr/rr1 10.0.0.8 AS 64512", "to-rr/rr2 10.0.0.9 AS 64512");
          };
      assertEquals(expected, peers(view.settings()), self);
    }
  }

  @Test
  void reversePeeringCanBeLeftToTheUser() {
    View view =
        new View("rr1")
            .node("node1", "10.0.0.1")
            .node("rr1", "10.0.0.8", CLUSTER, "'rr':'true'")
            .peer(
                "to-rr",
                "'nodeSelector':'!has(rr)','peerSelector':'has(rr)','reversePeering':'Manual'");

    assertEquals(List.of(), peers(view.settings()));
  }

  @Test
  void aPeerOfSomeNodesIsOneOfNoOthers() {
    String tor =
        "'nodeSelector':'rack == \"r3\"','peerIP':'10.0.0.254:1790','asNumber':65500"
            .replace("\\\"", "\"")
            .replace("\"", "\\\"");

    assertEquals(2, three("node1").peer("tor", tor).settings().peers().size());
    PeerSettings peer = three("node3").peer("tor", tor).settings().peers().get(2);
    assertEquals("tor", peer.name());
    assertEquals(1790, peer.port());
    assertEquals(65500, peer.remoteAs());
    assertEquals(65003, peer.localAs());
  }

  @Test
  void takesEveryFieldOfAPeer() {
    PeerSettings peer =
        three("node1")
            .peer(
                "tor",
                """
                'peerIP':'10.0.0.254','asNumber':65500,'localASNumber':65400,
                'nextHopMode':'Self','sourceAddress':'None','maxRestartTime':'30s',
                'keepaliveTime':'7s','numAllowedLocalASNumbers':2,'ttlSecurity':1,
                'reachableBy':'10.0.0.253',
                'password':{'secretKeyRef':{'name':'bgp','key':'tor'}}
                """,
                "'margay.io/families':'ipv4,ipv6','margay.io/max-prefixes':'1000'")
            .settings()
            .peers()
            .get(2);

    assertEquals(65400, peer.localAs());
    assertEquals(Optional.empty(), peer.source());
    assertEquals(30, peer.restartSeconds());
    assertEquals(OptionalInt.of(7), peer.keepaliveSeconds());
    assertEquals(2, peer.allowedOwnAs());
    assertEquals(OptionalInt.of(1), peer.ttlSecurity());
    assertEquals(OptionalInt.of(1000), peer.maxPrefixes());
    assertEquals(Set.of(IpFamily.IPV4, IpFamily.IPV6), peer.families());
    assertEquals(Optional.of("password of tor"), peer.password());
  }

  @Test
  void tellsWhatItHasAndWhatIsInPools() {
    SpeakerSettings settings =
        three("node1")
            .pool("told", "'cidr':'10.1.0.0/16'")
            .pool("silent", "'cidr':'10.2.0.0/16','disableBGPExport':true")
            .originates("10.1.5.0/26", "10.2.5.0/26")
            .configured(
                """
                'serviceClusterIPs':[{'cidr':'10.96.0.0/12'}],
                'communities':[{'name':'mine','value':'65000:7'}],
                'prefixAdvertisements':[{'cidr':'10.1.0.0/17','communities':['mine']},
                  {'cidr':'10.1.0.0/17','communities':['65000:1:2']}]
                """)
            .settings();
    RoutePolicy export = settings.peers().get(0).exportPolicy();
    PathAttributes any = PathAttributes.originated();

    assertEquals(
        Set.of(prefix("10.1.5.0/26"), prefix("10.2.5.0/26"), prefix("10.96.0.0/12")),
        settings.origins().keySet());
    PathAttributes own = export.apply(prefix("10.1.5.0/26"), any, Source.LOCAL);
    assertTrue(own.hasCommunity("65000:7") && own.hasCommunity("65000:1:2"), own.toString());
    assertEquals(null, export.apply(prefix("10.2.5.0/26"), any, Source.LOCAL));
    assertEquals(any, export.apply(prefix("10.96.0.0/12"), any, Source.LOCAL));
    assertEquals(any, export.apply(prefix("10.1.200.0/26"), any, FROM_PEER));
    assertEquals(null, export.apply(prefix("10.1.5.7/32"), any, FROM_PEER.withinOwn()));
    assertEquals(null, export.apply(prefix("192.0.2.0/24"), any, FROM_PEER));
    assertEquals(null, export.apply(prefix("0.0.0.0/0"), any, FROM_PEER));
  }

  @Test
  void filtersByTheFirstRuleThatMatches() {
    SpeakerSettings settings =
        three("node1")
            .pool("told", "'cidr':'10.1.0.0/16'")
            .filter(
                "f",
                """
                'exportV4':[
                  {'cidr':'10.1.9.0/24','matchOperator':'In','action':'Reject'},
                  {'cidr':'10.1.0.0/16','matchOperator':'NotIn','prefixLength':{'max':26},
                   'source':'RemotePeers','peerType':'iBGP','action':'Reject'},
                  {'cidr':'192.0.2.0/24','matchOperator':'Equal','action':'Accept',
                   'operations':[{'prependASPath':{'prefix':[65000,65000]}},
                                 {'addCommunity':{'value':'65000:9'}}]}],
                'importV4':[
                  {'cidr':'10.0.0.0/8','matchOperator':'NotIn','action':'Reject'},
                  {'communities':{'values':['65000:66']},'action':'Reject'},
                  {'asPathPrefix':[65500],'action':'Accept',
                   'operations':[{'setPriority':{'value':512}}]}]
                """)
            .peer("tor", "'peerIP':'10.0.0.254','asNumber':65500,'filters':['f']")
            .settings();
    PeerSettings tor = settings.peers().get(2);
    PathAttributes any = PathAttributes.originated();

    assertEquals(null, tor.exportPolicy().apply(prefix("10.1.9.64/26"), any, FROM_PEER));
    assertEquals(any, tor.exportPolicy().apply(prefix("10.1.8.64/26"), any, FROM_PEER));
    PathAttributes told = tor.exportPolicy().apply(prefix("192.0.2.0/24"), any, FROM_PEER);
    assertEquals("65000 65000", told.asPath().toString());
    assertTrue(told.hasCommunity("65000:9"));

    RoutePolicy in = tor.importPolicy();
    assertEquals(null, in.apply(prefix("192.0.2.0/24"), any, FROM_PEER));
    assertEquals(null, in.apply(prefix("10.7.0.0/16"), any.withCommunity("65000:66"), FROM_PEER));
    PathAttributes better = in.apply(prefix("10.7.0.0/16"), any.withPrepended(65500, 7), FROM_PEER);
    assertEquals(2147483647 - 512, better.localPref());
    assertEquals(any, in.apply(prefix("10.7.0.0/16"), any, FROM_PEER));
  }

  @Test
  void namesWhatCannotBe() {
    SpeakerSettings settings =
        three("node1")
            .peer("a", "'peerIP':'10.0.0.254','asNumber':65500,'filters':['nobody']")
            .peer("b", "'peerIP':'10.0.0.254','asNumber':65501")
            .peer("c", "'nodeSelector':'has(nothing)','peerIP':'10.0.0.7'")
            .peer("d", "'node':'node9','peerIP':'10.0.0.8'")
            .peer("e", "'peerSelector':'has(nothing)'")
            .peer("f", "'peerIP':'2001:db8::1'")
            .peer("g", "'peerIP':'10.0.0.5'", "'margay.io/max-prefixes':'many'")
            .peer("h", "'localWorkloadSelector':'all()','asNumber':65000")
            .peer("i", "'peerIP':'10.0.0.254','asNumber':65500,'localASNumber':7")
            .peer("j", "'peerIP':'10.0.0.6','localASNumber':0")
            .peer("self", "'peerIP':'10.0.0.1'")
            .peer("self1", "'node':'node1','peerIP':'10.0.0.1'")
            .settings();

    assertEquals(
        Set.of(
            "BGPPeer a: there is no BGPFilter nobody",
            "BGPPeer f: 2001:db8::1 (expected: an address of a family that node node1 has)",
            "BGPPeer g: annotation margay.io/max-prefixes: many (expected: 1..999999999)",
            "BGPPeer d: there is no node node9",
            "BGPPeer c: nodeSelector matches no node",
            "BGPPeer b: 10.0.0.254 is AS 65501 (expected: 65500, as BGPPeer a says, which holds)",
            "BGPPeer i: 10.0.0.254 has other settings by BGPPeer a, which hold",
            "BGPPeer j: AS number 0 (expected: 1..4294967295, RFC 7607)",
            "BGPPeer self1: peerIP is the node itself",
            "BGPPeer e: peerSelector matches no node",
            "BGPPeer h: localWorkloadSelector (expected: peerIP or peerSelector; this speaker has"
                + " no sessions with workloads)"),
        Set.copyOf(settings.problems()));
    assertEquals(4, settings.peers().size(), peers(settings).toString());
  }

  @Test
  void aPasswordThatCannotBeReadClosesNoSession() {
    View view =
        three("node1")
            .configured("'nodeMeshPassword':{'secretKeyRef':{'name':'bgp','key':'mesh'}}");
    Secrets none =
        key -> {
          throw new Secrets.UnreadableException("secret bgp/mesh does not exist");
        };
    SpeakerSettings before = view.settings();

    SpeakerSettings after = SettingsMaker.make(view, none, 90, Optional.of(before)).orElseThrow();
    SpeakerSettings fresh = SettingsMaker.make(view, none, 90, Optional.empty()).orElseThrow();

    assertEquals(before.peers(), after.peers());
    assertEquals(List.of(), fresh.peers());
    assertEquals(
        List.of("the node-to-node mesh: password: secret bgp/mesh does not exist"),
        after.problems());
  }

  @Test
  void saysWhichChangesResetASession() {
    String tor = "'peerIP':'10.0.0.254','asNumber':65500";
    SpeakerSettings before =
        three("node1")
            .peer("tor", tor)
            .peer("gone", "'peerIP':'10.0.0.200','asNumber':65500")
            .settings();
    SpeakerSettings after =
        three("node1")
            .peer("tor", tor.replace("65500", "65501"))
            .filter("f", "'importV4':[{'action':'Reject'}]")
            .peer("node2", "'peerIP':'10.0.0.2','filters':['f']")
            .settings();

    assertEquals(
        List.of(
            "node2/node2 soft import, name",
            "mesh/node3 none ",
            "tor reset asNumber",
            "gone removed "),
        Change.between(before, after).stream()
            .map(c -> c.peer() + " " + c.kind() + " " + c.why())
            .toList());
  }
}
