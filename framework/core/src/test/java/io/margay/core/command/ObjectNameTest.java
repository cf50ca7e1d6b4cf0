// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectNameTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          route 10.1.0.0/26 via 192.0.2.2 dev eth0 | route 10.1.0.0/26
          route blackhole 10.1.0.0/26 | route 10.1.0.0/26
          route 10.1.0.0/26 dev a table 7 metric 2048 src 10.0.0.1 | route 10.1.0.0/26 table 7 metric 2048
          link vx0 link eth0 address 66:00:00:00:00:01 up type vxlan | link vx0
          link vx0 type veth | link vx0
          address 10.1.0.1/32 dev vx0 | address 10.1.0.1/32 dev vx0
          neigh 10.1.0.1 dev vx0 lladdr 66:00:00:00:00:01 nud permanent | neigh 10.1.0.1 dev vx0
          fdb 66:00:00:00:00:01 dev vx0 dst 192.0.2.2 self permanent | fdb 66:00:00:00:00:01 dev vx0
          sysctl net/ipv4/ip_forward = 1 | sysctl net/ipv4/ip_forward
          rule priority 9800 from 10.1.0.0/26 lookup 7 | rule priority 9800
          rule priority 9800 from fd00::/26 lookup 7 | rule priority 9800 inet6
          offload vx0 tx off | offload vx0 tx
          qdisc dev vx0 root tbf 1mbit | qdisc dev vx0
          nft table inet margay digest 4e44 | nft table inet margay
          nft element nodes4 { 192.0.2.2 } | nft element nodes4 { 192.0.2.2 }
          bpf map peers type hash key 4 value 4 entries 9 | bpf map peers
          bpf map peers key hex 01 02 value hex 03 | bpf map peers key hex 01 02
          bpf program in dev vx0 ingress digest 77 | bpf program in dev vx0 ingress
          """)
  void isWhatTwoObjectsCannotShare(String text, String name) {
    assertEquals(name, ObjectName.of(text));
  }
}
