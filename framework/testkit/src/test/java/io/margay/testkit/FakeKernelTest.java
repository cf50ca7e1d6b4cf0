// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Route;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FakeKernelTest extends DataplaneContract {
  private FakeKernel kernel = new FakeKernel();

  @BeforeEach
  void addTheUplink() {
    kernel.putInterface(
        new ActualState.Interface(2, LINK, "dummy", "", Optional.empty(), 1500, true, List.of()));
  }

  @Override
  protected Dataplane dataplane() {
    return kernel;
  }

  @Override
  protected void restart() {
    kernel = kernel.restarted();
  }

  @Override
  protected boolean holds(KernelObject object) {
    return kernel.text().lines().anyMatch(l -> l.replace(" (foreign)", "").equals(object + ""));
  }

  @Override
  protected void foreign(Route route) {
    kernel.putForeign(route);
  }

  @Override
  protected void deleteByHand(Route route) {
    kernel.removeByHand(route.key());
  }

  @Override
  protected long written() {
    return kernel.writes().stream().filter(c -> !c.toString().contains("foreign")).count();
  }

  @Override
  protected void awaitRepaired(KernelObject object) {
    assertTrue(holds(object), object.toString());
  }

  @Test
  void refusesByErrnoAndWritesWhenAllowed() throws Exception {
    Route route = via("10.1.0.0/26", "192.0.2.2");
    kernel.refuse(object -> object instanceof Route, "ENETUNREACH");

    kernel.declare(POOL, DesiredState.of(route), new Cause("test"));

    assertEquals("ENETUNREACH", refusal(POOL).errno());

    kernel.allow();

    settle(POOL);
    assertEquals(route.toString(), kernel.text());
  }
}
