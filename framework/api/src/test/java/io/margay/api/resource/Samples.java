// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A document of each kind with every field that we read. */
final class Samples {
  private static final Map<String, String> SPECS = new LinkedHashMap<>();

  static {
    SPECS.put(
        "IPPool",
        """
        {"cidr":"10.65.0.0/16","ipipMode":"Never","vxlanMode":"CrossSubnet","natOutgoing":true,
         "disabled":false,"disableBGPExport":false,"blockSize":26,"nodeSelector":"has(rack)",
         "namespaceSelector":"","allowedUses":["Workload","Tunnel"],"assignmentMode":"Automatic"}
        """);
    SPECS.put(
        "Node",
        """
        {"bgp":{"ipv4Address":"10.0.2.15/24","ipv6Address":"2001:db8::f/64","asNumber":64512,
          "ipv4IPIPTunnelAddr":"10.65.1.0","routeReflectorClusterID":"1.0.0.1"},
         "ipv4VXLANTunnelAddr":"10.65.1.1","ipv6VXLANTunnelAddr":"fd00::1",
         "vxlanTunnelMACAddr":"66:f9:37:c3:7e:94","vxlanTunnelMACAddrV6":"66:0f:35:f2:60:df",
         "addresses":[{"address":"10.0.2.15","type":"InternalIP"}]}
        """);
    SPECS.put(
        "BlockAffinity",
        """
        {"state":"confirmed","node":"node1","type":"host","cidr":"10.0.0.0/30","deleted":"false"}
        """);
    SPECS.put(
        "IPAMBlock",
        """
        {"cidr":"10.0.0.0/30","affinity":"host:node1","affinityClaimTime":"2026-08-22T10:00:00Z",
         "allocations":[0,1,null,null],"unallocated":[2,3],
         "attributes":[
          {"handle_id":"vxlan-tunnel-addr-node1",
           "secondary":{"node":"node1","type":"vxlanTunnelAddress"}},
          {"handle_id":"k8s-pod-network.3c1f",
           "secondary":{"namespace":"default","node":"node2","pod":"nginx-0"}}],
         "sequenceNumber":1787392800000000002,
         "sequenceNumberForAllocation":{"0":1787392800000000000,"1":1787392800000000001},
         "deleted":false,"strictAffinity":false}
        """);
    SPECS.put(
        "IPAMHandle",
        """
        {"handleID":"k8s-pod-network.3c1f","block":{"10.0.0.0/30":1},"deleted":false}
        """);
    SPECS.put(
        "IPAMConfiguration",
        """
        {"strictAffinity":true,"autoAllocateBlocks":true,"maxBlocksPerHost":4,
         "ipCooldownSeconds":30,"kubeVirtVMAddressPersistence":"Enabled"}
        """);
    SPECS.put(
        "NodeModeStatus",
        """
        {"pools":[{"name":"blue","revision":7,"nodes":3,"receives":["direct","ipip"],
          "sends":["ipip"],"waits":[{"node":"node2","reason":"does not receive ipip yet"}]}]}
        """);
    SPECS.put(
        "NodeQuery",
        """
        {"verb":"mode-plan","arguments":{"pool":"blue","mode":"vxlan"},"from":"node1",
         "expires":"2026-08-22T10:00:00Z"}
        """);
    SPECS.put(
        "NodeAnswer",
        """
        {"query":"mode-plan-7f","node":"node2","answer":{"diff":["+ route"]},"failure":""}
        """);
    SPECS.put("IPReservation", "{\"reservedCIDRs\":[\"10.65.0.0/29\",\"10.65.1.1\"]}");
    SPECS.put(
        "WorkloadEndpoint",
        """
        {"orchestrator":"k8s","workload":"","node":"node1","containerID":"3c1f","pod":"nginx-0",
         "endpoint":"eth0","serviceAccountName":"web","ipNetworks":["10.0.0.1/32","fd00::1/128"],
         "ipNATs":[{"internalIP":"10.0.0.1","externalIP":"192.0.2.1"}],
         "ipv4Gateway":"169.254.1.1","ipv6Gateway":"fe80::1","profiles":["kns.default"],
         "interfaceName":"calic440f455693","mac":"ee:ee:ee:ee:ee:01",
         "ports":[{"name":"http","protocol":"TCP","port":80}],
         "allowSpoofedSourcePrefixes":["10.9.0.0/24"]}
        """);
    SPECS.put(
        "ClusterInformation",
        """
        {"clusterGUID":"1f0e","clusterType":"k8s,bgp","calicoVersion":"v3.33.0",
         "datastoreReady":true,"variant":"Calico"}
        """);
    SPECS.put(
        "FelixConfiguration",
        """
        {"vxlanVNI":5000,"vxlanPort":4790,"ipipMTU":1440,"vxlanMTU":1430,"vxlanMTUV6":1410,
         "interfacePrefix":"cali","deviceRouteProtocol":81,"routeRefreshInterval":"1m30s",
         "interfaceRefreshInterval":"45s","mtuIfacePattern":"^eth.*","natOutgoingAddress":
         "192.0.2.9","natOutgoingExclusions":"IPPoolsAndHostIPs","natPortRange":"32768:65535",
         "logSeverityScreen":"Debug","ipForwarding":"Enabled","ipv6Support":true}
        """);
    SPECS.put(
        "BGPConfiguration",
        """
        {"logSeverityScreen":"Info","nodeToNodeMeshEnabled":true,"asNumber":"1.10",
         "serviceClusterIPs":[{"cidr":"10.96.0.0/12"}],"serviceExternalIPs":[],
         "serviceLoadBalancerIPs":[{"cidr":"203.0.113.0/24"}],
         "serviceLoadBalancerAggregation":"Disabled",
         "communities":[{"name":"blue","value":"65000:100"}],
         "prefixAdvertisements":[{"cidr":"10.65.0.0/16","communities":["blue","1:2:3"]}],
         "listenPort":1179,"nodeMeshPassword":{"secretKeyRef":{"name":"bgp","key":"mesh"}},
         "nodeMeshMaxRestartTime":"2m","bindMode":"NodeIP","ignoredInterfaces":["docker*"],
         "localWorkloadPeeringIPV4":"192.0.2.1","localWorkloadPeeringIPV6":"2001:db8::1",
         "programClusterRoutes":"Enabled","ipv4NormalRoutePriority":1024,
         "ipv6NormalRoutePriority":2048}
        """);
    SPECS.put(
        "BGPPeer",
        """
        {"nodeSelector":"has(rack)","peerIP":"192.0.2.9:1179","asNumber":64567,
         "localASNumber":64999,"nextHopMode":"Self",
         "password":{"secretKeyRef":{"name":"bgp","key":"tor"}},"sourceAddress":"None",
         "maxRestartTime":"1m","keepaliveTime":"10s","numAllowedLocalASNumbers":1,
         "ttlSecurity":1,"reachableBy":"192.0.2.254","filters":["f1","f2"],
         "reversePeering":"Manual"}
        """);
    SPECS.put(
        "Namespace",
        """
        {"finalizers":["kubernetes"]}
        """);
    SPECS.put(
        "BGPFilter",
        """
        {"exportV4":[{"cidr":"10.65.0.0/16","matchOperator":"In","prefixLength":{"min":26,"max":32},
           "source":"RemotePeers","interface":"eth*","peerType":"eBGP",
           "communities":{"values":["65000:1"]},"asPathPrefix":[65001,"1.1"],"priority":100,
           "action":"Accept","operations":[{"addCommunity":{"value":"1:2"}},
            {"prependASPath":{"prefix":[65001]}},{"setPriority":{"value":7}}]},
           {"action":"Reject"}],
         "importV4":[],"exportV6":[{"action":"Accept"}],"importV6":[]}
        """);
  }

  private Samples() {}

  static List<String> kinds() {
    return List.copyOf(SPECS.keySet());
  }

  static Map<String, Object> document(String kind) throws InvalidResourceException {
    return document(kind, SPECS.get(kind));
  }

  static byte[] json(String kind) throws InvalidResourceException {
    return Json.write(document(kind));
  }

  /** A document of this kind with this {@code spec}, and a name that fits the kind. */
  static byte[] json(String kind, String spec) throws InvalidResourceException {
    return Json.write(document(kind, spec));
  }

  private static Map<String, Object> document(String kind, String spec)
      throws InvalidResourceException {
    boolean isEndpoint = kind.equals("WorkloadEndpoint");
    String name =
        switch (kind) {
          case "WorkloadEndpoint" -> "node1-k8s-nginx--0-eth0";
          case "IPAMBlock" -> "10-0-0-0-30";
          case "IPAMHandle" -> "k8s-pod-network.3c1f";
          default -> "default";
        };
    Map<String, Object> envelope =
        Trees.envelope(
            "projectcalico.org/v3",
            kind,
            isEndpoint ? "shop" : "",
            name,
            Json.parseObject(spec.getBytes(StandardCharsets.UTF_8)));
    return Trees.with(envelope, Map.of("team", "blue"), "metadata", "labels");
  }
}
