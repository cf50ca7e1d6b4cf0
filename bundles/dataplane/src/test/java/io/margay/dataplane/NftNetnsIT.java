// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.ForeignFirewall;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.Owner;
import io.margay.api.health.Health;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The nftables table and its elements on the real kernel; {@code nft} tells. */
class NftNetnsIT {
  private static final Cause TEST = new Cause("test");
  private static final Owner POD = Owner.workload("net.c1");
  private static final String SETS =
      """
      counter seen { }
      set links { type ifname; }
      set nodes4 { type ipv4_addr; }
      set nodes6 { type ipv6_addr; }
      set sources4 { type ifname . ipv4_addr; }
      set sources6 { type ifname . ipv6_addr; }
      set prefixes4 { type ifname . ipv4_addr; flags interval; }
      set prefixes6 { type ifname . ipv6_addr; flags interval; }
      set fixed4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/16, 10.1.0.0/16 } }
      """;
  private static final NftTable TABLE = NftTable.of(SETS + chain("accept"));
  private static final NftElement NODE = NftElement.of("nodes4", Ip.parse("192.0.2.7"));
  private static final NftElement SOURCE =
      NftElement.of("sources4", "cali0123456789a", Ip.parse("10.0.0.1"));
  private static final List<KernelObject> POD_OBJECTS =
      List.of(
          NftElement.of("links", "cali0123456789a"),
          SOURCE,
          NftElement.of("sources6", "cali0123456789a", Ip.parse("fd00::1")),
          NftElement.of("prefixes4", "cali0123456789a", Cidr.parse("192.0.2.0/28")),
          NftElement.of("prefixes6", "cali0123456789a", Cidr.parse("2001:db8::/33")));

  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void writesTheTableAndItsElements() throws Exception {
    declare(Owner.HOST, TABLE, NODE, NftElement.of("nodes6", Ip.parse("2001:db8::7")));
    declare(POD, POD_OBJECTS);

    String table = list();

    assertTrue(table.contains("comment \"" + TABLE.digest() + "\""), table);
    for (String part :
        List.of(
            "elements = { 192.0.2.7 }",
            "elements = { 2001:db8::7 }",
            "elements = { \"cali0123456789a\" }",
            "elements = { \"cali0123456789a\" . 10.0.0.1 }",
            "elements = { \"cali0123456789a\" . fd00::1 }",
            "\"cali0123456789a\" . 192.0.2.0/28",
            "elements = { \"cali0123456789a\" . 2001:db8::/33 }",
            "counter name \"seen\"")) {
      assertTrue(table.contains(part), part + " in " + table);
    }
  }

  @Test
  void writesElementsThatCameBeforeTheTable() throws Exception {
    declare(POD, POD_OBJECTS);

    declare(Owner.HOST, TABLE);

    assertTrue(list().contains("\"cali0123456789a\" . fd00::1"));
  }

  @Test
  void takesAddressesAmongPrefixes() throws Exception {
    NftElement prefix = NftElement.of("prefixes4", "cali1", Cidr.parse("192.0.2.0/28"));
    NftElement address = NftElement.of("prefixes4", "cali1", Cidr.parse("192.0.2.16/32"));
    declare(Owner.HOST, TABLE);
    declare(POD, prefix, address);

    assertEquals(List.of(), dataplane.preview(POD, DesiredState.of(prefix, address)));
    declare(POD, address);
    assertFalse(list().contains("192.0.2.0/28"));
    assertTrue(list().contains("\"cali1\" . 192.0.2.16"));
  }

  @Test
  void changesElementsWithoutWritingTheTable() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    String handle = handle();

    declare(POD, POD_OBJECTS);
    declare(POD, SOURCE);
    declare(Owner.HOST, TABLE);

    assertEquals(handle, handle());
    assertTrue(list().contains("\"cali0123456789a\" . 10.0.0.1"));
    assertFalse(list().contains("fd00::1"));
    assertFalse(list().contains("192.0.2.7"));
  }

  @Test
  void keepsElementsAndCountsWhenTheTableChanges() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    declare(POD, POD_OBJECTS);
    node.exec("ping -c 3 -i 0.01 -W 1 127.0.0.1");
    assertEquals(6, dataplane.counters(Owner.HOST).get("nft.seen.packets"));

    declare(Owner.HOST, NftTable.of(SETS + chain("drop")), NODE);

    String table = list();
    assertTrue(table.contains("policy drop"), table);
    assertTrue(table.contains("192.0.2.7"), table);
    assertTrue(table.contains("\"cali0123456789a\" . fd00::1"), table);
    assertEquals(6, dataplane.counters(Owner.HOST).get("nft.seen.packets"));
  }

  @Test
  void writesNothingAfterARestart() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    declare(POD, POD_OBJECTS);
    dataplane.close();
    dataplane = node.dataplane();

    List<Change> preview = dataplane.preview(Owner.HOST, DesiredState.of(TABLE, NODE));
    declare(Owner.HOST, TABLE, NODE);
    declare(POD, POD_OBJECTS);

    assertEquals(List.of(), preview);
    assertEquals(0, dataplane.written());
  }

  @Test
  void sweepsElementsThatNobodyWants() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    declare(POD, POD_OBJECTS);
    dataplane.close();
    dataplane = node.dataplane();
    declare(Owner.HOST, TABLE, NODE);
    assertTrue(list().contains("10.0.0.1"), "carried over until the sweep");

    dataplane.sweep(object -> false, TEST);
    declare(Owner.HOST, TABLE, NODE);

    assertFalse(list().contains("10.0.0.1"));
    assertTrue(list().contains("192.0.2.7"));
  }

  @Test
  void repairsWhatOthersDoToTheTable() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    declare(POD, POD_OBJECTS);
    String whole = rules();

    for (String harm :
        List.of(
            "flush ruleset",
            "flush chain inet margay output",
            "add rule inet margay output drop",
            "delete element inet margay nodes4 { 192.0.2.7 }",
            "flush set inet margay sources6",
            "delete element inet margay fixed4 { 10.0.0.0/16 }")) {
      node.exec("nft " + harm);

      TestNode.await("repaired after: " + harm, () -> rules().equals(whole));
      TestNode.barrier(dataplane);
    }
    assertTrue(dataplane.drift().stream().allMatch(d -> d.repaired()), "" + dataplane.drift());
    assertFalse(dataplane.drift().isEmpty());
  }

  @Test
  void noticesAfterARestartWhatOthersDid() throws Exception {
    declare(Owner.HOST, TABLE, NODE);
    String whole = rules();
    dataplane.close();
    node.exec("nft flush chain inet margay output");
    dataplane = node.dataplane();

    declare(Owner.HOST, TABLE, NODE);

    assertEquals(whole, rules());
  }

  @Test
  void refusesABadTableAndLetsPodsBe() throws Exception {
    NftTable bad = NftTable.of("chain output { nonsense }\n");
    dataplane.declare(Owner.HOST, DesiredState.of(bad), TEST);
    declare(POD, POD_OBJECTS);

    assertEquals(Health.Status.DEGRADED, health("dataplane").status());
    assertTrue(health("dataplane").detail().contains("nft says"), health("dataplane").detail());
    assertFalse(node.exec("nft list tables").contains("margay"));
  }

  @Test
  void removesTheTableWithItsOwner() throws Exception {
    declare(Owner.HOST, TABLE, NODE);

    dataplane.retire(Owner.HOST, TEST);

    TestNode.await("no table", () -> !node.exec("nft list tables").contains("margay"));
  }

  @Test
  void namesAFirewallOfOthersThatDropsForwardedPackets() throws Exception {
    node.exec("nft add table ip filter");
    node.exec(
        "nft add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }");
    ForeignFirewall expected = new ForeignFirewall(Set.of(IpFamily.IPV4), "ip filter", "FORWARD");

    TestNode.await("found", () -> dataplane.foreignFirewalls().equals(List.of(expected)));
    assertEquals(Health.Status.DEGRADED, health("forwarding").status());
    assertTrue(health("forwarding").detail().contains("chain FORWARD of table ip filter"));

    node.exec("nft add chain ip filter FORWARD { policy accept; }");

    TestNode.await("gone", () -> dataplane.foreignFirewalls().isEmpty());
    assertEquals(Health.Status.OK, health("forwarding").status());
  }

  private Health health(String name) {
    return dataplane.check().stream().filter(h -> h.name().equals(name)).findFirst().orElseThrow();
  }

  private static String chain(String policy) {
    return """
    chain output {
      type filter hook output priority raw; policy %s;
      ip daddr 127.0.0.0/8 counter name seen accept
    }
    """
        .formatted(policy);
  }

  private String list() {
    return node.exec("nft list table inet margay");
  }

  /** The table without its counts and its handle; sets in the order in which it was written. */
  private String rules() {
    return node.exec("nft -s list ruleset");
  }

  private String handle() {
    return node.exec("nft -a list tables");
  }

  private void declare(Owner owner, KernelObject... objects) throws Exception {
    declare(owner, List.of(objects));
  }

  private void declare(Owner owner, List<KernelObject> objects) throws Exception {
    dataplane.declare(owner, DesiredState.of(objects), TEST);
    dataplane.settled(owner).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
