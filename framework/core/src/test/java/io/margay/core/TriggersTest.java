// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Cause.Kind;
import io.margay.api.dataplane.Owner;
import org.junit.jupiter.api.Test;

class TriggersTest {
  private final Triggers triggers = new Triggers();

  @Test
  void namesTheMostTellingCauseAndCountsTheOthers() {
    triggers.add(Kind.STORE, "Node/a@1");
    triggers.add(Kind.STORE, "Node/a@1");
    triggers.add(Kind.LEARNED, "bgp: 10.1.0.0/26");
    triggers.add(Kind.STORE, "Node/b@2");

    Cause cause = triggers.begin(false);

    assertEquals(new Cause(Kind.LEARNED, "bgp: 10.1.0.0/26 and 2 more"), cause);
    assertEquals(cause, triggers.current());
  }

  @Test
  void aPlanWithoutANewCauseIsOfTheNode() {
    triggers.add(Kind.STORE, "Node/a@1");
    triggers.begin(false);

    assertEquals(Kind.OTHER, triggers.begin(false).kind());
  }

  @Test
  void keepsTheCauseOfAPlanThatGoesOn() {
    triggers.add(Kind.STORE, "Node/a@1");
    Cause first = triggers.begin(false);

    assertEquals(first, triggers.begin(true));
  }

  @Test
  void aSwitchIsTheCauseOfAllThatFollowsIt() {
    Cause edit = new Cause(Kind.SWITCH, "IPPool/blue@7 direct to vxlan");
    triggers.switches("blue", "direct", "vxlan", edit);
    triggers.begin(false);

    assertEquals(edit, triggers.switchOf(Owner.pool("blue")));
    assertEquals(edit, triggers.switchOf(Owner.mode("vxlan")));
    assertEquals(Kind.SWITCH, triggers.switchOf(Owner.mode("ipip")).kind());
  }
}
