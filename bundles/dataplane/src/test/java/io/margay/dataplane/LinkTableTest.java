// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Ip;
import io.margay.dataplane.Kernel.LinkEvent;
import io.margay.netlink.LinkMessage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkTableTest {
  private final LinkTable links = new LinkTable();
  private final List<String> told = new ArrayList<>();

  @Test
  void tellsOfALinkFromItsBirthToItsEnd() {
    links.changed(link(5, "eth0", false), this::tell);
    links.changed(link(5, "eth0", true), this::tell);
    links.changed(link(5, "eth0", false), this::tell);
    links.remove(5, this::tell);

    assertEquals("[eth0 APPEARED, eth0 CHANGED, eth0 UP, eth0 DOWN, eth0 VANISHED]", "" + told);
    assertTrue(links.state("eth0").isEmpty());
  }

  @Test
  void doesNotTakeTheBirthOfALinkThatItHasLookedAtForAFlap() {
    links.read(List.of(link(1, "lo", true)), this::tell);
    told.clear();

    links.look(link(5, "vx0", true), this::tell);
    links.changed(link(5, "vx0", false), this::tell);
    links.changed(link(5, "vx0", true), this::tell);

    assertEquals("[vx0 APPEARED, vx0 UP, vx0 CHANGED, vx0 UP]", "" + told);
    assertTrue(links.state("vx0").orElseThrow().up());
  }

  @Test
  void tellsOfAFlapAlthoughTheLinkWasFoundUpAgain() {
    links.read(List.of(link(5, "eth0", true)), this::tell);
    told.clear();

    links.look(link(5, "eth0", true), this::tell);
    links.changed(link(5, "eth0", false), this::tell);
    links.changed(link(5, "eth0", true), this::tell);

    assertEquals("[eth0 DOWN, eth0 UP]", "" + told);
  }

  @Test
  void tellsOfANewLinkUnderTheNameOfAnOldOne() {
    links.read(List.of(link(5, "cali0", true)), this::tell);
    told.clear();

    links.look(link(9, "cali0", true), this::tell);
    links.remove(5, this::tell);

    assertEquals("[cali0 VANISHED, cali0 APPEARED, cali0 UP]", "" + told);
    assertEquals(9, links.index("cali0").orElseThrow());
  }

  @Test
  void tellsOfARenamedLinkUnderBothNames() {
    links.read(List.of(link(5, "eth0", true)), this::tell);
    told.clear();

    links.changed(link(5, "up0", true), this::tell);

    assertEquals("[eth0 VANISHED, up0 APPEARED, up0 CHANGED]", "" + told);
    assertEquals("up0", links.name(5));
  }

  @Test
  void knowsOurLinksAndTheUnderlay() {
    links.read(
        List.of(
            link(2, "eth0", true),
            link(3, "vx0", true).withAlias("mode/vxlan"),
            link(4, "cali0", true).withAlias("net.abc")),
        this::tell);
    for (int index = 2; index <= 4; index++) {
      links.setAddress(index, Ip.parse("192.0.2." + index), true);
    }

    assertTrue(links.isOurs(3) && !links.isOurs(2) && !links.isOurs(4));
    assertTrue(links.isUnderlay(2) && !links.isUnderlay(3) && !links.isUnderlay(4));
    links.setAddress(2, Ip.parse("192.0.2.2"), false);
    assertFalse(links.isUnderlay(2));
  }

  private void tell(String name, LinkEvent event) {
    told.add(name + " " + event);
  }

  private static LinkMessage link(int index, String name, boolean up) {
    return LinkMessage.at(index).withName(name).withUp(up);
  }
}
