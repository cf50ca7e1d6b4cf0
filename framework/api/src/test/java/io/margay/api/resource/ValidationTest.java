// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule of Calico's validation with the message that it gives. */
class ValidationTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          {} ~ spec.cidr: missing (expected: not empty)
          {"cidr":"10.0.0.1/16"} ~ spec.cidr: 10.0.0.1/16 (expected: no host bits set, as in 10.0.0.0/16)
          {"cidr":"10.0.0.0"} ~ spec.cidr: 10.0.0.0 (expected: address/length such as 10.65.0.0/16)
          {"cidr":"10.0.0.0/33"} ~ spec.cidr: 10.0.0.0/33 (expected: 0..32 for 10.0.0.0)
          {"cidr":"example.org/24"} ~ spec.cidr: example.org/24 (expected: an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1)
          {"cidr":7} ~ spec.cidr: 7 (expected: a text)
          {"cidr":"169.254.0.0/24"} ~ spec.cidr: 169.254.0.0/24 (expected: outside the link-local range 169.254.0.0/16)
          {"cidr":"fe80::/64"} ~ spec.cidr: fe80::/64 (expected: outside the link-local range fe80::/10)
          {"cidr":"10.0.0.0/27"} ~ spec.cidr: 10.0.0.0/27 (expected: room for one block at least: /26 or shorter)
          {"cidr":"10.0.0.0/16","blockSize":19} ~ spec.blockSize: 19 (expected: 20..32 for IPv4)
          {"cidr":"10.0.0.0/16","blockSize":129} ~ spec.blockSize: 129 (expected: 0..128)
          {"cidr":"10.0.0.0/16","blockSize":"26"} ~ spec.blockSize: 26 (expected: 0..128)
          {"cidr":"fd00::/48","blockSize":64} ~ spec.blockSize: 64 (expected: 116..128 for IPv6)
          {"cidr":"10.0.0.0/16","ipipMode":"Sometimes"} ~ spec.ipipMode: Sometimes (expected: one of Never, Always, CrossSubnet)
          {"cidr":"fd00::/48","ipipMode":"Always"} ~ spec.ipipMode: Always (expected: Never: IPIP carries IPv4 only)
          {"cidr":"10.0.0.0/16","ipipMode":"Always","vxlanMode":"Always"} ~ spec.vxlanMode: Always (expected: Never while ipipMode is Always)
          {"cidr":"10.0.0.0/16","natOutgoing":"yes"} ~ spec.natOutgoing: yes (expected: true or false)
          {"cidr":"10.0.0.0/16","nodeSelector":"global()"} ~ spec.nodeSelector: global() (expected: no global())
          {"cidr":"10.0.0.0/16","nodeSelector":"a = 'b'"} ~ spec.nodeSelector: a = 'b' (expected: ==, !=, in, not in, contains, starts with or ends with at position 3, not = 'b')
          {"cidr":"10.0.0.0/16","namespaceSelector":"has(a)"} ~ spec.namespaceSelector: has(a) (expected: none while allowedUses contains Tunnel)
          {"cidr":"10.0.0.0/16","allowedUses":["Pod"]} ~ spec.allowedUses[0]: Pod (expected: one of Workload, Tunnel, LoadBalancer)
          {"cidr":"10.0.0.0/16","allowedUses":["LoadBalancer","Workload"]} ~ spec.allowedUses: ["LoadBalancer","Workload"] (expected: LoadBalancer without other uses)
          {"cidr":"10.0.0.0/16","allowedUses":["LoadBalancer"],"vxlanMode":"Always","disableBGPExport":true,"nodeSelector":"has(a)"} ~ spec.allowedUses: ["LoadBalancer"] (expected: LoadBalancer without encapsulation, disableBGPExport, a nodeSelector other than all())
          {"cidr":"10.0.0.0/16","assignmentMode":"manual"} ~ spec.assignmentMode: manual (expected: one of Automatic, Manual)
          {"cidr":"10.0.0.0/16","blockSize":33,"ipipMode":1} ~ spec.ipipMode: 1 (expected: a text); spec.blockSize: 33 (expected: 20..32 for IPv4)
          """)
  void pool(String spec, String problems) {
    check("IPPool", spec, problems);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          {"bgp":{}} ~ spec.bgp: {} (expected: absent, or an address or AS number in it)
          {"bgp":{"ipv4Address":"2001:db8::1/64"}} ~ spec.bgp.ipv4Address: 2001:db8::1/64 (expected: an IPv4 address)
          {"bgp":{"ipv6Address":"2001:db8::1/129"}} ~ spec.bgp.ipv6Address: 2001:db8::1/129 (expected: 0..128)
          {"bgp":{"asNumber":"1.70000"}} ~ spec.bgp.asNumber: 1.70000 (expected: 0..4294967295, or dotted as in 1.10)
          {"bgp":{"asNumber":-1}} ~ spec.bgp.asNumber: -1 (expected: 0..4294967295, or dotted as in 1.10)
          {"bgp":{"routeReflectorClusterID":"x"}} ~ spec.bgp.routeReflectorClusterID: x (expected: an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1)
          {"ipv4VXLANTunnelAddr":"fd00::1"} ~ spec.ipv4VXLANTunnelAddr: fd00::1 (expected: an IPv4 address)
          {"vxlanTunnelMACAddr":"66:f9"} ~ spec.vxlanTunnelMACAddr: 66:f9 (expected: six hex pairs such as ee:ee:ee:ee:ee:ee)
          []~ spec: [] (expected: an object)
          """)
  void node(String spec, String problems) throws Exception {
    if (spec.equals("[]")) {
      byte[] json = Json.write(Trees.with(Samples.document("Node"), java.util.List.of(), "spec"));
      assertProblems(problems, "Node", json);
    } else {
      check("Node", spec, problems);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          BlockAffinity ~ {"state":"claimed","node":"n","cidr":"10.0.0.0/26"} ~ spec.state: claimed (expected: one of pending, confirmed, pendingDeletion)
          BlockAffinity ~ {} ~ spec.node: missing (expected: not empty); spec.cidr: missing (expected: not empty)
          IPAMHandle ~ {"handleID":"h","block":{"10.0.0.1/26":1}} ~ spec.block.10.0.0.1/26: 10.0.0.1/26 (expected: a block's CIDR as the name of the field)
          IPAMHandle ~ {"handleID":"h","block":{"10.0.0.0/26":-1}} ~ spec.block.10.0.0.0/26: -1 (expected: 0..2147483647)
          IPAMConfiguration ~ {"strictAffinity":false,"autoAllocateBlocks":false} ~ spec.autoAllocateBlocks: false (expected: true unless strictAffinity is true)
          IPAMConfiguration ~ {"maxBlocksPerHost":5} ~ spec.maxBlocksPerHost: 5 (expected: 0 unless strictAffinity is true)
          IPAMConfiguration ~ {"ipCooldownSeconds":1201} ~ spec.ipCooldownSeconds: 1201 (expected: 0..1200)
          IPReservation ~ {"reservedCIDRs":["10.0.0.0/29","10.0.0.1/29"]} ~ spec.reservedCIDRs[1]: 10.0.0.1/29 (expected: no host bits set, as in 10.0.0.0/29)
          ClusterInformation ~ {"datastoreReady":"yes"} ~ spec.datastoreReady: yes (expected: true or false)
          IPAMBlock ~ {"cidr":"10.0.0.0/19"} ~ spec.cidr: 10.0.0.0/19 (expected: a block of at most 4096 addresses)
          IPAMBlock ~ {"cidr":"10.0.0.0/31","allocations":[null],"unallocated":[],"attributes":[]} ~ spec.allocations: 1 elements (expected: one for each of 2)
          IPAMBlock ~ {"cidr":"10.0.0.0/31","allocations":[null,0],"unallocated":[0],"attributes":[]} ~ spec.allocations[1]: 0 (expected: null or the index of one of the attributes)
          IPAMBlock ~ {"cidr":"10.0.0.0/31","allocations":[null,0],"unallocated":[0,1],"attributes":[{"handle_id":"h"}]} ~ spec.unallocated[1]: 1 (expected: an address that nobody holds, once)
          IPAMBlock ~ {"cidr":"10.0.0.0/31","allocations":[null,null],"unallocated":[0,0],"attributes":[]} ~ spec.unallocated[1]: 0 (expected: an address that nobody holds, once)
          IPAMBlock ~ {"cidr":"10.0.0.0/31","allocations":[null,null],"unallocated":[0,1],"attributes":[],"sequenceNumberForAllocation":{"2":1}} ~ spec.sequenceNumberForAllocation.2: 2 (expected: the number of an address as the name of the field)
          """)
  void addressing(String kind, String spec, String problems) {
    check(kind, spec, problems);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          {"orchestrator":"k8s","node":"node1","endpoint":"eth0","interfaceName":"cali1"} ~ spec.pod: missing (expected: not empty)
          {"orchestrator":"k8s","node":"node2","pod":"nginx-0","endpoint":"eth0","interfaceName":"cali1"} ~ metadata.name: node1-k8s-nginx--0-eth0 (expected: node2-k8s-nginx--0-eth0)
          {"orchestrator":"k8s","node":"node1","pod":"nginx-0","endpoint":"eth0","interfaceName":"cali567890123456"} ~ spec.interfaceName: cali567890123456 (expected: at most 15 characters, no slash)
          {"orchestrator":"k8s","node":"node1","pod":"nginx-0","endpoint":"eth0","interfaceName":"cali1","ipNetworks":["10.0.0.0/24"]} ~ spec.ipNetworks[0]: 10.0.0.0/24 (expected: one address, /32 or /128)
          """)
  void endpoint(String spec, String problems) {
    check("WorkloadEndpoint", spec, problems);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          {"vxlanVNI":16777216} ~ spec.vxlanVNI: 16777216 (expected: 1..16777215)
          {"vxlanPort":0} ~ spec.vxlanPort: 0 (expected: 1..65535)
          {"deviceRouteProtocol":2} ~ spec.deviceRouteProtocol: 2 (expected: 3..255)
          {"routeRefreshInterval":"90"} ~ spec.routeRefreshInterval: 90 (expected: a time span such as 1m30s or 250ms)
          {"interfacePrefix":"longprefix"} ~ spec.interfacePrefix: longprefix (expected: 1 to 4 letters or digits; after a comma, further prefixes)
          {"mtuIfacePattern":"("} ~ spec.mtuIfacePattern: ( (expected: a regular expression; Unclosed group)
          {"natOutgoingAddress":"fd00::1"} ~ spec.natOutgoingAddress: fd00::1 (expected: an IPv4 address)
          {"natPortRange":"9:8"} ~ spec.natPortRange: 9:8 (expected: a port, or two with a colon such as 32768:65535)
          {"natPortRange":70000} ~ spec.natPortRange: 70000 (expected: a port, or two with a colon such as 32768:65535)
          {"natOutgoingExclusions":"All"} ~ spec.natOutgoingExclusions: All (expected: one of IPPoolsOnly, IPPoolsAndHostIPs)
          {"logSeverityScreen":"info"} ~ spec.logSeverityScreen: info (expected: one of Trace, Debug, Info, Warning, Error, Fatal)
          {"ipForwarding":true} ~ spec.ipForwarding: true (expected: a text)
          """)
  void felix(String spec, String problems) {
    check("FelixConfiguration", spec, problems);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          BGPConfiguration ~ {"asNumber":"4294967296"} ~ spec.asNumber: 4294967296 (expected: 0..4294967295, or dotted as in 1.10)
          BGPConfiguration ~ {"listenPort":65536} ~ spec.listenPort: 65536 (expected: 1..65535)
          BGPConfiguration ~ {"communities":[{"name":"a","value":"1:2"}]} ~ spec.prefixAdvertisements: missing (expected: present, since communities are)
          BGPConfiguration ~ {"prefixAdvertisements":[{"cidr":"10.0.0.0/8","communities":["blue"]}]} ~ spec.prefixAdvertisements[0].communities[0]: blue (expected: aa:nn of 0..65535, or aa:nn:mm of 0..4294967295)
          BGPConfiguration ~ {"prefixAdvertisements":[{"cidr":"10.0.0.0/8","communities":["1:65536"]}]} ~ spec.prefixAdvertisements[0].communities[0]: 1:65536 (expected: aa:nn of 0..65535, or aa:nn:mm of 0..4294967295)
          BGPConfiguration ~ {"nodeToNodeMeshEnabled":false,"nodeMeshMaxRestartTime":"1m"} ~ spec.nodeMeshMaxRestartTime: 1m (expected: absent while nodeToNodeMeshEnabled is false)
          BGPConfiguration ~ {"nodeMeshPassword":{"secretKeyRef":{"name":"x"}}} ~ spec.nodeMeshPassword.secretKeyRef.key: missing (expected: not empty)
          BGPConfiguration ~ {"ignoredInterfaces":["eth0/1"]} ~ spec.ignoredInterfaces[0]: eth0/1 (expected: 1 to 15 characters, * for any)
          BGPConfiguration ~ {"serviceClusterIPs":[{"cidr":"10.96.0.1/12"}]} ~ spec.serviceClusterIPs[0].cidr: 10.96.0.1/12 (expected: no host bits set, as in 10.96.0.0/12)
          BGPPeer ~ {"node":"a","nodeSelector":"all()","peerIP":"192.0.2.1"} ~ spec.nodeSelector: all() (expected: absent while node is set)
          BGPPeer ~ {} ~ spec.peerIP: missing (expected: one of peerIP, peerSelector and localWorkloadSelector)
          BGPPeer ~ {"peerIP":"192.0.2.1","peerSelector":"all()"} ~ spec.peerIP: peerIP and peerSelector (expected: one of peerIP, peerSelector and localWorkloadSelector)
          BGPPeer ~ {"peerSelector":"all()","asNumber":1} ~ spec.asNumber: 1 (expected: absent while peerSelector is set)
          BGPPeer ~ {"localWorkloadSelector":"all()"} ~ spec.asNumber: missing (expected: set, since localWorkloadSelector is)
          BGPPeer ~ {"peerIP":"192.0.2.1:0"} ~ spec.peerIP: 192.0.2.1:0 (expected: an address, with a port as in 192.0.2.1:179)
          BGPPeer ~ {"peerIP":"192.0.2.1","reachableBy":"fd00::1"} ~ spec.reachableBy: fd00::1 (expected: a gateway of the family of peerIP)
          BGPPeer ~ {"peerIP":"192.0.2.1","keepOriginalNextHop":true,"nextHopMode":"Self"} ~ spec.nextHopMode: Self (expected: absent while keepOriginalNextHop is true)
          BGPPeer ~ {"peerIP":"192.0.2.1","ttlSecurity":256} ~ spec.ttlSecurity: 256 (expected: 0..255)
          BGPFilter ~ {"exportV4":[{"cidr":"10.0.0.0/8","action":"Accept"}]} ~ spec.exportV4[0].matchOperator: missing (expected: both cidr and matchOperator, or neither)
          BGPFilter ~ {"exportV4":[{"action":"Allow"}]} ~ spec.exportV4[0].action: Allow (expected: one of Accept, Reject)
          BGPFilter ~ {"exportV6":[{"cidr":"10.0.0.0/8","matchOperator":"In","action":"Accept"}]} ~ spec.exportV6[0].cidr: 10.0.0.0/8 (expected: a prefix of IPv6)
          BGPFilter ~ {"importV4":[{"prefixLength":{"min":8},"action":"Accept"}]} ~ spec.importV4[0].prefixLength: {"min":8} (expected: absent unless cidr is set)
          BGPFilter ~ {"importV4":[{"action":"Reject","operations":[{"setPriority":{"value":1}}]}]} ~ spec.importV4[0].operations: [{"setPriority":{"value":1}}] (expected: 1 to 10, and only with action Accept)
          BGPFilter ~ {"importV4":[{"action":"Accept","communities":{"values":["1:1","1:2"]}}]} ~ spec.importV4[0].communities.values: ["1:1","1:2"] (expected: exactly one community)
          """)
  void bgp(String kind, String spec, String problems) {
    check(kind, spec, problems);
  }

  @ParameterizedTest
  @CsvSource({"Default", "a_b", "-a", "a-", "a..b", "''"})
  void names(String name) throws Exception {
    byte[] json = Json.write(Trees.with(Samples.document("IPPool"), name, "metadata", "name"));
    String expected =
        name.isEmpty()
            ? "not empty"
            : "at most 253 lower-case letters, digits, dashes and dots, as in a DNS name";

    assertProblems("metadata.name: " + name + " (expected: " + expected + ")", "IPPool", json);
  }

  @ParameterizedTest
  @CsvSource({"ClusterInformation, default", "IPAMConfiguration, default"})
  void singletons(String kind, String name) throws Exception {
    byte[] json = Json.write(Trees.with(Samples.document(kind), "other", "metadata", "name"));

    assertProblems("metadata.name: other (expected: " + name + ")", kind, json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          labels ~ {"/x":"1"} ~ metadata.labels./x: /x (expected: as name of a label 1 to 63 letters, digits, dashes, underscores and dots, perhaps after a DNS name and a slash)
          labels ~ {"team":"-b"} ~ metadata.labels.team: -b (expected: at most 63 letters, digits, dashes, underscores and dots, the first and the last a letter or digit)
          labels ~ {"team":7} ~ metadata.labels.team: 7 (expected: a text)
          labels ~ {"example.org/team":"","a_b.c":"X-1"} ~ ``
          annotations ~ {"cni.projectcalico.org/ipv4pools":"blue"} ~ metadata.annotations.cni.projectcalico.org/ipv4pools: blue (expected: a JSON list of texts such as ["blue"])
          annotations ~ {"cni.projectcalico.org/ipv6pools":"[1]"} ~ metadata.annotations.cni.projectcalico.org/ipv6pools: [1] (expected: a JSON list of texts such as ["blue"])
          annotations ~ {"cni.projectcalico.org/ipFamilies":"[]"} ~ metadata.annotations.cni.projectcalico.org/ipFamilies: [] (expected: ["IPv4"], ["IPv6"] or both)
          annotations ~ {"cni.projectcalico.org/ipv4pools":"","cni.projectcalico.org/ipv6pools":"[]","other":"["} ~ ``
          """)
  void namespace(String field, String value, String problems) throws Exception {
    Object object = Json.parse(value.getBytes(StandardCharsets.UTF_8));
    byte[] json = Json.write(Trees.with(Samples.document("Namespace"), object, "metadata", field));

    if (problems.isEmpty()) {
      assertEquals(Optional.empty(), Namespace.parse(json).addresses().families());
    } else {
      assertProblems(problems, "Namespace", json);
    }
  }

  private static void check(String kind, String spec, String problems) {
    try {
      assertProblems(problems, kind, Samples.json(kind, spec));
    } catch (InvalidResourceException e) {
      throw new AssertionError("the test's own JSON", e);
    }
  }

  private static void assertProblems(String problems, String kind, byte[] json) {
    InvalidResourceException e =
        assertThrows(InvalidResourceException.class, () -> Resources.parse(kind, json));
    assertEquals(
        problems, e.problems().stream().map(Problem::toString).collect(Collectors.joining("; ")));
  }
}
